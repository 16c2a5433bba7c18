package profile

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

var noon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

// fan is a scan of 0.1667 degrees from 6 m: the road, and boxes {left, right, bottom, top}.
func fan(rng *rand.Rand, k int, boxes ...[4]float64) *Scan {
	s := &Scan{At: noon.Add(time.Duration(k) * 40 * time.Millisecond), Beam: 18500, Period: 40 * time.Millisecond, Start: -5, Step: 1.0 / 6}
	for i := range 1141 {
		sin, cos := math.Sincos((s.Start + float64(i)*s.Step) * math.Pi / 180)
		d := 0.0
		if sin > 0.2 {
			d = 6000 / sin
		}
		for _, b := range boxes {
			near, far := clip(1, 1e9, 0, cos, b[0], b[1])
			near, far = clip(near, far, 6000, -sin, b[2], b[3])
			if near < far && (d == 0 || near < d) {
				d = near
			}
		}
		if d > 0 && rng != nil {
			d += 6 * rng.NormFloat64()
		}
		s.Dist = append(s.Dist, int32(d))
	}
	return s
}

func engine(t testing.TB, change func(*Config)) *Engine {
	t.Helper()
	c := Defaults()
	c.Mounts[0].Height = 6000
	if change != nil {
		change(&c)
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	return New(c)
}

// drive feeds stretches of equal scans and a clear end, and returns all vehicles.
func drive(e *Engine, stretches ...stretch) (seen []*Result) {
	rng := rand.New(rand.NewPCG(1, 2))
	k := 0
	for _, s := range append(append([]stretch{{n: 10}}, stretches...), stretch{n: 20}) {
		for range s.n {
			if res := e.Feed(0, fan(rng, k, s.boxes...)); res != nil {
				seen = append(seen, res)
			}
			k++
		}
	}
	return seen
}

type stretch struct {
	n     int
	boxes [][4]float64
}

var (
	body    = [4]float64{-1250, 1250, 900, 3500}
	drawbar = [4]float64{-100, 100, 500, 700}
)

func TestObjects(t *testing.T) {
	one := []obs.Flag{obs.OneScanner} // and no other
	for _, row := range []struct {
		name   string
		in     []stretch
		height []quant.Length
		flags  []obs.Flag
	}{
		{"a box", []stretch{{60, [][4]float64{body}}}, []quant.Length{3500}, one},
		{"a drawbar keeps the object open", []stretch{{60, [][4]float64{body}}, {40, [][4]float64{drawbar}}, {60, [][4]float64{body}}}, []quant.Length{3500}, one},
		{"four missing scans do not end it", []stretch{{60, [][4]float64{body}}, {4, nil}, {60, [][4]float64{body}}}, []quant.Length{3500}, one},
		{"five clear scans do", []stretch{{60, [][4]float64{body}}, {5, nil}, {60, [][4]float64{body}}}, []quant.Length{3500, 3500}, one},
		{"a bird in one scan above the roof is no height", []stretch{{30, [][4]float64{body}}, {1, [][4]float64{body, {-200, 200, 4000, 4200}}}, {30, [][4]float64{body}}}, []quant.Length{3500}, one},
		{"an exhaust over two scans is", []stretch{{30, [][4]float64{body}}, {2, [][4]float64{body, {700, 850, 3500, 3900}}}, {30, [][4]float64{body}}}, []quant.Length{3900}, one},
		{"a thin aerial over many scans is no height", []stretch{{30, [][4]float64{body}}, {20, [][4]float64{body, {700, 710, 3500, 4700}}}, {30, [][4]float64{body}}}, []quant.Length{3500}, one},
		{"a drawbar alone is no vehicle", []stretch{{60, [][4]float64{drawbar}}}, nil, nil},
		{"what is gone after six scans cannot be judged", []stretch{{6, [][4]float64{body}}}, []quant.Length{3500}, []obs.Flag{obs.FewSamples, obs.OneScanner}},
		{"what stands beside the lane is not seen", []stretch{{60, [][4]float64{{2600, 4000, 0, 3000}}}}, nil, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			seen := drive(engine(t, nil), row.in...)
			if len(seen) != len(row.height) {
				t.Fatalf("%d objects, want %d", len(seen), len(row.height))
			}
			for i, s := range seen {
				if d := s.Profile.Height - row.height[i]; d < -20 || d > 20 {
					t.Errorf("height %d, want %d", s.Profile.Height, row.height[i])
				}
				if d := cmp.Diff(row.flags, s.Profile.Flags); d != "" {
					t.Error(d)
				}
			}
		})
	}
}

