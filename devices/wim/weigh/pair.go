package weigh

import (
	"math"
	"slices"
	"time"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Pairing joins what two platforms in a row weighed of one vehicle.
type Pairing struct {
	Distance quant.Length `json:"distance_mm"` // from first edge to first edge
	Length   quant.Length `json:"platform_mm"`
	Division quant.Mass   `json:"division_kg"`
	Span     int64        `json:"span_u_ppm"` // standard uncertainty of the span, the same on both
}

const (
	// common is how far the errors of one axle on two platforms are taken to be the same:
	// it swings on, and where its phase comes back after the distance they are alike.
	common = 0.5
	// apart is how far the way between two crossings, by the axle's speeds, may be from the
	// platforms' distance: less than half of the closest axles' gap.
	apart = 400 // mm
	// tape is the 95 % half-width of the distance as a tape measures it.
	tape = 5 // mm
	// blind is the standard uncertainty of an edge whose axle has no speed of its own.
	blind = 0.010 // s
	// dawdle is the longest time from one platform to the next.
	dawdle = 10 * time.Minute
)

// Join gives the axles and then the whole vehicle (Axle 0) of what both platforms gave, each
// in this order; one of them may be empty. Equal input gives equal output. All times are
// those of the first platform.
func (p Pairing) Join(a, b []obs.Weighing) []obs.Weighing {
	aAxles, aWhole := split(a)
	bAxles, bWhole := split(b)
	pairs, ordered := p.match(aAxles, bAxles)
	var j joined
	lag := p.lag(aAxles, bAxles, pairs)
	for _, m := range pairs {
		w := obs.Weighing{}
		switch {
		case m.b < 0:
			w = alone(aAxles[m.a])
		case m.a < 0:
			w = alone(bAxles[m.b])
			back := lag
			if v := w.Speed; v > 0 {
				back = time.Duration(float64(p.Distance) / float64(v) * 1e9)
			}
			w.TOn, w.TOff = w.TOn.Add(-back), w.TOff.Add(-back)
		default:
			w = p.axle(&aAxles[m.a], &bAxles[m.b])
			if ordered && len(aAxles) != len(bAxles) { // order alone does not tell whose the loads are
				void(&w)
			}
		}
		w.Axle = len(j.axles) + 1
		j.add(w, m)
	}
	return append(j.axles, p.vehicle(&j, aWhole, bWhole))
}

// split cuts the whole vehicle's record off.
func split(list []obs.Weighing) (axles []obs.Weighing, whole *obs.Weighing) {
	if n := len(list); n > 0 && list[n-1].Axle == 0 {
		return list[:n-1], &list[n-1]
	}
	return list, nil
}

// alone is an axle that one platform has weighed.
func alone(w obs.Weighing) obs.Weighing {
	w.Flags = flagged(w.Flags, obs.OnePlatform)
	return w
}

// void takes an axle's load out of judgement because the platforms contradict each other.
func void(w *obs.Weighing) {
	w.U, w.Flags = 0, flagged(w.Flags, obs.PlatformsDisagree)
}

func flagged(list []obs.Flag, more ...obs.Flag) []obs.Flag {
	list = slices.Clone(list)
	for _, f := range more {
		if !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	return list
}

// crossing is an axle by its places in both lists; -1: that platform has not seen it.
type crossing struct{ a, b int }

// match finds which axles of one platform are which of the other, in order: as many as
// possible, and of as many the nearest to the platforms' distance. ordered is true where a
// pair rests on its order alone, because an axle stopped.
func (p Pairing) match(a, b []obs.Weighing) (pairs []crossing, ordered bool) {
	type cell struct {
		n    int
		cost float64
		step byte // 'a' or 'b': only that one has it, 'm': both
	}
	best := make([][]cell, len(a)+1)
	for i := range best {
		best[i] = make([]cell, len(b)+1)
	}
	for i := len(a); i >= 0; i-- {
		for k := len(b); k >= 0; k-- {
			if i == len(a) && k == len(b) {
				continue
			}
			var c cell
			if i < len(a) {
				c = best[i+1][k]
				c.step = 'a'
			}
			if k < len(b) {
				if d := best[i][k+1]; c.step == 0 || d.n > c.n || d.n == c.n && d.cost < c.cost {
					c = d
					c.step = 'b'
				}
			}
			if i < len(a) && k < len(b) {
				if off, ok := p.off(&a[i], &b[k]); ok {
					d := best[i+1][k+1]
					d.n, d.cost = d.n+1, d.cost+off
					if d.n > c.n || d.n == c.n && d.cost <= c.cost {
						c, c.step = d, 'm'
					}
				}
			}
			best[i][k] = c
		}
	}
	for i, k := 0, 0; i < len(a) || k < len(b); {
		switch best[i][k].step {
		case 'm':
			ordered = ordered || a[i].Speed == 0 || b[k].Speed == 0
			pairs = append(pairs, crossing{i, k})
			i, k = i+1, k+1
		case 'a':
			pairs = append(pairs, crossing{i, -1})
			i++
		default:
			pairs = append(pairs, crossing{-1, k})
			k++
		}
	}
	return pairs, ordered
}

// off is how far, in mm, an axle that crossed as a and then as b is from having driven the
// platforms' distance; ok is false if it cannot be one axle. Of one that stopped only the
// order is known: it counts as half of what is let pass.
func (p Pairing) off(a, b *obs.Weighing) (mm float64, ok bool) {
	dt := b.TOn.Sub(a.TOn)
	if dt <= 0 || dt > dawdle {
		return 0, false
	}
	if a.Speed == 0 || b.Speed == 0 {
		return apart / 2, true
	}
	mm = math.Abs(float64(a.Speed+b.Speed)/2*dt.Seconds() - float64(p.Distance))
	return mm, mm <= apart
}

// lag is the time from one platform to the next of the pairs that were found.
func (p Pairing) lag(a, b []obs.Weighing, pairs []crossing) time.Duration {
	var sum time.Duration
	n := 0
	for _, m := range pairs {
		if m.a >= 0 && m.b >= 0 {
			sum += b[m.b].TOn.Sub(a[m.a].TOn)
			n++
		}
	}
	return sum / time.Duration(max(n, 1))
}

// axle joins the two weighings of one axle.
func (p Pairing) axle(a, b *obs.Weighing) obs.Weighing {
	w := *a
	w.Speed, w.USpeed = p.speed(a, b)
	if a.Mode != b.Mode {
		w.Mode = obs.StopGo
	}
	w.Stable = a.Stable && b.Stable
	if slices.Contains(b.Flags, obs.Overload) || slices.Contains(a.Flags, obs.Overload) {
		w.U, w.Flags = 0, flagged(a.Flags, b.Flags...)
		return w
	}
	switch {
	case a.U > 0 && b.U > 0:
		w.Flags = flagged(a.Flags, b.Flags...)
		if d := a.Mass - b.Mass; max(d, -d) > a.U+b.U {
			void(&w)
			return w
		}
		w.Mass, w.U = p.load(a, b)
	case b.U > 0:
		w.Mass, w.U, w.Flags = b.Mass, b.U, flagged(b.Flags, obs.OnePlatform)
	case a.U > 0:
		w.Flags = flagged(a.Flags, obs.OnePlatform)
	default:
		w.Flags = flagged(a.Flags, b.Flags...)
	}
	return w
}

// load is the mean of two loads by inverse variance, rounded to the division, and its 95 %
// half-width. The span's uncertainty is the same on both and is not averaged.
func (p Pairing) load(a, b *obs.Weighing) (m, u quant.Mass) {
	wa := p.weight(a, b)
	mean := wa*float64(a.Mass) + (1-wa)*float64(b.Mass)
	m = quant.Mass(math.Round(mean/float64(p.Division))) * p.Division
	return m, p.half(wa, float64(a.U), float64(b.U), mean, float64(p.Division))
}

// weight is the weight of a's load beside b's: by inverse variance, without the span's.
func (p Pairing) weight(a, b *obs.Weighing) float64 {
	va, vb := p.own(float64(a.U), float64(a.Mass)), p.own(float64(b.U), float64(b.Mass))
	return vb / (va + vb)
}

// own is the variance, in grams squared, of a load that is not the span's.
func (p Pairing) own(u, mass float64) float64 {
	span := mass * float64(p.Span) / 1e6
	d := float64(p.Division)
	return max(u*u/4-span*span, d*d/12)
}

// half is the 95 % half-width of a mean with the weight wa on the first.
func (p Pairing) half(wa, ua, ub, mass, division float64) quant.Mass {
	sa, sb := wa*math.Sqrt(p.own(ua, mass)), (1-wa)*math.Sqrt(p.own(ub, mass))
	span := mass * float64(p.Span) / 1e6
	v := sa*sa + sb*sb + 2*common*sa*sb + span*span + division*division/12
	return max(1, quant.Mass(math.Ceil(2*math.Sqrt(v))))
}

// speed is the axle's speed over the first platform, from both platforms and the way between
// them, with its 95 % half-width; 0 is unknown: it stopped, or the speeds contradict each
// other, so that it moved unevenly or a length is not what it is said to be.
func (p Pairing) speed(a, b *obs.Weighing) (v, u quant.Speed) {
	way, dt := float64(p.Distance), b.TOn.Sub(a.TOn).Seconds()
	between := way / dt
	if slices.Contains(a.Flags, obs.Overlap) || slices.Contains(b.Flags, obs.Overlap) {
		// More than one axle was on the platform: only the first edges say something.
		rel := math.Hypot(2*math.Sqrt2*blind/dt, tape/way)
		return quant.Speed(math.Round(between)), quant.Speed(math.Ceil(rel * between))
	}
	if a.Speed == 0 || b.Speed == 0 || a.USpeed == 0 || b.USpeed == 0 {
		return 0, 0
	}
	va, vb := float64(a.Speed), float64(b.Speed)
	ua, ub := float64(a.USpeed), float64(b.USpeed)
	// A platform's speed has the error of two edges over its length; the way between has one
	// edge of each over the distance.
	edges := math.Hypot(ua/va, ub/vb) / math.Sqrt2 * float64(p.Length) / way
	ud := between * math.Hypot(edges, tape/way)
	if math.Abs(between-(va+vb)/2) > ud+math.Hypot(ua, ub)/2 {
		return 0, 0
	}
	s := inverse{}
	s.add(va, ua)
	if math.Abs(va-vb) <= math.Hypot(ua, ub) { // even motion: all three are one speed
		s.add(vb, ub)
		s.add(between, ud)
	} else { // evenly faster or slower
		s.add(2*between-vb, math.Hypot(2*ud, ub))
	}
	mean, half := s.mean()
	return quant.Speed(math.Round(mean)), quant.Speed(math.Ceil(half))
}

// inverse is a mean by inverse variance.
type inverse struct{ sum, weight float64 }

func (m *inverse) add(x, u float64) { m.sum, m.weight = m.sum+x/(u*u), m.weight+1/(u*u) }

func (m *inverse) mean() (x, u float64) { return m.sum / m.weight, 1 / math.Sqrt(m.weight) }

// joined are the axles of a vehicle.
type joined struct {
	axles []obs.Weighing
	both  int // seen by both platforms
	a, b  int // by each of them
}

func (j *joined) add(w obs.Weighing, m crossing) {
	j.axles = append(j.axles, w)
	if m.a >= 0 {
		j.a++
	}
	if m.b >= 0 {
		j.b++
	}
	if m.a >= 0 && m.b >= 0 {
		j.both++
	}
}

// vehicle is the whole vehicle: the exact sum of its axles. Its flags are those of its axles
// and what each platform says of the vehicle; that samples are missing is forgiven to one
// platform where the other has all axles.
func (p Pairing) vehicle(j *joined, a, b *obs.Weighing) obs.Weighing {
	n := len(j.axles)
	w := obs.Weighing{Axles: n, Mode: obs.Dynamic, Stable: n > 0}
	known := n > 0
	var linear quant.Mass
	for i := range j.axles {
		x := &j.axles[i]
		w.Mass += x.Mass
		linear += x.U
		known = known && x.U > 0
		w.Stable = w.Stable && x.Stable
		if x.Mode == obs.StopGo {
			w.Mode = obs.StopGo
		}
		w.Flags = flagged(w.Flags, x.Flags...)
	}
	for _, side := range []struct {
		w     *obs.Weighing
		has   int // axles of its own
		other *obs.Weighing
	}{{a, j.a, b}, {b, j.b, a}} {
		if side.w == nil {
			continue
		}
		for _, f := range side.w.Flags {
			switch f {
			case obs.Truncated:
				if o := side.other; o != nil && !slices.Contains(o.Flags, obs.Truncated) && o.Axles == n {
					continue
				}
				w.Flags = flagged(w.Flags, f)
			case obs.VehicleTooLong, obs.RollBack:
				w.Flags = flagged(w.Flags, f)
			}
		}
	}
	if n == 0 {
		return w
	}
	w.TOn, w.TOff = j.axles[0].TOn, j.axles[n-1].TOff
	w.Speed, w.USpeed = even(j.axles)
	if !known || slices.ContainsFunc(w.Flags, obs.Flag.Voids) {
		return w
	}
	w.U = linear // the axles' errors may all be the same
	if a != nil && b != nil && a.U > 0 && b.U > 0 && j.both == n {
		half := p.half(0.5, float64(a.U), float64(b.U), float64(w.Mass), 0)
		w.U = min(w.U, half+quant.Mass(math.Ceil(2*float64(p.Division)*math.Sqrt(float64(n)/12))))
	}
	return w
}

// even is the speed of a vehicle that moved evenly; 0 is unknown.
func even(axles []obs.Weighing) (v, u quant.Speed) {
	var s inverse
	for i := range axles {
		if axles[i].Speed == 0 || axles[i].USpeed == 0 {
			return 0, 0
		}
		s.add(float64(axles[i].Speed), float64(axles[i].USpeed))
	}
	mean, half := s.mean()
	for i := range axles {
		if math.Abs(float64(axles[i].Speed)-mean) > 2*float64(axles[i].USpeed) {
			return 0, 0
		}
	}
	return quant.Speed(math.Round(mean)), quant.Speed(math.Ceil(half))
}
