package teltonika

import (
	"bytes"
	"strconv"

	"acsgd/devices/tracker"
	"acsgd/internal/obs"
)

// fix is a fix and what its attributes are read from, made together.
type fix struct {
	obs.Fix
	from record
}

// record is one record of a packet, of which the attributes are read when they are wanted.
// It is never changed once it is emitted.
type record struct {
	p       []byte // from its time to its last value, in the copy of the frame
	codec   byte
	suspect bool // the packet had a wrong length or checksum
}

const (
	suspectPosition  = `,"suspect":"position"`
	suspectIntegrity = `,"integrity":"bad"`
)

// AppendMembers implements obs.Further.
func (r *record) AppendMembers(dst []byte) []byte {
	if r.codec == codecGH {
		dst = appendGH(dst, r.p)
	} else {
		dst = appendRecord(dst, r.p, shapeOf(r.codec))
	}
	if r.suspect {
		dst = append(dst, suspectIntegrity...)
	}
	return dst
}

func appendRecord(dst, p []byte, s *shape) []byte {
	dst = appendUint(dst, `"priority":`, uint64(p[8]))
	dst = appendUint(dst, `,"event":`, uint64(count(p[fixed:], s.event)))
	if _, _, ok := place(p); !ok {
		dst = append(dst, suspectPosition...)
	}
	for v := valuesOf(p, s); v.next(); {
		dst = v.append(dst)
	}
	return dst
}

func appendUint(dst []byte, key string, v uint64) []byte {
	return strconv.AppendUint(append(dst, key...), v, 10)
}

// values walks over the IO values of a record, block after block, which scan has measured.
type values struct {
	rest       []byte
	blocks     int // to come, as in shape
	ids, count int // bytes, as in shape
	block      int // of the value
	left       int // values of the block to come

	id int
	p  []byte // of the value
}

func valuesOf(p []byte, s *shape) values {
	return values{rest: p[s.start:], blocks: s.blocks, ids: s.ids, count: s.count}
}

// next goes to the next value; false is the end.
func (v *values) next() bool {
	for v.left == 0 {
		if v.blocks == 0 {
			return false
		}
		v.block = v.blocks & -v.blocks
		v.blocks &^= v.block
		v.left, v.rest = count(v.rest, v.count), v.rest[v.count:]
	}
	v.left--
	v.id, v.rest = count(v.rest, v.ids), v.rest[v.ids:]
	n := v.block
	if n == ownLen {
		n, v.rest = count(v.rest, 2), v.rest[2:]
	}
	v.p, v.rest = v.rest[:n], v.rest[n:]
	return true
}

// form says how the value of an IO element is shown.
type form uint8

const (
	asUint  form = iota
	asBool       // 0 or 1 in one byte
	asMilli      // thousandths: mV, mA, m
	asDeci       // tenths
	asHex
	asText
)

type element struct {
	key  string // `,"power":`
	form form
}

// elements are the IO ids of the FMx family by id; the others are "io" and the id, as
// unsigned numbers. Which digital input is a door or a rope is a matter of each
// installation, see the settings. Never changed after it is made.
var elements = makeElements()

const tableLen = 1024 // ids above are rare and named on the way

func makeElements() *[tableLen]element {
	var t [tableLen]element
	for i := range t {
		t[i].key = `,"io` + strconv.Itoa(i) + `":`
	}
	for id, e := range map[int]struct {
		name string
		form form
	}{
		1: {"in1", asBool}, 2: {"in2", asBool}, 3: {"in3", asBool}, 4: {"in4", asBool},
		9: {"adc1", asMilli}, 10: {"adc2", asMilli},
		16: {"odometer", asUint}, 21: {"rssi", asUint}, 24: {"gnssSpeed", asUint},
		66: {"power", asMilli}, 67: {"battery", asMilli}, 68: {"batteryCurrent", asMilli}, 69: {"gnssStatus", asUint},
		78: {"iButton", asHex}, 80: {"dataMode", asUint}, 113: {"batteryLevel", asUint},
		155: {"geofence1", asUint}, 156: {"geofence2", asUint}, 157: {"geofence3", asUint}, 158: {"geofence4", asUint}, 159: {"geofence5", asUint},
		175: {"autoGeofence", asUint}, 179: {"out1", asBool}, 180: {"out2", asBool}, 181: {"pdop", asDeci}, 182: {"hdop", asDeci},
		199: {"tripOdometer", asUint}, 200: {"sleepMode", asUint}, 205: {"cellId", asUint}, 206: {"lac", asUint},
		239: {"ignition", asBool}, 240: {"motion", asBool}, 241: {"operator", asUint},
		246: {"towing", asBool}, 247: {"crash", asUint}, 249: {"gsmJamming", asBool}, 252: {"unplug", asBool},
		256: {"vin", asText}, 318: {"gnssJamming", asUint}, 636: {"cellIdLte", asUint},
	} {
		t[id] = element{`,"` + e.name + `":`, e.form}
	}
	return &t
}

// append appends the value as a member of an object: a value of 1, 2, 4 or 8 bytes, big
// endian, as its element wants it; one that has its own length as text where the element is
// text and nothing but printable, else as hex digits.
func (v *values) append(dst []byte) []byte {
	e := element{}
	if v.id < tableLen {
		e = elements[v.id]
		dst = append(dst, e.key...)
	} else {
		dst = append(strconv.AppendUint(append(dst, `,"io`...), uint64(v.id), 10), '"', ':')
	}
	if v.block == ownLen {
		if t := bytes.TrimRight(v.p, "\x00"); e.form == asText && printable(t) {
			return tracker.AppendText(dst, t)
		}
		return tracker.AppendHex(dst, v.p)
	}
	n := number(v.p)
	switch {
	case e.form == asBool && len(v.p) == 1 && n <= 1:
		return strconv.AppendBool(dst, n == 1)
	case e.form == asMilli:
		return tracker.AppendDecimal(dst, n, 3)
	case e.form == asDeci:
		return tracker.AppendDecimal(dst, n, 1)
	case e.form == asHex:
		return tracker.AppendHex(dst, v.p)
	}
	return strconv.AppendUint(dst, n, 10)
}

// number reads up to eight bytes, big endian.
func number(v []byte) (n uint64) {
	for _, b := range v {
		n = n<<8 | uint64(b)
	}
	return n
}

func printable(p []byte) bool {
	for _, b := range p {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return true
}
