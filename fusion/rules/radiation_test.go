package rules_test

import (
	"strings"
	"testing"

	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
)

func TestTestsOfTheWholeOccupancy(t *testing.T) {
	ratio := radiation.TestResult{Name: radiation.TestRatio, Alarm: true}
	template := radiation.TestResult{Name: radiation.TestTemplate, Alarm: true}
	unmade := func(name string) radiation.TestResult { return radiation.TestResult{Name: name, Reason: "too long"} }
	for _, row := range []struct {
		name           string
		o              radiation.Occupancy
		a              radiation.Analysis
		gamma          rules.Verdict
		reason, note   string
		neutrons, with string
	}{
		{name: "one of them", a: radiation.Analysis{Alarm: true, Tests: []radiation.TestResult{ratio}}, gamma: rules.Exceeds,
			reason: "gamma alarm of our test: energy ratio"},
		{name: "two, the portal and its rule", o: radiation.Occupancy{VendorAlarm: true, VendorGamma: true, GammaAlarm: true},
			a:     radiation.Analysis{Alarm: true, Tests: []radiation.TestResult{template, ratio}},
			gamma: rules.Exceeds, reason: "gamma alarm of the portal and of our tests: k-sigma, expected shadow, energy ratio"},
		{name: "a fault does not hide it", o: radiation.Occupancy{Fault: "slices lost"}, a: radiation.Analysis{Alarm: true, Tests: []radiation.TestResult{ratio}},
			gamma: rules.Exceeds, reason: "gamma alarm of our test: energy ratio"},
		{name: "one that was not made", a: radiation.Analysis{Templates: "t1", Tests: []radiation.TestResult{unmade(radiation.TestTemplate)}},
			gamma: rules.Within, note: "test expected shadow not made: too long"},
		{name: "none of them without templates", a: radiation.Analysis{Tests: []radiation.TestResult{unmade(radiation.TestTemplate)}}, gamma: rules.Within},
		{name: "windows that were not counted", a: radiation.Analysis{Tests: []radiation.TestResult{unmade(radiation.TestDistance)}},
			gamma: rules.Within, note: "test spectral distance not made: too long"},
		{name: "neutrons", o: radiation.Occupancy{NeutronAlarm: true}, gamma: rules.Within, neutrons: "neutron alarm"},
		{name: "neutrons, confirmed", o: radiation.Occupancy{NeutronAlarm: true, NeutronConfirmed: true}, gamma: rules.Within,
			neutrons: "neutron alarm", with: "confirmed: an excess in two of three seconds"},
	} {
		o := row.o
		o.HasBG, o.Slices, o.MaxSigma, o.Analysis = true, []radiation.Slice{{}}, 1000, &row.a
		o.Neutron = []radiation.Neutron{{}}
		fs := rules.Radiation(nil, &o, nil)
		g, n := fs[0], fs[1]
		if g.Verdict != row.gamma || row.reason != "" && g.Reason != row.reason || strings.Join(g.Notes, "; ") != row.note {
			t.Errorf("%s: %s, %q, notes %q", row.name, g.Verdict, g.Reason, g.Notes)
		}
		if exceeds := row.gamma == rules.Exceeds; g.Blocking != exceeds || g.TwoPersons != exceeds {
			t.Errorf("%s: blocking %v, two persons %v", row.name, g.Blocking, g.TwoPersons)
		}
		if row.neutrons != "" && (n.Verdict != rules.Exceeds || n.Reason != row.neutrons || strings.Join(n.Notes, "; ") != row.with) {
			t.Errorf("%s: %s, %q, notes %q", row.name, n.Verdict, n.Reason, n.Notes)
		}
	}
}

// Of a record with holes the largest is not the vehicle's: it stands beside an alarm of the
// portal only where it is one itself. Neutrons have no sigma of gamma.
func TestTheFigureOfARecordWithHoles(t *testing.T) {
	for _, row := range []struct {
		name           string
		truncated, own bool
		want           bool
	}{{"whole", false, false, true}, {"cut off", true, false, false}, {"cut off, with an alarm of its own", true, true, true}} {
		o := radiation.Occupancy{HasBG: true, Slices: []radiation.Slice{{}}, MaxSigma: -100, VendorAlarm: true, VendorGamma: true,
			NeutronAlarm: true, Truncated: row.truncated, GammaAlarm: row.own}
		fs := rules.Radiation(nil, &o, nil)
		if fs[0].Verdict != rules.Exceeds || (fs[0].Measured != nil) != row.want {
			t.Errorf("%s: %s, measured %v", row.name, fs[0].Verdict, fs[0].Measured)
		}
		if fs[1].Verdict != rules.Exceeds || fs[1].Measured != nil || fs[1].Unit != "" {
			t.Errorf("%s: neutrons: %+v", row.name, fs[1])
		}
	}
}
