package main

import (
	"errors"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/laneio/modbusio"
	"acsgd/devices/modbus"
	"acsgd/fusion"
	"acsgd/internal/obs"
	"acsgd/sim"
	"acsgd/sim/scenario"
)

// How an instrument's link is tried again, as the supervisor does.
const (
	backoffMin = 500 * time.Millisecond
	backoffMax = 30 * time.Second
)

// link is the state that a supervisor keeps of one instrument.
type link struct {
	l       *virtualLane
	name    string
	half    string // "second platform": a part of the instrument, which goes on without it
	up      bool
	told    obs.HealthState
	backoff time.Duration
	retry   time.Time
}

// fail notes that the link is gone; it is tried again after a growing pause.
func (k *link) fail(now time.Time, cause error) {
	k.up = false
	k.backoff = max(backoffMin, min(backoffMax, 2*k.backoff))
	k.retry = now.Add(k.backoff)
	state, reason := obs.Offline, cause.Error()
	if k.half != "" {
		state, reason = obs.Degraded, k.half+": "+reason
	}
	if k.told != state {
		k.told = state
		k.l.health(k.name, state, reason)
	}
}

// heard notes a sign of life.
func (k *link) heard() {
	k.backoff = 0
	if k.told != obs.Online {
		k.told = obs.Online
		k.l.health(k.name, obs.Online, "")
	}
}

// streamNode is an instrument on a byte link and its driver's session.
type streamNode struct {
	link
	m     *scenario.Faulty
	v     *devices.Virtual
	make  func() (devices.Session, error)
	idle  time.Duration // an empty lane's instrument acts at most once in so long
	last  time.Time
	next  time.Time // when the instrument acts
	acts  bool      // if at all
	begun bool
	out   sim.Out
	rec   *recorder
}

var (
	errClosed = errors.New("the instrument has closed the connection")
	errCut    = errors.New("the instrument does not answer")
)

func newStreamNode(l *virtualLane, i *scenario.Instrument, m *scenario.Faulty, newSession func() (devices.Session, error)) *streamNode {
	n := &streamNode{link: link{l: l, name: i.Name, retry: l.now}, m: m, make: newSession}
	if i.Class == "front" || i.Class == "rear" {
		n.idle = time.Second // its eye looks 12 times a second, also where nobody drives
	}
	n.v = devices.NewVirtual(i.Name, l.id, nil)
	n.v.Emit = l.seen
	if thinned := i.Thinned; thinned != nil {
		n.v.Emit = func(o obs.Observation) error {
			if _, health := o.Body.(*obs.Health); health && thinned() {
				return nil // the driver wonders at a stream that the simulator has thinned
			}
			return l.seen(o)
		}
	}
	n.v.Report = func(*obs.DecodeError) { l.counts.Errors++ }
	return n
}

// twin adds the nodes of an instrument with two links: what both see is numbered as one's.
func (l *virtualLane) twin(drv devices.Driver, sec devices.Section, env devices.Env, i *scenario.Instrument, rec *recorder) error {
	if drv.NewSessions == nil {
		return fmt.Errorf("%s: driver %s has one link", i.Name, drv.Kind)
	}
	makers, err := drv.NewSessions(sec, env)
	if err != nil {
		return err
	}
	if len(makers) != 2 {
		return fmt.Errorf("%s: %d links in the settings, want 2", i.Name, len(makers))
	}
	var seq uint64
	for k, m := range []*scenario.Faulty{i.Machine, i.Second} {
		n := newStreamNode(l, i, m, makers[k])
		n.half = [2]string{"first platform", "second platform"}[k]
		n.v.Emit = func(o obs.Observation) error {
			seq++
			o.Seq = seq
			return l.seen(o)
		}
		if k == 0 {
			n.rec = rec
		}
		l.nodes = append(l.nodes, n)
	}
	return nil
}

// String names the instrument and what it waits for, for messages.
func (n *streamNode) String() string {
	m, mok := n.m.Deadline()
	v, vok := n.v.Deadline()
	return fmt.Sprintf("%s (up %v, instrument due %v %v, session due %v %v, retry %v)", n.name, n.up, m, mok, v, vok, n.retry)
}

func (n *streamNode) wake() { n.last = time.Time{} }

func (n *streamNode) due() (at time.Time, ok bool) {
	n.next, n.acts = n.m.Deadline()
	if at, ok = n.next, n.acts; ok && n.idle > 0 && !n.l.busy {
		if slow := n.last.Add(n.idle); at.Before(slow) {
			at = slow
		}
	}
	other, more := n.retry, !n.up
	if n.up {
		other, more = n.v.Deadline()
	}
	if more && (!ok || other.Before(at)) {
		at, ok = other, true
	}
	return at, ok
}

