package tracker

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
)

// Chunk hands out zero values from arrays of chunkLen, so that decoding a frame allocates
// about once. What was handed out is never reused: it belongs to the observations. Arrays
// are small because a centre holds 100 000 connections; the zero Chunk is ready and holds
// nothing.
type Chunk[T any] struct{ free []T }

const chunkLen = 15 // of a fix and what its attributes are read from: 2 KiB

// Take returns n zero values.
func (c *Chunk[T]) Take(n int) []T {
	if n > len(c.free) {
		if n > chunkLen/2 {
			return make([]T, n)
		}
		c.free = make([]T, chunkLen)
	}
	l := c.free[:n:n]
	c.free = c.free[n:]
	return l
}

// AppendDecimal appends v / 10^places as a JSON number without trailing zeros, places 0 to 9.
func AppendDecimal(dst []byte, v uint64, places int) []byte {
	pow := uint64(1)
	for range places {
		pow *= 10
	}
	dst = strconv.AppendUint(dst, v/pow, 10)
	f := v % pow
	if f == 0 {
		return dst
	}
	dst = append(dst, '.')
	for ; f > 0; f %= pow {
		pow /= 10
		dst = append(dst, byte('0'+f/pow))
	}
	return dst
}

// AppendHex appends p as a JSON string of lower-case hex digits.
func AppendHex(dst, p []byte) []byte {
	dst = append(dst, '"')
	return append(hex.AppendEncode(dst, p), '"')
}

// AppendText appends p as a JSON string; what is not UTF-8 is replaced.
func AppendText(dst, p []byte) []byte {
	b, err := json.Marshal(string(p))
	if err != nil { // a string always has a JSON form
		return append(dst, `""`...)
	}
	return append(dst, b...)
}
