package decl

import (
	"cmp"
	"math/bits"
	"slices"

	"acsgd/internal/plate"
)

// ownedPlate is one plate of one declaration.
type ownedPlate struct {
	code plate.Code
	d    uint32
}

// plates finds every declared plate within two edits of a text.
//
// Each plate of length m is cut into a head of (m+1)/2 symbols and a tail of the rest. Of
// two edits at most one half holds two and then the other is intact, so a near plate
//
//   - has the same head, and a tail within two edits (found through heads), or
//   - has a head within one edit, and a tail within one (every head that is one edit away
//     from the text is looked up), or
//   - has the same tail, and a head within two edits (found through tails).
//
// Plates are unique and ordered by length and symbols, so the plates of one head lie side
// by side; tails have an order of their own with the heads beside them, so that a search
// reads memory forward. This takes 16 + 12 bytes a plate; indexes of deleted characters,
// which find the same, take 70 bytes for one edit and 300 for two.
type plates struct {
	codes  []plate.Code
	first  []uint32 // owners of plate i are owners[first[i]:first[i+1]]; nil = owners[i] alone
	owners []uint32
	groups [plate.MaxLen + 1]group // by length
	folds  folds
}

// group is the plates of one length.
type group struct {
	head, tail int // symbols of each half
	start, end uint32
	heads      table            // head symbols -> range of codes
	tails      table            // tail symbols -> range of byTail and headOf
	byTail     []uint32         // plates in the order of their tails
	headOf     []uint64         // head symbols of byTail, left-aligned
	seen       [][]plate.Symbol // symbols that occur at each position of the head
}

// newPlates builds the structure; owned is reordered.
func newPlates(owned []ownedPlate) *plates {
	slices.SortFunc(owned, func(a, b ownedPlate) int {
		if c := a.code.Compare(b.code); c != 0 {
			return c
		}
		return cmp.Compare(a.d, b.d)
	})
	owned = slices.Compact(owned)
	p := &plates{codes: make([]plate.Code, 0, len(owned)), owners: make([]uint32, 0, len(owned))}
	first := make([]uint32, 0, len(owned)+1)
	for i, o := range owned {
		if i == 0 || o.code != owned[i-1].code {
			p.codes = append(p.codes, o.code)
			first = append(first, uint32(i))
		}
		p.owners = append(p.owners, o.d)
	}
	if len(p.codes) < len(p.owners) {
		p.first = append(first, uint32(len(owned)))
	}
	for start := 0; start < len(p.codes); {
		n := p.codes[start].Len()
		end := start
		for end < len(p.codes) && p.codes[end].Len() == n {
			end++
		}
		p.groups[n].build(p.codes, uint32(start), uint32(end), n)
		start = end
	}
	p.folds.build(p.codes)
	return p
}

func (p *plates) ownersOf(i uint32) []uint32 {
	if p.first == nil {
		return p.owners[i : i+1]
	}
	return p.owners[p.first[i]:p.first[i+1]]
}

func (g *group) build(codes []plate.Code, start, end uint32, n int) {
	g.head, g.tail = (n+1)/2, n/2
	g.start, g.end = start, end
	runs := 0
	var seen [8]plate.Set
	for i := start; i < end; i++ {
		if i == start || cut(codes[i], 0, g.head) != cut(codes[i-1], 0, g.head) {
			runs++
		}
		for k := range g.head {
			seen[k].Add(codes[i].At(k))
		}
	}
	for k := range g.head {
		g.seen = append(g.seen, seen[k].Symbols())
	}
	g.heads.init(runs)
	g.heads.fill(start, end, func(i uint32) uint64 { return cut(codes[i], 0, g.head) })
	g.buildTails(codes, n)
}

