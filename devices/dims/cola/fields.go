package cola

import (
	"encoding/binary"
	"math"
	"slices"
)

// fault is the first error of a telegram; later ones follow from it.
type faultAt struct {
	at     int
	reason string
}

func (f *faultAt) set(at int, reason string) {
	if f.reason == "" {
		f.at, f.reason = at, reason
	}
}

// binaryFields reads packed big-endian fields. After a fault every read gives zero.
type binaryFields struct {
	p   []byte
	i   int
	bad faultAt
}

func (f *binaryFields) take(n int) []byte {
	if f.bad.reason != "" || n > len(f.p)-f.i {
		f.bad.set(f.i, "telegram ends early")
		return nil
	}
	b := f.p[f.i : f.i+n]
	f.i += n
	return b
}

func (f *binaryFields) uint(bits int) uint32 {
	b := f.take(bits / 8)
	switch len(b) {
	case 1:
		return uint32(b[0])
	case 2:
		return uint32(binary.BigEndian.Uint16(b))
	case 4:
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (f *binaryFields) int(bits int) int32 {
	v := f.uint(bits)
	if bits == 16 {
		return int32(int16(v))
	}
	return int32(v)
}

func (f *binaryFields) float() float32 { return math.Float32frombits(f.uint(32)) }

func (f *binaryFields) kind() (k [5]byte) {
	copy(k[:], f.take(5))
	return k
}

func (f *binaryFields) text(dst []byte) []byte {
	n := int(f.uint(16))
	return append(nonNil(dst), f.take(n)...)
}

func (f *binaryFields) room(n, bits int) bool { return n*bits/8 <= len(f.p)-f.i }

func (f *binaryFields) values(dst []uint16, n, bits int) []uint16 {
	b := f.take(n * bits / 8)
	n = len(b) * 8 / bits // 0 after a fault
	at := len(dst)
	dst = slices.Grow(dst, n)[:at+n]
	out := dst[at:]
	if bits == 8 {
		for i, v := range b[:len(out)] {
			out[i] = uint16(v)
		}
		return dst
	}
	for i := 0; i < len(out) && len(b) >= 2; i++ {
		out[i] = binary.BigEndian.Uint16(b)
		b = b[2:]
	}
	return dst
}

func (f *binaryFields) skip(n, bits int)               { f.take(n * bits / 8) }
func (f *binaryFields) end() bool                      { return f.bad.reason != "" || f.i == len(f.p) }
func (f *binaryFields) fail(reason string)             { f.bad.set(f.i, reason) }
func (f *binaryFields) fault() (at int, reason string) { return f.bad.at, f.bad.reason }

// asciiFields reads tokens separated by single spaces: upper-case hex, or decimal where a
// sign leads; reals are the eight hex digits of their bits.
type asciiFields struct {
	p    []byte
	i    int
	bad  faultAt
	drop []uint16
}

func (f *asciiFields) token() []byte {
	if f.bad.reason != "" || f.i >= len(f.p) {
		f.bad.set(f.i, "telegram ends early")
		return nil
	}
	from := f.i
	for f.i < len(f.p) && f.p[f.i] != ' ' {
		f.i++
	}
	t := f.p[from:f.i]
	if f.i < len(f.p) {
		f.i++
	}
	return t
}

// number reads a token as a 64-bit value; a decimal may be negative.
func (f *asciiFields) number() int64 {
	at := f.i
	t := f.token()
	if len(t) > 0 && (t[0] == '+' || t[0] == '-') {
		var v int64
		if len(t) == 1 || len(t) > 12 {
			f.bad.set(at, "not a number")
			return 0
		}
		for _, c := range t[1:] {
			if c < '0' || c > '9' {
				f.bad.set(at, "not a decimal number")
				return 0
			}
			v = v*10 + int64(c-'0')
		}
		if t[0] == '-' {
			v = -v
		}
		return v
	}
	if len(t) == 0 || len(t) > 8 {
		f.bad.set(at, "not a hexadecimal number")
		return 0
	}
	var v int64
	for _, c := range t {
		d := hexDigit(c)
		if d > 15 {
			f.bad.set(at, "not a hexadecimal number")
			return 0
		}
		v = v<<4 | int64(d)
	}
	return v
}

func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}

func (f *asciiFields) uint(bits int) uint32 {
	at := f.i
	v := f.number()
	if v < 0 || v >= 1<<bits {
		f.bad.set(at, "number does not fit its field")
		return 0
	}
	return uint32(v)
}

func (f *asciiFields) int(bits int) int32 {
	at := f.i
	v := f.number()
	half := int64(1) << (bits - 1)
	switch {
	case v >= -half && v < half:
		return int32(v)
	case v < 2*half: // two's complement of the field
		return int32(v - 2*half)
	case v >= 1<<32-half && v < 1<<32: // two's complement of 32 bits
		return int32(v - 1<<32)
	}
	f.bad.set(at, "number does not fit its field")
	return 0
}

func (f *asciiFields) float() float32 { return math.Float32frombits(f.uint(32)) }

func (f *asciiFields) kind() (k [5]byte) {
	at := f.i
	if t := f.token(); len(t) == 5 {
		copy(k[:], t)
	} else {
		f.bad.set(at, "not a channel name")
	}
	return k
}

func (f *asciiFields) text(dst []byte) []byte {
	n := int(f.uint(16))
	dst = nonNil(dst)
	if f.bad.reason != "" || n > len(f.p)-f.i {
		f.bad.set(f.i, "telegram ends early")
		return dst
	}
	dst = append(dst, f.p[f.i:f.i+n]...)
	f.i += n
	if f.i < len(f.p) {
		if f.p[f.i] != ' ' {
			f.bad.set(f.i, "text longer than its length")
			return dst
		}
		f.i++
	}
	return dst
}

// room counts a digit and a space for every value but the last.
func (f *asciiFields) room(n, _ int) bool { return n == 0 || 2*n-1 <= len(f.p)-f.i }

// values is the hot loop: four tokens in five of a telegram are read here.
func (f *asciiFields) values(dst []uint16, n, bits int) []uint16 {
	if cap(dst) < n {
		dst = make([]uint16, 0, n)
	}
	for range n {
		i, v := f.i, uint32(0)
		for i < len(f.p) && f.p[i] != ' ' {
			d := hexDigit(f.p[i])
			if d > 15 || i-f.i == 4 {
				break
			}
			v = v<<4 | uint32(d)
			i++
		}
		if i == f.i || (i < len(f.p) && f.p[i] != ' ') {
			v = f.uint(bits) // signed, longer or wrong: the careful way
		} else {
			f.i = min(i+1, len(f.p))
		}
		if v >= 1<<bits {
			f.bad.set(i, "number does not fit its field")
		}
		if f.bad.reason != "" {
			return dst
		}
		dst = append(dst, uint16(v))
	}
	return dst
}

// skip reads what it skips: where a field ends shows only there.
func (f *asciiFields) skip(n, bits int) { f.drop = f.values(f.drop[:0], n, bits) }

func (f *asciiFields) end() bool                      { return f.bad.reason != "" || f.i >= len(f.p) }
func (f *asciiFields) fail(reason string)             { f.bad.set(f.i, reason) }
func (f *asciiFields) fault() (at int, reason string) { return f.bad.at, f.bad.reason }

// nonNil keeps an empty text apart from an absent one.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
