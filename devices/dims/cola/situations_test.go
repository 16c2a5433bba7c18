package cola

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/devices/dims/profile"
	"acsgd/internal/line"
	"acsgd/internal/obs"
	"acsgd/sim"
	simdims "acsgd/sim/dims"
)

// track joins stretches of (seconds, mm/s^2) that begin at x = -1500 with speed v.
func track(t time.Time, v float64, stretches ...[2]float64) (k sim.Track, end time.Time) {
	x := -1500.0
	for _, s := range stretches {
		k = append(k, sim.Segment{Start: t, X: x, V: v, A: s[1]})
		x += v*s[0] + s[1]*s[0]*s[0]/2
		v += s[1] * s[0]
		t = t.Add(time.Duration(s[0] * 1e9))
	}
	return append(k, sim.Segment{Start: t, X: x, V: v}), t
}

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if math.Abs(got-want) > by {
		t.Errorf("%s %.0f, want %.0f within %.0f", what, got, want, by)
	}
}

func TestSituations(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	truck, train, auto := lorry("truck", rng, false), lorry("train", rng, true), car("car", rng)
	const kmh = 1000 / 3.6
	through := func(v *sim.Vehicle, mms float64) float64 { return (float64(v.Length) + 3000) / mms }
	for _, row := range []struct {
		name  string
		build func(s *road, t time.Time) (end time.Time)
		want  []*sim.Vehicle
	}{
		{"a road train at 1 km/h is one object", func(s *road, t time.Time) time.Time { return s.pass(train, t, 1*kmh) }, []*sim.Vehicle{train}},
		{"a road train at 15 km/h is one object", func(s *road, t time.Time) time.Time { return s.pass(train, t, 15*kmh) }, []*sim.Vehicle{train}},
		{"two cars 1.5 m apart at 10 km/h are two objects", func(s *road, t time.Time) time.Time {
			s.pass(auto, t, 10*kmh)
			return s.pass(auto, t.Add(time.Duration((float64(auto.Length)+1500)/(10*kmh)*1e9)), 10*kmh)
		}, []*sim.Vehicle{auto, auto}},
		{"a car 1.5 m behind a road train is a second object", func(s *road, t time.Time) time.Time {
			s.pass(train, t, 5*kmh)
			return s.pass(auto, t.Add(time.Duration((float64(train.Length)+1500)/(5*kmh)*1e9)), 5*kmh)
		}, []*sim.Vehicle{train, auto}},
		{"a lorry that stands for a minute in the middle", func(s *road, t time.Time) time.Time {
			k, _ := track(t, 2000, [2]float64{3, 0}, [2]float64{2, -1000}, [2]float64{60, 0}, [2]float64{2, 1000}, [2]float64{0, 0})
			s.v, s.k = append(s.v, truck), append(s.k, k)
			return t.Add(67*time.Second + time.Duration(through(truck, 2000)*1e9))
		}, []*sim.Vehicle{truck}},
		{"a lorry that stands for five minutes with its mirrors in the plane", func(s *road, t time.Time) time.Time {
			// 1500 mm to the plane and 450 mm on: stops at its mirrors.
			k, _ := track(t, 1000, [2]float64{1.45, 0}, [2]float64{1, -1000}, [2]float64{300, 0}, [2]float64{1, 1000})
			s.v, s.k = append(s.v, truck), append(s.k, k)
			return t.Add(304*time.Second + time.Duration(through(truck, 1000)*1e9))
		}, []*sim.Vehicle{truck}},
		{"a lorry that rolls half a metre back", func(s *road, t time.Time) time.Time {
			k, _ := track(t, 1500, [2]float64{3, 0}, [2]float64{1.5, -1000}, [2]float64{2, 0}, [2]float64{1, -500}, [2]float64{0.5, 0}, [2]float64{1, 500}, [2]float64{2, 0}, [2]float64{1.5, 1000})
			s.v, s.k = append(s.v, truck), append(s.k, k)
			return t.Add(14*time.Second + time.Duration(through(truck, 1500)*1e9))
		}, []*sim.Vehicle{truck}},
	} {
		for _, scanners := range [][]simdims.Config{oneScanner, twoScanners} {
			t.Run(fmt.Sprintf("%s, scanners %d", row.name, len(scanners)), func(t *testing.T) {
				scene := &road{}
				settings := ""
				if len(scanners) == 2 {
					settings = twoSettings
				}
				r := newRig(t, scene, settings, scanners...)
				r.run(t, start.Add(calibrated))
				r.run(t, row.build(scene, r.now))
				if len(r.seen) != len(row.want) {
					t.Fatalf("%d objects, want %d", len(r.seen), len(row.want))
				}
				for i, p := range r.seen {
					near(t, "height", float64(p.Height), float64(row.want[i].Height), 40)
					near(t, "width", float64(p.Width), float64(row.want[i].Width), 60)
					if !slices.Equal(p.Flags, remarksOf(len(scanners))) || p.Lost != 0 {
						t.Errorf("flags %v, %d lost", p.Flags, p.Lost)
					}
					if n := len(p.Slices); n == 0 || n > 512 {
						t.Errorf("%d slices", n)
					}
					again, err := profile.Replay(r.traces[i])
					if d := diff(p, &again); err != nil || d != "" {
						t.Errorf("replays otherwise: %v %s", err, d)
					}
					if n := len(r.traces[i]); n > 2<<20 {
						t.Errorf("a trace of %d bytes", n)
					}
				}
			})
		}
	}
}

