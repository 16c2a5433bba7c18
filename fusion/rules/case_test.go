package rules_test

import (
	"slices"
	"strings"
	"testing"

	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/quant"
)

func TestGroupsOfCodes(t *testing.T) {
	want := []rules.CodeGroup{"", "real", "real", "innocent", "innocent", "innocent", "false", "false", "false", "test", "fault", "other", "false", ""}
	for c, g := range want {
		if got := rules.AlarmCode(c).Group(); got != g {
			t.Errorf("code %d is of %q, want %q", c, got, g)
		}
	}
	if rules.AlarmCode(-1).Group() != "" {
		t.Error("code -1 has a group")
	}
}

func TestCodesAgainstTheEvidence(t *testing.T) {
	const words = "seen by the shift leader himself"
	graded := func(g rules.Grade, orphan bool) *rules.NormAdvice {
		return &rules.NormAdvice{Grade: g, Lines: []rules.NormLine{{HS: "3104209000", Orphan: orphan}}}
	}
	for _, c := range []struct {
		name  string
		code  rules.AlarmCode
		class rules.AlarmClass
		text  string
		e     rules.CaseEvidence
		want  string
	}{
		{"potash", 4, "", "", rules.CaseEvidence{Norm: graded("A", false)}, ""},
		{"potash, little known", 4, "norm", "", rules.CaseEvidence{Norm: graded("B", false)}, "15 characters"},
		{"potash, little known, in words", 4, "norm", words, rules.CaseEvidence{Norm: graded("B", false)}, ""},
		{"potash that contradicts", 4, "", words, rules.CaseEvidence{Norm: graded("C", false)}, "secondary inspection comes first"},
		{"potash that contradicts, inspected", 4, "", words, rules.CaseEvidence{Norm: graded("C", false), Inspected: true, Nuclides: []string{"K-40"}}, ""},
		{"potash with caesium", 4, "", words, rules.CaseEvidence{Norm: graded("B", false), Inspected: true, Nuclides: []string{"K-40", "Cs-137"}}, "found Cs-137, which is not natural"},
		{"nothing declared", 4, "", words, rules.CaseEvidence{}, "nothing declared"},
		{"scrap", 4, "", words, rules.CaseEvidence{Norm: graded("X", true)}, "orphan source"},
		{"scrap, inspected", 4, "", words, rules.CaseEvidence{Norm: graded("X", true), Inspected: true, Nuclides: []string{"Ra-226"}}, ""},
		{"potash and neutrons", 4, "", words, rules.CaseEvidence{Neutron: true, Norm: graded("X", false), Inspected: true}, "never explained by a declaration"},
		{"declared source and neutrons", 5, "", words, rules.CaseEvidence{Neutron: true, Radioactive: true}, "never explained by a declaration"},
		{"declared source", 5, "", "", rules.CaseEvidence{Radioactive: true}, ""},
		{"a source that nobody declared", 5, "", words, rules.CaseEvidence{}, "nothing radioactive is declared"},
		{"patient", 3, "", "", rules.CaseEvidence{Hints: []rules.Hint{{Code: 3}}}, ""},
		{"patient, by the nuclide", 3, "", "", rules.CaseEvidence{Inspected: true, Nuclides: []string{"Tc-99m"}}, ""},
		{"patient, without a sign", 3, "", "he said so", rules.CaseEvidence{}, "15 characters"},
		{"patient with cobalt", 3, "", words, rules.CaseEvidence{Inspected: true, Nuclides: []string{"Co-60"}}, "no medical isotope"},
		{"patient with neutrons", 3, "", words, rules.CaseEvidence{Neutron: true}, "no medical isotope"},
		{"nothing found, nobody looked", 6, "", "", rules.CaseEvidence{}, "not completed"},
		{"nothing found", 6, "", "", rules.CaseEvidence{Inspected: true}, ""},
		{"background only, but caesium", 7, "", "", rules.CaseEvidence{Inspected: true, Nuclides: []string{"Cs-137"}}, "found Cs-137"},
		{"neutrons, none found", 6, "", "", rules.CaseEvidence{Neutron: true, Inspected: true, Searched: "no"}, ""},
		{"neutrons, nobody searched", 8, "", words, rules.CaseEvidence{Neutron: true, Inspected: true, Searched: "unknown"}, "search by hand"},
		{"artefact", 12, "", "", rules.CaseEvidence{Guarded: true}, ""},
		{"artefact without guard", 12, "", words, rules.CaseEvidence{}, "not implausibly low"},
		{"artefact with neutrons", 12, "", words, rules.CaseEvidence{Guarded: true, Neutron: true}, "no background artefact"},
		{"other", 11, "unexplained", words, rules.CaseEvidence{}, ""},
		{"other, no class", 11, "", words, rules.CaseEvidence{}, "needs a class"},
		{"test", 9, "", "drill", rules.CaseEvidence{}, "15 characters"},
		{"NORM as medical", 4, "medical", words, rules.CaseEvidence{Norm: graded("A", false)}, "does not go with"},
		{"thirteen", 13, "", words, rules.CaseEvidence{}, "no code 13"},
		{"none", 0, "", words, rules.CaseEvidence{}, "no code 0"},
	} {
		got := rules.RefuseCode(c.code, c.class, c.text, &c.e)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWhenNoPlainOfficerMayBeOneOfTheTwo(t *testing.T) {
	at := func(n quant.DoseRate) *quant.DoseRate { return &n }
	for _, c := range []struct {
		code  rules.AlarmCode
		class rules.AlarmClass
		e     rules.CaseEvidence
		want  []string
	}{
		{4, "norm", rules.CaseEvidence{}, nil},
		{4, "norm", rules.CaseEvidence{Dose: at(100_000)}, nil},
		{4, "norm", rules.CaseEvidence{Dose: at(100_001)}, []string{"dose"}},
		{6, "", rules.CaseEvidence{Neutron: true}, []string{"neutron"}},
		{2, "industrial", rules.CaseEvidence{Nuclides: []string{"Cs-137"}}, []string{"real"}},
		{2, "industrial", rules.CaseEvidence{Nuclides: []string{"U-235"}}, []string{"snm", "real"}},
		{11, "unexplained", rules.CaseEvidence{}, []string{"unexplained"}},
		{11, "industrial", rules.CaseEvidence{}, []string{"unexplained"}},
		{0, "", rules.CaseEvidence{SoftLoad: true}, []string{"snm"}},
	} {
		if got := rules.StrictBecause(c.code, c.class, &c.e); !slices.Equal(got, c.want) {
			t.Errorf("code %d %s %+v: %v, want %v", c.code, c.class, c.e, got, c.want)
		}
	}
}

func TestNuclidesAreWrittenOneWay(t *testing.T) {
	for in, want := range map[string]string{"Cs-137": "Cs-137", "cs137": "Cs-137", "137CS": "Cs-137", "137-Cs": "Cs-137", " Cs 137 ": "Cs-137", "Tc-99M": "Tc-99m",
		"99mTc": "Tc-99m", "99m-Tc": "Tc-99m", "K40": "K-40", "U-235": "U-235", "HEU": "HEU", "Unknown": "Unknown", "": "", "1-2-3": "1-2-3", "Co-60 (shielded)": "Co-60 (shielded)"} {
		if got := rules.NuclideName(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	for n, want := range map[string]rules.NuclideKind{"K-40": "norm", "I-131": "medical", "Cs-137": "industrial", "Pu-239": "snm", "HEU": "snm", "Unknown": "other"} {
		if got := rules.KindOf(n); got != want {
			t.Errorf("%s is %s, want %s", n, got, want)
		}
	}
}

func TestDeclaredRadioactiveGoods(t *testing.T) {
	d := &decl.Declaration{Items: []decl.Item{{HS: "3926909709"}, {HS: "2844430000"}}}
	codes, licence := rules.RadioactiveItems(load(t), d)
	if !slices.Equal(codes, []string{"2844430000"}) || !strings.Contains(licence, "atomic regulator licence") {
		t.Errorf("%v, %q", codes, licence)
	}
}
