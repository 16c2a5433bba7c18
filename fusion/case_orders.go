package fusion

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

// refuseCase says why an order about a radiation alarm may not be executed.
func (c *Core) refuseCase(v *visit, o Order) string {
	if v.Adjudication == nil {
		return "there is no radiation alarm"
	}
	switch o.Action {
	case Assess:
		return o.Assessment.refuse()
	case RepeatPass:
		switch {
		case !v.Closed.IsZero():
			return "the passage is closed"
		case c.portalDevice() == nil:
			return "the lane has no portal"
		}
		return c.decided(v)
	case Inspect:
		if o.Role == roleOfficer {
			return "a secondary inspection's result is for a radiation officer or a supervisor"
		}
		if len(v.Adjudication.Inspections) >= maxInspections {
			return "it was inspected too often"
		}
		return o.Inspection.refuse()
	}
	return c.refuseCode(v, o)
}

// refuse says which of the answers is none.
func (a *Assessment) refuse() string {
	if a == nil {
		return "it gives no answers"
	}
	answer := []string{string(rules.AnswerYes), string(rules.AnswerNo), string(rules.AnswerUnknown)}
	for _, x := range []struct {
		name, got string
		of        []string
	}{
		{"neutron", string(a.Neutron), answer}, {"shape", a.Shape, []string{"peak", "plateau", "unknown"}},
		{"place", a.Place, []string{"cab", "cargo", "both", "unknown"}},
		{"declared", string(a.Declared), answer}, {"guard", string(a.Guard), answer}, {"speed", string(a.Speed), answer},
	} {
		if !slices.Contains(x.of, x.got) {
			return "an answer is missing or not known: " + x.name
		}
	}
	return ""
}

// maxDose is more than any instrument shows: 10 Sv/h.
const maxDose quant.DoseRate = 10_000_000_000

// refuse says what an inspection lacks.
func (x *Inspection) refuse() string {
	if x == nil {
		return "it gives no result"
	}
	for _, d := range []*quant.DoseRate{x.Dose10cm, x.Dose1m, x.Background} {
		if d != nil && (*d < 0 || *d > maxDose) {
			return "a dose rate is out of range"
		}
	}
	switch {
	case x.Dose1m == nil:
		return "the inspection lacks the dose rate at 1 m"
	case x.Dose10cm != nil && *x.Dose1m > *x.Dose10cm+rules.ScreeningDose:
		return "the dose rate at 1 m is higher than at 10 cm"
	case x.Neutron != "yes" && x.Neutron != "no" && x.Neutron != "not_searched":
		return "the inspection lacks an answer about neutrons"
	case strings.TrimSpace(x.Instrument) == "":
		return "the inspection lacks an instrument"
	case strings.TrimSpace(x.Serial) == "":
		return "the inspection lacks its serial number"
	case len(x.Instrument) > maxName || len(x.Serial) > maxName || len(x.Text) > maxWords || len(x.Nuclides) > maxNuclides || len(x.Evidence) > maxAttachments:
		return "the inspection is too long"
	}
	for _, n := range x.Nuclides {
		if strings.TrimSpace(n) == "" || len(n) > maxName {
			return "a nuclide has no name"
		}
	}
	for i := range x.Evidence {
		e := &x.Evidence[i]
		if b, err := hex.DecodeString(e.SHA256); err != nil || len(b) != 32 || e.Size <= 0 || e.Role != "n42" && e.Role != "photo" || len(e.Name) > maxName || len(e.MediaType) > maxName {
			return "an attachment is not as it was uploaded"
		}
	}
	return ""
}

// code is the code that an order gives, or that its user joins.
func (v *visit) code(o Order) (rules.AlarmCode, rules.AlarmClass) {
	switch a := v.Adjudication; {
	case o.Code != 0:
	case o.Action == Override && v.Pending != nil && v.Pending.User != o.User && v.Pending.Code != 0:
		return v.Pending.Code, v.Pending.Class
	case o.Action == Adjudicate && a.Pending != nil && a.Pending.User != o.User:
		return a.Pending.Code, a.Pending.Class
	case o.Action == Override && o.Reason == "norm_confirmed":
		return rules.CodeNorm, rules.ClassNorm
	}
	if o.Class == "" {
		return o.Code, o.Code.Class()
	}
	return o.Code, o.Class
}

