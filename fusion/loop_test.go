package fusion_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// withLoops is a lane whose entry loop and a second one 3.5 m behind it tell a speed.
func withLoops() *fusion.Params {
	p := params()
	p.Devices[0].Loops = []fusion.LoopPlace{{Signal: "loop_platform", Station: 3500}}
	return p
}

// over is a lorry that both loops see.
func over(plate string, in time.Time) lorry {
	l := legal(plate, in)
	l.second = true
	return l
}

func TestLoopsThatAgreeLeaveAVehicleWithin(t *testing.T) {
	r := newRig(t, withLoops(), goods)
	r.pass(over("123AB02", t0.Add(time.Second)))
	p := r.last()
	if p.Verdict != rules.Within || p.Size == nil || p.Size.Length == 0 || p.Axles[1].Gap == 0 {
		t.Errorf("verdict %s, size %+v, axles %+v", p.Verdict, p.Size, p.Axles)
	}
}

func TestLoopsThatContradictTheScaleLeaveLengthAndGapsUnknown(t *testing.T) {
	r := newRig(t, withLoops(), goods)
	// The front of the first axle is over the scale a second after the second loop; the scale
	// believes the vehicle to be half as fast again as it is.
	l := over("123AB02", t0.Add(time.Second))
	for _, s := range l.sights() {
		if w, ok := s.b.(*obs.Weighing); ok && w.Axle > 0 {
			w.Speed = w.Speed * 3 / 2
		}
		r.see(s.dev, s.at, s.b)
	}
	p := r.last()
	if p.Size == nil || p.Size.Length != 0 || p.Axles[1].Gap != 0 || p.Verdict == rules.Within {
		t.Errorf("verdict %s, size %+v, axles %+v, want length and gaps unknown", p.Verdict, p.Size, p.Axles)
	}
	if !slices.ContainsFunc(p.Findings, func(f rules.Finding) bool {
		return f.Quantity == "length" && strings.Contains(f.Reason, "loops and scale")
	}) {
		t.Errorf("findings %+v, want the reason", p.Findings)
	}
}

func TestLoopsGiveTheLengthWhereTheScaleGivesNoSpeed(t *testing.T) {
	for _, second := range []bool{false, true} {
		p := params()
		p.Devices[0].Loops = []fusion.LoopPlace{{Signal: "loop_platform", Station: 9000}}
		r := newRig(t, p, goods)
		l := legal("123AB02", t0.Add(time.Second))
		l.misses = "wim"
		ss := l.sights()
		if second { // a metre behind the scanner
			ss = append(ss, sight{"io", l.in.Add(9000 * time.Second / 1389), &obs.Presence{Signal: "loop_platform", On: true}})
			slices.SortStableFunc(ss, func(a, b sight) int { return a.at.Compare(b.at) })
		}
		for _, s := range ss { // a short vehicle: its way is near the loops

			if p, ok := s.b.(*obs.Profile); ok {
				p.End = p.Start.Add(p.End.Sub(p.Start) / 3)
			}
			r.see(s.dev, s.at, s.b)
		}
		got := r.last()
		if known := got.Size != nil && got.Size.Length != 0; known != second {
			t.Errorf("second loop %v: size %+v", second, got.Size)
		}
		if second {
			if d := got.Size.Length - 5500; max(d, -d) > got.Size.ULength {
				t.Errorf("length %v ± %v, truly 5500 mm", got.Size.Length, got.Size.ULength)
			}
		}
	}
}

// A vehicle that rolls back over a loop tells no speed by it.
func TestALoopThatIsPassedTwiceTellsNoSpeed(t *testing.T) {
	r := newRig(t, withLoops(), goods)
	l := over("123AB02", t0.Add(time.Second))
	l.misses = "wim"
	for i, s := range l.sights() {
		r.see(s.dev, s.at, s.b)
		if b, ok := s.b.(*obs.Presence); ok && b.Signal == "loop_platform" && b.On && i > 0 {
			r.see("io", s.at.Add(500*time.Millisecond), &obs.Presence{Signal: "loop_platform"})
			r.see("io", s.at.Add(time.Second), &obs.Presence{Signal: "loop_platform", On: true})
		}
	}
	if p := r.last(); p.Size == nil || p.Size.Length != 0 {
		t.Errorf("size %+v, want no length", p.Size)
	}
}

// With loops that tell a speed, too, neither delays within the window nor duplicates change
// what is said of a vehicle, and its gross mass is that of its axles to a division each.
func TestLoopsDelaysAndDuplicates(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var prompt, delayed []arrival
		for _, l := range traffic(rt) {
			l.second = true
			for _, s := range l.sights() {
				prompt = append(prompt, arrival{s, s.at})
			}
		}
		slices.SortStableFunc(prompt, func(a, b arrival) int { return a.at.Compare(b.at) })
		last := map[string]time.Time{}
		for _, x := range prompt {
			x.arrived = x.at.Add(time.Duration(rapid.IntRange(0, 2500).Draw(rt, "delay")) * time.Millisecond)
			if x.arrived.Before(last[x.dev]) {
				x.arrived = last[x.dev]
			}
			last[x.dev] = x.arrived
			delayed = append(delayed, x)
		}
		again := rapid.IntRange(2, 7).Draw(rt, "every")
		once := driveOn(t, withLoops(), prompt, never)
		want := told(once)
		if got := told(driveOn(t, withLoops(), delayed, never)); got != want {
			rt.Fatalf("delayed:\n%s", difference(want, got))
		}
		if got := told(driveOn(t, withLoops(), prompt, func(i int) bool { return i%again == 0 })); got != want {
			rt.Fatalf("twice:\n%s", difference(want, got))
		}
		for _, p := range once {
			var sum quant.Mass
			for _, a := range p.Axles {
				sum += a.Mass
			}
			if p.Gross == nil || max(sum-p.Gross.Mass, p.Gross.Mass-sum) > quant.Mass(len(p.Axles))*20*quant.Kilogram {
				rt.Fatalf("axles %v, gross %+v", sum, p.Gross)
			}
		}
	})
}
