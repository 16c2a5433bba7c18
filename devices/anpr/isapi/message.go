package isapi

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/push"
	"acsgd/internal/obs"
)

// message collects what one push says: an event, pictures before or after it.
type message struct {
	cfg    *Config
	cam    *camera // nil in a recording
	follow bool    // pictures come after their document only, as in a stream
	env    *devices.Env
	out    *devices.Out
	now    time.Time
	event  *Event
	came   time.Time // when the event came
	at     int64     // offset of the event
	raw    []byte
	blobs  []obs.Blob
	count  int
	hold   devices.Out // readings of this message, until it has ended
	unkept bool        // evidence could not be stored
	alive  bool        // something that a camera says was understood
	before *Event      // the event that was finished last, where pictures follow
	told   time.Time   // when

	beforeRaw   []byte // its document
	beforeBlobs []obs.Blob
	beforeCame  time.Time
}

// TakePart implements push.PartSink.
func (m *message) TakePart(p push.Part, content []byte) {
	switch {
	case len(content) == 0: // announced, but not taken
	case looksXML(content) || strings.HasSuffix(p.Media, "/xml"):
		m.takeXML(content, m.at)
	case looksJSON(content) || strings.HasSuffix(p.Media, "/json"):
		m.takeJSON(content, m.at)
	default:
		m.takePicture(p, content)
	}
}

// PartFault implements push.PartSink.
func (m *message) PartFault(offset int64, reason string) {
	m.out.Err(Proto, offset, reason, nil)
}

func looksXML(p []byte) bool {
	p = bytes.TrimLeft(bytes.TrimPrefix(p, bom), " \t\r\n")
	return len(p) > 0 && p[0] == '<'
}

var bom = []byte("\xef\xbb\xbf")

// takeXML reads the documents of an XML body; several may stand back to back.
func (m *message) takeXML(p []byte, offset int64) {
	for len(bytes.TrimSpace(p)) > 0 {
		e, n, err := ParseEvent(p)
		if err == nil && n == 0 {
			err = fmt.Errorf("document is cut off")
			n = len(p)
		}
		if err != nil {
			m.out.Err(Proto, offset+int64(n), err.Error(), p)
			return
		}
		m.take(e, p[:n], offset)
		p = p[n:]
		offset += int64(n)
	}
}

// takeJSON reads a JSON body.
func (m *message) takeJSON(p []byte, offset int64) {
	if len(p) > maxBare {
		m.out.Err(Proto, offset, "JSON body is larger than is taken", p)
		return
	}
	e, err := ParseJSON(p)
	if err != nil {
		m.out.Err(Proto, offset, err.Error(), p)
		return
	}
	m.take(e, p, offset)
}

// take begins the reading of an event; what stands for itself is told at once.
func (m *message) take(e *Event, doc []byte, offset int64) {
	m.alive = true
	if !e.Reading() {
		if m.cam != nil {
			m.cam.heard(m.now, e, nil, m.out)
		}
		return
	}
	m.finish()
	m.event, m.at, m.came = e, offset, m.now
	m.raw = append(m.raw[:0], bytes.TrimSpace(doc)...)
	if m.follow && e.MoreData {
		m.finish() // the pictures come with a later event of the same UUID
	}
}

// takePicture checks and stores one picture.
func (m *message) takePicture(p push.Part, content []byte) {
	pic, err := anpr.CheckPicture(content)
	if err != nil {
		m.out.Err(Proto, m.at, fmt.Sprintf("part %q: %v", p.Label(), err), content)
		return
	}
	if m.follow && m.event == nil {
		// Its event was finished without it: the event is told again, with it.
		if m.before == nil || m.now.Sub(m.told) > same {
			m.out.Err(Proto, m.at, fmt.Sprintf("part %q: picture without an event", p.Label()), nil)
			return
		}
		m.event, m.came, m.raw = m.before, m.beforeCame, append(m.raw[:0], m.beforeRaw...)
		m.blobs, m.count = m.beforeBlobs, len(m.beforeBlobs)
	}
	if m.count++; m.count > maxPictures {
		m.out.Err(Proto, m.at, fmt.Sprintf("part %q: more than %d pictures", p.Label(), maxPictures), nil)
		return
	}
	m.keep(pic.MediaType, content, p.Label())
}

const maxPictures = 16

func (m *message) keep(mediaType string, p []byte, role string) {
	b, err := m.env.Keep(mediaType, p)
	if err != nil {
		m.unkept = true
		m.out.Err(Proto, m.at, fmt.Sprintf("keep %s of %d bytes: %v", role, len(p), err), nil)
		return
	}
	b.Role = role // the picture's own name until the event is known
	m.blobs = append(m.blobs, b)
}

// release emits the readings of the message.
func (m *message) release() {
	m.out.Obs = append(m.out.Obs, m.hold.Obs...)
	m.hold.Reset()
}

// finish makes the readings of the event with its pictures.
func (m *message) finish() {
	e := m.event
	if e == nil {
		return
	}
	plates := e.plates(obs.PlateRole(m.cfg.Role))
	if m.cam != nil {
		m.cam.heard(m.now, e, plates, &m.hold)
	}
	if m.follow {
		m.before, m.beforeCame, m.told = e, m.came, m.now
		m.beforeRaw, m.beforeBlobs = append(m.beforeRaw[:0], m.raw...), m.blobs
	}
	if len(m.raw) > obs.MaxRaw {
		media := "application/xml"
		if looksJSON(m.raw) {
			media = "application/json"
		}
		m.keep(media, m.raw, "event")
	}
	blobs := make([]obs.Blob, 0, len(m.blobs))
	var images []string
	for pass := range 2 { // the plate's own picture first
		for _, b := range m.blobs {
			if b.Role != "event" {
				b.Role = e.pictureRole(b.Role)
			}
			if (b.Role == "plate") != (pass == 0) {
				continue
			}
			blobs = append(blobs, b)
			if b.Role != "event" {
				images = append(images, b.SHA256)
			}
		}
	}
	for _, p := range plates {
		p.Images = images
		m.hold.Emit(m.came, m.raw, p)
		o := &m.hold.Obs[len(m.hold.Obs)-1]
		o.Blobs = blobs
		if e.HasAt {
			o.Stamp.At, o.Stamp.Err, o.Stamp.Origin = e.At, e.AtErr, obs.Device
			if e.Stored && m.cam != nil { // nobody can correct it by when it arrived
				o.Stamp.At = m.cam.clocks.Correct(e.Device, e.At)
			}
		}
	}
	m.event, m.raw, m.blobs, m.count = nil, m.raw[:0], nil, 0
}
