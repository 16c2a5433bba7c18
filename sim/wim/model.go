package wim

import (
	"cmp"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// Model describes one platform and what surrounds it. Default gives usual values.
type Model struct {
	Seed     uint64
	Vehicles uint64       // seed of how vehicles swing, the same for platforms that one vehicle crosses; 0: Seed
	Station  quant.Length // of the edge that vehicles enter by, from the lane datum
	Platform quant.Length // length along the driving direction
	Patch    quant.Length // contact patch of a tyre; 0: 200 to 300 mm, drawn per vehicle
	Division quant.Mass
	Capacity quant.Mass    // the indicator shows overload above; 0 is never
	Noise    quant.Mass    // standard deviation of a reading
	Zero     quant.Mass    // reading of the empty platform at Start
	Drift    quant.Mass    // of zero, a minute
	Start    time.Time     // when Zero held; the zero value is the first sample
	Filter   time.Duration // time constant of the indicator's filter
	Resonant float64       // Hz, the platform's own frequency; 0: 25 to 45, drawn from Seed
	Damping  float64       // of the platform; 0: 0.03 to 0.08, drawn from Seed
	Bounce   float64       // factor on the amplitude of bounce and hop; 1 is usual, 0 a smooth road
	OffScale float64       // share of axles with one wheel beside the platform
	Bump     float64       // first bounce of the approach, as a share of the load; it decays in 0.2 s
}

// Default gives a platform 0.75 m long, 20 kg divisions, on an even approach.
func Default(seed uint64) Model {
	return Model{
		Seed: seed, Platform: 750, Division: 20 * quant.Kilogram, Capacity: 30 * quant.Tonne,
		Noise: 15 * quant.Kilogram, Drift: quant.Kilogram, Filter: 8 * time.Millisecond, Bounce: 1,
	}
}

const (
	stepTime = time.Millisecond
	restTau  = 0.4     // s in which the oscillation of a vehicle that stopped dies away
	full     = 15000.0 // mm/s over 3.6: the speed of full amplitude is 15 km/h
)

// Reading is what the indicator shows.
type Reading struct {
	Mass   quant.Mass // rounded to the division
	Stable bool       // moved by at most two divisions in the last second
	Over   bool
}

// Signal is the load on the platform as the indicator sees it. It keeps the state of
// platform and filter; times must not go back. It is not safe for concurrent use.
type Signal struct {
	m        Model
	scene    sim.Scene
	rng      *rand.Rand
	riders   []rider
	placed   []sim.Placed
	ridden   []*rider // of placed, until the next look
	now      time.Time
	x, xdot  float64 // platform, kg and kg/s
	filtered float64
	wn, zeta float64
	decay    decay
	window   window
	near     bool // a vehicle is close to the platform
}

// decay is what the filter keeps of a difference after dt.
type decay struct{ dt, keeps float64 }

// rider is the random part of one vehicle, fixed by seed and vehicle id.
type rider struct {
	id     string
	patch  float64 // mm
	fb, fh float64 // Hz
	axles  []wheel
	x0, x  float64 // front, mm, at the last and at this look
	v      float64 // mm/s
	seen   bool
	amp    float64 // speed that the oscillation belongs to, mm/s: lags behind v at a stop
}

type wheel struct {
	phi, psi float64
	ub, uh   float64 // draws of the amplitudes, 0..1
	share    float64 // of its load that meets the platform
	met      float64 // s since it came on; -1 before
}

// NewSignal makes the signal of one platform in a scene.
func NewSignal(m Model, scene sim.Scene) *Signal {
	s := &Signal{m: m, scene: scene, rng: rand.New(rand.NewPCG(m.Seed, 0x5741_4749))}
	f, z := m.Resonant, m.Damping
	if f == 0 {
		f = 25 + 20*s.rng.Float64()
	}
	if z == 0 {
		z = 0.03 + 0.05*s.rng.Float64()
	}
	s.wn, s.zeta = 2*math.Pi*f, z
	return s
}

// rider finds or draws the random part of a vehicle.
func (s *Signal) rider(v *sim.Vehicle) *rider {
	for i := range s.riders {
		if s.riders[i].id == v.ID {
			return &s.riders[i]
		}
	}
	h := fnv.New64a()
	h.Write([]byte(v.ID)) // a hash never fails
	r := rand.New(rand.NewPCG(cmp.Or(s.m.Vehicles, s.m.Seed), h.Sum64()))
	n := rider{id: v.ID, patch: 200 + 100*r.Float64(), fb: 1.5 + 2.5*r.Float64(), fh: 8 + 7*r.Float64(), amp: -1}
	if s.m.Patch > 0 {
		n.patch = float64(s.m.Patch)
	}
	for range v.Axles {
		w := wheel{phi: 2 * math.Pi * r.Float64(), psi: 2 * math.Pi * r.Float64(), ub: r.Float64(), uh: r.Float64(), share: 1, met: -1}
		if off := r.Float64(); off < s.m.OffScale {
			w.share = 0.5 + 0.3*r.Float64()
		}
		n.axles = append(n.axles, w)
	}
	s.riders = append(s.riders, n)
	return &s.riders[len(s.riders)-1]
}

// At lets the platform live until t and reads it. The first call only sets the time.
func (s *Signal) At(t time.Time) Reading {
	if s.now.IsZero() || t.Sub(s.now) > 2*time.Second {
		s.now = t
		if s.m.Start.IsZero() {
			s.m.Start = t
		}
		s.x, s.xdot, s.filtered = 0, 0, 0
		s.look(t)
	}
	if s.rests(t) {
		s.x, s.xdot, s.filtered, s.now = 0, 0, 0, t
	}
	for s.now.Before(t) {
		next := s.now.Add(10 * time.Millisecond)
		if next.After(t) {
			next = t
		}
		s.advance(next)
	}
	return s.read(t)
}

// rests reports whether nothing moves the platform until t: it is at rest, and nobody is in
// sight now or then. Nobody comes and goes between two readings.
func (s *Signal) rests(t time.Time) bool {
	if len(s.placed) > 0 || !s.settled() {
		return false
	}
	s.placed = s.scene.At(s.placed[:0], t)
	return len(s.placed) == 0
}

// Near reports whether a vehicle was within 20 m of the platform at the last reading:
// while it is false a thinned stream loses nothing.
func (s *Signal) Near() bool { return s.near }

// look takes the vehicles' places at t.
func (s *Signal) look(t time.Time) {
	s.placed = s.scene.At(s.placed[:0], t)
	s.near = false
	for i := range s.riders {
		s.riders[i].seen = false
	}
	for _, p := range s.placed {
		r := s.rider(p.Vehicle)
		if r.amp < 0 {
			r.amp, r.x = math.Abs(p.V), p.X
		}
		r.x0, r.x, r.v, r.seen = r.x, p.X, p.V, true
		edge := float64(s.m.Station)
		if p.X > edge-20000 && p.X-float64(p.Length) < edge+20000 {
			s.near = true
		}
	}
	keep := s.riders[:0]
	for _, r := range s.riders {
		if r.seen {
			keep = append(keep, r)
		}
	}
	s.riders = keep
	s.ridden = s.ridden[:0]
	for _, p := range s.placed {
		s.ridden = append(s.ridden, s.rider(p.Vehicle))
	}
}

// advance integrates from s.now to t, with the vehicles moving evenly in between.
func (s *Signal) advance(t time.Time) {
	start := s.now
	s.look(t)
	loaded := s.loaded()
	if !loaded && s.settled() {
		s.x, s.xdot, s.filtered, s.now = 0, 0, 0, t
		return
	}
	way := t.Sub(start)
	span := way.Seconds()
	n := int(math.Ceil(span / stepTime.Seconds()))
	dt := span / float64(n)
	for i := 1; i <= n; i++ {
		share := float64(i) / float64(n)
		load := 0.0
		for k, r := range s.ridden {
			r.calm(dt)
			if loaded {
				at := start.Add(time.Duration(share * float64(way)))
				load += s.load(s.placed[k].Vehicle, r, r.x0+(r.x-r.x0)*share, at, dt)
			}
		}
		s.vibrate(load, dt)
	}
	if !loaded {
		for _, r := range s.ridden {
			r.off()
		}
	}
	s.now = t
}

// loaded reports whether a tyre is on the platform at the last look or the one before.
func (s *Signal) loaded() bool {
	for k := range s.placed {
		r := s.ridden[k]
		for i := range s.placed[k].Axles {
			back := float64(s.placed[k].Axles[i].Offset) + float64(s.m.Station)
			if s.onto(r.x0-back, r.patch) > 0 || s.onto(r.x-back, r.patch) > 0 {
				return true
			}
		}
	}
	return false
}

// settled reports whether an empty platform has come to rest, to a gram: then nothing moves
// until the next vehicle comes.
func (s *Signal) settled() bool {
	const rest = 1e-3 // kg
	return math.Abs(s.x) < rest && math.Abs(s.xdot) < rest*s.wn && math.Abs(s.filtered) < rest
}

// calm lets the oscillation of a vehicle that has slowed down die away.
func (r *rider) calm(dt float64) {
	if speed := math.Abs(r.v); speed >= r.amp {
		r.amp = speed
	} else {
		r.amp += (speed - r.amp) * min(1, dt/restTau)
	}
}

// off notes that no wheel is on the platform.
func (r *rider) off() {
	for k := range r.axles {
		r.axles[k].met = -1
	}
}

// load is the force of one vehicle on the platform, in kilograms.
func (s *Signal) load(v *sim.Vehicle, r *rider, front float64, at time.Time, dt float64) float64 {
	total := 0.0
	sec := float64(at.Unix()%1_000_000) + float64(at.Nanosecond())/1e9
	for k, a := range v.Axles {
		w := &r.axles[k]
		g := s.onto(front-float64(a.Offset)-float64(s.m.Station), r.patch)
		if g == 0 {
			w.met = -1
			continue
		}
		if w.met < 0 {
			w.met = 0
		}
		w.met += dt
		db, dh := s.amplitudes(r, w)
		f := 1 + db*math.Sin(2*math.Pi*r.fb*sec+w.phi) + dh*math.Sin(2*math.Pi*r.fh*sec+w.psi)
		f += s.m.Bump * math.Exp(-w.met/0.2) * math.Cos(2*math.Pi*r.fb*w.met)
		total += float64(a.Mass) / 1000 * f * g * w.share
	}
	return total
}

// amplitudes are the relative amplitudes of bounce and hop of one wheel. At a stop they
// die away; at walking pace they do not, for every road has its waves.
func (s *Signal) amplitudes(r *rider, w *wheel) (db, dh float64) {
	v := r.amp * 3.6 / full
	rolling := min(1, r.amp/100)
	return s.m.Bounce * rolling * (0.01 + 0.04*v*w.ub), s.m.Bounce * rolling * (0.005 + 0.03*v*w.uh)
}

// onto is the share of a contact patch with its middle at x that lies on the platform.
func (s *Signal) onto(x, patch float64) float64 {
	l := float64(s.m.Platform)
	return max(0, min(x+patch/2, l)-max(x-patch/2, 0)) / patch
}

// vibrate moves platform and filter by dt under a load, in substeps that keep the
// resonance exact enough.
func (s *Signal) vibrate(load, dt float64) {
	const sub = 4
	h := dt / sub
	for range sub {
		s.xdot += h * (s.wn*s.wn*(load-s.x) - 2*s.zeta*s.wn*s.xdot)
		s.x += h * s.xdot
	}
	if tau := s.m.Filter.Seconds(); tau > 0 {
		if s.decay.dt != dt {
			s.decay = decay{dt, math.Exp(-dt / tau)}
		}
		s.filtered += (s.x - s.filtered) * (1 - s.decay.keeps)
	} else {
		s.filtered = s.x
	}
}

// read adds what the electronics add.
func (s *Signal) read(t time.Time) Reading {
	kg := s.filtered + float64(s.m.Zero)/1000 + float64(s.m.Drift)/1000*t.Sub(s.m.Start).Minutes()
	kg += s.rng.NormFloat64() * float64(s.m.Noise) / 1000
	d := float64(s.m.Division) / 1000
	r := Reading{Mass: quant.Mass(math.Round(kg/d)) * s.m.Division}
	r.Over = s.m.Capacity > 0 && r.Mass > s.m.Capacity
	r.Stable = s.stable(t, kg)
	return r
}

// stable judges the display, which averages noise away: two divisions or three sigma.
func (s *Signal) stable(t time.Time, kg float64) bool {
	band := max(2*s.m.Division, 8*s.m.Noise)
	full, spread := s.window.add(t, quant.Mass(kg*1000))
	return full && spread <= band
}
