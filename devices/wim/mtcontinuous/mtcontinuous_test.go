package mtcontinuous

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/devices/wim/weigh"
	"acsgd/internal/obs"
	"acsgd/internal/quant"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const (
	rest   = "02 2A 30 20 20 31 38 34 32 30 20 20 20 20 20 30 0D 08"
	motion = "02 2A 38 20 20 31 38 34 34 30 20 20 20 20 20 30 0D 7E"
	net    = "02 2A 33 20 20 20 20 31 32 30 20 31 38 34 32 30 0D 62"
)

// show is what a decoder makes of bytes, as text.
func show(sum Checksum, p []byte, chunk int, flush bool) (frames, fails []string) {
	d := Decoder{Checksum: sum}
	take := func(f *Frame) {
		frames = append(frames, fmt.Sprintf("%d: %v tare %v net %v motion %v range %v raw %X", f.Offset, f.Weight, f.Tare, f.Net, f.Motion, f.Range, f.Raw))
	}
	fail := func(off int64, err error, _ []byte) { fails = append(fails, fmt.Sprintf("%d: %v", off, err)) }
	for len(p) > 0 {
		n := min(chunk, len(p))
		d.Feed(p[:n], take, fail)
		p = p[n:]
	}
	if flush {
		d.Flush(take, fail)
	}
	return frames, fails
}

func TestFramesOfTheManualDecode(t *testing.T) {
	for _, c := range []struct {
		name, hex, want string
	}{
		{"at rest", rest, "18420kg tare 0kg net false motion false range false"},
		{"in motion", motion, "18440kg tare 0kg net false motion true range false"},
		{"minus, net, with tare", net, "-120kg tare 18420kg net true motion false range false"},
	} {
		for _, sum := range []Checksum{Auto, On} {
			for chunk := 1; chunk < 20; chunk++ {
				p := devicestest.Unhex(t, c.hex)
				frames, fails := show(sum, p, chunk, false)
				if want := fmt.Sprintf("0: %s raw %X", c.want, p); len(frames) != 1 || frames[0] != want || fails != nil {
					t.Errorf("%s, %s: %q, %q, want %q", c.name, sum, frames, fails, want)
				}
			}
		}
	}
}

func TestSevenBitLinesSetBitSeven(t *testing.T) {
	p := devicestest.Unhex(t, rest)
	for i := range p {
		p[i] |= byte(i%2) << 7
	}
	if frames, fails := show(Auto, p, 3, false); len(frames) != 1 || fails != nil {
		t.Errorf("with bit 7 set: %q, %q, want one frame", frames, fails)
	}
}

func TestUnitsAndDecimals(t *testing.T) {
	for _, c := range []struct {
		name          string
		swa, swb, swc byte
		field         string
		want          quant.Mass
	}{
		{"kilograms times 100", 0x28, 0x30, 0x20, "   184", quant.Kg(18400)},
		{"kilograms times 10", 0x29, 0x30, 0x20, "  1842", quant.Kg(18420)},
		{"tenths of a kilogram", 0x2B, 0x30, 0x20, "001255", 125500},
		{"thousandths", 0x2D, 0x30, 0x20, "  1234", 1234},
		{"hundred thousandths round half up", 0x2F, 0x30, 0x20, "   150", 2},
		{"pounds", 0x2A, 0x20, 0x20, " 40000", 18143695},
		{"tonnes", 0x2C, 0x30, 0x22, "  1842", quant.Kg(18420)},
		{"grams", 0x2A, 0x30, 0x21, "   500", 500},
		{"short tons", 0x2C, 0x20, 0x26, "  2000", 18143695},
		{"ounces", 0x2A, 0x20, 0x23, "    16", 454},
		{"the largest field in the largest unit", 0x28, 0x30, 0x22, "999999", 99999900 * quant.Tonne},
	} {
		p := append([]byte{2, c.swa, c.swb, c.swc}, c.field...)
		p = append(append(p, "     0"...), '\r')
		var f Frame
		if err := parse(p, &f); err != nil || f.Weight != c.want {
			t.Errorf("%s: %v, %v, want %v", c.name, f.Weight, err, c.want)
		}
	}
}

