package profile

import (
	"math"
	"time"
)

const (
	floorZ      = 150.0 // mm; what lies lower is road, kerb, tyre
	topMargin   = 300.0 // mm; nothing of a vehicle is closer to the scanner
	roadMargin  = 80.0  // mm of range before the background
	neighbourMM = 150   // greatest step of range between beams of one surface
	minRun      = 3     // beams that confirm each other
	flatMM      = 40.0  // points of one surface
	extentMM    = 75.0  // least extent of a surface; whip antennas and wires are thinner
	window      = 10    // beams to each side in which a surface is looked for
)

// hit is one beam that met something in front of the background.
type hit struct {
	i int32 // beam
	d int32 // mm
}

// point is a hit in the road frame.
type point struct {
	x, z float32
	flat bool // part of a surface that lies
	wall bool // part of a surface that stands
	unit uint8
}

// unit is one scanner: its beams, its background and its newest points.
type unit struct {
	index       uint8
	mount       Mount
	start, step float64 // degrees
	n           int
	x, h        float64 // mm
	roll        float64 // radians
	ready       bool    // mount known: hits mean something
	measured    bool    // from calibration, not from the settings
	firstH      float64 // of the first calibration, against which drift is told
	firstRoll   float64
	cos, sin    []float64
	near, far   []int32 // a distance between them is foreground
	limit       []float64
	prev        [2][]int32 // hits of the two scans before, by beam
	hits        []hit
	kept        []hit
	points      []point
	at          time.Time // of points
	stay        stay      // of the vehicle, or of the one before
	cal         calibration
}

// adopt prepares the unit for fans of this shape; it reports whether anything changed.
func (u *unit) adopt(c *Config, s *Scan) bool {
	if u.n == len(s.Dist) && math.Abs(u.start-s.Start) < 1e-6 && math.Abs(u.step-s.Step) < 1e-6 {
		return false
	}
	u.n, u.start, u.step = len(s.Dist), s.Start, s.Step
	u.limit = nil
	u.cal = calibration{}
	u.ready, u.measured = u.mount.Height > 0, false
	u.h, u.roll = float64(u.mount.Height), u.mount.Roll*math.Pi/180
	u.layout(c)
	return true
}

// layout computes directions and, per beam, the range interval that is foreground: inside
// the lane window, above the floor, in front of the measured background.
func (u *unit) layout(c *Config) {
	u.x = float64(u.mount.X)
	u.cos, u.sin = resize(u.cos, u.n), resize(u.sin, u.n)
	u.near, u.far = make([]int32, u.n), make([]int32, u.n)
	for k := range u.prev {
		u.prev[k] = make([]int32, u.n)
	}
	ceiling := min(float64(c.Ceiling), u.h-topMargin)
	for i := range u.n {
		a := (u.start+float64(i)*u.step)*math.Pi/180 + u.roll
		u.sin[i], u.cos[i] = math.Sincos(a)
		if u.mount.Flip {
			u.cos[i] = -u.cos[i]
		}
		near, far := clip(MinEcho, 65535, u.x, u.cos[i], float64(c.Left), float64(c.Right))
		near, far = clip(near, far, u.h, -u.sin[i], floorZ, ceiling)
		if u.limit != nil && u.limit[i] > 0 {
			far = min(far, u.limit[i])
		}
		if !u.ready || far <= near {
			u.near[i], u.far[i] = 1, 0
			continue
		}
		u.near[i], u.far[i] = int32(math.Ceil(near)), int32(math.Floor(far))
	}
}

// clip narrows the range interval to where from + d*dir lies between lo and hi.
func clip(near, far, from, dir, lo, hi float64) (float64, float64) {
	if math.Abs(dir) < 1e-9 {
		if from < lo || from > hi {
			return 1, 0
		}
		return near, far
	}
	a, b := (lo-from)/dir, (hi-from)/dir
	if a > b {
		a, b = b, a
	}
	return max(near, a), min(far, b)
}

func resize(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n)
	}
	return s[:n]
}

// foreground collects the hits of one scan.
func (u *unit) foreground(dist []int32) {
	u.hits = u.hits[:0]
	near, far := u.near, u.far[:len(u.near)]
	for i, d := range dist[:len(near)] {
		if d <= far[i] && d >= near[i] {
			u.hits = append(u.hits, hit{int32(i), d})
		}
	}
}

