package wim

import "time"

// rateWindow is how many intervals the measured rate looks back.
const rateWindow = 64

// Rate measures how often samples come. The zero value is ready.
type Rate struct {
	at [rateWindow]time.Time
	n  int
}

// rateSilence ends a measurement: a stream that is thinned while the lane is empty says
// nothing about the rate at which it weighs.
const rateSilence = 400 * time.Millisecond

// Add counts a sample taken at t. A step backwards, or a silence of more than 0.4 s, starts
// the measurement anew.
func (r *Rate) Add(t time.Time) {
	if r.n > 0 {
		if d := t.Sub(r.at[(r.n-1)%rateWindow]); d < 0 || d > rateSilence {
			r.n = 0
		}
	}
	r.at[r.n%rateWindow] = t
	r.n++
	if r.n == 3*rateWindow { // keep n small and congruent
		r.n -= rateWindow
	}
}

// Hz gives the rate over the last 64 samples; ok is false before 16 were seen without a silence.
func (r *Rate) Hz() (hz float64, ok bool) {
	k := min(r.n, rateWindow)
	if k < 16 {
		return 0, false
	}
	first, last := r.at[(r.n-k)%rateWindow], r.at[(r.n-1)%rateWindow]
	d := last.Sub(first).Seconds()
	if d <= 0 {
		return 0, false
	}
	return float64(k-1) / d, true
}
