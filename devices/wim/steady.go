package wim

import (
	"time"

	"acsgd/internal/quant"
)

// steadyCap bounds the samples of one second that Steady keeps.
const steadyCap = 256

// Steady derives stability where a protocol has none: the load is stable when the
// readings of the last Window differ by at most two divisions (peak to peak).
type Steady struct {
	Division quant.Mass
	Window   time.Duration // 0 is one second

	at    [steadyCap]time.Time
	raw   [steadyCap]quant.Mass
	head  int
	n     int
	since time.Time // start of the unbroken run of valid samples
}

// Reset forgets all samples: after a fault nothing is known to be stable.
func (s *Steady) Reset() { s.n, s.since = 0, time.Time{} }

// Add takes a reading and reports whether the load is stable now. More than 256
// readings within the window are thinned by forgetting the oldest, which makes the window
// shorter; stability is then refused until the rest spans it.
func (s *Steady) Add(at time.Time, raw quant.Mass) bool {
	w := s.Window
	if w == 0 {
		w = time.Second
	}
	if s.n > 0 {
		if last := s.at[(s.head+s.n-1)%steadyCap]; at.Before(last) || at.Sub(last) > w {
			s.Reset()
		}
	}
	if s.n == 0 {
		s.since = at
	}
	if s.n == steadyCap {
		s.head, s.n = (s.head+1)%steadyCap, s.n-1
		s.since = s.at[s.head]
	}
	s.at[(s.head+s.n)%steadyCap], s.raw[(s.head+s.n)%steadyCap] = at, raw
	s.n++
	for s.n > 1 && at.Sub(s.at[s.head]) > w {
		s.head, s.n = (s.head+1)%steadyCap, s.n-1
	}
	if at.Sub(s.since) < w {
		return false
	}
	lo, hi := raw, raw
	for i := range s.n {
		v := s.raw[(s.head+i)%steadyCap]
		lo, hi = min(lo, v), max(hi, v)
	}
	return hi-lo <= 2*s.Division
}
