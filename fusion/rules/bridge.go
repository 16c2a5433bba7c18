package rules

// Lengths of the bridge formula, in tenths of a millimetre: 1 ft is 304.8 mm exactly.
const (
	foot      = 3048
	fortyInch = 10160 // axles within it count as one
	eightFoot = 8 * foot
	nineFoot  = 9 * foot
)

const (
	singlePounds = 20_000
	tandemPounds = 34_000
	pairPounds   = 2 * tandemPounds // two tandems, outer axles 36 ft apart or more
)

// Bridge returns the limit in pounds of n >= 2 consecutive axles whose outer axles are
// span tenths of a millimetre apart: W = 500 (L n / (n-1) + 12 n + 36), L in feet, to the
// nearest 500 lb with ties down, at most 20000 n; up to 8 ft it is the tandem's limit, and
// between 8 and 9 ft the value of 8 ft is kept.
//
// Source: 23 U.S.C. 127(a)(2), 23 CFR 658.17(e); the formula wins over five misprints of
// the printed table.
func Bridge(span int64, n int) int64 {
	if span <= eightFoot {
		return tandemPounds
	}
	if span < nineFoot {
		span = eightFoot
	}
	k := int64(n)
	num := k*span + (12*k+36)*foot*(k-1)
	den := foot * (k - 1)
	// ceil(num/den - 1/2): the nearest, ties down.
	return min(500*((2*num-den+2*den-1)/(2*den)), singlePounds*k)
}

// cluster is one axle in the sense of the formula: all axles within 40 inches.
type cluster struct {
	s, e int   // loaded axles
	at   int64 // position of its first axle, mm; meaningless after an unknown spacing
	end  int64
}

// bridge judges single axles and every run of two or more consecutive axles.
func (j *judge) bridge() {
	var cs [MaxAxles]cluster
	n := 0
	var at int64
	for i := range j.n {
		at += max(j.axles[i].gap, 0)
		if i > 0 && j.axles[i].gap > 0 && (at-cs[n-1].at+j.uGap)*10 <= fortyInch {
			cs[n-1].e, cs[n-1].end = i, at
			continue
		}
		cs[n] = cluster{i, i, at, at}
		n++
	}
	for i := range n {
		q := j.load1(cs[i].s, cs[i].e)
		q.name = "axle"
		l := j.usLimit(Single)
		j.emit(&q, &l, &l)
	}
	for a := range n {
		for b := a + 1; b < n; b++ {
			j.run(cs[a : b+1])
		}
	}
}

func (j *judge) usLimit(k GroupKind) limit {
	for i := range j.p.Axles {
		if r := &j.p.Axles[i]; r.Kind == k {
			return limitOf(r, 1, 0)
		}
	}
	return limit{reason: "no limit for this axle group in the pack"}
}

// run judges consecutive clusters together.
func (j *judge) run(cs []cluster) {
	first, last := cs[0], cs[len(cs)-1]
	q := j.load1(first.s, last.e)
	for i := first.s + 1; i <= last.e; i++ {
		if j.axles[i].gap < 0 && q.reason == "" {
			q.reason = "axle spacing not known"
		}
	}
	span := (last.end - first.at) * 10
	u := j.uGap * 10 * int64(last.e-first.s)
	lb := runPounds(cs, span)
	if kind := runPounds(cs, span+u); kind != lb {
		lb = kind
		q.notes |= noteSpacing
	}
	l := limit{src: j.p.Formula, pounds: lb, value: poundsValue(lb)}
	if span+u <= eightFoot {
		l = j.usLimit(Tandem)
	}
	j.emit(&q, &l, &l)
}

// runPounds is the formula with the exception for two consecutive tandems.
func runPounds(cs []cluster, span int64) int64 {
	lb := Bridge(span, len(cs))
	if len(cs) == 4 && span >= 36*foot && lb < pairPounds &&
		(cs[1].end-cs[0].at)*10 <= eightFoot && (cs[3].end-cs[2].at)*10 <= eightFoot {
		lb = pairPounds
	}
	return lb
}
