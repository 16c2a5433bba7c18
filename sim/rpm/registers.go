package rpm

import (
	"time"

	"acsgd/sim"
	"acsgd/sim/modbus"
)

// Registers is a portal of no maker in particular: four panels and a neutron total in input
// registers, in an order and with units of its own. It counts as Aspect does. It is safe for
// concurrent use.
//
//	512  state: 1 occupied, 2 gamma alarm, 4 neutron alarm, 8 case open, 16 well
//	513  its time, ms, 32 bits, the high word first
//	515  gamma counts of the four panels, 32 bits each, the low word first
//	523  gamma background of the four panels, tenths of counts/s
//	527  neutron counts
//	528  neutron background, counts/1000 s, 32 bits, the high word first
//	530  objects, 531 speed in mm/s
type Registers struct {
	*Aspect
}

const (
	registersAt   = 512
	registersSize = 20
)

// NewRegisters makes a portal in a scene.
func NewRegisters(cfg Config, scene sim.Scene) *Registers {
	return &Registers{NewAspect(AspectConfig{Config: cfg}, scene)}
}

// PDU implements modbus.Device: function 4 alone.
func (r *Registers) PDU(now time.Time, req []byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.advance(now)
	if req[0] != modbus.ReadInput {
		return []byte{req[0] | 0x80, modbus.IllegalFunction}
	}
	if len(req) != 5 {
		return []byte{req[0] | 0x80, modbus.IllegalValue}
	}
	from, n := int(req[1])*256+int(req[2])-registersAt, int(req[3])*256+int(req[4])
	if n < 1 || n > registersSize {
		return []byte{req[0] | 0x80, modbus.IllegalValue}
	}
	if from < 0 || from+n > registersSize {
		return []byte{req[0] | 0x80, modbus.IllegalAddress}
	}
	ans := []byte{req[0], byte(2 * n)}
	for _, w := range r.words()[from : from+n] {
		ans = append(ans, byte(w/256), byte(w%256))
	}
	return ans
}

// words are the registers as they stand now.
func (r *Registers) words() []uint16 {
	state := uint16(16)
	for bit, on := range map[uint16]bool{1: r.facing != 0, 2: r.alarm, 4: r.neutAt, 8: r.bits&0x0400 != 0} {
		if on {
			state += bit
		}
	}
	if r.sick != 0 {
		state -= 16
	}
	w := []uint16{state, uint16(r.elapsed / 65536), uint16(r.elapsed % 65536)}
	for _, n := range r.panels {
		w = append(w, uint16(n%65536), uint16(n/65536))
	}
	for _, cps := range r.p.gamma.rates() {
		w = append(w, uint16(cps*10))
	}
	mcps := uint32(r.p.neutron.total() * 5 * 1000)
	return append(w, uint16(r.neutron), uint16(mcps/65536), uint16(mcps%65536), r.object, uint16(max(0, min(r.speed, 65535))))
}
