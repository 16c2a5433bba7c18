package isapi

import (
	"context"
	"errors"
	"sync"
	"time"

	"acsgd/devices"
	"acsgd/devices/pull"
	"acsgd/internal/obs"
)

const (
	// pollRest is the pause after a failed fetching.
	pollRest = 5 * time.Second
	// pollFails is after how many failures in a row they are told.
	pollFails = 3
)

// beside runs a source and, on a link of its own, the fetching of what it misses. The
// source's link decides: when it ends, Run ends.
type beside struct {
	main, poll devices.Source
	cam        *camera
	every      time.Duration
}

// Run implements devices.Source.
func (b *beside) Run(ctx context.Context, emit devices.Emit) error {
	ctx, cancel := context.WithCancel(ctx)
	b.cam.anew()
	var turn sync.Mutex
	one := func(o obs.Observation, done func(error)) {
		turn.Lock()
		defer turn.Unlock()
		emit(o, done)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { b.fetch(ctx, one) })
	return b.main.Run(ctx, one)
}

// fetch keeps the second link going.
func (b *beside) fetch(ctx context.Context, emit devices.Emit) {
	fails := 0
	for ctx.Err() == nil {
		began := time.Now()
		err := b.poll.Run(ctx, emit)
		if ctx.Err() != nil {
			return
		}
		pause := pollRest
		switch fault, ok := errors.AsType[*pull.Fault](err); {
		case fault == errRested:
			fails, pause = 0, max(b.every-time.Since(began), pollRest)
		case ok && fault.Login:
			fails = pollFails
		case time.Since(began) > pollFails*pollRest:
			fails = 1 // it has worked in between
		default:
			fails++
		}
		if fails >= pollFails {
			var out devices.Out
			now := time.Now()
			b.cam.fetching(now, "plates cannot be fetched: "+err.Error(), &out)
			for _, o := range out.Obs {
				o.Stamp.Arrived = obs.Unix(now)
				emit(o, nil)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// known runs a source whose camera is told of anew with each run.
type known struct {
	devices.Source
	cam *camera
}

// Run implements devices.Source.
func (k known) Run(ctx context.Context, emit devices.Emit) error {
	k.cam.anew()
	return k.Source.Run(ctx, emit)
}
