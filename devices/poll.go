package devices

import (
	"context"
	"time"

	"acsgd/internal/obs"
)

// Poller asks an instrument once. What it finds goes into out (Obs, Errs, Frames); an
// error ends the Run of its Source, and the supervisor starts it again.
type Poller func(ctx context.Context, now time.Time, out *Out) error

// Poll calls p at once and then every so often; calls that could not be made in time are
// left out. p is never called by two goroutines.
func Poll(every time.Duration, p Poller, env Env) Source {
	return &poll{every: every, p: p, env: env.filled()}
}

type poll struct {
	every time.Duration
	p     Poller
	env   Env
}

// Run implements Source.
func (s *poll) Run(ctx context.Context, emit Emit) error {
	t := time.NewTicker(s.every)
	defer t.Stop()
	var out Out
	for {
		now := time.Now()
		out.Reset()
		err := s.p(ctx, now, &out)
		for _, e := range out.Errs {
			s.env.Report(e)
		}
		if err == nil {
			s.env.Meter.Heard(now, 0)
		}
		s.env.Meter.Frames(now, max(out.Frames, len(out.Obs)))
		for _, o := range out.Obs {
			if o.Stamp.Arrived.IsZero() {
				o.Stamp.Arrived = obs.Unix(time.Now())
			}
			emit(o, nil)
		}
		if err == nil {
			err = out.Fail
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}
