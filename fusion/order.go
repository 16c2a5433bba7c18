package fusion

import (
	"strings"
	"time"
)

// The roles that may decide, and the shortest text of an override.
const (
	roleOfficer    = "officer"
	roleRadiation  = "radiation_officer"
	roleSupervisor = "supervisor"
	roleEngine     = "engine" // the green path
	minOverride    = 15
)

// ordered takes an officer's command. The console has checked the role; the core checks
// again, because a verdict must be recomputable from the journal alone (D30).
func (c *Core) ordered(o Order) {
	for _, a := range c.s.Orders {
		if a.ID == o.ID {
			return // a double press: the first answer stands
		}
	}
	if c.s.Params == nil {
		return
	}
	v := c.concerned(o)
	kind, text := "order", ""
	switch why := c.refuse(v, o); {
	case why != "":
		kind, text = "refused", string(o.Action)+" refused: "+why
	case o.Action.ofAlarm():
		kind, text = c.executeAlarm(o)
	default:
		if kind, text = c.execute(v, o); v != nil && v.Decision != nil && v.Decision.Order == o.ID {
			c.answer(v)
		}
	}
	if len(c.s.Orders) >= maxOrders {
		copy(c.s.Orders, c.s.Orders[1:])
		c.s.Orders = c.s.Orders[:maxOrders-1]
	}
	c.s.Orders = append(c.s.Orders, answered{o.ID, kind, text})
	if !o.Action.ofAlarm() {
		o.Alarm = ""
	}
	e := c.tell(v, Decided, kind, 0, text, o.Alarm)
	e.User, e.Order = o.User, o.ID
	if v != nil {
		if n := len(v.History); n > 0 {
			v.History[n-1].User, v.History[n-1].Order = o.User, o.ID
		}
		if o.Action.ofAlarm() { // the passage stays what the officer saw, and a closed one is not shown again
			if v.Closed.IsZero() {
				c.mark(v)
			}
			return
		}
		v.material = true
		c.mark(v)
	}
}

// concerned is the passage that an order is about, or its alarm; nil if it is none.
func (c *Core) concerned(o Order) *visit {
	if !o.Action.ofAlarm() {
		return c.byID(o.Passage)
	}
	if i := c.alarm(o.Alarm); i >= 0 {
		return c.byID(c.s.Lane.Alarms[i].Passage)
	}
	return nil
}

// refuse gives the reason why an order may not be executed; "" if it may.
func (c *Core) refuse(v *visit, o Order) string {
	if o.ID == "" || o.User == "" {
		return "it names no order id or user"
	}
	if !decides(o.Role) {
		return "the role " + o.Role + " does not decide"
	}
	switch o.Action {
	case CloseLane, OpenLane:
		return ""
	case Acknowledge, Shelve, Unshelve:
		return c.refuseAlarm(o)
	}
	if v == nil {
		return "there is no passage " + o.Passage
	}
	if !v.Closed.IsZero() && o.Action != CorrectPlate && o.Action != Note && !o.Action.ofCase() {
		return "the passage is closed"
	}
	if o.Version != 0 && o.Version != v.Version {
		return "the passage has changed since it was shown"
	}
	if o.Action.ofCase() {
		return c.refuseCase(v, o)
	}
	switch o.Action {
	case Release:
		return c.refuseRelease(v)
	case Override:
		if len([]rune(strings.TrimSpace(o.Text))) < minOverride || o.Reason == "" {
			return "an override needs a reason and at least 15 characters of text"
		}
		if o.Role == roleOfficer && !v.twoPersons() {
			return "an override is for a supervisor"
		}
		if why := c.decided(v); why != "" || v.Adjudication == nil {
			return why
		}
		return c.refuseCode(v, o)
	case Undo:
		return c.refuseUndo(v, o)
	case Secondary:
		return c.decided(v)
	case Remeasure:
		return c.decided(v)
	case Hold, Note:
		return ""
	case CorrectPlate:
		return refuseCorrection(v, o)
	case ChooseMatch:
		if c.index.ByID(o.Declaration) == nil {
			return "there is no declaration " + o.Declaration
		}
		return ""
	}
	return "it is not known"
}

func decides(role string) bool {
	return role == roleOfficer || role == roleRadiation || role == roleSupervisor
}

func (c *Core) decided(v *visit) string {
	if v.cleared() {
		return "the passage is released already"
	}
	return ""
}

// refuseRelease says why a plain release is not possible: something exceeds, or the
// instruments have not all reported.
func (c *Core) refuseRelease(v *visit) string {
	if !v.Final {
		return "the instruments have not all reported"
	}
	if v.Verdict == exceeds {
		return "something exceeds: only an override with a reason can let it go"
	}
	return c.decided(v)
}

// undoFor is how long an officer may take a decision back.
const undoFor = 5 * time.Second

// undoes gives what an undo of this user is about: the own order that waits for a second
// person, else the decision; nil if there is neither.
func (v *visit) undoes(user string) *Decision {
	if v.Pending != nil && v.Pending.User == user {
		return v.Pending
	}
	return v.Decision
}

// refuseUndo says why a decision cannot be taken back: only who made it, at once, and before
// the barrier was told to open for it.
func (c *Core) refuseUndo(v *visit, o Order) string {
	d := v.undoes(o.User)
	switch {
	case d == nil:
		return "nothing is decided"
	case d.User != o.User || d.Second != "":
		return "only who decided it alone may take it back"
	case c.s.Now.Sub(d.At) > undoFor:
		return "it was decided more than 5 s ago"
	case d == v.Decision && !v.Turn.IsZero():
		return "the barrier was told to open"
	}
	return ""
}

