package axle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/devices/wim"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	simwim "acsgd/sim/wim"

	"github.com/google/go-cmp/cmp"
)

// fiveAxles is a loaded articulated vehicle.
func fiveAxles(id string) (v tracked, d time.Duration) {
	x := vehicle(id, kinds[3], 1, rand.New(rand.NewPCG(1, 9)))
	return cruise(x, epoch.Add(3*time.Second), 1389), 25 * time.Second
}

func TestAnAxleIsEmittedWhenItHasLeftThePlatform(t *testing.T) {
	tr, d := fiveAxles("latency")
	w, err := New(Default())
	if err != nil {
		t.Fatal(err)
	}
	sig := simwim.NewSignal(simwim.Default(1), scene{tr})
	var out Out
	for at := epoch; at.Before(epoch.Add(d)); at = at.Add(10 * time.Millisecond) {
		n := len(out.Axles)
		w.Feed(wim.Sample{At: at, Raw: sig.At(at).Mass, Stable: true}, &out)
		for _, a := range out.Axles[n:] {
			if late := at.Sub(a.Off); late > 200*time.Millisecond {
				t.Errorf("axle %d emitted %v after it left, want at most 0.2 s", a.N, late)
			}
		}
		if len(out.Vehicles) == 1 && n == 5 {
			break
		}
	}
	if len(out.Axles) != 5 || len(out.Vehicles) != 1 {
		t.Fatalf("%d axles, %d vehicles, want 5 and 1", len(out.Axles), len(out.Vehicles))
	}
	var sum quant.Mass
	for i, a := range out.Axles {
		sum += a.Mass
		if a.N != i+1 || a.Mass%(20*quant.Kilogram) != 0 || a.U == 0 || len(a.Flags) > 0 {
			t.Errorf("axle %+v, want number %d, a multiple of 20 kg, U known, no flags", a, i+1)
		}
	}
	v := out.Vehicles[0]
	if v.Gross != sum || v.U == 0 || len(v.Flags) > 0 || len(v.Spacings) != 4 {
		t.Errorf("gross %v ± %v %v with %d spacings; want exactly the sum %v", v.Gross, v.U, v.Flags, len(v.Spacings), sum)
	}
	if b := v.Weighing(); b.Axle != 0 || b.Axles != 5 || b.Mass != sum || b.Mode != obs.Dynamic || b.Speed == 0 || b.TOn != out.Axles[0].On {
		t.Errorf("Weighing() = %+v", b)
	}
}

func TestReplayGivesWhatTheWeigherGave(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for i := range 60 {
		v := vehicle(fmt.Sprint("replay", i), kinds[i%len(kinds)], rng.Float64(), rng)
		tr, d := stopped(v, 1200, rng.IntN(len(v.Axles)), 400, float64(i%3)*400, 1)
		if i%2 == 0 {
			tr = cruise(v, epoch.Add(3*time.Second), 300+40*float64(i))
			d = 80 * time.Second
		}
		m := simwim.Default(uint64(i))
		m.Zero = quant.Mass(i) * quant.Kilogram
		out := weigh(t, Default(), m, scene{tr}, epoch, d, 100)
		if len(out.Vehicles) != 1 {
			t.Fatalf("%d: %d vehicles, want 1", i, len(out.Vehicles))
		}
		var want []obs.Weighing
		for _, a := range out.Axles {
			want = append(want, *a.Weighing())
		}
		want = append(want, *out.Vehicles[0].Weighing())
		got, err := Replay(out.Vehicles[0].Trace)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%d %s: (-live +replay):\n%s", i, v.Template, d)
		}
	}
}

