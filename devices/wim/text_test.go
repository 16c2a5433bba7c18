package wim

import (
	"fmt"
	"strings"
	"testing"

	"acsgd/internal/quant"

	"github.com/google/go-cmp/cmp"
)

func TestParseMassIsExact(t *testing.T) {
	for _, c := range []struct {
		in   string
		unit Unit
		want quant.Mass
		ok   bool
	}{
		{"18420", Kilogram, quant.Kg(18420), true},
		{"18.420", Tonne, quant.Kg(18420), true},
		{"0.5", Gram, 1, true}, {"0.4", Gram, 0, true}, {".5", Kilogram, 500, true}, {"5.", Kilogram, 5000, true},
		{"40000", Pound, 18143695, true}, {"1", Pound, 454, true}, {"100000", Pound, 45359237, true},
		{"2000", ShortTon, 1814369480, true}, {"16", Ounce, 454, true}, {"1600000", Ounce, 45359237, true},
		{"9999999999", Tonne, 9999999999000000, true}, {"0.000000001", Kilogram, 0, true},
		{"", Kilogram, 0, false}, {".", Kilogram, 0, false}, {"1.2.3", Kilogram, 0, false}, {"1e3", Kilogram, 0, false},
		{"-1", Kilogram, 0, false}, {"1 2", Kilogram, 0, false}, {"12345678901", Gram, 0, false},
	} {
		if got, err := ParseMass([]byte(c.in), c.unit); got != c.want || (err == nil) != c.ok {
			t.Errorf("ParseMass(%q, %v) = %d g, %v, want %d g, %v", c.in, c.unit, got, err, c.want, c.ok)
		}
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		name  string
		begin byte
		ends  string
		in    string
		want  []string
	}{
		{"CR LF, CR, LF", 0, "\r\n", "a\r\nb\rc\n\n\rd", []string{`0 "a\r"`, `3 "b\r"`, `5 "c\n"`, "9! line without an end"}},
		{"too long", 0, "\n", "a\n" + long + "\nb\n", []string{`0 "a\n"`, "2! no end of line within 256 bytes", `303 "b\n"`}},
		{"begun anew", 2, "\r\n", "?\x02a\r\n\x02b\x02c\r\nx\n", []string{"0! bytes outside a frame", `1 "\x02a\r"`,
			"5! a frame begins before the last one has ended", `7 "\x02c\r"`, "11! bytes outside a frame"}},
		{"a run of beginnings", 2, "\n", "\x02\x02\x02a\n\x02", []string{`2 "\x02a\n"`}},
		{"begun anew in a line that is too long", 2, "\n", "\x02" + long + "\x02b\n", []string{"0! no end of line within 256 bytes", `301 "\x02b\n"`}},
	} {
		for chunk := 1; chunk <= len(c.in); chunk++ {
			l := Lines{Begin: c.begin, Ends: c.ends}
			var got []string
			fail := func(at int64, err error, _ []byte) { got = append(got, fmt.Sprintf("%d! %v", at, err)) }
			for p := []byte(c.in); len(p) > 0; p = p[min(chunk, len(p)):] {
				l.Feed(p[:min(chunk, len(p))], func(at int64, b []byte) { got = append(got, fmt.Sprintf("%d %q", at, b)) }, fail)
			}
			l.Flush(fail)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("%s in pieces of %d (-want +got):\n%s", c.name, chunk, d)
			}
		}
	}
}
