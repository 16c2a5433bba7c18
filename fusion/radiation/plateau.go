package radiation

import "slices"

// Plateau is how far the counts of an occupancy stand above what was expected.
type Plateau struct {
	Net  int32 // median of the excess in a second, in permille of the background
	From int32 // ms after Occupancy.Start: where the excess rises above half of its height
	To   int32
}

// Plateau measures the excess between the places where it is half as high as at its highest,
// against the expected shadow where the analysis knows it, else against the background. ok
// is false without background, without excess, and of a profile that was thinned.
func (o *Occupancy) Plateau() (p Plateau, ok bool) {
	bg := o.Background
	if o.Guarded {
		bg = o.GuardBackground
	}
	n, total := len(o.Slices), sum(bg)
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
	at := slices.Index(net, top)
	a, b := at, at
	for a > 0 && net[a-1]*2 >= top {
		a--
	}
	for b+1 < len(net) && net[b+1]*2 >= top {
		b++
	}
	// A window ends with slice i+wide-1: its middle is where its counts are.
	p.From, p.To = o.Slices[a+wide/2].At, o.Slices[b+wide/2].At
	slices.Sort(net[a : b+1])
	p.Net = net[a : b+1][(b-a)/2]
	return p, true
}

// expected gives the counts a second that are expected of slice i, in thousandths.
func (o *Occupancy) expected(i int, background int64) int64 {
	if a := o.Analysis; a != nil && len(a.Expected) == len(o.Slices) {
		return background * int64(a.Expected[i])
	}
	return background * 1000
}
