package mtsics

import (
	"errors"
	"strings"

	"acsgd/devices/wim"
	"acsgd/internal/quant"
)

const (
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
	u, ok := units[line[valueAt+width+1:]]
	if !ok {
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
	if strings.HasPrefix(p, ".") || strings.HasSuffix(p, ".") { // half of it is lost
		return 0, errValue
	}
	g, err := wim.ParseMass([]byte(p), u)
	if err != nil {
		return 0, errValue
	}
	if negative {
		g = -g
	}
	return g, nil
}

// units are the units of mass that are known.
var units = map[string]wim.Unit{
	"kg": wim.Kilogram, "g": wim.Gram, "t": wim.Tonne, "mg": wim.Milligram, "lb": wim.Pound, "oz": wim.Ounce,
}
