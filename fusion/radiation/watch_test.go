package radiation

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"acsgd/internal/obs"
)

// counter simulates panels behind a running mean of 20 s that is given every 5 s.
type counter struct {
	r      *rand.Rand
	rate   [4]float64
	clones float64 // of each count, how many come along with it: raises the Fano factor
	smooth float64 // share of the fluctuation that is lost: lowers it
	blocks [4][4]float64
	n      int
}

func newCounter(seed uint64) *counter {
	return &counter{r: rand.New(rand.NewPCG(seed, 7)), rate: [4]float64{393, 396, 437, 429}}
}

func (c *counter) line() (g [4]int32) {
	for p := range g {
		mean := c.rate[p] * 5
		// Of bunches of 1+clones counts at the rate mean/(1+clones); at 2000 counts normal.
		k := mean + math.Sqrt(mean*(1+c.clones))*(1-c.smooth)*c.r.NormFloat64()
		c.blocks[p][c.n%4] = math.Round(k)
	}
	c.n++
	for p := range g {
		var all float64
		for _, b := range c.blocks[p] {
			all += b
		}
		g[p] = int32(all / 20)
	}
	return g
}

// watched feeds lines to a watch until done.
type watched struct {
	watch
	c  *counter
	at time.Time
}

func newWatched(seed uint64) *watched {
	w := &watched{c: newCounter(seed), at: day}
	for range 4 {
		w.c.line()
	}
	return w
}

// until feeds lines for at most so long, and gives the time to the first fault.
func (w *watched) until(d time.Duration) (fault string, after time.Duration) {
	for after = 0; after < d; after += 5 * time.Second {
		w.at = w.at.Add(5 * time.Second)
		if w.take(w.at, w.c.line(), 20, 0); w.Bad != "" {
			return w.Bad, after
		}
	}
	return "", d
}

func TestAGoodPortalHasNoFault(t *testing.T) {
	w := newWatched(1)
	if f, after := w.until(60 * 24 * time.Hour); f != "" {
		t.Fatalf("%q after %s", f, after)
	}
}

// The sampling error that the limits rest on.
func TestTheFanoFactorIsAsUncertainAsItsFormulaSays(t *testing.T) {
	w, n := newWatched(2), 0
	var mean, square float64
	for range 20 * 24 * 3600 / 5 {
		w.at = w.at.Add(5 * time.Second)
		next := w.Spread[0].Next
		if w.take(w.at, w.c.line(), 20, 0); w.Spread[0].Next != next {
			f := w.Spread[0].Blocks[next]
			mean, square, n = mean+f, square+f*f, n+1
		}
	}
	mean /= float64(n)
	sd := math.Sqrt(square/float64(n) - mean*mean)
	t.Logf("%d blocks: %.4f, standard deviation %.4f", n, mean, sd)
	if math.Abs(mean-1) > 0.01 || math.Abs(sd-math.Sqrt(3.0/fanoBlock)) > 0.012 {
		t.Errorf("mean %.4f, standard deviation %.4f, want 1 and %.4f", mean, sd, math.Sqrt(3.0/fanoBlock))
	}
}

func TestFaultsShowInTheBackground(t *testing.T) {
	const warm = 3 * time.Hour
	for _, row := range []struct {
		name   string
		break_ func(*watched)
		want   string
		within time.Duration
	}{
		{"each count twice", func(w *watched) { w.c.clones = 1; w.c.rate = [4]float64{786, 792, 874, 858} }, faultNoise, 31 * time.Minute},
		{"half as many counts too many at random", func(w *watched) { w.c.clones = 0.5 }, faultNoise, 140 * time.Minute},
		{"a counter that smooths its counts", func(w *watched) { w.c.smooth = 0.5 }, faultNoise, 31 * time.Minute},
		{"a panel that loses a twelfth of its counts", func(w *watched) { w.c.rate[2] *= 11.0 / 12 }, faultShare + "p3", 5 * time.Minute},
		{"a panel that gains a tenth", func(w *watched) { w.c.rate[0] *= 1.1 }, faultShare + "p1", 3 * time.Minute},
		{"a panel that counts nothing", func(w *watched) { w.c.rate[1] = 0 }, faultSilent + "p2", time.Minute},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWatched(3)
			if f, after := w.until(warm); f != "" {
				t.Fatalf("%q after %s, before it broke", f, after)
			}
			sound := *w.c
			row.break_(w)
			f, after := w.until(24 * time.Hour)
			if !strings.HasPrefix(f, row.want) || after > row.within {
				t.Fatalf("%q after %s, want %q within %s", f, after, row.want, row.within)
			}
			// It ends when the portal is well again.
			w.c.rate, w.c.clones, w.c.smooth = sound.rate, 0, 0
			for w.Bad != "" && after < 24*time.Hour {
				w.at, after = w.at.Add(5*time.Second), after+5*time.Second
				w.take(w.at, w.c.line(), 20, 0)
			}
			if w.Bad != "" {
				t.Fatalf("%q stands although the portal is well", w.Bad)
			}
		})
	}
	t.Run("a counter that hangs", func(t *testing.T) {
		w := newWatched(4)
		w.until(time.Hour)
		g := w.c.line()
		for i := range 2 * stuckLines {
			now := w.c.line()
			now[3] = g[3]
			w.at = w.at.Add(5 * time.Second)
			if w.take(w.at, now, 20, 0); (w.Bad == faultStuck+"p4") != (i >= stuckLines) {
				t.Fatalf("%q after %d equal rates", w.Bad, i)
			}
		}
	})
	t.Run("a panel that the setup block names has never counted", func(t *testing.T) {
		w := watch{}
		g := [4]int32{400, 0, 400, 0}
		if w.take(day, g, 20, 0); w.Bad != "" {
			t.Fatalf("a portal of two panels: %q", w.Bad)
		}
		if w.take(day.Add(5*time.Second), g, 20, 0b1111); w.Bad != faultSilent+"p2" {
			t.Fatal(w.Bad)
		}
	})
}

