package rules

import "acsgd/internal/quant"

// whole collects the limits of every plausible shape of the vehicle: the kindest and the
// strictest, and whether one of the shapes has none.
type whole struct {
	hi, lo limit
	some   bool
	none   bool
	reason string
}

func (w *whole) add(l limit) {
	if l.src == nil {
		w.none = true
		w.reason = l.reason
		return
	}
	if !w.some || l.value > w.hi.value {
		w.hi = l
	}
	if !w.some || l.value < w.lo.value {
		w.lo = l
	}
	w.some = true
}

// limits gives what emit compares with. A shape without a limit leaves only Exceeds and
// Undetermined.
func (w *whole) limits() (hi, lo *limit) {
	switch {
	case !w.some:
		w.hi = limit{reason: w.reason}
		return &w.hi, &w.hi
	case w.none:
		w.lo = limit{value: -1, reason: "vehicle class not known"}
	case w.lo.value == w.hi.value:
		return &w.hi, &w.hi
	}
	w.lo.reason = "vehicle class not known"
	return &w.hi, &w.lo
}

func (j *judge) gross() {
	q := j.grossQuantity()
	var w whole
	for i := range j.shapes.n {
		w.add(j.grossLimit(j.shapes.c[i]))
	}
	hi, lo := w.limits()
	if j.v.Class == "" && w.some && !j.classFree() {
		hi.notes |= noteClass
	}
	j.emit(&q, hi, lo)
}

// classFree reports whether the pack's gross limits do not depend on the class.
func (j *judge) classFree() bool {
	for i := range j.p.Gross {
		if j.p.Gross[i].Config != GrossAny {
			return false
		}
	}
	return true
}

// grossQuantity is the whole-vehicle weighing, or else the sum of the axles.
func (j *judge) grossQuantity() quantity {
	q := quantity{name: "gross", unit: "kg", deduct: "vehicle_mass", notes: j.base, reason: j.v.Reasons.Mass}
	if j.v.Gross != nil {
		q.value, q.has = int64(*j.v.Gross), true
		q.u, q.uKnown = massOr(j.v.UMass)
		return q
	}
	if j.n == 0 || j.bad != "" || j.v.Instrument && q.reason != "" { // the axles of a weighing that is not over are no gross mass
		return q
	}
	s := j.load1(0, j.n-1)
	q.value, q.has, q.u, q.uKnown, q.reason = s.value, s.has, s.u, s.uKnown, s.reason
	if !q.has && q.reason != "" && j.n > 1 && q.reason == "an axle of the group was not measured" {
		q.reason = "an axle was not measured"
	}
	if j.v.UMass != nil {
		q.u, q.uKnown = massOr(j.v.UMass)
	}
	return q
}

// grossLimit returns the kindest limit for one shape.
func (j *judge) grossLimit(c Config) limit {
	tractor, trailer := j.loadedOf(c)
	best := limit{reason: "no gross limit for this vehicle in the pack"}
	if c.Tractor < 0 {
		best.reason = "axles of the units not known"
	}
	for i := range j.p.Gross {
		r := &j.p.Gross[i]
		n, ok := j.p.grossFits(r, c, tractor, trailer, j.n)
		if !ok {
			continue
		}
		switch j.holds(r.Condition, c) {
		case No:
			continue
		case NotKnown:
			n |= noteCondition
		}
		l := limit{src: &r.Source, value: int64(r.Limit), notes: n}
		if r.Pounds > 0 {
			l.pounds, l.value = r.Pounds, poundsValue(r.Pounds)
		}
		if r.Condition == FourAxles {
			if d := j.outer(); d > 0 {
				l.value = min(l.value, d*fivePerMetre)
			} else {
				l.notes |= noteCondition
			}
		}
		if best.src == nil || l.value > best.value {
			best = l
		}
	}
	return best
}

// fivePerMetre is 5 t a metre in grams a millimetre.
const fivePerMetre = 5000

// loadedOf counts the loaded axles of the two units.
func (j *judge) loadedOf(c Config) (tractor, trailer int) {
	if c.Tractor < 0 {
		return -1, -1
	}
	for i := range j.n {
		if j.axles[i].no <= c.Tractor {
			tractor++
		} else {
			trailer++
		}
	}
	return tractor, trailer
}

