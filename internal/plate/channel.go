package plate

// Channel is the character channel of a camera: how probable it is that the camera writes
// one character as another, leaves one out or writes one too many (anpr.md 4.2).
//
// A written character y for a true character x has the probability
//
//	P(y|x) = c [y = x] + (1-c) Off(y|x)
//
// where c is the camera's own confidence in that character, or Keep where it gives none.
// Because Off depends on x, a digit slot and a letter slot have channels of their own.
// A Channel is immutable and safe for concurrent use.
type Channel struct {
	keep     float64
	drop     float64
	insert   float64
	insert0  float64
	off      [Symbols][Symbols]float32 // [true][written], rows sum to 1 over the written
	insertOf float64
}

// Rates are the parameters of a Channel, as fractions of 0 to 1.
type Rates struct {
	Keep        float64 // a character is written as it is
	Drop        float64 // a character is left out
	Insert      float64 // a character too many stands before a given character, or at the end
	InsertFirst float64 // the same before the first character: country bands, coats of arms
	Alike       float64 // the share of the wrong characters that are look-alikes of the table
}

// StartRates are the rates to begin with, before a camera's own reads are known. The start
// values of anpr.md 4.2 (diagonal 0.97, a third of the errors outside the look-alikes) are
// those of a poor camera and cost half a point of correct matches at a character error
// rate of 2 %; these stand in the middle between 2 and 5 % (measured in fusion/match).
func StartRates() Rates {
	return Rates{Keep: 0.98, Drop: 0.006, Insert: 0.005, InsertFirst: 0.02, Alike: 0.9}
}

// NewChannel makes the channel of the rates.
func NewChannel(r Rates) *Channel {
	ch := &Channel{keep: r.Keep, drop: r.Drop, insert: r.Insert, insert0: r.InsertFirst, insertOf: 1.0 / latinSymbols}
	for x := Symbol(1); x < Symbols; x++ {
		ch.fillRow(x, r.Alike)
	}
	return ch
}

// latinSymbols is the number of the characters that a camera may write by mistake: 0-9, A-Z.
const latinSymbols = 36

func (ch *Channel) fillRow(x Symbol, alike float64) {
	var weight [Symbols]int
	sum := 0
	for _, c := range confusions {
		a, b := SymbolOf(c.a), SymbolOf(c.b)
		if x == b {
			a, b = b, a
		}
		// A camera that reads Latin plates does not write Cyrillic; the other way it does.
		if x != a || (x < firstHan && b >= firstHan) {
			continue
		}
		weight[b] += c.weight
		sum += c.weight
	}
	if sum == 0 {
		alike = 0
	}
	for y := Symbol(1); y < Symbols; y++ {
		if y == x {
			continue
		}
		p := 0.0
		if sum > 0 {
			p = float64(alike * float64(weight[y]) / float64(sum))
		}
		spread := 1e-4 // Han and Cyrillic written for another character
		if y < firstHan {
			spread = 1.0 / latinSymbols
			if x < firstHan {
				spread = 1.0 / (latinSymbols - 1)
			}
		}
		ch.off[x][y] = float32(p + float64((1-alike)*spread))
	}
}

var startChannel = NewChannel(StartRates())

// StartChannel is the channel of StartRates; it is shared and immutable.
func StartChannel() *Channel { return startChannel }

// Keep is the probability that a character is written as it is.
func (ch *Channel) Keep() float64 { return ch.keep }

// Drop is the probability that a character is left out.
func (ch *Channel) Drop() float64 { return ch.drop }

// Added and AddedFirst are the probabilities of a character too many before a given
// character or at the end, and before the first.
func (ch *Channel) Added() float64      { return ch.insert }
func (ch *Channel) AddedFirst() float64 { return ch.insert0 }

// Insert is the probability of one given extra character before true character i, counted
// from 0 (i = the length: at the end).
func (ch *Channel) Insert(i int) float64 {
	if i == 0 {
		return float64(ch.insert0 * ch.insertOf)
	}
	return float64(ch.insert * ch.insertOf)
}

// Off is the probability of y where the camera writes a wrong character for x.
func (ch *Channel) Off(y, x Symbol) float64 {
	return float64(ch.off[x&(Symbols-1)][y&(Symbols-1)])
}

// Read is what a camera wrote, with its confidence in each character.
type Read struct {
	Code
	Sure [MaxLen]float64 // probability that character i is right, 0 < Sure < 1
}

// NewRead gives the read of a normalised text with the channel's own confidence.
func (ch *Channel) NewRead(c Code) Read {
	r := Read{Code: c}
	for i := range r.Sure {
		r.Sure[i] = ch.keep
	}
	return r
}

// band bounds the alignments that count: more than so many characters more or fewer at any
// point are neglected, which loses less than one part in a million of a likelihood.
const band = 3

// Likelihood is the probability that the camera writes r for the true plate d: the sum
// over all alignments (the F of anpr.md 4.2, in the linear domain: plates are short, so
// nothing underflows, and without logarithms the result is the same on every machine).
// It is 0 where the lengths differ by more than three.
func (ch *Channel) Likelihood(r *Read, d Code) float64 {
	n, m := r.Len(), d.Len()
	if n > m+band || m > n+band {
		return 0
	}
	// f is one row of F: f[j] = P(the first i true characters were written as the first j).
	var f [MaxLen + 1]float64
	f[0] = 1
	ins := ch.Insert(0)
	for j := 1; j <= min(n, band); j++ {
		f[j] = float64(f[j-1] * ins)
	}
	stay := float64(1 - ch.drop)
	ins = ch.Insert(1)
	for i := 1; i <= m; i++ {
		x := d.At(i - 1)
		row := &ch.off[x&(Symbols-1)]
		low := max(1, i-band)
		diag := f[low-1]
		if low == 1 {
			f[0] = float64(f[0] * ch.drop)
		} else {
			f[low-1] = 0
		}
		for j := low; j <= min(n, i+band); j++ {
			y := r.At(j - 1)
			p := r.Sure[j-1]
			if y != x {
				p = float64((1 - p) * float64(row[y&(Symbols-1)]))
			}
			up := f[j]
			f[j] = float64(float64(diag*stay)*p) + float64(up*ch.drop) + float64(f[j-1]*ins)
			diag = up
		}
	}
	return f[n]
}
