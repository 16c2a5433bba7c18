package radiation

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsgd/internal/obs"
)

// portal feeds an engine with a well-behaved portal's lines.
type portal struct {
	e    *Engine
	now  time.Time
	done []*Occupancy
	next uint32
}

func newPortal(cfg Config) *portal {
	p := &portal{e: New(cfg), now: day, next: 1}
	p.background(4)
	return p
}

func (p *portal) feed(r obs.Radiation) {
	if o := p.e.Feed(p.now, &r); o != nil {
		p.done = append(p.done, o)
	}
}

func (p *portal) background(n int) {
	for range n {
		p.now = p.now.Add(5 * time.Second)
		p.feed(obs.Radiation{Tag: "NB", Neutron: [4]int32{1, 0, 1, 0}})
		p.feed(obs.Radiation{Tag: "GB", Gamma: [4]int32{400, 400, 400, 400}})
	}
}

func (p *portal) slices(n int, g int32) {
	for i := range n {
		p.now = p.now.Add(200 * time.Millisecond)
		if i%5 == 0 {
			p.feed(obs.Radiation{Tag: "NS", Neutron: [4]int32{1, 0, 1, 0}, Interval: 1000, Occupied: true})
		}
		p.feed(obs.Radiation{Tag: "GS", Gamma: [4]int32{g, g, g, g}, Interval: 200, Occupied: true})
	}
}

func (p *portal) end() {
	p.feed(obs.Radiation{Tag: "GX", Occupancy: p.next, Background: 2640})
	p.next++
}

func (p *portal) last(t *testing.T) *Occupancy {
	t.Helper()
	if len(p.done) == 0 {
		t.Fatal("no occupancy was closed")
	}
	return p.done[len(p.done)-1]
}

func TestAnOrdinaryOccupancy(t *testing.T) {
	p := newPortal(Config{})
	p.slices(30, 60)
	if c := p.e.Current(); c == nil || !c.Open || c.Count != 30 {
		t.Fatalf("current %+v", c)
	}
	p.end()
	o := p.last(t)
	if o.Fault != "" || o.VendorAlarm || o.GammaAlarm || o.NeutronAlarm || o.Number != 1 || o.Count != 30 || o.Open {
		t.Fatalf("%+v", o)
	}
	if o.Suppression != 250 || o.NeutronBG != 2640 || o.BGAge != 200*time.Millisecond || o.Threshold != 5000 {
		t.Fatalf("suppression %d, neutron background %d, age %s, k %d", o.Suppression, o.NeutronBG, o.BGAge, o.Threshold)
	}
	if p.e.Current() != nil {
		t.Fatal("still open")
	}
}

func TestAlarms(t *testing.T) {
	t.Run("a gamma source alarms without the portal", func(t *testing.T) {
		p := newPortal(Config{})
		p.slices(10, 70)
		p.slices(5, 110)
		p.slices(10, 70)
		p.end()
		o := p.last(t)
		// 5 slices of 440 against 1600: 600/40 = 15 sigma.
		if !o.GammaAlarm || o.VendorAlarm || o.MaxSigma != 15000 || o.Group != "sum" || o.PeakAt != 2800 {
			t.Fatalf("alarm %v, %d milli-sigma of %s at %d ms", o.GammaAlarm, o.MaxSigma, o.Group, o.PeakAt)
		}
	})
	t.Run("the portal's alarm stands although nothing is seen", func(t *testing.T) {
		p := newPortal(Config{})
		p.slices(10, 60)
		p.feed(obs.Radiation{Tag: "GA", Gamma: [4]int32{60, 60, 60, 60}, Interval: 200, Alarm: true, Occupied: true})
		p.slices(3, 60)
		p.end()
		if o := p.last(t); !o.VendorAlarm || !o.VendorGamma || o.GammaAlarm {
			t.Fatalf("%+v", o)
		}
	})
	t.Run("the portal's energy alarm is the portal's alarm", func(t *testing.T) {
		p := newPortal(Config{})
		p.slices(10, 60)
		p.feed(obs.Radiation{Tag: "AA", Occupied: true})
		p.end()
		if o := p.last(t); !o.VendorAlarm || !o.EnergyAlarm {
			t.Fatalf("%+v", o)
		}
	})
	t.Run("the setup block moves threshold, window and groups", func(t *testing.T) {
		p := newPortal(Config{})
		p.feed(obs.Radiation{Tag: "SG1", Setup: []string{"002000", "000068", "10", "10", "16.0", "P"}})
		p.feed(obs.Radiation{Tag: "SG2", Setup: []string{"1111", "0.069", "0.455", "01", "0001", "A"}})
		p.slices(9, 110)
		if z := p.e.Current().Slices[8].Sigma; z != math.MinInt32 {
			t.Fatalf("decided at slice 9 of a window of 10: %d", z)
		}
		p.slices(1, 110)
		p.end()
		// Panels alone: 1100 against 800 is 10.6 sigma.
		if o := p.last(t); o.GammaAlarm || o.MaxSigma != 10606 || o.Group != "p1" {
			t.Fatalf("alarm %v, %d milli-sigma of %s", o.GammaAlarm, o.MaxSigma, o.Group)
		}
	})
	t.Run("neutrons", func(t *testing.T) {
		p := newPortal(Config{})
		p.slices(6, 60)
		p.feed(obs.Radiation{Tag: "NS", Neutron: [4]int32{10, 8, 9, 9}, Interval: 1000, Occupied: true})
		p.slices(6, 60)
		p.end()
		if o := p.last(t); !o.NeutronAlarm || o.VendorNeut {
			t.Fatalf("%+v", o.Neutron)
		}
	})
}

