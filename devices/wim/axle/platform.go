package axle

import "math"

// platform is how a platform and its indicator answer a load: a weakly damped oscillator
// (wim.md 4: 25 to 45 Hz, damping 0.03 to 0.08) before a filter of one pole.
type platform struct {
	hz, zeta float64
	tau      float64 // s, the filter's time constant

	decay, omega float64 // of the ringing: exp(-decay t) cos(omega t)
	re, im       float64 // its residue
	pole, res    float64 // of the filter: res exp(-pole t)
	delay        float64 // s that a slow change is late by
}

// newPlatform computes the answer to a load that grows by one a second.
func newPlatform(hz, zeta, tau float64) platform {
	p := platform{hz: hz, zeta: zeta, tau: tau}
	w := 2 * math.Pi * hz
	p.decay, p.omega = zeta*w, w*math.Sqrt(1-zeta*zeta)
	s := complex(-p.decay, p.omega)
	r := complex(w*w, 0) / (complex(0, 2*p.omega) * (complex(tau, 0)*s + 1) * s * s)
	p.re, p.im = 2*real(r), 2*imag(r)
	p.pole = 1 / tau
	p.res = w * w / (p.pole*p.pole - 2*zeta*w*p.pole + w*w) * tau
	p.delay = 2*zeta/w + tau
	return p
}

// ramp is what the indicator shows t seconds after a load began to grow by one a second,
// moved forward by the delay.
func (p *platform) ramp(t float64) float64 {
	t += p.delay
	if t <= 0 {
		return 0
	}
	y := t - p.delay
	if e := p.decay * t; e < 12 {
		sin, cos := math.Sincos(p.omega * t)
		y += math.Exp(-e) * (p.re*cos - p.im*sin)
	}
	if e := p.pole * t; e < 20 {
		y += p.res * math.Exp(-e)
	}
	return y
}

// roll is where an axle was: the middle of its contact patch came over the first edge at on
// and over the last at off; half is half the time that the patch took over an edge.
type roll struct{ on, off, rise, fall float64 }

// share is the share of the load that the indicator shows at t.
func (p *platform) share(r *roll, t float64) float64 {
	g := (p.ramp(t-r.on+r.rise) - p.ramp(t-r.on-r.rise)) / (2 * r.rise)
	if t > r.off-r.fall-p.delay {
		g -= (p.ramp(t-r.off+r.fall) - p.ramp(t-r.off-r.fall)) / (2 * r.fall)
	}
	return g
}
