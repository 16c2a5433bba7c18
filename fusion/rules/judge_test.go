package rules_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

func judge1(t *testing.T, p *rules.Pack, v *rules.Vehicle, o rules.Options, quantity string, first, last int) *rules.Finding {
	t.Helper()
	return at(t, rules.Judge(nil, p, v, o), quantity, first, last)
}

// Decision D25: an instrument that gives no uncertainty gives no verdict.
func TestInstrumentWithoutUncertaintyIsUndetermined(t *testing.T) {
	p := pack(t, "RU-2060", false)
	build := func(u *quant.Mass) *rules.Vehicle {
		v := vehicle(t, "3700/5600/1400/1400", "SDSSS", "7000/9900/6900/6900/6900")
		v.Instrument, v.UGap = true, 20
		for i := range v.Axles {
			v.Axles[i].U = u
		}
		v.Width = ptr(quant.Length(2500))
		return v
	}
	for _, u := range []*quant.Mass{nil, ptr(quant.Mass(0))} {
		for _, f := range rules.Judge(nil, p, build(u), rules.Options{}) {
			if f.Verdict != rules.Undetermined || f.Reason != "no uncertainty" && f.Reason != "not measured" {
				t.Errorf("u95 %v: %+v", u, f)
			}
		}
	}
	v := build(ptr(quant.Kg(100)))
	v.UWid = ptr(quant.Length(10))
	fs := rules.Judge(nil, p, v, rules.Options{})
	if f := at(t, fs, "group", 3, 5); f.Verdict != rules.Within || kg(f.Uncertainty) != 300 || kg(f.Tolerance) != 300 {
		t.Errorf("uncertainties of a group add up: %+v", f)
	}
	if f := at(t, fs, "gross", 0, 0); f.Verdict != rules.Within || kg(f.Uncertainty) != 500 {
		t.Errorf("gross: %+v", f)
	}
	if f := at(t, fs, "width", 0, 0); f.Verdict != rules.Within || kg(f.Uncertainty) != 10 {
		t.Errorf("width: %+v", f)
	}
	v.UGap = 0
	if f := judge1(t, p, v, rules.Options{}, "group", 3, 5); !slices.Contains(f.Notes, "spacing_u_assumed") {
		t.Errorf("spacing without uncertainty: %+v", f)
	}
}

