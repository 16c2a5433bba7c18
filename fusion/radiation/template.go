package radiation

import "math"

// Parts is how many equal parts of an occupancy a template has.
const Parts = 20

// Templates are the learned shadows of vehicles. A vehicle takes away 30 to 50 % of the
// background, in which a source hides from a fixed threshold; against the shadow that is
// expected of its class the same source stands out. They are data: learned by Learn from
// confirmed occupancies, put in force with a version.
type Templates struct {
	Version   string  `json:"version,omitempty"`
	Threshold int32   `json:"threshold_milli_sigma"` // alarm above
	Classes   []Class `json:"classes"`               // in ascending order of To
}

// Class is the shadow of vehicles of one kind, told apart by how long they take.
type Class struct {
	To      int          `json:"to_slices"` // up to so many slices; the last class takes all
	Count   int          `json:"learned_from"`
	Profile [Parts]int32 `json:"profile_permille"` // share of the background that remains, front to rear
	// Windows is what remains of each energy window, in permille of what remains of all: steel
	// takes more of the low ones. Zero where no clean occupancy had windows.
	Windows [4]int32 `json:"windows_permille,omitzero"`
}

// Analyse makes the template test and the opposite-pillar test on a closed occupancy. A test
// that cannot be made says why; so do all of them if t is nil.
func (t *Templates) Analyse(o *Occupancy) *Analysis {
	a := &Analysis{}
	t.analyse(o, a)
	return a
}

// analyse overwrites a, whose memory it uses again.
func (t *Templates) analyse(o *Occupancy, a *Analysis) {
	*a = Analysis{Tests: append(a.Tests[:0], t.Test(o), TestResult{Name: TestPillars, Reason: "not learned"}), Expected: a.Expected[:0]}
	a.Tests = t.windowTests(o, a.Tests)
	if t != nil {
		a.Templates = t.Version
	}
	for i := range a.Tests {
		a.Alarm = a.Alarm || a.Tests[i].Alarm
	}
	a.shape(o, t)
}

// Use puts templates in force for the occupancies that end from now on; nil ends their use.
func (e *Engine) Use(t *Templates) { e.templates = t }

// leastSlices is the shortest occupancy that has a shape.
const leastSlices = 10

// classOf finds the class of an occupancy; nil without templates.
func (t *Templates) classOf(o *Occupancy) *Class {
	if t == nil || len(t.Classes) == 0 {
		return nil
	}
	return &t.Classes[t.class(len(o.Slices))]
}

// class finds the class of an occupancy of n slices.
func (t *Templates) class(n int) int {
	for i, c := range t.Classes {
		if n <= c.To {
			return i
		}
	}
	return len(t.Classes) - 1
}

// at is the profile at u = 0..1, straight between the middles of the parts.
func (c *Class) at(u float64) float64 {
	x := float64(u*Parts) - 0.5
	i := int(math.Floor(x))
	switch {
	case i < 0:
		return float64(c.Profile[0]) / 1000
	case i >= Parts-1:
		return float64(c.Profile[Parts-1]) / 1000
	}
	f := x - float64(i)
	return (float64(float64(c.Profile[i])*(1-f)) + float64(float64(c.Profile[i+1])*f)) / 1000
}

// Test runs the template test on a closed occupancy.
func (t *Templates) Test(o *Occupancy) TestResult {
	why := ""
	switch {
	case t == nil || len(t.Classes) == 0:
		why = "no templates"
	case o.Fault != "":
		why = o.Fault
	case !o.HasBG || sum(o.Background) <= 0:
		why = "no background"
	case o.Thinned > 0:
		why = "too long"
	case len(o.Slices) < leastSlices:
		why = "too short"
	}
	if why != "" {
		return TestResult{Name: TestTemplate, Reason: why}
	}
	ci := t.class(len(o.Slices))
	bg := o.Background
	if o.Guarded {
		bg = o.GuardBackground
	}
	w := shadow{class: &t.Classes[ci], slices: o.Slices, expect: float64(sum(bg)) * 0.2}
	scale := w.fit()
	res := w.strongest(bg, scale)
	res.Name, res.Threshold = TestTemplate, t.Threshold
	res.Alarm = t.Threshold > 0 && res.Sigma > t.Threshold
	return res
}

// shadow is one occupancy against one class.
type shadow struct {
	class  *Class
	slices []Slice
	expect float64 // counts a slice without vehicle, all panels
}

// u is the place of slice i along the vehicle.
func (w *shadow) u(i int) float64 { return (float64(i) + 0.5) / float64(len(w.slices)) }

// model is the share of the background that remains at slice i.
func (w *shadow) model(i int, scale float64) float64 {
	return max(1-float64(scale*(1-w.class.at(w.u(i)))), 0.05)
}

// fit finds the depth of the shadow, 0 to 2 times the class's, by least squares on the
// slices that the last depth explains within 1.5 standard deviations: a source does not
// lift its own threshold.
func (w *shadow) fit() float64 {
	scale := 1.0
	for round := range 8 {
		var xx, xy float64
		for i := range w.slices {
			n := float64(sum(w.slices[i].Gamma))
			m := float64(w.expect * w.model(i, scale))
			if round > 0 && math.Abs(n-m) > float64(1.5*math.Sqrt(m)) {
				continue
			}
			x := float64(w.expect * (1 - w.class.at(w.u(i))))
			xx += float64(x * x)
			xy += float64(x * (w.expect - n))
		}
		if xx <= 0 {
			return scale
		}
		next := max(0, min(2, xy/xx))
		done := math.Abs(next-scale) < 1e-4
		if scale = next; done && round > 0 {
			break
		}
	}
	return scale
}

// strongest slides the one-second window over the occupancy: all panels and each pillar.
func (w *shadow) strongest(bg [4]int32, scale float64) TestResult {
	res := TestResult{Sigma: math.MinInt32}
	for _, g := range groups {
		if g.mask != sums && g.mask != vertical {
			continue
		}
		b := [4]int64{int64(bg[0]), int64(bg[1]), int64(bg[2]), int64(bg[3])}
		share := float64(g.of(&b)) * 0.2
		if share <= 0 {
			continue
		}
		var n, m float64
		for i := range w.slices {
			n += w.count(g, i)
			m += float64(share * w.model(i, scale))
			if i >= defaultWindow {
				n -= w.count(g, i-defaultWindow)
				m -= float64(share * w.model(i-defaultWindow, scale))
			}
			if i < defaultWindow-1 {
				continue
			}
			if z := milliSigma2(n-m, m); z > res.Sigma {
				res.Sigma, res.Group, res.At = z, g.name, w.slices[i].At
			}
		}
	}
	return res
}

func (w *shadow) count(g group, i int) float64 {
	c := w.slices[i].Gamma
	n := [4]int64{int64(c[0]), int64(c[1]), int64(c[2]), int64(c[3])}
	return float64(g.of(&n))
}

// milliSigma2 is d in standard deviations of an expectation m.
func milliSigma2(d, m float64) int32 {
	return int32(max(math.MinInt32+1, min(math.MaxInt32, math.Floor(float64(d*1000)/math.Sqrt(m)))))
}
