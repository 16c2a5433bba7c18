package modbusio_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/devices/laneio/modbusio"
	"acsgd/internal/obs"
	simio "acsgd/sim/laneio"
)

// TestOnARealLink runs the driver under its supervisor against the simulated module over
// loopback TCP: states, a command, a lost connection, and red at the end.
func TestOnARealLink(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dev := simio.New(simio.Config{}, nil, time.Now())
	world, stopWorld := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stopWorld()
	wg.Go(func() { dev.Serve(world, ln, time.Now) })

	seen := make(chan obs.Observation, 1000)
	sup := devices.NewSupervisor(devices.Supervision{Name: "io", Lane: "L1", Emit: func(o obs.Observation, done func(error)) {
		seen <- o
		if done != nil {
			done(nil)
		}
	}})
	src, err := modbusio.New(devicestest.Settings(t, "laneio/modbus", "modbus+tcp:"+ln.Addr().String(), ""), sup.Env(devices.Env{}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan error, 1)
	go func() { end <- sup.Run(ctx, src) }()
	// wait for an observation that fits, at most 10 s.
	wait := func(what string, fits func(obs.Observation) bool) {
		t.Helper()
		limit := time.After(10 * time.Second)
		for {
			select {
			case o := <-seen:
				if fits(o) {
					return
				}
			case <-limit:
				t.Fatalf("no %s; status %+v", what, sup.Status())
			}
		}
	}
	presence := func(signal string, on bool) func(obs.Observation) bool {
		return func(o obs.Observation) bool {
			p, ok := o.Body.(*obs.Presence)
			return ok && p.Signal == signal && p.On == on
		}
	}
	health := func(s obs.HealthState) func(obs.Observation) bool {
		return func(o obs.Observation) bool { h, ok := o.Body.(*obs.Health); return ok && h.State == s }
	}
	wait("red light at the start", presence("light_red", true))
	act := src.(devices.Actuator)
	if err := act.Do(ctx, devices.Command{Output: "barrier", Action: "open", Cause: "test"}); err != nil {
		t.Fatal(err)
	}
	if err := act.Do(ctx, devices.Command{Output: "light", Action: "green", Cause: "test"}); err != nil {
		t.Fatal(err)
	}
	wait("green light", presence("light_green", true))
	wait("open barrier", presence("barrier_up", true))

	dev.SetFault(simio.Fault{Half: true})
	wait("offline after half an answer", health(obs.Offline))
	dev.SetFault(simio.Fault{})
	wait("online again", health(obs.Online))
	wait("states again, the light now red", presence("light_red", true))
	if err := act.Do(ctx, devices.Command{Output: "light", Action: "green"}); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-end
	if red, green := dev.Lights(); !red || green {
		t.Errorf("after the end red %v, green %v, want red", red, green)
	}
	if err := act.Do(t.Context(), devices.Command{Output: "light", Action: "green"}); err == nil {
		t.Error("a command to a closed module succeeds")
	}
}
