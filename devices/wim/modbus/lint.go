package modbus

import (
	"errors"
	"fmt"
	"slices"

	"acsgd/devices/modbus"
	"acsgd/devices/wim"
)

// lint gathers what is wrong with a map.
type lint struct {
	m     *Map
	errs  []error
	taken map[int]owner   // bits of the block that mean something, by word*16+bit
	bits  map[string]bool // names of the bits; true: something uses them
}

// owner is the point that a bit belongs to.
type owner string

func (l *lint) bad(what, format string, args ...any) {
	l.errs = append(l.errs, fmt.Errorf("%s: %s", what, fmt.Sprintf(format, args...)))
}

// Validate compiles the map and reports all that is wrong with it: what is missing, what
// overlaps, what lies outside the request or is of no use, and what the instrument cannot
// give in one request.
func (m *Map) Validate() error {
	l := &lint{m: m, taken: map[int]owner{}, bits: map[string]bool{}}
	if m.Model == "" {
		l.bad("map", "model is missing")
	}
	if m.Source == "" {
		l.bad("map", "source is missing: say which manual the addresses are from")
	}
	l.block()
	for i := range m.Bits {
		l.bit(&m.Bits[i])
	}
	l.weights()
	if m.Decimals != nil {
		l.field("decimals", m.Decimals)
		if m.Decimals.Bits > 3 {
			l.bad("decimals", "%d bits: want 1 to 3", m.Decimals.Bits)
		}
	}
	if m.Unit != nil {
		l.units()
	}
	l.status()
	for _, b := range m.Bits {
		if used, ok := l.bits[b.Name]; ok && !used {
			l.bad("bit "+b.Name, "no condition uses it")
			l.bits[b.Name] = true // told once
		}
	}
	return errors.Join(l.errs...)
}

func (l *lint) block() {
	b := &l.m.Block
	if l.m.Limit == 0 {
		l.m.Limit = modbus.MaxWords
	}
	if l.m.Limit < 1 || l.m.Limit > modbus.MaxWords {
		l.bad("map", "limit %d: want 1 to %d registers", l.m.Limit, modbus.MaxWords)
	}
	if b.Table != modbus.Holding && b.Table != modbus.Input {
		l.bad("block", "table: want holding or input")
	}
	switch {
	case b.Addr == nil:
		l.bad("block", "addr is missing")
		b.Addr = new(uint16)
	case int(*b.Addr)+int(b.Count) > 1<<16:
		l.bad("block", "ends beyond address 65535")
	}
	if b.Count == 0 || int(b.Count) > l.m.Limit {
		l.bad("block", "count %d: want 1 to %d registers, what the instrument gives in one request", b.Count, l.m.Limit)
	}
}

// take marks bits as meaning one thing: n bits from bit of the word at addr on, which may
// go on in the words behind it.
func (l *lint) take(what string, addr *uint16, bit, n int) {
	if addr == nil {
		l.bad(what, "addr is missing")
		return
	}
	first := int(*addr) - int(*l.m.Block.Addr)
	last := first + (bit+n-1)/16
	if first < 0 || last >= int(l.m.Block.Count) {
		l.bad(what, "cannot be reached: address %d lies outside the block, %d to %d", *addr, *l.m.Block.Addr, int(*l.m.Block.Addr)+int(l.m.Block.Count)-1)
		return
	}
	for k := first*16 + bit; k < first*16+bit+n; k++ {
		if o, ok := l.taken[k]; ok {
			l.bad(what, "overlaps %s in the word at %d", o, int(*l.m.Block.Addr)+k/16)
			return
		}
	}
	for k := first*16 + bit; k < first*16+bit+n; k++ {
		l.taken[k] = owner(what)
	}
}

func (l *lint) mark(what, mark string) {
	if mark != "V" && mark != "M" {
		l.bad(what, "mark %q: want V, read in the source, or M, from memory", mark)
	}
}

func (l *lint) bit(b *Bit) {
	what := "bit " + b.Name
	if _, twice := l.bits[b.Name]; twice {
		l.bad(what, "named twice")
	}
	if e, err := modbus.ParseExpr(b.Name); err != nil || len(e.Names()) != 1 || e.Names()[0] != b.Name || b.Name == always {
		l.bad(what, "name %q: want letters, digits and _, and not %q", b.Name, always)
		return
	}
	l.bits[b.Name] = false
	l.mark(what, b.Mark)
	if b.Bit > 15 {
		l.bad(what, "bit %d: want 0 to 15", b.Bit)
		return
	}
	l.take(what, b.Addr, int(b.Bit), 1)
}

func (l *lint) field(what string, f *Field) {
	l.mark(what, f.Mark)
	if f.Bits < 1 || int(f.Bit)+int(f.Bits) > 16 {
		l.bad(what, "%d bits from bit %d: want some of one word", f.Bits, f.Bit)
		return
	}
	l.take(what, f.Addr, int(f.Bit), int(f.Bits))
}

