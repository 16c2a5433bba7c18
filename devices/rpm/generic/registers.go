package generic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/modbus"
	"acsgd/devices/rpm/portal"
	"acsgd/internal/quant"
)

// The names of points. Those with four are of the panels; one gamma count and one gamma
// background there must be, and the occupied bit.
var (
	numbers = []string{"gamma", "neutron", "background", "neutron_background_mcps", "counter", "elapsed", "interval_ms", "speed_mms"}
	bits    = []string{"occupied", "alarm_gamma", "alarm_neutron", "tamper"}
	panels  = []string{"gamma", "neutron", "background"}
)

// faultBit begins the names of bits that say what is wrong.
const faultBit = "fault_"

// split takes the panel's digit from a name.
func split(name string) (base string, panel int) {
	base = strings.TrimRight(name, "1234")
	if len(name)-len(base) == 1 && slices.Contains(panels, base) {
		return base, int(name[len(name)-1] - '1')
	}
	return name, -1
}

// points checks the register map.
func (c *Config) points() error {
	m := modbus.Map{Model: c.Model, Source: c.Source, Blocks: c.Blocks, Points: c.Points}
	errs := []error{m.Validate()}
	has := map[string]bool{}
	for i := range c.Points {
		p := &c.Points[i]
		base, panel := split(p.Name)
		has[base] = true
		isBit := slices.Contains(bits, p.Name) || strings.HasPrefix(p.Name, faultBit) && len(p.Name) > len(faultBit)
		switch {
		case !isBit && (!slices.Contains(numbers, base) || slices.Contains(panels, base) && panel < 0):
			errs = append(errs, fmt.Errorf("point %q: want occupied, gamma1 to gamma4, background1 to background4, neutron1 to neutron4, neutron_background_mcps, alarm_gamma, alarm_neutron, counter, elapsed, interval_ms, speed_mms, tamper, or fault_NAME", p.Name))
		case isBit != (p.Form == modbus.Bit):
			errs = append(errs, fmt.Errorf("point %q of type %s: a state is a bit, everything else a number", p.Name, p.Form))
		case p.Debounce != "" || p.Counter != "":
			errs = append(errs, fmt.Errorf("point %q: debounce and counter mean nothing here", p.Name))
		}
	}
	for _, need := range []string{"occupied", "gamma", "background"} {
		if !has[need] {
			if slices.Contains(panels, need) {
				need += "1"
			}
			errs = append(errs, fmt.Errorf("no point %q: without it no vehicle can be judged", need))
		}
	}
	if has["neutron"] != has["neutron_background_mcps"] {
		errs = append(errs, errors.New("neutron1 and neutron_background_mcps go together"))
	}
	if c.Source == "" {
		errs = append(errs, errors.New("source is missing: say which manual the addresses are from"))
	}
	return errors.Join(errs...)
}

// Unit is one portal with registers on one connection. It reads no clock unless it is given
// one, so virtual runs drive it with a simulated portal.
type Unit struct {
	cfg    Config
	regs   modbus.Registers
	portal portal.Portal
	clock  func() time.Time // when an answer came; nil: when it was asked for

	images  []modbus.Image
	raw     []byte
	elapsed int64
	read    bool
	answers portal.Answers
}

func newUnit(c Config, regs modbus.Registers) *Unit {
	u := &Unit{cfg: c, regs: regs, portal: portal.Portal{Config: c.portal()}, answers: portal.Answers{Retries: c.Retries}}
	for i := range c.Blocks {
		u.images = append(u.images, modbus.NewImage(&c.Blocks[i]))
	}
	return u
}

// Poll is a devices.Poller. More unanswered polls in a row than Config.Retries, or none
// answered at all since the connection was made, end it. A device that refuses the registers
// of the map is another one: a permanent error.
func (u *Unit) Poll(ctx context.Context, now time.Time, out *devices.Out) error {
	err := u.ask(ctx)
	if u.clock != nil {
		now = u.clock()
	}
	answered, end := u.answers.Asked(ctx, now, err, "the registers of the map are not in this device")
	if answered {
		u.take(now, out)
	} else {
		u.portal.Watch(now, out)
	}
	return end
}

func (u *Unit) ask(ctx context.Context) error {
	u.raw = u.raw[:0]
	for i := range u.cfg.Blocks {
		b, m := &u.cfg.Blocks[i], u.images[i]
		if m.Bits != nil {
			if err := u.regs.ReadBits(ctx, b.Table, b.Addr, m.Bits); err != nil {
				return err
			}
			for _, on := range m.Bits {
				bit := byte(0)
				if on {
					bit = 1
				}
				u.raw = append(u.raw, bit)
			}
			continue
		}
		if err := u.regs.ReadWords(ctx, b.Table, b.Addr, m.Words); err != nil {
			return err
		}
		for _, w := range m.Words {
			u.raw = append(u.raw, byte(w>>8), byte(w))
		}
	}
	return nil
}

// take hands on what was read.
func (u *Unit) take(now time.Time, out *devices.Out) {
	r := portal.Reading{New: true}
	for i := range u.cfg.Points {
		p := &u.cfg.Points[i]
		m := u.images[slices.IndexFunc(u.cfg.Blocks, func(b modbus.Block) bool { return b.ID == p.Block })]
		if p.Form == modbus.Bit {
			state(&r, p.Name, p.BitOf(m))
			continue
		}
		v, ok := p.NumberOf(m)
		if base, _ := split(p.Name); !ok || v < 0 || base != "elapsed" && base != "counter" && v > largest(base) {
			r.Faults = append(r.Faults, p.Name+"_invalid")
			r.NoMean = r.NoMean || strings.Contains(base, "background")
			continue
		}
		u.number(&r, p.Name, v)
	}
	u.read = true
	slices.Sort(r.Faults)
	if poor := u.answers.Poor(now); poor != "" {
		r.Notes = append(r.Notes, poor)
	}
	u.portal.Take(now, &r, u.raw, out)
}

func largest(name string) int64 {
	switch name {
	case "interval_ms":
		return 1000
	case "neutron_background_mcps":
		return maxCount * 1000
	}
	return maxCount
}

// state takes one bit.
func state(r *portal.Reading, name string, on bool) {
	switch name {
	case "occupied":
		r.Occupied = on
	case "alarm_gamma":
		r.GammaAlarm = on
	case "alarm_neutron":
		r.NeutAlarm = on
	case "tamper":
		r.Open = on
	default:
		if on {
			r.Faults = append(r.Faults, strings.TrimPrefix(name, faultBit))
		}
	}
}

// number takes one number.
func (u *Unit) number(r *portal.Reading, name string, v int64) {
	switch base, panel := split(name); base {
	case "gamma":
		r.Gamma[panel] = int32(v)
	case "neutron":
		r.Neutron[panel] = int32(v)
	case "background":
		r.Background[panel] = int32(v)
	case "neutron_background_mcps":
		r.NeutronMCP, r.NeutronBG[0] = v, int32(v/1000)
	case "counter":
		r.Counted, r.Object = true, uint32(v)
	case "speed_mms":
		r.Speed = quant.Speed(v)
	case "elapsed":
		r.New, r.Restarted = !u.read || v != u.elapsed, u.read && v < u.elapsed
		u.elapsed = v
	case "interval_ms":
		if v == 0 {
			r.Faults = append(r.Faults, name+"_invalid")
			return
		}
		u.portal.Interval, u.portal.Assumed = time.Duration(v)*time.Millisecond, false
	}
}
