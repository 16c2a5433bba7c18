package axle

import (
	"math"
	"slices"

	"acsgd/internal/obs"
)

// A vehicle that stops on the platform may leave it the way it came. What comes next is
// then the same axle again, or, if it rolled back further, the axle before. A path is one
// explanation of the passes so far; its cost is the negative logarithm of its likelihood.
//
// Only a pass with a stop in it (turning) can change the direction, so that a vehicle
// which never stops has exactly one path.

const (
	costOnward  = 0.25 // leaves a stop onwards: most do
	costBack    = 1.5  // leaves a stop backwards
	costUnseen  = 3.0  // it stopped although the edges do not show it
	costTurn    = 0.5  // comes forward again after it left backwards
	costFurther = 0.9  // rolls back further, to the axle before
	costGapBack = 5.0  // rolls back although it stopped while no axle was on the platform
	costUnended = 3.0  // the vehicle ended without coming forward again
	costNoSpace = 3.0  // two axles closer than the platform is long

	pathMargin  = 12.0 // dearer paths are forgotten
	emitMargin  = 5.5  // paths within it must agree before an axle is emitted
	doubtMargin = 5.0  // paths within it at the end leave the vehicle in doubt
	maxPaths    = 48

	sameAxle    = 0.02    // relative difference of two weighings that one record may stand for
	fullShare   = 0.85    // of repeated sights that show the whole load; others stop astride an edge
	wayMean     = 1.5     // m, of the apparent way between two sights of an axle
	startNear   = 2.0     // m before the platform, where a vehicle that rolled back starts
	costFar     = 3.0     // it came from further
	startGap    = 0.3     // m, less than two axles leave free: it stood in between
	costTwice   = 3.0     // it stopped again between two axles
	wayLong     = 0.06    // 1/m, the share of long ways: it stood for a while in between
	manyAxles   = 7       // more of them are rare
	costMany    = 2.0     // for each axle more
	groupMiddle = 1.33    // m, spacings within groups
	groupWidth  = 0.22    // m, their standard deviation, with the error of a slope's speed
	otherRange  = 10.0    // m, of the other spacings
	evenGroup   = 0.75    // of axles within a group that carry about the same
	evenOther   = 0.25    // of other neighbours that do
	evenSpread  = 0.04    // relative standard deviation of "about the same"
	axleRange   = 12000.0 // kg, range of other loads
)

// groupShare is the share of spacings within a group, after an axle that is the first,
// second, third or a later one of its group.
var groupShare = [...]float64{0.5, 0.4, 0.04, 0.02}

// place is one axle of a path.
type place struct {
	mass, sigma float64
	run         int  // axles of its group before it
	rep         int  // the pass that weighed it; -1 until it went forward over the platform
	rolled      bool // it was on the platform more than once
	loose       bool // it has only been seen to come and go back, perhaps not whole
}

// path is one explanation.
type path struct {
	cost  float64
	axles []place
	head  int  // axles that are past the platform
	back  bool // the vehicle rolls backwards
}

func (p path) clone() path {
	p.axles = slices.Clone(p.axles)
	return p
}

// extend follows all paths through pass i.
func (w *Weigher) extend(i int) {
	if w.paths == nil {
		w.paths = []path{{}}
	}
	var next []path
	for _, p := range w.paths {
		next = w.step(next, p, i)
	}
	slices.SortStableFunc(next, func(a, b path) int {
		switch {
		case a.cost < b.cost:
			return -1
		case a.cost > b.cost:
			return 1
		}
		return 0
	})
	limit := next[0].cost + pathMargin
	for k := range next {
		if next[k].cost > limit || k >= maxPaths {
			next = next[:k]
			break
		}
	}
	w.paths = next
}

// step appends the continuations of p with pass i.
func (w *Weigher) step(dst []path, p path, i int) []path {
	x := &w.passes[i]
	if p.back {
		dst = w.forward(dst, p, i, costTurn+w.returned(i))
		if p.head > 0 {
			dst = w.backward(dst, p, i, costFurther)
		}
		return dst
	}
	dst = w.forward(dst, p, i, 0)
	if x.turning && p.head > 0 && i > 0 {
		dst = w.backward(dst, p, i, costGapBack)
	}
	return dst
}

