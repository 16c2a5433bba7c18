package rpm

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"acsgd/sim"
)

// Rain of 5 mm/h for long raises the background by 15 %, a quarter of the rain by half of
// that, and 45 min after its end 1/e is left.
func TestRainRaisesTheBackground(t *testing.T) {
	for _, row := range []struct{ rate, want float64 }{{5, 0.15}, {1.25, 0.075}, {20, 0.3}} {
		var w washout
		showers := []Shower{{start, 6 * time.Hour, row.rate}}
		at := start.Add(-time.Minute)
		if f := w.at(showers, at); f != 1 {
			t.Fatalf("%g before the rain", f)
		}
		for ; at.Before(start.Add(6 * time.Hour)); at = at.Add(slice) {
			w.at(showers, at)
		}
		if f := w.at(showers, at) - 1; math.Abs(f-row.want) > 0.002 {
			t.Errorf("%g mm/h: %.4f more, want %g", row.rate, f, row.want)
		}
		if f := w.at(showers, at.Add(45*time.Minute)) - 1; math.Abs(f-row.want/math.E) > 0.002 {
			t.Errorf("45 min after %g mm/h: %.4f more", row.rate, f)
		}
	}
	var w washout
	storm := []Shower{{start, 24 * time.Hour, 5000}}
	w.at(storm, start)
	if f := w.at(storm, start.Add(20*time.Hour)); f != washMost {
		t.Errorf("a cloudburst: %g", f)
	}
}

// A neighbour comes 0.02 times a vacant minute, for 5 to 30 s, and takes 10 to 30 %.
func TestANeighbourDarkensTheVacantPortal(t *testing.T) {
	p := New(Config{Neighbour: 0.02, Seed: 4}, &road{})
	const hours = 400
	came, dark, was := 0, 0.0, false
	for range int(hours * time.Hour / slice) {
		f := p.shadowed()
		if f != 1 && (f < 0.7 || f > 0.9) {
			t.Fatalf("factor %g", f)
		}
		if f != 1 {
			dark += slice.Seconds()
			if !was {
				came++
			}
		}
		was = f != 1
	}
	if want := hours * 60 * 0.02; math.Abs(float64(came)-want) > 4*math.Sqrt(want) {
		t.Errorf("%d neighbours in %d h, want %.0f", came, hours, want)
	}
	if mean := dark / float64(came); mean < 15 || mean > 20 {
		t.Errorf("a neighbour stays for %.1f s", mean)
	}
	p.beside = neighbour{left: 50, dark: 0.2}
	p.occupied = true
	if p.shadowed() != 1 || p.beside.left != 0 {
		t.Error("a neighbour beside an occupied portal")
	}
}

// Heavy cargo adds neutrons that come together: the mean grows by its share, the variance
// more. A burst of geometric size with mean 2.5 has variance to mean 2/0.4 - 1 = 4.
func TestMetalMakesBurstsOfNeutrons(t *testing.T) {
	v := lorry()
	v.Ship = 0.5
	p := New(Config{Neutron: 4, Seed: 2}, &road{})
	placed := sim.Placed{Vehicle: v, X: 10_000}
	share := depth(&placed, 0, false)
	const n = 400_000
	var sum, square float64
	for range n {
		var c [4]int32
		p.bursts(&placed, &c)
		x := float64(c[0] + c[1] + c[2] + c[3])
		sum += x
		square += x * x
	}
	mean := sum / n
	fano := (square/n - mean*mean) / mean
	if want := 4 * 0.5 * share * 0.2; math.Abs(mean/want-1) > 0.03 {
		t.Errorf("%g neutrons a slice, want %g", mean, want)
	}
	if math.Abs(fano-4) > 0.2 {
		t.Errorf("variance to mean %g, want 4", fano)
	}
	v.Ship = 0
	var c [4]int32
	if p.bursts(&placed, &c); c != [4]int32{} {
		t.Error("bursts without metal")
	}
}

func TestSourcesOfTheTraffic(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	weak, above, sides := 0, 0, 0
	for range 4000 {
		v, _ := Passing(rng, "")
		s := Patient(rng, v)
		if s.Gamma > 600 {
			above++
		}
		if s.Side > 0 {
			sides++
		}
		if s.Offset < 1500 || s.Offset > 2500 || s.Extent != 0 || s.Neutron != 0 {
			t.Fatalf("patient %+v", s)
		}
		if v.Length < 8000 {
			continue
		}
		n := Norm(rng, v, 1000)
		if n.Gamma < 50 || n.Gamma > 600 || n.Offset-n.Extent/2 < v.Length/6 || n.Offset+n.Extent/2 > v.Length {
			t.Fatalf("norm %+v in %d mm", n, v.Length)
		}
		if n.Gamma < 150 {
			weak++
		}
	}
	if above < 1850 || above > 2150 || sides < 1850 || sides > 2150 || weak < 1350 || weak > 1850 {
		t.Errorf("%d patients above the median, %d on one side, %d weak loads", above, sides, weak)
	}
}

// A lane's traffic goes on in order, stops now and then, and never has two vehicles in the
// panels' reach at once.
func TestTrafficGoesOn(t *testing.T) {
	at := start
	tr := NewTraffic(TrafficConfig{Start: start, Station: 4000, Seed: 3})
	last, stopped, seen := "", map[string]bool{}, 0
	for range 60 * 60 * 5 * 4 {
		at = at.Add(slice)
		for i, v := range tr.At(nil, at) {
			if i > 0 {
				t.Fatal("two vehicles at once")
			}
			if v.ID != last {
				last = v.ID
				seen++
			}
			if v.V == 0 {
				stopped[v.ID] = true
			}
		}
	}
	if seen < 250 || seen > 420 {
		t.Errorf("%d vehicles in four hours", seen)
	}
	if n := len(stopped); n < seen/50 || n > seen/10 {
		t.Errorf("%d of %d stopped", n, seen)
	}
}