func (l *lint) units() {
	u := l.m.Unit
	l.field("unit", &u.Field)
	if len(u.Units) == 0 || len(u.Units) > 1<<min(u.Bits, 8) {
		l.bad("unit", "%d units: want 1 to %d for %d bits", len(u.Units), 1<<min(u.Bits, 8), u.Bits)
	}
	for _, s := range u.Units {
		if _, err := wim.ParseUnit(s); s != "" && err != nil {
			l.bad("unit", "%v", err)
		}
	}
}

func (l *lint) weights() {
	seen := map[string]bool{}
	for i := range l.m.Weights {
		w := &l.m.Weights[i]
		if !slices.Contains([]string{gross, net, shown, tare}, w.Name) {
			l.bad("weight "+w.Name, "name %q: want gross, net, indicated or tare", w.Name)
			continue
		}
		if seen[w.Name] {
			l.bad("weight "+w.Name, "named twice")
		}
		seen[w.Name] = true
		l.weight(w)
	}
	if l.m.Status.Net == "" && (seen[net] || seen[tare]) {
		l.bad("map", "weights net and tare are of no use without status.net")
	}
	switch {
	case seen[gross]:
		for _, w := range []string{net, tare} {
			if seen[w] && (w == tare || seen[shown]) {
				l.bad("weight "+w, "is of no use beside gross%s", map[bool]string{true: " and indicated"}[seen[shown]])
			}
		}
	case !seen[shown]:
		l.bad("map", "no weight gross, and no indicated to stand for it")
	case l.m.Status.Net == "":
		l.bad("map", "no weight gross, and no status.net that tells when indicated is not gross")
	case seen[net]:
		l.bad("weight net", "is of no use beside indicated")
	}
}

// words is how many words a type takes; 0 is no type.
func words(t modbus.Form) int {
	switch t {
	case modbus.U16, modbus.I16:
		return 1
	case modbus.U32, modbus.I32, f32:
		return 2
	}
	return 0
}

func (l *lint) weight(w *Weight) {
	what := "weight " + w.Name
	l.mark(what, w.Mark)
	n := words(w.Type)
	if n == 0 {
		l.bad(what, "type %q: want u16, i16, u32, i32 or f32", w.Type)
		n = 1
	}
	if n == 2 && w.Words != modbus.HighFirst && w.Words != modbus.LowFirst {
		l.bad(what, "words %q: want high_first or low_first", w.Words)
	}
	if n == 1 && w.Words != "" {
		l.bad(what, "words %q of a type that has one word", w.Words)
	}
	if w.Unit == read {
		if l.m.Unit == nil {
			l.bad(what, "unit %q without a table [unit] that says where", read)
		}
	} else if _, err := wim.ParseUnit(w.Unit); err != nil {
		l.bad(what, "%v, or %q", err, read)
	}
	if _, err := wim.NewScale(w.Num, w.Den, wim.Kilogram, 0); err != nil {
		l.bad(what, "num and den: %v", err)
	}
	if w.Min >= w.Max {
		l.bad(what, "range min %v to max %v: want both, min below max", w.Min, w.Max)
	}
	unsigned := w.Type == modbus.U16 || w.Type == modbus.U32
	switch {
	case w.NegativeIf != "" && !unsigned:
		l.bad(what, "negative_if belongs to unsigned types: %s has its own sign", w.Type)
	case w.NegativeIf == "" && unsigned && w.Min < 0:
		l.bad(what, "min %v cannot be reached: type %s without negative_if has no minus", w.Min, w.Type)
	}
	l.take(what, w.Addr, 0, 16*n)
	if w.ValidIf == "" {
		l.bad(what, "valid_if is missing: the condition under which it is a weight, or %q", always)
	} else if w.ValidIf != always {
		w.valid = l.condition(what+": valid_if", w.ValidIf)
	}
	w.negative = l.condition(what+": negative_if", w.NegativeIf)
}

// Words of a map that are no names of bits or units.
const (
	always = "always"
	read   = "read"
)

func (l *lint) status() {
	s := &l.m.Status
	for _, c := range []struct {
		name, text string
		to         **modbus.Expr
	}{{"stable", s.Stable, &s.stable}, {"motion", s.Motion, &s.motion}, {"zero", s.Zero, &s.zero},
		{"overload", s.Overload, &s.overload}, {"underload", s.Underload, &s.underload}, {"net", s.Net, &s.net}} {
		*c.to = l.condition("status."+c.name, c.text)
	}
}

// condition compiles a condition on bits; "" is none.
func (l *lint) condition(what, text string) *modbus.Expr {
	if text == "" {
		return nil
	}
	e, err := modbus.ParseExpr(text)
	if err != nil {
		l.bad(what, "%q: %v", text, err)
		return nil
	}
	for _, n := range e.Names() {
		if _, ok := l.bits[n]; !ok {
			l.bad(what, "%q: there is no bit %q", text, n)
			continue
		}
		l.bits[n] = true
	}
	return e
}