// Whatever is missing must not look like a clean passage.
func TestWhatCannotBeJudgedSaysSo(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(*portal)
		want string
	}{
		{"no background before it", func(p *portal) { p.e = New(Config{}); p.slices(10, 60); p.end() }, "no background"},
		{"a background older than five minutes", func(p *portal) { p.now = p.now.Add(6 * time.Minute); p.slices(10, 60); p.end() }, "stale background"},
		{"a background of zero", func(p *portal) {
			p.feed(obs.Radiation{Tag: "GB"})
			p.slices(10, 60)
			p.end()
		}, "background is zero"},
		{"a high-background fault before it", func(p *portal) {
			p.feed(obs.Radiation{Tag: "GH", Gamma: [4]int32{2400, 2400, 2400, 2400}, Fault: "high_background"})
			p.slices(10, 60)
			p.end()
		}, "high_background"},
		{"a neutron fault before it", func(p *portal) {
			p.feed(obs.Radiation{Tag: "NH", Neutron: [4]int32{90}, Fault: "neutron_high_background"})
			p.slices(10, 60)
			p.end()
		}, "neutron_high_background"},
		{"an open case during it", func(p *portal) {
			p.slices(5, 60)
			p.feed(obs.Radiation{Tag: "TT", Fault: "tamper"})
			p.slices(5, 60)
			p.end()
		}, "tamper"},
		{"an end line without slices", func(p *portal) { p.end() }, "no slices"},
		{"fewer slices than the window", func(p *portal) { p.slices(4, 60); p.end() }, "shorter than the alarm window"},
		{"a connection that began inside it", func(p *portal) {
			p.feed(obs.Radiation{Tag: "GS", Gamma: [4]int32{60, 60, 60, 60}, Interval: 200, Flags: []obs.Flag{obs.Truncated}})
			p.slices(10, 60)
			p.end()
		}, "truncated"},
		{"two seconds of slices lost", func(p *portal) {
			p.slices(10, 60)
			p.now = p.now.Add(2 * time.Second)
			p.slices(10, 60)
			p.end()
		}, "slices lost"},
		{"a background line instead of the end line", func(p *portal) { p.slices(10, 60); p.background(1) }, "no end line"},
		{"silence instead of the end line", func(p *portal) { p.slices(10, 60); p.now = p.now.Add(31 * time.Second); p.slices(1, 60) }, "no end line"},
		{"no neutron line of a portal that counts neutrons", func(p *portal) {
			for range 12 {
				p.now = p.now.Add(200 * time.Millisecond)
				p.feed(obs.Radiation{Tag: "GS", Gamma: [4]int32{60, 60, 60, 60}, Interval: 200, Occupied: true})
			}
			p.end()
		}, "no neutron counts"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPortal(Config{})
			row.do(p)
			if o := p.last(t); o.Fault != row.want {
				t.Fatalf("fault %q, want %q", o.Fault, row.want)
			}
		})
	}
}

