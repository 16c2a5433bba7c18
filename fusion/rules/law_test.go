package rules_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

// bandEdges are spacings at both ends of every band, with the number of their band.
var bandEdges = []struct {
	mm   int
	band int
}{{600, 0}, {999, 0}, {1000, 1}, {1299, 1}, {1300, 2}, {1799, 2}, {1800, 3}, {2499, 3}}

// behind gives a vehicle whose last n axles form one group at equal spacings.
func behind(t *testing.T, mm, n int, tyres string) *rules.Vehicle {
	t.Helper()
	gaps := "6000"
	for range n - 1 {
		gaps += "/" + strconv.Itoa(mm)
	}
	v := vehicle(t, gaps, "S"+strings.Repeat(tyres, n), strings.Repeat("/1000", n+1)[1:])
	v.Carriage = "international"
	return v
}

// loadGroup puts so many grams on the axles first to last, counted from 1.
func loadGroup(v *rules.Vehicle, first, last int, grams int64) {
	n := int64(last - first + 1)
	for i := first; i <= last; i++ {
		v.Axles[i-1].Mass = ptr(quant.Mass(grams / n))
	}
	v.Axles[last-1].Mass = ptr(quant.Mass(grams - grams/n*(n-1)))
}

// tryGroup finds the limit of a group, and that a gram above it decides.
func tryGroup(t *testing.T, name string, p *rules.Pack, v *rules.Vehicle, n int, limit int64) {
	t.Helper()
	quantity, first, last := "group", 2, n+1
	if n == 1 {
		quantity = "axle"
	}
	for _, c := range []struct {
		grams int64
		want  rules.Verdict
	}{{limit*1000 - 1, rules.Within}, {limit * 1000, rules.Within}, {limit*1000 + 1, rules.Exceeds}} {
		loadGroup(v, first, last, c.grams)
		f := at(t, rules.Judge(nil, p, v, rules.Options{}), quantity, first, last)
		if f.Verdict != c.want || kg(f.Limit) != limit {
			t.Errorf("%s, %d g: %s of limit %d by %s (%s), want %s of %d", name, c.grams, f.Verdict, kg(f.Limit), f.Row, f.Reason, c.want, limit)
		}
		if f.Row == "" || f.Clause == "" || f.Mark == "" {
			t.Errorf("%s: finding without row, clause or mark: %+v", name, f)
		}
	}
}

// The table of Decree 2060 as it is printed: single (dual) tyres for roads of 6 / 10 /
// 11.5 t an axle, by the four bands of spacings.
func TestRules_RU2060_WholeTable(t *testing.T) {
	p := pack(t, "RU-2060", false)
	roads := []int64{6000, 10000, 11500}
	for n, cells := range map[int][4]string{
		2: {"8 (9) / 10 (11) / 11.5 (12.5)", "9 (10) / 13 (14) / 14 (16)", "10 (11) / 15 (16) / 17 (18)", "11 (12) / 17 (18) / 18 (20)"},
		3: {"11 (12) / 15 (16.5) / 17 (18)", "12 (13) / 18 (19.5) / 20 (21)", "13.5 (15) / 21 (22.5) / 23.5 (24)", "15 (16) / 22 (23) / 25 (26)"},
		4: {"3.5 (4) / 5 (5.5) / 5.5 (6)", "4 (4.5) / 6 (6.5) / 6.5 (7)", "4.5 (5) / 6.5 (7) / 7.5 (8)", "5 (5.5) / 7 (7.5) / 8.5 (9)"},
	} {
		for _, e := range append(bandEdges, struct{ mm, band int }{2500, 3}) {
			for r, cell := range strings.Split(cells[e.band], " / ") {
				var single, dual float64
				if _, err := fmt.Sscanf(cell, "%f (%f)", &single, &dual); err != nil {
					t.Fatal(err)
				}
				for tyres, tonnes := range map[string]float64{"S": single, "D": dual} {
					limit := int64(tonnes * 1000)
					if n == 4 {
						limit *= 4
					}
					v := behind(t, e.mm, n, tyres)
					v.RoadClass = quant.Kg(roads[r])
					tryGroup(t, fmt.Sprintf("%d axles %d mm apart, tyres %s, road of %d kg", n, e.mm, tyres, roads[r]), p, v, n, limit)
				}
			}
		}
	}
	for r, cell := range []string{"5.5 (6)", "9 (10)", "10.5 (11.5)"} {
		var single, dual float64
		if _, err := fmt.Sscanf(cell, "%f (%f)", &single, &dual); err != nil {
			t.Fatal(err)
		}
		for tyres, tonnes := range map[string]float64{"S": single, "D": dual} {
			v := behind(t, 0, 1, tyres)
			v.RoadClass = quant.Kg(roads[r])
			tryGroup(t, "single axle, tyres "+tyres, p, v, 1, int64(tonnes*1000))
		}
	}
	// 2.5 m is still a group, 2.501 m is not.
	v := vehicle(t, "6000/2501", "SDD", "1000/10000/10000")
	if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "axle", 3, 3); f.Verdict != rules.Within || kg(f.Limit) != 10000 {
		t.Errorf("two axles 2501 mm apart: %+v", f)
	}
}

