package decl

import (
	"slices"
	"strings"
	"sync"

	"acsgd/internal/plate"
)

// Index is an immutable snapshot of the declarations that are expected at a site, with
// search structures over their ids, containers and plates. It is safe for concurrent use.
// The zero Index and a nil Index are empty.
//
// An Index consists of parts of falling size, so that adding a few declarations to a
// hundred thousand costs about as much as indexing those few: Add builds a part of its own
// for them and merges it with its neighbours once it is no longer small beside them.
type Index struct {
	Version uint64
	parts   []segment
	live    int
	through *plate.Channels // nil = the start channel
	mix     map[*plate.Channel]*traffic
}

// traffic makes the mix when it is first asked for: a restart goes through hundreds of
// versions and weighs plates under few of them.
type traffic struct {
	once sync.Once
	of   func() *plate.Mix
	m    *plate.Mix
}

func (t *traffic) mix() *plate.Mix {
	t.once.Do(func() { t.m, t.of = t.of(), nil })
	return t.m
}

// segment is a part as one Index sees it: what was replaced or removed later is dead here.
type segment struct {
	*part
	dead   []uint64 // bit set over the part's declarations; nil = all alive
	gone   int
	firstD uint32 // number of the part's first declaration in the Index
	firstP uint32 // number of its first plate
}

// part is the immutable structure over some declarations.
type part struct {
	ds     []*Declaration
	names  []string // bare plates have names in place of declarations
	ids    map[string]uint32
	boxes  []box
	plates *plates
	census *plate.Census
}

// box is one container of one declaration.
type box struct {
	id string
	d  uint32
}

// Ref names one declaration within one Index.
type Ref uint32

// mergeRatio: a part is merged with its newer neighbour unless it is so many times larger.
const mergeRatio = 4

// NewIndex indexes declarations. Of several with one id the last stands. The declarations
// are kept and must not be changed afterwards.
func NewIndex(version uint64, ds []*Declaration) *Index {
	x := &Index{Version: version}
	x.push(newPart(lastOfEach(ds)))
	x.finish()
	return x
}

// NewPlateIndex indexes bare plates, each as a declaration of its own whose id is the
// plate as given. A plate that repeats counts once.
func NewPlateIndex(version uint64, texts []string) *Index {
	x := &Index{Version: version}
	x.push(newPlatePart(texts))
	x.finish()
	return x
}

// Add gives the next version with further declarations; one whose id is known replaces the
// older one. x stays as it is.
func (x *Index) Add(ds ...*Declaration) *Index {
	if len(ds) == 0 {
		return x.next()
	}
	ds = lastOfEach(ds)
	ids := make([]string, len(ds))
	for i, d := range ds {
		ids[i] = d.ID
	}
	y := x.Remove(ids...)
	y.push(newPart(ds))
	y.merge()
	y.finish()
	return y
}

// Remove gives the next version without the declarations of these ids. x stays as it is.
func (x *Index) Remove(ids ...string) *Index {
	y := x.next()
	for i := range y.parts {
		s := &y.parts[i]
		copied := false
		for _, id := range ids {
			d, ok := s.ids[id]
			if !ok || !s.alive(d) {
				continue
			}
			if !copied {
				s.dead = append(make([]uint64, 0, len(s.ds)/64+1), s.dead...)
				s.dead = s.dead[:len(s.ds)/64+1]
				copied = true
			}
			s.dead[d/64] |= 1 << (d % 64)
			s.gone++
			y.live--
		}
	}
	return y
}

// WithChannels gives the same index as seen through other camera channels.
func (x *Index) WithChannels(set *plate.Channels) *Index {
	y := x.next()
	y.Version--
	y.through = set
	y.finish()
	return y
}

func (x *Index) next() *Index {
	if x == nil {
		x = new(Index)
	}
	y := *x
	y.Version++
	y.parts = slices.Clone(x.parts)
	if y.mix == nil {
		y.finish()
	}
	return &y
}

func (x *Index) push(p *part) {
	x.parts = append(x.parts, segment{part: p})
	x.live += p.len()
}

// merge joins parts from the newest on, while the older is not much larger.
func (x *Index) merge() {
	for len(x.parts) > 1 {
		a, b := x.parts[len(x.parts)-2], x.parts[len(x.parts)-1]
		if a.names != nil || a.part.len()-a.gone > mergeRatio*(b.part.len()-b.gone) {
			return
		}
		ds := make([]*Declaration, 0, len(a.ds)+len(b.ds))
		for _, s := range []segment{a, b} {
			for i, d := range s.ds {
				if s.alive(uint32(i)) {
					ds = append(ds, d)
				}
			}
		}
		x.parts = append(x.parts[:len(x.parts)-2], segment{part: newPart(ds)})
	}
}

