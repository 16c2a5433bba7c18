package axle

import (
	"math"
	"slices"

	"acsgd/internal/obs"
)

// Method says how a load was estimated.
type Method string

// The methods.
const (
	None  Method = "none"  // nothing could be estimated
	Mean  Method = "mean"  // arithmetic mean of the plateau
	Fit   Method = "fit"   // all samples from the first touch to the last, bounce and hop explained
	Hann  Method = "hann"  // mean weighted with a Hann window
	Rest  Method = "rest"  // interquartile mean of the steadiest window at rest
	Level Method = "level" // mean of the samples near the highest level
)

const (
	bounce    = 2.75  // Hz, middle of the usual frequencies of a body's bounce, 1.5 to 4 Hz
	minPlate  = 8     // samples of a plateau below which it is flagged
	restTime  = 0.5   // s that a window at rest must last
	restShare = 0.88  // of the highest level, above which the axle stands whole on the platform
	restOsc   = 0.001 // relative standard uncertainty at rest: what is left of the bounce
)

// rolling estimates the load from the plateau (t, y).
//
// Where it holds two periods of bounce a taper takes the bounce out; below nothing that
// knows the plateau alone beats its mean, which fitted then improves.
func (w *Weigher) rolling(p *pass, t, y []float64) {
	p.n, p.method = len(y), Mean
	if len(y) == 0 {
		p.method, p.mass, p.sigma = None, 0, 0
		p.flags = p.flags.add(obs.FewSamples)
		return
	}
	p.plain = mean(y)
	p.mass = p.plain
	if (t[len(t)-1]-t[0])*bounce >= 2 {
		p.mass, p.method = hann(t, y), Hann
	}
	if p.n < minPlate {
		p.flags = p.flags.add(obs.FewSamples)
	}
	if stairway(y) {
		p.flags = p.flags.add(obs.Overlap)
	}
	p.osc = meanLoad.at(w.cfg.length(), p.v) * p.mass
	p.sigma = math.Sqrt(p.osc*p.osc + w.noise*w.noise/float64(p.n) + w.cfg.division()*w.cfg.division()/12)
}

func mean(y []float64) float64 {
	s := 0.0
	for _, v := range y {
		s += v
	}
	return s / float64(len(y))
}

// stairway reports that a plateau has two levels: a second axle came while the first was
// still on the platform. Bounce and hop move a twelfth of the plateau by less than stairs.
func stairway(y []float64) bool {
	k := max(3, len(y)/12)
	if len(y) < 3*k {
		return false
	}
	low, high := math.Inf(1), 0.0
	for i := 0; i+k <= len(y); i += k {
		m := mean(y[i : i+k])
		low, high = min(low, m), max(high, m)
	}
	return high > stairs*low
}

// hann is the mean weighted with a Hann window over the plateau.
func hann(t, y []float64) float64 {
	t0, span := t[0], t[len(t)-1]-t[0]
	step := span / float64(len(t)-1)
	var s, sw float64
	for i := range y {
		x := (t[i] - t0 + step/2) / (span + step)
		h := 1 - math.Cos(2*math.Pi*x)
		s, sw = s+h*y[i], sw+h
	}
	return s / sw
}

