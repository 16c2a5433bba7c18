package cola

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"acsgd/devices/dims/profile"
	"acsgd/sim"
	simdims "acsgd/sim/dims"
)

// sensors are the scanners with a speed sensor of 2.5 mm a tick at the first one's encoder
// input, 0.2 % long.
func sensors(from []simdims.Config) (all []simdims.Config) {
	for i, c := range from {
		if i == 0 {
			c.Encoder = 2.505
		}
		all = append(all, c)
	}
	return all
}

// TestLengthFromTheWay: a vehicle that stops and rolls half a metre back, wherever along its
// length, is as long as it is, and one object.
func TestLengthFromTheWay(t *testing.T) {
	for _, row := range classes[:2] {
		t.Run(row.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(8, 8))
			scene := &road{}
			r := newRig(t, scene, "encoder_um = 2500.0\n"+row.settings, sensors(row.scanners)...)
			r.run(t, start.Add(calibrated))
			var d deviations
			for i := range 40 {
				v := simdims.Draw(rng, simdims.Kind(i%4), fmt.Sprint("v", i))
				at := 200 + rng.Float64()*(float64(v.Length)-400)
				if i%10 == 9 {
					at = float64(v.Length) + 100 // the rear has left, and comes back
				}
				k, end := simdims.StopAndRollBack(v, r.now, 800+1500*rng.Float64(), at)
				scene.v, scene.k = []*sim.Vehicle{v}, []sim.Track{k}
				r.run(t, end.Add(3*time.Second))
				if len(r.seen) != i+1 {
					t.Fatalf("vehicle %d (kind %d), stopped with its front %.0f of %v mm behind the plane: %d objects in all", i, i%4, at, v.Length, len(r.seen))
				}
				d.add(r.seen[i].Length, v.Length, r.seen[i].ULength)
				if n := len(r.seen[i].Slices); n > 512 || n < 20 {
					t.Errorf("vehicle %d: %d slices", i, n)
				}
			}
			t.Logf("length of 40 vehicles that rolled back: %v", &d)
			if d.covered < 38 || quantile(d.off, .95) > 150 {
				t.Errorf("lengths: %v", &d)
			}
			for i, trace := range r.traces {
				again, err := profile.Replay(trace)
				if diff := diff(r.seen[i], &again); err != nil || diff != "" {
					t.Fatalf("vehicle %d replays otherwise: %v %s", i, err, diff)
				}
			}
		})
	}
}

// TestAStandAddsNothing: ten minutes of standing are one slice and no millimetre, and no
// trace of them is kept that grows.
func TestAStandAddsNothing(t *testing.T) {
	v := simdims.Draw(rand.New(rand.NewPCG(4, 4)), simdims.Lorry, "truck")
	scene := &road{}
	r := newRig(t, scene, "encoder_um = 2500.0", sensors(oneScanner)...)
	r.run(t, start.Add(calibrated))
	k, end := simdims.Stretches(r.now, 1500, simdims.Stretch{Way: 5000}, simdims.Stretch{Seconds: 1.5, Accel: -1000}, simdims.Stretch{Seconds: 600},
		simdims.Stretch{Seconds: 1.5, Accel: 1000}, simdims.Stretch{Way: float64(v.Length)})
	scene.v, scene.k = []*sim.Vehicle{v}, []sim.Track{k}
	r.run(t, end.Add(3*time.Second))
	if len(r.seen) != 1 {
		t.Fatalf("%d profiles", len(r.seen))
	}
	p := r.seen[0]
	near(t, "length", float64(p.Length), float64(v.Length), float64(p.ULength))
	if n := len(r.traces[0]); n > 1<<20 {
		t.Errorf("a trace of %d bytes", n)
	}
	if moving := (float64(v.Length) + 3000) / 1500 / 0.04; float64(len(p.Slices)) > moving {
		t.Errorf("%d slices, driving through takes %.0f", len(p.Slices), moving)
	}
}

// TestAnEncoderThatIsNotThereGivesNoLength: the setting is there and the scanner sends none.
func TestAnEncoderThatIsNotThereGivesNoLength(t *testing.T) {
	v := simdims.Draw(rand.New(rand.NewPCG(4, 4)), simdims.Lorry, "truck")
	scene := &road{}
	r := newRig(t, scene, "encoder_um = 2500.0", oneScanner...)
	r.run(t, start.Add(calibrated))
	r.run(t, scene.pass(v, r.now, 1500).Add(40*time.Second))
	if len(r.seen) != 1 || r.seen[0].Length != 0 {
		t.Fatalf("%d profiles, %v", len(r.seen), r.seen)
	}
	near(t, "height", float64(r.seen[0].Height), float64(v.Height), 40)
}
