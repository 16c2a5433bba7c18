package wire

// BCD reads packed decimals, the high digit first, as a number. bad is the index of the
// first byte with a digit above 9, -1 if there is none. More than 19 digits overflow.
func BCD(p []byte) (v uint64, bad int) {
	for i, b := range p {
		hi, lo := b>>4, b&15
		if hi > 9 || lo > 9 {
			return 0, i
		}
		v = v*100 + uint64(hi)*10 + uint64(lo)
	}
	return v, -1
}

// AppendDigits appends the digits of packed decimals as text; ok is false if one is above
// 9, what stands before it is appended.
func AppendDigits(dst, p []byte) (_ []byte, ok bool) {
	for _, b := range p {
		hi, lo := b>>4, b&15
		if hi > 9 {
			return dst, false
		}
		dst = append(dst, '0'+hi)
		if lo > 9 {
			return dst, false
		}
		dst = append(dst, '0'+lo)
	}
	return dst, true
}

// AppendBCD appends v as n bytes of packed decimals, the high digit first; digits that do
// not fit are cut off.
func AppendBCD(dst []byte, v uint64, n int) []byte {
	at := len(dst)
	for range n {
		dst = append(dst, 0)
	}
	for i := n - 1; i >= 0; i-- {
		dst[at+i] = byte(v/10%10)<<4 | byte(v%10)
		v /= 100
	}
	return dst
}
