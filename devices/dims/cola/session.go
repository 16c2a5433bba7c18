package cola

import (
	"bytes"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/internal/obs"
)

// Proto is the name of this protocol in decode errors.
const Proto = "cola"

const (
	answerWait   = time.Second      // for the answer to one request
	tries        = 3                // of one request
	startupWait  = 30 * time.Second // from the start of measuring to the first scan: the mirror spins up
	lostIsReboot = 1000             // a larger gap of the scan counter is a restart, not a loss
)

// Sink takes the scans of a session. Scan and Info are valid during the call.
type Sink interface {
	Scan(s *Scan, info Info, out *devices.Out)
}

// Info is what the session knows about a scan beyond its bytes.
type Info struct {
	Now    time.Time     // when its last byte arrived
	At     time.Time     // host time of the zero index
	Err    time.Duration // half-width of At
	Lost   int           // scans missing before it
	Period time.Duration // from scan to scan as they are sent; 0 is unknown
	Step   float64       // true angle between beams of the first distance channel, 1/10000 degree
	Raw    []byte        // the whole frame
	Reboot bool          // the device was started again since the scan before
}

// Session is the dialogue with one scanner: it logs in, sets what the scan holds,
// subscribes and hands scans to its Sink. It does not depend on lock step: scans are taken
// at any time and answers are known by name, so that the device's half of a recorded
// session is enough.
type Session struct {
	cfg     Config
	sink    Sink
	quiet   bool // no health, no failure: a recording has holes
	reader  Reader
	decoder Decoder
	scan    Scan
	clock   clock

	steps   []step
	at      int // current step; len(steps) when done
	tried   int
	sent    time.Time
	begun   bool
	dialect Dialect // of our requests
	fresh   bool    // no frame has arrived yet

	Firmware string // what the device answered
	nominal  Range
	counter  uint16
	any      bool // a scan has arrived
	lastScan time.Time
	period   time.Duration
	slow     bool // degraded for missing scans
	status   uint8
}

// NewSession makes the dialogue for one connection. quiet suppresses health observations
// and failures, for recordings.
func NewSession(cfg Config, sink Sink, quiet bool) (*Session, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &Session{cfg: cfg, sink: sink, quiet: quiet, fresh: true, dialect: Binary}
	if cfg.Dialect == "a" {
		s.dialect = ASCII
	}
	_, s.decoder.Distances = sink.(measuring)
	s.steps = s.cfg.steps()
	return s, nil
}

// Feed implements devices.Session.
func (s *Session) Feed(now time.Time, p []byte, out *devices.Out) {
	s.reader.Feed(p)
	for {
		f, ok, err := s.reader.Next()
		if err != nil {
			out.Err(Proto, err.Offset, err.Reason, err.Bytes)
			continue
		}
		if !ok {
			return
		}
		s.frame(now, f, out)
	}
}

func (s *Session) frame(now time.Time, f Frame, out *devices.Out) {
	head := int64(len(f.Raw) - len(f.Payload) - 1)
	m, ok := Split(f.Payload)
	if !ok {
		out.Err(Proto, f.Offset+head, "not a CoLa command", f.Raw)
		return
	}
	s.heard(now, f.Dialect, m, out)
	switch {
	case m.Name == scanName && (m.Cmd == "sSN" || m.Cmd == "sRA"):
		if err := s.decoder.Decode(&s.scan, f.Dialect, m.Args); err != nil {
			args := int64(len(f.Payload) - len(m.Args))
			out.Err(Proto, f.Offset+head+args+int64(err.At), "scan: "+err.Reason, f.Raw)
			return
		}
		s.scanned(now, f, out)
	case m.Cmd == "sFA":
		s.refused(now, f, m, out)
	case m.Cmd != "sSN": // events of other names are none of ours
		s.answered(now, f.Dialect, m, out)
	}
}

// heard adopts the dialect that the device speaks.
func (s *Session) heard(now time.Time, d Dialect, m Message, out *devices.Out) {
	change := d != s.dialect
	first := s.fresh
	s.fresh = false
	if !change {
		return
	}
	s.dialect = d
	if first && s.begun && s.at < len(s.steps) && m.Name != s.steps[s.at].name {
		s.send(now, out) // our first request went out in the wrong dialect
	}
}

