package line

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"go.bug.st/serial"
)

// serialPoll bounds how long a Read stays in the kernel, so that a changed deadline is
// seen; Close ends a Read at once.
const serialPoll = 50 * time.Millisecond

// serial opens a port: parameters baud, data, parity (none, even, odd, mark, space), stop.
func (o *Opener) serial(u parts) (Open, error) {
	mode, err := serialMode(u)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Conn, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		lock, err := lockPath(u.rest)
		if err != nil {
			return nil, err
		}
		port, err := o.Reserve.open(u.rest, mode)
		if err != nil {
			lock.Close()
			return nil, fmt.Errorf("open %s: %w", u.rest, err)
		}
		return &serialConn{port: port, path: u.rest, lock: lock, reserve: o.Reserve}, nil
	}, nil
}

func serialMode(u parts) (*serial.Mode, error) {
	baud, e1 := u.integer("baud", 9600, 50, 4_000_000)
	data, e2 := u.integer("data", 8, 5, 8)
	mode := &serial.Mode{BaudRate: baud, DataBits: data}
	var e3, e4 error
	switch s := u.query.Get("parity"); s {
	case "", "none":
		mode.Parity = serial.NoParity
	case "even":
		mode.Parity = serial.EvenParity
	case "odd":
		mode.Parity = serial.OddParity
	case "mark":
		mode.Parity = serial.MarkParity
	case "space":
		mode.Parity = serial.SpaceParity
	default:
		e3 = fmt.Errorf("parity = %q, want none, even, odd, mark or space", s)
	}
	switch s := u.query.Get("stop"); s {
	case "", "1":
		mode.StopBits = serial.OneStopBit
	case "1.5":
		mode.StopBits = serial.OnePointFiveStopBits
	case "2":
		mode.StopBits = serial.TwoStopBits
	default:
		e4 = fmt.Errorf("stop = %q, want 1, 1.5 or 2", s)
	}
	return mode, errors.Join(e1, e2, e3, e4, u.only("baud", "data", "parity", "stop"))
}

// serialConn is a serial port as a Conn.
type serialConn struct {
	port    serial.Port
	path    string
	lock    *os.File
	reserve *Reserve

	mu     sync.Mutex
	rd, wr time.Time
	broken error // a write that never came back has left the port useless
	once   sync.Once
}

// Peer implements Conn.
func (c *serialConn) Peer() string { return c.path }

// SetReadDeadline implements Conn; a Read that is under way sees it within 50 ms.
func (c *serialConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rd = t
	return nil
}

// SetWriteDeadline implements Conn.
func (c *serialConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wr = t
	return nil
}

// Read implements Conn. A port that was unplugged or closed gives an error that wraps
// os.ErrClosed. A panic of the library (descriptor beyond its select set) is an error.
func (c *serialConn) Read(p []byte) (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			n, err = 0, fmt.Errorf("read %s: serial library: %v", c.path, r)
		}
	}()
	if len(p) == 0 {
		return 0, nil
	}
	for {
		c.mu.Lock()
		dl := c.rd
		c.mu.Unlock()
		wait := serialPoll
		if !dl.IsZero() {
			left := time.Until(dl)
			if left <= 0 {
				return 0, fmt.Errorf("read %s: %w", c.path, os.ErrDeadlineExceeded)
			}
			wait = min(wait, left)
		}
		if err := c.port.SetReadTimeout(wait); err != nil {
			return 0, fmt.Errorf("read %s: %w", c.path, err)
		}
		n, err := c.port.Read(p)
		if err != nil {
			return n, fmt.Errorf("read %s: %w", c.path, portError(err))
		}
		if n > 0 {
			return n, nil
		}
	}
}

// portError makes the library's "port closed" recognisable.
func portError(err error) error {
	if pe, ok := errors.AsType[*serial.PortError](err); ok && pe.Code() == serial.PortClosed {
		return fmt.Errorf("port closed or unplugged: %w", os.ErrClosed)
	}
	return err
}

// Write implements Conn. The system call has no deadline of its own, so it runs beside;
// if it does not return in time the connection is broken and must be closed.
func (c *serialConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	dl, broken := c.wr, c.broken
	c.mu.Unlock()
	if broken != nil {
		return 0, broken
	}
	if dl.IsZero() {
		return c.write(p)
	}
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	own := append([]byte(nil), p...)
	go func() {
		n, err := c.write(own)
		done <- result{n, err}
	}()
	t := time.NewTimer(time.Until(dl))
	defer t.Stop()
	select {
	case r := <-done:
		return r.n, r.err
	case <-t.C:
		err := fmt.Errorf("write %s: %w", c.path, os.ErrDeadlineExceeded)
		c.mu.Lock()
		c.broken = err
		c.mu.Unlock()
		return 0, err
	}
}

func (c *serialConn) write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n, err := c.port.Write(p[done:])
		done += n
		if err != nil {
			return done, fmt.Errorf("write %s: %w", c.path, err)
		}
	}
	return done, nil
}

// Close implements Conn.
func (c *serialConn) Close() (err error) {
	c.once.Do(func() {
		err = errors.Join(c.port.Close(), c.lock.Close())
		c.reserve.refill()
	})
	return err
}
