package wim

import (
	"fmt"
	"math"
	"math/bits"

	"acsgd/internal/quant"
)

// massMax bounds what a count may mean: no weight is near it, and sums stay far from 2^63.
const massMax = 1e15

// Scale turns the counts of an instrument into masses: a count is Num/Den of a unit.
type Scale struct{ num, den uint64 } // grams

// NewScale makes the scale of num/den u, both 1 to 10^6, shown with so many decimals, 0 to 7.
func NewScale(num, den int64, u Unit, decimals int) (Scale, error) {
	const most = 1_000_000
	if num < 1 || num > most || den < 1 || den > most {
		return Scale{}, fmt.Errorf("scale %d/%d: want 1 to %d", num, den, most)
	}
	if decimals < 0 || decimals > 7 {
		return Scale{}, fmt.Errorf("%d decimals: want 0 to 7", decimals)
	}
	s := Scale{uint64(num) * u.num, uint64(den) * u.den}
	for range decimals {
		s.den *= 10 // 10^6 * 1.6*10^6 * 10^7 at most
	}
	return s, nil
}

// Of gives the mass of a whole count, rounded half away from zero; ok is false beyond 10^9 t.
func (s Scale) Of(count int64) (m quant.Mass, ok bool) {
	size := uint64(max(count, -count))
	hi, lo := bits.Mul64(size, s.num)
	lo, carry := bits.Add64(lo, s.den/2, 0)
	if hi += carry; hi >= s.den {
		return 0, false
	}
	q, _ := bits.Div64(hi, lo, s.den)
	if q > massMax {
		return 0, false
	}
	if count < 0 {
		return -quant.Mass(q), true
	}
	return quant.Mass(q), true
}

// OfFloat gives the mass of a count with a fraction; ok is false if it is no number, or
// beyond 10^9 t.
func (s Scale) OfFloat(count float64) (m quant.Mass, ok bool) {
	g := math.Round(count * float64(s.num) / float64(s.den))
	if !(math.Abs(g) <= massMax) { // not a number too
		return 0, false
	}
	return quant.Mass(g), true
}

// ParseUnit finds a unit by its usual sign.
func ParseUnit(sign string) (Unit, error) {
	switch sign {
	case "g":
		return Gram, nil
	case "kg":
		return Kilogram, nil
	case "t":
		return Tonne, nil
	case "lb":
		return Pound, nil
	}
	return Unit{}, fmt.Errorf("unit %q: want g, kg, t or lb", sign)
}
