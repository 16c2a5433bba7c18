package metrology

import (
	"fmt"
	"slices"
	"strconv"

	"acsgd/internal/quant"
)

// NotVerified is why no class is named outside simulator mode.
const NotVerified = "error limits not verified"

// Verify computes the report of a campaign that is valid. Limits from memory name classes
// of simulated campaigns only. The order of the runs changes nothing but that of the
// report's lines.
func Verify(c *Campaign, t *Tables) *Report {
	v := &verifier{c: c, t: t, rep: &Report{Campaign: c, Standard: Standard, Limits: t.Evidence}}
	v.mass, v.axle = t.quantities(c.Stage)
	if t.Evidence != Verified && !c.Simulator {
		v.rep.Withheld = NotVerified
	}
	v.rep.Bands = bands(&c.Instrument)
	v.worst = make([]ranks, len(v.rep.Bands)+1)
	v.rep.Whole = Band{From: c.Instrument.From, To: c.Instrument.To}
	v.references()
	for i := range c.Runs {
		v.rep.Runs = append(v.rep.Runs, v.run(&c.Runs[i]))
	}
	v.rep.Missing = Missing(c)
	v.classes()
	v.limits()
	v.verdict()
	if t.cost != nil {
		v.rep.Statistical = v.statistical(t.cost)
	}
	return v.rep
}

// bands divides the range of operating speeds in thirds.
func bands(in *Instrument) []Band {
	third := (in.To - in.From) / 3
	return []Band{
		{Name: NearMin, From: in.From, To: in.From + third},
		{Name: Between, From: in.From + third, To: in.To - third},
		{Name: NearMax, From: in.To - third, To: in.To},
	}
}

// band finds the band of a speed; -1 is outside.
func band(in *Instrument, s quant.Speed) int {
	if s < in.From || s > in.To {
		return -1
	}
	third := (in.To - in.From) / 3
	switch {
	case s <= in.From+third:
		return 0
	case s < in.To-third:
		return 1
	}
	return 2
}

// counts says why a run is no part of the test; "" if it is.
func (r *Run) counts(c *Campaign) string {
	switch {
	case r.Discarded != "":
		return "discarded: " + r.Discarded
	case r.Void != "":
		return "the scale gave no valid result: " + r.Void
	case r.Speed <= 0:
		return "speed not measured"
	case band(&c.Instrument, r.Speed) < 0:
		return "speed " + KmH(r.Speed) + " outside " + KmH(c.Instrument.From) + " to " + KmH(c.Instrument.To) + " km/h"
	}
	return ""
}

// KmH gives a speed in km/h with one decimal place, without the unit.
func KmH(s quant.Speed) string {
	tenths := (int64(s)*36 + 500) / 1000
	if s < 0 {
		return "-" + KmH(-s)
	}
	if tenths%10 == 0 {
		return strconv.FormatInt(tenths/10, 10)
	}
	return strconv.FormatInt(tenths/10, 10) + "." + strconv.FormatInt(tenths%10, 10)
}

// ranks are the places in the tables of the worst value of each quantity; -1 is no value
// yet, the number of classes is beyond all of them.
// ranks are the places, counted from 1, in the tables of the worst value of each quantity;
// 0 is no value yet, one more than there are classes is beyond all of them.
type ranks struct{ mass, axle, group int }

type verifier struct {
	c          *Campaign
	t          *Tables
	rep        *Report
	mass, axle quantity
	worst      []ranks // of the bands, and of the whole range
}

// references computes the means, and from them the corrected means.
func (v *verifier) references() {
	for i := range v.c.Vehicles {
		x := &v.c.Vehicles[i]
		ref := Reference{Vehicle: x.ID, Mass: x.Mass}
		sums := make([]int64, len(x.Parts))
		for k := range v.c.Runs {
			r := &v.c.Runs[k]
			if r.Vehicle != x.ID || r.counts(v.c) != "" || len(r.Axles) != x.Count() {
				continue
			}
			ref.Runs++
			at := 0
			for p, n := range x.Parts {
				for _, m := range r.Axles[at : at+n] {
					sums[p] += int64(m)
				}
				at += n
			}
		}
		ref.Loads = x.loads(sums, ref.Runs)
		v.rep.References = append(v.rep.References, ref)
	}
}

