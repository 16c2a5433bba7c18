package rpm

import "math"

// gammaRule is the controller's own alarm: a sliding window of all panels and of each
// pillar against the background on its display.
type gammaRule struct {
	background [4]int
	k          float64
	window     int
	past       [][4]int32
}

func newGammaRule(background [4]int, k float64, window int) gammaRule {
	return gammaRule{background: background, k: k, window: window}
}

// add takes a slice and reports an alarm in the window that ends with it.
func (r *gammaRule) add(c [4]int32) bool {
	r.past = append(r.past, c)
	if len(r.past) < r.window {
		return false
	}
	if len(r.past) > r.window {
		r.past = r.past[1:]
	}
	for _, panels := range [][]int{{0, 1, 2, 3}, {0, 1}, {2, 3}} {
		n, b := 0.0, 0.0
		for _, p := range panels {
			b += float64(r.background[p]) * float64(r.window) / 5
			for _, s := range r.past {
				n += float64(s[p])
			}
		}
		if b > 0 && (n-b)/math.Sqrt(b) > r.k {
			return true
		}
	}
	return false
}

// neutronRule is the controller's sequential test.
type neutronRule struct {
	drift, gain  float64
	upper, lower float64
	sum          float64
	n            int
}

func newNeutronRule(cps float64) neutronRule {
	const alpha, beta = 4.70e-5, 0.3693
	r := neutronRule{upper: math.Log((1 - beta) / alpha), lower: math.Log(beta / (1 - alpha))}
	if cps > 0 {
		d := 2.2 * math.Sqrt(cps)
		r.drift, r.gain = -d, math.Log(1+d/cps)
	}
	return r
}

// add takes the counts of a second; it gives the sum and whether it alarms.
func (r *neutronRule) add(x int) (float64, bool) {
	r.sum += float64(x)*r.gain + r.drift
	r.n++
	s := r.sum
	if s <= r.lower || r.n == 3 {
		r.sum, r.n = 0, 0
	}
	return s, r.gain > 0 && s >= r.upper
}

// mean is a running mean of slices.
type mean struct {
	ring [][4]int32
	next int
	sum  [4]int64
}

func newMean(n int) mean { return mean{ring: make([][4]int32, n)} }

func (m *mean) add(c [4]int32) {
	for p, v := range c {
		m.sum[p] += int64(v) - int64(m.ring[m.next][p])
	}
	m.ring[m.next] = c
	m.next = (m.next + 1) % len(m.ring)
}

// rates are counts/s.
func (m *mean) rates() (r [4]float64) {
	for p, s := range m.sum {
		r[p] = float64(s) * 5 / float64(len(m.ring))
	}
	return r
}

// total is the mean of all channels, counts a slice.
func (m *mean) total() float64 {
	return float64(m.sum[0]+m.sum[1]+m.sum[2]+m.sum[3]) / float64(len(m.ring))
}
