package modbus

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Map describes one model of Modbus device as data: what is read in which requests, what
// the values mean, and what can be switched. In a settings table:
//
//	[[lane.device.settings.block]]   # one request each, in this order
//	id = "di"
//	table = "input"
//	addr = 0x0030
//	count = 1
//	every = "50ms"
//	[[lane.device.settings.point]]
//	name = "loop_entry"
//	block = "di"
//	bit = 0
//	debounce = "2/3"
//	[[lane.device.settings.action]]
//	output = "barrier"
//	action = "open"
//	addr = 0x0010
//	values = [true]
//	write = "pulse"
//	interlock = "!emergency"
type Map struct {
	Model   string   `toml:"model"`
	Source  string   `toml:"source"` // manual and edition that the addresses are from
	Blocks  []Block  `toml:"block"`
	Points  []Point  `toml:"point"`
	Actions []Action `toml:"action"`
}

// Block is one read request.
type Block struct {
	ID    string        `toml:"id"`
	Table Table         `toml:"table"`
	Addr  uint16        `toml:"addr"`
	Count uint16        `toml:"count"` // bits or words
	Every time.Duration `toml:"every"` // 0: with every poll
}

// Form is how the words of a number are put together.
type Form string

// The forms of a point.
const (
	Bit Form = "bit" // of a bit table, or bit Bit of a word
	U16 Form = "u16"
	I16 Form = "i16"
	U32 Form = "u32"
	I32 Form = "i32"
)

// WordOrder says which word of a 32-bit number has the lower address.
type WordOrder string

// The word orders.
const (
	HighFirst WordOrder = "high_first"
	LowFirst  WordOrder = "low_first"
)

// Point is one value inside a block.
type Point struct {
	Name     string    `toml:"name"`
	Block    string    `toml:"block"`
	Off      uint16    `toml:"off"`      // bits or words from the start of the block
	Bit      uint8     `toml:"bit"`      // of a word, 0 is the lowest; in bit tables added to Off
	Form     Form      `toml:"type"`     // default bit
	Words    WordOrder `toml:"words"`    // of 32-bit numbers, must be said
	Num      int64     `toml:"num"`      // scale Num/Den, default 1/1
	Den      int64     `toml:"den"`      //
	Min      int64     `toml:"min"`      // valid range after scaling; Min = Max = 0: any
	Max      int64     `toml:"max"`      //
	Invert   bool      `toml:"invert"`   // the state is the opposite of the bit
	Debounce string    `toml:"debounce"` // "2/3": 2 of the last 3 samples; default "1/1"
	Counter  string    `toml:"counter"`  // point that counts this one's rising edges

	need, of int
}

// WriteMode says how an output is written.
type WriteMode string

// The write modes.
const (
	Level WriteMode = "level" // stays as written
	Pulse WriteMode = "pulse" // one write; the module itself ends the pulse
	Timed WriteMode = "timed" // written, and written back after Width: only where the module has no pulses
)

// Action is one thing that can be done to one output.
type Action struct {
	Output    string        `toml:"output"` // barrier, light
	Action    string        `toml:"action"` // open, close; red, green
	Addr      uint16        `toml:"addr"`   // first coil
	Values    []bool        `toml:"values"` // of the coils
	Write     WriteMode     `toml:"write"`  // default level
	Width     time.Duration `toml:"width"`  // of a timed pulse, at most 2 s
	Interval  time.Duration `toml:"min_interval"`
	Interlock string        `toml:"interlock"` // condition on points, for example "!loop_exit & !ir_exit"
	Safe      bool          `toml:"safe"`      // the state of this output without a working lane
	Follow    string        `toml:"follow"`    // point that must become true after the action
	Within    time.Duration `toml:"within"`    // in this time, default 6 s

	expr *Expr
}

// Condition is the compiled interlock; nil is always allowed.
func (a *Action) Condition() *Expr { return a.expr }

// Samples gives the debounce: need of the last of samples must agree.
func (p *Point) Samples() (need, of int) { return p.need, p.of }