func TestMirrors(t *testing.T) {
	body := [4]float64{-1250, 1250, 900, 2400} // low, so that its roof hides no mirror
	mirrors := [][4]float64{body, {-1500, -1250, 1800, 2300}, {1250, 1500, 1800, 2300}}
	in := []stretch{{5, [][4]float64{body}}, {4, mirrors}, {60, [][4]float64{body}}}
	rear := []stretch{{60, [][4]float64{body}}, {4, mirrors}, {5, [][4]float64{body}}}
	for _, row := range []struct {
		name  string
		in    []stretch
		with  bool
		width quant.Length
	}{
		{"mirrors near the front are no width", in, false, 2500},
		{"unless the settings say so", in, true, 3000},
		{"what stands out at the rear is width", rear, false, 3000},
	} {
		seen := drive(engine(t, func(c *Config) { c.Mirrors = row.with }), row.in...)
		if len(seen) != 1 {
			t.Fatalf("%s: %d objects", row.name, len(seen))
		}
		if d := seen[0].Profile.Width - row.width; d < -40 || d > 40 {
			t.Errorf("%s: width %d, want %d", row.name, seen[0].Profile.Width, row.width)
		}
	}
}

func TestLostScansAndMarksReachTheProfile(t *testing.T) {
	e := engine(t, nil)
	rng := rand.New(rand.NewPCG(1, 2))
	var res *Result
	for k := 0; res == nil; k++ {
		s := fan(rng, k)
		if k > 5 && k < 40 {
			s = fan(rng, k, body)
		}
		if k == 20 {
			s.Lost, s.Marks = 3, Polluted|ClockUnset
		}
		if k == 2 {
			s.Lost = 100 // before the vehicle: none of its business
		}
		res = e.Feed(0, s)
	}
	if d := cmp.Diff([]obs.Flag{obs.ScansLost, obs.Polluted, obs.ClockUnset, obs.OneScanner}, res.Profile.Flags); d != "" || res.Profile.Lost != 3 {
		t.Errorf("%d lost; %s", res.Profile.Lost, d)
	}
	if n := res.Profile.Scans; n != 34 {
		t.Errorf("%d scans, want 34", n)
	}
}

func TestWhatNeverLeavesIsClosed(t *testing.T) {
	e := engine(t, func(c *Config) { c.MaxObject = 10 })
	rng := rand.New(rand.NewPCG(1, 2))
	var seen []*Result
	for k := range 600 {
		s := fan(rng, k)
		if k > 20 {
			s = fan(rng, k, body)
		}
		if res := e.Feed(0, s); res != nil {
			seen = append(seen, res)
		}
	}
	if len(seen) < 1 || !hasFlag(seen[0].Profile, obs.Truncated) {
		t.Fatalf("%d objects", len(seen))
	}
}

func hasFlag(p *obs.Profile, f obs.Flag) bool {
	for _, g := range p.Flags {
		if g == f {
			return true
		}
	}
	return false
}

