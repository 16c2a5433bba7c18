package rules_test

import (
	"strings"
	"testing"

	"acsgd/fusion/rules"
)

// The vehicles of vehicle_templates.csv, loaded, with the classes that stand beside them.
func TestPatternAndClassesOfTheUsualVehicles(t *testing.T) {
	b, site := book(t, true), book(t, false)
	for _, c := range []struct {
		name, class, body, gaps, loads string
		units                          []int
		pattern                        string
		fhwa, cost, tls                int
	}{
		{"two-axle rigid", "", "", "4200", "6200/9600", nil, "R11", 5, 2, 3},
		{"6x4 tipper", "", "", "3600/1350", "7000/7800/7800", nil, "R12", 6, 3, 3},
		{"8x4 tipper", "rigid", "", "1950/3200/1350", "7200/7200/7900/7900", nil, "R112", 8, 3, 3},
		{"2-axle tractor, tridem", "", "", "3700/5600/1310/1310", "7000/9700/6900/6900/6900", nil, "T11O3", 9, 5, 9},
		{"3-axle tractor, tridem", "", "", "3300/1350/5400/1310/1310", "7000/7300/7300/6100/6100/6100", nil, "T12O3", 10, 5, 9},
		{"3-axle tractor, tandem", "", "", "3300/1350/6800/1310", "6800/7800/7800/7800/7800", nil, "T12O2", 9, 4, 9},
		{"lorry with drawbar trailer", "", "", "4400/1350/5200/5000", "7000/8000/8000/8500/8500", nil, "R12R11", 9, 6, 8},
		{"car carrier", "articulated", "car_carrier", "4500/7000/1000", "7000/9500/6000/6000", []int{2, 2}, "T11O2", 8, 4, 9},
		{"coach of two axles", "", "bus", "7100", "6500/9800", nil, "R11", 4, 7, 5},
		{"car", "", "", "2700", "900/900", nil, "R11", 2, 1, 0},
	} {
		v := vehicle(t, c.gaps, strings.Repeat("?", 8), c.loads)
		v.Class, v.Body, v.Units = c.class, c.body, c.units
		if got := rules.Pattern(v); got != c.pattern {
			t.Errorf("%s: Pattern = %q, want %q", c.name, got, c.pattern)
		}
		if got := b.Class13(v); got != c.fhwa {
			t.Errorf("%s: FHWA class %d, want %d", c.name, got, c.fhwa)
		}
		if got := site.Class13(v); got != 0 {
			t.Errorf("%s: outside simulator mode a table from memory tells class %d", c.name, got)
		}
		if got, ok := rules.Class("COST323", v); !ok || got != c.cost {
			t.Errorf("%s: COST 323 category %d, %v, want %d", c.name, got, ok, c.cost)
		}
		if got, ok := rules.Class("TLS8+1", v); ok != (c.tls != 0) || got != c.tls {
			t.Errorf("%s: TLS code %d, %v, want %d", c.name, got, ok, c.tls)
		}
	}
	if got, ok := rules.Class("EUR13", vehicle(t, "4200", "SD", "6200/9600")); ok {
		t.Errorf("a scheme without a public table tells class %d", got)
	}
	if got := rules.Pattern(vehicle(t, "3700/0/1310", "", "7000/9700/6900/6900")); got != "" {
		t.Errorf("a spacing not known: %q", got)
	}
	if got := rules.Pattern(&rules.Vehicle{}); got != "" {
		t.Errorf("no axles: %q", got)
	}
	light := vehicle(t, "4200", "", "6200/-")
	if _, ok := rules.Class("COST323", light); ok || b.Class13(light) != 0 {
		t.Error("an axle that was not weighed does not keep the vehicle from a class")
	}
	// Lifted axles keep their place in the pattern.
	v := vehicle(t, "3700/5600/1310/1310", "", "7000/9700/0/6900/6900")
	if got := rules.Pattern(v); got != "T11O3" {
		t.Errorf("with a lifted axle: %q", got)
	}
	four := vehicle(t, "3300/1350/5400/1310/1310/1310", "", "7000/7000/7000/6000/6000/6000/6000")
	if got, _ := rules.Class("COST323", four); got != 8 {
		t.Errorf("semi-trailer of four axles: category %d, want 8", got)
	}
}
