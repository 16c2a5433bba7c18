// Package webhook takes the readings of plate recognition programs, which post them as a
// JSON document, alone or in a multipart form beside pictures. What stands in the document
// is the driver's: it gives a Parse.
package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/push"
	"acsgd/internal/obs"
)

// Event is what one document says.
type Event struct {
	Readings []Reading
	Pictures []Picture // that stand in the document itself
}

// Reading is one plate and when it was seen.
type Reading struct {
	Plate obs.Plate
	At    time.Time     // zero is unknown
	Err   time.Duration // half-width of At
	// Camera names the sender, where several share a link, and Prompt says that the reading was
	// sent at once: both are for the clocks.
	Camera string
	Prompt bool
}

// Picture is a picture inside a document.
type Picture struct {
	Role string // plate, vehicle, overview
	Data Base64
}

// Base64 is a field of a document that holds bytes. One that is none is no reason to lose
// the document: Err then says what is wrong.
type Base64 struct {
	Bytes []byte
	Err   error
}

// UnmarshalJSON implements json.Unmarshaler.
func (b *Base64) UnmarshalJSON(p []byte) error {
	if err := json.Unmarshal(p, &b.Bytes); err != nil {
		b.Bytes, b.Err = nil, errors.New("not a text in base64")
	}
	return nil
}

// Protocol is what a driver knows of its sender's documents.
type Protocol struct {
	Name string // in decode errors
	// Parse reads one document. It keeps nothing of p.
	Parse func(p []byte) (Event, error)
	// Field is the form field that holds the document; others that are JSON are taken too.
	Field string
	// Role names the picture of a form's part for the evidence.
	Role func(p push.Part) string
	// Clocks follows the clocks of the cameras by their prompt readings; nil: they are not
	// followed.
	Clocks *anpr.Clocks
}

// Taker makes readings of the bodies of one connection. It implements push.Taker.
type Taker struct {
	p   *Protocol
	cfg *anpr.Push
	env devices.Env

	at     int64
	form   *push.Splitter // of a multipart body
	doc    []byte
	found  bool // a document has come
	long   bool // and is larger than is taken
	blobs  []obs.Blob
	count  int
	unkept bool
	fault  string
	out    *devices.Out // during a call
}

// New makes the session of one connection.
func New(p *Protocol, cfg *anpr.Push, env devices.Env, door *push.Door, live bool) *push.Session {
	if env.Keep == nil {
		env.Keep = func(mediaType string, b []byte) (obs.Blob, error) { return obs.BlobOf(mediaType, b), nil }
	}
	return push.NewSession(push.Link{Proto: p.Name, Settings: &cfg.Settings, Door: door, Live: live}, &Taker{p: p, cfg: cfg, env: env})
}

// maxPictures is how many pictures one message may bring.
const maxPictures = 16

// maxDoc is the longest document: pictures inside it grow by a third in base64.
func (t *Taker) maxDoc() int { return t.cfg.MaxPicture/3*4 + 256<<10 }

// Begin implements push.Taker.
func (t *Taker) Begin(r *push.Request, at int64) {
	t.Drop()
	t.at = at
	if boundary := push.Param(r.ContentType, "boundary"); boundary != "" {
		t.form = push.NewSplitter(boundary, t.cfg.MaxPicture, at)
	}
}

// Drop implements push.Taker.
func (t *Taker) Drop() {
	t.form, t.found, t.long, t.blobs, t.count, t.unkept, t.fault = nil, false, false, nil, 0, false, ""
	if cap(t.doc) > 64<<10 {
		t.doc = nil // a connection stays open for long, its largest message need not
	}
	t.doc = t.doc[:0]
}

// Take implements push.Taker.
func (t *Taker) Take(p []byte, out *devices.Out) {
	if t.form != nil {
		t.out = out
		t.form.Feed(p, t)
		t.out = nil
		return
	}
	room := t.maxDoc() - len(t.doc)
	t.long = t.long || len(p) > room
	t.doc, t.found = append(t.doc, p[:min(len(p), room)]...), true
}

// TakePart implements push.PartSink.
func (t *Taker) TakePart(p push.Part, content []byte) {
	text := bytes.TrimLeft(content, " \t\r\n\xEF\xBB\xBF")
	switch {
	case len(text) == 0: // announced, but not taken
	case !t.found && (p.Name == t.p.Field || p.Media == "application/json" || p.File == "" && text[0] == '{'):
		t.doc, t.found = append(t.doc[:0], content...), true
	case p.File == "" && !strings.HasPrefix(p.Media, "image/"): // another field of the form
	default:
		t.picture(content, t.p.Role(p), fmt.Sprintf("part %q", p.Label()))
	}
}

