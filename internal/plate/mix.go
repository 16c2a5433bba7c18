package plate

import (
	"cmp"
	"slices"
)

// Census counts the plates of a traffic by shape and, within a shape, the characters at
// each position. Shapes are classes of characters, so DDDLLDD is one.
type Census struct {
	shapes map[string]*tally
	Plates int
}

type tally struct {
	key   string
	count int
	at    [][Symbols]int32
}

// NewCensus gives an empty census.
func NewCensus() *Census { return &Census{shapes: map[string]*tally{}} }

// Add counts one plate.
func (s *Census) Add(c Code) {
	var key [MaxLen]byte
	n := shapeOf(&key, c)
	if n == 0 {
		return
	}
	t := s.shapes[string(key[:n])]
	if t == nil {
		t = &tally{key: string(key[:n]), at: make([][Symbols]int32, n)}
		s.shapes[t.key] = t
	}
	t.count++
	s.Plates++
	for i := range n {
		t.at[i][c.At(i)&(Symbols-1)]++
	}
}

// Merge adds the counts of o.
func (s *Census) Merge(o *Census) {
	for key, t := range o.shapes { // sums: the order has no effect
		s.merge(key, t)
	}
	s.Plates += o.Plates
}

func (s *Census) merge(key string, t *tally) {
	mine := s.shapes[key]
	if mine == nil {
		mine = &tally{key: key, at: make([][Symbols]int32, len(t.at))}
		s.shapes[key] = mine
	}
	mine.count += t.count
	for i := range t.at {
		for y := range t.at[i] {
			mine.at[i][y] += t.at[i][y]
		}
	}
}

// shapeOf writes the shape of c: D, L, H, C per class. Behind the two first characters of
// a Chinese plate digits and letters mix freely, so X stands there for both.
func shapeOf(key *[MaxLen]byte, c Code) int {
	n := c.Len()
	han := c.At(0).Class() == Han
	for i := range n {
		key[i] = "?DLHC?"[c.At(i).Class()]
		if han && i > 1 && (key[i] == 'D' || key[i] == 'L') {
			key[i] = 'X'
		}
	}
	return n
}

// Mix says how often a random vehicle of the traffic makes a camera write a given text,
// whoever it is: the background u(r) of anpr.md 4.2. It is immutable and safe for
// concurrent use.
type Mix struct {
	ch   *Channel
	rows []row
}

type row struct {
	key    string
	weight float64 // share of the traffic
	at     []slot
}

// slot is one position of a shape: how probable each character truly is there, and how
// probable it is written there by mistake.
type slot struct{ own, off [Symbols]float32 }

const (
	// prior is how many vehicles the national tables weigh against the census: a site
	// with few declarations does not yet know its traffic.
	prior = 500
	// maxRows bounds the work of Likelihood; rarer shapes share one row per length.
	maxRows = 96
	// stranger is the share of the traffic whose plates follow no table.
	stranger = 0.01
)

// traffic is the assumed share of the countries at a road post of the region, in permille,
// until the census outweighs it.
var traffic = []struct {
	country string
	share   int
}{
	{"KZ", 380}, {"CN", 110}, {"KG", 110}, {"UZ", 110}, {"RU", 140}, {"TR", 30}, {"TJ", 30}, {"TM", 15},
	{"BY", 25}, {"MN", 10}, {"AM", 5}, {"LT", 10}, {"LV", 5}, {"PL", 10}, {"DE", 10},
}

// NewMix makes the background of a census, which may be nil, seen through ch.
func NewMix(ch *Channel, s *Census) *Mix {
	build := map[string]*weights{}
	plates := 0
	if s != nil {
		plates = s.Plates
		for _, t := range s.common() {
			w := weightsOf(build, t.key, len(t.at))
			w.add(float64(t.count), func(i int, y Symbol) float64 { return float64(t.at[i][y]) / float64(t.count) })
		}
	}
	addTables(build)
	m := &Mix{ch: ch}
	total := float64(plates + prior)
	for _, w := range build {
		m.rows = append(m.rows, w.row(ch, total))
	}
	slices.SortFunc(m.rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(len(a.at), len(b.at)), cmp.Compare(a.key, b.key))
	})
	return m
}

// common gives the shapes in a fixed order, those beyond maxRows merged by length.
func (s *Census) common() []*tally {
	all := make([]*tally, 0, len(s.shapes))
	for _, t := range s.shapes { // sorted below
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *tally) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.key, b.key))
	})
	if len(all) <= maxRows {
		return all
	}
	rest := NewCensus()
	for _, t := range all[maxRows:] {
		rest.merge("???????????????"[:len(t.at)], t)
	}
	all = all[:maxRows]
	for n := 1; n <= MaxLen; n++ {
		if t := rest.shapes["???????????????"[:n]]; t != nil {
			all = append(all, t)
		}
	}
	return all
}

// weights collects one row.
type weights struct {
	key   string
	total float64
	at    [][Symbols]float64
}

