package dahua

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/internal/obs"
)

// camera makes readings of what one camera says, in whatever way.
type camera struct {
	cfg *Config
	env devices.Env
}

func newCamera(cfg *Config, env devices.Env) *camera {
	if env.Keep == nil {
		env.Keep = func(mediaType string, p []byte) (obs.Blob, error) { return obs.BlobOf(mediaType, p), nil }
	}
	return &camera{cfg, env}
}

var errNoVehicle = errors.New("nothing about a vehicle in the message")

// document takes a JSON document of any kind that stood at offset. kept is false where
// evidence could not be stored: the camera is to send it again.
func (c *camera) document(now time.Time, offset int64, p []byte, out *devices.Out) (kept bool, err error) {
	f, damage := parseJSON(p)
	var events []event
	e, ok := tollgate(f, c.cfg)
	switch list := f.parts("params.eventList"); {
	case ok:
		return c.tollgate(now, offset, p, f, e, damage, out), nil
	case len(list) > 0:
		for _, l := range list {
			data := l.under("Data")
			if data["Code"] == "" {
				data["Code"], data["Action"] = l["Code"], l["Action"]
			}
			events = append(events, junction(data, c.cfg))
		}
	case len(f.under("TrafficCar")) > 0:
		events = append(events, junction(f, c.cfg))
	case damage != nil:
		return true, damage
	default:
		return true, errNoVehicle
	}
	if damage != nil {
		out.Err(Proto, offset, damage.Error(), p)
	}
	m := message{c: c, now: now, offset: offset, raw: p, out: out}
	for i := range events {
		if c.wanted(&events[i]) {
			m.emit(&events[i])
		}
	}
	out.Frames = max(out.Frames, 1)
	return !m.unkept, nil
}

// tollgate takes an ITSAPI message. What is wrong with a picture, or behind the place where
// the document is damaged, costs no more than that: the text goes on.
func (c *camera) tollgate(now time.Time, offset int64, p []byte, f fields, e event, damage error, out *devices.Out) (kept bool) {
	out.Frames = max(out.Frames, 1)
	if !c.wanted(&e) {
		return true
	}
	m := message{c: c, now: now, offset: offset, raw: withoutPictures(p), out: out}
	sum := sha256.Sum256(p)
	e.body = hex.EncodeToString(sum[:16])
	for _, pic := range []struct{ name, role string }{{"CutoutPic", "plate"}, {"VehiclePic", "vehicle"}, {"NormalPic", "overview"}} {
		content, err := c.decode(f["Picture."+pic.name+".Content"])
		if err != nil {
			out.Err(Proto, offset, pic.name+": "+err.Error(), nil)
		}
		if len(content) > 0 {
			m.picture(pic.name, pic.role, content)
		}
	}
	if damage != nil {
		out.Err(Proto, offset, damage.Error(), p)
		m.keep("application/json", p, "event")
	}
	m.emit(&e)
	return !m.unkept
}

// wanted reports whether an event is one that is taken.
func (c *camera) wanted(e *event) bool {
	if c.cfg.Lane != 0 && e.hasLane && e.lane != c.cfg.Lane {
		return false
	}
	return (e.code == "" || e.code == c.cfg.Event) && !strings.EqualFold(e.action, "stop")
}

// decode gives the bytes of a picture in base64.
func (c *camera) decode(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	if _, rest, ok := strings.Cut(text, ";base64,"); ok && strings.HasPrefix(text, "data:") {
		text = rest
	}
	if n := base64.StdEncoding.DecodedLen(len(text)); n > c.cfg.MaxPicture+2 {
		return nil, fmt.Errorf("picture of %d bytes, %d are taken", n, c.cfg.MaxPicture)
	}
	p, err := base64.StdEncoding.DecodeString(text)
	if at, ok := errors.AsType[base64.CorruptInputError](err); ok {
		return nil, fmt.Errorf("base64 is damaged at character %d of %d", int64(at), len(text))
	}
	return p, err
}

// longString is more than any text of a message has; what is longer is a picture.
const longString = 1024

// withoutPictures gives a JSON document with nothing between the quotes of long strings:
// the pictures are evidence of their own.
func withoutPictures(p []byte) []byte {
	var out []byte
	from, open := 0, -1
	for i := 0; i < len(p); i++ {
		switch {
		case open < 0 && p[i] == '"':
			open = i
		case open >= 0 && p[i] == '\\':
			i++
		case open >= 0 && p[i] == '"':
			if i-open > longString {
				out = append(out, p[from:open+1]...)
				from = i
			}
			open = -1
		}
	}
	if open >= 0 && len(p)-open > longString { // the document ends inside a picture
		return append(append(out, p[from:open+1]...), '"')
	}
	return append(out, p[from:]...)
}

// message is one message with its pictures on the way to readings.
type message struct {
	c      *camera
	now    time.Time
	offset int64
	raw    []byte
	out    *devices.Out
	blobs  []obs.Blob
	images []string
	unkept bool // evidence could not be stored
}

// mostPictures bounds the pictures of one vehicle.
const mostPictures = 16

// picture checks and stores one picture.
func (m *message) picture(name, role string, content []byte) {
	pic, err := anpr.CheckPicture(content)
	switch {
	case err != nil:
		m.out.Err(Proto, m.offset, name+": "+err.Error(), content)
	case len(m.images) == mostPictures:
		m.out.Err(Proto, m.offset, fmt.Sprintf("%s: more than %d pictures", name, mostPictures), nil)
	default:
		if b, ok := m.keep(pic.MediaType, content, role); ok {
			m.images = append(m.images, b.SHA256)
		}
	}
}

func (m *message) keep(mediaType string, p []byte, role string) (obs.Blob, bool) {
	b, err := m.c.env.Keep(mediaType, p)
	if err != nil {
		m.unkept = true
		m.out.Err(Proto, m.offset, fmt.Sprintf("keep %s of %d bytes: %v", role, len(p), err), nil)
		return b, false
	}
	b.Role = role
	m.blobs = append(m.blobs, b)
	return b, true
}

// emit hands out the reading of an event with the pictures of the message.
func (m *message) emit(e *event) {
	if len(m.raw) > obs.MaxRaw {
		m.keep("application/octet-stream", m.raw, "event")
	}
	p := e.reading(m.c.cfg)
	p.Images = m.images
	m.out.Emit(m.now, m.raw, p)
	o := &m.out.Obs[len(m.out.Obs)-1]
	o.Blobs = m.blobs
	if !e.at.IsZero() {
		o.Stamp.At, o.Stamp.Err, o.Stamp.Origin = e.at, e.err, obs.Device
	}
}
