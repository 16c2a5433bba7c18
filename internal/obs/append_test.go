package obs

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"acsgd/internal/quant"
)

var (
	genText  = rapid.OneOf(rapid.Just(""), rapid.String(), rapid.SampledFrom([]string{"<a>&\"\\", "тара", "\u2028", "\x7f\x00", "\xff"}))
	genFlags = rapid.SliceOfN(rapid.Map(genText, func(s string) Flag { return Flag(s) }), 0, 3)
	genTime  = rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "zero") {
			return time.Time{}
		}
		return time.Unix(rapid.Int64Range(-1e9, 4e9).Draw(t, "s"), rapid.SampledFrom([]int64{0, 5e8, 123_456_789}).Draw(t, "ns")).
			In(rapid.SampledFrom([]*time.Location{time.UTC, time.FixedZone("", 5*3600+1800)}).Draw(t, "zone"))
	})
	genCounts = rapid.Custom(func(t *rapid.T) [4]int32 {
		return [4]int32{rapid.Int32().Draw(t, "1"), 0, rapid.Int32().Draw(t, "3"), 1}
	})
	genInt = rapid.OneOf(rapid.Just(int32(0)), rapid.Int32())
)

func genBody(t *rapid.T) Body {
	text := func() string { return genText.Draw(t, "text") }
	n := func() int32 { return genInt.Draw(t, "n") }
	yes := func() bool { return rapid.Bool().Draw(t, "bool") }
	flags, at := genFlags.Draw(t, "flags"), genTime.Draw(t, "at")
	switch rapid.SampledFrom([]Kind{KindWeighing, KindProfile, KindPlate, KindRadiation, KindFix, KindSeal, KindPresence, KindHealth}).Draw(t, "kind") {
	case KindWeighing:
		return &Weighing{Axle: int(n()), Axles: int(n()), Mass: quant.Mass(n()), U: quant.Mass(n()), TOn: at, TOff: genTime.Draw(t, "off"), Speed: quant.Speed(n()),
			USpeed: quant.Speed(n()), Stable: yes(), Mode: WeighMode(text()), Flags: flags, Alibi: text(), Group: int(n()), GroupMass: quant.Mass(n()), GroupU: quant.Mass(n()), HasRaw: yes(), Raw: quant.Mass(n())}
	case KindProfile:
		p := &Profile{Height: quant.Length(n()), UHeight: quant.Length(n()), Width: quant.Length(n()), UWidth: quant.Length(n()), Length: quant.Length(n()),
			ULength: quant.Length(n()), RawHeight: quant.Length(n()), RawWidth: quant.Length(n()), Scans: int(n()), Lost: int(n()), Start: at, End: genTime.Draw(t, "end"), Period: n(), Beam: quant.Length(n()), Flags: flags}
		for range rapid.IntRange(0, 3).Draw(t, "slices") {
			p.Slices = append(p.Slices, Slice{n(), quant.Length(n()), quant.Length(n()), quant.Length(n()), quant.Length(n())})
		}
		if yes() {
			p.Scan = &Scan{Counter: 3, Dist: []int32{n()}}
		}
		return p
	case KindPlate:
		return &Plate{Text: text(), Original: text(), Country: text(), Confidence: quant.Prob(n()), Role: PlateRole(text()), Chars: []Char{{text(), quant.Prob(n())}}[:n()&1],
			Candidates: []Candidate{{text(), 1}}[:n()&1], Container: text(), ADR: text(), EventID: text(), Direction: text(), Parent: text(), Images: []string{text()}[:n()&1], Late: yes()}
	case KindRadiation:
		return &Radiation{Tag: text(), Gamma: genCounts.Draw(t, "g"), Neutron: genCounts.Draw(t, "n"), Interval: n(), Alarm: yes(), Occupied: yes(), Occupancy: uint32(n()),
			Speed: quant.Speed(n()), Background: int64(n()), Values: []int64{int64(n())}[:n()&1], Setup: []string{text()}[:n()&1], Flags: flags, Fault: text()}
	case KindFix:
		f := &Fix{Time: at, Valid: yes(), Lat: Degrees(n()), Lon: Degrees(n()), Alt: Milli(n()), Speed: Milli(n()), Course: Milli(n()), Satellites: int(n()), Device: text()}
		if yes() {
			key, err := json.Marshal(text())
			if err != nil {
				t.Fatal(err)
			}
			f.Attributes = AttrsOf(members(string(key) + `:[1,"\u003c"]`))
		}
		return f
	case KindSeal:
		return &Seal{ID: text(), State: text(), Source: text(), Card: text()}
	case KindPresence:
		return &Presence{Signal: text(), On: yes(), Count: uint32(n())}
	}
	return &Health{State: HealthState(text()), Reason: text()}
}

func TestAppendedJSONIsWhatReflectionGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Observation{Source: genText.Draw(t, "source"), Lane: genText.Draw(t, "lane"), Seq: uint64(rapid.Uint32Range(0, 2).Draw(t, "seq")),
			Stamp: Stamp{At: genTime.Draw(t, "at"), Err: time.Duration(genInt.Draw(t, "err")), Origin: Origin(rapid.IntRange(0, 2).Draw(t, "origin")), Arrived: genTime.Draw(t, "arrived")},
			Raw:   rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "raw"), Body: genBody(t)}
		if rapid.Bool().Draw(t, "blob") {
			o.Blobs = []Blob{{SHA256: "ab", Size: 2, MediaType: "<"}}
		}
		w := wire{Kind: o.Body.Kind(), Source: o.Source, Lane: o.Lane, Seq: o.Seq, Stamp: o.Stamp, Raw: o.Raw, Blobs: o.Blobs}
		w.set(o.Body)
		want, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		got, err := o.AppendJSON([]byte("x"))
		if err != nil || string(got) != "x"+string(want) {
			t.Errorf("AppendJSON: %v\n got %s\nwant x%s", err, got, want)
		}
		if m, err := json.Marshal(o); err != nil || string(m) != string(want) {
			t.Errorf("Marshal: %v\n got %s\nwant %s", err, m, want)
		}
	})
}

func TestAppendedJSONRefusesWhatReflectionRefuses(t *testing.T) {
	far := time.Date(12_000, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, o := range map[string]Observation{
		"no body":                {Source: "x"},
		"a year of five digits":  {Stamp: Stamp{At: far}, Body: &Health{State: Online}},
		"the same within a body": {Body: &Weighing{TOn: far}},
		"the same within a fix":  {Body: &Fix{Time: far}},
	} {
		if b, err := o.AppendJSON([]byte("kept")); err == nil || string(b) != "kept" {
			t.Errorf("%s: %q, %v, want it refused and dst as it was", name, b, err)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	at := time.Unix(1_800_000_000, 123e6).UTC()
	o := Observation{Source: "rpm", Lane: "1", Seq: 7, Stamp: Stamp{At: at, Arrived: at}, Raw: []byte(strings.Repeat("x", 30)),
		Body: &Radiation{Tag: "GS", Gamma: [4]int32{64, 66, 61, 64}, Interval: 200, Occupied: true}}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = o.AppendJSON(buf[:0]); err != nil {
			b.Fatal(err)
		}
	}
}