// Unequal spacings count by their sum: 1200 and 1400 mm are exactly 1300 mm each, and one
// millimetre less is the band below. Mixed tyres are single.
func TestRules_RU2060_UnequalSpacingsAndMixedTyres(t *testing.T) {
	p := pack(t, "RU-2060", false)
	for _, c := range []struct {
		gaps, tyres string
		first, last int
		limit       int64
	}{
		{"6000/1200/1400", "SDDD", 2, 4, 22500},
		{"6000/1200/1399", "SDDD", 2, 4, 19500},
		{"6000/1400/1200", "SSSS", 2, 4, 21000},
		{"6000/999/1001", "SDDD", 2, 4, 19500},
		{"6000/999/1000", "SDDD", 2, 4, 16500},
		{"6000/2500/2500", "SDDD", 2, 4, 23000},
		{"6000/1310/1310", "SDSD", 2, 4, 21000},
		{"6000/1350", "SSD", 2, 3, 15000},
		{"6000/1200/1200/1500", "SDDDD", 2, 5, 4 * 7000},       // 3900 mm over 3 spacings is 1300
		{"6000/1200/1200/1499", "SDDDD", 2, 5, 4 * 6500},       // 3899 mm is below
		{"6000/1310/1310/1310/1310", "SDSDDD", 2, 6, 5 * 6500}, // five axles, mixed
	} {
		v := vehicle(t, c.gaps, c.tyres, strings.Repeat("/1000", len(c.tyres))[1:])
		if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "group", c.first, c.last); kg(f.Limit) != c.limit {
			t.Errorf("%s %s: limit %d by %s, want %d", c.gaps, c.tyres, kg(f.Limit), f.Row, c.limit)
		}
	}
}

// Decree 2060, appendix 3: gross limits of every configuration, by loaded axles.
func TestRules_RU2060_Gross(t *testing.T) {
	p := pack(t, "RU-2060", false)
	for class, limits := range map[string]map[int]int64{
		"rigid":       {2: 18000, 3: 25000, 4: 32000, 5: 38000, 6: 38000, 9: 38000},
		"articulated": {3: 28000, 4: 36000, 5: 40000, 6: 44000, 7: 44000, 9: 44000},
		"road_train":  {3: 28000, 4: 36000, 5: 40000, 6: 44000, 8: 44000},
	} {
		for n, limit := range limits {
			v := &rules.Vehicle{ID: "v", Class: class}
			for i := range n {
				a := rules.Axle{Mass: ptr(quant.Tonne), Gap: 3000}
				if i == 0 {
					a.Gap = 0
				}
				v.Axles = append(v.Axles, a)
			}
			for _, c := range []struct {
				grams int64
				want  rules.Verdict
			}{{limit * 1000, rules.Within}, {limit*1000 + 1, rules.Exceeds}} {
				v.Gross = ptr(quant.Mass(c.grams))
				f := at(t, rules.Judge(nil, p, v, rules.Options{}), "gross", 0, 0)
				if f.Verdict != c.want || kg(f.Limit) != limit {
					t.Errorf("%s of %d axles, %d g: %s of %d, want %s of %d", class, n, c.grams, f.Verdict, kg(f.Limit), c.want, limit)
				}
			}
		}
	}
}