// loads gives what the parts of a vehicle are compared with, from the sums over its runs:
// the static load, or the mean scaled by the reference mass over the mean mass; nil if there
// are none, or if a part has no load.
func (x *Vehicle) loads(sums []int64, runs int) []Part {
	total := int64(0)
	for _, s := range sums {
		if s <= 0 {
			return nil
		}
		total += s
	}
	var out []Part
	first := 1
	for p, n := range x.Parts {
		part := Part{First: first, Last: first + n - 1, Mean: quant.Mass(divide(sums[p], int64(runs)))}
		if x.Kind == TwoAxle {
			part.Load = x.Axles[p]
		} else {
			part.Load = quant.Mass(divide(sums[p]*int64(x.Mass), total))
		}
		out = append(out, part)
		first += n
	}
	return out
}

// divide rounds half away from zero; by is above 0.
func divide(v, by int64) int64 {
	if v < 0 {
		return -((-v + by/2) / by)
	}
	return (v + by/2) / by
}

// run compares one run with its vehicle's reference.
func (v *verifier) run(r *Run) Tested {
	out := Tested{N: r.N, Vehicle: r.Vehicle, Why: r.counts(v.c)}
	b := band(&v.c.Instrument, r.Speed)
	if b >= 0 {
		out.Band = v.rep.Bands[b].Name
	}
	x, ref := v.c.Vehicle(r.Vehicle), v.reference(r.Vehicle)
	if r.Gross != 0 || len(r.Axles) > 0 {
		out.Mass = &Error{Shown: r.Gross, Reference: x.Mass, Error: r.Gross - x.Mass}
	}
	whole := len(r.Axles) == x.Count() && ref.Loads != nil
	if whole {
		for _, p := range ref.Loads {
			sum := quant.Mass(0)
			for _, m := range r.Axles[p.First-1 : p.Last] {
				sum += m
			}
			out.Loads = append(out.Loads, Error{First: p.First, Last: p.Last, Shown: sum, Reference: p.Load, Error: sum - p.Load})
		}
	}
	out.Counts = out.Why == ""
	if out.Counts && !whole {
		out.Why, out.Over = fmt.Sprintf("%d axles weighed of %d", len(r.Axles), x.Count()), true
		if len(r.Axles) == x.Count() {
			out.Why = "an axle without load"
		}
	}
	if out.Mass != nil {
		v.rank(&out, b, out.Mass, x)
	}
	for i := range out.Loads {
		v.rank(&out, b, &out.Loads[i], x)
	}
	if out.Counts {
		v.rep.Bands[b].Runs++
		v.rep.Whole.Runs++
		if !whole { // it is beyond every class
			for _, w := range []*ranks{&v.worst[b], &v.worst[len(v.worst)-1]} {
				w.mass, w.axle, w.group = len(v.mass.names)+1, len(v.axle.names)+1, len(v.axle.names)+1
			}
		}
	}
	return out
}

func (v *verifier) reference(id string) *Reference {
	i := slices.IndexFunc(v.rep.References, func(r Reference) bool { return r.Vehicle == id })
	return &v.rep.References[i]
}

// rank finds the best class that one error keeps, and lets the worst of the runs that count
// follow.
func (v *verifier) rank(t *Tested, b int, e *Error, x *Vehicle) {
	q := &v.axle
	if e.First == 0 {
		q = &v.mass
	}
	place := 0
	for place < len(q.names) && abs(e.Error) > v.limit(e, x, place) {
		place++
	}
	if place < len(q.names) && v.rep.Withheld == "" {
		e.Class = q.names[place]
	}
	if !t.Counts {
		return
	}
	for i, w := range []*ranks{&v.worst[b], &v.worst[len(v.worst)-1]} {
		band := &v.rep.Bands[b]
		if i == 1 {
			band = &v.rep.Whole
		}
		switch {
		case e.First == 0:
			w.mass, band.Mass = max(w.mass, place+1), max(band.Mass, abs(e.Error))
		case e.First == e.Last:
			w.axle, band.Axle = max(w.axle, place+1), max(band.Axle, abs(e.Error))
		default:
			w.group, band.Group = max(w.group, place+1), max(band.Group, abs(e.Error))
		}
	}
}

// limit is the permitted error of a value in the class of a place.
func (v *verifier) limit(e *Error, x *Vehicle, place int) quant.Mass {
	d, axles, pct := v.c.Instrument.Division, e.Last-e.First+1, int64(0)
	switch {
	case e.First == 0:
		pct, axles = v.mass.percent[place], x.Count()
	case x.Kind == TwoAxle:
		pct = v.axle.percent[place]
	default:
		pct = v.axle.others[place]
	}
	return permitted(e.Reference, pct, d, axles, v.c.Stage)
}

func abs(m quant.Mass) quant.Mass {
	if m < 0 {
		return -m
	}
	return m
}

