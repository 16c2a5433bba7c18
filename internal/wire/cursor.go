// Package wire reads and checks the bytes of device protocols: a bounds-checked cursor,
// packed BCD, the CRC family, and escaping. It allocates nothing and never panics,
// whatever the bytes are.
package wire

import (
	"encoding/binary"
	"fmt"
)

// Cursor reads a frame from front to back. A read beyond its end gives zero and makes the
// cursor fail for good, so decoding code reads straight down and asks Err once.
type Cursor struct {
	p    []byte
	off  int
	base int64
	err  error
}

// ErrShort says that a frame ended before the value that was wanted.
type ErrShort struct {
	Offset int64 // where the value begins, from the start given to At
	Want   int   // bytes of the value
	Have   int   // bytes that were left
}

func (e *ErrShort) Error() string {
	return fmt.Sprintf("offset %d: %d bytes wanted, %d left", e.Offset, e.Want, e.Have)
}

// At makes a cursor over p. base is the offset of p in its connection, for errors. p is
// not copied.
func At(p []byte, base int64) Cursor { return Cursor{p: p, base: base} }

// Err is the first failure: an *ErrShort, or what Fail was given.
func (c *Cursor) Err() error { return c.err }

// Fail makes the cursor fail with err unless it has failed before.
func (c *Cursor) Fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// Offset is the place of the next byte in the connection.
func (c *Cursor) Offset() int64 { return c.base + int64(c.off) }

// Len is how many bytes are left; 0 once the cursor has failed.
func (c *Cursor) Len() int {
	if c.err != nil {
		return 0
	}
	return len(c.p) - c.off
}

// Bytes gives the next n bytes as a part of the frame, nil if there are fewer.
func (c *Cursor) Bytes(n int) []byte {
	if c.err != nil {
		return nil
	}
	if n < 0 || n > len(c.p)-c.off {
		c.err = &ErrShort{Offset: c.Offset(), Want: n, Have: len(c.p) - c.off}
		return nil
	}
	b := c.p[c.off : c.off+n : c.off+n]
	c.off += n
	return b
}

// Rest gives all bytes that are left.
func (c *Cursor) Rest() []byte { return c.Bytes(c.Len()) }

// Skip passes over n bytes.
func (c *Cursor) Skip(n int) { c.Bytes(n) }

// Peek gives the next byte without taking it; 0 at the end.
func (c *Cursor) Peek() byte {
	if c.Len() == 0 {
		return 0
	}
	return c.p[c.off]
}

// Sub makes a cursor over the next n bytes and passes over them. It fails as c does.
func (c *Cursor) Sub(n int) Cursor {
	at := c.Offset()
	p := c.Bytes(n)
	return Cursor{p: p, base: at, err: c.err}
}

// U8 reads one byte.
func (c *Cursor) U8() uint8 {
	if b := c.Bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// U16 reads two bytes, the high one first.
func (c *Cursor) U16() uint16 {
	if b := c.Bytes(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// U24 reads three bytes, the high one first.
func (c *Cursor) U24() uint32 {
	if b := c.Bytes(3); b != nil {
		return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	}
	return 0
}

// U32 reads four bytes, the high one first.
func (c *Cursor) U32() uint32 {
	if b := c.Bytes(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// U64 reads eight bytes, the high one first.
func (c *Cursor) U64() uint64 {
	if b := c.Bytes(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// U16LE reads two bytes, the low one first.
func (c *Cursor) U16LE() uint16 {
	if b := c.Bytes(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

// U24LE reads three bytes, the low one first.
func (c *Cursor) U24LE() uint32 {
	if b := c.Bytes(3); b != nil {
		return uint32(b[2])<<16 | uint32(b[1])<<8 | uint32(b[0])
	}
	return 0
}

// U32LE reads four bytes, the low one first.
func (c *Cursor) U32LE() uint32 {
	if b := c.Bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// U64LE reads eight bytes, the low one first.
func (c *Cursor) U64LE() uint64 {
	if b := c.Bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// I8 reads one byte as two's complement, as the further I functions do.
func (c *Cursor) I8() int8 { return int8(c.U8()) }

// I16 reads two bytes, the high one first.
func (c *Cursor) I16() int16 { return int16(c.U16()) }

// I24 reads three bytes, the high one first.
func (c *Cursor) I24() int32 { return int32(c.U24()<<8) >> 8 }

// I32 reads four bytes, the high one first.
func (c *Cursor) I32() int32 { return int32(c.U32()) }

// I64 reads eight bytes, the high one first.
func (c *Cursor) I64() int64 { return int64(c.U64()) }

// I16LE reads two bytes, the low one first.
func (c *Cursor) I16LE() int16 { return int16(c.U16LE()) }

// I32LE reads four bytes, the low one first.
func (c *Cursor) I32LE() int32 { return int32(c.U32LE()) }

// BCD reads n bytes of packed decimals as a number, n from 1 to 8; a digit above 9 makes
// the cursor fail at its byte.
func (c *Cursor) BCD(n int) uint64 {
	at := c.Offset()
	b := c.Bytes(n)
	v, bad := BCD(b)
	if bad >= 0 {
		c.Fail(&ErrDigit{Offset: at + int64(bad), Byte: b[bad]})
	}
	return v
}

// ErrDigit says that a byte is not two packed decimals.
type ErrDigit struct {
	Offset int64
	Byte   byte
}

func (e *ErrDigit) Error() string {
	return fmt.Sprintf("offset %d: %#02x is not two decimal digits", e.Offset, e.Byte)
}
