package teltonika

import (
	"encoding/binary"
	"math"
	"time"

	"acsgd/devices/tracker"
	"acsgd/internal/obs"
)

// The codecs.
const (
	codecGH   = 0x07 // old GH devices: masks instead of fixed fields
	codec8    = 0x08
	codec8E   = 0x8E
	codec16   = 0x10
	codec12   = 0x0C // commands and their answers
	codec13   = 0x0D // the same with a time
	codec14   = 0x0E // the same with an IMEI
	codec15   = 0x0F // tachograph text
	headerLen = 8    // four zeros, data length
	crcLen    = 4
)

func isRecords(codec byte) bool {
	return codec == codec8 || codec == codec8E || codec == codec16 || codec == codecGH
}

func isText(codec byte) bool { return codec >= codec12 && codec <= codec15 }

// shape is what a codec's records look like behind the 24 bytes of time, priority and
// position.
type shape struct {
	id    int  // bytes of an IO id
	event int  // bytes of the event id
	kind  bool // a generation type follows the event id
	count int  // bytes of the counts
	nx    bool // a block of values with their own lengths ends the record
}

func shapeOf(codec byte) shape {
	switch codec {
	case codec8E:
		return shape{id: 2, event: 2, count: 2, nx: true}
	case codec16:
		return shape{id: 2, event: 2, kind: true, count: 1}
	}
	return shape{id: 1, event: 1, count: 1}
}

// fixed is time, priority, longitude, latitude, altitude, angle, satellites and speed.
const fixed = 8 + 1 + 4 + 4 + 2 + 2 + 1 + 2

// extent is what scan has found.
type extent struct {
	records int
	values  int // IO values of all records
	end     int // bytes from the codec to the second count
	fault   string
	at      int  // of the fault, from the codec
	short   bool // the fault is that p ends too early
}

// scan walks over the records of p, which begins with the codec byte, without decoding
// them, and stops behind the second count. p may be longer.
func scan(p []byte) extent {
	if len(p) < 3 {
		return extent{fault: "no records", short: true}
	}
	x := extent{records: int(p[1])}
	i := 2
	for r := range x.records {
		n, values := 0, 0
		if p[0] == codecGH {
			n, values = scanGH(p[i:])
		} else {
			n, values = scanRecord(p[i:], shapeOf(p[0]))
		}
		if n == 0 {
			x.fault, x.at, x.short = "record "+itoa(r+1)+" of "+itoa(x.records)+" runs over the end of the frame", i, true
			return x
		}
		i += n
		x.values += values
	}
	if i >= len(p) {
		x.fault, x.at, x.short = "the second record count is missing", i, true
		return x
	}
	x.end = i + 1
	if p[i] != p[1] {
		x.fault, x.at = "the second record count is "+itoa(int(p[i]))+", the first "+itoa(x.records), i
	}
	return x
}

// scanRecord gives the length of the first record of p and how many IO values it has; 0 if
// p is too short.
func scanRecord(p []byte, s shape) (n, values int) {
	i := fixed + s.event + s.count // the total count is not needed: each block has its own
	if s.kind {
		i++
	}
	for width := 1; width <= 8; width *= 2 {
		if i+s.count > len(p) {
			return 0, 0
		}
		c := count(p[i:], s.count)
		i += s.count + c*(s.id+width)
		values += c
	}
	if s.nx {
		if i+2 > len(p) {
			return 0, 0
		}
		c := count(p[i:], 2)
		i += 2
		for range c {
			if i+4 > len(p) {
				return 0, 0
			}
			i += 4 + count(p[i+2:], 2)
		}
		values += c
	}
	if i > len(p) {
		return 0, 0
	}
	return i, values
}

// count reads a count or an id of one or two bytes.
func count(p []byte, width int) int {
	if width == 1 {
		return int(p[0])
	}
	return int(p[0])<<8 | int(p[1])
}

// decode turns the records of p, which scan has measured as x without a fault, into fixes.
// p is not retained.
func decode(p []byte, x extent, imei string, a *tracker.Arena) []obs.Fix {
	fixes := a.Fixes(x.records)
	i := 2
	for r := range fixes {
		f := &fixes[r]
		f.Device = imei
		if p[0] == codecGH {
			i += decodeGH(p[i:], f, a)
		} else {
			i += decodeRecord(p[i:], shapeOf(p[0]), f, a)
		}
	}
	return fixes
}

// decodeRecord reads the record at the start of p, which scanRecord has measured, and
// returns its length.
func decodeRecord(p []byte, s shape, f *obs.Fix, a *tracker.Arena) int {
	be := binary.BigEndian
	f.Time = when(be.Uint64(p))
	lon, lat := int64(int32(be.Uint32(p[9:]))), int64(int32(be.Uint32(p[13:])))
	var ok bool
	f.Lat, f.Lon, ok = tracker.Place(lat, lon)
	f.Alt = obs.Milli(int16(be.Uint16(p[17:]))) * 1000
	f.Course = obs.Milli(be.Uint16(p[19:])) * 1000
	f.Satellites = int(p[21])
	f.Speed = obs.Milli(be.Uint16(p[22:])) * 1000
	f.Valid = ok && f.Satellites > 0

	n, values := scanRecord(p, s)
	extra := 2
	if !ok {
		extra++
	}
	list := a.Attrs(values + extra)
	list = append(list, obs.Attr{Key: "priority", Value: a.Uint(uint64(p[8]))},
		obs.Attr{Key: "event", Value: a.Uint(uint64(count(p[24:], s.event)))})
	if !ok {
		list = append(list, obs.Attr{Key: "suspect", Value: `"position"`})
	}
	i := fixed + s.event + s.count
	if s.kind {
		i++
	}
	for width := 1; width <= 8; width *= 2 {
		c := count(p[i:], s.count)
		i += s.count
		for range c {
			id := count(p[i:], s.id)
			i += s.id
			list = append(list, attribute(id, p[i:i+width], a))
			i += width
		}
	}
	if s.nx {
		c := count(p[i:], 2)
		i += 2
		for range c {
			id, l := count(p[i:], 2), count(p[i+2:], 2)
			i += 4
			list = append(list, variable(id, p[i:i+l], a))
			i += l
		}
	}
	f.Attributes = list
	return n
}

// when converts milliseconds since 1970. What no calendar holds becomes the year 1970:
// the clock is not believed then.
func when(ms uint64) time.Time {
	if ms > math.MaxInt64/2_000_000 { // in the year 2116 and later
		ms = 0
	}
	return time.UnixMilli(int64(ms)).UTC()
}

func itoa(n int) string {
	var b [8]byte
	i := len(b)
	for {
		i--
		b[i] = byte('0' + n%10)
		if n /= 10; n == 0 || i == 0 {
			return string(b[i:])
		}
	}
}
