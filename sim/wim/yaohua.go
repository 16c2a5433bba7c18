package wim

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// Yaohua is an XK3190 indicator that sends its weight by itself, in kilograms and without a
// word on stability.
type Yaohua struct {
	// Format is "a9" (format 0), "a26" (format 1), "a23p" (format 2), "a12e", "a12" or
	// "command", in which it says nothing until it is asked.
	Format string
	// Address is its letter in command mode; 0 is A.
	Address byte
	// Echo returns every request first, as RS-485 converters do.
	Echo bool
	// Rate is how many frames it sends a second; 0 is 60.
	Rate float64
	// Decimals is how many places the display shows behind the point, 0 to 4.
	Decimals int
	// Seven sends seven bits and even parity, as a line set to eight sees them.
	Seven bool
	// Lines adds CR LF to every frame.
	Lines bool
	// Jitter is the standard deviation of a frame's departure.
	Jitter time.Duration
	// Lost is the share of frames that never arrive.
	Lost float64

	sig  *Signal
	rng  *rand.Rand
	next time.Time // sampling time of the next frame
	due  time.Time // when it leaves
	buf  []byte
	in   []byte
}

// NewYaohua makes an indicator of format 0 on a platform, 60 frames a second, which a line of
// 9600 baud carries, 1 ms jitter, one frame in a thousand lost.
func NewYaohua(m Model, scene sim.Scene) *Yaohua {
	return &Yaohua{Format: "a9", Jitter: time.Millisecond, Lost: 0.001,
		sig: NewSignal(m, scene), rng: rand.New(rand.NewPCG(m.Seed, 0x5948))}
}

var _ sim.Machine = (*Yaohua)(nil)

// Feed implements sim.Machine: in continuous output the indicator takes no commands.
func (y *Yaohua) Feed(now time.Time, p []byte, out *sim.Out) {
	if y.Format != "command" {
		return
	}
	if y.Echo {
		out.Send = append(out.Send, p...)
	}
	y.in = append(y.in, p...)
	address := max(y.Address, 'A')
	for len(y.in) >= 6 {
		body := y.in[1:3]
		if y.in[0] != 2 || y.in[5] != 3 || string(check(slices.Clone(body), 0)) != string(y.in[1:5]) {
			y.in = y.in[1:]
			continue
		}
		if body[0] == address && body[1] == 'B' && y.rng.Float64() >= y.Lost {
			if r := y.sig.At(now); !r.Over {
				start := len(out.Send) + 1
				out.Send = append(out.Send, 2, address, 'B', signOf(r.Mass, '+'))
				out.Send = append(out.Send, strings.Replace(y.display(r.Mass, 7), ".", "", 1)[1-min(y.Decimals, 1):]...)
				out.Send = append(check(append(out.Send, "01234"[y.Decimals]), start), 3)
			}
		}
		y.in = y.in[6:]
	}
}

// Tick implements sim.Machine.
func (y *Yaohua) Tick(now time.Time, out *sim.Out) {
	if y.next.IsZero() {
		y.schedule(now)
	}
	for y.Format != "command" && !now.Before(y.due) {
		r := y.sig.At(y.next)
		if y.rng.Float64() >= y.Lost {
			y.buf = y.frame(y.buf[:0], r)
			out.Send = append(out.Send, y.buf...)
		}
		rate := y.Rate
		if rate <= 0 {
			rate = 60
		}
		y.schedule(y.next.Add(time.Duration(float64(time.Second) / rate)))
	}
}

// schedule plans the frame that is sampled at t.
func (y *Yaohua) schedule(t time.Time) {
	late := time.Duration(y.rng.NormFloat64() * float64(y.Jitter))
	y.next, y.due = t, t.Add(max(0, 2*y.Jitter+late))
}

// Deadline implements sim.Machine.
func (y *Yaohua) Deadline() (time.Time, bool) { return y.due, y.Format != "command" }

// frame writes one frame. What formats 0 to 2 send while the display shows OL is not
// documented: here it is nothing.
func (y *Yaohua) frame(b []byte, r Reading) []byte {
	if r.Over && y.Format != "a12e" {
		return b
	}
	start := len(b)
	switch y.Format {
	case "a12":
		b = append(append(append(b, "ww"...), y.signed(r.Mass)...), "kg"...)
	case "a26":
		text := []byte(y.display(r.Mass, 7))
		slices.Reverse(text)
		b = append(append(append(b, '='), text...), signOf(r.Mass, '0'))
	case "a23p":
		b = append(append(b, '=', signOf(r.Mass, '0')), y.display(r.Mass, 7)...)
	case "a12e":
		b = check(append(b, y.text(r)...), start)
		b = append(b, 13, 10)
	default:
		b = append(b, 2, signOf(r.Mass, '+'))
		b = append(b, strings.Replace(y.display(r.Mass, 7), ".", "", 1)[1-min(y.Decimals, 1):]...)
		b = check(append(b, "01234"[y.Decimals]), start+1)
		b = append(b, 3)
	}
	if y.Lines {
		b = append(b, 13, 10)
	}
	if y.Seven {
		parity(b[start:])
	}
	return b
}

// text is the first eleven bytes of a frame of A12E.
func (y *Yaohua) text(r Reading) string {
	switch {
	case r.Over:
		return strings.Repeat(" ", 9) + "OL"
	case r.Mass < -20*max(y.sig.m.Division, quant.Kilogram):
		return strings.Repeat(" ", 9) + "LO"
	}
	width, tail := 7, "kg"
	if y.Decimals == 0 {
		width, tail = 6, " kg"
	}
	s := y.display(r.Mass, width)
	if r.Mass < 0 {
		s = "-" + s[1:]
	}
	return "WG" + s + tail
}

// signed is m in seven characters, a minus among them.
func (y *Yaohua) signed(m quant.Mass) string {
	s := y.display(m, 7)
	if m < 0 {
		s = "-" + s[1:]
	}
	return s
}

// display is the size of m in width characters, the point among them.
func (y *Yaohua) display(m quant.Mass, width int) string {
	s := strconv.FormatFloat(float64(max(m, -m))/float64(quant.Kilogram), 'f', y.Decimals, 64)
	if short := width - len(s); short > 0 {
		return strings.Repeat("0", short) + s
	}
	return s[len(s)-width:]
}

// signOf is the sign of m, or plus.
func signOf(m quant.Mass, plus byte) byte {
	if m < 0 {
		return '-'
	}
	return plus
}

// check appends the exclusive or of b from its byte from on as two characters, high half
// first.
func check(b []byte, from int) []byte {
	var x byte
	for _, c := range b[from:] {
		x ^= c
	}
	const hex = "0123456789ABCDEF"
	return append(b, hex[x>>4], hex[x&15])
}

// parity sets bit 7 where the seven others have an odd number of ones.
func parity(b []byte) {
	for i, c := range b {
		odd := byte(0)
		for k := range 7 {
			odd ^= c >> k & 1
		}
		b[i] = c&0x7F | odd<<7
	}
}
