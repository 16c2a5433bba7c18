package aspect

import (
	"context"
	"errors"
	"time"

	"acsgd/devices"
	"acsgd/devices/modbus"
	"acsgd/devices/rpm/portal"
)

// Unit is one portal on one connection: it asks and reads. It reads no clock unless it is
// given one, so virtual runs drive it with a simulated portal.
type Unit struct {
	cfg    Config
	regs   modbus.Registers
	portal portal.Portal
	clock  func() time.Time // when an answer came; nil: when it was asked for

	found   bool // where the monitor block is
	base    uint16
	words   [blockLen]uint16
	raw     [2 * blockLen]byte
	elapsed uint32
	read    bool // the block was read before
	answers portal.Answers
}

func newUnit(c Config, regs modbus.Registers) *Unit {
	return &Unit{cfg: c, regs: regs, portal: portal.Portal{Config: c.portal()}, answers: portal.Answers{Retries: c.Retries}}
}

// Poll is a devices.Poller. More unanswered requests in a row than Config.Retries, or none
// answered at all since the connection was made, end it. A device that has no such registers
// is another one: a permanent error.
func (u *Unit) Poll(ctx context.Context, now time.Time, out *devices.Out) error {
	err := u.find(ctx)
	if err == nil {
		err = u.monitor(ctx)
	}
	if u.clock != nil {
		now = u.clock()
	}
	answered, end := u.answers.Asked(ctx, now, err, "this device has no monitor block of an Aspect portal")
	if answered {
		u.take(now, out)
	} else {
		u.portal.Watch(now, out)
	}
	return end
}

// find asks where the monitor block is, once a connection. A portal without a description
// has it where all known ones have it.
func (u *Unit) find(ctx context.Context) error {
	if u.found {
		return nil
	}
	desc := make([]uint16, descLen)
	err := u.regs.ReadWords(ctx, modbus.Holding, descAt, desc)
	switch base, ok := block(desc); {
	case err == nil && ok:
		u.base = base
	case err == nil || modbus.Refused(err):
		u.base = usualBase
	default:
		return err
	}
	u.found = true
	return nil
}

// monitor reads the block in one request, so that its numbers are of one moment.
func (u *Unit) monitor(ctx context.Context) error {
	err := u.regs.ReadWords(ctx, modbus.Holding, u.base, u.words[:])
	if err == nil || !modbus.Refused(err) || u.base == usualBase || u.read {
		return err
	}
	u.base = usualBase // the description was wrong
	return u.regs.ReadWords(ctx, modbus.Holding, u.base, u.words[:])
}

// take hands on what was read. The same elapsed time is the same counts; time that has gone
// back is a portal that was started anew.
func (u *Unit) take(now time.Time, out *devices.Out) {
	for i, w := range u.words {
		u.raw[2*i], u.raw[2*i+1] = byte(w>>8), byte(w)
	}
	r := decode(u.words[:], u.cfg.Unready)
	elapsed := u32(u.words[atElapsed:])
	r.New = !u.read || elapsed != u.elapsed
	r.Restarted = u.read && before(elapsed, u.elapsed)
	u.read, u.elapsed = true, elapsed
	if poor := u.answers.Poor(now); poor != "" {
		r.Notes = append(r.Notes, poor)
	}
	u.portal.Take(now, &r, u.raw[:], out)
}

// before reports whether a time is before another, except for a counter that has run full.
func before(a, b uint32) bool {
	const brim = 1 << 16
	return a < b && !(b > 1<<32-1-brim && a < brim)
}

// seek finds the first unit of a bus that answers register 0, from 1 to 32. try opens a
// unit; it reports whether the unit merely said nothing, which is what those do that are
// not there.
func seek(ctx context.Context, try func(ctx context.Context, unit int) (silent bool, err error)) (int, error) {
	for unit := 1; unit <= lastUnit; unit++ {
		silent, err := try(ctx, unit)
		switch {
		case err == nil:
			return unit, nil
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case !silent && !modbus.IsException(err):
			return 0, err
		}
	}
	return 0, errNobody
}

const lastUnit = 32

var errNobody = errors.New("no unit from 1 to 32 answers register 0")
