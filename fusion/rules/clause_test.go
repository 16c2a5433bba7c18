package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

// edge is one legal limit; load builds a vehicle whose quantity measures the given grams
// (or millimetres for sizes) with the given uncertainty.
type edge struct {
	name        string
	quantity    string
	first, last int
	limit       int64 // kg or mm
	row         string
	build       func(measured, u int64) *rules.Vehicle
}

// tryEdge judges limit-1, limit, limit+1, limit+u and limit+u+1, and a missing value.
func tryEdge(t *testing.T, p *rules.Pack, e edge) {
	t.Helper()
	const u = 150
	unit := int64(1000)
	if e.quantity == "length" || e.quantity == "width" || e.quantity == "height" {
		unit = 1
	}
	for _, c := range []struct {
		name        string
		measured, u int64
		want        rules.Verdict
		reason      string
	}{
		{"one below the limit", e.limit*unit - 1, 0, rules.Within, ""},
		{"at the limit", e.limit * unit, 0, rules.Within, ""},
		{"one above the limit", e.limit*unit + 1, 0, rules.Exceeds, ""},
		{"above by the tolerance", (e.limit + u) * unit, u * unit, rules.Within, "within tolerance"},
		{"above by more than the tolerance", (e.limit+u)*unit + 1, u * unit, rules.Exceeds, ""},
		{"not measured", -1, 0, rules.Undetermined, "not measured"},
	} {
		f := at(t, rules.Judge(nil, p, e.build(c.measured, c.u), rules.Options{}), e.quantity, e.first, e.last)
		if f.Verdict != c.want || c.reason != "" && !strings.Contains(f.Reason, c.reason) && c.want == rules.Within {
			t.Errorf("%s %s: %s (%s), want %s (%s)", e.name, c.name, f.Verdict, f.Reason, c.want, c.reason)
		}
		if c.want == rules.Undetermined && f.Reason == "" {
			t.Errorf("%s %s: no reason", e.name, c.name)
		}
		if f.Row != e.row {
			t.Errorf("%s %s: row %q, want %q", e.name, c.name, f.Row, e.row)
		}
		if c.want == rules.Exceeds && (f.Clause == "" || f.Mark == "" || f.Pack != p.ID || !f.Blocking || f.Excess == nil) {
			t.Errorf("%s %s: finding without its grounds: %+v", e.name, c.name, f)
		}
		if got := kg(f.Limit); got != e.limit {
			t.Errorf("%s %s: limit %d, want %d in %+v", e.name, c.name, got, e.limit, f)
		}
	}
}

// axleEdge loads the axles first to last evenly with the measured grams, all others with 1 t.
func axleEdge(t *testing.T, v func() *rules.Vehicle, first, last int) func(measured, u int64) *rules.Vehicle {
	t.Helper()
	return func(measured, u int64) *rules.Vehicle {
		x := v()
		n := int64(last - first + 1)
		for i := range x.Axles {
			x.Axles[i].Mass = ptr(quant.Tonne)
			if i+1 < first || i+1 > last {
				continue
			}
			x.Axles[i].Mass = ptr(quant.Mass(measured / n))
			if i+1 == last {
				x.Axles[i].Mass = ptr(quant.Mass(measured - measured/n*(n-1)))
			}
			if measured < 0 {
				x.Axles[i].Mass = nil
			}
		}
		if u > 0 {
			x.UMass = ptr(quant.Mass(u))
		}
		return x
	}
}

func grossEdge(t *testing.T, v func() *rules.Vehicle) func(measured, u int64) *rules.Vehicle {
	t.Helper()
	return func(measured, u int64) *rules.Vehicle {
		x := v()
		n := int64(len(x.Axles))
		for i := range x.Axles {
			x.Axles[i].Mass = ptr(quant.Mass(measured / n))
		}
		x.Axles[0].Mass = ptr(quant.Mass(measured - measured/n*(n-1)))
		if measured < 0 {
			x = v()
			x.Axles[n-1].Mass = nil
		}
		if u > 0 {
			x.UMass = ptr(quant.Mass(u))
		}
		return x
	}
}

