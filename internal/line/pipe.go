package line

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Pipes pairs the two ends of pipe: links by name. It is passed to whoever needs it; the
// driver's end is opened by Open, the instrument's end by Accept.
type Pipes struct {
	mu sync.Mutex
	m  map[string]chan Conn
}

// NewPipes makes an empty registry.
func NewPipes() *Pipes { return &Pipes{m: map[string]chan Conn{}} }

func (p *Pipes) meet(name string) chan Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.m[name]
	if !ok {
		c = make(chan Conn)
		p.m[name] = c
	}
	return c
}

// Open gives the driver's Open of a name: it waits until the other side accepts.
func (p *Pipes) Open(name string) Open {
	return func(ctx context.Context) (Conn, error) {
		near, far := Pipe(name)
		select {
		case p.meet(name) <- far:
			return near, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Accept waits for a driver to open the link of that name and gives the instrument's end.
func (p *Pipes) Accept(ctx context.Context, name string) (Conn, error) {
	select {
	case c := <-p.meet(name):
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pipeBuffer is how many bytes one direction of a pipe holds before a writer waits, about
// what a socket's buffers hold. Unlike net.Pipe two ends may so write at the same time.
const pipeBuffer = 64 << 10

// Pipe makes a buffered in-process pair. It works inside synctest bubbles.
func Pipe(name string) (near, far Conn) {
	a, b := newHalf(), newHalf()
	return &pipeConn{in: a, out: b, name: "pipe:" + name, r: newDeadline(), w: newDeadline()},
		&pipeConn{in: b, out: a, name: "pipe:" + name, r: newDeadline(), w: newDeadline()}
}

// half is one direction.
type half struct {
	mu           sync.Mutex
	buf          []byte
	ended        bool          // the writer has closed
	gone         bool          // the reader has closed
	fresh, space chan struct{} // capacity 1: something changed for the reader, the writer
}

func newHalf() *half {
	return &half{fresh: make(chan struct{}, 1), space: make(chan struct{}, 1)}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

type pipeConn struct {
	in, out *half
	name    string
	r, w    *deadline
}

// Peer implements Conn.
func (c *pipeConn) Peer() string { return c.name }

// SetReadDeadline implements Conn.
func (c *pipeConn) SetReadDeadline(t time.Time) error { c.r.set(t); return nil }

// SetWriteDeadline implements Conn.
func (c *pipeConn) SetWriteDeadline(t time.Time) error { c.w.set(t); return nil }

// Read implements Conn.
func (c *pipeConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		dead := c.r.wait()
		if isClosed(dead) {
			return 0, fmt.Errorf("read %s: %w", c.name, os.ErrDeadlineExceeded)
		}
		if n, err, ok := c.in.take(p); ok {
			return n, err
		}
		select {
		case <-c.in.fresh:
		case <-dead:
		}
	}
}

func (h *half) take(p []byte) (int, error, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.gone:
		return 0, io.ErrClosedPipe, true
	case len(h.buf) > 0:
		n := copy(p, h.buf)
		h.buf = append(h.buf[:0], h.buf[n:]...)
		poke(h.space)
		return n, nil, true
	case h.ended:
		return 0, io.EOF, true
	}
	return 0, nil, false
}

// Write implements Conn.
func (c *pipeConn) Write(p []byte) (int, error) {
	done := 0
	for {
		dead := c.w.wait()
		if isClosed(dead) {
			return done, fmt.Errorf("write %s: %w", c.name, os.ErrDeadlineExceeded)
		}
		n, err := c.out.put(p[done:])
		done += n
		if err != nil || done == len(p) {
			return done, err
		}
		select {
		case <-c.out.space:
		case <-dead:
		}
	}
}

func (h *half) put(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone || h.ended {
		return 0, io.ErrClosedPipe
	}
	n := min(len(p), pipeBuffer-len(h.buf))
	h.buf = append(h.buf, p[:n]...)
	poke(h.fresh)
	return n, nil
}

// Close implements Conn: the other end reads what was written before, then io.EOF.
func (c *pipeConn) Close() error {
	c.in.mu.Lock()
	c.in.gone, c.in.buf = true, nil
	c.in.mu.Unlock()
	c.out.mu.Lock()
	c.out.ended = true
	c.out.mu.Unlock()
	for _, s := range []chan struct{}{c.in.fresh, c.in.space, c.out.fresh, c.out.space} {
		poke(s)
	}
	c.r.set(time.Time{})
	c.w.set(time.Time{})
	return nil
}

// deadline turns a time into a channel that is closed once it has passed.
type deadline struct {
	mu    sync.Mutex
	timer *time.Timer
	ch    chan struct{}
}

func newDeadline() *deadline { return &deadline{ch: make(chan struct{})} }

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// wait gives the channel of the deadline now in force.
func (d *deadline) wait() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ch
}

func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		d.ch = make(chan struct{}) // the old one is closed or about to be
	} else if isClosed(d.ch) {
		d.ch = make(chan struct{})
	}
	d.timer = nil
	if t.IsZero() {
		return
	}
	c := d.ch
	if left := time.Until(t); left > 0 {
		d.timer = time.AfterFunc(left, func() { close(c) })
	} else {
		close(c)
	}
}
