package wim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// Tenso643 is a terminal that answers in the second protocol of Tenso-M, "6.43": it is
// selected by 01 and four digits and then answers 10 with '=', the weight and a status.
type Tenso643 struct {
	// Address selects it; 0: it always answers.
	Address int
	// Tenths shows a further digit.
	Tenths bool
	// Lost is the share of requests that get no answer.
	Lost float64

	sig      *Signal
	rng      *rand.Rand
	selected bool
	in       []byte
	answers  []answer
}

// NewTenso643 makes a terminal at address 1 on a platform, one request in a thousand
// unanswered.
func NewTenso643(m Model, scene sim.Scene) *Tenso643 {
	return &Tenso643{Address: 1, Lost: 0.001, sig: NewSignal(m, scene), rng: rand.New(rand.NewPCG(m.Seed, 0x3634))}
}

var _ sim.Machine = (*Tenso643)(nil)

// Feed implements sim.Machine.
func (x *Tenso643) Feed(now time.Time, p []byte, out *sim.Out) {
	x.in = append(x.in, p...)
	for len(x.in) > 0 {
		switch {
		case x.in[0] == 1 && len(x.in) < 5:
			x.Tick(now, out)
			return
		case x.in[0] == 1:
			if x.selected = string(x.in[1:5]) == fmt.Sprintf("%04d", x.Address); x.selected {
				x.say(now, []byte{0xFF})
			}
			x.in = x.in[5:]
			continue
		case x.in[0] == 0x10 && (x.selected || x.Address == 0) && x.rng.Float64() >= x.Lost:
			x.say(now, x.weight(x.sig.At(now)))
		}
		x.in = x.in[1:]
	}
	x.Tick(now, out)
}

func (x *Tenso643) say(now time.Time, p []byte) {
	x.answers = append(x.answers, answer{due: now.Add(20 * time.Millisecond), p: p})
}

// weight is one answer.
func (x *Tenso643) weight(r Reading) []byte {
	status, shown := byte(' '), int64(r.Mass/quant.Kilogram)
	if x.Tenths {
		shown = int64(r.Mass / (quant.Kilogram / 10))
	} else {
		status |= 4
	}
	if !r.Stable {
		status |= 1
	}
	return append(fmt.Appendf(nil, "=%6d.", shown), status)
}

// Tick implements sim.Machine.
func (x *Tenso643) Tick(now time.Time, out *sim.Out) {
	for len(x.answers) > 0 && !now.Before(x.answers[0].due) {
		out.Send = append(out.Send, x.answers[0].p...)
		x.answers = x.answers[1:]
	}
}

// Deadline implements sim.Machine.
func (x *Tenso643) Deadline() (time.Time, bool) {
	if len(x.answers) == 0 {
		return time.Time{}, false
	}
	return x.answers[0].due, true
}
