package wimjson_test

import (
	"fmt"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/devices/wim/wimjson"
	"acsgd/fusion/motion"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	simwim "acsgd/sim/wim"
)

var start = time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)

// row moves three lorries at 1.4 m/s over the datum, half a minute after one another.
type row []*sim.Vehicle

func (r row) At(dst []sim.Placed, t time.Time) []sim.Placed {
	for i, v := range r {
		if x := 1400 * (t.Sub(start).Seconds() - 5 - 30*float64(i)); x > -5000 && x < 25_000 {
			dst = append(dst, sim.Placed{Vehicle: v, X: x, V: 1400})
		}
	}
	return dst
}

func lorries() row {
	var r row
	for i := range 3 {
		v := &sim.Vehicle{ID: fmt.Sprint("v", i), Length: 16_500}
		for k, at := range []quant.Length{1400, 5100, 10_700, 12_010, 13_310} {
			v.Axles = append(v.Axles, sim.Axle{Mass: quant.Kg(int64(6500 + 300*i + 700*k)), Offset: at})
		}
		r = append(r, v)
	}
	return r
}

// gather collects the weighings of vehicles, one list a vehicle.
type gather struct {
	t    *testing.T
	all  [][]*obs.Weighing
	next []*obs.Weighing
}

func (g *gather) observation(o obs.Observation) error {
	w, ok := o.Body.(*obs.Weighing)
	if !ok {
		g.t.Errorf("%s: %+v", o.Body.Kind(), o.Body)
		return nil
	}
	if g.next = append(g.next, w); w.Axle == 0 {
		g.all, g.next = append(g.all, g.next), nil
	}
	return nil
}

// check holds what was weighed against the truth.
func (g *gather) check(r row, known bool) {
	g.t.Helper()
	if len(g.all) != len(r) {
		g.t.Fatalf("%d vehicles, want %d", len(g.all), len(r))
	}
	for i, ws := range g.all {
		if len(ws) != 6 || ws[5].Axles != 5 {
			g.t.Fatalf("vehicle %d: %d weighings", i, len(ws))
		}
		var k motion.Track
		for n, w := range ws[:5] {
			off := w.Mass - r[i].Axles[n].Mass
			if max(off, -off) > 200*quant.Kilogram || (w.U > 0) != known {
				g.t.Errorf("vehicle %d, axle %d: %v ± %v, truly %v", i, w.Axle, w.Mass, w.U, r[i].Axles[n].Mass)
			}
			k.Add(motion.Edge{Axle: w.Axle, On: w.TOn, Off: w.TOff, Speed: w.Speed, U: w.USpeed})
		}
		for n := 1; n < 5; n++ {
			gap, u, ok := k.Gap(n)
			true := r[i].Axles[n].Offset - r[i].Axles[n-1].Offset
			if d := gap - true; ok != known || known && (max(d, -d) > u || u > 150) {
				g.t.Errorf("vehicle %d: axle %d is %v ± %v (%v) behind the one before, truly %v", i, n+1, gap, u, ok, true)
			}
		}
	}
}

// TestTheDriverHearsWhatTheLoggerSays joins the simulated logger with the driver over HTTP.
func TestTheDriverHearsWhatTheLoggerSays(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*simwim.Logger)
		known  bool
	}{
		{"times and spacings", func(*simwim.Logger) {}, true},
		{"every record twice", func(l *simwim.Logger) { l.Twice = true }, true},
		{"spacings without times", func(l *simwim.Logger) { l.Untimed = true }, true},
		{"no uncertainties", func(l *simwim.Logger) { l.Mute = true }, false},
	} {
		s, err := wimjson.NewSession(devicestest.Settings(t, wimjson.Kind, "", "lane = \"2\"\ndivision = \"50kg\"\n"), devices.Env{})
		if err != nil {
			t.Fatal(err)
		}
		r := lorries()
		l := simwim.NewLogger(7, r)
		l.Lane = "2"
		c.change(l)
		g := gather{t: t}
		v := devices.NewVirtual("wim", "L2", s)
		v.Emit = g.observation
		v.Report = func(e *obs.DecodeError) { t.Errorf("%s: %v", c.name, e) }
		for now := start; now.Before(start.Add(2 * time.Minute)); now = now.Add(20 * time.Millisecond) {
			var out sim.Out
			l.Tick(now, &out)
			for len(out.Send) > 0 {
				if err := v.Feed(now, out.Send); err != nil {
					t.Fatal(err)
				}
				out.Send = out.Send[:0]
				l.Feed(now, v.Sent, &out)
				v.Sent = v.Sent[:0]
			}
		}
		g.check(r, c.known)
		want := 3
		if l.Twice {
			want = 6
		}
		if l.Accepted != want || len(l.Refused) > 0 {
			t.Errorf("%s: %d accepted, refused %q, want %d and none", c.name, l.Accepted, l.Refused, want)
		}
	}
}

// What is wrong with a record is told to the logger.
func TestTheLoggerIsToldWhatIsWrong(t *testing.T) {
	s, err := wimjson.NewSession(devicestest.Settings(t, wimjson.Kind, "", "division = \"1kg\"\nlane = \"1\"\n"), devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	l := simwim.NewLogger(7, lorries())
	l.Lane = "2"
	v := devices.NewVirtual("wim", "L1", s)
	for now := start; now.Before(start.Add(time.Minute)); now = now.Add(20 * time.Millisecond) {
		var out sim.Out
		l.Tick(now, &out)
		if err := v.Feed(now, out.Send); err != nil {
			t.Fatal(err)
		}
		l.Feed(now, v.Sent, &out)
		v.Sent = v.Sent[:0]
	}
	if len(l.Refused) != 2 || l.Refused[0] != `400 lane: this address takes those of lane "1"` {
		t.Errorf("refused %q", l.Refused)
	}
}
