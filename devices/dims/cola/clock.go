package cola

import "time"

const (
	envelopeBuckets = 30 // one second each
	maxDrift        = 300e-6
	resetExcess     = time.Second // a scan this late is a stall or a stepped clock ...
	resetAfter      = 3 * time.Second
)

// clock maps the device's microseconds to host time. Transport only ever delays, so the
// least (arrival - sent) of the last 30 s, corrected for the drift between the minima of
// older and newer buckets, is the offset; arrival times alone would carry every stall of
// the network into the slices.
type clock struct {
	begun   bool
	last    uint32        // device counter of the newest sample
	dev     time.Duration // device time, unwrapped, since the first sample
	anchor  time.Time     // host time of the first sample
	moves   bool          // the host's clock has moved since; a decoded file's stands still
	bucket  [envelopeBuckets]sample
	filled  int
	head    int
	rate    float64       // host seconds gained per device second
	late    time.Duration // device time since which every sample is far above the envelope; 0 none
	residue time.Duration // of the newest sample above the envelope
}

type sample struct {
	dev, off time.Duration // off = host since anchor - dev
	second   int64
}

// add takes a telegram sent at device counter us that arrived at host time now, and
// reports whether the counter went on from the one before. False means that the device
// was restarted.
func (c *clock) add(us uint32, now time.Time) bool {
	step := int32(us - c.last)
	if !c.begun || step < -int32(time.Second/time.Microsecond) {
		restarted := c.begun
		*c = clock{begun: true, last: us, anchor: now}
		c.push(sample{})
		return !restarted
	}
	c.dev += time.Duration(step) * time.Microsecond
	c.last = us
	if !now.Equal(c.anchor) {
		c.moves = true
	}
	off := now.Sub(c.anchor) - c.dev
	c.residue = off - c.offset(c.dev)
	if c.residue > resetExcess && c.moves {
		if c.late == 0 {
			c.late = max(c.dev, 1)
		}
		if c.dev-c.late > resetAfter { // the host's clock was set, or a minute is missing
			anchor := now.Add(-c.dev)
			*c = clock{begun: true, last: us, dev: c.dev, anchor: anchor, moves: true}
			c.push(sample{dev: c.dev, second: int64(c.dev / time.Second)})
		}
		return true
	}
	c.late = 0
	c.push(sample{dev: c.dev, off: off, second: int64(c.dev / time.Second)})
	return true
}

func (c *clock) push(s sample) {
	if c.filled > 0 {
		if b := &c.bucket[c.head]; b.second == s.second {
			if s.off < b.off {
				*b = s
			}
			return
		}
		c.head = (c.head + 1) % envelopeBuckets
	}
	c.bucket[c.head] = s
	c.filled = min(c.filled+1, envelopeBuckets)
	c.slope()
}

// slope follows the drift: the minima of the older and the newer half of the window.
func (c *clock) slope() {
	if c.filled < envelopeBuckets {
		return
	}
	const half = envelopeBuckets / 2
	older, newer := c.least(half, envelopeBuckets), c.least(0, half)
	if dt := newer.dev - older.dev; dt > 0 {
		rate := float64(newer.off-older.off) / float64(dt)
		c.rate += 0.1 * (min(max(rate, -maxDrift), maxDrift) - c.rate)
	}
}

// least is the lowest sample among buckets from..to counted back from the newest.
func (c *clock) least(from, to int) (low sample) {
	for i := from; i < to; i++ {
		b := c.bucket[(c.head-i+envelopeBuckets)%envelopeBuckets]
		if i == from || b.off < low.off {
			low = b
		}
	}
	return low
}

// offset is the envelope at device time dev.
func (c *clock) offset(dev time.Duration) (off time.Duration) {
	for i := range c.bucket[:c.filled] { // in any order
		b := &c.bucket[i]
		o := b.off + time.Duration(c.rate*float64(dev-b.dev))
		if i == 0 || o < off {
			off = o
		}
	}
	return off
}

// at gives the host time of device counter us, which is at most a second from the newest
// sample. While the host's clock stands still (a decoded file) time is counted from the
// first telegram instead.
func (c *clock) at(us uint32) time.Time {
	dev := c.device(us)
	if !c.moves {
		return c.anchor.Add(dev)
	}
	return c.anchor.Add(dev + c.offset(dev))
}

// device gives the device time of counter us since the first sample, as at takes it.
func (c *clock) device(us uint32) time.Duration {
	return c.dev + time.Duration(int32(us-c.last))*time.Microsecond
}

// uncertainty is the half-width of at: half of what the newest telegram was late, at
// least half a millisecond of transport that the envelope cannot see.
func (c *clock) uncertainty() time.Duration {
	return 500*time.Microsecond + max(0, min(c.residue, 20*time.Millisecond))/2
}
