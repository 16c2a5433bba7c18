package dims

import (
	"math"
	"strings"

	"acsgd/internal/quant"
	"acsgd/sim"
)

const (
	rays      = 7     // of a beam: one in the middle, six around it
	ring      = 0.35  // radius of the six, in beam widths
	join      = 300.0 // echoes closer together than a pulse become one at their mean
	oneRay    = 0.3   // chance that an echo of a seventh of the beam is seen at all
	thinPart  = 60    // mm; a beam may see past it on both sides
	planeNear = 300.0 // parts so close to the plane may be touched during a scan
)

// box is one part of a vehicle near the plane, in the scan's frame.
type box struct {
	l, r, b, t float64 // mm across and up
	y0, y1     float64 // mm along the lane from the plane, at the zero index
	v          float64 // mm/s
	dark       bool
}

// cast fills s.dist for the scan with its zero index at that time.
func (s *Scanner) cast() {
	s.collect()
	at := s.rng.IntN(noiseSize)
	noise := s.noise[at : at+s.n]
	lo, hi := s.span()
	if lo >= hi {
		lo, hi = s.n, s.n
	}
	s.road(noise, 0, lo)
	for i := lo; i < hi; i++ {
		s.dist[i] = s.finish(s.beam(i, s.background[i]), noise[i])
	}
	s.road(noise, hi, s.n)
	s.disturb()
}

// road fills in the beams from..to that meet no vehicle.
func (s *Scanner) road(noise []float64, from, to int) {
	noise, background, dist := noise[from:to], s.background[from:to], s.dist[from:to]
	for i, d := range background[:len(dist)] {
		dist[i] = s.finish(d, noise[i])
	}
}

// finish adds noise and the device's way of saying "no echo".
func (s *Scanner) finish(d, noise float64) uint16 {
	if d <= 0 || d > s.model.reach {
		return 0
	}
	switch d = d + noise + 0.5; {
	case d < 16:
		return 16
	case d > 65535:
		return 65535
	}
	return uint16(d)
}

// disturb loses echoes and lets it rain; it jumps from one hit to the next instead of
// drawing for every beam.
func (s *Scanner) disturb() {
	scatter := func(share float64, hit func(i int)) {
		if share <= 0 {
			return
		}
		for i := s.gap(share); i < s.n; i += 1 + s.gap(share) {
			hit(i)
		}
	}
	scatter(s.cfg.NoEcho, func(i int) { s.dist[i] = 0 })
	scatter(s.cfg.Rain, func(i int) { s.dist[i] = uint16(300 + s.rng.IntN(2700)) })
}

// gap draws how many beams are passed over before the next hit of that share.
func (s *Scanner) gap(share float64) int {
	if share >= 1 {
		return 0
	}
	return int(math.Log(1-s.rng.Float64()) / math.Log(1-share))
}

// collect lists the parts near the plane.
func (s *Scanner) collect() {
	s.boxes, s.thin = s.boxes[:0], false
	for _, p := range s.placed {
		shift := s.sway(p.Vehicle)
		whole := sim.Part{To: p.Length, Bottom: 350 * quant.Millimetre, Top: p.Height, Left: -p.Width / 2, Right: p.Width / 2}
		if whole.Top <= whole.Bottom {
			whole.Bottom = 0
		}
		parts := p.Parts
		if len(parts) == 0 {
			parts = []sim.Part{whole}
		}
		for _, q := range parts {
			y1, y0 := p.X-float64(q.From)-s.cfg.Station, p.X-float64(q.To)-s.cfg.Station
			if y1 < -planeNear-s.reach || y0 > planeNear+s.reach {
				continue
			}
			if q.Right-q.Left < thinPart || q.Top-q.Bottom < thinPart {
				s.thin = true
			}
			s.boxes = append(s.boxes, box{l: float64(q.Left) + shift, r: float64(q.Right) + shift, b: float64(q.Bottom), t: float64(q.Top),
				y0: y0, y1: y1, v: p.V, dark: strings.Contains(q.Name, "tarpaulin")})
		}
	}
}

// sway is where a vehicle drives beside the middle: its own for all scanners.
func (s *Scanner) sway(v *sim.Vehicle) float64 {
	if s.cfg.Sway <= 0 {
		return 0
	}
	h := uint64(14695981039346656037)
	for i := range len(v.ID) {
		h = (h ^ uint64(v.ID[i])) * 1099511628211
	}
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	return (float64(h>>11)/(1<<53)*2 - 1) * s.cfg.Sway
}

// span is the range of beams that can meet a box.
func (s *Scanner) span() (lo, hi int) {
	lo, hi = s.n, 0
	for _, b := range s.boxes {
		for _, c := range [4][2]float64{{b.l, b.b}, {b.l, b.t}, {b.r, b.b}, {b.r, b.t}} {
			x := c[0] - s.cfg.X
			if s.cfg.Flip {
				x = -x
			}
			a := math.Atan2(s.cfg.Height-c[1], x)*180/math.Pi - s.cfg.Roll
			k := (a - s.model.start) / s.step
			pad := 2 + 3/s.step // a beam is wider than a line
			lo, hi = min(lo, int(k-pad)), max(hi, int(k+pad))
		}
	}
	return max(lo, 0), min(hi, s.n)
}

