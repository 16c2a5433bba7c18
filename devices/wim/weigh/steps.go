package weigh

import (
	"math"
	"time"

	"acsgd/internal/quant"
)

// occupation is the load that a long platform carried while something stood on it: from a
// moment before the first axle came to a moment after the last has left, or until now.
type occupation struct {
	base time.Time
	t, y []float64 // s after base and kg, means of a short time each
	sum  float64   // of the samples of the last mean
	n    int
}

const (
	blockTime = 0.020   // s that a mean is made over
	mostMeans = 90_000  // half an hour
	stepShare = 0.12    // of the largest step, below which a change is none
	levelling = 0.15    // of a step, by which the level behind it may still move
	stepAlike = 0.25    // of an axle's load, by which it may differ when it leaves
	waySpread = 0.15    // of the time on the platform, by which axles of one vehicle may differ
	twice     = 1.7     // how far two steps in one rise stand above what is between them
	edgeSigma = 0.015   // s, standard uncertainty of an edge
	slowEdge  = 0.00025 // m2/s, what an edge is less certain by for its tyre rolls over it slowly
)

// scales are the times, in s, over which levels before and after a step are compared: short
// ones for close axles, long ones for slow ones.
var scales = [...]float64{0.15, 0.25, 0.4, 0.7, 1.2}

// reset begins an occupation.
func (o *occupation) reset() { o.t, o.y, o.sum, o.n = o.t[:0], o.y[:0], 0, 0 }

// add takes a sample; ok is false where the occupation is longer than is kept.
func (o *occupation) add(at time.Time, m quant.Mass) (ok bool) {
	if len(o.t) == 0 {
		o.base = at
	}
	x, kg := at.Sub(o.base).Seconds(), float64(m)/1000
	last := len(o.t) - 1
	switch {
	case last >= 0 && x < o.t[last]+blockTime && o.n > 0:
		o.sum, o.n = o.sum+kg, o.n+1
		o.y[last] = o.sum / float64(o.n)
	case last+1 >= mostMeans:
		return false
	default:
		o.t, o.y = append(o.t, x), append(o.y, kg)
		o.sum, o.n = kg, 1
	}
	return true
}

// keep drops what is older than span seconds: the empty platform before an axle comes.
func (o *occupation) keep(span float64) {
	if n := len(o.t); n > 200 && o.t[n-1]-o.t[0] > 2*span {
		k := 0
		for o.t[n-1]-o.t[k] > span {
			k++
		}
		o.t, o.y = append(o.t[:0], o.t[k:]...), append(o.y[:0], o.y[k:]...)
	}
}

// at is the time of x seconds.
func (o *occupation) at(x float64) time.Time { return o.base.Add(time.Duration(x * 1e9)) }

// mean is the mean between two times, and how far the values scatter; n is their number.
func (o *occupation) mean(from, to float64) (m, sd float64, n int) {
	var s, s2 float64
	i := o.index(from)
	off := 0.0
	if i < len(o.y) {
		off = o.y[i]
	}
	for ; i < len(o.t) && o.t[i] <= to; i++ {
		d := o.y[i] - off
		s, s2, n = s+d, s2+d*d, n+1
	}
	if n == 0 {
		return 0, 0, 0
	}
	m = s / float64(n)
	return m + off, math.Sqrt(max(0, s2/float64(n)-m*m)), n
}

