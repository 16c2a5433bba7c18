package tracker

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"acsgd/internal/obs"
)

// Arena hands out fixes, attributes and attribute texts from chunks, so that decoding a
// frame allocates about once. What was handed out is never reused: it belongs to the
// observations. The chunks are small because a centre holds 100 000 connections; the zero
// Arena is ready and holds nothing.
type Arena struct {
	fixes []obs.Fix
	attrs []obs.Attr
	text  strings.Builder
	buf   [32]byte
}

const (
	fixChunk  = 16   // 2 KiB
	attrChunk = 96   // 3 KiB
	textChunk = 1024 // bytes
)

// Fixes returns n zero fixes.
func (a *Arena) Fixes(n int) []obs.Fix {
	if n > len(a.fixes) {
		if n > fixChunk/2 {
			return make([]obs.Fix, n)
		}
		a.fixes = make([]obs.Fix, fixChunk)
	}
	f := a.fixes[:n:n]
	a.fixes = a.fixes[n:]
	return f
}

// Attrs returns an empty list with room for n attributes.
func (a *Arena) Attrs(n int) obs.Attrs {
	if n > len(a.attrs) {
		if n > attrChunk/2 {
			return make(obs.Attrs, 0, n)
		}
		a.attrs = make([]obs.Attr, attrChunk)
	}
	l := a.attrs[:0:n]
	a.attrs = a.attrs[n:]
	return obs.Attrs(l)
}

// put keeps b as a string. The builder only ever grows behind what was handed out.
func (a *Arena) put(b []byte) string {
	if a.text.Cap()-a.text.Len() < len(b) {
		a.text.Reset()
		a.text.Grow(max(textChunk, len(b)))
	}
	at := a.text.Len()
	a.text.Write(b) // a Builder never fails
	return a.text.String()[at:]
}

// small are the numbers that most IO values are. Never changed after it is made.
var small = func() (t [1024]string) {
	for i := range t {
		t[i] = strconv.Itoa(i)
	}
	return t
}()

// Uint gives v as a JSON number.
func (a *Arena) Uint(v uint64) string {
	if v < uint64(len(small)) {
		return small[v]
	}
	return a.put(strconv.AppendUint(a.buf[:0], v, 10))
}

// Int gives v as a JSON number.
func (a *Arena) Int(v int64) string {
	if v >= 0 {
		return a.Uint(uint64(v))
	}
	return a.put(strconv.AppendInt(a.buf[:0], v, 10))
}

// Decimal gives v / 10^places as a JSON number without trailing zeros, places 0 to 9.
func (a *Arena) Decimal(v uint64, places int) string {
	pow := uint64(1)
	for range places {
		pow *= 10
	}
	f := v % pow
	if f == 0 {
		return a.Uint(v / pow)
	}
	b := append(strconv.AppendUint(a.buf[:0], v/pow, 10), '.')
	for ; f > 0; f %= pow {
		pow /= 10
		b = append(b, byte('0'+f/pow))
	}
	return a.put(b)
}

// Bool gives a JSON boolean.
func (a *Arena) Bool(v bool) string {
	if v {
		return "true"
	}
	return "false"
}

// Hex gives p as a JSON string of lower-case hex digits.
func (a *Arena) Hex(p []byte) string {
	b := append(a.buf[:0], '"')
	b = hex.AppendEncode(b, p)
	return a.put(append(b, '"'))
}

// Text gives p as a JSON string; what is not UTF-8 is replaced.
func (a *Arena) Text(p []byte) string {
	b, err := json.Marshal(string(p))
	if err != nil { // a string always has a JSON form
		return `""`
	}
	return a.put(b)
}

// Name gives prefix followed by n, for example "io" and 10804.
func (a *Arena) Name(prefix string, n int) string {
	return a.put(strconv.AppendInt(append(a.buf[:0], prefix...), int64(n), 10))
}
