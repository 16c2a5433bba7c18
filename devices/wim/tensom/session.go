package tensom

import (
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim"
	"acsgd/devices/wim/weigh"
	"acsgd/internal/obs"
)

const proto = "tenso-m"

// Session polls one indicator on one connection.
type Session struct {
	cfg    Config
	frame  time.Duration // time of an answer on the line
	stream bool
	dec    Decoder
	weigh  *weigh.Stream
	req    []byte // the request that is polled
	beat   wim.Cadence

	opened   time.Time // first call
	sent     time.Time // the pending or last request
	waiting  bool
	tries    int // requests without an answer in a row
	answered time.Time
	degraded bool
}

var (
	_ devices.Session  = (*Session)(nil)
	_ devices.Finisher = (*Session)(nil)
)

func newSession(cfg Config, sec devices.Section, env devices.Env) (*Session, error) {
	w, err := weigh.New(cfg.Settings, env)
	if err != nil {
		return nil, err
	}
	return &Session{
		cfg: cfg, stream: env.Stream, weigh: w, frame: wim.FrameTime(sec.Link, 10),
		req:  Append(nil, byte(cfg.Address), uint32(cfg.Serial), OpGross),
		beat: wim.Cadence{Nominal: cfg.Poll},
	}, nil
}

// Feed implements devices.Session.
func (s *Session) Feed(now time.Time, p []byte, out *devices.Out) {
	s.begin(now)
	s.dec.Feed(p, func(f *Frame) { s.take(now, f, out) },
		func(offset int64, err error, raw []byte) { out.Err(proto, offset, err.Error(), raw) })
}

func (s *Session) begin(now time.Time) {
	if s.opened.IsZero() {
		s.opened, s.answered = now, now
	}
}

// take handles one good frame. Frames of other addresses share the RS-485 line, and our
// own request comes back on lines with echo: both mean nothing here.
func (s *Session) take(now time.Time, f *Frame, out *devices.Out) {
	if f.Addr != byte(s.cfg.Address) || f.Serial != uint32(s.cfg.Serial) {
		return
	}
	switch {
	case f.Op == OpError:
		out.Err(proto, f.Offset, f.Err().Error(), f.Raw)
		s.answer(now, out)
	case f.Op != OpGross && !(s.stream && f.Op == OpNet), len(f.Data) == 0:
		return
	default:
		w, err := f.Weight()
		if err != nil {
			out.Err(proto, f.Offset, err.Error(), f.Raw)
			return
		}
		s.answer(now, out)
		s.sample(now, f, w, out)
	}
}

// sample hands a weight on, at the time when its frame began.
func (s *Session) sample(now time.Time, f *Frame, w Weight, out *devices.Out) {
	at := now
	if now.Equal(s.opened) { // a recording: time advances by the poll interval
		at = s.beat.Stamp(now, 0)
	}
	x := wim.Sample{At: at.Add(-s.frame), Raw: w.Mass, Stable: w.Stable, Motion: !w.Stable,
		Overload: w.Overload, Zero: w.Mass == 0, Net: f.Op == OpNet}
	if w.Second {
		x.Fault = true // the platform's other sensor: not this weight
	}
	s.weigh.Add(x, w.Mass, f.Raw, out)
}

// answer notes that the indicator lives.
func (s *Session) answer(now time.Time, out *devices.Out) {
	s.waiting, s.tries, s.answered = false, 0, now
	if s.degraded {
		s.degraded = false
		out.Emit(now, nil, &obs.Health{State: obs.Online})
	}
	if at, _ := s.Deadline(); !s.stream && !at.After(now) {
		s.poll(now, out)
	}
}

// poll sends the request.
func (s *Session) poll(now time.Time, out *devices.Out) {
	out.Send = append(out.Send, s.req...)
	s.sent, s.waiting = now, true
}

// Tick implements devices.Session.
func (s *Session) Tick(now time.Time, out *devices.Out) {
	s.begin(now)
	s.weigh.Tick(now, out)
	if s.stream {
		return
	}
	if s.sent.IsZero() {
		s.poll(now, out)
		return
	}
	if !s.waiting {
		if !now.Before(s.sent.Add(s.cfg.Poll)) {
			s.poll(now, out)
		}
		return
	}
	if now.Before(s.sent.Add(s.cfg.Timeout)) {
		return
	}
	s.tries++
	if s.tries > s.cfg.Retries && !s.degraded {
		s.degraded = true
		out.Emit(now, nil, &obs.Health{State: obs.Degraded, Reason: fmt.Sprintf(
			"no answer to %d requests, %s each", s.tries, s.cfg.Timeout)})
	}
	if quiet := now.Sub(s.answered); quiet >= s.cfg.Silence {
		out.Fail = fmt.Errorf("tenso-m: address %d has not answered for %s", s.cfg.Address, quiet.Round(time.Millisecond))
		return
	}
	s.poll(now, out)
}

// Deadline implements devices.Session.
func (s *Session) Deadline() (at time.Time, ok bool) {
	at, ok = s.weigh.Deadline()
	if s.stream {
		return at, ok
	}
	next := s.sent.Add(s.cfg.Poll)
	if s.waiting {
		next = s.sent.Add(s.cfg.Timeout)
	}
	if !ok || next.Before(at) {
		at = next
	}
	return at, !s.sent.IsZero()
}

// End ends the vehicle on the scale: something that sees more than the platform says so.
func (s *Session) End(now time.Time, out *devices.Out) { s.weigh.End(now, out) }

// Busy reports whether a vehicle is being weighed.
func (s *Session) Busy() bool { return s.weigh.Busy() }

// Finish implements devices.Finisher.
func (s *Session) Finish(now time.Time, out *devices.Out) { s.weigh.End(now, out) }

// Zero asks the indicator to set zero; it answers with the same code or an error. The
// caller must know that the platform is empty.
func (s *Session) Zero(out *devices.Out) {
	out.Send = Append(out.Send, byte(s.cfg.Address), uint32(s.cfg.Serial), OpZero)
}
