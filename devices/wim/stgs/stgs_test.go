package stgs

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

// The samples of the protocol documents.
const (
	dini = "ST,GS,   18420,kg\r\n"
	and  = "ST,+00018420  kg\r\n"
)

// show is what a decoder makes of bytes, as text.
func show(address, p string, chunk int) (lines []string) {
	d := newDecoder(address)
	take := func(r *weigh.Reading) {
		lines = append(lines, strings.TrimSpace(fmt.Sprint(r.Indicated, " gross ", r.Sample.Raw, " ", state(r))))
	}
	fail := func(at int64, err error, _ []byte) { lines = append(lines, fmt.Sprintf("%d! %v", at, err)) }
	for b := []byte(p); len(b) > 0; b = b[min(chunk, len(b)):] {
		d.Feed(b[:min(chunk, len(b))], take, fail)
	}
	d.Flush(take, fail)
	return lines
}

func state(r *weigh.Reading) string {
	var s []string
	for _, f := range []struct {
		on   bool
		name string
	}{{r.Stable, "stable"}, {r.Motion, "motion"}, {r.Overload, "over"}, {r.Underload, "under"}, {r.Zero, "zero"}, {r.Net, "net"}, {r.Fault, "fault"}} {
		if f.on {
			s = append(s, f.name)
		}
	}
	return strings.Join(s, " ")
}

func TestLinesOfTheDocumentsDecode(t *testing.T) {
	for _, in := range []string{dini, and} {
		for chunk := 1; chunk <= len(in); chunk++ {
			if d := cmp.Diff([]string{"18420kg gross 18420kg stable"}, show("", in, chunk)); d != "" {
				t.Errorf("%q in pieces of %d (-want +got):\n%s", in, chunk, d)
			}
		}
	}
}

