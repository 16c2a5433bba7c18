package plate

import (
	"math"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNormalise(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"a plain plate stays", "389BK01", "389BK01"},
		{"separators are dropped and letters raised", "251-ww-20.75 ", "251WW2075"},
		{"Cyrillic look-alikes become Latin", "А123ВС77", "A123BC77"},
		{"lower-case Cyrillic becomes Latin capitals", "а123вс77", "A123BC77"},
		{"Mongolian letters without a twin stay", "1234 УБӨ", "1234YБӨ"},
		{"full-width forms become plain", "３８９ＢＫ０１", "389BK01"},
		{"the colour before a Chinese plate is dropped", "蓝浙AX2P12", "浙AX2P12"},
		{"Arabic-Indic digits become plain", "١٢٣", "123"},
		{"a line break inside a plate is a separator", "1\n1234", "11234"},
		{"nothing stays nothing", " -./", ""},
		{"broken UTF-8 is dropped", "12\xff3", "123"},
	} {
		if got := Normalise(c.in); got != c.want {
			t.Errorf("%s: Normalise(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestNormaliseIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("蓝黄新浙A1-аө")))).Draw(t, "s")
		if once := Normalise(s); Normalise(once) != once {
			t.Fatalf("Normalise(%q) = %q, again %q", s, once, Normalise(once))
		}
	})
}

func TestSplitUnits(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"AAAA999 / AA9999AA", []string{"AAAA999", "AA9999AA"}},
		{"99A9999/99A9999", []string{"99A9999"}},
		{"AA9999AA/AB9999AA", []string{"AA9999AA", "AB9999AA"}},
		{"389 BK 01", []string{"389BK01"}},
		{"389BK01 24AN01", []string{"389BK01", "24AN01"}},
		{"389 BK 01 24 AN 01", []string{"389BK01", "24AN01"}},
		{"А123ВС77; АВ1234 77", []string{"A123BC77", "AB123477"}},
		{" / ", nil},
		{"", nil},
		{"TIR 12 34 56", []string{"TIR123456"}},
	} {
		if d := cmp.Diff(c.want, SplitUnits(c.in)); d != "" {
			t.Errorf("SplitUnits(%q): %s", c.in, d)
		}
	}
}

func TestTemplatesAgreeWithTheirPatterns(t *testing.T) {
	for i := range formats {
		f := &formats[i]
		if !regexp.MustCompile(f.Pattern).MatchString(f.Example) {
			t.Errorf("%s %s: example %q does not match its own pattern", f.Country, f.Kind, f.Example)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := &formats[rapid.IntRange(0, len(formats)-1).Draw(t, "format")]
		s := rapid.OneOf(rapid.StringMatching(f.Pattern), rapid.StringMatching(`[0-9A-Z新挂]{4,9}`)).Draw(t, "text")
		c := Encode(s)
		got := false
		for i := range templates {
			got = got || templates[i].Format == f && templates[i].Match(c)
		}
		if want := regexp.MustCompile(f.Pattern).MatchString(s); got != want {
			t.Fatalf("%s %s: template says %v for %q, pattern says %v", f.Country, f.Kind, got, s, want)
		}
	})
}

func TestSyntaxDoesNotGiveTheCountry(t *testing.T) {
	var got []string
	for _, f := range Formats("01298QMA") {
		got = append(got, f.Country)
	}
	if d := cmp.Diff([]string{"KG", "UZ"}, got[:min(len(got), 2)]); d != "" {
		t.Errorf("countries of 01298QMA: %s", d)
	}
}

