package tracker_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/tracker/teltonika"
	"acsgd/internal/obs"
	"acsgd/sim"
	"acsgd/sim/tracker"
)

var start = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// road runs 20 km east and 10 km north near Korgas.
var road = []tracker.Point{{Lat: 44.20, Lon: 80.40}, {Lat: 44.20, Lon: 80.65}, {Lat: 44.29, Lon: 80.65}}

// gateway is the driver's session at the other end of the simulated device.
type gateway struct {
	t     *testing.T
	m     *tracker.Machine
	v     *devices.Virtual
	now   time.Time
	fixes []obs.Fix
	seals []string
	mute  bool  // the driver's answers get lost
	store error // why nothing is durable
	up    bool
}

func newGateway(t *testing.T, cfg tracker.Config) *gateway {
	t.Helper()
	if cfg.IMEI == "" {
		cfg.IMEI = "356307042441013"
	}
	if cfg.Route == nil {
		cfg.Route = road
	}
	cfg.Start = start
	m, err := tracker.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &gateway{t: t, m: m, now: start}
}

func (g *gateway) connect(settings func(any) error) {
	s, err := teltonika.Driver().NewSession(devices.Section{Decode: settings}, devices.Env{})
	if err != nil {
		g.t.Fatal(err)
	}
	g.v = devices.NewVirtual("gw", "", s)
	g.v.Report = func(e *obs.DecodeError) { g.t.Log(e) }
	g.v.Emit = func(o obs.Observation) error {
		if g.store != nil {
			return g.store
		}
		switch b := o.Body.(type) {
		case *obs.Fix:
			g.fixes = append(g.fixes, *b)
		case *obs.Seal:
			g.seals = append(g.seals, b.State)
		}
		return nil
	}
	g.v.Open(g.now)
	var out sim.Out
	g.up = true
	g.m.Opened(g.now, &out)
	g.exchange(out)
}

// exchange carries bytes to and fro until both sides are silent.
func (g *gateway) exchange(out sim.Out) {
	for g.up {
		if len(out.Send) > 0 {
			if err := g.v.Feed(g.now, out.Send); err != nil {
				g.t.Log(err)
			}
		}
		reply := bytes.Clone(g.v.Sent)
		g.v.Sent = g.v.Sent[:0]
		if out.Close {
			g.drop()
			return
		}
		out = sim.Out{}
		if len(reply) == 0 || g.mute {
			return
		}
		g.m.Feed(g.now, reply, &out)
	}
}

func (g *gateway) drop() { g.up = false; g.m.Closed(g.now) }

// run lets time pass up to t.
func (g *gateway) run(t time.Time) {
	for {
		at, ok := g.m.Deadline()
		if !ok || at.After(t) {
			g.now = t
			return
		}
		g.now = at
		var out sim.Out
		g.m.Tick(g.now, &out)
		g.exchange(out)
	}
}

func TestDriverReadsTheJourney(t *testing.T) {
	for _, codec8 := range []bool{false, true} {
		g := newGateway(t, tracker.Config{Speed: 22_222, Codec8: codec8})
		g.connect(nil)
		g.run(start.Add(10 * time.Minute))
		if len(g.fixes) != 61 || g.m.Kept() != 0 || g.m.Acked() != 61 {
			t.Fatalf("codec 8 %t: %d fixes, %d kept, %d acknowledged, want 61, 0, 61", codec8, len(g.fixes), g.m.Kept(), g.m.Acked())
		}
		for i, f := range g.fixes {
			at := start.Add(time.Duration(i) * 10 * time.Second)
			p, course, speed := g.m.Where(at)
			if !f.Time.Equal(at) || !f.Valid || f.Device != "356307042441013" || math.Abs(float64(f.Lat)-p.Lat*1e7) > 1 || math.Abs(float64(f.Lon)-p.Lon*1e7) > 1 ||
				math.Abs(float64(f.Course)/1000-course) > 0.5 || math.Abs(float64(f.Speed)-speed*3.6) > 500 {
				t.Fatalf("fix %d %+v, truth %v %v %v", i, f, p, course, speed)
			}
		}
	}
}

func TestSpeedAlongTheRouteIsTrue(t *testing.T) {
	g := newGateway(t, tracker.Config{Speed: 20_000, Return: true})
	a, _, _ := g.m.Where(start.Add(100 * time.Second))
	b, course, _ := g.m.Where(start.Add(200 * time.Second))
	metres := (b.Lon - a.Lon) * 111_195 * math.Cos(44.2*math.Pi/180)
	if math.Abs(metres-2000) > 2 || math.Abs(course-90) > 0.1 {
		t.Errorf("%.1f m in 100 s at course %.1f, want 2000 at 90", metres, course)
	}
	end, _, _ := g.m.Where(start.Add(1 << 40))
	if end.Lat < 44.19 || end.Lat > 44.30 {
		t.Errorf("left the route: %v", end)
	}
}

