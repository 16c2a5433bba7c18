package cola

import (
	"acsgd/devices/devicestest"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"acsgd/internal/sharedtest"
)

// lms111 is the head and the tail of the first scan of the recorded LMS111 session, with
// five of its 541 values.
const lms111 = "0001 0001 0114097A 0100 F768 0004 74287D59 74288993 0000 0100 0000 00001388 00000168 0000" +
	"0001 4449535431 3F800000 00000000 FFF92230 1388 0005 005D 0050 0056 0059 0052" +
	"0000 0000 0000 0000 0001 07B2 01 01 02 37 22 000D90A8 0000"

// lmsText is the head of a public CoLa A example, with two of its 541 values.
const lmsText = "1 1 A037B9 0 0 C1C3 C1C6 8B621C37 8B627603 0 0 7 0 0 1388 168 0 1 DIST1 3F800000 00000000 FFF92230 1388 2 293 272 0 0 0 0 0 0"

func TestGoldenScan(t *testing.T) {
	var d Decoder
	var s Scan
	if err := d.Decode(&s, Binary, devicestest.Unhex(t, lms111)); err != nil {
		t.Fatal(err)
	}
	want := Scan{Version: 1, Device: 1, Serial: 18090362, Status: [2]uint8{1, 0}, Telegram: 63336, Counter: 4,
		Micros: 1948810585, Sent: 1948813715, Outputs: [2]uint8{1, 0}, Frequency: 5000, Measuring: 360,
		Channels: []Channel{{Kind: [5]byte([]byte("DIST1")), Bits: 16, Scale: 1, Start: -450000, Step: 5000, Values: []uint16{93, 80, 86, 89, 82}}},
		Clock:    Clock{Year: 1970, Month: 1, Day: 1, Hour: 2, Minute: 55, Second: 34, Micros: 889000}, HasClock: true}
	if d := cmp.Diff(want, s); d != "" {
		t.Error(d)
	}
	if !s.Clock.Unset() || s.Delay() != 3130*time.Microsecond || s.Period() != 20*time.Millisecond || s.BeamTime() != 27777 {
		t.Errorf("clock unset %v, delay %s, period %s, beam %s", s.Clock.Unset(), s.Delay(), s.Period(), s.BeamTime())
	}
}

