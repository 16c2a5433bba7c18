package modbus_test

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	bus "acsgd/devices/modbus"
	"acsgd/devices/wim/modbus"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	"acsgd/sim/checkpoint"
	simbus "acsgd/sim/modbus"
	simwim "acsgd/sim/wim"
)

func TestTheDriverKeepsTheContract(t *testing.T) {
	devicestest.Run(t, modbus.Driver(), devicestest.Script{NoLink: true})
}

// load is a lane whose platform bears a load that does not move.
type load quant.Mass

// At implements sim.Scene: one long vehicle that stands with its only axle on the platform.
func (l load) At(dst []sim.Placed, _ time.Time) []sim.Placed {
	if l == 0 {
		return dst
	}
	v := &sim.Vehicle{ID: "load", Length: 4000, Axles: []sim.Axle{{Mass: quant.Mass(l), Offset: 2000}}}
	return append(dst, sim.Placed{Vehicle: v, X: 2375})
}

// steady is a platform without noise that comes to rest at once.
func steady() simwim.Model {
	m := simwim.Default(1)
	m.Noise, m.Drift, m.Division, m.Damping = 0, 0, quant.Kilogram, 0.7
	return m
}

// serve puts a machine on a free port and gives its link with this scheme.
func serve(t *testing.T, m sim.Machine, scheme string) string {
	t.Helper()
	var w checkpoint.Wires
	link, err := w.Listen(m)
	if err != nil {
		t.Fatal(err)
	}
	running(t, &w)
	return scheme + strings.TrimPrefix(link, "tcp")
}

// running serves wires until the test ends.
func running(t *testing.T, w *checkpoint.Wires) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { w.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
}

