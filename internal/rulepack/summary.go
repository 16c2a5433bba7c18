package rulepack

import (
	"fmt"
	"strings"

	"acsgd/fusion/rules"
)

// Summary is what a pack consists of.
type Summary struct {
	ID      string         `json:"id"`
	Act     string         `json:"act"`
	Version string         `json:"version"` // of the tables
	Note    string         `json:"note,omitempty"`
	Rows    int            `json:"rows"`
	Marks   map[string]int `json:"marks"`            // rows by their worst evidence mark
	From    int32          `json:"from,omitempty"`   // first day of its oldest dated row, yyyymmdd
	Dated   int            `json:"dated"`            // rows with days of validity
	Ended   int            `json:"ended"`            // of them, rows that are not in force any more
	Absent  []string       `json:"absent,omitempty"` // rows from memory: outside simulator mode they decide nothing
}

// Summaries describes every pack of a book. Rows that are sums of others are not counted.
func Summaries(b *rules.Book) []Summary {
	var out []Summary
	for _, p := range b.Packs {
		s := Summary{ID: p.ID, Act: p.Act, Version: p.Version, Note: p.Note, Marks: map[string]int{}}
		for i := range p.Axles {
			s.add(&p.Axles[i].Source)
		}
		for i := range p.Spring {
			s.add(&p.Spring[i].Source)
		}
		for i := range p.Gross {
			s.add(&p.Gross[i].Source)
		}
		for i := range p.Sizes {
			s.add(&p.Sizes[i].Source)
			s.Dated++
			if p.Sizes[i].To != 0 {
				s.Ended++
			}
			if d := int32(p.Sizes[i].From); s.From == 0 || d < s.From {
				s.From = d
			}
		}
		for i := range p.Seasons {
			s.add(&p.Seasons[i].Source)
		}
		for i := range p.Deduct {
			s.add(&p.Deduct[i].Source)
		}
		for i := range p.Bands {
			s.add(&p.Bands[i].Source)
		}
		if p.Driving != nil {
			s.add(&p.Driving.Source)
		}
		if p.Formula != nil {
			s.add(p.Formula)
		}
		out = append(out, s)
	}
	return out
}

func (s *Summary) add(r *rules.Source) {
	if strings.Contains(r.Row, "+") {
		return
	}
	s.Rows++
	s.Marks[r.Mark]++
	if r.Unverified() {
		s.Absent = append(s.Absent, r.Row)
	}
}

// Lines describes the pack for people.
func (s *Summary) Lines() []string {
	marks := ""
	for _, m := range "VCGEM" {
		if n := s.Marks[string(m)]; n > 0 {
			marks += fmt.Sprintf(", %d %c", n, m)
		}
	}
	out := []string{fmt.Sprintf("tables %s: %d rows%s", s.Version, s.Rows, marks)}
	if s.Dated > 0 {
		out = append(out, fmt.Sprintf("%d rows with days, the oldest from %04d-%02d-%02d, %d of them ended", s.Dated, s.From/10000, s.From/100%100, s.From%100, s.Ended))
	}
	if len(s.Absent) > 0 {
		out = append(out, "from memory, decide in simulator mode only: "+strings.Join(s.Absent, " "))
	}
	if s.Note != "" {
		out = append(out, s.Note)
	}
	return out
}
