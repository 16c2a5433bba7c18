package radiation

import (
	"errors"
	"fmt"

	"acsgd/internal/quant"
)

// Parts is how many parts of an occupancy a template tells apart.
const Parts = 24

// Templates are the learned shadows of vehicles. A vehicle takes away 30 to 50 % of the
// background, in which a source hides from a fixed threshold; against the shadow that is
// expected of such a vehicle, and how shadows differ, the same source stands out. They are
// data: learned by Learn from confirmed occupancies, put in force with a version.
//
// The three thresholds share the false alarms that were allowed.
type Templates struct {
	Version   string  `json:"version,omitempty"`
	Threshold int32   `json:"threshold_milli_sigma"`         // of the template test; alarm above
	Pillars   int32   `json:"pillars_threshold_milli_sigma"` // of the opposite-pillar test
	Level     int32   `json:"level_threshold_milli_sigma"`   // of the level test
	Classes   []Class `json:"classes"`                       // in ascending order of To
}

// Class is the shadow of vehicles of one kind, told apart by how long they take.
type Class struct {
	From   int         `json:"from_slices,omitempty"`
	To     int         `json:"to_slices"`
	Count  int         `json:"learned_from"`
	Middle int         `json:"median_slices,omitempty"`
	Pace   quant.Speed `json:"median_beam_speed_mms,omitempty"` // 0 = the portal does not tell it
	// Halting is how many times further than others vehicles are from the profile that halt, in
	// thousandths; 0 = as far.
	Halting int32        `json:"halting_permille,omitempty"`
	Profile [Parts]int32 `json:"profile_permille"` // share of the background that remains, front to rear, mean of both pillars
	Tilt    [Parts]int32 `json:"tilt_permille"`    // half of what remains in the left pillar more than in the right one
	// How vehicles differ from Profile and from Tilt: covariances of the parts without the
	// counting statistics, in 10^-7, the lower triangle row by row.
	Spread     []int32 `json:"spread_e7"`
	TiltSpread []int32 `json:"tilt_spread_e7"`
	// Windows is what remains of each energy window, in permille of what remains of all: steel
	// takes more of the low ones. Zero where no clean occupancy had windows.
	Windows [4]int32 `json:"windows_permille,omitzero"`
}

// triangle is the length of Spread.
const triangle = Parts * (Parts + 1) / 2

// maxPace is faster than any beam believes, mm/s.
const maxPace = 100_000

// mostHalting is how many times further vehicles that halt may be from the profile.
const mostHalting = 5

// leastSlices is the shortest occupancy that has a shape.
const leastSlices = 10

// Use puts templates in force for the occupancies that end from now on; nil ends their use.
func (e *Engine) Use(t *Templates) { e.templates = t }

// Check reports what cannot have been learned.
func (t *Templates) Check() error {
	switch {
	case t.Threshold <= 0 || t.Pillars <= 0 || t.Level <= 0:
		return errors.New("a threshold is not above 0")
	case len(t.Classes) == 0:
		return errors.New("no class of vehicles")
	}
	to := 0
	for i := range t.Classes {
		c := &t.Classes[i]
		if c.Middle < 0 || c.Pace < 0 || c.Pace > maxPace || c.Halting < 0 || c.Halting > 1000*mostHalting {
			return fmt.Errorf("class %d: median of %d slices at %d mm/s, %d permille where it halts", i+1, c.Middle, c.Pace, c.Halting)
		}
		if c.To <= to || c.From < 0 || c.From > c.To {
			return fmt.Errorf("class %d is of %d to %d slices, after one of up to %d", i+1, c.From, c.To, to)
		}
		to = c.To
		for k, v := range c.Profile {
			if v < 0 || v > 2000 || c.Tilt[k] < -1000 || c.Tilt[k] > 1000 {
				return fmt.Errorf("class %d: part %d leaves %d permille of the background, %d more on the left", i+1, k+1, v, c.Tilt[k])
			}
		}
		if len(c.Spread) != triangle || len(c.TiltSpread) != triangle {
			return fmt.Errorf("class %d: %d and %d covariances, want %d", i+1, len(c.Spread), len(c.TiltSpread), triangle)
		}
		var m matrix
		for _, s := range [][]int32{c.Spread, c.TiltSpread} {
			m.unpack(s)
			if !m.invert() {
				return fmt.Errorf("class %d: its covariances are none", i+1)
			}
		}
	}
	return nil
}

