package rpm

import (
	"math"
	"math/rand/v2"
	"time"

	"acsgd/sim"
)

// shadow is the mean share of the background that is missing along real lorries, of its
// deepest place, from 2 m before the front to 4 m behind the rear.
var shadow = [...]float64{
	0.16, 0.45, 0.76, 0.84, 0.89, 0.97, 0.97, 0.92, 0.89, 0.89,
	0.92, 0.95, 0.97, 1.00, 1.00, 0.92, 0.66, 0.34, 0.16, 0.11,
}

const (
	before = 2000 // mm
	behind = 4000
	fade   = 1500
)

// depth is the share of its Shield that v takes from a panel; low panels see the gap
// between tractor and trailer.
func depth(v *sim.Placed, station float64, low bool) float64 {
	passed := v.X - station
	whole := float64(v.Length) + before + behind
	x := passed + before
	switch {
	case x < -fade || x > whole+fade:
		return 0
	case x < 0:
		return shadow[0] * (1 + x/fade)
	case x > whole:
		return shadow[len(shadow)-1] * (1 - (x-whole)/fade)
	}
	at := x/whole*float64(len(shadow)) - 0.5
	i := max(0, min(len(shadow)-2, int(math.Floor(at))))
	f := max(0, min(1, at-float64(i)))
	d := shadow[i]*(1-f) + shadow[i+1]*f
	if low && len(v.Units) > 1 && v.Units[0] > 0 && v.Units[0] < len(v.Axles) {
		gap := float64(v.Axles[v.Units[0]-1].Offset) + 1500
		off := (passed - gap) / 800
		d *= 1 - 0.15*math.Exp(-off*off)
	}
	return d
}

// Heights of the panels' middles and of a load, mm; a source stands at most this share of
// half the vehicle's width from its middle.
const (
	lowPanel  = 700
	highPanel = 2200
	load      = 1300
	sideways  = 0.9
)

// kernel is a panel's share of a point source's counts, in arbitrary units.
func kernel(dx, dy, dz float64) float64 {
	r2 := dx*dx + dy*dy + dz*dz
	return dy / (r2 * math.Sqrt(r2))
}

// sourceRates adds what one source gives to each panel, for 1 count/s at closest approach.
func (p *Portal) sourceRates(v *sim.Placed, s *sim.Source) (r [4]float64) {
	const parts = 9
	y := s.Side * sideways * float64(v.Width) / 2
	half := p.cfg.Lane / 2
	middle := v.X - p.cfg.Station - float64(s.Offset)
	norm := 0.0
	for i := range parts {
		off := float64(s.Extent) * (float64(i)/(parts-1) - 0.5)
		for c := range r {
			dy, dz := half+y, float64(lowPanel-load)
			if c >= 2 {
				dy = half - y
			}
			if c%2 == 1 {
				dz = highPanel - load
			}
			norm += kernel(off, dy, dz)
			r[c] += kernel(middle-off, dy, dz)
		}
	}
	for c := range r {
		r[c] /= norm
	}
	return r
}

// count draws what the panels and the neutron channels count in the slice that ends at t.
func (p *Portal) count(t time.Time, vehicles []sim.Placed) (g, n [4]int32) {
	level := 1.0
	if !p.cfg.Steady {
		p.wander = 0.99999*p.wander + 5.5e-5*p.rng.NormFloat64()
		day := float64(t.Unix()%86400) / 86400
		level = 1 + p.wander + 0.022*math.Cos(2*math.Pi*(day-1.0/24)) // highest before dawn, five hours east
	}
	level *= p.wash.at(p.cfg.Rain, t) * p.shadowed()
	var gamma, neutron [4]float64
	for c := range gamma {
		gamma[c] = p.cfg.Background[c] * level
		neutron[c] = p.cfg.Neutron / 4
	}
	for i := range vehicles {
		v := &vehicles[i]
		for c := range gamma {
			d := depth(v, p.cfg.Station, c%2 == 0)
			gamma[c] *= 1 - v.Shield*d
			neutron[c] *= 1 - 0.1*d
		}
	}
	for i := range vehicles {
		v := &vehicles[i]
		for j := range v.Sources {
			s := &v.Sources[j]
			for c, r := range p.sourceRates(v, s) {
				gamma[c] += s.Gamma * r
				neutron[c] += s.Neutron * r
			}
		}
	}
	for c := range gamma {
		g[c] = Poisson(p.rng, gamma[c]*slice.Seconds())
		n[c] = Poisson(p.rng, neutron[c]*slice.Seconds())
	}
	for i := range vehicles {
		p.bursts(&vehicles[i], &n)
	}
	return g, n
}

// Poisson draws from a Poisson distribution: by products of uniforms for small means, else
// by transformed rejection with squeeze (Hormann 1993).
func Poisson(r *rand.Rand, mean float64) int32 {
	if mean <= 0 {
		return 0
	}
	if mean < 10 {
		limit, k := math.Exp(-mean), int32(0)
		for x := r.Float64(); x > limit; x *= r.Float64() {
			k++
		}
		return k
	}
	b := 0.931 + 2.53*math.Sqrt(mean)
	a := -0.059 + 0.02483*b
	inv := 1.1239 + 1.1328/(b-3.4)
	vr := 0.9277 - 3.6224/(b-2)
	for {
		u, v := r.Float64()-0.5, r.Float64()
		us := 0.5 - math.Abs(u)
		k := math.Floor((2*a/us+b)*u + mean + 0.43)
		if us >= 0.07 && v <= vr {
			return int32(min(k, 1e9))
		}
		if k < 0 || us < 0.013 && v > us {
			continue
		}
		lg, _ := math.Lgamma(k + 1)
		if math.Log(v*inv/(a/(us*us)+b)) <= k*math.Log(mean)-mean-lg {
			return int32(min(k, 1e9))
		}
	}
}
