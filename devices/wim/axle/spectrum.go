package axle

import (
	"math"
	"slices"
)

// The frequencies of bounce and hop that a fit tries, in steps of a quarter of a hertz: the
// usual ones and some beyond, which need better evidence.
const (
	perHz      = 4
	bounceFrom = perHz * 3 / 4
	bounceTo   = 7 * perHz
	bounces    = bounceTo - bounceFrom + 1
	hopFrom    = 7 * perHz
	hopTo      = 16 * perHz
	hopStep    = 2
	hops       = (hopTo-hopFrom)/hopStep + 1

	ownBody = 0.15 // share of axles that do not bounce as the others do
	unusual = 3.0  // weight of a bounce's frequency outside 1.5 to 4 Hz, per hertz
	rare    = 0.6  // the same for the uncertainty, which shall hold for such bodies too
)

// roads are how much the load swings, in shares of bounceFit and hopFit: from an even road
// to a bad one. The axles of a vehicle have one road.
var roads = [...]float64{0.25, 1, 2}

// spectrum holds the products of the share with itself and a cosine and sine of every
// frequency, and what follows from them.
type spectrum struct {
	cos, sin [2*hopTo + 1]float64
	bounce   [bounces]swing
	hop      [hops]swing
	alone    [len(roads)][hops]alone
	cross    [hops][2]two // of each hop's cosine and sine with those of one bounce
	fits     [hops]estimate
	sums     [len(roads) * bounces]estimate
	told     [len(roads) * bounces]float64 // log likelihoods
	best     [2]float64                    // Hz, the likeliest pair
	scaled   [colSwing + 1][]float64       // columns and samples by weight and share
	pointer  [2][]float64                  // cosine and sine at each sample
	turn     [2][]float64                  // of a step
}

// swing is a pair of columns, cosine and sine of one frequency, less what the other columns
// explain of them.
type swing struct {
	k   int                    // frequency, in steps
	v   [2][maxColumns]float64 // through the Cholesky factor of the other columns
	y   two                    // products with the samples
	u   two                    // what a unit of it takes from the load
	own square
}

// two is what belongs to a cosine and to a sine, and square a symmetric matrix of both.
type (
	two    struct{ cos, sin float64 }
	square struct{ cc, cs, ss float64 }
)

// alone is what a hop explains without a bounce.
type alone struct {
	estimate
	inverse square
	y, u    two // those of the swing, by the inverse
}

// estimate is a load, kg, its variance, and its evidence, which is odds times exp(log).
type estimate struct{ kg, variance, odds, log float64 }

// sweep explains the samples with every pair of frequencies on every road, and averages the
// load.
func (f *fitter) sweep() (kg, sd float64) {
	s, m := &f.spec, &f.m
	f.begin(colSwing)
	m.solve()
	f.transform()
	var base, unit [maxColumns]float64
	unit[colLoad] = 1
	m.through(&base, unit[:])
	for i := range s.bounce {
		s.clean(&s.bounce[i], m, &base)
	}
	for i := range s.hop {
		s.clean(&s.hop[i], m, &base)
		for r, road := range roads {
			s.alone[r][i] = s.hop[i].alone(precision(road * hopFit * f.load))
		}
	}
	before, top := f.likely(unusual), math.Inf(-1)
	for i := range s.bounce {
		b := &s.bounce[i]
		for j := range s.hop {
			s.cross[j] = s.between(&s.hop[j], b, m.n)
		}
		for r, road := range roads {
			p := precision(road * bounceFit * f.load)
			for j := range s.hop {
				s.fits[j] = b.with(&s.alone[r][j], &s.cross[j], p)
			}
			n := r*bounces + i
			a, best := average(s.fits[:])
			s.told[n] = a.log
			a.log += before[n]
			if s.sums[n] = a; a.log > top {
				top, s.best = a.log, [2]float64{float64(b.k) / perHz, float64(s.hop[best].k) / perHz}
			}
		}
	}
	a, _ := average(s.sums[:])
	for n, l := range f.likely(rare) {
		s.sums[n].log = s.told[n] + l
	}
	wide, _ := average(s.sums[:])
	off := wide.kg - a.kg
	return m.x[colLoad] + a.kg, math.Sqrt(dot(base[:m.n], base[:m.n]) + wide.variance + off*off)
}

// transform fills the products of all frequencies by turning a pointer for each sample.
func (f *fitter) transform() {
	s := &f.spec
	cos, sin := append(s.pointer[0][:0], f.t...), append(s.pointer[1][:0], f.t...)
	turnCos, turnSin := append(s.turn[0][:0], f.t...), append(s.turn[1][:0], f.t...)
	s.pointer, s.turn = [2][]float64{cos, sin}, [2][]float64{turnCos, turnSin}
	for i, t := range f.t {
		cos[i], sin[i] = 1, 0
		turnSin[i], turnCos[i] = math.Sincos(2 * math.Pi / perHz * t)
	}
	for c := range s.scaled {
		x := f.y
		if c < colSwing {
			x = f.col[c]
		}
		s.scaled[c] = s.scaled[c][:0]
		for i, g := range f.col[colLoad] {
			s.scaled[c] = append(s.scaled[c], f.weight[i]*g*x[i])
		}
	}
	for k := range s.cos {
		s.cos[k], s.sin[k] = products(s.scaled[colLoad], cos, sin)
		if k >= bounceFrom && k <= bounceTo {
			s.project(&s.bounce[k-bounceFrom], k)
		}
		if k >= hopFrom && k <= hopTo && (k-hopFrom)%hopStep == 0 {
			s.project(&s.hop[(k-hopFrom)/hopStep], k)
		}
		for i, c := range cos {
			cos[i], sin[i] = c*turnCos[i]-sin[i]*turnSin[i], c*turnSin[i]+sin[i]*turnCos[i]
		}
	}
}

