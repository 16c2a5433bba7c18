package yaohua

import (
	"bytes"
	"errors"

	"acsgd/internal/quant"
)

// Format names one of the continuous outputs. It is set, never guessed: a positive frame of
// A26 is also one of A23p, with another weight.
type Format string

// The formats.
const (
	A9   Format = "a9"   // format 0, 12 bytes: STX, sign, six digits, decimals, XOR, ETX
	A26  Format = "a26"  // format 1, 9 bytes: '=', low digit first, sign last
	A23P Format = "a23p" // format 2, 9 bytes: '=', sign, high digit first
	A12E Format = "a12e" // 15 bytes: text with XOR, CR LF
	A12  Format = "a12"  // 11 bytes: text without a checksum
	// Command is no continuous output: the indicator answers requests, 14 bytes as format 0
	// with address and command before the sign.
	Command Format = "command"
)

const (
	stx, etx = 0x02, 0x03
	cr, lf   = 0x0D, 0x0A

	maxLen = 15
)

// layout is what the decoder needs to find frames of one format.
type layout struct {
	n     int
	start string // bytes that may begin a frame
	parse func(p []byte, f *Frame) error
	// skip, if set, is the length of something else that p begins with and that means nothing;
	// 0 is none, or that it is not whole.
	skip func(p []byte) int
}

var layouts = map[Format]layout{
	A9:      {12, "\x02", parseA9, nil},
	A26:     {9, "=", parseA26, nil},
	A23P:    {9, "=", parseA23P, nil},
	A12E:    {15, "W ", parseA12E, nil},
	A12:     {11, "w", parseA12, nil},
	Command: {14, "\x02", parseCommand, skipRequest},
}

// Frame is one frame. The formats name no unit but A12E, which says kg: places and digits
// are given, mass is the driver's to make.
type Frame struct {
	Digits   int64 // signed, the point left out
	Decimals int   // digits behind the point
	Net      bool  // A12E and A12: the display shows net
	Tare     bool  // A12 only: the number is the tare
	Over     bool  // A12E only: OL, no weight
	Under    bool  // A12E only: LO, no weight
	Address  byte  // Command only: 'A' to 'Z'
	Answers  byte  // Command only: the command that it answers
	Raw      []byte
	Offset   int64 // of the first byte, from the start of the connection
}

// Weight is the displayed weight in units of unit, rounded half up in size.
func (f *Frame) Weight(unit quant.Mass) quant.Mass {
	size, div := max(f.Digits, -f.Digits)*int64(unit), int64(1) // < 10^7 * 10^6
	for range f.Decimals {
		div *= 10
	}
	size = (size + div/2) / div
	if f.Digits < 0 {
		size = -size
	}
	return quant.Mass(size)
}

var (
	errNoise    = errors.New("bytes outside a frame")
	errEnd      = errors.New("no end where the frame should end")
	errChecksum = errors.New("checksum error")
	errField    = errors.New("weight field is not a number")
	errSign     = errors.New("sign is none")
	errAddress  = errors.New("address or command is no capital letter")
	errDecimals = errors.New("number of decimals is not 0 to 4")
	errText     = errors.New("neither a weight in kg nor OL or LO")
	errCut      = errors.New("ends inside a frame")
)

// xor folds p.
func xor(p []byte) (x byte) {
	for _, b := range p {
		x ^= b
	}
	return x
}

// nibble is the character of the low four bits of v: '0' to '9', 'A' to 'F'.
func nibble(v byte) byte {
	if v &= 0x0F; v > 9 {
		return v + 0x37
	}
	return v + 0x30
}

// summed reports whether hi and lo are the XOR of p.
func summed(p []byte, hi, lo byte) bool {
	x := xor(p)
	return nibble(x>>4) == hi && nibble(x) == lo
}

// number reads digits with at most one point among them.
func number(p []byte) (v int64, decimals int, ok bool) {
	point, digits := -1, 0
	for i, b := range p {
		switch {
		case b >= '0' && b <= '9':
			v, digits = v*10+int64(b-'0'), digits+1
		case b == '.' && point < 0:
			point = i
		default:
			return 0, 0, false
		}
	}
	if point >= 0 {
		decimals = len(p) - 1 - point
	}
	return v, decimals, digits > 0
}