// finish numbers the parts; the traffic mix of what they hold is made when it is needed.
func (x *Index) finish() {
	var d, p uint32
	for i := range x.parts {
		s := &x.parts[i]
		s.firstD, s.firstP = d, p
		d += uint32(s.part.len())
		p += uint32(len(s.plates.codes))
	}
	parts := slices.Clone(x.parts)
	census := sync.OnceValue(func() *plate.Census {
		all := plate.NewCensus()
		for i := range parts {
			all.Merge(parts[i].census)
		}
		return all
	})
	x.mix = map[*plate.Channel]*traffic{}
	for _, camera := range append(x.through.Cameras(), "") {
		ch := x.through.Of(camera)
		x.mix[ch] = &traffic{of: func() *plate.Mix { return plate.NewMix(ch, census()) }}
	}
}

// Len reports how many declarations the index holds; 0 for a nil Index.
func (x *Index) Len() int {
	if x == nil {
		return 0
	}
	return x.live
}

// Channel is the channel through which the index sees what a camera or reader writes.
func (x *Index) Channel(camera string) *plate.Channel {
	if x == nil {
		return plate.StartChannel()
	}
	return x.through.Of(camera)
}

// Through gives the channels that the index sees through; nil is the start channel for all.
func (x *Index) Through() *plate.Channels {
	if x == nil {
		return nil
	}
	return x.through
}

// Mix is the traffic in which the declared vehicles drive, seen through a camera's channel:
// the background of a read. It is made at the first call, about a millisecond for each
// channel; who hands an index to something that must answer quickly calls Mix before.
func (x *Index) Mix(camera string) *plate.Mix {
	if x != nil {
		if t := x.mix[x.through.Of(camera)]; t != nil {
			return t.mix()
		}
	}
	return emptyMix
}

var emptyMix = plate.NewMix(plate.StartChannel(), nil)

// Declaration gives the declaration of r; nil where the index was made of bare plates.
func (x *Index) Declaration(r Ref) *Declaration {
	s, i := x.segmentOf(r)
	if s.ds == nil {
		return nil
	}
	return s.ds[i]
}

// ID gives the id of r: of a bare plate the plate.
func (x *Index) ID(r Ref) string {
	s, i := x.segmentOf(r)
	if s.ds == nil {
		return s.names[i]
	}
	return s.ds[i].ID
}

func (x *Index) segmentOf(r Ref) (*segment, uint32) {
	for i := len(x.parts) - 1; i > 0; i-- {
		if s := &x.parts[i]; uint32(r) >= s.firstD {
			return s, uint32(r) - s.firstD
		}
	}
	return &x.parts[0], uint32(r) - x.parts[0].firstD
}

// ByID gives the declaration with this id, or nil.
func (x *Index) ByID(id string) *Declaration {
	if x == nil {
		return nil
	}
	for i := range x.parts {
		s := &x.parts[i]
		if d, ok := s.ids[id]; ok && s.alive(d) {
			return s.ds[d]
		}
	}
	return nil
}

// ByContainer appends the declarations that name this container, in the order of the
// index.
func (x *Index) ByContainer(dst []Ref, id string) []Ref {
	if x == nil {
		return dst
	}
	for i := range x.parts {
		s := &x.parts[i]
		at, _ := slices.BinarySearchFunc(s.boxes, id, func(b box, id string) int { return strings.Compare(b.id, id) })
		for ; at < len(s.boxes) && s.boxes[at].id == id; at++ {
			if d := s.boxes[at].d; s.alive(d) {
				dst = append(dst, Ref(s.firstD+d))
			}
		}
	}
	return dst
}

// All calls yield for each declaration in the order of the index until it returns false.
func (x *Index) All(yield func(*Declaration) bool) {
	if x == nil {
		return
	}
	for i := range x.parts {
		s := &x.parts[i]
		for k, d := range s.ds {
			if s.alive(uint32(k)) && !yield(d) {
				return
			}
		}
	}
}

func (s *segment) alive(d uint32) bool {
	return s.dead == nil || s.dead[d/64]>>(d%64)&1 == 0
}

func (p *part) len() int { return max(len(p.ds), len(p.names)) }

// lastOfEach leaves out declarations that a later one with the same id replaces.
func lastOfEach(ds []*Declaration) []*Declaration {
	last := make(map[string]int, len(ds))
	for i, d := range ds {
		last[d.ID] = i
	}
	if len(last) == len(ds) {
		return ds
	}
	kept := make([]*Declaration, 0, len(last))
	for i, d := range ds {
		if last[d.ID] == i {
			kept = append(kept, d)
		}
	}
	return kept
}
