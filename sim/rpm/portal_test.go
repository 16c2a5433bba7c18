package rpm

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"acsgd/sim"
)

var start = time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)

// road is a scene of vehicles on tracks.
type road struct {
	vehicles []*sim.Vehicle
	tracks   []sim.Track
}

func (r *road) At(dst []sim.Placed, t time.Time) []sim.Placed {
	for i, v := range r.vehicles {
		if x, s, ok := r.tracks[i].At(t); ok && x < 60_000 {
			dst = append(dst, sim.Placed{Vehicle: v, X: x, V: s})
		}
	}
	return dst
}

// pass sends a vehicle through at a constant speed, its front 20 m before the datum at t.
func (r *road) pass(t time.Time, mms float64, v *sim.Vehicle) {
	r.vehicles = append(r.vehicles, v)
	r.tracks = append(r.tracks, sim.Track{{Start: t, X: -20_000, V: mms}})
}

func lorry(sources ...sim.Source) *sim.Vehicle {
	return &sim.Vehicle{Length: 16_500, Width: 2550, Height: 4000, Units: []int{2, 3}, Shield: 0.4, Sources: sources,
		Axles: []sim.Axle{{Offset: 1400}, {Offset: 5100}, {Offset: 10_700}, {Offset: 12_010}, {Offset: 13_320}}}
}

// drive runs a portal until t; step 0 follows its deadlines.
func drive(p *Portal, from, to time.Time, step time.Duration) []byte {
	var out sim.Out
	p.Tick(from, &out)
	for now := from; ; {
		if step > 0 {
			now = now.Add(step)
		} else {
			now, _ = p.Deadline()
		}
		if now.After(to) {
			return out.Send
		}
		p.Tick(now, &out)
	}
}

func tags(send []byte) map[string]int {
	n := map[string]int{}
	for text := range strings.SplitSeq(strings.TrimSuffix(string(send), "\r\n"), "\r\n") {
		tag, _, _ := strings.Cut(text, ",")
		n[tag]++
	}
	return n
}

func TestAPassage(t *testing.T) {
	r := &road{}
	r.pass(start.Add(60*time.Second), 2200, lorry())
	send := drive(New(Config{Seed: 1}, r), start, start.Add(2*time.Minute), 0)
	n := tags(send)
	// 16.8 m at 2.2 m/s are 38 slices, 5 buffered ones before and 10 of hold-in after.
	if n["GX"] != 1 || n["GA"] != 0 || n["NA"] != 0 || n["GS"] < 51 || n["GS"] > 55 {
		t.Fatalf("%v", n)
	}
	if n["NS"] < 10 || n["NS"] > 12 || n["SP"] < 1 || n["GB"] != n["NB"] || n["GB"] < 20 {
		t.Fatalf("%v", n)
	}
	for _, tag := range []string{"SG1", "SG2", "SG3", "SN1", "SN2"} {
		if n[tag] != 1 {
			t.Fatalf("%d %s lines at the start", n[tag], tag)
		}
	}
	if !bytes.HasPrefix(send, []byte("SG1,002000,000068,05,10,05.0,P\r\nSG2,1111,0.069,0.455,01,1010,A\r\n")) {
		t.Fatalf("begins with %q", send[:70])
	}
	if !bytes.Contains(send, []byte("GX,000001,00")) {
		t.Fatal("the counter does not begin at 1")
	}
}

func TestEqualSeedsGiveEqualBytes(t *testing.T) {
	r := &road{}
	r.pass(start.Add(30*time.Second), 2200, lorry(sim.Source{Gamma: 900, Neutron: 6, Offset: 9000}))
	r.pass(start.Add(45*time.Second), 2500, lorry())
	a := drive(New(Config{Seed: 7, Extended: true}, r), start, start.Add(80*time.Second), 0)
	b := drive(New(Config{Seed: 7, Extended: true}, r), start, start.Add(80*time.Second), 0)
	c := drive(New(Config{Seed: 7, Extended: true}, r), start, start.Add(80*time.Second), 100*time.Millisecond)
	d := drive(New(Config{Seed: 8, Extended: true}, r), start, start.Add(80*time.Second), 0)
	if !bytes.Equal(a, b) {
		t.Error("the same seed gave other bytes")
	}
	if n := min(len(a), len(c)) - 200; !bytes.Equal(a[:n], c[:n]) {
		t.Error("how often the portal is asked changes what it says")
	}
	if bytes.Equal(a, d) {
		t.Error("another seed gave the same bytes")
	}
}

