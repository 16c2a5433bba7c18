package profile

import (
	"math"
	"time"

	"acsgd/internal/quant"
)

const (
	holdSpeed = 0.1  // m/s; slower is a stand, of which one slice is enough
	endWay    = 0.35 // m of clear ground behind a vehicle
	endWait   = 30.0 // s after which a vehicle that stopped just behind the plane is done
)

// travel is how far a vehicle has moved through the plane, from a wheel or a speed sensor at
// the scanner's encoder input. Its length is the greatest less the least place that anything
// of it was seen at: what stands adds nothing, and what rolls back takes nothing away.
type travel struct {
	zero      int64 // um: the way when the front was seen
	last      int64 // of the scan before
	low, high int64 // places at which something was seen
	front     int64 // um between the scans there
	rear      int64
	gone      int64 // um of clear ground since something was seen
}

func (t *travel) open(way int64) { *t = travel{zero: way, last: way} }

// place is how far the newest scan is behind the front, um.
func (t *travel) place() int64 { return t.last - t.zero }

// move takes one scan; seen says that something of the vehicle is in it. It reports whether
// the slice is to be kept: not while the vehicle stands.
func (t *travel) move(e *Engine, r record, seen bool) bool {
	if e.cfg.UWay == 0 {
		return true
	}
	step := r.way - t.last
	t.last = r.way
	if !seen {
		t.gone += step
		return false
	}
	t.gone = 0
	p := t.place()
	if p <= t.low {
		t.low = p
	}
	if t.front == 0 && step > 0 {
		t.front = step
	}
	if p > t.high {
		t.high, t.rear = p, step
	}
	return p == 0 || math.Abs(float64(step)) >= holdSpeed*float64(e.period/time.Microsecond)
}

// near reports whether a vehicle that is not seen any more may still come back: it has gone
// on by less than a gap between vehicles.
func (t *travel) near(e *Engine, clear int) bool {
	return e.cfg.UWay > 0 && float64(t.gone) < endWay*1e6 && float64(clear)*e.period.Seconds() < endWait
}

// length is what LengthFrom says of a speed, of a way that is known to u.
func (t *travel) length(beam quant.Length, u float64) (l, ul quant.Length) {
	way := float64(t.high-t.low) / 1000 // mm
	if way <= 0 || way > math.MaxInt32/2 {
		return 0, 0
	}
	front, rear := float64(t.front)/1000, float64(t.rear)/1000
	length := way + front/2 + rear/2 - float64(beam)/2
	half := math.Sqrt(4*(front*front+rear*rear)/12 + length*u*length*u + float64(beam)/2*float64(beam)/2)
	return quant.Length(math.Round(length)), quant.Length(math.Ceil(half))
}
