package mtsics

import (
	"errors"
	"math/bits"

	"acsgd/internal/quant"
)

const (
	// MaxLine is the longest line with its end; a longer one is cut.
	MaxLine = 256

	usual   = len("S S      18420 kg\r\n")
	valueAt = 4  // of a weight line
	width   = 10 // of the value
)

// Status is the second word of a weight answer.
type Status byte

// The statuses.
const (
	Stable    Status = 'S'
	Dynamic   Status = 'D'
	Busy      Status = 'I' // not executable now: no weight
	Overload  Status = '+' // no weight
	Underload Status = '-' // no weight
)

// Frame is one weight answer.
type Frame struct {
	Status Status
	Weight quant.Mass // as indicated; only with Stable and Dynamic
	Raw    []byte     // the line with its end; valid only until the next frame
	Offset int64      // of the line, from the start of the connection
}

var (
	errEnd     = errors.New("no CR before LF")
	errLong    = errors.New("no end of line within 256 bytes")
	errCut     = errors.New("the line is cut off")
	errBytes   = errors.New("bytes that no line has")
	errWord    = errors.New("the line does not begin like an answer")
	errStatus  = errors.New("unknown status of a weight")
	errLayout  = errors.New("value and unit are not in their columns")
	errValue   = errors.New("value is not a number")
	errUnit    = errors.New("unit is not a known mass")
	errSyntax  = errors.New("ES: the indicator does not understand the request")
	errTransit = errors.New("ET: the indicator received the request damaged")
	errLogical = errors.New("EL: the indicator cannot carry the request out")
)

// parse decodes one line without its end. is reports whether the line is a weight answer;
// other answers of the protocol are no error.
func parse(line string, f *Frame) (is bool, err error) {
	for i := range len(line) {
		if line[i] < ' ' || line[i] > '~' {
			return false, errBytes
		}
	}
	switch line {
	case "":
		return false, nil
	case "ES":
		return false, errSyntax
	case "ET":
		return false, errTransit
	case "EL":
		return false, errLogical
	}
	if len(line) < 2 || line[:2] != "S " {
		if !answer(line) {
			return false, errWord
		}
		return false, nil
	}
	if len(line) < 3 || len(line) > 3 && line[3] != ' ' {
		return false, errStatus
	}
	switch f.Status = Status(line[2]); f.Status {
	case Busy, Overload, Underload:
		if len(line) > 3 {
			return false, errLayout
		}
		return true, nil
	case Stable, Dynamic:
		f.Weight, err = weight(line)
		return err == nil, err
	}
	return false, errStatus
}

// answer reports whether a line begins with a command word: up to four capitals and digits.
func answer(line string) bool {
	for i := range len(line) {
		c := line[i]
		switch {
		case c == ' ':
			return i > 0
		case i == 4, (c < 'A' || c > 'Z') && (c < '0' || c > '9' || i == 0):
			return false
		}
	}
	return true
}

// weight reads value and unit of a line. There is no checksum: that both stand exactly in
// their columns is what tells a line that lost a byte.
func weight(line string) (quant.Mass, error) {
	if len(line) < valueAt+width+2 || line[valueAt+width] != ' ' {
		return 0, errLayout
	}
	num, den := unit(line[valueAt+width+1:])
	if num == 0 {
		return 0, errUnit
	}
	p := line[valueAt : valueAt+width]
	for len(p) > 0 && p[0] == ' ' {
		p = p[1:]
	}
	negative := len(p) > 0 && p[0] == '-'
	if negative {
		p = p[1:]
	}
	v, scale, ok := decimal(p)
	if !ok {
		return 0, errValue
	}
	g := quant.Mass(divide(v, num, den*scale))
	if negative {
		g = -g
	}
	return g, nil
}

// decimal reads p as v / scale: digits, or digits on both sides of a point.
func decimal(p string) (v, scale uint64, ok bool) {
	scale = 1
	point, digits := false, 0
	for i := range len(p) {
		switch c := p[i]; {
		case c >= '0' && c <= '9':
			v, digits = v*10+uint64(c-'0'), digits+1
			if point {
				scale *= 10
			}
		case c == '.' && !point && digits > 0:
			point = true
		default:
			return 0, 0, false
		}
	}
	return v, scale, digits > 0 && (!point || scale > 1)
}

// unit is a unit in grams, as a fraction; 0 where it is not a known mass.
func unit(name string) (num, den uint64) {
	switch name {
	case "kg":
		return 1000, 1
	case "g":
		return 1, 1
	case "t":
		return 1_000_000, 1
	case "mg":
		return 1, 1000
	case "lb":
		return 45_359_237, 100_000
	case "oz":
		return 28_349_523_125, 1_000_000_000
	}
	return 0, 0
}

// divide is v times num by den, rounded half up. With v < 10^10, num < 10^11 and
// den < 10^18 the product has at most 70 bits and the quotient fits.
func divide(v, num, den uint64) uint64 {
	hi, lo := bits.Mul64(v, num)
	lo, carry := bits.Add64(lo, den/2, 0)
	q, _ := bits.Div64(hi+carry, lo, den)
	return q
}
