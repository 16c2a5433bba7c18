package axle

import (
	"math"
	"slices"

	"acsgd/internal/obs"
)

const (
	splitDip   = 0.60  // a dip below this share of both sides separates two axles
	filterRise = 0.009 // s from 25 to 75 % of a step behind an 8 ms filter
	stopDwell  = 0.8   // s on the platform below which nothing is taken for a stop
	slowDwell  = 1.2   // s on the platform, for each metre above the first, in which a stop may hide
	stopRatio  = 1.5   // dwell over that expected from the edges, above which it may have stopped
	fastest    = 28.0  // m/s; what passes faster is a spike, not an axle
	slowest    = 0.18  // m/s; a slower pass is weighed at rest
	trendRest  = 0.012 // of the load: hop that a trend must not follow
	trendSlope = 0.35  // of the load a second: what bounce does to it, standard deviation
	stairs     = 1.3   // ratio of levels within a plateau that shows two axles at once
)

// flags is a small ordered set.
type flags []obs.Flag

func (f flags) add(x ...obs.Flag) flags {
	for _, v := range x {
		if !slices.Contains(f, v) {
			f = append(f, v)
		}
	}
	return f
}

func (f flags) void() bool { return slices.ContainsFunc(f, obs.Flag.Voids) }

// pass is one load that came on to the platform and left it. Times are seconds after the
// vehicle's base, loads kilograms.
type pass struct {
	on, off      float64 // edges at half of the plateau
	mass         float64
	plain        float64 // the plateau's mean, kg: what mass was before anything was fitted
	sigma        float64 // standard uncertainty of mass without the span; 0 is unknown
	osc          float64 // its part from the oscillation of the vehicle
	v            float64 // m/s from the dwell; meaningless if stopped
	uv           float64 // standard uncertainty of v, as its share
	vRise, vFall float64 // m/s from the slopes of the edges, rough
	rate         float64 // Hz, samples on the platform
	n            int     // samples that mass rests on
	stopped      bool    // it stood: weighed at rest
	turning      bool    // it may have left the way it came
	slow         bool    // it was there long enough for a stop, though the edges show none
	partial      bool    // it never stood whole on the platform
	stable       bool    // the window at rest was steady
	method       Method
	flags        flags
}

// scratch holds the arrays of the analysis for reuse.
type scratch struct {
	t, y, tmp []float64
}

// load fills the arrays with the valid samples lo to hi.
func (w *Weigher) load(lo, hi int) {
	s := &w.scratch
	s.t, s.y = s.t[:0], s.y[:0]
	for i := lo; i <= hi; i++ {
		if w.buf[i].bits == 0 {
			s.t = append(s.t, float64(w.buf[i].t)/1e9)
			s.y = append(s.y, w.value(i))
		}
	}
}

// analyse appends the passes within samples lo to hi: one, or more where the load dips
// between two axles that follow closely.
func (w *Weigher) analyse(dst []pass, lo, hi int) []pass {
	w.load(lo, hi)
	t, y := w.scratch.t, w.scratch.y
	if len(t) < 2 {
		return append(dst, pass{on: float64(w.buf[lo].t) / 1e9, off: float64(w.buf[hi].t) / 1e9,
			method: None, flags: flags{obs.FewSamples}})
	}
	from := 0
	for from < len(y) && len(dst) <= maxPasses { // more are no vehicle: it is ended as truncated
		cut := split(y[from:], w.on(w.noise))
		to := len(y)
		if cut > 0 {
			to = from + cut + 1
		}
		if p := w.measure(t[from:to], y[from:to]); p.off-p.on > w.cfg.length()/fastest {
			dst = append(dst, p)
		}
		if cut <= 0 {
			break
		}
		from += cut
	}
	return dst
}

// split finds the lowest sample of the first dip that separates two axles, or 0. Levels
// are means of two samples, so that one spike opens nothing.
func split(y []float64, on float64) int {
	high, low, at := 0.0, math.Inf(1), 0
	for i := 1; i < len(y); i++ {
		m := (y[i-1] + y[i]) / 2
		switch {
		case at == 0:
			high = max(high, m)
			if high > on && y[i] < splitDip*high {
				low, at = y[i], i
			}
		case y[i] < low:
			low, at = y[i], i
		case m > max(on, ringShare*high) && low < splitDip*m:
			// Half the near side is an axle; less must last, or it is the ringing platform.
			if m > high/2 || lasts(y[i:], max(on, ringShare*high)) {
				return at
			}
		}
	}
	return 0
}

// lasts reports whether y begins with four samples above level.
func lasts(y []float64, level float64) bool {
	return len(y) >= 4 && min(y[0], y[1], y[2], y[3]) > level
}

// crossUp finds where y first rises through level, interpolated; ok is false if never.
func crossUp(t, y []float64, level float64) (float64, bool) {
	for i := range y {
		if y[i] >= level {
			if i == 0 {
				return t[0], false
			}
			return t[i-1] + (t[i]-t[i-1])*(level-y[i-1])/(y[i]-y[i-1]), true
		}
	}
	return t[0], false
}

// crossDown finds where y last falls through level.
func crossDown(t, y []float64, level float64) (float64, bool) {
	for i := len(y) - 1; i >= 0; i-- {
		if y[i] >= level {
			if i == len(y)-1 {
				return t[i], false
			}
			return t[i] + (t[i+1]-t[i])*(y[i]-level)/(y[i]-y[i+1]), true
		}
	}
	return t[len(t)-1], false
}

