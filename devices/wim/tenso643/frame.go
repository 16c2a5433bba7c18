package tenso643

import (
	"bytes"
	"errors"
	"fmt"

	"acsgd/internal/quant"
)

// frameLen is the length of an answer: '=', seven characters, status.
const frameLen = 9

// Bits of the status byte.
const (
	notStable = 0x01 // the load has not come to rest
	whole     = 0x04 // the last digit is kilograms; clear: it is a further one, tenths
	always    = 0x20 // set in every answer that a source shows
)

// Frame is one answer.
type Frame struct {
	Mass   quant.Mass
	Stable bool
	Raw    []byte // valid during the call
	Offset int64  // of its first byte, from the start of the connection
}

var (
	errNumber = errors.New("seven characters that are no weight with a point")
	errTenths = errors.New("a point inside the number and a digit of tenths: which of them counts is not known")
	errNone   = errors.New("no answer among these bytes")
	errCut    = errors.New("ends inside an answer")
)

// parse reads one answer.
func parse(p []byte, f *Frame) error {
	status := p[8]
	if status&^(notStable|whole) != always {
		return fmt.Errorf("status %#02x has bits that no source explains: the weight is not used", status)
	}
	text := bytes.TrimLeft(p[1:8], " ")
	text, minus := bytes.CutPrefix(text, []byte("-"))
	before, behind, point := bytes.Cut(text, []byte("."))
	if !point || len(before) == 0 || !digits(before) || !digits(behind) {
		return errNumber
	}
	m := quant.Kilogram * quant.Mass(number(before))
	switch {
	case status&whole != 0:
		step := quant.Kilogram / 10
		for _, c := range behind {
			m += quant.Mass(c-'0') * step
			step /= 10 // four digits and more: below the gram
		}
	case len(behind) > 0:
		return errTenths
	default:
		m /= 10
	}
	if minus {
		m = -m
	}
	f.Mass, f.Stable = m, status&notStable == 0
	return nil
}

func digits(p []byte) bool {
	for _, c := range p {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// number is at most six digits.
func number(p []byte) (v int64) {
	for _, c := range p {
		v = v*10 + int64(c-'0')
	}
	return v
}

// Decoder finds the answers among the bytes of a connection. What stands between them is not
// documented, so it is passed over: the answer FF to being selected, line ends, an echo.
type Decoder struct {
	offset int64 // of buf[0]
	buf    []byte
	idle   int   // bytes passed over since the last answer
	quiet  int64 // up to here a false start is part of an answer already reported
	frame  Frame
}

// idleMax is how many bytes may be passed over before that is a fault.
const idleMax = 64

// Feed decodes p. frame gets each answer, valid during the call; fail gets what could not be
// understood: the offset it begins at, why, and its bytes.
func (d *Decoder) Feed(p []byte, frame func(*Frame), fail func(offset int64, err error, raw []byte)) {
	d.buf = append(d.buf, p...)
	used := 0
	for {
		p := d.buf[used:]
		at := d.offset + int64(used)
		switch {
		case len(p) == 0, p[0] == '=' && len(p) < frameLen:
			d.drop(used)
			return
		case p[0] != '=':
			used++
			if d.idle++; d.idle == idleMax {
				fail(at-idleMax+1, errNone, p[:1])
				d.idle = 0
			}
			continue
		}
		d.idle = 0
		d.frame = Frame{Raw: p[:frameLen], Offset: at}
		if err := parse(p[:frameLen], &d.frame); err != nil {
			if at >= d.quiet {
				fail(at, err, p[:frameLen])
				d.quiet = at + frameLen
			}
			used++
			continue
		}
		frame(&d.frame)
		used += frameLen
	}
}

func (d *Decoder) drop(n int) {
	d.offset += int64(n)
	d.buf = d.buf[:copy(d.buf, d.buf[n:])]
}

// Flush reports the answer that the end of the connection cut off.
func (d *Decoder) Flush(fail func(offset int64, err error, raw []byte)) {
	if len(d.buf) > 0 {
		fail(d.offset, errCut, d.buf)
	}
	d.drop(len(d.buf))
}
