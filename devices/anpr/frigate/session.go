package frigate

import (
	"bytes"
	"time"

	"acsgd/devices"
	"acsgd/internal/obs"
)

// Proto is the name of this protocol in decode errors.
const Proto = "frigate"

// Handler makes readings of Frigate's messages. It remembers which text each vehicle was
// last given, so that the many updates of one vehicle give one reading a text.
type Handler struct {
	cfg   Config
	known [remembered]vehicle // a ring, the newest at next-1
	next  int
}

type vehicle struct{ id, text string }

// remembered is how many vehicles a Handler knows: more than stand before all cameras.
const remembered = 64

// NewHandler makes a Handler.
func NewHandler(cfg Config) *Handler { return &Handler{cfg: cfg} }

// Message takes one MQTT message. Messages of topics and types that say nothing about
// plates are signs of life only.
func (h *Handler) Message(now time.Time, topic string, payload []byte, out *devices.Out) {
	h.message(now, 0, payload, out)
}

func (h *Handler) message(now time.Time, offset int64, payload []byte, out *devices.Out) {
	if len(payload) == 0 || payload[0] != '{' {
		return // a picture, a number or a state: other topics of the same tree
	}
	r, ok, err := Parse(payload)
	if err != nil {
		out.Err(Proto, offset, err.Error(), payload)
		return
	}
	if !ok || h.cfg.Camera != "" && r.Camera != h.cfg.Camera || !h.news(&r) {
		out.Frames++
		return
	}
	p := r.Plate
	p.Role = obs.PlateRole(h.cfg.Role)
	out.Emit(now, payload, &p)
	if !r.At.IsZero() {
		o := &out.Obs[len(out.Obs)-1]
		o.Stamp.At, o.Stamp.Err, o.Stamp.Origin = r.At, frameTime, obs.Device
	}
}

// frameTime is how well Frigate knows the time of a frame: a picture period and the delay
// of the video stream.
const frameTime = 200 * time.Millisecond

// news reports whether r says what was not said before: a text that differs from the
// vehicle's last one, or that a vehicle has left without its plate being read.
func (h *Handler) news(r *Reading) bool {
	id, text := r.Plate.EventID, r.Plate.Text
	at := -1
	for i := range h.known {
		if h.known[i].id == id && id != "" {
			at = i
		}
	}
	switch {
	case at < 0 && text == "" && !(r.Ended && r.Vehicle):
		return false
	case at < 0:
		h.known[h.next] = vehicle{id, text}
		h.next = (h.next + 1) % remembered
		return true
	case text == "" || text == h.known[at].text:
		return false
	}
	h.known[at].text = text
	return true
}

// Session reads messages as lines, one JSON document each: what "mosquitto_sub" records.
type Session struct {
	h    *Handler
	buf  []byte
	base int64
	long bool
}

// maxLine is the longest message.
const maxLine = 256 << 10

// Feed implements devices.Session.
func (s *Session) Feed(now time.Time, p []byte, out *devices.Out) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		line := p
		if i >= 0 {
			line = p[:i]
		}
		room := max(0, maxLine-len(s.buf))
		if len(line) > room && !s.long {
			out.Err(Proto, s.base, "line is longer than a message may be", s.buf)
			s.long = true
		}
		if s.long {
			s.base += int64(len(line))
		} else {
			s.buf = append(s.buf, line...)
		}
		if i < 0 {
			return
		}
		s.end(now, out)
		s.base++
		p = p[i+1:]
	}
}

// end takes the line in buf.
func (s *Session) end(now time.Time, out *devices.Out) {
	line := bytes.TrimSpace(s.buf)
	if !s.long && len(line) > 0 {
		if line[0] != '{' {
			out.Err(Proto, s.base, "line is not a JSON object", line)
		} else {
			s.h.message(now, s.base, line, out)
		}
	}
	s.base += int64(len(s.buf))
	s.buf, s.long = s.buf[:0], false
}

// Finish implements devices.Finisher: the last line may have no end.
func (s *Session) Finish(now time.Time, out *devices.Out) { s.end(now, out) }

// Tick implements devices.Session.
func (s *Session) Tick(time.Time, *devices.Out) {}

// Deadline implements devices.Session.
func (s *Session) Deadline() (time.Time, bool) { return time.Time{}, false }