func TestLengthFrom(t *testing.T) {
	for _, row := range []struct {
		name string
		dur  time.Duration
		v, u quant.Speed
		l, h quant.Length
	}{
		// 2 m/s for 5 s and half a slice of 80 mm at either end.
		{"a known speed", 5 * time.Second, 2000, 0, 10080, 66},
		{"a speed known to one per cent", 5 * time.Second, 2000, 20, 10080, 121},
		{"no speed", 5 * time.Second, 0, 0, 0, 0},
		{"rolling back", 5 * time.Second, -10, 0, 0, 0},
		{"an end before its start", -time.Second, 2000, 0, 0, 0},
	} {
		if l, u := LengthFrom(noon, noon.Add(row.dur), 40*time.Millisecond, row.v, row.u, 0); l != row.l || u != row.h {
			t.Errorf("%s: %d and %d, want %d and %d", row.name, l, u, row.l, row.h)
		}
	}
}

func TestCalibrationFindsTheRoad(t *testing.T) {
	e := engine(t, func(c *Config) { c.Mounts[0].Height = 0; c.Scans = 50 })
	rng := rand.New(rand.NewPCG(1, 2))
	for k := range 50 {
		if e.Ready() {
			t.Fatalf("ready after %d scans", k)
		}
		e.Feed(0, fan(rng, k))
	}
	u := e.units[0]
	if !e.Ready() || math.Abs(u.h-6000) > 5 || math.Abs(u.roll) > 0.001 {
		t.Errorf("height %.1f, roll %.5f", u.h, u.roll)
	}
	// A wall in place of a road is refused, and said.
	e = engine(t, func(c *Config) { c.Mounts[0].Height = 0; c.Scans = 50 })
	for k := range 50 {
		s := fan(nil, k)
		for i := range s.Dist {
			s.Dist[i] = int32(500 + rng.IntN(6000))
		}
		e.Feed(0, s)
	}
	if n := e.Notices(); e.Ready() || len(n) != 1 || !n[0].Bad {
		t.Errorf("ready %v, notices %v", e.Ready(), n)
	}
}

func TestARoofIsNoRoad(t *testing.T) {
	e := engine(t, func(c *Config) { c.Mounts[0].Height = 0; c.Scans = 50 })
	rng := rand.New(rand.NewPCG(1, 2))
	for k := range 50 {
		e.Feed(0, fan(rng, k, body))
	}
	if n := e.Notices(); e.Ready() || len(n) != 1 || !n[0].Bad {
		t.Errorf("calibrated on the roof of a standing lorry: %v", n)
	}
}

func TestDamagedTracesAreRefused(t *testing.T) {
	trace := drive(engine(t, nil), stretch{60, [][4]float64{body}})[0].Trace
	for n := range len(trace) - 1 {
		if n > 200 && n%97 != 0 {
			continue
		}
		if _, err := Replay(trace[:n]); err == nil {
			t.Fatalf("%d of %d bytes replay", n, len(trace))
		}
	}
}

func FuzzReplay(f *testing.F) {
	f.Add(drive(engine(f, nil), stretch{10, [][4]float64{body}})[0].Trace)
	f.Add([]byte(traceMagic + "\x02{}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := Replay(in)
		if err == nil && len(p.Slices) > outSlices {
			t.Fatalf("%d slices", len(p.Slices))
		}
	})
}

func TestFeedingAllocatesNothing(t *testing.T) {
	e := engine(t, nil)
	rng := rand.New(rand.NewPCG(1, 2))
	scans := make([]*Scan, 100)
	for k := range scans {
		scans[k] = fan(rng, k, body)
	}
	k := 0
	feed := func() {
		s := scans[k%len(scans)]
		s.At = noon.Add(time.Duration(k) * 4 * time.Millisecond)
		e.Feed(0, s)
		k++
	}
	for range 1500 {
		feed()
	}
	if n := testing.AllocsPerRun(500, feed); n > 0.1 { // the trace grows now and then
		t.Errorf("%v allocations a scan", n)
	}
}

func TestMedianIsTheMiddleOfTheSorted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(rapid.Int32Range(-3, 60), 1, 40).Draw(t, "v")
		sorted := slices.Sorted(slices.Values(v))
		if got, want := median(v), sorted[len(sorted)/2]; got != want {
			t.Fatalf("median %d, want %d of %v", got, want, sorted)
		}
	})
}
