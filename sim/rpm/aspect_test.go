package rpm

import (
	"encoding/hex"
	"testing"
	"time"

	"acsgd/sim"
	"acsgd/sim/modbus"
)

// parked is a lane with one vehicle whose front is at a place.
type parked struct {
	v  *sim.Vehicle
	at *float64
}

func (s parked) At(dst []sim.Placed, _ time.Time) []sim.Placed {
	return append(dst, sim.Placed{Vehicle: s.v, X: *s.at, V: 1200})
}

// read asks for holding registers in the frames of the wire.
func read(t *testing.T, d modbus.Device, now time.Time, addr, n int) []int {
	t.Helper()
	var out sim.Out
	modbus.TCP(d).Feed(now, []byte{0, 1, 0, 0, 0, 6, d.Unit(), 3, byte(addr >> 8), byte(addr), 0, byte(n)}, &out)
	if len(out.Send) != 9+2*n || out.Send[7] != 3 {
		t.Fatalf("%d registers from %d: %s", n, addr, hex.EncodeToString(out.Send))
	}
	var w []int
	for p := out.Send[9:]; len(p) > 0; p = p[2:] {
		w = append(w, int(p[0])<<8|int(p[1]))
	}
	return w
}

func TestTheRegistersOfAnAspectPortal(t *testing.T) {
	at := -5000.0
	a := NewAspect(AspectConfig{Config: Config{Station: 12_000, Steady: true, Seed: 1}, Base: 300, Elapsed: 65_500},
		parked{&sim.Vehicle{ID: "v", Length: 10_000, Axles: make([]sim.Axle, 3), Sources: []sim.Source{{Gamma: 3000, Neutron: 80, Offset: 5000}}}, &at})
	now := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	if d := read(t, a, now, 0, 8); d[3] != 300 || d[4] != 21 {
		t.Errorf("description %v, want the block at 300, 21 long", d)
	}
	first := read(t, a, now, 300, 21)
	now = now.Add(300 * time.Millisecond)
	w := read(t, a, now, 300, 21)
	if ms := w[0] + w[1]<<16 - first[0] - first[1]<<16; ms != 200 {
		t.Errorf("its time went on by %d ms in 300 ms, want 200", ms)
	}
	if w[1] != 1 || w[0] > 1000 {
		t.Errorf("time %04x %04x: want the low word first, beyond 65536", w[0], w[1])
	}
	// 393+396+437+429 = 1655 counts/s = 0x44CEE000 as a float; its high word comes second.
	if w[7] < 0x44C0 || w[7] > 0x44DF || w[2] != 0 || w[3] != 0x80 || w[17] != 0 {
		t.Errorf("vacant: %04x", w)
	}
	if n := w[4] + w[5]<<16; n < 200 || n > 460 {
		t.Errorf("%d counts in 200 ms, want about 331", n)
	}
	for at = 11_900; at < 25_000; at += 240 {
		now = now.Add(200 * time.Millisecond)
		w = read(t, a, now, 300, 21)
		switch {
		case at < 12_000 && w[17] != 0, at > 12_000 && w[17] != 1:
			t.Fatalf("front at %.0f: object %d", at, w[17])
		case at > 13_000 && at < 22_000 && (w[2]&0xF != 0xF || w[2]&0x40 == 0 || w[18] != 3 || w[19] != 1200):
			t.Fatalf("front at %.0f: inputs %04x, mark %d, speed %d", at, w[2], w[18], w[19])
		case at > 17_000 && at < 17_240 && (w[3] != 0x81 || w[10] != 0x81 || w[20] != 1):
			t.Fatalf("source in the middle: status %04x, %04x, outputs %04x", w[3], w[10], w[20])
		}
	}
	if w[2] != 0 || w[3] != 0x80 || w[20] != 0 {
		t.Errorf("after it: inputs %04x, status %04x", w[2], w[3])
	}
}

func TestTheRelaysOfAPortal(t *testing.T) {
	at := -5000.0
	c := NewContacts(Config{Station: 12_000, Steady: true, Seed: 1},
		parked{&sim.Vehicle{ID: "v", Length: 10_000, Sources: []sim.Source{{Gamma: 3000, Offset: 5000}}}, &at})
	now := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	relay := func() byte { return c.PDU(now, []byte{2, 0, 0, 0, 4})[2] }
	if got := relay(); got != 0b1000 {
		t.Fatalf("vacant: %04b, want the healthy relay alone", got)
	}
	gamma := false
	for at = 11_900; at < 30_000; at += 60 {
		now = now.Add(50 * time.Millisecond)
		got := relay()
		gamma = gamma || got&0b10 != 0
		if at > 13_000 && at < 21_000 && got&1 == 0 || got&0b100 != 0 {
			t.Fatalf("front at %.0f: %04b", at, got)
		}
	}
	if !gamma || relay() != 0b1000 {
		t.Errorf("alarm relay closed %v; in the end %04b", gamma, relay())
	}
	c.SetBroken(true)
	if relay() != 0 {
		t.Error("a cut wire still looks healthy")
	}
	if got := c.PDU(now, []byte{2, 0, 2, 0, 4}); len(got) != 2 || got[1] != modbus.IllegalAddress {
		t.Errorf("beyond its inputs: % x", got)
	}
}
