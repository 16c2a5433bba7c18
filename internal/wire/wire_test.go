package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestCRCsGiveTheirCatalogueCheckValues(t *testing.T) {
	check := []byte("123456789")
	for name, tc := range map[string]struct {
		c    *CRC16
		want uint16
	}{
		"ARC": {ARC, 0xbb3d}, "MODBUS": {Modbus, 0x4b37}, "CCITT-FALSE": {CCITT, 0x29b1}, "X-25": {X25, 0x906e},
		"XMODEM": {XModem, 0x31c3}, "KERMIT": {Kermit, 0x2189},
		"an asymmetric start": {NewCRC16(0x1021, 0xb2aa, 0x0000, true), 0x63d0}, // CRC-16/RIELLO
	} {
		if got := tc.c.Sum(check); got != tc.want {
			t.Errorf("%s: %04x, want %04x", name, got, tc.want)
		}
	}
	for name, tc := range map[string]struct {
		c    *CRC8
		want uint8
	}{"SMBUS": {SMBus, 0xf4}, "MAXIM-DOW": {Maxim, 0xa1}, "NRSC-5": {NRSC5, 0xf7}} {
		if got := tc.c.Sum(check); got != tc.want {
			t.Errorf("%s: %02x, want %02x", name, got, tc.want)
		}
	}
}

func TestCRCsOfRealFrames(t *testing.T) {
	// Tenso-M, +69 kg stable; the CRC is FF and stuffed.
	frame, bad := Escaper{Esc: 0xff, Pairs: [][2]byte{{0xff, 0xfe}}}.Undo(nil, unhex(t, "01c369000010fffe"))
	if bad >= 0 || TensoM.Sum(frame[:len(frame)-1]) != frame[len(frame)-1] || TensoM.Sum(frame) != 0 {
		t.Errorf("Tenso-M frame % x (bad %d), CRC %02x", frame, bad, TensoM.Sum(frame[:len(frame)-1]))
	}
	// Teltonika codec 12 getinfo.
	f := unhex(t, "0c010500000007676574696e666f01")
	if got := ARC.Sum(f); got != 0x4312 {
		t.Errorf("Teltonika getinfo: CRC %04x, want 4312", got)
	}
}

func TestCRCOfPartsIsTheCRCOfTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOf(rapid.Byte()).Draw(t, "a"), rapid.SliceOf(rapid.Byte()).Draw(t, "b")
		for _, c := range []*CRC16{ARC, Modbus, CCITT, X25} {
			v := c.Finish(c.Update(c.Update(c.Start(), a), b))
			if v != c.Sum(append(bytes.Clone(a), b...)) {
				t.Fatalf("parts give %04x", v)
			}
		}
	})
}

func TestCursorReadsBothOrders(t *testing.T) {
	c := At(unhex(t, "ff 0102 fffffe 80000001 0102030405060708 0201 030201 04030201 0807060504030201 fefe"), 100)
	if v := c.I8(); v != -1 {
		t.Error("I8", v)
	}
	if v := c.U16(); v != 0x0102 {
		t.Error("U16", v)
	}
	if v := c.I24(); v != -2 {
		t.Error("I24", v)
	}
	if v := c.I32(); v != -0x7fffffff {
		t.Error("I32", v)
	}
	if v := c.U64(); v != 0x0102030405060708 {
		t.Error("U64", v)
	}
	if v := c.U16LE(); v != 0x0102 {
		t.Error("U16LE", v)
	}
	if v := c.U24LE(); v != 0x010203 {
		t.Error("U24LE", v)
	}
	if v := c.U32LE(); v != 0x01020304 {
		t.Error("U32LE", v)
	}
	if v := c.U64LE(); v != 0x0102030405060708 {
		t.Error("U64LE", v)
	}
	if c.Peek() != 0xfe || c.Len() != 2 || c.Err() != nil {
		t.Errorf("at the end: %x, %d left, %v", c.Peek(), c.Len(), c.Err())
	}
	if c.U32() != 0 {
		t.Error("a read beyond the end is not zero")
	}
	short, ok := errors.AsType[*ErrShort](c.Err())
	if !ok || short.Offset != 135 || short.Want != 4 || short.Have != 2 {
		t.Errorf("error %v, want 4 bytes at 135 with 2 left", c.Err())
	}
	if c.U8() != 0 || c.Len() != 0 || c.Err() != error(short) {
		t.Error("a failed cursor goes on")
	}
}

