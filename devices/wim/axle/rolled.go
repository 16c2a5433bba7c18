package axle

import "math"

// A rolling axle is weighed by all samples from its first touch to the last, edges
// included. What the indicator shows is explained as
//
//	load · share(t) · (1 + bounce(t) + hop(t)) + noise
//
// share is the way on to the platform and off it, as platform and filter answer it; bounce
// and hop are sinusoids of unknown frequency, amplitude and phase. Given the frequencies
// and a first guess of the rest this is linear, and normal priors make its answer a mean
// and a variance. The load is the mean over all frequencies, weighted by how well each
// explains the samples (spectrum.go).
//
// The body bounces at one frequency under all its axles, with a phase of its own under
// each: an axle tells the next ones which frequencies are likely. So it does of the
// platform and the tyres.

const (
	maxFit    = 256   // samples of one fit; more are averaged in groups
	leadFit   = 0.03  // s before the first touch that are explained too
	trailFit  = 0.05  // s after the last, in which the platform rings on
	jitterFit = 5e-4  // s, what the time of a sample may be off
	shapeFit  = 7e-4  // of the load, what the model lacks
	bounceFit = 0.018 // of the load, standard deviation of a bounce's sine and cosine
	hopFit    = 0.012 // the same of axle hop
	accelFit  = 0.3   // m/s^2, standard deviation of an axle's acceleration
	trendFit  = 5.0   // per cent a second, by which the load moves while the vehicle brakes
	bumpFit   = 0.018 // of the load, standard deviation of what a bump before the platform leaves
	bumpFades = 0.2   // s, in which it dies away
	farFit    = 0.10  // of the plateau's level, beyond which no fit is believed

	speedFit = 1.3 // factor on the speed's standard deviation, for its long tails

	badFit    = 4.0  // excess above which the model does not explain the samples
	unevenFit = 0.12 // of the speed, by which it may differ at the two edges

	usualHz   = 34.0 // of a platform
	usualZeta = 0.05
	usualTau  = 0.008 // s, of an indicator's fastest filter
)

// The columns of the linear model: the load, and small changes of what share depends on.
const (
	colLoad     = iota // kg
	colOn              // ms
	colOff             // ms
	colPatch           // per cent of the time that the patch takes over both edges
	colAccel           // per cent that the first edge took longer and the last shorter
	colPlatform        // per cent of the platform's frequency
	colDamping         // per cent
	colFilter          // per cent of its time constant
	colTrend           // per cent of the load in a second
	colSwing           // the sinusoids begin here
)

// usualSwings are the frequencies that stand for all others until the edges are known, in hertz.
var usualSwings = [...]float64{1.8, 3.2, 8.5, 11, 13.5}

// fitter explains the samples of one axle after the other. It keeps its arrays.
type fitter struct {
	t, y   []float64 // s from the middle of the axle's way, kg
	weight []float64 // reciprocal variances of y
	wx     []float64 // the column that joins, weighted
	col    [maxColumns][]float64
	wave   [2 * len(usualSwings)][]float64 // cosines and sines of the swings at t
	noise  float64                         // kg, of one sample
	excess float64                         // factor on all standard deviations, from what was left unexplained
	load   float64                         // kg
	at     roll                            // counted as t
	plat   platform
	prior  [colSwing]float64 // standard deviations
	swings []float64         // frequencies, in hertz
	m      linear
	spec   spectrum

	// What the axles of the vehicle have told.
	body   [len(roads) * bounces]float64 // log likelihood of the bounce's frequencies
	patch  float64                       // m; 0: nothing yet
	knows  platform                      // if patch is known
	tail   roll                          // of the axle before: its ringing is taken off the next one's samples
	tailKg float64                       // its load; 0: none
}

// forget is called between vehicles.
func (f *fitter) forget() {
	f.patch, f.tailKg = 0, 0
	clear(f.body[:])
}

