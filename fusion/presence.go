package fusion

import (
	"time"

	"acsgd/internal/obs"
)

// The signals of a lane (lane-io.md 1).
const (
	loopEntry   = "loop_entry"
	loopExit    = "loop_exit"
	barrierUp   = "barrier_up"
	barrierDown = "barrier_down"
	lightRed    = "light_red"
	lightGreen  = "light_green"
)

// presence takes a contact's state: a loop may open a passage or end one, a limit switch
// tells where the barrier is.
func (c *Core) presence(d *Instrument, o *obs.Observation, p *obs.Presence) {
	was, known := c.contact(p.Signal, p.On)
	switch p.Signal {
	case loopEntry:
		if p.On && (!was || !known) {
			c.entered(d, o.Stamp.At)
		}
	case loopExit:
		if p.On {
			c.arrivedAtBarrier(d, o.Stamp.At)
		} else if was && known {
			c.leftBarrier(o.Stamp.At)
		}
	case barrierUp, barrierDown:
		c.barrier()
	case lightRed, lightGreen:
		c.light()
	}
	if p.On && (!was || !known) {
		c.overLoop(d, o.Stamp, p.Signal)
	}
	c.status()
}

// contact keeps the state of a signal and gives the one before.
func (c *Core) contact(signal string, on bool) (was, known bool) {
	for i := range c.s.Lane.Loops {
		if l := &c.s.Lane.Loops[i]; l.Signal == signal {
			was, l.On = l.On, on
			return was, true
		}
	}
	c.s.Lane.Loops = append(c.s.Lane.Loops, Contact{Signal: signal, On: on})
	return false, false
}

// on gives a contact's state; known is false before it was heard, and while the lane's I/O
// is offline.
func (c *Core) on(signal string) (on, known bool) {
	for i := range c.s.Lane.Devices {
		if d := &c.s.Lane.Devices[i]; d.Class == "laneio" && d.State == obs.Offline {
			return false, false
		}
	}
	for i := range c.s.Lane.Loops {
		if c.s.Lane.Loops[i].Signal == signal {
			return c.s.Lane.Loops[i].On, true
		}
	}
	return false, false
}

// wired reports whether the lane has such a contact: it was heard once.
func (c *Core) wired(signal string) bool {
	for i := range c.s.Lane.Loops {
		if c.s.Lane.Loops[i].Signal == signal {
			return true
		}
	}
	return false
}

// entered takes a vehicle on to the entry loop: it is a new one, unless an instrument
// further up has announced it, or it only rolled back and came again.
func (c *Core) entered(d *Instrument, at time.Time) {
	entry := Instrument{Name: d.Name + "/" + loopEntry, Class: d.Class, Station: d.Station}
	if v := c.find(&entry, at); v != nil {
		c.open(v, &entry, at).Done = true
		v.sighted(&entry, at)
		c.mark(v)
		return
	}
	if n := len(c.s.Open); n > 0 {
		// The newest came over this loop and nothing has measured it since: it rolled back.
		if v := c.s.Open[n-1]; v.Phase == Approaching && len(v.Slots) == 1 && v.slotOf(entry.Name) != nil {
			v.sighted(&entry, at)
			c.note(v, Updated, "opened", 0, "came again over the entry loop")
			c.mark(v)
			return
		}
	}
	c.open(c.begin(&entry, at), &entry, at).Done = true
}

// arrivedAtBarrier notes that the foremost vehicle stands on the exit loop. In an empty lane
// it is one that nothing has seen: the officer gets a passage to decide on.
func (c *Core) arrivedAtBarrier(d *Instrument, at time.Time) {
	v := c.foremost()
	if v == nil {
		if c.departedSince(at.Add(-trailing)) {
			return // the end of the one before
		}
		exit := Instrument{Name: d.Name + "/" + loopExit, Class: d.Class, Station: c.farthest()}
		v = c.begin(&exit, at)
		c.open(v, &exit, at).Done = true
	}
	if v.AtBarrier.IsZero() {
		v.AtBarrier = at
	}
	v.Leaving = v.cleared()
	c.mark(v)
}

// trailing is how long the exit loop may flicker while a vehicle leaves it.
const trailing = 5 * time.Second

