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
		&Fix{Lat: 442233500, Lon: -803852200, Speed: 62500, Attributes: Attrs{{"ignition", "true"}, {"io1", "7"}}},
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
