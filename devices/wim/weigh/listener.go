package weigh

import (
	"errors"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Reading is one frame of an indicator, decoded. Its time is the Listener's to give.
type Reading struct {
	wim.Sample
	Indicated quant.Mass // what the display shows: net where the sample says so
	Steadied  bool       // the protocol has no word for stability: it is derived
	Raw       []byte     // the frame's bytes, valid during the call
}

// Decoder splits the bytes of one connection into readings. What it cannot understand it
// tells with the offset at which it begins, the reason and its bytes, and goes on behind it.
type Decoder interface {
	Feed(p []byte, take func(*Reading), fail func(offset int64, err error, raw []byte))
	// Pending reports whether what has come may be a whole frame, which only the next byte
	// would tell; Flush takes it as one, because nothing came after it.
	Pending() bool
	Flush(take func(*Reading), fail func(offset int64, err error, raw []byte))
}

// Listening are the settings of an indicator that sends by itself; embed them beside
// Settings.
type Listening struct {
	Period  time.Duration `toml:"period"`  // between frames; 0: as fast as the line goes, then measured
	Silence time.Duration `toml:"silence"` // without a frame before the instrument is degraded; 0: not watched
}

// Validate reports all that is wrong with l.
func (l Listening) Validate() error {
	var errs []error
	if l.Period < 0 || l.Period > 5*time.Second {
		errs = append(errs, fmt.Errorf("period %s: want 0 to 5 s", l.Period))
	}
	if l.Silence < 0 || l.Silence > 0 && l.Silence < 200*time.Millisecond {
		errs = append(errs, fmt.Errorf("silence %s: want 0, or at least 200 ms", l.Silence))
	}
	return errors.Join(errs...)
}

// ListeningManual describes these settings, for the drivers' manuals.
const ListeningManual = `  period           "0s"      time between frames, if known; 0 starts from the line's limit and
                             measures
  silence          "2s"      without a frame before the instrument is degraded; after five
                             times as long the link is made anew; "0s" switches the watch off
`

// flushAfter is how long a frame waits for the byte that would tell where it ends.
const flushAfter = 50 * time.Millisecond

// Listener is the session of an indicator that sends by itself: it gives the frames their
// times, watches that they come, and hands them to a Stream. It only listens, unless Ask
// gives it a request.
type Listener struct {
	proto  string
	dec    Decoder
	set    Listening
	perB   time.Duration // time of a byte on the line
	weigh  *Stream
	beat   wim.Cadence
	steady wim.Steady
	stream bool
	ask    string  // what makes the indicator send; "" where it does by itself
	batch  []taken // frames of one read
	bytes  []byte  // theirs

	opened  time.Time
	arrived time.Time // of the last bytes
	heard   time.Time // last good frame
	asked   time.Time // last request
	silent  bool
}

// taken is what is kept of a frame until all frames of its read are known.
type taken struct {
	r        Reading
	from, to int // in Listener.bytes
}

var (
	_ devices.Session  = (*Listener)(nil)
	_ devices.Finisher = (*Listener)(nil)
)

// Listen makes the session of one connection. proto names the protocol in errors, frame is
// the length of its usual frame in bytes.
func Listen(proto string, dec Decoder, frame int, set Settings, l Listening, sec devices.Section, env devices.Env) (*Listener, error) {
	w, err := New(set, env)
	if err != nil {
		return nil, err
	}
	nominal := wim.FrameTime(sec.Link, frame)
	if l.Period > 0 {
		nominal = l.Period
	} else if nominal == 0 {
		nominal = 20 * time.Millisecond
	}
	return &Listener{
		proto: proto, dec: dec, set: l, perB: wim.FrameTime(sec.Link, 1), weigh: w, stream: env.Stream,
		beat: wim.Cadence{Nominal: nominal}, steady: wim.Steady{Division: set.Division},
	}, nil
}

// Ask makes the session send a request when the connection opens and, where the silence is
// watched, again after each silence: for indicators that stream only when they are told to.
// A recording is asked nothing.
func (s *Listener) Ask(request string) { s.ask = request }

// Feed implements devices.Session.
func (s *Listener) Feed(now time.Time, p []byte, out *devices.Out) {
	s.begin(now, out)
	s.arrived = now
	s.dec.Feed(p, s.take, s.fail(out))
	s.hand(now, out)
}

func (s *Listener) begin(now time.Time, out *devices.Out) {
	if s.opened.IsZero() {
		s.opened, s.heard, s.arrived = now, now, now
		s.request(now, out)
	}
}

func (s *Listener) request(now time.Time, out *devices.Out) {
	if s.asks() {
		out.Send = append(out.Send, s.ask...)
		s.asked = now
	}
}

func (s *Listener) asks() bool { return s.ask != "" && !s.stream }

func (s *Listener) fail(out *devices.Out) func(int64, error, []byte) {
	return func(offset int64, err error, raw []byte) { out.Err(s.proto, offset, err.Error(), raw) }
}

// take keeps a reading.
func (s *Listener) take(r *Reading) {
	from := len(s.bytes)
	s.bytes = append(s.bytes, r.Raw...)
	s.batch = append(s.batch, taken{*r, from, len(s.bytes)})
}

// hand gives the frames of one read their times and hands them on.
func (s *Listener) hand(now time.Time, out *devices.Out) {
	heard := false
	for i := range s.batch {
		t := &s.batch[i]
		x := &t.r.Sample
		heard = heard || !s.asks() || !x.Fault // a request that is refused starts no stream
		x.At = s.beat.Stamp(now, len(s.batch)-1-i).Add(-time.Duration(t.to-t.from) * s.perB)
		if t.r.Steadied {
			s.settle(x)
		}
		s.weigh.Add(*x, t.r.Indicated, s.bytes[t.from:t.to], out)
	}
	s.batch, s.bytes = s.batch[:0], s.bytes[:0]
	if !heard {
		return
	}
	s.heard = now
	if s.silent {
		s.silent = false
		out.Emit(now, nil, &obs.Health{State: obs.Online})
	}
}

// settle derives the stability that the protocol does not tell.
func (s *Listener) settle(x *wim.Sample) {
	if !x.Valid() {
		s.steady.Reset()
		x.Stable = false
		return
	}
	x.Stable = s.steady.Add(x.At, x.Raw)
}

// Tick implements devices.Session.
func (s *Listener) Tick(now time.Time, out *devices.Out) {
	s.begin(now, out)
	if s.dec.Pending() && !now.Before(s.arrived.Add(flushAfter)) {
		s.dec.Flush(s.take, s.fail(out))
		s.hand(s.arrived, out)
	}
	s.weigh.Tick(now, out)
	if s.stream || s.set.Silence == 0 {
		return
	}
	quiet := now.Sub(s.heard)
	if quiet >= s.set.Silence && !s.silent {
		s.silent = true
		out.Emit(now, nil, &obs.Health{State: obs.Degraded, Reason: fmt.Sprintf("no weight for %s", s.set.Silence)})
	}
	if quiet >= 5*s.set.Silence {
		out.Fail = fmt.Errorf("%s: no weight for %s", s.proto, quiet.Round(time.Millisecond))
		return
	}
	if s.silent && !now.Before(s.asked.Add(s.set.Silence)) {
		s.request(now, out)
	}
}

// Deadline implements devices.Session.
func (s *Listener) Deadline() (at time.Time, ok bool) {
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
	case s.stream || s.set.Silence == 0 || s.opened.IsZero():
	case s.silent:
		earlier(s.heard.Add(5 * s.set.Silence))
		if s.asks() {
			earlier(s.asked.Add(s.set.Silence))
		}
	default:
		earlier(s.heard.Add(s.set.Silence))
	}
	return at, ok
}

// End ends the vehicle on the scale: something that sees more than the platform says so.
func (s *Listener) End(now time.Time, out *devices.Out) { s.weigh.End(now, out) }

// Busy reports whether a vehicle is being weighed.
func (s *Listener) Busy() bool { return s.weigh.Busy() }

// Finish implements devices.Finisher.
func (s *Listener) Finish(now time.Time, out *devices.Out) {
	s.dec.Flush(s.take, s.fail(out))
	s.hand(now, out)
	s.weigh.End(now, out)
}
