package mtcontinuous

import (
	"errors"
	"fmt"

	"acsgd/internal/quant"
)

const (
	stx = 0x02
	cr  = 0x0D

	bareLen = 17 // without checksum
	fullLen = 18 // with checksum
	crAt    = 16
)

// Checksum says whether frames end with a checksum.
type Checksum string

// The checksum settings.
const (
	Auto Checksum = "auto" // found out from the stream
	On   Checksum = "on"
	Off  Checksum = "off"
)

// Frame is one frame.
type Frame struct {
	Weight   quant.Mass // as indicated: net in net mode
	Tare     quant.Mass
	Net      bool
	Motion   bool
	Range    bool // out of range: Weight is no weight
	Negative bool
	PowerUp  bool // zero has not been captured since power-up
	Print    bool // print was requested at the indicator
	Expanded bool // ten times the display resolution
	Pound    bool
	Score    int    // of the five constant bits, how many are as documented; clones have fewer
	Summed   bool   // a good checksum
	Raw      []byte // as sent; valid only until the next frame
	Offset   int64  // of STX, from the start of the connection
}

// Gross is the weight on the platform.
func (f *Frame) Gross() quant.Mass {
	if f.Net {
		return f.Weight + f.Tare
	}
	return f.Weight
}

var (
	errNoise    = errors.New("bytes outside a frame")
	errChecksum = errors.New("checksum error")
	errCR       = errors.New("no CR at the end")
	errBits     = errors.New("status words do not look like any known variant")
	errField    = errors.New("weight field is not a number")
)

// The documented constant bits: one and zero bits of the three status words.
var constant = [3][2]byte{{0x20, 0x40}, {0x20, 0}, {0x20, 0x40}}

// score counts the constant bits that are as documented.
func score(sw []byte) (n int) {
	for i, c := range constant {
		if sw[i]&c[0] == c[0] {
			n++
		}
		if c[1] != 0 && sw[i]&c[1] == 0 {
			n++
		}
	}
	return n
}

const minScore = 2 // without a checksum, below it the frame is refused

// sum is the two's complement of the 7-bit sum of p.
func sum(p []byte) (s byte) {
	for _, b := range p {
		s -= b
	}
	return s & 0x7F
}

// number reads six digits with leading blanks; more than that is no number. Blank is 0.
func number(p []byte) (v int64, ok bool) {
	begun := false
	for _, b := range p {
		switch {
		case b >= '0' && b <= '9':
			v, begun = v*10+int64(b-'0'), true
		case b == ' ' && !begun:
		default:
			return 0, false
		}
	}
	return v, true
}

// tenMicrograms of one unit, by SWC bits 0 to 2; 0 where the unit is not a mass.
func unit(swb, swc byte) (u int64, err error) {
	switch swc & 0x07 {
	case 0:
		if swb&0x10 != 0 {
			return 100_000_000, nil // kg
		}
		return 45_359_237, nil // lb
	case 1:
		return 100_000, nil // g
	case 2:
		return 100_000_000_000, nil // t
	case 3:
		return 2_834_952, nil // oz, 28.349523125 g
	case 6:
		return 90_718_474_000, nil // short ton
	}
	return 0, fmt.Errorf("unit code %d is not a mass", swc&0x07)
}

// scaled is field times 10^(2-dp) units in grams, rounded half up.
func scaled(field, unit int64, dp byte) quant.Mass {
	// field < 10^6, unit <= 10^11: the product with the tens stays below 2^63.
	v, div := field*unit, int64(100_000)
	for ; dp > 2; dp-- {
		div *= 10
	}
	whole, rest := v/div, v%div
	for ; dp < 2; dp++ {
		whole, rest = whole*10, rest*10
	}
	return quant.Mass(whole + (rest+div/2)/div)
}

// parse decodes the 17 bytes of p, with bit 7 already masked.
func parse(p []byte, f *Frame) error {
	swa, swb, swc := p[1], p[2], p[3]
	f.Score = score(p[1:4])
	f.Net, f.Negative, f.Range = swb&0x01 != 0, swb&0x02 != 0, swb&0x04 != 0
	f.Motion, f.PowerUp, f.Pound = swb&0x08 != 0, swb&0x40 != 0, swb&0x10 == 0 && swc&0x07 == 0
	f.Print, f.Expanded = swc&0x08 != 0, swc&0x10 != 0
	if !f.Summed && f.Score < minScore {
		return errBits
	}
	u, err := unit(swb, swc)
	if err != nil {
		return err
	}
	w, ok := number(p[4:10])
	if !ok && !f.Range { // out of range some indicators show dashes
		return errField
	}
	t, okTare := number(p[10:16])
	if !okTare && f.Net {
		return errField
	}
	f.Weight, f.Tare = scaled(w, u, swa&0x07), scaled(t, u, swa&0x07)
	if f.Negative {
		f.Weight = -f.Weight
	}
	return nil
}
