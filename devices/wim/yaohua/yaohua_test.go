package yaohua

import (
	"bytes"
	"errors"
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
)

// Frames that the manuals print.
const (
	a9Lorry = "02 2B 30 31 38 34 32 30 30 31 34 03"
	a9Minus = "02 2D 30 30 30 31 30 30 32 31 45 03"
	a26     = "3D 30 30 2E 31 30 30 30 2D" // =00.1000-
	a23p    = "3D 2D 30 30 30 31 2E 30 30" // =-0001.00
	a12e    = "57 47 30 30 34 2E 31 33 39 6B 67 33 44 0D 0A"
	over    = "20 20 20 20 20 20 20 20 20 4F 4C 32 33 0D 0A"
	a12     = "77 77 30 31 32 2E 35 30 30 6B 67"          // ww012.500kg
	command = "02 41 42 2B 30 31 38 34 32 30 30 31 37 03" // address A, gross
	under   = "20 20 20 20 20 20 20 20 20 4C 4F 32 33 0D 0A"
)

var goldens = []struct {
	format Format
	hex    string
	want   string
}{
	{A9, a9Lorry, "18420kg"},
	{A9, a9Minus, "-1kg"},
	{A26, a26, "-1kg"},
	{A23P, a23p, "-1kg"},
	{A12E, a12e, "4.139kg"},
	{A12E, over, "over"},
	{A12E, under, "under"},
	{A12, a12, "12.5kg"},
	{Command, command, "18420kg"},
}

// show is what a decoder makes of bytes, as text.
func show(format Format, p []byte, chunk int) (frames, fails []string) {
	d := Decoder{Format: format}
	take := func(f *Frame) {
		what := f.Weight(quant.Kilogram).String()
		switch {
		case f.Over:
			what = "over"
		case f.Under:
			what = "under"
		case f.Net:
			what += " net"
		}
		frames = append(frames, fmt.Sprintf("%d: %s raw %X", f.Offset, what, f.Raw))
	}
	fail := func(off int64, err error, raw []byte) { fails = append(fails, fmt.Sprintf("%d: %v %X", off, err, raw)) }
	for len(p) > 0 {
		n := min(chunk, len(p))
		d.Feed(append([]byte(nil), p[:n]...), take, fail)
		p = p[n:]
	}
	d.Flush(take, fail)
	return frames, fails
}

func TestFramesOfTheManualsDecode(t *testing.T) {
	for _, c := range goldens {
		p := devicestest.Unhex(t, c.hex)
		for chunk := 1; chunk <= len(p); chunk++ {
			frames, fails := show(c.format, p, chunk)
			if want := fmt.Sprintf("0: %s raw %X", c.want, p); len(frames) != 1 || frames[0] != want || fails != nil {
				t.Errorf("%s in pieces of %d: %q, %q, want %q", c.format, chunk, frames, fails, want)
			}
		}
	}
}

func TestAnotherFormatIsNoWeight(t *testing.T) {
	for _, c := range goldens {
		for _, other := range []Format{A9, A26, A23P, A12E, A12, Command} {
			p := bytes.Repeat(devicestest.Unhex(t, c.hex), 3)
			if frames, fails := show(other, p, 4); other != c.format && (len(frames) > 0 || len(fails) == 0) {
				t.Errorf("%s read as %s: %q, %q, want errors alone", c.format, other, frames, fails)
			}
		}
	}
}

func TestSevenBitLinesSetBitSeven(t *testing.T) {
	for _, c := range goldens {
		p := devicestest.Unhex(t, c.hex)
		for i := range p {
			p[i] |= byte(i%2) << 7
		}
		if frames, fails := show(c.format, p, 3); len(frames) != 1 || fails != nil {
			t.Errorf("%s with bit 7 set: %q, %q, want one frame", c.format, frames, fails)
		}
	}
}

func TestAddedLineEndsAreNoError(t *testing.T) {
	for _, c := range goldens {
		p := devicestest.Unhex(t, strings.Repeat(c.hex+"0D 0A", 3))
		if frames, fails := show(c.format, p, 5); len(frames) != 3 || fails != nil {
			t.Errorf("%s with line ends: %d frames, %q, want 3", c.format, len(frames), fails)
		}
	}
}

