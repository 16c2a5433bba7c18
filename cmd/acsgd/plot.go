package main

import (
	"bytes"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"acsgd/fusion/radiation"
)

// The frame of all our plots, in pixels.
const (
	plotWidth  = 800
	plotHeight = 275
	plotLeft   = 60
	plotTop    = 30
	plotInner  = plotHeight - plotTop - 55
)

// frame is one plot of a drawing: x and y in the data's own units.
type frame struct {
	b      *bytes.Buffer
	top    float64
	x0, x1 float64
	y0, y1 float64
	title  string
	xtitle string
	ytitle string
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
	for y := range ticks(f.y0, f.y1) {
		fmt.Fprintf(f.b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.4g</text>`+"\n", plotLeft, f.py(y), plotWidth-20, plotLeft-6, f.py(y)+4, y)
	}
	for x := range ticks(f.x0, f.x1) {
		fmt.Fprintf(f.b, `<text x="%.1f" y="%.1f" text-anchor="middle">%.4g</text>`+"\n", f.px(x), f.top+plotTop+plotInner+16, x)
	}
	fmt.Fprintf(f.b, `<text x="%d" y="%.1f" text-anchor="end">%s</text><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
		plotWidth-20, f.top+plotTop+plotInner+32, f.xtitle, plotWidth-20, f.top+18, f.ytitle)
}

// ticks yields round numbers from a to b, five to ten of them.
func ticks(a, b float64) iter.Seq[float64] {
	step := math.Pow(10, math.Floor(math.Log10((b-a)/5)))
	for _, k := range []float64{5, 2} {
		if (b-a)/(k*step) >= 5 {
			step *= k
			break
		}
	}
	return func(yield func(float64) bool) {
		for n := math.Ceil(a/step - 1e-9); n*step <= b+step*1e-9; n++ {
			if !yield(n*step + 0) { // + 0: no minus before a zero
				return
			}
		}
	}
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

// plotFolder takes the drawings of occupancies with an alarm; nil takes none.
type plotFolder struct{ dir string }

func newPlotFolder(dir string) (*plotFolder, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("folder of plots: %w", err)
	}
	return &plotFolder{dir}, nil
}

// write draws o if anything alarms in it.
func (p *plotFolder) write(o *radiation.Occupancy) error {
	if p == nil || !(o.VendorAlarm || o.GammaAlarm || o.NeutronAlarm || o.Analysis != nil && o.Analysis.Alarm) {
		return nil
	}
	name := fmt.Sprintf("%s-%d-%d.svg", o.Start.UTC().Format("20060102T150405"), o.Boot, o.Number)
	if err := os.WriteFile(filepath.Join(p.dir, name), drawOccupancy(o), 0o640); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return nil
}

// drawOccupancy draws the counts of all panels and of each pillar over time, in counts/s of
// a running second, with the background before it, what the vehicle's shadow leaves of it
// where that is known. The ground is red where the portal alarms, a bar at the top marks what
// our own k-sigma test says, and one at the bottom where on the vehicle the excess lies; below
// are the neutrons, where there are any lines of them.
func drawOccupancy(o *radiation.Occupancy) []byte {
	n := 1
	if len(o.Neutron) > 0 {
		n = 2
	}
	return svg(n, func(b *bytes.Buffer) {
		ss := o.Slices
		f := frame{b: b, x1: 1, y1: 10, xtitle: "seconds after the beginning", ytitle: "counts/s"}
		f.title = fmt.Sprintf("Occupancy %d, %s: %s sigma (%s), threshold %s", o.Number, o.Start.UTC().Format(time.DateTime), thousandths(max(o.MaxSigma, 0)), o.Group, thousandths(o.Threshold))
		if len(ss) == 0 {
			f.begin()
			return
		}
		seconds := func(i int) float64 { return float64(ss[i].At) / 1000 }
		span := 0.2
		if o.Interval > 0 {
			span = float64(o.Interval) / 1000
		}
		second := max(int(1/span), 1)
		f.x0, f.x1 = seconds(0), max(seconds(len(ss)-1), seconds(0)+1)
		// rate is the mean of the running second that ends with slice i, of some panels.
		rate := func(i int, panels ...int) float64 {
			from, sum := max(0, i+1-second), 0.0
			for _, s := range ss[from : i+1] {
				for _, p := range panels {
					sum += float64(s.Gamma[p])
				}
			}
			return sum / float64(i+1-from) / span
		}
		total := func(rates [4]int32) (v float64) {
			for _, r := range rates {
				v += float64(r)
			}
			return v
		}
		// The shadow is of the background that the vehicle was held against: the usual one where
		// the portal's own was implausibly low.
		bg, ground := total(o.Background), total(o.Background)
		if o.Guarded {
			ground = total(o.GuardBackground)
		}
		f.y1 = max(bg, ground)
		for i := range ss {
			f.y1 = max(f.y1, rate(i, 0, 1, 2, 3))
		}
		f.y1 *= 1.05
		f.begin()
		bar := func(from, to, y, height float64, colour string) {
			fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", f.px(from), y, f.px(to)-f.px(from), height, colour)
		}
		bottom := f.py(0)
		for i := range ss {
			if from := max(seconds(i)-span, f.x0); ss[i].Vendor {
				bar(from, seconds(i), bottom-plotInner, plotInner, "#f9d4d4")
			}
		}
		for i := range ss {
			if from := max(seconds(i)-span, f.x0); ss[i].Alarm {
				bar(from, seconds(i), bottom-plotInner, 6, "#990000")
			}
		}
		if a := o.Analysis; a != nil && a.Peak != nil {
			bar(max(float64(a.Peak.From)/1000, f.x0), min(float64(a.Peak.To)/1000, f.x1), bottom-6, 6, "#7f6000")
		}
		flat := func(v float64, style string) {
			f.line(2, func(k int) (x, y float64) { return []float64{f.x0, f.x1}[k], v }, style)
		}
		flat(bg, `stroke="#555"`)
		if o.Guarded {
			flat(ground, `stroke="#555" stroke-dasharray="1 3"`)
		}
		if a := o.Analysis; a != nil && len(a.Expected) == len(ss) {
			f.line(len(ss), func(i int) (x, y float64) { return seconds(i), ground * float64(a.Expected[i]) / 1000 }, `stroke="#555" stroke-dasharray="6 4"`)
		}
		f.line(len(ss), func(i int) (x, y float64) { return seconds(i), rate(i, 0, 1, 2, 3) }, `stroke="#0b5394" stroke-width="2"`)
		f.line(len(ss), func(i int) (x, y float64) { return seconds(i), rate(i, 0, 1) }, `stroke="#38761d"`)
		f.line(len(ss), func(i int) (x, y float64) { return seconds(i), rate(i, 2, 3) }, `stroke="#b45f06"`)
		x := plotLeft
		for _, l := range []struct{ text, colour string }{{"all panels", "#0b5394"}, {"left pillar", "#38761d"}, {"right pillar", "#b45f06"},
			{"— background, ··· usual", "#555"}, {"- - with this vehicle", "#555"}, {"ground: portal", "#c0504d"}, {"top: k-sigma", "#990000"}, {"bottom: excess", "#7f6000"}} {
			fmt.Fprintf(b, `<text x="%d" y="%d" fill="%s" font-size="10">%s</text>`+"\n", x, plotTop+plotInner+46, l.colour, l.text)
			x += 5*len([]rune(l.text)) + 14
		}
		if n == 1 {
			return
		}
		ns := o.Neutron
		g := frame{b: b, top: plotHeight, x0: f.x0, x1: f.x1, y1: 5, xtitle: f.xtitle, ytitle: "counts", title: fmt.Sprintf("Neutrons, background %s counts/s", thousandths(int32(o.NeutronBG)))}
		counted := func(i int) float64 { return total(ns[i].Counts) }
		for i := range ns {
			g.y1 = max(g.y1, counted(i)*1.1)
		}
		g.begin()
		for i := range ns {
			colour := "#674ea7"
			if ns[i].Alarm || ns[i].Vendor {
				colour = "#cc0000"
			}
			fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1f" stroke="%s" stroke-width="8"/>`+"\n", g.px(float64(ns[i].At)/1000), g.py(0), g.py(counted(i)), colour)
		}
	})
}

// drawClasses draws each class's shadow and how its vehicles spread about it: 80 % of them
// lie in the band.
func drawClasses(t *radiation.Templates, used []*radiation.Occupancy) []byte {
	return svg(len(t.Classes), func(b *bytes.Buffer) {
		for i := range t.Classes {
			c := &t.Classes[i]
			f := frame{b: b, top: float64(i * plotHeight), x1: 1, y1: 120, ytitle: "% of the background", xtitle: "along the occupancy, front to rear",
				title: fmt.Sprintf("%d vehicles of %d to %d slices", c.Count, c.From, c.To)}
			f.begin()
			var of []*radiation.Occupancy
			for _, o := range used {
				if n := len(o.Slices); n >= c.From && n <= c.To {
					of = append(of, o)
				}
			}
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