func TestGoldenText(t *testing.T) {
	var d Decoder
	var s Scan
	if err := d.Decode(&s, ASCII, []byte(lmsText)); err != nil {
		t.Fatal(err)
	}
	want := Scan{Version: 1, Device: 1, Serial: 0xA037B9, Telegram: 0xC1C3, Counter: 0xC1C6, Micros: 0x8B621C37, Sent: 0x8B627603,
		Outputs: [2]uint8{7, 0}, Frequency: 5000, Measuring: 360,
		Channels: []Channel{{Kind: [5]byte([]byte("DIST1")), Bits: 16, Scale: 1, Start: -450000, Step: 5000, Values: []uint16{659, 626}}}}
	if d := cmp.Diff(want, s); d != "" {
		t.Error(d)
	}
	// The same with one encoder and decimal numbers, as real devices mix them.
	text := "1 1 A037B9 0 0 C1C3 C1C6 8B621C37 8B627603 0 0 7 0 0 9C4 168 1 0 3E8 1 DIST1 3F800000 00000000 -450000 +5000 +2 +659 272 0 0 1 B not defined 0 0 0"
	if err := d.Decode(&s, ASCII, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if got := s.Encoders; len(got) != 1 || got[0].Speed != 1000 || string(s.Name) != "not defined" || s.Channels[0].Values[0] != 659 {
		t.Errorf("encoders %v, name %q, values %v", got, s.Name, s.Channels[0].Values)
	}
}

func TestBadScansAreRefusedWhereTheyAreBad(t *testing.T) {
	good := devicestest.Unhex(t, lms111)
	edit := func(at int, b ...byte) []byte {
		p := bytes.Clone(good)
		copy(p[at:], b)
		return p
	}
	var d Decoder
	var s Scan
	for _, row := range []struct {
		name string
		d    Dialect
		in   []byte
		at   int
	}{
		{"more points than the telegram has bytes", Binary, edit(59, 0x0B, 0xB8), 61},
		{"more points than any device has", Binary, edit(59, 0x0B, 0xB9), 61},
		{"sixty thousand channels", Binary, edit(38, 0xEA, 0x60), 40},
		{"a thousand encoders", Binary, edit(36, 3, 0xE8), 38},
		{"the end inside the values", Binary, good[:70], 61},
		{"the end inside the header", Binary, good[:20], 18},
		{"text that is no number", ASCII, []byte("1 1 XYZ"), 4},
		{"a number too large for its field", ASCII, []byte("1 10000 0"), 2},
		{"fewer values than announced", ASCII, []byte(lmsText[:len(lmsText)-19]), len(lmsText) - 19},
		{"nothing", ASCII, nil, 0},
	} {
		err := d.Decode(&s, row.d, row.in)
		if err == nil || err.At != row.at {
			t.Errorf("%s: %v, want an error at byte %d", row.name, err, row.at)
		}
	}
	for n := range good { // no truncation panics or passes before the optional blocks
		if err := d.Decode(&s, Binary, good[:n]); err == nil && n < 73 {
			t.Errorf("%d bytes of a scan pass", n)
		}
	}
}

func TestUnknownChannelsAreSkipped(t *testing.T) {
	text := "1 1 1 0 0 1 1 1 1 0 0 0 0 0 1388 168 0 2 XYZW1 3F800000 0 0 1388 2 5 6 DIST1 3F800000 0 0 1388 1 64 0 0 0 0 0 0"
	var d Decoder
	var s Scan
	if err := d.Decode(&s, ASCII, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if c := s.Channel("DIST1"); len(s.Channels) != 1 || c == nil || c.Values[0] != 100 {
		t.Errorf("channels %v", s.Channels)
	}
}

func TestTrueStep(t *testing.T) {
	for _, row := range []struct {
		step uint16
		n    int
		r    Range
		want float64
	}{
		{1667, 1141, Range{}, 10000.0 / 6},
		{3333, 571, Range{}, 10000.0 / 3},
		{5000, 541, Range{}, 5000},
		{2500, 1081, Range{}, 2500},
		{1667, 1141, Range{Step: 1667, Start: -50000, Stop: 1850000}, 1900000.0 / 1140},
		{1700, 100, Range{}, 1700},
		{5000, 541, Range{Start: -50000, Stop: 1850000}, 5000}, // another channel's range
	} {
		c := Channel{Step: row.step, Values: make([]uint16, row.n)}
		if got := c.TrueStep(row.r); math.Abs(got-row.want) > 1e-9 {
			t.Errorf("step %d over %d beams is %v, want %v", row.step, row.n, got, row.want)
		}
	}
}

// appendText writes s in CoLa A, the other way round than the decoder.
func appendText(b []byte, s *Scan) []byte {
	put := func(format string, v ...any) { b = append(fmt.Appendf(b, format, v...), ' ') }
	put("%X %X %X %X %X %X %X %X %X", s.Version, s.Device, s.Serial, s.Status[0], s.Status[1], s.Telegram, s.Counter, s.Micros, s.Sent)
	put("%X %X %X %X %X %X %X %X", s.Inputs[0], s.Inputs[1], s.Outputs[0], s.Outputs[1], uint16(s.Layer), s.Frequency, s.Measuring, len(s.Encoders))
	for _, e := range s.Encoders {
		put("%X %X", e.Ticks, uint16(e.Speed))
	}
	for _, bits := range []uint8{16, 8} {
		var of []Channel
		for _, c := range s.Channels {
			if c.Bits == bits {
				of = append(of, c)
			}
		}
		put("%X", len(of))
		for _, c := range of {
			put("%s %08X %08X %08X %X %X", c.Kind[:], math.Float32bits(c.Scale), math.Float32bits(c.Offset), uint32(c.Start), c.Step, len(c.Values))
			for _, v := range c.Values {
				put("%X", v)
			}
		}
	}
	if s.HasPos {
		p := s.Position
		put("1")
		for _, f := range []float32{p.X, p.Y, p.Z, p.RotX, p.RotY, p.RotZ} {
			put("%08X", math.Float32bits(f))
		}
		put("%X", p.Type)
	} else {
		put("0")
	}
	for _, text := range [][]byte{s.Name, s.Comment} {
		if text == nil {
			put("0")
		} else {
			put("1 %X %s", len(text), text)
		}
	}
	if c := s.Clock; s.HasClock {
		put("1 %X %X %X %X %X %X %X", c.Year, c.Month, c.Day, c.Hour, c.Minute, c.Second, c.Micros)
	} else {
		put("0")
	}
	put("%X", s.Event)
	return b[:len(b)-1]
}

// drawBinary draws a scan body in CoLa B, field by field.
func drawBinary(t *rapid.T) []byte {
	var b []byte
	u16 := func(name string) { b = binary.BigEndian.AppendUint16(b, rapid.Uint16().Draw(t, name)) }
	u32 := func(name string) { b = binary.BigEndian.AppendUint32(b, rapid.Uint32().Draw(t, name)) }
	bytesOf := func(name string, n int) {
		b = append(b, rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, name)...)
	}
	u16("version")
	u16("device")
	u32("serial")
	bytesOf("status", 2)
	u16("telegram")
	u16("counter")
	u32("micros")
	u32("sent")
	bytesOf("io", 4)
	u16("layer")
	u32("frequency")
	u32("measuring")
	encoders := rapid.IntRange(0, 3).Draw(t, "encoders")
	b = binary.BigEndian.AppendUint16(b, uint16(encoders))
	bytesOf("encoder", 6*encoders)
	for _, bits := range []int{16, 8} {
		n := rapid.IntRange(0, 3).Draw(t, "channels")
		b = binary.BigEndian.AppendUint16(b, uint16(n))
		for range n {
			b = append(b, rapid.SampledFrom([]string{"DIST1", "DIST5", "RSSI1", "VANG1", "ANGL1"}).Draw(t, "kind")...)
			b = binary.BigEndian.AppendUint32(b, math.Float32bits(rapid.Float32().Draw(t, "scale")))
			b = binary.BigEndian.AppendUint32(b, math.Float32bits(rapid.Float32().Draw(t, "offset")))
			u32("start")
			u16("step")
			points := rapid.IntRange(0, 20).Draw(t, "points")
			b = binary.BigEndian.AppendUint16(b, uint16(points))
			bytesOf("values", points*bits/8)
		}
	}
	optional := func(name string, body func()) {
		on := rapid.Bool().Draw(t, name)
		b = binary.BigEndian.AppendUint16(b, map[bool]uint16{true: 1}[on])
		if on {
			body()
		}
	}
	optional("position", func() {
		for range 6 {
			b = binary.BigEndian.AppendUint32(b, math.Float32bits(rapid.Float32().Draw(t, "coordinate")))
		}
		bytesOf("type", 1)
	})
	for _, name := range []string{"name", "comment"} {
		optional(name, func() {
			text := rapid.StringMatching(`[ -~]{0,12}`).Draw(t, name)
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(text))), text...)
		})
	}
	optional("time", func() { bytesOf("time", 11) })
	u16("event")
	return b
}

