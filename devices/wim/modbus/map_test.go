package modbus

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acsgd/devices"
	"acsgd/devices/devicestest"
)

func TestTheBuiltInMapsAndTheManualsAreInOrder(t *testing.T) {
	if got := strings.Join(Models(), " "); got != "hbm-wtx laumas pt113" {
		t.Errorf("models %s", got)
	}
	for _, model := range Models() {
		m, err := builtIn(model)
		if err != nil {
			t.Error(err)
			continue
		}
		if m.Model != model || !strings.Contains(manual, model) {
			t.Errorf("%s.toml is of model %q, and is it in the manual?", model, m.Model)
		}
	}
	if _, err := Parse("the manual's example", []byte(exampleMap)); err != nil {
		t.Error(err)
	}
}

// The other maps that are documented well enough to try the schema on: a float without a
// status, and status bits that are words of the same table.
func TestOtherInstrumentsNeedNoCode(t *testing.T) {
	const eagle = `
model = "eagle-ei"
source = "its manual"
[block]
table = "holding"
addr = 0x1000
count = 2
[[weight]]
name = "gross"
addr = 0x1000
type = "f32"
words = "high_first"
num = 1
den = 1
unit = "kg"
min = "-5t"
max = "100t"
valid_if = "always"
mark = "V"
`
	m, err := Parse("eagle.toml", []byte(eagle))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		words []uint16
		want  string
	}{
		{[]uint16{0x468F, 0xE800}, "18420kg"}, {[]uint16{0xC2FB, 0x0000}, "-125.5kg"},
		{[]uint16{0x7FC0, 0x0000}, "fault"}, {[]uint16{0x7F80, 0x0000}, "fault"}, {[]uint16{0x4A00, 0x0000}, "fault"},
	} {
		r := m.Read(c.words)
		got := r.Raw.String()
		if r.Fault {
			got = "fault"
		}
		if got != c.want || !r.Steadied {
			t.Errorf("% X is %s, rest derived %v, want %s, derived", c.words, got, r.Steadied, c.want)
		}
	}
	const pr5410 = `
model = "pr5410"
source = "its manual"
[block]
table = "holding"
addr = 2
count = 16
[[weight]]
name = "gross"
addr = 16
type = "i32"
words = "high_first"
num = 1
den = 10
unit = "kg"
min = "-5t"
max = "100t"
valid_if = "!adc_error"
mark = "V"
[[bit]]
name = "adc_error"
addr = 2
bit = 0
mark = "M"
[[bit]]
name = "above"
addr = 2
bit = 1
mark = "M"
[[bit]]
name = "stable"
addr = 2
bit = 6
mark = "M"
[status]
stable = "stable"
overload = "above"
`
	m, err = Parse("pr5410.toml", []byte(pr5410))
	if err != nil {
		t.Fatal(err)
	}
	words := make([]uint16, 16)
	words[0], words[14], words[15] = 0x0040, 0x0002, 0xCF88
	if r := m.Read(words); r.Raw.String() != "18420kg" || !r.Stable || r.Fault || r.Overload {
		t.Errorf("%+v, want 18420 kg at rest", r)
	}
}

const good = `model = "m"
source = "s"
limit = 32
[block]
table = "holding"
addr = 10
count = 6
[[weight]]
name = "gross"
addr = 10
type = "u32"
words = "high_first"
num = 1
den = 1
unit = "kg"
min = "-1t"
max = "100t"
valid_if = "!fault"
negative_if = "minus"
mark = "V"
[[bit]]
name = "fault"
addr = 12
bit = 0
mark = "V"
[[bit]]
name = "minus"
addr = 12
bit = 1
mark = "M"
[decimals]
addr = 13
bit = 4
bits = 3
mark = "V"
[unit]
addr = 13
bit = 7
bits = 2
units = ["kg", "g"]
mark = "V"
[status]
net = "fault & minus"
`

const second = `[[weight]]
name = "net"
addr = 14
type = "i32"
words = "low_first"
num = 1
den = 1
unit = "kg"
min = "-1t"
max = "100t"
valid_if = "always"
mark = "V"
`

