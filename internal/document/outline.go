package document

import (
	"github.com/go-pdf/fpdf"

	"acsgd/fusion"
	"acsgd/fusion/rules"
)

// outline draws the vehicle as the profiler saw it: from the side and from above, both to
// one scale, with the limits of height and width that were applied.
func (p *paper) outline() {
	const room = 62.0
	p.head(p.w.t("sec.outline"), room)
	z := p.p.Size
	if z == nil {
		p.para(plain.in(amber), p.w.t("say.no_outline"))
		return
	}
	p.fields(p.box("f.length", 1.0/3, p.size(z.Length, z.ULength), ""), p.box("f.width", 1.0/3, p.size(z.Width, z.UWidth), ""),
		p.box("f.height", 1.0/3, p.size(z.Height, z.UHeight), ""))
	pts := outlinePoints(z.Outline)
	if len(pts) < 2 {
		p.para(plain.in(amber), p.w.t("say.no_outline"))
		return
	}
	p.y += 2
	var long, high, wide float64
	for _, q := range pts {
		long = max(long, float64(q.X))
		high = max(high, float64(q.Z))
		wide = max(wide, 2*max(abs(q.Left), abs(q.Right)))
	}
	k := min((width-44)/long, 34/high, 24/max(wide, 1))
	p.side(pts, k, long, high)
	p.above(pts, k, long, wide)
}

// outlinePoints are the points in order of X that can be drawn.
func outlinePoints(all []fusion.Point) []fusion.Point {
	const sane = 100_000 // mm
	var out []fusion.Point
	for _, q := range all {
		ok := q.X >= 0 && q.X <= sane && q.Z >= 0 && q.Z <= sane && abs(q.Left) <= sane && abs(q.Right) <= sane
		if ok && (len(out) == 0 || q.X >= out[len(out)-1].X) {
			out = append(out, q)
		}
		if len(out) == 1024 {
			break
		}
	}
	if len(out) > 0 && (out[len(out)-1].X == 0 || !hasHeight(out)) {
		return nil
	}
	return out
}

func hasHeight(pts []fusion.Point) bool {
	for _, q := range pts {
		if q.Z > 0 {
			return true
		}
	}
	return false
}

func abs[T ~int32](v T) float64 {
	if v < 0 {
		return -float64(v)
	}
	return float64(v)
}

// side draws the heights over the length. x grows with the distance from the front.
func (p *paper) side(pts []fusion.Point, k, long, high float64) {
	h := high*k + 9
	p.need(h)
	p.put(margin, p.y, small, p.w.t("say.side"))
	p.put(margin, p.y+3.5, style{size: 6.3, colour: grey}, "← "+p.w.t("say.direction"))
	x0, road := margin+26.0, p.y+high*k+4
	poly := []fpdf.PointType{{X: x0, Y: road}}
	for _, q := range pts {
		poly = append(poly, fpdf.PointType{X: x0 + float64(q.X)*k, Y: road - float64(q.Z)*k})
	}
	poly = append(poly, fpdf.PointType{X: x0 + long*k, Y: road})
	p.shape(poly)
	p.ink(rule)
	p.pen(0.2)
	p.Line(x0-3, road, x0+long*k+3, road)
	if l := p.limitOf("height"); l > 0 && l < 2*high {
		p.limitLine(x0-3, road-l*k, x0+long*k+3, p.w.int(int64(l)))
	}
	p.y = road + 3
}

// above draws the edges over the length; where they were not measured it says so.
func (p *paper) above(pts []fusion.Point, k, long, wide float64) {
	if wide == 0 {
		p.para(plain.in(amber), p.w.t("say.no_edges"))
		return
	}
	h := wide*k + 8
	p.need(h)
	p.put(margin, p.y, small, p.w.t("say.top"))
	x0, mid := margin+26.0, p.y+h/2
	var left, right []fpdf.PointType
	for _, q := range pts {
		if q.Left == 0 && q.Right == 0 {
			continue
		}
		x := x0 + float64(q.X)*k
		left = append(left, fpdf.PointType{X: x, Y: mid + float64(q.Left)*k})
		right = append(right, fpdf.PointType{X: x, Y: mid + float64(q.Right)*k})
	}
	for i := len(right) - 1; i >= 0; i-- {
		left = append(left, right[i])
	}
	p.shape(left)
	p.ink(rule)
	p.pen(0.12)
	p.SetDashPattern([]float64{3, 1, 0.5, 1}, 0)
	p.Line(x0-3, mid, x0+long*k+3, mid)
	p.SetDashPattern(nil, 0)
	if l := p.limitOf("width"); l > 0 && l < 2*wide {
		text := p.w.int(int64(l))
		p.limitLine(x0-3, mid-l*k/2, x0+long*k+3, text)
		p.limitLine(x0-3, mid+l*k/2, x0+long*k+3, "")
	}
	p.y += h
}

func (p *paper) shape(poly []fpdf.PointType) {
	if len(poly) < 3 {
		return
	}
	p.ink(blue)
	p.paint(colour{224, 232, 243})
	p.pen(0.3)
	p.Polygon(poly, "DF")
}

// limitLine draws a limit across the outline.
func (p *paper) limitLine(x, y, to float64, text string) {
	p.ink(red)
	p.pen(0.25)
	p.SetDashPattern([]float64{1.6, 1}, 0)
	p.Line(x, y, to, y)
	p.SetDashPattern(nil, 0)
	if text != "" {
		p.put(to+1, y-1.4, style{size: 6.3, colour: red}, p.w.t("col.limit")+" "+text)
	}
}

// limitOf is the limit of a size in millimetres; 0 where none was applied.
func (p *paper) limitOf(quantity string) float64 {
	for i := range p.p.Findings {
		f := &p.p.Findings[i]
		if f.Quantity == quantity && f.Limit != nil && f.Unit == "mm" && f.Verdict != rules.Undetermined {
			return float64(*f.Limit) / 1000
		}
	}
	return 0
}
