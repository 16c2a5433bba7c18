package generic

import (
	"bytes"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/internal/obs"
)

const proto = "generic"

// MaxLine is the longest line that is kept.
const MaxLine = 1 << 10

const (
	// burstGap ends the burst of buffered slices at the beginning of an occupancy.
	burstGap = 100 * time.Millisecond
	maxHeld  = 64
	// jitter is the half-width of a slice's reception time.
	jitter = 40 * time.Millisecond
	// occupancyEnds is how long after the silence limit an occupancy counts as over.
	occupancyEnds = 20 * time.Second
)

// Session decodes one connection to one portal. It only listens.
type Session struct {
	cfg    Config
	stream bool // "decode": the reader's clock may stand still

	offset int64 // of the next byte of the connection
	part   []byte
	start  int64 // offset of part
	cut    bool  // the current line was too long; skip to its end

	opened   time.Time
	heard    time.Time // our clock at the last understood line
	silent   bool
	occupied bool
	whole    bool // the portal was vacant on this connection: the next beginning is seen
	sliced   bool // this occupancy has had a slice
	partial  bool // it was not seen to begin
	bursts   bool // occupancies on this connection have begun with a burst
	serial   uint32
	fault    string // stated, until taken back
	scratch  []*obs.Radiation

	neutron  [4]int32 // gathered to a second
	gathered int32    // ms

	held   []held
	due    time.Time // our clock: the burst has ended if nothing more came
	slice  time.Time // the last slice
	slices int       // among held
}

// held is an observation that waits for the end of a burst.
type held struct {
	o   obs.Observation
	r   *obs.Radiation
	nth int // of the slices in the burst, from 1; 0: its time is its own
}

var (
	_ devices.Session  = (*Session)(nil)
	_ devices.Finisher = (*Session)(nil)
)

// Feed implements devices.Session.
func (s *Session) Feed(now time.Time, p []byte, out *devices.Out) {
	s.open(now)
	for len(p) > 0 {
		i := bytes.IndexAny(p, "\r\n")
		end := i
		if i < 0 {
			end = len(p)
		}
		s.keep(p[:end], out)
		s.offset += int64(end)
		if i < 0 {
			return
		}
		s.finishLine(now, out)
		s.offset++
		p = p[i+1:]
	}
}

// keep adds p to the unfinished line, and gives the line up once it is too long.
func (s *Session) keep(p []byte, out *devices.Out) {
	if s.cut || len(p) == 0 {
		return
	}
	if len(s.part) == 0 {
		s.start = s.offset
	}
	if len(s.part)+len(p) > MaxLine {
		out.Err(proto, s.start, "line longer than 1024 bytes", append(s.part, p[:min(len(p), 64)]...))
		s.part, s.cut = s.part[:0], true
		return
	}
	s.part = append(s.part, p...)
}

func (s *Session) finishLine(now time.Time, out *devices.Out) {
	if len(s.part) > 0 && !s.cut {
		s.line(now, s.part, s.start, out)
	}
	s.part, s.cut = s.part[:0], false
}

// Finish implements devices.Finisher: a last line without its end is taken as it stands.
func (s *Session) Finish(now time.Time, out *devices.Out) {
	s.open(now)
	s.finishLine(now, out)
	s.flush(out)
}

// Tick implements devices.Session.
func (s *Session) Tick(now time.Time, out *devices.Out) {
	s.open(now)
	if len(s.held) > 0 && !now.Before(s.due) {
		s.flush(out)
	}
	if s.stream {
		return
	}
	quiet := now.Sub(s.heard)
	if quiet >= s.cfg.Silence && !s.silent {
		s.silent = true
		out.Emit(now, nil, &obs.Health{State: obs.Degraded, Reason: fmt.Sprintf("no line understood for %s", s.cfg.Silence)})
	}
	if s.occupied && quiet >= s.cfg.Silence+occupancyEnds {
		s.leave() // its end line was lost
		s.whole = false
	}
	if !s.occupied && quiet >= 3*s.cfg.Silence {
		out.Fail = fmt.Errorf("%s: no line understood for %s", Kind, quiet)
	}
}

// Deadline implements devices.Session.
func (s *Session) Deadline() (time.Time, bool) {
	switch {
	case len(s.held) > 0:
		return s.due, true
	case s.stream || s.opened.IsZero():
		return time.Time{}, false
	case !s.silent:
		return s.heard.Add(s.cfg.Silence), true
	case s.occupied:
		return s.heard.Add(s.cfg.Silence + occupancyEnds), true
	}
	return s.heard.Add(3 * s.cfg.Silence), true
}

func (s *Session) open(now time.Time) {
	if s.opened.IsZero() {
		s.opened, s.heard = now, now
	}
}

// line takes one whole line that began at offset at.
func (s *Session) line(now time.Time, line []byte, at int64, out *devices.Out) {
	for i := range s.cfg.Lines {
		l := &s.cfg.Lines[i]
		m := l.re.FindSubmatchIndex(line)
		if m == nil {
			continue
		}
		r, in, why := l.take(line, m)
		if why != "" {
			out.Err(proto, at+int64(in), why, line)
			return
		}
		s.listen(now, out)
		s.take(now, &r, append([]byte(nil), line...), out)
		return
	}
	out.Err(proto, at, "no expression matches the line", line)
}

