package roc

import (
	"math"
	"slices"
	"testing"

	"acsgd/fusion/radiation"
)

func quantile(x []float64, p float64) float64 {
	slices.Sort(x)
	return x[int(p*float64(len(x)-1))]
}

// profileParts is how many equal parts of an occupancy the published mean profile has.
const profileParts = 20

// The published statistics of a real day's traffic: 700 occupancies of a TSA portal. The
// model shall look like it, else what it says of detectors is worth little.
func TestTheModelLooksLikeARealDay(t *testing.T) {
	var depth, length, speed, bg, rest []float64
	var classes [4][]float64
	var profile [profileParts]float64
	long, dark, total := 0.0, 0, 0
	for number := range 3 {
		l, err := newLane(1, number)
		if err != nil {
			t.Fatal(err)
		}
		err = l.drive(t.Context(), 500, func(o *radiation.Occupancy) {
			if o.Fault != "" {
				t.Errorf("occupancy %d: fault %q", o.Number, o.Fault)
			}
			total++
			if o.Guarded {
				dark++
				return
			}
			n := len(o.Slices)
			d := float64(o.Suppression) / 1000
			depth, length = append(depth, d), append(length, float64(o.Count))
			c := 0
			for _, to := range []int{25, 45, 60} {
				if n > to {
					c++
				}
			}
			classes[c] = append(classes[c], d)
			if o.Speed != 0 {
				speed = append(speed, float64(o.Speed)*3.6/1000)
			}
			b := float64(o.Background[0] + o.Background[1] + o.Background[2] + o.Background[3])
			bg = append(bg, b)
			if n >= 40 && o.Count < 112 {
				long++
				for part := range profile {
					from, to := part*n/profileParts, (part+1)*n/profileParts
					sum := 0.0
					for _, s := range o.Slices[from:to] {
						sum += float64(s.Gamma[0] + s.Gamma[1] + s.Gamma[2] + s.Gamma[3])
					}
					profile[part] += sum / (b * 0.2 * float64(to-from))
				}
			}
			rest = append(rest, float64(o.MaxSigma)/1000)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		what            string
		got, want, plus float64
	}{
		{"median depth of the shadow", quantile(depth, 0.5), 0.41, 0.03},
		{"its 10 % quantile", quantile(depth, 0.1), 0.29, 0.03},
		{"its 90 % quantile", quantile(depth, 0.9), 0.51, 0.03},
		{"its maximum", quantile(depth, 1), 0.58, 0.05},
		{"depth of cars and vans", quantile(classes[0], 0.5), 0.30, 0.04},
		{"depth of 25 to 45 slices", quantile(classes[1], 0.5), 0.32, 0.04},
		{"depth of 45 to 60 slices", quantile(classes[2], 0.5), 0.43, 0.04},
		{"depth of more than 60 slices", quantile(classes[3], 0.5), 0.47, 0.04},
		{"median length, slices", quantile(length, 0.5), 56, 4},
		{"its 10 % quantile", quantile(length, 0.1), 20, 4},
		{"its 90 % quantile", quantile(length, 0.9), 68, 5},
		{"median speed, km/h", quantile(speed, 0.5), 7.75, 0.7},
		{"its 10 % quantile", quantile(speed, 0.1), 5.2, 0.8},
		{"its 90 % quantile", quantile(speed, 0.9), 21.8, 2.5},
		{"background, counts/s", quantile(bg, 0.5), 1655, 60},
		{"median of the largest sigma of a vehicle", quantile(rest, 0.5), -0.3, 0.6},
	} {
		t.Logf("%s: %.2f, real %.2f", c.what, c.got, c.want)
		if math.Abs(c.got-c.want) > c.plus {
			t.Errorf("%s: %.3f, want %.3f +- %.3f", c.what, c.got, c.want, c.plus)
		}
	}
	want := [profileParts]float64{0.94, 0.83, 0.71, 0.68, 0.66, 0.63, 0.63, 0.65, 0.66, 0.66, 0.65, 0.64, 0.63, 0.62, 0.62, 0.65, 0.75, 0.87, 0.94, 0.96}
	for i, w := range want {
		got := profile[i] / long
		t.Logf("part %d: %.2f, real %.2f", i, got, w)
		if math.Abs(got-w) > 0.05 {
			t.Errorf("mean profile, part %d: %.3f, want %.3f", i, got, w)
		}
	}
	t.Logf("%d of %d beside a neighbour", dark, total)
	if dark == 0 || dark > total/20 {
		t.Errorf("%d of %d occupancies began beside a neighbour", dark, total)
	}
}
