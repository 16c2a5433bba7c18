package devices

import (
	"context"
	"log/slog"
	"time"

	"acsgd/internal/obs"
)

// news emits a change of state; the gate is held.
func (s *Supervisor) news(now time.Time, v verdict) {
	s.log(v)
	at := obs.Unix(now)
	s.hand(obs.Observation{Stamp: obs.Stamp{At: at, Arrived: at}, Body: &obs.Health{State: v.state, Reason: v.reason}}, nil)
}

// hand numbers and names an observation and passes it on; the gate is held.
func (s *Supervisor) hand(o obs.Observation, done func(error)) {
	s.seq++
	o.Source, o.Lane, o.Seq = s.how.Name, s.how.Lane, s.seq
	s.how.Emit(o, done)
}

// said takes what the instrument says about itself; the gate is held. Repetitions count
// as durable, since the record that they repeat stands.
func (s *Supervisor) said(now time.Time, o obs.Observation, h obs.Health, done func(error)) {
	s.mu.Lock()
	s.cond.device = h
	v, changed := s.change(now)
	s.mu.Unlock()
	if !changed {
		if done != nil {
			done(nil)
		}
		return
	}
	o.Body = &obs.Health{State: v.state, Reason: v.reason}
	s.log(v)
	s.hand(o, done)
}

// change judges the condition and notes what is to be told; mu is held.
func (s *Supervisor) change(now time.Time) (verdict, bool) {
	v, _, known := s.cond.judge(now, &s.meter)
	if !known {
		return v, false
	}
	if v.state != s.actual.state {
		s.since = now
	}
	s.actual = v
	if v.state == s.told.state && v.kind == s.told.kind {
		return v, false
	}
	s.told = v
	return v, true
}

// tell emits a Health observation if the state has changed, and gives the time at which it
// must be judged again.
func (s *Supervisor) tell(ctx context.Context) time.Time {
	select {
	case s.gate <- struct{}{}:
	case <-ctx.Done():
		return time.Time{}
	}
	defer func() { <-s.gate }()
	now := s.how.Now()
	s.mu.Lock()
	v, changed := s.change(now)
	_, next, _ := s.cond.judge(now, &s.meter)
	s.mu.Unlock()
	if changed {
		s.news(now, v)
	}
	return next
}

func (s *Supervisor) log(v verdict) {
	level := slog.LevelInfo
	if v.state == obs.Offline || v.state == obs.Degraded {
		level = slog.LevelWarn
	}
	s.how.Log.Log(context.Background(), level, "instrument state", "dev", s.how.Name, "state", string(v.state), "reason", v.reason)
}

// Status is what the health screen shows of one instrument.
type Status struct {
	Name, Lane  string
	State       obs.HealthState // "" before anything is known
	Reason      string
	Since       time.Time // when State began
	Counters    Counters
	ClockOffset time.Duration // our clock less the instrument's, delay included; 0 if it has none
	Errors      []SeenError   // the last RingSize, the newest last
}

// Status gives the state now; safe for concurrent use.
func (s *Supervisor) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	off, _ := s.cond.clock.Offset()
	return Status{Name: s.how.Name, Lane: s.how.Lane, State: s.actual.state, Reason: s.actual.reason, Since: s.since,
		Counters: s.meter.Counters(), ClockOffset: off, Errors: s.meter.Errors()}
}
