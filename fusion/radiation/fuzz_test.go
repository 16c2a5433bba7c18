package radiation

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"testing"
	"time"

	"acsgd/internal/obs"
)

// tags of a portal's lines, also one that nobody knows.
var fuzzTags = [...]string{"GB", "GH", "GL", "GS", "GA", "NB", "NH", "NS", "NA", "SP", "GX", "TT", "TC", "SG1", "SG2", "SN1",
	"NB1", "NC", "NX", "NZ", "AB1", "AS", "AA", "AX", "AM", "AR", "AC", "RW", "QZ7", ""}

// fuzzed makes lines of bytes: seven of them are one.
func fuzzed(p []byte) (at []time.Time, lines []obs.Radiation) {
	now := day
	for len(p) >= 7 {
		step := int(int8(p[1]))
		now = now.Add(time.Duration(step) * 100 * time.Millisecond)
		if step == -128 {
			now = now.Add(time.Duration(p[2]) * time.Minute)
		}
		v := int32(binary.BigEndian.Uint32(p[3:7]))
		r := obs.Radiation{Tag: fuzzTags[int(p[0])%len(fuzzTags)], Occupied: p[2]&1 > 0, Alarm: p[2]&2 > 0, Background: int64(v), Occupancy: uint32(v) % 1_000_000}
		if p[2]&4 > 0 {
			r.Interval = 200
		}
		if p[2]&8 > 0 {
			r.Interval = v
		}
		if p[2]&16 > 0 {
			r.Flags = []obs.Flag{obs.Truncated}
		}
		r.Gamma, r.Neutron = [4]int32{v % 500, int32(p[4]), v, int32(p[6])}, [4]int32{int32(p[6]), v % 20, 0, v}
		r.Values = []int64{int64(v) << (p[2] % 24), int64(p[3]) * scale, -int64(v), int64(p[5])}[:p[2]%5]
		r.Setup = []string{"002000", string(p[3:4]), string(p[4:6]), "10", "05.0", "P"}[:p[2]%7]
		at, lines = append(at, now), append(lines, r)
		p = p[7:]
	}
	return at, lines
}

// FuzzEngine feeds an engine whatever a driver can make of bytes. It must not stop, what it
// says must be encodable and bounded, and a copy that is restored from its snapshot half-way
// must say the same.
func FuzzEngine(f *testing.F) {
	occupancy := []byte{0, 50, 0, 0, 0, 1, 144, 5, 1, 0, 0, 0, 0, 2}
	for range 12 {
		occupancy = append(occupancy, 3, 2, 5, 0, 0, 0, 60, 7, 1, 1, 0, 0, 0, 1)
	}
	f.Add(append(occupancy, 10, 2, 0, 0, 0, 0, 1))
	f.Add([]byte{10, 2, 0, 0, 0, 0, 1, 10, 2, 0, 0, 0, 0, 1, 22, 1, 0, 1, 1, 1, 1})
	f.Add([]byte{13, 0, 6, '0', '5', '0', '0', 17, 1, 4, 255, 255, 255, 255, 19, 1, 4, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, p []byte) {
		at, lines := fuzzed(p)
		one, two := New(Config{}), New(Config{})
		for i := range lines {
			if i == len(lines)/2 {
				b, err := one.AppendBinary(nil)
				if err != nil {
					t.Fatal(err)
				}
				if err := two.UnmarshalBinary(b); err != nil {
					t.Fatalf("its own snapshot: %v\n%s", err, b)
				}
			}
			o := one.Feed(at[i], &lines[i])
			if i < len(lines)/2 {
				two.Feed(at[i], &lines[i])
			} else if r := two.Feed(at[i], &lines[i]); !bytes.Equal(encoded(t, o), encoded(t, r)) {
				t.Fatalf("line %d: %s\nafter a snapshot: %s", i, encoded(t, o), encoded(t, r))
			}
			if o == nil {
				continue
			}
			if o.Open || len(o.Slices) > MaxSlices || len(o.Neutron) > MaxNeutron || o.VendorGamma && !o.VendorAlarm {
				t.Fatalf("line %d: %s", i, encoded(t, o))
			}
		}
		one.Tick(day.Add(1000 * time.Hour))
		if one.Current() != nil {
			t.Fatal("an occupancy that stays open for ever")
		}
	})
}

func encoded(t *testing.T, o *Occupancy) []byte {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzTemplates reads templates as a file may hold them; what is taken judges any vehicle.
func FuzzTemplates(f *testing.F) {
	f.Add([]byte("null"))
	p := newPortal(Config{})
	p.slices(40, 60)
	p.end()
	o := p.done[0]
	b, err := json.Marshal(Reference())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		set, err := ParseTemplates(b)
		if err != nil || set == nil {
			return
		}
		if _, err := json.Marshal(set.Analyse(o)); err != nil {
			t.Fatal(err)
		}
	})
}