// fitted improves what edges and plateau have told of p, a pass at speed. Where the model
// does not explain the samples it leaves p alone.
func (w *Weigher) fitted(p *pass, t, y []float64) {
	f := &w.fit
	half := w.cfg.patch() / 2 / p.v
	if f.patch > 0 {
		half = f.patch / 2 / p.v
	}
	a, b := window(t, p.on-half-leadFit, p.off+half+trailFit)
	if p.mass <= 0 || b-a < 8 {
		f.tailKg = 0
		return
	}
	mid := (p.on + p.off) / 2
	f.take(t[a:b], y[a:b], w.noise, mid)
	f.load, f.at = p.mass, roll{on: p.on - mid, off: p.off - mid, rise: half, fall: half}
	f.settle(p.off-p.on, p.v)
	bump := f.bump()
	mass, sd := f.sweep()
	f.sway(f.spec.best[:])
	for range 2 {
		f.step(colSwing)
	}
	f.at.on, f.at.off = f.at.on+mid, f.at.off+mid
	far := math.Abs(f.at.on-p.on) + math.Abs(f.at.off-p.off)
	uneven := math.Abs(f.at.rise-f.at.fall) / (f.at.rise + f.at.fall)
	if f.excess > badFit || uneven > unevenFit || !(math.Abs(mass-p.mass) < farFit*p.mass) || !(far < half) {
		f.tailKg = 0
		return
	}
	p.on, p.off, p.mass, p.method = f.at.on, f.at.off, mass, Fit
	p.v = w.cfg.length() / (p.off - p.on)
	p.uv = max(speedFit*f.speedError(), fitSpeed.at(w.cfg.length(), p.v))
	p.osc = max(math.Hypot(sd, bump), fitLoad.at(w.cfg.length(), p.v)*mass)
	p.sigma = math.Hypot(p.osc, w.cfg.division()/math.Sqrt(12))
	for i := range f.body {
		f.body[i] += f.spec.told[i]
	}
	f.patch, f.knows = (f.at.rise+f.at.fall)*p.v, f.plat
	f.tail, f.tailKg = f.at, mass
}

// take copies the samples less the ringing that the axle before has left, averaged in
// groups where they are more than enough. Their times count from mid.
func (f *fitter) take(t, y []float64, noise, mid float64) {
	f.t, f.y = f.t[:0], f.y[:0]
	before := f.knows.way(&f.tail, nil)
	k := (len(t) + maxFit - 1) / maxFit
	for ; len(t) >= k; t, y = t[k:], y[k:] {
		at, kg := mean(t[:k]), mean(y[:k])
		if f.tailKg > 0 {
			kg -= f.tailKg * before.share(at)
		}
		f.t, f.y = append(f.t, at-mid), append(f.y, kg)
	}
	f.noise, f.excess = noise/math.Sqrt(float64(k)), 1
	f.weight, f.wx = append(f.weight[:0], f.t...), append(f.wx[:0], f.t...)
	for i := range f.col {
		f.col[i] = append(f.col[i][:0], f.t...)
	}
	for i := range f.wave {
		f.wave[i] = append(f.wave[i][:0], f.t...)
	}
}

// sway makes the swings those of some frequencies, in hertz.
func (f *fitter) sway(hz []float64) {
	f.swings = append(f.swings[:0], hz...)
	for i, hz := range hz {
		for k, t := range f.t {
			f.wave[2*i+1][k], f.wave[2*i][k] = math.Sincos(2 * math.Pi * hz * t)
		}
	}
}

// settle finds edges, patch and platform, dwell seconds at v m/s.
func (f *fitter) settle(dwell, v float64) {
	f.sway(usualSwings[:])
	f.prior = [colSwing]float64{1e5, 20, 20, 15, max(1.5, 100*accelFit*dwell/v/2), 4, 60, 25, trendFit}
	if f.patch > 0 {
		f.plat = f.knows
		f.prior[colPatch], f.prior[colPlatform], f.prior[colDamping], f.prior[colFilter] = 6, 0.7, 10, 4
	} else {
		f.plat = newPlatform(usualHz, usualZeta, usualTau)
		for range 2 {
			f.step(colPlatform)
		}
		f.search()
	}
	for range 2 {
		f.step(colSwing)
	}
}

// search tries platforms of all usual frequencies.
func (f *fitter) search() {
	best, from := f.plat, math.Inf(-1)
	for hz := 22.0; hz <= 49; hz += 2 {
		f.plat = newPlatform(hz, usualZeta, usualTau)
		f.explain(colPlatform)
		if e := f.m.evidence(); e > from {
			best, from = f.plat, e
		}
	}
	f.plat = best
}

// step improves what the first n columns stand for, and the excess.
func (f *fitter) step(n int) {
	f.explain(n)
	free := max(len(f.t)-colSwing, 4)
	f.excess = min(10, max(1, f.excess*math.Sqrt(f.m.rest/float64(free))))
	x := func(c int, limit float64) float64 { return max(-limit, min(limit, f.m.x[c])) }
	f.load = max(f.load/2, f.m.x[colLoad])
	f.at.on += x(colOn, 10) / 1000
	f.at.off += x(colOff, 10) / 1000
	longer, uneven := 1+x(colPatch, 10)/100, 1+x(colAccel, 10)/100
	f.at.rise *= longer * uneven
	f.at.fall *= longer / uneven
	if n < colSwing {
		return
	}
	f.plat = newPlatform(min(60, max(15, f.plat.hz*(1+x(colPlatform, 5)/100))),
		min(0.3, max(0.02, f.plat.zeta*(1+x(colDamping, 30)/100))),
		min(0.04, max(0.002, f.plat.tau*(1+x(colFilter, 20)/100))))
}

