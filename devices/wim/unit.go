package wim

import (
	"errors"
	"math/bits"

	"acsgd/internal/quant"
)

// Unit is a unit of mass as the exact fraction of a gram.
type Unit struct{ num, den uint64 }

// The units that indicators show.
var (
	Milligram = Unit{1, 1000}
	Gram      = Unit{1, 1}
	Kilogram  = Unit{1000, 1}
	Tonne     = Unit{1_000_000, 1}
	Pound     = Unit{45_359_237, 100_000}
	Ounce     = Unit{45_359_237, 1_600_000}
	ShortTon  = Unit{90_718_474, 100}
)

var (
	errNumber = errors.New("weight is not a decimal number")
	errDigits = errors.New("weight of more than ten digits")
)

// digitsMax bounds a weight: ten digits of the largest unit stay far below 2^63 grams.
const digitsMax = 10

// ParseMass reads an unsigned decimal of u, rounded half up to the gram. Digits and at most
// one point, nothing else.
func ParseMass(s []byte, u Unit) (quant.Mass, error) {
	var v, den uint64 = 0, u.den
	digits, point := 0, false
	for _, b := range s {
		switch {
		case b == '.' && !point:
			point = true
		case b >= '0' && b <= '9':
			if digits++; digits > digitsMax {
				return 0, errDigits
			}
			v = v*10 + uint64(b-'0')
			if point {
				den *= 10
			}
		default:
			return 0, errNumber
		}
	}
	if digits == 0 {
		return 0, errNumber
	}
	// v < 10^10, num < 10^8 and den <= 1.6*10^16: the product fits in 64 bits.
	hi, lo := bits.Mul64(v, u.num)
	lo, carry := bits.Add64(lo, den/2, 0)
	q, _ := bits.Div64(hi+carry, lo, den)
	return quant.Mass(q), nil
}