func TestWhatIsMissingOrSpoiltIsUndetermined(t *testing.T) {
	p := pack(t, "RU-2060", false)
	for _, c := range []struct {
		name        string
		change      func(v *rules.Vehicle)
		quantity    string
		first, last int
		reason      string
	}{
		{"an axle of the tridem", func(v *rules.Vehicle) { v.Axles[3].Mass = nil }, "group", 3, 5, "an axle of the group was not measured"},
		{"an axle, for the gross mass", func(v *rules.Vehicle) { v.Axles[3].Mass = nil }, "gross", 0, 0, "an axle was not measured"},
		{"a single axle", func(v *rules.Vehicle) { v.Axles[1].Mass = nil }, "axle", 2, 2, "not measured"},
		{"an axle with its own reason", func(v *rules.Vehicle) { v.Axles[1].Reason = "off_scale" }, "axle", 2, 2, "off_scale"},
		{"that axle in the gross mass", func(v *rules.Vehicle) { v.Axles[1].Reason = "off_scale" }, "gross", 0, 0, "off_scale"},
		{"all masses", func(v *rules.Vehicle) { v.Reasons.Mass = "certificate expired" }, "group", 3, 5, "certificate expired"},
		{"all masses, gross", func(v *rules.Vehicle) { v.Reasons.Mass = "certificate expired" }, "gross", 0, 0, "certificate expired"},
		{"width", func(*rules.Vehicle) {}, "width", 0, 0, "not measured"},
		{"length", func(v *rules.Vehicle) { v.Length = ptr(quant.Length(9000)); v.Reasons.Length = "speed_assumed" }, "length", 0, 0, "speed_assumed"},
		{"height of nothing", func(v *rules.Vehicle) { v.Height = ptr(quant.Length(0)) }, "height", 0, 0, "no size measured"},
		{"negative height", func(v *rules.Vehicle) { v.Height = ptr(quant.Length(-5)) }, "height", 0, 0, "negative measurement"},
		{"negative axle", func(v *rules.Vehicle) { v.Axles[1].Mass = ptr(quant.Mass(-1)) }, "axle", 2, 2, "negative measurement"},
		{"negative uncertainty", func(v *rules.Vehicle) { v.Axles[1].U = ptr(quant.Mass(-1)) }, "axle", 2, 2, "uncertainty below zero"},
		{"negative common uncertainty", func(v *rules.Vehicle) { v.UMass = ptr(quant.Mass(-1)) }, "axle", 2, 2, "uncertainty below zero"},
		{"absurd mass", func(v *rules.Vehicle) { v.Axles[1].Mass = ptr(quant.Mass(1 << 62)) }, "axle", 2, 2, "measurement out of range"},
		{"absurd uncertainty", func(v *rules.Vehicle) { v.Axles[1].U = ptr(quant.Mass(1 << 62)) }, "axle", 2, 2, "measurement out of range"},
		{"absurd gross", func(v *rules.Vehicle) { v.Gross = ptr(quant.Mass(1 << 62)) }, "gross", 0, 0, "measurement out of range"},
		{"a spacing", func(v *rules.Vehicle) { v.Axles[3].Gap = 0 }, "group", 3, 5, "axle spacing not known"},
		{"date", func(v *rules.Vehicle) { v.Date = "2025-02-30" }, "gross", 0, 0, "date is not a day"},
		{"road class", func(v *rules.Vehicle) { v.RoadClass = quant.Kg(8000) }, "axle", 2, 2, "no limit for this axle group in the pack"},
	} {
		v := vehicle(t, "3700/5600/1310/1310", "SDSSS", "7000/9900/6900/6900/6900")
		c.change(v)
		if f := judge1(t, p, v, rules.Options{}, c.quantity, c.first, c.last); f.Verdict != rules.Undetermined || f.Reason != c.reason {
			t.Errorf("%s: %+v, want undetermined (%s)", c.name, f, c.reason)
		}
	}
	empty := rules.Judge(nil, p, &rules.Vehicle{}, rules.Options{})
	if len(empty) != 5 || rules.Worst(empty) != rules.Undetermined {
		t.Errorf("vehicle of which nothing is known: %+v", empty)
	}
	for _, f := range empty {
		if f.Verdict != rules.Undetermined || f.Reason == "" {
			t.Errorf("vehicle of which nothing is known: %+v", f)
		}
	}
	long := &rules.Vehicle{Axles: make([]rules.Axle, rules.MaxAxles+1)}
	for _, f := range rules.Judge(nil, p, long, rules.Options{}) {
		if f.Reason != "too many axles" {
			t.Errorf("33 axles: %+v", f)
		}
	}
	lifted := vehicle(t, "3000", "SD", "0/0")
	if f := rules.Judge(nil, p, lifted, rules.Options{})[0]; f.Reason != "no axle carries a load" {
		t.Errorf("all axles lifted: %+v", f)
	}
	for _, f := range rules.Judge(nil, book(t, true).Pack("EAEU-2024"), vehicle(t, "4200", "SD", "6000/9000"), rules.Options{}) {
		if f.Verdict != rules.Undetermined {
			t.Errorf("pack without numbers: %+v", f)
		}
	}
}

func TestLiftedAxleDoesNotCount(t *testing.T) {
	p := pack(t, "RU-2060", false)
	v := vehicle(t, "3700/5600/1310/1310", "SDSSS", "7000/9900/0/8000/8000")
	fs := rules.Judge(nil, p, v, rules.Options{})
	f := at(t, fs, "group", 4, 5)
	if f.Verdict != rules.Exceeds || kg(f.Limit) != 15000 || !slices.Contains(f.Notes, "lift_axle") {
		t.Errorf("tridem with its first axle lifted is a tandem: %+v", f)
	}
	if f := at(t, fs, "gross", 0, 0); kg(f.Limit) != 36000 {
		t.Errorf("four loaded axles: %+v", f)
	}
	v = vehicle(t, "3700/5600/1310/1310", "SDSSS", "7000/9900/8000/0/8000")
	at(t, rules.Judge(nil, p, v, rules.Options{}), "axle", 5, 5) // 2.62 m apart: single
	if got := rules.Groups(nil, p, v); !cmp.Equal(got, []rules.Group{{First: 1, Last: 1, Kind: rules.Single}, {First: 2, Last: 2, Kind: rules.Single}, {First: 3, Last: 3, Kind: rules.Single}, {First: 5, Last: 5, Kind: rules.Single}}) {
		t.Errorf("Groups with a lifted axle: %+v", got)
	}
	if code := rules.AxleCode(v); code != "A2C3" {
		t.Errorf("AxleCode with a lifted axle = %q, want A2C3", code)
	}
}

