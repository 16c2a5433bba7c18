package profile

import (
	"fmt"
	"slices"
	"time"
)

const (
	alignKept = 16          // vehicles whose differences are remembered
	alignMin  = 4           // before that many nothing is corrected
	alignMax  = time.Second // two scanners that differ by more do not see the same vehicle
)

// alignment keeps the clocks of two scanners of one plane together. Each scanner's clock is
// brought to the host's by itself, which leaves what its link delays at the least; but the
// front and the rear of a vehicle reach both scanners at the same moment, so the median of
// what they differ by is the difference of the clocks.
type alignment struct {
	diffs []time.Duration // of the newest vehicles: time by the first scanner less time by the second
	skew  time.Duration   // to be added to the second scanner's times
	told  time.Duration   // skew of the last notice
}

// stay is when one scanner saw the vehicle in the plane.
type stay struct {
	first, last time.Time
	clear       int
}

// look takes the points of one scan at that time; a stay ends after that many clear scans.
func (s *stay) look(points []point, at time.Time, end int) {
	above := 0
	for i := range points {
		if points[i].z > lowMM {
			above++
		}
	}
	if above < 2 {
		s.clear++
		return
	}
	if s.first.IsZero() || s.clear >= end {
		s.first = at
	}
	s.last, s.clear = at, 0
}

// vehicle takes the stays of both scanners in one vehicle's time. It reports a correction
// that the engine's user should hear of.
func (a *alignment) vehicle(one, two *stay, period time.Duration) (n Notice, ok bool) {
	front, rear := one.first.Sub(two.first), one.last.Sub(two.last)
	if one.first.IsZero() || two.first.IsZero() || front.Abs() > alignMax || rear.Abs() > alignMax || (front-rear).Abs() > 3*period {
		return n, false
	}
	if len(a.diffs) == alignKept {
		a.diffs = slices.Delete(a.diffs, 0, 1)
	}
	a.diffs = append(a.diffs, (front+rear)/2)
	if len(a.diffs) < alignMin {
		return n, false
	}
	sorted := slices.Sorted(slices.Values(a.diffs))
	a.skew = sorted[len(sorted)/2]
	if period <= 0 || (a.skew-a.told).Abs() <= period {
		return n, false
	}
	a.told = a.skew
	return Notice{Text: fmt.Sprintf("the clocks of the two scanners differ by %d ms; corrected", a.skew.Milliseconds())}, true
}
