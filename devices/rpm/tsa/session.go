package tsa

import (
	"bytes"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/internal/obs"
)

const proto = "tsa"

// MaxLine is the longest line that is kept; the longest known one has about 80 bytes.
const MaxLine = 1 << 10

const (
	// burstGap ends the burst of buffered slices at the beginning of an occupancy: its
	// lines come within milliseconds, live slices 200 ms apart.
	burstGap = 100 * time.Millisecond
	// maxHeld bounds what waits for the end of a burst: 15 window slices, 7 slices and
	// what stands between them.
	maxHeld = 48
	// wholeBurst is how many slices come at once when the beginning of an occupancy was
	// seen: five buffered ones and the current one.
	wholeBurst = 6
	// jitter is the half-width of a slice's reception time.
	jitter = 40 * time.Millisecond
)

// Session decodes one connection to one portal. It only listens.
type Session struct {
	cfg    Config
	stream bool // "decode": the reader's clock may stand still

	offset int64  // of the next byte of the connection
	part   []byte // of a line that has not ended yet
	start  int64  // offset of part
	cut    bool   // the current line was too long; skip to its end

	arena   arena
	scratch obs.Radiation
	state   state
	opened  time.Time // our clock at the first call
	file    fileClock
	rhythm  cadence
	slice   time.Time // the last gamma slice
	heard   time.Time // our clock at the last understood line
	silent  bool      // nothing understood for cfg.Silence, and said so
	sliced  bool      // this occupancy has had a gamma slice
	whole   bool      // the beams were vacant on this connection: the next beginning is seen
	partial bool      // this occupancy was not seen to begin
	bursts  bool      // occupancies on this connection have begun with a burst
	strange int64     // lines with unknown tags

	held     []held
	due      time.Time // our clock: the burst has ended if nothing more came
	slices   int       // gamma slices among held
	windows  int       // energy-window slices among held
	windowAt time.Time // the last of them
}

// held is an observation that waits for the end of a burst.
type held struct {
	o     obs.Observation
	r     *obs.Radiation
	slice bool // a gamma slice
	nth   int  // of its kind in the burst, from 1; 0 = its time is its own
}

var (
	_ devices.Session  = (*Session)(nil)
	_ devices.Finisher = (*Session)(nil)
)

func newSession(cfg Config, stream bool) *Session {
	return &Session{cfg: cfg, stream: stream, part: make([]byte, 0, MaxLine), file: fileClock{zone: cfg.zone, day: cfg.day}}
}

// Strange counts the lines with well-formed but unknown tags so far. They are handed on
// with their fields as sent.
func (s *Session) Strange() int64 { return s.strange }

