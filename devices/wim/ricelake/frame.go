package ricelake

import (
	"bytes"
	"errors"
	"fmt"

	"acsgd/devices/wim"
	"acsgd/internal/quant"
)

// Format is the stream format that the indicator is set to.
type Format string

// The formats.
const (
	RLWS     Format = "rlws"
	Cardinal Format = "cardinal"
)

// Ton says which ton an RLWS frame with unit T means: the frame does not.
type Ton string

// The tons.
const (
	NoTon  Ton = "" // frames in T are refused
	Metric Ton = "metric"
	Short  Ton = "short"
)

const (
	stx = 0x02
	etx = 0x03
	cr  = 0x0D

	rlwsLen     = 12 // without its end
	cardinalLen = 16 // without its end
)

// Frame is one frame.
type Frame struct {
	Weight  quant.Mass // as indicated; meaningless with Invalid and Range
	Net     bool
	Motion  bool
	Invalid bool
	Range   bool // above or below range
	Minus   bool
	Zero    bool // at the centre of zero
}

var (
	errPolarity = errors.New("unknown polarity")
	errMode     = errors.New("neither gross nor net")
	errBlank    = errors.New("no blank where the format has one")
)

// parseRLWS decodes STX, polarity, seven characters weight, unit, G or N, status.
func parseRLWS(p []byte, ton Ton) (f Frame, err error) {
	if len(p) != rlwsLen {
		return f, fmt.Errorf("frame of %d bytes, want %d", len(p), rlwsLen)
	}
	switch p[11] {
	case ' ':
	case 'I':
		f.Invalid = true
	case 'M':
		f.Motion = true
	case 'O':
		f.Range = true
	case 'Z':
		f.Zero = true
	default:
		return f, fmt.Errorf("unknown status %q", p[11])
	}
	if err := f.mode(p[10], 'G', 'N'); err != nil {
		return f, err
	}
	if err := f.polarity(p[1], ' '); err != nil {
		return f, err
	}
	var u wim.Unit
	switch {
	case p[9] == 'K':
		u = wim.Kilogram
	case p[9] == 'L':
		u = wim.Pound
	case p[9] == 'G':
		u = wim.Gram
	case p[9] == 'O':
		u = wim.Ounce
	case p[9] == 'T' && ton == Metric:
		u = wim.Tonne
	case p[9] == 'T' && ton == Short:
		u = wim.ShortTon
	case p[9] == 'T':
		return f, errors.New("unit T is a metric or a short ton: set ton")
	default:
		return f, fmt.Errorf("unit %q is not a mass", p[9])
	}
	return f, f.weight(p[2:9], u)
}

// parseCardinal decodes CR, polarity, six characters weight, status, unit and mode.
func parseCardinal(p []byte) (f Frame, err error) {
	if len(p) != cardinalLen {
		return f, fmt.Errorf("frame of %d bytes, want %d", len(p), cardinalLen)
	}
	switch p[8] {
	case ' ':
	case 'm':
		f.Motion = true
	case 'o':
		f.Range = true
	default:
		return f, fmt.Errorf("unknown status %q", p[8])
	}
	for _, i := range [...]int{9, 12, 14, 15} {
		if p[i] != ' ' {
			return f, errBlank
		}
	}
	if err := f.mode(p[13], 'g', 'n'); err != nil {
		return f, err
	}
	if err := f.polarity(p[1], '+'); err != nil {
		return f, err
	}
	var u wim.Unit
	switch string(bytes.TrimSpace(p[10:12])) {
	case "kg":
		u = wim.Kilogram
	case "lb":
		u = wim.Pound
	case "g":
		u = wim.Gram
	case "oz":
		u = wim.Ounce
	case "t":
		u = wim.Tonne
	case "tn":
		u = wim.ShortTon
	default:
		return f, fmt.Errorf("unit %q is not a mass", p[10:12])
	}
	return f, f.weight(p[2:8], u)
}

func (f *Frame) mode(b, gross, net byte) error {
	if f.Net = b == net; !f.Net && b != gross {
		return errMode
	}
	return nil
}

func (f *Frame) polarity(b, plus byte) error {
	if f.Minus = b == '-'; !f.Minus && b != plus {
		return errPolarity
	}
	return nil
}

// weight reads a field with leading blanks. Of a weight that is none it may hold anything.
func (f *Frame) weight(p []byte, u wim.Unit) error {
	if f.Invalid || f.Range {
		return nil
	}
	m, err := wim.ParseMass(bytes.TrimLeft(p, " "), u)
	if f.Weight = m; f.Minus {
		f.Weight = -m
	}
	return err
}
