package devices

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"acsgd/internal/obs"
)

// Supervision says how one source is run. Zero values are defaults.
type Supervision struct {
	Name string       // instrument name; Source of its observations
	Lane string       // "" for corridor sources
	Log  *slog.Logger // default: none
	Emit Emit         // takes what the source sees; must not be nil
	// Now stamps arrivals, default time.Now.
	Now func() time.Time
	// ClockLimit is how far the instrument's clock may be off before its times are marked
	// DeviceUnsynced, default 10 s; negative: never.
	ClockLimit time.Duration
	// Silence is after how long without a byte a running instrument is degraded, for those
	// that always talk; default never.
	Silence time.Duration
	// Waiting is after how long without a first byte an instrument is offline, default 5 s;
	// longer for those that speak seldom.
	Waiting time.Duration
	// BadFrames a minute make an instrument degraded, default 10.
	BadFrames int
	// Grace is how long a source may take to return after it was cancelled, default 6 s,
	// more than any dial takes.
	Grace time.Duration
}

const (
	backoffMin   = 500 * time.Millisecond
	backoffMax   = 30 * time.Second
	backoffReset = 60 * time.Second // a run that lasted so long was good
	waitingLimit = 5 * time.Second  // after so long without a first byte an instrument is offline
)

// ErrStuck says that a source did not return after it was cancelled.
var ErrStuck = errors.New("source ignores cancellation")

// errOver is why an observation that comes after its run has ended is refused.
var errOver = errors.New("the run of the source has ended")

// Supervisor runs one Source for ever. It names, numbers and stamps its observations,
// restarts it with growing pauses, and tells in Health observations, on changes only,
// whether it works.
//
//	sup := NewSupervisor(how)
//	src, err := driver.New(section, sup.Env(env))
//	err = sup.Run(ctx, src)
type Supervisor struct {
	how   Supervision
	meter Meter
	kick  chan struct{} // something that judge looks at has changed
	gate  chan struct{} // taken while emitting; guards seq

	seq uint64 // of the last observation

	mu     sync.Mutex // guards what follows; never held while emitting
	cond   condition
	told   verdict
	since  time.Time
	actual verdict
}

// NewSupervisor makes a supervisor; it starts nothing.
func NewSupervisor(how Supervision) *Supervisor {
	if how.Log == nil {
		how.Log = slog.New(slog.DiscardHandler)
	}
	if how.Now == nil {
		how.Now = time.Now
	}
	if how.ClockLimit == 0 {
		how.ClockLimit = 10 * time.Second
	}
	if how.BadFrames <= 0 {
		how.BadFrames = 10
	}
	if how.Waiting <= 0 {
		how.Waiting = waitingLimit
	}
	if how.Grace <= 0 {
		how.Grace = 6 * time.Second
	}
	s := &Supervisor{how: how, kick: make(chan struct{}, 1), gate: make(chan struct{}, 1)}
	s.meter.notify = s.poke
	s.cond.clock.limit = how.ClockLimit
	s.cond.bad.limit = how.BadFrames
	s.cond.silence, s.cond.waiting = how.Silence, how.Waiting
	return s
}

// Env completes what the site gives the driver: name, lane, log, and the counters and the
// report of decode errors that belong to this supervisor. A Report that base has is also
// called.
func (s *Supervisor) Env(base Env) Env {
	also := base.Report
	base.Name, base.Lane, base.Log, base.Meter = s.how.Name, s.how.Lane, s.how.Log, &s.meter
	base.Report = func(e *obs.DecodeError) {
		s.report(e)
		if also != nil {
			also(e)
		}
	}
	return base
}

func (s *Supervisor) poke() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

func (s *Supervisor) report(e *obs.DecodeError) {
	now := s.how.Now()
	s.mu.Lock()
	s.cond.bad.add(now, e)
	s.mu.Unlock()
	s.meter.report(now, e)
	s.how.Log.Debug("decode error", "dev", s.how.Name, "proto", e.Proto, "off", e.Offset, "reason", e.Reason)
}

