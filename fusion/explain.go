package fusion

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"acsgd/fusion/rules"
)

// Explanation is why a passage was judged as it was: its judgement made again from what the
// passage keeps, by the tables of its day.
type Explanation struct {
	Passage     string             `json:"passage"`
	Version     uint64             `json:"version"`
	Verdict     rules.Verdict      `json:"verdict"`
	Judging     rules.Derivation   `json:"judging"`
	Advice      []rules.Derivation `json:"advice,omitempty"`
	Class13     int                `json:"class13,omitempty"`
	Same        bool               `json:"same"`                  // the findings are those that the passage holds
	Differences []string           `json:"differences,omitempty"` // each finding that is not
}

// Errors of Explain.
var (
	ErrNotJudged = errors.New("the passage was not judged by a law")
	ErrNoBook    = errors.New("the rule tables of that day are not here")
)

// Explain derives the findings of a passage again from the tables that were in force, and
// compares them with those that it holds. book is that of version p.Basis.Book.
func (p *Passage) Explain(book *rules.Book) (Explanation, error) {
	x := p.Vehicle()
	switch {
	case x == nil:
		return Explanation{}, ErrNotJudged
	case book == nil || book.Version != p.Basis.Book:
		return Explanation{}, fmt.Errorf("%w: %s", ErrNoBook, p.Basis.Book)
	}
	e := Explanation{Passage: p.ID, Version: p.Version, Verdict: p.Verdict, Class13: p.Class13}
	pack := book.Pack(p.Basis.Pack)
	if pack == nil {
		return e, fmt.Errorf("%w: there is no rule pack %s", ErrNotJudged, p.Basis.Pack)
	}
	e.Judging = p.derive(pack, x, p.Findings, &e)
	for _, id := range p.Basis.Advice {
		if pack := book.Pack(id); pack != nil && len(p.Advice) > 0 {
			e.Advice = append(e.Advice, p.derive(pack, x, p.Advice, &e))
		}
	}
	e.Same = len(e.Differences) == 0
	return e, nil
}

// derive judges by one pack again, and notes in e where the findings that are held differ.
func (p *Passage) derive(pack *rules.Pack, x *rules.Vehicle, held []rules.Finding, e *Explanation) rules.Derivation {
	d := rules.Derive(pack, x, rules.Options{})
	i := 0
	for k := range held {
		if held[k].Pack != pack.ID {
			continue
		}
		if i >= len(d.Findings) {
			e.Differences = append(e.Differences, fmt.Sprintf("%s: %s is not derived again", pack.ID, name(&held[k])))
			continue
		}
		// While a weighing goes on only its axles are judged again with each of them.
		if s := &d.Findings[i]; !sameFinding(&s.Finding, &held[k]) && (!p.Basis.Partial || ofAxles(&held[k])) {
			e.Differences = append(e.Differences, fmt.Sprintf("%s: %s held %s%s, derived again %s %s%s", pack.ID,
				name(&held[k]), held[k].Verdict, reason(held[k].Reason), name(&s.Finding), s.Finding.Verdict, reason(s.Finding.Reason)))
		} else {
			s.Finding = held[k] // with the inputs that it rests on
		}
		i++
	}
	for _, s := range d.Findings[i:] {
		e.Differences = append(e.Differences, fmt.Sprintf("%s: the passage holds no %s", pack.ID, name(&s.Finding)))
	}
	for i := range d.Findings {
		d.Findings[i].Steps[0].Text = p.measuredBy(d.Findings[i].Finding.Quantity)
	}
	return d
}

// measuredBy names the instrument that a quantity comes from.
func (p *Passage) measuredBy(quantity string) string {
	switch quantity {
	case "length", "width", "height":
		if p.Size != nil {
			return p.Size.Device
		}
	case "axle", "group", "gross", "undriven":
		if p.Gross != nil {
			return p.Gross.Device
		}
	}
	return ""
}

func ofAxles(f *rules.Finding) bool { return f.Quantity == "axle" || f.Quantity == "group" }

func name(f *rules.Finding) string {
	if len(f.Axles) == 2 {
		return fmt.Sprintf("%s %d-%d", f.Quantity, f.Axles[0], f.Axles[1])
	}
	return f.Quantity
}

// sameFinding compares all that a judgement says; not the inputs, and not what advice never
// does.
func sameFinding(a, b *rules.Finding) bool {
	x, y := *a, *b
	x.Vehicle, y.Vehicle, x.Evidence, y.Evidence = "", "", nil, nil
	x.Blocking, y.Blocking = false, false
	if !slices.Equal(x.Notes, y.Notes) {
		return false
	}
	s, err1 := json.Marshal(&x)
	t, err2 := json.Marshal(&y)
	return err1 == nil && err2 == nil && bytes.Equal(s, t)
}