func TestVariants(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"with address", "01" + dini, []string{"18420kg gross 18420kg stable"}},
		{"CR alone, LF alone", "ST,GS,   18420,kg\rST,GS,   18440,kg\n", []string{"18420kg gross 18420kg stable", "18440kg gross 18440kg stable"}},
		{"in motion", "US,GS,   18420,kg\r\n", []string{"18420kg gross 18420kg motion"}},
		{"minus before blanks", "ST,GS,-    120,kg\r\n", []string{"-120kg gross -120kg stable"}},
		{"minus behind blanks", "ST,GS,    -120,kg\r\n", []string{"-120kg gross -120kg stable"}},
		{"tonnes with a point", "ST,GS,  18.420, t\r\n", []string{"18420kg gross 18420kg stable"}},
		{"pounds", "ST,GS,   40000,lb\r\n", []string{"18143.695kg gross 18143.695kg stable"}},
		{"grams", "ST,GS,     500, g\r\n", []string{"0.5kg gross 0.5kg stable"}},
		{"CAS: device 1, lamps stable, gross, zero", "ST,GS,1\xC5,00000000 kg\r\n", []string{"0kg gross 0kg stable zero"}},
		{"over range", "OL,GS,--------,kg\r\n", []string{"0kg gross 0kg over"}},
		{"over range, as A&D", "OL,+9999999E+19\r\n", []string{"0kg gross 0kg over"}},
		{"under range", "UL,GS,        ,kg\r\n", []string{"0kg gross 0kg under"}},
		{"an unknown status word", "QT,GS,   18420,kg\r\n", []string{"0! unknown status word"}},
		{"a status word in small letters", "st,GS,   18420,kg\r\n", []string{"0! unknown status word"}},
		{"an error message", "ERR 01\r\n" + dini, []string{"0! unknown status word", "18420kg gross 18420kg stable"}},
		{"status and mode run together", "STGS,   18420,kg\r\n", []string{"0! unknown status word"}},
		{"mode and number run together", "ST,GS18420,kg\r\n", []string{"0! no comma or blank behind a word"}},
		{"an unknown mode", "ST,XX,   18420,kg\r\n", []string{"0! weight is not a decimal number"}},
		{"an unknown unit", "ST,GS,   18420,pcs\r\n", []string{"0! unknown unit"}},
		{"no unit", "ST,GS,   18420\r\n", []string{"0! unknown unit"}},
		{"no number", "ST,GS,        ,kg\r\n", []string{"0! weight is not a decimal number"}},
		{"two points", "ST,GS,  1.8.42,kg\r\n", []string{"0! weight is not a decimal number"}},
		{"two signs", "ST,GS,+  -1842,kg\r\n", []string{"0! weight is not a decimal number"}},
		{"digits with a comma between", "ST,GS,  18,420,kg\r\n", []string{"0! unknown unit"}},
		{"a second line without the end of the first", "ST,GS,   18420,kgST,GS,   18420,kg\r\n", []string{"0! unknown unit"}},
		{"more behind the unit", "ST,GS,   18420,kg,1\r\n", []string{"0! more behind the unit"}},
		{"cut off", "ST,GS,   184", []string{"0! line without an end"}},
	} {
		if d := cmp.Diff(c.want, show("", c.in, 5)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

// Lines of Dini Argeo's longer strings, composed from the field tables of its manual: fields
// of ten characters.
const (
	af   = "ST,1,     18420kg,           0kg\r\n"
	rext = "1,ST,     10000,PT      8420,         0,         0,kg\r\n"
	pid  = "PIDST,1,     18420kg,           0kg,00000-000482\r\n"
)

func TestLongerStrings(t *testing.T) {
	const weight = "18420kg gross 18420kg stable"
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"AF", af, []string{weight}},
		{"AF with address", "01" + af, []string{weight}},
		{"AF, tare typed in", "US,1,     18420kg,PT      8420kg\r\n", []string{"18420kg gross 18420kg motion"}},
		{"AF in tonnes with a sign", "ST,1,-   18.420 t,       0.000 t\r\n", []string{"-18420kg gross -18420kg stable"}},
		{"AF above range", "OL,1,          kg,          kg\r\n", []string{"0kg gross 0kg over"}},
		{"AF of a scale in error", "ER,0,          kg,          kg\r\n", []string{"0kg gross 0kg fault"}},
		{"AF without tare", "ST,1,     18420kg\r\n", []string{"0! weight is not a decimal number"}},
		{"AF without unit", "ST,1,     18420,           0kg\r\n", []string{"0! unknown unit"}},
		{"AF and more", "ST,1,     18420kg,           0kg,1\r\n", []string{"0! more behind the unit"}},
		{"REXT", rext, []string{"10000kg gross 18420kg stable net"}},
		{"REXT with address, no tare", "011,ST,     18420,           0,         0,         0,kg\r\n", []string{weight}},
		{"REXT below range", "1,UL,          ,            ,         0,         0,kg\r\n", []string{"0kg gross 0kg under net"}},
		{"REXT that is cut", "1,ST,     10000,PT      8420,         0,\r\n", []string{"0! no comma or blank behind a word"}},
		{"REXT without unit", "1,ST,     10000,PT      8420,         0,         0,\r\n", []string{"0! unknown unit"}},
		{"REXT of an unknown status", "1,XX,     10000,PT      8420,         0,         0,kg\r\n", []string{"0! unknown status word"}},
		{"an answer to PID is no weight of the display", pid, nil},
		{"PID with an escape and an address", "\x1B01" + pid, nil},
		{"PID that was not stored", "PIDUS,1,     18420kg,           0kg,NO\r\n", nil},
		{"PID that was not stored, out of range", "PIDOL,1,          kg,            kg,NO\r\n", nil},
		{"PID with an id of another form", "PIDST,1,     18420kg,           0kg,0000-000482\r\n", []string{"0! neither NO nor an id of the alibi memory"}},
		{"PID in motion with an id", "PIDUS,1,     18420kg,           0kg,00000-000482\r\n", []string{"0! neither NO nor an id of the alibi memory"}},
		{"PID without a scale", "PIDST,GS,     18420,kg\r\n", []string{"0! no comma or blank behind a word"}},
		{"OK", "OK\r\n01OK\r\n", []string{"4! another address than the line before: set address"}},
		{"a refusal", "ERR02\r\n", []string{"0! the indicator refuses a request: ERR02"}},
	} {
		if d := cmp.Diff(c.want, show("", c.in, 5)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
	l, err := Parse([]byte(pid))
	if err != nil || l.Store != Stored || l.Alibi != "00000-000482" || l.Weight != quant.Kg(18420) || l.Scale != '1' {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestOneScaleOfAnIndicator(t *testing.T) {
	d := newDecoder("")
	d.scale = '2'
	n := 0
	d.Feed([]byte(af+strings.Replace(af, "ST,1", "ST,2", 1)+dini), func(*weigh.Reading) { n++ }, func(_ int64, err error, _ []byte) { t.Error(err) })
	if n != 2 {
		t.Errorf("%d weights of scale 2 and of none, want 2", n)
	}
}

// TestAWeighingAtRestGetsItsId lets a load come to rest and answers PID in various ways.
func TestAWeighingAtRestGetsItsId(t *testing.T) {
	const noId = ""
	for _, c := range []struct {
		name, answer string
		alibi        string
		errs         int
	}{
		{"stored", pid, "00000-000482", 0},
		{"not stored", "PIDUS,1,     18420kg,           0kg,NO\r\n", noId, 1},
		{"another weight was stored", strings.Replace(pid, "18420", "18480", 1), noId, 1},
		{"refused", "ERR01\r\n", noId, 2},
		{"no answer", "", noId, 1},
	} {
		s, err := NewSession(devicestest.Settings(t, Kind, "tcp:a:1", "mode = \"static\"\nalibi = true\naddress = \"01\"\nask = \"rext\"\n"), devices.Env{})
		if err != nil {
			t.Fatal(err)
		}
		var ws []*obs.Weighing
		errs, pids, rexts := 0, 0, 0
		now := epoch
		for range 100 {
			var out devices.Out
			s.Tick(now, &out)
			sent := string(out.Send)
			line := "01ST,GS,       0,kg\r\n"
			if now.Sub(epoch) > time.Second {
				line = "01" + dini
			}
			s.Feed(now, []byte(line), &out)
			sent += string(out.Send[len(sent):])
			rexts += strings.Count(sent, "01REXT\r\n")
			if strings.Contains(sent, "01PID\r\n") {
				pids++
				if len(out.Obs) > 0 {
					t.Errorf("%s: %d observations before the answer", c.name, len(out.Obs))
				}
				if c.answer != "" {
					s.Feed(now.Add(50*time.Millisecond), []byte("01"+c.answer), &out)
				}
			}
			for _, o := range out.Obs {
				if w, ok := o.Body.(*obs.Weighing); ok {
					ws = append(ws, w)
				}
			}
			errs += len(out.Errs)
			now = now.Add(100 * time.Millisecond)
		}
		if len(ws) != 1 || ws[0].Alibi != c.alibi || ws[0].Mass != quant.Kg(18420) || errs != c.errs || pids != 1 || rexts < 45 {
			t.Errorf("%s: weighings %+v, %d errors, asked %d times PID and %d times REXT", c.name, ws, errs, pids, rexts)
		}
	}
	for _, bad := range []string{"alibi = true", "scale = \"x\"", "ask = \"last\"", "poll = \"1ms\""} {
		if _, err := load(devicestest.Settings(t, Kind, "tcp:a:1", bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

func TestALineWithoutEndIsCut(t *testing.T) {
	got := show("", dini+strings.Repeat("1", 1000)+"\r\n"+dini, 7)
	want := []string{"18420kg gross 18420kg stable", "19! no end of line within 256 bytes", "18420kg gross 18420kg stable"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestNetIsGrossOnlyWhereTheTareIsTold(t *testing.T) {
	const net, tare, gross = "ST,NT,   10000,kg\r\n", "ST,TR,    8420,kg\r\n", dini
	const ok, blind, why = "10000kg gross 18420kg stable net", "10000kg gross 10000kg net fault", "! net without a known tare: gross cannot be told, the weight is not used"
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"never told, reported once", net + net, []string{"0" + why, blind, blind}},
		{"told before, in turn", tare + net + tare + net, []string{ok, ok}},
		{"told and then no more", tare + strings.Repeat(net, 9), append(slicesRepeat(ok, 8), "171"+why, blind)},
		{"a tare that is no weight", "OL,TR,--------,kg\r\n" + net, []string{"19" + why, blind}},
		{"net, gross, net", net + gross + net, []string{"0" + why, blind, "18420kg gross 18420kg stable", "38" + why, blind}},
		{"above range", "OL,NT,--------,kg\r\n", []string{"0kg gross 0kg over net"}},
	} {
		if d := cmp.Diff(c.want, show("", c.in, 5)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

func slicesRepeat(s string, n int) (l []string) {
	for range n {
		l = append(l, s)
	}
	return l
}

func TestOneIndicatorOfALine(t *testing.T) {
	const other = "02ST,GS,    9000,kg\r\n"
	const weight = "18420kg gross 18420kg stable"
	for _, c := range []struct {
		name, address, in string
		want              []string
	}{
		{"the chosen one", "01", "01" + dini + other + "01" + dini, []string{weight, weight}},
		{"chosen, and lines without address", "01", dini, nil},
		{"two and none chosen", "", "01" + dini + other + "01" + dini, []string{weight, "21! another address than the line before: set address", "42! another address than the line before: set address"}},
		{"set anew", "", "01" + dini + dini + dini, []string{weight, "21! another address than the line before: set address", weight}},
	} {
		if d := cmp.Diff(c.want, show(c.address, c.in, 5)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

func TestAnyWeightSurvivesTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(-9999999, 99999999).Draw(t, "v")
		in := fmt.Sprintf("US,GS,%8d,kg\r\n", v)
		got := show("", in, rapid.IntRange(1, 20).Draw(t, "chunk"))
		if want := fmt.Sprintf("%v gross %v motion", quant.Kg(v), quant.Kg(v)); len(got) != 1 || got[0] != want {
			t.Fatalf("%q = %q, want %q", in, got, want)
		}
	})
}

func FuzzDecoder(f *testing.F) {
	for _, s := range []string{dini, and, "01" + dini, "ST,TR,8420,kg\rST,NT,1,kg\r", af, rext, pid, "011,ST,", "OL,GS\r\n", "ST,GS,1\xC5,00013.50 kg\r\n", dini[:9]} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, p []byte, chunk int) {
		chunk = max(1, min(chunk, 100))
		for _, a := range []string{"", "01"} {
			if d := cmp.Diff(show(a, string(p), len(p)+1), show(a, string(p), chunk)); d != "" {
				t.Errorf("address %q, whole against pieces of %d:\n%s", a, chunk, d)
			}
		}
		// One line may be joined to the garbage, one may differ in its address.
		after := show("", string(p)+dini+dini+dini, 5)
		if len(after) == 0 || after[len(after)-1] != "18420kg gross 18420kg stable" {
			t.Errorf("after %q the good line is not found: %q", p, after)
		}
	})
}

var epoch = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

func TestStreamGivesOneWeighingALine(t *testing.T) {
	s, err := NewSession(devices.Section{Link: "tcp:127.0.0.1:4001"}, devices.Env{Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	var out devices.Out
	s.Tick(epoch, &out)
	s.Feed(epoch, []byte(dini+"US,GS,   18440,kg\r\nST,NT,   10000,kg\r\n"), &out)
	s.(devices.Finisher).Finish(epoch, &out)
	var lines []string
	for _, o := range out.Obs {
		w := o.Body.(*obs.Weighing)
		lines = append(lines, fmt.Sprintf("%v %v %v %q", w.Raw, w.Stable, w.Flags, o.Raw))
	}
	want := []string{`18420kg true [] "ST,GS,   18420,kg\r"`, `18440kg false [motion] "US,GS,   18440,kg\r"`, `10000kg false [fault] "ST,NT,   10000,kg\r"`}
	if d := cmp.Diff(want, lines); d != "" {
		t.Errorf("weighings (-want +got):\n%s", d)
	}
}

func TestExampleDecodes(t *testing.T) {
	sec := section(t, example)
	if c, err := load(sec); err != nil || c.PlatformLength != 18000 || c.Mode != weigh.Static || c.Division != 20*quant.Kilogram {
		t.Errorf("load = %+v, %v", c, err)
	}
	for _, a := range []string{"1", "001", "ab"} {
		bad := section(t, strings.Replace(example, `address         = ""`, fmt.Sprintf("address = %q", a), 1))
		if _, err := load(bad); err == nil {
			t.Errorf("address %q is taken", a)
		}
	}
}

// section reads a device's table.
func section(t *testing.T, text string) devices.Section {
	t.Helper()
	var doc map[string]any
	if _, err := toml.Decode(text, &doc); err != nil {
		t.Fatal(err)
	}
	dev := doc["lane"].(map[string]any)["device"].([]map[string]any)[0]
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(dev["settings"]); err != nil {
		t.Fatal(err)
	}
	return devices.Section{Link: dev["link"].(string), Decode: func(v any) error {
		md, err := toml.Decode(b.String(), v)
		if err == nil && len(md.Undecoded()) > 0 {
			err = fmt.Errorf("unknown %v", md.Undecoded())
		}
		return err
	}}
}

func TestDecodingDoesNotAllocate(t *testing.T) {
	p := []byte("01" + dini)
	d := newDecoder("01")
	take, fail := func(*weigh.Reading) {}, func(int64, error, []byte) {}
	d.Feed(p, take, fail)
	if n := testing.AllocsPerRun(100, func() { d.Feed(p, take, fail) }); n > 0 {
		t.Errorf("%v allocations a line, want 0", n)
	}
}
