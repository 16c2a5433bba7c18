package obs

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/internal/quant"
)

func TestObservationRoundTrip(t *testing.T) {
	at := time.Date(2026, 3, 1, 6, 14, 3, 900e6, time.UTC)
	bodies := []Body{
		&Weighing{Axle: 2, Mass: quant.Kg(11870), U: 90000, TOn: at, Mode: Dynamic, Flags: []Flag{RollBack}},
		&Weighing{HasRaw: true, Raw: 0, Stable: true, Mode: Static},
		&Profile{Height: 3990, Slices: []Slice{{T: 1, Height: 2, Left: -3, Right: 4}}},
		&Plate{Text: "453DXA12", Confidence: 970000, Chars: []Char{{"4", 1}}},
		&Radiation{Tag: "GA", Gamma: [4]int32{1, 2, 3, 4}, Alarm: true},
		&Fix{Lat: 442233500, Lon: -803852200, Speed: 62500, Attributes: AttrsOf(members(`"ignition":true,"io1":7`))},
		&Seal{ID: "1", State: "sealed"}, &Presence{Signal: "loop_entry", On: true}, &Health{State: Online},
	}
	for _, b := range bodies {
		o := Observation{Source: "x", Lane: "1", Seq: 7, Stamp: Stamp{At: at, Arrived: at}, Raw: []byte{1}, Body: b}
		p, err := json.Marshal(o)
		if err != nil {
			t.Fatalf("%s: %v", b.Kind(), err)
		}
		var got Observation
		if err := json.Unmarshal(p, &got); err != nil {
			t.Fatalf("%s: %v", p, err)
		}
		if d := cmp.Diff(o, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", p, d)
		}
	}
}

func TestStreamedZeroWeightKeepsItsField(t *testing.T) {
	b, _ := json.Marshal(&Weighing{HasRaw: true})
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil || m["raw_kg"] == nil {
		t.Errorf("%s has no raw_kg", b)
	}
	b, _ = json.Marshal(&Weighing{})
	m = nil
	if err := json.Unmarshal(b, &m); err != nil || m["raw_kg"] != nil {
		t.Errorf("%s has raw_kg", b)
	}
}

func TestAttributesAreReadInTheOrderSentAndWrittenAsEncodingJSONDoes(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"z":1,"a":true}`, `{"z":1,"a":true}`},
		{` { "a" : { "b" : [ 1, "x y" ] } , "b":null } `, `{"a":{"b":[1,"x y"]},"b":null}`},
		{`{"<":"\u0041<&"}`, `{"\u003c":"\u0041\u003c\u0026"}`},
		{`{}`, `{}`},
		{`null`, `{}`},
	} {
		var a Attrs
		if err := json.Unmarshal([]byte(c.in), &a); err != nil {
			t.Fatal(err)
		}
		m, err := json.Marshal(a)
		if string(m) != c.want || err != nil || a.String() != c.want || a.IsZero() != (c.want == "{}") {
			t.Errorf("%s gives %s and %s (%v), want %s", c.in, m, a, err, c.want)
		}
		if !a.Equal(AttrsOf(members(c.want[1 : len(c.want)-1]))) {
			t.Errorf("%s is not equal to itself", c.in)
		}
	}
	for _, in := range []string{`7`, `[]`, `"a"`} {
		var a Attrs
		if err := json.Unmarshal([]byte(in), &a); err == nil {
			t.Errorf("%s was taken as attributes", in)
		}
	}
}
