package isapi

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/pull"
	"acsgd/internal/obs"
)

// camera is what all links and connections of one device know together. It is safe for
// concurrent use.
type camera struct {
	clocks *anpr.Clocks
	login  *pull.Login

	mu      sync.Mutex
	live    recent         // what the camera told by itself
	fetched recent         // what was fetched from its list
	device  string         // as it names itself
	zone    *time.Location // that its times have; nil before one was heard
	cursor  string         // picName up to which its list is known
	based   bool           // the list was fetched once
	opened  time.Time      // the stream has begun, and the list was not fetched since
	fault   string         // of the fetching; "" is none
	told    string         // reason of the last health told
}

func newCamera(cfg *Config) *camera {
	return &camera{clocks: anpr.NewClocks(cfg.ClockLimit), login: cfg.login}
}

// reading is one plate of the camera at its own time.
type reading struct {
	text string
	at   time.Time
	id   string
}

// recent holds the last readings, as many as matter.
type recent struct {
	list [1024]reading
	n    int
}

func (r *recent) add(x reading) {
	r.list[r.n%len(r.list)] = x
	r.n++
}

// fetchedErr is the resolution of the times in a camera's list.
const fetchedErr = time.Second

// same is how far apart two tellings of one vehicle may be (anpr.md 2.1).
const same = 5 * time.Second

// find gives the newest reading with the id, else with the same plate at the same time.
func (r *recent) find(x reading) *reading {
	var alike *reading
	for i := r.n - 1; i >= max(0, r.n-len(r.list)); i-- {
		y := &r.list[i%len(r.list)]
		if x.id != "" && x.id == y.id {
			return y
		}
		if alike == nil && x.text == y.text && x.at.Sub(y.at).Abs() <= same {
			alike = y
		}
	}
	return alike
}

// heard takes an event that the camera has told by itself: its clock is followed, and its
// readings are remembered. What was fetched before it came keeps its identity, so that the
// lane takes both as one vehicle.
func (c *camera) heard(now time.Time, e *Event, plates []*obs.Plate, out *devices.Out) {
	if e.HasAt && !e.Stored {
		var health devices.Out // told with the other faults below
		c.clocks.Heard(e.Device, now, e.At, &health)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.HasAt && e.Zone != nil {
		c.device, c.zone = e.Device, e.Zone
	}
	if e.HasAt {
		for _, p := range plates {
			x := reading{p.Text, e.At, p.EventID}
			if y := c.fetched.find(x); y != nil {
				p.EventID = y.id
			}
			c.live.add(x)
		}
	}
	c.tell(now, out)
}

// begun notes that the stream has begun: what was missed is to be fetched.
func (c *camera) begun(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened = now
}

// missed reports whether the list is to be fetched because the stream has begun anew. The
// camera is given the time to tell by itself what is under way.
func (c *camera) missed(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.opened.IsZero() && now.Sub(c.opened) >= same
}

// after gives the picTime of the next request.
func (c *camera) after() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened = time.Time{}
	if c.cursor == "" {
		return "0"
	}
	return c.cursor
}

// fill emits what of a fetched list the camera has not told. The first list of a process
// only says where the camera stands. It reports whether the newest are left for the next
// time, because the camera may be about to tell them by itself.
func (c *camera) fill(now time.Time, cfg *Config, list []Plate, raw []byte, out *devices.Out) (more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortStableFunc(list, func(a, b Plate) int { return strings.Compare(a.Captured, b.Captured) })
	for i := range list {
		p := &list[i]
		at, ok := captureTime(p.Captured, c.zone)
		if !ok && c.based {
			out.Err(Proto, 0, fmt.Sprintf("fetched plate %.40q: captureTime %.40q cannot be used, it has no zone or is no time", p.Name, p.Captured), nil)
		}
		ours := c.clocks.Correct(c.device, at)
		if ok && c.based && now.Sub(ours) < same && now.Sub(ours) > -same {
			return true
		}
		c.cursor = p.Name
		if !ok || !c.based {
			continue
		}
		b := p.plate(obs.PlateRole(cfg.Role))
		x := reading{b.Text, at, b.EventID}
		if c.live.find(x) != nil || c.fetched.find(x) != nil {
			continue
		}
		c.fetched.add(x)
		out.Emit(now, raw, b)
		o := &out.Obs[len(out.Obs)-1]
		o.Stamp.At, o.Stamp.Err, o.Stamp.Origin = ours, fetchedErr, obs.Device
	}
	c.based = true
	return false
}

// fetching notes what is wrong with the fetching; "" is nothing.
func (c *camera) fetching(now time.Time, fault string, out *devices.Out) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault = fault
	c.tell(now, out)
}

// tell emits the camera's health where it has changed; the lock is held.
func (c *camera) tell(now time.Time, out *devices.Out) {
	reason := c.clocks.Fault()
	if c.fault != "" {
		if reason != "" {
			reason += "; "
		}
		reason += c.fault
	}
	if reason == c.told {
		return
	}
	c.told = reason
	h := &obs.Health{State: obs.Online}
	if reason != "" {
		h.State, h.Reason = obs.Degraded, reason
	}
	out.Emit(now, nil, h)
}

// anew forgets what was told: the supervisor has forgotten it as well.
func (c *camera) anew() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = ""
}