// watch runs a source under its supervisor and gives what it sees.
func watch(t *testing.T, link, settings string) (seen <-chan obs.Observation, status func() devices.Status) {
	t.Helper()
	ch := make(chan obs.Observation, 10_000)
	sup := devices.NewSupervisor(devices.Supervision{Name: "wim", Lane: "L1", Emit: func(o obs.Observation, done func(error)) {
		select {
		case ch <- o:
		default:
		}
		if done != nil {
			done(nil)
		}
	}})
	src, err := modbus.New(devicestest.Settings(t, modbus.Kind, link, settings), sup.Env(devices.Env{Stream: true}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = sup.Run(ctx, src) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return ch, sup.Status
}

// until waits for an observation that fits, at most 15 s.
func until(t *testing.T, seen <-chan obs.Observation, what string, fits func(obs.Body) bool) obs.Observation {
	t.Helper()
	limit := time.After(15 * time.Second)
	for {
		select {
		case o := <-seen:
			if fits(o.Body) {
				return o
			}
		case <-limit:
			t.Fatalf("no %s in 15 s", what)
		}
	}
}

// weighs fits a weight, at rest or not.
func weighs(m quant.Mass) func(obs.Body) bool {
	return func(b obs.Body) bool {
		w, ok := b.(*obs.Weighing)
		return ok && w.Mass == m && !slices.Contains(w.Flags, obs.Fault)
	}
}

// The request that the map makes on a serial line is the one of the manual.
func TestTheRequestOfALaumas(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	req := make(chan string, 1)
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		p := make([]byte, 8)
		if _, err := io.ReadFull(c, p); err != nil {
			return
		}
		req <- hex.EncodeToString(p)
		answer, err := hex.DecodeString("01030a0800000047f4000047f42989")
		if err != nil {
			return
		}
		_, _ = c.Write(answer)
		_, _ = io.Copy(io.Discard, c)
	}()
	seen, _ := watch(t, "modbus+rtuovertcp:"+ln.Addr().String()+"?timeout=1s&baud=115200", `model = "laumas"`)
	o := until(t, seen, "weight", weighs(quant.Kg(18420)))
	if got := <-req; got != "0103000600"+"0565c8" {
		t.Errorf("request %s, want that of the manual", got)
	}
	if got := hex.EncodeToString(o.Raw); got != "0800000047f4000047f4" {
		t.Errorf("raw %s, want the registers", got)
	}
}

func TestEveryModelOnEveryWire(t *testing.T) {
	for _, layout := range []simwim.Layout{simwim.Laumas, simwim.WTX, simwim.PT113} {
		for scheme, wire := range map[string]func(simbus.Device) sim.Machine{
			"modbus+tcp":        simbus.TCP,
			"modbus+rtuovertcp": func(d simbus.Device) sim.Machine { return simbus.RTU(d, 115200) },
		} {
			t.Run(string(layout)+" on "+scheme, func(t *testing.T) {
				t.Parallel()
				x := simwim.NewTransmitter(layout, steady(), load(quant.Kg(18420)))
				seen, _ := watch(t, serve(t, wire(x), scheme)+"?timeout=1s&unit=1", `model = "`+string(layout)+`"`)
				until(t, seen, "weight", weighs(quant.Kg(18420)))
				x.SetTare(quant.Kg(18000)) // gross is weighed all the same; decode shows what the display does
				until(t, seen, "net weight", weighs(quant.Kg(420)))
			})
		}
	}
}

func TestALineOfThisMachine(t *testing.T) {
	x := simwim.NewTransmitter(simwim.Laumas, steady(), load(quant.Kg(18420)))
	var w checkpoint.Wires
	link, err := w.Serial(simbus.RTU(x, 115200))
	if err != nil {
		t.Fatal(err)
	}
	running(t, &w)
	seen, _ := watch(t, "modbus+rtu"+strings.TrimPrefix(link, "serial"), `model = "laumas"`)
	until(t, seen, "weight", weighs(quant.Kg(18420)))
}

// Whatever goes wrong on the wire, no weight comes of it, and when it is over weights come
// again. Before and after the fault the loads differ: no old weight may appear.
func TestFaultsOnTheWireGiveNoWeight(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault simbus.Fault
	}{
		{"busy", simbus.Fault{Exception: 6}}, {"a gateway without an answer", simbus.Fault{Exception: 11}},
		{"silence", simbus.Fault{Mute: true}}, {"half an answer", simbus.Fault{Half: true}},
		{"a dropped connection", simbus.Fault{Drop: true}}, {"another unit", simbus.Fault{WrongUnit: true}},
		{"another transaction, a wrong check", simbus.Fault{WrongID: true}}, {"late answers", simbus.Fault{Delay: 400 * time.Millisecond}},
	} {
		for scheme, wire := range map[string]func(simbus.Device) sim.Machine{
			"modbus+tcp":        simbus.TCP,
			"modbus+rtuovertcp": func(d simbus.Device) sim.Machine { return simbus.RTU(d, 115200) },
		} {
			t.Run(c.name+" on "+scheme, func(t *testing.T) {
				t.Parallel()
				x := simwim.NewTransmitter(simwim.Laumas, steady(), load(quant.Kg(18420)))
				sock := &renewed{wire: func() sim.Machine { return wire(x) }}
				seen, ends, errs := again(t, serve(t, sock, scheme)+"?timeout=100ms", "model = \"laumas\"\nretries = 1")
				until(t, seen, "weight", weighs(quant.Kg(18420)))
				x.SetFault(c.fault)
				if err := <-ends; !strings.Contains(err.Error(), "no weight after 2 requests: ") {
					t.Errorf("Run = %v", err)
				}
				for len(seen) > 0 {
					<-seen
				}
				if err := <-ends; !strings.Contains(err.Error(), "no weight after 1 requests: ") || len(seen) > 0 {
					t.Errorf("%d weights in the fault, Run = %v", len(seen), err)
				}
				if errs.Load() != 1 {
					t.Errorf("%d lost answers are counted, want the one before the end", errs.Load())
				}
				x.SetFault(simbus.Fault{})
				go func() { // runs that have met the fault still
					for {
						select {
						case <-ends:
						case <-t.Context().Done():
							return
						}
					}
				}()
				until(t, seen, "weight again", weighs(quant.Kg(18420)))
			})
		}
	}
}

