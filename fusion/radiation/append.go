package radiation

import "strconv"

// Slices are the gamma intervals of an occupancy. They are most of what is encoded of a
// passage, so their JSON is written by hand, byte for byte what encoding/json gives.
type Slices []Slice

// MarshalJSON gives an array of objects.
func (ss Slices) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 2+64*len(ss))
	b = append(b, '[')
	for i := range ss {
		s := &ss[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"t_ms":`...), int64(s.At), 10)
		b = appendCounts(append(b, `,"g":`...), &s.Gamma)
		b = strconv.AppendInt(append(b, `,"z":`...), int64(s.Sigma), 10)
		b = appendMarks(b, s.Alarm, s.Vendor, false)
	}
	return append(b, ']'), nil
}

// Neutrons are the neutron intervals of an occupancy, encoded like Slices.
type Neutrons []Neutron

// MarshalJSON gives an array of objects.
func (ns Neutrons) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 2+64*len(ns))
	b = append(b, '[')
	for i := range ns {
		n := &ns[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"t_ms":`...), int64(n.At), 10)
		b = appendCounts(append(b, `,"n":`...), &n.Counts)
		b = n.Sum.append(append(b, `,"s":`...))
		b = appendMarks(b, n.Alarm, n.Vendor, n.Excess)
	}
	return append(b, ']'), nil
}

// Windows are the energy windows of an occupancy, encoded like Slices.
type Windows []Window

// MarshalJSON gives an array of objects.
func (ws Windows) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 2+48*len(ws))
	b = append(b, '[')
	for i := range ws {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"t_ms":`...), int64(ws[i].At), 10)
		b = append(appendCounts(append(b, `,"w":`...), &ws[i].Counts), '}')
	}
	return append(b, ']'), nil
}

func appendCounts(b []byte, c *[4]int32) []byte {
	sep := byte('[')
	for _, n := range c {
		b = strconv.AppendInt(append(b, sep), int64(n), 10)
		sep = ','
	}
	return append(b, ']')
}

func appendMarks(b []byte, alarm, vendor, excess bool) []byte {
	if alarm {
		b = append(b, `,"a":true`...)
	}
	if vendor {
		b = append(b, `,"v":true`...)
	}
	if excess {
		b = append(b, `,"e":true`...)
	}
	return append(b, '}')
}
