package rules_test

import (
	"strings"
	"testing"

	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/quant"
	"acsgd/internal/rulepack"
)

func load(t *testing.T) *rules.Book {
	t.Helper()
	b, err := rulepack.Load(true)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func cargo(hs string, kg int64) *decl.Declaration {
	d := &decl.Declaration{ID: "d", Items: []decl.Item{{No: 1, HS: hs, Net: quant.Kg(kg)}}}
	d.Parties.Consignor = "Uralkali"
	return d
}

func permille(n int32) *int32 { return &n }

// plateau is evidence that fits potash in every respect.
func plateau(net int32) rules.NormEvidence {
	return rules.NormEvidence{Measured: permille(net), Extent: permille(850), Shape: radiation.Distributed, Spectrum: radiation.NormLike,
		InCab: rules.AnswerNo, Certain: true, Lane: "1"}
}

func TestGradesOfDeclaredGoods(t *testing.T) {
	b := load(t)
	for _, c := range []struct {
		name   string
		hs     string
		kg     int64
		change func(*rules.NormEvidence)
		want   rules.Grade
		reason string
	}{
		{"potash", "3104209000", 20_000, nil, rules.GradeA, "plateau_consistent"},
		{"without energy windows", "3104209000", 20_000, func(e *rules.NormEvidence) { e.Spectrum = "" }, rules.GradeB, "no_windows"},
		{"a declaration that may be another's", "3104209000", 20_000, func(e *rules.NormEvidence) { e.Certain = false }, rules.GradeB, "declaration_uncertain"},
		{"no mass", "3104209000", 0, nil, rules.GradeB, "expectation_unknown"},
		{"no plateau", "3104209000", 20_000, func(e *rules.NormEvidence) { e.Measured = nil }, rules.GradeB, "plateau_unknown"},
		{"no shape", "3104209000", 20_000, func(e *rules.NormEvidence) { e.Shape = "" }, rules.GradeB, "shape_unknown"},
		{"no extent", "3104209000", 20_000, func(e *rules.NormEvidence) { e.Extent = nil }, rules.GradeB, "extent_unknown"},
		{"the cab not seen", "3104209000", 20_000, func(e *rules.NormEvidence) { e.InCab = "" }, rules.GradeB, "cab_unknown"},
		{"four times too strong", "3104209000", 20_000, func(e *rules.NormEvidence) { e.Measured = permille(8000) }, rules.GradeC, "plateau_high"},
		{"bananas do not shine like potash", "0803901000", 20_000, nil, rules.GradeC, "plateau_high"},
		{"too weak, but the shadow is not known", "3104209000", 20_000, func(e *rules.NormEvidence) { e.Measured, e.AtLeast = permille(100), true }, rules.GradeB, "plateau_low"},
		{"much too weak", "3104209000", 20_000, func(e *rules.NormEvidence) { e.Measured = permille(100) }, rules.GradeC, "plateau_low"},
		{"half the load", "3104209000", 20_000, func(e *rules.NormEvidence) { e.Extent = permille(500) }, rules.GradeC, "extent_short"},
		{"caesium's energies", "3104209000", 20_000, func(e *rules.NormEvidence) { e.Spectrum = radiation.Medium }, rules.GradeC, "spectrum_medium"},
		{"at the cab too", "3104209000", 20_000, func(e *rules.NormEvidence) { e.InCab = rules.AnswerYes }, rules.GradeC, "cab"},
		{"neutrons", "3104209000", 20_000, func(e *rules.NormEvidence) { e.Neutron = true }, rules.GradeX, "neutron"},
		{"a point", "3104209000", 20_000, func(e *rules.NormEvidence) { e.Shape = radiation.Compact }, rules.GradeX, "compact"},
		{"a point in potash", "3104209000", 20_000, func(e *rules.NormEvidence) { e.OnPlateau = true }, rules.GradeX, "peak_on_plateau"},
		{"steel scrap", "7204490000", 20_000, nil, rules.GradeX, "scrap"},
		{"copper scrap", "7404001000", 20_000, nil, rules.GradeX, "scrap"},
		{"aluminium scrap", "7602001100", 20_000, nil, rules.GradeX, "scrap"},
	} {
		e := plateau(700)
		if c.change != nil {
			c.change(&e)
		}
		a := rules.NormPlausibility(b, cargo(c.hs, c.kg), &e, nil)
		if a == nil {
			t.Errorf("%s: no advice", c.name)
			continue
		}
		seen := false
		for _, r := range a.Reasons {
			seen = seen || r.Code == c.reason
		}
		if a.Grade != c.want || !seen {
			t.Errorf("%s: grade %s, want %s; reasons %+v, want %s", c.name, a.Grade, c.want, a.Reasons, c.reason)
		}
	}
	e := plateau(1500)
	if a := rules.NormPlausibility(b, cargo("8708999709", 20_000), &e, nil); a != nil {
		t.Errorf("car parts: %+v", a)
	}
}

// The default factor gives the shares of the background that protocols/radiation.md 4.3
// calls plausible: of 20 t of the goods, at the middle of their activities.
func TestTheDefaultFactorGivesThePlausibleShares(t *testing.T) {
	for _, c := range []struct {
		hs   string
		low  int32
		high int32
	}{
		{"310420", 600, 650}, {"310520", 200, 2000}, {"251010", 50, 500}, {"261510", 300, 3000}, {"690721", 50, 400},
		{"680221", 50, 500}, {"260600", 50, 200}, {"691090", 50, 400}, {"690220", 100, 800}, {"080390", 0, 100}, {"120190", 0, 100}, {"252329", 0, 100},
	} {
		e := plateau(1)
		a := rules.NormPlausibility(load(t), cargo(c.hs, 20_000), &e, nil)
		if a == nil || a.Expected < c.low || a.Expected > c.high {
			t.Errorf("%s: %+v, want %d to %d", c.hs, a, c.low, c.high)
		}
	}
}

// The mark says what the advice rests on: potash's activity is computed, the factor inferred;
// the activity of tiles is from memory.
func TestTheMarkIsTheWorstOfRowAndFactor(t *testing.T) {
	e := plateau(1)
	for hs, want := range map[string]string{"3104209000": "E", "6907211000": "M"} {
		if a := rules.NormPlausibility(load(t), cargo(hs, 20_000), &e, nil); a.Mark != want {
			t.Errorf("%s: mark %s, want %s", hs, a.Mark, want)
		}
	}
}

func TestWhatWasLearntJudges(t *testing.T) {
	b := load(t)
	d := cargo("3104209000", 20_000)
	yield, hs, ok := rules.NormYield(b, d)
	if !ok || hs != "310420" {
		t.Fatalf("yield %d of %s, %v", yield, hs, ok)
	}
	var cases []rules.NormCase
	for i := range int32(9) {
		cases = append(cases, rules.NormCase{Lane: "1", HS6: hs, Consignor: rules.Consignor(d), Yield: yield, Net: 700 + 10*i})
	}
	l := rules.LearnNorm(cases)
	l.Version = "n1"
	if len(l.Factors) != 1 || len(l.Medians) != 1 || l.Medians[0].Median != 740 || l.Medians[0].MAD != 20 {
		t.Fatalf("learnt %+v", l)
	}
	e := plateau(750)
	a := rules.NormPlausibility(b, d, &e, &l)
	if a.Grade != rules.GradeA || a.Factor != "n1" || a.Expected < 700 || a.Expected > 780 {
		t.Errorf("as usual: %+v", a)
	}
	e = plateau(801)
	if a := rules.NormPlausibility(b, d, &e, &l); a.Grade != rules.GradeC {
		t.Errorf("61 above a median with 3 MAD of 60: %+v", a)
	}
	e.Lane = "2"
	if a := rules.NormPlausibility(b, d, &e, &l); a.Grade != rules.GradeA || a.Factor != "default" {
		t.Errorf("in another lane: %+v", a)
	}
	if l := rules.LearnNorm(cases[:7]); len(l.Factors)+len(l.Medians) != 0 {
		t.Errorf("learnt from 7 cases: %+v", l)
	}
	e = plateau(700)
	if a := rules.NormPlausibility(b, cargo("7204490000", 20_000), &e, &l); a.Grade != rules.GradeX {
		t.Errorf("scrap: %+v", a)
	}
}

func TestLearntLoadsAreReadAsTheyWereWritten(t *testing.T) {
	const good = `{"version":"","factors":[{"lane":"1","factor_micro":80,"cases":9}],"medians":[{"hs6":"310420","consignor":"KALI","lane":"1","median_permille":700,"mad_permille":20,"cases":9}]}`
	n, err := rules.ParseNorm([]byte(good + "\n"))
	if err != nil || len(n.Factors) != 1 || n.Factors[0].Factor != 80 || n.Medians[0].Median != 700 {
		t.Errorf("%+v, %v", n, err)
	}
	for _, change := range [][2]string{{`"factor_micro":80`, `"factor_micro":0`}, {`"factor_micro":80`, `"factor_micro":9000000`}, {`"cases":9}],`, `"cases":2}],`}, {`"lane":"1","factor`, `"lane":"","factor`},
		{`"mad_permille":20`, `"mad_permille":0`}, {`"310420"`, `"31"`}, {`{"version"`, `{"x":1,"version"`}, {`}]}`, `}]}{}`}, {`}]}`, `}]`}} {
		if n, err := rules.ParseNorm([]byte(strings.Replace(good, change[0], change[1], 1))); err == nil {
			t.Errorf("%s for %s was taken: %+v", change[1], change[0], n)
		}
	}
}
