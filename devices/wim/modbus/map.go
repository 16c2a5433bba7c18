package modbus

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/BurntSushi/toml"

	"acsgd/devices/modbus"
	"acsgd/internal/quant"
)

// Map describes the registers of one model of weighing transmitter. Weights and status are
// read in one request, so that they are of one moment. Addresses are wire addresses from 0.
type Map struct {
	Model    string   `toml:"model"`
	Source   string   `toml:"source"` // manual and edition that the addresses are from
	Limit    int      `toml:"limit"`  // registers that the instrument gives in one request; default 125
	Block    Block    `toml:"block"`
	Weights  []Weight `toml:"weight"`
	Bits     []Bit    `toml:"bit"`
	Status   Status   `toml:"status"`
	Decimals *Field   `toml:"decimals"` // digits behind the point, where the instrument tells them
	Unit     *Units   `toml:"unit"`     // where the instrument tells it
}

// Block is the request.
type Block struct {
	Table modbus.Table `toml:"table"` // holding, input
	Addr  *uint16      `toml:"addr"`
	Count uint16       `toml:"count"`
}

// The types of a weight, beside those of package modbus.
const f32 modbus.Form = "f32" // IEEE 754

// The weights. Gross is what is weighed; where an instrument has no gross register, Shown
// stands for it while the display does not show net, or with Tare.
const (
	gross = "gross"
	net   = "net"
	shown = "indicated" // what the display shows
	tare  = "tare"
)

// Weight is one mass in the block. Everything but NegativeIf and, of 16-bit types, Words
// must be said.
type Weight struct {
	Name  string           `toml:"name"` // gross, net, indicated, tare
	Addr  *uint16          `toml:"addr"`
	Type  modbus.Form      `toml:"type"`  // u16, i16, u32, i32, f32
	Words modbus.WordOrder `toml:"words"` // high_first, low_first
	Num   int64            `toml:"num"`   // a count is Num/Den of the unit
	Den   int64            `toml:"den"`
	Unit  string           `toml:"unit"` // g, kg, t, lb; "read": Map.Unit tells it
	Min   quant.Mass       `toml:"min"`  // a mass outside is a fault of the instrument
	Max   quant.Mass       `toml:"max"`
	// ValidIf is the condition on bits under which the register holds a weight at all;
	// "always" where the instrument has none.
	ValidIf    string `toml:"valid_if"`
	NegativeIf string `toml:"negative_if"` // of unsigned types: the bit of the minus sign
	Mark       string `toml:"mark"`

	valid, negative *modbus.Expr
	decimals        int // of the settings
}

// Bit is one bit of a word of the block, 0 the lowest.
type Bit struct {
	Name string  `toml:"name"`
	Addr *uint16 `toml:"addr"`
	Bit  uint8   `toml:"bit"`
	Mark string  `toml:"mark"`
}

// Status says what the driver must know, as conditions on bits: names, ! (not), & (and),
// | (or), parentheses. "" is never.
type Status struct {
	Stable    string `toml:"stable"` // without Stable and Motion, rest is derived from the weights
	Motion    string `toml:"motion"`
	Zero      string `toml:"zero"` // centre of zero
	Overload  string `toml:"overload"`
	Underload string `toml:"underload"`
	Net       string `toml:"net"` // the display shows net

	stable, motion, zero, overload, underload, net *modbus.Expr
}

// Field is a small number inside a word: Bits bits from Bit on, 0 the lowest.
type Field struct {
	Addr *uint16 `toml:"addr"`
	Bit  uint8   `toml:"bit"`
	Bits uint8   `toml:"bits"`
	Mark string  `toml:"mark"`
}

// Units is a Field that selects a unit.
type Units struct {
	Field
	Units []string `toml:"units"` // unit of the numbers 0, 1, ...; "" of those that are none
}

//go:embed maps/*.toml
var maps embed.FS

// Models lists the maps that are built in, sorted.
func Models() []string {
	entries, err := fs.ReadDir(maps, "maps")
	if err != nil {
		return nil // the directory is embedded
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".toml"))
	}
	return out
}

// builtIn gives the map of a model.
func builtIn(model string) (*Map, error) {
	b, err := maps.ReadFile("maps/" + model + ".toml")
	if err != nil {
		return nil, fmt.Errorf("model %q is not built in, want %s, or a map", model, strings.Join(Models(), ", "))
	}
	return Parse(model+".toml", b)
}

// Parse reads and checks a map; path names it in errors, which are all told, those of the
// text with their line.
func Parse(path string, text []byte) (*Map, error) {
	m := new(Map)
	md, err := toml.Decode(string(text), m)
	if pe, ok := errors.AsType[toml.ParseError](err); ok {
		return nil, fmt.Errorf("%s:%d: %s: %s", path, pe.Position.Line, pe.LastKey, pe.Message)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var errs []error
	for _, k := range md.Undecoded() {
		errs = append(errs, fmt.Errorf("%s:%d: unknown key %q", path, lineOf(string(text), k), k.String()))
	}
	if err := m.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", path, err))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return m, nil
}

// lineOf is the first line on which a key stands, from 1.
func lineOf(text string, key toml.Key) int {
	table, n := "", 0
	for l := range strings.Lines(text) {
		n++
		l = strings.TrimSpace(l)
		if name, ok := strings.CutPrefix(l, "["); ok {
			table = strings.Trim(strings.SplitN(name, "]", 2)[0], "[ ") + "."
			if strings.TrimSuffix(table, ".") == key.String() {
				return n
			}
			continue
		}
		if name, _, ok := strings.Cut(l, "="); ok && table+strings.Trim(strings.TrimSpace(name), `"'`) == key.String() {
			return n
		}
	}
	return 1
}
