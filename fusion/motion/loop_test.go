package motion

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"acsgd/internal/quant"
)

// The uncertainty of the speed between two loops is that of lane-io.md 1: the root of two
// polling periods over the root of twelve, where delay and tape add nothing much.
func TestTheSpeedBetweenLoopsIsKnownAsWellAsThePollingAllows(t *testing.T) {
	const poll = 100 * time.Millisecond
	rng := rand.New(rand.NewPCG(1, 2))
	inside, n := 0, 2000
	var u quant.Speed
	for range n {
		v, way := 2778.0, 6000.0 // mm/s, mm
		at := t0.Add(time.Duration(rng.Int64N(int64(time.Second))))
		seen := func(at time.Time) time.Time { // the middle of the period in which it was found
			return at.Truncate(poll).Add(poll / 2)
		}
		l, ok := Between(seen(at), seen(at.Add(time.Duration(math.Round(way/v*1e9)))), poll/2, poll/2, quant.Length(way))
		if !ok {
			t.Fatal("no speed")
		}
		k := Track{Loops: &l}
		got, half, ok := k.Speed()
		u = half
		if ok && math.Abs(float64(got)-v) <= float64(half) {
			inside++
		}
	}
	if inside*100 < 94*n {
		t.Errorf("%d of %d speeds inside their uncertainty", inside, n)
	}
	dt := 6000 / 2778.0
	least := 2 * math.Sqrt2 * poll.Seconds() / (math.Sqrt(12) * dt) * 2778
	if float64(u) < 0.95*least || float64(u) > 1.4*least {
		t.Errorf("u = %v, want about %.0f mm/s and what delay and tape add", u, least)
	}
}

func TestLoopsAreTheOnlySourceWhereNoAxleHasASpeed(t *testing.T) {
	k := &Track{}
	for i, x := range []int64{0, 3700, 5050} { // came on to a weighbridge at 1.4 m/s
		k.Add(Edge{Axle: i + 1, On: t0.Add(time.Duration(x*1e9/1400) * time.Nanosecond)})
	}
	if _, _, ok := k.Gap(1); ok {
		t.Error("a gap without any speed")
	}
	l, _ := Between(t0.Add(-4*time.Second), t0.Add(-time.Second), 20*time.Millisecond, 20*time.Millisecond, 4200)
	k.Loops = &l
	for i, want := range []quant.Length{3700, 1350} {
		d, u, ok := k.Gap(i + 1)
		if e := d - want; !ok || max(e, -e) > u || u < 20 || u > 1200 {
			t.Errorf("gap %d = %v ± %v, %v, want %v", i+1, d, u, ok, want)
		}
	}
	if _, u, ok := k.Way(t0, t0.Add(20*time.Second)); ok {
		t.Errorf("a way long after the loops is known to %v", u)
	}
	k.Edges[1].Off = k.Edges[1].On.Add(10 * time.Second) // it stopped there
	if _, _, ok := k.Gap(1); ok {
		t.Error("a gap over an axle that stopped")
	}
}

func TestLoopsThatContradictTheScaleMakeGapsAndLengthUnknown(t *testing.T) {
	for _, c := range []struct {
		speed int64 // by the scale, where the truth is 1389 mm/s
		known bool
	}{{1389, true}, {1420, true}, {1700, false}, {1100, false}} {
		k := crossing(1389, 0, 3700, 9300)
		for i := range k.Edges {
			k.Edges[i].Speed, k.Edges[i].U = quant.Speed(c.speed), quant.Speed(c.speed/100)
		}
		l, _ := Between(t0.Add(-time.Second), t0.Add(2*time.Second), 10*time.Millisecond, 10*time.Millisecond, 4167)
		k.Loops = &l
		_, _, gap := k.Gap(1)
		_, _, way := k.Way(t0, t0.Add(6*time.Second))
		if gap != c.known || way != c.known || k.Doubted() == c.known {
			t.Errorf("scale %d mm/s, truly 1389: gap %v, way %v, doubted %v, want known %v", c.speed, gap, way, k.Doubted(), c.known)
		}
	}
}

func TestLoopsThatAgreeMoveNothingMuchAndShaveNoUncertainty(t *testing.T) {
	k := crossing(1389, 0, 3700, 9300)
	g, u, _ := k.Gap(1)
	w, uw, _ := k.Way(t0, t0.Add(6*time.Second))
	l, _ := Between(t0.Add(-time.Second), t0.Add(2*time.Second), 10*time.Millisecond, 10*time.Millisecond, 4200)
	k.Loops = &l
	g2, u2, ok := k.Gap(1)
	w2, uw2, ok2 := k.Way(t0, t0.Add(6*time.Second))
	if !ok || !ok2 || u2 != u || uw2 != uw || g2 < g || g2 > g+u || w2 < w || w2 > w+uw {
		t.Errorf("gap %v ± %v, then %v ± %v; way %v ± %v, then %v ± %v", g, u, g2, u2, w, uw, w2, uw2)
	}
}

func TestNoSpeedOfTimesThatAreNoDrive(t *testing.T) {
	for _, dt := range []time.Duration{-time.Second, 0, time.Millisecond, time.Hour} {
		if l, ok := Between(t0, t0.Add(dt), 0, 0, 3000); ok {
			t.Errorf("3 m in %v: %+v", dt, l)
		}
	}
}
