package contacts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/modbus"
	"acsgd/devices/rpm/portal"
	"acsgd/internal/obs"
)

const (
	// alive is how often the state is told although it has not changed.
	aliveVacant   = 5 * time.Second
	aliveOccupied = time.Second
	// A contact that changes so often in so long is broken, whatever it says.
	chatters    = 10
	chatterSpan = 5 * time.Second
	// blindness is how long nothing may be read for a beginning to count as seen.
	blindness = time.Second
	// lingers is how long an alarm contact that closes without a vehicle is told.
	lingers = 10 * time.Second
)

// Unit is one portal's contacts on one connection. It reads no clock unless it is given one,
// so virtual runs drive it with a simulated module.
type Unit struct {
	cfg   Config
	regs  modbus.Registers
	clock func() time.Time // when an answer came; nil: when it was asked for

	images []modbus.Image
	inputs [contacts]input
	broken []string // wires that the module tells to be broken

	seen    bool      // there was a reading
	read    time.Time // the last one
	blind   bool      // it was too long ago when the contact closed
	inside  bool      // occupied, or it was until a moment ago
	last    time.Time // when it was occupied last
	twice   bool      // it was so at two readings in a row
	whole   bool      // it was seen to begin
	told    time.Time
	words   string // what was told
	health  string
	answers portal.Answers
}

// input is one contact.
type input struct {
	on      bool
	since   time.Time
	stale   bool // an alarm that has stood since the vehicle before
	edges   [chatters]time.Time
	next    int
	chatter time.Time // until then
}

func newUnit(c Config, regs modbus.Registers) *Unit {
	u := &Unit{cfg: c, regs: regs, answers: portal.Answers{Retries: c.Retries}}
	for i := range c.Blocks {
		u.images = append(u.images, modbus.NewImage(&c.Blocks[i]))
	}
	return u
}

// Poll is a devices.Poller. More unanswered requests in a row than Config.Retries, or none
// answered at all since the connection was made, end it. A module that refuses its inputs is
// another one: a permanent error.
func (u *Unit) Poll(ctx context.Context, now time.Time, out *devices.Out) error {
	err := u.ask(ctx)
	if u.clock != nil {
		now = u.clock()
	}
	answered, end := u.answers.Asked(ctx, now, err, "this module has no such inputs")
	if answered {
		u.take(now, out)
	}
	return end
}

func (u *Unit) ask(ctx context.Context) error {
	for i := range u.cfg.Blocks {
		b, m := &u.cfg.Blocks[i], u.images[i]
		var err error
		if m.Bits != nil {
			err = u.regs.ReadBits(ctx, b.Table, b.Addr, m.Bits)
		} else {
			err = u.regs.ReadWords(ctx, b.Table, b.Addr, m.Words)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take hands on what was read.
func (u *Unit) take(now time.Time, out *devices.Out) {
	u.broken = u.broken[:0]
	for i := range u.cfg.Points {
		p := &u.cfg.Points[i]
		m := u.images[slices.IndexFunc(u.cfg.Blocks, func(b modbus.Block) bool { return b.ID == p.Block })]
		on := p.BitOf(m)
		if name, is := strings.CutPrefix(p.Name, breaks); !is {
			u.inputs[slices.Index(names[:], name)].take(now, on, u.seen)
		} else if on {
			u.broken = append(u.broken, "wire break of "+name)
		}
	}
	u.presence(now)
	first := !u.seen
	u.seen = true
	r := &obs.Radiation{Tag: "DC", Occupied: u.inside, Fault: u.fault(now)}
	for _, k := range [...]int{gamma, neutron} {
		if u.alarm(k, now) {
			r.Setup, r.Alarm = append(r.Setup, names[k]), true
		}
	}
	if u.inside && !u.whole {
		r.Flags = []obs.Flag{obs.Truncated}
	}
	u.condition(now, strings.Trim(r.Fault+", "+u.answers.Poor(now), ", "), out)
	every := aliveVacant
	if r.Occupied || r.Alarm {
		every = aliveOccupied
	}
	words := fmt.Sprint(r.Occupied, r.Setup, r.Fault)
	if words == u.words && !first && now.Sub(u.told) < every {
		return
	}
	u.words, u.told = words, now
	out.Obs = append(out.Obs, obs.Observation{Body: r, Stamp: obs.Stamp{At: obs.Unix(now), Err: u.cfg.Poll}})
}

// take notes the state of a contact, and its edges.
func (c *input) take(now time.Time, on, seen bool) {
	if on == c.on && seen {
		return
	}
	c.on, c.since, c.stale = on, now, false
	if !seen {
		return
	}
	c.edges[c.next] = now
	c.next = (c.next + 1) % chatters
	if oldest := c.edges[c.next]; !oldest.IsZero() && now.Sub(oldest) <= chatterSpan {
		c.chatter = now.Add(chatterSpan)
	}
}

// presence moves the occupancy: it begins when the contact is closed at two readings in a
// row, and ends when it has been open for Hold, as it is between a lorry and its trailer.
// An alarm contact that is still closed then belongs to the vehicle that has gone.
func (u *Unit) presence(now time.Time) {
	on := u.inputs[occupied].on
	if !u.twice {
		u.blind = u.seen && now.Sub(u.read) > blindness
	}
	u.read = now
	began := on && (u.twice || !u.seen)
	u.twice = on
	switch {
	case on && (u.inside || began):
		if !u.inside {
			u.inside, u.whole = true, u.seen && !u.blind
		}
		u.last = now
	case u.inside && now.Sub(u.last) >= u.cfg.Hold:
		u.inside = false
		u.inputs[gamma].stale = u.inputs[gamma].on
		u.inputs[neutron].stale = u.inputs[neutron].on
	}
}

// alarm reports whether an alarm contact counts: with a vehicle always, and without one for
// a while after it has closed.
func (u *Unit) alarm(k int, now time.Time) bool {
	c := &u.inputs[k]
	return c.on && (u.inside || !c.stale && now.Sub(c.since) < lingers)
}

// fault names what is wrong; "" is nothing.
func (u *Unit) fault(now time.Time) string {
	var all []string
	if u.inputs[fault].on {
		all = append(all, "portal_fault")
	}
	all = append(all, u.broken...)
	for k := range u.inputs {
		if now.Before(u.inputs[k].chatter) {
			all = append(all, "chatter of "+names[k])
		}
	}
	return strings.Join(all, ", ")
}

// condition tells the state for the device list, when it changes.
func (u *Unit) condition(now time.Time, why string, out *devices.Out) {
	if why == u.health {
		return
	}
	u.health = why
	h := &obs.Health{State: obs.Online}
	if why != "" {
		h = &obs.Health{State: obs.Degraded, Reason: why}
	}
	out.Emit(now, nil, h)
}