func TestUnknownTyresTakeTheKinderLimit(t *testing.T) {
	p := pack(t, "RU-2060", false)
	v := vehicle(t, "3700/5600/1310/1310", "S?SS?", "7000/10000/7000/7000/7000")
	fs := rules.Judge(nil, p, v, rules.Options{})
	if f := at(t, fs, "axle", 2, 2); f.Verdict != rules.Within || kg(f.Limit) != 10000 || !cmp.Equal(f.Notes, []string{"tyres_assumed"}) {
		t.Errorf("single axle of unknown tyres: %+v", f)
	}
	if f := at(t, fs, "group", 3, 5); kg(f.Limit) != 21000 || f.Notes != nil {
		t.Errorf("one known single tyre makes the group single: %+v", f)
	}
}

func TestSpacingWithinItsUncertaintyOfABandEdge(t *testing.T) {
	p := pack(t, "RU-2060", false)
	for _, c := range []struct {
		name, gaps, loads string
		u                 quant.Length
		first, last       int
		limit             int64
		ambiguous         bool
	}{
		{"1290 mm exactly", "3700/5600/1290/1290", "7000/9800/6500/6500/6500", 0, 3, 5, 18000, false},
		{"1290 +- 9 mm", "3700/5600/1290/1290", "7000/9800/6500/6500/6500", 9, 3, 5, 18000, false},
		{"1290 +- 10 mm", "3700/5600/1290/1290", "7000/9800/6500/6500/6500", 10, 3, 5, 21000, true},
		{"1310 +- 30 mm", "3700/5600/1310/1310", "7000/9800/6500/6500/6500", 30, 3, 5, 21000, true},
		{"1310 +- 10 mm", "3700/5600/1310/1310", "7000/9800/6500/6500/6500", 10, 3, 5, 21000, false},
	} {
		v := vehicle(t, c.gaps, "SDSSS", c.loads)
		v.UGap = c.u
		f := judge1(t, p, v, rules.Options{}, "group", c.first, c.last)
		if kg(f.Limit) != c.limit || slices.Contains(f.Notes, "spacing_ambiguous") != c.ambiguous {
			t.Errorf("%s: %+v, want limit %d, ambiguous %v", c.name, f, c.limit, c.ambiguous)
		}
	}
	// At 2.5 m the two axles are a tandem of 18 t or two single axles of 10 t: what is
	// kinder depends on the loads.
	even := vehicle(t, "3600/2510", "SDD", "6500/10000/10000")
	even.UGap = 30
	if f := judge1(t, p, even, rules.Options{}, "axle", 3, 3); f.Verdict != rules.Within || !slices.Contains(f.Notes, "spacing_ambiguous") {
		t.Errorf("evenly loaded, kinder as single axles: %+v", f)
	}
	uneven := vehicle(t, "3600/2510", "SDD", "6500/12000/6000")
	uneven.UGap = 30
	if f := judge1(t, p, uneven, rules.Options{}, "group", 2, 3); f.Verdict != rules.Within || !slices.Contains(f.Notes, "spacing_ambiguous") {
		t.Errorf("unevenly loaded, kinder as tandem: %+v", f)
	}
	heavy := vehicle(t, "3600/2510", "SDD", "6500/12000/12000")
	heavy.UGap = 30
	if w := rules.Worst(rules.Judge(nil, p, heavy, rules.Options{})); w != rules.Exceeds {
		t.Errorf("over the limit either way: %s", w)
	}
	row := vehicle(t, "2510/2510/2510/2510/2510", "DDDDDD", "5000/5000/5000/5000/5000/5000")
	row.UGap = 30
	if f := judge1(t, p, row, rules.Options{}, "group", 1, 6); f.Reason != "axle spacings ambiguous" {
		t.Errorf("five undecided spacings: %+v", f)
	}
}