// forward lets the axle after the head come on to the platform. It leaves onwards, or
// backwards if it stopped.
func (w *Weigher) forward(dst []path, p path, i int, cost float64) []path {
	x := &w.passes[i]
	m, sigma := x.mass, matchSigma(x)
	k := p.head
	known := k < len(p.axles)
	if x.turning || x.slow {
		q := p.clone()
		q.cost += cost + costBack + unseen(x)
		if known {
			a := &q.axles[k]
			q.cost += again(m, sigma, *a, m < a.mass) + w.way(i)
			a.rolled = true
		} else {
			c, run := w.fresh(p, i)
			q.cost += c
			q.axles = append(q.axles, place{mass: m, sigma: sigma, run: run, rep: -1, rolled: true, loose: true})
		}
		q.back = true
		dst = append(dst, q)
		if x.turning {
			cost += costOnward
		}
	}
	p = p.clone()
	p.cost += cost
	p.back = false
	if known {
		a := &p.axles[k]
		p.cost += again(m, sigma, *a, a.loose && m > a.mass) + w.way(i)
		a.rolled = true
		if a.loose || sigma < a.sigma {
			a.mass, a.sigma, a.loose = m, sigma, false
		}
	} else {
		c, run := w.fresh(p, i)
		p.cost += c
		p.axles = append(p.axles, place{mass: m, sigma: sigma, run: run, rep: -1})
	}
	if p.axles[k].rep < 0 {
		p.axles[k].rep = i
	}
	p.head++
	return append(dst, p)
}

// backward lets the axle before the head come back on to the platform. It leaves
// backwards, or onwards if it stopped.
func (w *Weigher) backward(dst []path, p path, i int, cost float64) []path {
	x := &w.passes[i]
	p = p.clone()
	a := &p.axles[p.head-1]
	p.cost += cost + again(x.mass, matchSigma(x), *a, (x.turning || x.slow) && x.mass < a.mass) + w.way(i)
	a.rolled = true
	if x.turning || x.slow {
		q := p.clone()
		q.cost += costOnward + unseen(x)
		q.back = false
		dst = append(dst, q)
		p.cost += costBack
	}
	p.back = true
	p.head--
	return append(dst, p)
}

// free is the way between passes i-1 and i as their edges show it, in metres.
func (w *Weigher) free(i int) float64 {
	x, before := &w.passes[i], &w.passes[i-1]
	return max(0, (before.vFall+x.vRise)/2*(x.on-before.off))
}

// way is the cost of the way between two sights of one axle.
func (w *Weigher) way(i int) float64 {
	return -math.Log(0.6*math.Exp(-w.free(i)/wayMean)/wayMean + wayLong)
}

// started is how far before the platform the vehicle stood last, in metres, if it has
// gained speed evenly since: the two edges of pass i show the acceleration.
func (w *Weigher) started(i int) float64 {
	x := &w.passes[i]
	a := max(x.vFall*x.vFall-x.vRise*x.vRise, 0) / (2 * w.cfg.length())
	return min(x.vRise*x.vRise/(2*max(a, 0.005)), 20)
}

// returned is the cost of coming forward again in pass i: it has to start near by.
func (w *Weigher) returned(i int) float64 {
	if w.passes[i].turning {
		return 0
	}
	return costFar * min(1, max(0, w.started(i)-startNear)/startNear)
}

// unseen is the cost of a stop within x that its edges do not show.
func unseen(x *pass) float64 {
	if x.turning {
		return 0
	}
	return costUnseen
}

// matchSigma is how far two weighings of one axle may differ, one standard deviation.
func matchSigma(x *pass) float64 {
	if x.partial {
		return 0.35*math.Abs(x.mass) + 1
	}
	return math.Hypot(x.sigma, 0.0015*x.mass) + 1
}

// again is the cost of seeing axle a with load m. part says that one of the two sights may
// show a part of the load only.
func again(m, sigma float64, a place, part bool) float64 {
	s := math.Hypot(sigma, a.sigma)
	z := (m - a.mass) / s
	d := fullShare * math.Exp(-z*z/2) / (s * math.Sqrt(2*math.Pi))
	if part {
		d += (1 - fullShare) / max(m, a.mass)
	}
	return -math.Log(d + 1e-12)
}

