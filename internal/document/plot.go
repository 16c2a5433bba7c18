package document

import (
	"math"

	"acsgd/internal/metrology"
)

// dot is one run in the plot: speed in km/h, errors in percent of the reference. lim is 0
// where no limit is named.
type dot struct {
	speed, err, lim float64
	over            bool
}

// dots are the runs that count and have a gross mass.
func (v *verification) dots() []dot {
	speed := map[int]float64{}
	for i := range v.c.Runs {
		speed[v.c.Runs[i].N] = float64(v.c.Runs[i].Speed) * 3.6 / 1000
	}
	var out []dot
	for i := range v.rep.Runs {
		t := &v.rep.Runs[i]
		if s := speed[t.N]; t.Counts && t.Mass != nil && t.Mass.Reference > 0 && s > 0 {
			ref := float64(t.Mass.Reference)
			out = append(out, dot{s, float64(t.Mass.Error) / ref * 100, float64(t.Mass.Limit) / ref * 100, t.Mass.Over})
		}
	}
	return out
}

// plot draws the error of the gross mass by speed, with the limits that are named and the
// ranges of speed.
func (v *verification) plot() {
	dots := v.dots()
	if len(dots) == 0 {
		return
	}
	const high = 54.0
	v.head(v.w.t("ver.plot"), high)
	left, right, up, down := margin+14, margin+width-4, v.y+4, v.y+high-10
	from, to := float64(v.c.Instrument.From)*3.6/1000, float64(v.c.Instrument.To)*3.6/1000
	most := 0.1
	for _, d := range dots {
		most = max(most, math.Abs(d.err), d.lim)
		from, to = min(from, d.speed), max(to, d.speed)
	}
	if to <= from {
		to = from + 1
	}
	most = min(most*1.1, 1000)
	x := func(s float64) float64 { return left + (s-from)/(to-from)*(right-left) }
	y := func(e float64) float64 { return (up+down)/2 - max(min(e, most), -most)/most*(down-up)/2 }
	v.grid(left, right, y, most)
	v.ranges(x, up, down)
	tick := style{size: 6.5, colour: grey, align: 'C'}
	for s := math.Ceil(from); s <= to; s += step(to - from) {
		v.put(x(s), down+1.5, tick, v.w.number(int64(math.Round(s*1000))))
	}
	for _, d := range dots {
		v.dot(x(d.speed), y, d)
	}
	v.put(left, v.y-0.5, small, v.w.t("ver.axis_error"))
	v.put(right, down+5, small.to('R'), v.w.t("ver.axis_speed"))
	v.y += high
}

// step is a round distance of about eight marks.
func step(span float64) float64 {
	for _, s := range []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100} {
		if span/s <= 9 {
			return max(s, 1)
		}
	}
	return 1000
}

func (v *verification) grid(left, right float64, y func(float64) float64, most float64) {
	s := 0.1
	for _, n := range []float64{0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500} {
		if most/s > 4 {
			s = n
		}
	}
	v.pen(0.12)
	for i := -4; i <= 4; i++ {
		e := float64(i) * s
		if math.Abs(e) > most {
			continue
		}
		v.ink(pale)
		if i == 0 {
			v.ink(black)
		}
		v.Line(left, y(e), right, y(e))
		v.put(left-1.5, y(e)-1.3, style{size: 6.5, colour: grey, align: 'R'}, v.w.number(int64(math.Round(e*1000))))
	}
}

// ranges draws where one range of speed ends and the next begins.
func (v *verification) ranges(x func(float64) float64, up, down float64) {
	v.ink(rule)
	v.pen(0.15)
	v.SetDashPattern([]float64{1, 1}, 0)
	for i := range v.rep.Bands {
		b := &v.rep.Bands[i]
		if b.Name != metrology.NearMin || i == 0 {
			at := x(float64(b.From) * 3.6 / 1000)
			v.Line(at, up, at, down)
		}
		if i == len(v.rep.Bands)-1 {
			at := x(float64(b.To) * 3.6 / 1000)
			v.Line(at, up, at, down)
		}
	}
	v.SetDashPattern(nil, 0)
}

// dot draws one run, and its limits above and below.
func (v *verification) dot(x float64, y func(float64) float64, d dot) {
	if d.lim > 0 {
		v.ink(amber)
		v.pen(0.25)
		v.Line(x-1.1, y(d.lim), x+1.1, y(d.lim))
		v.Line(x-1.1, y(-d.lim), x+1.1, y(-d.lim))
	}
	v.paint(blue)
	if d.over {
		v.paint(red)
		v.Rect(x-0.9, y(d.err)-0.9, 1.8, 1.8, "F")
		return
	}
	v.Circle(x, y(d.err), 0.9, "F")
}
