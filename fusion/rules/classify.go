package rules

import "acsgd/internal/quant"

// Unclassified is the class of a vehicle that no row fits.
const Unclassified = 15

// ClassRow is one row of the FHWA 13 table. Ranges are inclusive, in hundredths of a foot
// and hundredths of a kip (10 lb); 0 is open.
type ClassRow struct {
	Source
	Class    int
	Name     string
	Axles    int
	More     bool // Axles and more
	Gaps     [5][2]int64
	GrossMin int64
	GrossMax int64
	FirstMin int64 // load of the first axle
}

// Classify returns the FHWA 13 class of v by the first row that fits, in the table's order,
// and that row; nil and Unclassified where none fits. known is false where an axle load or a
// spacing is missing, so that no class can be told.
func Classify(rows []ClassRow, v *Vehicle) (class int, row *ClassRow, known bool) {
	var gross quant.Mass
	for i := range v.Axles {
		a := &v.Axles[i]
		if a.Mass == nil || i > 0 && a.Gap <= 0 {
			return Unclassified, nil, false
		}
		gross += *a.Mass
	}
	if len(v.Axles) < 2 {
		return Unclassified, nil, false
	}
	if v.Gross != nil {
		gross = *v.Gross
	}
	for i := range rows {
		if rows[i].fits(v, gross) {
			return rows[i].Class, &rows[i], true
		}
	}
	return Unclassified, nil, true
}

func (r *ClassRow) fits(v *Vehicle, gross quant.Mass) bool {
	if n := len(v.Axles); n != r.Axles && !(r.More && n > r.Axles) {
		return false
	}
	for i := range min(len(r.Gaps), len(v.Axles)-1) {
		if g := hundredthFeet(v.Axles[i+1].Gap); !within(g, r.Gaps[i][0], r.Gaps[i][1]) {
			return false
		}
	}
	return within(hundredthKips(gross), r.GrossMin, r.GrossMax) && within(hundredthKips(*v.Axles[0].Mass), r.FirstMin, 0)
}

func within(x, lo, hi int64) bool { return x >= lo && (hi == 0 || x <= hi) }

// hundredthFeet rounds, so that no spacing falls between 5.99 and 6.00 ft.
func hundredthFeet(l quant.Length) int64 { return (int64(l)*1000 + 1524) / 3048 }

// hundredthKips rounds 10 lb = 4535.9237 g, for the same reason.
func hundredthKips(m quant.Mass) int64 {
	if m > sane {
		m = sane
	}
	return (int64(m)*10_000 + 22_679_618) / 45_359_237
}