// Order 342, axle loads: one value for a group, whatever its tyres.
func TestRules_KZ342_WholeTable(t *testing.T) {
	p := pack(t, "KZ-342", true)
	site := pack(t, "KZ-342", false)
	for n, limits := range map[int][4]int64{2: {12000, 14000, 16000, 18000}, 3: {16500, 19500, 22500, 25500}} {
		for _, e := range append(bandEdges, struct{ mm, band int }{2500, 3}) {
			for _, tyres := range []string{"S", "D", "?"} {
				v := behind(t, e.mm, n, tyres)
				tryGroup(t, fmt.Sprintf("%d axles %d mm apart, tyres %s", n, e.mm, tyres), p, v, n, limits[e.band])
				// Outside simulator mode only what was read decides: tandems below 1.3 m.
				f := at(t, rules.Judge(nil, site, v, rules.Options{}), "group", 2, n+1)
				if read := n == 2 && e.band < 2; (f.Reason == "limit not verified") == read || read && f.Mark != "V" || !read && f.Mark != "M" {
					t.Errorf("%d axles %d mm apart at a site: %s (%s), mark %s", n, e.mm, f.Verdict, f.Reason, f.Mark)
				}
			}
		}
	}
	// Four axles have no row: it is not known, and never within.
	if f := at(t, rules.Judge(nil, p, behind(t, 1350, 4, "D"), rules.Options{}), "group", 2, 5); f.Verdict != rules.Undetermined || f.Row != "" {
		t.Errorf("four axles: %+v", f)
	}
}

// Order 342: three limits of an articulated vehicle in eight years, and the heights.
func TestRules_KZ342_HistoryOfSizes(t *testing.T) {
	p := pack(t, "KZ-342", false)
	for _, c := range []struct {
		class, body, date, dim string
		limit                  int64 // mm
		undetermined           bool
	}{
		{"articulated", "", "2016-05-01", "length", 20000, false},
		{"articulated", "", "2017-01-22", "length", 20000, false},
		{"articulated", "", "2017-01-23", "length", 16500, false},
		{"articulated", "", "2022-03-23", "length", 16500, false},
		{"articulated", "", "2022-05-01", "length", 20000, false},
		{"road_train", "", "2022-05-01", "length", 20000, false},
		{"articulated", "", "2024-09-30", "length", 20000, false},
		{"articulated", "", "2024-11-01", "length", 24000, false},
		{"road_train", "", "2026-01-01", "length", 24000, false},
		{"rigid", "", "2020-01-01", "length", 12000, false},
		{"rigid", "bus", "2020-01-01", "length", 15000, false}, // its axles are not known: the kinder of two buses
		{"articulated", "bus", "2026-01-01", "length", 18750, false},
		{"road_train", "bus", "2026-01-01", "length", 18750, false},
		{"articulated", "container_carrier", "2024-09-30", "height", 4000, false},
		{"articulated", "container_carrier", "2024-11-01", "height", 4300, false},
		{"road_train", "car_carrier", "2026-01-01", "height", 4300, false},
		{"road_train", "isothermal", "2026-01-01", "height", 4000, false},
		{"articulated", "", "2026-01-01", "width", 2550, true}, // from memory: named, and decides nothing
		{"articulated", "isothermal", "2026-01-01", "width", 2600, true},
	} {
		for _, d := range []struct {
			mm   int64
			want rules.Verdict
		}{{-1, rules.Within}, {0, rules.Within}, {1, rules.Exceeds}} {
			f := at(t, rules.Judge(nil, p, sizeEdge(c.class, c.body, c.date, c.dim)(c.limit+d.mm, 0), rules.Options{}), c.dim, 0, 0)
			want := d.want
			if c.undetermined {
				want = rules.Undetermined
			}
			if f.Verdict != want || kg(f.Limit) != c.limit {
				t.Errorf("%s %s %s of %d mm on %s: %s of %d (%s), want %s of %d", c.class, c.body, c.dim, c.limit+d.mm, c.date, f.Verdict, kg(f.Limit), f.Reason, want, c.limit)
			}
		}
	}
	two := vehicle(t, "6100", "SD", "6500/9800")
	two.Class, two.Body, two.Length = "rigid", "bus", ptr(quant.Length(13501))
	if f := at(t, rules.Judge(nil, p, two, rules.Options{}), "length", 0, 0); f.Verdict != rules.Exceeds || kg(f.Limit) != 13500 {
		t.Errorf("coach of two axles: %+v", f)
	}
}

