package fusion

import (
	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
)

// CopyTo makes dst a copy of p that stays as it is when the core goes on, reusing the memory
// that dst has. Shared remains what no Step changes once it is made: texts, declarations,
// instruments' readings.
func (p *Passage) CopyTo(dst *Passage) {
	old := *dst
	*dst = *p
	dst.Instruments = append(old.Instruments[:0], p.Instruments...)
	dst.Plates = append(old.Plates[:0], p.Plates...)
	dst.Axles = append(old.Axles[:0], p.Axles...)
	dst.Match.Declared = append(old.Match.Declared[:0], p.Match.Declared...)
	dst.Missing = append(old.Missing[:0], p.Missing...)
	dst.memory = old.memory
	dst.memory.Reset()
	dst.Findings = own(append(old.Findings[:0], p.Findings...), &dst.memory)
	dst.Advice = own(append(old.Advice[:0], p.Advice...), &dst.memory)
	dst.History = append(old.History[:0], p.History...)
	dst.Gross = clone(old.Gross, p.Gross)
	dst.Decision = clone(old.Decision, p.Decision)
	dst.Pending = clone(old.Pending, p.Pending)
	if s := p.Size; s != nil {
		var outline []Point
		if old.Size != nil {
			outline = old.Size.Outline
		}
		dst.Size = clone(old.Size, s)
		dst.Size.Outline = append(outline[:0], s.Outline...)
	}
	if r := p.Radiation; r != nil {
		var was radiation.Occupancy
		if old.Radiation != nil {
			was = *old.Radiation
		}
		dst.Radiation = clone(old.Radiation, r)
		dst.Radiation.Slices = append(was.Slices[:0], r.Slices...)
		dst.Radiation.Neutron = append(was.Neutron[:0], r.Neutron...)
		dst.Radiation.Windows = append(was.Windows[:0], r.Windows...)
	}
}

// own makes findings independent of where they come from.
func own(fs []rules.Finding, m *rules.Memory) []rules.Finding {
	for i := range fs {
		m.Own(&fs[i])
	}
	return fs
}

// CopyTo makes dst a copy of l that stays as it is when the core goes on, reusing the memory
// that dst has.
func (l *LaneState) CopyTo(dst *LaneState) {
	old := *dst
	*dst = *l
	dst.Loops = append(old.Loops[:0], l.Loops...)
	dst.Passages = append(old.Passages[:0], l.Passages...)
	dst.Devices = append(old.Devices[:0], l.Devices...)
	dst.Alarms = append(old.Alarms[:0], l.Alarms...)
	if l.Devices != nil && dst.Devices == nil {
		dst.Devices = []DeviceState{} // an empty list is not the absence of one
	}
}

// clone copies *from into *old, or into new memory if there is none.
func clone[T any](old, from *T) *T {
	if from == nil {
		return nil
	}
	if old == nil {
		old = new(T)
	}
	*old = *from
	return old
}
