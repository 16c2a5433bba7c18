package devices

import (
	"errors"
	"fmt"
	"time"

	"acsgd/internal/line"
	"acsgd/internal/obs"
)

const (
	// badWindow is what decode errors are counted over, in badBuckets parts.
	badWindow  = time.Minute
	badBuckets = 12
)

// badFrames counts decode errors of the last minute.
type badFrames struct {
	count [badBuckets]int
	slot  int64 // number of the newest bucket since the epoch
	last  *obs.DecodeError
	limit int // errors a minute from which an instrument is degraded
	over  bool
}

func (b *badFrames) roll(now time.Time) {
	slot := now.UnixNano() / int64(badWindow/badBuckets)
	for i := b.slot + 1; i <= slot && i <= b.slot+badBuckets; i++ {
		b.count[i%badBuckets] = 0
	}
	b.slot = max(b.slot, slot)
}

func (b *badFrames) add(now time.Time, e *obs.DecodeError) {
	b.roll(now)
	b.count[b.slot%badBuckets]++
	b.last = e
}

// degraded reports whether there were too many; it is true until less than half the limit
// is left in the window, so that an instrument at the limit does not flicker.
func (b *badFrames) degraded(now time.Time) bool {
	b.roll(now)
	n := b.total()
	b.over = n >= b.limit || b.over && 2*n >= b.limit && n > 0
	return b.over
}

func (b *badFrames) total() int {
	n := 0
	for _, c := range b.count {
		n += c
	}
	return n
}

func (b *badFrames) String() string {
	return fmt.Sprintf("%d bad frames in the last minute, last: %v", b.total(), b.last)
}

// condition is what the state of an instrument is judged from.
type condition struct {
	running bool       // the source's Run is in progress
	since   time.Time  // when Run began
	cause   error      // why the last Run ended
	device  obs.Health // what the instrument says about itself; State "" is nothing
	bad     badFrames
	clock   clockCheck
	silence time.Duration
	waiting time.Duration
}

// verdict is a state with the kind of its reason: a changed number inside a reason is not
// a change worth a record.
type verdict struct {
	state  obs.HealthState
	kind   string
	reason string
}

// judge gives the state now, and when it may change by the passing of time alone (zero:
// never). known is false as long as nothing can be said.
func (c *condition) judge(now time.Time, m *Meter) (v verdict, next time.Time, known bool) {
	if !c.running {
		if c.cause == nil {
			return verdict{}, time.Time{}, false
		}
		return verdict{obs.Offline, causeKind(c.cause), c.cause.Error()}, time.Time{}, true
	}
	if !m.up.Load() {
		if c.cause != nil {
			return verdict{obs.Offline, causeKind(c.cause), c.cause.Error()}, time.Time{}, true
		}
		if at := c.since.Add(c.waiting); now.Before(at) {
			return verdict{}, at, false
		}
		return verdict{obs.Offline, "waiting", "nothing heard from the instrument yet"}, time.Time{}, true
	}
	heard := time.Unix(0, m.heardAt.Load())
	var quiet time.Time
	if c.silence > 0 {
		quiet = heard.Add(c.silence)
	}
	switch {
	case c.device.State != "" && c.device.State != obs.Online:
		return verdict{c.device.State, "device " + c.device.Reason, c.device.Reason}, quiet, true
	case c.bad.degraded(now):
		return verdict{obs.Degraded, "frames", c.bad.String()}, now.Add(badWindow / badBuckets), true
	case c.silence > 0 && !now.Before(quiet):
		m.quiet.Store(true)
		return verdict{obs.Degraded, "silent", fmt.Sprintf("nothing heard for %v", now.Sub(heard).Round(time.Second))}, time.Time{}, true
	case c.clock.wrong:
		return verdict{obs.Degraded, "clock", c.clock.String()}, quiet, true
	}
	return verdict{obs.Online, "", c.device.Reason}, quiet, true
}

// errPanic marks a panic of a driver.
var errPanic = errors.New("fault in the driver")

func causeKind(err error) string {
	switch {
	case errors.Is(err, errPanic):
		return "panic"
	case ends(err):
		return "permanent"
	}
	return "link"
}

// ends reports whether a source that returned err is not to be run again.
func ends(err error) bool { return IsPermanent(err) || errors.Is(err, line.ErrEnd) }
