package wim

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// TextForm is the form of the lines of a Text.
type TextForm byte

// The forms.
const (
	StandardString TextForm = iota // Dini Argeo: ST,GS,   18420,kg CR LF
	RiceLake                       // RLWS: STX, polarity, weight, K, G, status, CR LF
	CardinalForm                   // CR, polarity, weight, status, kg, g, ETX
	AxleString                     // Dini Argeo AF: ST,1,     18420kg,           0kg CR LF
)

// Text is an indicator that sends its gross weight by itself, in kilograms, as often as its
// display changes. As Dini Argeo's do, it also answers REXT with net and tare, and PID with
// the id under which it has stored the weight, if that rests.
type Text struct {
	// Form is the form of its lines.
	Form TextForm
	// Address is sent before a StandardString; "" is none.
	Address string
	// Rate is how many lines it sends a second; 0 is 10.
	Rate float64
	// Lost is the share of lines that never arrive.
	Lost float64
	// Silent sends nothing but answers.
	Silent bool
	// Tare is on: the display shows net.
	Tare quant.Mass

	sig    *Signal
	rng    *rand.Rand
	next   time.Time
	buf    []byte
	in     []byte
	stored int // weights in the alibi memory
}

// NewText makes an indicator on a platform, ten lines a second, one in a thousand lost.
func NewText(form TextForm, m Model, scene sim.Scene) *Text {
	return &Text{Form: form, Rate: 10, Lost: 0.001, sig: NewSignal(m, scene), rng: rand.New(rand.NewPCG(m.Seed, 0x5458))}
}

var _ sim.Machine = (*Text)(nil)

// Feed implements sim.Machine: it answers the whole requests in what has come.
func (x *Text) Feed(now time.Time, p []byte, out *sim.Out) {
	x.in = append(x.in, p...)
	for {
		line, rest, ok := strings.Cut(string(x.in), "\r\n")
		if !ok {
			break
		}
		x.in = append(x.in[:0], rest...)
		request, mine := strings.CutPrefix(line, x.Address)
		if !mine {
			continue
		}
		r := x.sig.At(now)
		kg, tare := int64(r.Mass/quant.Kilogram), int64(x.Tare/quant.Kilogram)
		status := "US"
		switch {
		case r.Over:
			status = "OL"
		case r.Stable:
			status = "ST"
		}
		switch request {
		case "REXT":
			out.Send = fmt.Appendf(out.Send, "%s1,%s,%10d,  %10d,         0,         0,kg\r\n", x.Address, status, kg-tare, tare)
		case "PID":
			id := "NO"
			if r.Stable && kg >= 0 {
				x.stored++
				id = fmt.Sprintf("%05d-%06d", 0, x.stored)
			}
			out.Send = fmt.Appendf(out.Send, "%sPID%s,1,%10dkg,  %10dkg,%s\r\n", x.Address, status, kg, tare, id)
		default:
			out.Send = append(out.Send, x.Address+"ERR01\r\n"...)
		}
	}
	if len(x.in) > 256 {
		x.in = x.in[:0]
	}
}

// Tick implements sim.Machine.
func (x *Text) Tick(now time.Time, out *sim.Out) {
	if x.next.IsZero() {
		x.next = now
	}
	for !x.Silent && !now.Before(x.next) {
		r := x.sig.At(x.next)
		if x.rng.Float64() >= x.Lost {
			x.buf = x.line(x.buf[:0], r)
			out.Send = append(out.Send, x.buf...)
		}
		rate := x.Rate
		if rate <= 0 {
			rate = 10
		}
		x.next = x.next.Add(time.Duration(float64(time.Second) / rate))
	}
}

// Deadline implements sim.Machine.
func (x *Text) Deadline() (time.Time, bool) { return x.next, !x.Silent }

// line writes one line.
func (x *Text) line(b []byte, r Reading) []byte {
	kg := int64(r.Mass / quant.Kilogram)
	switch x.Form {
	case RiceLake:
		b = append(b, 2)
		b = append(b, minus(kg, ' '))
		b = padded(b, max(kg, -kg), 7)
		return append(b, 'K', 'G', rlwsStatus(r), 13, 10)
	case CardinalForm:
		b = append(b, 13, minus(kg, '+'))
		b = padded(b, max(kg, -kg), 6)
		status := byte(' ')
		if r.Over {
			status = 'o'
		} else if !r.Stable {
			status = 'm'
		}
		return append(append(b, status), " kg g  \x03"...)
	}
	b = append(b, x.Address...)
	if x.Form == AxleString && !r.Over {
		status := "US"
		if r.Stable {
			status = "ST"
		}
		return fmt.Appendf(b, "%s,1,%10dkg,  %10dkg\r\n", status, kg, x.Tare/quant.Kilogram)
	}
	switch {
	case r.Over:
		return append(b, "OL,GS,--------,kg\r\n"...)
	case r.Stable:
		b = append(b, "ST,GS,"...)
	default:
		b = append(b, "US,GS,"...)
	}
	return append(padded(b, kg, 8), ",kg\r\n"...)
}

func minus(kg int64, plus byte) byte {
	if kg < 0 {
		return '-'
	}
	return plus
}

func rlwsStatus(r Reading) byte {
	switch {
	case r.Over:
		return 'O'
	case !r.Stable:
		return 'M'
	case r.Mass == 0:
		return 'Z'
	}
	return ' '
}

// padded writes v right-aligned in n characters.
func padded(b []byte, v int64, n int) []byte {
	var tmp [20]byte
	s := strconv.AppendInt(tmp[:0], v, 10)
	for range n - len(s) {
		b = append(b, ' ')
	}
	return append(b, s...)
}
