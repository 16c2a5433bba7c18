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
	wk   [maxBins]float64 // w*k of the point source that a load is fitted with
	rise [maxBins]float64 // of the ramps that are tried
	kk   float64          // sums of w*k*k and w*k*y of it; 0 = none
	ky   float64
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

// box is a load of a fit, from a bin to the one before to, with ends that rise and fall over
// twice ramp bins: half as high at its edges.
type box struct {
	from, to int
	ramp     int
	height   float64
	gain     float64 // of all that is fitted with it
	point    float64 // height of the point source that is fitted with it
}

// rise is what a ramp of twice so many bins leaves of the load at bin i of it.
func rise(i, ramp int) float64 { return (float64(i) + 0.5) / float64(2*ramp) }

// at is the load's share of its height in bin i.
func (b *box) at(i int) float64 {
	in := min(i-b.from, b.to-1-i) + b.ramp
	switch {
	case in < 0:
		return 0
	case in >= 2*b.ramp:
		return 1
	}
	return rise(in, b.ramp)
}

const (
	// A second part is there if it explains so much more of chi-square; a point source has a
	// dozen places to be in, which makes three sigma of one of them four.
	pointGain = 4.2 * 4.2
	loadGain  = 4.5 * 4.5
	// And if it is more than what the simple forms leave over: of the point source's height,
	// and of the load's.
	loadLeast  = 0.1
	pointLeast = 0.35
	// No load is as even, and no source as like its form, as the counts of a strong one would
	// tell: standard deviation of a bin beside theirs, share of the excess there.
	uneven = 0.05
	// A load is even over half of it at least, so it is so many times as long as half a ramp.
	evenLeast = 4
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
		y, v, net := 0.0, 0.0, 0.0
		for i := p.from + b*f.step; i < p.from+(b+1)*f.step; i++ {
			m := float64(due * p.remains[i])
			y += float64(sum(p.o.Slices[i].Gamma)) - m
			v += m
			net += max(0, float64(p.run[i]*p.tau))
		}
		v += net + float64(uneven*net)*float64(uneven*net)
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
		if under.height > 0 {
			left[i] -= float64(under.height * under.at(i))
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

// beside sets the point source that loads are fitted with; one of no width is none.
func (f *fit) beside(k point) {
	f.kk, f.ky = 0, 0
	if k.width <= 0 {
		return
	}
	f.shape(k.width)
	for i := range f.n {
		x := f.form[max(i-k.at, k.at-i)]
		f.wk[i] = float64(x * f.w[i])
		f.kk += float64(f.wk[i] * x)
		f.ky += float64(f.wk[i] * f.y[i])
		f.sumK[i+1] = f.sumK[i] + f.wk[i]
	}
}

// try fits the height of a load, and that of the point source beside it.
func (f *fit) try(b *box) bool {
	from, to := b.from+b.ramp, b.to-b.ramp // where it is even
	bb, by, kb := f.sumW[to]-f.sumW[from], f.sumY[to]-f.sumY[from], f.sumK[to]-f.sumK[from]
	add := func(i int, x float64) {
		if i >= 0 && i < f.n {
			xw := float64(x * f.w[i])
			bb += float64(xw * x)
			by += float64(xw * f.y[i])
			kb += float64(x * f.wk[i])
		}
	}
	for j, x := range f.rise[:2*b.ramp] {
		add(b.from-b.ramp+j, x)
		add(b.to+b.ramp-1-j, x)
	}
	if f.kk <= 0 {
		b.height, b.gain = by/bb, float64(by*by)/bb
		return b.height > 0
	}
	det := float64(bb*f.kk) - float64(kb*kb)
	if det <= 1e-9*float64(bb*f.kk) {
		return false
	}
	b.height = (float64(by*f.kk) - float64(f.ky*kb)) / det
	b.point = (float64(f.ky*bb) - float64(by*kb)) / det
	b.gain = float64(b.height*by) + float64(b.point*f.ky)
	return b.height > 0 && b.point > 0
}

// box finds the load of at least so many bins that explains most together with a point
// source, whose height is fitted again; a point source of no width is none. ramps are half
// the lengths that a load's ends may have.
func (f *fit) box(k point, least int, ramps [4]int) (best box) {
	f.beside(k)
	grid := max(1, f.n/14)
	for i, ramp := range ramps {
		if i > 0 && ramp == ramps[i-1] {
			continue
		}
		least := max(least, evenLeast*ramp)
		for j := range 2 * ramp {
			f.rise[j] = rise(j, ramp)
		}
		var found box
		for from := 0; from+least <= f.n; from += grid {
			for to := from + least; to <= f.n; to += grid {
				if b := (box{from: from, to: to, ramp: ramp}); f.try(&b) && b.gain > found.gain {
					found = b
				}
			}
		}
		// The grid is coarse: a strong load that is a bin off leaves what looks like a source.
		for step := grid; step > 0 && found.gain > 0; {
			near := found
			for _, d := range [...][2]int{{-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {1, 1}} {
				b := box{from: near.from + d[0]*step, to: near.to + d[1]*step, ramp: ramp}
				if b.from >= 0 && b.to <= f.n && b.to-b.from >= least && f.try(&b) && b.gain > found.gain {
					found = b
				}
			}
			if found == near {
				step /= 2
			}
		}
		if found.gain > best.gain {
			best = found
		}
	}
	return best
}

// apart says that a source stands out of the even part of a load or beside the load: at its
// ends, the one looks like the other.
func (k *point) apart(b *box) bool {
	in, at := k.width/2, float64(k.at)+0.5
	return at > float64(b.from)+in && at < float64(b.to)-in ||
		at < float64(b.from)-k.width || at > float64(b.to)+k.width
}

// parts tells a point source, a load and both apart. widths are those that a point source
// may have, least is the shortest load and ramps half the lengths of its ends, all in bins;
// background the counts of it in a bin.
func (f *fit) parts(widths [4]float64, least int, ramps [4]int, background float64) (k point, b box) {
	for _, w := range widths {
		if c := f.point(w, box{}); c.gain > k.gain {
			k = c
		}
	}
	if least > f.n || least < 1 {
		return k, box{}
	}
	alone := f.box(point{}, least, ramps)
	on := point{}
	for _, w := range widths {
		if c := f.point(w, alone); c.gain > on.gain {
			on = c
		}
	}
	best, source := f.box(k, least, ramps), k
	if x := f.box(on, least, ramps); x.gain > best.gain && on.width > 0 {
		best, source = x, on
	}
	source.height = best.point
	switch {
	case source.apart(&best) && best.gain-max(k.gain, 0) >= loadGain && best.gain-alone.gain >= pointGain &&
		best.height >= float64(plateauShare*background) && best.height >= float64(loadLeast*source.height) && source.height >= float64(pointLeast*best.height):
		return source, best
	case alone.gain > k.gain && alone.height >= float64(plateauShare*background):
		return point{}, alone
	}
	return k, box{}
}
