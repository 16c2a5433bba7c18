package cola

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
	simdims "acsgd/sim/dims"
)

// bar is a target of 2.5 m at 1.2 m height, 120 mm deep, so far beside the lane's middle.
func bar(id string, beside int) *sim.Vehicle {
	return &sim.Vehicle{ID: id, Length: 120, Width: 2500, Height: 1200, Parts: []sim.Part{{Name: "bar", To: 120, Bottom: 1150, Top: 1200,
		Left: quant.Length(beside - 1250), Right: quant.Length(beside + 1250)}}}
}

// last gives the newest health that begins so.
func (r *rig) last(prefix string) string {
	for i := len(r.health) - 1; i >= 0; i-- {
		if _, s, _ := strings.Cut(r.health[i], ": "); strings.HasPrefix(s, prefix) {
			return s
		}
	}
	return ""
}

const targetSettings = "x = \"-3m\"\nsecond_x = \"3m\"\ntarget_width = \"2.5m\"\ntarget_height = \"1.2m\"\n"

func TestATargetFindsWhereTheScannersHang(t *testing.T) {
	hang := []simdims.Config{{Seed: 1, X: -2940, Height: 6030, Roll: 0.4, Bias: 8}, {Seed: 9, X: 3055, Height: 5980, Roll: -0.3, Bias: -6}}
	scene := &road{}
	r := newRig(t, scene, targetSettings, hang...)
	r.run(t, start.Add(calibrated))
	if !strings.Contains(strings.Join(r.health, "\n"), "maintenance: looking for a target") {
		t.Errorf("health %q", r.health)
	}
	for i, beside := range []int{0, 400} {
		scene.v = []*sim.Vehicle{bar(fmt.Sprint("bar", i), beside)}
		scene.k = []sim.Track{{{Start: r.now, X: 60}}} // its middle in the plane
		r.run(t, r.now.Add(6*time.Second))
		scene.v, scene.k = nil, nil
		r.run(t, r.now.Add(3*time.Second))
	}
	got := r.last("target, place 2")
	var x, x2 float64
	if _, at, ok := strings.Cut(got, "set "); !ok {
		t.Fatalf("health %q", r.health)
	} else if _, err := fmt.Sscanf(at, `x = "%fmm", second_x = "%fmm"`, &x, &x2); err != nil {
		t.Fatalf("%q: %v", at, err)
	}
	t.Logf("scanners at -2940 and 3055 mm are found at %.0f and %.0f", x, x2)
	near(t, "x", x, -2940, 15)
	near(t, "second_x", x2, 3055, 15)
	if strings.Contains(got, "disagree") || strings.Contains(got, "check") || len(r.seen) != 0 {
		t.Errorf("%q, %d profiles", got, len(r.seen))
	}
}

func TestATargetThatIsAnotherIsTold(t *testing.T) {
	scene := &road{}
	r := newRig(t, scene, strings.Replace(targetSettings, "2.5m", "2.6m", 1), twoScanners...)
	r.run(t, start.Add(calibrated))
	scene.v, scene.k = []*sim.Vehicle{bar("bar", 0)}, []sim.Track{{{Start: r.now, X: 60}}}
	r.run(t, r.now.Add(6*time.Second))
	if got := r.last("target, place 1"); !strings.Contains(got, "check calibration") {
		t.Errorf("health %q", r.health)
	}
}

func TestACarriedTargetTellsTheYaw(t *testing.T) {
	turned := []simdims.Config{{Seed: 1, X: -3000, Height: 6030, Yaw: -0.8, Station: 40}, {Seed: 9, X: 3000, Height: 5980, Yaw: 1.5}}
	scene := &road{}
	r := newRig(t, scene, targetSettings+"target_speed = \"500mm/s\"", turned...)
	r.run(t, start.Add(calibrated))
	for i := range 8 {
		scene.v = []*sim.Vehicle{bar(fmt.Sprint("bar", i), 0)}
		scene.k = []sim.Track{{{Start: r.now.Add(time.Duration(7*i) * time.Millisecond), X: -600, V: 500}}}
		r.run(t, r.now.Add(5*time.Second))
	}
	got := r.last("target carried through")
	var yaw, yaw2, further float64
	var side, side2 string
	var n int
	if _, err := fmt.Sscanf(got, "target carried through: scanner 1 is turned by %f degrees, its %s side ahead (%d passes); scanner 2 is turned by %f degrees, its %s side ahead (%d passes); plane 2 lies %f",
		&yaw, &side, &n, &yaw2, &side2, &n, &further); err != nil {
		t.Fatalf("%q: %v; health %q", got, err, r.health)
	}
	t.Logf("turned by -0.8 and 1.5 degrees: %.1f %s, %.1f %s; plane 2 %.0f mm further", yaw, side, yaw2, side2, further)
	if side != "left" || side2 != "right" || math.Abs(yaw-0.8) > 0.3 || math.Abs(yaw2-1.5) > 0.3 || n != 8 {
		t.Errorf("%q", got)
	}
	// The planes turn about their scanners, 3 m beside the middle that the bar passes by.
	near(t, "plane 2 further than plane 1", further, -40-3000*math.Tan(1.5*math.Pi/180)+3000*math.Tan(0.8*math.Pi/180), 25)
	if !strings.Contains(got, "turn back") {
		t.Errorf("%q", got)
	}
}
