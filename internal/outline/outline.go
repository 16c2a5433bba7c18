// Package outline draws what the profiler saw of a vehicle: from the side and from above, to
// one scale, with its length, width and height, its axles, and what stands beyond a limit.
//
// Of turns a passage into lines in millimetres, for whoever draws: a document, a page. SVG
// makes a picture of its own of them. Both are pure.
package outline

import (
	"cmp"
	"math"
	"slices"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// least is how many cross-sections make a picture; fewer are no shape.
const least = 8

// Point is a place in a view, mm: X behind the vehicle's front; Y above the road in the view
// from the side, and from the vehicle's middle line, positive to the right of the driving
// direction, in the view from above: with the front to the left that is as a bird sees it.
type Point struct{ X, Y quant.Length }

// Role says what a line is, so that it can be drawn as such.
type Role string

// The roles.
const (
	Body   Role = "body"   // the outline, closed
	Wheel  Role = "wheel"  // closed
	Limit  Role = "limit"  // a limit of length, width or height that was judged
	Excess Role = "excess" // what stands beyond a limit that is exceeded, closed
	Ground Role = "ground" // the road, or the vehicle's middle line
	Source Role = "source" // how far what radiates extends, closed; and its middle, a line up
)

// Line is a line of a view.
type Line struct {
	Role   Role
	Closed bool
	Points []Point
}

// View is one view; what comes later in Lines lies above what comes before.
type View struct{ Lines []Line }

// Bounds gives the corners of all lines.
func (v *View) Bounds() (low, high Point) {
	low, high = Point{math.MaxInt32, math.MaxInt32}, Point{math.MinInt32, math.MinInt32}
	for _, l := range v.Lines {
		for _, p := range l.Points {
			low = Point{min(low.X, p.X), min(low.Y, p.Y)}
			high = Point{max(high.X, p.X), max(high.Y, p.Y)}
		}
	}
	return low, high
}

func (v *View) add(role Role, closed bool, points ...Point) {
	v.Lines = append(v.Lines, Line{role, closed, points})
}

// Measure is one size with its 95 % half-width; U or Limit 0 is unknown.
type Measure struct {
	Value, U, Limit quant.Length
	Exceeds         bool // was judged to be beyond the limit
}

// Drawing is both views and the sizes.
type Drawing struct {
	Side, Top             View
	Source                View // what radiates, seen from the side; empty without an alarm that has a place
	Length, Width, Height Measure
	Axles                 []quant.Length // behind the front; empty if not all places are known
	Void                  obs.Flag       // why the sizes must not be judged; "" is no reason
}

// Of draws a passage. ok is false if it has no outline: no length is known, or too little
// was seen.
func Of(p *fusion.Passage) (d Drawing, ok bool) {
	z := p.Size
	if z == nil || z.Length <= 0 || len(z.Outline) < least {
		return d, false
	}
	d.Length, d.Width, d.Height = measure(p, "length", z.Length, z.ULength), measure(p, "width", z.Width, z.UWidth), measure(p, "height", z.Height, z.UHeight)
	for _, f := range z.Flags {
		if f.Voids() {
			d.Void = f
			break
		}
	}
	d.Axles = axles(p)
	all := slices.Clone(z.Outline)
	slices.SortStableFunc(all, func(a, b fusion.Point) int { return cmp.Compare(a.X, b.X) })
	d.side(all)
	d.top(all)
	d.source(p)
	return d, true
}

func measure(p *fusion.Passage, quantity string, value, u quant.Length) Measure {
	m := Measure{Value: value, U: u}
	for i := range p.Findings {
		f := &p.Findings[i]
		if f.Quantity != quantity || f.Limit == nil {
			continue
		}
		m.Limit, m.Exceeds = quant.Length(*f.Limit/1000), f.Verdict == rules.Exceeds
	}
	return m
}

// axles are the places of all axles, if every one is known.
func axles(p *fusion.Passage) (at []quant.Length) {
	x := p.Size.Overhang
	for i, a := range p.Axles {
		step := a.Gap
		if i == 0 {
			step = x
		}
		if x += a.Gap; step <= 0 || x > p.Size.Length {
			return nil
		}
		at = append(at, x)
	}
	return at
}

const (
	frame  = 600 // mm: the outline is closed along the frame; what hangs lower is not seen
	radius = 500 // of a wheel
	tread  = 300 // of a wheel, seen from above
	mirror = 80  // a section wider by more than what was judged has mirrors
)

func (d *Drawing) side(all []fusion.Point) {
	v := &d.Side
	first, last := all[0], all[len(all)-1]
	body := []Point{{first.X, frame}}
	for _, p := range all {
		body = append(body, Point{p.X, max(p.Z, frame)})
	}
	v.add(Body, true, append(body, Point{last.X, frame})...)
	if d.Height.Exceeds {
		for _, run := range beyond(all, func(p fusion.Point) quant.Length { return p.Z - d.Height.Limit }) {
			v.excess(run, d.Height.Limit, func(p fusion.Point) quant.Length { return p.Z })
		}
	}
	for _, x := range d.Axles {
		v.add(Wheel, true, circle(Point{x, radius})...)
	}
	v.add(Ground, false, Point{-500, 0}, Point{d.Length.Value + 500, 0})
	if l := d.Height.Limit; l > 0 {
		v.add(Limit, false, Point{-500, l}, Point{d.Length.Value + 500, l})
	}
	if l := d.Length.Limit; l > 0 && l < d.Length.Value+4000 {
		v.add(Limit, false, Point{l, 0}, Point{l, d.Height.Value})
	}
	if d.Length.Exceeds {
		v.add(Excess, true, Point{d.Length.Limit, 0}, Point{d.Length.Limit, 150}, Point{d.Length.Value, 150}, Point{d.Length.Value, 0})
	}
}

// source draws where a radiation alarm has its peak: apart from Side, because a certificate
// of sizes has no place for it.
func (d *Drawing) source(p *fusion.Passage) {
	at, o := p.Place, p.Radiation
	if at == nil || o == nil || !o.GammaAlarm && !o.VendorAlarm && !o.NeutronAlarm {
		return
	}
	within := func(mm int32) quant.Length { return max(0, min(quant.Length(mm), d.Length.Value)) }
	from, to, middle := within(at.From), within(at.To), within(at.Middle)
	roof := max(d.Height.Value, 2*frame)
	d.Source.add(Source, true, Point{from, 0}, Point{from, roof}, Point{to, roof}, Point{to, 0})
	d.Source.add(Source, false, Point{middle, 0}, Point{middle, roof})
}

func (d *Drawing) top(all []fusion.Point) {
	v := &d.Top
	all = slices.DeleteFunc(slices.Clone(all), func(p fusion.Point) bool { return p.Right <= p.Left })
	if len(all) < least {
		return
	}
	middle := middleOf(all)
	for i := range all {
		all[i].Left, all[i].Right = all[i].Left-middle, all[i].Right-middle
	}
	var body []Point
	for _, p := range all {
		body = append(body, Point{p.X, p.Left})
	}
	for _, p := range slices.Backward(all) {
		body = append(body, Point{p.X, p.Right})
	}
	v.add(Body, true, body...)
	half := d.Width.Limit / 2
	judged := func(p fusion.Point, over quant.Length) quant.Length {
		if p.Right-p.Left > d.Width.Value+mirror {
			return 0
		}
		return over
	}
	if d.Width.Exceeds {
		for _, run := range beyond(all, func(p fusion.Point) quant.Length { return judged(p, p.Right-half) }) {
			v.excess(run, half, func(p fusion.Point) quant.Length { return p.Right })
		}
		for _, run := range beyond(all, func(p fusion.Point) quant.Length { return judged(p, -half-p.Left) }) {
			v.excess(run, -half, func(p fusion.Point) quant.Length { return p.Left })
		}
	}
	out := d.Width.Value / 2
	for _, x := range d.Axles {
		for _, side := range []quant.Length{out, -out + tread} {
			v.add(Wheel, true, Point{x - radius, side}, Point{x + radius, side}, Point{x + radius, side - tread}, Point{x - radius, side - tread})
		}
	}
	v.add(Ground, false, Point{-500, 0}, Point{d.Length.Value + 500, 0})
	if half > 0 {
		v.add(Limit, false, Point{-500, half}, Point{d.Length.Value + 500, half})
		v.add(Limit, false, Point{-500, -half}, Point{d.Length.Value + 500, -half})
	}
}

// middleOf is the vehicle's middle line in the lane: the median of the sections' middles,
// which a mirror on one side does not move.
func middleOf(all []fusion.Point) quant.Length {
	var m []quant.Length
	for _, p := range all {
		m = append(m, (p.Left+p.Right)/2)
	}
	slices.Sort(m)
	return m[len(m)/2]
}

// beyond gives the runs of sections whose excess is above 0.
func beyond(all []fusion.Point, excess func(fusion.Point) quant.Length) (runs [][]fusion.Point) {
	for from := 0; from < len(all); from++ {
		to := from
		for to < len(all) && excess(all[to]) > 0 {
			to++
		}
		if to > from {
			runs = append(runs, all[from:to])
			from = to
		}
	}
	return runs
}

// excess closes a run of sections along the limit.
func (v *View) excess(run []fusion.Point, limit quant.Length, of func(fusion.Point) quant.Length) {
	line := []Point{{run[0].X, limit}}
	for _, p := range run {
		line = append(line, Point{p.X, of(p)})
	}
	v.add(Excess, true, append(line, Point{run[len(run)-1].X, limit})...)
}

// circle is a wheel as 24 corners, for those who draw lines alone.
func circle(middle Point) (c []Point) {
	for k := range 24 {
		sin, cos := math.Sincos(float64(k) * math.Pi / 12)
		c = append(c, Point{middle.X + quant.Length(math.Round(radius*cos)), middle.Y + quant.Length(math.Round(radius*sin))})
	}
	return c
}
