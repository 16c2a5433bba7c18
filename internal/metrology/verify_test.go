package metrology

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsgd/internal/quant"
)

func kg(v ...int64) []quant.Mass {
	var out []quant.Mass
	for _, x := range v {
		out = append(out, quant.Kg(x))
	}
	return out
}

func tables(t testing.TB) *Tables {
	t.Helper()
	x, err := R134()
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// campaign is a simulated one with six vehicles, d = 20 kg, 1 to 10 km/h, and no runs.
func campaign() *Campaign {
	return &Campaign{
		Device: "scale-1", Stage: Initial, Simulator: true,
		Instrument: Instrument{Serial: "1", Division: quant.Kg(20), Min: quant.Kg(400), Max: quant.Kg(20000), From: 278, To: 2778},
		Control:    Control{Name: "static scale", Certificate: "S-1"},
		Vehicles: []Vehicle{
			{ID: "lorry-loaded", Kind: TwoAxle, Load: Loaded, Mass: quant.Kg(16000), Axles: kg(6000, 10000), Parts: []int{1, 1}},
			{ID: "lorry-empty", Kind: TwoAxle, Load: Empty, Mass: quant.Kg(8000), Axles: kg(4400, 3600), Parts: []int{1, 1}},
			{ID: "rigid-loaded", Kind: Rigid, Load: Loaded, Mass: quant.Kg(25000), Parts: []int{1, 2}},
			{ID: "rigid-empty", Kind: Rigid, Load: Empty, Mass: quant.Kg(11000), Parts: []int{1, 2}},
			{ID: "artic-loaded", Kind: Articulated, Load: Loaded, Mass: quant.Kg(40000), Parts: []int{1, 1, 3}},
			{ID: "artic-empty", Kind: Articulated, Load: Empty, Mass: quant.Kg(15000), Parts: []int{1, 1, 3}},
		},
	}
}

// axles gives the true loads of each vehicle of campaign.
var axles = map[string][]quant.Mass{
	"lorry-loaded": kg(6000, 10000), "lorry-empty": kg(4400, 3600),
	"rigid-loaded": kg(7000, 9000, 9000), "rigid-empty": kg(5000, 3000, 3000),
	"artic-loaded": kg(7000, 10000, 7600, 7700, 7700), "artic-empty": kg(5000, 4000, 2000, 2000, 2000),
}

// driven drives the whole plan; shown may change what the scale shows.
func driven(c *Campaign, shown func(r *Run)) *Campaign {
	for _, d := range Plan(c) {
		r := Run{N: len(c.Runs) + 1, Vehicle: d.Vehicle, Position: d.Position, Speed: (d.Band.From + d.Band.To) / 2,
			Axles: slices.Clone(axles[d.Vehicle]), Gross: c.Vehicle(d.Vehicle).Mass}
		if shown != nil {
			shown(&r)
		}
		c.Runs = append(c.Runs, r)
	}
	return c
}

func TestPermittedErrorByHand(t *testing.T) {
	const d = 20
	for _, c := range []struct {
		name      string
		ref       int64 // kg
		hundredth int64
		axles     int
		stage     Stage
		want      int64 // kg
	}{
		// 0.5 % of 30 000 is 150 = 7.5 d, rounded to 8 d = 160; 5 axles are 5 d.
		{"class 1, loaded, initial", 30000, 50, 5, Initial, 160},
		// 1 % is 300 = 15 d; 2 d x 5 axles are 10 d.
		{"class 1, loaded, in service", 30000, 100, 5, InService, 300},
		// 0.5 % of 9 000 is 45 = 2.25 d, rounded to 2 d; 2 axles are 2 d.
		{"class 1, two axles, empty", 9000, 50, 2, Initial, 40},
		// 0.1 % of 9 000 is 9 = 0.45 d, rounded to 0; 2 d x 2 axles rule.
		{"class 0.2 of a light vehicle in service", 9000, 20, 2, InService, 80},
		// 0.75 % of 2 000 is 15 = 0.75 d, rounded to 1 d; an axle is 1 d.
		{"axle class C", 2000, 75, 1, Initial, 20},
		// 0.5 % of 7 400 is 37 = 1.85 d, rounded to 2 d.
		{"axle class B", 7400, 50, 1, Initial, 40},
		// 1.5 % of 22 000 is 330 = 16.5 d, rounded to 17 d; three axles are 3 d.
		{"group of three, class C of the others", 22000, 150, 3, Initial, 340},
	} {
		if got := permitted(quant.Kg(c.ref), c.hundredth, quant.Kg(d), c.axles, c.stage); got != quant.Kg(c.want) {
			t.Errorf("%s: permitted(%d kg) = %v, want %dkg", c.name, c.ref, got, c.want)
		}
	}
}

// Two runs of a tractor with semi-trailer of 30 000 kg in two parts:
//
//	run 1: 10 100 + 20 200 = 30 300, run 2: 9 900 + 20 200 = 30 100
//	mean: 10 000 and 20 200, together 30 200
//	corrected: 10 000 x 30 000 / 30 200 = 9 933.775 kg, 20 200 x 30 000 / 30 200 = 20 066.225 kg
//	deviations of run 1: 166.225 and 133.775 kg
func TestCorrectedMeanByHand(t *testing.T) {
	c := campaign()
	c.Vehicles = []Vehicle{{ID: "v", Kind: Articulated, Load: Loaded, Mass: quant.Kg(30000), Parts: []int{1, 3}}}
	c.Runs = []Run{
		{N: 1, Vehicle: "v", Position: Middle, Speed: 1000, Axles: kg(10100, 6700, 6700, 6800), Gross: quant.Kg(30300)},
		{N: 2, Vehicle: "v", Position: Middle, Speed: 1000, Axles: kg(9900, 6700, 6800, 6700), Gross: quant.Kg(30100)},
		{N: 3, Vehicle: "v", Position: Middle, Speed: 1000, Axles: kg(1, 1, 1, 1), Gross: quant.Kg(4), Void: "fault"},
	}
	rep := Verify(c, tables(t))
	want := []Part{{1, 1, quant.Kg(10000), 9_933_775}, {2, 4, quant.Kg(20200), 20_066_225}}
	if diff := cmp.Diff(want, rep.References[0].Loads); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	got := rep.Runs[0]
	if got.Mass.Error != quant.Kg(300) || got.Loads[0].Error != 166_225 || got.Loads[1].Error != 133_775 {
		t.Errorf("run 1: errors %v, %v, %v, want 300kg, 166.225kg, 133.775kg", got.Mass.Error, got.Loads[0].Error, got.Loads[1].Error)
	}
	// 300 kg of 30 000: class 1 has 160, class 2 has 1 % = 300 kg. The axle: class C has
	// 1.5 % of 9 934 = 149 = 7.45 d, 140 kg; class D 2 % = 199 = 9.93 d, 200 kg. The group:
	// class A has 0.5 % of 20 066 = 100 = 5.02 d, 100 kg; class B 1 % = 201 = 10.03 d, 200 kg.
	if got.Mass.Class != "2" || got.Loads[0].Class != "D" || got.Loads[1].Class != "B" {
		t.Errorf("run 1: classes %s, %s, %s, want 2, D, B", got.Mass.Class, got.Loads[0].Class, got.Loads[1].Class)
	}
	if rep.Whole.Runs != 2 || rep.Runs[2].Counts || rep.Runs[2].Why != "the scale gave no valid result: fault" {
		t.Errorf("%d runs count, run 3: %+v", rep.Whole.Runs, rep.Runs[2])
	}
}

func TestAPerfectScaleReachesTheBestClasses(t *testing.T) {
	rep := Verify(driven(campaign(), nil), tables(t))
	// d = 20 kg is too coarse for the classes 0.2 and 0.5.
	if want := (Classes{"1", "A", "A"}); rep.Reached != want || !rep.Passed {
		t.Errorf("reached %+v, passed %v, missing %v, against %v; want %+v", rep.Reached, rep.Passed, rep.Missing, rep.Against, want)
	}
	for _, b := range rep.Bands {
		if b.Runs < 6*runsOfBand || b.Classes != rep.Reached {
			t.Errorf("band %s: %d runs, %+v", b.Name, b.Runs, b.Classes)
		}
	}
}

func TestOneBadRunDecides(t *testing.T) {
	// 1.4 % at vmax: 16 000 kg shows 16 224; class 2 permits 160 (1 %), class 5 400.
	rep := Verify(driven(campaign(), func(r *Run) {
		if r.N == 3 {
			r.Gross += r.Gross * 14 / 1000
		}
	}), tables(t))
	if rep.Reached.Mass != "5" || rep.Reached.Axle != "A" {
		t.Errorf("reached %+v, want mass class 5, axle class A", rep.Reached)
	}
	if b := rep.Bands[2]; b.Classes.Mass != "5" || rep.Bands[0].Classes.Mass != "1" || b.Mass != quant.Kg(224) {
		t.Errorf("bands %+v", rep.Bands)
	}
}

func TestWantedClassDecidesThePass(t *testing.T) {
	for _, c := range []struct {
		want   Classes
		passed bool
		says   string
	}{
		{Classes{"1", "A", "A"}, true, ""},
		{Classes{Mass: "2"}, true, ""},
		{Classes{Mass: "0.5"}, false, "scale interval 20kg: class 0.5 allows at most 10kg"},
		{Classes{Axle: "X"}, false, `there is no class "X" of single axle`},
	} {
		x := campaign()
		x.Want = c.want
		rep := Verify(driven(x, nil), tables(t))
		if rep.Passed != c.passed || !strings.Contains(strings.Join(rep.Against, "; "), c.says) {
			t.Errorf("want %+v: passed %v, against %q", c.want, rep.Passed, rep.Against)
		}
	}
}

func TestALostAxleIsBeyondEveryClass(t *testing.T) {
	rep := Verify(driven(campaign(), func(r *Run) {
		if r.N == 45 {
			r.Axles = r.Axles[1:]
		}
	}), tables(t))
	if rep.Passed || rep.Reached != (Classes{}) || !rep.Runs[44].Over || rep.Runs[44].Why != "4 axles weighed of 5" {
		t.Errorf("passed %v with %+v; run 45: %+v", rep.Passed, rep.Reached, rep.Runs[44])
	}
}

func TestAnAxleWithoutLoadIsBeyondEveryClass(t *testing.T) {
	rep := Verify(driven(campaign(), func(r *Run) {
		if r.Vehicle == "artic-empty" {
			r.Axles[1] = 0
		}
	}), tables(t))
	if rep.Passed || rep.Reached != (Classes{}) || rep.Runs[59].Why != "an axle without load" {
		t.Errorf("passed %v with %+v; run 60: %+v", rep.Passed, rep.Reached, rep.Runs[59])
	}
}

func TestNothingIsNamedWithLimitsFromMemory(t *testing.T) {
	c := driven(campaign(), nil)
	c.Simulator = false
	rep := Verify(c, tables(t))
	b, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	if rep.Passed || rep.Withheld != NotVerified || strings.Contains(string(b), `"class":`) || strings.Contains(string(b), "limit_kg") || strings.Contains(string(b), "mass_class") {
		t.Errorf("limits from memory name something: %+v", rep)
	}
	if rep.Runs[0].Mass == nil || rep.Runs[0].Mass.Error != 0 {
		t.Errorf("errors themselves are to be shown: %+v", rep.Runs[0])
	}
	verified := strings.ReplaceAll(mpeTable, ",M\n", ",V\n")
	x, err := ParseTables(verified, strings.ReplaceAll(intervalTable, ",M\n", ",V\n"))
	if err != nil {
		t.Fatal(err)
	}
	if rep := Verify(c, x); !rep.Passed || rep.Withheld != "" || rep.Limits != Verified {
		t.Errorf("with verified tables: passed %v, %q", rep.Passed, rep.Withheld)
	}
	x, err = ParseTables(verified, intervalTable)
	if err != nil || x.Evidence != FromMemory {
		t.Errorf("one row from memory: evidence %s, %v", x.Evidence, err)
	}
}

func TestMissingNamesEverything(t *testing.T) {
	c := campaign()
	c.Vehicles = c.Vehicles[:1]
	c.Control.Certificate = ""
	c.Runs = []Run{{N: 1, Vehicle: "lorry-loaded", Position: Left, Speed: 300, Axles: kg(1, 1), Gross: 1}}
	want := []string{
		"vehicle of kind rigid2, empty",
		"2 more kinds of vehicles besides the two-axle rigid, loaded and empty",
		"control instrument with its certificate",
		"lorry-loaded: 9 of 10 runs",
		"lorry-loaded: 6 of 6 runs at the middle",
		"lorry-loaded: 1 of 2 runs at the left",
		"lorry-loaded: 2 of 2 runs at the right",
		"lorry-loaded: 1 of 2 runs at 1 to 4 km/h",
		"lorry-loaded: 2 of 2 runs at 4 to 7 km/h",
		"lorry-loaded: 2 of 2 runs at 7 to 10 km/h",
	}
	if diff := cmp.Diff(want, Missing(c)); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if rep := Verify(c, tables(t)); rep.Passed || rep.Reached != (Classes{}) {
		t.Errorf("an incomplete campaign reached %+v", rep.Reached)
	}
}

func TestPlanIsTenRunsOfEachVehicleAndCompletes(t *testing.T) {
	c := campaign()
	if n := len(Plan(c)); n != 60 {
		t.Fatalf("%d runs planned, want 60", n)
	}
	if m := Missing(driven(c, nil)); len(m) > 0 {
		t.Errorf("after the plan there is missing: %q", m)
	}
	if _, ok := Next(c); ok {
		t.Error("a complete campaign wants a further run")
	}
	c.Runs[7].Discarded = "braked"
	if d, ok := Next(c); !ok || d.Vehicle != "lorry-loaded" || d.Position != Left {
		t.Errorf("after run 8 was discarded: next %+v, %v", d, ok)
	}
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	c := campaign()
	c.Stage = "yearly"
	c.Vehicles[0].Parts = []int{2}
	c.Vehicles[2].Axles = kg(1, 2)
	c.Runs = []Run{{N: 4, Vehicle: "bus", Position: "off"}}
	err := c.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`stage "yearly"`, `vehicle 1 "lorry-loaded": want the static loads of two single axles`,
		`vehicle 3 "rigid-loaded": static axle loads`, `run 4: position "off"`, `run 4: there is no vehicle "bus"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
	if err := driven(campaign(), nil).Validate(); err != nil {
		t.Errorf("a good campaign: %v", err)
	}
}

// noisy draws what a scale shows.
func noisy(t *rapid.T) *Campaign {
	c := driven(campaign(), nil)
	for i := range c.Runs {
		r := &c.Runs[i]
		r.Gross = 0
		for k := range r.Axles {
			r.Axles[k] += quant.Mass(rapid.Int64Range(-300, 300).Draw(t, fmt.Sprint("error of run ", i, " axle ", k))) * quant.Kilogram
			r.Gross += r.Axles[k]
		}
	}
	return c
}

func TestOrderOfRunsChangesNothing(t *testing.T) {
	x := tables(t)
	rapid.Check(t, func(t *rapid.T) {
		c := noisy(t)
		a := Verify(c, x)
		d := *c
		d.Runs = rapid.Permutation(c.Runs).Draw(t, "order")
		b := Verify(&d, x)
		slices.SortFunc(b.Runs, func(p, q Tested) int { return p.N - q.N })
		a.Campaign, b.Campaign = nil, nil
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("another order, another report:\n%s", diff)
		}
	})
}

func TestAWorseErrorNeverGivesABetterClass(t *testing.T) {
	x := tables(t)
	rapid.Check(t, func(t *rapid.T) {
		c := noisy(t)
		c.Stage = rapid.SampledFrom([]Stage{Initial, InService}).Draw(t, "stage")
		a := Verify(c, x)
		i := rapid.IntRange(0, 19).Draw(t, "run") // of the two-axle rigid: its references stay
		more := quant.Mass(rapid.Int64Range(0, 2_000_000).Draw(t, "more"))
		r := &c.Runs[i]
		away := func(m *quant.Mass, ref quant.Mass) {
			if *m < ref {
				*m -= more
			} else {
				*m += more
			}
		}
		away(&r.Gross, c.Vehicle(r.Vehicle).Mass)
		for k := range r.Axles {
			away(&r.Axles[k], c.Vehicle(r.Vehicle).Axles[k])
		}
		b := Verify(c, x)
		rank := func(names []string, class string) int {
			if i := slices.Index(names, class); i >= 0 {
				return i
			}
			return len(names)
		}
		mass, axle := x.quantities(c.Stage)
		if rank(mass.names, b.Reached.Mass) < rank(mass.names, a.Reached.Mass) || rank(axle.names, b.Reached.Axle) < rank(axle.names, a.Reached.Axle) {
			t.Fatalf("run %d is %v worse: %+v before, %+v now", i+1, more, a.Reached, b.Reached)
		}
	})
}

func TestTablesRefuseWhatTheyCannotTell(t *testing.T) {
	for name, c := range map[string][2]string{
		"no header":      {"vehicle_mass,1,0.5,1,x,M\n", intervalTable},
		"a word":         {strings.Replace(mpeTable, "0.10", "ten", 1), intervalTable},
		"unknown class":  {mpeTable, strings.Replace(intervalTable, "\n5,", "\n7,", 1)},
		"no intervals":   {mpeTable, "class,d_max_kg,n_min,n_max,status\n"},
		"not coarser":    {strings.Replace(mpeTable, "vehicle_mass,1,0.50,1.00", "vehicle_mass,1,0.25,0.50", 1), intervalTable},
		"a row too many": {mpeTable + "single_axle_mpe,G,8,16,x,M\n", intervalTable},
	} {
		if _, err := ParseTables(c[0], c[1]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
