package devices

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// dialogue is one Session on one open connection. Its goroutine owns the connection; done
// functions, which come from anywhere, only mark acknowledgements as due and wake it by
// moving the read deadline.
//
//	          Read --bytes--> Session --Out--> report, write, emit
//	            ^                                             |
//	deadline in |                                             v
//	 the past   +-- wake <-- settle <-- done(err) <-- journal
type dialogue struct {
	c    line.Conn
	s    Session
	env  Env
	emit Emit
	gate chan struct{} // not nil: taken while emitting, shared by all connections of a Source
	out  Out

	mu      sync.Mutex
	queue   []*pendingAck // in the order they must be sent
	reading bool
	woken   bool
	note    chan struct{} // poked when the head of queue is settled
}

// pendingAck is an Ack whose observations are not all durable yet.
type pendingAck struct {
	left      int
	refused   bool
	then, els []byte
}

func newDialogue(c line.Conn, s Session, env Env, emit Emit) *dialogue {
	return &dialogue{c: c, s: s, env: env, emit: emit, note: make(chan struct{}, 1)}
}

// errIdle ends a connection on which nothing has arrived for too long.
var errIdle = errors.New("nothing received within the idle limit")

// run serves the connection until it or ctx ends, and closes it. idle 0 is no limit. buf
// is used for reading; where it is full after a read the kernel is asked again.
func (d *dialogue) run(ctx context.Context, buf []byte, idle time.Duration) error {
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { defer close(closed); d.c.Close() })
	defer func() {
		d.c.Close()
		if !stop() {
			<-closed
		}
	}()
	err := d.loop(ctx, buf, idle)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (d *dialogue) loop(ctx context.Context, buf []byte, idle time.Duration) error {
	now := time.Now()
	heard := now
	d.s.Tick(now, &d.out)
	if err := d.flush(now); err != nil {
		return err
	}
	for ticked := now; ; {
		if err := d.drain(); err != nil {
			return err
		}
		var idleAt time.Time
		if idle > 0 {
			idleAt = heard.Add(idle)
		}
		if !d.arm(d.wake(ticked, idleAt)) {
			continue
		}
		n, err := d.c.Read(buf)
		d.disarm()
		now = time.Now()
		if n > 0 {
			heard = now
			d.env.Meter.Heard(now, n)
			d.s.Feed(now, buf[:n], &d.out)
			if err := d.flush(now); err != nil {
				return err
			}
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return d.finish(ctx, now, err)
		}
		if at, ok := d.s.Deadline(); ok && !at.After(now) {
			ticked = now
			d.s.Tick(now, &d.out)
			if err := d.flush(now); err != nil {
				return err
			}
		}
		if idle > 0 && now.Sub(heard) >= idle {
			return fmt.Errorf("%s: %w of %v", d.c.Peer(), errIdle, idle)
		}
	}
}

// wake gives the time at which Read must return: the session's deadline or the idle
// limit; zero if neither. A session that asks for a time that has passed is called again
// after a millisecond at the earliest, so that its mistake cannot take a whole core.
func (d *dialogue) wake(ticked, idleAt time.Time) time.Time {
	at, ok := d.s.Deadline()
	if !ok {
		return idleAt
	}
	if soon := ticked.Add(time.Millisecond); at.Before(soon) {
		at = soon
	}
	if !idleAt.IsZero() && idleAt.Before(at) {
		return idleAt
	}
	return at
}

// arm sets the read deadline unless a done function has called meanwhile.
func (d *dialogue) arm(at time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.woken {
		d.woken = false
		return false
	}
	d.reading = true
	d.c.SetReadDeadline(at) // fails on a closed link only, as Read then does
	return true
}

func (d *dialogue) disarm() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reading = false
}

