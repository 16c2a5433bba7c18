package radiation

import "math"

// fit explains an excess by a point source, by a load that is even over a part of the
// vehicle, or by both, by least squares.
type fit struct {
	n    int // bins of step slices
	step int
	y    [maxBins]float64     // excess, counts
	w    [maxBins]float64     // 1/variance
	sumW [maxBins + 1]float64 // running sums of w, w*y and w*k
	sumY [maxBins + 1]float64
	sumK [maxBins + 1]float64
	form [maxBins]float64 // a point source's profile, by distance in bins
}

// maxBins keeps the fit of a vehicle that stands as short as that of one that passes.
const maxBins = 60

// point is a point source of a fit: its bin, its width and what it explains of chi-square.
type point struct {
	at     int
	width  float64 // half as high over so many bins
	height float64 // counts a bin
	gain   float64
}

// box is a load of a fit, from a bin to the one before to.
type box struct {
	from, to int
	height   float64
	gain     float64 // of all that is fitted with it
}

const (
	// A second part is there if it explains so much more of chi-square; a point source has a
	// dozen places to be in, which makes three sigma of one of them four.
	pointGain = 4.5 * 4.5
	loadGain  = 5 * 5
	// And if it is more than what the simple forms leave over: of the point source's height,
	// and of the load's.
	loadLeast  = 0.05
	pointLeast = 0.25
	// A load is longer than 40 % of the vehicle, if that is not given in metres.
	loadShare = 0.4
)

// load reads an excess, only the vehicle's part of it.
func (f *fit) load(p *excess) {
	n := p.to - p.from
	f.step = (n + maxBins - 1) / maxBins
	f.n = n / f.step
	due := float64(p.cps * p.tau)
	for b := range f.n {
		var y, v float64
		for i := p.from + b*f.step; i < p.from+(b+1)*f.step; i++ {
			m := float64(due * p.remains[i])
			y += float64(sum(p.o.Slices[i].Gamma)) - m
			v += m + max(0, float64(p.run[i]*p.tau))
		}
		f.y[b], f.w[b] = y, 1/max(v, 1)
		f.sumW[b+1] = f.sumW[b] + f.w[b]
		f.sumY[b+1] = f.sumY[b] + float64(f.w[b]*y)
	}
}

// shape sets the profile of a point source that is half as high over so many bins.
func (f *fit) shape(width float64) {
	for i := range f.n {
		x := float64(i) * 1.53 / width
		q := 1 + float64(x*x)
		f.form[i] = 1 / float64(q*math.Sqrt(q))
	}
}

// point finds the point source of that width that explains most of what a load leaves.
func (f *fit) point(width float64, under box) (best point) {
	f.shape(width)
	var left [maxBins]float64
	for i := range f.n {
		left[i] = f.y[i]
		if i >= under.from && i < under.to {
			left[i] -= under.height
		}
	}
	try := func(at int) {
		var kk, ky float64
		for i := range f.n {
			k := f.form[max(i-at, at-i)]
			kw := float64(k * f.w[i])
			kk += float64(kw * k)
			ky += float64(kw * left[i])
		}
		if g := float64(ky*ky) / kk; ky > 0 && g > best.gain {
			best = point{at, width, ky / kk, g}
		}
	}
	for at := 0; at < f.n; at += 2 {
		try(at)
	}
	for _, at := range [2]int{best.at - 1, best.at + 1} {
		if best.gain > 0 && at >= 0 && at < f.n {
			try(at)
		}
	}
	return best
}

// box finds the load of at least so many bins that explains most together with a point
// source, whose height is fitted again; a point source of no width is none.
func (f *fit) box(k point, least int) (best box, height float64) {
	var kk, ky float64
	if k.width > 0 {
		f.shape(k.width)
		for i := range f.n {
			x := f.form[max(i-k.at, k.at-i)]
			kw := float64(x * f.w[i])
			kk += float64(kw * x)
			ky += float64(kw * f.y[i])
			f.sumK[i+1] = f.sumK[i] + kw
		}
	}
	grid := max(1, f.n/24)
	for from := 0; from+least <= f.n; from += grid {
		for to := from + least; to <= f.n; to += grid {
			bb, by := f.sumW[to]-f.sumW[from], f.sumY[to]-f.sumY[from]
			b, h := by/bb, 0.0
			gain := float64(by * b)
			if k.width > 0 {
				kb := f.sumK[to] - f.sumK[from]
				det := float64(bb*kk) - float64(kb*kb)
				if det <= 1e-9*float64(bb*kk) {
					continue
				}
				b = (float64(by*kk) - float64(ky*kb)) / det
				h = (float64(ky*bb) - float64(by*kb)) / det
				gain = float64(b*by) + float64(h*ky)
				if h <= 0 {
					continue
				}
			}
			if b > 0 && gain > best.gain {
				best, height = box{from, to, b, gain}, h
			}
		}
	}
	return best, height
}

// parts tells a point source, a load and both apart. widths are those that a point source
// may have, least is the shortest load, both in bins; background the counts of it in a bin.
func (f *fit) parts(widths [4]float64, least int, background float64) (k point, b box) {
	for _, w := range widths {
		if c := f.point(w, box{}); c.gain > k.gain {
			k = c
		}
	}
	if least > f.n || least < 1 {
		return k, box{}
	}
	alone, _ := f.box(point{}, least)
	on := point{}
	for _, w := range widths {
		if c := f.point(w, alone); c.gain > on.gain {
			on = c
		}
	}
	best, height := f.box(k, least)
	source := k
	if x, h := f.box(on, least); x.gain > best.gain && on.width > 0 {
		best, height, source = x, h, on
	}
	source.height = height
	switch {
	case best.gain-max(k.gain, 0) >= loadGain && best.gain-alone.gain >= pointGain &&
		best.height >= float64(plateauShare*background) && best.height >= float64(loadLeast*height) && height >= float64(pointLeast*best.height):
		return source, best
	case alone.gain > k.gain && alone.height >= float64(plateauShare*background):
		return point{}, alone
	}
	return k, box{}
}