func (p *Pack) grossFits(r *GrossRow, c Config, tractor, trailer, total int) (notes, bool) {
	var n notes
	switch r.Config {
	case GrossAny:
		return 0, true
	case GrossRigid:
		if c.Class != Rigid {
			return 0, false
		}
		tractor, trailer = total, 0
	case GrossCombination:
		if c.Class == Rigid {
			return 0, false
		}
	case GrossArticulated:
		if c.Class != Articulated {
			return 0, false
		}
	case GrossTrain:
		switch {
		case c.Class == RoadTrain:
		case c.Class == Articulated && !p.hasArticulated():
			n = noteTrain
		default:
			return 0, false
		}
	}
	fits := func(have, want int, more bool) bool { return want == 0 || have == want || more && have > want }
	ok := fits(tractor, r.Tractor, r.TractorMore) && fits(trailer, r.Trailer, false) && fits(total, r.Total, r.TotalMore)
	return n, ok && total > 0
}

func (p *Pack) hasArticulated() bool {
	for i := range p.Gross {
		if p.Gross[i].Config == GrossArticulated || p.Gross[i].Config == GrossCombination {
			return true
		}
	}
	return false
}

// holds evaluates the condition of a gross limit.
func (j *judge) holds(c Condition, cfg Config) Tri {
	switch c {
	case Always:
		return Yes
	case IntermodalBox:
		if j.v.Body == ContainerCarrier {
			return Yes
		}
		return No
	case TwinAir:
		return j.twinAir(cfg, 1)
	case TwoTwinAir:
		return j.twinAir(cfg, 2)
	case TwinAirOr95, FourAxles:
		return either(j.twinAir(cfg, 1), j.drivingUnder(cfg, ninePointFive))
	case SemiUnder18:
		return j.semi(cfg, 1300, 1800)
	case SemiWide:
		return j.semi(cfg, 1801, 1<<30)
	case SemiOver18:
		t := j.semi(cfg, 1801, 1<<30)
		if t == Yes {
			return j.twinAir(cfg, 1)
		}
		return t
	}
	return NotKnown
}

// ninePointFive is the load of a driving axle with twin tyres up to which it needs no air
// suspension for the higher limits.
const ninePointFive = 9500 * quant.Kilogram

// either is a or b.
func either(a, b Tri) Tri {
	switch {
	case a == Yes || b == Yes:
		return Yes
	case a == NotKnown || b == NotKnown:
		return NotKnown
	}
	return No
}

// twinAir reports whether so many driving axles have twin tyres and air suspension. Every
// axle of the powered unit but the first may be a driving one.
func (j *judge) twinAir(c Config, axles int) Tri {
	sure, perhaps := 0, 0
	for i := range j.n {
		no := j.axles[i].no
		if no == 1 || c.Tractor >= 0 && no > c.Tractor {
			continue
		}
		a := &j.v.Axles[no-1]
		switch {
		case a.Dual != nil && !*a.Dual || a.Air != nil && !*a.Air:
		case a.Dual != nil && a.Air != nil:
			sure++
		default:
			perhaps++
		}
	}
	switch {
	case sure >= axles:
		return Yes
	case sure+perhaps >= axles:
		return NotKnown
	}
	return No
}

// drivingUnder reports whether each driving axle has twin tyres and carries at most that. An
// axle with single tyres is taken for a steered one.
func (j *judge) drivingUnder(c Config, most quant.Mass) Tri {
	out := No
	for i := range j.n {
		no := j.axles[i].no
		if no == 1 || c.Tractor >= 0 && no > c.Tractor {
			continue
		}
		a := &j.v.Axles[no-1]
		switch {
		case a.Dual != nil && !*a.Dual:
		case a.Mass == nil || *a.Mass > most:
			return No
		case a.Dual == nil:
			out = NotKnown
		case out == No:
			out = Yes
		}
	}
	return out
}

// semi reports whether the trailer's axles are lo to hi mm apart.
func (j *judge) semi(c Config, lo, hi int64) Tri {
	if c.Tractor < 0 {
		return NotKnown
	}
	seen := No
	for i := range j.n {
		if j.axles[i].no <= c.Tractor+1 {
			continue
		}
		g := j.axles[i].gap
		if g < 0 {
			return NotKnown
		}
		if g+j.uGap < lo || g-j.uGap > hi {
			return No
		}
		seen = Yes
	}
	return seen
}

// outer is the distance between the outer axles in mm, the spacings' uncertainty added; 0
// is not known.
func (j *judge) outer() int64 {
	var d int64
	for i := 1; i < j.n; i++ {
		if j.axles[i].gap < 0 {
			return 0
		}
		d += j.axles[i].gap + j.uGap
	}
	return d
}
