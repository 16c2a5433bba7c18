package radiation

import "math"

// sequential is the portal's neutron test: Wald's sequential probability ratio test,
// truncated. Sums and coefficients are integers in 10^-8, as the portal sends them.
type sequential struct {
	Drift int64 `json:"c0"` // -(lambda1-lambda0), added each interval
	Gain  int64 `json:"c1"` // ln(lambda1/lambda0), added for each count
	Upper int64 `json:"a"`  // alarm at or above
	Lower int64 `json:"b"`  // restart at or below
	Steps int   `json:"steps"`
	On    bool  `json:"on"` // there is a background to test against

	Sum  int64 `json:"sum"`
	Done int   `json:"done"` // intervals since the last restart
}

// Bounds of the test portal: alpha = 4.70e-5, beta = 0.3693.
const (
	defaultUpper = 950_437_640
	defaultLower = -99_599_343
)

// add takes one interval's counts and gives the sum before any restart.
func (s *sequential) add(x int64) (after int64, alarm bool) {
	s.Sum += x*s.Gain + s.Drift
	s.Done++
	after, alarm = s.Sum, s.Sum >= s.Upper
	if s.Sum <= s.Lower || s.Done >= s.Steps {
		s.Sum, s.Done = 0, 0
	}
	return after, alarm
}

// coefficients gives c0 and c1 for a background of so many counts in 10^-8/s, with
// lambda1 = lambda0 + 2.2*sqrt(lambda0) as the portal chooses it.
func coefficients(lambda int64) (drift, gain int64) {
	l := float64(lambda) / scale
	d := 2.2 * math.Sqrt(l)
	return -int64(math.Round(float64(d * scale))), int64(math.Round(float64(logRatio(l+d, l) * scale)))
}

// logRatio is ln(a/b) for a > b > 0 by the series of the area tangent. Every step is an
// operation that IEEE 754 rounds exactly, which math.Log does not promise on every machine.
func logRatio(a, b float64) float64 {
	halvings := 0
	for a > float64(2*b) {
		a, halvings = a/2, halvings+1
	}
	z := (a - b) / (a + b)
	return float64(series(z)+float64(float64(halvings)*series(1.0/3))) * 2
}

// series is z + z^3/3 + z^5/5 + ...; z is at most a third.
func series(z float64) float64 {
	sum, power, square := z, z, float64(z*z)
	for n := 3; n < 41; n += 2 {
		power = float64(power * square)
		sum += power / float64(n)
	}
	return sum
}
