// Package motion joins the speeds that scale, loops and scanners measured into one track of
// a vehicle, and derives from it what needs two instruments: the axle spacings and the
// length (decision D19).
package motion

import (
	"time"

	"acsgd/internal/quant"
)

// Edge is one axle's crossing of one platform.
type Edge struct {
	Axle  int         `json:"axle"`
	On    time.Time   `json:"on"` // 50 % of the plateau, rising
	Off   time.Time   `json:"off"`
	Speed quant.Speed `json:"v"` // mean over the platform; 0 is unknown
	U     quant.Speed `json:"u"` // 95 % half-width
}

// Track is the motion of one vehicle: its axles' crossings in driving order.
type Track struct {
	Edges []Edge `json:"edges,omitempty"`
	Loops *Loops `json:"loops,omitempty"` // nil: no two loops have seen it
}

// Add puts an edge in its place; a repeated axle replaces its first crossing.
func (k *Track) Add(e Edge) {
	for i := range k.Edges {
		if k.Edges[i].Axle == e.Axle {
			k.Edges[i] = e
			return
		}
		if k.Edges[i].Axle > e.Axle {
			k.Edges = append(k.Edges, Edge{})
			copy(k.Edges[i+1:], k.Edges[i:])
			k.Edges[i] = e
			return
		}
	}
	k.Edges = append(k.Edges, e)
}

// Gap gives the spacing between edge i and the one before: the mean of the two axles' speeds
// times the time between their rising edges (wim.md 5, step 3). u is its 95 % half-width;
// ok is false if a time or speed is missing, or the vehicle stopped in between, so that the
// mean of the two speeds says nothing about the way.
func (k *Track) Gap(i int) (d, u quant.Length, ok bool) {
	if i < 1 || i >= len(k.Edges) {
		return 0, 0, false
	}
	a, b := &k.Edges[i-1], &k.Edges[i]
	if k.alone() && a.Off.IsZero() && b.Off.IsZero() && !a.On.IsZero() { // it came on to a platform that tells no speed
		return k.wayByLoops(a.On, b.On, mostGap)
	}
	if k.Doubted() {
		return 0, 0, false
	}
	if a.Speed <= 0 || b.Speed <= 0 || a.On.IsZero() || b.On.IsZero() || !b.On.After(a.On) {
		return 0, 0, false
	}
	ms := b.On.Sub(a.On).Microseconds()
	sum := int64(a.Speed) + int64(b.Speed)
	mm := (sum*ms/2 + 500_000) / 1_000_000 * k.scale() / 1_000_000
	if mm > 30_000 {
		return 0, 0, false // longer than any vehicle unit: it stood still
	}
	// The two speeds' errors, and their difference as a measure of how uneven the motion was.
	uv := int64(a.U) + int64(b.U)
	diff := int64(a.Speed) - int64(b.Speed)
	if diff < 0 {
		diff = -diff
	}
	uncertain := (uv/2+diff/4)*ms/1_000_000 + 5
	return quant.Length(mm), quant.Length(uncertain), true
}

// Speed gives the mean speed of the axles and its 95 % half-width; ok is false if no axle
// has a speed.
func (k *Track) Speed() (v, u quant.Speed, ok bool) {
	var sum, sumU, n int64
	lo, hi := quant.Speed(1<<30), quant.Speed(0)
	for i := range k.Edges {
		e := &k.Edges[i]
		if e.Speed <= 0 {
			continue
		}
		sum += int64(e.Speed)
		sumU += int64(e.U)
		lo, hi = min(lo, e.Speed), max(hi, e.Speed)
		n++
	}
	if n == 0 && k.Loops != nil {
		v, u = k.Loops.speed()
		return v, u, true
	}
	if n == 0 {
		return 0, 0, false
	}
	// The axles' errors are independent, so the mean's is smaller by the root of their
	// number; what the speeds differ by beyond that is uneven motion, which Way follows.
	return quant.Speed(sum / n), max(quant.Speed(sumU/(n*isqrt(n))), (hi-lo)/8), true
}

// Way integrates the speed from t0 to t1: between the axles' crossings linearly, beyond
// them at the nearest axle's speed. u is the 95 % half-width from the speeds, and from what
// the vehicle may have gained or lost beyond the crossings if it went on as over the scale.
// ok is false if no speed is known or less than half of the time lies near a crossing
// (then the vehicle's speed over the rest is a guess).
//
// Loops that contradict the axles' speeds make it unknown, else their way counts by inverse
// variance; u stays that of the axles. Where no axle has a speed the loops' counts.
func (k *Track) Way(t0, t1 time.Time) (d, u quant.Length, ok bool) {
	if k.alone() {
		return k.wayByLoops(t0, t1, most)
	}
	if k.Doubted() {
		return 0, 0, false
	}
	d, u, ok = k.way(t0, t1)
	return quant.Length(int64(d) * k.scale() / 1_000_000), u, ok
}

