package motion

import (
	"time"

	"acsgd/internal/quant"
)

// Loops is the passing of a vehicle's front over two loops at known places.
type Loops struct {
	From time.Time    `json:"from"` // over the first
	To   time.Time    `json:"to"`   // over the second
	Way  quant.Length `json:"way_mm"`
	U    quant.Length `json:"u_mm"` // 95 % half-width of the way driven in that time
}

const (
	// tape is the 95 % half-width of the way between two loops: their fields begin where the
	// vehicle's metal is, not at the wire.
	tape = 100 // mm
	// relay is the 95 % half-width of a detector's delay, and blind that of an edge whose
	// source does not tell how well it knows it.
	relay = 20 * time.Millisecond
	blind = 50 * time.Millisecond
	// change is the acceleration, in mm/s^2, that a vehicle may have where only loops tell its
	// speed.
	change = 50
	// most is the largest uncertainty of a way by the loops alone, in hundredths of it: with
	// more a long vehicle would pass as one of legal length.
	most = 15
	// mostGap is that of the distance of two axles, which decides by its uncertainty.
	mostGap = 25
)

// Between makes the passing of two loops way apart, the first at from and the second at to,
// whose times are known within a half-width each (0: not told). A time in a polling period
// is anywhere in it: its standard deviation is the half-width over the root of three. ok is
// false if the times are not those of a vehicle that drives.
func Between(from, to time.Time, uFrom, uTo time.Duration, way quant.Length) (l Loops, ok bool) {
	dt := to.Sub(from).Microseconds()
	if dt <= 0 || way <= 0 {
		return Loops{}, false
	}
	v := int64(way) * 1_000_000 / dt // mm/s
	if v < slowest || v > fastest {
		return Loops{}, false
	}
	var sum int64 // us squared
	for _, u := range [2]time.Duration{uFrom, uTo} {
		if u <= 0 {
			u = blind
		}
		us := min(u, time.Second).Microseconds()
		sum += 4*us*us/3 + relay.Microseconds()*relay.Microseconds()
	}
	moved := isqrt(sum) * v / 1_000_000
	return Loops{From: from, To: to, Way: way, U: quant.Length(isqrt(moved*moved + tape*tape))}, true
}

const (
	slowest = 100    // mm/s: slower ones stop and start
	fastest = 15_000 // mm/s
)

// speed is the mean speed between the loops, and its 95 % half-width.
func (l *Loops) speed() (v, u quant.Speed) {
	us := l.To.Sub(l.From).Microseconds()
	return quant.Speed(int64(l.Way) * 1_000_000 / us), quant.Speed(int64(l.U)*1_000_000/us + 1)
}

// alone reports whether the loops are all that tells a speed.
func (k *Track) alone() bool {
	if k.Loops == nil {
		return false
	}
	for i := range k.Edges {
		if k.Edges[i].Speed > 0 {
			return false
		}
	}
	return true
}

// Doubted reports whether the way between the loops, by the speeds of the axles, is not the
// one that it is, beyond the uncertainties of both: then a speed is wrong, and which one is
// not known.
func (k *Track) Doubted() bool {
	way, u, ok := k.checked()
	if !ok {
		return false
	}
	d := way - k.Loops.Way
	return max(d, -d) > u+k.Loops.U
}

// checked is the way between the loops by the axles' speeds; ok is false where that cannot
// be told.
func (k *Track) checked() (d, u quant.Length, ok bool) {
	if k.Loops == nil || k.alone() {
		return 0, 0, false
	}
	return k.way(k.Loops.From, k.Loops.To)
}

// scale is by how much, in millionths, ways by the axles' speeds are to be stretched so that
// they agree with the loops: the mean of both by inverse variance.
func (k *Track) scale() int64 {
	way, u, ok := k.checked()
	if !ok || way <= 0 || u <= 0 {
		return 1_000_000
	}
	ratio := int64(k.Loops.Way) * 1_000_000 / int64(way)
	own, loops := int64(u)*int64(u), int64(k.Loops.U)*int64(k.Loops.U)
	return 1_000_000 + (ratio-1_000_000)*own/(own+loops)
}

// wayByLoops is Way where the loops alone tell the speed: as between them, and beyond them
// with what the vehicle may have gained or lost. ok is false if u is more than so many
// hundredths of it.
func (k *Track) wayByLoops(t0, t1 time.Time, most int64) (d, u quant.Length, ok bool) {
	if !t1.After(t0) {
		return 0, 0, false
	}
	l := k.Loops
	v, _ := l.speed()
	us := t1.Sub(t0).Microseconds()
	way := int64(v) * us / 1_000_000
	unsure := way * int64(l.U) / int64(l.Way)
	gained := func(near, far time.Duration) int64 { // a t^2 / 2 from near to far beyond a loop
		n, f := max(0, min(near, time.Minute)).Milliseconds(), max(0, min(far, time.Minute)).Milliseconds()
		return change * (f*f - n*n) / 2_000_000
	}
	unsure += gained(t0.Sub(l.To), t1.Sub(l.To)) + gained(l.From.Sub(t1), l.From.Sub(t0))
	// Between the loops it may have been faster and then slower.
	ms := min(l.To.Sub(l.From), time.Minute).Milliseconds()
	unsure += change * ms * ms / 8_000_000
	return quant.Length(way), quant.Length(unsure) + 1, 100*unsure < most*way
}
