package wire

// Escaper is byte stuffing: bytes that mean something to the framing are sent as an
// escape byte and a substitute. JT/T 808 is Escaper{Esc: 0x7d, Pairs: [][2]byte{{0x7d,
// 1}, {0x7e, 2}}}; Tenso-M is Escaper{Esc: 0xff, Pairs: [][2]byte{{0xff, 0xfe}}}.
type Escaper struct {
	Esc   byte
	Pairs [][2]byte // byte meant, substitute behind Esc
}

// Append appends p to dst, escaped.
func (e Escaper) Append(dst, p []byte) []byte {
next:
	for _, b := range p {
		for _, x := range e.Pairs {
			if b == x[0] {
				dst = append(dst, e.Esc, x[1])
				continue next
			}
		}
		dst = append(dst, b)
	}
	return dst
}

// Undo appends p to dst with the escapes taken out; dst may be p[:0]. bad is the index in
// p of an escape byte with an unknown or missing substitute, -1 if there is none; what
// stands before it is appended.
func (e Escaper) Undo(dst, p []byte) (_ []byte, bad int) {
	for i := 0; i < len(p); i++ {
		b := p[i]
		if b == e.Esc {
			if i+1 == len(p) {
				return dst, i
			}
			m, ok := e.meant(p[i+1])
			if !ok {
				return dst, i
			}
			b = m
			i++
		}
		dst = append(dst, b)
	}
	return dst, -1
}

func (e Escaper) meant(sub byte) (byte, bool) {
	for _, x := range e.Pairs {
		if sub == x[1] {
			return x[0], true
		}
	}
	return 0, false
}

// XOR gives the exclusive or of all bytes, the check byte of many simple protocols.
func XOR(p []byte) byte {
	var v byte
	for _, b := range p {
		v ^= b
	}
	return v
}

// Sum8 gives the sum of all bytes modulo 256.
func Sum8(p []byte) byte {
	var v byte
	for _, b := range p {
		v += b
	}
	return v
}
