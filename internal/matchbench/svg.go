package matchbench

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// style is how a method is drawn: apart by colour and mark.
type style struct{ method, colour, mark, label string }

var styles = []style{
	{"bound", "#4d4d4d", "", "the most that is possible"},
	{"ACSGD match", "#0072b2", "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", "ACSGD match, by --accept"},
	{"ACSGD match, channel learnt", "#009e9e", "M0-5L5 0L0 5L-5 0z", "the same, channel learnt"},
	{"weighted edit distance (Oliveira-Neto 2012)", "#b35c00", "M0-5L4.6 3.6H-4.6z", "weighted edit distance, by cost"},
	{"exact, hash table", "#1c1f23", "M-4-1H-1V-4H1V-1H4V1H1V4H-1V1H-4z", "exact"},
	{"ACSGD candidates within 1 + Levenshtein", "#a0307a", "M-3.6-3.6H3.6V3.6H-3.6z", "Levenshtein within 1 (scan, BK-tree, symmetric delete)"},
	{"ACSGD candidates within 2 + Levenshtein", "#a0307a", "M0 5L4.6-3.6H-4.6z", "Levenshtein within 2 (scan, BK-tree)"},
	{"PostgreSQL pg_trgm, GIN", "#2f7d32", "M-4-4L0-1L4-4L1 0L4 4L0 1L-4 4L-1 0z", "pg_trgm: three rules"},
}

const (
	chartW, chartH = 430.0, 300.0
	chartX, chartY = 62.0, 120.0
	chartGap       = 70.0
	leastFalse     = 1e-4
	mostFalse      = 0.1
)

// chart is one diagram: correct against false, this in decades.
type chart struct {
	b      *strings.Builder
	x0     float64
	bottom float64 // lowest share that is shown
}

func (c *chart) at(falsely, correct float64) (x, y float64) {
	f := min(max(falsely, leastFalse), mostFalse)
	x = math.Log10(f/leastFalse) / math.Log10(mostFalse/leastFalse)
	y = min(max((correct-c.bottom)/(1-c.bottom), 0), 1)
	return c.x0 + x*chartW, chartY + (1-y)*chartH
}

// SVG draws correct against false matches, a diagram for each error rate.
func (s *Study) SVG(w io.Writer) error {
	var b strings.Builder
	width, height := chartX+2*chartW+chartGap+24, chartY+chartH+52
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="DejaVu Sans, Noto Sans, sans-serif" font-size="13">
<title>Correct against false matches of plate reads, by method</title>
<style>.f{fill:none;stroke:#5b6570}.g{stroke:#e3e6e9;fill:none}.s{fill:#3a4048;font-size:12px}.t{font-weight:700;fill:#1c1f23}</style>
<rect width="%.0f" height="%.0f" fill="#fff"/>
`, width, height, width, height)
	for i, st := range styles {
		x, y := chartX+float64(i%3)*320, 22+float64(i/3)*22
		if st.mark == "" {
			fmt.Fprintf(&b, `<path d="M%.0f %.0fh24" stroke="%s" stroke-width="2" stroke-dasharray="5 3"/>`, x-12, y, st.colour)
		} else {
			mark(&b, st, x, y)
		}
		fmt.Fprintf(&b, `<text x="%.0f" y="%.0f">%s</text>`+"\n", x+18, y+4, st.label)
	}
	for rate, cer := range Rates {
		c := chart{&b, chartX + float64(rate)*(chartW+chartGap), 0.8 - 0.15*float64(rate)}
		c.frame(fmt.Sprintf("character error rate %g %%", cer*100))
		c.line(styles[0], s.Bound[rate])
		for _, st := range styles[1:] {
			for _, r := range s.Results {
				if r.Name == st.method && r.Missing == "" {
					c.method(st, r, rate)
				}
			}
		}
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (c *chart) frame(title string) {
	fmt.Fprintf(c.b, `<text x="%.0f" y="%.0f" class="t">%s</text><rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" class="f"/>`+"\n", c.x0, chartY-12, title, c.x0, chartY, chartW, chartH)
	for v := c.bottom; v < 1.001; v += (1 - c.bottom) / 4 {
		_, y := c.at(leastFalse, v)
		fmt.Fprintf(c.b, `<path d="M%.1f %.1fh%.0f" class="g"/><text x="%.1f" y="%.1f" class="s" text-anchor="end">%.4g</text>`+"\n", c.x0, y, chartW, c.x0-6, y+4, v*100)
	}
	for _, f := range []float64{1e-4, 1e-3, 1e-2, 1e-1} {
		x, _ := c.at(f, 1)
		fmt.Fprintf(c.b, `<path d="M%.1f %.1fv%.0f" class="g"/><text x="%.1f" y="%.1f" class="s" text-anchor="middle">%g</text>`+"\n", x, chartY, chartH, x, chartY+chartH+16, f*100)
	}
	fmt.Fprintf(c.b, `<text x="%.1f" y="%.1f" class="s" text-anchor="middle">false, percent of all reads</text>`+"\n", c.x0+chartW/2, chartY+chartH+36)
	fmt.Fprintf(c.b, `<text x="%.1f" y="%.1f" class="s">correct, percent of the declared</text>`+"\n", c.x0+6, chartY+chartH-8)
}

// line draws a curve.
func (c *chart) line(st style, points []Outcome) {
	var p strings.Builder
	n := 0
	for _, o := range points {
		if o.Correct.P < c.bottom {
			continue
		}
		x, y := c.at(o.False.P, o.Correct.P)
		fmt.Fprintf(&p, "%c%.1f %.1f", "ML"[min(n, 1)], x, y)
		n++
	}
	dash := ""
	if st.mark == "" {
		dash = "5 3"
	}
	fmt.Fprintf(c.b, `<path d="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`+"\n", p.String(), st.colour, dash)
}

func (c *chart) method(st style, r Result, rate int) {
	if r.Curve {
		var curve []Outcome // without the default accept, which has a margin of its own
		for _, o := range r.Rates[rate] {
			if o.Setting != "accept 0.9" {
				curve = append(curve, o)
			}
		}
		c.line(st, curve)
	}
	for _, o := range r.Rates[rate] {
		if o.Correct.P < c.bottom {
			continue
		}
		x, y := c.at(o.False.P, o.Correct.P)
		_, top := c.at(o.False.P, o.Correct.Hi)
		_, low := c.at(o.False.P, o.Correct.Lo)
		fmt.Fprintf(c.b, `<path d="M%.1f %.1fV%.1f" stroke="%s" stroke-width="1"/>`, x, top, low, st.colour)
		mark(c.b, st, x, y)
	}
}

func mark(b *strings.Builder, st style, x, y float64) {
	fmt.Fprintf(b, `<path transform="translate(%.1f %.1f)" d="%s" fill="%s" stroke="#fff" stroke-width=".8"/>`+"\n", x, y, st.mark, st.colour)
}