// Validate completes defaults, compiles what is text, and reports all problems.
func (m *Map) Validate() error {
	var errs []error
	blocks := map[string]*Block{}
	for i := range m.Blocks {
		b := &m.Blocks[i]
		if err := b.validate(); err != nil {
			errs = append(errs, fmt.Errorf("block %q: %w", b.ID, err))
		}
		if blocks[b.ID] != nil {
			errs = append(errs, fmt.Errorf("block %q: named twice", b.ID))
		}
		blocks[b.ID] = b
	}
	points := map[string]*Point{}
	for i := range m.Points {
		p := &m.Points[i]
		if err := p.validate(blocks[p.Block]); err != nil {
			errs = append(errs, fmt.Errorf("point %q: %w", p.Name, err))
		}
		if points[p.Name] != nil {
			errs = append(errs, fmt.Errorf("point %q: named twice", p.Name))
		}
		points[p.Name] = p
	}
	for i := range m.Points {
		if c := m.Points[i].Counter; c != "" && (points[c] == nil || points[c].Form == Bit) {
			errs = append(errs, fmt.Errorf("point %q: counter %q is not a number among the points", m.Points[i].Name, c))
		}
	}
	return errors.Join(append(errs, m.validateActions(points)...)...)
}

func (m *Map) validateActions(points map[string]*Point) []error {
	var errs []error
	safe, levels, seen := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range m.Actions {
		a := &m.Actions[i]
		name := a.Output + " " + a.Action
		if err := a.validate(points); err != nil {
			errs = append(errs, fmt.Errorf("action %q: %w", name, err))
		}
		if seen[name] {
			errs = append(errs, fmt.Errorf("action %q: named twice", name))
		}
		seen[name] = true
		if a.Safe && safe[a.Output] {
			errs = append(errs, fmt.Errorf("output %q has two safe states", a.Output))
		}
		safe[a.Output] = safe[a.Output] || a.Safe
		levels[a.Output] = levels[a.Output] || a.Write == Level
	}
	for i := range m.Actions {
		if o := m.Actions[i].Output; levels[o] && !safe[o] {
			errs = append(errs, fmt.Errorf("output %q has no safe state", o))
			levels[o] = false
		}
	}
	return errs
}

func (b *Block) validate() error {
	limit := MaxWords
	if b.Table.Bits() {
		limit = MaxBits
	}
	switch {
	case b.ID == "":
		return errors.New("no id")
	case b.Table == 0:
		return errors.New("no table")
	case b.Count == 0 || int(b.Count) > limit:
		return fmt.Errorf("count %d, want 1 to %d", b.Count, limit)
	case int(b.Addr)+int(b.Count) > 1<<16:
		return fmt.Errorf("ends beyond address 65535")
	case b.Every < 0:
		return fmt.Errorf("every %v", b.Every)
	}
	return nil
}

func (p *Point) validate(b *Block) error {
	if p.Form == "" {
		p.Form = Bit
	}
	if p.Num == 0 {
		p.Num = 1
	}
	if p.Den == 0 {
		p.Den = 1
	}
	if b == nil {
		return fmt.Errorf("no block %q", p.Block)
	}
	last := int(p.Off)
	switch p.Form {
	case Bit:
		if b.Table.Bits() {
			last += int(p.Bit)
		} else if p.Bit > 15 {
			return fmt.Errorf("bit %d of a word", p.Bit)
		}
	case U16, I16:
	case U32, I32:
		last++
		if p.Words != HighFirst && p.Words != LowFirst {
			return fmt.Errorf("words = %q, want high_first or low_first", p.Words)
		}
	default:
		return fmt.Errorf("type %q, want bit, u16, i16, u32 or i32", p.Form)
	}
	if p.Form != Bit && b.Table.Bits() {
		return fmt.Errorf("a number in a table of bits")
	}
	if last >= int(b.Count) {
		return fmt.Errorf("lies beyond its block of %d", b.Count)
	}
	if p.Den < 0 || p.Num < 0 || p.Num > math.MaxInt32 || p.Min > p.Max {
		return fmt.Errorf("scale %d/%d, range %d to %d", p.Num, p.Den, p.Min, p.Max)
	}
	return p.debounce()
}

