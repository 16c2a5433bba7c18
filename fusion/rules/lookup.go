package rules

import "acsgd/internal/quant"

// shape is what a group is looked up by.
type shape struct {
	n      int
	kind   GroupKind
	unit   UnitKind
	tyres  Tyres
	air    Tri
	under  bool  // no axle carries more than 9.5 t
	lo, hi int64 // sum of the spacings less and plus its uncertainty, mm
}

// Tri is yes, no or not known.
type Tri uint8

// The values of Tri.
const (
	NotKnown Tri = iota
	Yes
	No
)

func (j *judge) describe(s, e int) shape {
	g := shape{n: e - s + 1, kind: kindOf(e - s + 1), tyres: DualTyres, air: Yes, under: true}
	var sum int64
	for i := s; i <= e; i++ {
		if i > s {
			sum += j.axles[i].gap
		}
		a := &j.v.Axles[j.axles[i].no-1]
		g.under = g.under && a.Mass != nil && *a.Mass <= ninePointFive
		switch {
		case a.Dual != nil && !*a.Dual: // mixed tyres count as single
			g.tyres = SingleTyres
		case a.Dual == nil && g.tyres == DualTyres:
			g.tyres = AnyTyres
		}
		switch {
		case a.Air != nil && !*a.Air:
			g.air = No
		case a.Air == nil && g.air == Yes:
			g.air = NotKnown
		}
	}
	u := j.uGap * int64(g.n-1)
	g.lo, g.hi = max(sum-u, 0), sum+u
	switch {
	case j.unit < 0:
	case j.axles[s].no <= j.unit:
		g.unit = Powered
	default:
		g.unit = TrailerUnit
	}
	return g
}

// find returns the row of the kindest limit that fits the group, what is not known fitting
// every row, and the assumptions made.
func (j *judge) find(rows []AxleRow, g *shape) (*AxleRow, notes) {
	road := j.v.RoadClass
	if road == 0 {
		road = defaultRoad
	}
	var best *AxleRow
	var n notes
	roles, spacing, driving := false, false, false
	for i := range rows {
		r := &rows[i]
		if r.Kind != g.kind || r.RoadClass != 0 && r.RoadClass != road || !r.fits(g) {
			continue
		}
		if best != nil && (r.Lo != best.Lo || r.Hi != best.Hi) {
			spacing = true
		}
		if r.Role == NonDriving {
			roles = true
		}
		driving = driving || r.Role == Driving
		if best == nil || r.Limit > best.Limit {
			best = r
		}
	}
	if best == nil {
		return nil, 0
	}
	if spacing {
		n |= noteSpacing
	}
	if best.Tyres != AnyTyres && g.tyres == AnyTyres {
		n |= noteTyres
	}
	if best.Air && g.air == NotKnown && !(best.Or95 && g.under) {
		n |= noteSuspension
	}
	if best.Unit != AnyUnit && g.unit == AnyUnit {
		n |= noteUnit
	}
	if driving != roles && best.Role == Driving {
		n |= noteRole
	}
	return best, n
}

// defaultRoad is the class of a road that nothing is said of: 10 t an axle.
const defaultRoad = 10_000 * quant.Kilogram

// fits reports whether r may be the row of g. Bands are compared by sums, so that 1200 and
// 1400 mm are exactly 1300 mm each.
func (r *AxleRow) fits(g *shape) bool {
	if r.Unit != AnyUnit && g.unit != AnyUnit && r.Unit != g.unit {
		return false
	}
	if r.Tyres != AnyTyres && g.tyres != AnyTyres && r.Tyres != g.tyres {
		return false
	}
	if r.Air && g.air == No && !(r.Or95 && g.under) {
		return false
	}
	if g.n < 2 || r.Lo == 0 && r.Hi == 0 {
		return true
	}
	k := int64(g.n - 1)
	lo, hi := int64(r.Lo)*k, int64(r.Hi)*k
	if g.hi < lo || r.LoOpen && g.hi == lo {
		return false
	}
	return r.Hi == 0 || g.lo < hi || r.HiIn && g.lo == hi
}
