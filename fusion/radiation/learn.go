package radiation

import (
	"fmt"
	"math"
	"slices"
)

// classes are the upper bounds in slices: cars and vans, small lorries, lorries, and what
// is longer or slower.
var classes = [...]int{25, 45, 60, math.MaxInt32}

// leastLearned is how many vehicles make a class; smaller ones join the next.
const leastLearned = 20

// Learn makes templates from occupancies that are known to be clean: released, no alarm.
// Others in the list, and those that could not be judged, are left out. falsePermille is
// the share of clean occupancies that may alarm; the threshold is that quantile of scores
// of vehicles against templates which were learned without them, so it needs some hundreds.
// It fails if no class has enough vehicles. The result has no Version: that is given by
// whoever stores it.
func Learn(clean []*Occupancy, falsePermille int) (*Templates, error) {
	var use []*Occupancy
	for _, o := range clean {
		if learnable(o) {
			use = append(use, o)
		}
	}
	t := shapes(use, -1)
	if t == nil {
		return nil, fmt.Errorf("radiation templates: %d usable clean occupancies of %d, want %d of one class", len(use), len(clean), leastLearned)
	}
	var z []int32
	for fold := range folds {
		part := shapes(use, fold)
		if part == nil { // too few to leave any out
			part = t
		}
		for i := fold; i < len(use); i += folds {
			if r := part.Test(use[i]); r.Reason == "" {
				z = append(z, r.Sigma)
			}
		}
	}
	slices.Sort(z)
	at := len(z) * (1000 - max(0, min(1000, falsePermille))) / 1000
	t.Threshold = max(z[min(at, len(z)-1)], 1)
	return t, nil
}

// folds is how many parts the vehicles are cut into for the threshold.
const folds = 5

// shapes makes the classes' profiles without every folds-th vehicle from skip on; a
// negative skip leaves none out. It is nil if no class is large enough.
func shapes(all []*Occupancy, skip int) *Templates {
	t := &Templates{}
	var use []*Occupancy
	from := 0
	for _, to := range classes {
		for i, o := range all {
			if n := len(o.Slices); n > from && n <= to && (skip < 0 || i%folds != skip) {
				use = append(use, o)
			}
		}
		from = to
		if len(use) >= leastLearned {
			t.Classes = append(t.Classes, Class{To: to, Count: len(use), Profile: mean(use), Windows: hardness(use)})
			use = use[:0]
		}
	}
	if len(t.Classes) == 0 {
		return nil
	}
	return t
}

// learnable reports an occupancy that shows a vehicle's shadow and nothing else.
func learnable(o *Occupancy) bool {
	return o.Fault == "" && o.HasBG && !o.Guarded && !o.VendorAlarm && !o.GammaAlarm && !o.NeutronAlarm &&
		o.Thinned == 0 && len(o.Slices) >= leastSlices && sum(o.Background) > 0
}

// mean is the mean profile of vehicles, in permille of their backgrounds.
func mean(all []*Occupancy) (p [Parts]int32) {
	for part := range p {
		var total float64
		for _, o := range all {
			total += share(o, part)
		}
		p[part] = int32(math.Round(total / float64(len(all)) * 1000))
	}
	return p
}

// share is what remains of the background in one part of one occupancy. A part that is
// shorter than a slice takes the slice at its middle.
func share(o *Occupancy, part int) float64 {
	n := len(o.Slices)
	from, to := part*n/Parts, (part+1)*n/Parts
	if from == to {
		from = (2*part + 1) * n / (2 * Parts)
		to = from + 1
	}
	counts := int64(0)
	for _, s := range o.Slices[from:to] {
		counts += sum(s.Gamma)
	}
	return float64(counts) / (float64(sum(o.Background)) * 0.2 * float64(to-from))
}