// flush does what the session has put into out, and empties it.
func (d *dialogue) flush(now time.Time) error {
	out := &d.out
	defer out.Reset()
	for _, e := range out.Errs {
		d.env.Report(e)
	}
	d.env.Meter.Frames(now, max(out.Frames, len(out.Obs)))
	if len(out.Send) > 0 {
		if err := d.write(out.Send); err != nil {
			return err
		}
	}
	d.hand(now)
	if err := d.drain(); err != nil {
		return err
	}
	return out.Fail
}

// hand emits the observations, their acknowledgements queued before.
func (d *dialogue) hand(now time.Time) {
	out := &d.out
	acks := d.enqueue(out.Acks)
	if len(out.Obs) == 0 {
		return
	}
	if d.gate != nil {
		d.gate <- struct{}{}
		defer func() { <-d.gate }()
	}
	var done func(error)
	from := -1 // index of the first ack that done serves
	for i := range out.Obs {
		first := 0
		for first < len(acks) && out.Acks[first].After <= i {
			first++
		}
		if first != from {
			from, done = first, nil
			if first < len(acks) {
				served := acks[first:]
				done = func(err error) { d.settle(served, err) }
			}
		}
		o := out.Obs[i]
		if o.Stamp.Arrived.IsZero() {
			o.Stamp.Arrived = obs.Unix(now)
		}
		d.emit(o, done)
	}
}

// enqueue queues acks; one that claims more observations than there are waits for all.
func (d *dialogue) enqueue(acks []Ack) []*pendingAck {
	if len(acks) == 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	own := make([]*pendingAck, len(acks))
	for i, a := range acks {
		own[i] = &pendingAck{left: min(a.After, len(d.out.Obs)), then: a.Then, els: a.Else}
	}
	d.queue = append(d.queue, own...)
	return own
}

// settle notes that one observation that acks wait for is durable or was refused.
func (d *dialogue) settle(acks []*pendingAck, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range acks {
		a.left--
		a.refused = a.refused || err != nil
	}
	if len(d.queue) == 0 || d.queue[0].left > 0 {
		return
	}
	d.woken = true
	if d.reading {
		d.c.SetReadDeadline(time.Unix(1, 0)) // ends the pending Read; a closed link does not care
	}
	select {
	case d.note <- struct{}{}:
	default:
	}
}

// drain sends the acknowledgements that are due, in order.
func (d *dialogue) drain() error {
	for {
		d.mu.Lock()
		if len(d.queue) == 0 || d.queue[0].left > 0 {
			d.mu.Unlock()
			return nil
		}
		a := d.queue[0]
		d.queue[0] = nil
		d.queue = d.queue[1:]
		d.mu.Unlock()
		p := a.then
		if a.refused {
			p = a.els
		}
		if len(p) == 0 {
			continue
		}
		if err := d.write(p); err != nil {
			return err
		}
	}
}

func (d *dialogue) waiting() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.queue) > 0
}

func (d *dialogue) write(p []byte) error {
	d.c.SetWriteDeadline(time.Now().Add(writeLimit)) // fails on a closed link only, as Write then does
	if _, err := d.c.Write(p); err != nil {
		return fmt.Errorf("send %d bytes to %s: %w", len(p), d.c.Peer(), err)
	}
	return nil
}

// finish ends a link on which nothing more can be read. A device that has closed its half
// in order still gets the acknowledgements of what it has sent.
func (d *dialogue) finish(ctx context.Context, now time.Time, cause error) error {
	if errors.Is(cause, io.EOF) {
		if f, ok := d.s.(Finisher); ok {
			f.Finish(now, &d.out)
			if err := d.flush(now); err != nil {
				return err
			}
		}
		if err := d.settleAll(ctx); err != nil {
			return err
		}
	}
	return fmt.Errorf("read from %s: %w", d.c.Peer(), cause)
}

func (d *dialogue) settleAll(ctx context.Context) error {
	limit := time.NewTimer(ackLimit)
	defer limit.Stop()
	for {
		if err := d.drain(); err != nil {
			return err
		}
		if !d.waiting() {
			return nil
		}
		select {
		case <-d.note:
		case <-limit.C:
			return fmt.Errorf("%s closed before its data were durable", d.c.Peer())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
