package onvif

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/internal/obs"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// Handler makes readings of a camera's messages. A camera tells of each object many times a
// second; the handler remembers the objects and hands a reading on when a plate is first
// read and when a better reading of it comes.
type Handler struct {
	cfg    Config
	env    devices.Env
	clocks *anpr.Clocks // nil in a recording, which is as old as it is
	tracks []track      // the one heard of last is the last
}

// track is one plate that a camera follows.
type track struct {
	id    string     // of the vehicle or the plate
	best  obs.Plate  // the best reading so far, and what is known besides
	blobs []obs.Blob // its pictures
	votes []vote     // of cameras that give no likelihoods
	blank bool       // a plate is there that was never read
	heard time.Time
	at    obs.Stamp // of a blank plate
	doc   []byte    // that told of it
}

type vote struct {
	text string
	n    int
}

const (
	// maxTracks is more objects than stand before a camera.
	maxTracks = 64
	// maxVotes bounds the different texts of one plate that are counted.
	maxVotes = 8
	// rise is by how much the likelihood of an unchanged text must rise to be news.
	rise = quant.Certain / 20
	// forgotten is how long a plate is not heard of until it is gone.
	forgotten = 2 * time.Second
)

// NewHandler makes the handler of one camera.
func NewHandler(cfg Config, env devices.Env) *Handler { return &Handler{cfg: cfg, env: env} }

// take makes readings of a document. media and raw are the message that it stood in.
func (h *Handler) take(now time.Time, d *Document, media string, raw []byte, offset int64, out *devices.Out) {
	before := len(out.Obs)
	m := message{h: h, now: now, media: media, raw: raw, offset: offset, out: out}
	for i := range d.Frames {
		f := &d.Frames[i]
		if h.clocks != nil && !f.At.IsZero() && i == len(d.Frames)-1 {
			h.clocks.Heard("", now, f.At, out)
		}
		m.frame(f)
	}
	for i := range d.Notices {
		n := &d.Notices[i]
		// What is Initialized may be as old as the camera's start.
		if h.clocks != nil && !n.At.IsZero() && n.Operation != "Initialized" {
			h.clocks.Heard("", now, n.At, out)
		}
		m.notice(n)
	}
	if len(out.Obs) == before {
		out.Frames++
	}
}

// message is one message while it is taken.
type message struct {
	h      *Handler
	now    time.Time
	media  string
	raw    []byte
	offset int64
	out    *devices.Out
}

func (m *message) frame(f *Frame) {
	var said []string // ids of this frame
	for i := range f.Objects {
		o := &f.Objects[i]
		if !o.HasPlate {
			continue
		}
		vehicle := f.vehicle(o)
		id := o.ID
		if o.Parent != "" {
			id = o.Parent
		}
		if slices.Contains(said, id) { // a second plate of one vehicle
			id += "#" + o.ID
		}
		said = append(said, id)
		m.plate(id, o, vehicle, m.stamp(f.At, f.AtErr))
	}
	for _, id := range f.Gone {
		m.gone(func(t *track) bool { return t.id == id })
	}
	m.gone(func(t *track) bool { return m.now.Sub(t.heard) > forgotten })
}

// vehicle finds the vehicle of a plate: by its id, else by where it is in the picture.
func (f *Frame) vehicle(p *Object) *Object {
	for i := range f.Objects {
		if o := &f.Objects[i]; p.Parent != "" && o.ID == p.Parent {
			return o
		}
	}
	for i := range f.Objects {
		if o := &f.Objects[i]; p.Parent == "" && o != p && !o.HasPlate && o.Box.Holds(p.Box) {
			return o
		}
	}
	return nil
}

func (m *message) stamp(at time.Time, e time.Duration) obs.Stamp {
	if at.IsZero() {
		return obs.Stamp{At: obs.Unix(m.now)}
	}
	return obs.Stamp{At: at, Err: e, Origin: obs.Device}
}

// plate takes one sight of a plate. What an earlier sight of it told besides the text, a
// later reading tells again: the last one must be complete.
func (m *message) plate(id string, o, vehicle *Object, stamp obs.Stamp) {
	seen := obs.Plate{Country: anpr.Country(o.Country), Confidence: o.Sure, Direction: m.h.cfg.direction(o.Direction)}
	anpr.Text(&seen, o.Number)
	t := new(track) // of an object without an id, which nothing can be told of again
	if id != "" {
		t = m.h.track(id)
	}
	t.heard = m.now
	if seen.Direction == "" && vehicle != nil {
		seen.Direction = m.h.cfg.direction(vehicle.Direction)
	}
	t.best.Country = cmp.Or(seen.Country, t.best.Country)
	t.best.Direction = cmp.Or(seen.Direction, t.best.Direction)
	if seen.Text == "" && t.best.Text == "" {
		if !t.blank {
			t.blank, t.at, t.doc = true, stamp, append([]byte(nil), m.raw...)
		}
		return
	}
	better := seen.Text != "" && t.better(&seen)
	list := o.Pictures
	if vehicle != nil {
		list = append(list[:len(list):len(list)], vehicle.Pictures...)
	}
	if !better && (len(list) == 0 || len(t.blobs) > 0) {
		return
	}
	album := anpr.NewAlbum(m.h.env)
	album.Again(t.blobs)
	m.album(album, list)
	if t.blobs = album.Pictures(); !better && len(t.blobs) == 0 {
		return
	}
	p := t.best
	p.EventID, p.Role = id, obs.PlateRole(m.h.cfg.Role)
	m.emit(album, &p, stamp)
}