// PartFault implements push.PartSink.
func (t *Taker) PartFault(offset int64, reason string) {
	t.out.Err(t.p.Name, offset, reason, nil)
	t.fault = reason
}

// picture checks and stores one picture.
func (t *Taker) picture(content []byte, role, name string) {
	pic, err := anpr.CheckPicture(content)
	if err != nil {
		t.out.Err(t.p.Name, t.at, fmt.Sprintf("%s: %v", name, err), content)
		return
	}
	if t.count++; t.count > maxPictures {
		t.out.Err(t.p.Name, t.at, fmt.Sprintf("%s: more than %d pictures", name, maxPictures), nil)
		return
	}
	t.keep(pic.MediaType, content, role)
}

func (t *Taker) keep(mediaType string, content []byte, role string) {
	b, err := t.env.Keep(mediaType, content)
	if err != nil {
		t.unkept = true
		t.out.Err(t.p.Name, t.at, fmt.Sprintf("keep %s of %d bytes: %v", role, len(content), err), nil)
		return
	}
	b.Role = role
	t.blobs = append(t.blobs, b)
}

// End implements push.Taker.
func (t *Taker) End(now time.Time, out *devices.Out) push.Verdict {
	defer t.Drop()
	t.out = out
	defer func() { t.out = nil }()
	if t.form != nil {
		t.form.End(t)
	}
	if err := t.readings(now); err != nil {
		out.Err(t.p.Name, t.at, err.Error(), t.doc)
		return push.Verdict{Status: "400 Bad Request", Text: err.Error()}
	}
	if t.unkept {
		return push.Verdict{Status: "503 Service Unavailable", Text: "the evidence cannot be stored"}
	}
	return push.Verdict{}
}

// readings emits what the document says.
func (t *Taker) readings(now time.Time) error {
	switch {
	case t.long:
		return fmt.Errorf("JSON document is larger than %d bytes", t.maxDoc())
	case !t.found && t.fault != "":
		return fmt.Errorf("no JSON document: %s", t.fault)
	case !t.found:
		return errors.New("no JSON document in the message")
	}
	e, err := t.p.Parse(t.doc)
	if err != nil {
		return err
	}
	if len(e.Readings) == 0 {
		t.out.Frames++ // a heart-beat, or something else that is not about plates
		return nil
	}
	for _, p := range e.Pictures {
		switch {
		case p.Data.Err != nil:
			t.out.Err(t.p.Name, t.at, fmt.Sprintf("picture of the %s: %v", p.Role, p.Data.Err), nil)
		case len(p.Data.Bytes) > t.cfg.MaxPicture:
			t.out.Err(t.p.Name, t.at, fmt.Sprintf("picture of the %s is larger than %d bytes", p.Role, t.cfg.MaxPicture), nil)
		case len(p.Data.Bytes) > 0:
			t.picture(p.Data.Bytes, p.Role, "picture of the "+p.Role)
		}
	}
	t.doc = anpr.WithoutPictures(t.doc)
	if len(t.doc) > obs.MaxRaw {
		t.keep("application/json", t.doc, "event")
	}
	t.emit(now, e.Readings)
	return nil
}

func (t *Taker) emit(now time.Time, list []Reading) {
	blobs := make([]obs.Blob, 0, len(t.blobs))
	var images []string
	for pass := range 2 { // the plate's own picture first
		for _, b := range t.blobs {
			if (b.Role == "plate") != (pass == 0) {
				continue
			}
			blobs = append(blobs, b)
			if b.Role != "event" {
				images = append(images, b.SHA256)
			}
		}
	}
	for i := range list {
		r := &list[i]
		r.Plate.Images = images
		if r.Plate.Role == "" {
			r.Plate.Role = obs.PlateRole(t.cfg.Role)
		}
		t.out.Emit(now, bytes.TrimSpace(t.doc), &r.Plate)
		o := &t.out.Obs[len(t.out.Obs)-1]
		o.Blobs = blobs
		if !r.At.IsZero() {
			o.Stamp.At, o.Stamp.Err, o.Stamp.Origin = r.At, r.Err, obs.Device
			if r.Prompt && t.p.Clocks != nil {
				t.p.Clocks.Heard(r.Camera, now, r.At, t.out)
			}
		}
	}
}