func weightsOf(build map[string]*weights, key string, n int) *weights {
	w := build[key]
	if w == nil {
		w = &weights{key: key, at: make([][Symbols]float64, n)}
		build[key] = w
	}
	return w
}

func (w *weights) add(vehicles float64, share func(i int, y Symbol) float64) {
	w.total += vehicles
	for i := range w.at {
		for y := Symbol(1); y < Symbols; y++ {
			w.at[i][y] += float64(vehicles * share(i, y))
		}
	}
}

// addTables adds the national tables with the weight of prior vehicles, and the strangers.
func addTables(build map[string]*weights) {
	all := Templates()
	for _, c := range traffic {
		n := 0
		for i := range all {
			if all[i].Format.Country == c.country {
				n++
			}
		}
		for i := range all {
			if t := &all[i]; t.Format.Country == c.country {
				addTemplate(build, t, float64(prior*(1-stranger))*float64(c.share)/1000/float64(n))
			}
		}
	}
	const from, to = 4, 9
	for n := from; n <= to; n++ {
		w := weightsOf(build, "???????????????"[:n], n)
		w.add(prior*stranger/(to-from+1), func(_ int, y Symbol) float64 {
			if y < firstHan {
				return 1.0 / latinSymbols
			}
			return 0
		})
	}
}

func addTemplate(build map[string]*weights, t *Template, vehicles float64) {
	key := make([]byte, len(t.Sets))
	for i := range t.Sets {
		key[i] = setClass(&t.Sets[i])
	}
	var even [MaxLen]float64
	for i := range t.Sets {
		even[i] = 1 / float64(t.Sets[i].Len())
	}
	w := weightsOf(build, string(key), len(t.Sets))
	w.add(vehicles, func(i int, y Symbol) float64 {
		if t.Sets[i].Has(y) {
			return even[i]
		}
		return 0
	})
}

// setClass is the letter of a shape for a set: its class, or X where classes mix.
func setClass(s *Set) byte {
	class := None
	for y := Symbol(1); y < Symbols; y++ {
		if !s.Has(y) {
			continue
		}
		if class != None && class != y.Class() {
			return 'X'
		}
		class = y.Class()
	}
	return "?DLHC?"[class]
}

func (w *weights) row(ch *Channel, total float64) row {
	r := row{key: w.key, weight: w.total / total, at: make([]slot, len(w.at))}
	for i := range w.at {
		for x := Symbol(1); x < Symbols; x++ {
			q := w.at[i][x] / w.total
			if q == 0 {
				continue
			}
			r.at[i].own[x] = float32(q)
			off := &ch.off[x]
			for y := range off {
				r.at[i].off[y] += float32(q * float64(off[y]))
			}
		}
	}
	return r
}

// Likelihood is the probability that a random vehicle of the traffic makes the camera
// write r: the sum over all plates of all shapes and over all alignments.
func (m *Mix) Likelihood(r *Read) float64 {
	n := r.Len()
	sum := 0.0
	for i := range m.rows {
		if k := len(m.rows[i].at); k >= n-2 && k <= n+2 {
			sum += float64(m.rows[i].weight * m.rowLikelihood(&m.rows[i], r))
		}
	}
	// A text that no shape explains is still written now and then.
	floor := 1e-6
	for range n {
		floor /= latinSymbols
	}
	return sum + floor
}

// rowLikelihood is Channel.Likelihood with a distribution at each position in place of a
// character. Alignments that leave out or insert more than three characters are neglected.
func (m *Mix) rowLikelihood(w *row, r *Read) float64 {
	n := r.Len()
	var f [MaxLen + 1]float64
	f[0] = 1
	ins := m.ch.Insert(0)
	for j := 1; j <= min(n, band); j++ {
		f[j] = float64(f[j-1] * ins)
	}
	stay := float64(1 - m.ch.drop)
	for i := range w.at {
		ins = m.ch.Insert(i + 1)
		at := &w.at[i]
		low := max(1, i+1-band)
		diag := f[low-1]
		if low == 1 {
			f[0] = float64(f[0] * m.ch.drop)
		} else {
			f[low-1] = 0
		}
		for j := low; j <= min(n, i+1+band); j++ {
			y := r.At(j-1) & (Symbols - 1)
			c := r.Sure[j-1]
			p := float64(c*float64(at.own[y])) + float64((1-c)*float64(at.off[y]))
			up := f[j]
			f[j] = float64(float64(diag*stay)*p) + float64(up*m.ch.drop) + float64(f[j-1]*ins)
			diag = up
		}
	}
	return f[n]
}

// Prior is the probability that a random vehicle of the traffic carries the plate c.
func (m *Mix) Prior(c Code) float64 {
	n := c.Len()
	sum := 0.0
	for i := range m.rows {
		w := &m.rows[i]
		if len(w.at) != n {
			continue
		}
		p := w.weight
		for k := 0; k < n && p > 0; k++ {
			p = float64(p * float64(w.at[k].own[c.At(k)&(Symbols-1)]))
		}
		sum += p
	}
	return sum
}
