package roc

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// style is how a detector is drawn: apart by colour, dashes and mark, for eyes that do not
// see the colours and for paper.
type style struct {
	detector int
	colour   string
	dash     string
	mark     string // path of a mark around 0,0
	label    string
}

var styles = []style{
	{engine, "#0072b2", "", "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", "engine"},
	{tuned, "#b35c00", "7 4", "M0-5L4.6 3.6H-4.6z", "k-sigma tuned"},
	{vendor, "#4d4d4d", "2 3.5", "M-3.6-3.6H3.6V3.6H-3.6z", "portal's rule, k = 5"},
}

const (
	panelW, panelH = 262.0, 200.0
	gapX, gapY     = 66.0, 92.0
	originX        = 64.0
	originY        = 88.0
)

// panel is one diagram.
type panel struct {
	b      *strings.Builder
	x0, y0 float64
	x      func(float64) float64 // 0..1
}

func (p *panel) at(x, y float64) (float64, float64) {
	return p.x0 + p.x(x)*panelW, p.y0 + (1-y)*panelH
}

func (p *panel) frame(title, below string, ticks []float64, name func(float64) string) {
	fmt.Fprintf(p.b, `<text x="%.0f" y="%.0f" class="t">%s</text>`+"\n", p.x0, p.y0-12, title)
	fmt.Fprintf(p.b, `<rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" class="f"/>`+"\n", p.x0, p.y0, panelW, panelH)
	for y := range 6 {
		v := float64(y) / 5
		_, py := p.at(ticks[0], v)
		fmt.Fprintf(p.b, `<path d="M%.1f %.1fh%.0f" class="g"/><text x="%.1f" y="%.1f" class="s" text-anchor="end">%d</text>`+"\n", p.x0, py, panelW, p.x0-6, py+4, y*20)
	}
	for _, v := range ticks {
		px, _ := p.at(v, 0)
		fmt.Fprintf(p.b, `<path d="M%.1f %.1fv%.0f" class="g"/><text x="%.1f" y="%.1f" class="s" text-anchor="middle">%s</text>`+"\n", px, p.y0, panelH, px, p.y0+panelH+16, name(v))
	}
	fmt.Fprintf(p.b, `<text x="%.1f" y="%.1f" class="s" text-anchor="middle">%s</text>`+"\n", p.x0+panelW/2, p.y0+panelH+34, below)
}

// series draws points with their band; every marks-th one has a mark.
func (p *panel) series(st style, x []float64, e []Estimate, marks int) {
	if len(x) == 0 {
		return
	}
	var line, band strings.Builder
	for i := range x {
		px, py := p.at(x[i], e[i].P)
		fmt.Fprintf(&line, "%c%.1f %.1f", "ML"[min(i, 1)], px, py)
		bx, by := p.at(x[i], e[i].Hi)
		fmt.Fprintf(&band, "%c%.1f %.1f", "ML"[min(i, 1)], bx, by)
	}
	for i := len(x) - 1; i >= 0; i-- {
		bx, by := p.at(x[i], e[i].Lo)
		fmt.Fprintf(&band, "L%.1f %.1f", bx, by)
	}
	fmt.Fprintf(p.b, `<path d="%sz" fill="%s" fill-opacity=".16"/><path d="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`+"\n", band.String(), st.colour, line.String(), st.colour, st.dash)
	for i := 0; i < len(x); i += marks {
		px, py := p.at(x[i], e[i].P)
		p.mark(st, px, py)
	}
}

func (p *panel) mark(st style, x, y float64) {
	fmt.Fprintf(p.b, `<path transform="translate(%.1f %.1f)" d="%s" fill="%s" stroke="#fff" stroke-width=".8"/>`+"\n", x, y, st.mark, st.colour)
}

