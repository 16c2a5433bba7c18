// Package modbus is the wire of simulated Modbus devices: it cuts what a host sends into
// requests, has them answered, and frames the answers, on TCP (MBAP header) or on a serial
// line (RTU: unit, PDU, CRC), which may lie behind a TCP converter.
//
// Written from the Modbus application protocol (V1.1b3), the messaging guide (V1.0b) and
// the serial line guide (V1.02); it shares nothing with the drivers.
package modbus

import (
	"time"

	"acsgd/sim"
)

// Function codes.
const (
	ReadCoils      = 1
	ReadInputs     = 2
	ReadHolding    = 3
	ReadInput      = 4
	WriteCoil      = 5
	WriteRegister  = 6
	WriteCoils     = 15
	WriteRegisters = 16
)

// Exception codes.
const (
	IllegalFunction = 1
	IllegalAddress  = 2
	IllegalValue    = 3
)

// Fault is what goes wrong. The zero value is nothing.
type Fault struct {
	Delay     time.Duration // before each answer
	Exception byte          // instead of each answer, if not 0
	Mute      bool          // no answer
	Drop      bool          // the connection is closed instead of an answer
	Half      bool          // half of the answer, then silence on this connection
	WrongUnit bool          // answers bear another unit id
	WrongID   bool          // answers bear another transaction id, or on a serial line a wrong CRC
}

// Device answers requests. It is safe for concurrent use where several connections are.
type Device interface {
	// PDU answers one request (function code and data) at now with a PDU.
	PDU(now time.Time, req []byte) []byte
	// Unit is the device's address; on TCP 255 is answered too.
	Unit() byte
	// Failing says what goes wrong now.
	Failing() Fault
}

// header is the length of the MBAP header: transaction id, protocol id, length, unit id.
const header = 7

// maxADU is the longest frame of Modbus TCP.
const maxADU = 260

// answer is a frame that leaves at a time.
type answer struct {
	at time.Time
	p  []byte
}

// outgoing is the sending half of a connection.
type outgoing struct {
	queue []answer // in order of time
	dead  bool     // after half an answer nothing more is said
}

// send puts a frame on its way.
func (o *outgoing) send(now time.Time, wait time.Duration, p []byte, half bool, out *sim.Out) {
	if half {
		p, o.dead = p[:len(p)/2+1], true
	}
	if wait > 0 || len(o.queue) > 0 {
		o.queue = append(o.queue, answer{at: now.Add(wait), p: p})
		return
	}
	out.Send = append(out.Send, p...)
}

// Tick implements sim.Machine.
func (o *outgoing) Tick(now time.Time, out *sim.Out) {
	for len(o.queue) > 0 && !o.queue[0].at.After(now) {
		out.Send = append(out.Send, o.queue[0].p...)
		o.queue = o.queue[1:]
	}
}

// Deadline implements sim.Machine.
func (o *outgoing) Deadline() (time.Time, bool) {
	if len(o.queue) == 0 {
		return time.Time{}, false
	}
	return o.queue[0].at, true
}

// respond gives the answer's PDU, or an exception where one is ordered.
func respond(d Device, f Fault, now time.Time, req []byte) []byte {
	if f.Exception != 0 {
		return []byte{req[0] | 0x80, f.Exception}
	}
	return d.PDU(now, req)
}

// TCP is a device's end of one Modbus TCP connection.
func TCP(d Device) sim.Machine { return &tcp{d: d} }

type tcp struct {
	outgoing
	d   Device
	buf []byte
}

// Feed implements sim.Machine.
func (s *tcp) Feed(now time.Time, p []byte, out *sim.Out) {
	s.buf = append(s.buf, p...)
	for len(s.buf) >= header && !out.Close {
		n := int(s.buf[4])*256 + int(s.buf[5])
		if s.buf[2] != 0 || s.buf[3] != 0 || n < 2 || n > maxADU-header+1 {
			out.Close = true // out of step: a real device closes
			return
		}
		if len(s.buf) < header-1+n {
			return
		}
		s.request(now, s.buf[:header-1+n], out)
		s.buf = append(s.buf[:0], s.buf[header-1+n:]...)
	}
}

// request answers one frame, unless it is for another unit.
func (s *tcp) request(now time.Time, adu []byte, out *sim.Out) {
	unit := adu[6]
	f := s.d.Failing()
	if s.dead || unit != s.d.Unit() && unit != 255 || f.Mute {
		return
	}
	if f.Drop {
		out.Close = true
		return
	}
	res := respond(s.d, f, now, adu[header:])
	ans := []byte{adu[0], adu[1], 0, 0, byte((len(res) + 1) >> 8), byte(len(res) + 1), unit}
	if f.WrongID {
		ans[1] ^= 0xff
	}
	if f.WrongUnit {
		ans[6]++
	}
	s.send(now, f.Delay, append(ans, res...), f.Half, out)
}

// Hangup forgets what has come on a connection that is over.
func (s *tcp) Hangup() { *s = tcp{d: s.d} }
