package tensom

import (
	"errors"
	"fmt"

	"acsgd/internal/quant"
)

// Op is a command code.
type Op byte

// The command codes. An answer repeats the code of its request, or is OpError.
const (
	OpSerial  Op = 0xA1 // serial number, three bytes little endian
	OpStatus  Op = 0xBF // status byte
	OpZero    Op = 0xC0 // set zero
	OpNet     Op = 0xC2 // net weight
	OpGross   Op = 0xC3 // gross weight
	OpText    Op = 0xC6 // indicator text
	OpCode    Op = 0xC7 // code entered at the keys
	OpMode    Op = 0xCD // weighing mode
	OpText2   Op = 0xD2 // indicator text, second form
	OpChannel Op = 0xDC // channel
	OpError   Op = 0xEE // error answer with one code
)

// maxBody is the longest body kept: address, serial, code, data and CRC. The longest known
// answers are the texts of C6 and D2.
const maxBody = 64

// serialAddress announces a three-byte serial number as address.
const serialAddress = 0

// Frame is one frame. Data is only valid until the next frame is decoded.
type Frame struct {
	Addr   byte   // 1 to 159; 0: Serial is the address
	Serial uint32 // 24 bits
	Op     Op
	Data   []byte
	Raw    []byte // from the first FF, as sent
	Offset int64  // of the first FF, from the start of the connection
}

// Weight is the answer to OpGross and OpNet.
type Weight struct {
	Mass     quant.Mass // the indicator's kilograms
	Stable   bool
	Overload bool
	Event    bool // a key code waits
	Second   bool // the second sensor
}

// crcTable is the table of the 8 bit CRC with polynomial 69h, most significant bit first.
var crcTable = makeCRC()

func makeCRC() (t [256]byte) {
	for i := range t {
		c := byte(i)
		for range 8 {
			if c&0x80 != 0 {
				c = c<<1 ^ 0x69
			} else {
				c <<= 1
			}
		}
		t[i] = c
	}
	return t
}

// crc is the remainder of p followed by eight zero bits; over a body with its CRC it is 0.
func crc(p []byte) (c byte) {
	for _, b := range p {
		c = crcTable[c^b]
	}
	return c
}

// Append appends the frame of a request to dst. With addr 0 the indicator is addressed by
// its serial number.
func Append(dst []byte, addr byte, serial uint32, op Op, data ...byte) []byte {
	var buf [maxBody]byte
	body := append(buf[:0], addr)
	if addr == serialAddress {
		body = append(body, byte(serial), byte(serial>>8), byte(serial>>16))
	}
	body = append(append(body, byte(op)), data...)
	body = append(body, crc(body))
	dst = append(dst, 0xFF)
	for _, b := range body {
		dst = append(dst, b)
		if b == 0xFF {
			dst = append(dst, 0xFE)
		}
	}
	return append(dst, 0xFF, 0xFF)
}

// Weight decodes an answer to OpGross or OpNet: three packed BCD bytes, least significant
// first, and the CON byte.
func (f *Frame) Weight() (Weight, error) {
	if len(f.Data) != 4 {
		return Weight{}, fmt.Errorf("weight of %d bytes, want 4", len(f.Data))
	}
	var v int64
	for i := 2; i >= 0; i-- {
		hi, lo := f.Data[i]>>4, f.Data[i]&0x0F
		if hi > 9 || lo > 9 {
			return Weight{}, fmt.Errorf("weight byte %02X is not BCD", f.Data[i])
		}
		v = v*100 + int64(hi)*10 + int64(lo)
	}
	con := f.Data[3]
	pow := int64(1)
	for range con & 0x07 { // digits after the decimal point
		pow *= 10
	}
	m := (v*1000 + pow/2) / pow
	if con&0x80 != 0 {
		m = -m
	}
	return Weight{Mass: quant.Mass(m), Stable: con&0x10 != 0, Overload: con&0x08 != 0,
		Event: con&0x40 != 0, Second: con&0x20 != 0}, nil
}

// SerialNumber decodes an answer to OpSerial.
func (f *Frame) SerialNumber() (uint32, error) {
	if len(f.Data) != 3 {
		return 0, fmt.Errorf("serial number of %d bytes, want 3", len(f.Data))
	}
	return uint32(f.Data[0]) | uint32(f.Data[1])<<8 | uint32(f.Data[2])<<16, nil
}

// errorText names the codes of OpError.
func errorText(code byte) string {
	switch code {
	case 0x03:
		return "outside the zero range"
	case 0x04:
		return "change forbidden"
	case 0x05:
		return "too long"
	case 0x06:
		return "CRC error"
	case 0x20:
		return "zero calibration not finished"
	case 0x21:
		return "span calibration not finished"
	}
	return "unknown error"
}

