package weigh

import (
	"fmt"
	"log/slog"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim"
	"acsgd/devices/wim/axle"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Stream turns samples into observations. It is not safe for concurrent use.
type Stream struct {
	set    Settings
	env    devices.Env
	w      *axle.Weigher
	out    axle.Out
	rate   wim.Rate
	slow   bool // reported: too few samples for rolling weighing
	static static
	groups groupScale
}

// New makes the stream of one connection.
func New(s Settings, env devices.Env) (*Stream, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	w, err := axle.New(s.Axle())
	if err != nil {
		return nil, err
	}
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	return &Stream{set: s, env: env, w: w, static: static{set: s, quiet: s.Mode == Whole}, groups: groupScale{set: s}}, nil
}

// Add takes a sample whose frame showed indicated (net where the sample says so); raw are
// the frame's bytes and are not kept.
func (s *Stream) Add(x wim.Sample, indicated quant.Mass, raw []byte, out *devices.Out) {
	out.Frames++
	switch {
	case s.env.Stream:
		b := &obs.Weighing{Mass: indicated, Raw: indicated, HasRaw: true, Stable: x.Stable, Mode: obs.Static, Flags: x.Flags(nil)}
		out.Emit(x.At, raw, b)
	case s.set.Mode == Static:
		s.static.add(x, out)
	case s.set.Mode == Groups:
		s.rate.Add(x.At)
		s.watch(x.At, out)
		s.groups.add(x, out)
	case s.set.Mode == Whole:
		s.static.add(x, out)
		s.groups.told = s.groups.told || s.static.given
		s.groups.add(x, out)
	default:
		s.rate.Add(x.At)
		s.watch(x.At, out)
		s.w.Feed(x, &s.out)
		s.emit(out)
	}
}

// Busy reports whether a vehicle is being weighed.
func (s *Stream) Busy() bool { return s.w.Busy() }

// Tick lets time pass.
func (s *Stream) Tick(now time.Time, out *devices.Out) {
	if s.env.Stream || s.set.Mode == Static {
		return
	}
	if s.set.Mode == Groups || s.set.Mode == Whole {
		s.groups.Tick(now, out)
		return
	}
	s.w.Tick(now, &s.out)
	s.emit(out)
}

// Deadline reports when Tick is next due.
func (s *Stream) Deadline() (at time.Time, ok bool) {
	if s.env.Stream || s.set.Mode == Static {
		return time.Time{}, false
	}
	if s.set.Mode == Groups || s.set.Mode == Whole {
		return s.groups.Deadline()
	}
	at, ok = s.w.Deadline()
	return at.Add(500 * time.Millisecond), ok
}

// End ends the vehicle on the scale: the lane knows that it has passed, or the connection
// has ended.
func (s *Stream) End(now time.Time, out *devices.Out) {
	if s.env.Stream {
		return
	}
	if s.set.Mode == Static {
		s.static.end(now, out)
		return
	}
	if s.set.Mode == Groups || s.set.Mode == Whole {
		s.groups.finish(now, out)
		return
	}
	s.w.End(&s.out)
	s.emit(out)
}

// watch reports a sample rate that is too low for rolling axles, once, and its end.
func (s *Stream) watch(at time.Time, out *devices.Out) {
	hz, ok := s.rate.Hz()
	need := s.w.RateMin()
	switch {
	case !ok:
	case !s.slow && hz < 0.97*need:
		s.slow = true
		out.Emit(at, nil, &obs.Health{State: obs.Degraded, Reason: fmt.Sprintf(
			"%.1f samples/s, rolling weighing needs %.0f: only axles that stop are weighed", hz, need)})
	case s.slow && hz >= need:
		s.slow = false
		out.Emit(at, nil, &obs.Health{State: obs.Online})
	}
}

// emit hands over what the weigher found.
func (s *Stream) emit(out *devices.Out) {
	for i := range s.out.Axles {
		b := s.out.Axles[i].Weighing()
		out.Emit(b.TOff, nil, b)
	}
	for i := range s.out.Vehicles {
		s.vehicle(&s.out.Vehicles[i], out)
	}
	s.out.Reset()
}

// vehicle emits a whole vehicle with its trace as evidence. Without the evidence the
// weighing stands all the same: the loss is logged.
func (s *Stream) vehicle(v *axle.Vehicle, out *devices.Out) {
	b := v.Weighing()
	var raw []byte
	if s.env.Raw {
		raw = v.Trace
	}
	out.Emit(b.TOff, raw, b)
	if s.env.Keep == nil {
		return
	}
	blob, err := s.env.Keep(axle.TraceType, v.Trace)
	if err != nil {
		s.env.Log.Warn("weighing trace not kept", "dev", s.env.Name, "err", err)
		return
	}
	blob.Role = "trace"
	o := &out.Obs[len(out.Obs)-1]
	o.Blobs = append(o.Blobs, blob)
}
