package rules

import (
	"bytes"
	"encoding/json"
	"fmt"

	"acsgd/internal/decl"
	"acsgd/internal/quant"
)

// Permit is a special permit that was presented. In JSON it is an object; a bare string is
// accepted for its number, and then what it allows is not known.
type Permit struct {
	Number string `json:"number"`
	decl.Special
}

// UnmarshalJSON reads a permit or its bare number.
func (p *Permit) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '"' {
		*p = Permit{}
		return json.Unmarshal(b, &p.Number)
	}
	type plain Permit
	return json.Unmarshal(b, (*plain)(p))
}

// bare reports whether nothing but the number is known.
func (p *Permit) bare() bool {
	s := &p.Special
	return s.Gross == 0 && len(s.Axles) == 0 && len(s.Groups) == 0 && s.Length == 0 && s.Width == 0 && s.Height == 0
}

// validate reports every contradiction of a permit.
func (p *Permit) validate(add func(format string, args ...any)) {
	for _, d := range [...]struct{ name, text string }{{"valid_from", p.From}, {"valid_to", p.To}} {
		if _, ok := parseDate(d.text); d.text != "" && !ok {
			add("permit: %s %q is not a day YYYY-MM-DD", d.name, d.text)
		}
	}
	if p.Gross < 0 || p.Length < 0 || p.Width < 0 || p.Height < 0 {
		add("permit: a value below zero")
	}
	for i, m := range p.Axles {
		if m <= 0 {
			add("permit: axle %d: mass not above zero", i+1)
		}
	}
	for i, g := range p.Groups {
		if g.First < 1 || g.Last < g.First || g.Mass <= 0 {
			add("permit: group %d: axles %d to %d, %s", i+1, g.First, g.Last, g.Mass)
		}
	}
}

// Covers says whether the permit is this vehicle's, on its day and its road, and what speaks
// against it or is not known. What is permitted is another question: see allowed.
func (p *Permit) Covers(v *Vehicle) (Tri, string) {
	d, _ := parseDate(v.Date)
	return p.covers(v, d)
}

func (p *Permit) covers(v *Vehicle, day Date) (Tri, string) {
	from, ok1 := parseDate(p.From)
	to, ok2 := parseDate(p.To)
	switch {
	case ok1 && day != 0 && day < from, ok2 && day != 0 && day > to:
		return No, "the permit is not of that day"
	}
	for _, have := range v.Plates {
		if len(p.Plates) > 0 && !listed(p.Plates, have, samePlate) {
			return No, "the permit is for another plate"
		}
	}
	at := v.Site
	if at == "" {
		at = v.Region
	}
	onRoute := len(p.Route) > 0 && (listed(p.Route, v.Site, sameName) || listed(p.Route, v.Region, sameName))
	switch {
	case len(p.Route) > 0 && at != "" && !onRoute:
		return No, "the permit is for another route"
	case !ok1 || !ok2 || day == 0:
		return NotKnown, "the permit's days are not known"
	case len(p.Plates) == 0 || len(v.Plates) == 0:
		return NotKnown, "the permit's plate is not known"
	case !onRoute:
		return NotKnown, "the permit's route is not known"
	}
	return Yes, ""
}

func listed(list []string, s string, same func(a, b string) bool) bool {
	for _, x := range list {
		if s != "" && same(x, s) {
			return true
		}
	}
	return false
}

// samePlate compares plates without blanks, dashes and the case of ASCII letters.
func samePlate(a, b string) bool {
	for {
		a, b = skip(a), skip(b)
		if a == "" || b == "" {
			return a == b
		}
		if lower(a[0]) != lower(b[0]) {
			return false
		}
		a, b = a[1:], b[1:]
	}
}

func skip(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '-') {
		s = s[1:]
	}
	return s
}

// allowed is what the permit allows for a quantity, in grams or micrometres; 0: it says
// nothing of it. A permit for the gross mass says nothing of the axles.
func (p *Permit) allowed(q *quantity, axles int) int64 {
	switch q.name {
	case "gross":
		return int64(p.Gross)
	case "length":
		return int64(p.Length) * 1000
	case "width":
		return int64(p.Width) * 1000
	case "height":
		return int64(p.Height) * 1000
	case "axle", "group":
		for _, g := range p.Groups {
			if g.First == q.first && g.Last == q.last {
				return int64(g.Mass)
			}
		}
		if len(p.Axles) != axles || q.first < 1 {
			return 0
		}
		var sum quant.Mass
		for _, m := range p.Axles[q.first-1 : q.last] {
			sum += m
		}
		return int64(sum)
	}
	return 0
}

// permit decides a quantity above its general limit by the permit that was presented; ok is
// false where the permit changes nothing, and the general limit stands.
func (j *judge) permit(f *Finding, q *quantity, hi *limit, judged int64) (n notes, ok bool) {
	p := j.v.Permit
	if p == nil || p.Number == "" && p.bare() {
		return 0, false
	}
	if p.bare() {
		f.Verdict, f.Reason, f.Blocking = Undetermined, "permit not known", true
		return 0, true
	}
	most := p.allowed(q, len(j.v.Axles))
	if most <= hi.value {
		return notePermitSilent, false
	}
	state, why := p.covers(j.v, j.date)
	if state == No {
		f.Reason = why
		return notePermitOther, false
	}
	f.Row, f.Clause, f.Mark = "permit "+p.Number, fmt.Sprintf("special permit %s, %s to %s", p.Number, p.From, p.To), worse(f.Mark, "E")
	f.Limit = j.mem.value(most)
	switch {
	case judged > most:
		f.Verdict, f.Blocking = Exceeds, true
		j.excess(f, q, judged-most, most)
	case state == NotKnown:
		f.Verdict, f.Reason, f.Blocking = Undetermined, why, true
	default:
		f.Verdict, f.Reason = Within, "within the special permit"
		if q.value > most {
			f.Reason = "within tolerance"
		}
	}
	return notePermit, true
}
