package mtcontinuous

import (
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim"
	"acsgd/devices/wim/weigh"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

const proto = "mt-continuous"

// flushAfter is how long a frame waits for a checksum byte that may not exist.
const flushAfter = 50 * time.Millisecond

// Session decodes one connection to one indicator. It only listens.
type Session struct {
	cfg    Config
	frame  time.Duration // time of a frame on the line
	dec    Decoder
	weigh  *weigh.Stream
	beat   wim.Cadence
	stream bool
	batch  []taken // frames of one read

	opened  time.Time
	arrived time.Time // of the last bytes
	heard   time.Time // last good frame
	silent  bool
}

// taken is what is kept of a frame until all frames of its read are known.
type taken struct {
	x         wim.Sample
	indicated quant.Mass
	raw       [fullLen]byte
	n         int
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
	nominal := wim.FrameTime(sec.Link, fullLen)
	if cfg.Period > 0 {
		nominal = cfg.Period
	} else if nominal == 0 {
		nominal = 20 * time.Millisecond
	}
	return &Session{
		cfg: cfg, frame: wim.FrameTime(sec.Link, fullLen), weigh: w, stream: env.Stream,
		dec: Decoder{Checksum: cfg.Checksum}, beat: wim.Cadence{Nominal: nominal},
	}, nil
}

// Feed implements devices.Session.
func (s *Session) Feed(now time.Time, p []byte, out *devices.Out) {
	s.begin(now)
	s.arrived = now
	s.dec.Feed(p, s.take, s.fail(out))
	s.hand(now, out)
}

func (s *Session) begin(now time.Time) {
	if s.opened.IsZero() {
		s.opened, s.heard, s.arrived = now, now, now
	}
}

func (s *Session) fail(out *devices.Out) func(int64, error, []byte) {
	return func(offset int64, err error, raw []byte) { out.Err(proto, offset, err.Error(), raw) }
}

// take keeps a frame. Weights out of range are none; net frames give gross with the tare
// that they carry.
func (s *Session) take(f *Frame) {
	t := taken{indicated: f.Weight}
	t.n = copy(t.raw[:], f.Raw)
	t.x = wim.Sample{
		Raw: f.Gross(), Motion: f.Motion, Stable: !f.Motion && !f.Range, Net: f.Net,
		Overload: f.Range && !f.Negative, Underload: f.Range && f.Negative, Fault: f.PowerUp,
	}
	s.batch = append(s.batch, t)
}

// hand gives the frames of one read their times and hands them on.
func (s *Session) hand(now time.Time, out *devices.Out) {
	for i := range s.batch {
		t := &s.batch[i]
		t.x.At = s.beat.Stamp(now, len(s.batch)-1-i).Add(-s.frame)
		s.weigh.Add(t.x, t.indicated, t.raw[:t.n], out)
	}
	if len(s.batch) == 0 {
		return
	}
	s.batch, s.heard = s.batch[:0], now
	if s.silent {
		s.silent = false
		out.Emit(now, nil, &obs.Health{State: obs.Online})
	}
}

// Tick implements devices.Session.
func (s *Session) Tick(now time.Time, out *devices.Out) {
	s.begin(now)
	if s.dec.Pending() && !now.Before(s.arrived.Add(flushAfter)) {
		s.dec.Flush(s.take, s.fail(out))
		s.hand(s.arrived, out)
	}
	s.weigh.Tick(now, out)
	if s.stream || s.cfg.Silence == 0 {
		return
	}
	quiet := now.Sub(s.heard)
	if quiet >= s.cfg.Silence && !s.silent {
		s.silent = true
		out.Emit(now, nil, &obs.Health{State: obs.Degraded, Reason: fmt.Sprintf("no weight for %s", s.cfg.Silence)})
	}
	if quiet >= 5*s.cfg.Silence {
		out.Fail = fmt.Errorf("mt-continuous: no weight for %s", quiet.Round(time.Millisecond))
	}
}

// Deadline implements devices.Session.
func (s *Session) Deadline() (at time.Time, ok bool) {
	at, ok = s.weigh.Deadline()
	earlier := func(t time.Time) {
		if !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	if s.dec.Pending() {
		earlier(s.arrived.Add(flushAfter))
	}
	switch {
	case s.stream || s.cfg.Silence == 0 || s.opened.IsZero():
	case s.silent:
		earlier(s.heard.Add(5 * s.cfg.Silence))
	default:
		earlier(s.heard.Add(s.cfg.Silence))
	}
	return at, ok
}

// End ends the vehicle on the scale: something that sees more than the platform says so.
func (s *Session) End(now time.Time, out *devices.Out) { s.weigh.End(now, out) }

// Finish implements devices.Finisher.
func (s *Session) Finish(now time.Time, out *devices.Out) {
	s.dec.Flush(s.take, s.fail(out))
	s.hand(now, out)
	s.weigh.End(now, out)
}
