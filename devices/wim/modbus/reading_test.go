package modbus

import (
	"testing"

	"acsgd/internal/quant"
)

// what a reading says, for tables.
type says struct {
	gross, shown quant.Mass
	flags        string
}

func told(r Reading) says {
	s := says{gross: r.Raw, shown: r.Indicated}
	for _, f := range []struct {
		on   bool
		name string
	}{{r.Stable, "stable"}, {r.Motion, "motion"}, {r.Zero, "zero"}, {r.Net, "net"},
		{r.Overload, "overload"}, {r.Underload, "underload"}, {r.Fault, "fault"}} {
		if f.on {
			s.flags += f.name + " "
		}
	}
	return s
}

// The words are written by hand from the tables of the manuals.
func TestWordsOfTheBuiltInModels(t *testing.T) {
	kg := quant.Kg
	for _, c := range []struct {
		model, name string
		words       []uint16
		want        says
	}{
		{"laumas", "at rest", []uint16{0x0800, 0, 18420, 0, 18420}, says{kg(18420), kg(18420), "stable "}},
		{"laumas", "in motion, above a word", []uint16{0, 1, 0x86A0, 1, 0x86A0}, says{kg(100000), kg(100000), ""}},
		{"laumas", "centre of zero", []uint16{0x1800, 0, 0, 0, 0}, says{0, 0, "stable zero "}},
		{"laumas", "minus is in the status alone", []uint16{0x0980, 0, 120, 0, 120}, says{-kg(120), -kg(120), "stable "}},
		{"laumas", "net is minus, gross is not", []uint16{0x0D00, 0, 7000, 0, 3000}, says{kg(7000), -kg(3000), "stable net "}},
		{"laumas", "net mode: gross is weighed", []uint16{0x0C00, 0, 38000, 0, 20000}, says{kg(38000), kg(20000), "stable net "}},
		{"laumas", "above max and 9 d", []uint16{0x0004, 0, 40200, 0, 40200}, says{kg(40200), kg(40200), "overload "}},
		{"laumas", "above 110 %", []uint16{0x0008, 0, 45000, 0, 45000}, says{kg(45000), kg(45000), "overload "}},
		{"laumas", "no cell: the last weight stands there still", []uint16{0x0801, 0, 18420, 0, 18420}, says{flags: "fault "}},
		{"laumas", "ADC fault", []uint16{0x0802, 0, 18420, 0, 18420}, says{flags: "fault "}},
		{"laumas", "more than any scale carries", []uint16{0x0800, 0x00FF, 0xFFFF, 0, 0}, says{flags: "fault "}},
		{"laumas", "all ones", []uint16{0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}, says{flags: "zero net overload fault "}},

		{"hbm-wtx", "at rest", []uint16{0, 18420, 0, 18420, 0, 0}, says{kg(18420), kg(18420), "stable "}},
		{"hbm-wtx", "moving", []uint16{0, 18420, 0, 18420, 0x0010, 0}, says{kg(18420), kg(18420), "motion "}},
		{"hbm-wtx", "minus, one digit behind the point", []uint16{0xFFFF, 0xFB19, 0xFFFF, 0xFB19, 0, 0x0010}, says{-125500, -125500, "stable "}},
		{"hbm-wtx", "tonnes with three digits", []uint16{0, 18420, 0, 18420, 0, 0x0130}, says{kg(18420), kg(18420), "stable "}},
		{"hbm-wtx", "net mode", []uint16{0, 400, 0, 18420, 0x0080, 0}, says{kg(18420), kg(400), "stable net "}},
		{"hbm-wtx", "general error", []uint16{0, 18420, 0, 18420, 0x0001, 0}, says{flags: "fault "}},
		{"hbm-wtx", "limit 1", []uint16{0, 0, 0, 0, 0x0004, 0}, says{0, 0, "stable underload "}},
		{"hbm-wtx", "limit 2", []uint16{0, 9, 0, 9, 0x0008, 0}, says{kg(9), kg(9), "stable overload "}},
		{"hbm-wtx", "limit 3", []uint16{0, 9, 0, 9, 0x000C, 0}, says{kg(9), kg(9), "stable overload "}},
		{"hbm-wtx", "centre of zero", []uint16{0, 0, 0, 0, 0x0800, 0}, says{0, 0, "stable zero "}},
		{"hbm-wtx", "gross below all reason", []uint16{0, 0, 0x8000, 0, 0, 0}, says{flags: "fault "}},

		{"pt113", "at rest", []uint16{0, 18420, 0x0002, 0, 0, 0, 18420}, says{kg(18420), kg(18420), "stable "}},
		{"pt113", "unstable", []uint16{0, 18420, 0x0006, 0, 0, 0, 18420}, says{kg(18420), kg(18420), "motion "}},
		{"pt113", "net shown", []uint16{0, 400, 0x000A, 0, 18020, 0, 18420}, says{kg(18420), kg(400), "stable net "}},
		{"pt113", "data not ok", []uint16{0, 18420, 0x0000, 0, 0, 0, 18420}, says{flags: "fault "}},
		{"pt113", "busy", []uint16{0, 18420, 0x0003, 0, 0, 0, 18420}, says{flags: "fault "}},
		{"pt113", "error", []uint16{0, 18420, 0x8002, 0, 0, 0, 18420}, says{flags: "fault "}},
	} {
		m, err := builtIn(c.model)
		if err != nil {
			t.Fatal(err)
		}
		if got := told(m.Read(c.words)); got != c.want {
			t.Errorf("%s, %s: %+v, want %+v", c.model, c.name, got, c.want)
		}
	}
}

