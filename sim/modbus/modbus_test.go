package modbus

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"acsgd/sim"
)

var t0 = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// echo answers a read with two words of its address, unless it fails.
type echo struct{ f Fault }

func (e echo) PDU(_ time.Time, req []byte) []byte {
	return []byte{req[0], 4, req[1], req[2], req[1], req[2]}
}
func (echo) Unit() byte       { return 1 }
func (e echo) Failing() Fault { return e.f }

// ask sends bytes one by one and gives the answer; "closed" if there is none.
func ask(t *testing.T, m sim.Machine, req string) string {
	t.Helper()
	p, err := hex.DecodeString(strings.ReplaceAll(req, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	var out sim.Out
	for i := range p {
		m.Feed(t0, p[i:i+1], &out)
	}
	if out.Close {
		return "closed"
	}
	return hex.EncodeToString(out.Send)
}

// The requests and their check bytes are those of a published register map and of the serial
// line guide, not of this package.
func TestRequestsOnASerialLine(t *testing.T) {
	const good = "01 03 00 06 00 05 65 C8"
	answer := ask(t, RTU(echo{}, 0), good)
	if !strings.HasPrefix(answer, "010304"+"00060006") || len(answer) != 18 {
		t.Fatalf("%s answered %s", good, answer)
	}
	for name, c := range map[string]struct {
		fault Fault
		req   string
		want  string
	}{
		"noise before it":                 {Fault{}, "FF 01 03 00" + good, answer},
		"the check bytes exchanged":       {Fault{}, "01 03 00 06 00 05 C8 65", ""},
		"another unit":                    {Fault{}, "02 03 00 06 00 05 65 FB", ""},
		"two requests":                    {Fault{}, good + good, answer + answer},
		"half an answer, then silence":    {Fault{Half: true}, good + good, answer[:10]},
		"no answer":                       {Fault{Mute: true}, good, ""},
		"an exception":                    {Fault{Exception: 6}, good, "018306c132"},
		"a connection dropped":            {Fault{Drop: true}, good, "closed"},
		"an answer with the wrong check":  {Fault{WrongID: true}, good, ""},
		"an answer of another unit":       {Fault{WrongUnit: true}, good, "0203"},
		"an answer that has not left yet": {Fault{Delay: time.Second}, good, ""},
	} {
		got := ask(t, RTU(echo{c.fault}, 0), c.req)
		switch name {
		case "an answer with the wrong check":
			if len(got) != 18 || got[:14] != answer[:14] || got == answer {
				t.Errorf("%s: %s, want %s with other check bytes", name, got, answer)
			}
		case "an answer of another unit":
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("%s: %s, want %s...", name, got, c.want)
			}
		default:
			if got != c.want {
				t.Errorf("%s: %s, want %s", name, got, c.want)
			}
		}
	}
}

func TestARequestThatStandsStillIsForgotten(t *testing.T) {
	m := RTU(echo{}, 0)
	var out sim.Out
	m.Feed(t0, []byte{1, 3, 0, 6}, &out)
	m.Feed(t0.Add(200*time.Millisecond), []byte{1, 3, 0, 6, 0, 5, 0x65, 0xC8}, &out)
	if len(out.Send) != 9 {
		t.Errorf("answered % x, want one answer", out.Send)
	}
}

func TestAnAnswerTakesItsTimeOnTheLine(t *testing.T) {
	m := RTU(echo{}, 9600)
	var out sim.Out
	m.Feed(t0, []byte{1, 3, 0, 6, 0, 5, 0x65, 0xC8}, &out)
	at, ok := m.Deadline()
	if want := 17 * 10 * time.Second / 9600; !ok || at.Sub(t0) != want || len(out.Send) != 0 {
		t.Fatalf("due after %v, want %v: 8 bytes there, 9 back", at.Sub(t0), want)
	}
	if m.Tick(at, &out); len(out.Send) != 9 {
		t.Errorf("sent % x when it was due", out.Send)
	}
}

func FuzzWires(f *testing.F) {
	f.Add([]byte("\x01\x03\x00\x06\x00\x05\x65\xC8"))
	f.Add([]byte("\x00\x01\x00\x00\x00\x06\x01\x03\x00\x06\x00\x05"))
	f.Fuzz(func(t *testing.T, p []byte) {
		for _, m := range []func() sim.Machine{func() sim.Machine { return TCP(echo{}) }, func() sim.Machine { return RTU(echo{}, 0) }} {
			var whole, pieces sim.Out
			m().Feed(t0, p, &whole)
			one := m()
			for i := range p {
				if one.Feed(t0, p[i:i+1], &pieces); pieces.Close {
					break
				}
			}
			if whole.Close != pieces.Close || !bytes.Equal(whole.Send, pieces.Send) {
				t.Errorf("whole % x %v, in pieces % x %v", whole.Send, whole.Close, pieces.Send, pieces.Close)
			}
		}
	})
}