// sharpen moves a crossing of half the level to the line through the samples around it
// that lie between 20 and 80 % of the level: noise matters less than between two samples.
func sharpen(t, y []float64, at, level float64) float64 {
	i, _ := slices.BinarySearch(t, at)
	in := func(k int) bool { return k >= 0 && k < len(y) && y[k] > 0.2*level && y[k] < 0.8*level }
	a, b := i, i
	for in(a - 1) {
		a--
	}
	for in(b) {
		b++
	}
	if b-a < 3 {
		return at
	}
	mt, my := mean(t[a:b]), mean(y[a:b])
	var xx, xy float64
	for k := a; k < b; k++ {
		xx, xy = xx+(t[k]-mt)*(t[k]-mt), xy+(t[k]-mt)*(y[k]-my)
	}
	if xy == 0 {
		return at
	}
	s := mt + (level/2-my)*xx/xy
	if s < t[a] || s > t[b-1] {
		return at
	}
	return s
}

// slope is the speed that an edge lasting dt from 25 to 75 % shows.
func (w *Weigher) slope(dt float64) float64 {
	dt = math.Sqrt(max(dt*dt-filterRise*filterRise, 1e-6))
	return w.cfg.patch() / 2 / dt
}

// measure finds edges, speed and load of one pass.
func (w *Weigher) measure(t, y []float64) pass {
	p := pass{}
	level := w.quantile(y, 0.8)
	for range 3 {
		w.edges(&p, t, y, level, level)
		if !p.stopped {
			// The load swings while the axle crosses: each edge is compared with the load
			// that the axle had there, not with the mean.
			rise, fall := w.trend(&p, t, y, level)
			w.edges(&p, t, y, rise, fall)
		}
		w.judge(&p, t, y)
		if p.mass <= 0 || math.Abs(p.mass-level) < 0.001*level {
			break
		}
		if p.partial {
			break
		}
		level = p.mass
	}
	if p.stopped || p.slow || slices.Contains(p.flags, obs.Overlap) {
		w.fit.tailKg = 0
	} else {
		w.fitted(&p, t, y)
	}
	k := 0
	for _, x := range t {
		if x > p.on && x < p.off {
			k++
		}
	}
	if p.off > p.on {
		p.rate = float64(k) / (p.off - p.on)
	}
	return p
}

// quantile is the q-quantile of the samples above On.
func (w *Weigher) quantile(y []float64, q float64) float64 {
	s := w.scratch.tmp[:0]
	for _, v := range y {
		if v > w.on(w.noise) {
			s = append(s, v)
		}
	}
	w.scratch.tmp = s
	if len(s) == 0 {
		return slices.Max(y)
	}
	slices.Sort(s)
	return s[int(q*float64(len(s)-1))]
}

// trend gives the load at both edges from a line through the plateau. The line's slope is
// held back by what bounce can do, for axle hop and noise tilt a short plateau more.
func (w *Weigher) trend(p *pass, t, y []float64, level float64) (rise, fall float64) {
	half := w.cfg.patch() / 2 / p.v
	a, b := window(t, p.on+half+0.01, p.off-half-0.01)
	if n := float64(b - a); n < 4 || (t[b-1]-t[a])*bounce > 1 {
		return level, level
	}
	t, y = t[a:b], y[a:b]
	m, mid := mean(y), mean(t)
	var xx, xy float64
	for i := range y {
		x := t[i] - mid
		xx, xy = xx+x*x, xy+x*(y[i]-m)
	}
	r := math.Hypot(trendRest*m, w.noise) / (trendSlope * m)
	k := xy / (xx + r*r)
	limit := 0.08 * m
	at := func(x float64) float64 { return m + max(-limit, min(limit, k*(x-mid))) }
	return at(p.on), at(p.off)
}

// edges finds the crossings of half the loads that the axle had at its edges and what
// follows from them.
func (w *Weigher) edges(p *pass, t, y []float64, rise, fall float64) {
	p.on, _ = crossUp(t, y, rise/2)
	p.on = sharpen(t, y, p.on, rise)
	p.off, _ = crossDown(t, y, fall/2)
	p.off = sharpen(t, y, p.off, fall)
	dwell := max(p.off-p.on, 1e-3)
	p.v = w.cfg.length() / dwell
	a, _ := crossUp(t, y, rise/4)
	b, _ := crossUp(t, y, rise*3/4)
	p.vRise = w.slope(b - a)
	a, _ = crossDown(t, y, fall*3/4)
	b, _ = crossDown(t, y, fall/4)
	p.vFall = w.slope(b - a)
	ratio := dwell * max(p.vRise, p.vFall) / w.cfg.length()
	p.turning = dwell > stopDwell && ratio > stopRatio
	p.slow = dwell > slowDwell*max(1, w.cfg.length())
	p.stopped = p.turning || p.v < slowest
	p.uv = meanSpeed.at(w.cfg.length(), p.v)
}

// judge weighs the pass, at rest or rolling.
func (w *Weigher) judge(p *pass, t, y []float64) {
	p.flags, p.partial, p.stable = p.flags[:0], false, false
	if p.stopped {
		w.atRest(p, t, y)
		return
	}
	half := w.cfg.patch() / 2 / p.v
	settle := w.cfg.Settle.Seconds()
	a, b := window(t, p.on+half+settle, p.off-half-settle)
	if b-a < 3 { // nothing left: take the middle half of the dwell
		q := (p.off - p.on) / 4
		a, b = window(t, p.on+q, p.off-q)
		p.flags = p.flags.add(obs.FewSamples)
	}
	if b-a < 1 {
		m := (p.on + p.off) / 2
		a, b = window(t, m-0.01, m+0.01)
	}
	w.rolling(p, t[a:b], y[a:b])
}

// window gives the index range of from <= t <= to.
func window(t []float64, from, to float64) (a, b int) {
	a, _ = slices.BinarySearch(t, from)
	b, _ = slices.BinarySearch(t, to)
	return a, max(a, b)
}
