package axle

import (
	"math"
	"testing"
)

// TestPlatformAnswersLikeItsDifferentialEquation integrates the oscillator and the filter
// step by step under an axle's load.
func TestPlatformAnswersLikeItsDifferentialEquation(t *testing.T) {
	for _, c := range []struct{ hz, zeta, tau float64 }{{25, 0.03, 0.008}, {35, 0.05, 0.008}, {45, 0.08, 0.003}} {
		p := newPlatform(c.hz, c.zeta, c.tau)
		r := roll{on: 0.1, off: 0.37, rise: 0.045, fall: 0.043}
		wn := 2 * math.Pi * c.hz
		const h = 2e-6
		var x, v, f, worst float64
		for i := range 300_000 {
			at := float64(i) * h
			load := min(1, max(0, (at-r.on+r.rise)/(2*r.rise))) - min(1, max(0, (at-r.off+r.fall)/(2*r.fall)))
			v += h * (wn*wn*(load-x) - 2*c.zeta*wn*v)
			x += h * v
			f += h * (x - f) / c.tau
			if i%500 == 0 {
				worst = max(worst, math.Abs(f-p.share(&r, at+h-p.delay)))
			}
		}
		if worst > 0.001 {
			t.Errorf("%v Hz, %v, %v s: off by %.5f of the load", c.hz, c.zeta, c.tau, worst)
		}
	}
}
