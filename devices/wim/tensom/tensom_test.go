package tensom

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

// got is what a decoder makes of bytes, as text.
func got(p []byte, chunk int) (frames, fails []string) {
	var d Decoder
	for len(p) > 0 {
		n := min(chunk, len(p))
		d.Feed(p[:n], func(f *Frame) {
			frames = append(frames, fmt.Sprintf("%d adr %d/%d op %02X data %X raw %X", f.Offset, f.Addr, f.Serial, byte(f.Op), f.Data, f.Raw))
		}, func(off int64, err error, _ []byte) { fails = append(fails, fmt.Sprintf("%d: %v", off, err)) })
		p = p[n:]
	}
	return frames, fails
}

func TestRequestsAreThoseOfTheProtocol(t *testing.T) {
	for want, r := range map[string]struct {
		addr byte
		op   Op
	}{
		"FF01C3E3FFFF": {1, OpGross}, "FF02C3E6FFFF": {2, OpGross}, "FF01C28AFFFF": {1, OpNet},
		"FF01C058FFFF": {1, OpZero}, "FF01BFCBFFFF": {1, OpStatus}, "FF01A1A8FFFF": {1, OpSerial},
		"FF01CD0FFFFF": {1, OpMode},
	} {
		if got := Append(nil, r.addr, 0, r.op); !bytes.Equal(got, devicestest.Unhex(t, want)) {
			t.Errorf("Append(%d, %02X) = %X, want %s", r.addr, byte(r.op), got, want)
		}
	}
}

func TestAnswersDecode(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		want      Weight
	}{
		{"a gross weight at rest", "FF 01 C3 20 84 01 10 70 FF FF", Weight{Mass: quant.Kg(18420), Stable: true}},
		{"minus, one digit after the point", "FF 01 C3 55 12 00 91 08 FF FF", Weight{Mass: -125500, Stable: true}},
		{"zero", "FF 01 C3 00 00 00 10 5B FF FF", Weight{Stable: true}},
		{"a CRC of FF is stuffed", "FF 01 C3 69 00 00 10 FF FE FF FF", Weight{Mass: quant.Kg(69), Stable: true}},
	} {
		for chunk := 1; chunk < 12; chunk++ {
			n := 0
			var d Decoder
			p := devicestest.Unhex(t, c.hex)
			for i := 0; i < len(p); i += chunk {
				d.Feed(p[i:min(i+chunk, len(p))], func(f *Frame) {
					n++
					w, err := f.Weight()
					if err != nil || w != c.want {
						t.Errorf("%s: Weight() = %+v, %v, want %+v", c.name, w, err, c.want)
					}
					if !bytes.Equal(f.Raw, p) {
						t.Errorf("%s: Raw = %X, want %X", c.name, f.Raw, p)
					}
				}, func(off int64, err error, _ []byte) { t.Errorf("%s: offset %d: %v", c.name, off, err) })
			}
			if n != 1 {
				t.Errorf("%s, chunks of %d: %d frames, want 1", c.name, chunk, n)
			}
		}
	}
}

func TestStatusBitsOfAWeight(t *testing.T) {
	f := Frame{Data: []byte{0x99, 0x99, 0x99, 0x6F}}
	w, err := f.Weight()
	if want := (Weight{Mass: 100, Overload: true, Event: true, Second: true}); err != nil || w != want {
		t.Errorf("Weight() = %+v, %v, want %+v", w, err, want)
	}
	for _, data := range [][]byte{{0x1A, 0, 0, 0}, {0, 0xA0, 0, 0}, {0, 0, 0}, nil} {
		if w, err := (&Frame{Data: data}).Weight(); err == nil {
			t.Errorf("Weight of %X = %+v, want an error", data, w)
		}
	}
}

func TestTheDecoderFindsTheNextGoodFrame(t *testing.T) {
	const good = "FF01C32084011070FFFF"
	const want = "adr 1/0 op C3 data 20840110 raw " + good
	for _, c := range []struct {
		name, before string
		fails        []string
	}{
		{"after nothing", "", nil},
		{"after fill bytes", "FFFFFF", []string{"0: frame too short"}},
		{"after noise", "00 55", []string{"0: bytes outside a frame"}},
		{"after half a frame", "FF 01 C3 20 84", []string{"0: frame cut off by the next one"}},
		{"after a frame that lost its last FF", "FF 01 C3 20 84 01 10 70 FF", nil},
		{"after a frame with a flipped bit", "FF 01 C3 21 84 01 10 70 FF FF", []string{"0: CRC error"}},
		{"after an empty frame", "FF 01 FF FF", []string{"0: frame too short"}},
		{"after a frame that never ends", "FF 01" + strings.Repeat("00", 5000), []string{"0: frame cut off by the next one"}},
	} {
		if c.name == "after fill bytes" {
			c.fails = nil
		}
		frames, fails := got(append(devicestest.Unhex(t, c.before), devicestest.Unhex(t, good+good)...), 7)
		if len(frames) == 0 || !strings.HasSuffix(frames[len(frames)-1], want) {
			t.Errorf("%s: frames %q, want %q last", c.name, frames, want)
		}
		if d := cmp.Diff(c.fails, fails); d != "" {
			t.Errorf("%s: errors (-want +got):\n%s", c.name, d)
		}
	}
}

