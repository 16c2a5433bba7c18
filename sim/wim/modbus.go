package wim

import (
	"math/rand/v2"
	"sync"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
	"acsgd/sim/modbus"
)

// Layout is the register layout of a Transmitter.
type Layout string

// The layouts.
const (
	Laumas Layout = "laumas"  // TLB, TLU: magnitude and sign apart, 32 registers a request
	WTX    Layout = "hbm-wtx" // WTX110, WTX120: 38 registers from 0
	PT113  Layout = "pt113"
)

// Transmitter is a weighing transmitter that answers Modbus requests for holding registers.
// It is safe for concurrent use.
type Transmitter struct {
	mu     sync.Mutex
	layout Layout
	unit   byte
	decim  int // digits behind the point, WTX alone tells them
	lost   float64
	tare   quant.Mass // not zero: net mode
	fault  modbus.Fault
	broken bool // the load cell
	sig    *Signal
	last   Reading
	rng    *rand.Rand
}

// NewTransmitter makes a transmitter, unit 1, on a platform; whole kilograms, gross.
func NewTransmitter(layout Layout, m Model, scene sim.Scene) *Transmitter {
	return &Transmitter{layout: layout, unit: 1, sig: NewSignal(m, scene), rng: rand.New(rand.NewPCG(m.Seed, 0x4D42))}
}

// SetUnit gives it another address on its line.
func (x *Transmitter) SetUnit(unit byte) { x.set(func() { x.unit = unit }) }

// SetDecimals lets it count in tenths, hundredths, ... of a kilogram.
func (x *Transmitter) SetDecimals(n int) { x.set(func() { x.decim = n }) }

// SetLost lets a share of the requests go unanswered.
func (x *Transmitter) SetLost(share float64) { x.set(func() { x.lost = share }) }

// SetTare puts it into net mode, or with 0 back.
func (x *Transmitter) SetTare(m quant.Mass) { x.set(func() { x.tare = m }) }

// SetFault changes what goes wrong on its wire.
func (x *Transmitter) SetFault(f modbus.Fault) { x.set(func() { x.fault = f }) }

// SetBroken cuts its load cell off, or joins it again.
func (x *Transmitter) SetBroken(broken bool) { x.set(func() { x.broken = broken }) }

func (x *Transmitter) set(f func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	f()
}

// Unit implements modbus.Device.
func (x *Transmitter) Unit() byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.unit
}

// Failing implements modbus.Device.
func (x *Transmitter) Failing() modbus.Fault {
	x.mu.Lock()
	defer x.mu.Unlock()
	f := x.fault
	f.Mute = f.Mute || x.lost > 0 && x.rng.Float64() < x.lost
	return f
}

// PDU implements modbus.Device: function 3 alone.
func (x *Transmitter) PDU(now time.Time, req []byte) []byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	refuse := func(code byte) []byte { return []byte{req[0] | 0x80, code} }
	switch {
	case req[0] != modbus.ReadHolding:
		return refuse(modbus.IllegalFunction)
	case len(req) != 5:
		return refuse(modbus.IllegalValue)
	}
	addr, n := int(req[1])<<8|int(req[2]), int(req[3])<<8|int(req[4])
	x.last = x.sig.At(now)
	image, most := x.image(x.last)
	switch {
	case n < 1 || n > most:
		return refuse(modbus.IllegalValue)
	case addr+n > len(image):
		return refuse(modbus.IllegalAddress)
	}
	ans := []byte{modbus.ReadHolding, byte(2 * n)}
	for _, w := range image[addr : addr+n] {
		ans = append(ans, byte(w>>8), byte(w))
	}
	return ans
}

// image is all registers from 0 and the longest read.
func (x *Transmitter) image(r Reading) (words []uint16, most int) {
	gross := r.Mass
	net := gross - x.tare
	count := func(m quant.Mass) int64 {
		v := int64(m)
		for range x.decim {
			v *= 10
		}
		return v / int64(quant.Kilogram)
	}
	switch x.layout {
	case WTX:
		return x.wtx(r, count(gross), count(net)), 38
	case PT113:
		return x.pt113(r, count(gross), count(net)), 125
	}
	return x.laumas(r, count(gross), count(net)), 32
}

// put writes the 32 bits of v into two words, the high one first.
func put(words []uint16, at int, v int64) {
	words[at], words[at+1] = uint16(uint64(v)>>16), uint16(uint64(v))
}

// bit sets bit n of w if on.
func bit(w *uint16, n int, on bool) {
	if on {
		*w += 1 << n
	}
}

func (x *Transmitter) laumas(r Reading, gross, net int64) []uint16 {
	w := make([]uint16, 40)
	s := &w[6]
	bit(s, 0, x.broken)
	bit(s, 2, r.Over)
	bit(s, 3, r.Over)
	bit(s, 7, gross < 0)
	bit(s, 8, net < 0)
	bit(s, 10, x.tare != 0)
	bit(s, 11, r.Stable)
	bit(s, 12, r.Mass == 0)
	put(w, 7, max(gross, -gross))
	put(w, 9, max(net, -net))
	return w
}

func (x *Transmitter) wtx(r Reading, gross, net int64) []uint16 {
	w := make([]uint16, 38)
	put(w, 0, net)
	put(w, 2, gross)
	s := &w[4]
	bit(s, 0, x.broken)
	bit(s, 3, r.Over) // limit status 2: above the largest load
	bit(s, 4, !r.Stable)
	bit(s, 7, x.tare != 0)
	bit(s, 11, r.Mass == 0)
	w[5] = uint16(x.decim) << 4 // and the unit 0, kilograms
	return w
}

func (x *Transmitter) pt113(r Reading, gross, net int64) []uint16 {
	w := make([]uint16, 12)
	put(w, 0, net)
	s := &w[2]
	bit(s, 1, !x.broken && !r.Over)
	bit(s, 2, !r.Stable)
	bit(s, 3, x.tare != 0)
	bit(s, 12, r.Mass == 0)
	bit(s, 13, x.broken || r.Over)
	put(w, 3, int64(x.tare/quant.Kilogram))
	put(w, 5, gross)
	return w
}

// Moving reports whether the load moved at the last request.
func (x *Transmitter) Moving() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return !x.last.Stable
}
