package rules

import "acsgd/internal/quant"

// patternBreak is the spacing from which axles stand apart in a pattern: two steered axles
// of a four-axle lorry do, the axles of a bogie do not.
const patternBreak quant.Length = 1800

// Pattern is how the axles of v stand: T and the axle groups of a tractor, then O and those
// of its semi-trailer: "T11O3" is a tractor of two axles with a tridem semi-trailer. A lorry
// begins with R, and so does its drawbar trailer: "R112", "R12R11". Lifted axles count; ""
// is a shape that is not known.
func Pattern(v *Vehicle) string { return string(AppendPattern(nil, v)) }

// AppendPattern appends the Pattern of v.
func AppendPattern(b []byte, v *Vehicle) []byte {
	c, ok := Infer(v)
	if !ok || c.Tractor < 1 || c.Tractor > len(v.Axles) {
		return b
	}
	for i := 1; i < len(v.Axles); i++ {
		if v.Axles[i].Gap <= 0 {
			return b
		}
	}
	lead, tail := byte('R'), byte('R')
	if c.Class == Articulated {
		lead, tail = 'T', 'O'
	}
	b = appendGroups(append(b, lead), v.Axles[:c.Tractor])
	if c.Tractor < len(v.Axles) {
		b = appendGroups(append(b, tail), v.Axles[c.Tractor:])
	}
	return b
}

// appendGroups appends how many axles stand together in each group of one unit.
func appendGroups(b []byte, axles []Axle) []byte {
	n := 1
	for i := 1; i < len(axles); i++ {
		if axles[i].Gap < patternBreak {
			n++
			continue
		}
		b = appendCount(b, n)
		n = 1
	}
	return appendCount(b, n)
}

// lightMass is the gross mass up to which a vehicle is a car or a van in the European
// schemes: 3.5 t.
const lightMass = 3500 * quant.Kilogram

// Class in the European schemes of vehicle_class_schemes.csv, told from shape and mass. The
// boolean is false where one of them is not known, or tells nothing.
//
// COST 323 has eight categories; TLS 8+1 has codes of its own, of which motorcycle, van and
// car with trailer need more than axles: they are not told here.
func Class(scheme string, v *Vehicle) (code int, ok bool) {
	c, known := Infer(v)
	gross, weighed := grossOf(v)
	if !known || !weighed || c.Tractor < 1 {
		return 0, false
	}
	light := gross < lightMass && len(v.Axles) <= 4
	switch scheme {
	case "COST323":
		return cost323(v, c, light), true
	case "TLS8+1":
		return tls(v, c, light)
	}
	return 0, false
}

func grossOf(v *Vehicle) (quant.Mass, bool) {
	if v.Gross != nil {
		return *v.Gross, true
	}
	var sum quant.Mass
	for i := range v.Axles {
		if v.Axles[i].Mass == nil {
			return 0, false
		}
		sum += *v.Axles[i].Mass
	}
	return sum, len(v.Axles) > 0
}

func cost323(v *Vehicle, c Config, light bool) int {
	switch {
	case v.Body == Bus:
		return 7
	case light:
		return 1
	case c.Class == Rigid && c.Tractor == 2:
		return 2
	case c.Class == Rigid:
		return 3
	case c.Class == RoadTrain:
		return 6
	case c.Trailer <= 2:
		return 4
	case c.Trailer == 3:
		return 5
	}
	return 8
}

func tls(v *Vehicle, c Config, light bool) (int, bool) {
	switch {
	case v.Body == Bus:
		return 5, true
	case light:
		return 0, false // car, van or car with trailer
	case c.Class == Rigid:
		return 3, true
	case c.Class == RoadTrain:
		return 8, true
	}
	return 9, true
}

// Class13 is the FHWA class of v for a screen: Classify's, where the row that told it may be
// used (decision D24); 0 where it may not, or the class is not known.
func (b *Book) Class13(v *Vehicle) int {
	class, row, known := Classify(b.Classes, v)
	switch {
	case !known:
		return 0
	case row != nil && row.Unverified() && !b.Simulator:
		return 0
	}
	return class
}
