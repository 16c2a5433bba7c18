package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash"
	"math"
	"time"

	"acsgd/devices"
	"acsgd/fusion"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
	"acsgd/lanes"
	"acsgd/sim/scenario"
)

// node is one thing in a lane that acts at a time.
type node interface {
	due() (at time.Time, ok bool)
	act(now time.Time)
}

// virtualLane is one lane in virtual time: world, instruments, driver sessions and core in
// one event loop.
type virtualLane struct {
	site *virtualSite
	id   string
	gear *scenario.Gear
	core *fusion.Core
	io   *ioNode
	// nodes act in this order where their times are equal.
	nodes []node
	due   []int64 // when each wants to act, see instant
	stale bool    // due is not as the nodes say

	now      time.Time
	busy     bool // a vehicle is in the lane: nothing is thinned
	seq      uint64
	inbox    []fusion.InputBody
	stepping bool
	out      []fusion.Output

	sum      hash.Hash
	reported map[string]*fusion.Passage // as reported last, by id
	order    []string                   // their ids in the order of their first report
	officer  *officerNode
	counts   counts
	moved    time.Time           // when last a passage was reported, or the lane waited for its next vehicle
	final    []*scenario.Passage // what was reported, at the end
	err      error               // what stopped the lane
}

// counts are what a run did.
type counts struct {
	Events, Inputs, Outputs, Bytes, Errors int64
}

func (c *counts) add(d counts) {
	c.Events += d.Events
	c.Inputs += d.Inputs
	c.Outputs += d.Outputs
	c.Bytes += d.Bytes
	c.Errors += d.Errors
}

func newVirtualLane(s *virtualSite, g *scenario.Gear) *virtualLane {
	return &virtualLane{site: s, id: g.ID, gear: g, core: new(fusion.Core), now: s.plan.Start, sum: sha256.New(), reported: map[string]*fusion.Passage{}}
}

// maxStill is how many things may happen at one time: more is a machine without a clock.
const maxStill = 100_000

// instant is a time that a node is due at, for comparing; never and the zero time stand at
// the ends.
func instant(at time.Time, ok bool) int64 {
	switch {
	case !ok:
		return math.MaxInt64
	case at.IsZero():
		return math.MinInt64
	}
	return at.UnixNano()
}

// stretch lets the lane's time pass slice by slice from one time to another. news is told
// when the slice that it came in begins.
func (l *virtualLane) stretch(ctx context.Context, from, to time.Time, news []announcement) {
	for now := from; now.Before(to) && l.err == nil && ctx.Err() == nil; {
		for len(news) > 0 && !news[0].at.After(now) {
			l.put(news[0].declared)
			news = news[1:]
		}
		reports := len(l.order)
		now = now.Add(slice)
		l.run(now)
		empty, next := l.gear.World.Idle()
		if empty && !next.IsZero() || len(l.order) != reports {
			l.moved = now
		}
	}
}

// run lets the lane's time pass until end.
func (l *virtualLane) run(end time.Time) {
	limit := end.UnixNano()
	for still := 0; l.err == nil; {
		if l.stale {
			l.ask()
		}
		first := 0
		for k, at := range l.due {
			if at < l.due[first] {
				first = k
			}
		}
		at := l.due[first]
		if at >= limit {
			break
		}
		if ahead := at - l.now.UnixNano(); at != math.MinInt64 && ahead > 0 {
			l.now, still = l.now.Add(time.Duration(ahead)), 0
		}
		n := l.nodes[first]
		if still++; still > maxStill {
			l.err = fmt.Errorf("lane %s: %v acts for ever at %v", l.id, n, l.now)
		}
		l.counts.Events++
		n.act(l.now)
		l.due[first] = instant(n.due())
	}
	if end.After(l.now) {
		l.now = end
	}
}

// ask asks all nodes when they are due. What one does changes its own time alone, except
// for the world where vehicles come and go, which wakes instruments and breaks them, and
// for the core's steps.
func (l *virtualLane) ask() {
	l.stale = false
	l.due = l.due[:0]
	for _, n := range l.nodes {
		l.due = append(l.due, instant(n.due()))
	}
}

// put hands an input to the core, after those that wait already.
func (l *virtualLane) put(b fusion.InputBody) {
	l.inbox = append(l.inbox, b)
	if l.stepping {
		return
	}
	l.stepping = true
	for len(l.inbox) > 0 && l.err == nil {
		b := l.inbox[0]
		l.inbox = l.inbox[1:]
		l.err = l.step(b)
	}
	l.inbox = l.inbox[:0]
	l.stepping = false
}

// step journals one input, steps the core and carries out what it says.
func (l *virtualLane) step(b fusion.InputBody) error {
	l.seq++
	l.stale = true
	in := fusion.Input{Seq: l.seq, Now: obs.Unix(l.now), Body: b}
	l.counts.Inputs++
	l.out = l.core.Step(l.out[:0], in)
	l.counts.Outputs += int64(len(l.out))
	sum, decided := lanes.DigestOf(l.out)
	if decided {
		l.sum.Write(sum[:])
	}
	if j := l.site.journal; j != nil {
		rec, err := lanes.RecordOf(l.id, in)
		if err != nil {
			return err
		}
		j.Append(rec, func(_ uint64, err error) {
			if err != nil {
				l.site.refused(err)
			} else if decided {
				j.Digest(journal.Digest{Lane: l.id, Seq: in.Seq, Sum: sum})
			}
		})
	}
	if err := l.publish(); err != nil {
		return err
	}
	for i := range l.out {
		if s := l.out[i].Signal; s != nil {
			l.io.move(l.now, *s)
		}
	}
	return nil
}

