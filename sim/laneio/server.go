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
	"acsgd/sim/modbus"
)

// Session makes the module's end of one TCP connection as a pure machine.
func (d *Device) Session() sim.Machine { return modbus.TCP(d) }

// Unit implements modbus.Device.
func (d *Device) Unit() byte { return d.cfg.Unit }

// Failing implements modbus.Device; exceptions are PDU's.
func (d *Device) Failing() modbus.Fault {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.fault
	return modbus.Fault{Delay: f.Delay, Drop: f.Drop, Half: f.Half, WrongUnit: f.WrongUnit, WrongID: f.WrongID}
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
