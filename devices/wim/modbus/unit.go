package modbus

import (
	"context"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/modbus"
	"acsgd/devices/wim"
	"acsgd/devices/wim/weigh"
)

const proto = "modbus"

// Unit is one instrument on one connection: it asks, reads and weighs. It reads no clock
// unless it is given one, so virtual runs drive it with a simulated instrument.
type Unit struct {
	m       *Map
	regs    modbus.Registers
	weigh   *weigh.Stream
	steady  wim.Steady
	clock   func() time.Time // when an answer came; nil: when it was asked for
	lag     time.Duration    // time of the answer on the line
	retries int

	words []uint16
	raw   []byte
	lost  int  // requests without an answer in a row
	alive bool // there was an answer
}

func newUnit(c Config, m *Map, link string, regs modbus.Registers, env devices.Env) (*Unit, error) {
	w, err := weigh.New(c.Settings, env)
	if err != nil {
		return nil, err
	}
	return &Unit{m: m, regs: regs, weigh: w, steady: wim.Steady{Division: c.Division}, retries: c.Retries,
		lag: lineTime(link, 5+2*int(m.Block.Count)), words: make([]uint16, m.Block.Count)}, nil
}

// Poll is a devices.Poller. A lost answer is a hole in the samples, which the weighing sees;
// more in a row than Config.Retries, or none at all since the connection was made, end it.
// An instrument that refuses the registers of its map is another model: a permanent error.
func (u *Unit) Poll(ctx context.Context, now time.Time, out *devices.Out) error {
	b := &u.m.Block
	err := u.regs.ReadWords(ctx, b.Table, *b.Addr, u.words)
	if u.clock != nil {
		now = u.clock()
	}
	u.weigh.Tick(now, out)
	switch {
	case err == nil:
		u.lost, u.alive = 0, true
		u.take(now.Add(-u.lag), out)
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case modbus.Refused(err):
		return devices.Permanent(fmt.Errorf("the registers of %s are not in this instrument: %w", u.m.Model, err))
	}
	u.lost++
	u.steady.Reset()
	if !u.alive || u.lost > u.retries {
		return fmt.Errorf("no weight after %d requests: %w", u.lost, err)
	}
	out.Err(proto, 0, err.Error(), nil)
	return nil
}

// take hands on what was read.
func (u *Unit) take(at time.Time, out *devices.Out) {
	r := u.m.Read(u.words)
	r.At = at
	if r.Steadied {
		if r.Valid() {
			r.Stable = u.steady.Add(at, r.Raw)
		} else {
			u.steady.Reset()
		}
	}
	u.raw = u.raw[:0]
	for _, w := range u.words {
		u.raw = append(u.raw, byte(w>>8), byte(w))
	}
	u.weigh.Add(r.Sample, r.Indicated, u.raw, out)
}

// End ends the vehicle on the scale: something that sees more than the platform says so.
func (u *Unit) End(now time.Time, out *devices.Out) { u.weigh.End(now, out) }
