package ricelake

import (
	"fmt"
	"strings"
	"testing"

	"acsgd/devices"
	"acsgd/devices/wim/weigh"
	"acsgd/internal/quant"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// rlws is the sample of the protocol documents; of the Cardinal form they give the fields
// only, which cardinal fills by hand.
const (
	rlws     = "\x02   18420KG \r\n"
	cardinal = "\r+ 18420  kg g  \x03"
)

// show is what a decoder makes of bytes, as text.
func show(format Format, ton Ton, p string, chunk int) (lines []string) {
	d := newDecoder(format, ton)
	take := func(r *weigh.Reading) {
		var s []string
		for _, f := range []struct {
			on   bool
			name string
		}{{r.Stable, "stable"}, {r.Motion, "motion"}, {r.Overload, "over"}, {r.Underload, "under"}, {r.Zero, "zero"}, {r.Net, "net"}, {r.Fault, "fault"}} {
			if f.on {
				s = append(s, f.name)
			}
		}
		lines = append(lines, fmt.Sprint(r.Indicated, " ", strings.Join(s, " ")))
	}
	fail := func(at int64, err error, _ []byte) { lines = append(lines, fmt.Sprintf("%d! %v", at, err)) }
	for b := []byte(p); len(b) > 0; b = b[min(chunk, len(b)):] {
		d.Feed(b[:min(chunk, len(b))], take, fail)
	}
	d.Flush(take, fail)
	return lines
}

func TestFramesOfTheDocumentsDecode(t *testing.T) {
	for format, in := range map[Format]string{RLWS: rlws, Cardinal: cardinal} {
		for chunk := 1; chunk <= len(in); chunk++ {
			if d := cmp.Diff([]string{"18420kg stable"}, show(format, NoTon, in, chunk)); d != "" {
				t.Errorf("%s in pieces of %d (-want +got):\n%s", format, chunk, d)
			}
		}
	}
}

const blind = "! net without a known tare: gross cannot be told, the weight is not used"

func TestRLWSVariants(t *testing.T) {
	for _, c := range []struct {
		name string
		ton  Ton
		in   string
		want []string
	}{
		{"CR alone", "", "\x02   18420KG \r\x02   18440KG \r", []string{"18420kg stable", "18440kg stable"}},
		{"minus", "", "\x02-    120KG \r\n", []string{"-120kg stable"}},
		{"motion", "", "\x02   18420KGM\r\n", []string{"18420kg motion"}},
		{"centre of zero", "", "\x02       0KGZ\r\n", []string{"0kg stable zero"}},
		{"invalid", "", "\x02   18420KGI\r\n", []string{"0kg fault"}},
		{"above range", "", "\x02 -------KGO\r\n", []string{"0kg over"}},
		{"below range", "", "\x02-       KGO\r\n", []string{"0kg under"}},
		{"pounds", "", "\x02   40000LG \r\n", []string{"18143.695kg stable"}},
		{"a point", "", "\x02  1842.5KG \r\n", []string{"1842.5kg stable"}},
		{"grams and ounces", "", "\x02     500GG \r\n\x02 1600000OG \r\n", []string{"0.5kg stable", "45359.237kg stable"}},
		{"metric tons", Metric, "\x02  18.420TG \r\n", []string{"18420kg stable"}},
		{"short tons", Short, "\x02    2.00TG \r\n", []string{"1814.369kg stable"}},
		{"tons that are not told", "", "\x02  18.420TG \r\n", []string{"0! unit T is a metric or a short ton: set ton"}},
		{"net, reported once a run", "", "\x02   10000KN \r\n\x02   10000KN \r\n" + rlws + "\x02   10000KN \r\n",
			[]string{"0" + blind, "10000kg net fault", "10000kg net fault", "18420kg stable", "42" + blind, "10000kg net fault"}},
		{"unknown status", "", "\x02   18420KGX\r\n", []string{"0! unknown status 'X'"}},
		{"unknown unit", "", "\x02   18420 G \r\n", []string{"0! unit ' ' is not a mass"}},
		{"unknown mode", "", "\x02   18420KT \r\n", []string{"0! neither gross nor net"}},
		{"unknown polarity", "", "\x02+  18420KG \r\n", []string{"0! unknown polarity"}},
		{"blank within the number", "", "\x02   18 20KG \r\n", []string{"0! weight is not a decimal number"}},
		{"no number", "", "\x02        KG \r\n", []string{"0! weight is not a decimal number"}},
		{"too short", "", "\x02  18420KG \r\n", []string{"0! frame of 11 bytes, want 12"}},
		{"half a frame before", "", rlws[:6] + rlws, []string{"0! a frame begins before the last one has ended", "18420kg stable"}},
		{"noise before", "", "??" + rlws, []string{"0! bytes outside a frame", "18420kg stable"}},
		{"cut off", "", rlws[:6], []string{"0! line without an end"}},
		{"without an end", "", rlws + "\x02" + strings.Repeat("1", 999) + "\r\n" + rlws, []string{"18420kg stable", "14! no end of line within 256 bytes", "18420kg stable"}},
	} {
		if d := cmp.Diff(c.want, show(RLWS, c.ton, c.in, 5)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

func TestCardinalVariants(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"motion", "\r+ 18420m kg g  \x03", []string{"18420kg motion"}},
		{"minus", "\r-   120  kg g  \x03", []string{"-120kg stable"}},
		{"above and below range", "\r+------o kg g  \x03\r-------o kg g  \x03", []string{"0kg over", "0kg under"}},
		{"pounds", "\r+ 40000  lb g  \x03", []string{"18143.695kg stable"}},
		{"tonnes and short tons", "\r+18.420   t g  \x03\r+  2.00  tn g  \x03", []string{"18420kg stable", "1814.369kg stable"}},
		{"net", "\r+ 10000  kg n  \x03", []string{"0" + blind, "10000kg net fault"}},
		{"unknown status", "\r+ 18420x kg g  \x03", []string{"0! unknown status 'x'"}},
		{"unknown unit", "\r+ 18420  pc g  \x03", []string{`0! unit "pc" is not a mass`}},
		{"shifted", "\r+ 18420  kg  g \x03", []string{"0! no blank where the format has one"}},
		{"RLWS", rlws, []string{"0! bytes outside a frame", "12! line without an end"}},
		{"half a frame before", cardinal[:6] + cardinal, []string{"0! a frame begins before the last one has ended", "18420kg stable"}},
	} {
		if d := cmp.Diff(c.want, show(Cardinal, NoTon, c.in, 5)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

func TestAnyWeightSurvivesTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(0, 9999999).Draw(t, "v")
		in := fmt.Sprintf("\x02-%7dKGM\r", v)
		got := show(RLWS, NoTon, in, rapid.IntRange(1, 14).Draw(t, "chunk"))
		if want := fmt.Sprintf("%v motion", quant.Kg(-v)); len(got) != 1 || got[0] != want {
			t.Fatalf("%q = %q, want %q", in, got, want)
		}
	})
}

func FuzzDecoder(f *testing.F) {
	for _, s := range []string{rlws, cardinal, rlws[:7] + rlws, cardinal[:7] + cardinal, "\x02-------KGO\r"} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, p []byte, chunk int) {
		chunk = max(1, min(chunk, 100))
		for format, good := range map[Format]string{RLWS: rlws, Cardinal: cardinal} {
			if d := cmp.Diff(show(format, Metric, string(p), len(p)+1), show(format, Metric, string(p), chunk)); d != "" {
				t.Errorf("%s, whole against pieces of %d:\n%s", format, chunk, d)
			}
			after := show(format, Metric, string(p)+good, 5)
			if len(after) == 0 || after[len(after)-1] != "18420kg stable" {
				t.Errorf("%s: after %q the good frame is not found: %q", format, p, after)
			}
		}
	})
}

