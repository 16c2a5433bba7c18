package fusion

import (
	"slices"
	"time"

	"acsgd/fusion/match"
	"acsgd/internal/obs"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// secondReader is the kind of instruments that see nothing themselves: they read the
// pictures that cameras took. So they hold no place in the lane and open no passage; where
// a passage must wait for them they have reported once they have read one of its pictures.
const secondReader = "anpr/reader"

func (d *Instrument) second() bool { return d.Driver == secondReader }

// surely is from when a reading counts as sure where two readings of one picture differ.
const surely quant.Prob = 900_000

// secondRead takes what a second reader has read in a picture. It comes late, when the next
// vehicle may stand before the camera: the picture alone tells whose it is.
func (c *Core) secondRead(d *Instrument, o *obs.Observation, p *obs.Plate) {
	v, of := c.pictured(p.Parent, o.Stamp.At)
	if v == nil {
		c.note(nil, Alarm, "plate", 0, d.Name+": "+said(p)+" in a picture of no vehicle that is known")
		return
	}
	eye := v.Plates[of].Source
	read := PlateRead{Source: d.Name, Seq: c.s.Seq, At: o.Stamp.At, Plate: *p, Pictures: o.Blobs}
	if read.Role == "" {
		read.Role = v.Plates[of].Role
	}
	if !v.putPlate(read) {
		c.mark(v)
		return
	}
	if s := v.slotOf(eye); s != nil && p.Text != "" {
		s.Done = true // a camera that recognises nothing has done what it can: its picture is read
	}
	v.compareReaders()
	v.rematch = true
	c.takes(v)
	text := d.Name + ": " + said(p) + " in the picture of " + eye
	for i := range v.Plates {
		if r := &v.Plates[i]; r.Seq == c.s.Seq && r.Otherwise != "" {
			text += ", which reads " + r.Otherwise
		}
	}
	c.note(v, Updated, "plate", 0, text)
}

// said is a reading as events say it.
func said(p *obs.Plate) string {
	if p.Text == "" {
		return "no readable plate " + p.Country + " " + p.Confidence.String()
	}
	return p.Text + " " + p.Country + " " + p.Confidence.String()
}

// pictured finds the passage that has a picture, and the camera's reading it belongs to. Of
// equal pictures (a camera that sends one still for ever) it is the one taken at that time.
func (c *Core) pictured(picture string, at time.Time) (found *visit, reading int) {
	var near time.Duration
	for _, list := range [2][]*visit{c.s.Open, c.s.Recent} {
		for _, v := range list {
			for i := range v.Plates {
				r := &v.Plates[i]
				if r.Parent != "" || !r.has(picture) {
					continue
				}
				if d := r.At.Sub(at).Abs(); found == nil || d < near {
					found, reading, near = v, i, d
				}
			}
		}
	}
	return found, reading
}

// original gives the camera's reading of the picture that r has read: the one that says the
// same where a camera has several plates in one picture; nil if there is none any more.
func (v *visit) original(r *PlateRead) *PlateRead {
	var of *PlateRead
	for i := range v.Plates {
		o := &v.Plates[i]
		if o.Parent == "" && o.has(r.Parent) && (of == nil || o.Text == r.Text) {
			of = o
		}
	}
	return of
}

// compareReaders notes which second readings differ from what the camera says of the same
// picture. Both stand in the passage; neither is made of the other.
func (v *visit) compareReaders() {
	for i := range v.Plates {
		r := &v.Plates[i]
		if r.Parent == "" {
			continue
		}
		r.Otherwise = ""
		if o := v.original(r); o != nil && r.Text != "" && o.Text != "" && plate.Normalise(o.Text) != plate.Normalise(r.Text) {
			r.Otherwise = o.Text
		}
	}
}

// readBy reports whether a second reader has read a picture of the passage.
func (v *visit) readBy(reader string) bool {
	return slices.ContainsFunc(v.Plates, func(r PlateRead) bool { return r.Source == reader })
}

// contest keeps a match from counting as certain where camera and second reader are both
// sure of one picture and say different things: then a person looks, whoever is right.
func (v *visit) contest() {
	if len(v.Match.Declared) == 0 || v.Chosen != "" {
		return
	}
	best := &v.Match.Declared[0]
	for i := range v.Plates {
		r := &v.Plates[i]
		if r.Otherwise == "" || r.Confidence < surely || v.Overruled(r) || twins(r.Text, r.Otherwise) {
			continue
		}
		if o := v.original(r); o.Confidence != 0 && o.Confidence < surely {
			continue
		}
		v.contested(best, r)
	}
}

func (v *visit) contested(best *match.Candidate, r *PlateRead) {
	best.Differs = true
	best.Why = append(best.Why, r.Source+" reads "+r.Text+" where the camera reads "+r.Otherwise)
}

// twins reports whether two texts differ only in characters that look alike on most plates:
// O, 0, Q, D and I, 1.
func twins(a, b string) bool {
	a, b = plate.Normalise(a), plate.Normalise(b)
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if alike(a[i]) != alike(b[i]) {
			return false
		}
	}
	return true
}

func alike(c byte) byte {
	switch c {
	case 'O', 'Q', 'D':
		return '0'
	case 'I':
		return '1'
	}
	return c
}
