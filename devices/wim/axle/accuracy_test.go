package axle

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"acsgd/devices/wim"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	simwim "acsgd/sim/wim"
)

var epoch = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// kind is one kind of vehicle: spacings in mm, loads empty and loaded in kg.
type kind struct {
	name          string
	gaps          []int
	empty, loaded []int
}

// kinds follow the vehicle templates; the car carrier is left out, for a platform of
// 0.75 m cannot separate its tandem of 1.00 m.
var kinds = []kind{
	{"R2", []int{4200}, []int{3600, 3000}, []int{6200, 9600}},
	{"R3", []int{3600, 1350}, []int{5000, 3400, 3400}, []int{7000, 7800, 7800}},
	{"R4", []int{1950, 3200, 1350}, []int{4200, 4200, 3600, 3600}, []int{7200, 7200, 7900, 7900}},
	{"T11O3", []int{3700, 5600, 1310, 1310}, []int{5200, 3900, 1900, 1900, 1900}, []int{7000, 9700, 6900, 6900, 6900}},
	{"T12O3", []int{3300, 1350, 5400, 1310, 1310}, []int{5600, 3200, 3200, 2000, 2000, 2000}, []int{7000, 7300, 7300, 6100, 6100, 6100}},
	{"T12O2", []int{3300, 1350, 6800, 1310}, []int{5600, 3000, 3000, 2200, 2200}, []int{6800, 7800, 7800, 7800, 7800}},
	{"R12R2", []int{4400, 1350, 5200, 5000}, []int{5400, 2900, 2900, 2000, 2000}, []int{7000, 8000, 8000, 8500, 8500}},
	{"BUS2", []int{6100}, []int{5000, 7500}, []int{6500, 9800}},
	{"BUS3", []int{6200, 1400}, []int{5200, 8000, 3000}, []int{6900, 10400, 5400}},
	{"CAR", []int{2700}, []int{800, 700}, []int{900, 900}},
}

// vehicle draws a vehicle; its front axle stands 1.4 m behind its front.
func vehicle(id string, k kind, fill float64, rng *rand.Rand) *sim.Vehicle {
	v := &sim.Vehicle{ID: id, Template: k.name}
	at := quant.Length(1400)
	for i := range k.empty {
		if i > 0 {
			at += quant.Length(k.gaps[i-1])
		}
		kg := float64(k.empty[i]) + fill*float64(k.loaded[i]-k.empty[i])
		kg *= 1 + 0.03*(2*rng.Float64()-1)
		v.Axles = append(v.Axles, sim.Axle{Mass: quant.Mass(math.Round(kg * 1000)), Offset: at})
	}
	v.Length = at + 1500
	return v
}

// tracked is a vehicle with its motion.
type tracked struct {
	v *sim.Vehicle
	k sim.Track
}

// scene is a lane with given motions.
type scene []tracked

func (s scene) At(dst []sim.Placed, t time.Time) []sim.Placed {
	for _, c := range s {
		if x, v, ok := c.k.At(t); ok && x-float64(c.v.Length) < 30000 {
			dst = append(dst, sim.Placed{Vehicle: c.v, X: x, V: v})
		}
	}
	return dst
}

// cruise drives a vehicle evenly; its front reaches the platform at t.
func cruise(v *sim.Vehicle, t time.Time, mms float64) tracked {
	return tracked{v, sim.Track{{Start: t.Add(-time.Second), X: -mms, V: mms}}}
}

// weigh runs a scene over the platform and hands out what the weigher gives. Samples come
// at rate Hz with a jitter of 1 ms; one in a thousand is lost.
func weigh(t testing.TB, c Config, m simwim.Model, s scene, from time.Time, d time.Duration, rate float64) Out {
	t.Helper()
	w, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var out Out
	feed(t, w, m, s, from, d, rate, &out)
	w.End(&out)
	return out
}

func feed(t testing.TB, w *Weigher, m simwim.Model, s scene, from time.Time, d time.Duration, rate float64, out *Out) {
	t.Helper()
	sig := simwim.NewSignal(m, s)
	rng := rand.New(rand.NewPCG(m.Seed, 77))
	step := time.Duration(float64(time.Second) / rate)
	for at := from; at.Before(from.Add(d)); at = at.Add(step) {
		r := sig.At(at)
		if rng.Float64() < 0.001 {
			continue
		}
		jitter := time.Duration(rng.NormFloat64() * 0.35e6) // what Cadence leaves of 1 ms
		w.Feed(wim.Sample{At: at.Add(jitter), Raw: r.Mass, Stable: r.Stable, Overload: r.Over}, out)
	}
}

