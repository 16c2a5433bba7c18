package rulepack

import (
	"regexp"
	"strconv"
	"strings"

	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

func (r *reader) sizeTable() []record {
	return r.table("dimension_limits.csv", "rule_set", "valid_from", "valid_to", "dimension", "vehicle", "limit_mm", "status", "note")
}

// vehicles maps the column "vehicle" to the vehicles that a row is for. train is what a
// "road_train" is: articulated vehicles too, where the act has no row of their own.
func vehicles(train rules.Classes) map[string]rules.SizeRow {
	const both = rules.ArticulatedClass | rules.TrainClass
	bus, cold := []string{rules.Bus}, []string{rules.Isothermal}
	return map[string]rules.SizeRow{
		"any":                              {Classes: rules.AllClasses},
		"rigid":                            {Classes: rules.RigidClass, Rank: 1},
		"rigid_or_trailer":                 {Classes: rules.RigidClass, Rank: 1},
		"rigid_M1_N_or_trailer_O":          {Classes: rules.RigidClass, Rank: 1, NotBus: true},
		"motor_vehicle_or_trailer":         {Classes: rules.RigidClass, Rank: 1, NotBus: true},
		"combination":                      {Classes: both, Rank: 1},
		"road_train_or_articulated":        {Classes: both, Rank: 1},
		"road_train":                       {Classes: train, Rank: 1},
		"articulated":                      {Classes: rules.ArticulatedClass, Rank: 2},
		"semitrailer":                      {Classes: rules.ArticulatedClass, Rank: 2},
		"bus_M2_M3":                        {Classes: rules.RigidClass, Rank: 2, Bodies: bus},
		"bus_M2_M3_gt2_axles":              {Classes: rules.RigidClass, Rank: 3, Bodies: bus, MinAxles: 3},
		"bus_with_trailer":                 {Classes: rules.TrainClass, Rank: 3, Bodies: bus},
		"articulated_bus":                  {Classes: rules.ArticulatedClass, Rank: 3, Bodies: bus},
		"isothermal_body":                  {Classes: rules.AllClasses, Rank: 2, Bodies: cold},
		"conditioned":                      {Classes: rules.AllClasses, Rank: 2, Bodies: cold},
		"car_carrier_or_container_carrier": {Classes: rules.AllClasses, Rank: 2, Bodies: []string{rules.CarCarrier, rules.ContainerCarrier}},
	}
}

func (r *reader) sizeRows(d packDef, rows []record) []rules.SizeRow {
	train := rules.TrainClass | rules.ArticulatedClass
	for _, x := range rows {
		if x.text("vehicle") == "articulated" {
			train = rules.TrainClass
		}
	}
	var out []rules.SizeRow
	for i, x := range rows {
		s := choose(x, "vehicle", vehicles(train))
		s.Source = x.source(d.act, x.text("note"), "status")
		s.Quantity = choose(x, "dimension", map[string]string{"length": "length", "width": "width", "height": "height",
			"rear_overhang_of_load": "rear_overhang_of_load", "turning_outer_radius": "turning_outer_radius",
			"turning_inner_radius": "turning_inner_radius", "kingpin_to_rear": "kingpin_to_rear"})
		s.From, _ = x.dates("valid_from")
		_, s.To = x.dates("valid_to")
		if s.From == 0 {
			x.fail("valid_from: a limit needs its first day")
		}
		if s.Limit = x.millimetres("limit_mm"); s.Limit <= 0 {
			x.fail("limit_mm %q: a limit must be above zero", x.text("limit_mm"))
		}
		for k := range rows[:i] {
			if same(x, rows[k], "dimension", "vehicle") && overlapDays(s, out[k], x.text("valid_from"), rows[k].text("valid_to")) {
				x.fail("in force together with %s", rows[k].id())
			}
		}
		out = append(out, s)
	}
	return out
}

// overlapDays reports whether two rows are in force on one day, other than in the one month
// in which the law changed on a day that was not read.
func overlapDays(a, b rules.SizeRow, from, to string) bool {
	if a.To != 0 && a.To < b.From || b.To != 0 && b.To < a.From {
		return false
	}
	return !(from == to && len(from) == len("2006-01"))
}

func (r *reader) seasonTable() []record {
	return r.table("seasonal_limits.csv", "rule_set", "season", "regions", "from_mmdd", "to_mmdd", "hours", "trigger", "limit", "exempt", "status")
}

func (r *reader) seasonRows(d packDef, rows []record) []rules.SeasonRow {
	single := regexp.MustCompile(`^single axle (\d+) t(?: on asphalt / (\d+) t on stone-mastic)?$`)
	air := regexp.MustCompile(`^air > (\d+) C$`)
	hours := regexp.MustCompile(`^(\d\d):(\d\d)-(\d\d):(\d\d)$`)
	var out []rules.SeasonRow
	for _, x := range rows {
		s := rules.SeasonRow{Source: x.source(d.act, "seasonal limit, "+x.text("season"), "status"), Name: x.text("season"), Regions: x.list("regions", ";")}
		s.From, s.To = x.monthDay("from_mmdd"), x.monthDay("to_mmdd")
		if s.From > s.To {
			x.fail("season ends before it begins")
		}
		if m := hours.FindStringSubmatch(x.text("hours")); m != nil {
			s.Start, s.End = number(m[1])*60+number(m[2]), number(m[3])*60+number(m[4])
		} else if x.text("hours") != "all" {
			x.fail("hours %q: neither all nor hh:mm-hh:mm", x.text("hours"))
		}
		if m := air.FindStringSubmatch(x.text("trigger")); m != nil {
			s.AirAbove = number(m[1])
		} else if !strings.HasPrefix(x.text("trigger"), "road-climate zone ") {
			x.fail("trigger %q: not known", x.text("trigger"))
		}
		m := single.FindStringSubmatch(x.text("limit"))
		if m == nil {
			x.fail("limit %q: not a limit of single axles", x.text("limit"))
			continue
		}
		s.Single = quant.Mass(number(m[1])) * quant.Tonne
		s.SingleMastic = quant.Mass(number(m[2])) * quant.Tonne
		for _, e := range x.list("exempt", ";") {
			s.International = s.International || e == "international carriage"
			s.ExemptUnread = s.ExemptUnread || e == "not read"
		}
		out = append(out, s)
	}
	return out
}

// number converts digits that a pattern has matched; "" is 0.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0 // only "": the patterns match at most a few digits
	}
	return n
}

