package dims

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
	"testing"
	"time"

	"acsgd/sim"
)

var noon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

// lane is a scene with one vehicle that moves at constant speed, or none.
type lane struct {
	v    *sim.Vehicle
	x, s float64 // front at noon, mm; mm/s
}

func (l lane) At(dst []sim.Placed, t time.Time) []sim.Placed {
	if l.v == nil {
		return dst
	}
	return append(dst, sim.Placed{Vehicle: l.v, X: l.x + l.s*t.Sub(noon).Seconds(), V: l.s})
}

func scanner(t testing.TB, cfg Config, scene sim.Scene) *Scanner {
	t.Helper()
	s, err := New(cfg, scene)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestAnswersAreThoseOfARealDevice compares with a recorded LMS111 session
// (SICKAG/sick_scan_xd, Apache-2.0).
func TestAnswersAreThoseOfARealDevice(t *testing.T) {
	s := scanner(t, Config{Model: "lms111"}, lane{})
	for _, row := range []struct{ name, ask, want string }{
		{"login", "02020202 00000017 734D4E205365744163636573734D6F646520 03 F4724744 B3", "02020202 00000013 73414E205365744163636573734D6F646520 01 38"},
		{"to CoLa B", "02020202 0000000F 73574E204549487374436F6C6120 01 09", "02020202 0000000E 735741204549487374436F6C6120 07"},
		{"firmware", "02020202 00000013 73524E204669726D7761726556657273696F6E 24", "02020202 0000001F 735241204669726D7761726556657273696F6E20 0009 56312E38302E322020 5F"},
		{"state", "02020202 00000011 73524E2053436465766963657374617465 30", "02020202 00000013 73524120534364657669636573746174652000 1F"},
		{"content", "02020202 00000020 73574E204C4D447363616E6461746163666720 01000000000000000000010001 43", "02020202 00000013 735741204C4D447363616E6461746163666720 4D"},
		{"start", "02020202 00000010 734D4E204C4D4373746172746D656173 68", "02020202 00000012 73414E204C4D4373746172746D6561732000 44"},
		{"run", "02020202 00000007 734D4E2052756E 19", "02020202 00000009 73414E2052756E20 01 34"},
		{"an unknown name", "02020202 00000007 73524E20585958 30", "02020202 00000005 7346410003 77"},
		{"subscribe", "02020202 00000011 73454E204C4D447363616E6461746120 01 33", "02020202 00000011 734541204C4D447363616E6461746120 01 3C"},
	} {
		var out sim.Out
		ask := unhex(t, row.ask)
		var sum byte // the unknown name has no recorded checksum
		for _, b := range ask[8 : len(ask)-1] {
			sum ^= b
		}
		ask[len(ask)-1] = sum
		for _, b := range ask { // byte by byte
			s.Feed(noon, []byte{b}, &out)
		}
		if !bytes.Equal(out.Send, unhex(t, row.want)) {
			t.Errorf("%s: answered %X, want %s", row.name, out.Send, row.want)
		}
	}
	if _, ok := s.Deadline(); !ok {
		t.Error("subscribed, but no scan is due")
	}
}

// first gives the distances of the first scan.
func first(t testing.TB, s *Scanner) []uint16 {
	t.Helper()
	var out sim.Out
	s.begin(noon)
	s.Tick(s.nextAt, &out)
	p := out.Send
	if want := 8 + int(binary.BigEndian.Uint32(p[4:])) + 1; len(p) != want || string(p[8:24]) != "sSN LMDscandata " {
		t.Fatalf("%d bytes, want %d; %q", len(p), want, p[8:24])
	}
	n := int(binary.BigEndian.Uint16(p[64+19:]))
	d := make([]uint16, n)
	for i := range d {
		d[i] = binary.BigEndian.Uint16(p[64+21+2*i:])
	}
	return d
}

func TestAnEmptyLaneIsFlat(t *testing.T) {
	s := scanner(t, Config{Height: 6000, Roll: 2, NoEcho: -1}, lane{})
	d := first(t, s)
	if len(d) != 1141 {
		t.Fatalf("%d beams", len(d))
	}
	for i := 200; i < 940; i++ {
		a := (-5 + float64(i)/6 + 2) * math.Pi / 180
		if z := 6000 - float64(d[i])*math.Sin(a); math.Abs(z) > 30 {
			t.Fatalf("beam %d meets the road at %.0f mm", i, z)
		}
	}
}

func TestABoxIsSeenWhereItStands(t *testing.T) {
	v := &sim.Vehicle{ID: "box", Length: 10000, Width: 2500, Height: 4000}
	s := scanner(t, Config{NoEcho: -1}, lane{v: v, x: 5000})
	d := first(t, s)
	left, right, top := 0.0, 0.0, 0.0
	for i, r := range d {
		a := (-5 + float64(i)/6) * math.Pi / 180
		x, z := float64(r)*math.Cos(a), 6000-float64(r)*math.Sin(a)
		if r > 0 && z > 2000 {
			left, right, top = min(left, x), max(right, x), max(top, z)
		}
	}
	if math.Abs(left+1250) > 40 || math.Abs(right-1250) > 40 || math.Abs(top-4000) > 40 {
		t.Errorf("seen from %.0f to %.0f, %.0f high", left, right, top)
	}
}

func TestEqualSeedsGiveEqualBytes(t *testing.T) {
	run := func(seed uint64) []byte {
		v := &sim.Vehicle{ID: "box", Length: 10000, Width: 2500, Height: 4000}
		s := scanner(t, Config{Seed: seed, Rain: 0.01, Sway: 100, Lose: 0.1, Repeat: 0.1}, lane{v: v, x: -1000, s: 3000})
		var out sim.Out
		s.begin(noon)
		for range 50 {
			at, _ := s.Deadline()
			s.Tick(at, &out)
		}
		return out.Send
	}
	if a, b := run(7), run(7); !bytes.Equal(a, b) {
		t.Error("equal seeds, unequal bytes")
	}
	if bytes.Equal(run(7), run(8)) {
		t.Error("unequal seeds, equal bytes")
	}
}

func TestAnEmptyLaneIsThinned(t *testing.T) {
	s := scanner(t, Config{Idle: time.Second}, lane{})
	var out sim.Out
	s.begin(noon)
	n := 0
	for {
		at, _ := s.Deadline()
		if at.After(noon.Add(10 * time.Second)) {
			break
		}
		s.Tick(at, &out)
		n++
	}
	if n < 9 || n > 11 {
		t.Errorf("%d scans in 10 s", n)
	}
}

func FuzzFeed(f *testing.F) {
	f.Add([]byte("\x02sMN SetAccessMode 03 F4724744\x03"), true)
	f.Add([]byte("\x02\x02\x02\x02\x00\x00\x00\x07sMN Run\x19"), false)
	f.Fuzz(func(t *testing.T, in []byte, text bool) {
		s := scanner(t, Config{Text: text}, lane{})
		var out sim.Out
		s.Feed(noon, in, &out)
		if len(s.in) > longest {
			t.Fatalf("%d bytes kept", len(s.in))
		}
	})
}

func BenchmarkScan(b *testing.B) {
	v := &sim.Vehicle{ID: "box", Length: 10000, Width: 2500, Height: 4000, Parts: []sim.Part{
		{Name: "cab", To: 2300, Bottom: 300, Top: 3600, Left: -1250, Right: 1250}, {Name: "body", From: 2500, To: 10000, Bottom: 900, Top: 4000, Left: -1275, Right: 1275}}}
	for _, row := range []struct {
		name  string
		scene lane
	}{{"empty", lane{}}, {"busy", lane{v: v, x: 5000}}} {
		b.Run(row.name, func(b *testing.B) {
			s := scanner(b, Config{}, row.scene)
			var out sim.Out
			s.begin(noon)
			b.ReportAllocs()
			for b.Loop() {
				out.Send = out.Send[:0]
				at, _ := s.Deadline()
				s.Tick(at, &out)
			}
		})
	}
}
