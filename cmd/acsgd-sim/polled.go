package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/modbus"
	"acsgd/devices/rpm/aspect"
	"acsgd/devices/rpm/contacts"
	"acsgd/devices/rpm/generic"
	wimbus "acsgd/devices/wim/modbus"
	"acsgd/internal/obs"
	"acsgd/sim"
	"acsgd/sim/scenario"
)

// polledNode is an instrument that is asked over Modbus TCP, and its driver's unit. An answer
// comes at once or never: a line that delays it is one on which the driver's timeout passes.
type polledNode struct {
	link
	m     *scenario.Faulty
	make  func() (poller, time.Duration, error)
	unit  poller
	every time.Duration
	next  time.Time
	at    time.Time // of the request under way
	id    uint16    // of the last request
	frame []byte
	reply sim.Out
	out   devices.Out
	seq   uint64
	rec   *recorder
}

// poller is what asks a polled instrument.
type poller interface {
	Poll(ctx context.Context, now time.Time, out *devices.Out) error
}

// polledIdle is how often the instruments of an empty lane are asked.
const polledIdle = time.Second

// newPolledNode makes the node of an instrument that is asked; nil if its driver is none of
// those that ask.
func newPolledNode(l *virtualLane, i *scenario.Instrument, sec devices.Section, env devices.Env, rec *recorder) (*polledNode, error) {
	n := &polledNode{link: link{l: l, name: i.Name}, m: i.Machine, next: l.now, rec: rec}
	regs := modbus.OverPDU(n.ask)
	switch sec.Driver {
	case wimbus.Kind:
		n.make = func() (poller, time.Duration, error) { return wimbus.NewVirtual(sec, env, regs) }
	case aspect.Kind:
		n.make = func() (poller, time.Duration, error) { return aspect.NewVirtual(sec, regs) }
	case generic.Kind:
		if polled, err := generic.Polled(sec); !polled {
			return nil, err
		}
		n.make = func() (poller, time.Duration, error) { return generic.NewVirtual(sec, regs) }
	case contacts.Kind:
		n.make = func() (poller, time.Duration, error) { return contacts.NewVirtual(sec, regs) }
	default:
		return nil, nil
	}
	_, _, err := n.make()
	return n, err
}

// ask carries a request to the instrument and its answer back, in the frames of the wire.
func (n *polledNode) ask(req []byte) ([]byte, error) {
	n.id++
	n.frame = binary.BigEndian.AppendUint16(n.frame[:0], n.id)
	n.frame = binary.BigEndian.AppendUint16(n.frame, 0)
	n.frame = binary.BigEndian.AppendUint16(n.frame, uint16(len(req)+1))
	n.frame = append(append(n.frame, 1), req...)
	n.rec.add(n.at, true, n.frame)
	n.reply.Send, n.reply.Close = n.reply.Send[:0], false
	n.m.Feed(n.at, n.frame, &n.reply)
	p := n.reply.Send
	n.l.counts.Bytes += int64(len(p))
	n.rec.add(n.at, false, p)
	switch {
	case n.reply.Close:
		n.m.Hangup()
		return nil, errClosed
	case len(p) < 9 || binary.BigEndian.Uint16(p) != n.id:
		n.m.Hangup()
		return nil, errCut
	}
	size := int(binary.BigEndian.Uint16(p[4:])) // of unit and PDU
	if size < 3 || size > len(p)-6 {
		n.m.Hangup()
		return nil, errCut
	}
	return p[7 : 6+size], nil
}

func (n *polledNode) wake() { n.next = n.l.now }

func (n *polledNode) due() (time.Time, bool) { return n.next, true }

func (n *polledNode) act(now time.Time) {
	n.at = now
	if !n.up {
		if n.m.Cut(now) {
			n.down(now, errCut)
			return
		}
		var err error
		if n.unit, n.every, err = n.make(); err != nil {
			n.l.err = fmt.Errorf("%s: %w", n.name, err) // the settings were good at the start
			return
		}
		n.up = true
	}
	n.next = now.Add(n.every)
	if !n.l.busy {
		n.next = now.Add(polledIdle)
	}
	n.out.Reset()
	err := n.unit.Poll(background, now, &n.out)
	n.l.counts.Errors += int64(len(n.out.Errs))
	for _, o := range n.out.Obs {
		n.seq++
		o.Source, o.Lane, o.Seq, o.Stamp.Arrived = n.name, n.l.id, n.seq, obs.Unix(now)
		if n.l.seen(o) != nil {
			return
		}
	}
	switch {
	case err != nil:
		n.down(now, err)
	case len(n.out.Errs) == 0:
		n.heard()
	}
}

func (n *polledNode) down(now time.Time, err error) {
	n.fail(now, err)
	n.next = n.retry
}