// classes names the classes that every run of a band keeps, and that the scale interval
// allows.
func (v *verifier) classes() {
	if v.rep.Withheld != "" {
		return
	}
	for i := range v.worst {
		b := &v.rep.Whole
		if i < len(v.rep.Bands) {
			b = &v.rep.Bands[i]
		}
		w := v.worst[i]
		b.Classes = Classes{Mass: v.massClass(w.mass), Axle: named(v.axle.names, w.axle), Group: named(v.axle.names, w.group)}
	}
}

// named gives the class of a rank, counted from 1; "" is no value, or beyond all classes.
func named(names []string, rank int) string {
	if rank < 1 || rank > len(names) {
		return ""
	}
	return names[rank-1]
}

// massClass is named for the vehicle mass: the scale interval may allow a coarser class
// only.
func (v *verifier) massClass(rank int) string {
	if rank < 1 {
		return ""
	}
	for ; rank <= len(v.mass.names); rank++ {
		if v.interval(rank-1) == "" {
			return v.mass.names[rank-1]
		}
	}
	return ""
}

// interval says why the scale interval does not allow a mass class; "" if it does.
func (v *verifier) interval(place int) string {
	m, in := &v.t.mass[place], &v.c.Instrument
	steps := int64(in.Max / in.Division)
	switch {
	case in.Division > m.division:
		return fmt.Sprintf("scale interval %v: class %s allows at most %v", in.Division, m.name, m.division)
	case steps < m.fewest || steps > m.mostSteps:
		return fmt.Sprintf("%d scale intervals up to Max: class %s wants %d to %d", steps, m.name, m.fewest, m.mostSteps)
	}
	return ""
}

// limits shows beside each error the limit of the class wanted, or reached so far, or of the
// coarsest class.
func (v *verifier) limits() {
	if v.rep.Withheld != "" {
		return
	}
	place := func(names []string, want, reached string) int {
		for _, name := range []string{want, reached} {
			if i := slices.Index(names, name); i >= 0 {
				return i
			}
		}
		return len(names) - 1
	}
	want, so := &v.c.Want, &v.rep.Whole.Classes
	mass, axle, group := place(v.mass.names, want.Mass, so.Mass), place(v.axle.names, want.Axle, so.Axle), place(v.axle.names, want.Group, so.Group)
	for i := range v.rep.Runs {
		t := &v.rep.Runs[i]
		x := v.c.Vehicle(t.Vehicle)
		set := func(e *Error, place int) {
			e.Limit = v.limit(e, x, place)
			e.Over = abs(e.Error) > e.Limit
			t.Over = t.Over || t.Counts && e.Over
		}
		if t.Mass != nil {
			set(t.Mass, mass)
		}
		for k := range t.Loads {
			e := &t.Loads[k]
			if e.First == e.Last {
				set(e, axle)
			} else {
				set(e, group)
			}
		}
	}
}

// verdict says whether the classes wanted are reached, and what speaks against it.
func (v *verifier) verdict() {
	rep := v.rep
	if rep.Withheld != "" {
		rep.Against = append(rep.Against, rep.Withheld)
		return
	}
	so, want := rep.Whole.Classes, v.c.Want
	none := want == Classes{}
	check := func(what string, names []string, want, got string, needed bool) {
		has, wants := slices.Index(names, got), slices.Index(names, want)
		switch {
		case want != "" && wants < 0:
			rep.Against = append(rep.Against, fmt.Sprintf("there is no class %q of %s", want, what))
		case want != "" && has < 0:
			rep.Against = append(rep.Against, what+": class "+want+" is wanted, none is reached")
		case want != "" && has > wants:
			rep.Against = append(rep.Against, what+": class "+want+" is wanted, "+got+" is reached")
		case needed && has < 0:
			rep.Against = append(rep.Against, what+": no class is reached")
		}
	}
	check("vehicle mass", v.mass.names, want.Mass, so.Mass, none)
	check("single axle", v.axle.names, want.Axle, so.Axle, none)
	check("group of axles", v.axle.names, want.Group, so.Group, none && v.hasGroups())
	if i := slices.Index(v.mass.names, want.Mass); i >= 0 {
		if why := v.interval(i); why != "" {
			rep.Against = append(rep.Against, why)
		}
	}
	if len(rep.Missing) > 0 {
		return
	}
	rep.Reached = so
	rep.Passed = len(rep.Against) == 0
}

func (v *verifier) hasGroups() bool {
	return slices.ContainsFunc(v.c.Vehicles, func(x Vehicle) bool {
		return slices.ContainsFunc(x.Parts, func(n int) bool { return n > 1 })
	})
}