// TestTheGrossMassIsTheSumAndRepeatsChangeNothing feeds every sample twice, and late ones
// again: samples that go back in time are dropped.
func TestTheGrossMassIsTheSumAndRepeatsChangeNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	for i := range 30 {
		v := vehicle(fmt.Sprint("repeat", i), kinds[i%len(kinds)], rng.Float64(), rng)
		tr := cruise(v, epoch.Add(3*time.Second), 1000+60*float64(i))
		d := 25 * time.Second
		var once, twice Out
		for k, out := range []*Out{&once, &twice} {
			w, err := New(Default())
			if err != nil {
				t.Fatal(err)
			}
			sig := simwim.NewSignal(simwim.Default(uint64(i)), scene{tr})
			var before wim.Sample
			for at := epoch; at.Before(epoch.Add(d)); at = at.Add(10 * time.Millisecond) {
				s := wim.Sample{At: at, Raw: sig.At(at).Mass}
				w.Feed(s, out)
				if k == 1 && !before.At.IsZero() {
					w.Feed(s, out)
					w.Feed(before, out)
				}
				before = s
			}
			w.End(out)
		}
		if len(once.Vehicles) != 1 || len(twice.Vehicles) != 1 {
			t.Fatalf("%d: %d and %d vehicles, want 1", i, len(once.Vehicles), len(twice.Vehicles))
		}
		if d := cmp.Diff(*once.Vehicles[0].Weighing(), *twice.Vehicles[0].Weighing()); d != "" {
			t.Errorf("%d: repeated samples change the weighing (-once +twice):\n%s", i, d)
		}
		var sum quant.Mass
		for _, a := range once.Axles {
			sum += a.Mass
		}
		if sum != once.Vehicles[0].Gross {
			t.Errorf("%d: the axles add up to %v, gross is %v", i, sum, once.Vehicles[0].Gross)
		}
	}
}

func FuzzReplay(f *testing.F) {
	tr, d := fiveAxles("fuzz")
	out := weigh(f, Default(), simwim.Default(1), scene{tr}, epoch, d, 100)
	f.Add(out.Vehicles[0].Trace)
	f.Add([]byte(traceMagic))
	f.Fuzz(func(t *testing.T, p []byte) {
		a, err := Replay(p)
		b, err2 := Replay(p)
		if (err == nil) != (err2 == nil) || cmp.Diff(a, b) != "" {
			t.Errorf("two replays differ: %v, %v", err, err2)
		}
	})
}

func TestDamagedTracesAreRefused(t *testing.T) {
	tr, d := fiveAxles("damaged")
	good := weigh(t, Default(), simwim.Default(1), scene{tr}, epoch, d, 100).Vehicles[0].Trace
	for name, p := range map[string][]byte{
		"empty": nil, "of another version": append([]byte("ACWT\x02"), good[5:]...),
		"cut in the header": good[:20], "cut in the samples": good[:len(good)-1],
	} {
		if w, err := Replay(p); err == nil {
			t.Errorf("a trace %s gives %d weighings, want an error", name, len(w))
		}
	}
}

