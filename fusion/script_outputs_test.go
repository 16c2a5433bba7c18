package fusion_test

import (
	"fmt"
	"strings"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/rules"
)

// step hands one input over and writes down what comes out.
func (s *script) step(b fusion.InputBody) {
	s.seq++
	s.outs = s.core.Step(s.outs[:0], fusion.Input{Seq: s.seq, Now: s.laneTime(), Body: b})
	for _, o := range s.outs {
		if o.Passage != nil && o.Kind != fusion.Updated {
			explained(s.t, o.Passage, s.book)
		}
	}
	for i := range s.outs {
		s.record(&s.outs[i])
	}
}

func (s *script) record(o *fusion.Output) {
	at := s.laneTime().Add(5 * 3600e9).Format("15:04:05.000")
	if o.Passage != nil {
		s.name(o.Passage.ID)
		s.seen[o.Passage.ID] = *o.Passage
	}
	if e := o.Event; e != nil {
		fmt.Fprintf(&s.out, "%s %-7s", at, o.Kind)
		if e.Passage != "" {
			s.out.WriteString(" " + s.name(e.Passage))
		}
		fmt.Fprintf(&s.out, " %s: %s", e.Kind, s.aliases(e.Text))
		if e.User != "" {
			s.out.WriteString(" by " + e.User)
		}
		if e.Priority != 0 {
			fmt.Fprintf(&s.out, " !%d", e.Priority)
		}
		s.out.WriteString("\n")
	}
	if m := o.Signal; m != nil {
		fmt.Fprintf(&s.out, "%s signal  %s %s %s (%s)\n", at, s.name(m.Passage), m.Output, m.Action, s.aliases(m.Cause))
	}
	if l := o.Lane; l != nil {
		for i := range l.Alarms {
			if id := l.Alarms[i].ID; s.alarmNames[id] == "" {
				s.alarmNames[id] = fmt.Sprintf("A%d", len(s.alarmNames)+1)
			}
		}
		s.lane = "lane barrier=" + l.Barrier
		if !l.Open {
			s.lane += " closed"
		}
	}
}

// name gives the short name of a passage.
func (s *script) name(id string) string {
	if id == "" {
		return "-"
	}
	if s.names[id] == "" {
		s.names[id] = fmt.Sprintf("P%d", len(s.names)+1)
		s.order = append(s.order, id)
	}
	return s.names[id]
}

func (s *script) aliases(text string) string {
	for i := len(s.order) - 1; i >= 0; i-- {
		text = strings.ReplaceAll(text, s.order[i], s.names[s.order[i]])
	}
	return text
}

// alarms writes down the alarms that stand.
func (s *script) alarms() {
	list := s.core.Lane().Alarms
	if len(list) == 0 {
		s.out.WriteString("no alarms\n")
	}
	site := func(t time.Time) string { return t.Add(5 * time.Hour).Format("15:04:05") }
	for i := range list {
		a := &list[i]
		fmt.Fprintf(&s.out, "! %s %s !%d %s", s.alarmNames[a.ID], a.State, a.Priority, a.Kind)
		if a.Passage != "" {
			s.out.WriteString(" " + s.name(a.Passage))
		}
		fmt.Fprintf(&s.out, " %q", s.aliases(a.Text))
		if a.Details != "" {
			fmt.Fprintf(&s.out, " %q", a.Details)
		}
		if a.Active {
			s.out.WriteString(" active")
		}
		fmt.Fprintf(&s.out, " since %s", site(a.Since))
		if a.Count > 1 {
			fmt.Fprintf(&s.out, " x%d last %s", a.Count, site(a.Last))
		}
		if a.By != "" {
			fmt.Fprintf(&s.out, " by %s at %s", a.By, site(a.At))
		}
		if !a.Until.IsZero() {
			fmt.Fprintf(&s.out, " (%s) until %s", a.Reason, site(a.Until))
		}
		s.out.WriteString("\n")
	}
}