// Feed implements devices.Session.
func (s *Session) Feed(now time.Time, p []byte, out *devices.Out) {
	s.open(now)
	for len(p) > 0 {
		i := bytes.IndexAny(p, "\r\n")
		if i < 0 {
			s.keep(p, out)
			s.offset += int64(len(p))
			return
		}
		line, at := p[:i], s.offset
		if len(s.part) > 0 || s.cut {
			s.keep(line, out)
			line, at = s.part, s.start
		}
		switch {
		case s.cut:
			s.cut = false
		case len(line) > MaxLine:
			tooLong(at, line, out)
		case len(line) > 0:
			s.line(now, line, at, out)
		}
		s.part = s.part[:0]
		s.offset += int64(i + 1)
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
	if len(s.part)+len(p) <= MaxLine {
		s.part = append(s.part, p...)
		return
	}
	tooLong(s.start, append(s.part, p[:min(len(p), 64)]...), out)
	s.part, s.cut = s.part[:0], true
}

// tooLong reports a line that began at offset at and is given up.
func tooLong(at int64, line []byte, out *devices.Out) {
	if e, is := spectroscopic(line); is {
		out.Err(proto, at+int64(e.at), e.reason, line)
		return
	}
	out.Err(proto, at, "line longer than 1024 bytes", line)
}

// Tick implements devices.Session.
func (s *Session) Tick(now time.Time, out *devices.Out) {
	s.open(now)
	if len(s.held) > 0 && !now.Before(s.due) {
		s.flush(out)
	}
	if s.stream || s.cfg.Silence <= 0 {
		return
	}
	quiet := now.Sub(s.heard)
	if quiet >= s.cfg.Silence && !s.silent {
		s.silent = true
		out.Emit(now, nil, &obs.Health{State: obs.Degraded, Reason: fmt.Sprintf("no line understood for %s", s.cfg.Silence)})
	}
	if s.state == occupied {
		if quiet >= s.cfg.Silence+occupancyEnds {
			s.state, s.sliced, s.whole = unknown, false, false // its end line was lost
		}
		return
	}
	if quiet >= 3*s.cfg.Silence {
		out.Fail = fmt.Errorf("tsa: no line understood for %s although a background line is due every 5 s", quiet)
	}
}

// occupancyEnds is how long after the silence limit an occupancy counts as over: together
// with the default limit 30 s without a slice.
const occupancyEnds = 20 * time.Second

// Finish implements devices.Finisher: a last line without its end is taken as it stands,
// which a complete daily file may have and a cut connection fails.
func (s *Session) Finish(now time.Time, out *devices.Out) {
	s.open(now)
	if len(s.part) > 0 && !s.cut {
		s.line(now, s.part, s.start, out)
	}
	s.part, s.cut = s.part[:0], false
	s.flush(out)
}

// Deadline implements devices.Session.
func (s *Session) Deadline() (time.Time, bool) {
	if len(s.held) > 0 {
		return s.due, true
	}
	if s.stream || s.cfg.Silence <= 0 || s.opened.IsZero() {
		return time.Time{}, false
	}
	switch {
	case s.silent && s.state == occupied:
		return s.heard.Add(s.cfg.Silence + occupancyEnds), true
	case s.silent:
		return s.heard.Add(3 * s.cfg.Silence), true
	}
	return s.heard.Add(s.cfg.Silence), true
}

func (s *Session) open(now time.Time) {
	if s.opened.IsZero() {
		s.opened, s.heard, s.rhythm.t = now, now, now
	}
}

// line takes one whole line that began at offset at.
func (s *Session) line(now time.Time, line []byte, at int64, out *devices.Out) {
	s.scratch = obs.Radiation{}
	d, e := decode(line, &s.arena, &s.scratch)
	if !e.ok() {
		if other, is := spectroscopic(line); is {
			e = other
		}
		out.Err(proto, at+int64(e.at), e.reason, line)
		return
	}
	if !d.known {
		s.strange++
	}
	if now.Sub(s.heard) >= 2*backgroundEvery { // whatever passed meanwhile was not seen to begin
		s.whole = false
		s.partial = s.partial || s.sliced
	}
	s.heard = now
	if s.silent {
		s.silent = false
		out.Emit(now, nil, &obs.Health{State: obs.Online})
	}
	when, origin, timed := s.when(now, d)
	if len(s.held) > 0 && (d.spec.state == vacant || apart(when, s.slice) || len(s.held) == maxHeld) {
		s.flush(out)
	}
	first := s.advance(d.spec)
	r := s.arena.body()
	*r = s.scratch
	r.Occupied = s.state == occupied
	o := obs.Observation{Body: r, Raw: s.arena.copy(line), Stamp: obs.Stamp{At: obs.Unix(when), Err: jitter, Origin: origin}}
	h := held{o: o, r: r, slice: d.spec.layout == gamma && s.state == occupied}
	if len(s.held) > 0 || first && timed {
		s.hold(now, when, h)
		return
	}
	s.emit(h, out)
}

// apart reports that a line at t cannot belong to a burst whose last slice came at last.
func apart(t, last time.Time) bool {
	d := t.Sub(last)
	return d >= burstGap || d <= -burstGap
}

// advance moves the state of the beams, and reports the first slice of an occupancy.
func (s *Session) advance(l spec) (first bool) {
	switch l.state {
	case vacant:
		s.state, s.sliced, s.partial, s.whole = vacant, false, false, true
	case occupied:
		s.state = occupied
		if l.layout == gamma && !s.sliced {
			s.sliced, s.partial, first = true, !s.whole, true
		}
	}
	return first
}

// hold keeps an observation until the burst that it belongs to has ended.
func (s *Session) hold(now, when time.Time, h held) {
	switch {
	case h.slice:
		s.slices++
		h.nth, s.slice, s.due = s.slices, when, now.Add(burstGap)
	case h.r.Tag == "AS":
		s.windows++
		h.nth, s.windowAt = s.windows, when
	}
	s.held = append(s.held, h)
}

// flush ends a burst. Its n slices were counted before they were sent: the i-th ended
// 0.2 s times n-i before the last one was received. Six or more of them at once are the
// beginning of an occupancy even where nothing was heard before it; fewer, of a portal that
// has sent bursts before, are not.
func (s *Session) flush(out *devices.Out) {
	switch {
	case s.slices >= wholeBurst:
		s.partial, s.bursts = false, true
	case s.slices > 0 && s.bursts:
		s.partial = true
	}
	for i, h := range s.held {
		last, n := s.slice, s.slices
		if !h.slice {
			last, n = s.windowAt, s.windows
		}
		if h.nth > 0 {
			h.o.Stamp.At = obs.Unix(last.Add(-sliceEvery * time.Duration(n-h.nth)))
		}
		s.emit(h, out)
		s.held[i] = held{}
	}
	s.held, s.slices, s.windows = s.held[:0], 0, 0
}

func (s *Session) emit(h held, out *devices.Out) {
	if s.partial && h.slice {
		h.r.Flags = partialFlag
	}
	out.Obs = append(out.Obs, h.o)
}

// partialFlag is shared: flags of an observation are never changed.
var partialFlag = []obs.Flag{obs.Truncated}

// when gives the time of a line, whose clock it is, and whether bursts show in it
// (timed); where a clock stands still they are told apart by nothing.
func (s *Session) when(now time.Time, d decoded) (at time.Time, origin obs.Origin, timed bool) {
	switch {
	case d.clock.ok:
		return s.file.at(d.clock, now), obs.Device, true
	case s.stream && now.Equal(s.opened):
		return s.rhythm.step(d.spec), obs.Gateway, false
	}
	return now, obs.Gateway, true
}