// Tick implements devices.Session.
func (s *Session) Tick(now time.Time, out *devices.Out) {
	if !s.begun {
		s.begun = true
		s.send(now, out)
		return
	}
	if s.at < len(s.steps) && !now.Before(s.sent.Add(answerWait)) {
		s.unanswered(now, out)
	}
	s.watch(now, out)
}

// Deadline implements devices.Session.
func (s *Session) Deadline() (time.Time, bool) {
	if !s.begun {
		return time.Time{}, false
	}
	var at time.Time
	if s.at < len(s.steps) {
		at = s.sent.Add(answerWait)
	}
	if w := s.watchAt(); !w.IsZero() && (at.IsZero() || w.Before(at)) {
		at = w
	}
	return at, !at.IsZero()
}

func (s *Session) send(now time.Time, out *devices.Out) {
	s.sent = now
	s.tried++
	out.Send = s.steps[s.at].append(out.Send, s.dialect)
}

func (s *Session) next(now time.Time, out *devices.Out) {
	s.at++
	s.tried = 0
	s.sent = now
	if s.at < len(s.steps) {
		s.send(now, out)
	}
}

// unanswered repeats a request, tries the other dialect while nothing was ever heard or the
// device may not have changed to ours, and passes over what the device does not know.
func (s *Session) unanswered(now time.Time, out *devices.Out) {
	limit := tries
	if s.fresh && s.at == 0 || s.at > 0 && s.steps[s.at-1].name == "EIHstCola" {
		limit = 2 * tries
		s.dialect = Binary + ASCII - s.dialect
	}
	switch st := s.steps[s.at]; {
	case s.tried < limit:
		s.send(now, out)
	case s.fresh:
		s.fail(out, fmt.Errorf("cola: no answer to %s in %d requests", st.name, s.tried))
		s.sent = now
	case st.need && !s.any:
		s.fail(out, fmt.Errorf("cola: no answer to %s", st.name))
		s.sent = now
	default:
		s.next(now, out)
	}
}

func (s *Session) fail(out *devices.Out, err error) {
	if !s.quiet && out.Fail == nil {
		out.Fail = err
	}
}

// answered takes the answer to the current request; any other answer is somebody else's.
func (s *Session) answered(now time.Time, d Dialect, m Message, out *devices.Out) {
	switch m.Name {
	case "FirmwareVersion":
		s.Firmware = string(bytes.TrimSpace([]byte(text(d, m.Args))))
	case "LMPoutputRange":
		if r, ok := outputRange(d, m.Args); ok && m.Cmd == "sRA" {
			s.nominal = r
		}
	}
	if !s.begun || s.at >= len(s.steps) || m.Name != s.steps[s.at].name {
		return
	}
	v, ok := result(d, m.Args)
	switch {
	case m.Name == "SetAccessMode" && ok && v == 0:
		s.fail(out, devices.Permanent(fmt.Errorf("cola: access level %d refused, is the password changed?", s.cfg.Level)))
		return
	case m.Name == scanName && ok && v == 0:
		s.fail(out, fmt.Errorf("cola: subscription to scans refused"))
		return
	case m.Name == "LMCstartmeas" && ok && v != 0:
		s.health(now, obs.Degraded, fmt.Sprintf("start of measuring refused with code %d", v), out)
	case m.Name == "EIHstCola":
		s.dialect = s.cfg.wanted()
		s.reader.Dialect = Unknown // it may speak text again
	}
	s.next(now, out)
}

// refused takes an sFA. It names no request, so it is the current one's.
func (s *Session) refused(now time.Time, f Frame, m Message, out *devices.Out) {
	code, ok := FaultCode(f.Dialect, m.Args)
	if !ok {
		out.Err(Proto, f.Offset, "fault without a code", f.Raw)
		return
	}
	if !s.begun || s.at >= len(s.steps) {
		return
	}
	st := s.steps[s.at]
	if st.need && !s.any {
		s.fail(out, fmt.Errorf("cola: %s refused: %s", st.name, FaultText(code)))
		return
	}
	s.next(now, out)
}