// monthDay reads MM-DD as mmdd.
func (x record) monthDay(column string) int {
	m, d, ok := strings.Cut(x.text(column), "-")
	mm, err1 := strconv.ParseUint(m, 10, 8)
	dd, err2 := strconv.ParseUint(d, 10, 8)
	if !ok || err1 != nil || err2 != nil || mm < 1 || mm > 12 || dd < 1 || dd > 31 {
		x.fail("%s %q: not mm-dd", column, x.text(column))
	}
	return int(mm*100 + dd)
}

func (r *reader) deductTable() []record {
	return r.table("enforcement_deduction.csv", "rule_set", "quantity", "deduct", "unit", "status", "note")
}

func (r *reader) deductRows(rows []record) []rules.DeductRow {
	var out []rules.DeductRow
	for _, x := range rows {
		d := rules.DeductRow{Source: x.source(x.text("rule_set"), x.text("note"), "status")}
		d.Quantity = choose(x, "quantity", map[string]string{"vehicle_mass": "vehicle_mass", "axle_load": "axle_load",
			"axle_group_load": "axle_group_load", "axle_spacing": "axle_spacing", "length": "length", "width": "width", "height": "height"})
		switch x.text("unit") {
		case "percent":
			d.BP = x.scaled("deduct", 100)
		case "m":
			d.Length = quant.Length(x.scaled("deduct", 1000))
		default:
			x.fail("unit %q: neither percent nor m", x.text("unit"))
		}
		if d.BP == 0 && d.Length == 0 || d.BP > 5000 {
			x.fail("deduct %q: out of range", x.text("deduct"))
		}
		for i := range out {
			if out[i].Quantity == d.Quantity {
				x.fail("second deduction of %s", d.Quantity)
			}
		}
		out = append(out, d)
	}
	return out
}

func (r *reader) bandTable() []record {
	return r.table("overload_bands.csv", "rule_set", "quantity", "over_min", "over_max", "unit", "consequence", "status", "note")
}

func (r *reader) bandRows(rows []record) []rules.BandRow {
	var out []rules.BandRow
	for _, x := range rows {
		b := rules.BandRow{Source: x.source(x.text("rule_set"), x.text("note"), "status"), Text: x.text("rule_set") + ": " + x.text("consequence")}
		b.Size = choose(x, "quantity", map[string]bool{"mass_or_axle": false, "dimension": true})
		scale := choose(x, "unit", map[string]int64{"percent": 100, "m": 1000, "": 1})
		if b.Size != (x.text("unit") == "m") {
			x.fail("unit %q does not fit the quantity", x.text("unit"))
		}
		b.Lo, b.Hi = x.scaled("over_min", scale), x.scaled("over_max", scale)
		if b.Hi != 0 && b.Hi <= b.Lo {
			x.fail("band %s to %s is empty", x.text("over_min"), x.text("over_max"))
		}
		for i := range out {
			if o := &out[i]; o.Size == b.Size && (o.Hi == 0 || b.Lo < o.Hi) && (b.Hi == 0 || o.Lo < b.Hi) {
				x.fail("overlaps %s", o.Row)
			}
		}
		out = append(out, b)
	}
	return out
}