// An instrument that shows one weight only.
func TestANetWeightIsNeverTakenForGross(t *testing.T) {
	const one = `model = "one"
source = "none"
[block]
table = "input"
addr = 0
count = 3
[[weight]]
name = "indicated"
addr = 0
type = "i16"
num = 1
den = 1
unit = "kg"
min = "-30t"
max = "30t"
valid_if = "always"
mark = "V"
[[bit]]
name = "net"
addr = 2
bit = 0
mark = "V"
[status]
net = "net"
`
	const more = `[[weight]]
name = "tare"
addr = 1
type = "u16"
num = 1
den = 1
unit = "kg"
min = "0t"
max = "30t"
valid_if = "always"
mark = "V"
`
	for _, c := range []struct {
		text  string
		words []uint16
		want  says
	}{
		{one, []uint16{7000, 0, 0}, says{quant.Kg(7000), quant.Kg(7000), ""}},
		{one, []uint16{3000, 4000, 1}, says{flags: "net fault "}},
		{one + more, []uint16{3000, 4000, 1}, says{quant.Kg(7000), quant.Kg(3000), "net "}},
		{one + more, []uint16{3000, 40000, 1}, says{flags: "net fault "}},
		{one + more, []uint16{0xFF88, 0, 0}, says{-quant.Kg(120), -quant.Kg(120), ""}},
	} {
		m, err := Parse("one.toml", []byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		if got := told(m.Read(c.words)); got != c.want {
			t.Errorf("% X: %+v, want %+v", c.words, got, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("\x08\x00\x00\x00\x47\xF4\x00\x00\x47\xF4\x00\x00\x00\x00"))
	var all []*Map
	for _, model := range Models() {
		m, err := builtIn(model)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, m)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		for _, m := range all {
			words := make([]uint16, m.Block.Count)
			for i := 0; i < len(words) && 2*i+1 < len(p); i++ {
				words[i] = uint16(p[2*i])<<8 | uint16(p[2*i+1])
			}
			r, w := m.Read(words), m.weight(gross)
			if r.Fault && (r.Raw != 0 || r.Indicated != 0 || r.Stable) || !r.Fault && (r.Raw < w.Min || r.Raw > w.Max) {
				t.Errorf("%s: % X is %+v", m.Model, words, r)
			}
			if m.Model == "laumas" && !r.Fault && r.Raw != 0 && (r.Raw < 0) != (words[0]&0x80 != 0) {
				t.Errorf("% X is %v: the sign is bit 7", words, r.Raw)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	m, err := builtIn("laumas")
	if err != nil {
		b.Fatal(err)
	}
	words := []uint16{0x0800, 0, 18420, 0, 18420}
	b.ReportAllocs()
	for b.Loop() {
		if r := m.Read(words); r.Fault {
			b.Fatal("fault")
		}
	}
}