func TestLengthFollowsFromTimeAndSpeed(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	v := lorry("truck", rng, false)
	scene := &road{}
	r := newRig(t, scene, "speed = \"7.2km/h\"\nu_speed = \"20mm/s\"", oneScanner...)
	r.run(t, start.Add(calibrated))
	r.run(t, scene.pass(v, r.now, 2000))
	p := r.seen[0]
	near(t, "length", float64(p.Length), float64(v.Length), float64(p.ULength))
	if p.ULength == 0 || p.ULength > 400 {
		t.Errorf("u of the length %d", p.ULength)
	}
	l, u := profile.LengthFrom(p.Start, p.End, time.Duration(p.Period)*time.Microsecond, 2000, 20, p.Beam)
	if l != p.Length || u != p.ULength {
		t.Errorf("the helper says %d and %d", l, u)
	}
}

func TestWithoutHeightNothingIsMeasuredBeforeCalibration(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	scene := &road{}
	r := newRig(t, scene, "", oneScanner...)
	r.run(t, scene.pass(car("early", rng), r.now, 4000))
	if len(r.seen) != 0 || len(r.health) < 2 || !strings.Contains(r.health[1], "calibrating") {
		t.Fatalf("%d profiles, health %q", len(r.seen), r.health)
	}
	r.run(t, start.Add(40*time.Second))
	if last := r.health[len(r.health)-1]; !strings.HasPrefix(last, "online: scanner 1 calibrated: height 6038 mm, roll 0.40") {
		t.Errorf("health %q", last)
	}
	v := car("late", rng)
	r.run(t, scene.pass(v, r.now, 4000))
	if len(r.seen) != 1 {
		t.Fatalf("%d profiles", len(r.seen))
	}
	near(t, "height", float64(r.seen[0].Height), float64(v.Height), 40)
}

func TestAKnownHeightMeasuresAtOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	scene := &road{}
	r := newRig(t, scene, "height = \"6.03m\"\nroll_deg = 0.4", oneScanner...)
	v := lorry("first", rng, true)
	r.run(t, scene.pass(v, r.now, 3000))
	if len(r.seen) != 1 {
		t.Fatalf("%d profiles", len(r.seen))
	}
	near(t, "height", float64(r.seen[0].Height), float64(v.Height), 40)
	if r.seen[0].UHeight < 50 {
		t.Errorf("u %d is that of a calibrated mount", r.seen[0].UHeight)
	}
}

