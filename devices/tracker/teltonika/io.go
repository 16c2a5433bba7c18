package teltonika

import (
	"bytes"

	"acsgd/devices/tracker"
	"acsgd/internal/obs"
)

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
	name string
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
		t[i].name = "io" + itoa(i)
	}
	for id, e := range map[int]element{
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
		t[id] = e
	}
	return &t
}

func elementOf(id int, a *tracker.Arena) element {
	if id < tableLen {
		return elements[id]
	}
	return element{name: a.Name("io", id)}
}

// attribute shows a value of 1, 2, 4 or 8 bytes, big endian.
func attribute(id int, v []byte, a *tracker.Arena) obs.Attr {
	n := number(v)
	e := elementOf(id, a)
	switch {
	case e.form == asUint:
	case e.form == asBool && len(v) == 1 && n <= 1:
		return obs.Attr{Key: e.name, Value: a.Bool(n == 1)}
	case e.form == asMilli:
		return obs.Attr{Key: e.name, Value: a.Decimal(n, 3)}
	case e.form == asDeci:
		return obs.Attr{Key: e.name, Value: a.Decimal(n, 1)}
	case e.form == asHex:
		return obs.Attr{Key: e.name, Value: a.Hex(v)}
	}
	return obs.Attr{Key: e.name, Value: a.Uint(n)}
}

// number reads up to eight bytes, big endian.
func number(v []byte) (n uint64) {
	for _, b := range v {
		n = n<<8 | uint64(b)
	}
	return n
}

// variable shows a value that has its own length: text where the element is text and
// nothing but printable, else hex digits.
func variable(id int, v []byte, a *tracker.Arena) obs.Attr {
	e := elementOf(id, a)
	if t := bytes.TrimRight(v, "\x00"); e.form == asText && printable(t) {
		return obs.Attr{Key: e.name, Value: a.Text(t)}
	}
	return obs.Attr{Key: e.name, Value: a.Hex(v)}
}

func printable(p []byte) bool {
	for _, b := range p {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return true
}