// Order 342, gross masses by configuration.
func TestRules_KZ342_Gross(t *testing.T) {
	p := pack(t, "KZ-342", true)
	for _, c := range []struct {
		class  string
		units  []int
		limit  int64
		marked string
	}{
		{"rigid", []int{2}, 18000, "M"}, {"rigid", []int{3}, 25000, "V"}, {"rigid", []int{4}, 32000, "V"}, {"rigid", []int{5}, 38000, "V"}, {"rigid", []int{6}, 44000, "V"},
		{"articulated", []int{3, 3}, 40000, "V"}, {"articulated", []int{3, 4}, 44000, "V"}, {"articulated", []int{2, 3}, 40000, "M"}, {"articulated", []int{2, 2}, 36000, "M"},
		{"road_train", []int{3, 3}, 49000, "V"}, {"road_train", []int{2, 2}, 36000, "M"}, {"road_train", []int{4, 3}, 56000, "V"}, {"road_train", []int{2, 3}, 42000, "M"},
	} {
		v := &rules.Vehicle{ID: "v", Class: c.class, Units: c.units, Carriage: "international"}
		n := 0
		for _, k := range c.units {
			n += k
		}
		for i := range n {
			a := rules.Axle{Mass: ptr(quant.Tonne), Gap: 3000}
			if i == 0 {
				a.Gap = 0
			}
			v.Axles = append(v.Axles, a)
		}
		for grams, want := range map[int64]rules.Verdict{c.limit * 1000: rules.Within, c.limit*1000 + 1: rules.Exceeds} {
			v.Gross = ptr(quant.Mass(grams))
			if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "gross", 0, 0); f.Verdict != want || kg(f.Limit) != c.limit || f.Mark != c.marked {
				t.Errorf("%s %v of %d g: %s of %d, mark %s, want %s of %d, mark %s", c.class, c.units, grams, f.Verdict, kg(f.Limit), f.Mark, want, c.limit, c.marked)
			}
		}
	}
}

// Minsk agreement: columns for single and twin tyres of a trailer's groups.
func TestRules_CIS1999_WholeTable(t *testing.T) {
	p := pack(t, "CIS-1999", true)
	site := pack(t, "CIS-1999", false)
	for n, columns := range map[int]map[string][4]int64{
		2: {"D": {12000, 14000, 16000, 18000}, "S": {11000, 13000, 15000, 17000}},
		3: {"D": {16500, 19500, 22500, 25500}, "S": {15000, 18000, 21000, 24000}},
	} {
		for tyres, limits := range columns {
			for _, e := range bandEdges {
				gaps := "3700/6000" + strings.Repeat("/"+strconv.Itoa(e.mm), n-1)
				v := vehicle(t, gaps, "SD"+strings.Repeat(tyres, n), strings.Repeat("/1000", n+2)[1:])
				v.Class, v.Units = "articulated", []int{2, n}
				loadGroup(v, 3, n+2, limits[e.band]*1000+1)
				f := at(t, rules.Judge(nil, p, v, rules.Options{}), "group", 3, n+2)
				if f.Verdict != rules.Exceeds || kg(f.Limit) != limits[e.band] {
					t.Errorf("%d axles %d mm apart, tyres %s: %s of %d, want %d", n, e.mm, tyres, f.Verdict, kg(f.Limit), limits[e.band])
				}
				f = at(t, rules.Judge(nil, site, v, rules.Options{}), "group", 3, n+2)
				if read := n == 2 && tyres == "D"; (f.Verdict == rules.Exceeds) != read {
					t.Errorf("%d axles, tyres %s, at a site: %s (%s)", n, tyres, f.Verdict, f.Reason)
				}
			}
		}
	}
	// Below half a metre the table says nothing.
	v := vehicle(t, "3700/6000/499", "SDDD", "1000/1000/1000/1000")
	v.Class, v.Units = "articulated", []int{2, 2}
	if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "group", 3, 4); f.Verdict != rules.Undetermined {
		t.Errorf("axles 499 mm apart: %+v", f)
	}
}

// 32 t of a four-axle rigid need two driving axles with twin tyres and air suspension.
func TestRules_CIS1999_FourAxlesNeedTwoDrivingAxles(t *testing.T) {
	p := pack(t, "CIS-1999", false)
	for _, c := range []struct {
		name     string
		air      []int // axles that are known to have it; the rest do not
		verdict  rules.Verdict
		noteWant bool
	}{
		{"both", []int{3, 4}, rules.Within, false},
		{"one of them", []int{4}, rules.Undetermined, false},
	} {
		v := vehicle(t, "1950/3200/1350", "SSDD", "6000/6000/7000/7000")
		v.Class = "rigid"
		for i := range v.Axles {
			v.Axles[i].Air = ptr(slices.Contains(c.air, i+1))
		}
		if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "gross", 0, 0); f.Verdict != c.verdict {
			t.Errorf("%s: %+v, want %s", c.name, f, c.verdict)
		}
	}
}

