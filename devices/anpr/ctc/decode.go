package ctc

import (
	"cmp"
	"math"
	"slices"

	"acsgd/internal/plate"
)

// Reading is one spelling.
type Reading struct {
	Code plate.Code
	// Score is the logarithm of what was seen times how usual the shape is, without a
	// common factor: readings of one matrix compare.
	Score float64
	// Seen is the logarithm of the probability that the matrix spells it.
	Seen float64
	// P is the share of all readings that were tried.
	P float64
}

// Decoded is what one matrix says.
type Decoded struct {
	Readings []Reading // best first; empty if nothing legible is there
	Sure     []float64 // of each character of the best: its share among all characters there
}

// Decoder decodes matrices with the shapes of a site. Not safe for concurrent use.
type Decoder struct {
	shapes []shape
	seen   picks
	looks  []*Matrix
	list   []Reading
	room   [2*plate.MaxLen + 1]float64
	known  map[plate.Code]bool
}

type shape struct {
	sets  []plate.Set
	prior float64 // logarithm of the share of this shape, over that of any string of its length
}

// NewDecoder makes a decoder. site are the countries whose plates are usual, the most
// usual first; empty weighs all alike.
func NewDecoder(site []string) *Decoder {
	d := &Decoder{seen: picks{seen: map[plate.Set]*best{}}, known: map[plate.Code]bool{}}
	d.shapes = shapesOf(site)
	return d
}

// Tried is how many spellings the free search contributes, Listed how many Decode gives.
const (
	tried  = 12
	Listed = 8
)

// Decode gives the likeliest plates of what was seen of one plate: a matrix, or several of
// the same plate cut out differently, which count as one look (their logarithms' mean).
func (d *Decoder) Decode(looks ...*Matrix) Decoded {
	clear(d.known)
	d.list, d.looks = d.list[:0], looks
	for _, m := range looks {
		if m.Steps == 0 {
			return Decoded{}
		}
		clear(d.seen.seen)
		for _, c := range m.Free(tried) {
			d.try(c)
		}
		for i := range d.shapes {
			d.try(m.within(d.shapes[i].sets, &d.seen))
		}
	}
	d.sort()
	if len(d.list) == 0 {
		return Decoded{}
	}
	out := Decoded{Sure: d.sure(d.list[0].Code)}
	d.sort()
	d.list = d.list[:min(len(d.list), 64)]
	total := 0.0
	for i := range d.list {
		d.list[i].P = math.Exp(d.list[i].Score - d.list[0].Score)
		total += d.list[i].P
	}
	for i := range d.list {
		d.list[i].P /= total
	}
	out.Readings = slices.Clone(d.list[:min(len(d.list), Listed)])
	return out
}

func (d *Decoder) sort() {
	slices.SortFunc(d.list, func(a, b Reading) int { return cmp.Or(cmp.Compare(b.Score, a.Score), a.Code.Compare(b.Code)) })
}

// logP is the weighted mean over the looks.
func (d *Decoder) logP(c plate.Code) float64 {
	sum, of := 0.0, 0.0
	for _, m := range d.looks {
		w := cmp.Or(m.Weight, 1)
		sum += float64(w * m.logP(c, &d.room))
		of += w
	}
	return sum / of
}

func (d *Decoder) try(c plate.Code) {
	if c.Len() == 0 || d.known[c] {
		return
	}
	d.known[c] = true
	seen := d.logP(c)
	d.list = append(d.list, Reading{Code: c, Seen: seen, Score: seen + d.Prior(c)})
}

// sure gives for each character of c its share among all that could stand there instead,
// and adds the likely ones to the list.
func (d *Decoder) sure(c plate.Code) []float64 {
	own := d.logP(c)
	out := make([]float64, c.Len())
	for i := range out {
		sum := 1.0
		for s := plate.Symbol(1); s < plate.Symbols; s++ {
			if s == c.At(i) || !d.inked(s) {
				continue
			}
			other := c.Replaced(i, s)
			if p := math.Exp(d.logP(other) - own); p > 1e-4 {
				sum += p
				d.try(other)
			}
		}
		out[i] = 1 / sum
	}
	return out
}

// inked reports whether a symbol stands anywhere in the looks.
func (d *Decoder) inked(s plate.Symbol) bool {
	for _, m := range d.looks {
		for t := range m.Steps {
			if m.P[t*plate.Symbols+int(s)] > 1e-3 {
				return true
			}
		}
	}
	return false
}

// Prior is the logarithm of how usual a spelling's shape is: 0 for a string of no known
// system with a usual length.
func (d *Decoder) Prior(c plate.Code) float64 {
	p := unusual(c)
	for i := range d.shapes {
		if s := &d.shapes[i]; s.prior > p && (&plate.Template{Sets: s.sets}).Match(c) {
			p = s.prior
		}
	}
	return p
}

// TwoRows reports whether a spelling may stand in two rows: it has the shape of a country of
// the table, or one row's digits and the other's letters. Slogans stand above and below
// plates too, and must not be taken for a row.
func TwoRows(c plate.Code) bool {
	if plate.Known(c.String()) {
		return true
	}
	turns := 0
	for i := 1; i < c.Len(); i++ {
		if (c.At(i).Class() == plate.Digit) != (c.At(i-1).Class() == plate.Digit) {
			turns++
		}
	}
	return turns == 1 && c.Len() >= 5 && c.Len() <= 8
}
