package rulepack

import (
	"slices"

	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

// packDef says which rows make a pack, and how its regime forms axle groups: one row of
// packs.csv. A new law is a new row and its tables, not a new program.
type packDef struct {
	id, base, act                 string
	spring, season, bands, deduct string
	bound                         quant.Length
	boundIn                       bool
	pounds                        bool   // the law counts in pounds: the rows' notes hold them
	trainSum                      bool   // a drawbar train may weigh what its units may
	formula                       string // clause of the bridge formula
	note                          string
	at                            record
}

// packDefs reads the packs of a book.
func (r *reader) packDefs() []packDef {
	var out []packDef
	for _, x := range r.table(packsFile, "id", "base", "act", "spring", "season", "bands", "deduct", "bound_mm", "bound_inclusive", "unit", "train", "formula", "note") {
		d := packDef{id: x.text("id"), base: x.text("base"), act: x.text("act"), spring: x.text("spring"), season: x.text("season"), bands: x.text("bands"),
			deduct: x.text("deduct"), bound: x.millimetres("bound_mm"), formula: x.text("formula"), note: x.text("note"), at: x}
		d.boundIn = choose(x, "bound_inclusive", map[string]bool{"": false, "0": false, "1": true})
		d.pounds = choose(x, "unit", map[string]bool{"kg": false, "lb": true})
		d.trainSum = choose(x, "train", map[string]bool{"": false, "sum": true})
		named := func(o packDef) bool { return o.id == d.id }
		switch {
		case d.id == "" || d.act == "":
			x.fail("a pack needs an id and an act")
		case slices.ContainsFunc(out, named):
			x.fail("second pack %s", d.id)
		case d.bound == 0 && d.formula == "" && d.base == "":
			x.fail("bound_mm: a pack needs the spacing from which axles are single, or a formula")
		case d.base != "" && !slices.ContainsFunc(out, func(o packDef) bool { return o.id == d.base && o.base == "" }):
			x.fail("base %q: no pack before it", d.base)
		}
		out = append(out, d)
	}
	return out
}

// otherSets are rule sets of the tables that no pack takes.
func otherSets() []string { return []string{"OIML-R134"} }

// known reports whether a row's rule set belongs to some pack.
func known(defs []packDef, set string) bool {
	for _, d := range defs {
		switch set {
		case d.id, d.spring, d.season, d.bands, d.deduct:
			return set != ""
		}
	}
	return slices.Contains(otherSets(), set)
}

// packs builds all packs of the book.
func (r *reader) packs(b *rules.Book) {
	defs := r.packDefs()
	axles, gross, sizes, seasons := r.axleTable(), r.grossTable(), r.sizeTable(), r.seasonTable()
	deduct, bands := r.deductTable(), r.bandTable()
	for _, rows := range [][]record{axles, gross, sizes, seasons, deduct, bands} {
		for _, x := range rows {
			if !known(defs, x.text("rule_set")) {
				x.fail("rule_set %q: no pack has it", x.text("rule_set"))
			}
		}
	}
	for _, d := range defs {
		p := &rules.Pack{ID: d.id, Act: d.act, Note: d.note, Version: b.Version, Simulator: b.Simulator, Bound: d.bound, BoundIn: d.boundIn}
		p.Axles = r.axleRows(d, of(axles, d.id))
		p.Spring = r.axleRows(d, of(axles, d.spring))
		var masses []record
		p.Driving, masses = r.drivingShare(d, of(gross, d.id))
		p.Gross = r.grossRows(d, masses)
		p.Sizes = r.sizeRows(d, of(sizes, d.id))
		p.Seasons = r.seasonRows(d, of(seasons, d.season))
		p.Deduct = r.deductRows(of(deduct, d.deduct))
		p.Bands = r.bandRows(of(bands, d.bands))
		if d.bands != "" && len(p.Bands) == 0 {
			d.at.fail("bands %q: no such rows in overload_bands.csv", d.bands)
		}
		if d.formula != "" {
			p.Formula = &rules.Source{Row: "bridge formula", Clause: d.formula, Mark: "V"}
		}
		if base := b.Pack(d.base); d.base != "" && base != nil {
			overlay(p, base)
		}
		b.Packs = append(b.Packs, p)
	}
}

// overlay fills p, a party's reservations, with the rows of the act that they leave as they
// are. A reservation about single axles, tandems or tridems replaces all rows of that kind; a
// gross mass of "any" vehicle caps all others; a size replaces all rows of that size.
func overlay(p, base *rules.Pack) {
	if p.Bound == 0 {
		p.Bound, p.BoundIn = base.Bound, base.BoundIn
	}
	own := p.Axles
	for _, r := range base.Axles {
		if !slices.ContainsFunc(own, func(o rules.AxleRow) bool { return o.Kind == r.Kind }) {
			p.Axles = append(p.Axles, r)
		}
	}
	reserved := p.Gross
	for _, r := range base.Gross {
		replaced := false
		for _, o := range reserved {
			switch {
			case o.Config == rules.GrossAny && o.Limit < r.Limit:
				r.Source, r.Limit = o.Source, o.Limit
			case o.Config == r.Config && o.Tractor == r.Tractor && o.Trailer == r.Trailer && o.Total == r.Total:
				replaced = true
			}
		}
		if !replaced {
			p.Gross = append(p.Gross, r)
		}
	}
	p.Gross = slices.DeleteFunc(p.Gross, func(r rules.GrossRow) bool { return r.Config == rules.GrossAny && len(base.Gross) > 0 })
	sizes := p.Sizes
	for _, r := range base.Sizes {
		if !slices.ContainsFunc(sizes, func(o rules.SizeRow) bool { return o.Quantity == r.Quantity }) {
			p.Sizes = append(p.Sizes, r)
		}
	}
	if p.Bands == nil {
		p.Bands = base.Bands
	}
	if p.Seasons == nil {
		p.Seasons, p.Spring = base.Seasons, base.Spring
	}
	if p.Deduct == nil {
		p.Deduct = base.Deduct
	}
	if p.Driving == nil {
		p.Driving = base.Driving
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
