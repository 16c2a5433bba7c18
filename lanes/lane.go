// Package lanes is the imperative shell around the fusion core: one actor a lane, which
// journals every input before the core sees it, publishes what the core says, and moves
// barrier and light.
//
//	sources ──Emit──▶ inbox ─▶ Seq, Now ─▶ journal ─(durable)─▶ Core.Step ─▶ publisher
//	orders  ──Order─▶   │                                          │
//	declared, tuned ─▶──┘                                          └─▶ mover (barrier, light)
//
// Nothing flows back: the core asks no questions, the publisher never blocks the lane, and
// a movement's result returns as an observation of the lane I/O.
package lanes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"acsgd/fusion"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
)

// Bounds of one lane.
const (
	inboxLen = 256 // when full, sources block: see style.md 6, stage 4
	inFlight = 256 // inputs handed to the journal and not yet stepped
)

// Journal is what a lane needs of the journal.
type Journal interface {
	Append(r journal.Record, done func(n uint64, err error))
	Digest(d journal.Digest)
}

// Publisher takes the outputs of one input, whose row in the journal is n. It must not
// block, and must not keep what the outputs point to.
type Publisher interface {
	Publish(lane string, n uint64, now time.Time, outs []fusion.Output)
}

// Mover carries out signals. It must not block; what came of it is told by the lane I/O's
// own observations and by Health.
type Mover interface {
	Move(lane string, s fusion.Signal)
}

// Config is what a lane is made of.
type Config struct {
	ID        string
	Core      *fusion.Core // restored or new
	Seq       uint64       // of the last input in the journal
	Journal   Journal
	Publisher Publisher
	Mover     Mover
	Log       *slog.Logger
	// Rebuild makes a new core from snapshot and journal as it was before the last of the
	// given inputs, and without any of them.
	Rebuild func(ctx context.Context, leaveOut []uint64) (*fusion.Core, error)
	// Snapshot takes the core's snapshot after row n; it must not block. May be nil.
	Snapshot func(lane string, n, seq uint64, core *fusion.Core)
}

type input struct {
	body fusion.InputBody
	done func(error)
}

func (in input) answer(err error) {
	if in.done != nil {
		in.done(err)
	}
}

type waiting struct {
	in   fusion.Input
	done func(error)
}

type committed struct {
	n   uint64
	err error
}

// Lane is the actor of one lane. Run owns all its state.
type Lane struct {
	cfg Config

	// in
	inbox  chan input
	commit chan committed

	// owned by Run
	seq     uint64
	now     time.Time
	queue   []waiting // handed to the journal, oldest first
	out     []fusion.Output
	poison  []uint64
	refused error // why the journal refuses, nil if it does not
	steps   uint64
	row     uint64 // of the newest input stepped

	// out
	stopped chan struct{}
	beat    atomic.Int64 // Unix ns of the loop's last turn

	mu    sync.Mutex
	stats Stats
}

// Stats are a lane's counters.
type Stats struct {
	Steps    uint64
	Inbox    int
	Last     time.Duration // of the last input, from hand-over to published
	Poisoned int
	Journal  string // why the journal refuses; "" if it does not
}

// New returns a lane; Run starts it.
func New(cfg Config) *Lane {
	return &Lane{cfg: cfg, seq: cfg.Seq, now: cfg.Core.Now(), inbox: make(chan input, inboxLen),
		commit: make(chan committed, inFlight), stopped: make(chan struct{})}
}

// errStopped answers inputs that come after the lane has ended.
var errStopped = errors.New("the lane has stopped")

// Emit takes an observation of one of the lane's sources; it blocks while the inbox is
// full. done is called when the observation is durable and judged, or refused.
func (l *Lane) Emit(o obs.Observation, done func(error)) {
	l.Put(fusion.Seen{Observation: o}, done)
}

// Put hands over any input. done may be nil.
func (l *Lane) Put(b fusion.InputBody, done func(error)) {
	select {
	case <-l.stopped:
		input{b, done}.answer(errStopped)
		return
	default:
	}
	select {
	case l.inbox <- input{b, done}:
	case <-l.stopped:
		input{b, done}.answer(errStopped)
		return
	}
	select {
	case <-l.stopped: // the lane has ended meanwhile and looks into its inbox no more
		l.flush()
	default:
	}
}

// flush answers what nobody will take any more.
func (l *Lane) flush() {
	for {
		select {
		case in := <-l.inbox:
			in.answer(errStopped)
		default:
			return
		}
	}
}

