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
		over := p.way(&r, nil)
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
				worst = max(worst, math.Abs(f-over.share(at+h-p.delay)))
			}
		}
		if worst > 0.001 {
			t.Errorf("%v Hz, %v, %v s: off by %.5f of the load", c.hz, c.zeta, c.tau, worst)
		}
	}
}

// TestAnswersTellTheirChanges compares the changes of an answer with what small steps give.
func TestAnswersTellTheirChanges(t *testing.T) {
	const hz, zeta, tau, at, half = 34, 0.05, 0.008, 0.2, 0.045
	p := newPlatform(hz, zeta, tau)
	n := p.nuances()
	e := p.edge(at, half, n[:])
	share := func(hz, zeta, tau, half, u float64) float64 {
		q := newPlatform(hz, zeta, tau)
		e := q.edge(at, half, nil)
		return e.answer(u).share
	}
	for u := 0.1; u < 0.6; u += 0.0013 {
		a := e.answer(u)
		for _, c := range []struct {
			what                string
			got, up, down, step float64
		}{
			{"slope", a.slope, e.answer(u + 1e-5).share, e.answer(u - 1e-5).share, 2e-5},
			{"longer", a.longer, share(hz, zeta, tau, half+1e-5, u), share(hz, zeta, tau, half-1e-5, u), 2e-5},
			{"frequency", a.other[0], share(hz*1.001, zeta, tau, half, u), share(hz*0.999, zeta, tau, half, u), 0.2},
			{"damping", a.other[1], share(hz, zeta*1.001, tau, half, u), share(hz, zeta*0.999, tau, half, u), 0.2},
			{"filter", a.other[2], share(hz, zeta, tau*1.001, half, u), share(hz, zeta, tau*0.999, half, u), 0.2},
		} {
			if want := (c.up - c.down) / c.step; math.Abs(c.got-want) > 1e-4+0.01*math.Abs(want) {
				t.Errorf("%s at %.4f s: %.6f, want %.6f", c.what, u, c.got, want)
			}
		}
	}
}
