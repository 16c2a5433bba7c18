package axle

import (
	"math"
	"slices"
)

// The frequencies of bounce and hop that a fit tries, in steps of an eighth of a hertz: the
// usual ones and some beyond, which need better evidence.
const (
	perHz      = 8
	bounceFrom = perHz * 3 / 4
	bounceTo   = 7 * perHz
	bounces    = bounceTo - bounceFrom + 1
	hopFrom    = 7 * perHz
	hopTo      = 16 * perHz
	hopStep    = 2
	hops       = (hopTo-hopFrom)/hopStep + 1

	ownBody = 0.15 // share of axles that do not bounce as the others do
	unusual = 3.0  // weight of a bounce's frequency outside 1.5 to 4 Hz, per hertz
)

// roads are how much the load swings, in shares of bounceFit and hopFit: from an even road
// to a bad one. The axles of a vehicle have one road.
var roads = [...]float64{0.25, 1, 2}

const usualRoad = 1 // of roads

// spectrum holds the products of the share with the columns of the model and a cosine and
// sine of every frequency, counted from the middle of the axle's way.
type spectrum struct {
	cos, sin [colSwing + 1][2*hopTo + 1]float64 // the last row is the samples'
	bounce   [bounces]swing
	hop      [hops]swing
	fits     [hops]estimate
	sums     [len(roads) * bounces]estimate
	told     [len(roads) * bounces]float64 // log likelihoods
	best     [2]float64                    // Hz, the likeliest pair
}

// swing is a pair of columns, cosine and sine of one frequency, less what the other columns
// explain of them.
type swing struct {
	k   int                    // frequency, in steps
	v   [2][maxColumns]float64 // through the Cholesky factor of the other columns
	b   [2]float64             // product with the samples
	h   [2]float64             // what a unit of it takes from the load
	own [3]float64             // cos cos, cos sin, sin sin
}

// estimate is a load, kg, its variance, and the logarithm of its evidence.
type estimate struct{ kg, variance, log float64 }

// sweep explains the samples with every pair of frequencies and averages the load. Without
// all it takes one road only, which tells the frequencies well enough.
func (f *fitter) sweep(all bool) (kg, sd float64) {
	s := &f.spec
	f.columns(colSwing)
	m := &f.m
	m.n, m.priors = 0, 0
	for c := range colSwing {
		f.join(f.col[c], f.prior[c])
	}
	m.yy = f.product(f.y, f.y)
	m.solve()
	f.transform()
	var unit, e [maxColumns]float64
	unit[colLoad] = 1
	m.through(&e, unit[:])
	base := dot(e[:m.n], e[:m.n])
	for i := range s.bounce {
		f.swing(&s.bounce[i], bounceFrom+i, &e)
	}
	for i := range s.hop {
		f.swing(&s.hop[i], hopFrom+i*hopStep, &e)
	}
	before, top := f.likely(), math.Inf(-1)
	for n := range s.sums {
		if !all && n/bounces != usualRoad {
			s.sums[n] = estimate{log: math.Inf(-1)}
			continue
		}
		road, b := roads[n/bounces], &s.bounce[n%bounces]
		pb, ph := precision(road*bounceFit*f.load), precision(road*hopFit*f.load)
		for j := range s.hop {
			s.fits[j] = s.pair(b, &s.hop[j], pb, ph, m.n)
			if l := s.fits[j].log + before[n]; l > top {
				top = l
				s.best = [2]float64{float64(b.k) / perHz, float64(s.hop[j].k) / perHz}
			}
		}
		s.sums[n] = average(s.fits[:])
		s.told[n] = s.sums[n].log
		s.sums[n].log += before[n]
	}
	a := average(s.sums[:])
	return m.x[colLoad] + a.kg, math.Sqrt(base + a.variance)
}

// transform fills the products for all frequencies by turning a pointer for each sample.
func (f *fitter) transform() {
	s := &f.spec
	for c := range s.cos {
		clear(s.cos[c][:])
		clear(s.sin[c][:])
	}
	mid := (f.at.on + f.at.off) / 2
	for i, t := range f.t {
		g := f.weight[i] * f.col[colLoad][i]
		var x [colSwing + 1]float64
		for c := range colSwing {
			x[c] = g * f.col[c][i]
		}
		x[colSwing] = g * f.y[i]
		ds, dc := math.Sincos(2 * math.Pi / perHz * (t - mid))
		c, n := 1.0, 0.0
		for k := range 2*hopTo + 1 {
			s.cos[colLoad][k] += x[colLoad] * c
			s.sin[colLoad][k] += x[colLoad] * n
			if k >= bounceFrom && k <= bounceTo || k >= hopFrom && k <= hopTo {
				for r := 1; r <= colSwing; r++ {
					s.cos[r][k] += x[r] * c
					s.sin[r][k] += x[r] * n
				}
			}
			c, n = c*dc-n*ds, c*ds+n*dc
		}
	}
}