// Order hands over an officer's order and returns when it is durable and decided; the
// answer itself is an event of the stream.
func (l *Lane) Order(ctx context.Context, o fusion.Order) error {
	c := make(chan error, 1)
	l.Put(fusion.Ordered{Order: o}, func(err error) { c <- err })
	select {
	case err := <-c:
		return err
	case <-ctx.Done():
		return fmt.Errorf("order %s: %w", o.ID, ctx.Err())
	}
}

// Stats returns the counters.
func (l *Lane) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stats
	s.Inbox = len(l.inbox)
	return s
}

// Final gives the core and its newest row once Run has returned; row 0 if nothing was
// stepped since the start.
func (l *Lane) Final() (core *fusion.Core, row uint64) {
	<-l.stopped
	return l.cfg.Core, l.row
}

// Alive is when the lane's loop last turned; it does at least twice a second.
func (l *Lane) Alive() time.Time { return time.Unix(0, l.beat.Load()) }

// beatEvery is how often an idle lane shows that it lives.
const beatEvery = 500 * time.Millisecond

// Run runs the lane until ctx ends, then steps what is already with the journal.
func (l *Lane) Run(ctx context.Context) error {
	defer close(l.stopped)
	wake := time.NewTimer(time.Hour)
	defer wake.Stop()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	l.announce()
	l.rearm(wake)
	for {
		inbox := l.inbox
		if len(l.queue) >= inFlight {
			inbox = nil // the journal is behind: sources wait
		}
		l.beat.Store(time.Now().UnixNano())
		select {
		case <-beat.C:
		case <-ctx.Done():
			l.drain()
			return nil
		case in := <-inbox:
			l.submit(in)
		case c := <-l.commit:
			l.apply(ctx, c)
			l.rearm(wake)
		case <-wake.C:
			if len(l.queue) < inFlight {
				l.submit(input{body: fusion.Tick{}})
			}
			l.rearm(wake)
		}
	}
}

// announce publishes the state that a restart restored.
func (l *Lane) announce() {
	if !l.cfg.Core.Ready() {
		return
	}
	l.out = l.out[:0]
	for _, p := range l.cfg.Core.Passages(nil) {
		l.out = append(l.out, fusion.Output{Kind: fusion.Updated, Passage: p})
	}
	l.out = append(l.out, fusion.Output{Kind: fusion.Status, Lane: l.cfg.Core.Lane()})
	l.cfg.Publisher.Publish(l.cfg.ID, 0, l.now, l.out)
}

// submit gives an input its Seq and Now and hands it to the journal.
func (l *Lane) submit(in input) {
	kind, payload, err := encode(in.body)
	if err != nil {
		l.cfg.Log.Error("input refused", "lane", l.cfg.ID, "err", err)
		in.answer(err)
		return
	}
	now := obs.Unix(time.Now())
	if now.Before(l.now) {
		now = l.now // the wall clock stepped back: the core's time never does
	}
	l.now = now
	l.seq++
	l.queue = append(l.queue, waiting{fusion.Input{Seq: l.seq, Now: now, Body: in.body}, in.done})
	l.cfg.Journal.Append(journal.Record{Lane: l.cfg.ID, Seq: l.seq, Now: now, Kind: kind, Payload: payload},
		func(n uint64, err error) { l.commit <- committed{n, err} })
}

// apply steps the oldest input once it is durable.
func (l *Lane) apply(ctx context.Context, c committed) {
	w := l.queue[0]
	l.queue[0] = waiting{}
	l.queue = l.queue[1:]
	if c.err != nil {
		l.refuse(c.err)
		if w.done != nil {
			w.done(c.err)
		}
		return
	}
	if l.refused != nil {
		l.cfg.Log.Info("journal writes again", "lane", l.cfg.ID)
		l.refused = nil
	}
	l.step(ctx, w.in, c.n)
	if w.done != nil {
		w.done(nil)
	}
	l.count(w.in.Now)
}

func (l *Lane) count(since time.Time) {
	l.mu.Lock()
	l.stats.Steps++
	l.stats.Last = time.Since(since)
	l.stats.Poisoned = len(l.poison)
	l.stats.Journal = ""
	if l.refused != nil {
		l.stats.Journal = l.refused.Error()
	}
	l.mu.Unlock()
}

