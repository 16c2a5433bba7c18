package anpr

import (
	"math/rand/v2"
	"strings"
)

// takenFor names for a character what readers write in its place, the readiest first.
const takenFor = "0OQD OQ0D D0OQ Q0O 1I7LT I1LT L1I T71I 71T 2Z Z2 5S S5 8B36 B83 6G8 G6C 38 4A A4 CG UV VUY YV MNH NM HM KX XK PR RP EF FE"

// misread reads a plate with errors at a rate of cer a character and gives the reader's
// confidence in each character written, in percent. Of the errors 57 % are other
// characters, 19 % missing ones, 24 % extra ones, of which two in five stand first.
func misread(r *rand.Rand, plate string, cer float64) (text string, sure []int) {
	var b strings.Builder
	put := func(c rune, percent int) {
		b.WriteRune(c)
		sure = append(sure, percent)
	}
	if n := len([]rune(plate)); r.Float64() < cer*0.24*0.4*float64(n) {
		put(stray(r), 35+r.IntN(45))
	}
	for _, c := range plate {
		switch luck := r.Float64(); {
		case luck < cer*0.57:
			put(alike(r, c), 40+r.IntN(50))
		case luck < cer*0.76:
		default:
			put(c, 92+r.IntN(8))
		}
		if r.Float64() < cer*0.24*0.6 {
			put(stray(r), 35+r.IntN(45))
		}
	}
	return b.String(), sure
}

func stray(r *rand.Rand) rune {
	return rune("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[r.IntN(36)])
}

// alike gives another character for c: the first look-alike in half of the cases.
func alike(r *rand.Rand, c rune) rune {
	for set := range strings.FieldsSeq(takenFor) {
		if rune(set[0]) != c || len(set) < 2 {
			continue
		}
		if r.IntN(2) == 0 {
			return rune(set[1])
		}
		return rune(set[1+r.IntN(len(set)-1)])
	}
	for {
		if s := stray(r); s != c {
			return s
		}
	}
}
