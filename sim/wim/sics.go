package wim

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// SICS is an indicator that answers commands in MT-SICS: S the next stable weight, SI the
// weight now, SIR the weight now and again until the next command, @ reset. Lines end CR LF.
type SICS struct {
	// Rate is how many weights it repeats a second; 0 is 20.
	Rate float64
	// Lost is the share of repeated lines that never arrive.
	Lost float64
	// Deaf is how many commands the link still loses.
	Deaf int
	// Wait is how long S waits for a stable weight; 0 is 5 s.
	Wait time.Duration

	sig    *Signal
	rng    *rand.Rand
	in     []byte
	repeat bool
	due    time.Time // of the next repeated weight, or of the next look for a stable one
	until  time.Time // S gives up; zero: no S waits
}

// NewSICS makes an indicator on a platform that repeats 20 weights a second, one in a
// thousand lost.
func NewSICS(m Model, scene sim.Scene) *SICS {
	return &SICS{Rate: 20, Lost: 0.001, sig: NewSignal(m, scene), rng: rand.New(rand.NewPCG(m.Seed, 0x5349))}
}

var _ sim.Machine = (*SICS)(nil)

// Feed implements sim.Machine: it obeys the whole commands in what has come.
func (m *SICS) Feed(now time.Time, p []byte, out *sim.Out) {
	m.Tick(now, out)
	m.in = append(m.in, p...)
	for {
		line, rest, ok := strings.Cut(string(m.in), "\r\n")
		if !ok {
			break
		}
		m.in = append(m.in[:0], rest...)
		if m.Deaf > 0 {
			m.Deaf--
			continue
		}
		m.obey(now, line, out)
	}
	if len(m.in) > 256 {
		m.in = m.in[:0]
	}
}

// obey carries a command out. Any command ends what the one before began.
func (m *SICS) obey(now time.Time, line string, out *sim.Out) {
	m.repeat, m.until = false, time.Time{}
	switch line {
	case "S":
		wait := m.Wait
		if wait == 0 {
			wait = 5 * time.Second
		}
		m.due, m.until = now, now.Add(wait)
		m.Tick(now, out)
	case "SI":
		out.Send = append(out.Send, m.line(m.sig.At(now))...)
	case "SIR":
		m.due, m.repeat = now, true
		m.Tick(now, out)
	case "@":
		out.Send = append(out.Send, "I4 A \"B021002593\"\r\n"...)
	default:
		out.Send = append(out.Send, "ES\r\n"...)
	}
}

// Tick implements sim.Machine.
func (m *SICS) Tick(now time.Time, out *sim.Out) {
	for m.repeat && !now.Before(m.due) {
		if r := m.sig.At(m.due); m.rng.Float64() >= m.Lost {
			out.Send = append(out.Send, m.line(r)...)
		}
		m.due = m.due.Add(m.step())
	}
	for !m.until.IsZero() && !now.Before(m.due) {
		switch r := m.sig.At(m.due); {
		case r.Stable || r.Over:
			out.Send = append(out.Send, m.line(r)...)
			m.until = time.Time{}
		case !m.due.Before(m.until):
			out.Send = append(out.Send, "S I\r\n"...)
			m.until = time.Time{}
		}
		m.due = m.due.Add(m.step())
	}
}

func (m *SICS) step() time.Duration {
	if m.Rate <= 0 {
		return 50 * time.Millisecond
	}
	return time.Duration(float64(time.Second) / m.Rate)
}

// Deadline implements sim.Machine.
func (m *SICS) Deadline() (time.Time, bool) { return m.due, m.repeat || !m.until.IsZero() }

// line writes one weight in kilograms, with as many decimals as the division needs. More
// than twenty divisions below zero the display shows underload.
func (m *SICS) line(r Reading) string {
	switch {
	case r.Over:
		return "S +\r\n"
	case r.Mass < -20*m.sig.m.Division:
		return "S -\r\n"
	}
	decimals := 0
	for unit := quant.Kilogram; m.sig.m.Division%unit != 0 && unit > 1; unit /= 10 {
		decimals++
	}
	value := strconv.FormatFloat(float64(r.Mass)/float64(quant.Kilogram), 'f', decimals, 64)
	status := "S S "
	if !r.Stable {
		status = "S D "
	}
	return status + strings.Repeat(" ", max(0, 10-len(value))) + value + " kg\r\n"
}
