package outline

import (
	"fmt"
	"strings"

	"acsgd/internal/quant"
)

// Places of the picture, in its own units.
const (
	picture = 1200 // its width
	left    = 110  // of the front
	right   = 60
	above   = 64 // of the highest thing
	between = 70 // the views
	below   = 34
)

const style = `text{font:600 17px sans-serif;fill:#16181a}.small{font-size:14px;font-weight:400;fill:#555}` +
	`.body{fill:#dfe3e6;stroke:#16181a;stroke-width:1.6;stroke-linejoin:round}.wheel{fill:#16181a}` +
	`.hidden{fill:none;stroke:#777;stroke-dasharray:4 3}.ground{stroke:#16181a;stroke-width:1.4;fill:none}.middle{stroke:#888;stroke-dasharray:14 4 2 4;fill:none}` +
	`.limit{stroke:#b00020;stroke-dasharray:8 5;stroke-width:1.5;fill:none}.excess{fill:#e05a4a;stroke:#b00020}` +
	`.source{fill:#b00020;fill-opacity:.22;stroke:#b00020;stroke-width:2.5;stroke-dasharray:10 4}` +
	`.dim{stroke:#555;fill:none}.over{fill:#b00020}.void{text-decoration:line-through}`

// SVG gives the drawing as a picture on white. It has numbers and no words, so that it is
// the same in every language; lengths are metres.
func (d *Drawing) SVG() []byte {
	_, most := d.Side.Bounds()
	low, high := d.Top.Bounds()
	if len(d.Top.Lines) == 0 {
		low, high = Point{}, Point{}
	}
	scale := (picture - left - right) / float64(max(d.Length.Value, most.X-500, 6000))
	tall := max(most.Y, d.Height.Value)
	ground := above + scale*float64(tall)
	middle := ground + between + scale*float64(high.Y)
	height := middle - scale*float64(low.Y) + below
	c := canvas{scale: scale}
	fmt.Fprintf(&c.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %.0f" width="%d" height="%.0f"><style>%s</style><rect width="100%%" height="100%%" fill="#fff"/>`,
		picture, height, picture, height, style)
	c.origin = ground
	c.view(&d.Side, map[Role]string{})
	c.view(&d.Source, nil)
	void := d.Void != ""
	c.across(d.Length, void, above-34)
	c.along(d.Height, void, 0, d.Height.Value)
	if len(d.Top.Lines) > 0 {
		c.origin = middle
		c.view(&d.Top, map[Role]string{Ground: "middle", Wheel: "hidden"}) // under the body
		c.along(d.Width, void, -d.Width.Value/2, d.Width.Value/2)
	}
	c.b.WriteString("</svg>\n")
	return []byte(c.b.String())
}

// canvas writes a picture.
type canvas struct {
	b      strings.Builder
	scale  float64 // units of a millimetre
	origin float64 // where y is 0
}

func (c *canvas) x(mm quant.Length) float64 { return left + c.scale*float64(mm) }
func (c *canvas) y(mm quant.Length) float64 { return c.origin - c.scale*float64(mm) }

// view writes the lines of a view, each in the style of its role or as as says.
func (c *canvas) view(v *View, as map[Role]string) {
	for _, l := range v.Lines {
		class, ok := as[l.Role]
		if !ok {
			class = string(l.Role)
		}
		fmt.Fprintf(&c.b, `<path class="%s" d="`, class)
		for i, p := range l.Points {
			verb := 'L'
			if i == 0 {
				verb = 'M'
			}
			fmt.Fprintf(&c.b, "%c%.1f %.1f", verb, c.x(p.X), c.y(p.Y))
		}
		if l.Closed {
			c.b.WriteByte('Z')
		}
		c.b.WriteString(`"/>`)
	}
}

// across writes a measure along the vehicle at that height of the picture.
func (c *canvas) across(m Measure, void bool, at float64) {
	a, b := c.x(0), c.x(m.Value)
	fmt.Fprintf(&c.b, `<path class="dim" d="M%.1f %.1fH%.1fM%.1f %.1fv12M%.1f %.1fv12"/>`, a, at, b, a, at-6, b, at-6)
	c.text(m, void, (a+b)/2, at-8, "")
}

// along writes a measure from low to high beside the vehicle's front.
func (c *canvas) along(m Measure, void bool, low, high quant.Length) {
	if m.Value <= 0 {
		return
	}
	a, b := c.y(low), c.y(high)
	const x = left - 44.0
	fmt.Fprintf(&c.b, `<path class="dim" d="M%.1f %.1fV%.1fM%.1f %.1fh12M%.1f %.1fh12"/>`, x, a, b, x-6, a, x-6, b)
	mid := (a + b) / 2
	c.text(m, void, x-10, mid, fmt.Sprintf(` transform="rotate(-90 %.1f %.1f)"`, x-10, mid))
}

func (c *canvas) text(m Measure, void bool, x, y float64, turn string) {
	if m.Value <= 0 {
		return
	}
	class := ""
	if m.Exceeds {
		class = "over"
	}
	if void {
		class += " void"
	}
	s := metres(m.Value)
	if m.U > 0 {
		s += " ± " + metres(m.U)
	}
	limit := ""
	if m.Limit > 0 {
		limit = fmt.Sprintf(` <tspan class="small">≤ %s</tspan>`, metres(m.Limit))
	}
	fmt.Fprintf(&c.b, `<text class="%s" x="%.1f" y="%.1f" text-anchor="middle"%s>%s m%s</text>`, strings.TrimSpace(class), x, y, turn, s, limit)
}

func metres(l quant.Length) string { return fmt.Sprintf("%.2f", float64(l)/1000) }