func TestTheDecoderFindsTheNextGoodFrame(t *testing.T) {
	for _, c := range goldens {
		good := devicestest.Unhex(t, c.hex)
		damaged := bytes.Clone(good)
		damaged[4] ^= 0x40
		for _, b := range []struct {
			name   string
			before []byte
			fails  int
		}{
			{"nothing", nil, 0}, {"noise", []byte{0x55, 0xAA, 0x0D, 0x7F}, 1}, {"half a frame", good[:len(good)/2], 1},
			{"many first bytes", bytes.Repeat(good[:1], 5), 1}, {"a damaged frame", damaged, 1}, {"two damaged frames", append(damaged[:len(damaged):len(damaged)], damaged...), 2},
		} {
			p := append(append(bytes.Clone(b.before), good...), good...)
			frames, fails := show(c.format, p, 4)
			if len(frames) != 2 || len(fails) != b.fails {
				t.Errorf("%s %s after %s: %q, %q; want 2 frames and %d errors", c.format, c.want, b.name, frames, fails, b.fails)
			}
		}
	}
}

func TestACutFrameIsReportedAtTheEnd(t *testing.T) {
	for _, c := range goldens {
		p := devicestest.Unhex(t, c.hex)
		for n := 1; n < len(p); n++ {
			frames, fails := show(c.format, p[:n], 2)
			if len(frames) != 0 || len(fails) != 1 || !strings.Contains(fails[0], errCut.Error()) {
				t.Errorf("%s cut after %d bytes: %q, %q, want an error alone", c.format, n, frames, fails)
			}
		}
	}
}

func TestWhatAFrameMustBe(t *testing.T) {
	for _, c := range []struct {
		name   string
		format Format
		frame  string
		want   error
	}{
		{"a flipped digit", A9, "\x02+01842101" + "4\x03", errChecksum},
		{"no ETX", A9, "\x02+018420014\x02", errEnd},
		{"no sign", A9, "\x02 0184200", errSign},
		{"five decimals", A9, "\x02+0184205", errDecimals},
		{"blanks", A9, "\x02+ 184200", errField},
		{"a point among the digits", A9, "\x02+01.4200", errField},
		{"sign of none", A26, "=00.1000+", errSign},
		{"two points", A26, "=0..1000-", errField},
		{"no digits", A23P, "=0      .", errField},
		{"pounds", A12E, "WG004.139lb", errText},
		{"a letter", A12E, "WG0O4.139kg", errField},
		{"blanks alone", A12E, "           ", errText},
		{"tare of none", A12, "wx012.500kg", errText},
		{"pounds", A12, "ww012.500lb", errText},
		{"a letter", A12, "wwO12.500kg", errField},
		{"a sign alone", A12, "ww-      kg", errField},
		{"a sign alone", A12E, "WG-      kg", errField},
	} {
		p := []byte(c.frame)
		switch {
		case c.format == A9 && len(p) == 9: // sums are made here: the tests are of the other fields
			x := xor(p[1:])
			p = append(p, nibble(x>>4), nibble(x), etx)
		case c.format == A12E:
			x := xor(p)
			p = append(p, nibble(x>>4), nibble(x), cr, lf)
		}
		if err := layouts[c.format].parse(p, &Frame{}); !errors.Is(err, c.want) {
			t.Errorf("%s %s: %v, want %v", c.format, c.name, err, c.want)
		}
	}
}

func TestPlacesAndUnits(t *testing.T) {
	for _, c := range []struct {
		digits   int64
		decimals int
		unit     quant.Mass
		want     quant.Mass
	}{
		{18420, 0, quant.Kilogram, quant.Kg(18420)},
		{1842, 2, quant.Tonne, quant.Kg(18420)},
		{12345, 4, quant.Kilogram, 1235},
		{-12345, 4, quant.Kilogram, -1235},
		{9999999, 0, quant.Tonne, 9999999 * quant.Tonne},
		{0, 4, quant.Tonne, 0},
	} {
		f := Frame{Digits: c.digits, Decimals: c.decimals}
		if got := f.Weight(c.unit); got != c.want {
			t.Errorf("%d with %d decimals in %v = %v, want %v", c.digits, c.decimals, c.unit, got, c.want)
		}
	}
}

func TestWholeNumbersOfA12E(t *testing.T) {
	for s, want := range map[string]string{"018420 ": "18420kg", "-00120 ": "-120kg", "-04.139": "-4.139kg"} {
		for mode, tail := range map[string]string{"G": "", "N": " net"} {
			p := []byte("W" + mode + s + "kg")
			x := xor(p)
			p = append(p, nibble(x>>4), nibble(x), cr, lf)
			if frames, fails := show(A12E, p, 15); len(frames) != 1 || !strings.HasPrefix(frames[0], "0: "+want+tail+" raw") {
				t.Errorf("%q: %q, %q, want %s%s", p, frames, fails, want, tail)
			}
		}
	}
}