func sizeEdge(class, body, date, dim string) func(measured, u int64) *rules.Vehicle {
	return func(measured, u int64) *rules.Vehicle {
		x := &rules.Vehicle{Class: class, Body: body, Date: date}
		if measured >= 0 {
			l := ptr(quant.Length(measured))
			switch dim {
			case "length":
				x.Length = l
			case "width":
				x.Width = l
			case "height":
				x.Height = l
			}
		}
		if u > 0 {
			x.ULength = ptr(quant.Length(u))
		}
		return x
	}
}

func shaped(t *testing.T, class, gaps, tyres string, units ...int) func() *rules.Vehicle {
	t.Helper()
	return func() *rules.Vehicle {
		v := vehicle(t, gaps, tyres, strings.Repeat("/1000", strings.Count(gaps, "/")+2)[1:])
		v.Class, v.Units = class, units
		return v
	}
}

// Government Decree 2060 of 1 Dec 2023: appendices 1 to 3.
func TestRules_RU2060(t *testing.T) {
	p := pack(t, "RU-2060", false)
	semi := shaped(t, "articulated", "3700/5600/1310/1310", "SDSSS", 2, 3)
	solo := shaped(t, "", "4200", "SD")
	for _, e := range []edge{
		{"single axle with single tyres", "axle", 1, 1, 9000, "axle_limits.csv:45", axleEdge(t, semi, 1, 1)},
		{"single axle with twin tyres", "axle", 2, 2, 10000, "axle_limits.csv:48", axleEdge(t, semi, 2, 2)},
		{"tridem at 1.31 m", "group", 3, 5, 21000, "axle_limits.csv:81", axleEdge(t, semi, 3, 5)},
		{"articulated with five axles", "gross", 0, 0, 40000, "gross_limits.csv:48", grossEdge(t, semi)},
		{"rigid with two axles", "gross", 0, 0, 18000, "gross_limits.csv:42", grossEdge(t, solo)},
		{"rigid with six axles", "gross", 0, 0, 38000, "gross_limits.csv:45", grossEdge(t, shaped(t, "rigid", "1500/3000/1400/1400/1400", "SSDDDD"))},
		{"road train with seven axles", "gross", 0, 0, 44000, "gross_limits.csv:49", grossEdge(t, shaped(t, "road_train", "3500/1400/4000/1400/4000/1400", "SDDDDDD"))},
		{"length of a rigid", "length", 0, 0, 12000, "dimension_limits.csv:30", sizeEdge("rigid", "", "2025-01-01", "length")},
		{"length of an articulated vehicle", "length", 0, 0, 20000, "dimension_limits.csv:31", sizeEdge("articulated", "", "2025-01-01", "length")},
		{"width", "width", 0, 0, 2600, "dimension_limits.csv:32", sizeEdge("road_train", "", "2025-01-01", "width")},
		{"height", "height", 0, 0, 4000, "dimension_limits.csv:33", sizeEdge("road_train", "isothermal", "", "height")},
	} {
		tryEdge(t, p, e)
	}
}

// Decree 2060: a group of four and more axles is limited by axle, together and each.
func TestRules_RU2060_MultiIsAlsoComparedPerAxle(t *testing.T) {
	p := pack(t, "RU-2060", false)
	v := vehicle(t, "3400/1350/6000/1350/1350/1350", "SDDDDDD", "7000/7900/7900/7100/6900/6900/6900")
	fs := rules.Judge(nil, p, v, rules.Options{})
	if f := at(t, fs, "group", 4, 7); f.Verdict != rules.Within || kg(f.Limit) != 28000 {
		t.Errorf("group of four: %+v", f)
	}
	if f := at(t, fs, "axle", 4, 4); f.Verdict != rules.Exceeds || kg(f.Limit) != 7000 {
		t.Errorf("its first axle of 7.1 t: %+v", f)
	}
	if f := at(t, fs, "axle", 5, 5); f.Verdict != rules.Within {
		t.Errorf("its second axle of 6.9 t: %+v", f)
	}
}

