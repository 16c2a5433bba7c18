package weigh_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"acsgd/devices/wim"
	"acsgd/devices/wim/axle"
	"acsgd/devices/wim/weigh"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	simwim "acsgd/sim/wim"
)

// onOne weighs one vehicle on one platform.
func onOne(t *testing.T, set weigh.Settings, m simwim.Model, r road, from time.Time, d time.Duration) []obs.Weighing {
	t.Helper()
	w, err := axle.New(set.Axle())
	if err != nil {
		t.Fatal(err)
	}
	sig, rng := simwim.NewSignal(m, r), rand.New(rand.NewPCG(m.Seed, 77))
	var out axle.Out
	for at := from; at.Before(from.Add(d)); at = at.Add(10 * time.Millisecond) {
		x := sig.At(at)
		w.Feed(wim.Sample{At: at.Add(time.Duration(rng.NormFloat64() * 0.35e6)), Raw: x.Mass, Stable: x.Stable}, &out)
	}
	w.End(&out)
	var list []obs.Weighing
	for _, a := range out.Axles {
		list = append(list, *a.Weighing())
	}
	for _, v := range out.Vehicles {
		list = append(list, *v.Weighing())
	}
	return list
}

// TestTwoPlatformsAgainstOne weighs random lorries on two platforms of one instrument. The
// errors of one axle on both are hardly the same in the model, whose swinging never changes;
// the joining takes them for half the same (common), so it must stay inside its uncertainty.
func TestTwoPlatformsAgainstOne(t *testing.T) {
	vehicles := 24
	if testing.Short() {
		vehicles = 6
	}
	set := weigh.Default()
	set.SpeedMax = 4200
	set.Division = 10 * quant.Kilogram
	for _, kmh := range []float64{5, 10, 12} {
		for _, way := range []quant.Length{1500, 3000} {
			t.Run(fmt.Sprintf("%gkmh-%v", kmh, way), func(t *testing.T) {
				p := weigh.Pairing{Distance: way, Length: set.PlatformLength, Division: set.Division, Span: set.SpanU}
				var ea, eb, ej, ev, uj []float64
				inside, insideV, insideG, n, voids := 0, 0, 0, 0, 0
				for i := range vehicles {
					seed := uint64(i + 1)
					rng := rand.New(rand.NewPCG(seed, uint64(kmh)))
					kg := []int64{6200, 9000 + rng.Int64N(2000), 7000, 7100, 6900}
					v := lorry(fmt.Sprint("v", i), kg...)
					mms := kmh / 3.6 * 1000
					r := road{{v, epoch.Add(3 * time.Second), mms}}
					span := 4*time.Second + time.Duration((float64(v.Length)+8000)/mms*1e9)
					a, b := simwim.Default(seed), simwim.Default(seed+5000)
					a.Vehicles, b.Vehicles, b.Station = seed, seed, way
					a.Division, b.Division = set.Division, set.Division
					la, lb := onOne(t, set, a, r, epoch, span), onOne(t, set, b, r, epoch, span)
					got := p.Join(la, lb)
					if len(la) != 6 || len(lb) != 6 || len(got) != 6 {
						t.Fatalf("vehicle %d: %d, %d, %d records, want 6 each", i, len(la), len(lb), len(got))
					}
					for k := range kg {
						truth := float64(v.Axles[k].Mass)
						rel := func(w obs.Weighing) float64 { return (float64(w.Mass) - truth) / truth }
						w := got[k]
						n++
						if w.U == 0 {
							voids++
							continue
						}
						ea, eb, ej = append(ea, rel(la[k])), append(eb, rel(lb[k])), append(ej, rel(w))
						uj = append(uj, float64(w.U)/truth)
						if math.Abs(float64(w.Mass)-truth) <= float64(w.U) {
							inside++
						}
						if w.Speed > 0 {
							ev = append(ev, (float64(w.Speed)-mms)/mms)
							if math.Abs(float64(w.Speed)-mms) <= float64(w.USpeed) {
								insideV++
							}
						}
					}
					if g := got[5]; math.Abs(float64(g.Mass-v.Gross())) <= float64(g.U) {
						insideG++
					}
				}
				rho := correlation(ea, eb)
				t.Logf("%d axles, %d void: rms %.2f and %.2f %%, joined %.2f %% (mean u95 %.2f %%), correlation %+.2f; load in u95 %d/%d, gross %d/%d; speed rms %.2f %%, in u95 %d/%d",
					n, voids, 100*rms(ea), 100*rms(eb), 100*rms(ej), 100*mean(uj), rho, inside, len(ej), insideG, vehicles, 100*rms(ev), insideV, len(ev))
				if worse := math.Hypot(rms(ea), rms(eb)) / math.Sqrt2; rms(ej) > 0.95*worse+0.0003 {
					t.Errorf("joined rms %.3f %%, one platform %.3f %%: nothing gained", 100*rms(ej), 100*worse)
				}
				if inside*100 < 94*len(ej) || insideV*100 < 90*len(ev) || voids*50 > n {
					t.Errorf("%d of %d loads and %d of %d speeds inside u95, %d void", inside, len(ej), insideV, len(ev), voids)
				}
				if vehicles >= 24 && rho > 0.5 {
					t.Errorf("correlation of the platforms' errors %.2f: more than the joining takes them for", rho)
				}
			})
		}
	}
}

func mean(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s / float64(max(len(x), 1))
}

func rms(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v * v
	}
	return math.Sqrt(s / float64(max(len(x), 1)))
}

func correlation(x, y []float64) float64 {
	mx, my := mean(x), mean(y)
	var xy, xx, yy float64
	for i := range x {
		xy, xx, yy = xy+(x[i]-mx)*(y[i]-my), xx+(x[i]-mx)*(x[i]-mx), yy+(y[i]-my)*(y[i]-my)
	}
	return xy / math.Sqrt(xx*yy)
}
