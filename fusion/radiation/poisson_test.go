package radiation

import (
	"math"
	"testing"

	"acsgd/internal/obs"
)

// The table of protocols/radiation.md, 3.5.
func TestLeastCounts(t *testing.T) {
	for _, row := range []struct {
		mean float64
		want [3]int64 // at 1e-4, 1e-5, 1e-6
	}{
		{2.5, [3]int64{11, 13, 14}},
		{5, [3]int64{16, 18, 20}},
		{6.4, [3]int64{19, 21, 23}},
		{10, [3]int64{25, 27, 29}},
		{20, [3]int64{40, 43, 46}},
	} {
		for i, alpha := range []float64{1e-4, 1e-5, 1e-6} {
			if n := leastCounts(row.mean, alpha); n != row.want[i] {
				t.Errorf("%g counts at %g: %d, want %d", row.mean, alpha, n, row.want[i])
			}
		}
	}
	for _, mean := range []float64{0, -1, math.NaN(), 1e6, math.Inf(1)} {
		if n := leastCounts(mean, 1e-6); n != 0 {
			t.Errorf("%g counts: %d", mean, n)
		}
	}
	for _, x := range []float64{0, 0.3, 1, 6.4, 250, 500} {
		if e := expMinus(x); math.Abs(e/math.Exp(-x)-1) > 1e-12 {
			t.Errorf("e^-%g is off by %g", x, e/math.Exp(-x)-1)
		}
	}
}

func (p *portal) neutrons(counts ...int32) {
	for _, n := range counts {
		p.feed(obs.Radiation{Tag: "NS", Neutron: [4]int32{n, 0, 0, 0}, Interval: 1000, Occupied: true})
		for range 5 {
			p.slice1(60)
		}
	}
}

// The background of these is 3/s: NB of 1, 0, 1, 0 with half a count for each live channel.
func TestOurNeutronTest(t *testing.T) {
	for _, row := range []struct {
		name             string
		counts           []int32
		rule, ours       bool
		alarm, confirmed bool
	}{
		{"as the background", []int32{3, 2, 4, 3, 3, 2, 5, 3}, false, false, false, false},
		{"five seconds of a weak source, which the sequential test forgets", []int32{3, 7, 9, 9, 6, 10, 4, 3}, false, true, true, true},
		{"one burst", []int32{3, 3, 25, 3, 2, 3}, true, true, true, false},
		{"a source that passes", []int32{3, 14, 16, 12, 3, 3}, true, true, true, true},
		{"an excess in two of three is no alarm by itself", []int32{3, 9, 3, 9, 3, 1, 1}, false, false, false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPortal(Config{})
			p.neutrons(row.counts...)
			p.end()
			o := p.last(t)
			rule, ours := false, false
			for _, n := range o.Neutron {
				rule, ours = rule || n.Alarm, ours || n.Excess
			}
			if rule != row.rule || ours != row.ours || o.NeutronAlarm != row.alarm || o.NeutronConfirmed != row.confirmed {
				t.Errorf("by the portal's rule %v, ours %v, alarm %v, confirmed %v: %+v", rule, ours, o.NeutronAlarm, o.NeutronConfirmed, o.Neutron)
			}
		})
	}
}

func TestRecordedNeutronsAreQuiet(t *testing.T) {
	for _, file := range []string{dayFile, noneFile, norm2File} {
		intervals := 0
		for _, o := range Analyse(Config{}, lines(recorded(t, file))) {
			intervals += len(o.Neutron)
			if o.NeutronAlarm || o.NeutronConfirmed {
				t.Errorf("%s occupancy %d: %+v", file, o.Number, o.Neutron)
			}
		}
		t.Logf("%s: %d intervals", file, intervals)
	}
}

func TestCountersThatStopWithinAnOccupancy(t *testing.T) {
	for _, row := range []struct {
		name string
		of   func(i int32) [4]int32
		want string
	}{
		{"all count", func(i int32) [4]int32 { return [4]int32{60 + i%3, 62 - i%4, 58 + i%5, 61 - i%2} }, ""},
		{"one is dead", func(i int32) [4]int32 { return [4]int32{60 + i%3, 0, 58 + i%5, 61 - i%2} }, faultSilent + "p2"},
		{"one hangs", func(i int32) [4]int32 { return [4]int32{60 + i%3, 62 - i%4, 58, 61 - i%2} }, faultStuck + "p3"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPortal(Config{})
			p.feed(obs.Radiation{Tag: "NS", Neutron: [4]int32{3, 0, 0, 0}, Interval: 1000, Occupied: true})
			for i := range int32(40) {
				p.feed(obs.Radiation{Tag: "GS", Gamma: row.of(i), Interval: 200, Occupied: true})
				p.now = p.now.Add(200e6)
			}
			p.end()
			if o := p.last(t); o.Fault != row.want {
				t.Fatalf("%q, want %q", o.Fault, row.want)
			}
		})
	}
}

func (p *portal) slice1(g int32) {
	p.now = p.now.Add(200e6)
	p.feed(obs.Radiation{Tag: "GS", Gamma: [4]int32{g, g + 1, g, g - 1}, Interval: 200, Occupied: true})
}