func TestFaultsEnd(t *testing.T) {
	p := newPortal(Config{})
	p.feed(obs.Radiation{Tag: "TT", Fault: "tamper"})
	p.feed(obs.Radiation{Tag: "GL", Gamma: [4]int32{1, 1, 1, 1}, Fault: "low_background"})
	if p.e.Fault() != "tamper" {
		t.Fatal(p.e.Fault())
	}
	p.feed(obs.Radiation{Tag: "TC"})
	if p.e.Fault() != "low_background" {
		t.Fatal(p.e.Fault())
	}
	p.background(1)
	if p.e.Fault() != "" {
		t.Fatal(p.e.Fault())
	}
}

func TestBumperToBumper(t *testing.T) {
	p := newPortal(Config{})
	p.slices(20, 60)
	p.end()
	p.slices(20, 70)
	p.end()
	if len(p.done) != 2 {
		t.Fatalf("%d occupancies", len(p.done))
	}
	a, b := p.done[0], p.done[1]
	if a == b || a.Number != 1 || b.Number != 2 || b.Background != a.Background || a.Count != 20 || b.Count != 20 {
		t.Fatalf("%+v\n%+v", a, b)
	}
	if a.Slices[3].Gamma[0] != 60 || b.Slices[3].Gamma[0] != 70 {
		t.Fatal("the second occupancy overwrote the first")
	}
	if b.Slices[4].Sigma == math.MinInt32 || b.Slices[3].Sigma != math.MinInt32 {
		t.Fatal("the window reaches into the vehicle before")
	}
	p.feed(obs.Radiation{Tag: "GX", Occupancy: 2, Background: 2640})
	if len(p.done) != 2 {
		t.Fatal("the same end line twice made an occupancy")
	}
}

func TestTheCounter(t *testing.T) {
	p := newPortal(Config{})
	for _, n := range []uint32{7, 8, 11, 1, 2} {
		p.slices(10, 60)
		p.feed(obs.Radiation{Tag: "GX", Occupancy: n})
	}
	var got [][3]uint32
	for _, o := range p.done {
		got = append(got, [3]uint32{o.Boot, o.Number, o.Missed})
	}
	want := [][3]uint32{{0, 7, 0}, {0, 8, 0}, {0, 11, 2}, {1, 1, 0}, {1, 2, 0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestAVehicleThatStands(t *testing.T) {
	p := newPortal(Config{})
	p.slices(3000, 60)
	p.slices(5, 130)
	p.slices(3000, 60)
	p.end()
	o := p.last(t)
	if o.Count != 6005 || len(o.Slices) > MaxSlices || len(o.Slices) < MaxSlices/3 || o.Thinned < 8 {
		t.Fatalf("%d slices, %d kept, every %d-th", o.Count, len(o.Slices), o.Thinned)
	}
	if !o.GammaAlarm || o.Fault != "" {
		t.Fatalf("alarm %v, fault %q", o.GammaAlarm, o.Fault)
	}
	hot := 0
	for i, s := range o.Slices {
		if s.Alarm {
			hot++
		}
		if i > 0 && s.At <= o.Slices[i-1].At {
			t.Fatal("the thinned profile is out of order")
		}
	}
	if hot < 5 {
		t.Fatalf("%d alarming slices kept", hot)
	}
	p.slices(700, 200)
	if n := len(p.e.Current().Slices); n > MaxSlices {
		t.Fatalf("%d alarming slices kept", n)
	}
}

// The integer comparison against the definition in exact arithmetic.
func TestKSigmaIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bg := rapid.Int32Range(0, maxCount).Draw(t, "background")
		if rapid.Bool().Draw(t, "ordinary") {
			bg %= 2000
		}
		window := rapid.IntRange(1, maxWindow).Draw(t, "window")
		interval := rapid.SampledFrom([]int32{200, 100, 1000, 333, 999, 4000}).Draw(t, "interval")
		k := rapid.Int32Range(1, maxK).Draw(t, "k")
		tst := newTest([4]int32{bg, 0, 0, 0}, interval, k, window, sums)
		// N around the threshold, where it matters.
		b := new(big.Rat).SetFrac64(int64(window)*int64(interval)*int64(bg), 1000)
		bf, _ := b.Float64()
		n := int64(bf+float64(k)/1000*math.Sqrt(bf)) + rapid.Int64Range(-2, 2).Draw(t, "off")
		n = max(0, n)
		z, alarm, _, ok := tst.decide(&[4]int64{n})
		if !ok {
			if bg != 0 {
				t.Fatal("not tested")
			}
			return
		}
		d := new(big.Rat).Sub(new(big.Rat).SetInt64(n), b)
		left := new(big.Rat).Mul(d, d)
		right := new(big.Rat).Mul(b, new(big.Rat).SetFrac64(int64(k)*int64(k), 1_000_000))
		if want := d.Sign() > 0 && left.Cmp(right) > 0; alarm != want {
			t.Fatalf("N=%d: alarm %v, want %v", n, alarm, want)
		}
		if df, _ := d.Float64(); math.Abs(df/math.Sqrt(bf)*1000-float64(z)) > 1.001 {
			t.Fatalf("z = %d, want %f", z, df/math.Sqrt(bf)*1000)
		}
	})
}

