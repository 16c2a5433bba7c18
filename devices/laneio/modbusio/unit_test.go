package modbusio_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/devices/laneio/modbusio"
	"acsgd/devices/modbus"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	simio "acsgd/sim/laneio"
)

var t0 = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// drive is a scene with one vehicle at constant speed; its front is at 0 at t0.
type drive struct {
	v      float64
	length quant.Length
}

func (d drive) At(dst []sim.Placed, t time.Time) []sim.Placed {
	return append(dst, sim.Placed{Vehicle: &sim.Vehicle{Length: d.length}, X: d.v * t.Sub(t0).Seconds(), V: d.v})
}

// rig is a unit on a simulated module in virtual time.
type rig struct {
	t     *testing.T
	dev   *simio.Device
	unit  *modbusio.Unit
	every time.Duration
	now   time.Time
	obs   []obs.Observation
	errs  []*obs.DecodeError
}

func newRig(t *testing.T, settings string, cfg simio.Config, scene sim.Scene) *rig {
	t.Helper()
	r := &rig{t: t, now: t0, dev: simio.New(cfg, scene, t0)}
	regs := modbus.OverPDU(func(req []byte) ([]byte, error) { return r.dev.PDU(r.now, req), nil })
	var err error
	r.unit, r.every, err = modbusio.NewVirtual(devicestest.Settings(t, "laneio/modbus", "modbus+tcp:x:502", settings), regs)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// until polls until d after t0.
func (r *rig) until(d time.Duration) {
	r.t.Helper()
	for ; r.now.Before(t0.Add(d)); r.now = r.now.Add(r.every) {
		var out devices.Out
		if err := r.unit.Poll(r.t.Context(), r.now, &out); err != nil {
			r.t.Fatalf("poll at %v: %v", r.now.Sub(t0), err)
		}
		r.obs = append(r.obs, out.Obs...)
		r.errs = append(r.errs, out.Errs...)
	}
}

func (r *rig) do(output, action string) error {
	return r.unit.Command(r.t.Context(), r.now, devices.Command{Output: output, Action: action})
}

// told gives what was told since the last call, one word an observation.
func (r *rig) told() string {
	var s []string
	for _, o := range r.obs {
		switch b := o.Body.(type) {
		case *obs.Presence:
			s = append(s, fmt.Sprintf("%s=%v", b.Signal, b.On))
		case *obs.Health:
			s = append(s, strings.TrimSpace(string(b.State)+" "+b.Reason))
		}
	}
	r.obs = nil
	return strings.Join(s, ", ")
}

func TestTheFirstPollTellsEveryPoint(t *testing.T) {
	r := newRig(t, `model = "moxa-e1214"`, simio.Config{Model: "moxa-e1214"}, nil)
	r.until(time.Millisecond)
	if got, want := r.told(), "loop_entry=false, loop_exit=false, ir_exit=false, barrier_up=false, barrier_down=true, emergency=false, light_red=false, light_green=false"; got != want {
		t.Errorf("told %s\nwant %s", got, want)
	}
	r.until(10 * time.Second)
	if got := r.told(); got != "" {
		t.Errorf("told without a change: %s", got)
	}
}

func TestEdgesAreTimedBetweenThePolls(t *testing.T) {
	// 12 m at 2 m/s over a loop from 4 to 6 m: occupied from 2 s to 9 s.
	r := newRig(t, "", simio.Config{Loops: []simio.Loop{{Signal: "loop_entry", Station: 5000}}}, drive{2000, 12000})
	r.until(12 * time.Second)
	var edges []obs.Observation
	for _, o := range r.obs {
		if p, ok := o.Body.(*obs.Presence); ok && p.Signal == "loop_entry" {
			edges = append(edges, o)
		}
	}
	if len(edges) != 3 {
		t.Fatalf("%d states of the loop, want first, on and off", len(edges))
	}
	for i, want := range []time.Duration{2 * time.Second, 9 * time.Second} {
		o := edges[i+1]
		if d := o.Stamp.At.Sub(t0) - want; d < -30*time.Millisecond || d > 30*time.Millisecond || o.Stamp.Err != 25*time.Millisecond {
			t.Errorf("edge %d at %v ± %v, want %v", i, o.Stamp.At.Sub(t0), o.Stamp.Err, want)
		}
	}
	if p := edges[2].Body.(*obs.Presence); p.Count != 1 {
		t.Errorf("the loop was counted %d times", p.Count)
	}
	if len(r.errs) > 0 {
		t.Errorf("a plain passage gives %v", r.errs)
	}
}

func TestEdgesThatOnlyTheCounterSawAreReported(t *testing.T) {
	// A pole of 10 cm at 72 km/h is above a loop of 1 mm for 5 ms.
	r := newRig(t, "", simio.Config{Loops: []simio.Loop{{Signal: "ir_entry", Station: 20010, Length: 1}}}, drive{20000, 300})
	r.until(5 * time.Second)
	if len(r.errs) != 1 || !strings.Contains(r.errs[0].Reason, "ir_entry: 1 edges shorter than a poll") {
		t.Fatalf("errors %v, want one missed edge", r.errs)
	}
	var last *obs.Presence
	for _, o := range r.obs {
		if p, ok := o.Body.(*obs.Presence); ok && p.Signal == "ir_entry" {
			last = p
		}
	}
	if last == nil || last.On || last.Count != 1 {
		t.Errorf("last state %+v, want off with count 1", last)
	}
}

func TestABouncingContactIsOneEdge(t *testing.T) {
	r := newRig(t, `poll = "10ms"`, simio.Config{}, nil)
	r.dev.SetFault(simio.Fault{Bounce: true})
	r.until(time.Second)
	r.told()
	r.dev.Set("emergency", true)
	r.until(2 * time.Second)
	if got := r.told(); got != "emergency=true, emergency=true" || len(r.errs) != 1 {
		t.Errorf("told %s, errors %v, want one change, and the bounce that the counter saw", got, r.errs)
	}
}

func TestTheBarrierIsInterlocked(t *testing.T) {
	r := newRig(t, "", simio.Config{Loops: []simio.Loop{{Signal: "loop_exit", Station: 20000}}}, drive{2000, 4000})
	if err := r.do("barrier", "open"); !errors.Is(err, modbusio.ErrRefused) {
		t.Errorf("open before anything was read: %v", err)
	}
	r.until(time.Second)
	r.told()
	if err := r.do("barrier", "open"); err != nil {
		t.Fatal(err)
	}
	if err := r.do("barrier", "open"); !errors.Is(err, modbusio.ErrTooSoon) {
		t.Errorf("open twice: %v", err)
	}
	r.until(5 * time.Second)
	if got := r.told(); got != "barrier_down=false, barrier_up=true" {
		t.Errorf("opening told %s", got)
	}
	r.until(10 * time.Second) // the vehicle stands over the exit loop from 9.5 s to 12.5 s
	if err := r.do("barrier", "close"); !errors.Is(err, modbusio.ErrRefused) {
		t.Errorf("close over a vehicle: %v", err)
	}
	r.until(14 * time.Second)
	if err := r.do("barrier", "close"); err != nil {
		t.Errorf("close behind the vehicle: %v", err)
	}
	r.until(18 * time.Second)
	if open, moving := r.dev.Barrier(); open || moving {
		t.Errorf("barrier open %v, moving %v", open, moving)
	}
	r.dev.Set("emergency", true)
	r.until(19 * time.Second)
	if err := r.do("barrier", "open"); !errors.Is(err, modbusio.ErrRefused) {
		t.Errorf("open in an emergency: %v", err)
	}
	r.now = r.now.Add(time.Second) // nothing was read for a second: states are not known
	r.dev.Set("emergency", false)
	if err := r.do("barrier", "close"); !errors.Is(err, modbusio.ErrRefused) || !strings.Contains(err.Error(), "not known") {
		t.Errorf("close on old states: %v", err)
	}
	if err := r.do("gate", "open"); err == nil {
		t.Error("an output that there is not was moved")
	}
}

func TestABarrierThatDoesNotFollowIsAFault(t *testing.T) {
	r := newRig(t, "", simio.Config{}, nil)
	r.until(time.Second)
	r.told()
	r.dev.SetFault(simio.Fault{BarrierStuck: true})
	if err := r.do("barrier", "open"); err != nil {
		t.Fatal(err)
	}
	r.until(6900 * time.Millisecond)
	if got := r.told(); got != "" {
		t.Errorf("before 6 s: %s", got)
	}
	r.until(7200 * time.Millisecond)
	if got := r.told(); got != "degraded barrier did not follow: open ordered, barrier_up not seen within 6s" {
		t.Errorf("after 6 s: %s", got)
	}
	r.dev.SetFault(simio.Fault{})
	if err := r.do("barrier", "open"); err != nil {
		t.Fatal(err)
	}
	r.until(11 * time.Second)
	if got := r.told(); got != "online, barrier_down=false, barrier_up=true" {
		t.Errorf("mended: %s", got)
	}
	r.dev.SetFault(simio.Fault{Stuck: map[string]bool{"barrier_down": true}})
	r.until(13 * time.Second)
	if got := r.told(); got != "barrier_down=true, degraded barrier limit switches contradict each other" {
		t.Errorf("both switches closed: %s", got)
	}
	r.dev.SetFault(simio.Fault{Stuck: map[string]bool{"barrier_up": false}})
	r.until(20 * time.Second)
	if got := r.told(); got != "barrier_up=false, barrier_down=false, online, degraded barrier has not reached either end" {
		t.Errorf("no switch closed: %s", got)
	}
}

func TestTheLightIsExclusiveAndReadBack(t *testing.T) {
	r := newRig(t, "", simio.Config{}, nil)
	r.until(time.Second)
	r.told()
	lights := func() string { red, green := r.dev.Lights(); return fmt.Sprint(red, green) }
	for _, tc := range []struct{ action, want string }{{"green", "false true"}, {"red", "true false"}, {"green", "false true"}} {
		if err := r.do("light", tc.action); err != nil || lights() != tc.want {
			t.Errorf("%s: %v, lights %s", tc.action, err, lights())
		}
	}
	r.until(1200 * time.Millisecond)
	if got := r.told(); got != "light_green=true" {
		t.Errorf("read back: %s", got)
	}
	if err := r.unit.Safe(t.Context(), r.now); err != nil || lights() != "true false" {
		t.Errorf("safe state: %v, lights %s", err, lights())
	}
}

func TestAnotherModelIsAPermanentError(t *testing.T) {
	r := newRig(t, "", simio.Config{Model: "moxa-e1214"}, nil) // we believe that it is an E1212
	var out devices.Out
	if err := r.unit.Poll(t.Context(), t0, &out); !devices.IsPermanent(err) {
		t.Errorf("poll of a smaller module: %v", err)
	}
}

func TestTimedPulsesEndAndAreNeverRepeated(t *testing.T) {
	b := modbus.NewBank()
	b.Set(modbus.Discrete, 0, 0)
	b.Set(modbus.Coil, 16, 0)
	var log []string
	b.OnWrite = func(_ modbus.Table, addr, v uint16) { log = append(log, fmt.Sprintf("%d=%d", addr, v)) }
	u, _, err := modbusio.NewVirtual(devicestest.Settings(t, "laneio/modbus", "", adam), b)
	if err != nil {
		t.Fatal(err)
	}
	poll := func(ms int) error {
		return u.Poll(t.Context(), t0.Add(time.Duration(ms)*time.Millisecond), &devices.Out{})
	}
	if err := poll(0); err != nil {
		t.Fatal(err)
	}
	open := devices.Command{Output: "barrier", Action: "open"}
	b.Fail = func() error { return fmt.Errorf("write: %w", modbus.ErrUnknown) }
	if err := u.Command(t.Context(), t0, open); !errors.Is(err, modbus.ErrUnknown) {
		t.Errorf("a pulse without an answer: %v", err)
	}
	if err := u.Command(t.Context(), t0, open); !errors.Is(err, modbusio.ErrTooSoon) {
		t.Errorf("a second pulse after one that may have worked: %v", err)
	}
	if err := poll(450); err == nil {
		t.Error("a poll on a dead link succeeds")
	}
	b.Fail = nil
	if err := poll(500); err != nil || strings.Join(log, " ") != "16=0" {
		t.Errorf("writes %v, %v, want only the end of the pulse", log, err)
	}
	if err := errors.Join(poll(3950), u.Command(t.Context(), t0.Add(4*time.Second), open)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(poll(4350), poll(4400), poll(4500)); err != nil || strings.Join(log, " ") != "16=0 16=1 16=0" {
		t.Errorf("writes %v, %v", log, err)
	}
}

// adam is a map of one's own: an Advantech ADAM-6052 with a barrier on its first output.
const adam = `
model = "adam-6052"
source = "test"
[[block]]
id = "di"
table = "discrete"
addr = 0
count = 1
[[point]]
name = "emergency"
block = "di"
[[action]]
output = "barrier"
action = "open"
addr = 16
values = [true]
write = "timed"
width = "400ms"
min_interval = "3s"
interlock = "!emergency | !emergency"
`

func TestSettingsThatAreUnsafeAreRefused(t *testing.T) {
	for settings, want := range map[string]string{
		`poll = "2s"`:                           "poll",
		`model = "moxa-e9999"`:                  "not built in",
		`inputs = ["loop_entry", "barrier_up"]`: "closed safely",
		`inputs = ["a","b","c","d","e","f","g","h","loop_exit"]`: "9 inputs",
		`invert = ["tamper"]`:                                        "not an input",
		"model = \"moxa-e1212\"\n[[block]]\nid=\"x\"":                "own map",
		strings.Replace(adam, `source = "test"`, "", 1):              "source is missing",
		strings.Replace(adam, `addr = 0`, `addr = "0"`, 1):           "addr",
		strings.Replace(adam, `width = "400ms"`, `width = "1m"`, 1):  "width",
		strings.Replace(adam, `"timed"`, `"level"`, 1):               "no safe state",
		strings.Replace(adam, `!emergency |`, `!fire |`, 1):          "fire",
		strings.Replace(adam, `count = 1`, `count = 2001`, 1):        "count",
		strings.Replace(adam, `block = "di"`, `block = "do"`, 1):     `no block "do"`,
		strings.Replace(adam, `min_interval`, `minimum_interval`, 1): "minimum_interval",
	} {
		_, _, err := modbusio.NewVirtual(devicestest.Settings(t, "laneio/modbus", "", settings), modbus.NewBank())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("settings %q: %v, want an error with %q", settings, err, want)
		}
	}
}

func TestTheDriverConforms(t *testing.T) {
	devicestest.Run(t, modbusio.Driver(), devicestest.Script{NoLink: true})
}

func BenchmarkPoll(b *testing.B) {
	dev := simio.New(simio.Config{}, nil, t0)
	now := t0
	regs := modbus.OverPDU(func(req []byte) ([]byte, error) { return dev.PDU(now, req), nil })
	u, every, err := modbusio.NewVirtual(devicestest.Settings(b, "laneio/modbus", "", ""), regs)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var out devices.Out
	for b.Loop() {
		out.Reset()
		if err := u.Poll(context.Background(), now, &out); err != nil {
			b.Fatal(err)
		}
		now = now.Add(every)
	}
}
