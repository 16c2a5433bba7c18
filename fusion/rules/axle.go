package rules

import "acsgd/internal/quant"

// maxAmbiguous bounds how many undecided spacings one run of axles may have; every
// reading of them is tried.
const maxAmbiguous = 4

type link uint8

const (
	apart link = iota
	joined
	perhaps
	unknownLink
)

// Group is one axle group as the pack forms it. First and Last are axles from 1.
type Group struct {
	First, Last int
	Kind        GroupKind
}

// Groups appends the axle groups of v in driving order, as the pack forms them from the
// spacings themselves; lifted axles and runs with an unknown spacing form none.
func Groups(dst []Group, p *Pack, v *Vehicle) []Group {
	j := judge{p: p, v: v}
	j.prepare()
	j.uGap = 0
	for s := 0; s < j.n; {
		e := s
		for e+1 < j.n && j.linkTo(e+1) == joined {
			e++
		}
		if j.axles[s].gap >= 0 && (e+1 == j.n || j.axles[e+1].gap >= 0) {
			dst = append(dst, Group{j.axles[s].no, j.axles[e].no, kindOf(e - s + 1)})
		}
		s = e + 1
	}
	return dst
}

func kindOf(n int) GroupKind { return GroupKind(min(n, int(Multi))) }

// linkTo says whether loaded axle i forms a group with the one before it.
func (j *judge) linkTo(i int) link {
	g := j.axles[i].gap
	if g < 0 {
		return unknownLink
	}
	in := func(d int64) bool {
		b := int64(j.p.Bound)
		return d < b || d == b && j.p.BoundIn
	}
	switch lo, hi := in(max(g-j.uGap, 0)), in(g+j.uGap); {
	case lo && hi:
		return joined
	case lo:
		return perhaps
	}
	return apart
}

func (j *judge) axlesAndGroups() {
	if j.bad != "" || j.n == 0 {
		q := quantity{name: "axle", unit: "kg", reason: j.v.Reasons.Mass, notes: j.base}
		if len(j.v.Axles) > 0 && j.bad == "" && q.reason == "" {
			q.reason = "no axle carries a load"
		}
		none := limit{reason: "no limit in the pack"}
		j.emit(&q, &none, &none)
		return
	}
	if j.p.Formula != nil {
		j.bridge()
		return
	}
	for s := 0; s < j.n; {
		e := s
		unknown, open := false, 0
		for e+1 < j.n {
			l := j.linkTo(e + 1)
			if l == apart {
				break
			}
			unknown = unknown || l == unknownLink
			if l == perhaps {
				open++
			}
			e++
		}
		switch {
		case unknown:
			j.unclear(s, e, "axle spacing not known")
		case open > maxAmbiguous:
			j.unclear(s, e, "axle spacings ambiguous")
		case open > 0:
			j.ambiguous(s, e, open)
		default:
			j.group(s, e, 0)
		}
		s = e + 1
	}
}

func (j *judge) unclear(s, e int, reason string) {
	q := j.load1(s, e)
	if q.reason == "" {
		q.reason = reason
	}
	none := limit{reason: reason}
	j.emit(&q, &none, &none)
}

// ambiguous tries every reading of the undecided spacings between loaded axles s and e and
// keeps the one that is kindest to the carrier.
func (j *judge) ambiguous(s, e, open int) {
	start := len(j.dst)
	best, bestCost := 0, int64(-1)
	for mask := range 1 << open {
		j.reading(s, e, mask)
		cost := int64(0)
		for _, f := range j.dst[start:] {
			switch f.Verdict {
			case Exceeds:
				cost += 1 + int64(*f.Excess)
			case Undetermined:
				cost++
			}
		}
		j.dst = j.dst[:start]
		if bestCost < 0 || cost < bestCost {
			best, bestCost = mask, cost
		}
	}
	j.reading(s, e, best)
}

// reading judges the groups between s and e with the i-th undecided spacing open where bit
// i of mask is set.
func (j *judge) reading(s, e, mask int) {
	from := s
	for i := s + 1; i <= e; i++ {
		if j.linkTo(i) != perhaps {
			continue
		}
		if mask&1 == 1 {
			j.group(from, i-1, noteSpacing)
			from = i
		}
		mask >>= 1
	}
	j.group(from, e, noteSpacing)
}

