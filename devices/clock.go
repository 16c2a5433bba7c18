package devices

import (
	"fmt"
	"time"

	"acsgd/internal/obs"
)

// clockWindow is how long a smallest difference is remembered at least; twice that at
// most. A clock that was set right is so believed again after a while.
const clockWindow = 10 * time.Minute

// ClockOffset is how far an instrument's clock is from ours. What arrives is late by a
// transport delay that is never negative, so the smallest difference arrival - event of the
// last minutes is the offset of the clock plus the shortest delay. The zero value is ready;
// it is not safe for concurrent use.
type ClockOffset struct {
	since     time.Time     // start of the current window
	now, prev time.Duration // smallest differences of this window and the one before
	has       bool
}

// Add takes one event: when the instrument says it was, and when we heard of it. What an
// instrument had stored before it was sent must not be added.
func (c *ClockOffset) Add(arrived, at time.Time) {
	diff := arrived.Sub(at)
	switch {
	case !c.has:
		c.has, c.since, c.now, c.prev = true, arrived, diff, diff
	case arrived.Sub(c.since) >= clockWindow:
		c.since, c.prev, c.now = arrived, c.now, diff
	default:
		c.now = min(c.now, diff)
	}
}

// Offset gives our clock less the instrument's; ok is false before anything was added.
func (c *ClockOffset) Offset() (d time.Duration, ok bool) { return min(c.now, c.prev), c.has }

// zoneStep is what time zones differ by at least, zoneSlack how far from it a clock with a
// wrong zone may be beside.
const (
	zoneStep  = 15 * time.Minute
	zoneSlack = time.Minute
)

// String says how wrong the clock is.
func (c *ClockOffset) String() string {
	off, _ := c.Offset()
	word := "slow"
	if off < 0 {
		off, word = -off, "fast"
	}
	text := fmt.Sprintf("instrument clock is %v %s", off.Round(time.Second), word)
	if off >= 2*zoneStep-zoneSlack && off <= 26*time.Hour+zoneSlack && (off-off.Round(zoneStep)).Abs() <= zoneSlack {
		text += fmt.Sprintf(", %v as a wrong time zone makes it", off.Round(zoneStep))
	}
	return text
}

// clockCheck judges the times of an instrument by its clock.
type clockCheck struct {
	ClockOffset
	limit time.Duration // 0: never complain
	wrong bool
}

// check looks at an observation that came with the instrument's time and changes its
// origin to DeviceUnsynced where that time cannot be believed.
func (c *clockCheck) check(o *obs.Observation) {
	if c.limit <= 0 || o.Stamp.Origin == obs.Gateway {
		return
	}
	if stored(o.Body) {
		// Only a time in the future, or before there were such devices, is certainly wrong.
		if o.Stamp.Arrived.Sub(o.Stamp.At) < -c.limit || o.Stamp.At.Year() < 1995 {
			o.Stamp.Origin = obs.DeviceUnsynced
		}
		return
	}
	c.Add(o.Stamp.Arrived, o.Stamp.At)
	off, _ := c.Offset()
	c.wrong = off > c.limit || off < -c.limit
	if c.wrong {
		o.Stamp.Origin = obs.DeviceUnsynced
	}
}

// stored reports whether an observation may come hours after it was made: positions, whose
// source many devices share besides, and plates from a camera's memory.
func stored(b obs.Body) bool {
	switch b := b.(type) {
	case *obs.Fix, *obs.Seal:
		return true
	case *obs.Plate:
		return b.Late
	}
	return false
}
