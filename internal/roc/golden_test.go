package roc

import (
	"math"
	"math/rand/v2"
	"testing"

	"acsgd/fusion/radiation"
	"acsgd/sim/rpm"
)

// The published check of a bench like this: a lorry of 16 m at 2.2 m/s before 1650 counts/s
// known from 20 s, its shadow with ramps of 1.5 m around both ends, a point source at 2 m in
// the middle half of the occupancy, all panels at k = 5; the share of 1500 passes that alarm.
// Where the ramps lie and what the occupancy has before and after the lorry is not published;
// with ours all 24 come out.
func TestTheReferencesTable(t *testing.T) {
	const (
		b, v, length, ramp = 1650.0, 2.2, 16.0, 1.5
		trials             = 1500
	)
	for _, row := range []struct {
		shadow float64
		want   map[int]float64
	}{
		{0, map[int]float64{200: 0.41, 300: 0.96, 400: 1, 600: 1, 800: 1, 1000: 1}},
		{0.15, map[int]float64{200: 0, 300: 0, 400: 0.02, 600: 0.98, 800: 1, 1000: 1}},
		{0.30, map[int]float64{200: 0, 300: 0, 400: 0, 600: 0, 800: 0.60, 1000: 1}},
		{0.45, map[int]float64{200: 0, 300: 0, 400: 0, 600: 0, 800: 0.01, 1000: 0.10}},
	} {
		for k, want := range row.want {
			rng := rand.New(rand.NewPCG(38, uint64(k)))
			var in injector
			alarms := 0
			for range trials {
				n := ahead + int(math.Ceil(length/v/tau)) + after
				o := &radiation.Occupancy{HasBG: true}
				o.Background[0] = int32(math.Round(float64(rpm.Poisson(rng, b*20)) / 20))
				for i := range n {
					x := v * tau * (float64(i) + 0.5 - ahead)
					deep := max(0, min(x/ramp+0.5, (length-x)/ramp+0.5, 1))
					o.Slices = append(o.Slices, radiation.Slice{Gamma: [4]int32{rpm.Poisson(rng, b*tau*(1-row.shadow*deep))}})
				}
				if sigma(in.inject(subject{o, v}, Point, k, rng), groups[:1]) > 5000 {
					alarms++
				}
			}
			got := float64(alarms) / trials
			t.Logf("shadow %.2f, %d/s: %.3f, reference %.2f", row.shadow, k, got, want)
			if math.Abs(got-want) > 0.025 {
				t.Errorf("shadow %.2f, %d/s: %.3f, want %.2f", row.shadow, k, got, want)
			}
		}
	}
}
