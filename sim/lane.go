package sim

import (
	"slices"
	"sync"
	"time"

	"acsgd/internal/quant"
)

// Layout says where things stand in a lane, in mm from its datum, growing in driving
// direction. Vehicles come from -Approach.
type Layout struct {
	Approach quant.Length // where a vehicle appears, its front at -Approach
	Stop     quant.Length // where the front of a waiting vehicle stands
	Exit     quant.Length // where a vehicle disappears, its rear beyond it
}

// DefaultLayout is the demo's lane: scale, scanner and portal lie far enough before the
// stop line that the longest vehicle has passed them all when it waits.
func DefaultLayout() Layout { return Layout{Approach: 6000, Stop: 40_000, Exit: 48_000} }

// Barrier tells the lane whether the way is free.
type Barrier interface {
	// Barrier reports whether the barrier is fully open; moving is true on its way.
	Barrier() (open, moving bool)
}

// rider is one vehicle on its way.
type rider struct {
	v     *Vehicle
	track Track
	speed float64 // cruising, mm/s
	sent  bool    // drives away
}

// Lane moves vehicles through a lane; it is a Scene. Its methods are safe for concurrent
// use.
type Lane struct {
	layout  Layout
	barrier Barrier

	mu     sync.Mutex
	riders []*rider // the foremost first
	gone   int
}

// Braking and starting, mm/s^2, and the gap that a driver keeps.
const (
	brake  = 500.0
	start  = 600.0
	away   = 3000.0 // mm/s, speed of a vehicle that leaves
	follow = 2000.0 // mm between two standing vehicles
)

// NewLane returns an empty lane.
func NewLane(layout Layout, b Barrier) *Lane { return &Lane{layout: layout, barrier: b} }

// At implements Scene.
func (l *Lane) At(dst []Placed, t time.Time) []Placed {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.riders {
		if x, v, ok := r.track.At(t); ok {
			dst = append(dst, Placed{Vehicle: r.v, X: x, V: v})
		}
	}
	return dst
}

// Enter lets a vehicle drive in at now with the given speed (mm/s). It stops at the stop
// line, or behind the vehicle before it.
func (l *Lane) Enter(now time.Time, v *Vehicle, speed float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &rider{v: v, speed: speed, track: Track{{Start: now, X: -float64(l.layout.Approach), V: speed}}}
	l.stopAt(r, now, l.room())
	l.riders = append(l.riders, r)
}

// Drive lets a vehicle follow a given track; the caller makes it stop, roll back or leave.
func (l *Lane) Drive(v *Vehicle, track Track) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.riders = append(l.riders, &rider{v: v, track: track, sent: true})
}

// room is where the next vehicle has to stop.
func (l *Lane) room() float64 {
	stop := float64(l.layout.Stop)
	for _, r := range l.riders {
		if !r.sent {
			stop -= float64(r.v.Length) + follow
		}
	}
	return stop
}

// stopAt plans a rider's braking so that its front stands at x.
func (l *Lane) stopAt(r *rider, now time.Time, x float64) {
	x0, v, _ := r.track.At(now)
	way := v * v / (2 * brake)
	cruise := time.Duration((x - way - x0) / v * float64(time.Second))
	if cruise < 0 {
		cruise = 0
	}
	b := now.Add(cruise)
	stand := b.Add(time.Duration(v / brake * float64(time.Second)))
	r.track = append(r.track, Segment{Start: b, X: x - way, V: v, A: -brake}, Segment{Start: stand, X: x})
}

// Step lets time pass: a vehicle at the stop line leaves when the barrier is open, those
// behind it move up, those beyond the exit disappear. It returns how many have gone.
func (l *Lane) Step(now time.Time) int {
	open, _ := l.barrier.Barrier()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, r := range l.riders {
		x, v, ok := r.track.At(now)
		if !ok || r.sent {
			continue
		}
		if first := i == 0 || l.riders[i-1].sent; first && open && v == 0 && x >= float64(l.layout.Stop)-1 {
			r.sent = true
			full := now.Add(time.Duration(away / start * float64(time.Second)))
			r.track = append(r.track, Segment{Start: now, X: x, A: start},
				Segment{Start: full, X: x + away*away/(2*start), V: away})
			l.moveUp(now, i+1)
		}
		break
	}
	before := len(l.riders)
	l.riders = slices.DeleteFunc(l.riders, func(r *rider) bool {
		x, _, ok := r.track.At(now)
		return ok && x-float64(r.v.Length) > float64(l.layout.Exit)
	})
	l.gone += before - len(l.riders)
	return before - len(l.riders)
}

// moveUp lets the standing vehicles from index i on close the gap, one after the other.
func (l *Lane) moveUp(now time.Time, i int) {
	stop := float64(l.layout.Stop)
	for k, r := range l.riders[i:] {
		x, v, ok := r.track.At(now)
		if ok && v == 0 && x < stop {
			wait := now.Add(time.Duration(4+3*k) * time.Second)
			d := stop - x
			peak := min(r.speed, sqrt(d*brake))
			up := time.Duration(peak / brake * float64(time.Second))
			way := peak * peak / brake
			hold := time.Duration((d - way) / peak * float64(time.Second))
			r.track = append(r.track, Segment{Start: wait, X: x, A: brake},
				Segment{Start: wait.Add(up), X: x + way/2, V: peak},
				Segment{Start: wait.Add(up + hold), X: stop - way/2, V: peak, A: -brake},
				Segment{Start: wait.Add(2*up + hold), X: stop})
		}
		stop -= float64(r.v.Length) + follow
	}
}

func sqrt(x float64) float64 {
	if x <= 0 {
		return 0
	}
	y := x
	for range 40 {
		y = (y + x/y) / 2
	}
	return y
}

// Count reports how many vehicles are in the lane and how many have left it.
func (l *Lane) Count() (in, gone int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.riders), l.gone
}

// Clear reports whether nobody is waiting or driving towards the stop line.
func (l *Lane) Clear() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.riders {
		if !r.sent {
			return false
		}
	}
	return true
}