// Directive 96/53/EC, annex I, 3.2 and 3.3: the tandem's bounds are exclusive, the tridem's
// inclusive, and beyond 1.4 m it has none.
func TestRules_EU9653_Groups(t *testing.T) {
	p := pack(t, "EU-96/53", false)
	for _, c := range []struct {
		n, mm int
		limit int64
	}{
		{2, 999, 11000}, {2, 1000, 16000}, {2, 1299, 16000}, {2, 1300, 18000}, {2, 1799, 18000}, {2, 1800, 20000}, {2, 2500, 20000},
		{3, 1000, 21000}, {3, 1299, 21000}, {3, 1300, 21000}, {3, 1301, 24000}, {3, 1400, 24000},
	} {
		gaps := "3700/6000" + strings.Repeat("/"+strconv.Itoa(c.mm), c.n-1)
		for d, want := range map[int64]rules.Verdict{0: rules.Within, 1: rules.Exceeds} {
			v := vehicle(t, gaps, "SDDDD", strings.Repeat("/1000", c.n+2)[1:])
			v.Class, v.Units = "articulated", []int{2, c.n}
			loadGroup(v, 3, c.n+2, c.limit*1000+d)
			if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "group", 3, c.n+2); f.Verdict != want || kg(f.Limit) != c.limit {
				t.Errorf("%d axles %d mm apart, %d g over: %s of %d (%s), want %s of %d", c.n, c.mm, d, f.Verdict, kg(f.Limit), f.Reason, want, c.limit)
			}
		}
	}
	v := vehicle(t, "3700/6000/1401/1401", "SDDDD", "1000/1000/1000/1000/1000")
	v.Class, v.Units = "articulated", []int{2, 3}
	if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "group", 3, 5); f.Verdict != rules.Undetermined || f.Row != "" {
		t.Errorf("tridem above 1.4 m: %+v", f)
	}
	// 3.5.3: 19 t of a motor tandem with twin tyres and air, or with at most 9.5 t on each.
	for _, c := range []struct {
		loads string
		air   bool
		limit int64
	}{{"5000/9500/9500", false, 19000}, {"5000/9501/9000", false, 18000}, {"5000/9600/9000", true, 19000}} {
		v := vehicle(t, "3600/1350", "SDD", c.loads)
		v.Class = "rigid"
		for i := range v.Axles {
			v.Axles[i].Air = ptr(c.air)
		}
		if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "group", 2, 3); kg(f.Limit) != c.limit {
			t.Errorf("motor tandem %s, air %v: limit %d, want %d", c.loads, c.air, kg(f.Limit), c.limit)
		}
	}
	// Lengths of buses, annex I 1.1.
	for _, c := range []struct {
		class string
		axles int
		limit int64
	}{{"rigid", 2, 13500}, {"rigid", 3, 15000}, {"articulated", 3, 18750}, {"road_train", 3, 18750}} {
		v := &rules.Vehicle{Class: c.class, Body: "bus", Length: ptr(quant.Length(c.limit)), Axles: make([]rules.Axle, c.axles)}
		if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "length", 0, 0); f.Verdict != rules.Within || kg(f.Limit) != c.limit {
			t.Errorf("%s bus of %d axles: %+v, want %d", c.class, c.axles, f, c.limit)
		}
	}
}

// Annex I 2.2.4.2: above 1.8 m it is 36 t, and 38 t with twin tyres and air suspension.
func TestRules_EU9653_FourAxlesAbove18(t *testing.T) {
	p := pack(t, "EU-96/53", false)
	for _, c := range []struct {
		mm    int
		air   bool
		limit int64
	}{{1800, true, 36000}, {1801, true, 38000}, {1801, false, 36000}} {
		v := vehicle(t, "3700/6800/"+strconv.Itoa(c.mm), "SDDD", "6000/10000/10000/10000")
		v.Class, v.Units = "articulated", []int{2, 2}
		for i := range v.Axles {
			v.Axles[i].Air = ptr(c.air)
		}
		if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "gross", 0, 0); kg(f.Limit) != c.limit {
			t.Errorf("%d mm, air %v: limit %d, want %d", c.mm, c.air, kg(f.Limit), c.limit)
		}
	}
}

