package weigh_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"acsgd/devices/wim/weigh"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	simwim "acsgd/sim/wim"
)

// bridge is a weighbridge 18 m long.
func bridge(mode string) (weigh.Settings, simwim.Model) {
	set := weigh.Default()
	set.Mode, set.PlatformLength, set.SpeedMax = mode, 18_000, 3000
	m := simwim.Default(1)
	m.Platform, m.Capacity, m.Noise, m.Filter = 18_000, 80*quant.Tonne, 5*quant.Kilogram, 100*time.Millisecond
	return set, m
}

// stopper rolls on at a speed, stands for a while with its front where it is told to, and
// rolls off.
type stopper struct {
	v     *sim.Vehicle
	mms   float64
	stop  float64 // mm
	stand time.Duration
}

func (s stopper) At(dst []sim.Placed, t time.Time) []sim.Placed {
	d := t.Sub(epoch) - 3*time.Second
	there := time.Duration(s.stop / s.mms * 1e9)
	x, v := s.mms*d.Seconds(), s.mms
	switch {
	case d > there+s.stand:
		x = s.mms * (d - s.stand).Seconds()
	case d > there:
		x, v = s.stop, 0
	}
	return append(dst, sim.Placed{Vehicle: s.v, X: x, V: v})
}

func TestAStandingVehicleIsWeighedWithTheNumberOfItsAxles(t *testing.T) {
	for _, mode := range []string{weigh.Static, weigh.Whole} {
		for i, c := range chassises {
			for _, kmh := range []float64{2, 5, 8} {
				v := c.vehicle(c.name, rand.New(rand.NewPCG(uint64(i), 1)))
				set, m := bridge(mode)
				m.Seed = uint64(i + 1)
				got := overStream(t, set, m, stopper{v, kmh / 3.6 * 1000, float64(v.Axles[len(v.Axles)-1].Offset) + 600, 8 * time.Second}, 90*time.Second)
				n := len(v.Axles)
				if len(got) != n+1 {
					t.Errorf("%s, %s, %g km/h: %d records, want %d", mode, c.name, kmh, len(got), n+1)
					continue
				}
				w := got[n]
				if d := w.Mass - v.Gross(); w.Axle != 0 || w.Axles != n || w.U == 0 || max(d, -d) > w.U || len(w.Flags) > 0 || w.Mode != obs.Static {
					t.Errorf("%s, %s, %g km/h: %+v, truly %v", mode, c.name, kmh, w, v.Gross())
				}
				for k, a := range got[:n] {
					if a.Axle != k+1 || a.U != 0 || len(a.Flags) != 1 || a.Flags[0] != obs.GroupLoad || a.TOn.IsZero() {
						t.Errorf("%s, %s, %g km/h: axle %+v, want a time and a load that is never judged", mode, c.name, kmh, a)
					}
				}
			}
		}
	}
}

// A vehicle that stops with a tyre on the edge, and goes on, must not get an axle more.
func TestAStopAstrideTheEdgeGivesNoNumberOfAxles(t *testing.T) {
	c := chassises[2]
	v := c.vehicle("edge", rand.New(rand.NewPCG(1, 1)))
	set, m := bridge(weigh.Static)
	two := twoStops{stopper{v, 1000, float64(v.Axles[2].Offset), 20 * time.Second}, float64(v.Length) + 500, 8 * time.Second}
	for _, w := range overStream(t, set, m, two, 120*time.Second) {
		if w.Axles > len(v.Axles) {
			t.Errorf("%+v: an axle more than there are", w)
		}
	}
}

// twoStops stops a second time.
type twoStops struct {
	stopper
	second float64
	stand2 time.Duration
}

func (s twoStops) At(dst []sim.Placed, t time.Time) []sim.Placed {
	at := epoch.Add(3*time.Second + s.stand + time.Duration(s.second/s.mms*1e9))
	switch {
	case t.After(at.Add(s.stand2)):
		return s.stopper.At(dst, t.Add(-s.stand2))
	case t.After(at):
		return append(dst, sim.Placed{Vehicle: s.v, X: s.second})
	}
	return s.stopper.At(dst, t)
}

func TestAVehicleThatRollsOverAWeighbridgeIsWeighedWhileAllOfItIsOn(t *testing.T) {
	var gross tally
	for i, c := range chassises {
		for _, kmh := range []float64{3, 5} {
			v := c.vehicle(fmt.Sprint(c.name), rand.New(rand.NewPCG(uint64(i), 2)))
			set, m := bridge(weigh.Whole)
			m.Seed = uint64(i + 20)
			mms := kmh / 3.6 * 1000
			got := overStream(t, set, m, road{{v, epoch.Add(3 * time.Second), mms}}, 80*time.Second)
			n := len(v.Axles)
			if len(got) != n+1 {
				t.Errorf("%s, %g km/h: %d records, want %d: %+v", c.name, kmh, len(got), n+1, got)
				continue
			}
			w := got[n]
			if base := v.Axles[n-1].Offset - v.Axles[0].Offset; base > set.PlatformLength-500 {
				if w.U != 0 {
					t.Errorf("%s: longer than the platform and judged: %+v", c.name, w)
				}
				continue
			}
			if w.U == 0 || w.Axles != n || len(w.Flags) > 0 {
				t.Errorf("%s, %g km/h: %+v", c.name, kmh, w)
				continue
			}
			gross.add(float64(w.Mass-v.Gross())/1000, float64(w.U)/1000, float64(v.Gross())/1000)
			for k := 1; k < n; k++ {
				way := float64(got[k].Speed+got[k-1].Speed) / 2 * got[k].TOn.Sub(got[k-1].TOn).Seconds()
				if d := way - float64(v.Axles[k].Offset-v.Axles[k-1].Offset); d > 100 || d < -100 {
					t.Errorf("%s, %g km/h: gap %d measured %.0f mm, off by %.0f", c.name, kmh, k, way, d)
				}
			}
		}
	}
	t.Log("gross", &gross)
	if gross.n < 8 || gross.inside < gross.n-1 {
		t.Errorf("gross %v", &gross)
	}
}

func TestAVehicleLongerThanTheWeighbridgeIsNotJudged(t *testing.T) {
	c := chassises[2]
	v := c.vehicle("long", rand.New(rand.NewPCG(3, 3)))
	set, m := bridge(weigh.Whole)
	set.PlatformLength, m.Platform = 9000, 9000
	got := overStream(t, set, m, road{{v, epoch.Add(3 * time.Second), 1400}}, 60*time.Second)
	if w := got[len(got)-1]; w.Axle != 0 || w.U != 0 || len(w.Flags) == 0 {
		t.Errorf("whole %+v, want it flagged and without an uncertainty", w)
	}
}
