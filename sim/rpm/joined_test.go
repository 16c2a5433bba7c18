package rpm_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/rpm/tsa"
	"acsgd/fusion/radiation"
	"acsgd/internal/obs"
	"acsgd/sim"
	"acsgd/sim/rpm"
)

var start = time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)

// queue is a scene of vehicles that follow each other at a constant speed.
type queue struct {
	every time.Duration
	speed float64
	list  []*sim.Vehicle
}

func (q *queue) At(dst []sim.Placed, t time.Time) []sim.Placed {
	for i, v := range q.list {
		since := t.Sub(start.Add(time.Duration(i+1) * q.every))
		if x := since.Seconds()*q.speed - 20_000; since >= 0 && x < 60_000 {
			dst = append(dst, sim.Placed{Vehicle: v, X: x, V: q.speed})
		}
	}
	return dst
}

// world joins portal, driver and engine in virtual time.
func world(t *testing.T, cfg rpm.Config, q *queue) []*radiation.Occupancy {
	t.Helper()
	session, err := tsa.NewSession(devices.Section{}, devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	portal, engine := rpm.New(cfg, q), radiation.New(radiation.Config{})
	var all []*radiation.Occupancy
	out := &devices.Out{}
	take := func() {
		for _, e := range out.Errs {
			t.Errorf("decode: %v", e)
		}
		for _, o := range out.Obs {
			if r, ok := o.Body.(*obs.Radiation); ok {
				if done := engine.Feed(o.Stamp.At, r); done != nil {
					all = append(all, done)
				}
			}
		}
		if out.Fail != nil {
			t.Fatal(out.Fail)
		}
		out.Reset()
	}
	end := start.Add(time.Duration(len(q.list)+2) * q.every)
	var sent sim.Out
	portal.Tick(start, &sent)
	session.Tick(start, out)
	for {
		now, _ := portal.Deadline()
		if at, ok := session.Deadline(); ok && at.Before(now) {
			session.Tick(at, out)
			take()
			continue
		}
		if now.After(end) {
			return all
		}
		portal.Tick(now, &sent)
		session.Feed(now, sent.Send, out)
		sent.Send = sent.Send[:0]
		take()
	}
}

func lorry(i int, sources ...sim.Source) *sim.Vehicle {
	return &sim.Vehicle{ID: fmt.Sprint(i), Length: 16_500, Width: 2550, Height: 4000, Units: []int{2, 3}, Shield: 0.42, Sources: sources,
		Axles: []sim.Axle{{Offset: 1400}, {Offset: 5100}, {Offset: 10_700}, {Offset: 12_010}, {Offset: 13_320}}}
}

// traffic is 60 lorries: half clean, a quarter with gamma and a quarter with neutron sources.
func traffic() *queue {
	q := &queue{every: 40 * time.Second, speed: 2200}
	for i := range 60 {
		switch i % 4 {
		case 0, 1:
			q.list = append(q.list, lorry(i))
		case 2:
			q.list = append(q.list, lorry(i, sim.Source{Gamma: 700 + 30*float64(i), Offset: 9000, Side: 0.5}))
		case 3:
			q.list = append(q.list, lorry(i, sim.Source{Gamma: 200, Neutron: 25, Offset: 6000, Extent: 3000}))
		}
	}
	return q
}

// The simulated controller and the engine decide by rules that were written apart; slice
// by slice they must agree.
func TestPortalDriverAndEngineAgree(t *testing.T) {
	for _, extended := range []bool{false, true} {
		q := traffic()
		all := world(t, rpm.Config{Seed: 11, Extended: extended}, q)
		if len(all) != len(q.list) {
			t.Fatalf("%d occupancies of %d vehicles", len(all), len(q.list))
		}
		gamma, neutron := 0, 0
		for i, o := range all {
			if o.Fault != "" || o.Truncated || o.Number != uint32(i+1) {
				t.Fatalf("occupancy %d: number %d, fault %q", i, o.Number, o.Fault)
			}
			for j, s := range o.Slices {
				edge := s.Sigma >= o.Threshold-20 && s.Sigma <= o.Threshold+20
				if s.Alarm != s.Vendor && !edge {
					t.Errorf("occupancy %d slice %d: engine %v, portal %v at %d", i, j, s.Alarm, s.Vendor, s.Sigma)
				}
			}
			if extended { // the coefficients are sent: the sums are the portal's
				for j, n := range o.Neutron {
					if n.Alarm != n.Vendor {
						t.Errorf("occupancy %d interval %d: engine %v, portal %v at %d", i, j, n.Alarm, n.Vendor, n.Sum)
					}
				}
			}
			if o.GammaAlarm {
				gamma++
			}
			if o.VendorNeut {
				neutron++
			}
			if i%4 < 2 && (o.Suppression < 350 || o.Suppression > 550) {
				t.Errorf("occupancy %d: suppression %d", i, o.Suppression)
			}
			if i%4 < 2 && (o.VendorAlarm || o.NeutronAlarm) {
				t.Errorf("occupancy %d: a clean lorry alarms", i)
			}
			if v := float64(o.Speed); o.Speed != 0 && math.Abs(v-2200) > 15 {
				t.Errorf("occupancy %d: speed %g", i, v)
			}
			// The profile's clock: 0.2 s a slice, five slices before the beams broke.
			for j := 1; j < len(o.Slices); j++ {
				if d := o.Slices[j].At - o.Slices[j-1].At; d < 120 || d > 280 {
					t.Fatalf("occupancy %d: %d ms from slice %d to the next", i, d, j-1)
				}
			}
			if o.Slices[0].At != -1000 {
				t.Errorf("occupancy %d: the first slice at %d ms", i, o.Slices[0].At)
			}
		}
		t.Logf("extended %v: %d gamma, %d neutron alarms in %d", extended, gamma, neutron, len(all))
		if gamma < 10 || neutron < 12 {
			t.Errorf("%d gamma and %d neutron alarms", gamma, neutron)
		}
	}
}
