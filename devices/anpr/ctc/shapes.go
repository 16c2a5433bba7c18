package ctc

import (
	"math"
	"slices"
	"strings"

	"acsgd/internal/plate"
)

// further are shapes of countries whose vehicles are seen here seldom, D a digit and L a
// letter. They are from memory and serve reading alone: no country follows from them.
const further = "" +
	"LLDDDLL " + // SK, IT, FR, GE, HR
	"DLDDDDD DLLDDDD DLDDDDL " + // CZ
	"LLDDDLLL LLLDDD LLDDDDLL " + // RO, HU, SE, FI, UA
	"LLLDDDD LLLDLDD " + // BR
	"LLDDLLL " + // GB
	"DDDDLLL " + // ES
	"LLLDDLL " + // RS, EE-like
	"DDDLLL DLLLDDD LDDDDDD DDDLLLL LLLLDDD DDDDLL LLDDDD DDDLLD LDDLLL LLLDDL LLDDDL DLLLDD" // US states

const (
	gain     = 0.35 // of what a shape tells of a position, so much counts: recognisers know some syntax already
	abroad   = 1.2  // cost of a shape of a country that is not usual at the site
	unlisted = 0.5  // of a shape in further
)

// shapesOf gives the shapes that are searched, with their weights.
func shapesOf(site []string) []shape {
	var out []shape
	for _, t := range plate.Templates() {
		if t.Format.Country == "EU" { // any string: the free search has them
			continue
		}
		cost := 0.0
		if len(site) > 0 && !slices.Contains(site, t.Format.Country) {
			cost = abroad
		}
		if t.Format.Kind == "diplomatic" || t.Format.Kind == "temporary" || strings.HasPrefix(t.Format.Kind, "foreign") {
			cost += 0.5
		}
		out = add(out, t.Sets, cost)
	}
	cost := unlisted
	if len(site) > 0 {
		cost = abroad
	}
	for f := range strings.FieldsSeq(further) {
		out = add(out, setsOf(f), cost)
	}
	return out
}

// add puts a shape into the list; of equal ones the likelier counts.
func add(list []shape, sets []plate.Set, cost float64) []shape {
	prior := -cost
	for i := range sets {
		prior += float64(gain * math.Log(max(1, span(&sets[i])/float64(sets[i].Len()))))
	}
	for i := range list {
		if slices.Equal(list[i].sets, sets) {
			list[i].prior = max(list[i].prior, prior)
			return list
		}
	}
	return append(list, shape{sets, prior})
}

// span is how many characters a recogniser chooses from at a position: of Chinese ones it
// knows thousands, of which a province is one of 31.
func span(set *plate.Set) float64 {
	for _, s := range set.Symbols() {
		if s.Class() == plate.Han {
			return 6600
		}
	}
	return 36
}

// setsOf turns D and L into sets of symbols.
func setsOf(form string) []plate.Set {
	out := make([]plate.Set, len(form))
	for i, c := range form {
		first, last := 'A', 'Z'
		if c == 'D' {
			first, last = '0', '9'
		}
		for r := first; r <= last; r++ {
			out[i].Add(plate.SymbolOf(r))
		}
	}
	return out
}

// unusual is the weight of a spelling that has none of the shapes.
func unusual(c plate.Code) float64 {
	n := c.Len()
	digits := 0
	for i := range n {
		if c.At(i).Class() == plate.Digit {
			digits++
		}
	}
	w := 0.0
	switch {
	case n < 3:
		w -= 6
	case n < 5:
		w -= 2
	case n > 9:
		w -= float64(2 * float64(n-9))
	}
	if digits == 0 {
		w -= 2.5
	}
	return w
}
