package motion

import (
	"math"
	"testing"
	"time"

	"acsgd/internal/quant"
)

var t0 = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// crossing makes the edges of axles at the given offsets (mm) at a constant speed (mm/s).
func crossing(v int64, offsets ...int64) *Track {
	k := &Track{}
	for i, o := range offsets {
		on := t0.Add(time.Duration(o*1e9/v) * time.Nanosecond)
		k.Add(Edge{Axle: i + 1, On: on, Off: on.Add(time.Duration(750 * 1e9 / v)), Speed: quant.Speed(v), U: quant.Speed(v / 100)})
	}
	return k
}

func TestGapAtConstantSpeedIsTheSpacing(t *testing.T) {
	k := crossing(1389, 0, 3700, 9300, 10610, 11920)
	for i, want := range []quant.Length{0, 3700, 5600, 1310, 1310} {
		got, u, ok := k.Gap(i)
		if i == 0 {
			if ok {
				t.Error("the first axle has a gap")
			}
			continue
		}
		if !ok || got < want-1 || got > want+1 || u <= 0 || u > want/50+10 {
			t.Errorf("Gap(%d) = %v ± %v, %v, want %v", i, got, u, ok, want)
		}
	}
}

func TestGapIsUnknownAfterAStop(t *testing.T) {
	k := crossing(1389, 0, 3700)
	k.Edges[1].On = k.Edges[1].On.Add(time.Minute)
	if d, _, ok := k.Gap(1); ok {
		t.Errorf("Gap over a minute's stop = %v, want unknown", d)
	}
	k.Edges[1].Speed = 0
	if d, _, ok := k.Gap(1); ok {
		t.Errorf("Gap without a speed = %v, want unknown", d)
	}
}

func TestWayAndLength(t *testing.T) {
	k := crossing(2000, 0, 3700, 9300)
	way, u, ok := k.Way(t0.Add(-time.Second), t0.Add(6*time.Second))
	if !ok || way != 14000 || u < 70 {
		t.Errorf("Way = %v ± %v, %v, want 14 m", way, u, ok)
	}
	if _, _, ok := k.Way(t0.Add(-20*time.Second), t0.Add(6*time.Second)); ok {
		t.Error("a way of which most was not seen is accepted")
	}
	if _, _, ok := (&Track{}).Way(t0, t0.Add(time.Second)); ok {
		t.Error("a way without any speed is accepted")
	}
	l, ul := Length(14000, 140, 2000, 40*time.Millisecond, 0)
	if l != 14080 || ul < 140 || ul > 230 {
		t.Errorf("Length = %v ± %v", l, ul)
	}
}

// A vehicle that gains speed on its way from the scale to the scanner: what is said of the
// way holds, and a steady one pays nothing for it.
func TestWayHoldsWhenTheSpeedChanges(t *testing.T) {
	for _, a := range []float64{-0.08, -0.04, 0, 0.05, 0.2} { // m/s^2
		const v0 = 2.0
		at := func(x float64) float64 { // s to come x m
			if a == 0 {
				return x / v0
			}
			return (math.Sqrt(v0*v0+2*a*x) - v0) / a
		}
		moment := func(x float64) time.Time { return t0.Add(time.Duration(at(x) * 1e9)) }
		k := &Track{}
		for i, x := range []float64{0, 3.7, 9.3, 10.61} {
			v := math.Sqrt(v0*v0 + 2*a*(x+0.375))
			k.Add(Edge{Axle: i + 1, On: moment(x), Off: moment(x + 0.75), Speed: quant.Speed(math.Round(v * 1000)), U: quant.Speed(v * 7)})
		}
		// The scanner stands 4 m behind the scale and sees 14.5 m of the vehicle.
		way, u, ok := k.Way(moment(2.6), moment(2.6+14.5))
		if e := way - 14500; !ok || e > u || -e > u {
			t.Errorf("acceleration %v: Way = %v ± %v, %v, want 14.5 m", a, way, u, ok)
		}
		if a == 0 && u > 120 {
			t.Errorf("a steady vehicle's way is known to %v, want at most 120 mm", u)
		}
	}
}

func TestRepeatedAxleReplacesItsCrossing(t *testing.T) {
	k := crossing(1000, 0, 3000)
	k.Add(Edge{Axle: 1, On: t0.Add(time.Second), Off: t0.Add(2 * time.Second), Speed: 1000})
	if len(k.Edges) != 2 || !k.Edges[0].On.Equal(t0.Add(time.Second)) {
		t.Errorf("edges %+v", k.Edges)
	}
}
