package rulepack

import (
	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

// packDef says which rows make a pack, and how its regime forms axle groups.
type packDef struct {
	id, act                       string
	spring, season, bands, deduct string
	bound                         quant.Length
	boundIn                       bool
	pounds                        bool   // the law counts in pounds: the rows' notes hold them
	trainSum                      bool   // a drawbar train may weigh what its units may
	formula                       string // clause of the bridge formula
}

// defaultBands grades the excess where a pack has no bands of its own.
const defaultBands = "ACSGD-DEFAULT"

// packDefs are the packs of design.md 8.1, and the corridors agreement, whose numbers were
// not read: its pack is empty so that nobody adds it as an exception elsewhere.
//
// Group bounds: RU-2060 and CIS-1999 name 2.5 m, the first inclusive; KZ-342 and EU-96/53
// do not say, 2.5 m is taken.
func packDefs() []packDef {
	return []packDef{
		{id: "RU-2060", act: "Government Decree 2060 of 1 Dec 2023", bands: "RU-12.21.1", deduct: "RU-348", bound: 2500, boundIn: true},
		{id: "KZ-342", act: "Order 342 of 26 Mar 2015", spring: "KZ-342-SPRING", season: "KZ", bands: "KZ-571", bound: 2500, boundIn: true, trainSum: true},
		{id: "CIS-1999", act: "Minsk agreement of 4 Jun 1999", bands: defaultBands, bound: 2500},
		{id: "EU-96/53", act: "Directive 96/53/EC", bands: defaultBands, bound: 2500, boundIn: true},
		{id: "US-658.17", act: "23 U.S.C. 127, 23 CFR 658.17", bands: defaultBands, pounds: true,
			formula: "23 U.S.C. 127(a)(2), 23 CFR 658.17(e): W = 500 (L N / (N - 1) + 12 N + 36)"},
		{id: "EAEU-2024", act: "EAEU transport corridors agreement of 13 Dec 2024: appendices not read", bands: defaultBands, bound: 2500},
	}
}

// otherSets are rule sets of the tables that no pack takes.
func otherSets() []string { return []string{"OIML-R134"} }

// known reports whether a row's rule set belongs to some pack.
func known(set string) bool {
	for _, d := range packDefs() {
		switch set {
		case d.id, d.spring, d.season, d.bands, d.deduct:
			return set != ""
		}
	}
	for _, s := range otherSets() {
		if s == set {
			return true
		}
	}
	return false
}

// packs builds all packs of the book.
func (r *reader) packs(b *rules.Book) {
	axles, gross, sizes, seasons := r.axleTable(), r.grossTable(), r.sizeTable(), r.seasonTable()
	deduct, bands := r.deductTable(), r.bandTable()
	for _, rows := range [][]record{axles, gross, sizes, seasons, deduct, bands} {
		for _, x := range rows {
			if !known(x.text("rule_set")) {
				x.fail("rule_set %q: no pack has it", x.text("rule_set"))
			}
		}
	}
	for _, d := range packDefs() {
		p := &rules.Pack{ID: d.id, Act: d.act, Version: b.Version, Simulator: b.Simulator, Bound: d.bound, BoundIn: d.boundIn}
		p.Axles = r.axleRows(d, of(axles, d.id))
		p.Spring = r.axleRows(d, of(axles, d.spring))
		var masses []record
		p.Driving, masses = r.drivingShare(d, of(gross, d.id))
		p.Gross = r.grossRows(d, masses)
		p.Sizes = r.sizeRows(d, of(sizes, d.id))
		p.Seasons = r.seasonRows(d, of(seasons, d.season))
		p.Deduct = r.deductRows(of(deduct, d.deduct))
		p.Bands = r.bandRows(of(bands, d.bands))
		if d.formula != "" {
			p.Formula = &rules.Source{Row: "bridge formula", Clause: d.formula, Mark: "V"}
		}
		b.Packs = append(b.Packs, p)
	}
}

// of selects the rows of one rule set; an empty name selects none.
func of(rows []record, set string) []record {
	var out []record
	for _, x := range rows {
		if set != "" && x.text("rule_set") == set {
			out = append(out, x)
		}
	}
	return out
}