func TestSerialNumberAsAddress(t *testing.T) {
	p := Append(nil, 0, 0xFF3039, OpGross)
	frames, fails := got(p, 1)
	want := fmt.Sprintf("0 adr 0/%d op C3 data  raw %X", 0xFF3039, p)
	if len(frames) != 1 || frames[0] != want || fails != nil {
		t.Errorf("%X = %q, %q, want %q", p, frames, fails, want)
	}
	if !bytes.Contains(p, []byte{0x30, 0xFF, 0xFE}) {
		t.Errorf("%X: the FF of the serial number is not stuffed", p)
	}
}

func TestEveryFrameSurvivesTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "data")
		addr := rapid.ByteRange(1, 159).Draw(t, "addr")
		p := Append(nil, addr, 0, OpText, data...)
		frames, fails := got(p, rapid.IntRange(1, 9).Draw(t, "chunk"))
		want := fmt.Sprintf("0 adr %d/0 op C6 data %X raw %X", addr, data, p)
		if len(frames) != 1 || frames[0] != want || len(fails) > 0 {
			t.Fatalf("%X = %q, %q, want %q", p, frames, fails, want)
		}
	})
}

func FuzzDecoder(f *testing.F) {
	for _, s := range []string{"FF01C32084011070FFFF", "FF01C369000010FFFEFFFF", "FFFFFE00FFFF", "FF00393000C3"} {
		f.Add(devicestest.Unhex(f, s), 3)
	}
	f.Fuzz(func(t *testing.T, p []byte, chunk int) {
		chunk = max(1, min(chunk, 100))
		frames, fails := got(p, len(p)+1)
		frames2, fails2 := got(p, chunk)
		if d := cmp.Diff(frames, frames2) + cmp.Diff(fails, fails2); d != "" {
			t.Errorf("whole against chunks of %d:\n%s", chunk, d)
		}
		good := []byte{0xFF, 0x01, 0xC3, 0x20, 0x84, 0x01, 0x10, 0x70, 0xFF, 0xFF}
		after, _ := got(append(append(append([]byte(nil), p...), good...), good...), 5)
		if len(after) < len(frames)+1 || !strings.HasSuffix(after[len(after)-1], fmt.Sprintf("raw %X", good)) {
			t.Errorf("after %X the good frame is not found: %q", p, after)
		}
	})
}

var epoch = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