// refuseCode says why an order's code may not be given: by Adjudicate, or by the override
// that lets the vehicle go.
func (c *Core) refuseCode(v *visit, o Order) string {
	a := v.Adjudication
	code, class := v.code(o)
	if o.Action == Override && a.Coded != nil {
		if code != 0 && code != a.Coded.Code && o.Code != 0 {
			return "the alarm is coded " + strconv.Itoa(int(a.Coded.Code)) + " already"
		}
		code, class = a.Coded.Code, a.Coded.Class
	} else if code == 0 {
		return "a radiation alarm is released with a code only: give one"
	}
	if o.Action == Override && code.Group() == rules.GroupReal && o.Reason != handOver {
		return "a real alarm is handed over, not released: give the reason " + handOver
	}
	first, by, of := rules.AlarmCode(0), "", rules.AlarmClass("")
	if p := v.Pending; o.Action == Override && p != nil && a.Coded == nil && !c.outdated(v, p.Role, p.Code) {
		first, of, by = v.Pending.Code, v.Pending.Class, v.Pending.User
	} else if p := a.Pending; o.Action == Adjudicate && p != nil && !c.outdated(v, p.Role, p.Code) {
		first, of, by = a.Pending.Code, a.Pending.Class, a.Pending.User
	}
	if first != 0 && by != o.User && (first != code || of != class) {
		return "the first person has given code " + strconv.Itoa(int(first)) + classText(of)
	}
	e := c.caseEvidence(v)
	if o.Action != Override || a.Coded == nil {
		text := o.Text
		if len([]rune(strings.TrimSpace(text))) == 0 && first != 0 && by != o.User && a.Pending != nil {
			text = a.Pending.Text // who joins need not say it again
		}
		if why := rules.RefuseCode(code, class, text, &e); why != "" {
			return why
		}
	}
	if why := rules.StrictBecause(code, class, &e); why != nil && o.Role == roleOfficer {
		return "both persons must be radiation officers or supervisors: " + strings.Join(why, ", ")
	}
	return ""
}

// outdated reports whether the first person's word cannot be joined any more: it was given
// before the alarm, without a code, or by an officer before there was a reason why no officer
// may be one of the two. Then the next word is a first one.
func (c *Core) outdated(v *visit, role string, code rules.AlarmCode) bool {
	if v.Adjudication == nil {
		return false
	}
	return v.uncoded() && code == 0 || role == roleOfficer && v.Adjudication.Strict
}

func classText(c rules.AlarmClass) string {
	if c == "" {
		return ""
	}
	return ", " + string(c)
}

// executeCase carries out an order about a radiation alarm that was not refused.
func (c *Core) executeCase(v *visit, o Order) (kind, text string) {
	done := CaseStep{At: c.s.Now, Seq: c.s.Seq, User: o.User, Role: o.Role, Order: o.ID}
	switch o.Action {
	case Assess:
		answers := *o.Assessment
		done.Text = "assessed: neutron " + string(answers.Neutron) + ", shape " + answers.Shape + ", place " + answers.Place +
			", declared " + string(answers.Declared) + ", guard " + string(answers.Guard) + ", speed " + string(answers.Speed)
		if v.Adjudication.State == CasePrimary {
			done.State = CaseAssessed
		}
		v.revise(func(a *Adjudication) { a.Answers = &answers; a.step(done) })
		text = done.Text
	case RepeatPass:
		c.passAgain(v)
		if text = "to pass the portal again" + reason(o.Reason); v.Adjudication.Coded == nil {
			done.State = CaseRepeat
		}
		done.Text = text
		v.revise(func(a *Adjudication) { a.step(done) })
	case Inspect:
		text = c.inspected(v, o, done)
	case Adjudicate:
		kind, text = c.adjudicate(v, o)
	}
	v.revise(func(a *Adjudication) { c.derive(v, a) })
	if o.Action == Inspect && v.Adjudication.Safety == Evacuate {
		c.event(v, "radiation", 1, "more than 100 uSv/h at 1 m: evacuate and call")
	}
	if o.Action == Inspect && v.Adjudication.Coded != nil {
		c.survey(v) // neutrons that were found take a code back
	}
	if kind == "" {
		kind = "order"
	}
	return kind, text
}

// passAgain lets a passage wait for another pass through the portal. The alarm stands
// meanwhile, and after it.
func (c *Core) passAgain(v *visit) {
	v.Final, v.Ended, v.judge = false, false, everything
	v.Again = c.s.Now
	if d := c.portalDevice(); d != nil {
		if s := v.slotOf(d.Name); s != nil {
			s.Done = false
		}
	}
}

// inspected takes the result of a secondary inspection.
func (c *Core) inspected(v *visit, o Order, done CaseStep) string {
	x := *o.Inspection
	x.Nuclides = make([]string, 0, len(o.Inspection.Nuclides))
	for _, n := range o.Inspection.Nuclides {
		x.Nuclides = append(x.Nuclides, rules.NuclideName(n))
	}
	x.User, x.Role, x.At, x.Order = o.User, o.Role, c.s.Now, o.ID
	text := "inspected: " + micro(*x.Dose1m) + " at 1 m"
	if x.Dose10cm != nil {
		text += ", " + micro(*x.Dose10cm) + " at 10 cm"
	}
	text += ", neutrons " + map[string]string{"yes": "found", "no": "not found", "not_searched": "not searched"}[x.Neutron]
	if len(x.Nuclides) > 0 {
		text += ", " + strings.Join(x.Nuclides, " ")
	}
	if done.Text = text; v.Adjudication.Coded == nil {
		done.State = CaseInspected
	}
	v.revise(func(a *Adjudication) {
		a.Inspections = append(slices.Clone(a.Inspections), x)
		a.step(done)
	})
	return text
}

