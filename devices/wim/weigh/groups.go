package weigh

import (
	"math"
	"slices"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// crossing times of one axle on a long platform, with what it weighed while it was alone.
type rolled struct {
	on, off float64 // s
	load    float64 // kg, what the platform showed more when it came on: it may swing
	alone   level   // its own load, where it was alone for long enough
	speed   float64 // m/s
	blurred bool    // it came or left just as another left or came
	group   int     // its group from 1, of axles that were on together; 0: it was always alone
}

// level is a load that stood on the platform for a time.
type level struct {
	kg, sigma float64 // standard uncertainty, without the span's
	ok        bool
}

// together is a group of axles that no moment told apart.
type together struct {
	first, last int // of the axles, from 0
	sum         level
}

// blur is the time, in s, below which one axle's coming and another's leaving blur, and
// blurSigma the standard uncertainty of their edges.
const (
	blur      = 0.3
	blurSigma = 0.06
)

// leastLevel is the shortest time, in s, that a level is taken from.
const leastLevel = 0.08

// cross finds the axles of an occupation that has ended. ok is false where it cannot be told
// which step belongs to which axle.
func (s *Settings) cross(o *occupation, floor float64) (axles []rolled, groups []together, ok bool) {
	list, ok := o.steps(floor)
	if !ok {
		return nil, nil, false
	}
	var ups, downs []step
	for _, x := range list {
		if x.load() > 0 {
			ups = append(ups, x)
		} else {
			downs = append(downs, x)
		}
	}
	if len(ups) == 0 || len(ups) != len(downs) {
		return nil, nil, false
	}
	var times []float64
	for i := range ups { // they leave in the order in which they came
		u, d := ups[i], downs[i]
		differ := math.Abs(u.load() + d.load())
		// Where one comes just as another leaves, the level between is not seen.
		blurred := meets(u.t, downs) || meets(d.t, ups)
		if d.t <= u.t || !blurred && differ > stepAlike*max(u.load(), -d.load())+floor/2 {
			return nil, nil, false
		}
		axles = append(axles, rolled{on: u.t, off: d.t, load: (u.load() - d.load()) / 2, blurred: blurred})
		times = append(times, d.t-u.t)
	}
	slices.Sort(times)
	mid := times[len(times)/2]
	if times[0] < (1-waySpread)*mid || times[len(times)-1] > (1+waySpread)*mid {
		return nil, nil, false // it did not roll evenly, or one came in the moment when another left
	}
	for i := range axles {
		way := axles[i].off - axles[i].on
		if axles[i].blurred {
			way = mid
		}
		axles[i].speed = float64(s.PlatformLength) / 1000 / way
	}
	for i := range axles {
		axles[i].alone = s.alone(o, axles, i)
	}
	return axles, s.groups(o, axles), true
}

// meets reports whether one of the steps is so close to t that no level is between them.
func meets(t float64, list []step) bool {
	return slices.ContainsFunc(list, func(s step) bool { return math.Abs(s.t-t) < blur })
}

// ramp is how long a tyre takes over an edge at a speed, in s, with the filter's delay.
func (s *Settings) ramp(v float64) float64 {
	if v <= 0 {
		return 0.5
	}
	return float64(s.ContactPatch)/1000/v/2 + settle
}

// alone is the load of axle i from the time when nothing else was on the platform, the
// longer of before the next one came and after the one before had left.
func (s *Settings) alone(o *occupation, axles []rolled, i int) level {
	from, to := axles[i].on, axles[i].off
	if i > 0 {
		from = max(from, axles[i-1].off)
	}
	if i+1 < len(axles) {
		to = min(to, axles[i+1].on)
	}
	return s.level(o, from, to, axles[i].speed)
}

// groups are the axles that were on the platform at once. A group whose axles were never all
// on it has no sum.
func (s *Settings) groups(o *occupation, axles []rolled) (list []together) {
	for i := 0; i < len(axles); {
		k := i
		for k+1 < len(axles) && axles[k+1].on < axles[k].off {
			k++
		}
		if k > i {
			g := together{first: i, last: k}
			if axles[k].on < axles[i].off {
				g.sum = s.level(o, axles[k].on, axles[i].off, axles[i].speed)
			}
			list = append(list, g)
			for n := i; n <= k; n++ {
				axles[n].group = len(list)
			}
		}
		i = k + 1
	}
	return list
}

// level is the load between two edges: its mean without the tyres' way over the edges, with
// a standard uncertainty from how it swings and how long it was seen.
func (s *Settings) level(o *occupation, from, to, v float64) level {
	trim := s.ramp(v)
	from, to = from+trim, to-trim
	span := to - from
	if span < leastLevel {
		return level{}
	}
	m, sd, n := o.mean(from, to)
	if n < 4 || m <= 0 {
		return level{}
	}
	d := float64(s.Division) / 1000
	// A swing of 1.5 to 4 Hz is averaged out by the whole periods that were seen; what is
	// left of it is at most half a period's mean.
	swing := max(sd, swingFloor*m) / (1 + 2*math.Pi*slowSwing*span/2)
	return level{kg: m, sigma: math.Sqrt(swing*swing + sd*sd/float64(n) + d*d/12), ok: true}
}

const (
	settle     = 0.03  // s, for platform and filter
	slowSwing  = 1.5   // Hz, of the slowest body
	swingFloor = 0.015 // of the load: the swing that a short look may have missed
)

// groupScale weighs vehicles that roll over a platform longer than the distance of axles:
// each axle where it is alone, and groups of axles by the sum while all are on.
type groupScale struct {
	set   Settings
	o     occupation
	zero  float64 // kg, of the empty platform
	known bool
	on    bool
	low   time.Time // since when the load is below off
	flags []obs.Flag
	lost  bool
	last  time.Time
	n     int // axles and groups of the vehicle that have been kept
	g     int
	kept  []obs.Weighing
	sure  bool
	base  time.Time // the vehicle's last axle left
	told  bool      // it rested and was told of then
}

// unknownGap is how long a vehicle whose speed is not known may have another axle.
const unknownGap = 30 * time.Second

// groupHold is how long the platform must be empty before an occupation is over.
const groupHold = 300 * time.Millisecond

func (g *groupScale) add(x wim.Sample, out *devices.Out) {
	gap := x.At.Sub(g.last)
	if !g.last.IsZero() && gap <= 0 {
		return
	}
	g.Tick(x.At, out)
	if g.on && gap > 250*time.Millisecond {
		g.lost = true
	}
	g.last = x.At
	if !x.Valid() {
		if g.on || x.Overload {
			for _, f := range x.Flags(nil) {
				g.flags = flagged(g.flags, f)
			}
		}
		return
	}
	kg := float64(x.Raw) / 1000
	if !g.on && kg-g.zero < float64(g.set.OnLoad)/1000 {
		if !g.known {
			g.zero, g.known = kg, true
		}
		if kg-g.zero < float64(g.set.OffLoad)/1000 {
			g.zero += 0.01 * (kg - g.zero)
		}
		if gap > time.Second {
			g.o.reset()
		}
		g.o.add(x.At, x.Raw)
		g.o.keep(1)
		return
	}
	if !g.on {
		g.on, g.lost, g.low = true, !g.known, time.Time{}
	}
	if !g.o.add(x.At, x.Raw) {
		g.lost = true
	}
	switch {
	case kg-g.zero >= float64(g.set.OffLoad)/1000:
		g.low = time.Time{}
	case g.low.IsZero():
		g.low = x.At
	case x.At.Sub(g.low) >= groupHold:
		g.close()
	}
}

// close takes the axles of an occupation in.
func (g *groupScale) close() {
	for i := range g.o.y {
		g.o.y[i] -= g.zero
	}
	if len(g.kept) == 0 {
		g.sure = true
	}
	axles, groups, ok := g.set.cross(&g.o, float64(g.set.OnLoad)/1000)
	if !ok {
		g.sure = false
		first, last := g.o.at(g.o.t[0]), g.low
		m := slices.Max(g.o.y)
		g.n++
		g.kept = append(g.kept, obs.Weighing{Axle: g.n, Mass: g.round(m), TOn: first, TOff: last, Mode: obs.Dynamic,
			Flags: flagged(g.flags, obs.Overlap)})
	}
	for i := range axles {
		g.n++
		g.kept = append(g.kept, g.axle(&axles[i], groups))
	}
	for k := range groups {
		g.g++
		end := len(g.kept) - len(axles) + groups[k].last
		g.sum(&groups[k], &g.kept[end])
	}
	g.base = g.low
	g.on = false
	g.o.reset()
}

func (g *groupScale) round(kg float64) quant.Mass {
	return quant.Mass(math.Round(kg*1000/float64(g.set.Division))) * g.set.Division
}

// half is the 95 % half-width of a level; 0 where the record is flagged.
func (g *groupScale) half(l level, flags []obs.Flag) quant.Mass {
	if !l.ok || slices.ContainsFunc(flags, obs.Flag.Voids) {
		return 0
	}
	span := l.kg * float64(g.set.SpanU) / 1e6
	return max(1, quant.Mass(math.Ceil(2000*math.Hypot(l.sigma, span))))
}

// axle is the record of one axle.
func (g *groupScale) axle(a *rolled, groups []together) obs.Weighing {
	w := obs.Weighing{Axle: g.n, TOn: g.o.at(a.on), TOff: g.o.at(a.off), Mode: obs.Dynamic, Flags: slices.Clone(g.flags)}
	if g.lost {
		w.Flags = flagged(w.Flags, obs.Truncated)
	}
	if v := a.speed * 1000; v > 0 {
		w.Speed = quant.Speed(math.Round(v))
		edges := math.Sqrt2 * (edgeSigma + slowEdge/a.speed) / (a.off - a.on)
		if a.blurred {
			edges += blurSigma / (a.off - a.on)
		}
		w.USpeed = quant.Speed(math.Ceil(2 * edges * v))
		if w.Speed < g.set.SpeedMin || w.Speed > g.set.SpeedMax {
			w.Flags = flagged(w.Flags, obs.SpeedOutOfRange)
		}
	}
	if g.zero > float64(g.set.ZeroMax)/1000 || -g.zero > float64(g.set.ZeroMax)/1000 {
		w.Flags = flagged(w.Flags, obs.ZeroDrift)
	}
	if a.group > 0 {
		w.Group = g.g + a.group
	}
	if !a.alone.ok {
		w.Mass = g.round(a.load)
		w.Flags = flagged(w.Flags, obs.GroupLoad)
		return w
	}
	w.Mass = g.round(a.alone.kg)
	if g.set.Capacity > 0 && w.Mass > g.set.Capacity {
		w.Flags = flagged(w.Flags, obs.Overload)
	}
	w.U = g.half(a.alone, w.Flags)
	return w
}

// sum puts the load of a group on the record of its last axle.
func (g *groupScale) sum(t *together, last *obs.Weighing) {
	if !t.sum.ok {
		return
	}
	last.GroupMass = g.round(t.sum.kg)
	if g.set.Capacity > 0 && last.GroupMass > g.set.Capacity {
		last.Flags = flagged(last.Flags, obs.Overload)
	}
	flags := slices.DeleteFunc(slices.Clone(last.Flags), func(f obs.Flag) bool { return f == obs.GroupLoad })
	last.GroupU = g.half(t.sum, flags)
}

// until is when the vehicle has ended if no further axle comes.
func (g *groupScale) until() time.Time {
	if g.set.Mode == Whole {
		return g.base
	}
	wait := g.set.VehicleGap
	if v := float64(g.kept[len(g.kept)-1].Speed); v > 0 {
		wait = max(wait, time.Duration(float64(g.set.GapLength)/v*1e9))
	} else {
		wait = max(wait, unknownGap)
	}
	return g.base.Add(min(wait, time.Minute))
}

// Tick lets time pass.
func (g *groupScale) Tick(now time.Time, out *devices.Out) {
	if len(g.kept) > 0 && !g.on && !now.Before(g.until()) {
		g.end(out)
	}
}

// Deadline reports when Tick is next due.
func (g *groupScale) Deadline() (time.Time, bool) {
	if len(g.kept) == 0 || g.on {
		return time.Time{}, false
	}
	return g.until().Add(500 * time.Millisecond), true
}

// finish ends the vehicle that is on the platform.
func (g *groupScale) finish(now time.Time, out *devices.Out) {
	if g.on {
		g.lost, g.low = true, now
		g.close()
	}
	if len(g.kept) > 0 {
		g.end(out)
	}
}

// end emits the vehicle: its axles, then the whole.
func (g *groupScale) end(out *devices.Out) {
	if g.told {
		g.clear()
		return
	}
	w := obs.Weighing{Axles: len(g.kept), Mode: obs.Dynamic, TOn: g.kept[0].TOn, TOff: g.kept[len(g.kept)-1].TOff}
	known := g.sure
	for i := range g.kept {
		x := &g.kept[i]
		b := *x
		out.Emit(b.TOff, nil, &b)
		for _, f := range x.Flags {
			if f != obs.GroupLoad { // the whole is the sum of groups
				w.Flags = flagged(w.Flags, f)
			}
		}
		switch last := i+1 == len(g.kept) || g.kept[i+1].Group != x.Group; {
		case x.Group == 0:
			w.Mass, w.U, known = w.Mass+x.Mass, w.U+x.U, known && x.U > 0
		case last && x.GroupMass > 0:
			w.Mass, w.U, known = w.Mass+x.GroupMass, w.U+x.GroupU, known && x.GroupU > 0
		case last: // its axles were never all on the platform
			w.Flags = flagged(w.Flags, obs.VehicleTooLong)
			for k := i; k >= 0 && g.kept[k].Group == x.Group; k-- {
				w.Mass += g.kept[k].Mass
			}
		}
	}
	w.Speed, w.USpeed = even(g.kept)
	if !known || slices.ContainsFunc(w.Flags, obs.Flag.Voids) {
		w.U = 0
	}
	out.Emit(w.TOff, nil, &w)
	g.clear()
}

// clear forgets the vehicle.
func (g *groupScale) clear() {
	*g = groupScale{set: g.set, o: occupation{t: g.o.t[:0], y: g.o.y[:0]}, zero: g.zero, known: g.known, last: g.last}
}