// drain gives the outputs since the last block, and the passages as far as they changed.
func (s *script) drain() string {
	for _, id := range s.order {
		p := s.seen[id]
		if line := s.summary(&p); s.told[id] != line {
			s.told[id] = line
			s.out.WriteString(line)
		}
	}
	if s.lane != s.told[""] {
		s.told[""] = s.lane
		s.out.WriteString(s.lane + "\n")
	}
	text := s.out.String()
	s.out.Reset()
	return text
}

// summary is a passage in a few lines.
func (s *script) summary(p *fusion.Passage) string {
	var b strings.Builder
	fmt.Fprintf(&b, "= %s %s %s", s.names[p.ID], p.Phase, p.Verdict)
	if p.Final {
		b.WriteString(" final")
	}
	if p.Green {
		b.WriteString(" green")
	}
	if p.Pending != nil {
		b.WriteString(" pending=" + p.Pending.User)
	}
	if p.Amended > 0 {
		fmt.Fprintf(&b, " amended=%d", p.Amended)
	}
	for _, m := range p.Instruments {
		if m.Certificate != "" {
			b.WriteString(" " + m.Name + "=" + m.Certificate)
		}
	}
	for _, r := range p.Plates {
		b.WriteString(" plate=" + r.Text)
		if r.Otherwise != "" {
			b.WriteString("!" + r.Otherwise)
		}
		if r.Corrected != "" {
			b.WriteString(">" + r.Corrected)
		}
	}
	if len(p.Axles) > 0 {
		fmt.Fprintf(&b, " axles=%d", len(p.Axles))
	}
	if p.Gross != nil {
		fmt.Fprintf(&b, " gross=%v", p.Gross.Mass)
	}
	if p.Size != nil {
		fmt.Fprintf(&b, " height=%v", p.Size.Height)
	}
	if p.Match.State != "" {
		fmt.Fprintf(&b, " %s", p.Match.State)
		if p.Declaration != nil {
			b.WriteString(":" + p.Declaration.ID)
		}
	}
	if len(p.Missing) > 0 {
		b.WriteString(" missing=" + strings.Join(p.Missing, ","))
	}
	b.WriteString("\n")
	if p.Adjudication != nil {
		b.WriteString(caseLine(p))
	}
	if !p.Final {
		return b.String()
	}
	for _, f := range p.Findings {
		if f.Verdict == rules.Within {
			continue
		}
		fmt.Fprintf(&b, "    %s %s", f.Quantity, f.Verdict)
		if f.Measured != nil && f.Limit != nil && f.Verdict == rules.Exceeds {
			fmt.Fprintf(&b, " %d > %d %s", *f.Measured/1000, *f.Limit/1000, f.Unit)
		}
		if f.Text != "" {
			b.WriteString(" " + f.Text)
		}
		if f.Reason != "" {
			b.WriteString(": " + s.aliases(f.Reason))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// caseLine is a radiation alarm in one line.
func caseLine(p *fusion.Passage) string {
	a := p.Adjudication
	var b strings.Builder
	fmt.Fprintf(&b, "    case %s", a.State)
	if len(p.Earlier) > 0 {
		fmt.Fprintf(&b, " passes=%d", 1+len(p.Earlier))
	}
	if a.Norm != nil {
		var why []string
		for _, r := range a.Norm.Reasons {
			why = append(why, r.Code)
		}
		fmt.Fprintf(&b, " grade=%s:%s", a.Norm.Grade, strings.Join(why, ","))
	}
	for _, h := range a.Hints {
		fmt.Fprintf(&b, " hint=%d:%s", h.Code, h.Reasons[0].Code)
	}
	if a.Safety != "" {
		fmt.Fprintf(&b, " %s", a.Safety)
	}
	if a.Strict {
		b.WriteString(" strict=" + strings.Join(a.Why, ","))
	}
	if a.Pending != nil {
		fmt.Fprintf(&b, " pending=%d:%s", a.Pending.Code, a.Pending.User)
	}
	if a.Coded != nil {
		fmt.Fprintf(&b, " code=%d:%s:%s,%s", a.Coded.Code, a.Coded.Group, a.Coded.User, a.Coded.Second)
	}
	b.WriteString(" |")
	for _, c := range a.Card {
		b.WriteString(" " + c.ID + ":" + string(c.State))
	}
	return b.String() + "\n"
}