// Decision D25: judged = measured - max(deduction, u95), never both.
func TestDeduction(t *testing.T) {
	v := vehicle(t, "3700/5600/1310/1310", "SDSSS", "7000/11111/6900/6900/6900")
	v.Height = ptr(quant.Length(4060))
	sim, site := pack(t, "RU-2060", true), pack(t, "RU-2060", false)
	on := rules.Options{Deduct: true}
	if f := judge1(t, sim, v, rules.Options{}, "axle", 2, 2); f.Verdict != rules.Exceeds || kg(f.Tolerance) != 0 {
		t.Errorf("deductions are off by default: %+v", f)
	}
	f := judge1(t, sim, v, on, "axle", 2, 2)
	if f.Verdict != rules.Within || f.Reason != "within tolerance" || int64(*f.Tolerance) != 1_111_100 || f.Mark != "M" {
		t.Errorf("10 %% off an axle: %+v", f)
	}
	if f := judge1(t, sim, v, on, "height", 0, 0); f.Verdict != rules.Within || kg(f.Tolerance) != 60 {
		t.Errorf("60 mm off the height: %+v", f)
	}
	if f := judge1(t, site, v, on, "axle", 2, 2); f.Verdict != rules.Undetermined || f.Reason != "deduction not verified" {
		t.Errorf("an unverified deduction must not decide: %+v", f)
	}
	if f := judge1(t, site, v, rules.Options{Deduct: true, DeductUnverified: true}, "axle", 2, 2); f.Verdict != rules.Within || !slices.Contains(f.Notes, "deduction_not_verified") {
		t.Errorf("unless asked for: %+v", f)
	}
	v.Axles[1].U = ptr(quant.Kg(2000))
	if f := judge1(t, sim, v, on, "axle", 2, 2); kg(f.Tolerance) != 2000 || f.Mark != "V" {
		t.Errorf("the larger one counts: %+v", f)
	}
	v.Axles[1] = rules.Axle{Mass: ptr(quant.Kg(12500)), Gap: 3700, Dual: ptr(true)}
	if f := judge1(t, site, v, on, "axle", 2, 2); f.Verdict != rules.Exceeds || kg(f.Excess) != 1250 || f.ExcessBP != 1250 {
		t.Errorf("excess counts after the deduction: %+v", f)
	}
}

func TestOverloadBands(t *testing.T) {
	p := pack(t, "RU-2060", false)
	for _, c := range []struct {
		load int64
		band string
	}{{10001, "without a fine part"}, {11000, "without a fine part"}, {11001, "part 4"}, {12000, "part 4"}, {12001, "part 5"}, {15000, "part 5"}, {15001, "part 6"}} {
		v := vehicle(t, "4200", "SD", "6000/10000")
		v.Axles[1].Mass = ptr(quant.Kg(c.load))
		if f := judge1(t, p, v, rules.Options{}, "axle", 2, 2); !strings.Contains(f.Band, c.band) {
			t.Errorf("%d kg on 10 t: band %q, want %q", c.load, f.Band, c.band)
		}
	}
	for _, c := range []struct {
		mm   quant.Length
		band string
	}{{4001, "part 1"}, {4100, "part 1"}, {4101, "part 4"}, {4200, "part 4"}, {4500, "part 5"}, {4501, "part 6"}} {
		v := &rules.Vehicle{Height: ptr(c.mm)}
		f := judge1(t, p, v, rules.Options{}, "height", 0, 0)
		if !strings.Contains(f.Band, c.band) {
			t.Errorf("%d mm high: %+v, want band %q", c.mm, f, c.band)
		}
	}
	v := vehicle(t, "4200", "SD", "6000/10500")
	v.Carriage = "international"
	if f := judge1(t, pack(t, "KZ-342", false), v, rules.Options{}, "axle", 2, 2); !strings.HasPrefix(f.Band, "KZ-571: 40 to 1000 MCI") {
		t.Errorf("KZ-571 has one band: %+v", f)
	}
	if f := judge1(t, pack(t, "CIS-1999", true), v, rules.Options{}, "axle", 2, 2); !strings.HasPrefix(f.Band, "ACSGD-DEFAULT: AMBER") {
		t.Errorf("a pack without bands takes the default ones: %+v", f)
	}
}