// Annex I 4.1: at least 25 % of the laden mass on the driving axles; 4.3: five tonnes a
// metre of a four-axle rigid.
func TestRules_EU9653_DrivingShareAndFiveTonnesAMetre(t *testing.T) {
	p := pack(t, "EU-96/53", false)
	for _, c := range []struct {
		name, loads, carriage string
		units                 []int
		want                  rules.Verdict
	}{
		{"a quarter", "6000/8000/6000/6000/6000", "international", []int{2, 3}, rules.Within},
		{"a kilogram less", "6001/7999/6000/6000/6000", "international", []int{2, 3}, rules.Exceeds},
		{"carriage not known", "6001/7999/6000/6000/6000", "", []int{2, 3}, rules.Exceeds},
		{"an axle not weighed", "6000/-/6000/6000/6000", "international", []int{2, 3}, rules.Undetermined},
	} {
		v := vehicle(t, "3700/5600/1310/1310", "SDSSS", c.loads)
		v.Class, v.Units, v.Carriage = "articulated", c.units, c.carriage
		f := at(t, rules.Judge(nil, p, v, rules.Options{}), "undriven", 0, 0)
		if f.Verdict != c.want || f.Verdict == rules.Exceeds && (f.Row == "" || f.Mark != "V") {
			t.Errorf("%s: %+v, want %s", c.name, f, c.want)
		}
	}
	van := vehicle(t, "3300", "SS", "2000/600") // its front axle drives
	if f := at(t, rules.Judge(nil, p, van, rules.Options{}), "undriven", 0, 0); f.Verdict != rules.Within {
		t.Errorf("a van with little behind: %+v", f)
	}
	domestic := vehicle(t, "3700/5600/1310/1310", "SDSSS", "9000/1000/6000/6000/6000")
	domestic.Carriage = "domestic"
	for _, f := range rules.Judge(nil, p, domestic, rules.Options{}) {
		if f.Quantity == "undriven" {
			t.Errorf("the rule is for international traffic: %+v", f)
		}
	}
	// 6.4 m between the outer axles are 32 t, one millimetre less is 5 kg less.
	for mm, limit := range map[int]int64{1600: 32000, 1599: 31995} {
		v := vehicle(t, "1600/3200/"+strconv.Itoa(mm), "SSDD", "6000/6000/9000/9000")
		v.Class = "rigid"
		for i := range v.Axles {
			v.Axles[i].Air = ptr(false)
		}
		if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "gross", 0, 0); kg(f.Limit) != limit {
			t.Errorf("outer axles %d mm apart: limit %d, want %d", 4800+mm, kg(f.Limit), limit)
		}
	}
}

// 12.21.1: the edges of the parts, to the gram and the millimetre.
func TestRules_RU12_21_1_Edges(t *testing.T) {
	p := pack(t, "RU-2060", false)
	for _, c := range []struct {
		grams int64
		part  string
	}{{10_000_001, "without a fine part"}, {11_000_000, "without a fine part"}, {11_000_001, "part 4"}, {12_000_000, "part 4"},
		{12_000_001, "part 5"}, {15_000_000, "part 5"}, {15_000_001, "part 6"}} {
		v := vehicle(t, "4200", "SD", "6000/1")
		v.Axles[1].Mass = ptr(quant.Mass(c.grams))
		if f := at(t, rules.Judge(nil, p, v, rules.Options{}), "axle", 2, 2); !strings.Contains(f.Band, c.part) {
			t.Errorf("%d g on 10 t: %q, want %s", c.grams, f.Band, c.part)
		}
	}
	for mm, part := range map[quant.Length]string{12001: "part 1", 12100: "part 1", 12101: "part 4", 12200: "part 4", 12201: "part 5", 12500: "part 5", 12501: "part 6"} {
		v := &rules.Vehicle{Class: "rigid", Length: ptr(mm)}
		f := at(t, rules.Judge(nil, p, v, rules.Options{}), "length", 0, 0)
		if !strings.Contains(f.Band, part) || part == "part 1" && !strings.Contains(f.Band, "never from automatic cameras") {
			t.Errorf("%d mm: %q, want %s", mm, f.Band, part)
		}
	}
}