// listen notes that a line was understood. Whatever passed in a silence was not seen.
func (s *Session) listen(now time.Time, out *devices.Out) {
	if now.Sub(s.heard) >= s.cfg.Silence {
		s.whole = false
		s.partial = s.partial || s.sliced
	}
	s.heard = now
	if s.silent {
		s.silent = false
		s.health(now, out)
	}
}

func (s *Session) health(now time.Time, out *devices.Out) {
	h := &obs.Health{State: obs.Online}
	if s.fault != "" {
		h = &obs.Health{State: obs.Degraded, Reason: s.fault}
	}
	out.Emit(now, nil, h)
}

// take hands on what a line says.
func (s *Session) take(now time.Time, r *read, raw []byte, out *devices.Out) {
	if len(s.held) > 0 && (now.Sub(s.slice) >= burstGap || len(s.held) >= maxHeld || r.line.Kind == "background" || r.line.Kind == "end") {
		s.flush(out)
	}
	first := s.advance(r)
	s.scratch = r.bodies(s.scratch[:0], int32(s.cfg.interval().Milliseconds()))
	if s.occupied && (r.hasNeut || r.neutAlarm) {
		s.scratch = s.gather(s.scratch, r)
	}
	for _, b := range s.scratch {
		b.Occupied = s.occupied
		if s.partial && s.occupied && (b.Tag == "GS" || b.Tag == "GA") {
			b.Flags = append(b.Flags, obs.Truncated)
		}
		if s.cfg.Interval == 0 && r.interval == 0 && b.Interval != 0 {
			b.Flags = append(b.Flags, obs.IntervalUnknown)
		}
		h := held{r: b, o: obs.Observation{Body: b, Raw: raw, Stamp: obs.Stamp{At: obs.Unix(now), Err: jitter}}}
		burst := s.cfg.Buffered > 0 && !(s.stream && now.Equal(s.opened))
		if len(s.held) == 0 && !(first && burst) {
			out.Obs = append(out.Obs, h.o)
			continue
		}
		if b.Tag == "GS" || b.Tag == "GA" {
			s.slices++
			h.nth, s.slice, s.due = s.slices, now, now.Add(burstGap)
		}
		s.held = append(s.held, h)
	}
	if r.line.Kind == "fault" && r.fault != s.fault {
		s.fault = r.fault
		s.health(now, out)
	}
}

// advance moves the state of the portal, and reports the first slice of an occupancy.
func (s *Session) advance(r *read) (first bool) {
	switch r.line.Kind {
	case "background", "end":
		s.serial++
		if r.line.Kind == "background" {
			s.serial--
		}
		if !r.hasCount {
			r.counter = s.serial
		}
		s.leave()
		s.whole = true
	case "slice", "neutron", "speed":
		s.occupied = true
		if r.line.Kind == "slice" && !s.sliced {
			s.sliced, s.partial, first = true, !s.whole, true
		}
	}
	return first
}

func (s *Session) leave() {
	s.occupied, s.sliced, s.partial = false, false, false
	s.neutron, s.gathered = [4]int32{}, 0
}

// gather appends the neutrons of a second once they are together; an alarm does not wait.
func (s *Session) gather(dst []*obs.Radiation, r *read) []*obs.Radiation {
	for c, n := range r.neutron {
		s.neutron[c] += n
	}
	interval := r.interval
	switch {
	case interval != 0:
	case r.line.Kind == "neutron":
		interval = int32(s.cfg.Neutrons.Milliseconds())
	default:
		interval = int32(s.cfg.interval().Milliseconds())
	}
	if s.gathered += interval; s.gathered < 1000 && !r.neutAlarm {
		return dst
	}
	dst = append(dst, &obs.Radiation{Tag: either(r.neutAlarm, "NA", "NS"), Neutron: s.neutron, Interval: s.gathered, Alarm: r.neutAlarm})
	s.neutron, s.gathered = [4]int32{}, 0
	return dst
}

// flush ends a burst: its n slices were counted before they were sent, the i-th ended n-i
// intervals before the last one was received. As many as the portal buffers, and one, are
// the beginning of an occupancy even where nothing was heard before it; fewer, of a portal
// that has sent bursts before, are not.
func (s *Session) flush(out *devices.Out) {
	switch {
	case s.slices > s.cfg.Buffered:
		s.partial, s.bursts = false, true
	case s.slices > 0 && s.bursts:
		s.partial = true
	}
	for i, h := range s.held {
		if h.nth > 0 {
			h.o.Stamp.At = obs.Unix(s.slice.Add(-s.cfg.interval() * time.Duration(s.slices-h.nth)))
			h.r.Flags = without(h.r.Flags, obs.Truncated)
			if s.partial {
				h.r.Flags = append(h.r.Flags, obs.Truncated)
			}
		}
		out.Obs = append(out.Obs, h.o)
		s.held[i] = held{}
	}
	s.held, s.slices = s.held[:0], 0
}

// without gives flags but for one; nil if none is left.
func without(flags []obs.Flag, not obs.Flag) (left []obs.Flag) {
	for _, f := range flags {
		if f != not {
			left = append(left, f)
		}
	}
	return left
}