func (p *Point) debounce() error {
	p.need, p.of = 1, 1
	if p.Debounce == "" {
		return nil
	}
	m, n, ok := strings.Cut(p.Debounce, "/")
	need, e1 := strconv.Atoi(m)
	of, e2 := strconv.Atoi(n)
	if !ok || e1 != nil || e2 != nil || need < 1 || need > of || of > 16 || 2*need <= of {
		return fmt.Errorf("debounce %q, want a majority such as 2/3", p.Debounce)
	}
	p.need, p.of = need, of
	return nil
}

func (a *Action) validate(points map[string]*Point) error {
	if a.Write == "" {
		a.Write = Level
	}
	if a.Within == 0 {
		a.Within = 6 * time.Second
	}
	switch {
	case a.Output == "" || a.Action == "":
		return errors.New("output or action has no name")
	case len(a.Values) == 0 || len(a.Values) > 16:
		return fmt.Errorf("%d values, want 1 to 16", len(a.Values))
	case a.Write != Level && a.Write != Pulse && a.Write != Timed:
		return fmt.Errorf("write %q, want level, pulse or timed", a.Write)
	case a.Write == Timed && (a.Width <= 0 || a.Width > 2*time.Second):
		return fmt.Errorf("width %v of a timed pulse, want up to 2s", a.Width)
	case a.Write != Level && a.Safe:
		return errors.New("a pulse cannot be a safe state")
	case a.Interval < 0 || a.Within < 0:
		return errors.New("a negative time")
	}
	if a.Follow != "" && (points[a.Follow] == nil || points[a.Follow].Form != Bit) {
		return fmt.Errorf("follow %q is not a bit among the points", a.Follow)
	}
	if a.Interlock == "" {
		return nil
	}
	e, err := ParseExpr(a.Interlock)
	if err != nil {
		return fmt.Errorf("interlock %q: %w", a.Interlock, err)
	}
	for _, n := range e.Names() {
		if points[n] == nil || points[n].Form != Bit {
			return fmt.Errorf("interlock %q: %q is not a bit among the points", a.Interlock, n)
		}
	}
	a.expr = e
	return nil
}

// Image is one read of a block: bits or words.
type Image struct {
	Bits  []bool
	Words []uint16
}

// NewImage gives room for one read of b.
func NewImage(b *Block) Image {
	if b.Table.Bits() {
		return Image{Bits: make([]bool, b.Count)}
	}
	return Image{Words: make([]uint16, b.Count)}
}

// BitOf gives the state of a bit point, inversion applied.
func (p *Point) BitOf(m Image) bool {
	var on bool
	if m.Bits != nil {
		on = m.Bits[int(p.Off)+int(p.Bit)]
	} else {
		on = m.Words[p.Off]>>p.Bit&1 == 1
	}
	return on != p.Invert
}

// NumberOf gives a number point scaled by Num/Den, rounded half away from zero; ok is
// false if it lies outside its valid range.
func (p *Point) NumberOf(m Image) (v int64, ok bool) {
	switch w := m.Words[p.Off]; p.Form {
	case U16:
		v = int64(w)
	case I16:
		v = int64(int16(w))
	case U32, I32:
		hi, lo := w, m.Words[p.Off+1]
		if p.Words == LowFirst {
			hi, lo = lo, hi
		}
		v = int64(hi)<<16 | int64(lo)
		if p.Form == I32 {
			v = int64(int32(v))
		}
	}
	v *= p.Num
	if v < 0 {
		v = (v - p.Den/2) / p.Den
	} else {
		v = (v + p.Den/2) / p.Den
	}
	return v, p.Min == p.Max || v >= p.Min && v <= p.Max
}