// Order 342 of 26 Mar 2015.
func TestRules_KZ342(t *testing.T) {
	sim := pack(t, "KZ-342", true)
	intl := func(f func() *rules.Vehicle) func() *rules.Vehicle {
		return func() *rules.Vehicle { v := f(); v.Carriage = "international"; return v }
	}
	semi := intl(shaped(t, "articulated", "3700/5600/1310/1310", "SDSSS", 2, 3))
	train := intl(shaped(t, "road_train", "4400/1350/5200/1350/1350", "SDDDDD", 3, 3))
	for _, e := range []edge{
		{"single axle", "axle", 2, 2, 10000, "axle_limits.csv:2", axleEdge(t, semi, 2, 2)},
		{"tandem under 1 m", "group", 2, 3, 12000, "axle_limits.csv:3", axleEdge(t, intl(shaped(t, "", "3700/999", "SDD")), 2, 3)},
		{"tandem at 1 m", "group", 2, 3, 14000, "axle_limits.csv:4", axleEdge(t, intl(shaped(t, "", "3700/1000", "SDD")), 2, 3)},
		{"tridem", "group", 3, 5, 22500, "axle_limits.csv:9", axleEdge(t, semi, 3, 5)},
		{"drawbar train is the sum of its units", "gross", 0, 0, 49000, "gross_limits.csv:9", grossEdge(t, train)},
		{"sum that the table does not list", "gross", 0, 0, 43000, "gross_limits.csv:3+gross_limits.csv:7",
			grossEdge(t, intl(shaped(t, "road_train", "4400/1350/5200/5000", "SDDDD", 3, 2)))},
		{"articulated 3 + 3", "gross", 0, 0, 40000, "gross_limits.csv:10", grossEdge(t, intl(shaped(t, "articulated", "3300/1350/5400/1310/1310", "SDDSSS", 3, 3)))},
		{"rigid with seven axles", "gross", 0, 0, 44000, "gross_limits.csv:6", grossEdge(t, intl(shaped(t, "rigid", "1400/1400/3000/1400/1400/1400", "SSSDDDD")))},
		{"length before 2022", "length", 0, 0, 16500, "dimension_limits.csv:2", sizeEdge("articulated", "", "2021-05-05", "length")},
		{"length before October 2024", "length", 0, 0, 20000, "dimension_limits.csv:3", sizeEdge("articulated", "", "2024-09-30", "length")},
		{"length since October 2024", "length", 0, 0, 24000, "dimension_limits.csv:4", sizeEdge("road_train", "", "2024-11-01", "length")},
		{"length of a bus of two axles", "length", 0, 0, 15000, "dimension_limits.csv:7", sizeEdge("rigid", "bus", "2024-11-01", "length")},
		{"height of a container carrier", "height", 0, 0, 4300, "dimension_limits.csv:14", sizeEdge("articulated", "container_carrier", "2024-11-01", "height")},
		{"height of all others", "height", 0, 0, 4000, "dimension_limits.csv:13", sizeEdge("articulated", "", "2024-11-01", "height")},
		{"width of an isothermal body", "width", 0, 0, 2600, "dimension_limits.csv:11", sizeEdge("articulated", "isothermal", "2024-11-01", "width")},
	} {
		tryEdge(t, sim, e)
	}
	// In the month of the change both limits were in force; the kinder counts.
	f := at(t, rules.Judge(nil, sim, sizeEdge("road_train", "", "2024-10-02", "length")(23000, 0), rules.Options{}), "length", 0, 0)
	if f.Verdict != rules.Within || !slices.Contains(f.Notes, "change_day_unknown") {
		t.Errorf("23 m on 2 Oct 2024: %+v", f)
	}
	// A road train before 2022 has no row.
	if f := at(t, rules.Judge(nil, sim, sizeEdge("road_train", "", "2021-01-01", "length")(12000, 0), rules.Options{}), "length", 0, 0); f.Verdict != rules.Undetermined || !strings.HasPrefix(f.Reason, "no limit") {
		t.Errorf("road train in 2021: %+v", f)
	}
}

