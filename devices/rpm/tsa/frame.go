package tsa

import (
	"bytes"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Scale is the factor of the decimal fields in obs.Radiation.Values.
const Scale = 100_000_000

// layout says what the fields of a line are.
type layout uint8

const (
	gamma    layout = iota + 1 // four panel counts
	neutron                    // four neutron counts
	speed                      // beam time, mph, km/h, zero
	end                        // occupancy counter, neutron background in milli-cps, 0, 0
	contact                    // four constant fields that carry nothing
	setup                      // settings, kept as sent
	decimals                   // numbers, kept times 10^8
	texts                      // meaning unknown or mixed, kept as sent
)

// spec is one row of the line table.
type spec struct {
	tag      string
	layout   layout
	fields   int    // after the tag, without the daily file's time column; 0 = any number
	interval int32  // ms that the counts were gathered in; 0 = a rate
	alarm    bool   // the portal's own alarm flag
	fault    string // what the line reports
	state    state  // what the line says about the beams
}

// state is what is known about the beams.
type state uint8

const (
	unknown  state = iota // nothing has been heard that tells
	vacant                // background lines, or an occupancy has just ended
	occupied              // slices are coming
)

// lookup finds the row of a tag. The switch makes no garbage.
func lookup(tag []byte) (spec, bool) {
	switch string(tag) {
	case "GB":
		return spec{tag: "GB", layout: gamma, fields: 4, state: vacant}, true
	case "GH":
		return spec{tag: "GH", layout: gamma, fields: 4, state: vacant, fault: "high_background"}, true
	case "GL":
		return spec{tag: "GL", layout: gamma, fields: 4, state: vacant, fault: "low_background"}, true
	case "GS":
		return spec{tag: "GS", layout: gamma, fields: 4, interval: 200, state: occupied}, true
	case "GA":
		return spec{tag: "GA", layout: gamma, fields: 4, interval: 200, state: occupied, alarm: true}, true
	case "NB":
		return spec{tag: "NB", layout: neutron, fields: 4, state: vacant}, true
	case "NH":
		return spec{tag: "NH", layout: neutron, fields: 4, state: vacant, fault: "neutron_high_background"}, true
	case "NS":
		return spec{tag: "NS", layout: neutron, fields: 4, interval: 1000, state: occupied}, true
	case "NA":
		return spec{tag: "NA", layout: neutron, fields: 4, interval: 1000, state: occupied, alarm: true}, true
	case "SP":
		return spec{tag: "SP", layout: speed, fields: 4, state: occupied}, true
	case "GX":
		return spec{tag: "GX", layout: end, fields: 4, state: vacant}, true
	case "TT":
		return spec{tag: "TT", layout: contact, fields: 4, fault: "tamper"}, true
	case "TC":
		return spec{tag: "TC", layout: contact, fields: 4}, true
	}
	return lookupSetup(tag)
}

// lookupSetup finds the settings and the lines of the four-window firmware.
func lookupSetup(tag []byte) (spec, bool) {
	switch string(tag) {
	case "SG1":
		return spec{tag: "SG1", layout: setup, fields: 6}, true
	case "SG2":
		return spec{tag: "SG2", layout: setup, fields: 6}, true
	case "SG3":
		return spec{tag: "SG3", layout: setup, fields: 5}, true
	case "SN1":
		return spec{tag: "SN1", layout: setup, fields: 6}, true
	case "SN2":
		return spec{tag: "SN2", layout: setup, fields: 5}, true
	case "NB1":
		return spec{tag: "NB1", layout: decimals, fields: 4, state: vacant}, true
	case "AB1":
		return spec{tag: "AB1", layout: decimals, fields: 4, state: vacant}, true
	case "AR":
		return spec{tag: "AR", layout: decimals, fields: 4, state: vacant}, true
	case "AC":
		return spec{tag: "AC", layout: decimals, fields: 2, state: vacant}, true
	case "NC":
		return spec{tag: "NC", layout: decimals, fields: 2, state: vacant}, true
	case "NX":
		return spec{tag: "NX", layout: decimals, fields: 2, state: vacant}, true
	case "RW":
		return spec{tag: "RW", layout: decimals, fields: 4, state: vacant}, true
	case "NZ":
		return spec{tag: "NZ", layout: decimals, fields: 2, state: occupied}, true
	case "AS":
		return spec{tag: "AS", layout: decimals, fields: 4, interval: 200, state: occupied}, true
	case "AX":
		return spec{tag: "AX", layout: decimals, fields: 5, state: occupied}, true
	case "AM":
		return spec{tag: "AM", layout: decimals, fields: 4, state: occupied}, true
	case "AA":
		return spec{tag: "AA", layout: texts, fields: 4, state: occupied}, true
	}
	return spec{}, false
}

// syntax is a fault of one line: which byte of it, and what is wrong there.
type syntax struct {
	at     int
	reason string
}

// ok reports whether there is no fault.
func (e syntax) ok() bool { return e.reason == "" }

// maxFields bounds the fields of one line; the longest known line has seven.
const maxFields = 24

// fields are the parts of a line between its commas.
type fields struct {
	n  int
	at [maxFields]int // where each begins
	to [maxFields]int
}

func (f *fields) get(line []byte, i int) []byte { return line[f.at[i]:f.to[i]] }

func (f *fields) split(line []byte) syntax {
	start := 0
	for i := 0; i <= len(line); i++ {
		if i < len(line) && line[i] != ',' {
			if line[i] < ' ' || line[i] > '~' {
				return syntax{i, "not printable ASCII"}
			}
			continue
		}
		if f.n == maxFields {
			return syntax{i, "too many fields"}
		}
		f.at[f.n], f.to[f.n] = start, i
		f.n, start = f.n+1, i+1
	}
	return syntax{}
}

// decoded is one understood line.
type decoded struct {
	spec  spec
	known bool   // the tag stands in the table
	clock column // the daily file's time column, if there is one
}

// spectroscopic finds out whether a line that is not understood is a spectroscopic portal's,
// which has the same tags, but the name of a detector or the colour of a decision where
// counts stand here. p may be the beginning of a line.
func spectroscopic(p []byte) (syntax, bool) {
	if len(p) < 4 || p[2] != ',' {
		return syntax{}, false
	}
	field, _, _ := bytes.Cut(p[3:], []byte(","))
	switch string(p[:2]) {
	case "GB", "GS":
		if len(field) >= 2 && len(field) <= 4 && upper(field[0]) {
			return syntax{3, "a detector name: a spectroscopic portal's file, not a gross-count portal's"}, true
		}
	case "GX":
		if s := string(field); s == "Red" || s == "Yellow" || s == "Green" {
			return syntax{3, "a decision: a spectroscopic portal's file, not a gross-count portal's"}, true
		}
	}
	return syntax{}, false
}

// decode reads one line without its line end into r, using a for what must outlive it.
func decode(line []byte, a *arena, r *obs.Radiation) (decoded, syntax) {
	var f fields
	if e := f.split(line); !e.ok() {
		return decoded{}, e
	}
	tag := f.get(line, 0)
	if !isTag(tag) || f.n < 2 {
		return decoded{}, syntax{0, "no line tag"}
	}
	var d decoded
	d.spec, d.known = lookup(tag)
	n := f.n - 1
	if c, ok := parseColumn(f.get(line, f.n-1)); ok && (!d.known || n != d.spec.fields) {
		d.clock = c
		n--
	}
	if n == 0 {
		return decoded{}, syntax{len(line), "too few fields"}
	}
	if !d.known {
		d.spec = spec{tag: string(tag), layout: texts}
	}
	if e := d.spec.count(line, &f, n); !e.ok() {
		return decoded{}, e
	}
	r.Tag, r.Interval, r.Alarm, r.Fault = d.spec.tag, d.spec.interval, d.spec.alarm, d.spec.fault
	return d, d.spec.fill(line, &f, n, a, r)
}

// isTag reports two capitals and perhaps one digit.
func isTag(p []byte) bool {
	if len(p) != 2 && len(p) != 3 {
		return false
	}
	return upper(p[0]) && upper(p[1]) && (len(p) == 2 || digit(p[2]))
}

func (s spec) count(line []byte, f *fields, n int) syntax {
	switch {
	case s.fields == 0 || n == s.fields:
		return syntax{}
	case n < s.fields:
		return syntax{len(line), "too few fields"}
	}
	return syntax{f.at[s.fields+1], "too many fields, or a time that is not understood"}
}

// fill decodes the n fields after the tag.
func (s spec) fill(line []byte, f *fields, n int, a *arena, r *obs.Radiation) syntax {
	switch s.layout {
	case gamma:
		return counts(line, f, &r.Gamma)
	case neutron:
		return counts(line, f, &r.Neutron)
	case contact:
		var ignored [4]int32
		return counts(line, f, &ignored)
	case end:
		var c [4]int32
		if e := counts(line, f, &c); !e.ok() {
			return e
		}
		r.Occupancy, r.Background = uint32(c[0]), int64(c[1])
	case speed:
		return speeds(line, f, r)
	case decimals:
		r.Values = a.numbers(n)
		for i := range n {
			v, ok := decimal(f.get(line, i+1), Scale)
			if !ok {
				return syntax{f.at[i+1], "not a number"}
			}
			r.Values[i] = v
		}
	case setup, texts:
		all := string(line[f.at[1]:f.to[n]])
		r.Setup = make([]string, n)
		for i := range n {
			r.Setup[i] = all[f.at[i+1]-f.at[1] : f.to[i+1]-f.at[1]]
		}
	}
	return syntax{}
}

// counts reads four counts of exactly six digits: a count that lost a digit on the wire
// is a wrong count, so its line does not stand.
func counts(line []byte, f *fields, to *[4]int32) syntax {
	for i := range to {
		p := f.get(line, i+1)
		if len(p) != 6 {
			return syntax{f.at[i+1], "not a count of six digits"}
		}
		v := int32(0)
		for j, c := range p {
			if !digit(c) {
				return syntax{f.at[i+1] + j, "not a count of six digits"}
			}
			v = v*10 + int32(c-'0')
		}
		to[i] = v
	}
	return syntax{}
}

// Above this speed a beam time came from a wheel, a drawbar or a gap, not from a vehicle;
// 99.999 mph is the controller's saturation.
const fastest quant.Speed = 60_000_000 / 3600

// speeds reads "dt s, mph, km/h, 000000"; the km/h field has the portal's own rounding.
func speeds(line []byte, f *fields, r *obs.Radiation) syntax {
	for i, scale := range [...]int64{10_000, 1000, 1_000_000, 1} {
		v, ok := decimal(f.get(line, i+1), scale)
		if !ok || v < 0 || i == 2 && v > 1_000_000*1_000_000 {
			return syntax{f.at[i+1], "not a number"}
		}
		if i == 2 {
			r.Speed = quant.Speed((v + 1800) / 3600) // (mm/h to mm/s, half up)
		}
	}
	if r.Speed > fastest || r.Speed == 0 {
		r.Flags = speedFlag
	}
	return syntax{}
}

// speedFlag is shared by all outliers: flags of an observation are never changed.
var speedFlag = []obs.Flag{obs.SpeedOutOfRange}

// decimal reads [blanks][sign]digits[.digits] times scale, rounding half away from zero.
func decimal(p []byte, scale int64) (int64, bool) {
	for len(p) > 0 && p[0] == ' ' {
		p = p[1:]
	}
	neg := false
	if len(p) > 0 && (p[0] == '-' || p[0] == '+') {
		neg, p = p[0] == '-', p[1:]
	}
	var v int64
	i := 0
	for ; i < len(p) && digit(p[i]); i++ {
		if i == 9 {
			return 0, false
		}
		v = v*10 + int64(p[i]-'0')
	}
	if i == 0 {
		return 0, false
	}
	v *= scale
	if i < len(p) {
		if p[i] != '.' || i+1 == len(p) {
			return 0, false
		}
		for place, j := scale, i+1; j < len(p); j++ {
			d := int64(p[j] - '0')
			switch {
			case !digit(p[j]):
				return 0, false
			case place >= 10:
				place /= 10
				v += d * place
			case place == 1: // the first digit that does not fit rounds, the rest is nothing
				if d >= 5 {
					v++
				}
				place = 0
			}
		}
	}
	if neg {
		v = -v
	}
	return v, true
}

func upper(c byte) bool { return c >= 'A' && c <= 'Z' }
func digit(c byte) bool { return c >= '0' && c <= '9' }
