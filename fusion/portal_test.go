package fusion_test

import (
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
	"acsgd/internal/obs"
)

// device gives the state of a device of the lane.
func (r *rig) device(name string) fusion.DeviceState {
	for _, d := range r.core.Lane().Devices {
		if d.Name == name {
			return d
		}
	}
	r.t.Fatalf("no device %s", name)
	return fusion.DeviceState{}
}

// A source that the portal's rule cannot see, but the energy windows: the alarm comes with
// the end of the occupancy, and weighs as much as the portal's.
func TestAnAlarmOfTheWholeOccupancyIsAnAlarm(t *testing.T) {
	const unit = 100_000_000
	r := newRig(t, params(), goods)
	r.see("rpm", t0, &obs.Radiation{Tag: "AB1", Values: []int64{443 * unit, 584 * unit, 289 * unit, 271 * unit}})
	for _, s := range legal("123AB02", t0.Add(time.Second)).sights() {
		r.see(s.dev, s.at, s.b)
		b, ok := s.b.(*obs.Radiation)
		if !ok || b.Tag != "GS" {
			continue
		}
		low := int64(71)
		if at := s.at.Sub(t0); at > 14*time.Second && at < 17*time.Second {
			low = 120
		}
		r.see("rpm", s.at, &obs.Radiation{Tag: "AS", Values: []int64{low * unit, 93 * unit, 46 * unit, 43 * unit}, Interval: 200, Occupied: true})
	}
	p := r.last()
	if p.Radiation.GammaAlarm || p.Radiation.VendorAlarm || !p.Radiation.Analysis.Alarm {
		t.Fatalf("by the portal's rule %v, its own alarm %v, analysis %+v", p.Radiation.GammaAlarm, p.Radiation.VendorAlarm, p.Radiation.Analysis)
	}
	want := "radiation(gamma alarm of our tests: energy ratio, spectral distance)"
	if got := findings(p, rules.Exceeds); p.Verdict != rules.Exceeds || got != want {
		t.Errorf("%s: %s, want %s", p.Verdict, got, want)
	}
	for _, f := range p.Findings {
		if f.Verdict == rules.Exceeds && (!f.Blocking || !f.TwoPersons) {
			t.Errorf("%+v", f)
		}
	}
	told := false
	for _, e := range p.History {
		told = told || e.Kind == "radiation" && e.Priority == 1 && strings.Contains(e.Text, "energy ratio")
	}
	if !told || p.Green || len(r.moves) != 0 {
		t.Errorf("history %+v, green %v, moves %v", p.History, p.Green, r.moves)
	}
}

// What a portal's lines show to be wrong is the state of the device, with an alarm, whatever
// its link is; and what passes then cannot be judged.
func TestAPortalsFaultIsItsState(t *testing.T) {
	tamper, closed := &obs.Radiation{Tag: "TT", Fault: "tamper"}, &obs.Radiation{Tag: "TC"}
	at := func(s int) time.Time { return t0.Add(time.Duration(s) * time.Second) }
	r := newRig(t, params(), goods)
	r.see("rpm", at(1), &obs.Health{State: obs.Online})
	r.see("rpm", at(2), tamper)
	if d := r.device("rpm"); d.State != obs.Degraded || d.Reason != "tamper" {
		t.Fatalf("%+v", d)
	}
	standing := func() int {
		n := 0
		for _, a := range r.core.Lane().Alarms {
			if a.Device == "rpm" && a.Active && a.Text == "rpm degraded: tamper" {
				n++
			}
		}
		return n
	}
	if standing() != 1 {
		t.Fatalf("alarms %+v", r.core.Lane().Alarms)
	}
	r.see("rpm", at(3), &obs.Health{State: obs.Online})
	if d := r.device("rpm"); d.State != obs.Degraded || standing() != 1 {
		t.Errorf("a link that is well hides the fault: %+v", d)
	}
	r.see("rpm", at(4), &obs.Health{State: obs.Offline, Reason: "link lost"})
	if d := r.device("rpm"); d.State != obs.Offline {
		t.Errorf("a fault hides that the portal is gone: %+v", d)
	}
	r.see("rpm", at(5), tamper)
	if d := r.device("rpm"); d.State != obs.Degraded || d.Reason != "tamper" {
		t.Errorf("back, and still open: %+v", d)
	}
	r.see("rpm", at(6), closed)
	if d := r.device("rpm"); d.State != obs.Online || d.Reason != "" || standing() != 0 {
		t.Errorf("closed again: %+v", d)
	}
	for _, row := range [][2]*obs.Radiation{
		{{Tag: "GH", Gamma: [4]int32{2400, 2400, 2400, 2400}, Fault: "high_background"}, {Tag: "GB", Gamma: [4]int32{390, 402, 400, 395}}},
		{{Tag: "GL", Gamma: [4]int32{10, 390, 400, 400}, Fault: "low_background"}, {Tag: "GB", Gamma: [4]int32{391, 401, 399, 396}}},
		{{Tag: "NH", Neutron: [4]int32{90, 0, 0, 0}, Fault: "neutron_high_background"}, {Tag: "NB", Neutron: [4]int32{1, 1, 1, 0}}},
		{{Tag: "GB", Gamma: [4]int32{390, 0, 401, 395}}, {Tag: "GB", Gamma: [4]int32{392, 400, 403, 397}}},
	} {
		r.see("rpm", at(7), row[0])
		want := row[0].Fault
		if d := r.device("rpm"); d.State != obs.Degraded || d.Reason != want && (want != "" || !strings.Contains(d.Reason, "counts nothing: p2")) {
			t.Errorf("%s: %+v", row[0].Tag, d)
		}
		r.see("rpm", at(8), row[1])
		if d := r.device("rpm"); d.State != obs.Online {
			t.Errorf("%s ended: %+v", row[0].Tag, d)
		}
	}
	// A counter that hangs shows in the background alone.
	for i := range 30 {
		r.see("rpm", at(10+5*i), &obs.Radiation{Tag: "GB", Gamma: [4]int32{int32(390 + i%7), int32(402 - i%5), 400, int32(395 + i%3)}})
	}
	if d := r.device("rpm"); d.State != obs.Degraded || !strings.Contains(d.Reason, "p3") {
		t.Errorf("a counter hangs: %+v", d)
	}
	for _, s := range legal("123AB02", at(170)).sights() {
		if b, ok := s.b.(*obs.Radiation); ok && b.Tag == "GB" {
			continue
		}
		r.see(s.dev, s.at, s.b)
	}
	p := r.last()
	if got := findings(p, rules.Undetermined); p.Verdict != rules.Undetermined || !strings.Contains(got, "p3") {
		t.Errorf("%s: %s", p.Verdict, got)
	}
}