// Decision D24: outside simulator mode an M row decides nothing and is named.
func TestRules_KZ342_UnverifiedRowIsNamedAndUndetermined(t *testing.T) {
	v := vehicle(t, "3700/5600/1310/1310", "SDSSS", "7000/9700/9000/9000/9000")
	v.Carriage, v.Class, v.Units = "international", "articulated", []int{2, 3}
	strict := rules.Judge(nil, pack(t, "KZ-342", false), v, rules.Options{})
	if f := at(t, strict, "group", 3, 5); f.Verdict != rules.Undetermined || f.Reason != "limit not verified" || f.Row != "axle_limits.csv:9" || f.Mark != "M" || kg(f.Limit) != 22500 {
		t.Errorf("tridem outside simulator mode: %+v", f)
	}
	if f := at(t, strict, "axle", 2, 2); f.Verdict != rules.Within || f.Mark != "V" {
		t.Errorf("single axle, a verified row: %+v", f)
	}
	if f := at(t, rules.Judge(nil, pack(t, "KZ-342", true), v, rules.Options{}), "group", 3, 5); f.Verdict != rules.Exceeds || f.Mark != "M" {
		t.Errorf("tridem in simulator mode: %+v", f)
	}
}

// Minsk agreement of 4 Jun 1999.
func TestRules_CIS1999(t *testing.T) {
	p := pack(t, "CIS-1999", true)
	semi := shaped(t, "articulated", "3300/1350/6800/1310", "SDDDD", 3, 2)
	for _, e := range []edge{
		{"single axle", "axle", 1, 1, 10000, "axle_limits.csv:14", axleEdge(t, semi, 1, 1)},
		{"trailer tandem with twin tyres", "group", 4, 5, 16000, "axle_limits.csv:18", axleEdge(t, semi, 4, 5)},
		{"train 3 + 2", "gross", 0, 0, 42000, "gross_limits.csv:21", grossEdge(t, shaped(t, "road_train", "4400/1350/5200/5000", "SDDDD", 3, 2))},
		{"articulated counts as train", "gross", 0, 0, 42000, "gross_limits.csv:21", grossEdge(t, semi)},
		{"length of a train", "length", 0, 0, 20000, "dimension_limits.csv:16", sizeEdge("articulated", "", "2025-01-01", "length")},
	} {
		tryEdge(t, p, e)
	}
	fs := rules.Judge(nil, p, semi(), rules.Options{})
	if f := at(t, fs, "group", 2, 3); f.Verdict != rules.Undetermined || f.Reason != "no limit for this axle group in the pack" {
		t.Errorf("tandem of a tractor, which the table does not have: %+v", f)
	}
	// 2.5 m and more is apart here, where RU-2060 says more than 2.5 m.
	at(t, rules.Judge(nil, p, shaped(t, "", "3600/2500", "SDD")(), rules.Options{}), "axle", 3, 3)
	at(t, rules.Judge(nil, p, shaped(t, "", "3600/2499", "SDD")(), rules.Options{}), "group", 2, 3)
}

