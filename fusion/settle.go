package fusion

import (
	"math"
	"slices"
	"strconv"
	"time"

	"acsgd/internal/obs"
)

// dwellMax is how long a passage may stand in the lane without reaching the barrier before
// what is missing counts as missing.
const dwellMax = 15 * time.Minute

// gather and closing times.
const pendingFor = 10 * time.Minute // a first order waits for the second person (D30)

// windowEnd is when the passage will be judged without what is missing; zero if it is
// judged already.
func (c *Core) windowEnd(v *visit) time.Time {
	if v.Final || c.s.Params == nil {
		return time.Time{}
	}
	if !v.Again.IsZero() {
		return v.Again.Add(dwellMax) // it has to drive round, or back
	}
	wait := c.s.Params.Window
	switch {
	case c.wired(loopExit) && v.AtBarrier.IsZero():
		return v.First.Add(dwellMax)
	case !c.wired(loopExit) && !c.through(v):
		wait = max(wait, transit)
	}
	last := v.LastSight
	if !v.AtBarrier.IsZero() && last.After(v.AtBarrier.Add(patience)) {
		last = v.AtBarrier.Add(patience) // the one behind stands in its portal: it cannot go, and neither could this one
	}
	if v.AtBarrier.After(last) {
		last = v.AtBarrier
	}
	return last.Add(wait)
}

// patience is how long after a vehicle stands at the barrier its instruments may still be
// busy with it.
const patience = 10 * time.Second

// transit is how long a vehicle may need from one instrument to the next where no exit loop
// tells when it has come through.
const transit = time.Minute

// through reports whether the vehicle has come to the last of the lane's instruments that
// can still see it.
func (c *Core) through(v *visit) bool {
	far, seen := int32(math.MinInt32), int32(math.MinInt32)
	for i := range c.s.Params.Devices {
		d := &c.s.Params.Devices[i]
		if v.slotOf(d.Name) != nil {
			seen = max(seen, d.Station)
		}
		if d.Class == "laneio" || d.second() || c.dead(d.Name) {
			continue
		}
		far = max(far, d.Station)
	}
	return seen >= far
}

// dead reports whether a device was heard or asked for, and does not answer.
func (c *Core) dead(device string) bool {
	for i := range c.s.Lane.Devices {
		if d := &c.s.Lane.Devices[i]; d.Name == device {
			return d.State == obs.Offline && d.Reason != notHeard
		}
	}
	return false
}

// goneAt is when a cleared passage counts as gone although nothing has told so; zero if that
// is not for time to say. Without loops that is soon; with them a quarter of an hour after
// the barrier was told to open for it, if it does not stand on the exit loop: the loop or
// its module has missed it, and what comes behind it would wait for ever.
func (c *Core) goneAt(v *visit) time.Time {
	if !v.Final || !v.cleared() || v.Decision == nil || c.s.Params == nil {
		return time.Time{}
	}
	last := v.LastSight
	if v.Decision.At.After(last) {
		last = v.Decision.At
	}
	for i := range c.s.Params.Devices {
		if c.s.Params.Devices[i].Class != "laneio" {
			continue
		}
		if there, known := c.on(loopExit); there || !known || v.Turn.IsZero() {
			return time.Time{}
		}
		return v.Turn.Add(dwellMax)
	}
	return last.Add(c.s.Params.Window)
}

// timers does what is due at Now.
func (c *Core) timers() {
	if c.s.Params == nil {
		return
	}
	c.fromShelf()
	c.last()
	if t, open := c.s.Radiation.Deadline(); open && !c.s.Now.Before(t) {
		if done := c.s.Radiation.Tick(c.s.Now); done != nil {
			c.portalDone(nil, done)
		}
	}
	for i := 0; i < len(c.s.Open); i++ {
		v := c.s.Open[i]
		if v.Orphan {
			c.close(v, "a late record of a vehicle that is not known any more")
			i--
			continue
		}
		if end := c.windowEnd(v); !end.IsZero() && !c.s.Now.Before(end) {
			if len(v.Slots) == 1 && v.Phase == Approaching && v.AtBarrier.IsZero() && len(c.s.Open) > 0 {
				c.leave(v, "nothing measured it: it turned back")
				i--
				continue
			}
			v.Ended = true
			v.judge = everything
			c.mark(v)
		}
		if gone := c.goneAt(v); !gone.IsZero() && !c.s.Now.Before(gone) {
			if c.wired(loopExit) {
				c.event(v, "left", 2, "released a quarter of an hour ago and not seen to leave")
				c.closeBarrier(v)
			}
			c.leave(v, "no loop tells that it has left")
			i--
			continue
		}
		if v.Pending != nil && !c.s.Now.Before(v.Pending.Expires) {
			c.note(v, Decided, "refused", 3, "no second person within 10 minutes: the order of "+v.Pending.User+" has lapsed")
			v.Pending = nil
			v.material = true
			c.mark(v)
		}
		c.lapseCode(v)
	}
	for _, v := range c.s.Recent {
		c.lapseCode(v)
	}
}

