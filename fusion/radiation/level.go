package radiation

import "math"

// test makes the level test: all panels and each pillar, a second long, against the
// background itself. That is the portal's own rule with a threshold that was learned: nearly
// all vehicles take from the background, so the portal's threshold is far above what they
// leave. It needs no shape, so it holds for vehicles that are like none.
func (r *TestResult) test(o *Occupancy) {
	if o.Thinned > 0 { // its profile is no longer one of seconds; the portal's rule saw all
		r.Sigma, r.Group, r.At = o.MaxSigma, o.Group, o.PeakAt
		return
	}
	bg := o.ground()
	w := max(1000/int(o.span()), 1)
	best := math.Inf(-1)
	for _, g := range groups {
		if g.mask != sums && g.mask != vertical {
			continue
		}
		b := [4]int64{int64(bg[0]), int64(bg[1]), int64(bg[2]), int64(bg[3])}
		expect := float64(float64(g.of(&b)*int64(o.span())*int64(w)) / 1000)
		if expect <= 0 {
			continue
		}
		n := int64(0)
		for i := range o.Slices {
			n += o.Slices[i].of(g)
			if i >= w {
				n -= o.Slices[i-w].of(g)
			}
			if i < w-1 {
				continue
			}
			if z := (float64(n) - expect) / math.Sqrt(expect); z > best {
				best, r.Group, r.At = z, g.name, o.Slices[i].At
			}
		}
	}
	if math.IsInf(best, -1) {
		r.Reason = "no background"
		return
	}
	r.Sigma = toMilli(best)
}

// of is a group's counts.
func (s *Slice) of(g group) int64 {
	c := [4]int64{int64(s.Gamma[0]), int64(s.Gamma[1]), int64(s.Gamma[2]), int64(s.Gamma[3])}
	return g.of(&c)
}