// Directive 96/53/EC, annex I.
func TestRules_EU9653(t *testing.T) {
	p := pack(t, "EU-96/53", true)
	air := func(f func() *rules.Vehicle, yes bool) func() *rules.Vehicle {
		return func() *rules.Vehicle {
			v := f()
			for i := range v.Axles {
				v.Axles[i].Air = ptr(yes)
			}
			return v
		}
	}
	box := func(f func() *rules.Vehicle) func() *rules.Vehicle {
		return func() *rules.Vehicle { v := f(); v.Body = "container_carrier"; return v }
	}
	semi := shaped(t, "articulated", "3700/5600/1300/1300", "SDSSS", 2, 3)
	wide := shaped(t, "articulated", "3700/5600/1301/1301", "SDSSS", 2, 3)
	rigid3 := shaped(t, "rigid", "3600/1350", "SDD")
	for _, e := range []edge{
		{"tridem at 1.3 m inclusive", "group", 3, 5, 21000, "axle_limits.csv:38", axleEdge(t, semi, 3, 5)},
		{"tridem above 1.3 m", "group", 3, 5, 24000, "axle_limits.csv:39", axleEdge(t, wide, 3, 5)},
		{"motor tandem with air", "group", 2, 3, 19000, "axle_limits.csv:43", axleEdge(t, air(rigid3, true), 2, 3)},
		{"motor tandem with single tyres", "group", 2, 3, 18000, "axle_limits.csv:42", axleEdge(t, air(shaped(t, "rigid", "3600/1350", "SSS"), true), 2, 3)},
		{"articulated 2 + 3", "gross", 0, 0, 40000, "gross_limits.csv:36", grossEdge(t, semi)},
		{"articulated 2 + 3 with container", "gross", 0, 0, 42000, "gross_limits.csv:39", grossEdge(t, box(semi))},
		{"articulated 2 + 2 at 1.8 m", "gross", 0, 0, 36000, "gross_limits.csv:34", grossEdge(t, shaped(t, "articulated", "3700/6800/1800", "SDDD", 2, 2))},
		{"articulated 2 + 2 above 1.8 m, air", "gross", 0, 0, 38000, "gross_limits.csv:35", grossEdge(t, air(shaped(t, "articulated", "3700/6800/1801", "SDDD", 2, 2), true))},
		{"rigid with four axles, short", "gross", 0, 0, 30000, "gross_limits.csv:27", grossEdge(t, air(shaped(t, "rigid", "1600/2800/1600", "SSDD"), true))},
		{"rigid with four axles, long", "gross", 0, 0, 32000, "gross_limits.csv:27", grossEdge(t, air(shaped(t, "rigid", "1950/3200/1350", "SSDD"), true))},
		{"length of an articulated vehicle", "length", 0, 0, 16500, "dimension_limits.csv:22", sizeEdge("articulated", "", "2025-01-01", "length")},
		{"length of a road train", "length", 0, 0, 18750, "dimension_limits.csv:23", sizeEdge("road_train", "", "2025-01-01", "length")},
		{"width of a conditioned body", "width", 0, 0, 2600, "dimension_limits.csv:25", sizeEdge("rigid", "isothermal", "2025-01-01", "width")},
	} {
		tryEdge(t, p, e)
	}
	// A mean of 1300.5 mm is above 1.3 m.
	v := vehicle(t, "3700/5600/1300/1301", "SDSSS", "6000/9000/8000/8000/7900")
	v.Class, v.Units = "articulated", []int{2, 3}
	if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "group", 3, 5); kg(f.Limit) != 24000 {
		t.Errorf("mean of 1300.5 mm: %+v", f)
	}
	// 25 t without, 26 t with twin tyres and air, or with driving axles up to 9.5 t.
	for _, c := range []struct {
		name  string
		v     *rules.Vehicle
		limit int64
		note  bool
	}{
		{"known air", air(rigid3, true)(), 26000, false},
		{"no air, driving axles of 1 t", air(rigid3, false)(), 26000, false},
		{"no air, driving axles of 10 t", air(func() *rules.Vehicle { return vehicle(t, "3600/1350", "SDD", "5000/10000/10000") }, false)(), 25000, false},
		{"suspension not known, driving axles of 10 t", vehicle(t, "3600/1350", "SDD", "5000/10000/10000"), 26000, true},
	} {
		c.v.Class = "rigid"
		f := at(t, rules.Judge(nil, p, c.v, rules.Options{}), "gross", 0, 0)
		if kg(f.Limit) != c.limit || slices.Contains(f.Notes, "condition_assumed") != c.note {
			t.Errorf("%s: %+v, want %d", c.name, f, c.limit)
		}
	}
}

