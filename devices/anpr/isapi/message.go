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
	env    *devices.Env
	out    *devices.Out
	now    time.Time
	event  *Event
	at     int64 // offset of the event
	raw    []byte
	blobs  []obs.Blob
	count  int
	hold   devices.Out // readings of this message, until it has ended
	unkept bool        // evidence could not be stored
	alive  bool        // something that a camera says was understood
}

// TakePart implements push.PartSink.
func (m *message) TakePart(p push.Part, content []byte) {
	switch {
	case len(content) == 0: // announced, but not taken
	case looksXML(content) || strings.HasSuffix(p.Media, "/xml"):
		m.takeXML(content, m.at)
	case strings.HasSuffix(p.Media, "/json"):
		m.alive = true // events other than plates; they have no number here
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
		m.alive = true
		if e.Reading() {
			m.finish()
			m.event, m.at = e, offset
			m.raw = append(m.raw[:0], bytes.TrimSpace(p[:n])...)
		}
		p = p[n:]
		offset += int64(n)
	}
}

// takePicture checks and stores one picture.
func (m *message) takePicture(p push.Part, content []byte) {
	pic, err := anpr.CheckPicture(content)
	if err != nil {
		m.out.Err(Proto, m.at, fmt.Sprintf("part %q: %v", p.Label(), err), content)
		return
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
	if len(m.raw) > obs.MaxRaw {
		m.keep("application/xml", m.raw, "event")
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
		m.hold.Emit(m.now, m.raw, p)
		o := &m.hold.Obs[len(m.hold.Obs)-1]
		o.Blobs = blobs
		if e.HasAt {
			o.Stamp.At, o.Stamp.Err, o.Stamp.Origin = e.At, e.AtErr, obs.Device
		}
	}
	m.event, m.raw, m.blobs, m.count = nil, m.raw[:0], nil, 0
}
