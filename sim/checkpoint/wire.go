package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"acsgd/sim"
)

// wire runs one machine in real time on one link at a time: what it sends while nobody is
// connected is lost, as on a real wire.
type wire struct {
	mu   sync.Mutex
	m    sim.Machine
	conn io.WriteCloser
	out  sim.Out
	wake chan struct{}
	last time.Time
}

func newWire(m sim.Machine) *wire { return &wire{m: m, wake: make(chan struct{}, 1)} }

// now never goes back, whatever the wall clock does.
func (w *wire) now() time.Time {
	n := time.Now().Round(0)
	if n.Before(w.last) {
		n = w.last
	}
	w.last = n
	return n
}

// do lets the machine act and sends what it says.
func (w *wire) do(f func(now time.Time, out *sim.Out)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out.Send, w.out.Close = w.out.Send[:0], false
	f(w.now(), &w.out)
	if w.conn == nil {
		return
	}
	var err error
	if len(w.out.Send) > 0 {
		_, err = w.conn.Write(w.out.Send)
	}
	if err != nil || w.out.Close {
		_ = w.conn.Close() // the reader sees it and gives the link up
		w.conn = nil
	}
}

// time lets the machine's time pass until ctx ends. It begins at once: a machine that was
// never looked at names no deadline, and one that only talks is not fed either.
func (w *wire) time(ctx context.Context) {
	w.do(w.m.Tick)
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		case <-t.C:
			w.do(w.m.Tick)
		}
		w.mu.Lock()
		at, ok := w.m.Deadline()
		w.mu.Unlock()
		wait := time.Hour
		if ok {
			wait = max(time.Until(at), time.Millisecond)
		}
		t.Reset(wait)
	}
}

// attach makes c the link of the machine and reads it until it ends.
func (w *wire) attach(ctx context.Context, c io.ReadWriteCloser) {
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	w.mu.Lock()
	if w.conn != nil {
		_ = w.conn.Close() // an instrument serves one host: the newest
	}
	w.conn = c
	w.reset() // what it sent while nobody was connected has not arrived
	w.mu.Unlock()
	w.poke()
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		if n > 0 {
			p := buf[:n]
			w.do(func(now time.Time, out *sim.Out) { w.m.Feed(now, p, out) })
			w.poke()
		}
		if err != nil {
			break
		}
	}
	w.mu.Lock()
	if w.conn == c {
		w.conn = nil
		w.reset()
	}
	w.mu.Unlock()
	_ = c.Close()
}

// reset tells the machine that what was under way is lost.
func (w *wire) reset() {
	if m, ok := w.m.(interface{ Reset() }); ok {
		m.Reset()
	}
}

func (w *wire) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// sendLimit is how long a host may not read before its connection is dropped.
const sendLimit = 2 * time.Second

// limited is a connection whose writes do not block for ever.
type limited struct{ net.Conn }

func (l limited) Write(p []byte) (int, error) {
	if err := l.SetWriteDeadline(time.Now().Add(sendLimit)); err != nil {
		return 0, err
	}
	return l.Conn.Write(p)
}

// serve runs a machine behind a listener until ctx ends.
func (w *wire) serve(ctx context.Context, ln net.Listener) {
	var wg sync.WaitGroup
	wg.Go(func() { w.time(ctx) })
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	for {
		c, err := ln.Accept()
		if err != nil {
			break
		}
		wg.Go(func() { w.attach(ctx, limited{c}) })
	}
	wg.Wait()
}

// line is a pseudo terminal: a serial line without hardware.
type serialLine struct {
	master, slave *os.File
	queue         chan []byte
}

// newLine makes a line; its name is what the host opens.
func newLine() (*serialLine, error) {
	m, s, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open pseudo terminal: %w", err)
	}
	// Raw from the start: an instrument's bytes must not be echoed back before the host
	// has opened its end. The slave stays open, else a host that leaves ends the master.
	t, err := unix.IoctlGetTermios(int(s.Fd()), unix.TCGETS)
	if err == nil {
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		err = unix.IoctlSetTermios(int(s.Fd()), unix.TCSETS, t)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("set pseudo terminal raw: %w", err), m.Close(), s.Close())
	}
	return &serialLine{m, s, make(chan []byte, 64)}, nil
}

// Name is the device path that the host opens.
func (l *serialLine) Name() string { return l.slave.Name() }

// Read implements io.Reader.
func (l *serialLine) Read(p []byte) (int, error) { return l.master.Read(p) }

// Write hands bytes to the line; what a host does not take is lost, as on a real line.
func (l *serialLine) Write(p []byte) (int, error) {
	select {
	case l.queue <- append([]byte(nil), p...):
	default:
	}
	return len(p), nil
}

// Close ends the line.
func (l *serialLine) Close() error { return errors.Join(l.master.Close(), l.slave.Close()) }

// run runs a machine on the line until ctx ends.
func (l *serialLine) run(ctx context.Context, w *wire) {
	var wg sync.WaitGroup
	wg.Go(func() { w.time(ctx) })
	wg.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case p := <-l.queue:
				if _, err := l.master.Write(p); err != nil {
					return
				}
			}
		}
	})
	w.attach(ctx, l)
	wg.Wait()
}

// dialled runs a machine on a connection that it makes itself, again and again: a camera
// that pushes, a tracker.
func (w *wire) dialled(ctx context.Context, addr string, opened func(now time.Time, out *sim.Out), closed func(now time.Time)) {
	var wg sync.WaitGroup
	wg.Go(func() { w.time(ctx) })
	for ctx.Err() == nil {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", addr)
		if err == nil {
			if opened != nil {
				w.mu.Lock()
				w.conn = limited{c}
				w.mu.Unlock()
				w.do(opened)
			}
			w.attach(ctx, limited{c})
			if closed != nil {
				w.mu.Lock()
				closed(w.now())
				w.mu.Unlock()
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	wg.Wait()
}
