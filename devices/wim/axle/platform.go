package axle

import (
	"math"
	"math/cmplx"
)

// platform is how a platform and its indicator answer a load: a weakly damped oscillator
// (wim.md 4: 25 to 45 Hz, damping 0.03 to 0.08) before a filter of one pole.
type platform struct {
	hz, zeta float64
	tau      float64 // s, the filter's time constant

	root, ring complex128 // the ringing after a load that grows: Re(ring exp(root t))
	pole, fade float64    // the filter's part: fade exp(-pole t)
	delay      float64    // s that a slow change is late by
}

// newPlatform computes the answer to a load that grows by one a second.
func newPlatform(hz, zeta, tau float64) platform {
	w := 2 * math.Pi * hz
	p := platform{hz: hz, zeta: zeta, tau: tau, pole: 1 / tau, delay: 2*zeta/w + tau}
	p.root = complex(-zeta*w, w*math.Sqrt(1-zeta*zeta))
	p.ring = 2 * complex(w*w, 0) / (complex(0, 2*imag(p.root)) * (complex(tau, 0)*p.root + 1) * p.root * p.root)
	p.fade = w * w / (p.pole*p.pole - 2*zeta*w*p.pole + w*w) * tau
	return p
}

// nuance is what one per cent more of a platform's property changes: ring and fade by a
// share of themselves, the others by as much as is said.
type nuance struct {
	root, ring        complex128
	pole, fade, delay float64
}

// nuances are those of frequency, damping and filter.
func (p *platform) nuances() [3]nuance {
	const d = 1e-3
	return [3]nuance{
		p.nuance(newPlatform(p.hz*(1+d), p.zeta, p.tau), 100*d),
		p.nuance(newPlatform(p.hz, p.zeta*(1+d), p.tau), 100*d),
		p.nuance(newPlatform(p.hz, p.zeta, p.tau*(1+d)), 100*d),
	}
}

// nuance compares p with q, in which a property is some per cent more.
func (p *platform) nuance(q platform, percent float64) nuance {
	c := complex(percent, 0)
	return nuance{
		root: (q.root - p.root) / c, ring: (q.ring/p.ring - 1) / c,
		pole: (q.pole - p.pole) / percent, fade: (q.fade/p.fade - 1) / percent, delay: (q.delay - p.delay) / percent,
	}
}

// The parts of an answer that are below exp(-12) and exp(-20) are left out.
const ringEnds, fadeEnds = 12, 20

// edge is how platform and filter answer an axle that comes over one edge: evenly, its
// middle at the time at, in 2 half seconds. That is two loads that grow, half before and half
// after it, the second one downwards.
type edge struct {
	p        *platform
	at, half float64
	nuances  []nuance // those of p that are asked for

	ahead, behind         complex128 // exp(±root half)
	aheadFade, behindFade float64    // exp(∓pole half)
}

func (p *platform) edge(at, half float64, n []nuance) edge {
	e := edge{p: p, at: at, half: half, nuances: n}
	h := complex(half, 0)
	e.ahead, e.behind = cmplx.Exp(p.root*h), cmplx.Exp(-p.root*h)
	e.aheadFade, e.behindFade = math.Exp(-p.pole*half), math.Exp(p.pole*half)
	return e
}

// answer is the share of a load that is shown, and what changes it.
type answer struct {
	share  float64
	slope  float64    // a second
	longer float64    // for each second of half
	other  [3]float64 // for each per cent of the nuances
}

// answer gives what is shown at t.
func (e *edge) answer(t float64) (a answer) {
	p := e.p
	u := t - e.at + p.delay
	if u <= -e.half {
		return a
	}
	var ring complex128
	if x := -real(p.root) * u; x+real(p.root)*e.half < ringEnds {
		sin, cos := math.Sincos(imag(p.root) * u)
		x = math.Exp(-x)
		ring = p.ring * complex(x*cos, x*sin)
	}
	fade := 0.0
	if x := p.pole * (u - e.half); x < fadeEnds {
		fade = p.fade * math.Exp(-p.pole*u)
	}
	per := 1 / (2 * e.half)
	e.ramp(&a, u+e.half, per, per, ring*e.ahead, fade*e.aheadFade)
	if u > e.half {
		e.ramp(&a, u-e.half, -per, per, ring*e.behind, fade*e.behindFade)
	}
	a.longer -= a.share / e.half
	return a
}

// ramp adds the answer to a load that began to grow by rate u seconds ago, the delay
// included; longer is what a second more of that time is for the edge's half.
func (e *edge) ramp(a *answer, u, rate, longer float64, ring complex128, fade float64) {
	p := e.p
	slope := 1 + real(p.root*ring) - p.pole*fade
	a.share += rate * (u - p.delay + real(ring) + fade)
	a.slope += rate * slope
	a.longer += longer * slope
	for i := range e.nuances {
		n := &e.nuances[i]
		a.other[i] += rate * (n.delay*(slope-1) + real((n.ring+n.root*complex(u, 0))*ring) + (n.fade-n.pole*u)*fade)
	}
}

// roll is where an axle was: the middle of its contact patch came over the first edge at on
// and over the last at off; rise and fall are half the time that the patch took over them.
type roll struct{ on, off, rise, fall float64 }

// way is a roll over a platform.
type way struct{ on, off edge }

func (p *platform) way(r *roll, n []nuance) way {
	return way{p.edge(r.on, r.rise, n), p.edge(r.off, r.fall, n)}
}

// share is the share of the load that the indicator shows at t.
func (w *way) share(t float64) float64 { return w.on.answer(t).share - w.off.answer(t).share }