// explain solves the model of the first n columns and the swings.
func (f *fitter) explain(n int) {
	f.begin(n)
	for i := range f.wave[:2*len(f.swings)] {
		sd := bounceFit * f.load
		if f.swings[i/2] > bounceTo/perHz {
			sd = hopFit * f.load
		}
		for k, g := range f.col[colLoad] {
			f.col[n+i][k] = g * f.wave[i][k]
		}
		f.join(sd)
	}
	f.m.solve()
}

// columns computes the weights and the first n columns: the share and its changes.
func (f *fitter) columns(n int) {
	var nuances []nuance
	if n > colPlatform {
		all := f.plat.nuances()
		nuances = all[:]
	}
	e2 := f.excess * f.excess
	over := f.plat.way(&f.at, nuances)
	ms, rise, fall := f.load/1000, f.load*f.at.rise/100, f.load*f.at.fall/100
	for i, t := range f.t {
		on, off := over.on.answer(t), over.off.answer(t)
		g := on.share - off.share
		f.col[colLoad][i] = g
		f.col[colOn][i], f.col[colOff][i] = -ms*on.slope, ms*off.slope
		f.col[colPatch][i] = rise*on.longer - fall*off.longer
		f.col[colAccel][i] = rise*on.longer + fall*off.longer
		for k := range nuances {
			f.col[colPlatform+k][i] = f.load * (on.other[k] - off.other[k])
		}
		if n > colTrend {
			f.col[colTrend][i] = f.load / 100 * g * t
		}
		jitter := f.load * (on.slope - off.slope) * jitterFit
		shape := g * f.load * shapeFit
		f.weight[i] = 1 / (e2 * (f.noise*f.noise + jitter*jitter + shape*shape))
	}
}

// join adds the next column with the prior standard deviation sd to the model.
func (f *fitter) join(sd float64) {
	m := &f.m
	i := m.n
	x := f.col[i]
	for k, w := range f.weight {
		f.wx[k] = w * x[k]
	}
	for j := 0; j < i; j += 2 {
		m.a[i][j], m.a[i][j+1] = products(f.wx, f.col[j], f.col[j+1])
	}
	m.a[i][i], m.b[i] = products(f.wx, x, f.y)
	m.a[i][i] += 1 / (sd * sd)
	m.priors -= 2 * math.Log(sd)
	m.n++
}

// begin clears the model and joins the first n columns.
func (f *fitter) begin(n int) {
	f.columns(n)
	f.m.n, f.m.priors, f.m.yy = 0, 0, 0
	for i, w := range f.weight {
		f.m.yy += w * f.y[i] * f.y[i]
	}
	for c := range n {
		f.join(f.prior[c])
	}
}

// bump is the standard deviation, in kg, from a bump before the platform: the swing that it
// leaves dies away. It is no part of the model, which would lose as much by it on an even
// approach as it gains after a bump.
func (f *fitter) bump() float64 {
	var of [2]float64
	for i := range of {
		for k, t := range f.t {
			u := max(0, t-f.at.on+f.at.rise)
			swing := math.Cos(2*math.Pi*bounce*u+float64(i)*math.Pi/2) * math.Exp(-u/bumpFades)
			f.wx[k] = f.weight[k] * f.col[colLoad][k] * swing
		}
		var x, v, load, e [maxColumns]float64
		for c := range f.m.n {
			x[c] = dot(f.wx, f.col[c])
		}
		load[colLoad] = 1
		f.m.through(&v, x[:])
		f.m.through(&e, load[:])
		of[i] = dot(v[:f.m.n], e[:])
	}
	return bumpFit * f.load * math.Hypot(of[0], of[1])
}

// speedError is the relative standard deviation of the speed.
func (f *fitter) speedError() float64 {
	var e [maxColumns]float64
	e[colOn], e[colOff] = 1, -1
	var v [maxColumns]float64
	f.m.through(&v, e[:])
	return math.Sqrt(dot(v[:f.m.n], v[:f.m.n])) / 1000 / (f.at.off - f.at.on)
}