func TestSubCursorKeepsOffsetsAndBounds(t *testing.T) {
	c := At([]byte{1, 2, 3, 4, 5}, 10)
	c.Skip(1)
	s := c.Sub(2)
	if s.Offset() != 11 || s.U16() != 0x0203 || c.Offset() != 13 {
		t.Errorf("sub at %d, cursor at %d", s.Offset(), c.Offset())
	}
	if s.U8(); s.Err() == nil {
		t.Error("sub reads beyond its part")
	}
	if c.U8() != 4 || c.Err() != nil {
		t.Error("the failure of a sub reaches its parent")
	}
	if s = c.Sub(9); s.Err() == nil {
		t.Error("a sub that is too long does not fail")
	}
}

func TestCursorNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "p")
		c := At(p, 0)
		reads := []func(){func() { c.U8() }, func() { c.U16() }, func() { c.U24() }, func() { c.U32() }, func() { c.U64() },
			func() { c.I16LE() }, func() { c.BCD(6) }, func() { c.Skip(3) }, func() { c.Peek() }, func() { c.Sub(2) }, func() { c.Bytes(-1) }}
		for _, i := range rapid.SliceOf(rapid.IntRange(0, len(reads)-1)).Draw(t, "reads") {
			reads[i]()
			if c.Offset() > int64(len(p)) {
				t.Fatalf("offset %d of %d", c.Offset(), len(p))
			}
		}
	})
}

func TestBCD(t *testing.T) {
	c := At(unhex(t, "0035686 9010154"+"50 1a"), 0)
	if v := c.BCD(7); v != 356869010154 {
		t.Errorf("BCD %d", v)
	}
	c.U8()
	if v := c.BCD(1); v != 0 || c.Err() == nil || c.Err().Error() != "offset 8: 0x1a is not two decimal digits" {
		t.Errorf("BCD of 1a: %d, %v", v, c.Err())
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "n")
		v := rapid.Uint64Max(9_999_999_999_999_999).Draw(t, "v")
		for i, m := 0, uint64(1); i < n; i++ {
			if m *= 100; i == n-1 {
				v %= m
			}
		}
		p := AppendBCD(nil, v, n)
		if got, bad := BCD(p); got != v || bad >= 0 {
			t.Fatalf("%d as % x gives %d", v, p, got)
		}
		if s, ok := AppendDigits(nil, p); !ok || len(s) != 2*n {
			t.Fatalf("digits %s", s)
		}
	})
	if s, ok := AppendDigits(nil, []byte{0x12, 0x3f}); ok || string(s) != "123" {
		t.Errorf("digits of 123f: %s %v", s, ok)
	}
}

func TestEscaping(t *testing.T) {
	jt := Escaper{Esc: 0x7d, Pairs: [][2]byte{{0x7d, 1}, {0x7e, 2}}}
	p := []byte{0x30, 0x7e, 0x08, 0x7d, 0x55}
	if got := jt.Append(nil, p); !bytes.Equal(got, unhex(t, "307d02087d0155")) { // the example of JT/T 808, 4.4.2
		t.Errorf("escaped % x", got)
	}
	for in, at := range map[string]int{"307d": 1, "7d03": 0, "307d027d00": 3} {
		if _, bad := jt.Undo(nil, unhex(t, in)); bad != at {
			t.Errorf("%s: bad at %d, want %d", in, bad, at)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOf(rapid.SampledFrom([]byte{0, 1, 2, 0x7d, 0x7e})).Draw(t, "p")
		e := jt.Append(nil, p)
		if bytes.IndexByte(e, 0x7e) >= 0 {
			t.Fatalf("% x escaped holds a flag: % x", p, e)
		}
		if got, bad := jt.Undo(e[:0], e); bad >= 0 || !bytes.Equal(got, p) {
			t.Fatalf("% x becomes % x", p, got)
		}
	})
}

func TestNothingAllocates(t *testing.T) {
	p := bytes.Repeat([]byte{0x12}, 64)
	var sum uint64
	if n := testing.AllocsPerRun(100, func() {
		c := At(p, 0)
		for c.Len() > 8 {
			s := c.Sub(8)
			sum += uint64(s.U16()) + s.BCD(2) + uint64(s.U32LE())
		}
		sum += uint64(ARC.Sum(p)) + uint64(NRSC5.Sum(p))
	}); n != 0 || sum == 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCRC16(b *testing.B) {
	p := make([]byte, 1024)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		ARC.Sum(p)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(s), []byte(" "), nil)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
