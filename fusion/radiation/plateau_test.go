package radiation

import "testing"

// An occupancy of 60 slices over a background of 1600 cps: 320 counts a slice.
func loaded(shadow int32, counts func(i int) int32) *Occupancy {
	o := &Occupancy{HasBG: true, Background: [4]int32{400, 400, 400, 400}, Count: 60}
	for i := range int32(60) {
		n := counts(int(i))
		o.Slices = append(o.Slices, Slice{At: i * 200, Gamma: [4]int32{n / 4, n / 4, n / 4, n - 3*(n/4)}})
	}
	if shadow > 0 {
		o.Analysis = &Analysis{}
		for range o.Slices {
			o.Analysis.Expected = append(o.Analysis.Expected, shadow)
		}
	}
	return o
}

func TestAPlateauIsMeasured(t *testing.T) {
	half := func(i int) int32 { // half of the background above it, from 3 s to 9 s
		if i >= 15 && i < 45 {
			return 480
		}
		return 320
	}
	for _, c := range []struct {
		name   string
		o      *Occupancy
		change func(*Occupancy)
		net    int32
		least  bool
		ok     bool
	}{
		{"against the background", loaded(0, half), nil, 500, true, true},
		{"against a shadow of a fifth", loaded(800, half), nil, 700, false, true},
		{"where the analysis sees it", loaded(1000, half), func(o *Occupancy) { o.Analysis.Peak = &Peak{From: 3_000, To: 9_000} }, 500, false, true},
		{"where the analysis sees it, of which most is empty", loaded(1000, half), func(o *Occupancy) { o.Analysis.Peak = &Peak{From: 8_600, To: 11_800} }, 0, false, true},
		{"against the plausible background", loaded(0, half), func(o *Occupancy) { o.Guarded, o.GuardBackground = true, [4]int32{600, 600, 600, 600} }, 0, false, false},
		{"no excess", loaded(0, func(int) int32 { return 300 }), nil, 0, false, false},
		{"no background", loaded(0, half), func(o *Occupancy) { o.HasBG = false }, 0, false, false},
		{"thinned", loaded(0, half), func(o *Occupancy) { o.Thinned = 2 }, 0, false, false},
		{"no slices", loaded(0, half), func(o *Occupancy) { o.Slices = nil }, 0, false, false},
		{"all slices at once", loaded(0, half), func(o *Occupancy) {
			for i := range o.Slices {
				o.Slices[i].At = 0
			}
		}, 0, false, false},
	} {
		if c.change != nil {
			c.change(c.o)
		}
		p, ok := c.o.Plateau()
		if ok != c.ok || p.Net != c.net || p.AtLeast != c.least {
			t.Errorf("%s: %+v %v, want %d", c.name, p, ok, c.net)
		}
	}
}
