package scenario

import (
	"math"
	"time"

	"acsgd/sim"
)

// Braking and starting, mm/s^2, and speeds, mm/s.
const (
	brake    = 500.0
	start    = 600.0
	away     = 3000.0 // of a vehicle that leaves
	creeping = 500.0  // of a vehicle that rolls back
	behind   = 2000.0 // mm between two standing vehicles
)

// route writes a track piece by piece. Between two pieces the vehicle may move (v > 0,
// cruising) or stand.
type route struct {
	track sim.Track
	at    time.Time
	x, v  float64
}

func newRoute(at time.Time, x, v float64) *route {
	return &route{track: sim.Track{{Start: at, X: x, V: v}}, at: at, x: x, v: v}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// after puts what a vehicle did before in front: instruments look a little back in time,
// and nobody may vanish there.
func (r *route) after(was *route) {
	r.track = append(was.track[:len(was.track):len(was.track)], r.track...)
}

// add appends a piece of constant acceleration.
func (r *route) add(a float64, d time.Duration) {
	if d <= 0 {
		return
	}
	r.track = append(r.track, sim.Segment{Start: r.at, X: r.x, V: r.v, A: a})
	s := d.Seconds()
	r.x += r.v*s + a*s*s/2
	r.v += a * s
	r.at = r.at.Add(d)
}

// stand stops exactly at x.
func (r *route) stand(x float64) {
	r.x, r.v = x, 0
	r.track = append(r.track, sim.Segment{Start: r.at, X: x})
}

// wait lets a standing vehicle stand.
func (r *route) wait(d time.Duration) { r.at = r.at.Add(max(0, d)) }

// speed changes the cruising speed.
func (r *route) speed(to float64) {
	a := start
	if to < r.v {
		a = -brake
	}
	r.add(a, seconds((to-r.v)/a))
	r.v = to
	r.track = append(r.track, sim.Segment{Start: r.at, X: r.x, V: r.v})
}

// stop drives to x at a cruising speed and stands there; x may lie behind a standing vehicle.
func (r *route) stop(x, cruise float64) {
	way := x - r.x
	if way < 0 {
		r.back(-way)
		return
	}
	if r.v == 0 {
		peak := math.Min(cruise, math.Sqrt(2*way*start*brake/(start+brake)))
		r.add(start, seconds(peak/start))
		r.v = peak
		way = x - r.x
	}
	if need := r.v * r.v / (2 * brake); way > need {
		r.add(0, seconds((way-need)/r.v))
		way = need
	}
	if way > 0 && r.v > 0 {
		a := r.v * r.v / (2 * way) // brakes harder where the way is short
		r.add(-a, seconds(r.v/a))
	}
	r.stand(x)
}

// back rolls a standing vehicle back.
func (r *route) back(by float64) {
	x := r.x - by
	peak := math.Min(creeping, math.Sqrt(by*brake))
	r.add(-brake, seconds(peak/brake))
	if rest := r.x - x - peak*peak/(2*brake); rest > 0 {
		r.add(0, seconds(rest/peak))
	}
	r.add(brake, seconds(-r.v/brake))
	r.stand(x)
}

// leave starts a standing vehicle and lets it go on for ever.
func (r *route) leave() {
	r.add(start, seconds(away/start))
	r.v = away
	r.track = append(r.track, sim.Segment{Start: r.at, X: r.x, V: away})
}

// drive is the way of a vehicle from -Approach through its motion script to the place where
// it waits.
func (a *Arrival) drive(now time.Time, from, to float64) *route {
	r := newRoute(now, from, a.Speed)
	cruise := a.Speed
	for _, m := range a.Motion {
		switch m.Do {
		case "speed":
			cruise = float64(m.To)
			if r.v > 0 {
				r.speed(cruise)
			}
		case "stop":
			if x := a.place(&m); x > r.x && x < to {
				r.stop(x, cruise)
				r.wait(m.For)
			}
		case "roll_back":
			if r.v > 0 {
				r.stop(r.x+r.v*r.v/(2*brake), cruise)
			}
			r.back(float64(m.By))
			r.wait(m.For)
		}
	}
	r.stop(to, cruise)
	return r
}

// place is where the front stands at a stop of the script.
func (a *Arrival) place(m *Motion) float64 {
	x := float64(m.At)
	switch m.Over {
	case "entry":
		x = float64(AtEntry)
	case "scale":
		x = float64(a.Scale.station()) + platform/2
	case "scanner":
		x = float64(AtScanner)
	case "portal":
		x = float64(AtPortal)
	}
	if m.Over != "" && m.Axle > 0 && m.Axle <= len(a.Vehicle.Axles) {
		x += float64(a.Vehicle.Axles[m.Axle-1].Offset)
	}
	return x
}