// scanned takes one decoded scan.
func (s *Session) scanned(now time.Time, f Frame, out *devices.Out) {
	info := Info{Now: now, Raw: f.Raw}
	if s.any {
		gap := s.scan.Counter - s.counter
		if gap == 0 { // the same scan twice: seen in captures of healthy units
			return
		}
		if n := int(gap)/max(1, s.cfg.Interval) - 1; n > 0 && int(gap) < lostIsReboot {
			info.Lost = n
		}
	}
	s.counter = s.scan.Counter
	info.Reboot = !s.clock.add(s.scan.Micros+uint32(s.scan.Delay()/time.Microsecond), now)
	info.At, info.Err = s.clock.at(s.scan.Micros), s.clock.uncertainty()
	s.period = s.scan.Period() * time.Duration(max(1, s.cfg.Interval))
	info.Period = s.period
	if c := s.scan.Channel(distances); c != nil {
		info.Step = c.TrueStep(s.nominal)
	}
	s.condition(now, out)
	s.any, s.lastScan = true, now
	s.sink.Scan(&s.scan, info, out)
}

// condition reports changes of the device's state.
func (s *Session) condition(now time.Time, out *devices.Out) {
	st := s.scan.Status[1]
	if s.any && !s.slow && st == s.status {
		return
	}
	s.slow, s.status = false, st
	switch st {
	case 0:
		s.health(now, obs.Online, "", out)
	case 1:
		s.health(now, obs.Degraded, "the scanner reports an error", out)
	case 2:
		s.health(now, obs.Maintenance, "clean the front window soon", out)
	case 4, 5:
		s.health(now, obs.Degraded, "front window dirty: sizes are not valid", out)
	default:
		s.health(now, obs.Degraded, fmt.Sprintf("the scanner reports state %d", st), out)
	}
}

func (s *Session) health(now time.Time, state obs.HealthState, reason string, out *devices.Out) {
	if !s.quiet {
		out.Emit(now, nil, &obs.Health{State: state, Reason: reason})
	}
}

// watch finds missing scans: three periods are degraded, Silence ends the link.
func (s *Session) watch(now time.Time, out *devices.Out) {
	if s.quiet || s.watchAt().IsZero() || now.Before(s.watchAt()) {
		return
	}
	switch {
	case !s.any:
		s.fail(out, fmt.Errorf("cola: measuring started, but no scan came within %s", startupWait))
	case !s.slow:
		s.slow = true
		s.health(now, obs.Degraded, "scans are missing", out)
		if now.Sub(s.lastScan) < s.cfg.Silence {
			return
		}
		fallthrough
	default:
		s.fail(out, fmt.Errorf("cola: no scan for %s", now.Sub(s.lastScan).Round(time.Millisecond)))
	}
}

// watchAt is when watch has something to say; zero is never.
func (s *Session) watchAt() time.Time {
	switch {
	case s.quiet:
		return time.Time{}
	case !s.any && s.at < len(s.steps):
		return time.Time{}
	case !s.any:
		return s.sent.Add(startupWait)
	case !s.slow:
		// Silence may be stretched where a simulator thins empty-lane scans.
		three := time.Duration(float64(3*s.period) * max(1, s.cfg.Silence.Seconds()))
		return s.lastScan.Add(min(max(three, 10*time.Millisecond), s.cfg.Silence))
	}
	return s.lastScan.Add(s.cfg.Silence)
}

// Bye appends the request that ends the subscription, for an orderly close.
func (s *Session) Bye(dst []byte) []byte { return subscribe(dst, s.dialect, 0) }

// Finish implements devices.Finisher: a frame that never ended is an error.
func (s *Session) Finish(_ time.Time, out *devices.Out) {
	if off, rest := s.reader.Rest(); len(rest) > 0 {
		out.Err(Proto, off, fmt.Sprintf("the stream ends inside a frame, %d bytes of it are there", len(rest)), rest)
	}
}
