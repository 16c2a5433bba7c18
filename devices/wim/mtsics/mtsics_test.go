package mtsics

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim"
	"acsgd/devices/wim/weigh"
	"acsgd/internal/obs"
	"acsgd/internal/quant"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// golden is the weight answer of the document, with its end.
const golden = "S S     100.00 g\r\n"

// show is what a decoder makes of bytes, as text.
func show(p string, chunk int, flush bool) (frames, fails []string) {
	d := Decoder{}
	fail := func(off int64, err error, raw []byte) { fails = append(fails, fmt.Sprintf("%d: %v %q", off, err, raw)) }
	for len(p) > 0 {
		n := min(chunk, len(p))
		d.Feed([]byte(p[:n]), func(f *Frame) {
			frames = append(frames, fmt.Sprintf("%d: %c %d g %q", f.Offset, f.Status, int64(f.Weight), f.Raw))
		}, fail)
		p = p[n:]
	}
	if flush {
		d.Flush(fail)
	}
	return frames, fails
}

func TestAnswersOfTheDocumentDecode(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{golden, `S 100 g`}, {"S D     100.00 g\r\n", `D 100 g`},
		{"S I\r\n", `I 0 g`}, {"S +\r\n", `+ 0 g`}, {"S -\r\n", `- 0 g`},
	} {
		for chunk := 1; chunk <= len(c.line); chunk++ {
			frames, fails := show(c.line, chunk, true)
			if want := fmt.Sprintf("0: %s %q", c.want, c.line); len(frames) != 1 || frames[0] != want || fails != nil {
				t.Errorf("%q by %d: %q, %q, want %q", c.line, chunk, frames, fails, want)
			}
		}
	}
}

func TestUnitsAndDecimals(t *testing.T) {
	for _, c := range []struct {
		field string
		want  int64
	}{
		{"     18420 kg", 18_420_000}, {"    125.50 kg", 125_500}, {"     18.42 t", 18_420_000},
		{"    -120.0 kg", -120_000}, {"     40000 lb", 18_143_695}, {"        16 oz", 454},
		{"       0.5 g", 1}, {"      -0.5 g", -1}, {"      0.49 g", 0}, {"       500 mg", 1}, {"       499 mg", 0},
		{"9999999999 t", 9_999_999_999_000_000}, {"9999999999 oz", 283_495_231_222},
		{"0.00000001 oz", 0}, {"9.99999999 t", 10_000_000}, {"         0 kg", 0},
	} {
		var f Frame
		if is, err := parse("S S "+c.field, &f); !is || err != nil || int64(f.Weight) != c.want {
			t.Errorf("%q: %d g, %v, want %d g", c.field, int64(f.Weight), err, c.want)
		}
	}
}

func TestEveryErrorHasItsNameAndOffset(t *testing.T) {
	for _, c := range []struct {
		name, line string
		want       error
	}{
		{"syntax", "ES\r\n", errSyntax}, {"transmission", "ET\r\n", errTransit}, {"logical", "EL\r\n", errLogical},
		{"no CR", "S S     100.00 g\n", errEnd}, {"a bit of the line's end flipped", "S S     100.00 g\x0f\n", errEnd},
		{"a control character", "S S \t   100.00 g\r\n", errBytes}, {"bit 7", "S S     1\xb00.00 g\r\n", errBytes},
		{"small letters", "error\r\n", errWord}, {"a long word", "SIRSI\r\n", errWord}, {"a blank first", " S\r\n", errWord},
		{"unknown status", "S X     100.00 g\r\n", errStatus}, {"no status", "S \r\n", errStatus}, {"two letters", "S SS\r\n", errStatus},
		{"overload with a value", "S +     100.00 g\r\n", errLayout},
		{"a lost byte", "S S    100.00 g\r\n", errLayout}, {"a byte too many", "S S      100.00 g\r\n", errLayout},
		{"no unit", "S S     100.00\r\n", errLayout}, {"cut before the unit", "S S     100.00 \r\n", errLayout},
		{"pieces are no mass", "S S     100.00 PCS\r\n", errUnit}, {"a blank behind the unit", "S S     100.00 g \r\n", errUnit},
		{"blank value", "S S            g\r\n", errValue}, {"minus alone", "S S          - g\r\n", errValue},
		{"a blank within", "S S     1 0.00 g\r\n", errValue}, {"two points", "S S     1.0.00 g\r\n", errValue},
		{"left-aligned", "S S 100.00     g\r\n", errValue}, {"point last", "S S       100. g\r\n", errValue},
		{"point first", "S S        .50 g\r\n", errValue}, {"dashes", "S S ---------- g\r\n", errValue},
		{"too long", strings.Repeat("S", wim.LineMax), wim.ErrLong},
	} {
		frames, fails := show(golden+c.line+"\r\n"+golden, 7, true)
		if want := fmt.Sprintf("18: %v %q", c.want, c.line); len(frames) != 2 || len(fails) != 1 || fails[0] != want {
			t.Errorf("%s: %q, %q, want both weights and %q", c.name, frames, fails, want)
		}
	}
}