func TestRecordsSurviveALostConnection(t *testing.T) {
	g := newGateway(t, tracker.Config{Speed: 20_000})
	g.connect(nil)
	g.run(start.Add(time.Minute))
	g.drop()
	g.run(start.Add(30 * time.Minute))
	g.connect(nil)
	g.run(start.Add(31 * time.Minute))
	complete(t, g, 187)
}

func TestPacketIsRepeatedUntilItIsDurable(t *testing.T) {
	g := newGateway(t, tracker.Config{Speed: 20_000})
	g.store = fmt.Errorf("the database is down")
	g.connect(nil)
	g.run(start.Add(20 * time.Second))
	if g.m.Acked() != 0 || len(g.fixes) != 0 {
		t.Fatalf("%d acknowledged while nothing was durable", g.m.Acked())
	}
	g.store = nil
	g.run(start.Add(2 * time.Minute))
	complete(t, g, 13)
}

func TestMissingAnswersEndTheConnection(t *testing.T) {
	g := newGateway(t, tracker.Config{Speed: 20_000})
	g.connect(nil)
	g.run(start.Add(10 * time.Second))
	g.mute = true
	g.run(start.Add(5 * time.Minute))
	if g.up {
		t.Fatal("the device has kept a connection without answers")
	}
	g.mute = false
	g.connect(nil)
	g.run(start.Add(6 * time.Minute))
	complete(t, g, 37) // some of them more than once
}

// complete checks that every record has come at least once, and repeats are equal.
func complete(t *testing.T, g *gateway, want int) {
	t.Helper()
	byTime := map[time.Time]obs.Fix{}
	for _, f := range g.fixes {
		if old, ok := byTime[f.Time]; ok && (old.Lat != f.Lat || old.Lon != f.Lon) {
			t.Errorf("the record of %v has changed", f.Time)
		}
		byTime[f.Time] = f
	}
	if len(byTime) != want || g.m.Kept() != 0 || g.m.Acked() != want {
		t.Errorf("%d records, %d kept, %d acknowledged, want %d, 0, %d", len(byTime), g.m.Kept(), g.m.Acked(), want, want)
	}
}

func TestStrangerIsRefused(t *testing.T) {
	g := newGateway(t, tracker.Config{})
	g.connect(func(v any) error { v.(*teltonika.Config).Allow = []string{"123456789012345"}; return nil })
	if !g.m.Refused() || g.up {
		t.Errorf("refused %t, up %t", g.m.Refused(), g.up)
	}
}

func TestDoorAndJamming(t *testing.T) {
	g := newGateway(t, tracker.Config{Speed: 20_000, Noise: 3, Seed: 7})
	g.connect(func(v any) error { v.(*teltonika.Config).SealInput = 1; return nil })
	g.run(start.Add(30 * time.Second))
	g.m.Door(true)
	g.m.Jam(true)
	g.run(start.Add(time.Minute))
	g.m.Door(false)
	g.m.Jam(false)
	g.run(start.Add(90 * time.Second))
	if got := fmt.Sprint(g.seals); got != "[sealed open sealed]" {
		t.Errorf("seals %s", got)
	}
	for _, f := range g.fixes {
		jammed := f.Time.After(start.Add(30*time.Second)) && !f.Time.After(start.Add(time.Minute))
		if f.Valid == jammed {
			t.Errorf("fix at %v valid %t", f.Time, f.Valid)
		}
	}
}

func TestStoreIsBounded(t *testing.T) {
	g := newGateway(t, tracker.Config{Store: 10})
	g.run(start.Add(time.Hour))
	if g.m.Kept() != 10 || g.m.Lost() != 351 {
		t.Errorf("%d kept, %d lost, want 10 and 351", g.m.Kept(), g.m.Lost())
	}
	g = newGateway(t, tracker.Config{Store: 10})
	var out sim.Out
	g.m.Tick(start.Add(time.Hour), &out) // one leap instead of small steps
	if g.m.Kept() != 10 || g.m.Lost() != 351 {
		t.Errorf("%d kept, %d lost after a leap, want 10 and 351", g.m.Kept(), g.m.Lost())
	}
}

func TestSettingsAreChecked(t *testing.T) {
	if _, err := tracker.New(tracker.Config{IMEI: "1", Batch: 50}); err == nil {
		t.Error("no error")
	}
}

func TestEqualSeedsGiveEqualBytes(t *testing.T) {
	run := func() []byte {
		g := newGateway(t, tracker.Config{Speed: 20_000, Noise: 5, Seed: 3})
		var all sim.Out
		g.m.Tick(start.Add(time.Minute), &all)
		g.m.Opened(start.Add(time.Minute), &all)
		g.m.Feed(start.Add(time.Minute), []byte{1}, &all)
		return all.Send
	}
	if a, b := run(), run(); !bytes.Equal(a, b) || len(a) < 200 {
		t.Errorf("%x\n%x", a, b)
	}
}