func TestAlias(t *testing.T) {
	for in, want := range map[string]string{
		"01KG123ABC": "01123ABC", "01123ABC": "01KG123ABC", "389BK01": "", "01P347TA": "", "09KG1234A": "091234A", "": "",
	} {
		if got := Alias(in); got != want {
			t.Errorf("Alias(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[0-9A-Z新京挂ӨҮБ]{0,15}`).Draw(t, "s")
		if got := Encode(s).String(); got != s {
			t.Fatalf("Encode(%q).String() = %q", s, got)
		}
	})
	if a, b := Encode("O0QD8"), Encode("00DOB"); a.Folded() != b.Folded() {
		t.Errorf("%s and %s fold to %s and %s", a, b, a.Folded(), b.Folded())
	}
}

func TestChannelRowsSumToOne(t *testing.T) {
	ch := StartChannel()
	for x := Symbol(1); x < firstHan; x++ {
		sum := 0.0
		for y := Symbol(1); y < firstHan; y++ {
			sum += ch.Off(y, x)
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("wrong characters for %c sum to %g", x.Rune(), sum)
		}
	}
}

func TestLikelihoodOrdersReads(t *testing.T) {
	ch := StartChannel()
	d := Encode("389BK01")
	like := func(s string) float64 {
		r := ch.NewRead(Encode(s))
		return ch.Likelihood(&r, d)
	}
	for _, c := range []struct{ name, better, worse string }{
		{"the plate itself is likelier than a look-alike", "389BK01", "3898K01"},
		{"a look-alike is likelier than any other character", "3898K01", "389WK01"},
		{"one wrong character is likelier than two", "389WK01", "389WW01"},
		{"a false first character is likelier than one inside", "7389BK01", "3897BK01"},
	} {
		if a, b := like(c.better), like(c.worse); a <= b {
			t.Errorf("%s: P(%s) = %g, P(%s) = %g", c.name, c.better, a, c.worse, b)
		}
	}
	r := ch.NewRead(Encode("3898K01"))
	r.Sure[3] = 0.3
	if unsure := ch.Likelihood(&r, d); unsure <= like("3898K01") {
		t.Errorf("a character that the camera doubts must weigh less: %g", unsure)
	}
}

func BenchmarkNormalise(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Normalise("А 123 ВС-77")
	}
}

func BenchmarkLikelihood(b *testing.B) {
	ch := StartChannel()
	r, d := ch.NewRead(Encode("453DXA12")), Encode("453DKA12")
	b.ReportAllocs()
	for b.Loop() {
		ch.Likelihood(&r, d)
	}
}

func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"389BK01", "蓝浙AX2P12", "А123ВС77", "AAAA999 / AA9999AA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := Normalise(s)
		if Normalise(n) != n {
			t.Errorf("Normalise(%q) is not stable", s)
		}
		if c := Encode(n); c.Len() > MaxLen {
			t.Errorf("Encode(%q) has %d symbols", n, c.Len())
		}
		for _, u := range SplitUnits(s) {
			if u == "" || Normalise(u) != u {
				t.Errorf("SplitUnits(%q) gives %q", s, u)
			}
		}
	})
}

func TestContainer(t *testing.T) {
	for in, want := range map[string]bool{
		"CSQU3054383": true, "csqu 305438-3": true, "CSQU3054384": false, "MSKU1234565": true, "CSQX3054383": false, "": false, "CSQU305438": false, "CSQUA054383": false,
	} {
		if _, ok := Container(in); ok != want {
			t.Errorf("Container(%q) is whole: %v, want %v", in, ok, want)
		}
	}
}

func TestMixKnowsItsTraffic(t *testing.T) {
	ch := StartChannel()
	census := NewCensus()
	for i := range 1000 {
		census.Add(Encode("38" + string(rune('0'+i%10)) + "BK01"))
	}
	m := NewMix(ch, census)
	like := func(s string) float64 {
		r := ch.NewRead(Encode(s))
		return m.Likelihood(&r)
	}
	if a, b := like("385BK01"), like("新F12345"); a < 100*b {
		t.Errorf("a plate of the traffic is as rare (%g) as another (%g)", a, b)
	}
	if a, b := like("385BK01"), like("Q7Q7Q7Q"); a < 1000*b {
		t.Errorf("a text of no system is as frequent (%g) as a plate (%g)", b, a)
	}
	// The sum over all alignments includes the plate itself, read as it is.
	c := Encode("385BK01")
	r := ch.NewRead(c)
	if p, u := m.Prior(c)*ch.Likelihood(&r, c), m.Likelihood(&r); p > u || p < u/10 {
		t.Errorf("prior times likelihood is %g, background %g", p, u)
	}
}

func BenchmarkMix(b *testing.B) {
	m := NewMix(StartChannel(), nil)
	r := StartChannel().NewRead(Encode("453DXA12"))
	b.ReportAllocs()
	for b.Loop() {
		m.Likelihood(&r)
	}
}