// fresh is the cost of seeing a new axle as pass i, and how many axles of its group are
// before it.
func (w *Weigher) fresh(p path, i int) (cost float64, run int) {
	x := &w.passes[i]
	if len(p.axles) == 0 || i == 0 {
		return math.Log(axleRange), 0
	}
	prev, before := p.axles[len(p.axles)-1], &w.passes[i-1]
	free := w.free(i)
	s := math.Hypot(evenSpread*prev.mass, math.Hypot(matchSigma(x), prev.sigma))
	z := (x.mass - prev.mass) / s
	even := math.Exp(-z*z/2) / (s * math.Sqrt(2*math.Pi))
	y := (free + w.cfg.length() - groupMiddle) / groupWidth
	share := groupShare[min(prev.run, len(groupShare)-1)]
	group := share * math.Exp(-y*y/2) / (groupWidth * math.Sqrt(2*math.Pi))
	other := (1 - share) / otherRange
	d := group*(evenGroup*even+(1-evenGroup)/axleRange) + other*(evenOther*even+(1-evenOther)/axleRange)
	cost = -math.Log(d)
	if before.turning && free < 0.05 {
		cost += costNoSpace
	}
	if before.turning && w.started(i) < startGap {
		cost += costTwice
	}
	if len(p.axles) >= manyAxles {
		cost += costMany
	}
	if math.Abs(y) < 3 {
		run = prev.run + 1
	}
	return cost, run
}

// emit hands over the axles that are certain; at the end all that the best path knows.
func (w *Weigher) emit(out *Out, end bool) {
	unsure := false
	if end {
		w.settle()
		unsure = w.doubt()
		w.unsure = unsure
	}
	best := w.paths[0]
	for k := w.sent; k < len(best.axles); k++ {
		rep := best.axles[k].rep
		if !end && (rep < 0 || !w.agreed(k, rep)) {
			return
		}
		if rep < 0 {
			rep = w.anyPass(k)
		}
		a := w.axle(k, rep, best.axles[k].rolled)
		if unsure {
			a.U, a.Flags = 0, flags(a.Flags).add(obs.RollBack)
		}
		out.Axles = append(out.Axles, a)
		w.keep(a)
		w.sent++
		w.commit(k, best.axles[k])
	}
}

// commit makes all paths take the emitted axle k; paths that know nothing like it go.
func (w *Weigher) commit(k int, a place) {
	w.paths = slices.DeleteFunc(w.paths, func(p path) bool {
		if len(p.axles) <= k || math.Abs(p.axles[k].mass-a.mass) > sameAxle*math.Abs(a.mass) {
			return true
		}
		p.axles[k].rep = a.rep
		return false
	})
}

// agreed reports whether all likely paths have pass rep as axle k, and it is past the
// platform.
func (w *Weigher) agreed(k, rep int) bool {
	for _, p := range w.paths {
		if p.cost > w.paths[0].cost+emitMargin {
			break
		}
		if len(p.axles) <= k || p.axles[k].rep != rep {
			return false
		}
	}
	return true
}

// settle prefers the paths that end with all axles past the platform.
func (w *Weigher) settle() {
	for i := range w.paths {
		if p := &w.paths[i]; p.back || p.head < len(p.axles) {
			p.cost += costUnended
		}
	}
	slices.SortStableFunc(w.paths, func(a, b path) int {
		switch {
		case a.cost < b.cost:
			return -1
		case a.cost > b.cost:
			return 1
		}
		return 0
	})
}

// doubt reports whether a nearly as likely path has another number of axles.
func (w *Weigher) doubt() bool {
	for _, p := range w.paths[1:] {
		if p.cost <= w.paths[0].cost+doubtMargin && len(p.axles) != len(w.paths[0].axles) {
			return true
		}
	}
	return false
}

// anyPass finds the pass that weighed axle k although it never went forward over the
// platform: the vehicle came on to it and left backwards.
func (w *Weigher) anyPass(k int) int {
	best := w.paths[0].axles[k]
	at, d := len(w.passes)-1, math.Inf(1)
	for i := range w.passes {
		if e := math.Abs(w.passes[i].mass - best.mass); e < d {
			at, d = i, e
		}
	}
	return at
}