// SVG draws detection against strength, point and distributed, and against the false
// alarms; a row for each background with templates.
func SVG(w io.Writer, studies []*Study) error {
	studies = slices.DeleteFunc(slices.Clone(studies), func(s *Study) bool { return s.Learned == 0 })
	var b strings.Builder
	width := originX + 3*panelW + 2*gapX + 24
	height := originY + float64(len(studies))*(panelH+gapY) - 34
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="DejaVu Sans, Noto Sans, sans-serif" font-size="13">
<title>Detection of radioactive sources by three detectors at equal false alarms</title>
<style>.f{fill:none;stroke:#5b6570}.g{stroke:#e3e6e9;fill:none}.s{fill:#3a4048;font-size:12px}.t{font-weight:700;fill:#1c1f23}</style>
<rect width="%.0f" height="%.0f" fill="#fff"/>
`, width, height, width, height)
	key := panel{b: &b}
	for i, st := range styles {
		x := originX + float64(i)*170
		fmt.Fprintf(&b, `<path d="M%.0f 30h36" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`+"\n", x, st.colour, st.dash)
		key.mark(st, x+18, 30)
		fmt.Fprintf(&b, `<text x="%.0f" y="34">%s</text>`+"\n", x+44, st.label)
	}
	fmt.Fprintf(&b, `<text x="%.0f" y="34" class="s">sources detected, percent; bands: 95 %% intervals</text>`+"\n", originX+3*170+56)
	for i, s := range studies {
		s.draw(&b, originY+float64(i)*(panelH+gapY))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Study) draw(b *strings.Builder, y float64) {
	name := func(v float64) string { return fmt.Sprint(int(v)) }
	first, last := float64(Strengths[0]), float64(Strengths[len(Strengths)-1])
	var k []float64
	for _, v := range Strengths {
		k = append(k, float64(v))
	}
	for f, form := range sources {
		p := panel{b: b, x0: originX + float64(f)*(panelW+gapX), y0: y, x: func(v float64) float64 { return (v - first) / (last - first) }}
		p.frame(fmt.Sprintf("%s, %s, %g %% false alarms", s.Background, form, s.Allowed*100), "net counts/s at closest approach", []float64{200, 400, 600, 800, 1000}, name)
		for i := len(styles) - 1; i >= 0; i-- {
			p.series(styles[i], k, s.Outcomes[styles[i].detector].Detected[f], 1)
		}
	}
	s.curves(b, originX+2*(panelW+gapX), y)
}

// curves is the right panel.
func (s *Study) curves(b *strings.Builder, x, y float64) {
	low := math.Floor(math.Log10(s.Outcomes[engine].Curve[0].False))
	var ticks []float64
	for d := low; d <= -1; d++ {
		ticks = append(ticks, math.Pow(10, d))
	}
	p := panel{b: b, x0: x, y0: y, x: func(v float64) float64 { return (math.Log10(v) - low) / (-1 - low) }}
	p.frame(fmt.Sprintf("%s, point, %d counts/s", s.Background, CurveStrength), "false alarms an occupancy, percent", ticks,
		func(v float64) string { return fmt.Sprintf("%g", math.Round(v*1e8)/1e6) })
	px, _ := p.at(s.Allowed, 0)
	fmt.Fprintf(b, `<path d="M%.1f %.1fv%.0f" stroke="#5b6570" stroke-dasharray="1 2"/>`+"\n", px, y, panelH)
	for i := len(styles) - 1; i >= 0; i-- {
		o := s.Outcomes[styles[i].detector]
		if o.Fixed { // one point, at the left edge if it has no false alarm at all
			at := max(float64(o.False)/float64(s.Clean), math.Pow(10, low))
			px, py := p.at(at, o.at(CurveStrength).P)
			p.mark(styles[i], px, py)
			continue
		}
		var rate []float64
		var e []Estimate
		for _, c := range o.Curve {
			rate, e = append(rate, c.False), append(e, c.Estimate)
		}
		p.series(styles[i], rate, e, 3)
	}
}

// at is the detection of a point source.
func (o *Outcome) at(strength int) Estimate {
	for k, v := range Strengths {
		if v == strength {
			return o.Detected[0][k]
		}
	}
	return Estimate{}
}
