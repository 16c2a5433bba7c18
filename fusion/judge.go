package fusion

import (
	"slices"
	"strconv"

	"acsgd/fusion/match"
	"acsgd/fusion/rules"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

const (
	exceeds      = rules.Exceeds
	undetermined = rules.Undetermined
	within       = rules.Within
)

// acceptMatch is the posterior from which a match is no longer ambiguous (D27).
const acceptMatch quant.Prob = 900_000

func plateRole(s string) obs.PlateRole { return obs.PlateRole(s) }

// usable gives the first flag that makes a value unusable; "" if none does.
func usable(flags []obs.Flag) string {
	for _, f := range flags {
		if f.Voids() {
			return string(f)
		}
	}
	return ""
}

// missing appends the instruments that have not reported on a passage: the expected ones,
// and those that have begun to and are not done.
func (c *Core) missing(dst []string, v *visit) []string {
	for i := range c.s.Params.Devices {
		d := &c.s.Params.Devices[i]
		if d.second() {
			if d.Expect && !v.readBy(d.Name) {
				dst = append(dst, d.Name)
			}
			continue
		}
		s := v.slotOf(d.Name)
		begun := s != nil && !s.Done
		if d.Expect && (s == nil || begun) || begun && d.Class != "anpr" && !v.Ended {
			dst = append(dst, d.Name)
		}
	}
	return dst
}

// incomplete is the finding that keeps a passage from being called within while an expected
// instrument has said nothing of it and no other finding tells so: a second scanner, a
// camera where no declaration is expected.
func (c *Core) incomplete(v *visit) rules.Finding {
	f := rules.Finding{Vehicle: v.ID, Quantity: "declaration", Verdict: undetermined, Reason: v.Missing[0] + " has not reported"}
	d := c.instrument(v.Missing[0])
	switch d.Class {
	case "wim":
		f.Quantity = "gross"
	case "dims":
		f.Quantity = "height"
	case "rpm":
		f.Quantity = "radiation"
	}
	for i := range c.s.Lane.Devices {
		if st := &c.s.Lane.Devices[i]; st.Name == d.Name && st.State == obs.Offline {
			f.Reason = d.Name + " is offline" + reason(st.Reason)
		}
	}
	return f
}

// lacks says why a passage has nothing from a class of instruments.
func (c *Core) lacks(v *visit, class string) string {
	why := "not measured"
	for i := range c.s.Params.Devices {
		d := &c.s.Params.Devices[i]
		if d.Class != class {
			continue
		}
		for k := range c.s.Lane.Devices {
			if st := &c.s.Lane.Devices[k]; st.Name == d.Name && st.State == obs.Offline {
				return d.Name + " is offline" + reason(st.Reason)
			}
		}
		if !v.Ended {
			why = "not measured yet"
		}
	}
	return why
}

// judge compares the passage with the law and the declaration as far as v.judge asks, and
// says whether the verdict is final (D22).
func (c *Core) judge(v *visit) {
	what := v.judge
	v.judge = nothing
	switch {
	case what == nothing:
	case what == axlesOnly && c.axlesAlone(v):
		c.judgeAxles(v)
	default:
		c.judgeAll(v)
	}
}

// axlesAlone reports whether one more axle changes nothing but the findings of axles: the
// scale is waited for anyhow, and neither mass nor length is there that it would change.
func (c *Core) axlesAlone(v *visit) bool {
	return v.Loads > 0 && !v.Final && !v.Ended && v.Gross == nil && v.Size == nil &&
		c.book != nil && c.book.Pack(c.s.Params.Pack) != nil && c.awaits(v, "wim")
}

// awaits reports whether an instrument of the class was missing when v was judged last.
func (c *Core) awaits(v *visit, class string) bool {
	for _, name := range v.Missing {
		if c.instrument(name).Class == class {
			return true
		}
	}
	return false
}

// judgeAxles judges the axles of a weighing that is not over.
func (c *Core) judgeAxles(v *visit) {
	was := v.Verdict
	v.axleMemory.Reset()
	x := c.loads(v)
	c.remember(v, x, true)
	fs := rules.JudgeAxles(c.scratch.fresh[:0], c.book.Pack(c.s.Params.Pack), x, rules.Options{Memory: &v.axleMemory})
	c.support(v, fs, &v.axleMemory)
	c.scratch.fresh = fs
	v.Findings = slices.Replace(v.Findings, 0, v.Loads, fs...)
	v.Loads = len(fs)
	if v.Verdict = rules.Worst(v.Findings); v.Verdict != was {
		v.material = true
	}
	c.revoke(v)
}

// judgeAll judges everything about a passage.
func (c *Core) judgeAll(v *visit) {
	wasFinal, wasVerdict := v.Final, v.Verdict
	v.Missing = c.missing(v.Missing[:0], v)
	v.Final = v.Final || len(v.Missing) == 0 || v.Ended
	if !v.Ended && len(v.Missing) > 0 && v.Decision == nil && v.Closed.IsZero() {
		v.Final = false
	}
	if wasFinal {
		c.scratch.before = append(c.scratch.before[:0], v.Findings...)
	}
	v.Findings, v.Advice, v.Loads = v.Findings[:0], v.Advice[:0], 0
	v.axleMemory.Reset()
	v.memory.Reset()
	if c.book == nil {
		v.Findings = append(v.Findings, rules.Finding{Quantity: "rules", Verdict: undetermined, Reason: "no rule packs in force"})
	} else {
		x := c.vehicle(v)
		c.judgeLaw(v, x)
		c.judgeLoad(v, x)
	}
	if c.has("rpm") || v.Radiation != nil { // also of a portal that is not waited for: what it saw counts
		v.Findings = c.judgeRadiation(v)
		c.place(v)
		c.survey(v)
	}
	v.Verdict = rules.Worst(v.Findings)
	if v.Verdict == within && len(v.Missing) > 0 {
		v.Findings = append(v.Findings, c.incomplete(v))
		v.Verdict = undetermined
	}
	c.support(v, v.Findings[:v.Loads], &v.axleMemory)
	c.support(v, v.Findings[v.Loads:], &v.memory)
	if v.Verdict != wasVerdict || v.Final != wasFinal {
		v.material = true
	}
	switch {
	case v.Final && !wasFinal:
		c.judged(v)
	case v.Final:
		c.amended(v, wasVerdict)
	}
	c.revoke(v) // what was let go before its verdict is not let go by it
	v.late = false
	c.reassess(v)
}

// judgeLaw judges a vehicle by the pack in force, and, once everything is in, by those that
// give advice: what would be said elsewhere is of no use before.
func (c *Core) judgeLaw(v *visit, x *rules.Vehicle) {
	p := c.s.Params
	pack := c.book.Pack(p.Pack)
	if pack == nil {
		v.Findings = append(v.Findings, noPack(p.Pack))
	} else {
		v.Findings = rules.JudgeAxles(v.Findings, pack, x, rules.Options{Memory: &v.axleMemory})
		v.Loads = len(v.Findings)
		v.Findings = rules.JudgeRest(v.Findings, pack, x, rules.Options{Memory: &v.memory})
	}
	if !v.Final {
		return
	}
	for _, id := range p.Advice {
		if pack := c.book.Pack(id); pack != nil {
			v.Advice = rules.Judge(v.Advice, pack, x, rules.Options{Memory: &v.memory})
		} else {
			v.Advice = append(v.Advice, noPack(id))
		}
	}
	for i := range v.Advice {
		f := &v.Advice[i]
		f.Vehicle, f.Blocking, f.TwoPersons = v.ID, false, false // it judges elsewhere
	}
}

func noPack(id string) rules.Finding {
	return rules.Finding{Quantity: "rules", Verdict: undetermined, Reason: "there is no rule pack " + id}
}

// judgeLoad adds the findings about declaration, goods and declared mass.
func (c *Core) judgeLoad(v *visit, x *rules.Vehicle) {
	p := c.s.Params
	d := v.Declaration
	certain := v.certain()
	if p.Declare && !certain {
		v.Findings = append(v.Findings, undeclared(v))
	}
	if d != nil {
		day, _ := x.Day() // the date was written above and always parses
		v.Findings = rules.Goods(v.Findings, c.book, d, p.Direction, "road", day)
		n := len(v.Findings)
		v.Findings = rules.DeclaredMass(v.Findings, c.book, x, d)
		if !certain { // it may be another vehicle's: its mass accuses nobody
			doubt(v.Findings[n:])
		}
	}
}

// certain reports whether the declaration is the vehicle's own beyond doubt.
func (v *visit) certain() bool {
	return v.Declaration != nil && (v.Chosen != "" || v.Match.Auto())
}

// doubt takes what exceeds back to undetermined where the declaration is not certain.
func doubt(fs []rules.Finding) {
	for i := range fs {
		if f := &fs[i]; f.Verdict == exceeds {
			f.Verdict, f.Reason = undetermined, f.Reason+"; the declaration is not certain"
		}
	}
}

// judgeRadiation adds the portal's findings; an open occupancy counts once it alarms.
func (c *Core) judgeRadiation(v *visit) []rules.Finding {
	occ := v.Radiation
	if occ == nil || occ.Open && !alarms(occ) {
		why := "vehicle still in the portal"
		if occ == nil {
			if why = c.lacks(v, "rpm"); v.Unwatched != "" {
				why = v.Unwatched
			}
		}
		return append(v.Findings, rules.Finding{Quantity: "radiation", Verdict: undetermined, Reason: why})
	}
	var norm *rules.NormHit
	if c.book != nil {
		if hit, ok := rules.Norm(c.book, v.Declaration); ok {
			norm = &hit
		}
	}
	if v.Shared != "" { // its alarm is this vehicle's too, its silence is not
		shared := *occ
		shared.Fault = "in the portal together with " + v.Shared
		occ = &shared
	}
	return rules.Radiation(v.Findings, occ, norm)
}

func (c *Core) has(class string) bool {
	for i := range c.s.Params.Devices {
		if c.s.Params.Devices[i].Class == class && c.s.Params.Devices[i].Expect {
			return true
		}
	}
	return false
}

// undeclared is the finding of a vehicle without a certain declaration: none, several, or one
// whose plate was read otherwise, which is also how a neighbour of a declared plate looks.
func undeclared(v *visit) rules.Finding {
	f := rules.Finding{Vehicle: v.ID, Quantity: "declaration", Verdict: undetermined, Blocking: true}
	switch {
	case v.Match.State == match.Matched:
		f.Reason = "declared plate " + v.Match.Declared[0].Text + " was not read for certain"
	case v.Match.State == match.Ambiguous:
		f.Reason = "ambiguous: " + strconv.Itoa(len(v.Match.Declared)) + " declarations may be its own"
	case len(v.Plates) == 0:
		f.Reason = "no plate read"
	default:
		f.Reason = "no declaration found"
	}
	return f
}

// support names the passage in its findings, and the inputs that each rests on.
func (c *Core) support(v *visit, fs []rules.Finding, m *rules.Memory) {
	for i := range fs {
		c.scratch.seqs = v.evidence(c.scratch.seqs[:0], &fs[i])
		fs[i].Vehicle, fs[i].Evidence = v.ID, m.Evidence(c.scratch.seqs...)
	}
}

// evidence appends the inputs that a finding rests on.
func (v *visit) evidence(dst []uint64, f *rules.Finding) []uint64 {
	switch f.Quantity {
	case "axle", "group":
		for i := range v.Axles {
			if n := v.Axles[i].Axle; len(f.Axles) < 2 || n >= f.Axles[0] && n <= f.Axles[1] {
				dst = append(dst, v.Axles[i].Seq)
			}
		}
	case "gross":
		if v.Gross != nil {
			dst = append(dst, v.Gross.Seq)
		}
	case "length", "width", "height":
		if v.Size != nil {
			dst = append(dst, v.Size.Seq)
		}
	case "radiation":
		dst = append(dst, v.Lines...)
	default:
		if f.Quantity == "declared_mass" && v.Gross != nil {
			dst = append(dst, v.Gross.Seq)
		}
		for i := range v.Plates {
			dst = append(dst, v.Plates[i].Seq)
		}
	}
	return dst
}

// urgency is the priority of a verdict: 1 where two persons decide, 2 of what exceeds or
// waits for a certain declaration, 3 of what is undetermined else, 0 within.
func (v *visit) urgency() int {
	switch {
	case v.Verdict == exceeds && v.twoPersons():
		return 1
	case v.Verdict == exceeds, v.Verdict == undetermined && v.blocked():
		return 2
	case v.Verdict == undetermined:
		return 3
	}
	return 0
}

// judged announces a final verdict and lets the green path decide.
func (c *Core) judged(v *visit) {
	c.note(v, Judged, "judged", v.urgency(), string(v.Verdict))
	if v.Decision != nil || !v.Closed.IsZero() {
		return
	}
	v.Phase = Awaiting
	c.goGreen(v)
}

// goGreen releases an undecided passage by the green path if that may be.
func (c *Core) goGreen(v *visit) {
	if !c.green(v) {
		return
	}
	v.Green = true
	v.Phase, v.Pending = Released, nil
	v.Decision = &Decision{Action: Release, User: roleEngine, At: c.s.Now, Reason: "green path", Order: "green path"}
	c.note(v, Decided, "order", 0, "released by the green path")
	c.openFor(v, "green path")
}

// green reports whether the barrier may open by itself: everything Within, the declaration
// certain, the lane open, and the site allows it.
func (c *Core) green(v *visit) bool {
	p := c.s.Params
	if !p.Green || !c.s.Lane.Open || v.Verdict != within || len(v.Missing) > 0 {
		return false
	}
	if p.Declare && !v.Match.Auto() {
		return false
	}
	return !v.blocked() && !v.typed()
}

// blocked reports whether a finding keeps the barrier from opening by itself.
func (v *visit) blocked() bool {
	return slices.ContainsFunc(v.Findings, func(f rules.Finding) bool { return f.Blocking })
}

// typed reports whether the match rests on what a person has said: then a person decides.
func (v *visit) typed() bool {
	for i := range v.Plates {
		if v.Plates[i].Corrected != "" {
			return true
		}
	}
	return v.Chosen != ""
}

// amended announces that late data, new papers or a correction changed a judged passage,
// and that a closed one got a late record even if that changed nothing.
func (c *Core) amended(v *visit, was rules.Verdict) {
	undecided := v.Decision == nil && v.Closed.IsZero()
	if undecided && v.Verdict == was { // what is still being measured is no amendment each time
		c.goGreen(v) // the match may have become certain
		return
	}
	if !c.changed(v) && !v.late {
		return
	}
	v.Amended++
	v.material = true
	text := "the verdict stays " + string(was)
	if v.Verdict != was {
		text = "the verdict changed from " + string(was) + " to " + string(v.Verdict)
	}
	prio := 3
	switch {
	case !v.Closed.IsZero():
		text += " after the passage was closed"
	case v.Decision != nil:
		text += " after the decision"
	}
	if v.Verdict == exceeds && v.Verdict != was {
		prio = 1
	}
	c.note(v, Amended, "amended", prio, text)
	if undecided {
		c.goGreen(v)
	}
}

// changed reports whether the findings say something else than before this judgement.
func (c *Core) changed(v *visit) bool {
	if len(v.Findings) != len(c.scratch.before) {
		return true
	}
	for i := range v.Findings {
		a, b := &v.Findings[i], &c.scratch.before[i]
		if a.Quantity != b.Quantity || a.Verdict != b.Verdict || a.Reason != b.Reason || a.Text != b.Text || a.TwoPersons != b.TwoPersons {
			return true
		}
	}
	return false
}

// revoke takes a release back that would be refused now, while the vehicle is still here:
// one by the green path that is not within any more, an officer's although something
// exceeds, one by one person where two are needed, one of a radiation alarm that has no code. Where the barrier is up for the vehicle
// already, only what exceeds takes it back.
func (c *Core) revoke(v *visit) {
	d := v.Decision
	if v.Phase != Released || d == nil || !v.Closed.IsZero() {
		return
	}
	up, _ := c.on(barrierUp)
	doubt := v.Green && v.Verdict != within && (c.foremost() != v || !up)
	wrong := v.Verdict == exceeds && (d.Action != Override || d.Second == "" && v.twoPersons() || v.uncoded())
	if !doubt && !wrong {
		return
	}
	by := d.User
	if v.Green {
		by = "the green path"
	}
	v.Phase, v.Decision, v.Green = Awaiting, nil, false
	c.event(v, "revoked", 1, "the release by "+by+" is taken back")
	if c.foremost() != v {
		return
	}
	c.signal("light", "red", v.ID, "release taken back")
	// A vehicle may be under a barrier that is up: then it is for the officer to close it.
	if there, _ := c.on(loopExit); !up || !there {
		c.signal("barrier", "close", v.ID, "release taken back")
	}
}

// relink restores what a snapshot cannot hold: the passage of the open occupancy shows the
// engine's own record.
func (c *Core) relink() {
	if v := c.byID(c.s.Portal); v != nil && v.Radiation != nil && v.Radiation.Open {
		v.Radiation = c.s.Radiation.Current()
	}
}