// 23 U.S.C. 127 in exact pounds: 20000 lb are 9071.8474 kg.
func TestRules_US658_17(t *testing.T) {
	p := pack(t, "US-658.17", false)
	v := vehicle(t, "4000/1300/9000/1300", "SDDDD", "5000/7000/7000/7000/7000")
	try := func(name string, want rules.Verdict, quantity string, first, last int, row string) {
		t.Helper()
		f := at(t, rules.Judge(nil, p, v, rules.Options{}), quantity, first, last)
		if f.Verdict != want || f.Row != row || f.Clause == "" {
			t.Errorf("%s: %+v, want %s by %s", name, f, want, row)
		}
	}
	v.Axles[0].Mass = ptr(quant.Mass(9_071_847))
	try("single axle at 20000 lb less 0.4 g", rules.Within, "axle", 1, 1, "axle_limits.csv:122")
	v.Axles[0].Mass = ptr(quant.Mass(9_071_848))
	try("single axle at 20000 lb and 0.6 g", rules.Exceeds, "axle", 1, 1, "axle_limits.csv:122")
	v.Axles[1].Mass, v.Axles[2].Mass = ptr(quant.Mass(8_000_000)), ptr(quant.Mass(7_422_140))
	try("tandem at 34000 lb less 0.6 g", rules.Within, "group", 2, 3, "axle_limits.csv:123")
	v.Axles[2].Mass = ptr(quant.Mass(7_422_141))
	try("tandem at 34000 lb and 0.4 g", rules.Exceeds, "group", 2, 3, "axle_limits.csv:123")
	// Two tandems, outer axles 38 ft apart: 68000 lb = 30844.28 kg although the formula gives 67500.
	v = vehicle(t, "4000/1300/9000/1300", "SDDDD", "4000/7711/7711/7711/7711")
	try("two tandems 38 ft apart", rules.Within, "group", 2, 5, "bridge formula")
	v.Axles[3].Gap = 8000
	try("two tandems 35 ft apart", rules.Exceeds, "group", 2, 5, "bridge formula")
	// Axles within 40 inches are one axle.
	v = vehicle(t, "4000/1016", "SDD", "4000/5000/5000")
	try("two axles 40 inches apart", rules.Exceeds, "axle", 2, 3, "axle_limits.csv:122")
	v = vehicle(t, "4000/1017", "SDD", "4000/5000/5000")
	try("two axles above 40 inches apart", rules.Within, "group", 2, 3, "axle_limits.csv:123")
	v = vehicle(t, "4000/9000", "SDD", "9000/9000/9000")
	v.Gross = ptr(quant.Mass(36_287_389))
	try("80000 lb less 0.6 g", rules.Within, "gross", 0, 0, "gross_limits.csv:50")
	v.Gross = ptr(quant.Mass(36_287_390))
	try("80000 lb and 0.4 g", rules.Exceeds, "gross", 0, 0, "gross_limits.csv:50")
	v.Axles[2].Gap = 0
	if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "group", 1, 3); f.Reason != "axle spacing not known" {
		t.Errorf("run over an unknown spacing: %+v", f)
	}
	v = vehicle(t, "4000/2430", "SDD", "4000/8000/8000")
	v.UGap = 20
	if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "group", 2, 3); f.Verdict != rules.Within || !slices.Contains(f.Notes, "spacing_ambiguous") {
		t.Errorf("spacing of 8 ft within its uncertainty: %+v", f)
	}
}