func TestTwoVehiclesTwoMetresApart(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	a, b := vehicle("first", kinds[3], 1, rng), vehicle("second", kinds[4], 1, rng)
	const mms = 1389.0
	start := epoch.Add(3 * time.Second)
	first := cruise(a, start, mms)
	second := cruise(b, start.Add(time.Duration((float64(a.Length)+2000)/mms*1e9)), mms)
	s := scene{first, second}
	cleared := start.Add(time.Duration((float64(a.Length) + 900) / mms * 1e9)) // a loop behind the platform
	total := time.Duration((float64(a.Length+b.Length)+6000)/mms*1e9) + 3*time.Second

	t.Run("with a loop that ends the first", func(t *testing.T) {
		w, err := New(Default())
		if err != nil {
			t.Fatal(err)
		}
		var out Out
		m := simwim.Default(1)
		sig := simwim.NewSignal(m, s)
		ended := false
		for at := epoch; at.Before(epoch.Add(total)); at = at.Add(10 * time.Millisecond) {
			if !ended && at.After(cleared) {
				ended = true
				w.End(&out)
			}
			w.Feed(wim.Sample{At: at, Raw: sig.At(at).Mass}, &out)
		}
		w.End(&out)
		if len(out.Vehicles) != 2 || len(out.Vehicles[0].Axles) != 5 || len(out.Vehicles[1].Axles) != 6 {
			t.Fatalf("%d vehicles, want 2 with 5 and 6 axles", len(out.Vehicles))
		}
		if out.Vehicles[1].Axles[0].N != 1 || out.Vehicles[0].U == 0 || out.Vehicles[1].U == 0 {
			t.Errorf("vehicles %v ± %v, %v ± %v; the second begins with axle %d", out.Vehicles[0].Gross, out.Vehicles[0].U, out.Vehicles[1].Gross, out.Vehicles[1].U, out.Vehicles[1].Axles[0].N)
		}
	})
	t.Run("without, as one that is too long to be judged", func(t *testing.T) {
		out := weigh(t, Default(), simwim.Default(1), s, epoch, total, 100)
		if len(out.Vehicles) != 1 || len(out.Axles) != 11 {
			t.Fatalf("%d vehicles, %d axles, want 1 and 11", len(out.Vehicles), len(out.Axles))
		}
		if v := out.Vehicles[0]; v.U != 0 || !slices.Contains(v.Flags, obs.VehicleTooLong) {
			t.Errorf("gross %v ± %v %v, want vehicle_too_long and no uncertainty", v.Gross, v.U, v.Flags)
		}
	})
}

func TestTwoVehiclesFarApartAreTwo(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	a, b := vehicle("first", kinds[0], 1, rng), vehicle("second", kinds[0], 1, rng)
	s := scene{cruise(a, epoch.Add(3*time.Second), 1389), cruise(b, epoch.Add(25*time.Second), 1389)}
	w, err := New(Default())
	if err != nil {
		t.Fatal(err)
	}
	var out Out
	feed(t, w, simwim.Default(1), s, epoch, 50*time.Second, 100, &out)
	if len(out.Vehicles) != 2 || len(out.Axles) != 4 || out.Axles[2].N != 1 {
		t.Errorf("%d vehicles, %d axles, want 2 and 4", len(out.Vehicles), len(out.Axles))
	}
}

func TestWhatCannotBeTrustedIsMarked(t *testing.T) {
	one := func(change func(*Config, *simwim.Model), mms, rate float64) Vehicle {
		v := vehicle("marked", kinds[0], 1, rand.New(rand.NewPCG(1, 1)))
		c, m := Default(), simwim.Default(1)
		change(&c, &m)
		out := weigh(t, c, m, scene{cruise(v, epoch.Add(5*time.Second), mms)}, epoch, 40*time.Second, rate)
		if len(out.Vehicles) != 1 {
			t.Fatalf("%d vehicles, want 1", len(out.Vehicles))
		}
		return out.Vehicles[0]
	}
	none := func(*Config, *simwim.Model) {}
	for _, c := range []struct {
		name   string
		change func(*Config, *simwim.Model)
		mms    float64
		rate   float64
		want   obs.Flag
	}{
		{"faster than verified", none, 3500, 100, obs.SpeedOutOfRange},
		{"slower than verified", none, 240, 100, obs.SpeedOutOfRange},
		{"a slow stream", none, 1389, 25, obs.RateLow},
		{"a short plateau", none, 2700, 50, obs.FewSamples},
		{"a platform that reads 80 kg when empty", func(_ *Config, m *simwim.Model) { m.Zero = 80 * quant.Kilogram }, 1389, 100, obs.ZeroDrift},
		{"more than the platform may carry", func(c *Config, _ *simwim.Model) { c.Capacity = 8 * quant.Tonne }, 1389, 100, obs.Overload},
		{"an indicator that shows overload", func(_ *Config, m *simwim.Model) { m.Capacity = 8 * quant.Tonne }, 1389, 100, obs.Overload},
	} {
		v := one(c.change, c.mms, c.rate)
		if !slices.Contains(v.Flags, c.want) || v.U != 0 {
			t.Errorf("%s: gross %v ± %v %v, want %s and no uncertainty", c.name, v.Gross, v.U, v.Flags, c.want)
		}
	}
	if v := one(none, 1389, 100); v.U == 0 || len(v.Flags) > 0 {
		t.Errorf("an ordinary vehicle: ± %v %v, want it judged", v.U, v.Flags)
	}
	if v := one(func(_ *Config, m *simwim.Model) { m.Zero = 40 * quant.Kilogram }, 1389, 100); v.U == 0 || v.Zero < 30*quant.Kilogram {
		t.Errorf("a zero of 40 kg: tracked %v, ± %v, want it taken off", v.Zero, v.U)
	}
}

