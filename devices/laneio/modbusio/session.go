package modbusio

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"acsgd/devices"
	"acsgd/devices/modbus"
	"acsgd/internal/obs"
)

// Unit is one module: it polls, judges and switches. It reads no clock, so virtual runs
// drive it with a simulated module (see modbus.OverPDU). Poll is called by one goroutine
// at a time; Command may be called by others meanwhile.
type Unit struct {
	m     modbus.Map
	regs  modbus.Registers
	stale time.Duration // older states are unknown to interlocks

	next []time.Time // of the blocks
	img  []modbus.Image
	read []bool // in this poll

	order sync.Mutex // serialises commands; taken before mu

	mu       sync.Mutex
	contacts []*contact
	numbers  []*number
	acted    []time.Time // when each action was done last
	ends     []pulseEnd
	follow   map[string]following // by output
	apart    time.Time            // since when the barrier is between its ends
	both     time.Time            // since when both limit switches are closed
	fault    string               // told last
}

// pulseEnd is the end of a pulse that this program must make itself.
type pulseEnd struct {
	at   time.Time
	addr uint16
	off  []bool
}

// following is a movement that must show on a limit switch.
type following struct {
	point string
	by    time.Time
	text  string
}

var (
	// ErrRefused says that an interlock forbids a movement now.
	ErrRefused = errors.New("refused by interlock")
	// ErrTooSoon says that an output was switched a moment ago.
	ErrTooSoon = errors.New("too soon after the last time")
)

// NewUnit makes a unit of a map that Validate has passed.
func NewUnit(m modbus.Map, regs modbus.Registers, poll time.Duration) *Unit {
	u := &Unit{m: m, regs: regs, stale: max(10*poll, 500*time.Millisecond), acted: make([]time.Time, len(m.Actions))}
	for i := range m.Blocks {
		u.img = append(u.img, modbus.NewImage(&m.Blocks[i]))
	}
	u.Reset()
	return u
}

// Reset forgets all states: the next poll tells every point again.
func (u *Unit) Reset() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.next, u.read = make([]time.Time, len(u.m.Blocks)), make([]bool, len(u.m.Blocks))
	u.contacts, u.numbers, u.follow, u.fault = nil, nil, map[string]following{}, ""
	u.apart, u.both = time.Time{}, time.Time{}
	byName := map[string]*number{}
	for i := range u.m.Points {
		if p := &u.m.Points[i]; p.Form != modbus.Bit {
			n := &number{p: p, block: u.block(p.Block)}
			u.numbers = append(u.numbers, n)
			byName[p.Name] = n
		}
	}
	for i := range u.m.Points {
		if p := &u.m.Points[i]; p.Form == modbus.Bit {
			u.contacts = append(u.contacts, &contact{p: p, block: u.block(p.Block), counter: byName[p.Counter]})
		}
	}
}

// Poll is a devices.Poller: it reads the blocks that are due and tells what has changed.
// A module that refuses the addresses of its map is another model: a permanent error.
func (u *Unit) Poll(ctx context.Context, now time.Time, out *devices.Out) error {
	if err := u.endPulses(ctx, now); err != nil {
		return err
	}
	for i := range u.m.Blocks {
		b := &u.m.Blocks[i]
		if u.read[i] = !now.Before(u.next[i]); !u.read[i] {
			continue
		}
		if err := u.ask(ctx, b, u.img[i]); err != nil {
			return err
		}
		u.next[i] = now.Add(b.Every - time.Millisecond) // a poll that comes a little early counts
	}
	out.Frames++
	u.mu.Lock()
	defer u.mu.Unlock()
	u.take(now, out)
	u.judge(now, out)
	return nil
}

func (u *Unit) ask(ctx context.Context, b *modbus.Block, img modbus.Image) error {
	var err error
	if b.Table.Bits() {
		err = u.regs.ReadBits(ctx, b.Table, b.Addr, img.Bits)
	} else {
		err = u.regs.ReadWords(ctx, b.Table, b.Addr, img.Words)
	}
	if e, ok := errors.AsType[*modbus.Exception](err); ok && (e.Reason == "illegal data address" || e.Reason == "illegal function") {
		return devices.Permanent(fmt.Errorf("block %s of %s is not in this module: %w", b.ID, u.m.Model, err))
	}
	if err != nil {
		return fmt.Errorf("block %s: %w", b.ID, err)
	}
	return nil
}

// block finds a block of the map, which Validate has seen to be there.
func (u *Unit) block(id string) int {
	return slices.IndexFunc(u.m.Blocks, func(b modbus.Block) bool { return b.ID == id })
}

// take moves what was read into the points, numbers first; mu is held.
func (u *Unit) take(now time.Time, out *devices.Out) {
	for _, n := range u.numbers {
		if n.fresh = u.read[n.block]; n.fresh {
			n.v, n.known = n.p.NumberOf(u.img[n.block])
		}
	}
	for _, c := range u.contacts {
		if u.read[c.block] {
			c.sample(now, c.p.BitOf(u.img[c.block]), out)
		}
		c.compare(now, out)
	}
}

// limitSwitches is how long both may be closed, travel how long neither.
const (
	limitSwitches = time.Second
	travel        = 6 * time.Second
)