func TestCloneBitsAreScoredNotInsistedOn(t *testing.T) {
	for _, c := range []struct {
		name          string
		swa, swb, swc byte
		score         int
		ok            bool
	}{
		{"as documented", 0x2A, 0x30, 0x20, 5, true},
		{"increment bits and bit 6 of SWA constant", 0x7A, 0x30, 0x20, 4, true},
		{"no bit 5 in SWB, keyboard tare in SWC", 0x2A, 0x10, 0x60, 3, true},
		{"two of five", 0x2A, 0x10, 0x40, 2, true},
		{"one of five", 0x4A, 0x10, 0x60, 1, false},
	} {
		p := append([]byte{2, c.swa, c.swb, c.swc}, " 18420     0\r"...)
		f := Frame{}
		err := parse(p, &f)
		if f.Score != c.score || (err == nil) != c.ok {
			t.Errorf("%s: score %d, error %v; want %d, accepted %v", c.name, f.Score, err, c.score, c.ok)
		}
		f = Frame{Summed: true}
		if err := parse(p, &f); err != nil {
			t.Errorf("%s: refused with a good checksum: %v", c.name, err)
		}
	}
}

func TestOutOfRangeShowsNoWeight(t *testing.T) {
	p := append([]byte{2, 0x2A, 0x34, 0x20}, "------     0\r"...)
	f := Frame{}
	if err := parse(p, &f); err != nil || !f.Range {
		t.Errorf("dashes out of range: %+v, %v", f, err)
	}
	p[2] = 0x30
	if err := parse(p, &f); err == nil {
		t.Error("dashes within range are taken for a weight")
	}
}

func TestTheChecksumIsFoundOut(t *testing.T) {
	with := devicestest.Unhex(t, rest+motion+rest+motion+rest+motion)
	var bare []byte
	for i := 0; i < len(with); i += 18 {
		bare = append(bare, with[i:i+17]...)
	}
	if frames, fails := show(Auto, with, 5, false); len(frames) != 6 || fails != nil {
		t.Errorf("with checksums: %d frames, %q; want 6", len(frames), fails)
	}
	if frames, fails := show(Auto, bare, 5, true); len(frames) != 6 || fails != nil {
		t.Errorf("without: %d frames, %q; want 6", len(frames), fails)
	}
	one, fails := show(Auto, bare[:17], 17, false)
	if len(one) != 0 || fails != nil {
		t.Errorf("one frame without the byte after it: %q, want to wait", one)
	}
	if one, _ := show(Auto, bare[:17], 17, true); len(one) != 1 {
		t.Errorf("one frame, flushed: %q, want one", one)
	}
	if frames, fails := show(On, bare, 5, false); len(frames) != 0 || len(fails) == 0 {
		t.Errorf("checksums insisted on: %q, %q; want none", frames, fails)
	}
	damaged := append([]byte(nil), with...)
	damaged[5*18+6] ^= 1
	if frames, fails := show(Auto, damaged, 5, true); len(frames) != 5 || len(fails) != 1 {
		t.Errorf("a flipped bit after the question is settled: %d frames, %q; want 5 and a checksum error", len(frames), fails)
	}
	if frames, _ := show(Auto, damaged[5*18:], 5, true); len(frames) != 0 {
		t.Errorf("a flipped bit at the start: %q, want none", frames)
	}
}

func TestAChecksumThatLooksLikeSTX(t *testing.T) {
	var bare []byte // a weight whose checksum is 02
	for v := 0; ; v++ {
		bare = append([]byte{2, 0x2A, 0x30, 0x20}, fmt.Sprintf("%6d     0\r", v)...)
		if sum(bare) == 2 {
			break
		}
	}
	for _, c := range []struct {
		name  string
		frame []byte
	}{{"17 bytes", bare}, {"18 bytes", append(bare[:17:17], 2)}} {
		p := bytes.Repeat(c.frame, 10)
		if frames, fails := show(Auto, p, 6, true); len(frames) != 10 || fails != nil {
			t.Errorf("%s: %d frames, %q; want 10", c.name, len(frames), fails)
		}
	}
}

