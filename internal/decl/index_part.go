package decl

import (
	"cmp"
	"slices"
	"strings"

	"acsgd/internal/plate"
)

// newPart indexes declarations with different ids.
func newPart(ds []*Declaration) *part {
	p := &part{ds: ds, ids: make(map[string]uint32, len(ds)), census: plate.NewCensus()}
	owned := make([]ownedPlate, 0, len(ds)+len(ds)/2)
	for i, d := range ds {
		p.ids[d.ID] = uint32(i)
		for k := range d.Units {
			owned = p.own(owned, plate.Normalise(d.Units[k].Plate), uint32(i))
		}
		for _, c := range d.Containers {
			if id := plate.Normalise(c.ID); id != "" {
				p.boxes = append(p.boxes, box{id, uint32(i)})
			}
		}
	}
	slices.SortFunc(p.boxes, func(a, b box) int {
		return cmp.Or(strings.Compare(a.id, b.id), cmp.Compare(a.d, b.d))
	})
	p.boxes = slices.Compact(p.boxes)
	p.plates = newPlates(owned)
	return p
}

// newPlatePart indexes bare plates.
func newPlatePart(texts []string) *part {
	p := &part{names: make([]string, 0, len(texts)), census: plate.NewCensus()}
	owned := make([]ownedPlate, 0, len(texts)+len(texts)/8)
	for _, text := range texts {
		if n := plate.Normalise(text); n != "" {
			owned = p.own(owned, n, uint32(len(p.names)))
			p.names = append(p.names, text)
		}
	}
	p.plates = newPlates(owned)
	p.dropRepeats()
	return p
}

// own adds a plate, its other spelling, and its shape to the census.
func (p *part) own(dst []ownedPlate, text string, d uint32) []ownedPlate {
	if text == "" {
		return dst
	}
	c := plate.Encode(text)
	p.census.Add(c)
	dst = append(dst, ownedPlate{c, d})
	if alias := plate.Alias(text); alias != "" {
		dst = append(dst, ownedPlate{plate.Encode(alias), d})
	}
	return dst
}

// dropRepeats leaves a bare plate that was listed several times its first owner only.
func (p *part) dropRepeats() {
	q := p.plates
	if q.first == nil {
		return
	}
	kept := q.owners[:0]
	start := uint32(0)
	for i := range q.codes {
		end := q.first[i+1]
		kept = append(kept, q.owners[start])
		start = end
	}
	q.owners, q.first = kept, nil
}