func TestCoefficients(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := rapid.Int64Range(1_000, 100_000*scale).Draw(t, "lambda")
		drift, gain := coefficients(l)
		l0 := float64(l) / scale
		l1 := l0 + 2.2*math.Sqrt(l0)
		if math.Abs(float64(drift)+(l1-l0)*scale) > 2 || math.Abs(float64(gain)-math.Log(l1/l0)*scale) > 2 {
			t.Fatalf("%f: %d %d", l0, drift, gain)
		}
	})
}

// The fields of a real NC line and counts that gave real NZ lines.
func TestSequentialSums(t *testing.T) {
	n := neutronBackground{}
	n.take(&obs.Radiation{Tag: "NC", Values: []int64{-571_666_660, 61_807_936}})
	n.take(&obs.Radiation{Tag: "NX", Values: []int64{950_437_640, -99_599_343}})
	s := n.start(3)
	for _, row := range []struct{ counts, want int64 }{
		{4, -324_434_947}, {6, -200_819_015}, {4, -324_434_947}, {9, -15_395_260}, {8, -92_598_438 /* -0.15395 - 0.77203 */}, {1, -602_457_140},
	} {
		got, alarm := s.add(row.counts)
		if d := got - row.want; d > 100 || d < -100 || alarm {
			t.Errorf("%d counts: %d, want %d", row.counts, got, row.want)
		}
	}
	if got, alarm := s.add(40); !alarm || got < defaultUpper {
		t.Errorf("40 counts do not alarm: %d", got)
	}
}

func TestSum(t *testing.T) {
	for _, row := range []struct {
		s    Sum
		want string
	}{{0, "0.00000000"}, {-324434947, "-3.24434947"}, {5, "0.00000005"}, {123_456_789_012, "1234.56789012"}} {
		b, err := json.Marshal(row.s)
		if err != nil || string(b) != row.want {
			t.Errorf("%s %v, want %s", b, err, row.want)
		}
		var back Sum
		if err := json.Unmarshal(b, &back); err != nil || back != row.s {
			t.Errorf("%s read as %d, %v", b, back, err)
		}
	}
}

func TestTheGuardHoldsTheMedian(t *testing.T) {
	p := newPortal(Config{})
	p.background(200) // 1600 cps for 17 min
	for range 10 {    // a vehicle queues beside the portal
		p.now = p.now.Add(5 * time.Second)
		p.feed(obs.Radiation{Tag: "GB", Gamma: [4]int32{280, 280, 280, 280}})
	}
	p.slices(20, 78)
	p.end()
	o := p.last(t)
	if !o.GammaAlarm || !o.Guarded || o.GuardAlarm || o.GuardBackground != [4]int32{400, 400, 400, 400} {
		t.Fatalf("alarm %v, guarded %v, alarm against the median %v of %v", o.GammaAlarm, o.Guarded, o.GuardAlarm, o.GuardBackground)
	}
}

