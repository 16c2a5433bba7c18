package matchbench

import (
	"context"
	"fmt"

	"github.com/sajari/fuzzy"

	"acsgd/internal/plate"
)

// scan compares a read with every declared plate: Myers' bit-parallel distance. It is the
// reference that the other methods by distance are checked against.
type scan struct {
	inside
	codes []plate.Code
	edits int
	ask   int
	list  []neighbour
}

func (s *scan) name() string       { return fmt.Sprintf("scan of all, Myers, within %d", s.edits) }
func (s *scan) settings() []string { return []string{fmt.Sprintf("one nearest within %d", s.edits)} }
func (s *scan) most() int          { return s.ask }

func (s *scan) build(_ context.Context, w *world) error {
	s.codes = make([]plate.Code, len(w.declared))
	for i, p := range w.declared {
		s.codes[i] = plate.Encode(p)
	}
	return nil
}

func (s *scan) lookup(text string) error {
	s.list = s.list[:0]
	var m myers
	m.set(plate.Encode(text))
	for _, c := range s.codes {
		if d := m.distance(c, s.edits); d <= s.edits {
			s.list = append(s.list, neighbour{c, d})
		}
	}
	return nil
}

func (s *scan) answers(dst []answer) []answer { return append(dst, nearest(s.list, s.edits)) }

// myers holds where each symbol stands in a pattern of at most 15.
//
// Source: G. Myers, A fast bit-vector algorithm for approximate string matching based on
// dynamic programming, JACM 46(3), 1999; the form for whole strings by Hyyrö, 2001.
type myers struct {
	at [plate.Symbols]uint32
	n  int
}

func (m *myers) set(c plate.Code) {
	*m = myers{n: c.Len()}
	for i := range m.n {
		m.at[c.At(i)] |= 1 << i
	}
}

// distance is the number of edits, or more than limit.
func (m *myers) distance(c plate.Code, limit int) int {
	k := c.Len()
	if k > m.n+limit || m.n > k+limit {
		return limit + 1
	}
	if m.n == 0 {
		return k
	}
	up, down, d, last := ^uint32(0), uint32(0), m.n, uint32(1)<<(m.n-1)
	for i := range k {
		eq := m.at[c.At(i)]
		diagonal := (((eq & up) + up) ^ up) | eq | down
		right, left := down|^(diagonal|up), up&diagonal
		if right&last != 0 {
			d++
		}
		if left&last != 0 {
			d--
		}
		right, left = right<<1|1, left<<1
		up, down = left|^(diagonal|right), right&diagonal
	}
	return d
}

// bkTree is the tree of Burkhard and Keller: a child for each distance from its node. Nodes
// lie in one slice; a child is the first of a list of siblings.
type bkTree struct {
	nodes []bkNode
}

type bkNode struct {
	code        plate.Code
	child, next uint32 // 0 = none: node 0 is nobody's child
	edits       uint8  // from its parent
}

const farthest = plate.MaxLen + 1

func (t *bkTree) add(c plate.Code) {
	if len(t.nodes) == 0 {
		t.nodes = append(t.nodes, bkNode{code: c})
		return
	}
	var m myers
	m.set(c)
	for at := uint32(0); ; {
		d := m.distance(t.nodes[at].code, farthest)
		if d == 0 {
			return
		}
		next := t.nodes[at].child
		for next != 0 && int(t.nodes[next].edits) != d {
			next = t.nodes[next].next
		}
		if next == 0 {
			t.nodes = append(t.nodes, bkNode{code: c, next: t.nodes[at].child, edits: uint8(d)})
			t.nodes[at].child = uint32(len(t.nodes) - 1)
			return
		}
		at = next
	}
}

// find appends the plates within so many edits. The triangle inequality leaves out children
// whose distance from their parent differs by more than that from the read's.
func (t *bkTree) find(dst []neighbour, c plate.Code, edits int) []neighbour {
	if len(t.nodes) == 0 {
		return dst
	}
	var m myers
	m.set(c)
	open := []uint32{0}
	for len(open) > 0 {
		n := &t.nodes[open[len(open)-1]]
		open = open[:len(open)-1]
		d := m.distance(n.code, farthest)
		if d <= edits {
			dst = append(dst, neighbour{n.code, d})
		}
		for k := n.child; k != 0; k = t.nodes[k].next {
			if e := int(t.nodes[k].edits); e >= d-edits && e <= d+edits {
				open = append(open, k)
			}
		}
	}
	return dst
}

// bk asks a BK-tree.
type bk struct {
	inside
	tree  *bkTree
	edits int
	ask   int
	list  []neighbour
}

func (b *bk) name() string       { return fmt.Sprintf("BK-tree, within %d", b.edits) }
func (b *bk) settings() []string { return []string{fmt.Sprintf("one nearest within %d", b.edits)} }
func (b *bk) most() int          { return b.ask }

func (b *bk) build(ctx context.Context, w *world) error {
	b.tree = &bkTree{nodes: make([]bkNode, 0, len(w.declared))}
	for i, p := range w.declared {
		if b.tree.add(plate.Encode(p)); i%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func (b *bk) lookup(text string) error {
	b.list = b.tree.find(b.list[:0], plate.Encode(text), b.edits)
	return nil
}

func (b *bk) answers(dst []answer) []answer { return append(dst, nearest(b.list, b.edits)) }

// deletes is the symmetric-delete library, one deletion deep. It knows bytes, and lower case
// only: each symbol is one of them.
type deletes struct {
	inside
	model *fuzzy.Model
	found map[string]*fuzzy.Potential
	list  []neighbour
}

func (*deletes) name() string       { return "symmetric delete, sajari/fuzzy v1.0.0, depth 1" }
func (*deletes) settings() []string { return []string{"one nearest within 1"} }
func (*deletes) most() int          { return 0 }

// further are the bytes of symbols that are neither digits nor letters.
const further = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17"

func asBytes(c plate.Code) string {
	b := make([]byte, c.Len())
	for i := range b {
		switch s := int(c.At(i)); {
		case s <= 10:
			b[i] = '0' + byte(s-1)
		case s <= 36:
			b[i] = 'a' + byte(s-11)
		default:
			b[i] = further[(s-37)%len(further)]
		}
	}
	return string(b)
}

func (d *deletes) build(ctx context.Context, w *world) error {
	d.model = fuzzy.NewModel()
	d.model.SetThreshold(1)
	d.model.SetDepth(1)
	d.model.SetUseAutocomplete(false)
	for i, p := range w.declared {
		if d.model.TrainWord(asBytes(plate.Encode(p))); i%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func (d *deletes) lookup(text string) error {
	d.found = d.model.Potentials(asBytes(plate.Encode(text)), true)
	return nil
}

func (d *deletes) answers(dst []answer) []answer {
	d.list = d.list[:0]
	for term, p := range d.found { // the nearest one is the same in any order
		d.list = append(d.list, neighbour{fromBytes(term), p.Leven})
	}
	return append(dst, nearest(d.list, 1))
}

// fromBytes undoes asBytes for the symbols that the traffic has.
func fromBytes(s string) plate.Code {
	text := make([]rune, 0, len(s))
	for i := range len(s) {
		text = append(text, symbolOf[s[i]].Rune())
	}
	return plate.Encode(string(text))
}

var symbolOf = func() (t [256]plate.Symbol) {
	for i := range byte(10) {
		t['0'+i] = plate.Symbol(i + 1)
	}
	for i := range byte(26) {
		t['a'+i] = plate.Symbol(i + 11)
	}
	for i := range len(further) {
		t[further[i]] = plate.Symbol(37 + i)
	}
	return t
}()
