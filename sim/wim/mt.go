package wim

import (
	"math/rand/v2"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// MT is an indicator that sends its weight by itself, in the continuous format of Mettler
// Toledo with checksum: STX, three status words, six characters weight, six characters
// tare, CR, checksum.
type MT struct {
	// Rate is how many frames it sends a second; 0 is 100.
	Rate float64
	// NoSum leaves the checksum out.
	NoSum bool
	// Clone sets the increment bits of SWA and the constant bits as a known clone does.
	Clone bool
	// Jitter is the standard deviation of a frame's departure.
	Jitter time.Duration
	// Lost is the share of frames that never arrive.
	Lost float64
	// Thin sends one frame a second while no vehicle is near.
	Thin bool

	sig  *Signal
	rng  *rand.Rand
	next time.Time // sampling time of the next frame
	due  time.Time // when it leaves
	buf  []byte
}

// NewMT makes an indicator on a platform, 100 frames a second, 1 ms jitter, one frame in
// a thousand lost.
func NewMT(m Model, scene sim.Scene) *MT {
	return &MT{Rate: 100, Jitter: time.Millisecond, Lost: 0.001,
		sig: NewSignal(m, scene), rng: rand.New(rand.NewPCG(m.Seed, 0x4D54))}
}

var _ sim.Machine = (*MT)(nil)

// Feed implements sim.Machine: the indicator knows the commands P, T, Z and C and has no
// use for them here.
func (m *MT) Feed(time.Time, []byte, *sim.Out) {}

// Tick implements sim.Machine.
func (m *MT) Tick(now time.Time, out *sim.Out) {
	if m.next.IsZero() {
		m.schedule(now)
	}
	for !now.Before(m.due) {
		r := m.sig.At(m.next)
		if m.rng.Float64() >= m.Lost {
			m.buf = m.frame(m.buf[:0], r)
			out.Send = append(out.Send, m.buf...)
		}
		step := time.Duration(float64(time.Second) / m.rate())
		if m.Thin && !m.sig.Near() {
			step = time.Second
		}
		m.schedule(m.next.Add(step))
	}
}

// schedule plans the frame that is sampled at t.
func (m *MT) schedule(t time.Time) {
	late := time.Duration(m.rng.NormFloat64() * float64(m.Jitter))
	m.next, m.due = t, t.Add(max(0, 2*m.Jitter+late))
}

func (m *MT) rate() float64 {
	if m.Rate <= 0 {
		return 100
	}
	return m.Rate
}

// Deadline implements sim.Machine.
func (m *MT) Deadline() (time.Time, bool) { return m.due, true }

// frame writes one frame in whole kilograms.
func (m *MT) frame(b []byte, r Reading) []byte {
	increment := byte(1) // x1
	switch d := m.sig.m.Division / quant.Kilogram; {
	case d%5 == 0 && d%10 != 0:
		increment = 3
	case d%2 == 0 && d%10 != 0, d == 20:
		increment = 2
	}
	swa, swb, swc := byte(0x22)|increment<<3, byte(0x30), byte(0x20)
	if m.Clone {
		swa, swb = 0x7A, 0x10
	}
	kg := int64(r.Mass / quant.Kilogram)
	if kg < 0 {
		kg, swb = -kg, swb|0x02
	}
	if !r.Stable {
		swb |= 0x08
	}
	if r.Over {
		swb |= 0x04
	}
	start := len(b)
	b = append(b, 2, swa, swb, swc)
	b = sixChars(b, kg)
	b = sixChars(b, 0)
	b = append(b, 13)
	if m.NoSum {
		return b
	}
	total := 0
	for _, c := range b[start:] {
		total += int(c)
	}
	return append(b, byte((128-total%128)%128))
}

// sixChars writes v right-aligned in six characters.
func sixChars(b []byte, v int64) []byte {
	b = append(b, "     0"...)
	for k, v := len(b)-1, v%1_000_000; v > 0; k, v = k-1, v/10 {
		b[k] = '0' + byte(v%10)
	}
	return b
}
