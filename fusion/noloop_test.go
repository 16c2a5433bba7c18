package fusion_test

import (
	"slices"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// gate is a lane that has a portal and a camera only.
func gate() *fusion.Params {
	p := params()
	p.Declare = false
	p.Devices = []fusion.Instrument{
		{Name: "cam", Class: "anpr", Station: 2000, Role: "front"},
		{Name: "rpm", Class: "rpm", Station: 12000, Expect: true},
	}
	return p
}

// occupy lets a vehicle drive through the portal, 2 s long.
func (r *rig) occupy(at time.Time, number uint32) {
	r.see("rpm", at, &obs.Radiation{Tag: "GB", Gamma: [4]int32{383, 389, 432, 423}})
	for i := range 10 {
		r.see("rpm", at.Add(time.Duration(i)*200*time.Millisecond), &obs.Radiation{Tag: "GS", Gamma: [4]int32{70, 72, 75, 71}, Interval: 200, Occupied: true})
	}
	r.see("rpm", at.Add(2*time.Second), &obs.Radiation{Tag: "GX", Occupancy: number})
}

func TestInALaneWithoutLoopsEveryOccupancyIsAVehicle(t *testing.T) {
	r := newRig(t, gate())
	r.occupy(t0, 12)
	r.occupy(t0.Add(2300*time.Millisecond), 13)
	var got []uint32
	for _, p := range r.core.Passages(nil) {
		got = append(got, p.Radiation.Number)
	}
	if !slices.Equal(got, []uint32{12, 13}) {
		t.Errorf("occupancies of the passages: %v", got)
	}
}

func TestALaneWithoutLoopsClosesWhatWasReleased(t *testing.T) {
	r := newRig(t, gate())
	r.occupy(t0, 12)
	p := r.core.Passages(nil)[0]
	if p.Phase != fusion.Awaiting || !p.Final {
		t.Fatalf("phase %s, final %v", p.Phase, p.Final)
	}
	r.wait(time.Hour)
	if p := r.core.Passages(nil)[0]; !p.Closed.IsZero() {
		t.Fatal("a passage that nobody has decided was closed")
	}
	r.order(fusion.Order{ID: "1", Action: fusion.Release, Passage: p.ID})
	r.wait(3 * time.Second)
	if p := r.core.Passages(nil)[0]; !p.Closed.IsZero() {
		t.Fatal("closed within the window, while the officer may still take the release back")
	}
	r.wait(2 * time.Second)
	if p := r.core.Passages(nil)[0]; p.Closed.IsZero() || !slices.Contains(r.log, "closed: passage closed: no loop tells that it has left") {
		t.Errorf("released and still open: %v", r.log)
	}
	if _, ok := r.core.Deadline(); ok {
		t.Error("an empty lane wants to be woken")
	}
}

func TestAnInstrumentWithAWrongClockIsTakenAtItsArrival(t *testing.T) {
	r := newRig(t, gate())
	r.now = t0.Add(time.Minute)
	r.step(fusion.Seen{Observation: obs.Observation{Source: "cam", Lane: "1", Seq: 1,
		Stamp: obs.Stamp{At: time.Date(1970, 1, 1, 0, 3, 0, 0, time.UTC), Origin: obs.DeviceUnsynced, Arrived: r.now},
		Body:  &obs.Plate{Text: "123ABC02", Confidence: quant.Certain}}})
	r.see("rpm", r.now.Add(2*time.Second), &obs.Radiation{Tag: "GS", Gamma: [4]int32{70, 72, 75, 71}, Interval: 200, Occupied: true})
	ps := r.core.Passages(nil)
	if len(ps) != 1 || !ps[0].Opened.Equal(t0.Add(time.Minute)) || len(ps[0].Plates) != 1 || ps[0].Radiation == nil {
		t.Errorf("plate and portal of one vehicle made %d passages", len(ps))
	}
}

func TestAnEventThatIsPushedAgainAddsNothing(t *testing.T) {
	r := newRig(t, gate())
	for i, pics := range [][]obs.Blob{{{SHA256: "a"}}, {{SHA256: "a"}}, {{SHA256: "a"}, {SHA256: "b"}}} {
		r.now = t0.Add(time.Duration(i) * time.Second)
		r.step(fusion.Seen{Observation: obs.Observation{Source: "cam", Lane: "1", Seq: uint64(i + 1), Stamp: obs.Stamp{At: r.now, Arrived: r.now},
			Blobs: pics, Body: &obs.Plate{Text: "123ABC02", Confidence: quant.Certain, EventID: "e"}}})
	}
	p := r.core.Passages(nil)[0]
	if len(p.Plates) != 1 || len(p.Plates[0].Pictures) != 2 {
		t.Errorf("%d plates, pictures %v", len(p.Plates), p.Plates[0].Pictures)
	}
}
