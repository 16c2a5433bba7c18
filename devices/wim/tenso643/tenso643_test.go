package tenso643

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/internal/obs"
	"acsgd/internal/quant"

	"github.com/google/go-cmp/cmp"
)

// The two answers of one load that a public program quotes: with tenths and without.
const (
	tenths = "=  2859. "
	whole1 = "=   286.$"
)

// show is what a decoder makes of bytes, as text.
func show(p string, chunk int) (lines []string) {
	var d Decoder
	fail := func(at int64, err error, _ []byte) { lines = append(lines, fmt.Sprintf("%d! %v", at, err)) }
	for b := []byte(p); len(b) > 0; b = b[min(chunk, len(b)):] {
		d.Feed(append([]byte(nil), b[:min(chunk, len(b))]...), func(f *Frame) {
			lines = append(lines, fmt.Sprintf("%d %v stable %v %q", f.Offset, f.Mass, f.Stable, f.Raw))
		}, fail)
	}
	d.Flush(fail)
	return lines
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"tenths", tenths, []string{`0 285.9kg stable true "=  2859. "`}},
		{"kilograms", whole1, []string{`0 286kg stable true "=   286.$"`}},
		{"both, behind the answer to being selected, with line ends", "\xFF" + tenths + "\r\n" + whole1, []string{`1 285.9kg stable true "=  2859. "`, `12 286kg stable true "=   286.$"`}},
		{"in motion", "=   286.%", []string{`0 286kg stable false "=   286.%"`}},
		{"in motion, tenths", "=  2859.!", []string{`0 285.9kg stable false "=  2859.!"`}},
		{"nothing on it", "=     0.$", []string{`0 0kg stable true "=     0.$"`}},
		{"below zero", "=   -12.$", []string{`0 -12kg stable true "=   -12.$"`}},
		{"decimals", "= 12.345$", []string{`0 12.345kg stable true "= 12.345$"`}},
		{"all digits", "=999999.$", []string{`0 999999kg stable true "=999999.$"`}},
		{"decimals and tenths", "= 12.340 ", []string{"0! a point inside the number and a digit of tenths: which of them counts is not known"}},
		{"a status that is not known", "=   286.&", []string{"0! status 0x26 has bits that no source explains: the weight is not used"}},
		{"a status without its bit", "=   286.\x04", []string{"0! status 0x04 has bits that no source explains: the weight is not used"}},
		{"no point", "=   2860$", []string{"0! seven characters that are no weight with a point"}},
		{"no digits", "=      .$", []string{"0! seven characters that are no weight with a point"}},
		{"two points", "=  2.86.$", []string{"0! seven characters that are no weight with a point"}},
		{"a blank inside", "=  2 86.$", []string{"0! seven characters that are no weight with a point"}},
		{"cut off", tenths[:5], []string{"0! ends inside an answer"}},
		{"half an answer, then one", tenths[:5] + whole1, []string{"0! seven characters that are no weight with a point", `5 286kg stable true "=   286.$"`}},
		{"nothing but noise", strings.Repeat("x", 130), []string{"0! no answer among these bytes", "64! no answer among these bytes"}},
	} {
		got := show(c.in, 4)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

func TestTheSessionSelectsAndAsks(t *testing.T) {
	for settings, want := range map[string]string{"address = 12\n": "\x010012|\x10|\x10|", "address = 0\n": "\x10|\x10|\x10|"} {
		s, err := NewSession(devicestest.Settings(t, Kind, "pipe:x", settings), devices.Env{})
		if err != nil {
			t.Fatal(err)
		}
		sent, now := "", time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
		begin := now
		for range 3 {
			var out devices.Out
			s.Tick(now, &out)
			sent += string(out.Send) + "|"
			s.Feed(now.Add(30*time.Millisecond), []byte("\xFF"+whole1), &out)
			if len(out.Errs) > 0 {
				t.Errorf("%s: %v", settings, out.Errs)
			}
			now, _ = s.Deadline()
		}
		if sent != want || now.Sub(begin) != 600*time.Millisecond {
			t.Errorf("%s: sent %q, next after %v, want %q and 600ms", settings, sent, now.Sub(begin), want)
		}
	}
}

func TestRollingAxlesAreRefused(t *testing.T) {
	for settings, want := range map[string]string{
		`mode = "axles"`: "no checksum and answers too seldom", `address = 10000`: "address 10000", `poll = "20ms"`: "poll 20ms", `silence = "100ms"`: "silence 100ms",
	} {
		if _, err := load(devicestest.Settings(t, Kind, "pipe:x", settings)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", settings, err, want)
		}
	}
}

func TestStreamGivesOneWeighingAnAnswer(t *testing.T) {
	s, err := NewSession(devices.Section{Link: "tcp:127.0.0.1:4001"}, devices.Env{Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	var out devices.Out
	now := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	s.Tick(now, &out)
	s.Feed(now, []byte(tenths+"=   286.%"), &out)
	if len(out.Send) > 0 || len(out.Obs) != 2 {
		t.Fatalf("sent %q, %d observations", out.Send, len(out.Obs))
	}
	w, m := out.Obs[0].Body.(*obs.Weighing), out.Obs[1].Body.(*obs.Weighing)
	if w.Raw != 285_900*quant.Gram || !w.Stable || m.Stable || len(m.Flags) != 1 || m.Flags[0] != obs.InMotion {
		t.Errorf("%+v, %+v", w, m)
	}
}

func TestConformance(t *testing.T) {
	devicestest.Run(t, Driver(), devicestest.Script{Good: []byte(tenths + whole1), Want: 2, Stream: true, RawIsBytes: true})
}

func FuzzDecoder(f *testing.F) {
	for _, s := range []string{tenths, whole1, "\xFF" + tenths, "==  2859. ", "= 12.34"} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, p []byte, chunk int) {
		chunk = max(1, min(chunk, 100))
		if d := cmp.Diff(show(string(p), len(p)+1), show(string(p), chunk)); d != "" {
			t.Errorf("whole against pieces of %d:\n%s", chunk, d)
		}
		after := show(string(p)+whole1+whole1, 5)
		if len(after) == 0 || !strings.HasSuffix(after[len(after)-1], `286kg stable true "=   286.$"`) {
			t.Errorf("after %q the good answer is not found: %q", p, after)
		}
	})
}

func TestDecodingDoesNotAllocate(t *testing.T) {
	p := []byte(tenths)
	var d Decoder
	take, fail := func(*Frame) {}, func(int64, error, []byte) {}
	d.Feed(p, take, fail)
	if n := testing.AllocsPerRun(100, func() { d.Feed(p, take, fail) }); n > 0 {
		t.Errorf("%v allocations an answer, want 0", n)
	}
}
