package roc

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"acsgd/devices"
	"acsgd/devices/rpm/tsa"
	"acsgd/fusion/radiation"
	"acsgd/internal/obs"
	"acsgd/sim"
	"acsgd/sim/rpm"
)

// lane is a simulated portal with its traffic, the driver that reads its lines, and an
// engine: whole, in virtual time, on the bytes of the wire.
type lane struct {
	portal  *rpm.Portal
	session devices.Session
	engine  *radiation.Engine
	now     time.Time
	sent    sim.Out
	out     devices.Out
	take    func(*radiation.Occupancy)
	wire    func(event) // nil: no one wants the bytes
}

// eachLane is how many occupancies one lane gives before another one with other weather and
// another time of the year begins.
const eachLane = 500

// newLane makes a lane; lanes of one seed and different numbers are independent.
func newLane(seed uint64, number int) (*lane, error) {
	rng := rand.New(rand.NewPCG(seed, 0x6c616e65<<16+uint64(number)))
	start := time.Date(2026, 1, 1, rng.IntN(24), rng.IntN(60), 0, 0, time.UTC).AddDate(0, 0, rng.IntN(365))
	session, err := tsa.NewSession(devices.Section{}, devices.Env{})
	if err != nil {
		return nil, fmt.Errorf("driver of the simulated portal: %w", err)
	}
	cfg := rpm.Config{
		Seed: rng.Uint64(), Neighbour: 0.02,
		Rain: rpm.Weather(rng, start.Add(-6*time.Hour), 24*time.Hour),
	}
	traffic := rpm.NewTraffic(rpm.TrafficConfig{Seed: rng.Uint64(), Start: start.Add(30 * time.Second)})
	l := &lane{portal: rpm.New(cfg, traffic), session: session, engine: radiation.New(radiation.Config{}), now: start}
	l.portal.Tick(start, &l.sent)
	session.Tick(start, &l.out)
	return l, nil
}

// step goes on to the next moment at which something happens.
func (l *lane) step() error {
	at, ok := l.session.Deadline()
	now, _ := l.portal.Deadline()
	l.now = now
	if ok && at.Before(now) {
		l.now = at
		if l.wire != nil {
			l.wire(event{at: at, tick: true})
		}
		l.session.Tick(at, &l.out)
	} else {
		l.portal.Tick(now, &l.sent)
		if l.wire != nil {
			l.wire(event{at: now, bytes: l.sent.Send})
		}
		l.session.Feed(now, l.sent.Send, &l.out)
		l.sent.Send = l.sent.Send[:0]
	}
	for _, e := range l.out.Errs {
		return fmt.Errorf("the driver does not understand the simulated portal: %w", e)
	}
	if l.out.Fail != nil {
		return l.out.Fail
	}
	for _, o := range l.out.Obs {
		r, ok := o.Body.(*obs.Radiation)
		if !ok {
			continue
		}
		if done := l.engine.Feed(o.Stamp.At, r); done != nil {
			l.take(done)
		}
	}
	l.out.Reset()
	return nil
}

// drive hands out n occupancies; take must not keep them.
func (l *lane) drive(ctx context.Context, n int, take func(*radiation.Occupancy)) error {
	done := 0
	l.take = func(o *radiation.Occupancy) {
		if done++; done <= n {
			take(o)
		}
		l.engine.Recycle(o)
	}
	for done < n {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := l.step(); err != nil {
			return err
		}
	}
	return nil
}