// project fills the products of the columns of frequency k, where the pointers are, with
// the other columns and the samples.
func (s *spectrum) project(w *swing, k int) {
	w.k = k
	cos, sin := s.pointer[0], s.pointer[1]
	for c, x := range s.scaled[:colSwing] {
		w.v[0][c], w.v[1][c] = products(x, cos, sin)
	}
	w.y.cos, w.y.sin = products(s.scaled[colSwing], cos, sin)
}

// clean takes from a swing what the other columns explain.
func (s *spectrum) clean(w *swing, m *linear, base *[maxColumns]float64) {
	for i := range w.v {
		v := w.v[i]
		m.through(&w.v[i], v[:])
	}
	cos, sin := w.v[0][:m.n], w.v[1][:m.n]
	w.y = w.y.less(two{dot(cos, m.z[:]), dot(sin, m.z[:])})
	w.u = two{dot(cos, base[:]), dot(sin, base[:])}
	x := s.between(w, w, m.n)
	w.own = square{x[0].cos, x[0].sin, x[1].sin}
}

// between is the products of cosine and sine of h with those of b, whose frequency is not
// higher, from those of sum and difference; n columns have been taken out.
func (s *spectrum) between(h, b *swing, n int) [2]two {
	sc, dc := s.cos[h.k+b.k], s.cos[h.k-b.k]
	ss, ds := s.sin[h.k+b.k], s.sin[h.k-b.k]
	cos, sin := two{(dc + sc) / 2, (ss - ds) / 2}, two{(ss + ds) / 2, (dc - sc) / 2}
	for c := range n {
		hc, hs, bc, bs := h.v[0][c], h.v[1][c], b.v[0][c], b.v[1][c]
		cos = cos.less(two{hc * bc, hc * bs})
		sin = sin.less(two{hs * bc, hs * bs})
	}
	return [2]two{cos, sin}
}

// precision is that of a normal law with the standard deviation sd.
func precision(sd float64) float64 { return 1 / (sd * sd) }

// alone solves for a hop with the prior precision p of its amplitudes.
func (w *swing) alone(p float64) alone {
	a := square{w.own.cc + p, w.own.cs, w.own.ss + p}.inverse()
	return alone{a.estimate(w.y, w.u, p), a, a.times(w.y), a.times(w.u)}
}

// with solves for a bounce with the prior precision p of its amplitudes, and the hop h; x is
// their products.
func (w *swing) with(h *alone, x *[2]two, p float64) estimate {
	cos, sin := two{x[0].cos, x[1].cos}, two{x[0].sin, x[1].sin}
	hc, hs := h.inverse.times(cos), h.inverse.times(sin)
	a := square{w.own.cc + p - cos.dot(hc), w.own.cs - cos.dot(hs), w.own.ss + p - sin.dot(hs)}
	y := w.y.less(two{cos.dot(h.y), sin.dot(h.y)})
	u := w.u.less(two{cos.dot(h.u), sin.dot(h.u)})
	e := a.inverse().estimate(y, u, p)
	return estimate{e.kg + h.kg, e.variance + h.variance, e.odds * h.odds, e.log + h.log}
}

// estimate solves for two amplitudes of prior precision p, given the inverse of their normal
// equations, the right side y, and what a unit of each takes from the load.
func (a square) estimate(y, u two, p float64) estimate {
	x := a.times(y)
	return estimate{-u.dot(x), u.dot(a.times(u)), p * math.Sqrt(a.cc*a.ss-a.cs*a.cs), y.dot(x) / 2}
}

func (a square) inverse() square {
	d := 1 / (a.cc*a.ss - a.cs*a.cs)
	return square{a.ss * d, -a.cs * d, a.cc * d}
}

func (a square) times(v two) two {
	return two{a.cc*v.cos + a.cs*v.sin, a.cs*v.cos + a.ss*v.sin}
}

func (v two) dot(w two) float64 { return v.cos*w.cos + v.sin*w.sin }
func (v two) less(w two) two    { return two{v.cos - w.cos, v.sin - w.sin} }

// likely is the logarithm of the prior of road and bounce: what is usual, with the weight of
// what is not, and what the axles before have told. An axle may bounce alone.
func (f *fitter) likely(unusual float64) (p [len(roads) * bounces]float64) {
	top, sum := slices.Max(f.body[:]), 0.0
	for i := range p {
		p[i] = math.Exp(f.body[i] - top)
		sum += p[i]
	}
	for i := range p {
		told := p[i] / sum * float64(len(p))
		hz := float64(bounceFrom+i%bounces) / perHz
		p[i] = math.Log(ownBody+(1-ownBody)*told) - unusual*max(0, 1.5-hz, (hz-4)/2)
	}
	return p
}

// average is the mean of estimates weighted by their evidence, and which has most of it.
func average(e []estimate) (a estimate, best int) {
	top := math.Inf(-1)
	for i := range e {
		top = max(top, e[i].log)
	}
	var n, kg, kg2, v, most float64
	for i := range e {
		g := e[i].odds * math.Exp(e[i].log-top)
		if g > most {
			most, best = g, i
		}
		n, kg, kg2, v = n+g, kg+g*e[i].kg, kg2+g*e[i].kg*e[i].kg, v+g*e[i].variance
	}
	kg /= n
	return estimate{kg, v/n + max(0, kg2/n-kg*kg), 1, top + math.Log(n/float64(len(e)))}, best
}