// classOf finds the class of an occupancy, the last one if it took longer than all; nil
// without templates.
func (t *Templates) classOf(o *Occupancy) *Class {
	if t == nil || len(t.Classes) == 0 {
		return nil
	}
	return &t.Classes[t.kind(o)]
}

// kind is the index of an occupancy's class.
func (t *Templates) kind(o *Occupancy) int {
	for i := range t.Classes {
		if len(o.Slices) <= t.Classes[i].To {
			return i
		}
	}
	return len(t.Classes) - 1
}

// halting reports an occupancy that took long for a vehicle so fast: more than half of the
// median time at more than twice the median speed. It stopped beside the panels, or it is a
// lorry in a hurry. Its parts do not line up with those of others.
func (c *Class) halting(o *Occupancy) bool {
	return c.Pace > 0 && o.Beams > 2*c.Pace && 2*len(o.Slices) > c.Middle
}

// damp lowers what was found of a vehicle that halts.
func (c *Class) damp(z float64) float64 {
	if c.Halting <= 1000 || z <= 0 {
		return z
	}
	return float64(z*1000) / float64(c.Halting)
}

// Analyse makes the tests on a closed occupancy. A test that cannot be made says why; so do
// all that need templates if t is nil.
func (t *Templates) Analyse(o *Occupancy) *Analysis {
	a := &Analysis{}
	t.analyse(o, a)
	return a
}

// analyse overwrites a, whose memory it uses again.
func (t *Templates) analyse(o *Occupancy, a *Analysis) {
	*a = Analysis{Tests: a.Tests[:0], Expected: a.Expected[:0]}
	template, pillars, level := TestResult{Name: TestTemplate}, TestResult{Name: TestPillars}, TestResult{Name: TestLevel}
	if t != nil {
		a.Templates = t.Version
		template.Threshold, pillars.Threshold, level.Threshold = t.Threshold, t.Pillars, t.Level
	}
	if why := t.unfit(o); why != "" {
		template.Reason, pillars.Reason, level.Reason = why, why, why
	} else {
		level.test(o)
		if why := t.unlike(o); why != "" {
			template.Reason, pillars.Reason = why, why
		} else {
			t.shadows(o, &template, &pillars, a)
		}
	}
	a.Tests = append(a.Tests, template, pillars, level)
	a.Tests = t.windowTests(o, a.Tests)
	for i := range a.Tests {
		r := &a.Tests[i]
		if r.Reason != "" {
			r.Sigma = 0
		} else if i < 3 {
			r.Alarm = r.Threshold > 0 && r.Sigma > r.Threshold
		}
		a.Alarm = a.Alarm || r.Alarm
	}
	a.shape(o, t)
}

// unfit says why no test can be made of an occupancy.
func (t *Templates) unfit(o *Occupancy) string {
	switch {
	case t == nil || len(t.Classes) == 0:
		return "no templates"
	case o.Fault != "":
		return o.Fault
	case !o.HasBG || sum(o.ground()) <= 0:
		return "no background"
	case len(o.Slices) < max(1000/int(o.span()), 1):
		return "too short"
	}
	return ""
}

// unlike says why an occupancy has no shape that could be compared: a vehicle that stood in
// the portal for long, or took much less time or much more than all that were learned from.
func (t *Templates) unlike(o *Occupancy) string {
	n := len(o.Slices)
	switch {
	case o.Thinned > 0:
		return "too long"
	case n < leastSlices || n < t.Classes[0].From:
		return "shorter than the vehicles learned from"
	case n > t.Classes[len(t.Classes)-1].To:
		return "longer than the vehicles learned from"
	}
	return ""
}

// ground is the background that an occupancy is held against, counts/s.
func (o *Occupancy) ground() [4]int32 {
	if o.Guarded {
		return o.GuardBackground
	}
	return o.Background
}
