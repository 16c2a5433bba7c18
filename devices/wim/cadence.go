package wim

import (
	"math"
	"time"
)

// Cadence gives the frames of a steady stream their times.
//
// The speed of an axle is a difference of two frame times, but a frame's arrival also
// carries the delays of converters and of our own scheduler, and several frames may come
// in one read. Cadence knows that the indicator sends at equal distances: it spreads the
// frames of one read, smooths the arrivals with a second order loop and steps over lost
// frames. Where the clock stands still (decoding a file) time advances by the cadence
// alone.
type Cadence struct {
	// Nominal is the distance of frames until it has been measured.
	Nominal time.Duration

	first, last time.Time // first arrival; time given to the last frame
	anchor      time.Time // arrival that the measurement of the period began at
	period      float64   // ns
	n           int       // frames since anchor
	odd         int       // frames that did not fit, of late
	live        bool      // the clock has moved
}

const (
	cadenceLearn = 32   // frames that the period is measured over
	cadenceGain  = 0.15 // of the loop: weight of one arrival in the phase
)

// Stamp gives the time of a frame that arrived at now; after is how many further frames
// of the same read follow it. Times never go back unless the clock did.
func (c *Cadence) Stamp(now time.Time, after int) time.Time {
	if c.first.IsZero() {
		c.first, c.period = now, float64(c.Nominal)
		c.last = now
		return now
	}
	if !c.live {
		if now.Equal(c.first) {
			c.last = c.last.Add(c.step())
			return c.last
		}
		c.live, c.n = true, 0
	}
	at := now.Add(-time.Duration(float64(after) * c.period))
	if d := at.Sub(c.last); d < -time.Second || d > 10*c.step()+time.Second {
		c.n = 0 // the clock was set, or the device was silent
	}
	switch {
	case c.n == 0:
		c.anchor, c.last = at, at
	case c.n < cadenceLearn:
		if c.n >= 8 {
			c.period = float64(at.Sub(c.anchor)) / float64(c.n)
		}
		if at.After(c.last) {
			c.last = at
		} else {
			c.last = c.last.Add(c.step() / 4)
		}
	default:
		c.track(at)
	}
	c.n++
	return c.last
}

func (c *Cadence) step() time.Duration { return time.Duration(c.period) }

// track moves the phase and the period a little towards the arrival at.
func (c *Cadence) track(at time.Time) {
	want := c.last.Add(c.step())
	e := float64(at.Sub(want))
	if k := math.Round(e / c.period); k > 0 { // frames were lost: the beat goes on
		want, e = want.Add(time.Duration(k*c.period)), e-k*c.period
		c.odd += 4
	} else if k < 0 { // an arrival is never early: we run ahead, so slow down
		c.last = c.last.Add(c.step() / 4)
		c.odd += 4
		c.relearn()
		return
	} else if c.odd > 0 {
		c.odd--
	}
	c.last = want.Add(time.Duration(cadenceGain * e))
	c.period += e * cadenceGain * cadenceGain / 4
	c.relearn()
}

// relearn starts the measurement anew when the stream no longer fits the period.
func (c *Cadence) relearn() {
	if c.odd > 64 {
		c.odd, c.n = 0, -1 // Stamp adds one
	}
}

// Period is the measured distance of frames.
func (c *Cadence) Period() time.Duration { return c.step() }
