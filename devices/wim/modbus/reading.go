package modbus

import (
	"math"

	"acsgd/devices/modbus"
	"acsgd/devices/wim"
	"acsgd/internal/quant"
)

// Reading is what one answer says.
type Reading struct {
	wim.Sample
	Indicated quant.Mass // what the display shows: net where the sample says so
	Steadied  bool       // the map has no word for stability: it must be derived
}

// Read makes a reading of the words of the block, as many as Block.Count. Raw is gross, or
// the sample is a fault: a net weight is never taken for gross.
func (m *Map) Read(words []uint16) Reading {
	is := m.states(words)
	s := &m.Status
	var r Reading
	r.Motion, r.Zero, r.Net = is(s.motion), is(s.zero), is(s.net)
	r.Overload, r.Underload = is(s.overload), is(s.underload)
	r.Stable = is(s.stable) && !r.Motion
	if s.stable == nil {
		r.Stable, r.Steadied = s.motion != nil && !r.Motion, s.motion == nil
	}
	at := func(name string) (quant.Mass, bool) { return m.mass(name, words, is) }
	var ok bool
	if m.weight(gross) != nil {
		r.Raw, ok = at(gross)
		r.Indicated = r.Raw
		if r.Net {
			r.Indicated, ok = m.shownNet(at, r.Raw, ok)
		}
	} else {
		r.Indicated, ok = at(shown)
		r.Raw = r.Indicated
		if r.Net {
			t, known := at(tare)
			r.Raw, ok = r.Indicated+t, ok && known
		}
	}
	if !ok {
		r.Fault, r.Raw, r.Indicated, r.Stable = true, 0, 0, false
	}
	return r
}

// shownNet is what a display in net mode shows, where the map has it.
func (m *Map) shownNet(at func(string) (quant.Mass, bool), gross quant.Mass, ok bool) (quant.Mass, bool) {
	for _, name := range []string{shown, net} {
		if m.weight(name) != nil {
			v, known := at(name)
			return v, ok && known
		}
	}
	return gross, ok
}

// states gives the truth of conditions on the bits of the block; a condition that there is
// not is false.
func (m *Map) states(words []uint16) func(*modbus.Expr) bool {
	bit := func(name string) modbus.Truth {
		for i := range m.Bits {
			if b := &m.Bits[i]; b.Name == name {
				if words[*b.Addr-*m.Block.Addr]>>b.Bit&1 == 1 {
					return modbus.True
				}
				return modbus.False
			}
		}
		return modbus.Unknown // Validate has seen that it is there
	}
	return func(e *modbus.Expr) bool { return e != nil && e.Eval(bit) == modbus.True }
}

func (m *Map) weight(name string) *Weight {
	for i := range m.Weights {
		if m.Weights[i].Name == name {
			return &m.Weights[i]
		}
	}
	return nil
}

// mass gives a weight; ok is false if there is none, or the status, the unit or the range
// speaks against it.
func (m *Map) mass(name string, words []uint16, is func(*modbus.Expr) bool) (v quant.Mass, ok bool) {
	w := m.weight(name)
	if w == nil || w.valid != nil && !is(w.valid) {
		return 0, false
	}
	scale, ok := m.scale(w, words)
	if !ok {
		return 0, false
	}
	at := *w.Addr - *m.Block.Addr
	switch first := words[at]; w.Type {
	case modbus.U16:
		v, ok = scale.Of(int64(first))
	case modbus.I16:
		v, ok = scale.Of(int64(int16(first)))
	default:
		high, low := first, words[at+1]
		if w.Words == modbus.LowFirst {
			high, low = low, high
		}
		both := uint32(high)<<16 | uint32(low)
		switch w.Type {
		case modbus.U32:
			v, ok = scale.Of(int64(both))
		case modbus.I32:
			v, ok = scale.Of(int64(int32(both)))
		default:
			v, ok = scale.OfFloat(float64(math.Float32frombits(both)))
		}
	}
	if is(w.negative) {
		v = -v
	}
	return v, ok && v >= w.Min && v <= w.Max
}

// scale is what a count of w means now.
func (m *Map) scale(w *Weight, words []uint16) (s wim.Scale, ok bool) {
	unit, decimals := w.Unit, w.decimals
	if unit == read {
		k := m.field(&m.Unit.Field, words)
		if k >= len(m.Unit.Units) {
			return s, false
		}
		unit = m.Unit.Units[k]
	}
	if m.Decimals != nil {
		decimals = m.field(m.Decimals, words)
	}
	u, err := wim.ParseUnit(unit)
	if err != nil {
		return s, false
	}
	s, err = wim.NewScale(w.Num, w.Den, u, decimals)
	return s, err == nil
}

func (m *Map) field(f *Field, words []uint16) int {
	return int(words[*f.Addr-*m.Block.Addr]>>f.Bit) & (1<<f.Bits - 1)
}