func TestBadScansAreFlagged(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	v := lorry("truck", rng, false)
	has := func(p *obs.Profile, f obs.Flag) bool {
		for _, g := range p.Flags {
			if g == f {
				return true
			}
		}
		return false
	}
	run := func(c simdims.Config, status uint8) (*rig, *obs.Profile) {
		scene := &road{}
		r := newRig(t, scene, "", c)
		r.run(t, start.Add(calibrated*2))
		r.scanners[0].(*simdims.Scanner).Pollute(status)
		r.run(t, scene.pass(v, r.now, 2000))
		if len(r.seen) != 1 {
			t.Fatalf("%d profiles", len(r.seen))
		}
		return r, r.seen[0]
	}
	if _, p := run(simdims.Config{Lose: 0.15}, 0); !has(p, obs.ScansLost) || p.Lost < 3 {
		t.Errorf("lost scans: flags %v, %d lost", p.Flags, p.Lost)
	}
	if _, p := run(simdims.Config{Repeat: 0.3}, 0); has(p, obs.ScansLost) || p.Lost != 0 {
		t.Errorf("doubled scans: flags %v, %d lost", p.Flags, p.Lost)
	}
	if r, p := run(simdims.Config{}, 5); !has(p, obs.Polluted) || !strings.HasPrefix(r.health[len(r.health)-1], "degraded: front window") {
		t.Errorf("dirty window: flags %v, health %q", p.Flags, r.health)
	}
	if r, p := run(simdims.Config{}, 2); has(p, obs.Polluted) || !strings.HasPrefix(r.health[len(r.health)-1], "maintenance") {
		t.Errorf("pollution warning: flags %v, health %q", p.Flags, r.health)
	}
	if _, p := run(simdims.Config{Rain: 0.005}, 0); true {
		near(t, "height in rain", float64(p.Height), float64(v.Height), 40)
		near(t, "width in rain", float64(p.Width), float64(v.Width), 60)
	}
	if _, p := run(simdims.Config{Text: true}, 0); true {
		near(t, "height from a device set to text", float64(p.Height), float64(v.Height), 40)
	}
}

func TestRainAloneIsNoVehicle(t *testing.T) {
	r := newRig(t, &road{}, "height = \"6m\"", simdims.Config{Rain: 0.02})
	r.run(t, start.Add(3*time.Minute))
	if len(r.seen) != 0 {
		t.Errorf("%d vehicles in an empty lane", len(r.seen))
	}
}

func TestAThinnedLaneStaysOnline(t *testing.T) {
	v := lorry("truck", rand.New(rand.NewPCG(4, 4)), false)
	scene := &road{}
	c := oneScanner[0]
	c.Idle = time.Second
	r := newRig(t, scene, "height = \"6.03m\"\nroll_deg = 0.4\nsilence = \"10s\"", c)
	for range 3 {
		r.run(t, scene.pass(v, r.now.Add(30*time.Second), 2000))
	}
	if len(r.seen) != 3 || len(r.health) != 1 {
		t.Fatalf("%d profiles, health %q", len(r.seen), r.health)
	}
	near(t, "height", float64(r.seen[2].Height), float64(v.Height), 40)
}

func TestAMovedMountIsTold(t *testing.T) {
	r := newRig(t, &road{}, "calibration_scans = 50", oneScanner...)
	r.run(t, start.Add(calibrated))
	moved := oneScanner[0]
	moved.Height += 40
	s, err := simdims.New(moved, &road{})
	if err != nil {
		t.Fatal(err)
	}
	r.scanners[0] = s
	r.sessions[0].(*Session).Tick(r.now, &r.out)
	var back sim.Out
	s.Feed(r.now, devicestest.Unhex(t, golden["subscribe"]), &back)
	r.run(t, start.Add(2*calibrated+20*time.Second))
	if last := r.health[len(r.health)-1]; !strings.Contains(last, "has moved") {
		t.Errorf("health %q", r.health)
	}
}