func TestOtherAnswersMeanNothing(t *testing.T) {
	p := "I4 A \"0123456789\"\r\nZ A\r\nT S     100.00 g\r\nTAC A\r\nSIR\r\n\r\nSU S     100.00 g\r\nS\r\n"
	if frames, fails := show(p, 5, true); frames != nil || fails != nil {
		t.Errorf("%q, %q, want nothing", frames, fails)
	}
}

func TestALineWithoutEndIsCutOnce(t *testing.T) {
	p := strings.Repeat("x", 1000) + "\r\n" + golden
	frames, fails := show(p, 33, true)
	if len(frames) != 1 || len(fails) != 1 || !strings.HasPrefix(fails[0], "0: no end of line") {
		t.Errorf("%q, %q, want one cut and one weight", frames, fails)
	}
	frames, fails = show(golden+golden[:9], 4, true)
	if want := []string{`18: line without an end "S S     1"`}; len(frames) != 1 || !cmp.Equal(fails, want) {
		t.Errorf("a stream that ends within a line: %q, %q, want %q", frames, fails, want)
	}
}

func TestAnyWeightIsReadExactly(t *testing.T) {
	units := map[string]string{"kg": "1000", "g": "1", "t": "1000000", "mg": "0.001", "lb": "453.59237", "oz": "28.349523125"}
	rapid.Check(t, func(t *rapid.T) {
		value := fmt.Sprint(rapid.Int64Range(0, 99_999).Draw(t, "whole"))
		if rapid.Bool().Draw(t, "point") {
			value += "." + rapid.StringMatching(`[0-9]{1,3}`).Draw(t, "decimals")
		}
		name := rapid.SampledFrom([]string{"kg", "g", "t", "mg", "lb", "oz"}).Draw(t, "unit")
		want, _ := new(big.Rat).SetString(value)
		u, _ := new(big.Rat).SetString(units[name])
		want.Mul(want, u).Add(want, big.NewRat(1, 2))
		g := new(big.Int).Quo(want.Num(), want.Denom()).Int64()
		if rapid.Bool().Draw(t, "minus") {
			value, g = "-"+value, -g
		}
		line := fmt.Sprintf("S D %10s %s\r\n", value, name)
		frames, fails := show(line, rapid.IntRange(1, 20).Draw(t, "chunk"), true)
		if want := fmt.Sprintf("0: D %d g %q", g, line); len(frames) != 1 || frames[0] != want || fails != nil {
			t.Fatalf("%q, %q, want %q", frames, fails, want)
		}
	})
}

