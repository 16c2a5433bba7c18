package laneio

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

var t0 = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// drive is a scene with one vehicle at constant speed; its front is at 0 at t0.
type drive struct {
	v      float64 // mm/s
	length quant.Length
}

func (d drive) At(dst []sim.Placed, t time.Time) []sim.Placed {
	return append(dst, sim.Placed{Vehicle: &sim.Vehicle{Length: d.length}, X: d.v * t.Sub(t0).Seconds(), V: d.v})
}

// ask sends the bytes of a request and gives the bytes of the answer.
func ask(t *testing.T, m sim.Machine, now time.Time, req string) string {
	t.Helper()
	p, err := hex.DecodeString(strings.ReplaceAll(req, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	var out sim.Out
	for i := range p { // one byte at a time, as a network may deliver them
		m.Feed(now, p[i:i+1], &out)
	}
	if out.Close {
		return "closed"
	}
	return hex.EncodeToString(out.Send)
}

func TestRequestsOfTheSpecificationAreAnswered(t *testing.T) {
	m := New(Config{}, nil, t0).Session()
	// Frames laid out as in the messaging guide: transaction, protocol 0, length, unit, PDU.
	for _, tc := range []struct{ name, req, want string }{
		{"all inputs as bits: down and the opening contact of emergency are closed", "0001 0000 0006 01 02 0000 0008", "000100000004010201c0"},
		{"all inputs as a word", "0002 0000 0006 01 04 0030 0001", "000200000005010402" + "00c0"},
		{"outputs", "0003 0000 0006 01 01 0000 0004", "000300000004010101" + "00"},
		{"counters, high word first", "0004 0000 0006 01 04 0010 0002", "000400000007010404" + "00000000"},
		{"write one coil", "0005 0000 0006 01 05 0002 ff00", "000500000006010500" + "02ff00"},
		{"read it back as a word", "0006 0000 0006 01 03 0020 0001", "000600000005010302" + "0004"},
		{"write two coils", "0007 0000 0008 01 0f 0002 0002 01 02", "00070000000601" + "0f00020002"},
		{"read them back", "0008 0000 0006 01 01 0002 0002", "000800000004010101" + "02"},
		{"write the word", "0009 0000 0006 01 06 0020 0004", "00090000000601" + "0600200004"},
		{"write the word with function 16", "000a 0000 0009 01 10 0020 0001 02 0008", "000a0000000601" + "1000200001"},
		{"an unknown function", "000b 0000 0002 01 2b", "000b0000000301" + "ab01"},
		{"beyond the inputs", "000c 0000 0006 01 02 0001 0008", "000c0000000301" + "8202"},
		{"clearing a counter takes 1 only", "000d 0000 0006 01 05 0110 0000", "000d0000000301" + "8503"},
		{"clear a counter", "000e 0000 0006 01 05 0110 ff00", "000e00000006010501" + "10ff00"},
		{"a coil value that is neither", "000f 0000 0006 01 05 0000 0001", "000f0000000301" + "8503"},
		{"no bits at all", "0010 0000 0006 01 01 0000 0000", "00100000000301" + "8103"},
		{"a byte count that lies", "0011 0000 0008 01 0f 0002 0002 02 02", "00110000000301" + "8f03"},
		{"another unit stays silent", "0012 0000 0006 07 02 0000 0008", ""},
		{"unit 255 is the module itself", "0013 0000 0006 ff 03 0020 0001", "001300000005ff0302" + "0008"},
		{"another protocol closes the connection", "0014 0001 0006 01 02 0000 0008", "closed"},
	} {
		if got := ask(t, m, t0, tc.req); got != tc.want {
			t.Errorf("%s: %s answered %s, want %s", tc.name, tc.req, got, tc.want)
		}
	}
}

func TestLoopsFollowTheVehicle(t *testing.T) {
	// 12 m at 2 m/s over a loop of 2 m whose middle is at 5 m: from 2 s to 9 s.
	d := New(Config{Loops: []Loop{{Signal: "loop_entry", Station: 5000}, {Signal: "ir_entry", Station: 5000, Length: 1}}},
		drive{v: 2000, length: 12000}, t0)
	bits := func(at time.Duration) byte { return d.PDU(t0.Add(at), []byte{2, 0, 0, 0, 8})[2] }
	for _, tc := range []struct {
		at       time.Duration
		loop, ir bool
	}{{1900, false, false}, {2100, true, false}, {2600, true, true}, {8400, true, true}, {8700, true, false}, {9100, false, false}} {
		b := bits(tc.at * time.Millisecond)
		if loop, ir := b&1 != 0, b&8 != 0; loop != tc.loop || ir != tc.ir {
			t.Errorf("after %d ms loop %v, curtain %v, want %v, %v", tc.at, loop, ir, tc.loop, tc.ir)
		}
	}
	if got := d.PDU(t0.Add(10*time.Second), []byte{4, 0, 0x10, 0, 2}); !bytes.Equal(got, []byte{4, 4, 0, 0, 0, 1}) {
		t.Errorf("counter of the loop: % x", got)
	}
}

func TestACounterCountsWhatASlowPollerMisses(t *testing.T) {
	d := New(Config{Loops: []Loop{{Signal: "loop_entry", Station: 5000}}}, drive{v: 20000, length: 100}, t0)
	before := d.PDU(t0, []byte{2, 0, 0, 0, 1})
	after := d.PDU(t0.Add(time.Second), []byte{2, 0, 0, 0, 1})
	count := d.PDU(t0.Add(time.Second), []byte{4, 0, 0x10, 0, 2})
	if before[2] != 0 || after[2] != 0 || count[5] != 1 {
		t.Errorf("before % x, after % x, counter % x, want 0, 0, 1", before, after, count)
	}
}

func TestTheBarrierTravelsAndProtectsItself(t *testing.T) {
	d := New(Config{Loops: []Loop{{Signal: "loop_exit", Station: 20000}}}, drive{v: 2000, length: 4000}, t0)
	at := func(ms int) time.Time { return t0.Add(time.Duration(ms) * time.Millisecond) }
	state := func(ms int) string {
		d.Update(at(ms))
		open, moving := d.Barrier()
		switch {
		case moving:
			return "moving"
		case open:
			return "up"
		}
		return "down"
	}
	if got := state(0); got != "down" {
		t.Errorf("at rest %s", got)
	}
	d.PDU(at(0), []byte{5, 0, 0x10, 0xff, 0}) // pulse of relay 0: open
	if got := d.PDU(at(100), []byte{1, 0, 0, 0, 1}); got[2] != 1 {
		t.Error("the relay is not closed during its pulse")
	}
	if got := d.PDU(at(500), []byte{1, 0, 0, 0, 1}); got[2] != 0 {
		t.Error("the relay is closed after its pulse")
	}
	if got := state(1900) + " " + state(2100); got != "moving up" {
		t.Errorf("opening: %s, want moving up", got)
	}
	d.PDU(at(8000), []byte{5, 0, 0x11, 0xff, 0}) // close; the vehicle reaches the loop after 9.5 s
	if got := state(9400) + " " + state(9700) + " " + state(12000); got != "moving moving up" {
		t.Errorf("closing over a vehicle: %s, want it to turn round", got)
	}
	d.PDU(at(14000), []byte{5, 0, 0x11, 0xff, 0})
	if got := state(15900) + " " + state(16100); got != "moving down" {
		t.Errorf("closing: %s, want moving down", got)
	}
	d.SetFault(Fault{BarrierStuck: true})
	d.PDU(at(17000), []byte{5, 0, 0x10, 0xff, 0})
	if got := state(20000); got != "down" {
		t.Errorf("a stuck barrier is %s", got)
	}
	d.PDU(at(20000), []byte{15, 0, 2, 0, 2, 1, 2})
	if red, green := d.Lights(); red || !green {
		t.Errorf("lights red %v green %v", red, green)
	}
}

func TestFaultsShowOnTheWire(t *testing.T) {
	const req, good = "0001 0000 0006 01 02 0000 0008", "000100000004010201c0"
	d := New(Config{}, nil, t0)
	for _, tc := range []struct {
		name  string
		fault Fault
		want  string
	}{
		{"an exception", Fault{Exception: 6}, "0001000000030182" + "06"},
		{"a dropped connection", Fault{Drop: true}, "closed"},
		{"half an answer", Fault{Half: true}, "000100000004"},
		{"a wrong unit", Fault{WrongUnit: true}, "000100000004020201c0"},
		{"a wrong transaction", Fault{WrongID: true}, "00fe00000004010201c0"},
		{"a stuck contact", Fault{Stuck: map[string]bool{"barrier_down": false}}, good},
	} {
		d.SetFault(tc.fault)
		if got := ask(t, d.Session(), t0, req); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	if got := ask(t, d.Session(), t0.Add(time.Second), req); got != "00010000000401020180" {
		t.Errorf("a contact stuck for a second: %s", got)
	}
	d.SetFault(Fault{Delay: 300 * time.Millisecond})
	m := d.Session()
	if got := ask(t, m, t0.Add(2*time.Second), req); got != "" {
		t.Errorf("a delayed answer came at once: %s", got)
	}
	at, ok := m.Deadline()
	var out sim.Out
	m.Tick(at, &out)
	if !ok || at.Sub(t0) != 2300*time.Millisecond || len(out.Send) != 10 {
		t.Errorf("delayed answer of %d bytes at %v", len(out.Send), at)
	}
	d.SetFault(Fault{Bounce: true})
	d.Set("emergency", true)
	d.Update(t0.Add(3 * time.Second))
	d.mu.Lock()
	edge := d.in[7].edge
	d.mu.Unlock()
	if c := d.PDU(edge.Add(20*time.Millisecond), []byte{4, 0, 0x1e, 0, 2}); c[5] != 1 {
		t.Errorf("a contact that opens and bounces closes %d times, want once", c[5])
	}
}

func FuzzSession(f *testing.F) {
	f.Add([]byte("\x00\x01\x00\x00\x00\x06\x01\x02\x00\x00\x00\x08"))
	f.Add([]byte("\x00\x01\x00\x00\x00\x08\x01\x0f\x00\x02\x00\x02\x01\x02"))
	f.Fuzz(func(t *testing.T, p []byte) {
		var whole, pieces sim.Out
		New(Config{}, nil, t0).Session().Feed(t0, p, &whole)
		m := New(Config{}, nil, t0).Session()
		for i := range p {
			if m.Feed(t0, p[i:i+1], &pieces); pieces.Close {
				break
			}
		}
		if whole.Close != pieces.Close || !bytes.Equal(whole.Send, pieces.Send) {
			t.Errorf("whole % x %v, in pieces % x %v", whole.Send, whole.Close, pieces.Send, pieces.Close)
		}
	})
}