func TestBothDialectsGiveTheSameScan(t *testing.T) {
	var fromB, fromA, again Decoder
	rapid.Check(t, func(t *rapid.T) {
		in := drawBinary(t)
		var b, a, b2 Scan
		if err := fromB.Decode(&b, Binary, in); err != nil {
			t.Fatal(err)
		}
		text := appendText(nil, &b)
		if err := fromA.Decode(&a, ASCII, text); err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		if d := cmp.Diff(b, a); d != "" {
			t.Fatal(d)
		}
		if err := again.Decode(&b2, ASCII, appendText(nil, &a)); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a, b2); d != "" {
			t.Fatal(d)
		}
	})
}

func TestDistancesAloneAreTheSame(t *testing.T) {
	var all, some Decoder
	some.Distances = true
	rapid.Check(t, func(t *rapid.T) {
		var whole, part Scan
		in, dialect := drawBinary(t), Binary
		if err := all.Decode(&whole, Binary, in); err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "text") {
			in, dialect = appendText(nil, &whole), ASCII
		}
		if err := some.Decode(&part, dialect, in); err != nil {
			t.Fatal(err)
		}
		whole.Channels = slices.DeleteFunc(whole.Channels, func(c Channel) bool { return string(c.Kind[:]) != distances })
		if d := cmp.Diff(whole, part, cmpopts.EquateEmpty()); d != "" {
			t.Fatal(d)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(devicestest.Unhex(f, lms111), true)
	f.Add([]byte(lmsText), false)
	f.Fuzz(func(t *testing.T, in []byte, bin bool) {
		var d Decoder
		var s, again Scan
		dialect := ASCII
		if bin {
			dialect = Binary
		}
		if err := d.Decode(&s, dialect, in); err != nil {
			if err.At < 0 || err.At > len(in) || err.Reason == "" {
				t.Fatalf("error at %d of %d: %q", err.At, len(in), err.Reason)
			}
			return
		}
		if err := new(Decoder).Decode(&again, ASCII, appendText(nil, &s)); err != nil {
			t.Fatalf("what was accepted is refused as text: %v", err)
		}
		if a, b := fmt.Sprintf("%+v", s), fmt.Sprintf("%+v", again); a != b { // NaN equals itself here
			t.Fatalf("%s\n%s", a, b)
		}
	})
}

func TestRecordedScan(t *testing.T) {
	raw := sharedtest.File(t, "profiler", "lms511-colab-scan-a.bin")
	var r Reader
	r.Feed(raw)
	f, ok, ferr := r.Next()
	if !ok {
		t.Fatal(ferr)
	}
	m, _ := Split(f.Payload)
	var d Decoder
	var s Scan
	if err := d.Decode(&s, f.Dialect, m.Args); err != nil {
		t.Fatal(err)
	}
	dist, rssi := s.Channel("DIST1"), s.Channel("RSSI1")
	if dist == nil || rssi == nil || len(dist.Values) != 1141 || len(rssi.Values) != 1141 {
		t.Fatalf("channels %v", s.Channels)
	}
	got := fmt.Sprint(s.Serial, s.Telegram, s.Counter, s.Micros, s.Sent, s.Frequency, s.Measuring, dist.Start, dist.Step, dist.Values[:5], s.Clock.Time())
	want := "18110550 10203 10335 1387959194 1387999963 2500 540 -50000 1667 [1305 1300 1299 1299 1307] 1970-01-01 01:34:39.489 +0000 UTC"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func BenchmarkScanLMS511(b *testing.B) {
	s := Scan{Version: 1, Frequency: 2500, Measuring: 540, Channels: []Channel{
		{Kind: [5]byte([]byte("DIST1")), Bits: 16, Scale: 1, Start: -50000, Step: 1667, Values: make([]uint16, 1141)},
		{Kind: [5]byte([]byte("RSSI1")), Bits: 8, Scale: 1, Start: -50000, Step: 1667, Values: make([]uint16, 1141)}}}
	for i := range 1141 {
		s.Channels[0].Values[i], s.Channels[1].Values[i] = uint16(1000+7*i%3000), uint16(i%255)
	}
	text := Append(nil, ASCII, appendText([]byte("sSN LMDscandata "), &s))
	for _, row := range []struct {
		name  string
		frame []byte
	}{{"binary", binaryFrame(&s)}, {"text", text}} {
		b.Run(row.name, func(b *testing.B) {
			var r Reader
			var d Decoder
			var got Scan
			b.SetBytes(int64(len(row.frame)))
			b.ReportAllocs()
			took := make([]time.Duration, 0, 1<<20)
			for b.Loop() {
				from := time.Now()
				r.Feed(row.frame)
				f, ok, _ := r.Next()
				m, _ := Split(f.Payload)
				if err := d.Decode(&got, f.Dialect, m.Args); err != nil || !ok {
					b.Fatal(err)
				}
				if len(took) < cap(took) {
					took = append(took, time.Since(from))
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
		})
	}
}

// binaryFrame writes a scan with a DIST1 and an RSSI1 in CoLa B.
func binaryFrame(s *Scan) []byte {
	b := []byte("sSN LMDscandata ")
	b = append(b, make([]byte, 28)...)
	b = binary.BigEndian.AppendUint32(b, s.Frequency)
	b = binary.BigEndian.AppendUint32(b, s.Measuring)
	b = append(b, 0, 0)
	for _, c := range s.Channels {
		b = append(append(b, 0, 1), c.Kind[:]...)
		b = append(b, 0x3f, 0x80, 0, 0, 0, 0, 0, 0)
		b = binary.BigEndian.AppendUint32(b, uint32(c.Start))
		b = binary.BigEndian.AppendUint16(b, c.Step)
		b = binary.BigEndian.AppendUint16(b, uint16(len(c.Values)))
		for _, v := range c.Values {
			if c.Bits == 16 {
				b = append(b, byte(v>>8))
			}
			b = append(b, byte(v))
		}
	}
	return Append(nil, Binary, append(b, make([]byte, 10)...))
}

func TestDecodingAScanAllocatesNothing(t *testing.T) {
	frame := Append(nil, Binary, append([]byte("sSN LMDscandata "), devicestest.Unhex(t, lms111)...))
	var r Reader
	var d Decoder
	var s Scan
	n := testing.AllocsPerRun(200, func() {
		r.Feed(frame)
		f, _, _ := r.Next()
		m, _ := Split(f.Payload)
		if err := d.Decode(&s, f.Dialect, m.Args); err != nil {
			t.Fatal(err)
		}
	})
	if n > 0 {
		t.Errorf("%v allocations a scan", n)
	}
}
