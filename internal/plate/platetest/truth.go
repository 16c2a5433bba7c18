package platetest

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Truth is what nobody at a border knows: the channel of Corrupt and the traffic of Plate,
// from which the best possible answer to a read follows. It is computed from their
// definitions and shares no code with the matcher.
// Not safe for concurrent use.
type Truth struct {
	cer  float64
	even map[evenly]float64 // what was asked for of slots
}

// evenly is a character written where one of a set stands, each as often.
type evenly struct {
	set string
	y   rune
}

// NewTruth gives the truth of reads that were corrupted at a rate of cer a character.
func NewTruth(cer float64) *Truth { return &Truth{cer, map[evenly]float64{}} }

// The shares of the errors, as in Corrupt.
const (
	replacedShare  = 0.57
	missingShare   = 0.19
	insertedShare  = 0.24
	firstShare     = 0.39 // of the inserted ones, before the first character
	anyCharacter   = 36
	behindEachRate = insertedShare * (1 - firstShare)
)

// emit is the probability that the character x is written as y, not missing.
func (t *Truth) emit(y, x rune) float64 {
	replaced := t.cer * replacedShare
	p := 0.0
	if y == x {
		p = 1 - t.cer*(replacedShare+missingShare)
	}
	if a := alike[x]; len(a) > 0 {
		n := 0
		for _, c := range a {
			if c == y {
				n++
			}
		}
		return p + replaced*float64(n)/float64(len(a))
	}
	return p + replaced*anyOf(y)
}

// anyOf is the probability that one character drawn at random is y.
func anyOf(y rune) float64 {
	if strings.ContainsRune(digits+letters, y) {
		return 1.0 / anyCharacter
	}
	return 0
}

// rows advances the sum over all alignments by one true character: f[j] is the probability
// that the characters so far were written as the first j of the read.
func (t *Truth) rows(f []float64, read []rune, emit func(y rune) float64) {
	missing, behind := t.cer*missingShare, t.cer*behindEachRate
	g := make([]float64, len(f)) // before the character that may be inserted behind
	for j := range f {
		g[j] = f[j] * missing
		if j > 0 {
			g[j] += f[j-1] * emit(read[j-1])
		}
	}
	for j := range f {
		f[j] = g[j] * (1 - behind)
		if j > 0 {
			f[j] += g[j-1] * behind * anyOf(read[j-1])
		}
	}
}

// begin is the row before the first of n true characters.
func (t *Truth) begin(f []float64, read []rune, n int) {
	clear(f)
	first := t.cer * insertedShare * firstShare * float64(n)
	f[0] = 1 - first
	if len(read) > 0 {
		f[1] = first * anyOf(read[0])
	}
}

// Likelihood is the probability that Corrupt writes read for the plate.
func (t *Truth) Likelihood(read, plate string) float64 {
	y := []rune(read)
	f := make([]float64, len(y)+1)
	t.begin(f, y, utf8.RuneCountInString(plate))
	for _, x := range plate {
		t.rows(f, y, func(y rune) float64 { return t.emit(y, x) })
	}
	return f[len(y)]
}

// Background is the probability that Corrupt writes read for a plate that Plate draws.
func (t *Truth) Background(read string) float64 {
	y := []rune(read)
	sum := 0.0
	f := make([]float64, len(y)+1)
	for _, s := range spelt {
		if d := len(s.at) - len(y); d > 3 || d < -4 {
			continue
		}
		t.begin(f, y, len(s.at))
		for _, set := range s.at {
			t.rows(f, y, func(y rune) float64 { return t.slot(set, y) })
		}
		sum += s.share * f[len(y)]
	}
	return sum
}

// slot is emit where one of a set stands.
func (t *Truth) slot(set string, y rune) float64 {
	p, ok := t.even[evenly{set, y}]
	if !ok {
		for _, x := range set {
			p += t.emit(y, x)
		}
		p /= float64(utf8.RuneCountInString(set))
		t.even[evenly{set, y}] = p
	}
	return p
}

// Prior is the probability that Plate draws this plate.
func Prior(plate string) float64 {
	x := []rune(plate)
	sum := 0.0
	for _, s := range spelt {
		if len(s.at) != len(x) {
			continue
		}
		p := s.share
		for i, set := range s.at {
			n := 0
			for _, c := range set {
				if c == x[i] {
					n++
				}
			}
			p *= float64(n) / float64(utf8.RuneCountInString(set))
		}
		sum += p
	}
	return sum
}

// spelling is a shape with an even choice of characters at each place, independent of the
// other places.
type spelling struct {
	share float64
	at    []string
}

// spelt are the shapes of mix, those with a region divided by its first digit.
var spelt = func() (all []spelling) {
	for _, c := range mix {
		for _, shape := range c.shapes {
			all = append(all, spell(shape, float64(c.share)/100/float64(len(c.shapes)))...)
		}
	}
	return all
}()

// regions are the highest numbers of the two-digit slots; the lowest is 1.
var regions = map[rune]int{'Z': 20, 'G': 9, 'J': 9, 'U': 99, 'T': 81}

var slots = map[rune]string{
	'D': digits, 'L': letters, 'R': "ABEKMHOPCTYX", 'C': "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ",
	'X': "ABCDEFGHIJKLMNOPRSTUVYZ", 'P': han, 'E': "ABCDEFGHJK", 'd': "DT", 'l': letters, 't': "T", 'm': "MH",
}

func spell(shape string, share float64) []spelling {
	all := []spelling{{share: share}}
	for _, c := range shape {
		if most, ok := regions[c]; ok {
			all = twoDigits(all, most)
			continue
		}
		set := slots[c]
		if set == "" {
			set = string(c)
		}
		for i := range all {
			all[i].at = append(all[i].at, set)
		}
	}
	return all
}

func twoDigits(heads []spelling, most int) (all []spelling) {
	for _, h := range heads {
		for tens := 0; tens*10 <= most; tens++ {
			from, to := max(1, tens*10), min(most, tens*10+9)
			at := append(slices.Clone(h.at), digits[tens:tens+1], digits[from%10:to%10+1])
			all = append(all, spelling{h.share * float64(to-from+1) / float64(most), at})
		}
	}
	return all
}
