package modbus

import (
	"time"

	"acsgd/sim"
)

// RTU is a device on a serial line, or the end of a connection to the converter before it.
// baud is the line's speed: an answer leaves when it would have arrived whole; 0 is at once.
func RTU(d Device, baud int) sim.Machine { return &rtu{d: d, baud: baud} }

type rtu struct {
	outgoing
	d    Device
	baud int
	buf  []byte
	last time.Time // when bytes came
}

// pause is how long a request may stand still before it is forgotten. The standard says 3.5
// characters; converters make longer pauses.
const pause = 100 * time.Millisecond

// maxRTU is the longest frame of a serial line.
const maxRTU = 256

// Feed implements sim.Machine.
func (s *rtu) Feed(now time.Time, p []byte, out *sim.Out) {
	if now.Sub(s.last) > pause {
		s.buf = s.buf[:0]
	}
	s.last = now
	s.buf = append(s.buf, p...)
	for !out.Close {
		n := requestLen(s.buf)
		if n == 0 || len(s.buf) < n {
			return
		}
		if n > maxRTU || crc(s.buf[:n-2]) != uint16(s.buf[n-2])|uint16(s.buf[n-1])<<8 {
			s.buf = append(s.buf[:0], s.buf[1:]...) // look for a request that begins later
			continue
		}
		s.request(now, s.buf[:n], out)
		s.buf = append(s.buf[:0], s.buf[n:]...)
	}
}

// requestLen is the length of the request at the start of p with its CRC; 0 while that is
// not known. Of functions that this package does not know it is the shortest.
func requestLen(p []byte) int {
	switch {
	case len(p) < 2:
		return 0
	case p[1] >= ReadCoils && p[1] <= WriteRegister:
		return 8
	case p[1] != WriteCoils && p[1] != WriteRegisters:
		return 4
	case len(p) < 7:
		return 0
	}
	return 9 + int(p[6])
}

// request answers one frame, unless it is for another unit. 0 is for all, who stay silent.
func (s *rtu) request(now time.Time, adu []byte, out *sim.Out) {
	f := s.d.Failing()
	if s.dead || adu[0] != s.d.Unit() || f.Mute {
		return
	}
	if f.Drop {
		out.Close = true
		return
	}
	res := respond(s.d, f, now, adu[1:len(adu)-2])
	unit := adu[0]
	if f.WrongUnit {
		unit++
	}
	ans := append([]byte{unit}, res...)
	sum := crc(ans)
	if f.WrongID {
		sum ^= 0x0100
	}
	ans = append(ans, byte(sum), byte(sum>>8))
	wait := f.Delay
	if s.baud > 0 {
		wait += time.Duration(len(adu)+len(ans)) * 10 * time.Second / time.Duration(s.baud)
	}
	s.send(now, wait, ans, f.Half, out)
}

// Hangup forgets what has come on a connection that is over.
func (s *rtu) Hangup() { *s = rtu{d: s.d, baud: s.baud} }

// crc is the remainder of the bits of p, each byte's lowest first, by x^16 + x^15 + x^2 + 1
// from all ones.
func crc(p []byte) uint16 {
	reg := uint16(0xFFFF)
	for _, b := range p {
		for bit := range 8 {
			low := reg&1 ^ uint16(b>>bit)&1
			reg >>= 1
			if low == 1 {
				reg ^= 0xA001
			}
		}
	}
	return reg
}