func parseA9(p []byte, f *Frame) error {
	switch {
	case p[11] != etx:
		return errEnd
	case !summed(p[1:9], p[9], p[10]):
		return errChecksum
	case p[1] != '+' && p[1] != '-':
		return errSign
	case p[8] < '0' || p[8] > '4':
		return errDecimals
	}
	v, points, ok := number(p[2:8])
	if !ok || points > 0 {
		return errField
	}
	f.set(v, int(p[8]-'0'), p[1] == '-')
	return nil
}

// gross is the command that asks for the gross weight.
const gross = 'B'

// ask is the request of a command to an address.
func ask(address, command byte) string {
	body := []byte{address, command}
	x := xor(body)
	return string([]byte{stx, address, command, nibble(x >> 4), nibble(x), etx})
}

// parseCommand reads an answer: a9's, with address and command before the sign.
func parseCommand(p []byte, f *Frame) error {
	switch {
	case p[13] != etx:
		return errEnd
	case !summed(p[1:11], p[11], p[12]):
		return errChecksum
	case p[1] < 'A' || p[1] > 'Z' || p[2] < 'A' || p[2] > 'Z':
		return errAddress
	case p[3] != '+' && p[3] != '-':
		return errSign
	case p[10] < '0' || p[10] > '4':
		return errDecimals
	}
	v, points, ok := number(p[4:10])
	if !ok || points > 0 {
		return errField
	}
	f.set(v, int(p[10]-'0'), p[3] == '-')
	f.Address, f.Answers = p[1], p[2]
	return nil
}

// skipRequest knows a request that comes back on a line with echo, and the answer to a
// handshake, which has the same form.
func skipRequest(p []byte) int {
	if len(p) >= 6 && p[0]&0x7F == stx && p[5]&0x7F == etx {
		a, c := p[1]&0x7F, p[2]&0x7F
		if string([]byte{stx, a, c, p[3] & 0x7F, p[4] & 0x7F, etx}) == ask(a, c) {
			return 6
		}
	}
	return 0
}

// parseA12 reads "ww" gross, "wn" net or "wt" tare, seven characters and "kg".
func parseA12(p []byte, f *Frame) error {
	if p[1] != 'w' && p[1] != 'n' && p[1] != 't' || p[9] != 'k' || p[10] != 'g' {
		return errText
	}
	f.Net, f.Tare = p[1] == 'n', p[1] == 't'
	field, minus := bytes.TrimLeft(p[2:9], " "), false
	if len(field) > 0 && field[0] == '-' {
		field, minus = field[1:], true
	}
	v, dp, ok := number(field)
	if !ok {
		return errField
	}
	f.set(v, dp, minus)
	return nil
}

func parseA26(p []byte, f *Frame) error {
	var r [7]byte
	for i := range r {
		r[i] = p[7-i]
	}
	return f.signed(p[8], r[:])
}

func parseA23P(p []byte, f *Frame) error { return f.signed(p[1], p[2:9]) }

// signed takes a weight whose sign is '-' or '0'.
func (f *Frame) signed(sign byte, field []byte) error {
	if sign != '-' && sign != '0' {
		return errSign
	}
	v, dp, ok := number(field)
	if !ok {
		return errField
	}
	f.set(v, dp, sign == '-')
	return nil
}

const (
	overText  = "         OL"
	underText = "         LO"
)

func parseA12E(p []byte, f *Frame) error {
	switch text := p[:11]; {
	case p[13] != cr || p[14] != lf:
		return errEnd
	case !summed(text, p[11], p[12]):
		return errChecksum
	case string(text) == overText:
		f.Over = true
		return nil
	case string(text) == underText:
		f.Under = true
		return nil
	case p[0] != 'W' || p[1] != 'G' && p[1] != 'N' || p[9] != 'k' || p[10] != 'g':
		return errText
	}
	f.Net = p[1] == 'N'
	field, minus := p[2:9], p[2] == '-'
	if minus {
		field = field[1:]
	}
	if last := len(field) - 1; field[last] == ' ' { // no point: the place is blank
		field = field[:last]
	}
	v, dp, ok := number(field)
	if !ok {
		return errField
	}
	f.set(v, dp, minus)
	return nil
}

func (f *Frame) set(v int64, decimals int, minus bool) {
	if minus {
		v = -v
	}
	f.Digits, f.Decimals = v, decimals
}