// Run runs src until ctx ends. It returns ctx's error, or one that wraps ErrStuck if src
// does not return in time after that. A source that fails for good (see Permanent), or a
// recording that has ended, is not run again: Run then waits for ctx and returns the cause.
func (s *Supervisor) Run(ctx context.Context, src Source) error {
	pause := backoffMin
	for n := 0; ; n++ {
		began := s.how.Now()
		s.begin(began, n == 0)
		err := s.once(ctx, src)
		if errors.Is(err, ErrStuck) {
			s.stuck(err)
			return fmt.Errorf("%s: %w", s.how.Name, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			err = errors.New("the source ended by itself")
		}
		s.ended(ctx, err)
		if ends(err) {
			s.idle(ctx, nil)
			return fmt.Errorf("%s: %w", s.how.Name, err)
		}
		if s.how.Now().Sub(began) >= backoffReset {
			pause = backoffMin
		}
		t := time.NewTimer(jitter(pause))
		s.idle(ctx, t.C)
		t.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		pause = min(2*pause, backoffMax)
	}
}

// jitter spreads d by 20 % either way, so that a site's instruments do not all come back
// at the same moment.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

// idle waits for a channel or the end of ctx, telling of changes meanwhile.
func (s *Supervisor) idle(ctx context.Context, until <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-until:
			return
		case <-s.kick:
			s.tell(ctx)
		}
	}
}

func (s *Supervisor) begin(now time.Time, first bool) {
	s.mu.Lock()
	s.cond.running, s.cond.since, s.cond.device = true, now, obs.Health{}
	s.mu.Unlock()
	s.meter.begin(now, first)
}

func (s *Supervisor) ended(ctx context.Context, err error) {
	s.mu.Lock()
	s.cond.running, s.cond.cause = false, err
	s.mu.Unlock()
	s.tell(ctx)
}

// run is one Run of a source; what comes after its end is refused.
type run struct {
	s    *Supervisor
	over atomic.Bool
}

// once runs src once, in a goroutine of its own so that a source that hangs is found out.
func (s *Supervisor) once(ctx context.Context, src Source) error {
	r := &run{s: s}
	end := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				s.how.Log.Error("driver panic", "dev", s.how.Name, "err", fmt.Sprint(p), "stack", string(debug.Stack()))
				end <- fmt.Errorf("%w: %v", errPanic, p)
			}
		}()
		end <- src.Run(ctx, r.emit)
	}()
	wake := time.NewTimer(time.Hour)
	defer wake.Stop()
	for {
		if next := s.tell(ctx); !next.IsZero() {
			wake.Reset(max(next.Sub(s.how.Now()), time.Millisecond))
		} else {
			wake.Stop()
		}
		select {
		case err := <-end:
			r.close()
			return err
		case <-s.kick:
		case <-wake.C:
		case <-ctx.Done():
			return s.cancelled(r, end)
		}
	}
}

func (s *Supervisor) cancelled(r *run, end <-chan error) error {
	grace := time.NewTimer(s.how.Grace)
	defer grace.Stop()
	select {
	case err := <-end:
		r.close()
		return err
	case <-grace.C:
	}
	r.over.Store(true) // without the gate: the source may hold it in an emit that blocks
	return fmt.Errorf("%w for %v", ErrStuck, s.how.Grace)
}

func (s *Supervisor) stuck(err error) {
	s.mu.Lock()
	now := s.how.Now()
	s.cond.running, s.cond.cause = false, err
	s.actual = verdict{obs.Offline, "stuck", err.Error()}
	s.since = now
	s.mu.Unlock()
	s.how.Log.Error("source ignores cancellation", "dev", s.how.Name)
}

func (r *run) close() {
	r.s.gate <- struct{}{}
	r.over.Store(true)
	<-r.s.gate
}

// emit is the Emit that a source is given.
func (r *run) emit(o obs.Observation, done func(error)) {
	s := r.s
	s.gate <- struct{}{}
	defer func() { <-s.gate }()
	if r.over.Load() {
		if done != nil {
			done(errOver)
		}
		return
	}
	now := s.how.Now()
	if o.Stamp.Arrived.IsZero() {
		o.Stamp.Arrived = obs.Unix(now)
	}
	s.meter.Heard(now, 0)
	if h, ok := o.Body.(*obs.Health); ok {
		s.said(now, o, *h, done)
		return
	}
	s.mu.Lock()
	s.cond.clock.check(&o)
	v, changed := s.change(now)
	s.mu.Unlock()
	if changed { // the news comes before what was seen in the new state
		s.news(now, v)
	}
	s.hand(o, done)
}
