package fusion

import (
	"time"

	"acsgd/fusion/match"
	"acsgd/internal/decl"
	"acsgd/internal/quant"
)

// How much less a declaration is expected than one that fits in every way. They only weigh
// between declarations that the plates leave open, and never make one impossible: papers
// are late, wrong and used for several vehicles. Estimates.
const (
	otherWay   quant.Prob = 50_000  // it is for the other direction
	usedBefore quant.Prob = 100_000 // a vehicle has left this lane with it
	pastDue    quant.Prob = 300_000 // its transit time limit is over
	late       quant.Prob = 300_000 // it is older than its kind usually is when the vehicle comes
	forgotten  quant.Prob = 50_000  // and much older
	// leastOdds bounds them together: a vehicle that comes back with the papers of its first
	// passage is usual (several entries, a return journey), whatever their age.
	leastOdds quant.Prob = 20_000
)

// How old a declaration usually is at most: pre-arrival information is of one journey
// (declarations.md 5.2: up to 72 hours after the planned time), others may wait for goods.
const (
	preArrivalAge = 4 * 24 * time.Hour
	otherAge      = 60 * 24 * time.Hour
	forgottenAge  = 5 // times as old
)

// notExpected is the share of vehicles without a declaration in a lane where none is
// expected of them: at an internal border that is the normal case.
const notExpected quant.Prob = 500_000

// maxUsed bounds the declarations that are remembered as used.
const maxUsed = 512

// used is a declaration with which a vehicle has left.
type used struct {
	Declaration string `json:"declaration"`
	Passage     string `json:"passage"`
}

// prior is what the lane knows before it looks at plates.
func (c *Core) prior(v *visit) match.Prior {
	p := match.Prior{Odds: func(d *decl.Declaration) quant.Prob { return c.odds(v, d) }}
	if c.s.Params != nil && !c.s.Params.Declare {
		p.Undeclared = notExpected
	}
	return p
}

// odds says how much less a declaration is expected here and now than others.
func (c *Core) odds(v *visit, d *decl.Declaration) quant.Prob {
	odds := quant.Certain
	less := func(by quant.Prob) { odds = quant.Prob(int64(odds) * int64(by) / int64(quant.Certain)) }
	switch {
	case v.Direction == "import" && d.Kind == "export", v.Direction == "export" && (d.Kind == "import" || d.Kind == "pre_arrival"):
		less(otherWay)
	}
	usual := otherAge
	if d.Kind == "pre_arrival" {
		usual = preArrivalAge
	}
	if age := v.First.Sub(d.Received); !d.Received.IsZero() {
		switch {
		case age > forgottenAge*usual:
			less(forgotten)
		case age > usual:
			less(late)
		}
	}
	if d.Kind == "transit" && len(d.Deadline) >= len(time.DateOnly) {
		day := v.First.Add(time.Duration(c.s.Params.Offset) * time.Second).UTC().Format(time.DateOnly)
		if d.Deadline[:len(time.DateOnly)] < day {
			less(pastDue)
		}
	}
	for i := range c.s.Used {
		if u := &c.s.Used[i]; u.Declaration == d.ID && u.Passage != v.ID {
			less(usedBefore)
			break
		}
	}
	return max(odds, leastOdds)
}

// useUp remembers the declaration with which a vehicle has left.
func (c *Core) useUp(v *visit) {
	if v.Declaration == nil || v.Phase != Left {
		return
	}
	if len(c.s.Used) >= maxUsed {
		copy(c.s.Used, c.s.Used[1:])
		c.s.Used = c.s.Used[:maxUsed-1]
	}
	c.s.Used = append(c.s.Used, used{v.Declaration.ID, v.ID})
}

// viewOf names the view that a reading belongs to, and who read it. A second reader's
// reading of a camera's picture is of the camera's view, for it is the same light: what both
// say is weighed as one reading. One whose picture is not known here is taken to the only
// camera of its place, and else is a view of its own.
func (v *visit) viewOf(r *PlateRead) (camera, reader string) {
	if r.Parent == "" {
		return r.Source, ""
	}
	if o := v.original(r); o != nil {
		return o.Source, r.Source
	}
	only, n := "", 0
	for i := range v.Plates {
		p := &v.Plates[i]
		if p.Parent != "" || p.Source == r.Source {
			continue
		}
		if p.Role == r.Role && p.Source != only {
			only = p.Source
			n++
		}
	}
	if n == 1 {
		return only, r.Source
	}
	return r.Source, r.Source
}