// errsOf collects the errors of a cell.
type errsOf struct {
	axle, gross, speed, spacing []float64
	plain, plainGross           []float64 // of the plateaus' means
	width, widthGross           []float64 // half-widths
	inside, judged              int
	insideGross, judgedGross    int
	wrong, vehicles, few        int
}

func rms(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v * v
	}
	return math.Sqrt(s / float64(max(len(x), 1)))
}

func p95(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	a := make([]float64, len(x))
	for i, v := range x {
		a[i] = math.Abs(v)
	}
	slices.Sort(a)
	return a[int(0.95*float64(len(a)-1))]
}

// runCell weighs n random vehicles at a speed.
func runCell(t testing.TB, platform quant.Length, kmh float64, n int, seed uint64, division quant.Mass) errsOf {
	t.Helper()
	var e errsOf
	rng := rand.New(rand.NewPCG(seed, uint64(kmh*100)+uint64(platform)))
	c := Default()
	c.Platform, c.Division, c.SpeedMax = platform, division, 5600
	m := simwim.Default(seed)
	m.Platform, m.Division = platform, division
	for i := range n {
		k := kinds[rng.IntN(len(kinds))]
		v := vehicle(fmt.Sprintf("%s-%d-%v-%d-%d", k.name, platform, kmh, seed, i), k, rng.Float64(), rng)
		mms := kmh / 3.6 * 1000
		m.Seed = seed + uint64(i)
		at := epoch.Add(4 * time.Second).Add(time.Duration(rng.Int64N(1e9)))
		d := at.Sub(epoch) + time.Duration((float64(v.Length)+2000)/mms*1e9)
		out := weigh(t, c, m, scene{cruise(v, at, mms)}, epoch, d, 100)
		e.take(v, mms, out)
	}
	return e
}

func (e *errsOf) take(v *sim.Vehicle, mms float64, out Out) {
	e.vehicles++
	if len(out.Vehicles) != 1 || len(out.Vehicles[0].Axles) != len(v.Axles) {
		e.wrong++
		return
	}
	got := out.Vehicles[0]
	var truth quant.Mass
	plain := 0.0
	for i, a := range got.Axles {
		w := float64(v.Axles[i].Mass)
		truth += v.Axles[i].Mass
		plain += a.plain * 1000
		e.plain = append(e.plain, (a.plain*1000-w)/w*100)
		e.axle = append(e.axle, (float64(a.Mass)-w)/w*100)
		e.speed = append(e.speed, (float64(a.Speed)-mms)/mms*100)
		if slices.Contains(a.Flags, obs.FewSamples) {
			e.few++
		}
		if a.U > 0 {
			e.judged++
			e.width = append(e.width, float64(a.U)/w*100)
			if math.Abs(float64(a.Mass)-w) <= float64(a.U) {
				e.inside++
			}
		}
		if i > 0 {
			want := v.Axles[i].Offset - v.Axles[i-1].Offset
			e.spacing = append(e.spacing, float64(got.Spacings[i-1]-want))
		}
	}
	e.gross = append(e.gross, float64(got.Gross-truth)/float64(truth)*100)
	e.plainGross = append(e.plainGross, (plain-float64(truth))/float64(truth)*100)
	if got.U > 0 {
		e.judgedGross++
		e.widthGross = append(e.widthGross, float64(got.U)/float64(truth)*100)
		if math.Abs(float64(got.Gross-truth)) <= float64(got.U) {
			e.insideGross++
		}
	}
}

func (e *errsOf) row() string {
	share := func(a, b int) float64 { return 100 * float64(a) / float64(max(b, 1)) }
	return fmt.Sprintf("%5d %5d  %5.2f %5.2f  %5.2f %5.2f  %5.2f %5.2f  %5.1f %5.2f  %5.1f %5.2f  %d",
		len(e.axle), e.wrong, p95(e.plain), p95(e.axle), p95(e.plainGross), p95(e.gross), p95(e.speed), p95(e.spacing),
		share(e.inside, e.judged), rms(e.width), share(e.insideGross, e.judgedGross), rms(e.widthGross), e.few)
}

const head = "platform  speed axles wrong  axle % mean, now  gross mean, now  speed % mm  axle U covers, %  gross U covers, %  few"