// way is Way by the axles' speeds alone.
func (k *Track) way(t0, t1 time.Time) (d, u quant.Length, ok bool) {
	v, uv, ok := k.Speed()
	if !ok || !t1.After(t0) {
		return 0, 0, false
	}
	var way, guess int64 // mm * us
	span := t1.Sub(t0).Microseconds()
	const steps = 32
	var weight [maxWeighed]int64 // of each edge's speed in the way, in thousandths of a step
	for i := range int64(steps) {
		t := t0.Add(time.Duration(span*(2*i+1)/(2*steps)) * time.Microsecond)
		p := k.at(t)
		way += int64(p.speed) * span / steps
		if p.far {
			guess += span / steps
		}
		weight[min(p.before, maxWeighed-1)] += 1000 - p.part
		weight[min(p.after, maxWeighed-1)] += p.part
	}
	mm := (way + 500_000) / 1_000_000
	// The way leans on some axles more than on others: their errors count by their weights.
	var sum int64
	for i := range k.Edges[:min(len(k.Edges), maxWeighed)] {
		e := weight[i] * int64(k.Edges[i].U) / steps
		sum += e / 1000 * (e / 1000)
	}
	uv = max(uv, quant.Speed(isqrt(sum)))
	// s_v relative: the mean's own, and 1 % for every tenth of the way that was not seen.
	rel := int64(uv)*1_000_000/int64(v) + 100_000*guess/span
	return quant.Length(mm), quant.Length(mm*rel/1_000_000) + k.drift(t0, t1) + 1, guess*2 <= span
}

// drift is how far a vehicle that kept its acceleration of the scale would have come from
// the way at the nearest axle's speed, before the first crossing and after the last.
func (k *Track) drift(t0, t1 time.Time) quant.Length {
	var first, last *Edge
	for i := range k.Edges {
		if e := &k.Edges[i]; e.Speed > 0 {
			if first == nil {
				first = e
			}
			last = e
		}
	}
	if first == nil || !mid(last).After(mid(first)) {
		return 0
	}
	// Speeds that differ by no more than their uncertainty show no acceleration.
	gain := int64(last.Speed) - int64(first.Speed)
	gain = max(gain, -gain) - int64(last.U) - int64(first.U)
	if gain <= 0 {
		return 0
	}
	span := mid(last).Sub(mid(first)).Milliseconds()
	way := int64(0)
	for _, beyond := range [2]time.Duration{mid(first).Sub(t0), t1.Sub(mid(last))} {
		if ms := beyond.Milliseconds(); ms > 0 && span > 0 {
			way += gain * ms / span * ms / 2000 // a t^2 / 2
		}
	}
	return quant.Length(way)
}

// maxWeighed is how many axles Way tells apart; those beyond count as the last of them.
const maxWeighed = 32

// pace is the speed at one moment: between two edges, of which after has part thousandths.
type pace struct {
	speed         quant.Speed
	before, after int
	part          int64
	far           bool // more than 3 s away from every crossing
}

// At gives the speed at t, 0 if none is known.
func (k *Track) At(t time.Time) quant.Speed { return k.at(t).speed }

// at gives the pace at t; without any speed it is far and 0.
func (k *Track) at(t time.Time) (p pace) {
	const farAway = 3 * time.Second
	p.before, p.after = -1, -1
	for i := range k.Edges {
		e := &k.Edges[i]
		if e.Speed <= 0 {
			continue
		}
		if !mid(e).After(t) {
			p.before = i
		} else if p.after < 0 {
			p.after = i
		}
	}
	switch {
	case p.before < 0 && p.after < 0:
		return pace{far: true}
	case p.before < 0:
		p.before = p.after
		p.far = mid(&k.Edges[p.after]).Sub(t) > farAway
	case p.after < 0:
		p.after = p.before
		p.far = t.Sub(mid(&k.Edges[p.before])) > farAway
	}
	a, b := &k.Edges[p.before], &k.Edges[p.after]
	p.speed = a.Speed
	if span := mid(b).Sub(mid(a)).Microseconds(); span > 0 {
		since := t.Sub(mid(a)).Microseconds()
		p.part = 1000 * since / span
		p.speed += quant.Speed((int64(b.Speed) - int64(a.Speed)) * since / span)
	}
	return p
}

func mid(e *Edge) time.Time { return e.On.Add(e.Off.Sub(e.On) / 2) }

// Length turns the way between a vehicle's first and last slice into its length: half a
// slice is added on each side, u adds the slice spacing (profiler.md 6, step 8). A scanner
// sees an end as soon as enough of its beam, so wide along the lane, is on it: a quarter of
// the beam is taken off each side, and u adds that both.
func Length(way, u quant.Length, v quant.Speed, period time.Duration, beam quant.Length) (l, ul quant.Length) {
	slice := int64(v) * period.Microseconds() / 1_000_000 // mm travelled in one scan
	a := slice * slice / 6                                // (vT)^2/6, the edge term's variance
	half, edge := int64(u)/2, int64(beam)/4
	return way + quant.Length(slice) - beam/2, quant.Length(2 * isqrt(a+half*half+edge*edge))
}

func isqrt(v int64) int64 {
	if v <= 0 {
		return 0
	}
	x := v
	for y := (x + 1) / 2; y < x; y = (x + v/x) / 2 {
		x = y
	}
	if x*x < v {
		x++ // round up: an uncertainty is never shaved
	}
	return x
}
