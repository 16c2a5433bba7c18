// Package ctc turns what a recogniser with a CTC output saw, a probability of every
// character at every step along a plate, into the likeliest plates: it searches freely and
// within the shapes of national systems, weighs what was seen against how usual a shape is,
// and says how sure each character is (anpr.md 1.4). It is pure.
//
// CTC: A. Graves et al., "Connectionist Temporal Classification", ICML 2006.
package ctc

import (
	"math"

	"acsgd/internal/plate"
)

// Matrix is the output of a recogniser over Steps steps. P[t*plate.Symbols+s] is the
// probability of symbol s at step t; symbol 0 is the CTC blank. What the recogniser gave to
// separators counts as blank, what it gave to characters of no plate is left out, so a row
// sums to at most 1.
type Matrix struct {
	Steps int
	P     []float32
	// Weight is how much this look counts beside others of the same plate; 0 means 1.
	Weight float64
}

// NewMatrix makes a matrix of zeros.
func NewMatrix(steps int) *Matrix {
	return &Matrix{Steps: steps, P: make([]float32, steps*plate.Symbols)}
}

// Row gives the probabilities of step t.
func (m *Matrix) Row(t int) []float32 { return m.P[t*plate.Symbols : (t+1)*plate.Symbols] }

// floor is the least probability of anything: a network that is certain of something wrong
// must leave a way to the right one.
const floor = 1e-6

// Append puts the steps of n behind those of m, for a plate of two rows.
func Append(m, n *Matrix) *Matrix {
	j := NewMatrix(m.Steps + n.Steps + 1)
	j.Weight = m.Weight
	copy(j.P, m.P)
	j.Row(m.Steps)[0] = 1 // the last character of the upper row is not the first one of the lower
	copy(j.P[(m.Steps+1)*plate.Symbols:], n.P)
	return j
}

// LogP is the logarithm of the probability that the matrix spells c: the sum over all
// alignments.
func (m *Matrix) LogP(c plate.Code) float64 { return m.logP(c, new([2*plate.MaxLen + 1]float64)) }

func (m *Matrix) logP(c plate.Code, a *[2*plate.MaxLen + 1]float64) float64 {
	n := c.Len()
	states := 2*n + 1
	clear(a[:states])
	var text [plate.MaxLen]plate.Symbol
	for i := range n {
		text[i] = c.At(i)
	}
	if m.Steps == 0 {
		return math.Inf(-1)
	}
	a[0] = 1 // before the first step: in the blank that leads the text
	log := 0.0
	for t := range m.Steps {
		row := m.Row(t)
		blank := max(float64(row[0]), floor)
		sum := 0.0
		// From the last state to the first, so that a step reads what the step before left.
		for i := n - 1; i >= 0; i-- {
			s := 2*i + 1
			v := float64((a[s+1] + a[s]) * blank)
			a[s+1] = v
			ink := a[s] + a[s-1]
			if i > 0 && text[i] != text[i-1] {
				ink += a[s-2]
			}
			ink = float64(ink * max(float64(row[text[i]]), floor))
			a[s] = ink
			sum += v + ink
		}
		a[0] = float64(a[0] * blank)
		if sum += a[0]; sum < tiny { // scaled before it underflows
			if sum == 0 {
				return math.Inf(-1)
			}
			for s := range states {
				a[s] /= sum
			}
			log += math.Log(sum)
		}
	}
	last := a[states-1]
	if states > 1 {
		last += a[states-2]
	}
	return log + math.Log(max(last, 1e-300))
}

// tiny is the sum below which the probabilities of a step are scaled.
const tiny = 1e-100

// Free gives up to n of the likeliest spellings whatever their shape: a prefix beam search.
func (m *Matrix) Free(n int) []plate.Code {
	b := newBeam(n)
	for t := range m.Steps {
		b.step(m.Row(t))
	}
	return b.best(n)
}
