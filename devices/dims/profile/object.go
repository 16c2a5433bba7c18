package profile

import (
	"math"
	"slices"
	"time"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

const (
	maxSlices  = 4096  // kept of one vehicle; then every second is dropped
	outSlices  = 512   // handed out
	fewSlices  = 8     // less is no vehicle that can be judged
	lostLimit  = 2     // scans lost during a vehicle that leave its sizes whole
	mirrorMM   = 80.0  // how far a mirror stands out at least
	mirrorLow  = 800.0 // of a car; of a lorry 1.2 m and more
	mirrorHigh = 3200.0
	mirrorPart = 0.15 // share of the slices a mirror takes at most
	mirrorPos  = 0.42 // share of the vehicle, from the front, that mirrors are on: 0.1 of a lorry, 0.4 of a car
	mirrorLen  = 600  // mm along the vehicle, where a speed is known
	usualCap   = 25   // equal slices in a row that count for the usual width
	stillCap   = 125  // equal slices in a row that count when places are told
	endsMM     = 1000 // height of the front and rear that are met first and last
	widthQ     = 0.98 // quantile of the slice widths
)

type state uint8

const (
	idle      state = iota
	tentative       // something is there
	sure            // it is a vehicle
)

// slice is one measured slice of the object.
type slice struct {
	at     time.Time
	height float32
	l, r   float32
	zl, zr float32
	wl, wr bool // edge seen on its side
	same   bool // equal to the anchor before it
	edges  bool
}

// object is the vehicle in the plane.
type object struct {
	state      state
	start, end time.Time
	clear      int // scans since anything was seen
	wide       int
	slices     int // all scans from the first, clear ones too
	lost       int
	seen, both int // slices with anything in them, and of those the ones that two scanners saw
	marks      Remarks
	list       []slice
	stride     int // of list: one slice in so many is kept
	phase      int
	height     float64
	rawHeight  float64 // of anything that was confirmed
	rawWidth   float64 // with mirrors
	runStart   time.Time
	run        bool // equal slices, since runStart
}

func (o *object) reset() { *o = object{list: o.list[:0], stride: 1} }

func (o *object) open(at time.Time) {
	o.reset()
	o.state, o.start, o.end = tentative, at, at
}

func (o *object) note(r record) {
	o.lost += r.lost
	o.marks |= r.marks
}

// still reports whether the vehicle has shown the same slice for long.
func (o *object) still(at time.Time) bool {
	return o.state == sure && o.run && o.clear == 0 && at.Sub(o.runStart).Seconds() > holdAfter
}

// add takes the slice in e.cells.
func (o *object) add(e *Engine, at time.Time) {
	c := &e.cells
	o.height = max(o.height, c.steady)
	o.rawHeight = max(o.rawHeight, c.peak)
	s := slice{at: at, height: float32(c.height), same: c.same(), edges: c.l.ok && c.r.ok}
	s.l, s.zl, s.wl = float32(e.trim(c.l, -1)), float32(c.l.z), c.l.wall
	s.r, s.zr, s.wr = float32(e.trim(c.r, 1)), float32(c.r.z), c.r.wall
	if s.edges {
		o.rawWidth = max(o.rawWidth, float64(s.r-s.l))
	}
	if !s.same {
		o.run = false
	} else if !o.run {
		o.run, o.runStart = true, at
	}
	if o.phase++; o.phase%o.stride != 0 {
		return
	}
	o.list = append(o.list, s)
	if len(o.list) >= maxSlices {
		n := 0
		for i := 0; i < len(o.list); i += 2 {
			o.list[n] = o.list[i]
			n++
		}
		o.list, o.stride = o.list[:n], o.stride*2
	}
}

// trim corrects an edge seen from above: the surface ends on average half a beam spacing
// outside its last beam, and a beam counts while a quarter of its footprint is on it.
func (e *Engine) trim(g edge, sign float64) float64 {
	if !g.ok || g.wall {
		return g.x
	}
	spacing, foot := e.edgeError(g)
	return g.x + sign*(spacing/2-foot/4)
}

func (e *Engine) edgeError(g edge) (spacing, foot float64) {
	u := e.units[0]
	for _, v := range e.units[1:] {
		if math.Abs(v.x-g.x) < math.Abs(u.x-g.x) {
			u = v
		}
	}
	down := max(u.h-g.z, 200)
	r := math.Hypot(g.x-u.x, down)
	return r * r / down * u.step * math.Pi / 180, float64(e.cfg.Aperture) + e.cfg.Divergence*r/1000
}

// profile closes the object.
func (o *object) profile(e *Engine) *obs.Profile {
	p := &obs.Profile{Scans: o.slices - o.clear, Lost: o.lost, Start: obs.Unix(o.start), End: obs.Unix(o.end),
		Period: int32(e.period / time.Microsecond)}
	p.Height = round(o.height)
	p.UHeight = o.uHeight(e)
	width, walls, ok := o.width(e)
	if ok {
		p.Width, p.UWidth = round(width), o.uWidth(e, walls)
	}
	p.RawHeight, p.RawWidth = round(max(o.rawHeight, o.height)), round(max(o.rawWidth, width))
	_, foot := e.edgeError(edge{x: e.units[0].x, z: endsMM})
	p.Beam = round(foot)
	p.Length, p.ULength = LengthFrom(o.start, o.end, e.period, e.cfg.Speed, e.cfg.USpeed, p.Beam)
	p.Flags = o.flags()
	if o.oneScanner() {
		p.Flags = append(p.Flags, obs.OneScanner)
	}
	p.Slices = o.thinned()
	return p
}

func round(v float64) quant.Length { return quant.Length(math.Round(v)) }

// oneScanner reports whether the sides were seen from one place for more than a tenth of the
// vehicle: what bulges under the edge of its roof is hidden then.
func (o *object) oneScanner() bool { return o.both*10 < o.seen*9 }

func (o *object) flags() (f []obs.Flag) {
	add := func(ok bool, g obs.Flag) {
		if ok {
			f = append(f, g)
		}
	}
	add(o.lost > lostLimit, obs.ScansLost)
	add(o.marks&Polluted != 0, obs.Polluted)
	add(o.marks&Fault != 0, obs.Fault)
	add(o.slices-o.clear < fewSlices || o.height == 0, obs.FewSamples)
	add(o.clear == 0, obs.Truncated)
	add(o.marks&ClockUnset != 0, obs.ClockUnset)
	return f
}

// width is the 98 % quantile of the slice widths without mirrors; walls is the number of
// its sides (0 to 2) that were mostly seen on their side.
func (o *object) width(e *Engine) (w float64, walls int, ok bool) {
	use := o.list
	var excluded []bool
	if !e.cfg.Mirrors {
		excluded = o.mirrors(e)
	}
	var widths []float64
	var left, right int
	for i, s := range use {
		if !s.edges || (excluded != nil && excluded[i]) {
			continue
		}
		widths = append(widths, float64(s.r-s.l))
		left, right = left+b2i(s.wl), right+b2i(s.wr)
	}
	if len(widths) == 0 {
		return 0, 0, false
	}
	slices.Sort(widths)
	n := len(widths)
	return widths[int(widthQ*float64(n-1))], b2i(2*left > n) + b2i(2*right > n), true
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// mirrors marks the slices in which something stands out of both the vehicle before and
// behind it by more than 80 mm, at a mirror's height, for a mirror's length, near the front.
func (o *object) mirrors(e *Engine) []bool {
	if len(o.list) < fewSlices {
		return nil
	}
	out := make([]bool, len(o.list))
	place, total := o.places()
	for _, side := range [2]float32{-1, 1} {
		half := make([]float32, len(o.list))
		for i, s := range o.list {
			half[i] = s.r
			if side < 0 {
				half[i] = -s.l
			}
		}
		limit := o.usual(half) + mirrorMM
		for from := 0; from < len(half); from++ {
			if half[from] <= limit {
				continue
			}
			to, inBand := from, true
			for to < len(half) && half[to] > limit {
				z := o.list[to].zr
				if side < 0 {
					z = o.list[to].zl
				}
				inBand = inBand && z >= mirrorLow && z <= mirrorHigh
				to++
			}
			if inBand && o.mirrorPlace(e, place, total, from, to) {
				for i := from; i < to; i++ {
					out[i] = true
				}
			}
			from = to
		}
	}
	return out
}

// usual is the median of a side's half-width. Of equal slices in a row a second's worth
// counts, so that a vehicle that stands with its mirrors in the plane is not all mirror.
func (o *object) usual(half []float32) float32 {
	var v []float32
	run := 0
	for i, s := range o.list {
		if run++; !s.same {
			run = 0
		}
		if run*o.stride <= usualCap {
			v = append(v, half[i])
		}
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// places numbers the slices along the vehicle; of a stand that lasts, a few seconds count.
func (o *object) places() (place []float64, total float64) {
	place = make([]float64, len(o.list)+1)
	run := 0
	for i, s := range o.list {
		run++
		if !s.same {
			run = 0
		}
		place[i+1] = place[i]
		if run*o.stride <= stillCap {
			place[i+1]++
		}
	}
	return place, max(place[len(o.list)], 1)
}

func (o *object) mirrorPlace(e *Engine, place []float64, total float64, from, to int) bool {
	if to >= len(o.list) { // it stands out to the very end: no mirror
		return false
	}
	if e.cfg.Speed > 0 && e.period > 0 {
		long := o.list[to-1].at.Sub(o.list[from].at).Seconds() * float64(e.cfg.Speed)
		first := o.list[to-1].at.Sub(o.start).Seconds() / max(o.end.Sub(o.start).Seconds(), 1e-3)
		return long < mirrorLen && first <= mirrorPos
	}
	moving := 0 // slices of a stand on the mirror count once
	for i := from; i < to; i++ {
		moving += b2i(!o.list[i].same)
	}
	length := min(place[to]-place[from], float64(moving)+1)
	total -= place[to] - place[from] - length
	return length/total <= mirrorPart && (place[from]+length)/total <= mirrorPos
}

// thinned gives at most 512 slices, evenly.
func (o *object) thinned() []obs.Slice {
	n := min(len(o.list), outSlices)
	out := make([]obs.Slice, 0, n)
	for k := range n {
		s := o.list[k*len(o.list)/n]
		out = append(out, obs.Slice{T: int32(s.at.Sub(o.start) / time.Millisecond),
			Height: round(float64(s.height)), Left: round(float64(s.l)), Right: round(float64(s.r))})
	}
	return out
}

// The uncertainty model, 95 % half-widths in mm, independent parts added in squares.
const (
	uSuspension = 20.0 // the body moves on its springs
	uRoll       = 0.1 * math.Pi / 180
	uMeasured   = 8.0  // of the calibrated mount height
	uStated     = 50.0 // of a height from the settings
	uHidden     = 25.0 // a side seen from above only may bulge below the roof ...
	uOneScanner = 60.0 // ... of which one scanner sees nothing at all
	uLateral    = 17.0 // angular step and placement of two scanners
)

func (o *object) uHeight(e *Engine) quant.Length {
	if o.height == 0 {
		return 0
	}
	mount := uMeasured
	arm := 0.0
	for _, u := range e.units {
		if !u.measured {
			mount = uStated
		}
		arm = max(arm, math.Abs(u.x)+1300)
	}
	return quant.Length(math.Ceil(hypot(float64(e.cfg.URange), arm*uRoll, mount, uSuspension)))
}

// uWidth adds both sides: a wall has the range's error, an edge seen from above that of
// the beam spacing, the footprint and what may be hidden below it.
func (o *object) uWidth(e *Engine, walls int) quant.Length {
	mid := o.list[len(o.list)/2]
	spacing, foot := e.edgeError(edge{x: float64(mid.r), z: float64(mid.zr)})
	wall := float64(e.cfg.URange)
	hidden := uHidden
	if o.oneScanner() {
		hidden = uOneScanner
	}
	flat := hypot(spacing, foot/2, hidden)
	sum := hypot(uLateral, float64(walls)*wall/math.Sqrt2, float64(2-walls)*flat/math.Sqrt2)
	return quant.Length(math.Ceil(sum))
}

func hypot(v ...float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x * x
	}
	return math.Sqrt(s)
}