// farthest is the station of the last instrument.
func (c *Core) farthest() int32 {
	far := c.s.Params.Devices[0].Station
	for i := range c.s.Params.Devices {
		far = max(far, c.s.Params.Devices[i].Station)
	}
	return far
}

// leftBarrier takes a vehicle off the exit loop: the foremost has left the lane.
func (c *Core) leftBarrier(at time.Time) {
	v := c.foremost()
	if v == nil {
		return
	}
	up, upKnown := c.on(barrierUp)
	down, downKnown := c.on(barrierDown)
	switch {
	case downKnown && down && !(upKnown && up):
		if v.Phase == ToSecondary && !v.Beyond {
			c.leave(v, "drove to secondary inspection")
		}
		return // else it rolled back from the loop behind the closed barrier, released or not
	case !v.cleared():
		c.note(v, Alarm, "left", 1, "left the lane without a release")
		c.closeBarrier(v)
		c.leave(v, "left without a release")
		return
	}
	v.Phase = Left
	c.note(v, Updated, "left", 0, "passed the barrier")
	c.closeBarrier(v)
	c.leave(v, "")
}

// leave closes the passage of a vehicle that is not in the lane any more. If it was the
// foremost, it is the next one's turn once this Step has judged what it changed.
func (c *Core) leave(v *visit, why string) {
	c.scratch.turn = c.scratch.turn || c.foremost() == v
	c.close(v, why)
}

// turn opens the barrier for the foremost vehicle if it was released while it waited behind
// another.
func (c *Core) turn() {
	c.scratch.turn = false
	v := c.foremost()
	if v == nil || !v.cleared() || v.Decision == nil {
		return
	}
	if v.Turn.IsZero() || c.s.Told != "open" { // else it had its turn before another was found to be ahead of it
		c.openFor(v, v.Decision.Order)
	}
}

// closeBarrier asks for the barrier to close behind a vehicle, unless the next one has been
// released and may follow.
func (c *Core) closeBarrier(v *visit) {
	for _, next := range c.s.Open {
		if next != v {
			if next.cleared() {
				return
			}
			break
		}
	}
	c.signal("barrier", "close", v.ID, "vehicle has left")
	c.signal("light", "red", v.ID, "vehicle has left")
}

// foremost is the oldest passage that has not left.
func (c *Core) foremost() *visit {
	if len(c.s.Open) == 0 {
		return nil
	}
	return c.s.Open[0]
}

// cleared reports whether the passage may go through the barrier.
func (v *visit) cleared() bool { return v.Phase == Released || (v.Phase == ToSecondary && v.Beyond) }

// barrier derives the barrier's state from its limit switches, never from a command.
func (c *Core) barrier() {
	up, upKnown := c.on(barrierUp)
	down, downKnown := c.on(barrierDown)
	was := c.s.Lane.Barrier
	now := "unknown"
	switch {
	case !upKnown || !downKnown:
	case up && down:
		now = "fault"
	case up:
		now = "open"
	case down:
		now = "closed"
	case was == "closed" || was == "opening":
		now = "opening"
	case was == "open" || was == "closing":
		now = "closing"
	}
	if now == was {
		return
	}
	c.s.Lane.Barrier = now
	if i := c.caused(alarmBarrier, "", ""); i >= 0 && now != "fault" && now != "unknown" {
		c.end(i, gone)
	}
	v := c.foremost()
	prio := 0
	if now == "fault" {
		prio = 1
	}
	if now == "open" || now == "closed" || prio != 0 {
		c.note(v, Updated, "barrier", prio, "barrier "+now)
		if v != nil {
			c.mark(v)
		}
	}
	if now == "open" && v != nil && !v.cleared() && v.Phase != Left {
		c.event(v, "fault", 1, "the barrier opened without a release")
	}
}

func (c *Core) light() {
	red, redKnown := c.on(lightRed)
	green, greenKnown := c.on(lightGreen)
	switch {
	case !redKnown || !greenKnown || red == green:
		c.s.Lane.Light = "unknown"
	case red:
		c.s.Lane.Light = "red"
	default:
		c.s.Lane.Light = "green"
	}
}
