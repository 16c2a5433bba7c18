package rules

import (
	"slices"

	"acsgd/internal/decl"
	"acsgd/internal/quant"
)

// tareSource names the class defaults below.
const tareSource = "usual tare of the vehicle class"

// span is an interval of masses.
type span struct{ lo, hi quant.Mass }

func (s span) plus(t span) span { return span{s.lo + t.lo, s.hi + t.hi} }

// Class defaults of tare masses, all from memory: tractors, semi-trailers and boxes by the
// reference; rigids and drawbar trailers wide enough for every body.
var (
	tractorTare = [...]span{2: {7000e3, 9000e3}, 3: {8500e3, 10500e3}, 4: {9500e3, 12500e3}}
	rigidTare   = [...]span{2: {1000e3, 9500e3}, 3: {8000e3, 14000e3}, 4: {10500e3, 18000e3}, 5: {12000e3, 21000e3}}
	drawbarTare = [...]span{1: {500e3, 3000e3}, 2: {2500e3, 6500e3}, 3: {4000e3, 8500e3}, 4: {5000e3, 10500e3}}
	semiTare    = span{6000e3, 9500e3} // curtain to reefer
	chassisTare = span{4500e3, 6000e3}
	boxTare     = span{2200e3, 4400e3} // 20 ft to 40 ft high cube
	crewTare    = span{-1000e3, 1000e3}
)

// DeclaredMass compares the measured gross mass with what the declarations of the vehicle
// together lead to expect: tare by class plus declared goods (declarations.md 5.3). It
// appends one finding of quantity declared_mass; Excess is the gap between the measured and
// the expected interval, ExcessBP its share of the declared goods, Reason begins with the
// mismatch class: B3 disjoint masses, B4 declared empty and measured loaded or the reverse.
// Outside simulator mode a mismatch is Undetermined, because the tare defaults are not
// verified.
func DeclaredMass(dst []Finding, b *Book, v *Vehicle, ds ...*decl.Declaration) []Finding {
	f := Finding{Vehicle: v.ID, Quantity: "declared_mass", Unit: "kg", Clause: tareSource, Mark: "M", Verdict: Undetermined}
	j := judge{p: &noLaw, v: v, mem: new(Memory)}
	j.prepare()
	q := j.grossQuantity()
	if q.has {
		f.Measured = j.mem.value(q.value)
	}
	if q.uKnown {
		f.Uncertainty = j.mem.value(q.u)
	}
	goods, empty, why := declaredGoods(ds)
	if f.Reason = j.refuse(&q, &limit{src: &Source{}}); f.Reason == "" {
		f.Reason = why
	}
	if f.Reason != "" {
		return append(dst, f)
	}
	tare, ok := tareOf(&j.shapes, ds)
	if !ok {
		f.Reason = "tare of this vehicle not known"
		return append(dst, f)
	}
	f.Notes = append(f.Notes, "tare_default")
	expect := tare.plus(span{goods, goods})
	lo, hi := quant.Mass(q.value-q.u), quant.Mass(q.value+q.u)
	f.Tolerance = j.mem.value(q.u)
	switch {
	case lo > expect.hi:
		f.gap(&j, lo-expect.hi, expect.hi, goods)
		f.Reason = "B3 heavier than declared"
		if empty {
			f.Reason = "B4 declared empty, measured loaded"
		}
	case hi < expect.lo:
		f.gap(&j, expect.lo-hi, expect.lo, goods)
		f.Reason = "B3 lighter than declared"
		if hi <= tare.hi {
			f.Reason = "B4 declared loaded, measured empty"
		}
	default:
		f.Verdict, f.Limit = Within, j.mem.value(int64(expect.hi))
		return append(dst, f)
	}
	f.Notes = append(f.Notes, "expected "+expect.lo.String()+" to "+expect.hi.String())
	if b.Simulator {
		f.Verdict, f.Blocking = Exceeds, true
	} else {
		f.Reason += "; tare not verified"
	}
	return append(dst, f)
}

// noLaw is the pack of what no law limits.
var noLaw Pack

// gap grades a mismatch in kg and as a share of the declared goods.
func (f *Finding) gap(j *judge, gap, bound, goods quant.Mass) {
	f.Excess, f.Limit = j.mem.value(int64(gap)), j.mem.value(int64(bound))
	if goods > 0 {
		f.ExcessBP = (int64(gap)*20_000 + int64(goods)) / (2 * int64(goods))
	}
}

// declaredGoods sums the goods of all declarations; why says what is not known.
func declaredGoods(ds []*decl.Declaration) (goods quant.Mass, empty bool, why string) {
	n := 0
	for _, d := range ds {
		if d == nil {
			continue
		}
		n++
		m := d.Totals.Gross
		if m == 0 {
			for i := range d.Items {
				if d.Items[i].Gross <= 0 {
					return 0, false, "declared mass not known"
				}
				m += d.Items[i].Gross
			}
		}
		if m < 0 || m > sane {
			return 0, false, "declared mass out of range"
		}
		goods += m
	}
	if n == 0 {
		return 0, false, "no declaration"
	}
	return goods, goods == 0, ""
}

// tareOf joins the tare intervals of every plausible shape.
func tareOf(s *shapes, ds []*decl.Declaration) (span, bool) {
	boxes := boxesOf(ds)
	var out span
	found := false
	for i := range s.n {
		t, ok := tareOfShape(s.c[i], boxes)
		if !ok {
			return span{}, false
		}
		if !found {
			out, found = t, true
		}
		out = span{min(out.lo, t.lo), max(out.hi, t.hi)}
	}
	return out, found
}

// boxesOf counts the different containers of all declarations.
func boxesOf(ds []*decl.Declaration) int {
	var seen []string
	for _, d := range ds {
		if d == nil {
			continue
		}
		for _, c := range d.Containers {
			if !slices.Contains(seen, c.ID) {
				seen = append(seen, c.ID)
			}
		}
	}
	return len(seen)
}

func tareOfShape(c Config, boxes int) (span, bool) {
	t := crewTare
	add := func(table []span, n int) bool {
		if n < 0 || n >= len(table) || table[n].hi == 0 {
			return false
		}
		t = t.plus(table[n])
		return true
	}
	switch {
	case c.Class == Rigid && add(rigidTare[:], c.Tractor):
	case c.Class == RoadTrain && add(rigidTare[:], c.Tractor) && add(drawbarTare[:], c.Trailer):
	case c.Class == Articulated && c.Trailer > 0 && add(tractorTare[:], c.Tractor):
		if boxes > 0 {
			t = t.plus(chassisTare)
		} else { // from a bare chassis, whose box was not declared, to a reefer
			t = t.plus(span{chassisTare.lo, semiTare.hi})
		}
	default:
		return span{}, false
	}
	for range boxes {
		t = t.plus(boxTare)
	}
	return t, true
}
