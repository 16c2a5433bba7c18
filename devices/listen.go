package devices

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// ListenConfig bounds a Source that many devices connect to. Zero values are defaults.
type ListenConfig struct {
	Max  int           // open connections at most, default 10 000; further ones are closed at once
	Idle time.Duration // a connection on which nothing arrives for so long is closed, default 10 min
}

// Listen is the shell of a driver that devices connect to: one Session a connection, each
// in a goroutine of its own, observations handed out one at a time. A connection that
// fails, or whose session panics, ends alone. Run returns when accepting fails or ctx
// ends, after all connections have ended.
//
// A connection costs one goroutine and 512 bytes of buffer.
func Listen(open line.Open, newSession func() Session, env Env, cfg ListenConfig) Source {
	if cfg.Max <= 0 {
		cfg.Max = 10_000
	}
	if cfg.Idle <= 0 {
		cfg.Idle = 10 * time.Minute
	}
	return &listen{open: open, newSession: newSession, env: env.filled(), cfg: cfg}
}

type listen struct {
	open       line.Open
	newSession func() Session
	env        Env
	cfg        ListenConfig
}

// bindGrace is how long after its start a listening source is taken as online: a port
// that cannot be bound has said so by then.
const bindGrace = time.Second

// listenBuffer is small because there are many connections; longer frames take more reads.
const listenBuffer = 512

// Run implements Source.
func (l *listen) Run(ctx context.Context, emit Emit) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	up := time.AfterFunc(bindGrace, func() { l.env.Meter.Heard(time.Now(), 0) })
	defer up.Stop()

	gate := make(chan struct{}, 1)
	slots := make(chan struct{}, l.cfg.Max)
	for {
		c, err := l.open(ctx)
		switch {
		case ctx.Err() != nil:
			if err == nil {
				c.Close()
			}
			return ctx.Err()
		case err != nil && !passing(err):
			return err
		case err != nil:
			l.env.Log.Warn("accept", "dev", l.env.Name, "err", err)
			if !sleep(ctx, 100*time.Millisecond) {
				return ctx.Err()
			}
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			l.env.Report(&obs.DecodeError{Proto: l.env.Name, Reason: fmt.Sprintf("connection of %s refused: %d are open", c.Peer(), l.cfg.Max)})
			c.Close()
			continue
		}
		wg.Go(func() {
			defer func() { <-slots }()
			l.serve(ctx, c, gate, emit)
		})
	}
}

// passing reports whether accepting may succeed soon although it failed now.
func passing(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ECONNABORTED, syscall.ENOBUFS, syscall.ENOMEM, syscall.EPROTO} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// sleep waits; false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (l *listen) serve(ctx context.Context, c line.Conn, gate chan struct{}, emit Emit) {
	defer c.Close()
	defer func() {
		if r := recover(); r != nil {
			l.env.Log.Error("session panic", "dev", l.env.Name, "peer", c.Peer(), "err", fmt.Sprint(r), "stack", string(debug.Stack()))
			l.env.Report(&obs.DecodeError{Proto: l.env.Name, Reason: fmt.Sprintf("fault in the driver on the connection of %s: %v", c.Peer(), r)})
		}
	}()
	d := newDialogue(c, l.newSession(), l.env, emit)
	d.gate = gate
	err := d.run(ctx, make([]byte, listenBuffer), l.cfg.Idle)
	l.env.Log.Debug("connection ended", "dev", l.env.Name, "peer", c.Peer(), "err", err)
}
