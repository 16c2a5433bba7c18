package devices

import (
	"fmt"
	"time"

	"acsgd/internal/obs"
)

// clockWindow is how long a smallest difference is remembered at least; twice that at
// most. A clock that was set right is so believed again after a while.
const clockWindow = 10 * time.Minute

// clockCheck compares an instrument's clock with ours. What arrives is late by a transport
// delay that is never negative, so the smallest difference arrival - event is the offset
// of the clock plus the shortest delay.
type clockCheck struct {
	limit     time.Duration // 0: never complain
	since     time.Time     // start of the current window
	now, prev time.Duration // smallest differences of this window and the one before
	has       bool
	wrong     bool
}

// offset gives the smallest difference known.
func (c *clockCheck) offset() time.Duration { return min(c.now, c.prev) }

// check looks at an observation that came with the instrument's time and changes its
// origin to DeviceUnsynced where that time cannot be believed.
func (c *clockCheck) check(o *obs.Observation) {
	if c.limit <= 0 || o.Stamp.Origin == obs.Gateway {
		return
	}
	diff := o.Stamp.Arrived.Sub(o.Stamp.At)
	switch o.Body.(type) {
	case *obs.Fix, *obs.Seal:
		// Many devices share the source, and positions may come hours late: only a time in
		// the future, or before there were such devices, is certainly wrong.
		if diff < -c.limit || o.Stamp.At.Year() < 1995 {
			o.Stamp.Origin = obs.DeviceUnsynced
		}
		return
	}
	switch {
	case !c.has:
		c.has, c.since, c.now, c.prev = true, o.Stamp.Arrived, diff, diff
	case o.Stamp.Arrived.Sub(c.since) >= clockWindow:
		c.since, c.prev, c.now = o.Stamp.Arrived, c.now, diff
	default:
		c.now = min(c.now, diff)
	}
	off := c.offset()
	c.wrong = off > c.limit || off < -c.limit
	if c.wrong {
		o.Stamp.Origin = obs.DeviceUnsynced
	}
}

// String says how wrong the clock is.
func (c *clockCheck) String() string {
	off := c.offset()
	if off < 0 {
		return fmt.Sprintf("instrument clock is %v fast", (-off).Round(time.Second))
	}
	return fmt.Sprintf("instrument clock is %v slow", off.Round(time.Second))
}
