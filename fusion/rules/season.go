package rules

import "acsgd/internal/quant"

type seasonState uint8

const (
	noSeason seasonState = iota
	maybeSeason
	inSeason
)

// season is what the temporary limits mean for one vehicle on one day.
type season struct {
	state  seasonState
	row    *SeasonRow
	single quant.Mass
	reason string // maybe: what is not known
	notes  notes
}

// seasonOf finds the season of the vehicle's day, region and carriage. International
// carriage is exempt; where something is not known the season may apply, and only what is
// under its limits is Within.
func (j *judge) seasonOf() season {
	if len(j.p.Seasons) == 0 || j.bad != "" {
		return season{}
	}
	if j.date == 0 {
		if j.v.Carriage == "international" {
			return season{notes: noteSeasonExempt}
		}
		return j.strictest("date not known")
	}
	var out season
	for i := range j.p.Seasons {
		r := &j.p.Seasons[i]
		if mmdd := int(j.date % 10000); mmdd < r.From || mmdd > r.To || r.Unverified() && !j.p.Simulator {
			continue
		}
		s := j.seasonOfRow(r)
		if s.state > out.state || s.state == out.state && s.state != noSeason && s.single < out.single {
			s.notes |= out.notes
			out = s
		} else {
			out.notes |= s.notes
		}
	}
	return out
}

// strictest is a season that may apply, with the lowest limit of all.
func (j *judge) strictest(reason string) season {
	out := season{state: maybeSeason, reason: reason}
	for i := range j.p.Seasons {
		if r := &j.p.Seasons[i]; out.row == nil || r.Single < out.single {
			out.row, out.single = r, r.Single
		}
	}
	return out
}

func (j *judge) seasonOfRow(r *SeasonRow) season {
	s := season{state: inSeason, row: r, single: r.Single}
	maybe := func(why string) {
		if s.state = maybeSeason; s.reason == "" {
			s.reason = why
		}
	}
	switch j.region(r) {
	case No:
		return season{}
	case NotKnown:
		maybe("region not known")
	}
	if j.v.Carriage == "international" && (r.International || r.ExemptUnread) {
		s = season{notes: noteSeasonExempt}
		if r.ExemptUnread {
			s.notes |= noteSeasonUnread
		}
		return s
	}
	if j.v.Carriage == "" {
		maybe("carriage not known")
	}
	if r.End > 0 {
		switch m := j.o.Minute; {
		case m == nil:
			maybe("time of day not known")
		case *m < r.Start || *m > r.End:
			return season{}
		}
	}
	if r.AirAbove > 0 {
		switch t := j.o.Air; {
		case t == nil:
			maybe("air temperature not known")
		case int64(*t) <= int64(r.AirAbove)*1000:
			return season{}
		}
	}
	if r.SingleMastic > 0 && j.o.Surface != "asphalt" {
		s.single = r.SingleMastic
		if j.o.Surface == "" {
			s.notes |= noteSurface
		}
	}
	s.notes |= noteSeasonOthers
	return s
}

// region says whether the vehicle's region is one of r's; a region that no row names is
// not known.
func (j *judge) region(r *SeasonRow) Tri {
	if j.v.Region == "" {
		return NotKnown
	}
	for _, name := range r.Regions {
		if sameName(name, j.v.Region) {
			return Yes
		}
	}
	for i := range j.p.Seasons {
		for _, name := range j.p.Seasons[i].Regions {
			if sameName(name, j.v.Region) {
				return No
			}
		}
	}
	return NotKnown
}

// sameName compares names of regions without regard to the case of ASCII letters.
func sameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// seasonal returns the season's limit of a group; its src is nil where the tables have none.
func (j *judge) seasonal(g *shape) limit {
	s := &j.season
	if s.row.Name == "spring" {
		if row, n := j.find(j.p.Spring, g); row != nil {
			return limitOf(row, g.n, n)
		}
	}
	if g.kind == Single {
		return limit{src: &s.row.Source, value: int64(s.single)}
	}
	return limit{}
}

// apply puts the season's limit beside the permanent one: hi and the result are the kind
// and the strict limit that count. sl is the season's limit and is kept by the result.
func (s *season) apply(hi, sl *limit) *limit {
	if sl.src == nil { // the season limits this group too, by how much was not read
		*sl = limit{value: -1, reason: "seasonal limit not read"}
		if s.state == maybeSeason {
			sl.reason = s.reason
		}
		return sl
	}
	if sl.value >= hi.value {
		return hi
	}
	if s.state == inSeason {
		*hi = *sl
		return hi
	}
	sl.reason = s.reason
	return sl
}
