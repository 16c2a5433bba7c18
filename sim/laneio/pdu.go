package laneio

import (
	"time"

	"acsgd/sim/modbus"
)

// Default addresses of the module, from 0.
const (
	addrOut      = 0x0000 // coils: output values
	addrPulse    = 0x0010 // coils: start of a pulse
	addrCount    = 0x0100 // coils: counter runs
	addrClear    = 0x0110 // coils: clear counter, only 1 may be written
	addrIn       = 0x0000 // discrete inputs
	addrCounters = 0x0010 // input registers: counters, two words each, high word first
	addrInWord   = 0x0030 // input register: all inputs
	addrOutWord  = 0x0020 // holding register: all outputs
)

// usual is the length of the longest answer that is asked for again and again: all counters.
const usual = 34

// PDU answers one request (function code and data) at now; the answer is a PDU too.
func (d *Device) PDU(now time.Time, req []byte) []byte {
	d.Update(now)
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(req) == 0 {
		return []byte{0x80, modbus.IllegalFunction}
	}
	fc := req[0]
	if d.fault.Exception != 0 {
		return []byte{fc | 0x80, d.fault.Exception}
	}
	out, exc := d.serve(make([]byte, 1, usual), fc, req[1:])
	if exc != 0 {
		return []byte{fc | 0x80, exc}
	}
	out[0] = fc
	return out
}

func be16(p []byte) int { return int(p[0])*256 + int(p[1]) }

// serve carries a request out and appends the answer's data; exc is an exception code, 0 if
// it was in order.
func (d *Device) serve(dst []byte, fc byte, p []byte) (out []byte, exc byte) {
	if fc == 0 || fc > modbus.WriteCoil+1 && fc != modbus.WriteCoils && fc != modbus.WriteRegisters {
		return nil, modbus.IllegalFunction
	}
	if len(p) < 4 {
		return nil, modbus.IllegalValue
	}
	addr, n := be16(p), be16(p[2:])
	switch fc {
	case modbus.ReadCoils, modbus.ReadInputs:
		return d.readBits(dst, fc, addr, n)
	case modbus.ReadHolding, modbus.ReadInput:
		return d.readWords(dst, fc, addr, n)
	case modbus.WriteCoil:
		if len(p) != 4 || n != 0 && n != 0xff00 {
			return nil, modbus.IllegalValue
		}
		if exc := d.setCoil(addr, n == 0xff00, true); exc != 0 {
			return nil, exc
		}
		return append(dst, p...), d.setCoil(addr, n == 0xff00, false)
	case modbus.WriteRegister:
		if len(p) != 4 {
			return nil, modbus.IllegalValue
		}
		return append(dst, p...), d.setWord(addr, n)
	case modbus.WriteCoils:
		return d.writeCoils(dst, addr, n, p)
	default:
		if n < 1 || n > 123 || len(p) != 5+2*n || int(p[4]) != 2*n {
			return nil, modbus.IllegalValue
		}
		if n != 1 {
			return nil, modbus.IllegalAddress // there is one holding register only
		}
		return append(dst, p[:4]...), d.setWord(addr, be16(p[5:]))
	}
}

func (d *Device) readBits(dst []byte, fc byte, addr, n int) ([]byte, byte) {
	if n < 1 || n > 2000 {
		return nil, modbus.IllegalValue
	}
	size := (n + 7) / 8
	dst = append(dst, byte(size))
	dst = append(dst, make([]byte, size)...)
	out := dst[len(dst)-size:]
	for i := range n {
		on, ok := d.coil(addr + i)
		if fc == modbus.ReadInputs {
			ok = addr+i < addrIn+len(d.in)
			on = ok && d.raw(addr+i-addrIn)
		}
		if !ok {
			return nil, modbus.IllegalAddress
		}
		if on {
			out[i/8] |= 1 << (i % 8)
		}
	}
	return dst, 0
}

// coil reads one coil; ok is false where there is none.
func (d *Device) coil(a int) (on, ok bool) {
	switch {
	case a >= addrOut && a < addrOut+len(d.out):
		return d.out[a-addrOut].on, true
	case a >= addrPulse && a < addrPulse+len(d.out):
		return !d.out[a-addrPulse].until.IsZero(), true
	case a >= addrCount && a < addrCount+len(d.in):
		return d.counts[a-addrCount], true
	case a >= addrClear && a < addrClear+len(d.in):
		return false, true
	}
	return false, false
}

// setCoil writes one coil; try only checks whether it could.
func (d *Device) setCoil(a int, on, try bool) byte {
	switch {
	case a >= addrOut && a < addrOut+len(d.out):
		if !try {
			d.drive(a-addrOut, on, false)
		}
	case a >= addrPulse && a < addrPulse+len(d.out):
		if !try {
			d.drive(a-addrPulse, on, true)
		}
	case a >= addrCount && a < addrCount+len(d.in):
		if !try {
			d.counts[a-addrCount] = on
		}
	case a >= addrClear && a < addrClear+len(d.in):
		if !on {
			return modbus.IllegalValue
		}
		if !try {
			d.in[a-addrClear].count = 0
		}
	default:
		return modbus.IllegalAddress
	}
	return 0
}

func (d *Device) writeCoils(dst []byte, addr, n int, p []byte) ([]byte, byte) {
	if n < 1 || n > 1968 || len(p) < 5 || int(p[4]) != (n+7)/8 || len(p) != 5+int(p[4]) {
		return nil, modbus.IllegalValue
	}
	for _, try := range []bool{true, false} { // all or nothing
		for i := range n {
			if exc := d.setCoil(addr+i, p[5+i/8]>>(i%8)&1 == 1, try); exc != 0 {
				return nil, exc
			}
		}
	}
	return append(dst, p[:4]...), 0
}

func (d *Device) readWords(dst []byte, fc byte, addr, n int) ([]byte, byte) {
	if n < 1 || n > 125 {
		return nil, modbus.IllegalValue
	}
	out := append(dst, byte(2*n))
	for a := addr; a < addr+n; a++ {
		v, ok := d.word(fc, a)
		if !ok {
			return nil, modbus.IllegalAddress
		}
		out = append(out, byte(v>>8), byte(v))
	}
	return out, 0
}

func (d *Device) word(fc byte, a int) (v uint16, ok bool) {
	switch {
	case fc == modbus.ReadHolding && a == addrOutWord:
		for i, o := range d.out {
			if o.on {
				v |= 1 << i
			}
		}
		return v, true
	case fc == modbus.ReadInput && a >= addrCounters && a < addrCounters+2*len(d.in):
		c := d.in[(a-addrCounters)/2].count
		if (a-addrCounters)%2 == 0 {
			return uint16(c >> 16), true
		}
		return uint16(c), true
	case fc == modbus.ReadInput && a == addrInWord:
		for i := range d.in {
			if d.raw(i) {
				v |= 1 << i
			}
		}
		return v, true
	}
	return 0, false
}

func (d *Device) setWord(a, v int) byte {
	if a != addrOutWord {
		return modbus.IllegalAddress
	}
	for i := range d.out {
		d.drive(i, v>>i&1 == 1, false)
	}
	return 0
}