// TestAccuracy weighs 1050 vehicles of all kinds and prints the errors against the truth,
// 95 % of them, beside those of the plateaus' means; the bounds are the acceptance figures
// for a rolling axle weigher.
func TestAccuracy(t *testing.T) {
	t.Log(head)
	near, vehicles := 0, 0
	for _, l := range []quant.Length{750, 1000} {
		for _, v := range []float64{1, 3, 5, 8, 10, 12, 15} {
			e := runCell(t, l, v, 75, 1, 10*quant.Kilogram)
			t.Logf("%5d mm %4.0f km/h %s", l, v, e.row())
			near, vehicles = near+e.wrong, vehicles+e.vehicles
			e.accept(t, l, v)
		}
	}
	if near > 0 {
		t.Errorf("%d of %d vehicles with a wrong count of axles", near, vehicles)
	}
}

// accept compares a cell with the acceptance figures.
func (e *errsOf) accept(t *testing.T, l quant.Length, v float64) {
	t.Helper()
	check := func(what string, got, want float64) {
		if got > want {
			t.Errorf("%v, %v km/h: 95 %% of %s within %.2f, want %.2f", l, v, what, got, want)
		}
	}
	check("the speeds, %,", p95(e.speed), 1.8)
	check("the spacings, mm,", p95(e.spacing), 40)
	check("the axles, %, against the mean's error,", p95(e.axle), max(0.3, 0.6*p95(e.plain)))
	switch {
	case v <= 5:
		check("the axles, %,", p95(e.axle), 0.5)
		check("the gross masses, %,", p95(e.gross), 0.5)
	case v <= 10:
		check("the axles, %,", p95(e.axle), 1.3)
		check("the gross masses, %,", p95(e.gross), 1)
	}
	if len(e.width) == 0 {
		return // too few samples at this speed: nothing is judged
	}
	if float64(e.inside) < 0.93*float64(e.judged) || float64(e.insideGross) < 0.93*float64(e.judgedGross) {
		t.Errorf("%v, %v km/h: U covers %d of %d axles, %d of %d gross masses; want 93 %%", l, v, e.inside, e.judged, e.insideGross, e.judgedGross)
	}
	// What also holds for slow bounces and after a bump is wide for the usual vehicle.
	check("the axles' half-widths, %,", p95(e.width), 2.8*p95(e.axle)+0.6)
}

// BenchmarkRolling weighs 250 vehicles, about a thousand axles, in every cell and reports
// what 95 % of the errors are within, for the axles and for their plateaus' means.
func BenchmarkRolling(b *testing.B) {
	for _, l := range []quant.Length{750, 1000} {
		for _, v := range []float64{3, 5, 8, 10, 15} {
			b.Run(fmt.Sprintf("%dmm/%.0fkmh", l, v), func(b *testing.B) {
				var e errsOf
				for b.Loop() {
					e = runCell(b, l, v, 250, 2, 10*quant.Kilogram)
				}
				b.ReportMetric(p95(e.plain), "mean95_%")
				b.ReportMetric(p95(e.axle), "axle95_%")
				b.ReportMetric(p95(e.plainGross), "meangross95_%")
				b.ReportMetric(p95(e.gross), "gross95_%")
				b.ReportMetric(p95(e.speed), "speed95_%")
				b.ReportMetric(p95(e.spacing), "spacing95_mm")
				b.ReportMetric(float64(e.wrong), "wrong")
				b.ReportMetric(float64(len(e.axle)), "axles")
			})
		}
	}
}

// TestApproachBump shows what an approach with a first bounce of 5 % costs: the errors
// grow, the count stays right, and the uncertainty holds.
func TestApproachBump(t *testing.T) {
	for _, mms := range []float64{1389, 2222} {
		rng := rand.New(rand.NewPCG(9, 9))
		var e errsOf
		for i := range 200 {
			v := vehicle(fmt.Sprint("bump", i), kinds[i%len(kinds)], 1, rng)
			m := simwim.Default(uint64(i))
			m.Bump = 0.05
			out := weigh(t, Default(), m, scene{cruise(v, epoch.Add(3*time.Second), mms)}, epoch, 20*time.Second, 100)
			e.take(v, mms, out)
		}
		t.Logf("%.0f mm/s with a bump: %s", mms, e.row())
		if e.wrong > 0 || p95(e.axle) > 4 {
			t.Errorf("%.0f mm/s: %d wrong counts, 95 %% of the axles within %.2f %%", mms, e.wrong, p95(e.axle))
		}
		e.covered(t)
	}
}