func TestTheDecoderFindsTheNextGoodFrame(t *testing.T) {
	good := devicestest.Unhex(t, rest)
	for _, c := range []struct {
		name, before string
		fails        int
	}{
		{"after nothing", "", 0}, {"after noise", "55 AA 0D 0A", 1}, {"after half a frame", rest[:24], 1},
		{"after STX alone", "02", 1}, {"after many STX", "02 02 02 02", 1},
	} {
		p := append(devicestest.Unhex(t, c.before), good...)
		frames, fails := show(On, append(p, good...), 4, false)
		if len(frames) != 2 || len(fails) != c.fails {
			t.Errorf("%s: %q, %q; want 2 frames and %d errors", c.name, frames, fails, c.fails)
		}
	}
}

func TestAnyWeightSurvivesTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(0, 999999).Draw(t, "v")
		p := append([]byte{2, 0x2A, 0x30, 0x20}, fmt.Sprintf("%6d     0\r", v)...)
		p = append(p, sum(p))
		frames, fails := show(Auto, p, rapid.IntRange(1, 18).Draw(t, "chunk"), true)
		want := fmt.Sprintf("0: %v tare 0kg net false motion false range false raw %X", quant.Kg(v), p)
		if len(frames) != 1 || frames[0] != want || fails != nil {
			t.Fatalf("%X = %q, %q, want %q", p, frames, fails, want)
		}
	})
}

func FuzzDecoder(f *testing.F) {
	for _, s := range []string{rest, motion + rest, net, rest[:51] + motion[:51]} {
		f.Add(devicestest.Unhex(f, s), 3)
	}
	good := devicestest.Unhex(f, rest)
	f.Fuzz(func(t *testing.T, p []byte, chunk int) {
		chunk = max(1, min(chunk, 100))
		for _, sum := range []Checksum{Auto, On, Off} {
			frames, fails := show(sum, p, len(p)+1, true)
			frames2, fails2 := show(sum, p, chunk, true)
			if d := cmp.Diff(frames, frames2) + cmp.Diff(fails, fails2); d != "" {
				t.Errorf("%s: whole against chunks of %d:\n%s", sum, chunk, d)
			}
		}
		after, _ := show(On, append(append([]byte(nil), p...), append(good, good...)...), 5, false)
		if len(after) == 0 || !strings.HasSuffix(after[len(after)-1], fmt.Sprintf("raw %X", good)) {
			t.Errorf("after %X the good frame is not found: %q", p, after)
		}
	})
}

var epoch = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

func session(t testing.TB, env devices.Env) *weigh.Listener {
	t.Helper()
	s, err := NewSession(devices.Section{Link: "tcp:127.0.0.1:4001"}, env)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*weigh.Listener)
}

func TestStreamGivesOneWeighingAFrame(t *testing.T) {
	s := session(t, devices.Env{Stream: true})
	var out devices.Out
	s.Tick(epoch, &out)
	s.Feed(epoch, devicestest.Unhex(t, rest+motion+net), &out)
	s.Finish(epoch, &out)
	var lines []string
	for _, o := range out.Obs {
		w := o.Body.(*obs.Weighing)
		lines = append(lines, fmt.Sprintf("%s %v %v %v %v", o.Stamp.At.Format("05.000"), w.Raw, w.Stable, w.Mode, w.Flags))
	}
	want := []string{"00.000 18420kg true static []", "00.020 18440kg false static [motion]", "00.040 -120kg true static []"}
	if d := cmp.Diff(want, lines); d != "" {
		t.Errorf("weighings (-want +got):\n%s", d)
	}
	if len(out.Obs) > 0 && !bytes.Equal(out.Obs[0].Raw, devicestest.Unhex(t, rest)) {
		t.Errorf("Raw = %X", out.Obs[0].Raw)
	}
}

