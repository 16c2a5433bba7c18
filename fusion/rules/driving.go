package rules

// driving judges the least share of the laden mass on the driving axles, from its other
// side: what the axles that do not drive carry is at most the rest of the laden mass. Which
// axles drive is not known: either the first of the powered unit or all its others, whichever
// carry more.
//
// The rule is for international traffic. The limit counts from the laden mass and its
// uncertainty together, because both sides of the comparison come from one scale.
func (j *judge) driving() {
	r := j.p.Driving
	if r == nil || j.v.Carriage == "domestic" {
		return
	}
	q := quantity{name: "undriven", unit: "kg", deduct: "vehicle_mass", notes: j.base | noteRole, reason: j.v.Reasons.Mass}
	laden := j.grossQuantity()
	hi := limit{src: &r.Source, value: (laden.value + max(laden.u, 0)) * (100 - r.Percent) / 100}
	switch {
	case q.reason != "":
	case j.n < 2 || !laden.has:
		q.reason = "not measured"
	default:
		last := j.n - 1
		s := j.load1(0, last)
		front, rear := j.load1(0, 0), j.load1(1, j.lastDriving())
		q.has, q.reason = s.has && front.has && rear.has, s.reason
		if q.has {
			q.value = max(laden.value-max(front.value, rear.value), 0)
			q.u, q.uKnown = laden.u, laden.uKnown
		}
	}
	j.emit(&q, &hi, &hi)
}

// lastDriving is the last loaded axle that may drive; where the units are not known, the
// last of all.
func (j *judge) lastDriving() int {
	last := 1
	for i := 1; i < j.n; i++ {
		if j.unit < 0 || j.axles[i].no <= j.unit {
			last = i
		}
	}
	return last
}
