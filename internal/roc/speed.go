package roc

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"acsgd/devices"
	"acsgd/devices/rpm/tsa"
	"acsgd/fusion/radiation"
	"acsgd/internal/obs"
)

// Speed is what the judging of a busy lane costs in processor time.
type Speed struct {
	Occupancies int
	Lane        time.Duration // how long the lane's traffic took
	Engine      time.Duration // Feed with the analysis at the end, an occupancy
	Lanes       float64       // lanes that one core follows, from the bytes on the wire to the analysis
}

func (s Speed) String() string {
	return fmt.Sprintf("engine with analysis: %d us an occupancy (%d of them); one core follows %.0f busy lanes, from the wire to the analysis",
		s.Engine.Microseconds(), s.Occupancies, s.Lanes)
}

// event is what came over the wire at a moment, or a moment at which the driver wanted to
// be called.
type event struct {
	at    time.Time
	bytes []byte
	tick  bool
}

// tape is a lane's traffic for playing it often.
type tape struct {
	events    []event
	lines     []line
	length    time.Duration
	templates *radiation.Templates
}

// line is what the driver made of a line.
type line struct {
	at time.Time
	r  obs.Radiation
}

// record makes a tape of n occupancies, and templates for its vehicles.
func record(ctx context.Context, seed uint64, n int) (*tape, error) {
	t := &tape{}
	c := Config{Seed: seed, learn: 2}
	var err error
	if t.templates, _, err = c.templates(ctx); err != nil {
		return nil, err
	}
	l, err := newLane(seed, 2*cleanFrom)
	if err != nil {
		return nil, err
	}
	from := l.now
	l.wire = func(e event) {
		e.bytes = append([]byte(nil), e.bytes...)
		t.events = append(t.events, e)
	}
	if err := l.drive(ctx, n, func(*radiation.Occupancy) {}); err != nil {
		return nil, err
	}
	t.length = l.now.Sub(from)
	_, err = t.play(func(at time.Time, r *obs.Radiation) { t.lines = append(t.lines, line{at, *r}) })
	for i := range t.lines {
		r := &t.lines[i].r
		r.Values, r.Setup, r.Flags = append([]int64(nil), r.Values...), append([]string(nil), r.Setup...), append([]obs.Flag(nil), r.Flags...)
	}
	return t, err
}

// play decodes the tape and hands out the lines.
func (t *tape) play(take func(time.Time, *obs.Radiation)) (n int, err error) {
	session, err := tsa.NewSession(devices.Section{}, devices.Env{})
	if err != nil {
		return 0, err
	}
	var out devices.Out
	session.Tick(t.events[0].at, &out)
	for _, e := range t.events {
		if e.tick {
			session.Tick(e.at, &out)
		} else {
			session.Feed(e.at, e.bytes, &out)
		}
		for _, o := range out.Obs {
			if r, ok := o.Body.(*obs.Radiation); ok {
				take(o.Stamp.At, r)
				n++
			}
		}
		out.Reset()
	}
	return n, nil
}

// judge feeds all lines to an engine.
func (t *tape) judge() (occupancies int) {
	e := radiation.New(radiation.Config{})
	e.Use(t.templates)
	for i := range t.lines {
		if o := e.Feed(t.lines[i].at, &t.lines[i].r); o != nil {
			occupancies++
			e.Recycle(o)
		}
	}
	return occupancies
}

// follow does the work of a lane's node: bytes, lines, occupancies with their analysis.
func (t *tape) follow() (occupancies int, err error) {
	e := radiation.New(radiation.Config{})
	e.Use(t.templates)
	_, err = t.play(func(at time.Time, r *obs.Radiation) {
		if o := e.Feed(at, r); o != nil {
			occupancies++
			e.Recycle(o)
		}
	})
	return occupancies, err
}

// worked is the processor time of this process, which does not see who else uses the machine.
func worked() (time.Duration, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}

// Throughput measures the processor time of judging on this machine. Nothing else may run in
// the process.
func Throughput(ctx context.Context, seed uint64) (Speed, error) {
	const n = 300
	t, err := record(ctx, seed, n)
	if err != nil {
		return Speed{}, err
	}
	s := Speed{Occupancies: n, Lane: t.length}
	best := func(f func() error) (time.Duration, error) {
		least := time.Duration(1 << 62)
		for range 10 {
			at, err := worked()
			if err == nil {
				err = f()
			}
			now, err2 := worked()
			if err := errors.Join(err, err2, ctx.Err()); err != nil {
				return 0, err
			}
			least = min(least, now-at)
		}
		return least, nil
	}
	d, err := best(func() error { t.judge(); return nil })
	if err != nil {
		return s, err
	}
	s.Engine = d / n
	if d, err = best(func() error { _, err := t.follow(); return err }); err == nil {
		s.Lanes = t.length.Seconds() / d.Seconds()
	}
	return s, err
}