// Order 342, clause on seasonal limits: rules.md 1.3.
func TestRules_KZ342_Season(t *testing.T) {
	p := pack(t, "KZ-342", false)
	minute, hot, cool := 12*60, quant.Temp(26000), quant.Temp(25000)
	night := 3 * 60
	for _, c := range []struct {
		name                  string
		day, region, carriage string
		load                  string
		o                     rules.Options
		want                  rules.Verdict
		reason, row, note     string
	}{
		{"inland in spring", "2026-03-15", "Almaty", "domestic", "9000", rules.Options{}, rules.Exceeds, "", "axle_limits.csv:11", "season_exemptions_unchecked"},
		{"inland in spring at 8 t", "2026-03-15", "Almaty", "domestic", "8000", rules.Options{}, rules.Within, "", "axle_limits.csv:11", ""},
		{"last day of spring", "2026-04-01", "Almaty", "domestic", "9000", rules.Options{}, rules.Exceeds, "", "axle_limits.csv:11", ""},
		{"day after spring", "2026-04-02", "Almaty", "domestic", "9000", rules.Options{}, rules.Within, "", "axle_limits.csv:2", ""},
		{"day before spring", "2026-02-28", "Almaty", "domestic", "9000", rules.Options{}, rules.Within, "", "axle_limits.csv:2", ""},
		{"the north has its own days", "2026-04-15", "akmola", "domestic", "9000", rules.Options{}, rules.Exceeds, "", "axle_limits.csv:11", ""},
		{"international carriage is exempt", "2026-03-15", "Almaty", "international", "9000", rules.Options{}, rules.Within, "", "axle_limits.csv:2", "season_exempt"},
		{"carriage not known", "2026-03-15", "Almaty", "", "9000", rules.Options{}, rules.Undetermined, "carriage not known", "axle_limits.csv:11", ""},
		{"carriage not known, below every limit", "2026-03-15", "Almaty", "", "8000", rules.Options{}, rules.Within, "", "axle_limits.csv:2", ""},
		{"carriage not known, above every limit", "2026-03-15", "Almaty", "", "10001", rules.Options{}, rules.Exceeds, "", "axle_limits.csv:2", ""},
		{"region not known", "2026-03-15", "", "domestic", "9000", rules.Options{}, rules.Undetermined, "region not known", "axle_limits.csv:11", ""},
		{"region of another country", "2026-03-15", "Osh", "domestic", "9000", rules.Options{}, rules.Undetermined, "region not known", "axle_limits.csv:11", ""},
		{"date not known", "", "Almaty", "domestic", "9000", rules.Options{}, rules.Undetermined, "date not known", "axle_limits.csv:11", ""},
		{"date of the options", "", "Almaty", "domestic", "9000", rules.Options{Day: time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)}, rules.Within, "", "axle_limits.csv:2", ""},
		{"date not known, international", "", "Almaty", "international", "9000", rules.Options{}, rules.Within, "", "axle_limits.csv:2", "season_exempt"},
		{"summer at noon in the heat", "2026-07-01", "Almaty", "domestic", "9001", rules.Options{Minute: &minute, Air: &hot}, rules.Exceeds, "", "seasonal_limits.csv:4", "surface_assumed"},
		{"summer on asphalt", "2026-07-01", "Almaty", "domestic", "8001", rules.Options{Minute: &minute, Air: &hot, Surface: "asphalt"}, rules.Exceeds, "", "seasonal_limits.csv:4", ""},
		{"summer at 25 C", "2026-07-01", "Almaty", "domestic", "9001", rules.Options{Minute: &minute, Air: &cool}, rules.Within, "", "axle_limits.csv:2", ""},
		{"summer at night", "2026-07-01", "Almaty", "domestic", "9001", rules.Options{Minute: &night, Air: &hot}, rules.Within, "", "axle_limits.csv:2", ""},
		{"summer, temperature not known", "2026-07-01", "Almaty", "domestic", "9001", rules.Options{Minute: &minute}, rules.Undetermined, "air temperature not known", "seasonal_limits.csv:4", ""},
		{"summer, hour not known", "2026-07-01", "Almaty", "domestic", "9001", rules.Options{Air: &hot}, rules.Undetermined, "time of day not known", "seasonal_limits.csv:4", ""},
		{"summer, international", "2026-07-01", "Almaty", "international", "9001", rules.Options{}, rules.Within, "", "axle_limits.csv:2", ""},
	} {
		v := vehicle(t, "4200", "SD", "6000/"+c.load)
		v.Date, v.Region, v.Carriage = c.day, c.region, c.carriage
		f := at(t, rules.Judge(nil, p, v, c.o), "axle", 2, 2)
		if f.Verdict != c.want || f.Reason != c.reason || f.Row != c.row || c.note != "" && !slices.Contains(f.Notes, c.note) {
			t.Errorf("%s: %+v, want %s (%s) by %s", c.name, f, c.want, c.reason, c.row)
		}
	}
	sim := pack(t, "KZ-342", true)
	for _, c := range []struct {
		name, tyres, load string
		want              rules.Verdict
		reason            string
	}{
		{"tandem with twin tyres has a spring limit", "SDD", "7000/6600/6600", rules.Within, ""},
		{"above it", "SDD", "7000/6600/6601", rules.Exceeds, ""},
		{"tandem with single tyres: not read", "SSS", "7000/5000/5000", rules.Undetermined, "seasonal limit not read"},
		{"above the permanent limit it exceeds all the same", "SSS", "7000/9000/9000", rules.Exceeds, ""},
	} {
		v := vehicle(t, "3600/1350", c.tyres, c.load)
		v.Date, v.Region, v.Carriage = "2026-03-15", "Almaty", "domestic"
		if f := at(t, rules.Judge(nil, sim, v, rules.Options{}), "group", 2, 3); f.Verdict != c.want || f.Reason != c.reason {
			t.Errorf("%s: %+v, want %s (%s)", c.name, f, c.want, c.reason)
		}
	}
}