func TestSettings(t *testing.T) {
	text := example[strings.Index(example, "settings]\n")+len("settings]\n"):]
	for _, c := range []struct {
		text string
		ok   bool
	}{
		{text, true}, {strings.Replace(text, "rlws", "cardinal", 1), true}, {text + `ton = "short"`, true},
		{strings.Replace(text, "rlws", "other", 1), false}, {text + `ton = "long"`, false},
	} {
		sec := devices.Section{Link: "tcp:127.0.0.1:4001", Decode: func(v any) error {
			md, err := toml.Decode(c.text, v)
			if err == nil && len(md.Undecoded()) > 0 {
				err = fmt.Errorf("unknown %v", md.Undecoded())
			}
			return err
		}}
		if got, err := load(sec); (err == nil) != c.ok {
			t.Errorf("load of\n%s= %+v, %v, want accepted %v", c.text, got, err, c.ok)
		}
	}
}

func TestDecodingDoesNotAllocate(t *testing.T) {
	for format, in := range map[Format]string{RLWS: rlws, Cardinal: cardinal} {
		d, p := newDecoder(format, NoTon), []byte(in)
		take, fail := func(*weigh.Reading) {}, func(int64, error, []byte) {}
		d.Feed(p, take, fail)
		if n := testing.AllocsPerRun(100, func() { d.Feed(p, take, fail) }); n > 0 {
			t.Errorf("%s: %v allocations a frame, want 0", format, n)
		}
	}
}