// confirm keeps hits that three neighbouring beams share within 150 mm, or that the same
// beam had in one of the two scans before: rain, snow and spray fail both.
func (u *unit) confirm() {
	u.kept = u.kept[:0]
	for from := 0; from < len(u.hits); {
		to := from + 1
		for to < len(u.hits) && u.hits[to].i-u.hits[to-1].i <= 2 && near(u.hits[to].d, u.hits[to-1].d) {
			to++
		}
		for _, h := range u.hits[from:to] {
			if to-from >= minRun || near(h.d, u.prev[0][h.i]) || near(h.d, u.prev[1][h.i]) {
				u.kept = append(u.kept, h)
			}
		}
		from = to
	}
	u.prev[0], u.prev[1] = u.prev[1], u.prev[0]
	clear(u.prev[0])
	for _, h := range u.hits {
		u.prev[0][h.i] = h.d
	}
}

func near(a, b int32) bool { return a-b <= neighbourMM && b-a <= neighbourMM }

// project turns confirmed hits into points and says which surface each belongs to. A hit
// that hangs between two surfaces (a beam half on each) is dropped.
func (u *unit) project() {
	u.points = u.points[:0]
	stepRad := u.step * math.Pi / 180
	for k, h := range u.kept {
		if k > 0 && k+1 < len(u.kept) && u.kept[k-1].i == h.i-1 && u.kept[k+1].i == h.i+1 {
			// 80 degrees of incidence to both neighbours, and between them in range.
			steep := 5.67*float64(h.d)*stepRad + 30
			a, b := float64(h.d-u.kept[k-1].d), float64(u.kept[k+1].d-h.d)
			if (a > steep && b > steep) || (a < -steep && b < -steep) {
				continue
			}
		}
		d := float64(h.d)
		u.points = append(u.points, point{x: float32(u.x + d*u.cos[h.i]), z: float32(u.h - d*u.sin[h.i]), unit: u.index})
	}
	for k := range u.points {
		u.support(k)
	}
}

// support looks for the surface around point k among its neighbours in beam order, from
// the nearest outwards. wall is told only of points that lie on no flat surface.
func (u *unit) support(k int) {
	p := &u.points[k]
	if k >= window && k+window < len(u.points) { // in the middle of a roof one look is enough
		for j := window / 2; j <= window; j += window / 2 {
			a, b := &u.points[k-j], &u.points[k+j]
			if level(a, p) && level(b, p) && max(a.x, b.x)-min(a.x, b.x) >= extentMM {
				p.flat = true
				return
			}
		}
	}
	flat, wall := 1, 1
	xlo, xhi, zlo, zhi := p.x, p.x, p.z, p.z
	for j := 1; j <= window; j++ {
		for _, i := range [2]int{k - j, k + j} {
			if i < 0 || i >= len(u.points) {
				continue
			}
			q := &u.points[i]
			dx, dz := q.x-p.x, q.z-p.z
			if level(q, p) {
				flat++
				xlo, xhi = min(xlo, q.x), max(xhi, q.x)
			}
			if dx >= -flatMM && dx <= flatMM && dz >= -600 && dz <= 600 {
				wall++
				zlo, zhi = min(zlo, q.z), max(zhi, q.z)
			}
		}
		if flat >= minRun && xhi-xlo >= extentMM {
			p.flat = true
			return
		}
	}
	p.wall = wall >= minRun && zhi-zlo >= extentMM
}

// level reports whether q and p can be points of one lying surface.
func level(q, p *point) bool {
	dx, dz := q.x-p.x, q.z-p.z
	return dz >= -flatMM && dz <= flatMM && dx >= -300 && dx <= 300
}

// forget drops what the scans before have left.
func (u *unit) forget() {
	clear(u.prev[0])
	clear(u.prev[1])
	u.points, u.at = u.points[:0], time.Time{}
}

// median reorders v, which is short and not empty. It gives what stands in its middle when
// sorted, and sorts no more than that needs.
func median(v []int32) int32 {
	k, lo, hi := len(v)/2, 0, len(v)-1
	for lo < hi {
		pivot := v[k]
		i, j := lo, hi
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for v[j] > pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i, j = i+1, j-1
			}
		}
		if j < k {
			lo = i
		}
		if i > k {
			hi = j
		}
	}
	return v[k]
}
