package cola

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"acsgd/devices"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

const secondWait = 10 * time.Second // between attempts on the second scanner

// pair runs the links of two scanners as one Source. The first is the instrument; while
// the second is away, heights go on and widths are known less well, so its link is made
// anew here and does not take the first one down.
type pair struct {
	first, second devices.Source
	env           devices.Env
}

// Run implements devices.Source.
func (p *pair) Run(ctx context.Context, emit devices.Emit) error {
	ctx, cancel := context.WithCancel(ctx)
	var mu sync.Mutex
	one := func(o obs.Observation, done func(error)) {
		mu.Lock()
		defer mu.Unlock()
		emit(o, done)
	}
	var wg sync.WaitGroup
	wg.Go(func() { p.runSecond(ctx, one) })
	err := p.first.Run(ctx, one)
	cancel()
	wg.Wait()
	return err
}

func (p *pair) runSecond(ctx context.Context, emit devices.Emit) {
	for {
		err := p.second.Run(ctx, emit)
		if ctx.Err() != nil {
			return
		}
		reason := "second scanner: the link ended"
		if err != nil {
			reason = "second scanner: " + err.Error()
		}
		emit(obs.Observation{Stamp: obs.Stamp{At: obs.Unix(time.Now())},
			Body: &obs.Health{State: obs.Degraded, Reason: reason}}, nil)
		select {
		case <-ctx.Done():
			return
		case <-time.After(secondWait):
		}
	}
}

// politeConn says good-bye in the dialect that was spoken last.
type politeConn struct {
	line.Conn
	dialect atomic.Uint32
	once    sync.Once
}

// Write implements io.Writer.
func (c *politeConn) Write(p []byte) (int, error) {
	if len(p) > 1 {
		d := ASCII
		if p[1] == stx {
			d = Binary
		}
		c.dialect.Store(uint32(d))
	}
	return c.Conn.Write(p)
}

// Close implements io.Closer.
func (c *politeConn) Close() error {
	c.once.Do(func() {
		if d := Dialect(c.dialect.Load()); d != Unknown {
			c.Conn.SetWriteDeadline(time.Now().Add(200 * time.Millisecond)) // a link that cannot take it is closed all the same
			_, _ = c.Conn.Write(subscribe(nil, d, 0))
		}
	})
	return c.Conn.Close()
}