func TestMapsAreLinted(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"as it is", "", "", ""},
		{"with a net weight", "[decimals]", second + "[decimals]", ""},
		{"no model", `model = "m"`, "", "model is missing"},
		{"no source", `source = "s"`, "", "source is missing"},
		{"a limit that no instrument has", "limit = 32", "limit = 126", "limit 126: want 1 to 125"},
		{"more than the model gives", "count = 6", "count = 33", "count 33: want 1 to 32"},
		{"more than Modbus gives", "limit = 32\n[block]\ntable = \"holding\"\naddr = 10\ncount = 6", "[block]\ntable = \"holding\"\naddr = 10\ncount = 126", "count 126: want 1 to 125"},
		{"no count", "count = 6", "", "count 0"},
		{"a table of bits", `"holding"`, `"coil"`, "table: want holding or input"},
		{"no table", `table = "holding"`, "", "table: want holding or input"},
		{"a block without an address", "[block]\ntable = \"holding\"\naddr = 10", "[block]\ntable = \"holding\"", "block: addr is missing"},
		{"a block beyond the end", "addr = 10\ncount = 6", "addr = 65535\ncount = 6", "ends beyond address 65535"},
		{"a weight outside the block", "addr = 10\ntype", "addr = 15\ntype", "weight gross: cannot be reached: address 15 lies outside the block, 10 to 15"},
		{"a bit before the block", "addr = 12\nbit = 0", "addr = 9\nbit = 0", "bit fault: cannot be reached: address 9"},
		{"a weight over a bit", "addr = 10\ntype", "addr = 11\ntype", "weight gross: overlaps bit fault in the word at 12"},
		{"a bit over a bit", "bit = 1\n", "bit = 0\n", "bit minus: overlaps bit fault in the word at 12"},
		{"fields over each other", "bit = 7\nbits = 2", "bit = 6\nbits = 2", "unit: overlaps decimals in the word at 13"},
		{"two weights over each other", "[decimals]", strings.Replace(second, "14", "11", 1) + "[decimals]", "weight net: overlaps"},
		{"a weight twice", "[decimals]", strings.Replace(second, `"net"`, `"gross"`, 1) + "[decimals]", "weight gross: named twice"},
		{"a weight of another name", `name = "gross"`, `name = "nett"`, `name "nett"`},
		{"no weight that is gross", `name = "gross"`, `name = "net"`, "no weight gross"},
		{"an indicated weight that may be net", "name = \"gross\"", "name = \"indicated\"", ""},
		{"an indicated weight, and nothing tells net", "[status]\nnet = \"fault & minus\"", "#", ""},
		{"a net weight, and nothing tells net", "[status]\nnet = \"fault & minus\"\n", second, "of no use without status.net"},
		{"a tare that nobody needs", "[decimals]", strings.Replace(second, `"net"`, `"tare"`, 1) + "[decimals]", "weight tare: is of no use beside gross"},
		{"no type", "type = \"u32\"", "", `type ""`},
		{"a type that there is not", `"u32"`, `"u64"`, `type "u64"`},
		{"no order of words", `words = "high_first"`, "", `words "": want high_first`},
		{"an order of one word", `"u32"`, `"u16"`, "of a type that has one word"},
		{"no scale", "den = 1", "", "scale 1/0"},
		{"a scale below zero", "num = 1", "num = -1", "scale -1/1"},
		{"no unit", `unit = "kg"`, "", `unit ""`},
		{"a unit that is read nowhere", "[unit]\naddr = 13\nbit = 7\nbits = 2\nunits = [\"kg\", \"g\"]\nmark = \"V\"\n", "", ""},
		{"no range", "min = \"-1t\"\nmax = \"100t\"\n", "", "range min 0kg to max 0kg"},
		{"a range from above to below", `"-1t"`, `"200t"`, "range min 200000kg"},
		{"a minus without a sign", `negative_if = "minus"`, "", "cannot be reached: type u32 without negative_if has no minus"},
		{"two signs", `"u32"`, `"i32"`, "i32 has its own sign"},
		{"no condition", `valid_if = "!fault"`, "", "valid_if is missing"},
		{"a condition on nothing", `valid_if = "!fault"`, `valid_if = "!broken"`, `there is no bit "broken"`},
		{"a condition that is none", `valid_if = "!fault"`, `valid_if = "!!"`, "valid_if: \"!!\": a name is missing"},
		{"a bit that nobody needs", "[decimals]", "[[bit]]\nname = \"spare\"\naddr = 12\nbit = 9\nmark = \"V\"\n[decimals]", "bit spare: no condition uses it"},
		{"a bit twice", `name = "minus"`, `name = "fault"`, "bit fault: named twice"},
		{"a bit without a name", `name = "minus"`, `name = ""`, `name ""`},
		{"a bit of two words", "bit = 1\n", "bit = 17\n", "bit 17: want 0 to 15"},
		{"a field of two words", "bits = 2", "bits = 10", "10 bits from bit 7"},
		{"more units than numbers", `["kg", "g"]`, `["kg", "g", "t", "lb", "kg"]`, "5 units: want 1 to 4"},
		{"a unit of nothing", `["kg", "g"]`, `["kg", "st"]`, `unit "st"`},
		{"no mark", "bits = 3\nmark = \"V\"", "bits = 3", `decimals: mark "": want V`},
		{"an unknown key", "count = 6", "count = 6\ncolour = 3", `bad.toml:8: unknown key "block.colour"`},
		{"an unknown key of a bit", "bit = 0\n", "bit = 0\ninvert = true\n", `bad.toml:25: unknown key "bit.invert"`},
		{"an unknown table", "[unit]", "[units]", `unknown key "units`},
		{"an address that is none", "addr = 12\nbit = 0", "addr = -1\nbit = 0", "bit.addr: -1 is out of range"},
		{"a mass without a unit", `"100t"`, `"100"`, "bad.toml:17: weight.max"},
		{"no TOML", "[block]", "[block", "bad.toml:5: "},
	} {
		if !strings.Contains(good, c.old) {
			t.Errorf("%s: the good map has no %q", c.name, c.old)
		}
		text := strings.Replace(good, c.old, c.new, 1)
		switch c.name {
		case "an indicated weight, and nothing tells net":
			text, c.want = strings.Replace(text, `name = "gross"`, `name = "indicated"`, 1), "no status.net that tells when indicated is not gross"
		case "a unit that is read nowhere":
			text, c.want = strings.Replace(text, `unit = "kg"`, `unit = "read"`, 1), "without a table [unit]"
		}
		_, err := Parse("bad.toml", []byte(text))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestAllThatIsWrongWithAMapIsToldAtOnce(t *testing.T) {
	_, err := Parse("bad.toml", []byte("colour = 3\n[block]\ncount = 1\n"))
	if err == nil || strings.Count(err.Error(), "\n") < 5 {
		t.Errorf("%v, want the key, model, source, table, address and weight", err)
	}
}

func TestSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.toml")
	if err := os.WriteFile(file, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	inline := "[map]\n" + strings.NewReplacer("[[", "[[map.", "\n[block", "\n[map.block", "\n[dec", "\n[map.dec", "\n[unit", "\n[map.unit", "\n[stat", "\n[map.stat").Replace(good)
	for _, c := range []struct{ settings, want string }{
		{`model = "laumas"`, ""},
		{`map_file = "` + file + `"`, ""},
		{inline, ""},
		{"model = \"laumas\"\ndecimals = 1\nunit = \"lb\"", ""},
		{"", "want one of model (hbm-wtx, laumas, pt113), map_file and map, not 0"},
		{"model = \"laumas\"\nmap_file = \"x\"", "not 2 of them"},
		{`model = "scale"`, `model "scale" is not built in, want hbm-wtx, laumas, pt113`},
		{`map_file = "/no/such/map.toml"`, "read map: open /no/such/map.toml"},
		{strings.Replace(inline, "count = 6", "count = 600", 1), "map: block: count 600"},
		{strings.Replace(inline, "count = 6", "count = 6\ncolour = 3", 1), "map.block.colour"},
		{"model = \"hbm-wtx\"\ndecimals = 1", "tells them itself"},
		{"model = \"hbm-wtx\"\nunit = \"kg\"", "tells its unit itself"},
		{"model = \"laumas\"\ndecimals = 8", "decimals 8"},
		{"model = \"laumas\"\nunit = \"pood\"", `unit "pood"`},
		{"model = \"laumas\"\npoll = \"1ms\"", "poll 1ms: want 5 ms"},
		{"model = \"laumas\"\nretries = -1", "retries -1"},
		{"model = \"laumas\"\nmode = \"rolling\"", `mode "rolling"`},
		{"model = \"laumas\"\ncolour = 1", "colour"},
	} {
		_, err := New(devicestest.Settings(t, Kind, "modbus+tcp:10.1.2.3:502", c.settings), devices.Env{})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.settings, err, c.want)
		}
	}
	sec := devicestest.Settings(t, Kind, "modbus+tcp:10.1.2.3:502", `map_file = "mine.toml"`)
	if _, err := New(sec, devices.Env{}); err == nil {
		t.Error("a map beside the site file is found in the working directory")
	}
	sec.Dir = filepath.Dir(file)
	if _, err := New(sec, devices.Env{}); err != nil {
		t.Errorf("a map beside the site file: %v", err)
	}
	if _, err := New(devicestest.Settings(t, Kind, "tcp:10.1.2.3:502", `model = "laumas"`), devices.Env{}); err == nil || !strings.Contains(err.Error(), "want modbus+tcp") {
		t.Errorf("a byte link: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add(exampleMap)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse("fuzz", []byte(text))
		if err != nil {
			return
		}
		for _, fill := range []uint16{0, 0xFFFF, 0x5555, 0x7F80} { // whatever passes can be read
			words := make([]uint16, m.Block.Count)
			for i := range words {
				words[i] = fill
			}
			if r := m.Read(words); r.Fault && r.Raw != 0 {
				t.Errorf("a fault weighs %v", r.Raw)
			}
		}
	})
}
