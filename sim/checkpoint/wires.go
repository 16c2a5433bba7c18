package checkpoint

import (
	"context"
	"sync"
	"time"

	"acsgd/sim"
	"acsgd/sim/laneio"
)

// Wires puts simulated instruments on real links of this machine, for worlds other than a
// Checkpoint's. Open all links, then Run. It is not safe for concurrent use before Run.
type Wires struct {
	run []func(ctx context.Context)
}

// Listen lets a machine wait for the host on a free TCP port; link is what the host opens.
func (w *Wires) Listen(m sim.Machine) (link string, err error) {
	ln, err := listen()
	if err != nil {
		return "", err
	}
	w.run = append(w.run, func(ctx context.Context) { newWire(m).serve(ctx, ln) })
	return "tcp:" + ln.Addr().String(), nil
}

// Serial puts a machine on a pseudo terminal.
func (w *Wires) Serial(m sim.Machine) (link string, err error) {
	line, err := newLine()
	if err != nil {
		return "", err
	}
	w.run = append(w.run, func(ctx context.Context) { line.run(ctx, newWire(m)) })
	return "serial:" + line.Name() + "?baud=115200", nil
}

// Push lets a machine dial the host again and again; link is where the host must listen.
// hangup, if not nil, tells the machine that a connection is over.
func (w *Wires) Push(m sim.Machine, hangup func()) (link string, err error) {
	addr, err := freePort()
	if err != nil {
		return "", err
	}
	closed := func(time.Time) {
		if hangup != nil {
			hangup()
		}
	}
	w.run = append(w.run, func(ctx context.Context) {
		newWire(m).dialled(ctx, addr, nil, closed)
	})
	return "listen:" + addr, nil
}

// Modbus serves an I/O module on Modbus TCP.
func (w *Wires) Modbus(d *laneio.Device) (link string, err error) {
	ln, err := listen()
	if err != nil {
		return "", err
	}
	w.run = append(w.run, func(ctx context.Context) {
		if err := d.Serve(ctx, ln, func() time.Time { return time.Now().Round(0) }); err != nil && ctx.Err() == nil {
			panic(err) // a port that we hold ourselves
		}
	})
	return "modbus+tcp:" + ln.Addr().String(), nil
}

// Free asks the system for a TCP address that is free now, for the host to listen on.
func Free() (addr string, err error) { return freePort() }

// Run serves all links until ctx ends.
func (w *Wires) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, f := range w.run {
		wg.Go(func() { f(ctx) })
	}
	wg.Wait()
}
