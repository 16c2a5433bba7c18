//go:build gocv

package vision

import (
	"math"

	"acsgd/devices/anpr/ctc"
	"acsgd/internal/plate"
)

// likeness says how much a line of text is like a number plate: what was read and how
// surely, its height as a share of the picture's, its width over its height. Signs,
// lettering on lorries and the time that a camera writes into its pictures must lose.
func likeness(d ctc.Decoded, aspect, high float64) float64 {
	r := d.Readings[0]
	s := r.Score + 1.2*math.Log(max(high, 0.01)/0.05)
	s -= 2 * max(aspect-7, 0)
	s -= 3 * max(2-aspect, 0)
	switch n := digits(r.Code); {
	case n == 0:
		s -= 2.5 // plates without any digit are rare, words are not
	case n == r.Code.Len():
		s-- // nor are dates, times and the numbers of fleets
		if n >= 6 {
			s -= 2
		}
	}
	return s
}

func digits(c plate.Code) int {
	n := 0
	for i := range c.Len() {
		if c.At(i).Class() == plate.Digit {
			n++
		}
	}
	return n
}