func (m *message) emit(album *anpr.Album, p *obs.Plate, stamp obs.Stamp) {
	if err := album.Emit(m.out, p, stamp, m.media, m.raw); err != nil {
		m.out.Err(Proto, m.offset, err.Error(), nil)
	}
}

func (m *message) album(a *anpr.Album, list []Picture) {
	for _, p := range list {
		if err := a.AddBase64(p.Role, p.Text); err != nil {
			m.out.Err(Proto, m.offset, err.Error(), nil)
		}
	}
}

// better reports whether a sight says more than was handed on, and remembers it. A
// likelihood that rises little by little counts when the steps have added up.
func (t *track) better(seen *obs.Plate) bool {
	best, sure := &t.best, seen.Confidence
	switch {
	case best.Text == "" && sure > 0:
	case sure == 0 && best.Confidence > 0:
		return false // some sights come with a likelihood, and this is none of them
	case sure == 0:
		if lead := t.leader(seen.Text); lead != seen.Text || lead == best.Text {
			return false
		}
	case seen.Text == best.Text && sure < best.Confidence+rise, seen.Text != best.Text && sure <= best.Confidence:
		return false
	}
	best.Text, best.Original, best.Confidence = seen.Text, seen.Original, sure
	t.blank, t.doc = false, nil
	return true
}

// leader counts a text and gives the one that was seen most; of equal ones the one that
// stands already.
func (t *track) leader(text string) string {
	at := slices.IndexFunc(t.votes, func(v vote) bool { return v.text == text })
	if at < 0 {
		if len(t.votes) == maxVotes {
			return t.best.Text
		}
		at = len(t.votes)
		t.votes = append(t.votes, vote{text: text})
	}
	t.votes[at].n++
	best := t.best.Text
	most := 0
	for _, v := range t.votes {
		if v.n > most || v.n == most && v.text == t.best.Text {
			best, most = v.text, v.n
		}
	}
	return best
}

// track gives the track of an id, a new one if it is not known; the oldest gives way.
func (h *Handler) track(id string) *track {
	at := slices.IndexFunc(h.tracks, func(t track) bool { return t.id == id })
	t := track{id: id}
	switch {
	case at >= 0:
		t = h.tracks[at]
		h.tracks = slices.Delete(h.tracks, at, at+1)
	case len(h.tracks) == maxTracks:
		h.tracks = slices.Delete(h.tracks, 0, 1)
	}
	h.tracks = append(h.tracks, t)
	return &h.tracks[len(h.tracks)-1]
}

// gone takes leave of plates that are out of sight. One that was never read is a vehicle
// without a readable plate. What was read is remembered for a while: cameras lose sight of
// an object and find it again.
func (m *message) gone(is func(*track) bool) {
	for i := range m.h.tracks {
		t := &m.h.tracks[i]
		if !t.blank || !is(t) {
			continue
		}
		t.blank = false
		raw := m.raw
		m.raw = t.doc
		m.emit(anpr.NewAlbum(m.h.env), &obs.Plate{EventID: t.id, Role: obs.PlateRole(m.h.cfg.Role)}, t.at)
		m.raw, t.doc = raw, nil
	}
}

// notice takes an event about a plate.
func (m *message) notice(n *Notice) {
	topic := strings.ToLower(n.Topic)
	if n.Operation == "Deleted" || !strings.Contains(topic, "licenseplate") && !strings.HasSuffix(topic, "/lpr") && !strings.Contains(topic, "alpv") {
		return
	}
	o := n.Plate()
	stamp := m.stamp(n.At, n.AtErr)
	id := o.ID
	if o.Parent != "" {
		id = o.Parent
	}
	if id == "" && o.Number != "" && !n.At.IsZero() { // one that a repetition of the event has again
		id = n.At.Format("20060102T150405.000Z") + "/" + plate.Normalise(o.Number)
	}
	o.HasPlate = true
	m.plate(id, &o, nil, stamp)
}

// Plate is what an event says about a plate. Its items go by the names of ONVIF and by
// those of Axis; what stands in it as elements goes before.
func (n *Notice) Plate() Object {
	o := n.Object
	first := func(have string, names ...string) string {
		for _, k := range names {
			if have == "" {
				have = n.Items[k]
			}
		}
		return have
	}
	o.ID = first(o.ID, "ObjectId", "ObjectID", "carID")
	o.Number = first(o.Number, "PlateNumber", "LicensePlate", "Plate", "text")
	o.Country = first(o.Country, "CountryCode", "Country", "country")
	o.Type = first(o.Type, "PlateType")
	o.Direction = first(o.Direction, "Direction", "carMoveDirection")
	if o.Sure == 0 {
		o.Sure = likelihood(first("", "LikelihoodPlateNumber", "Likelihood", "confidence"))
	}
	if image := first("", "Image", "PlateImage", "Snapshot"); image != "" {
		o.Pictures = append(o.Pictures, Picture{"picture", []byte(image)})
	}
	return o
}