// The peak stands on the vehicle as soon as its length is known, and moves with it.
func TestThePeakStandsOnTheVehicle(t *testing.T) {
	l := legal("123AB02", t0.Add(time.Second))
	l.alarm = true
	r := newRig(t, params(), goods)
	r.pass(l)
	p := r.last()
	if p.Place == nil || p.Place.By != "length" || p.Place.Length != int32(p.Size.Length) || p.Place.Middle < 8000 || p.Place.Middle > 11_000 {
		t.Fatalf("%+v, %+v", p.Place, p.Radiation.Analysis.Peak)
	}
	// The profile comes after the occupancy has ended: until then there is no place.
	r = newRig(t, params(), goods)
	var late sight
	for _, s := range l.sights() {
		if s.dev == "prof" {
			late = s
			continue
		}
		r.see(s.dev, s.at, s.b)
	}
	if p := r.last(); p.Place != nil || p.Radiation.Open {
		t.Fatalf("before the length is known: %+v", p.Place)
	}
	r.see("prof", r.now.Add(time.Second), late.b)
	if q := r.last(); q.Place == nil || *q.Place != *p.Place {
		t.Fatalf("%+v, want %+v", q.Place, p.Place)
	}
	// Where nobody measures lengths, and the portal tells no speed, there is none.
	r = newRig(t, gate())
	for _, s := range l.sights() {
		if s.dev == "rpm" {
			r.see(s.dev, s.at, s.b)
		}
	}
	if q := r.last(); q.Place != nil || q.Radiation.Analysis.Peak == nil {
		t.Fatalf("%+v", q.Place)
	}
}

// A portal of another kind in the lane's place is another portal: what was learnt of the one
// before, such as which panels count, is nothing that it must keep.
func TestAnotherPortalStartsAnew(t *testing.T) {
	at := func(s int) time.Time { return t0.Add(time.Duration(s) * time.Second) }
	p := params()
	p.Devices[4].Driver = "rpm/tsa"
	r := newRig(t, p, goods)
	for i := range 6 {
		r.see("rpm", at(5*i), &obs.Radiation{Tag: "GB", Gamma: [4]int32{int32(390 + i), int32(402 - i), 400 + int32(i), 395}})
	}
	for i := range 8 {
		r.see("rpm", at(31).Add(time.Duration(i)*200*time.Millisecond), &obs.Radiation{Tag: "GS", Gamma: [4]int32{78, 79 + int32(i), 80, 81}, Interval: 200, Occupied: true})
	}
	total := func(s int) { r.see("rpm", at(s), &obs.Radiation{Tag: "GB", Gamma: [4]int32{int32(1590 + s%7)}}) }
	same := params()
	same.Devices[4].Driver, same.MinLength = "rpm/tsa", 3100
	r.step(fusion.Tuned{Kind: fusion.TuneParams, Version: "same", Value: same})
	if p := r.last(); p.Radiation == nil || !p.Radiation.Open {
		t.Fatalf("other parameters end the occupancy: %+v", p.Radiation)
	}
	other := params()
	other.Devices[4].Driver, other.Devices[4].Radiation = "rpm/aspect", &radiation.Config{K: 4500, Buffered: -1}
	r.step(fusion.Tuned{Kind: fusion.TuneParams, Version: "other", Value: other})
	if p := r.last(); p.Radiation.Open || !strings.Contains(p.Radiation.Fault, "replaced") {
		t.Errorf("the occupancy of the portal that is gone: %+v", p.Radiation)
	}
	r.see("rpm", at(40), &obs.Health{State: obs.Online})
	for s := 45; s < 80; s += 5 {
		total(s)
	}
	if d := r.device("rpm"); d.State != obs.Online {
		t.Errorf("one total of a portal without panels: %+v", d)
	}
	// The overrides of the site file hold from the first occupancy on.
	r = newRig(t, other, goods)
	total(95)
	r.see("rpm", at(100), &obs.Radiation{Tag: "GS", Gamma: [4]int32{320}, Interval: 200, Occupied: true})
	if o := r.last().Radiation; o.Threshold != 4500 || o.Fault != "" {
		t.Errorf("threshold %d, fault %q; want that of the site file and none", o.Threshold, o.Fault)
	}
}
