package rpm

import (
	"math"
	"time"

	"acsgd/sim"
)

// Shower is rain of one strength.
type Shower struct {
	Start  time.Time
	Length time.Duration
	Rate   float64 // mm/h
}

// Radon's daughters that rain washes to the ground are the largest natural change of a
// portal's background. They decay with some 45 min, and come with the square root of the
// rain: 5 mm/h for long give 15 % more. No recorded event was above three times the usual.
const (
	washDecay = 45 * 60 // s
	washGain  = 0.15
	washRain  = 5.0 // mm/h
	washMost  = 3.0
)

// washout is what lies on the ground.
type washout struct {
	last   time.Time
	amount float64 // share of the background
}

// at gives the factor of the background at t, which never goes back.
func (w *washout) at(showers []Shower, t time.Time) float64 {
	if len(showers) == 0 {
		return 1
	}
	if w.last.IsZero() {
		w.last = t.Add(-slice)
	}
	rate := 0.0
	for _, s := range showers {
		if d := t.Sub(s.Start); d >= 0 && d < s.Length {
			rate += s.Rate
		}
	}
	level := washGain * math.Sqrt(rate/washRain)
	w.amount = level + (w.amount-level)*math.Exp(-t.Sub(w.last).Seconds()/washDecay)
	w.last = t
	return min(1+w.amount, washMost)
}

// neighbour is a vehicle outside the beams that takes some background away.
type neighbour struct {
	left int // slices
	dark float64
}

// shadowed is the factor of the background that a neighbour leaves. It comes while the
// portal is vacant, stays for 5 to 30 s and is gone when an occupancy begins: then it is
// that vehicle.
func (p *Portal) shadowed() float64 {
	if p.cfg.Neighbour <= 0 {
		return 1
	}
	b := &p.beside
	switch {
	case p.occupied:
		b.left = 0
	case b.left > 0:
		b.left--
	case p.rng.Float64() < p.cfg.Neighbour*slice.Minutes():
		b.left = 25 + p.rng.IntN(126)
		b.dark = 0.1 + 0.2*p.rng.Float64()
	}
	if b.left == 0 {
		return 1
	}
	return 1 - b.dark
}

// burst is the mean number of neutrons that one cosmic ray frees in metal; their number is
// geometric.
const burst = 2.5

// bursts adds the neutrons of heavy metal cargo, which come together.
func (p *Portal) bursts(v *sim.Placed, n *[4]int32) {
	if v.Ship <= 0 {
		return
	}
	rate := p.cfg.Neutron * v.Ship * depth(v, p.cfg.Station, false)
	for range Poisson(p.rng, rate*slice.Seconds()/burst) {
		for {
			n[p.rng.IntN(len(n))]++
			if p.rng.Float64() < 1/burst {
				break
			}
		}
	}
}