// Err decodes an error answer; it is nil for other frames.
func (f *Frame) Err() error {
	if f.Op != OpError {
		return nil
	}
	if len(f.Data) != 1 {
		return fmt.Errorf("indicator error of %d bytes, want 1", len(f.Data))
	}
	return fmt.Errorf("indicator answers error %02X: %s", f.Data[0], errorText(f.Data[0]))
}

// state is where the decoder stands within a frame.
type state uint8

const (
	idle   state = iota // waiting for FF
	start               // after FF: the address comes next
	inside              // within the body
	escape              // after FF within the body: FE is a stuffed FF, FF ends the frame
)

// Decoder splits a byte stream into frames. The zero value is ready.
type Decoder struct {
	offset int64 // of the next byte
	begin  int64 // of the current frame's FF
	state  state
	body   []byte
	raw    []byte
	frame  Frame
	long   bool // the current frame is too long and is skipped to its end
	noise  int  // bytes outside frames since the last report
}

var (
	errCut   = errors.New("frame cut off by the next one")
	errLong  = fmt.Errorf("frame longer than %d bytes", maxBody)
	errShort = errors.New("frame too short")
	errCRC   = errors.New("CRC error")
	errNoise = errors.New("bytes outside a frame")
)

// Feed decodes p. frame gets each good frame, valid during the call; fail gets what could
// not be understood: the offset it begins at, why, and its bytes.
func (d *Decoder) Feed(p []byte, frame func(*Frame), fail func(offset int64, err error, raw []byte)) {
	for _, b := range p {
		d.byte(b, frame, fail)
		d.offset++
	}
}

func (d *Decoder) byte(b byte, frame func(*Frame), fail func(int64, error, []byte)) {
	switch d.state {
	case idle:
		if b == 0xFF {
			d.open()
		} else if d.noise++; d.noise == 1 {
			fail(d.offset, errNoise, []byte{b})
		}
	case start:
		switch b {
		case 0xFF: // fill byte, or the FF of the frame after an end
			d.begin, d.raw = d.offset, append(d.raw[:0], b)
		case 0xFE: // a stuffed byte without a frame before it
			d.state = idle
			d.noise = 1
			fail(d.begin, errNoise, []byte{0xFF, 0xFE})
		default:
			d.state, d.noise = inside, 0
			d.keep(b, b)
		}
	case inside:
		if b == 0xFF {
			d.state = escape
			d.raw = append(d.raw, b)
			return
		}
		d.keep(b, b)
	case escape:
		switch b {
		case 0xFE:
			d.state = inside
			d.keep(0xFF, b)
		case 0xFF:
			d.raw = append(d.raw, b)
			d.end(frame, fail)
			d.open()
		default:
			fail(d.begin, errCut, d.raw)
			d.begin = d.offset - 1
			d.raw, d.body, d.long = append(d.raw[:0], 0xFF), d.body[:0], false
			d.state = inside
			d.keep(b, b)
		}
	}
}

// open begins a frame at the current byte, which is FF. The last FF of a frame may be the
// first of the next where bytes were lost.
func (d *Decoder) open() {
	d.state, d.begin, d.long = start, d.offset, false
	d.raw, d.body = append(d.raw[:0], 0xFF), d.body[:0]
}

// keep adds a byte of the body, sent as raw.
func (d *Decoder) keep(b, raw byte) {
	if len(d.body) >= maxBody || d.long {
		d.long = true
		return
	}
	d.body, d.raw = append(d.body, b), append(d.raw, raw)
}

// end checks the frame that is complete.
func (d *Decoder) end(frame func(*Frame), fail func(int64, error, []byte)) {
	b := d.body
	least := 3
	if len(b) > 0 && b[0] == serialAddress {
		least = 6
	}
	switch {
	case d.long:
		fail(d.begin, errLong, d.raw)
		return
	case len(b) < least:
		fail(d.begin, errShort, d.raw)
		return
	case crc(b) != 0:
		fail(d.begin, errCRC, d.raw)
		return
	}
	f := &d.frame
	*f = Frame{Addr: b[0], Raw: d.raw, Offset: d.begin}
	rest := b[1 : len(b)-1]
	if f.Addr == serialAddress {
		f.Serial = uint32(rest[0]) | uint32(rest[1])<<8 | uint32(rest[2])<<16
		rest = rest[3:]
	}
	f.Op, f.Data = Op(rest[0]), rest[1:]
	frame(f)
}
