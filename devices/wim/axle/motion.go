package axle

import (
	"math"
	"time"

	"acsgd/internal/quant"
)

// motion is a vehicle's speed while it passed: v + a (t - at). Each axle tells its speed
// to about a per cent; together they tell it better, as long as one even motion explains
// them all.
type motion struct {
	at   time.Time
	v, a float64 // m/s, m/s^2
	u    float64 // standard uncertainty of v
	ok   bool
}

// fitMotion explains the speeds of the axles by a constant speed or else by a constant
// acceleration; ok is false if neither does, or an axle stopped.
func (w *Weigher) fitMotion(axles []Axle) motion {
	if len(axles) == 0 {
		return motion{}
	}
	at := axles[0].On.Add(axles[len(axles)-1].Off.Sub(axles[0].On) / 2)
	var s, sx, sxx, sy, sxy float64
	for _, a := range axles {
		if a.Speed == 0 || a.USpeed == 0 {
			return motion{}
		}
		x := middle(a).Sub(at).Seconds()
		y, g := float64(a.Speed)/1000, weight(a)
		s, sx, sxx, sy, sxy = s+g, sx+g*x, sxx+g*x*x, sy+g*y, sxy+g*x*y
	}
	m := motion{at: at, v: sy / s, u: 1 / math.Sqrt(s)}
	if m.explains(axles, 1) {
		m.ok = true
		return m
	}
	if d := s*sxx - sx*sx; len(axles) > 2 && d > 0 {
		m.a = (s*sxy - sx*sy) / d
		m.v = (sy - m.a*sx) / s
		m.u = math.Sqrt(sxx / d)
		m.ok = m.explains(axles, 2)
	}
	return m
}

// explains tests the residuals with as many degrees of freedom as axles less params, at
// four standard deviations, for the errors have longer tails than a normal law; the
// uncertainty grows with what they exceed.
func (m *motion) explains(axles []Axle, params int) bool {
	chi2 := 0.0
	for _, a := range axles {
		d := float64(a.Speed)/1000 - m.speed(middle(a))
		chi2 += d * d * weight(a)
	}
	free := float64(len(axles) - params)
	m.u *= math.Sqrt(max(1, chi2/max(free, 1)))
	return chi2 <= free+4*math.Sqrt(2*free)
}

func (m motion) speed(t time.Time) float64 { return m.v + m.a*t.Sub(m.at).Seconds() }

// middle is the time that an axle's speed belongs to.
func middle(a Axle) time.Time { return a.On.Add(a.Off.Sub(a.On) / 2) }

// weight is the inverse variance of an axle's speed, (m/s)^-2.
func weight(a Axle) float64 { u := float64(a.USpeed) / 2000; return 1 / (u * u) }

// spacing is the distance of two axles: the way between their arrivals on the platform.
func (m motion) spacing(a, b Axle) quant.Length {
	dt := b.On.Sub(a.On)
	switch {
	case m.ok:
		return quant.Length(math.Round(m.speed(a.On.Add(dt/2)) * dt.Seconds() * 1000))
	case a.Speed == 0 || b.Speed == 0:
		return 0
	}
	return quant.Length(math.Round(float64(a.Speed+b.Speed) / 2 * dt.Seconds()))
}
