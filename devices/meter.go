package devices

import (
	"sync"
	"sync/atomic"
	"time"

	"acsgd/internal/obs"
)

// RingSize is how many decode errors of a source are kept for the health screen.
const RingSize = 32

// Meter counts what one source hears. All methods are safe for concurrent use and on nil.
type Meter struct {
	frames, errors, bytes, reconnects atomic.Int64
	last                              atomic.Int64 // Unix ns of the last frame
	heardAt                           atomic.Int64 // Unix ns of the last sign of life
	up                                atomic.Bool  // something was heard since the last Run began
	quiet                             atomic.Bool  // the supervisor has missed it since heardAt
	notify                            func()       // called when up turns true, quiet ends, and on errors

	mu   sync.Mutex
	ring [RingSize]SeenError
	n    int // errors ever put into ring
}

// SeenError is one decode error and when it was reported.
type SeenError struct {
	At  time.Time
	Err *obs.DecodeError
}

// Counters are the numbers of a Meter at one moment.
type Counters struct {
	Frames       int64 // decoded frames
	DecodeErrors int64
	Bytes        int64 // bytes read
	Reconnects   int64 // runs after the first
	LastFrame    time.Time
}

// Counters gives the numbers now.
func (m *Meter) Counters() Counters {
	if m == nil {
		return Counters{}
	}
	c := Counters{Frames: m.frames.Load(), DecodeErrors: m.errors.Load(), Bytes: m.bytes.Load(), Reconnects: m.reconnects.Load()}
	if ns := m.last.Load(); ns != 0 {
		c.LastFrame = time.Unix(0, ns).UTC()
	}
	return c
}

// Errors gives the last decode errors, the newest last.
func (m *Meter) Errors() []SeenError {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]SeenError, 0, min(m.n, RingSize))
	for i := max(0, m.n-RingSize); i < m.n; i++ {
		out = append(out, m.ring[i%RingSize])
	}
	return out
}

// Heard notes n bytes, or with 0 another sign that the instrument lives.
func (m *Meter) Heard(now time.Time, n int) {
	if m == nil {
		return
	}
	m.bytes.Add(int64(n))
	m.heardAt.Store(now.UnixNano())
	fresh := !m.up.Load() && m.up.CompareAndSwap(false, true)
	if m.quiet.Load() && m.quiet.CompareAndSwap(true, false) {
		fresh = true
	}
	if fresh && m.notify != nil {
		m.notify()
	}
}

// Frames notes n decoded frames.
func (m *Meter) Frames(now time.Time, n int) {
	if m == nil || n <= 0 {
		return
	}
	m.frames.Add(int64(n))
	m.last.Store(now.UnixNano())
}

func (m *Meter) report(now time.Time, e *obs.DecodeError) {
	m.errors.Add(1)
	m.mu.Lock()
	m.ring[m.n%RingSize] = SeenError{At: now, Err: e}
	m.n++
	m.mu.Unlock()
	if m.notify != nil {
		m.notify()
	}
}

// begin notes the start of a run.
func (m *Meter) begin(now time.Time, first bool) {
	m.up.Store(false)
	m.heardAt.Store(now.UnixNano())
	if !first {
		m.reconnects.Add(1)
	}
}