func TestShapeFromAxles(t *testing.T) {
	for _, c := range []struct {
		name, class, gaps string
		units             []int
		code              string
		gross             int64 // KZ limit
		verdict           rules.Verdict
	}{
		{"two-axle rigid", "", "4200", nil, "A2*", 18000, rules.Within},
		{"short two-axle rigid", "", "3999", nil, "A2", 18000, rules.Within},
		{"6x4 tipper", "", "3600/1350", nil, "A3", 25000, rules.Within},
		{"8x4 tipper", "", "1950/3200/1350", nil, "A4", 32000, rules.Within},
		{"2-axle tractor with tridem", "", "3700/5600/1310/1310", nil, "A2C3", 42000, rules.Within},
		{"3-axle tractor with tridem", "", "3300/1350/5400/1310/1310", nil, "A3C3", 49000, rules.Within},
		{"lorry with drawbar trailer", "", "4400/1350/5200/5000", nil, "A3T2", 43000, rules.Undetermined}, // articulated 3 + 2 has no row
		{"the same, said to be a train", "road_train", "4400/1350/5200/5000", nil, "A3T2", 43000, rules.Within},
		{"units decide", "articulated", "4400/1350/5200/5000", []int{2, 3}, "A2C3", 40000, rules.Within},
		{"units without a class", "", "4400/1350/5200/5000", []int{3, 2}, "A3T2", 43000, rules.Undetermined},
		{"one unit", "", "4400/1350/5200/5000", []int{5}, "A5", 38000, rules.Within},
		{"twelve axles", "rigid", "1400/1400/1400/1400/1400/1400/1400/1400/1400/1400/1400", nil, "A12", 44000, rules.Within},
		{"articulated of two groups", "articulated", "3600/1350", nil, "", -1, rules.Undetermined},
		{"a spacing not known", "", "3600/0/1310", nil, "", 36000, rules.Undetermined}, // the kindest split of four axles
	} {
		v := vehicle(t, c.gaps, strings.Repeat("D", 12), strings.Repeat("/1000", strings.Count(c.gaps, "/")+2)[1:])
		v.Class, v.Units = c.class, c.units
		if got := rules.AxleCode(v); got != c.code {
			t.Errorf("%s: AxleCode = %q, want %q", c.name, got, c.code)
		}
		f := judge1(t, pack(t, "KZ-342", true), v, rules.Options{}, "gross", 0, 0)
		if kg(f.Limit) != c.gross || f.Verdict != c.verdict {
			t.Errorf("%s: gross %+v, want %s of %d", c.name, f, c.verdict, c.gross)
		}
	}
	// Between the limits of the two classes that fit, the class decides and is not known.
	v := vehicle(t, "3700/5600/1310/1310", "SDSSS", "7000/10000/8000/8000/8000")
	f := judge1(t, pack(t, "KZ-342", true), v, rules.Options{}, "gross", 0, 0)
	if f.Verdict != rules.Undetermined || f.Reason != "vehicle class not known" {
		t.Errorf("41 t as articulated (40 t) or train (42 t): %+v", f)
	}
	v.Axles[1].Mass = ptr(quant.Kg(11001))
	if f := judge1(t, pack(t, "KZ-342", true), v, rules.Options{}, "gross", 0, 0); f.Verdict != rules.Exceeds {
		t.Errorf("above both: %+v", f)
	}
	one := &rules.Vehicle{Length: ptr(quant.Length(13000))}
	if f := judge1(t, pack(t, "RU-2060", false), one, rules.Options{}, "length", 0, 0); f.Reason != "vehicle class not known" {
		t.Errorf("13 m of an unknown class: %+v", f)
	}
}