// micro writes a dose rate in uSv/h.
func micro(d quant.DoseRate) string {
	s := strconv.FormatInt(int64(d)/1000, 10)
	if f := int64(d) % 1000; f != 0 {
		s += "." + strings.TrimRight(strconv.FormatInt(1000+f, 10)[1:], "0")
	}
	return s + " uSv/h"
}

// adjudicate takes the first or the second person's word on the code.
func (c *Core) adjudicate(v *visit, o Order) (kind, text string) {
	code, class := v.code(o)
	d := &Coded{Code: code, Group: code.Group(), Class: class, Text: o.Text, User: o.User, Role: o.Role, At: c.s.Now, Order: o.ID}
	p := v.Adjudication.Pending
	if p == nil || p.User == o.User || c.outdated(v, p.Role, p.Code) {
		d.Expires = c.s.Now.Add(pendingFor)
		text = "code " + strconv.Itoa(int(code)) + classText(class) + " by " + o.User + " waits for a second person"
		v.revise(func(a *Adjudication) {
			a.Pending = d
			a.step(CaseStep{At: c.s.Now, Seq: c.s.Seq, User: o.User, Role: o.Role, Order: o.ID, Text: text})
		})
		return "pending", text
	}
	if p.Role == roleOfficer && o.Role == roleOfficer {
		return "refused", "adjudicate refused: one of the two must be a radiation officer or a supervisor"
	}
	d.User, d.Role, d.Second, d.SecondRole = p.User, p.Role, o.User, o.Role
	if strings.TrimSpace(d.Text) == "" {
		d.Text = p.Text
	}
	return "order", c.decideCase(v, d)
}

// decideCase puts a code in force that two persons have given.
func (c *Core) decideCase(v *visit, d *Coded) string {
	text := "code " + strconv.Itoa(int(d.Code)) + classText(d.Class) + " by " + d.User + " and " + d.Second
	e := c.caseEvidence(v)
	d.Nuclides = e.Nuclides
	if v.Declaration != nil {
		d.Declaration = v.Declaration.ID
		for i := range v.Declaration.Items {
			if hs := v.Declaration.Items[i].HS; hs != "" && !slices.Contains(d.HS, hs) {
				d.HS = append(d.HS, hs)
			}
		}
	}
	state := CaseDecided
	if !v.Closed.IsZero() {
		state = CaseRecorded
	}
	v.revise(func(a *Adjudication) {
		a.Coded, a.Pending = d, nil
		a.step(CaseStep{State: state, At: c.s.Now, Seq: c.s.Seq, User: d.User, Role: d.Role, Second: d.Second, Order: d.Order, Text: text})
		c.derive(v, a)
	})
	return text
}

// toSecondary notes that the secondary inspection of an alarm was asked for.
func (c *Core) toSecondary(v *visit, o Order) {
	if v.Adjudication == nil {
		return
	}
	s := CaseStep{At: c.s.Now, Seq: c.s.Seq, User: o.User, Role: o.Role, Order: o.ID, Text: "secondary inspection requested" + reason(o.Reason)}
	if v.uncoded() {
		s.State = CaseRequested
	}
	v.revise(func(a *Adjudication) { a.step(s); c.derive(v, a) })
}

// recorded ends the case of a passage that is closed.
func (c *Core) recorded(v *visit) {
	if v.Adjudication != nil && v.Adjudication.Coded != nil {
		v.revise(func(a *Adjudication) {
			a.step(CaseStep{State: CaseRecorded, At: c.s.Now, Seq: c.s.Seq, Text: "passage closed"})
		})
	}
}

// lapseCode drops a first person's code that nobody has joined in time.
func (c *Core) lapseCode(v *visit) {
	a := v.Adjudication
	if a == nil || a.Pending == nil || c.s.Now.Before(a.Pending.Expires) {
		return
	}
	text := "no second person within 10 minutes: the code of " + a.Pending.User + " has lapsed"
	v.revise(func(a *Adjudication) {
		a.Pending = nil
		a.step(CaseStep{At: c.s.Now, Seq: c.s.Seq, Text: text})
	})
	c.note(v, Decided, "refused", 3, text)
	v.material = true
	c.mark(v)
}

// codeLapses is when a first person's code lapses; zero if none waits.
func (v *visit) codeLapses() time.Time {
	if a := v.Adjudication; a != nil && a.Pending != nil {
		return a.Pending.Expires
	}
	return time.Time{}
}
