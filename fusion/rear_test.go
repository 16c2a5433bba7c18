package fusion_test

import (
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/obs"
)

func TestACameraThatSeesTheRearBelongsToTheVehicleWhoseFrontIsLongPast(t *testing.T) {
	p := params()
	p.Devices = append(p.Devices, fusion.Instrument{Name: "rear", Class: "anpr", Station: 14_000, Expect: true, Role: "rear"})
	r := newRig(t, p, goods)
	l := legal("123AB02", t0.Add(time.Second))
	r.pass(l)
	rear := l.in.Add(time.Duration((14_000 + 16_500) * int64(time.Second) / l.speed))
	r.see("rear", rear, &obs.Plate{Text: "12ABC02", Country: "KZ", Confidence: 970_000, EventID: "r1"})
	ps := r.passages()
	if len(ps) != 1 {
		t.Fatalf("%d passages of one vehicle", len(ps))
	}
	if len(ps[0].Plates) != 2 || !ps[0].Green {
		t.Errorf("%d plates, green %v, missing %v", len(ps[0].Plates), ps[0].Green, ps[0].Missing)
	}
}
