package axle

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	simwim "acsgd/sim/wim"
)

// drive builds a track piece by piece; its times and places follow on each other.
type drive struct {
	t    time.Time
	x, v float64
	k    sim.Track
}

func (d *drive) add(a, seconds float64) {
	d.k = append(d.k, sim.Segment{Start: d.t, X: d.x, V: d.v, A: a})
	d.x += d.v*seconds + a*seconds*seconds/2
	d.v += a * seconds
	d.t = d.t.Add(time.Duration(seconds * 1e9))
}

// to changes the speed at a given acceleration.
func (d *drive) to(v, a float64) {
	if v != d.v {
		d.add(math.Copysign(a, v-d.v), math.Abs(v-d.v)/a)
		d.v = v
	}
}

// roll covers a distance at the present speed.
func (d *drive) roll(mm float64) { d.add(0, mm/d.v) }

// stopAt brakes so that the front comes to rest at x.
func (d *drive) stopAt(x, a float64) {
	d.roll(x - d.v*d.v/(2*a) - d.x)
	d.to(0, a)
}

// wait stands still.
func (d *drive) wait(seconds float64) { d.v = 0; d.add(0, seconds) }

// stopped drives a vehicle at mms, stops with axle k at depth mm on the platform, rolls
// back by the given way after a pause, and drives on.
func stopped(v *sim.Vehicle, mms float64, k int, depth, back, pause float64) (tracked, time.Duration) {
	d := drive{t: epoch.Add(3 * time.Second), x: -3000, v: mms}
	d.stopAt(float64(v.Axles[k].Offset)+depth, 500)
	d.wait(pause)
	if back > 0 {
		up := math.Min(400, math.Sqrt(back*300))
		d.to(-up, 300)
		d.v = -up
		if rest := back - 2*up*up/(2*300); rest > 1 {
			d.add(0, rest/up)
		}
		d.to(0, 300)
		d.wait(pause)
	}
	d.to(mms, 400)
	d.roll(float64(v.Length) + 3000)
	k2 := d.k
	return tracked{v, append(k2, sim.Segment{Start: d.t, X: d.x, V: d.v})}, d.t.Sub(epoch)
}

func artic(rng *rand.Rand, id string) *sim.Vehicle { return vehicle(id, kinds[3], 1, rng) }

func TestAVehicleThatStopsOnThePlatformIsWeighedAtRest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 60 {
		v := vehicle(fmt.Sprint("stop", i), kinds[i%len(kinds)], rng.Float64(), rng)
		k := rng.IntN(len(v.Axles))
		depth := 200 + 350*rng.Float64()
		c := Default()
		tr, d := stopped(v, 1200, k, depth, 0, 1+2*rng.Float64())
		out := weigh(t, c, simwim.Default(uint64(i)), scene{tr}, epoch, d, 100)
		if len(out.Vehicles) != 1 || len(out.Axles) != len(v.Axles) {
			t.Errorf("%d %s stopped with axle %d at %.0f mm: %d vehicles, %d axles, want 1, %d", i, v.Template, k+1, depth, len(out.Vehicles), len(out.Axles), len(v.Axles))
			continue
		}
		a := out.Axles[k]
		if !slices.Contains(a.Flags, obs.StoppedOnPlatform) || a.Mode != obs.StopGo || a.U == 0 {
			t.Errorf("%d %s: axle %d %+v, want it stopped, weighed at rest", i, v.Template, k+1, a)
		}
		if e := a.Mass - v.Axles[k].Mass; max(e, -e) > a.U || a.U > max(80*quant.Kilogram, v.Axles[k].Mass/100) {
			t.Errorf("%d %s: axle %d = %v ± %v, truth %v", i, v.Template, k+1, a.Mass, a.U, v.Axles[k].Mass)
		}
	}
}

func TestRollingBackMakesNoExtraAxles(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	wrong, doubt, judged, n := 0, 0, 0, 0
	for i := range 300 {
		v := vehicle(fmt.Sprint("back", i), kinds[i%len(kinds)], rng.Float64(), rng)
		k := rng.IntN(len(v.Axles))
		depth := 200 + 350*rng.Float64()
		back := 200 + 1400*rng.Float64()
		tr, d := stopped(v, 1000+500*rng.Float64(), k, depth, back, 0.7+2*rng.Float64())
		out := weigh(t, Default(), simwim.Default(uint64(i)), scene{tr}, epoch, d, 100)
		n++
		if len(out.Vehicles) != 1 || len(out.Axles) != len(v.Axles) {
			known := len(out.Vehicles) == 1 && out.Vehicles[0].U > 0
			wrong++
			if known {
				judged++
			}
			t.Logf("%d %s axle %d at %.0f mm, back %.0f mm: %d vehicles, %d axles, want 1, %d (judged %v)", i, v.Template, k+1, depth, back, len(out.Vehicles), len(out.Axles), len(v.Axles), known)
			for _, a := range out.Axles {
				t.Logf("    %d %v u=%v %v..%v %v", a.N, a.Mass, a.U, a.On.Sub(epoch), a.Off.Sub(epoch), a.Flags)
			}
			for _, a := range v.Axles {
				t.Logf("    true %v", a.Mass)
			}
			continue
		}
		if out.Vehicles[0].U == 0 {
			doubt++
		}
	}
	t.Log("judged wrong", judged)
	t.Logf("%d vehicles rolled back: %d with a wrong count, %d more in doubt", n, wrong, doubt)
}