// A group platform measures groups: the axles within one are not told apart, whatever
// their spacing, and neither they nor the vehicle are judged.
func TestTwoAxlesOnThePlatformAreMarked(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for gap := 1310; gap <= 2900; gap += 106 {
		for _, mms := range []float64{1000, 1389, 2600} {
			k := kind{"group", []int{5000, gap}, []int{6000, 5000, 4500}, []int{6000, 5000, 4500}}
			v := vehicle(fmt.Sprint("overlap", gap), k, 1, rng)
			c, m := Default(), simwim.Default(uint64(gap))
			c.Platform, m.Platform = 3200, 3200
			out := weigh(t, c, m, scene{cruise(v, epoch.Add(3*time.Second), mms)}, epoch, 30*time.Second, 100)
			// A long step is overlap; of a short one it is only seen that the axle did not roll evenly.
			said := func(f obs.Flag) bool { return f == obs.Overlap || f == obs.InMotion }
			if len(out.Vehicles) != 1 || !slices.ContainsFunc(out.Vehicles[0].Flags, said) || out.Vehicles[0].U != 0 {
				t.Errorf("two axles %d mm apart on a platform of 3.2 m at %.0f mm/s: %d vehicles, %d axles; want one, marked and without an uncertainty", gap, mms, len(out.Vehicles), len(out.Axles))
				for _, a := range out.Axles {
					t.Logf("   %v ± %v %v %v", a.Mass, a.U, a.Method, a.Flags)
				}
			}
			if len(out.Axles) > 0 && (out.Axles[0].U == 0 || slices.Contains(out.Axles[0].Flags, obs.Overlap)) {
				t.Errorf("the single axle before it: %+v, want it judged", out.Axles[0])
			}
		}
	}
}

func TestAVehicleThereFromTheBeginningIsTruncated(t *testing.T) {
	w, err := New(Default())
	if err != nil {
		t.Fatal(err)
	}
	var out Out
	for i := range 600 {
		kg := quant.Kg(7000)
		if i > 200 {
			kg = 0
		}
		w.Feed(wim.Sample{At: epoch.Add(time.Duration(i) * 10 * time.Millisecond), Raw: kg}, &out)
	}
	w.End(&out)
	if len(out.Vehicles) != 1 || !slices.Contains(out.Vehicles[0].Flags, obs.Truncated) || out.Vehicles[0].U != 0 {
		t.Errorf("%+v, want one vehicle, truncated", out.Vehicles)
	}
}

func TestSilenceEndsTheVehicleAsTruncated(t *testing.T) {
	tr, _ := fiveAxles("silence")
	w, err := New(Default())
	if err != nil {
		t.Fatal(err)
	}
	var out Out
	feed(t, w, simwim.Default(1), scene{tr}, epoch, 8*time.Second, 100, &out)
	at, ok := w.Deadline()
	if !ok || len(out.Axles) == 0 {
		t.Fatalf("Deadline %v, %v after %d axles", at, ok, len(out.Axles))
	}
	w.Tick(at, &out)
	if len(out.Vehicles) != 0 {
		t.Error("the vehicle ends without half a second of grace")
	}
	w.Tick(at.Add(time.Second), &out)
	if len(out.Vehicles) != 1 || !slices.Contains(out.Vehicles[0].Flags, obs.Truncated) {
		t.Errorf("%+v, want one vehicle, truncated", out.Vehicles)
	}
}

