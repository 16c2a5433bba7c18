package teltonika

import "encoding/binary"

// crcTables are sixteen tables of CRC-16/ARC (polynomial 0x8005 reflected, start 0), so that
// sixteen bytes go at a step. Never changed after it is made.
var crcTables = makeTables()

func makeTables() *[16][256]uint16 {
	var t [16][256]uint16
	for i := range 256 {
		c := uint16(i)
		for range 8 {
			if c&1 != 0 {
				c = c>>1 ^ 0xA001
			} else {
				c >>= 1
			}
		}
		t[0][i] = c
	}
	for k := 1; k < 16; k++ {
		for i := range 256 {
			c := t[k-1][i]
			t[k][i] = t[0][c&0xFF] ^ c>>8
		}
	}
	return &t
}

// crc16 is CRC-16/ARC, which Teltonika calls CRC-16/IBM; of "123456789" it is 0xBB3D.
func crc16(p []byte) uint16 {
	t := crcTables
	var c uint16
	for len(p) >= 16 {
		a, b := binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:])
		// What depends on the step before comes last: all else is ready by then.
		c = t[13][byte(a>>16)] ^ t[12][byte(a>>24)] ^
			t[11][byte(a>>32)] ^ t[10][byte(a>>40)] ^ t[9][byte(a>>48)] ^ t[8][byte(a>>56)] ^
			t[7][byte(b)] ^ t[6][byte(b>>8)] ^ t[5][byte(b>>16)] ^ t[4][byte(b>>24)] ^
			t[3][byte(b>>32)] ^ t[2][byte(b>>40)] ^ t[1][byte(b>>48)] ^ t[0][byte(b>>56)] ^
			t[15][byte(a)^byte(c)] ^ t[14][byte(a>>8)^byte(c>>8)]
		p = p[16:]
	}
	for _, b := range p {
		c = t[0][byte(c)^b] ^ c>>8
	}
	return c
}
