package radiation

import "math"

// group is a set of panels that is tested together.
type group struct {
	panels uint8 // bit p = panel p
	mask   uint8 // the part of the algorithm mask that switches it on
	name   string
}

// groups are all groups; panels are master lower, master upper, slave lower, slave upper.
var groups = [...]group{
	{0b1111, sums, "sum"},
	{0b0101, horizontal, "lower"}, {0b1010, horizontal, "upper"},
	{0b0011, vertical, "left"}, {0b1100, vertical, "right"},
	{0b0001, singles, "p1"}, {0b0010, singles, "p2"}, {0b0100, singles, "p3"}, {0b1000, singles, "p4"},
}

// of gives the group's share of counts.
func (g group) of(c *[4]int64) int64 {
	var n int64
	for p := range c {
		if g.panels>>p&1 != 0 {
			n += c[p]
		}
	}
	return n
}

// level is one group's test against one background: N counts of a window stand against
// B = W*tau*b expected ones. All is kept in units of 1/unit counts, so that tau = interval
// / 1000 needs no fraction: d = unit*N - expect, and (N-B)^2 > k^2*B becomes d^2 > limit.
type level struct {
	group
	on     bool
	expect int64   // unit * B
	limit  int64   // floor(k^2 * expect * unit / 10^6), k in milli-sigma
	root   float64 // sqrt(expect*unit), for display
}

// test is the gross-count k-sigma test of one occupancy against one background.
type test struct {
	unit   int64 // 1000 / gcd(1000, interval)
	levels [len(groups)]level
	total  level // all panels, whether the mask has it or not: for the suppression
}

// newTest freezes a test. A group without background is not tested: a portal with one
// pillar leaves two panels at zero.
func newTest(bg [4]int32, interval int32, k int32, window int, mask uint8) test {
	g := gcd(1000, int64(interval))
	t := test{unit: 1000 / g}
	b := [4]int64{}
	for p := range b {
		b[p] = int64(bg[p])
	}
	for i, gr := range groups {
		l := level{group: gr, expect: int64(window) * (int64(interval) / g) * gr.of(&b)}
		if l.expect > 0 {
			p := l.expect * t.unit
			kk := int64(k) * int64(k)
			l.limit = p/1_000_000*kk + p%1_000_000*kk/1_000_000
			l.root = math.Sqrt(float64(p))
			l.on = mask&gr.mask != 0
		}
		t.levels[i] = l
	}
	t.total = t.levels[0]
	return t
}

// decide tests a full window of counts: the strongest enabled group in milli-sigma, and
// whether any is above the threshold. ok is false if no group could be tested.
func (t *test) decide(n *[4]int64) (z int32, alarm bool, name string, ok bool) {
	z = math.MinInt32
	for i := range t.levels {
		l := &t.levels[i]
		if !l.on {
			continue
		}
		d := t.unit*l.of(n) - l.expect
		// Beyond 3*10^9 the square would overflow, and no limit is that high.
		if d > 0 && (d > 3_000_000_000 || d*d > l.limit) {
			alarm = true
		}
		if s := milliSigma(d, l.root); !ok || s > z {
			z, name, ok = s, l.name, true
		}
	}
	return z, alarm, name, ok
}

// milliSigma rounds down, so that what is displayed above the threshold is above it.
func milliSigma(d int64, root float64) int32 {
	z := math.Floor(float64(float64(d)*1000) / root)
	return int32(max(math.MinInt32+1, min(math.MaxInt32, z)))
}

// suppression is the share of the background that is missing in a window, in permille.
func (t *test) suppression(n *[4]int64) int32 {
	l := &t.total
	if l.expect <= 0 {
		return 0
	}
	return int32(max((l.expect-t.unit*l.of(n))*1000/l.expect, 0))
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
