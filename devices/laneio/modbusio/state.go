package modbusio

import (
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/modbus"
	"acsgd/internal/obs"
)

// ring is how many samples of a contact are kept, one more than a debounce may need.
const ring = 17

// contact is what is known of one bit point.
type contact struct {
	p     *modbus.Point
	block int // of the map
	known bool
	on    bool

	raw  [ring]bool
	when [ring]time.Time
	n    int // samples ever taken

	counter  *number
	seen     uint32 // edges that the counter should have counted since last
	last     uint32 // the counter when it was compared last
	hasLast  bool
	balance  int // edges counted more than seen
	unsettle int // comparisons in a row with a balance above 0
}

// number is what is known of one number point.
type number struct {
	p     *modbus.Point
	block int
	v     int64
	fresh bool // read in this poll
	known bool
}

// at gives when the contact was sampled last.
func (c *contact) at() time.Time {
	if c.n == 0 {
		return time.Time{}
	}
	return c.when[(c.n-1)%ring]
}

// sample takes one reading and emits a change, with the time of its edge.
func (c *contact) sample(now time.Time, raw bool, out *devices.Out) {
	if c.n > 0 {
		before := c.raw[(c.n-1)%ring]
		if wire := raw != c.p.Invert; raw != before && wire { // the module counts closing contacts
			c.seen++
		}
	}
	c.raw[c.n%ring], c.when[c.n%ring] = raw, now
	c.n++
	if !c.known {
		c.known, c.on = true, raw
		c.emit(now, 0, out)
		return
	}
	need, of := c.p.Samples()
	of = min(of, c.n)
	same, first := 0, 0
	for i := 1; i <= of; i++ {
		if c.raw[(c.n-i)%ring] != c.on {
			same, first = same+1, c.n-i
		}
	}
	if same < need {
		return
	}
	c.on = !c.on
	// The edge lies between the first sample of the new state and the one before it.
	after := c.when[first%ring]
	half := time.Duration(0)
	if first > 0 && c.n-first < ring {
		half = after.Sub(c.when[(first-1)%ring]) / 2
	}
	c.emit(after.Add(-half), half, out)
}

func (c *contact) emit(at time.Time, half time.Duration, out *devices.Out) {
	b := &obs.Presence{Signal: c.p.Name, On: c.on}
	if c.counter != nil && c.counter.known {
		b.Count = uint32(c.counter.v)
	}
	out.Obs = append(out.Obs, obs.Observation{Stamp: obs.Stamp{At: obs.Unix(at), Err: half}, Body: b})
}

// compare checks the module's edge counter against the edges that were seen. Input word
// and counter are two requests, so one edge may be in one and not yet in the other; a
// surplus that stays is edges shorter than a poll, which are reported, and shown by an
// observation of the unchanged state with the new count.
func (c *contact) compare(now time.Time, out *devices.Out) {
	if c.counter == nil || !c.counter.fresh {
		return
	}
	v := uint32(c.counter.v)
	delta := v - c.last
	if !c.hasLast || v < c.last && c.last < 1<<31 { // first reading, or the module was restarted
		c.hasLast, c.last, c.seen, c.balance, c.unsettle = true, v, 0, 0, 0
		return
	}
	c.balance += int(delta) - int(c.seen)
	c.last, c.seen = v, 0
	if c.balance <= 0 {
		c.balance = max(c.balance, -1) // an edge seen and not counted yet
		c.unsettle = 0
		return
	}
	if c.unsettle++; c.unsettle < 3 {
		return
	}
	out.Err("laneio/modbus", 0, fmt.Sprintf("%s: %d edges shorter than a poll", c.p.Name, c.balance), nil)
	c.balance, c.unsettle = 0, 0
	c.emit(now, 0, out)
}
