package stgs

import (
	"errors"
	"fmt"

	"acsgd/devices/wim"
	"acsgd/internal/quant"
)

// Status is a line's first word.
type Status byte

// The status words ST, US, OL and UL.
const (
	Stable Status = iota + 1
	Unstable
	Overload
	Underload
)

// Mode is what the number of a line is.
type Mode byte

// The modes; None is a line without the word, as A&D's.
const (
	None Mode = iota
	Gross
	Net
	Tare
)

// Line is one line.
type Line struct {
	Address string // two digits, or "" without
	Status  Status
	Mode    Mode
	Weight  quant.Mass // meaningless above and below range
	Zero    bool       // CAS: the lamp of zero is lit
}

var (
	errStatus = errors.New("unknown status word")
	errSep    = errors.New("no comma or blank behind a word")
	errUnit   = errors.New("unknown unit")
	errMore   = errors.New("more behind the unit")
	errSign   = errors.New("more than one sign")
)

// addresses are the prefixes "00" to "99", so that a line's needs no memory of its own.
var addresses = func() (a [100]string) {
	for i := range a {
		a[i] = fmt.Sprintf("%02d", i)
	}
	return a
}()

func digit(b byte) bool { return b >= '0' && b <= '9' }

func blank(b byte) bool { return b == ' ' || b == ',' || b == '\r' || b == '\n' }

// scanner walks over the words of a line.
type scanner struct{ p []byte }

// gap passes commas and blanks and reports whether there were any.
func (s *scanner) gap() bool {
	n := 0
	for n < len(s.p) && blank(s.p[n]) {
		n++
	}
	s.p = s.p[n:]
	return n > 0
}

// run takes bytes as long as ok holds.
func (s *scanner) run(ok func(byte) bool) []byte {
	n := 0
	for n < len(s.p) && ok(s.p[n]) {
		n++
	}
	w := s.p[:n]
	s.p = s.p[n:]
	return w
}

func letter(b byte) bool { return b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' }

func numeral(b byte) bool { return digit(b) || b == '.' }

// Parse decodes a line, with or without its end.
func Parse(p []byte) (l Line, err error) {
	s := scanner{p}
	s.gap()
	if len(s.p) > 2 && digit(s.p[0]) && digit(s.p[1]) && letter(s.p[2]) {
		l.Address = addresses[(s.p[0]-'0')*10+s.p[1]-'0']
		s.p = s.p[2:]
	}
	switch string(s.run(letter)) {
	case "ST":
		l.Status = Stable
	case "US":
		l.Status = Unstable
	case "OL":
		l.Status = Overload
	case "UL":
		l.Status = Underload
	default:
		return l, errStatus
	}
	if !s.gap() && len(s.p) > 0 {
		return l, errSep
	}
	if l.mode(&s); l.Mode != None && !s.gap() && len(s.p) > 0 {
		return l, errSep
	}
	if l.Status == Overload || l.Status == Underload {
		return l, nil // the number, if there is one, is none: nines, dashes, an exponent
	}
	// CAS: device number and lamps, of which bit 7 is always set.
	if len(s.p) > 2 && s.p[1]&0x80 != 0 && s.p[2] == ',' {
		l.Zero = s.p[1]&1 != 0
		s.p = s.p[2:]
		s.gap()
	}
	return l, l.weight(&s)
}

func (l *Line) mode(s *scanner) {
	if len(s.p) < 2 {
		return
	}
	switch string(s.p[:2]) {
	case "GS":
		l.Mode = Gross
	case "NT":
		l.Mode = Net
	case "TR":
		l.Mode = Tare
	default:
		return
	}
	s.p = s.p[2:]
}

// weight reads sign, number and unit, which end the line.
func (l *Line) weight(s *scanner) error {
	sign := s.run(func(b byte) bool { return b == '+' || b == '-' })
	if len(sign) > 1 {
		return errSign
	}
	if len(sign) > 0 {
		s.run(func(b byte) bool { return b == ' ' })
	}
	number := s.run(numeral)
	s.gap()
	u, ok := unit(s.run(letter))
	m, err := wim.ParseMass(number, u)
	if err != nil {
		return err
	}
	if !ok {
		return errUnit
	}
	if s.gap(); len(s.p) > 0 {
		return errMore
	}
	if l.Weight = m; len(sign) > 0 && sign[0] == '-' {
		l.Weight = -m
	}
	return nil
}

// unit knows kg, g, t and lb in small or capital letters.
func unit(w []byte) (u wim.Unit, ok bool) {
	switch string(w) {
	case "kg", "KG", "Kg":
		return wim.Kilogram, true
	case "g", "G":
		return wim.Gram, true
	case "t", "T":
		return wim.Tonne, true
	case "lb", "LB":
		return wim.Pound, true
	}
	return wim.Gram, false
}
