package radiation

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

func TestSlicesAreEncodedAsByReflection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := func() int32 { return rapid.Int32().Draw(t, "n") }
		yes := func() bool { return rapid.Bool().Draw(t, "b") }
		var ss Slices
		var ns Neutrons
		var ws Windows
		for range rapid.IntRange(0, 3).Draw(t, "len") {
			ss = append(ss, Slice{At: n(), Gamma: [4]int32{n(), 0, n(), 1}, Sigma: n(), Alarm: yes(), Vendor: yes()})
			ns = append(ns, Neutron{At: n(), Counts: [4]int32{n(), 0, n(), 1}, Sum: Sum(rapid.Int64().Draw(t, "sum")), Alarm: yes(), Vendor: yes(), Excess: yes()})
			ws = append(ws, Window{At: n(), Counts: [4]int32{n(), 0, n(), 1}})
		}
		same := func(got, want any) {
			g, err1 := json.Marshal(got)
			w, err2 := json.Marshal(want)
			if err1 != nil || err2 != nil || string(g) != string(w) {
				t.Errorf("got %s, %v\nwant %s, %v", g, err1, w, err2)
			}
		}
		if ss != nil { // a member without elements is left out
			same(ss, []Slice(ss))
			same(ns, []Neutron(ns))
			same(ws, []Window(ws))
		}
		same(struct {
			S Slices   `json:"s,omitempty"`
			N Neutrons `json:"n,omitempty"`
		}{ss, ns}, struct {
			S []Slice   `json:"s,omitempty"`
			N []Neutron `json:"n,omitempty"`
		}{ss, ns})
	})
}
