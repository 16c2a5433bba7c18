package rules

import "acsgd/internal/quant"

// The classes of Vehicle.Class.
const (
	Rigid       = "rigid"
	Articulated = "articulated"
	RoadTrain   = "road_train"
)

// The bodies of Vehicle.Body; "" is General.
const (
	General          = "general"
	Isothermal       = "isothermal"
	Bus              = "bus"
	CarCarrier       = "car_carrier"
	ContainerCarrier = "container_carrier"
)

// axleBreak is the spacing above which axles belong to different axle groups when the
// shape of a vehicle is read from its axles. It is 2.5 m in every regime that names one.
const axleBreak quant.Length = 2500

// starSpacing is the spacing from which the two-axle sketch of the weight certificate is
// A2* instead of A2 (Harmonization Convention, annex 8, item 7.1).
const starSpacing quant.Length = 4000

// Config is one reading of a vehicle's shape. Tractor and Trailer count axles, lifted ones
// included; Tractor is -1 where the split is not known.
type Config struct {
	Class   string
	Tractor int
	Trailer int
}

func (c Config) classes() Classes {
	switch c.Class {
	case Rigid:
		return RigidClass
	case Articulated:
		return ArticulatedClass
	case RoadTrain:
		return TrainClass
	}
	return 0
}

// Infer returns the most plausible shape of v: what it says itself, else what its axle
// spacings say. The boolean is false where nothing decides.
func Infer(v *Vehicle) (Config, bool) {
	var s shapes
	s.of(v)
	return s.c[0], s.n < 3
}

// shapes are the plausible shapes of a vehicle, the most plausible first.
type shapes struct {
	c [3 + 2*mostTractor]Config
	n int
}

// mostTractor is the largest number of axles that a towing unit is thought to have.
const mostTractor = 4

func (s *shapes) add(class string, tractor, trailer int) {
	s.c[s.n] = Config{class, tractor, trailer}
	s.n++
}

// of returns every plausible shape of v.
func (s *shapes) of(v *Vehicle) {
	tractor, trailer, split := unitsOf(v)
	if !split {
		tractor, trailer, split = splitByAxles(v)
	}
	switch {
	case v.Class == Rigid:
		s.add(Rigid, len(v.Axles), 0)
	case v.Class != "" && split && trailer > 0:
		s.add(v.Class, tractor, trailer)
	case v.Class != "":
		s.add(v.Class, -1, 0)
	case split && trailer == 0:
		s.add(Rigid, tractor, 0)
	case split && groupsOf(v) > 3:
		s.add(RoadTrain, tractor, trailer)
		s.add(Articulated, tractor, trailer)
	case split:
		s.add(Articulated, tractor, trailer)
		s.add(RoadTrain, tractor, trailer)
	default:
		s.add(Articulated, -1, 0)
		s.add(RoadTrain, -1, 0)
		s.add(Rigid, len(v.Axles), 0)
		// Only their number is known: the kindest limit is that of the kindest split.
		for n := 2; n <= mostTractor && n < len(v.Axles); n++ {
			s.add(Articulated, n, len(v.Axles)-n)
			s.add(RoadTrain, n, len(v.Axles)-n)
		}
	}
}

// unitsOf reads Vehicle.Units; ok is false where they are absent or contradict the axles.
func unitsOf(v *Vehicle) (tractor, trailer int, ok bool) {
	if len(v.Units) == 0 || v.Units[0] < 1 {
		return 0, 0, false
	}
	for _, n := range v.Units[1:] {
		if n < 0 {
			return 0, 0, false
		}
		trailer += n
	}
	if len(v.Axles) > 0 && v.Units[0]+trailer != len(v.Axles) {
		return 0, 0, false
	}
	return v.Units[0], trailer, true
}

// splitByAxles reads the units from the spacings. A tractor or lorry is a steered group and
// a driven group; every further group is towed. ok is false where a spacing is not known or
// there are fewer than two axles.
func splitByAxles(v *Vehicle) (tractor, trailer int, ok bool) {
	if len(v.Axles) < 2 {
		return 0, 0, false
	}
	groups := 1
	for i := 1; i < len(v.Axles); i++ {
		g := v.Axles[i].Gap
		if g <= 0 {
			return 0, 0, false
		}
		if g > axleBreak {
			if groups++; groups == 3 {
				return i, len(v.Axles) - i, true
			}
		}
	}
	return len(v.Axles), 0, true
}

// groupsOf counts runs of axles no further apart than axleBreak.
func groupsOf(v *Vehicle) int {
	n := 1
	for i := 1; i < len(v.Axles); i++ {
		if v.Axles[i].Gap > axleBreak {
			n++
		}
	}
	return n
}

// AxleCode returns the sketch code of the International Vehicle Weight Certificate: A and
// the axles of the powered unit, then C and the axles of a semi-trailer or T and those of a
// drawbar trailer: "A3", "A2C3", "A3T2"; "A2*" is a two-axle rigid with 4 m or more between
// its axles. It is "" where the shape is not known.
//
// Source: Harmonization Convention, annex 8, appendix 2, item 7.1 (Council Decision
// 2009/161/EC); the starred forms of three and more axles are not told apart.
func AxleCode(v *Vehicle) string { return string(AppendAxleCode(nil, v)) }

// AppendAxleCode appends the AxleCode of v.
func AppendAxleCode(b []byte, v *Vehicle) []byte {
	c, ok := Infer(v)
	if !ok || c.Tractor < 1 {
		return b
	}
	b = appendCount(append(b, 'A'), c.Tractor)
	switch {
	case c.Class == Rigid && len(v.Axles) == 2 && v.Axles[1].Gap >= starSpacing:
		b = append(b, '*')
	case c.Class == Articulated:
		b = appendCount(append(b, 'C'), c.Trailer)
	case c.Class == RoadTrain:
		b = appendCount(append(b, 'T'), c.Trailer)
	}
	return b
}

func appendCount(b []byte, n int) []byte {
	if n > 9 {
		b = appendCount(b, n/10)
	}
	return append(b, byte('0'+n%10))
}

// parseDate reads YYYY-MM-DD; ok is false if it is not a calendar day.
func parseDate(s string) (d Date, ok bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if i == 4 || i == 7 {
			continue
		}
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	y, m, day := n/10000, n/100%100, n%100
	if y < 1 || m < 1 || m > 12 || day < 1 || day > daysIn(y, m) {
		return 0, false
	}
	return Date(n), true
}

func daysIn(y, m int) int {
	switch m {
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// in reports whether d lies in [from, to]; an open or unknown end never excludes, and an
// unknown day lies only in what is still in force.
func (d Date) in(from, to Date) bool {
	if d == 0 {
		return to == 0
	}
	return d >= from && (to == 0 || d <= to)
}
