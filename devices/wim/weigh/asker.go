package weigh

import (
	"time"

	"acsgd/devices"
)

// Asker is the session of an indicator that answers requests and says nothing by itself: a
// Listener that asks at equal distances, whether or not the last request was answered. The
// distance must leave time for the answer. A recording is asked nothing.
type Asker struct {
	*Listener
	open, request string
	every         time.Duration
	next          time.Time // when the next request is due
}

var (
	_ devices.Session  = (*Asker)(nil)
	_ devices.Finisher = (*Asker)(nil)
)

// Asking makes a Listener ask: open once a connection, then request again and again.
func Asking(l *Listener, open, request string, every time.Duration) *Asker {
	return &Asker{Listener: l, open: open, request: request, every: every}
}

// Tick implements devices.Session.
func (s *Asker) Tick(now time.Time, out *devices.Out) {
	s.Listener.Tick(now, out)
	if s.stream || out.Fail != nil || now.Before(s.next) {
		return
	}
	if s.next.IsZero() && s.open != "" {
		out.Send = append(out.Send, s.open...)
	} else {
		out.Send = append(out.Send, s.request...)
	}
	s.next = now.Add(s.every)
}

// Deadline implements devices.Session.
func (s *Asker) Deadline() (at time.Time, ok bool) {
	at, ok = s.Listener.Deadline()
	if !s.stream && !s.next.IsZero() && (!ok || s.next.Before(at)) {
		return s.next, true
	}
	return at, ok
}