func FuzzDecoder(f *testing.F) {
	for _, c := range goldens {
		f.Add(devicestest.Unhex(f, c.hex), 3)
		f.Add(append(devicestest.Unhex(f, c.hex+"0D 0A")[3:], devicestest.Unhex(f, c.hex)...), 1)
	}
	f.Fuzz(func(t *testing.T, p []byte, chunk int) {
		chunk = max(1, min(chunk, 100))
		for _, c := range goldens {
			frames, fails := show(c.format, p, len(p)+1)
			frames2, fails2 := show(c.format, p, chunk)
			if d := cmp.Diff(frames, frames2) + cmp.Diff(fails, fails2); d != "" {
				t.Errorf("%s: whole against chunks of %d:\n%s", c.format, chunk, d)
			}
			good := devicestest.Unhex(t, c.hex)
			after, _ := show(c.format, append(bytes.Clone(p), good...), 5)
			if len(after) == 0 || !strings.HasSuffix(after[len(after)-1], fmt.Sprintf("%s raw %X", c.want, good)) {
				t.Errorf("%s: after %X the good frame is not found: %q", c.format, p, after)
			}
		}
	})
}

var epoch = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

func session(t testing.TB, env devices.Env, link string, change func(*Config)) *weigh.Listener {
	t.Helper()
	s, err := NewSession(devices.Section{Link: link, Decode: func(v any) error { change(v.(*Config)); return nil }}, env)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*weigh.Listener)
}

// weighings are the observations of a stream, as text.
func weighings(out *devices.Out) (lines []string) {
	for _, o := range out.Obs {
		w := o.Body.(*obs.Weighing)
		lines = append(lines, fmt.Sprintf("%s %v stable %v %v", o.Stamp.At.Format("05.0000"), w.Raw, w.Stable, w.Flags))
	}
	return lines
}

func TestStabilityIsDerived(t *testing.T) {
	s := session(t, devices.Env{Stream: true}, "serial:/dev/null?baud=9600", func(*Config) {})
	var out devices.Out
	var stable []bool
	for i := range 16 {
		out.Reset()
		s.Feed(epoch.Add(time.Duration(i)*100*time.Millisecond), devicestest.Unhex(t, a9Lorry), &out)
		stable = append(stable, out.Obs[0].Body.(*obs.Weighing).Stable)
	}
	for i, got := range stable {
		if want := i >= 10; got != want {
			t.Errorf("at rest for %d00 ms: stable %v, want %v", i, got, want)
		}
	}
	out.Reset()
	s.Feed(epoch.Add(1600*time.Millisecond), devicestest.Unhex(t, a9Minus), &out)
	if d := cmp.Diff([]string{"01.5875 -1kg stable false [motion]"}, weighings(&out)); d != "" {
		t.Errorf("after a jump (-want +got):\n%s", d)
	}
	if !bytes.Equal(out.Obs[0].Raw, devicestest.Unhex(t, a9Minus)) {
		t.Errorf("Raw = %X", out.Obs[0].Raw)
	}
}

func TestNoWeightIsSaidToBeNone(t *testing.T) {
	s := session(t, devices.Env{Stream: true}, "tcp:127.0.0.1:4001", func(c *Config) { c.Format = A12E })
	net := []byte("WN004.139kg")
	x := xor(net)
	net = append(net, nibble(x>>4), nibble(x), cr, lf)
	var out devices.Out
	s.Feed(epoch, append(devicestest.Unhex(t, over+under), net...), &out)
	want := []string{"00.0000 0kg stable false [overload]", "00.0200 0kg stable false [underload]", "00.0400 4.139kg stable false [fault]"}
	if d := cmp.Diff(want, weighings(&out)); d != "" {
		t.Errorf("weighings (-want +got):\n%s", d)
	}
}

func TestTonnes(t *testing.T) {
	s := session(t, devices.Env{Stream: true}, "tcp:127.0.0.1:4001", func(c *Config) { c.Format, c.Unit = A26, "t" })
	var out devices.Out
	s.Feed(epoch, devicestest.Unhex(t, a26), &out)
	if d := cmp.Diff([]string{"00.0000 -1000kg stable false [motion]"}, weighings(&out)); d != "" {
		t.Errorf("weighings (-want +got):\n%s", d)
	}
}

func TestWrongSettingsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"a format to be guessed": func(c *Config) { c.Format = "auto" },
		"no format":              func(c *Config) { c.Format = "" },
		"pounds":                 func(c *Config) { c.Unit = "lb" },
		"tonnes of a12e":         func(c *Config) { c.Format, c.Unit = A12E, "t" },
	} {
		if _, err := load(devices.Section{Decode: func(v any) error { change(v.(*Config)); return nil }}); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestExampleDecodes(t *testing.T) {
	var doc struct {
		Lane struct {
			Device []struct {
				Driver, Link string
				Settings     map[string]any
			}
		}
	}
	if _, err := toml.Decode(example, &doc); err != nil {
		t.Fatal(err)
	}
	dev := doc.Lane.Device[0]
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(dev.Settings); err != nil {
		t.Fatal(err)
	}
	c, err := load(devices.Section{Link: dev.Link, Decode: func(v any) error {
		md, err := toml.Decode(b.String(), v)
		if err == nil && len(md.Undecoded()) > 0 {
			err = fmt.Errorf("unknown %v", md.Undecoded())
		}
		return err
	}})
	if err != nil || c.Format != A9 || c.PlatformLength != 750 || dev.Driver != Kind {
		t.Errorf("load = %+v, %v, driver %v", c, err, dev.Driver)
	}
}

func BenchmarkDecode(b *testing.B) {
	p := devicestest.Unhex(b, a9Lorry)
	d := Decoder{Format: A9}
	n := 0
	take, fail := func(*Frame) { n++ }, func(int64, error, []byte) {}
	b.ReportAllocs()
	for b.Loop() {
		d.Feed(p, take, fail)
	}
	if n == 0 {
		b.Fatal("no frame decoded")
	}
}

func TestDecodingDoesNotAllocate(t *testing.T) {
	for _, c := range goldens {
		p := devicestest.Unhex(t, c.hex)
		d := Decoder{Format: c.format}
		take, fail := func(*Frame) {}, func(int64, error, []byte) {}
		d.Feed(p, take, fail)
		if n := testing.AllocsPerRun(100, func() { d.Feed(p, take, fail) }); n > 0 {
			t.Errorf("%s: %v allocations a frame, want 0", c.format, n)
		}
	}
}

func TestTareAndNetOfA12(t *testing.T) {
	s, err := NewSession(devicestest.Settings(t, Kind, "tcp:127.0.0.1:4001", `format = "a12"`), devices.Env{Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	var out devices.Out
	s.Feed(epoch, []byte("wt010.000kg\r\nwn008.420kg\r\nww  -12.5kg\r\n"), &out)
	var got []string
	for _, o := range out.Obs {
		w := o.Body.(*obs.Weighing)
		got = append(got, fmt.Sprint(w.Raw, w.Flags))
	}
	if d := cmp.Diff([]string{"8.42kg [fault]", "-12.5kg [motion]"}, got); d != "" || len(out.Errs) > 0 {
		t.Errorf("%s errors %v", d, out.Errs)
	}
}

func TestCommandModeAsksAndTakesItsOwnAnswers(t *testing.T) {
	s, err := NewSession(devicestest.Settings(t, Kind, "tcp:127.0.0.1:4001", "format = \"command\"\npoll = \"50ms\"\nmode = \"static\"\n"), devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	// The request of the manual for address A, and an echo of it before each answer.
	request := string(devicestest.Unhex(t, "02 41 42 30 33 03"))
	answer := string(devicestest.Unhex(t, command))
	var out devices.Out
	now := epoch
	for i := range 4 {
		out.Reset()
		s.Tick(now, &out)
		if string(out.Send) != request {
			t.Fatalf("request %d is % X", i, out.Send)
		}
		s.Feed(now.Add(25*time.Millisecond), []byte(request+answer), &out)
		if len(out.Errs) > 0 || out.Frames != 1 {
			t.Errorf("answer %d: %d frames, errors %v", i, out.Frames, out.Errs)
		}
		if next, ok := s.Deadline(); !ok || next.Sub(now) != 50*time.Millisecond {
			t.Errorf("next request after %v, %v", next.Sub(now), ok)
		}
		now = now.Add(50 * time.Millisecond)
	}
	out.Reset()
	other := bytes.Clone([]byte(answer))
	for _, change := range []struct{ at int }{{1}, {2}} { // of address B; of command C: both sums stay right
		p := bytes.Clone(other)
		x := xor(p[1:11]) ^ p[change.at]
		p[change.at]++
		x ^= p[change.at]
		p[11], p[12] = nibble(x>>4), nibble(x)
		s.Feed(now, p, &out)
	}
	if out.Frames != 0 || len(out.Errs) > 0 {
		t.Errorf("answers to others: %d frames, errors %v", out.Frames, out.Errs)
	}
	for _, bad := range []string{"format = \"command\"\naddress = \"a\"", "format = \"command\"\npoll = \"1ms\"", "format = \"a12\"\nunit = \"t\"", `format = "b"`} {
		if _, err := load(devicestest.Settings(t, Kind, "tcp:a:1", bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
