package wire

import "math/bits"

// CRC16 is one member of the CRC-16 family: parameters as in the catalogue of
// parametrised CRC algorithms (Rocksoft model), with a table made from them.
type CRC16 struct {
	init, xorOut uint16
	reflected    bool // input and output
	table        [256]uint16
}

// NewCRC16 makes a CRC-16 with a polynomial in normal form (without x^16, highest power
// first). reflected members take each byte, and give their result, lowest bit first.
func NewCRC16(poly, init, xorOut uint16, reflected bool) *CRC16 {
	c := &CRC16{init: init, xorOut: xorOut, reflected: reflected}
	for i := range c.table {
		if reflected {
			r, v := bits.Reverse16(poly), uint16(i)
			for range 8 {
				v = v>>1 ^ r*(v&1)
			}
			c.table[i] = v
			continue
		}
		v := uint16(i) << 8
		for range 8 {
			v = v<<1 ^ poly*(v>>15)
		}
		c.table[i] = v
	}
	return c
}

// Sum gives the CRC of p.
func (c *CRC16) Sum(p []byte) uint16 { return c.Finish(c.Update(c.Start(), p)) }

// Start is the register before the first byte.
func (c *CRC16) Start() uint16 {
	if c.reflected {
		return bits.Reverse16(c.init)
	}
	return c.init
}

// Update takes further bytes into the register.
func (c *CRC16) Update(v uint16, p []byte) uint16 {
	if c.reflected {
		for _, b := range p {
			v = v>>8 ^ c.table[byte(v)^b]
		}
		return v
	}
	for _, b := range p {
		v = v<<8 ^ c.table[byte(v>>8)^b]
	}
	return v
}

// Finish makes the CRC of the register.
func (c *CRC16) Finish(v uint16) uint16 { return v ^ c.xorOut }

// CRC8 is one member of the CRC-8 family; parameters as for CRC16.
type CRC8 struct {
	init, xorOut uint8
	table        [256]uint8
}

// NewCRC8 makes a CRC-8 with a polynomial in normal form.
func NewCRC8(poly, init, xorOut uint8, reflected bool) *CRC8 {
	c := &CRC8{init: init, xorOut: xorOut}
	if reflected {
		c.init = bits.Reverse8(init)
	}
	for i := range c.table {
		v := uint8(i)
		for range 8 {
			if reflected {
				v = v>>1 ^ bits.Reverse8(poly)*(v&1)
			} else {
				v = v<<1 ^ poly*(v>>7)
			}
		}
		c.table[i] = v
	}
	return c
}

// Sum gives the CRC of p.
func (c *CRC8) Sum(p []byte) uint8 {
	v := c.init
	for _, b := range p {
		v = c.table[v^b]
	}
	return v ^ c.xorOut
}

// The members that our devices use, made once; names and check values (the CRC of the
// text 123456789) are those of the catalogue. They are tables and never change.
var (
	ARC    = NewCRC16(0x8005, 0x0000, 0x0000, true)  // CRC-16/ARC, "IBM": check bb3d (Teltonika)
	Modbus = NewCRC16(0x8005, 0xffff, 0x0000, true)  // CRC-16/MODBUS: check 4b37
	CCITT  = NewCRC16(0x1021, 0xffff, 0x0000, false) // CRC-16/IBM-3740, "CCITT-FALSE": check 29b1 (EGTS)
	X25    = NewCRC16(0x1021, 0xffff, 0xffff, true)  // CRC-16/IBM-SDLC, "X-25", "ITU": check 906e (GT06)
	XModem = NewCRC16(0x1021, 0x0000, 0x0000, false) // CRC-16/XMODEM: check 31c3
	Kermit = NewCRC16(0x1021, 0x0000, 0x0000, true)  // CRC-16/KERMIT: check 2189
	SMBus  = NewCRC8(0x07, 0x00, 0x00, false)        // CRC-8/SMBUS: check f4
	Maxim  = NewCRC8(0x31, 0x00, 0x00, true)         // CRC-8/MAXIM-DOW: check a1
	NRSC5  = NewCRC8(0x31, 0xff, 0x00, false)        // CRC-8/NRSC-5: check f7 (EGTS headers, FLEX)
	TensoM = NewCRC8(0x69, 0x00, 0x00, false)        // Tenso-M: over address to data, before stuffing
)
