package axle

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"acsgd/devices/wim"
	"acsgd/internal/quant"
	"acsgd/sim"
)

// road is a second signal, written for this test alone: the terms of the usual model, and
// what real roads, tyres and indicators do to it.
type road struct {
	platform, kmh float64    // m, km/h
	accel         float64    // m/s^2
	bounce        [2]float64 // Hz, from and to; one a vehicle
	perAxle       bool       // one an axle
	phase         bool       // one phase of the bounce for all axles
	alike         bool       // one amplitude of the bounce for all axles
	fades         float64    // s in which bounce and hop die away after the first touch; 0: they do not
	slope         float64    // of the load a second, either sign: weight moves while it brakes
	swing         float64    // factor on bounce and hop
	noise, jitter float64    // kg, s
	average       bool       // the indicator averages 28 ms instead of its pole of 8 ms
	round         bool       // the tyre presses more in the middle of its patch
	steps         float64    // Hz, samples
}

func usual(platform, kmh float64) road {
	return road{platform: platform, kmh: kmh, bounce: [2]float64{1.5, 4}, swing: 1, noise: 15, jitter: 3.5e-4, steps: 100}
}

// drive gives the samples of a vehicle with the given axles (m behind the first, kg).
func (r road) drive(rng *rand.Rand, at, kg []float64) []wim.Sample {
	const h = 5e-4
	v, kmh := r.kmh/3.6, r.kmh
	hz, zeta := 25+20*rng.Float64(), 0.03+0.05*rng.Float64()
	patch := 0.2 + 0.1*rng.Float64()
	wn := 2 * math.Pi * hz
	fb, fh := r.bounce[0]+(r.bounce[1]-r.bounce[0])*rng.Float64(), 8+7*rng.Float64()
	n := len(at)
	f, phi, psi, db, dh, slope, met := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for k := range at {
		f[k], phi[k], psi[k] = fb, 2*math.Pi*rng.Float64(), 2*math.Pi*rng.Float64()
		db[k], dh[k] = r.swing*(0.01+0.04*kmh/15*rng.Float64()), r.swing*(0.005+0.03*kmh/15*rng.Float64())
		if r.perAxle {
			f[k] = r.bounce[0] + (r.bounce[1]-r.bounce[0])*rng.Float64()
		}
		if r.phase {
			phi[k] = phi[0]
		}
		if r.alike {
			db[k] = db[0]
		}
		slope[k] = r.slope * (2*rng.Float64() - 1)
		met[k] = -1
	}
	on := func(x float64) float64 { // of the patch
		u := min(1, max(0, x/patch))
		if r.round {
			return (u + u*u*(3-2*u)) / 2
		}
		return u
	}
	var out []wim.Sample
	var x, xd, y float64
	var past []float64
	lead := 3.0
	next, last := 0.0, 60.0
	for t := 0.0; t < last; t += h {
		d := t - lead
		way := v * d
		if d > 0 {
			way = v*d + r.accel*d*d/2
		}
		if way > at[n-1]+r.platform+patch && t+0.5 < last {
			last = t + 0.5
		}
		load := 0.0
		for k := range at {
			q := way - at[k]
			g := on(q+patch/2) - on(q-r.platform+patch/2)
			if g <= 0 {
				continue
			}
			if met[k] < 0 {
				met[k] = t
			}
			fade := 1.0
			if r.fades > 0 {
				fade = math.Exp(-(t - met[k]) / r.fades)
			}
			mid := t - (q-r.platform/2)/max(v+r.accel*max(d, 0), 0.3)
			load += kg[k] * g * (1 + slope[k]*(t-mid) + fade*(db[k]*math.Sin(2*math.Pi*f[k]*t+phi[k])+dh[k]*math.Sin(2*math.Pi*fh*t+psi[k])))
		}
		xd += h * (wn*wn*(load-x) - 2*zeta*wn*xd)
		x += h * xd
		if r.average {
			past = append(past, x)
			y += x / 56
			if len(past) > 56 {
				y -= past[len(past)-57] / 56
			}
		} else {
			y += (x - y) * h / 0.008
		}
		if t >= next {
			next += 1 / r.steps
			if rng.Float64() < 0.001 {
				continue
			}
			shown := quant.Mass(math.Round((y+r.noise*rng.NormFloat64())/10)) * 10 * quant.Kilogram
			stamp := t + r.jitter*rng.NormFloat64()
			out = append(out, wim.Sample{At: epoch.Add(time.Duration(stamp * 1e9)), Raw: shown})
		}
	}
	return out
}

