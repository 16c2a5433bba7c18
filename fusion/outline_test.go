package fusion

import (
	"testing"
	"time"

	"acsgd/fusion/motion"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// TestTheOutlineFollowsTheSpeed: a vehicle that drives 4 s at 2 m/s and then 8 s at 1 m/s has
// its middle in the plane after 4 s, not after 6.
func TestTheOutlineFollowsTheSpeed(t *testing.T) {
	start := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return start.Add(time.Duration(s * 1e9)) }
	v := &visit{Scale: 4000}
	v.Size = &Size{Length: 16000}
	v.Shape = &shape{Start: at(0), End: at(12), Station: 8000}
	for i := range 121 {
		v.Shape.Slices = append(v.Shape.Slices, obs.Slice{T: int32(100 * i), Height: quant.Length(1000 + i), Left: -1200, Right: 1200})
	}
	for i, e := range []struct {
		s float64
		v quant.Speed
	}{{-1.3, 2000}, {3.99, 2000}, {4.01, 1000}, {11, 1000}} {
		v.Track.Add(motion.Edge{Axle: i + 1, On: at(e.s), Off: at(e.s), Speed: e.v, U: 10})
	}
	v.draw()
	if n := len(v.Size.Outline); n != 121 {
		t.Fatalf("%d cross-sections", n)
	}
	for _, p := range v.Size.Outline {
		s := float64(p.Z-1000) / 10
		want := 2000 * min(s, 4)
		if s > 4 {
			want += 1000 * (s - 4)
		}
		if d := float64(p.X) - want; d < -60 || d > 60 {
			t.Fatalf("what was seen after %g s is %v behind the front, want %.0f mm", s, p.X, want)
		}
	}
	// The first axle was on the scale 1.3 s before the front was under the scanner, 4 m on.
	if v.Size.Overhang != 1400 {
		t.Errorf("the first axle is %v behind the front, want 1400 mm", v.Size.Overhang)
	}
	v.Scale = 8000
	if v.draw(); v.Size.Overhang != 0 {
		t.Errorf("an axle %v before the front", v.Size.Overhang)
	}
	v.Size.Length = 0
	if v.draw(); len(v.Size.Outline) != 0 {
		t.Error("an outline without a length")
	}
}
