package wim

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"acsgd/internal/obs"
	"acsgd/internal/quant"

	"github.com/google/go-cmp/cmp"
)

var epoch = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

func at(ms float64) time.Time { return epoch.Add(time.Duration(ms * 1e6)) }

func TestRateIsMeasuredFromTheSamples(t *testing.T) {
	var r Rate
	for i := range 15 {
		r.Add(at(float64(i) * 20))
	}
	if hz, ok := r.Hz(); ok {
		t.Errorf("Hz() after 15 samples = %v, want not yet", hz)
	}
	for i := 15; i < 1000; i++ {
		r.Add(at(float64(i) * 20))
	}
	if hz, ok := r.Hz(); !ok || math.Abs(hz-50) > 0.01 {
		t.Errorf("Hz() = %v, %v, want 50", hz, ok)
	}
	r.Add(at(60000))
	if hz, ok := r.Hz(); ok {
		t.Errorf("Hz() after a silence = %v, want unknown", hz)
	}
}

func TestSteadyNeedsAWholeSecondWithinTwoDivisions(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []quant.Mass // every 100 ms
		want   bool
	}{
		{"half a second of rest is not enough", []quant.Mass{0, 0, 0, 0, 0}, false},
		{"a second at rest is stable", []quant.Mass{9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}, true},
		{"two divisions are allowed", []quant.Mass{0, 40, 0, 40, 0, 40, 0, 40, 0, 40, 0}, true},
		{"more than two are not", []quant.Mass{0, 41, 0, 0, 0, 0, 0, 0, 0, 0, 0}, false},
		{"an old step is forgotten", []quant.Mass{900, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, true},
	} {
		s, got := Steady{Division: 20}, false
		for i, v := range c.values {
			got = s.Add(at(float64(i)*100), v)
		}
		if got != c.want {
			t.Errorf("%s: Add = %v, want %v", c.name, got, c.want)
		}
	}
}

func TestSteadyForgetsAfterASilence(t *testing.T) {
	s := Steady{Division: 20}
	for i := range 20 {
		s.Add(at(float64(i)*100), 5)
	}
	if s.Add(at(5000), 5) {
		t.Error("stable straight after three seconds of silence")
	}
}

func TestFlags(t *testing.T) {
	got := Sample{Overload: true, Fault: true}.Flags(nil)
	if d := cmp.Diff([]obs.Flag{obs.Overload, obs.Fault}, got); d != "" {
		t.Errorf("Flags (-want +got):\n%s", d)
	}
	if got := (Sample{}).Flags(nil); len(got) != 1 || got[0] != obs.InMotion {
		t.Errorf("Flags of an unstable sample = %v, want motion", got)
	}
}

func TestFrameTime(t *testing.T) {
	for link, want := range map[string]time.Duration{
		"serial:/dev/ttyS4?baud=115200": 1562500 * time.Nanosecond,
		"serial:/dev/ttyS4":             18750 * time.Microsecond,
		"tcp:10.1.2.3:4001":             0,
	} {
		if got := FrameTime(link, 18); got != want {
			t.Errorf("FrameTime(%q, 18) = %v, want %v", link, got, want)
		}
	}
}

func TestCadenceAdvancesWhereTheClockStandsStill(t *testing.T) {
	c := Cadence{Nominal: 10 * time.Millisecond}
	for i := range 50 {
		if got, want := c.Stamp(epoch, 0), at(float64(i)*10); !got.Equal(want) {
			t.Fatalf("frame %d: %v, want %v", i, got, want)
		}
	}
}

func TestCadenceHalvesTheJitterAndStepsOverLostFrames(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	c := Cadence{Nominal: 1500 * time.Microsecond}
	var raw, smooth, n float64
	for i := range 4000 {
		if rng.Float64() < 0.002 {
			continue
		}
		truth := 10.02 * float64(i)
		e := rng.NormFloat64()
		got := c.Stamp(at(truth+3+e), 0)
		if i < 200 {
			continue
		}
		d := got.Sub(at(truth+3)).Seconds() * 1000
		raw, smooth, n = raw+e*e, smooth+d*d, n+1
	}
	raw, smooth = math.Sqrt(raw/n), math.Sqrt(smooth/n)
	if smooth > 0.6*raw {
		t.Errorf("rms %.3f ms after smoothing, %.3f ms before", smooth, raw)
	}
}

func TestCadenceSpreadsTheFramesOfOneRead(t *testing.T) {
	c := Cadence{Nominal: 10 * time.Millisecond}
	worst := 0.0
	for i := 0; i < 2000; i += 5 {
		arrived := at(float64(i+4) * 10)
		for k := range 5 {
			got := c.Stamp(arrived, 4-k)
			if i > 300 {
				worst = max(worst, math.Abs(got.Sub(at(float64(i+k)*10)).Seconds()))
			}
		}
	}
	if worst > 0.0005 {
		t.Errorf("worst time error %.2f ms, want at most 0.5 ms", worst*1000)
	}
}

func TestCadenceFollowsAChangedRate(t *testing.T) {
	c := Cadence{Nominal: 10 * time.Millisecond}
	ms := 0.0
	for i := range 3000 {
		ms += 10
		if i >= 1000 {
			ms += 7
		}
		c.Stamp(at(ms), 0)
	}
	if got := c.Period(); got < 16900*time.Microsecond || got > 17100*time.Microsecond {
		t.Errorf("Period() = %v after the rate changed, want 17 ms", got)
	}
}