func (n *streamNode) act(now time.Time) {
	if !n.up && !now.Before(n.retry) {
		n.open(now)
		n.next, n.acts = n.m.Deadline()
	}
	if n.begun && n.acts && !n.next.After(now) || !n.begun {
		n.begun = true // an instrument is switched on by its first Tick
		n.last = now
		n.m.Tick(now, &n.out)
		n.carry(now)
	}
	if !n.up {
		n.out.Send, n.out.Close = n.out.Send[:0], false
		return
	}
	if at, ok := n.v.Deadline(); ok && !at.After(now) {
		n.check(now, n.v.Tick(now))
	}
	n.pump(now)
}

// open begins a new connection.
func (n *streamNode) open(now time.Time) {
	if n.m.Cut(now) {
		n.fail(now, errCut)
		return
	}
	s, err := n.make()
	if err != nil {
		n.l.err = fmt.Errorf("%s: %w", n.name, err) // the settings were good at the start
		return
	}
	n.up = true
	n.check(now, n.v.Renew(now, s))
	n.pump(now)
}

// carry brings what the instrument said to the session.
func (n *streamNode) carry(now time.Time) {
	if !n.up {
		n.out.Send, n.out.Close = n.out.Send[:0], false
		return
	}
	if p := n.out.Send; len(p) > 0 {
		n.l.counts.Bytes += int64(len(p))
		n.heard()
		n.rec.add(now, false, p)
		err := n.v.Feed(now, p)
		n.out.Send = n.out.Send[:0]
		n.check(now, err)
	}
	if n.out.Close {
		n.out.Close = false
		if n.up {
			_ = n.v.Finish(now) // the link is over either way
			n.hangup(now, errClosed)
		}
	}
}

// pump brings answers back and forth until both are quiet.
func (n *streamNode) pump(now time.Time) {
	for n.up && len(n.v.Sent) > 0 {
		n.rec.add(now, true, n.v.Sent)
		n.m.Feed(now, n.v.Sent, &n.out)
		n.v.Sent = n.v.Sent[:0]
		n.carry(now)
	}
}

func (n *streamNode) check(now time.Time, err error) {
	if err != nil && n.up {
		n.hangup(now, err)
	}
}

func (n *streamNode) hangup(now time.Time, cause error) {
	n.m.Hangup()
	n.fail(now, cause)
}

// ioNode polls the lane's I/O module and moves its outputs.
type ioNode struct {
	link
	g     *scenario.Gear
	unit  *modbusio.Unit
	every time.Duration
	next  time.Time
	at    time.Time // of the request under way
	out   devices.Out
	seq   uint64
}

// ioIdle is how often the module of an empty lane is read: nothing can change.
const ioIdle = 10 * time.Second

// ioCalm is how often it is read while vehicles stand or drive where they work no contact:
// often enough that its interlocks trust what was read.
const ioCalm = 200 * time.Millisecond

func newIONode(l *virtualLane, i *scenario.Instrument, sec devices.Section) (*ioNode, error) {
	n := &ioNode{link: link{l: l, name: i.Name}, g: l.gear, next: l.now}
	regs := modbus.OverPDU(func(req []byte) ([]byte, error) { return n.g.PDU(n.at, req) })
	var err error
	n.unit, n.every, err = modbusio.NewVirtual(sec, regs)
	return n, err
}

func (n *ioNode) wake() { n.next = n.l.now }

func (n *ioNode) due() (time.Time, bool) { return n.next, true }

func (n *ioNode) act(now time.Time) {
	n.at = now
	n.next = now.Add(n.every)
	switch {
	case !n.l.busy:
		n.next = now.Add(ioIdle)
	case n.g.Calm(now):
		n.next = now.Add(max(n.every, ioCalm))
	}
	if !n.up {
		n.unit.Reset()
		if err := n.unit.Safe(background, now); err != nil {
			n.down(now, err)
			return
		}
		n.up = true
	}
	n.out.Reset()
	if err := n.unit.Poll(background, now, &n.out); err != nil {
		n.down(now, err)
		return
	}
	n.heard()
	n.l.counts.Errors += int64(len(n.out.Errs))
	for _, o := range n.out.Obs {
		n.seq++
		o.Source, o.Lane, o.Seq, o.Stamp.Arrived = n.name, n.l.id, n.seq, obs.Unix(now)
		if n.l.seen(o) != nil {
			return
		}
	}
}

func (n *ioNode) down(now time.Time, err error) {
	n.fail(now, err)
	n.next = n.retry
}

// move carries out what the core asks for; what is refused becomes an observation.
func (n *ioNode) move(now time.Time, s fusion.Signal) {
	err := errors.New(s.Output + " " + s.Action + ": the module is not connected")
	if n.up {
		n.at = now
		err = n.unit.Command(background, now, command(s))
		n.next = now // what comes of it shows at once
	}
	if err != nil {
		n.l.health(n.name, obs.Degraded, s.Output+" "+s.Action+": "+err.Error())
	}
}