// TestPairOnLinks drives two scanners over in-process links, in a bubble with fake time.
func TestPairOnLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scene := &road{}
		ctx, cancel := context.WithCancel(t.Context())
		last := make(chan []byte, 2)
		env := devices.Env{Report: func(e *obs.DecodeError) { t.Error(e) }, Open: func(link string) (line.Open, error) {
			c := twoScanners[0]
			if strings.Contains(link, "second") {
				c = twoScanners[1]
			}
			return func(context.Context) (line.Conn, error) {
				near, far := line.Pipe(link)
				go serve(t, c, scene, far, last)
				return near, nil
			}, nil
		}}
		sec := section(twoSettings + "height = \"6.03m\"\nroll_deg = 0.4\nsecond_height = \"5.98m\"\nsecond_roll_deg = -0.3\nsecond = \"pipe:second\"")
		sec.Link = "pipe:first"
		src, err := New(sec, env)
		if err != nil {
			t.Fatal(err)
		}
		v := lorry("truck", rand.New(rand.NewPCG(1, 1)), false)
		scene.pass(v, time.Now().Add(3*time.Second), 2000)
		var seen []*obs.Profile
		done := make(chan error, 1)
		go func() {
			done <- src.Run(ctx, func(o obs.Observation, _ func(error)) {
				if p, ok := o.Body.(*obs.Profile); ok {
					seen = append(seen, p)
				}
			})
		}()
		time.Sleep(20 * time.Second)
		cancel()
		if err := <-done; err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
		if len(seen) != 1 {
			t.Fatalf("%d profiles", len(seen))
		}
		near(t, "height", float64(seen[0].Height), float64(v.Height), 40)
		near(t, "width", float64(seen[0].Width), float64(v.Width), 60)
		for range 2 {
			if bye := <-last; !bytes.HasSuffix(bye, devicestest.Unhex(t, golden["unsubscribe"])) {
				t.Errorf("the last request is %x", bye)
			}
		}
	})
}

// serve runs one simulated scanner on a link until it is closed, and tells the last request.
func serve(t *testing.T, c simdims.Config, scene sim.Scene, conn line.Conn, last chan<- []byte) {
	s, err := simdims.New(c, scene)
	if err != nil {
		t.Error(err)
		return
	}
	buf := make([]byte, 4096)
	var out sim.Out
	var request []byte
	for {
		at, ok := s.Deadline()
		if !ok {
			at = time.Time{}
		}
		conn.SetReadDeadline(at)
		n, err := conn.Read(buf)
		out.Send = out.Send[:0]
		if n > 0 {
			request = bytes.Clone(buf[:n])
			s.Feed(time.Now(), buf[:n], &out)
		} else if err != nil && !strings.Contains(err.Error(), "timeout") {
			last <- request
			return
		}
		s.Tick(time.Now(), &out)
		if len(out.Send) > 0 {
			if _, err := conn.Write(out.Send); err != nil {
				last <- request
				return
			}
		}
	}
}

// BenchmarkTelegram is one LMS511 telegram (0.1667 degrees, with RSSI) from bytes to slice,
// over an empty lane and while a lorry drives through; p99 is of single telegrams.
func BenchmarkTelegram(b *testing.B) {
	v := lorry("truck", rand.New(rand.NewPCG(1, 1)), false)
	for _, row := range []struct {
		name string
		v    []*sim.Vehicle
	}{{"empty", nil}, {"busy", []*sim.Vehicle{v}}} {
		b.Run(row.name, func(b *testing.B) {
			r := newRig(b, &road{}, "height = \"6.03m\"\nroll_deg = 0.4", oneScanner...)
			r.run(b, start.Add(calibrated))
			scene := &road{v: row.v}
			if row.v != nil {
				scene.k = []sim.Track{{{Start: r.now, X: 0, V: 2000}}}
			}
			c := oneScanner[0]
			c.Seed = 77
			s, err := simdims.New(c, scene)
			if err != nil {
				b.Fatal(err)
			}
			var ignored, wire sim.Out
			s.Feed(r.now, devicestest.Unhex(b, golden["subscribe"]), &ignored)
			var frames [][]byte
			for range 125 {
				wire.Send = nil
				at, _ := s.Deadline()
				s.Tick(at, &wire)
				frames = append(frames, wire.Send)
			}
			took := make([]time.Duration, 0, 1<<20)
			b.ReportAllocs()
			for k := 0; b.Loop(); k++ {
				r.now = r.now.Add(40 * time.Millisecond)
				from := time.Now()
				r.sessions[0].Feed(r.now, frames[k%len(frames)], &r.out)
				if len(took) < cap(took) {
					took = append(took, time.Since(from))
				}
				r.out.Reset()
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
		})
	}
}