func TestASilentIndicatorIsDegradedThenGivenUp(t *testing.T) {
	s := session(t, devices.Env{})
	var out devices.Out
	s.Tick(epoch, &out)
	s.Feed(epoch.Add(time.Millisecond), devicestest.Unhex(t, rest), &out)
	var states []string
	for out.Fail == nil && len(states) < 5 {
		at, ok := s.Deadline()
		if !ok {
			t.Fatal("no deadline although frames are due")
		}
		out.Reset()
		s.Tick(at, &out)
		for _, o := range out.Obs {
			states = append(states, fmt.Sprint(at.Sub(epoch).Round(time.Second), " ", o.Body.(*obs.Health).State))
		}
		if out.Fail != nil {
			states = append(states, fmt.Sprint(at.Sub(epoch).Round(time.Second), " fail"))
		}
	}
	if d := cmp.Diff([]string{"2s degraded", "10s fail"}, states); d != "" {
		t.Errorf("states (-want +got):\n%s", d)
	}
}

func TestAFrameWithoutChecksumIsNotHeldForEver(t *testing.T) {
	s := session(t, devices.Env{Stream: true})
	var out devices.Out
	s.Tick(epoch, &out)
	s.Feed(epoch.Add(time.Second), devicestest.Unhex(t, rest[:51]), &out)
	at, ok := s.Deadline()
	if len(out.Obs) != 0 || !ok || at.Sub(epoch) != time.Second+50*time.Millisecond {
		t.Fatalf("%d observations, Deadline %v, %v; want to wait 50 ms for a checksum", len(out.Obs), at.Sub(epoch), ok)
	}
	s.Tick(at, &out)
	if len(out.Obs) != 1 || !out.Obs[0].Stamp.At.Equal(epoch.Add(time.Second)) {
		t.Errorf("after the wait: %+v, want one at its arrival", out.Obs)
	}
}

func TestExampleDecodes(t *testing.T) {
	var doc map[string]any
	if _, err := toml.Decode(example, &doc); err != nil {
		t.Fatal(err)
	}
	dev := doc["lane"].(map[string]any)["device"].([]map[string]any)[0]
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(dev["settings"]); err != nil {
		t.Fatal(err)
	}
	sec := devices.Section{Link: dev["link"].(string), Decode: func(v any) error {
		md, err := toml.Decode(b.String(), v)
		if err == nil && len(md.Undecoded()) > 0 {
			err = fmt.Errorf("unknown %v", md.Undecoded())
		}
		return err
	}}
	if c, err := load(sec); err != nil || c.PlatformLength != 750 || c.Division != 20*quant.Kilogram || c.SpeedMax != 2778 {
		t.Errorf("load = %+v, %v", c, err)
	}
	if dev["driver"] != Kind {
		t.Errorf("driver %v, want %s", dev["driver"], Kind)
	}
	if _, err := Driver().NewSession(sec, devices.Env{}); err != nil {
		t.Error(err)
	}
}

func BenchmarkDecode(b *testing.B) {
	p := devicestest.Unhex(b, rest)
	d := Decoder{Checksum: Auto}
	n := 0
	take, fail := func(f *Frame) { n++ }, func(int64, error, []byte) {}
	b.ReportAllocs()
	for b.Loop() {
		d.Feed(p, take, fail)
	}
	if n == 0 {
		b.Fatal("no frame decoded")
	}
}

// BenchmarkSession is the whole path of a sample: frame, time, axle algorithm.
func BenchmarkSession(b *testing.B) {
	s := session(b, devices.Env{})
	p := devicestest.Unhex(b, "02 2A 30 20 20 20 20 20 20 30 20 20 20 20 20 30 0D")
	p = append(p, sum(p))
	var out devices.Out
	now := epoch
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(10 * time.Millisecond)
		s.Feed(now, p, &out)
		out.Reset()
	}
}

func TestDecodingDoesNotAllocate(t *testing.T) {
	p := devicestest.Unhex(t, rest)
	d := Decoder{Checksum: Auto}
	take, fail := func(*Frame) {}, func(int64, error, []byte) {}
	d.Feed(p, take, fail)
	if n := testing.AllocsPerRun(100, func() { d.Feed(p, take, fail) }); n > 0 {
		t.Errorf("%v allocations a frame, want 0", n)
	}
}
