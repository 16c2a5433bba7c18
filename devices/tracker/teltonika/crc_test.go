package teltonika

import (
	"math/rand/v2"
	"testing"
)

// crcBitwise is the definition: bit by bit, with the polynomial alone.
func crcBitwise(p []byte) (c uint16) {
	for _, b := range p {
		c ^= uint16(b)
		for range 8 {
			c = c>>1 ^ 0xA001*(c&1)
		}
	}
	return c
}

func TestChecksumOfEveryLengthIsThatOfTheDefinition(t *testing.T) {
	if got := crc16([]byte("123456789")); got != 0xBB3D {
		t.Errorf("check value %#x, want 0xBB3D", got)
	}
	r := rand.New(rand.NewPCG(1, 2))
	p := make([]byte, 100)
	for n := range p {
		for i := range p[:n] {
			p[i] = byte(r.Uint32())
		}
		if got, want := crc16(p[:n]), crcBitwise(p[:n]); got != want {
			t.Errorf("checksum of %d bytes %#x, want %#x", n, got, want)
		}
	}
}

func BenchmarkChecksum(b *testing.B) {
	p := make([]byte, 256)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		crc16(p)
	}
}