func TestAParkedVehicleIsBounded(t *testing.T) {
	w, err := New(Default())
	if err != nil {
		t.Fatal(err)
	}
	var out Out
	for i := range 400_000 {
		kg := quant.Mass(0)
		if i > 500 {
			kg = quant.Kg(7000)
		}
		w.Feed(wim.Sample{At: epoch.Add(time.Duration(i) * 10 * time.Millisecond), Raw: kg}, &out)
		if len(w.buf) > maxSamples+1 {
			t.Fatalf("%d samples kept", len(w.buf))
		}
	}
	if len(out.Axles) > 0 || w.Busy() {
		t.Errorf("a load that never leaves gives %d axles, busy %v", len(out.Axles), w.Busy())
	}
}

func TestZeroFreezesWhileItMoves(t *testing.T) {
	var z zero
	n := 0
	add := func(count int, kg func(i int) float64) {
		for i := range count {
			z.add(epoch.Add(time.Duration(n)*10*time.Millisecond), kg(i), 20)
			n++
		}
	}
	add(400, func(int) float64 { return 10 })
	if !z.known || z.value != 10 {
		t.Fatalf("zero %v, %v, want 10", z.value, z.known)
	}
	add(90, func(i int) float64 { return float64(i) * 5 })
	if z.value > 40 {
		t.Errorf("zero follows a wheel that comes slowly: %v", z.value)
	}
	add(600, func(int) float64 { return 30 })
	if z.value != 30 {
		t.Errorf("zero %v after six seconds at 30, want 30", z.value)
	}
}

func TestConfigIsChecked(t *testing.T) {
	_, err := New(Config{})
	for _, want := range []string{"platform length", "division", "thresholds", "speed range", "vehicle gap"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to name %s", err, want)
		}
	}
}

func TestFeedDoesNotAllocate(t *testing.T) {
	w, err := New(Default())
	if err != nil {
		t.Fatal(err)
	}
	var out Out
	i := 0
	if n := testing.AllocsPerRun(5000, func() {
		w.Feed(wim.Sample{At: epoch.Add(time.Duration(i) * 10 * time.Millisecond), Raw: quant.Kg(int64(i % 3))}, &out)
		i++
	}); n > 0 {
		t.Errorf("%v allocations a sample, want 0", n)
	}
}

func BenchmarkFeedEmpty(b *testing.B) {
	w, err := New(Default())
	if err != nil {
		b.Fatal(err)
	}
	var out Out
	at := epoch
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(10 * time.Millisecond)
		w.Feed(wim.Sample{At: at, Raw: quant.Kg(10)}, &out)
	}
}

// BenchmarkFeedVehicles is a lane without a pause: a five-axle vehicle every twelve
// seconds, analysis and trace included.
func BenchmarkFeedVehicles(b *testing.B) {
	tr, _ := fiveAxles("bench")
	sig := simwim.NewSignal(simwim.Default(1), scene{tr})
	var samples []quant.Mass
	for at := epoch; at.Before(epoch.Add(25 * time.Second)); at = at.Add(10 * time.Millisecond) {
		samples = append(samples, sig.At(at).Mass)
	}
	w, err := New(Default())
	if err != nil {
		b.Fatal(err)
	}
	var out Out
	at, i, n := epoch, 0, 0
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(10 * time.Millisecond)
		w.Feed(wim.Sample{At: at, Raw: samples[i]}, &out)
		if i++; i == len(samples) {
			i = 0
			n += len(out.Vehicles)
			out.Reset()
		}
	}
	if b.N > 10*len(samples) && n == 0 {
		b.Fatal("no vehicle was weighed")
	}
}
