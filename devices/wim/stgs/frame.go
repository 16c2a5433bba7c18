package stgs

import (
	"bytes"
	"errors"
	"fmt"

	"acsgd/devices/wim"
	"acsgd/internal/quant"
)

// Status is a line's first word.
type Status byte

// The status words ST, US, OL, UL and ER.
const (
	Stable Status = iota + 1
	Unstable
	Overload
	Underload
	Failed // ER: the scale behind the indicator does not answer
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

	// Of Dini Argeo's longer strings.
	Scale byte       // '0' to '9'; 0 where the line names none
	Tare  quant.Mass // that is on, told with the weight
	Tared bool       // Tare is told
	Store Store      // not None: an answer to PID, and no weight of the display
	Alibi string     // id in the alibi memory: XXXXX-YYYYYY
	Done  bool       // an acknowledgement: OK
}

// Store says what became of a weight that the alibi memory was asked to keep.
type Store byte

// The outcomes; the zero Store is a line that is no answer.
const (
	Stored Store = iota + 1
	NotStored
)

var (
	errStatus = errors.New("unknown status word")
	errSep    = errors.New("no comma or blank behind a word")
	errUnit   = errors.New("unknown unit")
	errMore   = errors.New("more behind the unit")
	errSign   = errors.New("more than one sign")
	errTared  = errors.New("no tare behind the weight")
	errAlibi  = errors.New("neither NO nor an id of the alibi memory")
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

const esc = 0x1B

// Parse decodes a line, with or without its end.
func Parse(p []byte) (l Line, err error) {
	s := scanner{p}
	s.gap()
	if len(s.p) > 0 && s.p[0] == esc {
		s.p = s.p[1:]
	}
	if len(s.p) > 3 && digit(s.p[0]) && digit(s.p[1]) && (letter(s.p[2]) || digit(s.p[2]) && s.p[3] == ',') {
		l.Address = addresses[(s.p[0]-'0')*10+s.p[1]-'0']
		s.p = s.p[2:]
	}
	if l.scale(&s) {
		return l, l.extended(&s)
	}
	word, stored := bytes.CutPrefix(s.run(letter), []byte("PID"))
	if rest := bytes.Trim(s.p, "\r\n"); string(word) == "OK" && len(rest) == 0 {
		l.Done = true
		return l, nil
	}
	if string(word) == "ERR" && len(s.p) > 0 && digit(s.p[0]) {
		return l, fmt.Errorf("the indicator refuses a request: ERR%s", s.run(digit))
	}
	if !l.status(word) {
		return l, errStatus
	}
	if !s.gap() && len(s.p) > 0 {
		return l, errSep
	}
	switch scaled := l.scale(&s); {
	case stored && !scaled:
		return l, errSep
	case scaled:
		return l, l.axle(&s, stored)
	}
	if l.mode(&s); l.Mode != None && !s.gap() && len(s.p) > 0 {
		return l, errSep
	}
	if !l.weighed() {
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

func (l *Line) status(word []byte) bool {
	switch string(word) {
	case "ST":
		l.Status = Stable
	case "US":
		l.Status = Unstable
	case "OL":
		l.Status = Overload
	case "UL":
		l.Status = Underload
	case "ER":
		l.Status = Failed
	default:
		return false
	}
	return true
}

// weighed reports whether a line with this status has a weight.
func (l *Line) weighed() bool { return l.Status == Stable || l.Status == Unstable }

// scale takes the number of a scale and its comma.
func (l *Line) scale(s *scanner) bool {
	if len(s.p) < 2 || !digit(s.p[0]) || s.p[1] != ',' {
		return false
	}
	l.Scale = s.p[0]
	s.p = s.p[2:]
	return true
}

// axle reads what follows the scale's number in Dini Argeo's AF string: gross and tare, each
// with its unit; in an answer to PID an id behind them.
func (l *Line) axle(s *scanner, stored bool) (err error) {
	l.Mode = Gross
	if !l.weighed() && !stored {
		return nil
	}
	if l.weighed() {
		if l.Weight, err = s.mass(); err != nil {
			return err
		}
		if !s.gap() {
			return errTared
		}
		s.word("PT")
		if l.Tare, err = s.mass(); err != nil {
			return err
		}
		l.Tared = true
	}
	if !stored {
		if s.gap(); len(s.p) > 0 {
			return errMore
		}
		return nil
	}
	return l.id(s)
}

// id reads the last field of an answer to PID.
func (l *Line) id(s *scanner) error {
	last := s.p
	if i := bytes.LastIndexByte(last, ','); i >= 0 {
		last = last[i+1:]
	}
	last = bytes.Trim(last, " \r\n")
	before, behind, dash := bytes.Cut(last, []byte("-"))
	switch {
	case string(last) == "NO":
		l.Store = NotStored
	case !dash || len(before) != 5 || len(behind) != 6 || !all(before, digit) || !all(behind, digit):
		return errAlibi
	case l.Status != Stable:
		return errAlibi // only a weight at rest can have been stored
	default:
		l.Store, l.Alibi = Stored, string(last)
	}
	return nil
}

func all(p []byte, ok func(byte) bool) bool {
	for _, b := range p {
		if !ok(b) {
			return false
		}
	}
	return true
}

// extended reads Dini Argeo's answer to REXT behind the scale's number: status, net, tare,
// two numbers that are always 0, unit.
func (l *Line) extended(s *scanner) error {
	if !l.status(s.run(letter)) {
		return errStatus
	}
	if !s.gap() {
		return errSep
	}
	l.Mode = Net
	if !l.weighed() {
		return nil
	}
	var fields [4]struct {
		minus  bool
		digits []byte
	}
	for i := range fields {
		f := &fields[i]
		if i == 1 {
			s.word("PT")
		}
		var err error
		if f.minus, err = s.sign(); err != nil {
			return err
		}
		f.digits = s.run(numeral)
		if !s.gap() {
			return errSep
		}
	}
	u, ok := unit(s.run(letter))
	if s.gap(); !ok {
		return errUnit
	}
	if len(s.p) > 0 {
		return errMore
	}
	for i, to := range []*quant.Mass{&l.Weight, &l.Tare} {
		m, err := wim.ParseMass(fields[i].digits, u)
		if err != nil {
			return err
		}
		if *to = m; fields[i].minus {
			*to = -m
		}
	}
	l.Tared = true
	return nil
}

// word passes a word and the blanks before it.
func (s *scanner) word(w string) {
	s.run(func(b byte) bool { return b == ' ' })
	s.p = bytes.TrimPrefix(s.p, []byte(w))
}

// sign reads a sign and the blanks around it.
func (s *scanner) sign() (minus bool, err error) {
	blanks := func(b byte) bool { return b == ' ' }
	s.run(blanks)
	sign := s.run(func(b byte) bool { return b == '+' || b == '-' })
	if len(sign) > 1 {
		return false, errSign
	}
	s.run(blanks)
	return len(sign) > 0 && sign[0] == '-', nil
}

// mass reads sign, number and unit.
func (s *scanner) mass() (quant.Mass, error) {
	minus, err := s.sign()
	if err != nil {
		return 0, err
	}
	number := s.run(numeral)
	s.run(func(b byte) bool { return b == ' ' })
	u, ok := unit(s.run(letter))
	m, err := wim.ParseMass(number, u)
	switch {
	case err != nil:
		return 0, err
	case !ok:
		return 0, errUnit
	case minus:
		m = -m
	}
	return m, nil
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