// precision is that of a normal law with the standard deviation sd.
func precision(sd float64) float64 { return 1 / (sd * sd) }

// swing makes the columns of frequency k.
func (f *fitter) swing(w *swing, k int, unit *[maxColumns]float64) {
	s, m := &f.spec, &f.m
	w.k = k
	var col [2][maxColumns]float64
	for c := range colSwing {
		col[0][c], col[1][c] = s.cos[c][k], s.sin[c][k]
	}
	for i := range 2 {
		m.through(&w.v[i], col[i][:])
		w.h[i] = dot(unit[:m.n], w.v[i][:m.n])
	}
	w.b[0] = s.cos[colSwing][k] - dot(w.v[0][:m.n], m.z[:m.n])
	w.b[1] = s.sin[colSwing][k] - dot(w.v[1][:m.n], m.z[:m.n])
	x := s.cross(k, k)
	w.own[0] = x[0][0] - dot(w.v[0][:m.n], w.v[0][:m.n])
	w.own[1] = x[0][1] - dot(w.v[0][:m.n], w.v[1][:m.n])
	w.own[2] = x[1][1] - dot(w.v[1][:m.n], w.v[1][:m.n])
}

// cross is the products of cosine and sine of frequency j with those of frequency k >= j,
// from those of sum and difference.
func (s *spectrum) cross(j, k int) (x [2][2]float64) {
	sc, dc := s.cos[colLoad][k+j], s.cos[colLoad][k-j]
	ss, ds := s.sin[colLoad][k+j], s.sin[colLoad][k-j]
	return [2][2]float64{{(dc + sc) / 2, (ss + ds) / 2}, {(ss - ds) / 2, (dc - sc) / 2}}
}

// pair solves for bounce and hop of two frequencies with the prior precisions pb and ph of
// their amplitudes; n columns have been taken out. kg is what they add to the load.
func (s *spectrum) pair(b, h *swing, pb, ph float64, n int) estimate {
	x := s.cross(b.k, h.k)
	var a [4][4]float64
	a[0][0], a[1][0], a[1][1] = b.own[0]+pb, b.own[1], b.own[2]+pb
	a[2][2], a[3][2], a[3][3] = h.own[0]+ph, h.own[1], h.own[2]+ph
	for i := range 2 {
		for j := range 2 {
			a[2+i][j] = x[j][i] - dot(h.v[i][:n], b.v[j][:n])
		}
	}
	y := [4]float64{b.b[0], b.b[1], h.b[0], h.b[1]}
	u := [4]float64{b.h[0], b.h[1], h.h[0], h.h[1]}
	var e estimate
	scale := pb * ph
	for i := range 4 {
		for j := range i {
			for k := range j {
				a[i][j] -= a[i][k] * a[j][k]
			}
			a[i][j] /= a[j][j]
			a[i][i] -= a[i][j] * a[i][j]
			y[i] -= a[i][j] * y[j]
			u[i] -= a[i][j] * u[j]
		}
		a[i][i] = math.Sqrt(a[i][i])
		scale /= a[i][i]
		y[i] /= a[i][i]
		u[i] /= a[i][i]
		e.kg -= y[i] * u[i]
		e.variance += u[i] * u[i]
		e.log += y[i] * y[i] / 2
	}
	e.log += math.Log(scale)
	return e
}

// likely is the logarithm of the prior of road and bounce: what is usual, and what the
// axles before have told. An axle may bounce alone.
func (f *fitter) likely() (p [len(roads) * bounces]float64) {
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

// average is the mean of estimates weighted by their evidence.
func average(e []estimate) (a estimate) {
	top := math.Inf(-1)
	for i := range e {
		top = max(top, e[i].log)
	}
	var n, kg, kg2, v float64
	for i := range e {
		g := math.Exp(e[i].log - top)
		n, kg, kg2, v = n+g, kg+g*e[i].kg, kg2+g*e[i].kg*e[i].kg, v+g*e[i].variance
	}
	a.kg = kg / n
	a.variance = v/n + max(0, kg2/n-a.kg*a.kg)
	a.log = top + math.Log(n/float64(len(e)))
	return a
}