// A lorry that waits beside the portal takes from all panels, most from the near pillar.
func TestAShadowIsNoFault(t *testing.T) {
	w := newWatched(5)
	w.until(time.Hour)
	w.c.rate = [4]float64{393 * 0.7, 396 * 0.75, 437 * 0.9, 429 * 0.92}
	if f, after := w.until(10 * time.Minute); f != "" {
		t.Fatalf("%q after %s", f, after)
	}
}

// The real day has one portal without a known fault, beside other traffic.
func TestTheRealDayHasNoFault(t *testing.T) {
	e := New(Config{})
	lines, least, most := 0, math.Inf(1), 0.0
	for _, s := range recorded(t, dayFile) {
		e.Feed(s.at, s.r)
		if f := e.Fault(); f != "" {
			t.Fatalf("%s: %q", s.at.Format(time.TimeOnly), f)
		}
		if s.r.Tag == "GB" {
			lines++
			for i := range e.watch.Spread {
				for _, f := range e.watch.Spread[i].Blocks[:e.watch.Spread[i].Full] {
					least, most = min(least, f), max(most, f)
				}
			}
		}
	}
	t.Logf("%d lines; Fano factors of ten minutes %.2f to %.2f; newest %v", lines, least, most, e.watch.Spread)
}

func TestAFaultOfThePanelsMakesTheOccupancyUndetermined(t *testing.T) {
	p := newPortal(Config{})
	for range stuckLines {
		p.background(1)
	}
	p.slices(20, 60)
	p.end()
	if o := p.last(t); o.Fault != faultStuck+"p1" || p.e.Fault() != o.Fault {
		t.Fatalf("%q, %q", o.Fault, p.e.Fault())
	}
	p.feed(obs.Radiation{Tag: "GB", Gamma: [4]int32{401, 399, 402, 398}})
	if f := p.e.Fault(); f != "" {
		t.Fatal(f)
	}
}

// var(b) = b/T + (drift*age)^2.
func TestTheBackgroundAges(t *testing.T) {
	e := New(Config{})
	at := day
	for i := range 240 { // 20 minutes at 1600/s, then 1720/s: 0.2/s per second at most
		g := int32(400)
		if i >= 120 {
			g = 430
		}
		at = at.Add(5 * time.Second)
		feedBackground(e, at, [4]int32{g, g + int32(i%3), g - int32(i%3), g})
	}
	feedBackground(e, at.Add(5*time.Second), [4]int32{430, 430, 430, 430})
	at = at.Add(5 * time.Second)
	if r := e.watch.Drift.rate(); math.Abs(r-0.2) > 1e-3 {
		t.Fatalf("drift %f", r)
	}
	for _, row := range []struct {
		age  time.Duration
		want float64
	}{{0, math.Sqrt(1720 / 20.0)}, {60 * time.Second, math.Sqrt(1720/20.0 + 12*12)}, {250 * time.Second, math.Sqrt(1720/20.0 + 50*50)}} {
		x := New(Config{})
		*x = *e
		feedSlice(x, at.Add(row.age), [4]int32{80, 80, 80, 80})
		if u := x.Current().BackgroundU; math.Abs(float64(u)-1.96*row.want) > 1 {
			t.Errorf("%s old: %d, want %.1f", row.age, u, 1.96*row.want)
		}
	}
}