// index is the first value at or after x.
func (o *occupation) index(x float64) int {
	lo, hi := 0, len(o.t)
	for lo < hi {
		if m := (lo + hi) / 2; o.t[m] < x {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// step is one axle coming on (load above 0) or leaving.
type step struct {
	t             float64 // s
	before, after float64 // kg, the levels
}

func (s step) load() float64 { return s.after - s.before }

// steps finds the axles that come and leave. ok is false where the levels between them are
// not seen at any scale, so that their number is not known: two at once, or a vehicle that
// stopped with a tyre on the edge.
func (o *occupation) steps(floor float64) (list []step, ok bool) {
	for _, w := range scales {
		if list, ok = o.stepsAt(w, floor); ok {
			return list, true
		}
	}
	return nil, false
}

// stepsAt is steps with the levels taken over w seconds.
func (o *occupation) stepsAt(w, floor float64) ([]step, bool) {
	n := len(o.t)
	if n < 8 {
		return nil, false
	}
	d, top := o.difference(w)
	floor = max(floor, stepShare*top)
	var peaks []int
	for i := 0; i < n; {
		if math.Abs(d[i]) < floor {
			i++
			continue
		}
		peak, valley := i, math.Abs(d[i])
		for up := d[i] > 0; i < n && math.Abs(d[i]) >= floor && d[i] > 0 == up; i++ {
			switch x := math.Abs(d[i]); {
			case x > twice*valley && math.Abs(d[peak]) > twice*valley: // a second one, close behind
				peaks = append(peaks, peak)
				peak, valley = i, x
			case x > math.Abs(d[peak]):
				peak, valley = i, x
			default:
				valley = min(valley, x)
			}
		}
		peaks = append(peaks, peak)
	}
	return o.levels(peaks, w, floor)
}

// difference is, for each time, the mean of w seconds behind it less that of w before; top
// is its largest size.
func (o *occupation) difference(w float64) (d []float64, top float64) {
	n := len(o.t)
	d = make([]float64, n)
	lo, hi := 0, 0
	var before, after float64 // sums over [lo, i) and [i, hi)
	for i := range n {
		for hi < n && o.t[hi] < o.t[i]+w {
			after += o.y[hi]
			hi++
		}
		for o.t[lo] < o.t[i]-w {
			before -= o.y[lo]
			lo++
		}
		if i > lo && hi > i {
			d[i] = after/float64(hi-i) - before/float64(i-lo)
			top = max(top, math.Abs(d[i]))
		}
		before, after = before+o.y[i], after-o.y[i]
	}
	return d, top
}

// levels makes steps of peaks: the level between two of them must be one.
func (o *occupation) levels(peaks []int, w, floor float64) ([]step, bool) {
	if len(peaks) == 0 {
		return nil, false
	}
	var list []step
	before, _, _ := o.mean(o.t[0], max(o.t[0], o.t[peaks[0]]-w))
	for i, p := range peaks {
		from, to := o.t[p], o.t[len(o.t)-1]
		if i+1 < len(peaks) {
			to = o.t[peaks[i+1]]
		} else {
			to = min(to, from+4*w)
		}
		trim := min(w, 0.3*(to-from))
		after, _, n := o.mean(from+trim, to-trim)
		if n == 0 {
			return nil, false
		}
		list = append(list, step{before: before, after: after, t: o.t[p]})
		before = after
	}
	for i := range list {
		s := &list[i]
		if math.Abs(s.load()) < floor/2 {
			return nil, false
		}
		if i+1 < len(list) {
			from, to := s.t, list[i+1].t
			trim := min(w, 0.3*(to-from))
			a, _, na := o.mean(from+trim, (from+to)/2)
			b, _, nb := o.mean((from+to)/2, to-trim)
			if na > 0 && nb > 0 && math.Abs(a-b) > levelling*min(math.Abs(s.load()), math.Abs(list[i+1].load()))+floor/4 {
				return nil, false
			}
		}
	}
	for i := range list {
		o.refine(&list[i], w)
	}
	for i := 1; i < len(list); i++ {
		if list[i].t <= list[i-1].t {
			return nil, false
		}
	}
	return list, true
}

// refine puts a step where the load passes the middle of its levels.
func (o *occupation) refine(s *step, w float64) {
	mid := (s.before + s.after) / 2
	best := math.Inf(1)
	at := s.t
	for i := o.index(s.t - w); i+1 < len(o.t) && o.t[i] <= s.t+w; i++ {
		a, b := o.y[i], o.y[i+1]
		if a == b || a < mid == (b < mid) || b > a != (s.after > s.before) {
			continue
		}
		x := o.t[i] + (mid-a)/(b-a)*(o.t[i+1]-o.t[i])
		if d := math.Abs(x - s.t); d < best {
			best, at = d, x
		}
	}
	s.t = at
}
