package radiation

import (
	"cmp"
	"slices"
)

// Plateau is how far the counts of an occupancy stand above what was expected.
type Plateau struct {
	Net int32 // median of the excess in a second, in permille of the background
	// AtLeast says that the shadow of the vehicle is not known, which hides some of it.
	AtLeast bool
}

// Plateau measures the excess where the analysis sees it, else around its highest as far as
// it is half as high: against the expected shadow where the analysis knows it, else against
// the background. ok is false without background, without excess, and of a profile that was
// thinned.
func (o *Occupancy) Plateau() (p Plateau, ok bool) {
	n, total := len(o.Slices), sum(o.ground())
	if !o.HasBG || total <= 0 || o.Thinned > 0 || n < 2 {
		return p, false
	}
	step := int64(o.Slices[n-1].At-o.Slices[0].At) / int64(n-1)
	if step <= 0 {
		return p, false
	}
	wide := int(max(1, min(int64(n), 1000/step)))
	net := make([]int32, 0, n-wide+1) // of each window
	var counted, expected int64
	for i := range n {
		counted += sum(o.Slices[i].Gamma)
		expected += o.expected(i, total) * step
		if i >= wide {
			counted -= sum(o.Slices[i-wide].Gamma)
			expected -= o.expected(i-wide, total) * step
		}
		if i+1 >= wide {
			over := counted*1_000_000 - expected // in 1/1,000,000 counts
			net = append(net, int32(max(-1<<30, min(1<<30, over/(total*step*int64(wide))))))
		}
	}
	top := slices.Max(net)
	if top <= 0 {
		return p, false
	}
	a := slices.Index(net, top)
	b := a
	if an := o.Analysis; an != nil && an.Peak != nil {
		// A window is where its middle slice is.
		a, b = o.window(an.Peak.From, wide, len(net)), o.window(an.Peak.To, wide, len(net))
	} else {
		for a > 0 && net[a-1]*2 >= top {
			a--
		}
		for b+1 < len(net) && net[b+1]*2 >= top {
			b++
		}
	}
	part := net[a : max(a, b)+1]
	slices.Sort(part)
	p.Net, p.AtLeast = part[len(part)/2], !o.shadowed()
	return p, true
}

// window gives the number of the window of so many slices that stands at a time.
func (o *Occupancy) window(at int32, wide, windows int) int {
	i, _ := slices.BinarySearchFunc(o.Slices, at, func(s Slice, at int32) int { return cmp.Compare(s.At, at) })
	return max(0, min(i-wide/2, windows-1))
}

// shadowed reports whether the shadow of the vehicle is known.
func (o *Occupancy) shadowed() bool {
	return o.Analysis != nil && len(o.Analysis.Expected) > 0 && len(o.Analysis.Expected) == len(o.Slices)
}

// expected gives the counts a second that are expected of slice i, in thousandths.
func (o *Occupancy) expected(i int, background int64) int64 {
	if o.shadowed() {
		return background * int64(o.Analysis.Expected[i])
	}
	return background * 1000
}
