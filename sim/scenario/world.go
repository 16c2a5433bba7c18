package scenario

import (
	"slices"
	"sync"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// Places in a lane, mm from its datum.
const (
	AtEntry    quant.Length = 0
	AtFront    quant.Length = 2000
	AtScale    quant.Length = 4000
	AtScanner  quant.Length = 9000
	AtPortal   quant.Length = 12_000
	AtRear     quant.Length = 14_000
	AtExit     quant.Length = 40_000
	ScannerTop quant.Length = 6200 // above the road

	platform = 750.0
)

// Passing is what truly happened with one vehicle.
type Passing struct {
	*Arrival
	In, Entry, Out time.Time // came into sight, its front over the entry loop (about), left the lane; zero: not yet
}

// rider is a vehicle on its way.
type rider struct {
	*Passing
	route  *route
	sent   bool // drives away
	moving time.Time
}

// Lane is one lane of the world: vehicles drive in by the plan, wait at the stop line, and
// leave when the barrier opens. It is a sim.Scene. Its methods are safe for concurrent use;
// time never goes back.
type Lane struct {
	barrier sim.Barrier
	layout  sim.Layout
	pace    float64 // waiting times are divided by it

	mu      sync.Mutex
	queue   []*Arrival
	riders  []*rider // the foremost first
	all     []*Passing
	next    time.Time // earliest entry of the next vehicle that waits for a free lane
	newcome int
}

// headway is the pause between a lane that is free again and the next vehicle.
const headway = 5 * time.Second

// NewLane makes a lane of a plan, from 1. pace shortens the waiting between vehicles, 1 is
// real; vehicles and instruments keep their own speed.
func NewLane(p *Plan, lane int, b sim.Barrier, pace float64) *Lane {
	l := &Lane{barrier: b, layout: sim.DefaultLayout(), pace: pace, queue: p.Of(lane), next: p.Start}
	for _, a := range l.queue {
		l.all = append(l.all, &Passing{Arrival: a})
	}
	return l
}

// At implements sim.Scene.
func (l *Lane) At(dst []sim.Placed, t time.Time) []sim.Placed {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.riders {
		if x, v, ok := r.route.track.At(t); ok {
			dst = append(dst, sim.Placed{Vehicle: r.Vehicle, X: x, V: v})
		}
	}
	return dst
}

// Idle reports whether the lane is empty, and if so when something may happen next.
func (l *Lane) Idle() (empty bool, next time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.riders) > 0 || len(l.queue) == 0 {
		return len(l.riders) == 0, time.Time{}
	}
	next = l.due(l.queue[0])
	return true, next
}

// Done reports whether all vehicles have come and gone.
func (l *Lane) Done() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue) == 0 && len(l.riders) == 0
}

// Passings are all vehicles of the lane in driving order, valid until the next Step.
func (l *Lane) Passings() []*Passing {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

// due is when a vehicle may drive in, of what is known now.
func (l *Lane) due(a *Arrival) time.Time {
	if a.At.After(l.next) || a.After == "time" {
		return a.At
	}
	return l.next
}

// Step lets time pass until now. It returns the vehicles that drove in.
func (l *Lane) Step(now time.Time) []*Passing {
	open, _ := l.barrier.Barrier()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.release(now, open)
	l.moveUp(now)
	l.retire(now)
	first := l.newcome
	for len(l.queue) > 0 && l.enter(now) {
	}
	return l.all[first:l.newcome]
}

// release lets the foremost go if the barrier is open.
func (l *Lane) release(now time.Time, open bool) {
	for _, r := range l.riders {
		if r.sent {
			continue
		}
		x, v, _ := r.route.track.At(now)
		if open && v == 0 && x >= float64(l.layout.Stop)-1 && !now.Before(r.moving) {
			r.sent = true
			was := r.route
			r.route = newRoute(now, x, 0)
			r.route.leave()
			r.route.after(was)
			l.next = now.Add(time.Duration(float64(headway) / l.pace))
		}
		return
	}
}

// moveUp lets those who stand behind a gap close it.
func (l *Lane) moveUp(now time.Time) {
	stop := float64(l.layout.Stop)
	for i, r := range l.riders {
		if r.sent {
			continue
		}
		if standing := !now.Before(r.route.at); standing && r.route.x < stop-500 && (i == 0 || l.riders[i-1].sent || l.riders[i-1].route.x > r.route.x) {
			if r.moving.IsZero() || r.moving.Before(r.route.at) { // drivers take a moment
				r.moving = now.Add(3 * time.Second)
			}
			if !now.Before(r.moving) {
				was := r.route
				r.route = newRoute(now, was.x, 0)
				r.route.stop(stop, min(r.Speed, 1500))
				r.route.after(was)
				r.moving = time.Time{}
			}
		}
		stop = r.route.x - float64(r.Vehicle.Length) - behind
	}
}

// retire takes out those who have left.
func (l *Lane) retire(now time.Time) {
	l.riders = slices.DeleteFunc(l.riders, func(r *rider) bool {
		x, _, ok := r.route.track.At(now)
		if !ok || x-float64(r.Vehicle.Length) <= float64(l.layout.Exit) {
			return false
		}
		r.Out = now
		return true
	})
}

// waiting reports whether somebody drives towards the stop line or stands there.
func (l *Lane) waiting() bool {
	return slices.ContainsFunc(l.riders, func(r *rider) bool { return !r.sent })
}

// enter lets the next vehicle in if it may come now.
func (l *Lane) enter(now time.Time) bool {
	a := l.queue[0]
	if now.Before(a.At) {
		return false
	}
	var ahead *rider
	if n := len(l.riders); n > 0 {
		ahead = l.riders[n-1]
	}
	from, to := -float64(l.layout.Approach), float64(l.layout.Stop)
	switch {
	case a.After == "tail" && ahead != nil && ahead.In.Equal(now):
		shift := float64(ahead.Vehicle.Length + a.Gap)
		r := &rider{route: ahead.route.shifted(-shift)}
		l.begin(r, a, now)
		return true
	case a.After == "time":
		if ahead != nil && !ahead.sent {
			if now.Before(ahead.route.at) {
				return false // still driving in
			}
			if to = ahead.route.x - float64(ahead.Vehicle.Length) - behind; to < float64(AtExit)/2 {
				return false // the queue outside waits
			}
		}
	case l.waiting() || now.Before(l.next):
		return false
	}
	if ahead != nil {
		if x, _, _ := ahead.route.track.At(now); x-float64(ahead.Vehicle.Length) < from+4*behind {
			return false
		}
	}
	l.begin(&rider{route: a.drive(now, from, to)}, a, now)
	return true
}

func (l *Lane) begin(r *rider, a *Arrival, now time.Time) {
	l.queue = l.queue[1:]
	r.Passing = l.all[l.newcome]
	l.newcome++
	r.In = now
	// When its front reaches the entry loop, whose edge lies a metre before its middle.
	r.Entry = r.route.reaches(float64(AtEntry)-1000, now)
	l.riders = append(l.riders, r)
}

// shifted is the same motion, so far further on.
func (r *route) shifted(by float64) *route {
	s := &route{at: r.at, x: r.x + by, v: r.v}
	for _, g := range r.track {
		g.X += by
		s.track = append(s.track, g)
	}
	return s
}

// reaches is when the front first is at x, to 10 ms; after five minutes it is given up.
func (r *route) reaches(x float64, from time.Time) time.Time {
	for t := from; t.Sub(from) < 5*time.Minute; t = t.Add(10 * time.Millisecond) {
		if p, _, ok := r.track.At(t); ok && p >= x {
			return t
		}
	}
	return from
}
