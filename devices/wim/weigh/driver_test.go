package weigh_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim/mtcontinuous"
	"acsgd/devices/wim/mtsics"
	"acsgd/devices/wim/tensom"
	"acsgd/devices/wim/yaohua"
	"acsgd/internal/line"
	"acsgd/internal/obs"
	"acsgd/sim"
	simwim "acsgd/sim/wim"
)

// pipe is one end of an in-memory link.
type pipe struct{ net.Conn }

func (pipe) Peer() string { return "pipe" }

// serve runs a simulated indicator on c until the link ends.
func serve(c net.Conn, m sim.Machine) {
	in := make(chan []byte)
	go func() {
		defer close(in)
		for {
			b := make([]byte, 256)
			n, err := c.Read(b)
			if err != nil {
				return
			}
			in <- b[:n]
		}
	}()
	var out sim.Out
	for {
		wait := 10 * time.Millisecond
		if at, ok := m.Deadline(); ok {
			wait = min(wait, time.Until(at))
		}
		select {
		case b, ok := <-in:
			if !ok {
				return
			}
			m.Feed(time.Now(), b, &out)
		case <-time.After(max(wait, 0)):
			m.Tick(time.Now(), &out)
		}
		if len(out.Send) > 0 {
			if _, err := c.Write(out.Send); err != nil {
				for range in { // let the reader end
				}
				return
			}
			out.Send = out.Send[:0]
		}
	}
}

func TestDriversWeighOnALinkAndEndWithTheContext(t *testing.T) {
	for _, d := range []struct {
		driver  devices.Driver
		machine func(simwim.Model, sim.Scene) sim.Machine
	}{
		{mtcontinuous.Driver(), func(m simwim.Model, s sim.Scene) sim.Machine { return simwim.NewMT(m, s) }},
		{mtsics.Driver(), func(m simwim.Model, s sim.Scene) sim.Machine {
			i := simwim.NewSICS(m, s)
			i.Rate = 100
			return i
		}},
		{yaohua.Driver(), func(m simwim.Model, s sim.Scene) sim.Machine { return simwim.NewYaohua(m, s) }},
		{tensom.Driver(), func(m simwim.Model, s sim.Scene) sim.Machine { return simwim.NewTenso(m, s) }},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			r := road{{lorry("one", 6200, 9600), start.Add(4 * time.Second), 1000}}
			open := func(string) (line.Open, error) {
				return func(context.Context) (line.Conn, error) {
					a, b := net.Pipe()
					go serve(b, d.machine(simwim.Default(5), r))
					return pipe{a}, nil
				}, nil
			}
			src, err := d.driver.New(devices.Section{Link: "pipe:x"}, devices.Env{Open: open})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
			defer cancel()
			var ws []*obs.Weighing
			err = src.Run(ctx, func(o obs.Observation, done func(error)) {
				if w, ok := o.Body.(*obs.Weighing); ok {
					ws = append(ws, w)
				}
				if done != nil {
					done(nil)
				}
			})
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: Run = %v, want the context's end", d.driver.Kind, err)
			}
			if len(ws) != 3 || ws[2].Axles != 2 || ws[2].U == 0 {
				t.Errorf("%s: weighings %+v, want two axles and the vehicle", d.driver.Kind, ws)
			}
			if late := time.Since(start); late > 41*time.Second {
				t.Errorf("%s: Run ended %v after the start, want within a second of the context", d.driver.Kind, late)
			}
		})
	}
}
