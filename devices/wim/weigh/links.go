package weigh

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"acsgd/devices"
	"acsgd/internal/obs"
)

// NewSession makes the machine of one connection to one indicator.
type NewSession func(devices.Section, devices.Env) (devices.Session, error)

// OnLinks makes the New of a driver whose platforms each speak on a byte link: one, or two
// where settings has a second link.
func OnLinks(newSession NewSession, settings func(devices.Section) (Settings, error)) func(devices.Section, devices.Env) (devices.Source, error) {
	single := devices.OnLink(newSession)
	return func(sec devices.Section, env devices.Env) (devices.Source, error) {
		set, err := settings(sec)
		if err != nil {
			return nil, err
		}
		if set.SecondLink == "" {
			return single(sec, env)
		}
		j, makers, err := pair(newSession, set, sec, env)
		if err != nil {
			return nil, err
		}
		var sources [2]devices.Source
		for k, link := range [2]string{sec.Link, set.SecondLink} {
			open, err := env.Link(link)
			if err != nil {
				return nil, err
			}
			sources[k] = devices.Stream(open, func() devices.Session {
				s, _ := makers[k]() // the settings were good when the source was made
				return s
			}, env)
		}
		return Both(j, sources), nil
	}
}

// Sessions makes the machines of all links of an instrument, for virtual time.
func Sessions(newSession NewSession, settings func(devices.Section) (Settings, error)) func(devices.Section, devices.Env) ([]func() (devices.Session, error), error) {
	return func(sec devices.Section, env devices.Env) ([]func() (devices.Session, error), error) {
		set, err := settings(sec)
		if err != nil {
			return nil, err
		}
		if set.SecondLink == "" {
			return []func() (devices.Session, error){func() (devices.Session, error) { return newSession(sec, env) }}, nil
		}
		_, makers, err := pair(newSession, set, sec, env)
		return makers, err
	}
}

// pair makes what makes the sessions of both links, and looks at the settings once.
func pair(newSession NewSession, set Settings, sec devices.Section, env devices.Env) (*Joint, []func() (devices.Session, error), error) {
	j := NewJoint(set, env)
	var makers []func() (devices.Session, error)
	for k, link := range [2]string{sec.Link, set.SecondLink} {
		of := sec
		of.Link = link
		m := func() (devices.Session, error) {
			s := j.Side(k)
			inner, err := newSession(of, s.Env(env))
			if err != nil {
				return nil, err
			}
			if b, ok := inner.(interface{ Busy() bool }); ok {
				s.Watch(b.Busy)
			}
			return &sideSession{Session: inner, side: s}, nil
		}
		if _, err := m(); err != nil {
			return nil, nil, err
		}
		makers = append(makers, m)
	}
	return j, makers, nil
}

// sideSession is the session of one of two platforms.
type sideSession struct {
	devices.Session
	side *Side
	in   devices.Out
}

var _ devices.Finisher = (*sideSession)(nil)

// Feed implements devices.Session.
func (s *sideSession) Feed(now time.Time, p []byte, out *devices.Out) {
	s.Session.Feed(now, p, &s.in)
	s.side.Take(now, &s.in, out)
}

// Tick implements devices.Session.
func (s *sideSession) Tick(now time.Time, out *devices.Out) {
	s.Session.Tick(now, &s.in)
	s.side.Take(now, &s.in, out)
}

// Deadline implements devices.Session.
func (s *sideSession) Deadline() (at time.Time, ok bool) {
	at, ok = s.Session.Deadline()
	if t, more := s.side.Deadline(); more && (!ok || t.Before(at)) {
		return t, true
	}
	return at, ok
}

// Finish implements devices.Finisher.
func (s *sideSession) Finish(now time.Time, out *devices.Out) {
	if f, ok := s.Session.(devices.Finisher); ok {
		f.Finish(now, &s.in)
	}
	s.side.Take(now, &s.in, out)
}

// secondWait is the pause between attempts on a link while the other one works.
const secondWait = 5 * time.Second

// Both runs the sources of two platforms as one. While one is away the other goes on alone;
// when both are away, or one will never work, Run ends.
func Both(j *Joint, sources [2]devices.Source) devices.Source {
	return &both{joint: j, sources: sources}
}

type both struct {
	joint   *Joint
	sources [2]devices.Source
}

// Run implements devices.Source.
func (b *both) Run(ctx context.Context, emit devices.Emit) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	b.joint.begin()
	var turn sync.Mutex
	one := func(o obs.Observation, done func(error)) {
		turn.Lock()
		defer turn.Unlock()
		emit(o, done)
	}
	var wg sync.WaitGroup
	for k := range b.sources {
		wg.Go(func() { b.run(ctx, cancel, k, one) })
	}
	wg.Wait()
	return context.Cause(ctx)
}

// run keeps one platform going.
func (b *both) run(ctx context.Context, end context.CancelCauseFunc, k int, emit devices.Emit) {
	for ctx.Err() == nil {
		err := b.sources[k].Run(ctx, emit)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("the link ended")
		}
		var out devices.Out
		now := time.Now()
		if other := b.joint.Down(now, k, err, &out); other || devices.IsPermanent(err) {
			end(fmt.Errorf("platform %d of 2: %w", k+1, err))
			return
		}
		for _, o := range out.Obs {
			o.Stamp.Arrived = obs.Unix(now)
			emit(o, nil)
		}
		select {
		case <-ctx.Done():
		case <-time.After(secondWait):
		}
	}
}
