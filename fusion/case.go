package fusion

import (
	"slices"
	"strconv"
	"strings"

	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

// Bounds of a case.
const (
	maxEarlier     = 4 // passes through the portal beside the one that counts
	maxInspections = 8
	maxSteps       = 64
	maxAttachments = 16
	maxNuclides    = 32
	maxName        = 128 // bytes of a text that is one name
	maxWords       = 4096
)

// handOver is the reason of an override that gives a real alarm's vehicle to an authority.
const handOver = "hand_over"

// ofCase reports whether an action is about a radiation alarm. It is possible after the
// passage has been closed too: the bay may lie behind the barrier.
func (a Action) ofCase() bool {
	return a == Assess || a == RepeatPass || a == Inspect || a == Adjudicate
}

// uncoded reports whether a radiation alarm of the passage has no code in force.
func (v *visit) uncoded() bool { return v.Adjudication != nil && v.Adjudication.Coded == nil }

// revise makes a new state of the case, which f changes. What was published stays.
func (v *visit) revise(f func(a *Adjudication)) {
	a := new(Adjudication)
	if v.Adjudication != nil {
		*a = *v.Adjudication
	}
	f(a)
	v.Adjudication = a
}

// step adds one to what was done. A state of "" leaves the case where it is.
func (a *Adjudication) step(s CaseStep) {
	if s.State != "" {
		a.State = s.State
	}
	steps := make([]CaseStep, 0, len(a.Steps)+1)
	steps = append(steps, a.Steps...)
	if len(steps) >= maxSteps { // the oldest goes, but how it began
		steps = slices.Delete(steps, 1, 2)
	}
	a.Steps = append(steps, s)
}

// passed takes a closed or an alarming occupancy of a passage. The one that says most
// against the load counts; the others are kept beside it. What counts never gets weaker: a
// silent repeat pass clears nothing.
func (v *visit) passed(o *radiation.Occupancy) {
	switch was := v.Radiation; {
	case was == o:
		return
	case was == nil || was.Open:
		v.Radiation = o
	case stronger(o, was):
		v.keep(was)
		v.Radiation = o
	case !o.Open:
		v.keep(o)
	}
}

// keep lists an occupancy that does not count.
func (v *visit) keep(o *radiation.Occupancy) {
	list := make([]*radiation.Occupancy, 0, maxEarlier+1)
	list = append(list, v.Earlier...)
	at, _ := slices.BinarySearchFunc(list, o, func(a, b *radiation.Occupancy) int { return a.Start.Compare(b.Start) })
	list = slices.Insert(list, at, o)
	if len(list) > maxEarlier {
		list = slices.Delete(list, 0, 1)
	}
	v.Earlier = list
}

// passedAgain notes that a vehicle with an alarm has passed the portal once more.
func (c *Core) passedAgain(v *visit, o *radiation.Occupancy) {
	a := v.Adjudication
	if a == nil || !o.Start.After(a.Steps[0].At) {
		return
	}
	text := "passed the portal again: no alarm, which clears nothing"
	if alarms(o) {
		text = "passed the portal again: alarm"
	}
	state := CaseRepeated
	if a.State != CasePrimary && a.State != CaseAssessed && a.State != CaseRepeat {
		state = ""
	}
	v.revise(func(a *Adjudication) { a.step(CaseStep{State: state, At: c.s.Now, Seq: c.s.Seq, Text: text}) })
}

// survey begins the case of a passage whose radiation exceeds, and brings what follows from
// the measurements up to date: proposals, hints, plausibility, the card.
func (c *Core) survey(v *visit) {
	if v.Adjudication == nil {
		var why []string
		for i := range v.Findings {
			if f := &v.Findings[i]; f.Quantity == "radiation" && f.Verdict == exceeds {
				why = append(why, f.Reason)
			}
		}
		if why == nil {
			return
		}
		v.revise(func(a *Adjudication) {
			a.step(CaseStep{State: CasePrimary, At: c.s.Now, Seq: c.s.Seq, Text: strings.Join(why, "; ")})
		})
		v.material = true
	}
	v.revise(func(a *Adjudication) { c.derive(v, a) })
	if d := v.Adjudication.Coded; d != nil {
		e := c.caseEvidence(v)
		if why := rules.RefuseCode(d.Code, d.Class, d.Text, &e); e.Neutron && why != "" {
			c.uncode(v, why)
		}
	}
}

// uncode takes a code back that new evidence contradicts.
func (c *Core) uncode(v *visit, why string) {
	text := "code " + strconv.Itoa(int(v.Adjudication.Coded.Code)) + " is taken back: " + why
	v.revise(func(a *Adjudication) {
		state := CasePrimary
		if len(a.Inspections) > 0 {
			state = CaseInspected
		}
		a.Coded = nil
		a.step(CaseStep{State: state, At: c.s.Now, Seq: c.s.Seq, Text: text})
		c.derive(v, a)
	})
	v.material = true
	c.event(v, "radiation", 1, text)
}

// derive fills in what follows from the measurements, the papers and what was done.
func (c *Core) derive(v *visit, a *Adjudication) {
	s := c.sight(v)
	a.Norm = rules.NormPlausibility(c.book, v.Declaration, &s.norm, c.s.Params.Norm)
	a.Hints = nil
	declared, licence := rules.RadioactiveItems(c.book, v.Declaration)
	if declared != nil {
		text := "radioactive goods are declared: compare licence (" + licence + "), transport papers and transport index"
		a.Hints = append(a.Hints, rules.Hint{Code: rules.CodeDeclared, Class: rules.ClassIndustrial, Reasons: []rules.Because{{Code: "radioactive_declared", Text: text}}})
	}
	if n := a.Norm; n != nil && n.Grade <= rules.GradeB {
		a.Hints = append(a.Hints, rules.Hint{Code: rules.CodeNorm, Class: rules.ClassNorm, Reasons: []rules.Because{{Code: "norm_" + strings.ToLower(string(n.Grade)), Text: "the declared goods radiate by nature: grade " + string(n.Grade)}}})
	}
	a.Hints = append(a.Hints, s.hints()...)
	a.Proposed = s.proposed(a.Norm, declared != nil)
	a.Safety = v.safety(a)
	e := v.caseOf(a, s, declared != nil)
	a.Hints = append(a.Hints, found(&e)...)
	var code rules.AlarmCode
	var class rules.AlarmClass
	if a.Coded != nil {
		code, class = a.Coded.Code, a.Coded.Class
	}
	a.Why = rules.StrictBecause(code, class, &e)
	a.Strict = a.Why != nil
	a.Card = a.card(e.Neutron, slices.Contains(a.Why, "snm"))
}

// caseSight is what the occupancy that counts shows of the source.
type caseSight struct {
	occ   *radiation.Occupancy
	place *radiation.Place // nil is not known
	norm  rules.NormEvidence
	speed quant.Speed // 0 is not known
}

// Places along a vehicle, in mm behind its front.
const (
	driverFrom = 1500
	driverTo   = 2500 // where the driver sits, and the cab ends at the earliest
	loadFrom   = 3000 // the load begins behind the cab
	leastLoad  = 3000
	unsure     = 1000 // by which a place may be off and still be the driver's
	slowSpeed  = 2222 // mm/s, 8 km/h: what the portal is made for
)

// sight looks at the occupancy that counts.
func (c *Core) sight(v *visit) *caseSight {
	o := v.Radiation
	s := &caseSight{occ: o, norm: rules.NormEvidence{Neutron: v.neutrons(), Lane: v.Lane, Certain: v.certain(), InCab: rules.AnswerUnknown}}
	if o == nil {
		return s
	}
	if s.speed = o.Speed; s.speed == 0 {
		s.speed = v.Speed
	}
	if p, ok := o.Plateau(); ok {
		s.norm.Measured, s.norm.AtLeast = &p.Net, p.AtLeast
	}
	a := o.Analysis
	if a == nil {
		return s
	}
	if a.Spectrum != nil {
		s.norm.Spectrum = a.Spectrum.Class
	}
	if a.Peak == nil {
		return s
	}
	s.norm.Shape, s.norm.OnPlateau = a.Peak.Shape, a.Peak.OnPlateau
	at := v.Place
	if at == nil {
		return s
	}
	s.place = at
	switch {
	case at.From >= driverTo:
		s.norm.InCab = rules.AnswerNo
	case at.From < driverFrom:
		s.norm.InCab = rules.AnswerYes
	}
	if load := at.Length - loadFrom; load >= leastLoad {
		e := int32((int64(at.To-at.From) + int64(at.U)) * 1000 / int64(load)) // as well as it is known
		s.norm.Extent = &e
	}
	return s
}

// hints are the codes that the place and the energies of a source suggest.
func (s *caseSight) hints() (list []rules.Hint) {
	n := &s.norm
	compact := n.Shape == radiation.Compact || n.OnPlateau
	if !n.Neutron && compact && s.place != nil && s.atDriver() {
		list = append(list, rules.Hint{Code: rules.CodeMedical, Class: rules.ClassMedical,
			Reasons: []rules.Because{{Code: "driver", Text: "a compact gamma source where the driver sits"}}})
	}
	if compact && (n.Spectrum == radiation.Medium || n.Spectrum == radiation.Hard) {
		list = append(list, rules.Hint{Code: rules.CodeOtherReal, Class: rules.ClassIndustrial,
			Reasons: []rules.Because{{Code: "compact_" + string(n.Spectrum), Text: "a compact source of " + string(n.Spectrum) + " energies, as in industry"}}})
	}
	if o := s.occ; o != nil && o.Guarded && !o.GuardAlarm && !n.Neutron && !o.VendorAlarm {
		list = append(list, rules.Hint{Code: rules.CodeGuardArtefact,
			Reasons: []rules.Because{{Code: "guard", Text: "no alarm against the background of the last half hour: the newest was implausibly low"}}})
	}
	return list
}

// atDriver reports whether a source may be where the driver sits, as well as its place is
// known.
func (s *caseSight) atDriver() bool {
	u := min(s.place.U, unsure)
	return s.place.Middle >= driverFrom-u && s.place.Middle <= driverTo+u
}

// found are the codes that the nuclides of an inspection suggest.
func found(e *rules.CaseEvidence) (list []rules.Hint) {
	for _, n := range e.Nuclides {
		h := rules.Hint{Reasons: []rules.Because{{Code: "nuclide", Text: "the inspection found " + n}}}
		switch rules.KindOf(n) {
		case rules.MedicalNuclide:
			h.Code, h.Class = rules.CodeMedical, rules.ClassMedical
		case rules.IndustrialNuclide:
			h.Code, h.Class = rules.CodeOtherReal, rules.ClassIndustrial
		case rules.NuclearNuclide:
			h.Code, h.Class = rules.CodeContraband, rules.ClassUnexplained
		default:
			continue
		}
		list = append(list, h)
	}
	return list
}

// proposed answers the card's questions as far as the system can.
func (s *caseSight) proposed(norm *rules.NormAdvice, declared bool) Assessment {
	yes := func(b bool) Answer {
		if b {
			return rules.AnswerYes
		}
		return rules.AnswerNo
	}
	a := Assessment{Neutron: yes(s.norm.Neutron), Shape: "unknown", Place: "unknown", Declared: rules.AnswerUnknown, Guard: rules.AnswerUnknown, Speed: rules.AnswerUnknown}
	switch {
	case s.norm.Shape == radiation.Compact || s.norm.OnPlateau:
		a.Shape = "peak"
	case s.norm.Shape == radiation.Distributed:
		a.Shape = "plateau"
	}
	switch p := s.place; {
	case p == nil:
	case p.From >= driverTo:
		a.Place = "cargo"
	case p.Middle <= driverTo:
		a.Place = "cab"
	default:
		a.Place = "both"
	}
	switch {
	case s.norm.Neutron:
		a.Declared = rules.AnswerNo
	case declared:
	case norm == nil || norm.Grade >= rules.GradeC:
		a.Declared = rules.AnswerNo
	case norm.Grade == rules.GradeA:
		a.Declared = rules.AnswerYes
	}
	if s.occ != nil && s.occ.HasBG {
		a.Guard = yes(s.occ.Guarded)
	}
	if s.speed > 0 {
		a.Speed = yes(s.speed <= slowSpeed)
	}
	return a
}

// neutrons reports whether any pass has given a neutron alarm, or a search by hand has found
// some.
func (v *visit) neutrons() bool {
	if v.Neutrons || v.Radiation != nil && v.Radiation.NeutronAlarm {
		return true
	}
	for _, o := range v.Earlier {
		if o.NeutronAlarm {
			return true
		}
	}
	if a := v.Adjudication; a != nil {
		return slices.ContainsFunc(a.Inspections, func(x Inspection) bool { return x.Neutron == "yes" })
	}
	return false
}

// caseEvidence is what a code is held against.
func (c *Core) caseEvidence(v *visit) rules.CaseEvidence {
	declared, _ := rules.RadioactiveItems(c.book, v.Declaration)
	return v.caseOf(v.Adjudication, c.sight(v), declared != nil)
}

func (v *visit) caseOf(a *Adjudication, s *caseSight, declared bool) rules.CaseEvidence {
	e := rules.CaseEvidence{Neutron: v.neutrons(), Norm: a.Norm, Radioactive: declared, Hints: a.Hints, Searched: rules.AnswerUnknown}
	e.Guarded = s.occ != nil && s.occ.Guarded && !s.occ.GuardAlarm
	e.SoftLoad = s.norm.Spectrum == radiation.Soft && (s.place == nil || s.place.Middle > driverTo)
	for i := range a.Inspections {
		x := &a.Inspections[i]
		e.Inspected = true
		if x.Neutron == "no" {
			e.Searched = rules.AnswerNo
		}
		for _, n := range x.Nuclides {
			if !slices.Contains(e.Nuclides, n) {
				e.Nuclides = append(e.Nuclides, n)
			}
		}
		if e.Dose == nil || *x.Dose1m > *e.Dose {
			e.Dose = x.Dose1m
		}
	}
	if slices.ContainsFunc(a.Inspections, func(x Inspection) bool { return x.Neutron == "yes" }) {
		e.Searched = rules.AnswerYes
	}
	return e
}

// safety compares the dose rates that were measured with the lines.
func (v *visit) safety(a *Adjudication) Safety {
	var s Safety
	for i := range a.Inspections {
		x := &a.Inspections[i]
		var under quant.DoseRate
		if x.Background != nil {
			under = *x.Background
		}
		switch {
		case *x.Dose1m > rules.EvacuateDose:
			return Evacuate
		case *x.Dose1m-under > rules.ScreeningDose, x.Dose10cm != nil && *x.Dose10cm-under > rules.ScreeningDose:
			s = Screening
		}
	}
	return s
}

// card says where the procedure stands.
func (a *Adjudication) card(neutron, snm bool) []CardStep {
	been := func(s CaseState) bool {
		return slices.ContainsFunc(a.Steps, func(x CaseStep) bool { return x.State == s })
	}
	easy := a.Norm != nil && a.Norm.Grade == rules.GradeA && len(a.Inspections) == 0
	danger := neutron || snm || a.Safety == Evacuate
	state := func(done, spare bool) CardState {
		switch {
		case done:
			return CardDone
		case spare || a.Coded != nil:
			return CardNotNeeded
		}
		return CardOpen
	}
	urgent := func(s CardState) CardState {
		if danger && a.Coded == nil {
			return CardDue
		}
		return s
	}
	answered := a.Answers != nil && a.Answers.Declared != rules.AnswerUnknown
	card := []CardStep{
		{"confirm", state(a.Answers != nil, false)},
		{"distance", urgent(state(len(a.Inspections) > 0, false))},
		{"declaration", state(answered, neutron)},
		{"repeat", state(been(CaseRepeated), easy || neutron)},
		{"secondary", state(len(a.Inspections) > 0, easy)},
		{"call", urgent(state(danger, !danger))},
		{"code", state(a.Coded != nil, false)},
	}
	if a.State == CaseRepeat || a.State == CaseRequested {
		want := "repeat"
		if a.State == CaseRequested {
			want = "secondary"
		}
		for i := range card {
			if card[i].ID == want {
				card[i].State = CardDue
				return card
			}
		}
	}
	for i := range card {
		if id := card[i].ID; id != "distance" && id != "call" && card[i].State == CardOpen {
			card[i].State = CardDue
			break
		}
	}
	return card
}
