package frigate

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/internal/obs"
)

// Proto is the name of this protocol in decode errors.
const Proto = "frigate"

// Handler makes readings of Frigate's messages. It remembers which text each vehicle was
// last given, so that the many updates of one vehicle give one reading a text.
type Handler struct {
	cfg   Config
	keep  func(mediaType string, p []byte) (obs.Blob, error) // nil: pictures are passed over
	known [remembered]vehicle                                // a ring, the newest at next-1
	next  int

	picture   []byte // the camera's last snapshot
	mediaType string
	taken     time.Time // when it came
}

type vehicle struct {
	id, text string
	pictured bool // a reading of it has a picture
}

// remembered is how many vehicles a Handler knows: more than stand before all cameras.
const remembered = 64

// NewHandler makes a Handler that passes pictures over.
func NewHandler(cfg Config) *Handler { return &Handler{cfg: cfg} }

// withPictures has the snapshots of the camera kept.
func (h *Handler) withPictures(env devices.Env) *Handler {
	h.keep = env.Keep
	return h
}

const (
	// maxSnapshot is the largest picture that is taken.
	maxSnapshot = 8 << 20
	// snapshotLife is how old a snapshot may be to show the vehicle of a reading.
	snapshotLife = 10 * time.Second
)

// snapshot remembers a picture of topic PREFIX/CAMERA/OBJECT/snapshot. Frigate does not say
// which vehicle it shows: it is the camera's best of that kind of object at the moment, so
// it is taken of one named camera only, and stored when a reading comes.
func (h *Handler) snapshot(now time.Time, topic string, payload []byte, out *devices.Out) {
	parts := strings.Split(topic, "/")
	n := len(parts)
	if h.keep == nil || n < 4 || parts[n-1] != "snapshot" || h.cfg.Camera == "" || parts[n-3] != h.cfg.Camera || !isVehicle(parts[n-2]) {
		return
	}
	out.Frames++
	if len(payload) > maxSnapshot {
		out.Err(Proto, 0, fmt.Sprintf("snapshot of %d bytes is larger than %d", len(payload), maxSnapshot), nil)
		return
	}
	pic, err := anpr.CheckPicture(payload)
	if err != nil {
		out.Err(Proto, 0, "snapshot: "+err.Error(), payload)
		return
	}
	h.picture, h.mediaType, h.taken = append(h.picture[:0], payload...), pic.MediaType, now
}

// show puts the camera's last snapshot beside a reading; false if there is none that may
// show the vehicle.
func (h *Handler) show(now time.Time, o *obs.Observation, p *obs.Plate, out *devices.Out) bool {
	if len(h.picture) == 0 || now.Sub(h.taken) > snapshotLife {
		return false
	}
	b, err := h.keep(h.mediaType, h.picture)
	if err != nil {
		out.Err(Proto, 0, fmt.Sprintf("keep snapshot of %d bytes: %v", len(h.picture), err), nil)
		return false
	}
	b.Role = "overview"
	o.Blobs, p.Images = []obs.Blob{b}, []string{b.SHA256}
	return true
}

// Message takes one MQTT message. Messages of topics and types that say nothing about
// plates are signs of life only.
func (h *Handler) Message(now time.Time, topic string, payload []byte, out *devices.Out) {
	if strings.HasSuffix(topic, "/snapshot") {
		h.snapshot(now, topic, payload, out)
		return
	}
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
	if !ok || h.cfg.Camera != "" && r.Camera != h.cfg.Camera || !h.news(now, &r) {
		out.Frames++
		return
	}
	p := r.Plate
	p.Role = obs.PlateRole(h.cfg.Role)
	out.Emit(now, payload, &p)
	o := &out.Obs[len(out.Obs)-1]
	if h.show(now, o, &p, out) {
		h.pictured(p.EventID)
	}
	if !r.At.IsZero() {
		o.Stamp.At, o.Stamp.Err, o.Stamp.Origin = r.At, frameTime, obs.Device
	}
}

// frameTime is how well Frigate knows the time of a frame: a picture period and the delay
// of the video stream.
const frameTime = 200 * time.Millisecond

// news reports whether r says what was not said before: a text that differs from the
// vehicle's last one, that a vehicle has left without its plate being read, or that one has
// left of which there is a picture now and was none before.
func (h *Handler) news(now time.Time, r *Reading) bool {
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
		h.known[h.next] = vehicle{id: id, text: text}
		h.next = (h.next + 1) % remembered
		return true
	case text == "":
		return false
	case text == h.known[at].text:
		return r.Ended && !h.known[at].pictured && len(h.picture) > 0 && now.Sub(h.taken) <= snapshotLife
	}
	h.known[at].text = text
	return true
}

func (h *Handler) pictured(id string) {
	for i := range h.known {
		if h.known[i].id == id {
			h.known[i].pictured = true
		}
	}
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