// beam casts the rays of beam i; road is the distance behind. Where the middle and both
// outer rays meet one broad part well inside its ends, the other rays would say the same.
func (s *Scanner) beam(i int, road float64) float64 {
	t := float64(i) / s.beams
	dist := [rays]float64{road, road, 0, 0, road}
	hit := [rays]int{-1, -1, 0, 0, -1}
	fan := &s.fan[i]
	for n := range s.boxes { // the three rays in the plane
		b := &s.boxes[n]
		if b.y0+b.v*t > s.reach || b.y1+b.v*t < -s.reach {
			continue
		}
		for _, k := range [3]int{0, 1, 4} {
			if near := fan[k].meet(b, dist[k]); near > 0 && (dist[k] <= 0 || near < dist[k]) && s.cuts(b, s.ahead(&fan[k], near), t) {
				dist[k], hit[k] = near, n
			}
		}
	}
	if h := hit[0]; h == hit[1] && h == hit[4] && !s.thin && (h < 0 || s.boxes[h].inside(t, s.reach)) && math.Abs(dist[1]-dist[4]) < join && (h >= 0 || !s.ends(t)) {
		if h >= 0 && s.boxes[h].dark && s.rng.Float64() < s.cfg.Dark {
			return 0
		}
		return (dist[0] + 3*dist[1] + 3*dist[4]) / rays
	}
	dark := false
	for _, k := range [4]int{2, 3, 5, 6} {
		dist[k], hit[k] = s.ray(&fan[k], ringAngles[k-1][1]*ring, t, road)
	}
	for _, h := range hit {
		dark = dark || (h >= 0 && s.boxes[h].dark)
	}
	if dark && s.rng.Float64() < s.cfg.Dark {
		return 0
	}
	return s.echo(&dist)
}

// beamMM is more than any beam is wide at the range of a vehicle.
const beamMM = 150

// turnedMM is how far beside a scanner a vehicle may be.
const turnedMM = 6000

// ahead is where the turned plane is at that distance along a ray.
func (s *Scanner) ahead(l *line, d float64) float64 { return s.turn * (l.ox + l.dx*d - s.cfg.X) }

// cuts reports whether a box is at y at that time.
func (s *Scanner) cuts(b *box, y, t float64) bool { return b.y0+b.v*t <= y && y <= b.y1+b.v*t }

// inside reports whether the plane, which takes up reach to both sides, is well inside the
// ends of b.
func (b *box) inside(t, reach float64) bool {
	return b.y0+b.v*t < -beamMM-reach && b.y1+b.v*t > beamMM+reach
}

// ends reports whether an end of a part is near the plane.
func (s *Scanner) ends(t float64) bool {
	for i := range s.boxes {
		if !s.boxes[i].inside(t, s.reach) {
			return true
		}
	}
	return false
}

// ringAngles are the places of the six rays around the middle.
var ringAngles = [6][2]float64{{1, 0}, {0.5, 0.866025}, {-0.5, 0.866025}, {-1, 0}, {-0.5, -0.866025}, {0.5, -0.866025}}

// line is one ray in the plane of the scan: where it starts and where it goes.
type line struct{ ox, oz, dx, dz float64 }

// lines gives the rays of a beam: they start beside the middle of the aperture and run
// apart from the middle one.
func (s *Scanner) lines(cos, sin float64) (l [rays]line) {
	spread := s.model.spread / 1000
	for k := range l {
		u := 0.0
		if k > 0 {
			u = ringAngles[k-1][0] * ring
		}
		l[k] = line{ox: s.cfg.X - sin*u*s.model.aperture, oz: s.cfg.Height - cos*u*s.model.aperture, dx: cos - sin*u*spread, dz: -sin - cos*u*spread}
	}
	return l
}

// ray follows a ray beside the plane; w is its place along the lane, in beam widths. It
// returns the distance to the nearest part and which it is, or to the road and -1.
func (s *Scanner) ray(l *line, w, t, road float64) (d float64, hit int) {
	d, hit = road, -1
	for i := range s.boxes {
		b := &s.boxes[i]
		near := l.meet(b, d)
		if near <= 0 || (d > 0 && near >= d) {
			continue
		}
		if y := s.ahead(l, near) + w*(s.model.aperture+s.model.spread/1000*near); y < b.y0+b.v*t || y > b.y1+b.v*t {
			continue
		}
		d, hit = near, i
	}
	return d, hit
}

// meet gives the distance along a line to a box that is wanted closer than d; 0 is none, or
// none that is closer.
func (l *line) meet(b *box, d float64) float64 {
	const sure = 1e-6  // mm
	if l.dz < -1e-12 { // from above: most meet the top, or pass beside it
		top := (b.t - l.oz) / l.dz
		if d > 0 && top >= d {
			return 0
		}
		switch x := l.ox + l.dx*top; {
		case x > b.l+sure && x < b.r-sure:
			return top
		case x > b.r+sure && l.dx > 0, x < b.l-sure && l.dx < 0:
			return 0
		}
	}
	near, far := 0.0, math.MaxFloat64
	near, far = slab(near, far, l.ox, l.dx, b.l, b.r)
	near, far = slab(near, far, l.oz, l.dz, b.b, b.t)
	if near >= far {
		return 0
	}
	return near
}

func slab(near, far, from, dir, lo, hi float64) (float64, float64) {
	if dir > -1e-12 && dir < 1e-12 {
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

// echo is the first echo of a beam: the mean of the rays that come back together.
func (s *Scanner) echo(dist *[rays]float64) float64 {
	for floor := 0.0; ; {
		first := math.MaxFloat64
		for _, d := range dist {
			if d > floor {
				first = min(first, d)
			}
		}
		if first == math.MaxFloat64 {
			return 0
		}
		n, sum := 0, 0.0
		for _, d := range dist {
			if d >= first && d <= first+join {
				n++
				sum += d
			}
		}
		if n > 1 || s.rng.Float64() < oneRay {
			return sum / float64(n)
		}
		floor = first
	}
}
