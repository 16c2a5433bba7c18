package stgs

import (
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// storeWait is how long the alibi memory may take to answer.
const storeWait = 2 * time.Second

// alibi asks the indicator to keep every weighing at rest in its alibi memory, and holds the
// weighing back until it has its id. A weighing that could not be stored goes on without one:
// it is true all the same, and the lack is reported.
type alibi struct {
	session
	dec      *decoder
	request  string
	division quant.Mass

	held  *obs.Observation
	asked time.Time
}

// Feed implements devices.Session.
func (s *alibi) Feed(now time.Time, p []byte, out *devices.Out) {
	s.around(now, out, func() { s.session.Feed(now, p, out) })
}

// Tick implements devices.Session.
func (s *alibi) Tick(now time.Time, out *devices.Out) {
	s.around(now, out, func() { s.session.Tick(now, out) })
}

// End ends the vehicle on the scale.
func (s *alibi) End(now time.Time, out *devices.Out) {
	s.around(now, out, func() { s.session.End(now, out) })
}

// Finish implements devices.Finisher.
func (s *alibi) Finish(now time.Time, out *devices.Out) {
	s.around(now, out, func() { s.session.Finish(now, out) })
	s.release(out)
}

// Deadline implements devices.Session.
func (s *alibi) Deadline() (at time.Time, ok bool) {
	at, ok = s.session.Deadline()
	if due := s.asked.Add(storeWait); s.held != nil && (!ok || due.Before(at)) {
		return due, true
	}
	return at, ok
}

// around does something with the session inside, then takes what it has brought.
func (s *alibi) around(now time.Time, out *devices.Out, do func()) {
	from := len(out.Obs)
	do()
	brought := len(out.Obs)
	for i := range s.dec.stored {
		s.answer(&s.dec.stored[i], out)
	}
	s.dec.stored = s.dec.stored[:0]
	if s.held != nil && !now.Before(s.asked.Add(storeWait)) {
		out.Err(proto, 0, fmt.Sprintf("alibi memory: no answer to PID within %s", storeWait), nil)
		s.release(out)
	}
	for i := from; i < brought; i++ {
		w, ok := out.Obs[i].Body.(*obs.Weighing)
		if !ok || w.Mode != obs.Static || !w.Stable || w.U == 0 {
			continue
		}
		o := out.Obs[i]
		out.Obs = append(out.Obs[:i], out.Obs[i+1:]...)
		i, brought = i-1, brought-1
		s.release(out) // an earlier one of the same vehicle, which had not stood whole, goes first
		s.held, s.asked = &o, now
		out.Send = append(out.Send, s.request...)
	}
	if out.Fail != nil {
		s.release(out)
	}
}

// answer takes an answer to PID.
func (s *alibi) answer(l *Line, out *devices.Out) {
	if s.held == nil {
		return // too late
	}
	w := s.held.Body.(*obs.Weighing)
	off := l.Weight - w.Mass
	switch {
	case l.Store == NotStored:
		out.Err(proto, 0, "alibi memory: the weight was not stored: it is negative or does not rest", nil)
	case max(off, -off) > 2*s.division:
		out.Err(proto, 0, fmt.Sprintf("alibi memory: %v is stored under %s, but %v was weighed: the id is not used", l.Weight, l.Alibi, w.Mass), nil)
	default:
		w.Alibi = l.Alibi
	}
	s.release(out)
}

// release hands the weighing on.
func (s *alibi) release(out *devices.Out) {
	if s.held != nil {
		out.Obs = append(out.Obs, *s.held)
		s.held = nil
	}
}