// judge looks for faults and tells when the verdict changes; mu is held.
func (u *Unit) judge(now time.Time, out *devices.Out) {
	fault := u.limits(now)
	for i := range u.m.Actions { // in the order of the map
		a := &u.m.Actions[i]
		f, ok := u.follow[a.Output]
		if !ok {
			continue
		}
		if c := u.contact(f.point); c.on && c.known {
			delete(u.follow, a.Output)
			continue
		}
		if !now.Before(f.by) && fault == "" {
			fault = f.text
		}
	}
	if fault == u.fault {
		return
	}
	u.fault = fault
	h := &obs.Health{State: obs.Online}
	if fault != "" {
		h = &obs.Health{State: obs.Degraded, Reason: fault}
	}
	out.Emit(now, nil, h)
}

// limits checks the barrier's limit switches against each other.
func (u *Unit) limits(now time.Time) string {
	up, down := u.contact("barrier_up"), u.contact("barrier_down")
	if up == nil || down == nil || !up.known || !down.known {
		return ""
	}
	if up.on != down.on {
		u.apart, u.both = time.Time{}, time.Time{}
		return ""
	}
	since, limit, text := &u.both, limitSwitches, "barrier limit switches contradict each other"
	if !up.on {
		since, limit, text = &u.apart, travel, "barrier has not reached either end"
	}
	if since.IsZero() {
		*since = now
	}
	if now.Sub(*since) < limit {
		return ""
	}
	return text
}

func (u *Unit) contact(name string) *contact {
	for _, c := range u.contacts {
		if c.p.Name == name {
			return c
		}
	}
	return nil
}

// State gives the debounced state of a signal; unknown if it is not read, or too long ago.
func (u *Unit) State(now time.Time, signal string) modbus.Truth {
	u.mu.Lock()
	defer u.mu.Unlock()
	c := u.contact(signal)
	switch {
	case c == nil || !c.known || now.Sub(c.at()) > u.stale:
		return modbus.Unknown
	case c.on:
		return modbus.True
	}
	return modbus.False
}

// Command carries a movement out: interlock, write, and for levels the reading back. It
// returns when the module has acknowledged. A pulse whose answer does not come is never
// sent again; the error then wraps modbus.ErrUnknown, and what has become of it shows on
// the limit switches.
func (u *Unit) Command(ctx context.Context, now time.Time, c devices.Command) error {
	u.order.Lock()
	defer u.order.Unlock()
	for i := range u.m.Actions {
		if a := &u.m.Actions[i]; a.Output == c.Output && a.Action == c.Action {
			if err := u.act(ctx, now, i, a); err != nil {
				return fmt.Errorf("%s %s: %w", c.Output, c.Action, err)
			}
			return nil
		}
	}
	return fmt.Errorf("%s %s: the module has no such output", c.Output, c.Action)
}

func (u *Unit) act(ctx context.Context, now time.Time, i int, a *modbus.Action) error {
	if err := u.permit(now, i, a); err != nil {
		return err
	}
	err := u.regs.WriteCoils(ctx, a.Addr, a.Values)
	if err != nil && !errors.Is(err, modbus.ErrUnknown) {
		return err
	}
	u.mu.Lock()
	u.acted[i] = now
	delete(u.follow, a.Output) // the barrier may be turned round before it has arrived
	if a.Follow != "" {
		u.follow[a.Output] = following{point: a.Follow, by: now.Add(a.Within),
			text: fmt.Sprintf("%s did not follow: %s ordered, %s not seen within %v", a.Output, a.Action, a.Follow, a.Within)}
	}
	if a.Write == modbus.Timed {
		u.ends = append(u.ends, pulseEnd{at: now.Add(a.Width), addr: a.Addr, off: opposite(a.Values)})
	}
	u.mu.Unlock()
	if err != nil || a.Write != modbus.Level {
		return err
	}
	return u.readBack(ctx, a)
}

func opposite(v []bool) []bool {
	out := make([]bool, len(v))
	for i := range v {
		out[i] = !v[i]
	}
	return out
}

// permit checks interlock and interval.
func (u *Unit) permit(now time.Time, i int, a *modbus.Action) error {
	u.mu.Lock()
	last := u.acted[i]
	u.mu.Unlock()
	if !last.IsZero() && now.Sub(last) < a.Interval {
		return fmt.Errorf("%w: %v, %v must pass", ErrTooSoon, now.Sub(last).Round(time.Millisecond), a.Interval)
	}
	switch a.Condition().Eval(func(n string) modbus.Truth { return u.State(now, n) }) {
	case modbus.False:
		return fmt.Errorf("%w: %q does not hold", ErrRefused, a.Interlock)
	case modbus.Unknown:
		return fmt.Errorf("%w: %q is not known", ErrRefused, a.Interlock)
	}
	return nil
}

func (u *Unit) readBack(ctx context.Context, a *modbus.Action) error {
	got := make([]bool, len(a.Values))
	if err := u.regs.ReadBits(ctx, modbus.Coil, a.Addr, got); err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	for i := range got {
		if got[i] != a.Values[i] {
			return fmt.Errorf("coils at %#04x read back as %v, want %v", a.Addr, got, a.Values)
		}
	}
	return nil
}