// again runs a source again and again, and gives what it sees, why its runs end, and how
// many decode errors it reports.
func again(t *testing.T, link, settings string) (seen <-chan obs.Observation, ends <-chan error, errs *atomic.Int64) {
	t.Helper()
	ch, end := make(chan obs.Observation, 10_000), make(chan error)
	errs = new(atomic.Int64)
	src, err := modbus.New(devicestest.Settings(t, modbus.Kind, link, settings), devices.Env{Stream: true, Report: func(*obs.DecodeError) { errs.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			err := src.Run(ctx, func(o obs.Observation, _ func(error)) {
				select {
				case ch <- o:
				default:
				}
			})
			select {
			case end <- err:
			case <-ctx.Done():
			}
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	return ch, end, errs
}

// renewed is a wire that begins anew with every connection, as the ports of real
// instruments do; the old one is given up with the half answer that it died of.
type renewed struct {
	wire func() sim.Machine
	m    sim.Machine
	last time.Time
}

func (r *renewed) Feed(now time.Time, p []byte, out *sim.Out) {
	if r.m == nil || now.Sub(r.last) > 60*time.Millisecond {
		r.m = r.wire()
	}
	r.last = now
	r.m.Feed(now, p, out)
}

func (r *renewed) Tick(now time.Time, out *sim.Out) {
	if r.m != nil {
		r.m.Tick(now, out)
	}
}

func (r *renewed) Deadline() (time.Time, bool) {
	if r.m == nil {
		return time.Time{}, false
	}
	return r.m.Deadline()
}

func TestOneLostAnswerIsAHoleAndNoMore(t *testing.T) {
	x := simwim.NewTransmitter(simwim.WTX, steady(), load(quant.Kg(18420)))
	x.SetLost(0.1)
	seen, status := watch(t, serve(t, simbus.TCP(x), "modbus+tcp")+"?timeout=20ms", "model = \"hbm-wtx\"\npoll = \"10ms\"\nretries = 20")
	for n := 0; n < 100; n++ {
		until(t, seen, "weight", weighs(quant.Kg(18420)))
	}
	if s := status(); s.Counters.DecodeErrors == 0 || s.Counters.Reconnects > 0 {
		t.Errorf("%+v, want errors, and no new beginning", s.Counters)
	}
}

func TestABrokenCellIsAFaultAndNoWeight(t *testing.T) {
	x := simwim.NewTransmitter(simwim.Laumas, steady(), load(quant.Kg(18420)))
	seen, _ := watch(t, serve(t, simbus.TCP(x), "modbus+tcp"), `model = "laumas"`)
	until(t, seen, "weight", weighs(quant.Kg(18420)))
	x.SetBroken(true)
	o := until(t, seen, "fault", func(b obs.Body) bool { w, ok := b.(*obs.Weighing); return ok && len(w.Flags) > 0 })
	if w := o.Body.(*obs.Weighing); w.Mass != 0 || w.Flags[0] != obs.Fault || w.Stable {
		t.Errorf("%+v, want a fault without a weight", w)
	}
}

func TestAnotherModelIsRefusedForGood(t *testing.T) {
	x := simwim.NewTransmitter(simwim.PT113, steady(), load(0)) // it has no register 12 to 43
	link := serve(t, simbus.TCP(x), "modbus+tcp")
	const far = "[map]\nmodel = \"far\"\nsource = \"none\"\n[map.block]\ntable = \"holding\"\naddr = 100\ncount = 1\n" +
		"[[map.weight]]\nname = \"gross\"\naddr = 100\ntype = \"i16\"\nnum = 1\nden = 1\nunit = \"kg\"\nmin = \"-1t\"\nmax = \"30t\"\nvalid_if = \"always\"\nmark = \"V\"\n"
	src, err := modbus.New(devicestest.Settings(t, modbus.Kind, link, far), devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	err = src.Run(t.Context(), func(obs.Observation, func(error)) {})
	if !devices.IsPermanent(err) || !strings.Contains(err.Error(), "the registers of far are not in this instrument") {
		t.Errorf("Run = %v, want a permanent error", err)
	}
}

func TestNothingThereEndsAtOnceAndACancelledRunEnds(t *testing.T) {
	addr, err := checkpoint.Free()
	if err != nil {
		t.Fatal(err)
	}
	sec := devicestest.Settings(t, modbus.Kind, "modbus+tcp:"+addr, `model = "laumas"`)
	src, err := modbus.New(sec, devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := src.Run(t.Context(), func(obs.Observation, func(error)) {}); err == nil || !strings.Contains(err.Error(), "read 5 holding words from 0x0006: ") && !strings.Contains(err.Error(), "open tcp") {
		t.Errorf("Run = %v, want what was attempted", err)
	}
	x := simwim.NewTransmitter(simwim.Laumas, steady(), load(0))
	src, err = modbus.New(devicestest.Settings(t, modbus.Kind, serve(t, simbus.TCP(x), "modbus+tcp"), `model = "laumas"`), devices.Env{Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err = src.Run(ctx, func(obs.Observation, func(error)) {
		if n++; n == 5 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || n != 5 {
		t.Errorf("Run = %v after %d weights", err, n)
	}
}

// A recording needs no link.
func TestVirtualRegisters(t *testing.T) {
	bank := bus.NewBank()
	for i, w := range []uint16{0x0800, 0, 18420, 0, 18420} {
		bank.Set(bus.Holding, uint16(6+i), w)
	}
	u, every, err := modbus.NewVirtual(devicestest.Settings(t, modbus.Kind, "", "model = \"laumas\"\npoll = \"10ms\""), devices.Env{Stream: true}, bank)
	if err != nil || every != 10*time.Millisecond {
		t.Fatalf("%v, every %v", err, every)
	}
	var out devices.Out
	at := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	if err := u.Poll(t.Context(), at, &out); err != nil || len(out.Obs) != 1 || !out.Obs[0].Stamp.At.Equal(at) {
		t.Errorf("%v, %+v", err, out.Obs)
	}
}