// TestOtherRoads compares the loads with the plain mean of the plateau on signals that the
// model does not know.
func TestOtherRoads(t *testing.T) {
	t.Log(head)
	cases := []struct {
		name   string
		change func(*road)
	}{
		{"usual", func(*road) {}},
		{"one phase of all axles", func(r *road) { r.phase, r.alike = true, true }},
		{"a frequency of each axle's own", func(r *road) { r.perAxle = true }},
		{"fades in 0.3 s", func(r *road) { r.fades = 0.3 }},
		{"bounce of 0.8 to 1.5 Hz", func(r *road) { r.bounce = [2]float64{0.8, 1.5} }},
		{"bounce of 4 to 7 Hz", func(r *road) { r.bounce = [2]float64{4, 7} }},
		{"load moves by 10 % a second", func(r *road) { r.slope = 0.1 }},
		{"brakes with 0.25 m/s2", func(r *road) { r.accel = -0.25; r.slope = 0.05 }},
		{"three times the noise", func(r *road) { r.noise = 45 }},
		{"jitter of 1 ms", func(r *road) { r.jitter = 1e-3 }},
		{"a moving average", func(r *road) { r.average = true }},
		{"a round patch", func(r *road) { r.round = true }},
		{"twice the bounce", func(r *road) { r.swing = 2 }},
		{"no bounce", func(r *road) { r.swing = 0.05 }},
		{"50 samples a second", func(r *road) { r.steps = 50 }},
	}
	for _, cell := range []struct{ platform, kmh float64 }{{0.75, 5}, {0.75, 10}, {1, 10}} {
		for _, c := range cases {
			r := usual(cell.platform, cell.kmh)
			c.change(&r)
			if r.accel != 0 && cell.kmh < 8 {
				continue // it would stop
			}
			compare(t, c.name, r, 10)
		}
	}
}

// compare weighs n vehicles on a road.
func compare(t *testing.T, name string, r road, n int) {
	t.Helper()
	e := r.weigh(t, name, n)
	if now, mean := p95(e.axle), p95(e.plain); now > 1.15*mean+0.12 {
		t.Errorf("%.2f m, %.0f km/h, %s: 95 %% of the axles within %.2f %%, of the means %.2f %%", r.platform, r.kmh, name, now, mean)
	}
}

// TestUncertaintyHoldsForSlowBounces weighs bodies that bounce more slowly than the usual
// ones: on a short platform that looks like a load that does not swing.
func TestUncertaintyHoldsForSlowBounces(t *testing.T) {
	for _, cell := range []struct{ platform, kmh float64 }{{0.75, 8}, {0.75, 10}, {1, 10}} {
		r := usual(cell.platform, cell.kmh)
		r.bounce = [2]float64{0.8, 1.5}
		r.weigh(t, "bounce of 0.8 to 1.5 Hz", 100).covered(t)
	}
}

// covered fails if U does not hold for 93 % of the axles.
func (e *errsOf) covered(t *testing.T) {
	t.Helper()
	if e.judged == 0 || float64(e.inside) < 0.93*float64(e.judged) {
		t.Errorf("U covers %d of %d axles, want 93 %%", e.inside, e.judged)
	}
}

// weigh gives the errors of n vehicles.
func (r road) weigh(t *testing.T, name string, n int) *errsOf {
	t.Helper()
	conf := Default()
	conf.Platform, conf.Division, conf.SpeedMax = quant.Length(r.platform*1000), 10*quant.Kilogram, 5600
	rng := rand.New(rand.NewPCG(5, uint64(r.kmh*10+r.platform)))
	at := []float64{0, 3.7, 9.3, 10.61}
	var e errsOf
	for range n {
		v := &sim.Vehicle{Template: name}
		kg := []float64{5200 + 1800*rng.Float64(), 4000 + 5000*rng.Float64(), 3000 + 4000*rng.Float64(), 3000 + 4000*rng.Float64()}
		for k := range at {
			v.Axles = append(v.Axles, sim.Axle{Mass: quant.Mass(math.Round(kg[k] * 1000)), Offset: quant.Length(at[k] * 1000)})
		}
		w, err := New(conf)
		if err != nil {
			t.Fatal(err)
		}
		var out Out
		for _, s := range r.drive(rng, at, kg) {
			w.Feed(s, &out)
		}
		w.End(&out)
		e.take(v, r.kmh/3.6*1000, out)
	}
	t.Logf("%.2f m %4.0f km/h %-32s %s", r.platform, r.kmh, name, e.row())
	if e.wrong > 0 {
		t.Errorf("%.2f m, %.0f km/h, %s: %d of %d wrong counts", r.platform, r.kmh, name, e.wrong, n)
	}
	return &e
}
