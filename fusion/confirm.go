package fusion

import (
	"acsgd/fusion/match"
	"acsgd/internal/obs"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// certainly is the posterior from which a second evidence confirms a declaration.
const certainly quant.Prob = 999_000

// ConfirmedPlates gives what a closed passage tells about how its cameras read: readings
// whose truth is known from elsewhere. It is what match.Learn learns from, and counts in
// left why readings are not used. Three things confirm a reading, in this order:
//
//   - an officer's correction of the plate;
//   - the declaration that an officer has chosen;
//   - a declaration of which another view or a container tells exactly.
//
// A match that rests on the reading itself confirms nothing, also an exact one: else the
// cameras would be learnt to be better than they are, and their errors never.
func ConfirmedPlates(p *Passage, left map[string]int) (list []match.Confirmed) {
	v := &visit{Passage: *p}
	done := map[string]bool{}
	for i := range p.Plates {
		r := &p.Plates[i]
		if r.Text == "" || done[r.Source] {
			continue // of several readings of one camera the first, surest one: they are not independent
		}
		done[r.Source] = true
		truth, why := v.truth(r)
		if why != "" {
			left[why]++
			continue
		}
		list = append(list, match.Confirmed{Camera: r.Source, True: truth, Read: r.Text})
	}
	return list
}

// truth is what stood on the plate of a reading, or why that is not known.
func (v *visit) truth(r *PlateRead) (text, why string) {
	view, _ := v.viewOf(r)
	for i := range v.Plates {
		p := &v.Plates[i]
		if p.Corrected == "" {
			continue
		}
		if other, _ := v.viewOf(p); p == r || other == view || p.Source == "officer" && p.Role == r.Role {
			return p.Corrected, ""
		}
	}
	d := v.Declaration
	switch {
	case d == nil:
		return "", "no declaration and not corrected"
	case v.ChosenBy == "" && !v.confirmedElsewhere(view):
		return "", "no officer and no other evidence confirms it"
	}
	return v.unitFor(r)
}

// confirmedElsewhere reports whether the declaration is told by something else than this
// view: a container, or a plate of it that another view reads exactly.
func (v *visit) confirmedElsewhere(view string) bool {
	d := v.Declaration
	if len(v.Match.Declared) == 0 || v.Match.Declared[0].Posterior < certainly {
		return false
	}
	for i := range v.Plates {
		p := &v.Plates[i]
		if id, ok := plate.Container(p.Container); ok {
			for _, box := range d.Containers {
				if plate.Normalise(box.ID) == id {
					return true
				}
			}
		}
		if other, _ := v.viewOf(p); other == view || p.Text == "" {
			continue
		}
		for k := range d.Units {
			// Two views of one plate may err alike; one of another plate of the declaration is
			// independent.
			if d.Units[k].Plate == plate.Normalise(p.Text) && len(d.Units) > 1 && v.sees(k, p) && !v.seesPlate(k, view) {
				return true
			}
		}
	}
	return false
}

// sees reports whether a reading is of the side of a unit.
func (v *visit) sees(k int, r *PlateRead) bool {
	trailer := v.Declaration.Units[k].Role == "trailer"
	switch r.Role {
	case obs.Front:
		return !trailer
	case obs.Trailer:
		return trailer
	}
	return true
}

// seesPlate reports whether the view reads nearest to unit k.
func (v *visit) seesPlate(k int, view string) bool {
	for i := range v.Plates {
		if other, _ := v.viewOf(&v.Plates[i]); other == view && v.nearest(&v.Plates[i]) == k {
			return true
		}
	}
	return false
}

// nearest is the unit whose plate is nearest to a reading, among those of its side; -1 is
// none.
func (v *visit) nearest(r *PlateRead) int {
	best, at := plate.MaxLen, -1
	code := plate.Encode(plate.Normalise(r.Text))
	for k := range v.Declaration.Units {
		if !v.sees(k, r) {
			continue
		}
		if d := plate.Distance(plate.Encode(v.Declaration.Units[k].Plate), code, plate.MaxLen); d < best {
			best, at = d, k
		}
	}
	return at
}

// unitFor is the declared plate that a reading is of.
func (v *visit) unitFor(r *PlateRead) (text, why string) {
	k := v.nearest(r)
	if k < 0 {
		return "", "the declaration has no plate for this camera"
	}
	return v.Declaration.Units[k].Plate, ""
}