func TestClassify(t *testing.T) {
	rows := book(t, true).Classes
	for _, c := range []struct {
		name, gaps, loads string
		class             int
		known             bool
	}{
		{"car", "2700", "900/900", 2, true},
		{"two-axle lorry", "4200", "6200/9600", 5, true},
		{"3-axle tipper", "3600/1350", "7000/7800/7800", 6, true},
		{"8x4 tipper: its first spacing fits row 7 no more than row 8", "1950/3200/1350", "7200/7200/7900/7900", 8, true},
		{"2-axle tractor with tridem", "3700/5600/1310/1310", "7000/9700/6900/6900/6900", 9, true},
		{"3-axle tractor with tridem", "3300/1350/5400/1310/1310", "7000/7300/7300/6100/6100/6100", 10, true},
		{"coach", "7100", "6500/9800", 4, true},
		{"seven axles", "3500/1400/4000/1400/4000/1400", "6000/7000/7000/7000/7000/7000/7000", 13, true},
		{"nothing like it", "500/500", "6000/7000/7000", rules.Unclassified, true},
		{"an axle not weighed", "3700/5600", "7000/-/6900", rules.Unclassified, false},
		{"one axle", "", "7000", rules.Unclassified, false},
	} {
		class, row, known := rules.Classify(rows, vehicle(t, c.gaps, "", c.loads))
		if class != c.class || known != c.known || (row == nil) != (class == rules.Unclassified) {
			t.Errorf("%s: Classify = %d, %v, %v, want %d, %v", c.name, class, row, known, c.class, c.known)
		}
	}
	// 1826 to 1828 mm lie between 5.99 and 6.00 ft and must belong to a row.
	for mm := quant.Length(1820); mm < 1835; mm++ {
		v := vehicle(t, "1820", "", "300/300")
		v.Axles[1].Gap = mm
		if class, _, _ := rules.Classify(rows, v); class != 1 && class != 2 {
			t.Errorf("spacing %d mm: class %d", mm, class)
		}
	}
	v := vehicle(t, "2700", "", "900/900")
	v.Gross = ptr(quant.Mass(1 << 60))
	if class, _, _ := rules.Classify(rows, v); class == 2 {
		t.Error("an absurd gross mass is no car")
	}
}

func TestValidate(t *testing.T) {
	if err := vehicle(t, "4200", "SD", "6000/9000").Validate(); err != nil {
		t.Errorf("a good vehicle: %v", err)
	}
	bad := &rules.Vehicle{Date: "2025-2-3", Class: "lorry", Carriage: "x", Body: "y", RoadClass: -1, Units: []int{1, 2}, UGap: -1,
		Axles: []rules.Axle{{}, {Gap: -1}}, UMass: ptr(quant.Mass(-1))}
	err := bad.Validate()
	for _, part := range []string{"date", "class", "carriage", "body", "road_class_kg", "units", "u_gap_mm", "axle 2", "uncertainty"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("Validate = %v, want %q named", err, part)
		}
	}
	if err := (&rules.Vehicle{Axles: make([]rules.Axle, 33)}).Validate(); err == nil {
		t.Error("33 axles pass Validate")
	}
	if err := (&rules.Vehicle{Units: []int{2, -1, 1}, Axles: make([]rules.Axle, 2)}).Validate(); err == nil {
		t.Error("a unit of -1 axles passes Validate")
	}
}

// The JSON of a finding is a public contract.
func TestFindingJSON(t *testing.T) {
	v := vehicle(t, "3700/5600/1310/1310", "SDSSS", "7000/11600/6900/6900/6900")
	b, err := json.Marshal(judge1(t, pack(t, "RU-2060", false), v, rules.Options{}, "axle", 2, 2))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"vehicle":"v","quantity":"axle","axles":[2,2],"measured":11600,"tolerance":0,"limit":10000,"unit":"kg","verdict":"exceeds",` +
		`"pack":"RU-2060","row":"axle_limits.csv:48","clause":"Government Decree 2060 of 1 Dec 2023: neighbour axle \u003e 2.5 m","mark":"V",` +
		`"excess":1600,"excess_bp":1600,"band":"RU-12.21.1: part 4: RUB 300000 to the owner","blocking":true}`
	if string(b) != want {
		t.Errorf("finding\n got %s\nwant %s", b, want)
	}
}

func TestWorst(t *testing.T) {
	f := func(vs ...rules.Verdict) (out []rules.Finding) {
		for _, v := range vs {
			out = append(out, rules.Finding{Verdict: v})
		}
		return out
	}
	for _, c := range []struct {
		in   []rules.Finding
		want rules.Verdict
	}{
		{nil, rules.Undetermined},
		{f(rules.Within, rules.Within), rules.Within},
		{f(rules.Within, rules.Undetermined), rules.Undetermined},
		{f(rules.Undetermined, rules.Exceeds, rules.Within), rules.Exceeds},
		{f(rules.Within, ""), rules.Undetermined},
	} {
		if got := rules.Worst(c.in); got != c.want {
			t.Errorf("Worst(%v) = %s, want %s", c.in, got, c.want)
		}
	}
}
