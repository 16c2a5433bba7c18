package isapi

import (
	"bytes"

	"acsgd/devices"
	"acsgd/devices/pull"
	"acsgd/devices/push"
	"acsgd/internal/obs"
)

// answer is what a recording of a camera's answers begins with.
const answer = "HTTP/1."

// replayed takes the answers of a recording, which nobody has asked for.
type replayed struct{ s *Session }

var _ pull.Taker = replayed{}

// answerBytes takes bytes of answers.
func (s *Session) answerBytes(p []byte, out *devices.Out) int {
	n := s.client.Feed(s.heard, p, out)
	s.base += int64(n)
	s.tick = s.msg.event != nil
	s.msg.release()
	if out.Fail != nil { // told as an error: a recording is read on
		out.Fail = nil
		s.msg.finish()
		s.msg.release()
		s.state, s.tick, s.msg.follow, s.client = lost, false, false, nil
	}
	return n
}

// Head implements pull.Taker.
func (r replayed) Head(*pull.Response) { r.s.msg.alive = true }

// TakePart implements push.PartSink.
func (r replayed) TakePart(p push.Part, content []byte) {
	m := &r.s.msg
	m.TakePart(p, content)
	if e := m.event; e != nil && e.Pictures > 0 && m.count >= e.Pictures {
		m.finish()
	}
}

// PartFault implements push.PartSink.
func (r replayed) PartFault(offset int64, reason string) { r.s.msg.PartFault(offset, reason) }

// Body implements pull.Taker.
func (r replayed) Body(p []byte) {
	m := &r.s.msg
	switch list, err := ParsePlates(p); {
	case err == nil:
		for i := range list {
			m.hold.Emit(m.now, p, list[i].plate(obs.PlateRole(m.cfg.Role)))
			if at, ok := captureTime(list[i].Captured, nil); ok {
				o := &m.hold.Obs[len(m.hold.Obs)-1]
				o.Stamp.At, o.Stamp.Err, o.Stamp.Origin = at, fetchedErr, obs.Device
			}
		}
	case bytes.Contains(p, []byte("EventNotificationAlert")) || looksJSON(p):
		m.TakePart(push.Part{}, p)
	}
}

// End implements pull.Taker.
func (r replayed) End() { r.s.msg.finish() }
