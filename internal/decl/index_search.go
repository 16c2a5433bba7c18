package decl

import (
	"math/bits"
	"slices"

	"acsgd/internal/plate"
)

// PlateRef names one declared plate within one Index.
type PlateRef uint32

// Reach is how far a search goes.
type Reach uint8

// The reaches. An edit is one character replaced, left out or added.
const (
	Same     Reach = iota // the plate itself
	OneEdit               // stage 1: one edit of any kind, and any number of look-alikes
	TwoEdits              // stage 2: complete within two edits, and any number of look-alikes
)

// Search appends the declared plates within reach of c, each once, in ascending order. The
// result is complete for the reach and may hold plates of declarations that were removed,
// which have no owners.
func (x *Index) Search(dst []PlateRef, c plate.Code, reach Reach) []PlateRef {
	if x == nil || c.Len() == 0 {
		return dst
	}
	for i := range x.parts {
		s := &x.parts[i]
		from := len(dst)
		q := query{plates: s.plates, read: c, n: c.Len(), first: s.firstP, out: dst}
		q.run(reach)
		dst = q.out
		slices.Sort(dst[from:])
		dst = dst[:from+len(slices.Compact(dst[from:]))]
	}
	return dst
}

// Plate gives the plate of p.
func (x *Index) Plate(p PlateRef) plate.Code {
	s := x.partOf(p)
	return s.plates.codes[uint32(p)-s.firstP]
}

// Owners appends the declarations that name the plate.
func (x *Index) Owners(dst []Ref, p PlateRef) []Ref {
	s := x.partOf(p)
	for _, d := range s.plates.ownersOf(uint32(p) - s.firstP) {
		if s.alive(d) {
			dst = append(dst, Ref(s.firstD+d))
		}
	}
	return dst
}

func (x *Index) partOf(p PlateRef) *segment {
	for i := len(x.parts) - 1; i > 0; i-- {
		if s := &x.parts[i]; uint32(p) >= s.firstP {
			return s
		}
	}
	return &x.parts[0]
}

// query is one search in one part.
type query struct {
	*plates
	read  plate.Code
	n     int
	first uint32
	out   []PlateRef
}

func (q *query) run(reach Reach) {
	for m := max(1, q.n-int(reach)); m <= min(plate.MaxLen, q.n+int(reach)); m++ {
		g := &q.groups[m]
		switch {
		case g.start == g.end:
		case reach == Same:
			q.same(g)
		case m > 12 || m < 3:
			// The halves of long plates do not fit the fast comparison, those of the shortest
			// are no help; both are rare.
			q.scan(g, int(reach))
		default:
			q.near(g, m, int(reach))
		}
	}
	if reach > Same {
		var buf [16]uint32
		for _, i := range q.folds.find(buf[:0], q.read.Folded()) {
			q.add(i)
		}
	}
}

func (q *query) add(i uint32) { q.out = append(q.out, PlateRef(q.first+i)) }

func (q *query) same(g *group) {
	start, end := g.heads.find(cut(q.read, 0, g.head))
	for i := start; i < end; i++ {
		if q.codes[i] == q.read {
			q.add(i)
		}
	}
}

// scan compares a whole group.
func (q *query) scan(g *group, edits int) {
	for i := g.start; i < g.end; i++ {
		if plate.Distance(q.codes[i], q.read, edits) <= edits {
			q.add(i)
		}
	}
}

// near searches a group of plates of length m.
func (q *query) near(g *group, m, edits int) {
	if q.n >= g.head {
		q.tailsOf(g, m, cut(q.read, 0, g.head), g.head, edits)
	}
	if q.n >= g.tail {
		q.headsOf(g, edits)
	}
	if edits > 1 {
		q.editedHeads(g, m)
	}
}

// tailsOf adds the plates with this head whose tail is within edits of the text behind
// symbol k.
func (q *query) tailsOf(g *group, m int, head uint64, k, edits int) {
	have := q.n - k
	if have < 0 || have > g.tail+edits || g.tail > have+edits {
		return
	}
	start, end := g.heads.find(head)
	if start == end {
		return
	}
	rest := cut(q.read, k, q.n)
	if edits == 1 {
		for i := start; i < end; i++ {
			if within1(cut(q.codes[i], g.head, m), rest) {
				q.add(i)
			}
		}
		return
	}
	for i := start; i < end; i++ {
		if within2(cut(q.codes[i], g.head, m), rest) {
			q.add(i)
		}
	}
}

// headsOf adds the plates with the tail of the text whose head is within edits.
func (q *query) headsOf(g *group, edits int) {
	k := q.n - g.tail
	if k > g.head+edits || g.head > k+edits {
		return
	}
	start, end := g.tails.find(cut(q.read, k, q.n))
	head := cut(q.read, 0, k)
	for i := start; i < end; i++ {
		if edits == 1 && within1(g.headOf[i], head) || edits == 2 && within2(g.headOf[i], head) {
			q.add(g.byTail[i])
		}
	}
}

// editedHeads tries every head that is one edit away from the text's beginning, with one
// edit left for the tail.
func (q *query) editedHeads(g *group, m int) {
	h := g.head
	if q.n >= h && abs(q.n-m) <= 1 { // one symbol replaced
		base := cut(q.read, 0, h)
		for i := range h {
			shift := 56 - 8*i
			own := q.read.At(i)
			hole := base &^ (0xFF << shift)
			for _, s := range g.seen[i] {
				if s != own {
					q.tailsOf(g, m, hole|uint64(s)<<shift, h, 1)
				}
			}
		}
	}
	if q.n > h && q.n-m >= 0 { // the text has one symbol too many
		base := cut(q.read, 0, h+1)
		for i := range h + 1 {
			if i > 0 && q.read.At(i) == q.read.At(i-1) {
				continue
			}
			left := base & (^uint64(0) << (64 - 8*i))
			q.tailsOf(g, m, left|base<<8&(^uint64(0)>>(8*i))&(^uint64(0)<<(64-8*h)), h+1, 1)
		}
	}
	if q.n >= h-1 && m-q.n >= 0 { // the text lacks one symbol
		base := cut(q.read, 0, h-1)
		for i := range h {
			shift := 56 - 8*i
			left := base & (^uint64(0) << (64 - 8*i))
			right := base & (^uint64(0) >> (8 * i)) >> 8
			for _, s := range g.seen[i] {
				if i == 0 || s != q.read.At(i-1) {
					q.tailsOf(g, m, left|uint64(s)<<shift|right, h-1, 1)
				}
			}
		}
	}
}

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}

// within1 reports whether two left-aligned texts are within one edit of one another.
func within1(a, b uint64) bool {
	x := a ^ b
	if x == 0 {
		return true
	}
	skip := bits.LeadingZeros64(x) &^ 7
	a, b = a<<skip, b<<skip
	return a<<8 == b<<8 || a<<8 == b || a == b<<8
}

// within2 is the same for two edits.
func within2(a, b uint64) bool {
	x := a ^ b
	if x == 0 {
		return true
	}
	skip := bits.LeadingZeros64(x) &^ 7
	a, b = a<<skip, b<<skip
	return within1(a<<8, b<<8) || within1(a<<8, b) || within1(a, b<<8)
}
