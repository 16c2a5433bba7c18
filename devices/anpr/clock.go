package anpr

import (
	"fmt"
	"sync"
	"time"

	"acsgd/devices"
	"acsgd/internal/obs"
)

// Clocks follows the clocks of the cameras of one driver over all that they send at once,
// heart-beats included, and tells in Health observations when one is off by more than the
// limit. Where several cameras share a link each has a name of its own. It outlives
// connections and is safe for concurrent use.
type Clocks struct {
	limit time.Duration

	mu   sync.Mutex
	all  map[string]*clock
	told string // the fault as told last; "" is none
}

type clock struct {
	devices.ClockOffset
	last time.Time     // arrival of its last event
	told time.Duration // the offset as told last, while it is wrong
	bad  bool
}

const (
	// ClockLimit is how far a camera's clock may be off before that is a fault: what is
	// further off is ascribed to the wrong vehicle.
	ClockLimit = 10 * time.Second
	// maxClocks bounds how many cameras are followed.
	maxClocks = 64
	// clockRest is after how long a camera that is silent is forgotten.
	clockRest = 24 * time.Hour
)

// NewClocks makes the clocks of one driver; limit 0 is ClockLimit.
func NewClocks(limit time.Duration) *Clocks {
	if limit <= 0 {
		limit = ClockLimit
	}
	return &Clocks{limit: limit, all: map[string]*clock{}}
}

// Heard takes the time that a camera gave for something that it sent at once, and emits the
// health of the clocks where that has changed. What a camera had stored is not for it.
func (c *Clocks) Heard(camera string, arrived, at time.Time, out *devices.Out) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.all[camera]
	if k == nil {
		c.forget(arrived)
		if len(c.all) == maxClocks {
			return
		}
		k = new(clock)
		c.all[camera] = k
	}
	k.last = arrived
	k.Add(arrived, at)
	off, _ := k.Offset()
	was, told := k.bad, k.told
	k.bad = off.Abs() > c.limit
	// A drifting clock is told of again when it has gone on by the limit, not with each event.
	if k.bad == was && (!k.bad || (off-told).Abs() < c.limit) {
		return
	}
	k.told = off
	c.tell(arrived, out)
}

// forget drops cameras that are not heard any more.
func (c *Clocks) forget(now time.Time) {
	for name, k := range c.all {
		if now.Sub(k.last) > clockRest {
			delete(c.all, name)
		}
	}
}

// tell emits the fault of the worst clock, or that there is none; the lock is held.
func (c *Clocks) tell(now time.Time, out *devices.Out) {
	name, worst := "", (*clock)(nil)
	for n, k := range c.all {
		if k.bad && (worst == nil || k.told.Abs() > worst.told.Abs() || k.told.Abs() == worst.told.Abs() && n < name) {
			name, worst = n, k
		}
	}
	fault := ""
	if worst != nil {
		if fault = worst.String(); name != "" {
			fault = "camera " + name + ": " + fault
		}
		fault = fmt.Sprintf("%s (limit %v)", fault, c.limit)
	}
	if fault == c.told {
		return
	}
	c.told = fault
	h := &obs.Health{State: obs.Online}
	if fault != "" {
		h.State, h.Reason = obs.Degraded, fault
	}
	out.Emit(now, nil, h)
}

// Fault gives what is wrong with the clocks as told last; "" is nothing.
func (c *Clocks) Fault() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told
}

// Offset gives our clock less a camera's; ok is false before it was heard.
func (c *Clocks) Offset(camera string) (d time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.all[camera]
	if k == nil {
		return 0, false
	}
	return k.Offset()
}

// Correct gives a camera's time in our clock, where its offset is beyond the limit; a
// smaller one may be the way of its events to us.
func (c *Clocks) Correct(camera string, at time.Time) time.Time {
	if off, ok := c.Offset(camera); ok && off.Abs() > c.limit {
		return at.Add(off)
	}
	return at
}
