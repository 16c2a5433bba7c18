package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"acsgd/fusion/radiation"
)

// The frame of all our plots, in pixels.
const (
	plotWidth  = 800
	plotHeight = 260
	plotLeft   = 60
	plotTop    = 30
	plotInner  = plotHeight - plotTop - 40
)

// frame is one plot of a drawing: x and y in the data's own units.
type frame struct {
	b        *bytes.Buffer
	top      float64
	x0, x1   float64
	y0, y1   float64
	title    string
	xtitle   string
	ytitle   string
	baseline float64
}

// px and py place a value.
func (f *frame) px(x float64) float64 {
	return plotLeft + (x-f.x0)/(f.x1-f.x0)*(plotWidth-plotLeft-20)
}

func (f *frame) py(y float64) float64 {
	return f.top + plotTop + (1-(max(f.y0, min(f.y1, y))-f.y0)/(f.y1-f.y0))*plotInner
}

// begin draws the axes with a few marks.
func (f *frame) begin() {
	fmt.Fprintf(f.b, `<text x="%d" y="%.0f" font-weight="bold">%s</text>`+"\n", plotLeft, f.top+18, f.title)
	for i := range 5 {
		y := f.y0 + (f.y1-f.y0)*float64(i)/4
		fmt.Fprintf(f.b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.4g</text>`+"\n", plotLeft, f.py(y), plotWidth-20, plotLeft-6, f.py(y)+4, y)
		x := f.x0 + (f.x1-f.x0)*float64(i)/4
		fmt.Fprintf(f.b, `<text x="%.1f" y="%.1f" text-anchor="middle">%.4g</text>`+"\n", f.px(x), f.top+plotTop+plotInner+16, x)
	}
	fmt.Fprintf(f.b, `<text x="%d" y="%.1f" text-anchor="end">%s</text><text x="%d" y="%.1f">%s</text>`+"\n",
		plotWidth-20, f.top+plotTop+plotInner+32, f.xtitle, 4, f.top+plotTop-12, f.ytitle)
}

// line draws a line through points; style is its stroke.
func (f *frame) line(n int, at func(i int) (x, y float64), style string) {
	f.b.WriteString(`<path fill="none" ` + style + ` d="`)
	for i := range n {
		x, y := at(i)
		fmt.Fprintf(f.b, "%c%.1f %.1f", "ML"[min(i, 1)], f.px(x), f.py(y))
	}
	f.b.WriteString("\"/>\n")
}

// svg makes a drawing of n plots.
func svg(n int, draw func(b *bytes.Buffer)) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, n*plotHeight)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", plotWidth, n*plotHeight)
	draw(&b)
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// drawClasses draws each class's shadow and how its vehicles spread about it: 80 % of them
// lie in the band.
func drawClasses(t *radiation.Templates, used []*radiation.Occupancy) []byte {
	return svg(len(t.Classes), func(b *bytes.Buffer) {
		from := 0
		for i := range t.Classes {
			c := &t.Classes[i]
			f := frame{b: b, top: float64(i * plotHeight), x1: 1, y1: 120, ytitle: "% of the background", xtitle: "along the occupancy, front to rear",
				title: fmt.Sprintf("%d vehicles of %d to %s slices", c.Count, from+1, upTo(c.To))}
			f.begin()
			var of []*radiation.Occupancy
			for _, o := range used {
				if n := len(o.Slices); n > from && n <= c.To {
					of = append(of, o)
				}
			}
			from = c.To
			u := func(part int) float64 { return (float64(part) + 0.5) / radiation.Parts }
			if len(of) >= 10 {
				band := make([][2]float64, radiation.Parts)
				for part := range band {
					band[part][0], band[part][1] = middle80(of, part)
				}
				f.line(2*len(band), func(k int) (x, y float64) {
					if k < len(band) {
						return u(k), band[k][0]
					}
					k = 2*len(band) - 1 - k
					return u(k), band[k][1]
				}, `style="fill:#cfe3f5;stroke:none"`)
			}
			f.line(radiation.Parts, func(k int) (x, y float64) { return u(k), float64(c.Profile[k]) / 10 }, `stroke="#0b5394" stroke-width="2"`)
		}
	})
}

func upTo(to int) string {
	if to == math.MaxInt32 {
		return "more"
	}
	return fmt.Sprint(to)
}

// middle80 gives the 10 % and 90 % quantiles of what remains of the background, in percent, at
// one part of the vehicles.
func middle80(of []*radiation.Occupancy, part int) (low, high float64) {
	v := make([]float64, 0, len(of))
	for _, o := range of {
		n := len(o.Slices)
		s := o.Slices[min((2*part+1)*n/(2*radiation.Parts), n-1)]
		g, bg := 0.0, 0.0
		for p := range s.Gamma {
			g += float64(s.Gamma[p])
			bg += float64(o.Background[p]) * 0.2
		}
		v = append(v, g/bg*100)
	}
	slices.Sort(v)
	return v[len(v)/10], v[len(v)*9/10]
}
