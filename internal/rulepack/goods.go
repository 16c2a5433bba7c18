package rulepack

import (
	"strconv"
	"strings"

	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

// goods reads the tables of controlled, banned and radiating goods.
func (r *reader) goods(b *rules.Book) {
	r.controls(b)
	r.bans(b)
	for _, x := range r.table("radioactive_goods.csv", "hs_prefix", "commodity", "licence", "rule", "status") {
		row := rules.Radioactive{Source: x.source("radioactive and nuclear goods", x.text("licence"), "status"),
			Prefixes: x.prefixes("hs_prefix"), Title: x.text("commodity"), Licence: x.text("licence"), Rule: x.text("rule")}
		if n := len(b.Radioactive); strings.HasPrefix(row.Licence, "same") && n > 0 {
			row.Licence = b.Radioactive[0].Licence + strings.TrimPrefix(row.Licence, "same")
		}
		b.Radioactive = append(b.Radioactive, row)
	}
	for _, x := range r.table("norm_commodities.csv", "hs_prefix", "commodity", "nuclides", "typ_Bq_per_kg_low", "typ_Bq_per_kg_high",
		"profile", "alarm_likelihood", "activity_status", "sim_gamma_ratio_low", "sim_gamma_ratio_high", "ratio_status") {
		b.Norms = append(b.Norms, rules.NormRow{Source: x.source("natural radioactivity of goods", x.text("profile"), "activity_status"),
			Prefix: first(x.prefixes("hs_prefix")), Commodity: x.text("commodity"), Nuclides: x.text("nuclides"),
			Profile: x.text("profile"), Likelihood: x.text("alarm_likelihood"),
			Low: x.count("typ_Bq_per_kg_low"), High: x.count("typ_Bq_per_kg_high"), Orphan: strings.HasPrefix(x.text("profile"), "LOCALISED")})
	}
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

func (r *reader) controls(b *rules.Book) {
	for _, x := range r.table("controlled_goods.csv", "section", "kind", "direction", "title", "hs_prefixes", "permit_kind",
		"kz_authority", "section_status", "codes_authority_status") {
		act := "EEC Board Decision 30 of 21 Apr 2015, section " + x.text("section")
		if strings.HasPrefix(x.text("section"), "KZ-") {
			act = "Kazakhstan, law on control of specific goods"
		}
		c := rules.Control{Source: x.source(act, "", "section_status", "codes_authority_status"), Section: x.text("section"),
			Title: x.text("title"), Prefixes: x.prefixes("hs_prefixes"), Permit: x.text("permit_kind"), Authority: x.text("kz_authority")}
		c.Kind = choose(x, "kind", map[string]rules.ControlKind{"ban": rules.BanControl, "permit": rules.PermitControl, "exempt": rules.ExemptControl})
		c.Directions = x.directions("direction")
		b.Controls = append(b.Controls, c)
	}
}

func (x record) directions(column string) []string {
	out := x.list(column, "+")
	for _, d := range out {
		if d != "import" && d != "export" && d != "transit" {
			x.fail("%s %q: neither import, export nor transit", column, d)
		}
	}
	if len(out) == 0 {
		x.fail("%s: no direction", column)
	}
	return out
}

func (r *reader) bans(b *rules.Book) {
	for _, x := range r.table("temporary_bans.csv", "country", "direction", "modes", "goods", "hs_prefixes", "from", "to", "exceptions",
		"act", "ban_status", "codes_status", "to_status") {
		marks := []string{"ban_status", "codes_status"}
		if x.text("to_status") != "" {
			marks = append(marks, "to_status")
		}
		ban := rules.Ban{Country: x.text("country"), Title: x.text("goods"), Prefixes: x.prefixes("hs_prefixes"),
			Modes: x.list("modes", "+"), Exceptions: x.text("exceptions"), Act: x.text("act")}
		ban.Direction = first(x.directions("direction"))
		ban.From, ban.FromLast = x.dates("from")
		_, ban.To = x.dates("to")
		until := "no end date read"
		if ban.To != 0 {
			until = "until " + ban.To.String()
		}
		ban.Source = x.source("temporary ban, "+x.text("country"), x.text("act")+", "+until, marks...)
		if ban.To != 0 && ban.To < ban.From {
			x.fail("ban ends before it begins")
		}
		for _, m := range ban.Modes {
			if m != "all" && m != "road" && m != "rail" && m != "sea" && m != "air" {
				x.fail("modes %q: not known", m)
			}
		}
		b.Bans = append(b.Bans, ban)
	}
}

// classes reads the tables of vehicle classes.
func (r *reader) classes(b *rules.Book) {
	for _, x := range r.table("vehicle_class_schemes.csv", "scheme", "code", "name", "axle_pattern", "status") {
		b.Schemes = append(b.Schemes, rules.Scheme{Scheme: x.text("scheme"), Code: x.text("code"), Name: x.text("name"),
			Axles: x.text("axle_pattern"), Mark: x.mark("status")})
	}
	for _, x := range r.table("fhwa13_ltpp_rules.csv", "class", "vehicle", "axles", "sp1_ft", "sp2_ft", "sp3_ft", "sp4_ft", "sp5_ft",
		"gvw_min_kip", "gvw_max_kip", "axle1_min_kip", "status") {
		c := rules.ClassRow{Source: x.source("FHWA 13 classes, LTPP rules", x.text("vehicle"), "status"), Name: x.text("vehicle"), Class: x.count("class")}
		c.Axles, c.More = x.countMore("axles")
		for i := range c.Gaps {
			c.Gaps[i] = x.feet("sp" + strconv.Itoa(i+1) + "_ft")
			if want := i < c.Axles-1; want != (c.Gaps[i][1] > 0) {
				x.fail("spacings do not fit %d axles", c.Axles)
			}
		}
		c.GrossMin, c.GrossMax = x.scaled("gvw_min_kip", 100), x.scaled("gvw_max_kip", 100)
		c.FirstMin = x.scaled("axle1_min_kip", 100)
		b.Classes = append(b.Classes, c)
	}
}

// feet reads a range "6.00-10.10" in hundredths of a foot; empty is 0, 0.
func (x record) feet(column string) [2]int64 {
	s := x.text(column)
	if s == "" {
		return [2]int64{}
	}
	a, b, ok := strings.Cut(s, "-")
	lo, err1 := quant.Decimal(a, 100)
	hi, err2 := quant.Decimal(b, 100)
	if !ok || err1 != nil || err2 != nil || lo > hi {
		x.fail("%s %q: not a range of feet", column, s)
	}
	return [2]int64{lo, hi}
}
