package reader

import (
	"slices"
	"time"

	"acsgd/internal/obs"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

const (
	// maxPictures is how many pictures of one observation are tried, maxFrames how many of one
	// vehicle vote, and maxVehicles how many vehicles are remembered.
	maxPictures = 4
	maxFrames   = 16
	maxVehicles = 64
	// maxKnown is how many pictures are remembered that have been read: cameras push again.
	maxKnown = 512
	// together is how far apart pictures of one vehicle may be taken where the camera does not
	// tell vehicles apart, and near how many edits their texts; sameEvent bounds the time over
	// which an event id is believed, as cameras number them anew.
	together  = 10 * time.Second
	near      = 2
	sameEvent = 10 * time.Minute
)

// task is one observation whose pictures are to be read, in this order, until one of them
// shows a plate.
type task struct {
	source   string
	stamp    obs.Stamp
	event    string
	role     obs.PlateRole
	pictures []shot
}

// shot is one picture of a task.
type shot struct {
	blob obs.Blob
	crop bool
}

// taskOf gives what is to be read of an observation; false if nothing is: it is no camera's,
// a second reader's own, or without pictures.
func taskOf(o *obs.Observation, cropFirst bool) (task, bool) {
	p, ok := o.Body.(*obs.Plate)
	if !ok || p.Parent != "" {
		return task{}, false
	}
	t := task{source: o.Source, stamp: o.Stamp, event: p.EventID, role: p.Role}
	if t.stamp.Origin == obs.DeviceUnsynced && !t.stamp.Arrived.IsZero() { // as the core believes it
		t.stamp.At, t.stamp.Err, t.stamp.Origin = t.stamp.Arrived, 0, obs.Gateway
	}
	t.stamp.Arrived = time.Time{} // that of the answer is another
	for pass := range 2 {
		for _, b := range o.Blobs {
			crop := b.Role == "plate"
			first := crop == cropFirst
			if !readable(b) || first != (pass == 0) || len(t.pictures) >= maxPictures {
				continue
			}
			t.pictures = append(t.pictures, shot{b, crop})
		}
	}
	return t, len(t.pictures) > 0
}

func readable(b obs.Blob) bool {
	switch b.MediaType {
	case "image/jpeg", "image/png", "image/bmp":
		return b.Size <= MaxPicture
	}
	return false
}

// vehicle is what has been read of one vehicle by one camera.
type vehicle struct {
	source string
	event  string // the camera's id; "" if it gives none
	id     string // ours, that the readings of this vehicle share
	last   time.Time
	frames []Plate
}

// book remembers what has been read, so that the pictures of one vehicle vote together.
// The zero book is empty. Not safe for concurrent use.
type book struct {
	vehicles []*vehicle // the one that was read last stands last
	known    []string   // pictures that have been read, the newest last
}

// done notes that a picture has been read, or will never be.
func (b *book) done(picture string) {
	if len(b.known) >= maxKnown {
		b.known = slices.Delete(b.known, 0, len(b.known)-maxKnown+1)
	}
	b.known = append(b.known, picture)
}

// has reports whether a picture was read before.
func (b *book) has(picture string) bool { return slices.Contains(b.known, picture) }

// key names a picture of a task: one still may stand for several vehicles.
func (t *task) key(s shot) string { return t.source + " " + t.event + " " + s.blob.SHA256 }

// enter joins what was read in one picture with what was read of the same vehicle before,
// and gives the reading to tell. parent is the picture.
func (b *book) enter(t *task, parent string, a *Answer) *obs.Plate {
	var read Plate
	if len(a.Plates) > 0 {
		read = a.Plates[0]
		read.Text = plate.Normalise(read.Text)
	}
	v := b.vehicle(t, parent, read.Text)
	v.last = t.stamp.At
	if read.Text != "" {
		if len(v.frames) >= maxFrames {
			v.frames = slices.Delete(v.frames, 0, 1)
		}
		read.Crop = nil // it is kept as evidence
		v.frames = append(v.frames, read)
	}
	return reading(t, v, parent)
}

// vehicle finds the vehicle of a picture, or begins a new one.
func (b *book) vehicle(t *task, parent, text string) *vehicle {
	for i, v := range slices.Backward(b.vehicles) {
		if !v.same(t, text) {
			continue
		}
		b.vehicles = append(slices.Delete(b.vehicles, i, i+1), v)
		return v
	}
	v := &vehicle{source: t.source, event: t.event, id: t.source + "/" + t.event}
	if t.event == "" {
		v.id = t.source + "@" + parent[:min(len(parent), 12)]
	}
	if len(b.vehicles) >= maxVehicles {
		b.vehicles = slices.Delete(b.vehicles, 0, 1)
	}
	b.vehicles = append(b.vehicles, v)
	return v
}

// same reports whether a picture is of this vehicle: the camera says so; or, where it says
// nothing, it was taken about then and shows about the same text.
func (v *vehicle) same(t *task, text string) bool {
	apart := t.stamp.At.Sub(v.last).Abs()
	if v.source != t.source || v.event != t.event {
		return false
	}
	if t.event != "" {
		return apart <= sameEvent
	}
	if apart > together || text == "" || len(v.frames) == 0 {
		return false
	}
	return plate.Distance(plate.Encode(text), plate.Encode(Vote(v.frames).Text), near) <= near
}

// reading makes the observation's body of what is known of a vehicle.
func reading(t *task, v *vehicle, parent string) *obs.Plate {
	all := Vote(v.frames)
	p := &obs.Plate{Text: all.Text, Country: all.Country, Confidence: all.Confidence, Role: t.role, Chars: all.Chars,
		EventID: v.id, Parent: parent, Images: []string{parent}}
	for _, c := range all.Candidates {
		if c.Text != all.Text && c.P > 0 {
			p.Candidates = append(p.Candidates, c)
		}
	}
	if p.Text == "" {
		p.Confidence = quant.Prob(0)
	}
	return p
}
