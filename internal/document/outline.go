package document

import (
	"github.com/go-pdf/fpdf"

	"acsgd/internal/outline"
	"acsgd/internal/quant"
)

// outline draws the vehicle as the profiler saw it: from the side and from above, both to
// one scale, with the limits that were applied and what stands beyond them.
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
	d, ok := outline.Of(p.p)
	if !ok {
		p.para(plain.in(amber), p.w.t("say.no_outline"))
		return
	}
	p.y += 2
	long, high := span(&d.Side)
	above, wide := span(&d.Top)
	k := min((width-48)/max(long, above), 34/max(high, 1), 24/max(wide, 1))
	p.need(high*k + 9)
	p.put(margin, p.y, small, p.w.t("say.side"))
	p.put(margin, p.y+3.5, style{size: 6.3, colour: grey}, "← "+p.w.t("say.direction"))
	p.view(&d.Side, k, d.Height.Limit, p.area)
	if len(d.Top.Lines) == 0 {
		p.para(plain.in(amber), p.w.t("say.no_edges"))
		return
	}
	p.need(wide*k + 8)
	p.put(margin, p.y, small, p.w.t("say.top"))
	p.view(&d.Top, k, d.Width.Limit, p.over)
}

// span is how long and how high a view is, mm.
func span(v *outline.View) (long, high float64) {
	if len(v.Lines) == 0 {
		return 0, 0
	}
	low, top := v.Bounds()
	return float64(top.X) - float64(low.X), float64(top.Y) - float64(low.Y)
}

// view draws the lines of a view, k millimetres of paper to one of the vehicle, and writes
// the limit beside the first line that shows it. What is closed is drawn by area.
func (p *paper) view(v *outline.View, k float64, limit quant.Length, area func(outline.Role, []fpdf.PointType)) {
	low, top := v.Bounds()
	x0, y0 := margin+30.0-float64(low.X)*k, p.y+4+float64(top.Y)*k
	at := func(q outline.Point) fpdf.PointType {
		return fpdf.PointType{X: x0 + float64(q.X)*k, Y: y0 - float64(q.Y)*k}
	}
	for i := range v.Lines {
		l := &v.Lines[i]
		points := make([]fpdf.PointType, len(l.Points))
		for n, q := range l.Points {
			points[n] = at(q)
		}
		if l.Closed {
			area(l.Role, points)
			continue
		}
		from, to := points[0], points[len(points)-1]
		if l.Role != outline.Limit {
			p.stroke(rule, 0.2, nil, from, to)
			continue
		}
		p.stroke(red, 0.25, []float64{1.6, 1}, from, to)
		if from.Y == to.Y && limit > 0 {
			p.put(to.X+1, to.Y-1.4, style{size: 6.3, colour: red}, p.w.t("col.limit")+" "+p.w.int(int64(limit)))
			limit = 0
		}
	}
	p.y = y0 - float64(low.Y)*k + 3
}

func (p *paper) area(r outline.Role, points []fpdf.PointType) {
	line, fill := blue, colour{224, 232, 243}
	switch r {
	case outline.Wheel:
		line, fill = grey, colour{160, 166, 176}
	case outline.Excess:
		line, fill = red, colour{224, 120, 110}
	}
	p.ink(line)
	p.paint(fill)
	p.pen(0.3)
	p.Polygon(points, "DF")
}

// over is area as seen from above: wheels are under the body.
func (p *paper) over(r outline.Role, points []fpdf.PointType) {
	if r != outline.Wheel {
		p.area(r, points)
		return
	}
	p.ink(grey)
	p.pen(0.15)
	p.SetDashPattern([]float64{0.8, 0.6}, 0)
	p.Polygon(points, "D")
	p.SetDashPattern(nil, 0)
}

func (p *paper) stroke(c colour, pen float64, dashes []float64, from, to fpdf.PointType) {
	p.ink(c)
	p.pen(pen)
	p.SetDashPattern(dashes, 0)
	p.Line(from.X, from.Y, to.X, to.Y)
	p.SetDashPattern(nil, 0)
}
