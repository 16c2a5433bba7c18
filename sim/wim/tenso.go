package wim

import (
	"math/rand/v2"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// Tenso is an indicator that answers polls in the native protocol of Tenso-M: FF, address,
// command, data, CRC, FF FF, with every FF in between sent as FF FE.
type Tenso struct {
	Address byte
	// Baud is the line's speed: an answer leaves when it would have arrived whole.
	Baud int
	// Lost is the share of requests that get no answer.
	Lost float64
	// Echo returns every request first, as RS-485 converters do.
	Echo bool

	sig     *Signal
	rng     *rand.Rand
	in      []byte
	answers []answer
}

type answer struct {
	due time.Time
	p   []byte
}

// NewTenso makes an indicator at address 1 on a platform, 115200 baud, one request in a
// thousand unanswered.
func NewTenso(m Model, scene sim.Scene) *Tenso {
	return &Tenso{Address: 1, Baud: 115200, Lost: 0.001, sig: NewSignal(m, scene),
		rng: rand.New(rand.NewPCG(m.Seed, 0x544D))}
}

var _ sim.Machine = (*Tenso)(nil)

// Feed implements sim.Machine: it answers the whole requests in what has come.
func (t *Tenso) Feed(now time.Time, p []byte, out *sim.Out) {
	if t.Echo {
		out.Send = append(out.Send, p...)
	}
	t.in = append(t.in, p...)
	for {
		body, rest, ok := cutRequest(t.in)
		if !ok {
			break
		}
		t.in = append(t.in[:0], rest...)
		if a := t.reply(now, body); a != nil && t.rng.Float64() >= t.Lost {
			t.answers = append(t.answers, answer{due: now.Add(t.lineTime(len(a) + len(p))), p: a})
		}
	}
	if len(t.in) > 256 {
		t.in = t.in[:0]
	}
	t.Tick(now, out)
}

func (t *Tenso) lineTime(n int) time.Duration {
	return time.Duration(n) * 10 * time.Second / time.Duration(max(t.Baud, 1200))
}

// Tick implements sim.Machine.
func (t *Tenso) Tick(now time.Time, out *sim.Out) {
	for len(t.answers) > 0 && !now.Before(t.answers[0].due) {
		out.Send = append(out.Send, t.answers[0].p...)
		t.answers = t.answers[1:]
	}
}

// Deadline implements sim.Machine.
func (t *Tenso) Deadline() (time.Time, bool) {
	if len(t.answers) == 0 {
		return time.Time{}, false
	}
	return t.answers[0].due, true
}

// cutRequest finds the first whole request in p and gives its bytes without stuffing.
func cutRequest(p []byte) (body, rest []byte, ok bool) {
	i := 0
	for i < len(p) && p[i] != 0xFF {
		i++
	}
	for i+1 < len(p) && p[i+1] == 0xFF {
		i++
	}
	for k := i + 1; k < len(p); k++ {
		if p[k] != 0xFF {
			body = append(body, p[k])
			continue
		}
		if k+1 >= len(p) {
			return nil, nil, false
		}
		switch p[k+1] {
		case 0xFE:
			body = append(body, 0xFF)
			k++
		case 0xFF:
			return body, p[k+2:], true
		default: // a new request begins
			return cutRequest(p[k:])
		}
	}
	return nil, nil, false
}

// reply makes the answer to a request; nil where it is not for this indicator or damaged.
func (t *Tenso) reply(now time.Time, body []byte) []byte {
	if len(body) < 3 || body[0] != t.Address || remainder(body) != 0 {
		return nil
	}
	r := t.sig.At(now)
	switch body[1] {
	case 0xC3, 0xC2:
		return wrap(append([]byte{t.Address, body[1]}, t.weight(r)...))
	case 0xC0:
		if kg := r.Mass / quant.Kilogram; kg > 200 || kg < -200 {
			return wrap([]byte{t.Address, 0xEE, 0x03})
		}
		return wrap([]byte{t.Address, 0xC0})
	case 0xA1:
		return wrap([]byte{t.Address, 0xA1, 0x39, 0x30, 0x00})
	}
	return wrap([]byte{t.Address, 0xEE, 0x04})
}

// weight is three bytes of decimal digits, the last two digits first, and the status.
func (t *Tenso) weight(r Reading) []byte {
	kg := int64(r.Mass / quant.Kilogram)
	status := byte(0)
	if kg < 0 {
		kg, status = -kg, 0x80
	}
	if r.Stable {
		status |= 0x10
	}
	if r.Over {
		status |= 0x08
	}
	pair := func(v int64) byte { return byte(v/10%10*16 + v%10) }
	return []byte{pair(kg), pair(kg / 100), pair(kg / 10000), status}
}

// remainder divides the bits of p by x^8 + x^6 + x^5 + x^3 + 1, bit by bit; over a body
// that ends with its check byte it is 0.
func remainder(p []byte) byte {
	reg := 0
	for _, b := range p {
		for bit := 7; bit >= 0; bit-- {
			reg = reg<<1 | int(b>>bit)&1
			if reg&0x100 != 0 {
				reg ^= 0x169
			}
		}
	}
	return byte(reg)
}

// wrap frames a body: check byte, stuffing, delimiters.
func wrap(body []byte) []byte {
	body = append(body, remainder(append(body[:len(body):len(body)], 0)))
	out := []byte{0xFF}
	for _, b := range body {
		out = append(out, b)
		if b == 0xFF {
			out = append(out, 0xFE)
		}
	}
	return append(out, 0xFF, 0xFF)
}
