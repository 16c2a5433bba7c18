package rulepack

import (
	"strconv"
	"strings"

	"acsgd/fusion/rules"
)

func (r *reader) axleTable() []record {
	return r.table("axle_limits.csv", "rule_set", "road_class_kg", "unit", "group_type", "role", "tyres", "suspension",
		"spacing_min_mm", "spacing_max_mm", "max_inclusive", "limit_kg", "per", "status", "note")
}

func (r *reader) axleRows(d packDef, rows []record) []rules.AxleRow {
	var out []rules.AxleRow
	for _, x := range rows {
		a := rules.AxleRow{Source: x.source(d.act, x.text("note"), "status"), Limit: x.kilograms("limit_kg")}
		if x.text("road_class_kg") != "" {
			a.RoadClass = x.kilograms("road_class_kg")
		}
		a.Unit = choose(x, "unit", map[string]rules.UnitKind{
			"any": rules.AnyUnit, "powered_or_trailer": rules.AnyUnit, "powered": rules.Powered, "trailer": rules.TrailerUnit})
		a.Kind = choose(x, "group_type", map[string]rules.GroupKind{
			"single": rules.Single, "tandem": rules.Tandem, "tridem": rules.Tridem, "multi": rules.Multi})
		a.Role = choose(x, "role", map[string]rules.Role{"any": rules.AnyRole, "driving": rules.Driving, "non_driving": rules.NonDriving})
		a.Tyres = choose(x, "tyres", map[string]rules.Tyres{"any": rules.AnyTyres, "single": rules.SingleTyres, "dual": rules.DualTyres})
		a.Air = choose(x, "suspension", map[string]bool{"any": false, "air": true, "air_or_9500": true})
		a.Or95 = x.text("suspension") == "air_or_9500"
		a.PerAxle = choose(x, "per", map[string]bool{"axle": true, "group": false})
		a.HiIn = choose(x, "max_inclusive", map[string]bool{"": false, "0": false, "1": true})
		a.Lo, a.Hi = x.millimetres("spacing_min_mm"), x.millimetres("spacing_max_mm")
		if a.Hi != 0 && a.Hi <= a.Lo {
			x.fail("spacing band %d to %d mm is empty", a.Lo, a.Hi)
		}
		if d.pounds {
			a.Pounds = x.pounds()
		}
		out = append(out, a)
	}
	openBounds(out)
	for i := range out {
		for k := range out[:i] {
			if overlap(&out[i], &out[k]) {
				rows[i].fail("spacing band overlaps that of %s", out[k].Row)
			}
		}
	}
	return out
}

// pounds reads the exact limit that a note begins with: "20000 lb; ...".
func (x record) pounds() int64 {
	n, _, ok := strings.Cut(x.text("note"), " lb")
	v, err := strconv.ParseInt(n, 10, 32)
	if !ok || err != nil || v <= 0 {
		x.fail("note %q: does not begin with pounds", x.text("note"))
	}
	return v
}

func sameKey(a, b *rules.AxleRow) bool {
	return a.RoadClass == b.RoadClass && a.Unit == b.Unit && a.Kind == b.Kind && a.Role == b.Role && a.Tyres == b.Tyres && a.Air == b.Air
}

// openBounds makes a band that follows one with an inclusive end begin right above it, so
// that a mean of 1300.5 mm falls into the band written as 1301.
func openBounds(rows []rules.AxleRow) {
	for i := range rows {
		for k := range rows {
			if rows[k].HiIn && sameKey(&rows[i], &rows[k]) && (rows[i].Lo == rows[k].Hi || rows[i].Lo == rows[k].Hi+1) {
				rows[i].Lo, rows[i].LoOpen = rows[k].Hi, true
			}
		}
	}
}

func overlap(a, b *rules.AxleRow) bool {
	if !sameKey(a, b) {
		return false
	}
	if a.Lo > b.Lo {
		a, b = b, a
	}
	return a.Hi == 0 || b.Lo < a.Hi || b.Lo == a.Hi && a.HiIn && !b.LoOpen || a.Lo == b.Lo && !a.LoOpen && !b.LoOpen
}

func (r *reader) grossTable() []record {
	return r.table("gross_limits.csv", "rule_set", "config", "tractor_axles", "trailer_axles", "total_axles", "condition",
		"limit_kg", "status", "note")
}