func (g *group) buildTails(codes []plate.Code, n int) {
	type entry struct {
		tail uint64
		i    uint32
	}
	byTail := make([]entry, 0, g.end-g.start)
	for i := g.start; i < g.end; i++ {
		byTail = append(byTail, entry{cut(codes[i], g.head, n), i})
	}
	slices.SortFunc(byTail, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.tail, b.tail), cmp.Compare(a.i, b.i))
	})
	g.byTail = make([]uint32, len(byTail))
	g.headOf = make([]uint64, len(byTail))
	runs := 0
	for k, e := range byTail {
		g.byTail[k], g.headOf[k] = e.i, cut(codes[e.i], 0, g.head)
		if k == 0 || e.tail != byTail[k-1].tail {
			runs++
		}
	}
	g.tails.init(runs)
	g.tails.fill(0, uint32(len(byTail)), func(k uint32) uint64 { return byTail[k].tail })
}

// cut gives symbols from to to-1 of c, left-aligned; at most eight.
func cut(c plate.Code, from, to int) uint64 {
	lo := c.Lo &^ 0xFF
	var v uint64
	if from < 8 {
		v = c.Hi<<(8*from) | lo>>(64-8*from)
	} else {
		v = lo << (8 * (from - 8))
	}
	return v & (^uint64(0) << (64 - 8*(to-from)))
}

// table maps the symbols of a half to a range; open addressing, never more than 2/3 full.
type table struct {
	slots []tableSlot
	shift uint8
}

type tableSlot struct {
	key        uint64 // 0 = free; no half is empty but the tail of one-symbol plates
	start, end uint32
}

func (t *table) init(keys int) {
	bitsNeeded := max(4, bits.Len(uint(keys+keys/2)))
	t.slots = make([]tableSlot, 1<<bitsNeeded)
	t.shift = uint8(64 - bitsNeeded)
}

// fill enters the runs of equal keys in start to end-1.
func (t *table) fill(start, end uint32, key func(uint32) uint64) {
	for i := start; i < end; {
		k, j := key(i), i+1
		for j < end && key(j) == k {
			j++
		}
		at := t.place(k)
		for t.slots[at].key != 0 {
			at = (at + 1) & (len(t.slots) - 1)
		}
		t.slots[at] = tableSlot{k, i, j}
		i = j
	}
}

func (t *table) place(k uint64) int {
	k ^= k >> 29
	return int((k * 0x9E3779B97F4A7C15) >> t.shift)
}

// find gives the range of k; empty if k does not occur.
func (t *table) find(k uint64) (start, end uint32) {
	if k == 0 || t.slots == nil {
		return 0, 0
	}
	for at := t.place(k); ; at = (at + 1) & (len(t.slots) - 1) {
		switch s := &t.slots[at]; s.key {
		case k:
			return s.start, s.end
		case 0:
			return 0, 0
		}
	}
}

// folds finds the plates that equal a text up to look-alikes, however many.
type folds struct {
	dir  []uint32 // first entry of each value of the hash's upper bits
	hash []uint32 // lower bits
	ids  []uint32
	bits uint8
}

func (f *folds) build(codes []plate.Code) {
	f.bits = uint8(max(4, bits.Len(uint(len(codes)/8))))
	hashes := make([]uint64, len(codes))
	count := make([]uint32, 1<<f.bits+1)
	for i, c := range codes {
		hashes[i] = hashOf(c.Folded())
		count[hashes[i]>>(64-f.bits)+1]++
	}
	for i := 1; i < len(count); i++ {
		count[i] += count[i-1]
	}
	f.dir = slices.Clone(count)
	f.hash, f.ids = make([]uint32, len(codes)), make([]uint32, len(codes))
	for i, h := range hashes {
		at := &count[h>>(64-f.bits)]
		f.hash[*at], f.ids[*at] = uint32(h), uint32(i)
		*at++
	}
}

func hashOf(c plate.Code) uint64 {
	h := (c.Hi ^ c.Lo*0xD6E8FEB86659FD93) * 0x9E3779B97F4A7C15
	h ^= h >> 32
	return h * 0xD6E8FEB86659FD93
}

// find appends the plates whose folded form is that of c.
func (f *folds) find(dst []uint32, c plate.Code) []uint32 {
	if len(f.ids) == 0 {
		return dst
	}
	h := hashOf(c)
	bucket := h >> (64 - f.bits)
	for i := f.dir[bucket]; i < f.dir[bucket+1]; i++ {
		if f.hash[i] == uint32(h) {
			dst = append(dst, f.ids[i])
		}
	}
	return dst
}