// refuse notes that the journal refuses inputs: the officer must see it, nothing may move.
func (l *Lane) refuse(err error) {
	if l.refused == nil {
		l.cfg.Log.Error("journal refuses inputs", "lane", l.cfg.ID, "err", err)
		e := fusion.Event{At: l.now, Seq: l.seq, Kind: "fault", Lane: l.cfg.ID, Priority: 1, Text: "the journal refuses: " + err.Error()}
		l.cfg.Publisher.Publish(l.cfg.ID, 0, l.now, []fusion.Output{{Kind: fusion.Alarm, Event: &e}})
	}
	l.refused = err
	l.count(l.now)
}

// step runs the core, publishes, and moves what it asks to move.
func (l *Lane) step(ctx context.Context, in fusion.Input, n uint64) {
	out, cause := l.try(in)
	if cause != nil {
		l.quarantine(ctx, in, cause)
		return
	}
	l.out, l.row = out, n
	l.cfg.Publisher.Publish(l.cfg.ID, n, in.Now, out)
	for i := range out {
		if out[i].Kind == fusion.Signals {
			l.cfg.Mover.Move(l.cfg.ID, *out[i].Signal)
		}
	}
	if sum, ok := digest(out); ok { // goes with the next batch: nobody waits for it
		l.cfg.Journal.Digest(journal.Digest{Lane: l.cfg.ID, Seq: in.Seq, Sum: sum})
	}
	l.steps++
	if l.cfg.Snapshot != nil && l.steps%snapshotEvery == 0 {
		l.cfg.Snapshot(l.cfg.ID, n, in.Seq, l.cfg.Core)
	}
}

// snapshotEvery is how many inputs a restart has to step again at most, beside those that
// came while a snapshot was written.
const snapshotEvery = 1000

// try is Step with a panic turned into an error.
func (l *Lane) try(in fusion.Input) (out []fusion.Output, cause error) {
	defer func() {
		if r := recover(); r != nil {
			cause = fmt.Errorf("panic in the core: %v\n%s", r, debug.Stack())
		}
	}()
	return l.cfg.Core.Step(l.out[:0], in), nil
}

// quarantine leaves the input that stopped the core out, for ever, and shows it: a lane
// that silently skips is a cover-up.
func (l *Lane) quarantine(ctx context.Context, in fusion.Input, cause error) {
	l.cfg.Log.Error("core stopped by an input", "lane", l.cfg.ID, "seq", in.Seq, "err", cause)
	l.poison = append(l.poison, in.Seq)
	l.seq++
	l.cfg.Journal.Append(QuarantineRecord(l.cfg.ID, l.seq, in.Seq, l.now, cause), func(uint64, error) {})
	core, err := l.cfg.Rebuild(ctx, l.poison)
	if err != nil {
		l.cfg.Log.Error("core could not be rebuilt", "lane", l.cfg.ID, "err", err)
		core = new(fusion.Core)
	}
	l.cfg.Core = core
	e := fusion.Event{At: in.Now, Seq: in.Seq, Kind: "fault", Lane: l.cfg.ID, Priority: 1,
		Text: fmt.Sprintf("input %d stopped the lane's core and is left out: check the open passages by hand", in.Seq)}
	l.cfg.Publisher.Publish(l.cfg.ID, 0, in.Now, []fusion.Output{{Kind: fusion.Alarm, Event: &e}})
	l.announce()
}

func firstLine(s string) string {
	for i := range len(s) {
		if s[i] == '\n' {
			return s[:i]
		}
	}
	return s
}

// drain steps what the journal already has, and answers what it has not.
func (l *Lane) drain() {
	limit := time.NewTimer(2 * time.Second)
	defer limit.Stop()
	for len(l.queue) > 0 {
		select {
		case c := <-l.commit:
			l.apply(context.Background(), c)
		case <-limit.C:
			for _, w := range l.queue {
				if w.done != nil {
					w.done(errStopped)
				}
			}
			l.queue = nil
			return
		}
	}
	l.flush()
}

// rearm sets the timer to the core's deadline.
func (l *Lane) rearm(wake *time.Timer) {
	at, ok := l.cfg.Core.Deadline()
	if !ok || len(l.queue) >= inFlight {
		wake.Reset(time.Hour)
		return
	}
	soonest := time.Millisecond
	if l.refused != nil {
		soonest = beatEvery // a tick that is refused is overdue again at once
	}
	wake.Reset(max(time.Until(at), soonest))
}