func session(t testing.TB, env devices.Env, change func(*Config)) *Session {
	t.Helper()
	c := defaults()
	if change != nil {
		change(&c)
	}
	s, err := newSession(c, devices.Section{Link: "tcp:127.0.0.1:4001"}, env)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStreamGivesOneWeighingAFrame(t *testing.T) {
	s := session(t, devices.Env{Stream: true}, nil)
	var out devices.Out
	s.Tick(epoch, &out)
	s.Feed(epoch, devicestest.Unhex(t, "FF01C3E3FFFF FF01C32084011070FFFF FF02C32084011055FFFF FF01C35512009108FFFF"), &out)
	if len(out.Send) != 0 || out.Fail != nil {
		t.Errorf("sends %X, fails %v, want to listen only", out.Send, out.Fail)
	}
	var masses []string
	for i, o := range out.Obs {
		w := o.Body.(*obs.Weighing)
		masses = append(masses, w.Raw.String())
		if !w.HasRaw || !w.Stable || w.Mode != obs.Static || len(w.Flags) != 0 || len(o.Raw) != 10 {
			t.Errorf("observation %d = %+v with %X", i, w, o.Raw)
		}
		if want := epoch.Add(time.Duration(i) * 20 * time.Millisecond); !o.Stamp.At.Equal(want) {
			t.Errorf("observation %d at %v, want %v: a recording advances by the poll interval", i, o.Stamp.At, want)
		}
	}
	if d := cmp.Diff([]string{"18420kg", "-125.5kg"}, masses); d != "" {
		t.Errorf("masses (-want +got):\n%s", d)
	}
}

func TestTheSessionPollsRetriesAndGivesUp(t *testing.T) {
	s := session(t, devices.Env{}, func(c *Config) { c.Silence = 2 * time.Second })
	var out devices.Out
	req := devicestest.Unhex(t, "FF01C3E3FFFF")
	now := epoch
	s.Tick(now, &out)
	if !bytes.Equal(out.Send, req) {
		t.Fatalf("first Tick sends %X, want %X", out.Send, req)
	}
	out.Reset()
	s.Feed(now.Add(5*time.Millisecond), append(append([]byte(nil), req...), devicestest.Unhex(t, "FF01C32084011070FFFF")...), &out)
	if at, ok := s.Deadline(); !ok || !at.Equal(now.Add(20*time.Millisecond)) || len(out.Send) != 0 {
		t.Errorf("after the answer Deadline = %v, %v, sends %X; want the next poll after 20 ms", at.Sub(epoch), ok, out.Send)
	}
	polls, degraded := 0, 0
	for out.Fail == nil && polls < 100 {
		now, _ = s.Deadline()
		out.Reset()
		s.Tick(now, &out)
		if bytes.Equal(out.Send, req) {
			polls++
		}
		for _, o := range out.Obs {
			if h, ok := o.Body.(*obs.Health); ok && h.State == obs.Degraded {
				degraded = polls
			}
		}
	}
	if degraded != 5 || out.Fail == nil || polls > 16 {
		t.Errorf("degraded at poll %d, gave up after %d (%v); want 5 (one and three retries), within 2 s", degraded, polls, out.Fail)
	}
	out.Reset()
	s.Feed(now, devicestest.Unhex(t, "FF01C32084011070FFFF"), &out)
	if len(out.Obs) == 0 || out.Obs[0].Body.(*obs.Health).State != obs.Online {
		t.Errorf("an answer after the silence gives %v, want online", out.Obs)
	}
}

func TestErrorsOfTheIndicatorAreReported(t *testing.T) {
	s := session(t, devices.Env{}, nil)
	var out devices.Out
	s.Tick(epoch, &out)
	s.Feed(epoch.Add(time.Millisecond), Append(nil, 1, 0, OpError, 0x03), &out)
	if len(out.Errs) != 1 || !strings.Contains(out.Errs[0].Reason, "outside the zero range") {
		t.Errorf("errors %v, want the zero range", out.Errs)
	}
	out.Reset()
	s.Feed(epoch.Add(2*time.Millisecond), devicestest.Unhex(t, "FF01C31A840110"), &out)
	if len(out.Obs) != 0 {
		t.Errorf("half a frame gives %v", out.Obs)
	}
}

func TestForeignFramesMeanNothing(t *testing.T) {
	s := session(t, devices.Env{}, nil)
	var out devices.Out
	s.Tick(epoch, &out)
	out.Reset()
	s.Feed(epoch.Add(time.Millisecond), append(Append(nil, 2, 0, OpGross, 0x20, 0x84, 0x01, 0x10), Append(nil, 1, 0, OpNet, 0x20, 0x84, 0x01, 0x10)...), &out)
	if len(out.Obs)+len(out.Errs)+len(out.Send) != 0 || !s.waiting {
		t.Errorf("answers of address 2 and of another command give %+v", out)
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
	sec := devices.Section{Driver: Kind, Link: dev["link"].(string), Decode: func(v any) error {
		md, err := toml.Decode(b.String(), v)
		if err == nil && len(md.Undecoded()) > 0 {
			err = fmt.Errorf("unknown %v", md.Undecoded())
		}
		return err
	}}
	if dev["driver"] != Kind {
		t.Errorf("driver %v, want %s", dev["driver"], Kind)
	}
	c, err := load(sec)
	if err != nil || c.PlatformLength != 750 || c.Poll != 20*time.Millisecond || c.Mode != weigh.Axles {
		t.Errorf("load = %+v, %v", c, err)
	}
	if _, err := Driver().NewSession(sec, devices.Env{}); err != nil {
		t.Error(err)
	}
}

func TestWrongSettingsAreAllNamed(t *testing.T) {
	_, err := load(devices.Section{Decode: func(v any) error {
		c := v.(*Config)
		c.Address, c.Poll, c.Mode, c.Division = 200, 0, "rolling", 0
		return nil
	}})
	for _, want := range []string{"address 200", "poll 0s", `mode "rolling"`, "division 0kg"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to name %s", err, want)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	p := devicestest.Unhex(b, "FF01C32084011070FFFF")
	var d Decoder
	n := 0
	take := func(f *Frame) {
		if w, err := f.Weight(); err == nil && w.Stable {
			n++
		}
	}
	fail := func(int64, error, []byte) {}
	b.ReportAllocs()
	for b.Loop() {
		d.Feed(p, take, fail)
	}
	if n == 0 {
		b.Fatal("no frame decoded")
	}
}

func TestDecodingDoesNotAllocate(t *testing.T) {
	p := devicestest.Unhex(t, "FF01C32084011070FFFF")
	var d Decoder
	take, fail := func(f *Frame) {}, func(int64, error, []byte) {}
	d.Feed(p, take, fail)
	if n := testing.AllocsPerRun(100, func() { d.Feed(p, take, fail) }); n > 0 {
		t.Errorf("%v allocations a frame, want 0", n)
	}
}
