package profile

import (
	"math"
	"slices"
)

const (
	cellMM   = 100
	sameMM   = 40 // two slices whose cells and edges differ by less show a vehicle that stands
	edgeMM   = 40 // points of one edge
	wallEdge = 100
	lowMM    = 300 // nothing above it for some scans is a gap
	wideMM   = 600 // a vehicle reaches above it ...
)

// cells is one slice: robust heights in cells of 0.1 m across the lane, edges, and the two
// slices that it is compared with.
type cells struct {
	left   float64
	top    []float64 // robust height of the cell, 0 is empty
	third  []top3    // highest points of the cell
	sum    []float64
	num    []int
	last   []float64 // of the slice before
	anchor []float64 // of the first slice of a run of equal ones
	pts    []point   // of all scanners
	at     []int16   // cell of each that is flat, -1 for others
	both   []point   // scratch

	high      int     // cells with anything in them
	above300  int     // points
	wide      int     // cells that reach above 0.6 m
	height    float64 // greatest robust height
	peak      float64 // highest point, robust or not
	steady    float64 // greatest height that the slice before confirms
	l, r      edge
	al, ar    float64 // edges of the anchor
	hasAnchor bool
}

// edge is one side of a slice.
type edge struct {
	x, z float64
	wall bool // seen on its side, not from above alone
	ok   bool
}

func (c *cells) init(cfg *Config) {
	n := int(cfg.Right-cfg.Left)/cellMM + 2
	c.left = float64(cfg.Left)
	c.top, c.sum, c.third = make([]float64, n), make([]float64, n), make([]top3, n)
	c.num = make([]int, n)
	c.last, c.anchor = make([]float64, n), make([]float64, n)
}

// top3 holds the highest points of a cell, at most three, highest first: a cell is as high
// as three points say, so that a beam that is half on an aerial does not lift it.
type top3 struct {
	n int
	z [3]float64
}

func (t *top3) put(z float64) {
	if t.n < len(t.z) {
		t.n++
	} else if z <= t.z[2] {
		return
	}
	k := t.n - 1
	for ; k > 0 && t.z[k-1] < z; k-- {
		t.z[k] = t.z[k-1]
	}
	t.z[k] = z
}

// low is the lowest of them; t must not be empty.
func (t *top3) low() float64 { return t.z[t.n-1] }

func (c *cells) cell(x float32) int {
	return max(0, min(int((float64(x)-c.left)/cellMM), len(c.top)-1))
}

// build makes the slice of the points of all scanners.
func (c *cells) build(points [][]point) {
	c.pts = points[0]
	if len(points) > 1 {
		c.both = c.both[:0]
		for _, p := range points {
			c.both = append(c.both, p...)
		}
		c.pts = c.both
	}
	clear(c.top)
	clear(c.third)
	clear(c.sum)
	clear(c.num)
	c.above300, c.peak = 0, 0
	c.at = slices.Grow(c.at[:0], len(c.pts))[:len(c.pts)]
	for i := range c.pts {
		p := &c.pts[i]
		if p.z > lowMM {
			c.above300++
		}
		c.peak = max(c.peak, float64(p.z))
		c.at[i] = -1
		if p.flat {
			k := c.cell(p.x)
			c.at[i] = int16(k)
			c.third[k].put(float64(p.z))
		}
	}
	for i, k := range c.at {
		if k >= 0 {
			z := float64(c.pts[i].z)
			if d := z - c.third[k].low(); d >= -flatMM && d <= flatMM/2 {
				c.sum[k] += z
				c.num[k]++
			}
		}
	}
	c.high, c.wide, c.height = 0, 0, 0
	for k := range c.top {
		if c.num[k] > 0 {
			c.top[k] = c.sum[k] / float64(c.num[k])
			c.height = max(c.height, c.top[k])
		}
		if c.top[k] > lowMM {
			c.high++
		}
		if c.top[k] > wideMM {
			c.wide++
		}
	}
	if c.high == 0 && c.above300 >= 2 {
		c.high = 1 // a drawbar is too thin for a surface, but it is there
	}
	c.steady = c.confirmed()
	c.l, c.r = c.sides()
}

// confirmed is the greatest height that is in this slice and in the one before, in the
// same cell or the one beside it: a bird or a whip antenna is in one slice only.
func (c *cells) confirmed() (h float64) {
	for k, t := range c.top {
		if t <= h {
			continue
		}
		before := c.last[k]
		if k > 0 {
			before = max(before, c.last[k-1])
		}
		if k+1 < len(c.last) {
			before = max(before, c.last[k+1])
		}
		h = max(h, min(t, before))
	}
	return h
}

// sides finds the outermost edge to the left and to the right.
func (c *cells) sides() (l, r edge) {
	left, right := float32(math.MaxFloat32), float32(-math.MaxFloat32)
	for i := range c.pts {
		if p := &c.pts[i]; p.flat || p.wall {
			left, right = min(left, p.x), max(right, p.x)
		}
	}
	if left > right {
		return l, r
	}
	var at [2]wall
	for i := range c.pts {
		p := &c.pts[i]
		if !p.flat && !p.wall {
			continue
		}
		if p.x <= left+edgeMM {
			at[0].add(p)
		}
		if p.x >= right-edgeMM {
			at[1].add(p)
		}
	}
	return at[0].edge(left), at[1].edge(right)
}

// wall is the points of one edge.
type wall struct {
	n, sx, sz float64
	zlo, zhi  float32
}

func (w *wall) add(p *point) {
	if w.n == 0 {
		w.zlo, w.zhi = p.z, p.z
	}
	w.n++
	w.sx += float64(p.x)
	w.sz += float64(p.z)
	w.zlo, w.zhi = min(w.zlo, p.z), max(w.zhi, p.z)
}

// edge makes an edge of its points, of which the outermost is at out. An edge seen on its
// side is the mean of its wall, so that range noise does not widen the vehicle; an edge
// seen from above is its outermost point.
func (w *wall) edge(out float32) edge {
	e := edge{x: float64(out), z: w.sz / w.n, ok: true}
	if w.n >= 5 && w.zhi-w.zlo >= wallEdge {
		e.x, e.wall = w.sx/w.n, true
	}
	return e
}

// keep makes this slice the one before.
func (c *cells) keep() { c.last, c.top = c.top, c.last }

// forget makes the slice before an empty one: nothing is confirmed across a gap.
func (c *cells) forget() { clear(c.last) }

func (c *cells) reset() {
	c.hasAnchor = false
	clear(c.last)
}

// same reports whether the slice equals the anchor; if not it becomes the anchor.
func (c *cells) same() bool {
	if c.hasAnchor && math.Abs(c.l.x-c.al) <= sameMM && math.Abs(c.r.x-c.ar) <= sameMM {
		odd := 0
		for k, t := range c.top {
			if math.Abs(t-c.anchor[k]) > sameMM {
				odd++
			}
		}
		if odd <= 2 { // cells at an edge come and go
			return true
		}
	}
	copy(c.anchor, c.top)
	c.al, c.ar, c.hasAnchor = c.l.x, c.r.x, true
	return false
}