// atRest weighs an axle that stopped: the steadiest window while it stood whole on the
// platform. An axle that stopped astride the edge is weighed by the short plateau that it
// had when it rolled on.
func (w *Weigher) atRest(p *pass, t, y []float64) {
	p.flags = p.flags.add(obs.StoppedOnPlatform)
	a, b := whole(t, y)
	span := t[b-1] - t[a]
	p.partial = b-a < 3 || span < 0.05
	if span < restTime {
		p.method, p.n, p.mass = Level, b-a, mean(y[a:b])
		p.osc = meanLoad.at(w.cfg.length(), w.rollingSpeed(span)) * p.mass
		p.flags = p.flags.add(obs.InMotion)
		p.sigma = math.Sqrt(p.osc*p.osc + w.noise*w.noise/float64(p.n) + w.cfg.division()*w.cfg.division()/12)
		if p.n < minPlate {
			p.flags = p.flags.add(obs.FewSamples)
		}
		return
	}
	p.method = Rest
	for length := min(span/2, 2); ; length *= 0.7 {
		length = max(length, restTime*0.99)
		i, j := w.steadiest(t[a:b], y[a:b], length)
		tt, yy := t[a+i:a+j], y[a+i:a+j]
		p.n, p.mass = len(yy), w.interquartile(yy)
		p.stable = steady(tt, yy, max(2*w.cfg.division(), 0.01*p.mass, 4*w.noise))
		if p.stable || length < restTime {
			break
		}
	}
	if !p.stable {
		p.flags = p.flags.add(obs.InMotion)
	}
	p.osc = restOsc * p.mass
	p.sigma = math.Sqrt(p.osc*p.osc + w.noise*w.noise/float64(p.n) + w.cfg.division()*w.cfg.division()/12)
}

// rollingSpeed is the speed at which a pass would have a plateau of span seconds.
func (w *Weigher) rollingSpeed(span float64) float64 {
	return (w.cfg.length() - w.cfg.patch()) / (span + 2*w.cfg.Settle.Seconds())
}

// whole gives the longest run of samples, smoothed over 50 ms, near the highest level.
func whole(t, y []float64) (a, b int) {
	high := 0.0
	smooth(t, y, 0.05, func(_ int, m float64) { high = max(high, m) })
	from, best := -1, 0.0
	a, b = 0, len(y)
	closeRun := func(to int) {
		if from >= 0 && t[to-1]-t[from] >= best {
			best, a, b = t[to-1]-t[from], from, to
		}
		from = -1
	}
	smooth(t, y, 0.05, func(i int, m float64) {
		switch in := m >= restShare*high; {
		case in && from < 0:
			from = i
		case !in && from >= 0:
			closeRun(i)
		}
	})
	closeRun(len(y))
	return a, b
}

// smooth calls f with the mean of the samples within span seconds around each sample.
func smooth(t, y []float64, span float64, f func(i int, m float64)) {
	lo, hi, sum := 0, 0, 0.0
	for i := range y {
		for hi < len(y) && t[hi] <= t[i]+span/2 {
			sum += y[hi]
			hi++
		}
		for t[lo] < t[i]-span/2 {
			sum -= y[lo]
			lo++
		}
		f(i, sum/float64(hi-lo))
	}
}

// steadiest gives the window of the given length with the least variance.
func (w *Weigher) steadiest(t, y []float64, length float64) (a, b int) {
	a, b = 0, len(y)
	best := math.Inf(1)
	off := y[0]
	var s, s2 float64
	lo := 0
	for hi := range y {
		d := y[hi] - off
		s, s2 = s+d, s2+d*d
		for t[hi]-t[lo] > length {
			d := y[lo] - off
			s, s2 = s-d, s2-d*d
			lo++
		}
		n := float64(hi - lo + 1)
		if t[hi]-t[lo] < 0.9*length || n < 3 {
			continue
		}
		if v := (s2 - s*s/n) / n; v < best {
			best, a, b = v, lo, hi+1
		}
	}
	return a, b
}

// interquartile is the mean of the middle half of the values: as robust as the median,
// and finer than the division.
func (w *Weigher) interquartile(y []float64) float64 {
	s := append(w.scratch.tmp[:0], y...)
	w.scratch.tmp = s
	slices.Sort(s)
	q := len(s) / 4
	return mean(s[q : len(s)-q])
}

// steady reports whether the window, smoothed over 0.1 s, stays within band.
func steady(t, y []float64, band float64) bool {
	lo, hi := math.Inf(1), math.Inf(-1)
	smooth(t, y, 0.1, func(_ int, m float64) { lo, hi = min(lo, m), max(hi, m) })
	return hi-lo <= band
}
