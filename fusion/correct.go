package fusion

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"acsgd/internal/obs"
	"acsgd/internal/plate"
)

// refuseCorrection gives the reason why a plate may not be corrected; "" if it may. What an
// order that names no reading may say is left as it was: old journals must play the same.
func refuseCorrection(v *visit, o Order) string {
	if strings.TrimSpace(o.Plate) == "" {
		return "no plate is given"
	}
	if o.PlateDevice == "" {
		return ""
	}
	text := plate.Normalise(o.Plate)
	if text == "" {
		return "no plate is given"
	}
	if utf8.RuneCountInString(text) > plate.MaxLen {
		return fmt.Sprintf("a plate has at most %d characters", plate.MaxLen)
	}
	for _, r := range text {
		if plate.SymbolOf(r).Class() == plate.Unknown {
			return "no plate has the character " + string(r)
		}
	}
	if v.reading(o) == nil {
		return "there is no reading of " + o.PlateDevice
	}
	return ""
}

// reading finds the reading that an order corrects. One that its camera has replaced since
// the officer saw it is the same plate still: then the newest of that camera and role.
func (v *visit) reading(o Order) *PlateRead {
	var found *PlateRead
	for i := range v.Plates {
		p := &v.Plates[i]
		if o.PlateRole != "" && string(p.Role) != o.PlateRole || o.PlateDevice != "" && p.Source != o.PlateDevice {
			continue
		}
		if o.PlateDevice == "" || p.Seq == o.PlateSeq {
			return p
		}
		if found == nil || p.Seq > found.Seq {
			found = p
		}
	}
	return found
}

// correct keeps the camera's text and the officer's beside it, and matches again.
func (c *Core) correct(v *visit, o Order) (kind, text string) {
	v.rematch, v.judge = true, everything
	p := v.reading(o)
	switch {
	case p == nil:
		r := PlateRead{Source: "officer", Seq: c.s.Seq, At: c.s.Now, Corrected: o.Plate, By: o.User}
		r.Role = "front"
		if o.PlateRole != "" {
			r.Role = plateRole(o.PlateRole)
		}
		v.putPlate(r)
		return "order", "plate entered: " + o.Plate
	case o.PlateDevice == "":
		p.Corrected, p.By = o.Plate, o.User
		return "order", "plate corrected: " + p.Text + " is " + o.Plate
	}
	p.Corrected, p.By, p.Confirmed = plate.Normalise(o.Plate), o.User, c.s.Now
	for i := range v.Plates { // an earlier word about the same plate is taken back
		if q := &v.Plates[i]; q.Corrected != "" && q.samePlate(p) {
			q.Corrected, q.By, q.Confirmed = p.Corrected, p.By, p.Confirmed
		}
	}
	if p.Corrected == p.Text {
		return "order", "plate confirmed: " + p.Text + " (" + p.Source + ")"
	}
	return "order", "plate corrected: " + p.Text + " is " + p.Corrected + " (" + p.Source + ")"
}

// Overruled reports whether a reading counts no more, because an officer has said of another
// one what stands on their plate.
func (p *Passage) Overruled(r *PlateRead) bool {
	if r.Corrected != "" {
		return false
	}
	for i := range p.Plates {
		if by := &p.Plates[i]; by.Corrected != "" && by.samePlate(r) {
			return true
		}
	}
	return false
}

// samePlate reports whether two readings are of one plate of the vehicle. A second reader
// reads the pictures of all cameras: its name says nothing of the plate.
func (p *PlateRead) samePlate(r *PlateRead) bool {
	return p.Role == r.Role || p.Source == r.Source && p.Parent == "" && r.Parent == "" || p.ofOnePicture(r)
}

// ofOnePicture reports whether one of two readings was made of the other's picture, or both
// of the same one.
func (p *PlateRead) ofOnePicture(r *PlateRead) bool {
	return p.Parent != "" && (p.Parent == r.Parent || r.has(p.Parent)) || r.Parent != "" && p.has(r.Parent)
}

// has reports whether a picture came with the reading.
func (p *PlateRead) has(sha256 string) bool {
	return slices.Contains(p.Images, sha256) ||
		slices.ContainsFunc(p.Pictures, func(b obs.Blob) bool { return b.SHA256 == sha256 })
}