// undo takes the last decision back: the passage waits for one as before.
func (c *Core) undo(v *visit, o Order) (kind, text string) {
	if d := v.undoes(o.User); d == v.Pending {
		text = "taken back: " + string(d.Action) + ", which waited for a second person"
		v.Pending = nil
		return "order", text
	}
	text = "taken back: " + string(v.Decision.Action)
	v.Phase, v.Decision, v.Beyond = Measuring, nil, false
	if v.Final {
		v.Phase = Awaiting
		if p := v.urgency(); p > 0 { // its alarm has ended with the decision
			c.announced(v, "judged", p, string(v.Verdict))
		}
	}
	return "order", text
}

// twoPersons reports whether letting the passage go needs two people.
func (v *visit) twoPersons() bool {
	for i := range v.Findings {
		if v.Findings[i].TwoPersons && v.Findings[i].Verdict == exceeds {
			return true
		}
	}
	return false
}

// execute carries out an order that was not refused and gives the event's kind and text.
func (c *Core) execute(v *visit, o Order) (kind, text string) {
	if o.Action.ofCase() {
		return c.executeCase(v, o)
	}
	d := &Decision{Action: o.Action, User: o.User, Reason: o.Reason, Note: o.Text, At: c.s.Now, Order: o.ID}
	switch o.Action {
	case CloseLane, OpenLane:
		c.s.Lane.Open = o.Action == OpenLane
		if first := c.foremost(); first == nil || !first.cleared() {
			c.signal("light", "red", "", o.ID)
		}
		c.status()
		return "order", string(o.Action)
	case Hold:
		up, _ := c.on(barrierUp)
		up = up || v.cleared() // it was told to open, and may be on its way
		v.Phase, v.Decision, v.Pending = Held, d, nil
		v.Green, v.Beyond = false, false
		if c.foremost() == v {
			c.signal("light", "red", v.ID, o.ID)
			if up {
				c.signal("barrier", "close", v.ID, o.ID)
			}
		}
		return "order", "held" + reason(o.Reason)
	case Secondary:
		v.Phase, v.Decision, v.Pending = ToSecondary, d, nil
		c.toSecondary(v, o)
		if c.s.Params.Secondary == "beyond" {
			v.Beyond = true
			c.openFor(v, o.ID)
		}
		return "order", "sent to secondary inspection" + reason(o.Reason)
	case Release:
		v.Phase, v.Decision, v.Pending = Released, d, nil
		c.openFor(v, o.ID)
		return "order", "released"
	case Override:
		return c.override(v, o, d)
	case CorrectPlate:
		return c.correct(v, o)
	case ChooseMatch:
		v.Chosen, v.ChosenBy = o.Declaration, o.User
		v.rematch, v.judge = true, everything
		return "order", "declaration chosen by " + o.User
	case Undo:
		return c.undo(v, o)
	case Remeasure:
		c.measureAgain(v)
		return "order", "to be measured again"
	}
	return "order", o.Text // a note
}

// measureAgain lets a passage wait for new records of scale and scanner. The values that it
// has stand until then, but are not enough for a final verdict.
func (c *Core) measureAgain(v *visit) {
	v.Final, v.Ended, v.judge = false, false, everything
	v.Again = c.s.Now
	for i := range v.Slots {
		if d := c.instrument(v.Slots[i].Source); d != nil && (d.Class == "wim" || d.Class == "dims") {
			v.Slots[i].Done = false
		}
	}
}

// override lets a passage go although something exceeds. Radiation and prohibited goods
// need two people: the first order waits, and only another user's matching order executes
// it; for both together one of the two is a radiation officer or a supervisor (D30).
func (c *Core) override(v *visit, o Order, d *Decision) (kind, text string) {
	if v.uncoded() {
		d.Code, d.Class = v.code(o)
	}
	if v.twoPersons() || v.uncoded() {
		p := v.Pending
		if p == nil || p.User == o.User || c.outdated(v, p.Role, p.Code) {
			d.Expires = c.s.Now.Add(pendingFor)
			d.Role = o.Role
			v.Pending = d
			return "pending", "override by " + o.User + " waits for a second person"
		}
		if p.Role == roleOfficer && o.Role == roleOfficer {
			return "refused", "override refused: one of the two must be a radiation officer or a supervisor"
		}
		d.User, d.Second = p.User, o.User
		if d.Reason == "" {
			d.Reason = p.Reason
		}
		if v.uncoded() {
			c.decideCase(v, &Coded{Code: d.Code, Group: d.Code.Group(), Class: d.Class, Text: d.Note,
				User: p.User, Role: p.Role, Second: o.User, SecondRole: o.Role, At: c.s.Now, Order: o.ID})
		}
	}
	v.Phase, v.Decision, v.Pending = Released, d, nil
	c.openFor(v, o.ID)
	if d.Second != "" {
		return "order", "override by " + d.User + " and " + d.Second + reason(d.Reason)
	}
	return "order", "override" + reason(d.Reason)
}

// openFor opens the barrier for a cleared passage if it is the foremost; else it waits for
// its turn. A barrier that was told to close is up for a moment still: it must be told.
func (c *Core) openFor(v *visit, cause string) {
	if c.foremost() != v {
		return
	}
	v.Turn = c.s.Now
	c.signal("light", "green", v.ID, cause)
	if up, _ := c.on(barrierUp); !up || c.s.Told == "close" {
		c.signal("barrier", "open", v.ID, cause)
	}
}
