package aspect_test

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/devices/modbus"
	"acsgd/devices/rpm/aspect"
	"acsgd/internal/obs"
	"acsgd/sim"
	"acsgd/sim/checkpoint"
	simbus "acsgd/sim/modbus"
	"acsgd/sim/rpm"
)

// road is a lane with one vehicle, whose front is where the test puts it.
type road struct {
	mu sync.Mutex
	x  float64
}

func (r *road) drive(x float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.x = x
}

func (r *road) At(dst []sim.Placed, _ time.Time) []sim.Placed {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := &sim.Vehicle{ID: "v", Length: 10_000, Axles: make([]sim.Axle, 3), Sources: []sim.Source{{Gamma: 4000, Offset: 5000}}}
	return append(dst, sim.Placed{Vehicle: v, X: r.x, V: 1200})
}

// serve puts a portal on a free port and gives its link.
func serve(t *testing.T, cfg rpm.AspectConfig, scene sim.Scene) (*rpm.Aspect, string) {
	t.Helper()
	a := rpm.NewAspect(cfg, scene)
	var w checkpoint.Wires
	link, err := w.Listen(simbus.TCP(a))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { w.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return a, "modbus+tcp" + strings.TrimPrefix(link, "tcp")
}

// watch runs the driver under its supervisor; next waits for what fits, at most 15 s.
func watch(t *testing.T, link, settings string) (next func(what string, fits func(obs.Body) bool) obs.Observation) {
	t.Helper()
	ch := make(chan obs.Observation, 10_000)
	sup := devices.NewSupervisor(devices.Supervision{Name: "rpm", Lane: "1", Emit: func(o obs.Observation, done func(error)) {
		select {
		case ch <- o:
		default:
		}
		if done != nil {
			done(nil)
		}
	}})
	src, err := aspect.New(devicestest.Settings(t, aspect.Kind, link, settings), sup.Env(devices.Env{}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = sup.Run(ctx, src) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return func(what string, fits func(obs.Body) bool) obs.Observation {
		t.Helper()
		limit := time.After(15 * time.Second)
		for {
			select {
			case o := <-ch:
				if fits(o.Body) {
					return o
				}
			case <-limit:
				t.Fatalf("no %s in 15 s", what)
			}
		}
	}
}

func tag(tag string) func(obs.Body) bool {
	return func(b obs.Body) bool { r, ok := b.(*obs.Radiation); return ok && r.Tag == tag }
}

func health(s obs.HealthState) func(obs.Body) bool {
	return func(b obs.Body) bool { h, ok := b.(*obs.Health); return ok && h.State == s }
}

// The whole way over a socket: the unit is searched for, the block found by its description,
// a vehicle with a source passes, the portal is cut off and comes back.
func TestAPortalOnASocket(t *testing.T) {
	r := &road{x: -20_000}
	a, link := serve(t, rpm.AspectConfig{Config: rpm.Config{Station: 12_000, Steady: true, Seed: 5, Counter: 41}, Unit: 3, Base: 512}, r)
	next := watch(t, link+"?timeout=200ms", "hold = \"400ms\"")
	if o := next("background", tag("GB")); o.Body.(*obs.Radiation).Gamma[0] < 1500 || o.Body.(*obs.Radiation).Gamma[0] > 1800 {
		t.Errorf("background %+v", o.Body)
	}
	r.drive(17_000)
	next("alarm", tag("GA"))
	r.drive(90_000)
	if o := next("end", tag("GX")); o.Body.(*obs.Radiation).Occupancy != 42 {
		t.Errorf("end %+v, want object 42", o.Body)
	}
	a.SetFault(simbus.Fault{Mute: true})
	next("fault", health(obs.Offline))
	a.SetFault(simbus.Fault{})
	next("return", health(obs.Online))
	a.SetInputs(0x0800)
	if o := next("error", health(obs.Degraded)); o.Body.(*obs.Health).Reason != "error" {
		t.Errorf("%+v", o.Body)
	}
}

func TestAFixedUnitIsNotSearchedFor(t *testing.T) {
	_, link := serve(t, rpm.AspectConfig{Config: rpm.Config{Seed: 5}, Unit: 30, Unnamed: true}, &road{x: -20_000})
	watch(t, link+"?timeout=200ms&unit=30", "")("background", tag("GB"))
}

// mbpoll is a Modbus client by others: what it reads of our simulated portal is what a
// portal would say, and what our client reads must be the same.
func TestMbpollReadsOurPortal(t *testing.T) {
	if testing.Short() {
		t.Skip("mbpoll is not asked of a short run")
	}
	if _, err := exec.LookPath("mbpoll"); err != nil {
		t.Fatalf("mbpoll is missing (Debian package mbpoll; make test installs it): %v", err)
	}
	a, link := serve(t, rpm.AspectConfig{Config: rpm.Config{Seed: 5, Counter: 77}, Unit: 9}, &road{x: -20_000})
	port := link[strings.LastIndexByte(link, ':')+1:]
	ask := func(kind string, args ...string) map[int]string {
		all := append([]string{"-0", "-1", "-o", "2", "-m", "tcp", "-p", port, "-a", "9", "-t", kind}, args...)
		out, err := exec.Command("mbpoll", append(all, "127.0.0.1")...).CombinedOutput()
		if err != nil {
			t.Fatalf("mbpoll %v: %v\n%s", all, err, out)
		}
		got := map[int]string{}
		for _, l := range regexp.MustCompile(`(?m)^\[(\d+)\]:\s+(\S+)`).FindAllStringSubmatch(string(out), -1) {
			at, err := strconv.Atoi(l[1])
			if err != nil {
				t.Fatal(err)
			}
			got[at] = l[2]
		}
		return got
	}
	a.SetHung(true) // so that two clients read the same
	desc := ask("4:hex", "-r", "0", "-c", "8")
	if desc[3] != "0x0064" || desc[4] != "0x0015" {
		t.Fatalf("description %v, want the block at 0x64, 0x15 long", desc)
	}
	hex := ask("4:hex", "-r", "100", "-c", "21")
	client, err := modbus.NewClient(link + "?unit=9")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ours := make([]uint16, 21)
	if err := client.ReadWords(t.Context(), modbus.Holding, 100, ours); err != nil {
		t.Fatal(err)
	}
	for i, w := range ours {
		if theirs := hex[100+i]; theirs != fmt.Sprintf("0x%04X", w) {
			t.Errorf("register %d: mbpoll reads %s, our client %04X", 100+i, theirs, w)
		}
	}
	// mbpoll puts 32 bits together with the low word first, as the portal sends them.
	mean := ask("4:float", "-r", "106", "-c", "1")[106]
	if v, err := strconv.ParseFloat(mean, 64); err != nil || v < 1500 || v > 1800 {
		t.Errorf("mbpoll reads a background of %s, want about 1655", mean)
	}
	if ours[17] != 77 {
		t.Errorf("object %d, want 77", ours[17])
	}
}
