package laneio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"acsgd/sim"
)

// header is the length of the MBAP header: transaction id, protocol id, length, unit id.
const header = 7

// maxADU is the longest frame of Modbus TCP.
const maxADU = 260

// Session makes the module's end of one TCP connection as a pure machine.
func (d *Device) Session() sim.Machine { return &session{d: d} }

type session struct {
	d     *Device
	buf   []byte
	queue []answer // in order of time
	dead  bool     // after half an answer nothing more is said
}

type answer struct {
	at time.Time
	p  []byte
}

// Feed implements sim.Machine.
func (s *session) Feed(now time.Time, p []byte, out *sim.Out) {
	s.buf = append(s.buf, p...)
	for len(s.buf) >= header && !out.Close {
		n := int(s.buf[4])*256 + int(s.buf[5])
		if s.buf[2] != 0 || s.buf[3] != 0 || n < 2 || n > maxADU-header+1 {
			out.Close = true // out of step: a real module closes
			return
		}
		if len(s.buf) < header-1+n {
			return
		}
		s.request(now, s.buf[:header-1+n], out)
		s.buf = append(s.buf[:0], s.buf[header-1+n:]...)
	}
}

// request answers one frame, unless it is for another unit.
func (s *session) request(now time.Time, adu []byte, out *sim.Out) {
	unit := adu[6]
	if s.dead || unit != s.d.cfg.Unit && unit != 255 {
		return
	}
	s.d.mu.Lock()
	f := s.d.fault
	s.d.mu.Unlock()
	if f.Drop {
		out.Close = true
		return
	}
	res := s.d.PDU(now, adu[header:])
	ans := []byte{adu[0], adu[1], 0, 0, byte((len(res) + 1) >> 8), byte(len(res) + 1), unit}
	if f.WrongID {
		ans[1] ^= 0xff
	}
	if f.WrongUnit {
		ans[6]++
	}
	ans = append(ans, res...)
	if f.Half {
		ans, s.dead = ans[:len(ans)/2+1], true
	}
	if f.Delay > 0 {
		s.queue = append(s.queue, answer{at: now.Add(f.Delay), p: ans})
		return
	}
	out.Send = append(out.Send, ans...)
}

// Tick implements sim.Machine.
func (s *session) Tick(now time.Time, out *sim.Out) {
	for len(s.queue) > 0 && !s.queue[0].at.After(now) {
		out.Send = append(out.Send, s.queue[0].p...)
		s.queue = s.queue[1:]
	}
}

// Deadline implements sim.Machine.
func (s *session) Deadline() (time.Time, bool) {
	if len(s.queue) == 0 {
		return time.Time{}, false
	}
	return s.queue[0].at, true
}

// Serve answers the connections that ln accepts until ctx ends; it closes ln, and returns
// after all connections have ended. now gives the time of the simulated world.
func (d *Device) Serve(ctx context.Context, ln net.Listener, now func() time.Time) error {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		c, err := ln.Accept()
		if ctx.Err() != nil {
			if err == nil {
				c.Close()
			}
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		wg.Go(func() {
			defer c.Close()
			stop := context.AfterFunc(ctx, func() { c.Close() })
			defer stop()
			talk(c, d.Session(), now)
		})
	}
}

// talk runs a machine on a connection until either closes it. Delays are those of the
// world's clock, taken as real time.
func talk(c net.Conn, m sim.Machine, now func() time.Time) {
	var out sim.Out
	buf := make([]byte, 1024)
	for {
		dl := time.Time{}
		if at, ok := m.Deadline(); ok {
			dl = time.Now().Add(max(at.Sub(now()), time.Millisecond))
		}
		if c.SetReadDeadline(dl) != nil {
			return
		}
		n, err := c.Read(buf)
		if n > 0 {
			m.Feed(now(), buf[:n], &out)
		}
		if at, ok := m.Deadline(); ok && !at.After(now()) {
			m.Tick(now(), &out)
		}
		if len(out.Send) > 0 {
			if _, err := c.Write(out.Send); err != nil {
				return
			}
		}
		if out.Close || err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		out = sim.Out{Send: out.Send[:0]}
	}
}