// load1 sums the loaded axles s to e.
func (j *judge) load1(s, e int) quantity {
	q := quantity{name: "group", unit: "kg", deduct: "axle_group_load", first: j.axles[s].no, last: j.axles[e].no,
		has: true, uKnown: true, reason: j.v.Reasons.Mass, notes: j.base}
	if s == e {
		q.name, q.deduct = "axle", "axle_load"
	}
	own := false
	for i := s; i <= e; i++ {
		a := &j.v.Axles[j.axles[i].no-1]
		if a.U != nil || a.GroupU > 0 {
			own = true
		}
	}
	for i := s; i <= e; i++ {
		if k := j.groupFrom(i); k > i && k <= e {
			q.addGroup(j.v.Axles[j.axles[i].no-1 : j.axles[k].no])
			i = k
			continue
		}
		a := &j.v.Axles[j.axles[i].no-1]
		q.add(a, j.v.UMass, own)
	}
	if !own {
		q.u, q.uKnown = massOr(j.v.UMass)
	}
	if !q.has {
		q.value, q.u, q.uKnown = 0, 0, false
		if q.reason == "" && s != e {
			q.reason = "an axle of the group was not measured"
		}
	}
	return q
}

// groupFrom gives the last of the axles that were weighed together, where loaded axle i is
// the first of them and the load of all is known; else i.
func (j *judge) groupFrom(i int) int {
	g := j.v.Axles[j.axles[i].no-1].Group
	if g == 0 || i > 0 && j.v.Axles[j.axles[i-1].no-1].Group == g {
		return i
	}
	k := i
	for k+1 < j.n && j.v.Axles[j.axles[k+1].no-1].Group == g {
		k++
	}
	if j.v.Axles[j.axles[k].no-1].GroupMass <= 0 {
		return i
	}
	return k
}

// addGroup sums axles that were weighed together into q.
func (q *quantity) addGroup(axles []Axle) {
	for i := range axles {
		if r := axles[i].GroupReason; r != "" && q.reason == "" {
			q.reason = r
		}
	}
	last := &axles[len(axles)-1]
	switch {
	case last.GroupMass > sane || last.GroupU > sane || last.GroupU < 0:
		if q.reason == "" {
			q.reason = "measurement out of range"
		}
	case !q.has:
	default:
		q.value, q.u = q.value+int64(last.GroupMass), q.u+int64(last.GroupU)
		q.uKnown = q.uKnown && last.GroupU > 0
	}
}

// add sums one axle into q. Uncertainties add up: the axles of one scale share its
// calibration, so their errors do not cancel.
func (q *quantity) add(a *Axle, common *quant.Mass, own bool) {
	if a.Reason != "" && q.reason == "" {
		q.reason = a.Reason
	}
	if a.Mass == nil || !q.has {
		q.has = false
		return
	}
	if m := int64(*a.Mass); m < 0 && q.reason == "" {
		q.reason = "negative measurement"
	} else if m > sane && q.reason == "" {
		q.reason = "measurement out of range"
	} else {
		q.value += m
	}
	if !own {
		return
	}
	u := a.U
	if u == nil {
		u = common
	}
	switch {
	case u == nil || *u <= 0:
		q.uKnown = false
		if u != nil && *u < 0 && q.reason == "" {
			q.reason = "uncertainty below zero"
		}
	case *u > sane:
		q.reason = "measurement out of range"
	default:
		q.u += int64(*u)
	}
}

func massOr(m *quant.Mass) (int64, bool) {
	if m == nil {
		return 0, false
	}
	return int64(*m), true
}

// group judges the loaded axles s to e as one axle or axle group.
func (j *judge) group(s, e int, n notes) {
	q := j.load1(s, e)
	q.notes |= n
	g := j.describe(s, e)
	row, ln := j.find(j.p.Axles, &g)
	hi := limit{reason: "no limit for this axle group in the pack", notes: ln}
	if row != nil {
		hi = limitOf(row, g.n, ln)
	}
	lo := &hi
	var spring limit
	if row != nil && j.season.state != noSeason {
		spring = j.seasonal(&g)
		lo = j.season.apply(&hi, &spring)
	}
	hi.notes |= j.season.notes
	j.emit(&q, &hi, lo)
	if row != nil && row.PerAxle && g.n > 1 {
		one := limitOf(row, 1, ln)
		for i := s; i <= e; i++ {
			q := j.load1(i, i)
			q.notes |= n
			j.emit(&q, &one, &one)
		}
	}
}

func limitOf(row *AxleRow, n int, ln notes) limit {
	l := limit{src: &row.Source, value: int64(row.Limit), notes: ln}
	if row.PerAxle {
		l.value *= int64(n)
	}
	if row.Pounds > 0 {
		l.pounds = row.Pounds
		l.value = poundsValue(row.Pounds)
	}
	return l
}