// publish keeps what is judged, as a console would show it.
func (l *virtualLane) publish() error {
	for i := range l.out {
		o := &l.out[i]
		if t := l.site.opt.Trace; t != nil {
			j, err := json.Marshal(o)
			if err != nil {
				return fmt.Errorf("lane %s: output %s: %w", l.id, o.Kind, err)
			}
			if _, err := fmt.Fprintf(t, "%s %d %s\n", l.id, l.seq, j); err != nil {
				return fmt.Errorf("trace: %w", err)
			}
		}
		if o.Passage == nil {
			continue
		}
		l.officer.see(l.now, o.Passage)
		switch o.Kind {
		case fusion.Judged, fusion.Decided, fusion.Amended, fusion.Closed:
			l.keep(o.Passage)
		}
	}
	return nil
}

// keep takes a passage as the console would show it.
func (l *virtualLane) keep(p *fusion.Passage) {
	k := l.reported[p.ID]
	if k == nil {
		k = new(fusion.Passage)
		l.reported[p.ID] = k
		l.order = append(l.order, p.ID)
	}
	p.CopyTo(k)
}

// finish keeps what was reported, with those that are still open, as the console would give
// it.
func (l *virtualLane) finish() {
	for _, p := range l.core.Passages(nil) {
		l.keep(p)
	}
	for _, id := range l.order {
		j, err := json.Marshal(l.reported[id])
		if err != nil {
			l.err = fmt.Errorf("lane %s: passage %s: %w", l.id, id, err)
			return
		}
		p, err := scenario.ParsePassage(j)
		if err != nil {
			l.err = err
			return
		}
		l.final = append(l.final, p)
	}
}

// seen hands an observation of an instrument over.
func (l *virtualLane) seen(o obs.Observation) error {
	l.put(fusion.Seen{Observation: o})
	return l.err
}

// health tells what the supervisor of an instrument, or the mover of an output, would tell.
func (l *virtualLane) health(name string, state obs.HealthState, reason string) {
	at := obs.Unix(l.now)
	l.put(fusion.Seen{Observation: obs.Observation{Source: name, Lane: l.id, Stamp: obs.Stamp{At: at, Arrived: at},
		Body: &obs.Health{State: state, Reason: reason}}})
}

// worldNode lets the vehicles drive.
type worldNode struct {
	l     *virtualLane
	next  time.Time
	empty time.Time // since when nobody is in the lane; zero: somebody is
}

const (
	worldStep = 50 * time.Millisecond
	calm      = 5 * time.Second // until the barrier of an empty lane is at rest
)

func (w *worldNode) due() (time.Time, bool) { return w.next, !w.next.IsZero() }

func (w *worldNode) act(now time.Time) {
	changes := w.l.gear.Changes()
	w.l.gear.Step(now)
	empty, next := w.l.gear.World.Idle()
	switch {
	case !empty:
		w.empty = time.Time{}
	case w.empty.IsZero():
		w.empty = now
	}
	was := w.l.busy
	w.l.busy = !empty || now.Sub(w.empty) < calm
	if w.l.busy != was || w.l.gear.Changes() != changes {
		w.l.stale = true
	}
	switch {
	case w.l.busy:
		w.next = now.Add(worldStep)
	case next.IsZero():
		w.next = time.Time{}
	case next.After(now):
		w.next = next
	default:
		w.next = now.Add(worldStep)
	}
	if !was && w.l.busy {
		for _, n := range w.l.nodes {
			if s, ok := n.(interface{ wake() }); ok {
				s.wake()
			}
		}
	}
}

// coreNode wakes the core when it wants to be.
type coreNode struct{ l *virtualLane }

func (c *coreNode) due() (time.Time, bool) { return c.l.core.Deadline() }

func (c *coreNode) act(time.Time) { c.l.put(fusion.Tick{}) }

// officerNode decides what waits for a person.
type officerNode struct {
	l     *virtualLane
	think time.Duration
	idle  bool // decides nothing
	queue []waiting
	done  map[string]bool
}

type waiting struct {
	at time.Time
	id string
}

func (o *officerNode) see(now time.Time, p *fusion.Passage) {
	if o.idle || p.Phase != fusion.Awaiting || !p.Closed.IsZero() || o.done[p.ID] {
		return
	}
	o.done[p.ID] = true
	o.queue = append(o.queue, waiting{now.Add(o.think), p.ID})
}

func (o *officerNode) due() (time.Time, bool) {
	if len(o.queue) == 0 {
		return time.Time{}, false
	}
	return o.queue[0].at, true
}

func (o *officerNode) act(time.Time) {
	id := o.queue[0].id
	o.queue = o.queue[1:]
	o.l.put(fusion.Ordered{Order: fusion.Order{ID: "sim-" + id, Action: fusion.Secondary, Passage: id,
		User: "simulated officer", Role: "officer", Reason: "automatic"}})
}

// command is a signal as the lane's outputs take it.
func command(s fusion.Signal) devices.Command {
	return devices.Command{Output: s.Output, Action: s.Action, Cause: s.Passage + " " + s.Cause}
}

var background = context.Background()
