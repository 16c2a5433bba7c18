package fusion

import (
	"testing"
	"time"

	"acsgd/internal/obs"
)

// A source numbers its observations from 1 after every restart of the process: the first
// one after a kill is no duplicate of the first one before it.
func TestTheFirstObservationAfterARestartIsNoDuplicate(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	seen := func(seq uint64, arrived time.Time) *obs.Observation {
		return &obs.Observation{Source: "cam", Seq: seq, Stamp: obs.Stamp{At: at, Arrived: arrived}, Body: &obs.Plate{}}
	}
	var c Core
	for i, row := range []struct {
		name string
		o    *obs.Observation
		dup  bool
	}{
		{"the first before the kill", seen(1, at), false},
		{"the same again", seen(1, at), true},
		{"the first after the kill", seen(1, at.Add(time.Minute)), false},
		{"the second", seen(2, at.Add(time.Minute)), false},
		{"the first of after the kill again", seen(1, at.Add(time.Minute)), true},
		{"after another kill", seen(1, at.Add(2*time.Minute)), false},
	} {
		if got := c.duplicate(row.o); got != row.dup {
			t.Errorf("%d, %s: duplicate is %v, want %v", i, row.name, got, row.dup)
		}
	}
}

// A scanner whose clock stands in 1970 measures the vehicle of now.
func TestTimesOfAnUnbelievableClockMoveToTheArrival(t *testing.T) {
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	old := time.Unix(3600, 0).UTC()
	p := &obs.Profile{Start: old.Add(-2 * time.Second), End: old}
	w := &obs.Weighing{TOn: old.Add(-time.Second)}
	for _, o := range []*obs.Observation{{Body: p}, {Body: w}} {
		o.Stamp = obs.Stamp{At: old, Origin: obs.DeviceUnsynced, Arrived: now}
		retime(o)
		switch b := o.Body.(type) {
		case *obs.Profile:
			if !b.Start.Equal(now.Add(-2*time.Second)) || !b.End.Equal(now) {
				t.Errorf("profile from %v to %v", b.Start, b.End)
			}
		case *obs.Weighing:
			if !b.TOn.Equal(now.Add(-time.Second)) || !b.TOff.IsZero() {
				t.Errorf("weighing from %v to %v", b.TOn, b.TOff)
			}
		}
		if !o.Stamp.At.Equal(now) {
			t.Errorf("at %v", o.Stamp.At)
		}
	}
	if !p.End.Equal(old) || !w.TOn.Equal(old.Add(-time.Second)) {
		t.Error("the body of the journal's row was changed")
	}
}