// mark remembers that a passage changed in this Step.
func (c *Core) mark(v *visit) {
	if !v.dirty {
		v.dirty = true
		c.touch = append(c.touch, v)
	}
}

// settle matches, judges and publishes what this Step changed, in the order of change.
func (c *Core) settle() {
	for i := 0; i < len(c.touch); i++ { // judging may touch further passages
		v := c.touch[i]
		if v.rematch {
			c.match(v)
		}
		c.judge(v)
		if !v.Closed.IsZero() {
			c.reassess(v)
		}
		if v.material || v.Version == 0 {
			v.Version = c.s.Seq
		}
		c.out = append(c.out, Output{Kind: Updated, Passage: &v.Passage})
		v.dirty, v.material, v.rematch = false, false, false
	}
	c.touch = c.touch[:0]
	if c.scratch.turn {
		c.turn()
	}
	if c.scratch.status {
		c.scratch.status = false
		l := &c.s.Lane
		l.Version, l.Updated = c.s.Seq, c.s.Now
		l.Passages = l.Passages[:0]
		for _, v := range c.s.Open {
			l.Passages = append(l.Passages, v.ID)
		}
		c.out = append(c.out, Output{Kind: Status, Lane: l})
	}
}

// status asks for the lane's state to be published at the end of the Step.
func (c *Core) status() { c.scratch.status = true }

// signal asks the lane to move something.
func (c *Core) signal(output, action, passage, cause string) {
	if output == "barrier" {
		c.s.Told = action
	}
	c.out = append(c.out, Output{Kind: Signals, Signal: &Signal{Output: output, Action: action, Passage: passage, Cause: cause}})
}

// note adds an event to a passage's history and to the stream's log; with a priority it
// raises an alarm, or repeats it. v may be nil.
func (c *Core) note(v *visit, k OutputKind, kind string, prio int, text string) *Event {
	alarm := ""
	if prio > 0 {
		alarm = c.announced(v, kind, prio, text)
	}
	return c.tell(v, k, kind, prio, text, alarm)
}

// tell is note for what changes the standing alarm of this id, or none.
func (c *Core) tell(v *visit, k OutputKind, kind string, prio int, text, alarm string) *Event {
	e := &Event{At: c.s.Now, Seq: c.s.Seq, Kind: kind, Lane: c.s.Lane.Lane, Text: text, Priority: prio, Alarm: alarm}
	o := Output{Kind: k, Event: e}
	if v != nil {
		e.Passage = v.ID
		if len(v.History) >= maxHistory { // the oldest goes, but how it began
			v.History = append(v.History[:1], v.History[2:]...)
		}
		v.History = append(v.History, *e)
		o.Passage = &v.Passage
	}
	if k == Updated {
		o.Passage = nil // the change itself is published once, at the end of the Step
	}
	c.out = append(c.out, o)
	return e
}

// event is note for alarms and faults.
func (c *Core) event(v *visit, kind string, prio int, text string) {
	c.note(v, Alarm, kind, prio, text)
}

// close ends a passage; it stays among the recent ones for late data.
func (c *Core) close(v *visit, why string) {
	for i, o := range c.s.Open {
		if o == v {
			c.s.Open = append(c.s.Open[:i], c.s.Open[i+1:]...)
			break
		}
	}
	v.Closed = c.s.Now
	if !v.Final {
		v.Ended, v.judge = true, everything
		c.judge(v)
	}
	if v.Phase != Left {
		v.Phase = Gone
	}
	v.Pending = nil
	c.useUp(v)
	c.recorded(v)
	v.material = true
	text := "passage closed"
	if why != "" {
		text += ": " + why
	}
	c.note(v, Closed, "closed", 0, text)
	c.forgetClosed()
	c.s.Recent = append(c.s.Recent, v)
	c.mark(v)
	c.status()
}

// forgetClosed makes room for one more closed passage. Those with a radiation alarm that has
// no code yet stay longer: the bay lies behind the barrier, and its result comes late.
func (c *Core) forgetClosed() {
	cases := 0
	for _, v := range c.s.Recent {
		if v.uncoded() {
			cases++
		}
	}
	if len(c.s.Recent)-cases >= maxRecent {
		i := slices.IndexFunc(c.s.Recent, func(v *visit) bool { return !v.uncoded() })
		c.s.Recent = slices.Delete(c.s.Recent, i, i+1)
	}
	if cases >= maxCases {
		i := slices.IndexFunc(c.s.Recent, (*visit).uncoded)
		c.event(c.s.Recent[i], "fault", 2, "more than "+strconv.Itoa(maxCases)+" radiation alarms of closed passages have no code: the oldest cannot be given one here any more")
		c.s.Recent = slices.Delete(c.s.Recent, i, i+1)
	}
}
