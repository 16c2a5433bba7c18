package radiation

import "math"

// neutronTest is our own test beside the portal's sequential one: the counts of the last
// one, two and five intervals against the smallest n with P(X >= n | background) <= alpha/3.
//
// An occupancy of eleven seconds makes eleven such decisions, of which each is wrong with
// alpha = 1e-6 at most: 0.01 false alarms in a thousand occupancies where the background is
// known. The portal's sequential test, with 4.7e-5 a sequence, makes 0.2 to 0.5.
type neutronTest struct {
	Least [len(lookBack)]int64 `json:"least"`   // counts that alarm; 0 = not tested
	One   int64                `json:"one"`     // counts of one interval that are an excess, 1 % by chance
	Last  [5]int64             `json:"last"`    // counts, the newest first
	N     int                  `json:"n"`       // intervals so far
	Over  uint8                `json:"over"`    // bit i: interval i before the newest was an excess
	Span  int32                `json:"span_ms"` // of an interval
	Rate  int64                `json:"rate"`    // background in 10^-8/s
}

// lookBack are the intervals that are added up.
var lookBack = [...]int{1, 2, 5}

const (
	neutronAlpha = 1e-6
	excessAlpha  = 0.01
	// mostExpected keeps e^-x far from the smallest float; the portal's own fault limit is
	// 50/s.
	mostExpected = 500
)

// begin freezes the thresholds for intervals of so many ms.
func (t *neutronTest) begin(span int32) {
	if span <= 0 {
		span = 1000 // as the portals that do not say it
	}
	if t.Span == span || t.Rate <= 0 {
		return
	}
	*t = neutronTest{Rate: t.Rate, Span: span}
	mean := float64(t.Rate) / scale * float64(span) / 1000
	for i, n := range lookBack {
		t.Least[i] = leastCounts(float64(mean*float64(n)), neutronAlpha/float64(len(lookBack)))
	}
	t.One = leastCounts(mean, excessAlpha)
}

// add takes the counts of one interval. alarm is the test's; confirmed says that two of the
// last three intervals are in excess by themselves, which one burst in steel is not.
func (t *neutronTest) add(x int64) (alarm, confirmed bool) {
	if t.Span == 0 {
		return false, false
	}
	copy(t.Last[1:], t.Last[:])
	t.Last[0] = x
	t.N++
	for i, n := range lookBack {
		var all int64
		for _, c := range t.Last[:n] {
			all += c
		}
		alarm = alarm || t.N >= n && t.Least[i] > 0 && all >= t.Least[i]
	}
	t.Over = t.Over << 1 & 0b111
	if t.One > 0 && x >= t.One {
		t.Over |= 1
	}
	switch t.Over {
	case 0b011, 0b101, 0b110, 0b111:
		confirmed = true
	}
	return alarm, confirmed
}

// leastCounts is the smallest n with P(X >= n) <= alpha for a Poisson X of that mean; 0
// where that is not computed.
func leastCounts(mean, alpha float64) int64 {
	if !(mean > 0) || mean > mostExpected {
		return 0
	}
	p := expMinus(mean) // of k
	below := 0.0        // P(X < k)
	for k := 0.0; k < 4*mostExpected; k++ {
		if 1-below <= alpha {
			return int64(k)
		}
		below += p
		p = float64(p*mean) / (k + 1)
	}
	return 0
}

// expMinus is e^-x for x of 0 to 500 by its series, with x halved until that is short. Each
// step is an operation that IEEE 754 rounds exactly, which math.Exp does not promise on
// every machine.
func expMinus(x float64) float64 {
	halvings := 0
	for x > 0.5 {
		x, halvings = x/2, halvings+1
	}
	sum, term := 1.0, 1.0
	for n := 1.0; n < 24; n++ {
		term = -float64(term*x) / n
		sum += term
	}
	for range halvings {
		sum = float64(sum * sum)
	}
	return math.Max(sum, math.SmallestNonzeroFloat64)
}