func script(t *rapid.T) []stamped {
	tags := []string{"GS", "GS", "GS", "GS", "GS", "GA", "NS", "NA", "SP", "GX", "GB", "GB", "NB", "GH", "GL", "NH", "NB1", "NC", "NX", "NZ", "SG1", "SG2", "SN1", "TT", "TC", "AA", "AS", "AS", "AB1", "AR", "AC", "SG3", "??"}
	var all []stamped
	at := day
	for range rapid.IntRange(1, 200).Draw(t, "lines") {
		r := &obs.Radiation{Tag: rapid.SampledFrom(tags).Draw(t, "tag")}
		step := rapid.SampledFrom([]time.Duration{0, 200 * time.Millisecond, 200 * time.Millisecond, 5 * time.Second, -time.Second, 40 * time.Second, 9 * time.Minute}).Draw(t, "step")
		at = at.Add(step)
		for i := range 4 {
			r.Gamma[i] = rapid.Int32().Draw(t, "g") >> rapid.IntRange(0, 31).Draw(t, "shift")
			r.Neutron[i] = rapid.Int32Range(-1, 30).Draw(t, "n")
		}
		r.Values = rapid.SliceOfN(rapid.Int64(), 0, 4).Draw(t, "values")
		r.Setup = rapid.SliceOfN(rapid.SampledFrom([]string{"", "05", "1010", "05.0", "x", "999999", "03"}), 0, 6).Draw(t, "setup")
		r.Interval = rapid.SampledFrom([]int32{200, 200, 1000, 0, -5, 1 << 30}).Draw(t, "interval")
		r.Occupancy = uint32(rapid.IntRange(0, 20).Draw(t, "number"))
		r.Occupied = rapid.Bool().Draw(t, "occupied")
		if rapid.IntRange(0, 9).Draw(t, "flagged") == 0 {
			r.Flags = []obs.Flag{obs.Truncated}
		}
		all = append(all, stamped{at, r})
	}
	return all
}

func TestSnapshotsAreTheState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := script(t)
		cut := rapid.IntRange(0, len(all)).Draw(t, "cut")
		a, b := New(Config{}), New(Config{})
		if rapid.Bool().Draw(t, "templates") {
			a.Use(&Templates{Threshold: 3000, Classes: []Class{{To: 10, Count: 3, Profile: [Parts]int32{900, 800}}}})
		}
		feed := func(e *Engine, part []stamped) (log []byte) {
			for _, s := range part {
				if o := e.Feed(s.at, s.r); o != nil {
					p, err := json.Marshal(o)
					if err != nil {
						t.Fatal(err)
					}
					log = append(log, p...)
				}
			}
			return log
		}
		feed(a, all[:cut])
		p1, err := a.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if err := b.UnmarshalBinary(p1); err != nil {
			t.Fatal(err)
		}
		p2, err := b.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(p1, p2) {
			t.Fatalf("restored state differs:\n%s\n%s", p1, p2)
		}
		log1, log2 := feed(a, all[cut:]), feed(b, all[cut:])
		if !bytes.Equal(log1, log2) {
			t.Fatalf("outputs differ:\n%s\n%s", log1, log2)
		}
		p1, _ = a.AppendBinary(nil)
		p2, _ = b.AppendBinary(nil)
		if !bytes.Equal(p1, p2) {
			t.Fatal("final states differ")
		}
	})
}

func TestForeignSnapshotsAreRefused(t *testing.T) {
	for _, text := range []string{"", "{}", `{"v":2}`, `{"v":1,"current":{}}`, `{"v":1,"current":{},"run":{"window":500}}`} {
		e := New(Config{})
		if err := e.UnmarshalBinary([]byte(text)); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestAnOrdinarySliceNeedsNoMemory(t *testing.T) {
	p := newPortal(Config{})
	p.slices(20, 60)
	r := obs.Radiation{Tag: "GS", Gamma: [4]int32{60, 60, 60, 60}, Interval: 200, Occupied: true}
	n := testing.AllocsPerRun(80, func() {
		p.now = p.now.Add(200 * time.Millisecond)
		p.e.Feed(p.now, &r)
	})
	if n != 0 {
		t.Fatalf("%v allocations a slice", n)
	}
	p.end()
	p.e.Recycle(p.last(t))
	end := obs.Radiation{Tag: "GX"}
	n = testing.AllocsPerRun(50, func() {
		for range 60 {
			p.now = p.now.Add(200 * time.Millisecond)
			p.e.Feed(p.now, &r)
		}
		end.Occupancy++
		p.e.Recycle(p.e.Feed(p.now, &end))
	})
	if n != 0 {
		t.Fatalf("%v allocations an occupancy with recycling", n)
	}
}

func BenchmarkSlice(b *testing.B) {
	p := newPortal(Config{})
	p.background(360)
	r := obs.Radiation{Tag: "GS", Gamma: [4]int32{60, 60, 60, 60}, Interval: 200, Occupied: true}
	end := obs.Radiation{Tag: "GX"}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		p.now = p.now.Add(200 * time.Millisecond)
		p.e.Feed(p.now, &r)
		if n%600 == 599 {
			end.Occupancy++
			p.e.Recycle(p.e.Feed(p.now, &end))
		}
	}
}