func TestFaultsOfThePortal(t *testing.T) {
	p := New(Config{Seed: 3}, &road{})
	send := drive(p, start, start.Add(10*time.Second), 0)
	p.Tamper(true)
	send = append(send, drive(p, start.Add(10*time.Second), start.Add(20*time.Second), 0)...)
	p.Tamper(false)
	p.Restart()
	send = append(send, drive(p, start.Add(20*time.Second), start.Add(30*time.Second), 0)...)
	if n := tags(send); n["TT"] != 1 || n["TC"] != 1 || n["SG1"] != 2 {
		t.Fatalf("%v", n)
	}
	hot := drive(New(Config{Seed: 3, Background: [4]float64{2500, 390, 390, 390}, Neutron: 80}, &road{}), start, start.Add(20*time.Second), 0)
	if n := tags(hot); n["GH"] == 0 || n["NH"] == 0 || n["GB"] != 0 {
		t.Fatalf("%v", n)
	}
	cold := drive(New(Config{Seed: 3, Background: [4]float64{20, 390, 390, 390}}, &road{}), start, start.Add(20*time.Second), 0)
	if n := tags(cold); n["GL"] == 0 || n["GB"] != 0 {
		t.Fatalf("%v", n)
	}
}

func TestAQueueingVehicleShadowsTheBackground(t *testing.T) {
	r := &road{vehicles: []*sim.Vehicle{lorry()}, tracks: []sim.Track{{{Start: start.Add(10 * time.Second), X: -1000}}}}
	p := New(Config{Seed: 5, Steady: true}, r)
	send := drive(p, start, start.Add(60*time.Second), 0)
	if n := tags(send); n["GX"] != 0 || n["GS"] != 0 {
		t.Fatalf("a vehicle before the beams opened an occupancy: %v", n)
	}
	if sum := p.sent[0] + p.sent[1] + p.sent[2] + p.sent[3]; sum > 1580 || sum < 1200 {
		t.Fatalf("background %d counts/s beside a queueing lorry", sum)
	}
}

func TestPoisson(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, mean := range []float64{0.13, 2.6, 9.9, 10.1, 80, 400} {
		const n = 200_000
		var sum, square float64
		for range n {
			k := float64(Poisson(r, mean))
			sum += k
			square += k * k
		}
		m := sum / n
		v := square/n - m*m
		if math.Abs(m-mean) > 5*math.Sqrt(mean/n) || math.Abs(v/mean-1) > 0.03 {
			t.Errorf("mean %g: %g, variance %g", mean, m, v)
		}
	}
	if Poisson(r, 0) != 0 || Poisson(r, -1) != 0 {
		t.Error("counts from nothing")
	}
}

// The portal's own mean rates over a passage follow the point kernel.
func TestAPointSourceHasTheWidthOfItsDistance(t *testing.T) {
	v := lorry(sim.Source{Gamma: 1, Offset: 8000})
	p := New(Config{}, &road{})
	at := func(x float64) float64 {
		placed := sim.Placed{Vehicle: v, X: 8000 + x}
		r := p.sourceRates(&placed, &v.Sources[0])
		return r[0] + r[1] + r[2] + r[3]
	}
	if at(0) < 0.999999 || at(0) > 1.000001 {
		t.Fatalf("%g at closest approach", at(0))
	}
	half := 0.0
	for at(half) > 0.5 {
		half += 10
	}
	// 1.53 times the distance, which is 2.5 m and a little for the heights.
	if width := 2 * half / 1000; width < 3.8 || width > 4.2 {
		t.Fatalf("width at half height %g m", width)
	}
	left := lorry(sim.Source{Gamma: 1, Offset: 8000, Side: -1})
	placed := sim.Placed{Vehicle: left, X: 8000}
	if r := p.sourceRates(&placed, &left.Sources[0]); r[0]+r[1] < 2*(r[2]+r[3]) {
		t.Fatalf("a source on the left gives %v", r)
	}
}

func BenchmarkEmptyHour(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		drive(New(Config{Seed: 1}, &road{}), start, start.Add(time.Hour), 0)
	}
}