// conditions are the texts of the column "condition" that the program understands.
func conditions() map[string]rules.Condition {
	return map[string]rules.Condition{
		"":                          rules.Always,
		"except articulated bus M3": rules.Always, // an articulated bus is not a rigid
		"incl. two steered axles":   rules.Always,
		"sum of the units: 25 + 24": rules.Always,
		"interstate without permit": rules.Always,
		"driving axle twin tyres and air suspension":                                                 rules.TwinAir,
		"two driving axles twin tyres and air suspension":                                            rules.TwoTwinAir,
		"driving axle twin tyres + air suspension or each driving axle <= 9.5 t":                     rules.TwinAirOr95,
		"two steered axles; same suspension condition; also <= 5 t per metre of outer axle distance": rules.FourAxles,
		"semi-trailer axle spacing 1.3-1.8 m":                                                        rules.SemiUnder18,
		"semi-trailer axle spacing > 1.8 m + twin tyres + air suspension":                            rules.SemiOver18,
		"semi-trailer axle spacing > 1.8 m":                                                          rules.SemiWide,
		"intermodal 40/45 ft container":                                                              rules.IntermodalBox,
	}
}

// trailerConfig marks a row of a trailer alone, which only serves sums.
const trailerConfig = rules.GrossConfig(255)

// share is the condition of a row whose number is a percentage, not kilograms.
const share = "per cent of the laden mass at least"

// drivingShare takes the row about the driving axles out of the rows of gross limits.
func (r *reader) drivingShare(d packDef, rows []record) (*rules.ShareRow, []record) {
	var out *rules.ShareRow
	rest := make([]record, 0, len(rows))
	for _, x := range rows {
		if x.text("config") != "driving_share" {
			rest = append(rest, x)
			continue
		}
		s := &rules.ShareRow{Source: x.source(d.act, x.text("note"), "status"), Percent: int64(x.count("limit_kg"))}
		if s.Percent < 1 || s.Percent > 99 || x.text("condition") != share {
			x.fail("a share of the driving axles needs 1 to 99 and the condition %q", share)
		}
		if out != nil {
			x.fail("second share of the driving axles")
		}
		out = s
	}
	return out, rest
}

func (r *reader) grossRows(d packDef, rows []record) []rules.GrossRow {
	var out, rigid, trailers []rules.GrossRow
	for i, x := range rows {
		g := rules.GrossRow{Source: x.source(d.act, x.text("note"), "status"), Limit: x.kilograms("limit_kg")}
		g.Config = choose(x, "config", map[string]rules.GrossConfig{
			"any": rules.GrossAny, "rigid": rules.GrossRigid, "articulated": rules.GrossArticulated, "road_train": rules.GrossTrain,
			"combination": rules.GrossCombination, "trailer": trailerConfig})
		g.Condition = choose(x, "condition", conditions())
		g.Tractor, g.Trailer = x.count("tractor_axles"), x.count("trailer_axles")
		g.Total, g.TotalMore = x.countMore("total_axles")
		if g.Config == rules.GrossRigid {
			g.TractorMore = g.TotalMore
		}
		if g.Tractor+g.Trailer > 0 && g.Tractor+g.Trailer != g.Total {
			x.fail("axles of the units are not the total")
		}
		if d.pounds {
			g.Pounds = x.pounds()
		}
		for k := range rows[:i] {
			if y := rows[k]; same(x, y, "config", "tractor_axles", "trailer_axles", "total_axles", "condition") {
				x.fail("same vehicle as %s", y.id())
			}
		}
		switch g.Config {
		case trailerConfig:
			trailers = append(trailers, g)
			continue
		case rules.GrossRigid:
			rigid = append(rigid, g)
		}
		out = append(out, g)
	}
	if d.trainSum {
		out = append(out, sums(d, out, rigid, trailers)...)
	}
	return out
}

func same(x, y record, columns ...string) bool {
	for _, c := range columns {
		if x.text(c) != y.text(c) {
			return false
		}
	}
	return true
}

// sums makes a road train of every rigid and trailer for which the table has none.
func sums(d packDef, have, rigid, trailers []rules.GrossRow) []rules.GrossRow {
	var out []rules.GrossRow
	for _, a := range rigid {
		for _, t := range trailers {
			g := rules.GrossRow{Config: rules.GrossTrain, Tractor: a.Tractor, TractorMore: a.TractorMore, Trailer: t.Trailer, Limit: a.Limit + t.Limit}
			g.Row = a.Row + "+" + t.Row
			g.Clause = d.act + ": sum of the units"
			g.Mark = a.Mark
			if t.Mark == "M" {
				g.Mark = "M"
			}
			if !hasTrain(have, g) {
				out = append(out, g)
			}
		}
	}
	return out
}

func hasTrain(rows []rules.GrossRow, g rules.GrossRow) bool {
	for i := range rows {
		if r := &rows[i]; r.Config == rules.GrossTrain && r.Tractor == g.Tractor && r.Trailer == g.Trailer {
			return true
		}
	}
	return false
}