func FuzzDecoder(f *testing.F) {
	for _, s := range []string{golden, "S D     100.00 g\r\nS I\r\nS +\r\nS -\r\n", "ES\r\nET\r\nEL\r\nI4 A \"1\"\r\n", golden[:9] + golden, strings.Repeat("S", 300) + "\n"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, p string, chunk int) {
		chunk = max(1, min(chunk, 300))
		frames, fails := show(p, len(p)+1, true)
		frames2, fails2 := show(p, chunk, true)
		if d := cmp.Diff(frames, frames2) + cmp.Diff(fails, fails2); d != "" {
			t.Errorf("whole against chunks of %d:\n%s", chunk, d)
		}
		after, _ := show(p+"\r\n"+golden, chunk, false)
		if len(after) == 0 || !strings.HasSuffix(after[len(after)-1], fmt.Sprintf("S 100 g %q", golden)) {
			t.Errorf("after %q the good line is not found: %q", p, after)
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

func TestARecordingIsAskedNothing(t *testing.T) {
	s := session(t, devices.Env{Stream: true})
	var out devices.Out
	s.Tick(epoch, &out)
	s.Feed(epoch, []byte(golden+"S D     100.00 g\r\nS I\r\nS +\r\nS -\r\n"), &out)
	s.Finish(epoch.Add(time.Minute), &out)
	var lines []string
	for _, o := range out.Obs {
		w := o.Body.(*obs.Weighing)
		lines = append(lines, fmt.Sprintf("%v %v %v", w.Raw, w.Stable, w.Flags))
	}
	want := []string{"0.1kg true []", "0.1kg false [motion]", "0kg false [fault]", "0kg false [overload]", "0kg false [underload]"}
	if d := cmp.Diff(want, lines); d != "" || len(out.Send) > 0 {
		t.Errorf("sent %q, weighings (-want +got):\n%s", out.Send, d)
	}
}

// A silent indicator is asked at the start and after each silence; an answer that no weight
// can be given ends no silence.
func TestASilentIndicatorIsAskedAgain(t *testing.T) {
	for _, refusal := range []string{"", "S I\r\n", "ES\r\n"} {
		s := session(t, devices.Env{})
		var out devices.Out
		var got []string
		now := epoch
		for s.Tick(now, &out); out.Fail == nil && len(got) < 20; s.Tick(now, &out) {
			if len(out.Send) > 0 {
				got = append(got, fmt.Sprintf("%v %q", now.Sub(epoch), out.Send))
				s.Feed(now, []byte(refusal), &out)
			}
			for _, o := range out.Obs {
				got = append(got, fmt.Sprint(now.Sub(epoch), " ", o.Body.(*obs.Health).State))
			}
			at, ok := s.Deadline()
			if !ok {
				t.Fatal("no deadline although weights are due")
			}
			now = at
			out.Reset()
		}
		got = append(got, fmt.Sprint(now.Sub(epoch), " ", out.Fail))
		want := []string{`0s "SIR\r\n"`, `2s "SIR\r\n"`, "2s degraded", `4s "SIR\r\n"`, `6s "SIR\r\n"`, `8s "SIR\r\n"`, "10s mt-sics: no weight for 10s"}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("answered %q (-want +got):\n%s", refusal, d)
		}
	}
}

func TestAWeightEndsTheSilence(t *testing.T) {
	s := session(t, devices.Env{})
	var out devices.Out
	s.Tick(epoch, &out)
	s.Tick(epoch.Add(2*time.Second), &out)
	s.Feed(epoch.Add(2100*time.Millisecond), []byte("S S          0 kg\r\n"), &out)
	if at, ok := s.Deadline(); string(out.Send) != ask+ask || len(out.Obs) != 2 || !ok || at.Sub(epoch) != 4100*time.Millisecond {
		t.Errorf("sent %q, %d observations, Deadline %v; want two requests, degraded and online, 4.1 s", out.Send, len(out.Obs), at.Sub(epoch))
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
	if c, err := load(sec); err != nil || c.Mode != weigh.Static || c.Division != 20*quant.Kilogram || dev["driver"] != Kind {
		t.Errorf("load = %+v, %v of driver %v", c, err, dev["driver"])
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	bad := errors.New("bad")
	for _, decode := range []func(any) error{
		func(v any) error { v.(*Config).Silence = 0; return nil },
		func(v any) error { v.(*Config).Period = -1; return nil },
		func(v any) error { v.(*Config).Mode = "x"; return nil },
		func(any) error { return bad },
	} {
		if _, err := NewSession(devices.Section{Decode: decode}, devices.Env{}); err == nil {
			t.Error("accepted")
		}
	}
}

func TestDecodingDoesNotAllocate(t *testing.T) {
	p := []byte("S S      18420 kg\r\n")
	d := Decoder{}
	take, fail := func(*Frame) {}, func(int64, error, []byte) {}
	d.Feed(p, take, fail)
	if n := testing.AllocsPerRun(100, func() { d.Feed(p, take, fail) }); n > 0 {
		t.Errorf("%v allocations a line, want 0", n)
	}
}
