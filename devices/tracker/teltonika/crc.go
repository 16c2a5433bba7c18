package teltonika

// crcTables are eight tables of CRC-16/ARC (polynomial 0x8005 reflected, start 0), so that
// eight bytes go at a step. Never changed after it is made.
var crcTables = makeTables()

func makeTables() *[8][256]uint16 {
	var t [8][256]uint16
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
	for k := 1; k < 8; k++ {
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
	for len(p) >= 8 {
		c ^= uint16(p[0]) | uint16(p[1])<<8
		c = t[7][c&0xFF] ^ t[6][c>>8] ^ t[5][p[2]] ^ t[4][p[3]] ^ t[3][p[4]] ^ t[2][p[5]] ^ t[1][p[6]] ^ t[0][p[7]]
		p = p[8:]
	}
	for _, b := range p {
		c = t[0][byte(c)^b] ^ c>>8
	}
	return c
}
