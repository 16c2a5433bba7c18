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

// shape is what a codec's records look like.
type shape struct {
	event int // bytes of the event id
	start int // of the first block of values
	ids   int // bytes of an IO id
	count int // bytes of a block's count
	// blocks has a bit for each block of values: its value is their width in bytes, and
	// ownLen is the block of values with their own lengths.
	blocks int
}

const (
	fixed  = 8 + 1 + 4 + 4 + 2 + 2 + 1 + 2 // time, priority, longitude, latitude, altitude, angle, satellites, speed
	widths = 1 | 2 | 4 | 8
	ownLen = 16
)

// The shapes of the codecs whose records have one. Event id, in codec 16 a generation type,
// and the total count stand before the blocks; the total is not needed, as each block has a
// count of its own.
var (
	shape8  = shape{event: 1, start: fixed + 1 + 1, ids: 1, count: 1, blocks: widths}
	shape8E = shape{event: 2, start: fixed + 2 + 2, ids: 2, count: 2, blocks: widths | ownLen}
	shape16 = shape{event: 2, start: fixed + 2 + 1 + 1, ids: 2, count: 1, blocks: widths}
)

func shapeOf(codec byte) *shape {
	switch codec {
	case codec8E:
		return &shape8E
	case codec16:
		return &shape16
	}
	return &shape8
}

// extent is what scan has found in a packet.
type extent struct {
	records int
	ends    []int32 // of the records, from the codec
	end     int     // bytes from the codec to the second count
	fault   string
	at      int  // of the fault, from the codec
	short   bool // the fault is that p ends too early
}

// scan walks over the records of p, which begins with the codec byte, without decoding
// them, and stops behind the second count. p may be longer. What x held before is gone.
func (x *extent) scan(p []byte) {
	*x = extent{ends: x.ends[:0]}
	if len(p) < 3 {
		x.fault, x.short = "no records", true
		return
	}
	x.records = int(p[1])
	i := 2
	for r := range x.records {
		n := 0
		if p[0] == codecGH {
			n = scanGH(p[i:])
		} else {
			n = scanRecord(p[i:], shapeOf(p[0]))
		}
		if n == 0 {
			x.fault, x.at, x.short = "record "+itoa(r+1)+" of "+itoa(x.records)+" runs over the end of the frame", i, true
			return
		}
		i += n
		x.ends = append(x.ends, int32(i))
	}
	if i >= len(p) {
		x.fault, x.at, x.short = "the second record count is missing", i, true
		return
	}
	x.end = i + 1
	if p[i] != p[1] {
		x.fault, x.at = "the second record count is "+itoa(int(p[i]))+", the first "+itoa(x.records), i
	}
}

// scanRecord gives the length of the first record of p; 0 if p is too short.
func scanRecord(p []byte, s *shape) int {
	i := s.start
	for width := 1; width <= 8; width *= 2 {
		if i+s.count > len(p) {
			return 0
		}
		i += s.count + count(p[i:], s.count)*(s.ids+width)
	}
	if s.blocks&ownLen != 0 {
		if i+2 > len(p) {
			return 0
		}
		c := count(p[i:], 2)
		i += 2
		for range c {
			if i+4 > len(p) {
				return 0
			}
			i += 4 + count(p[i+2:], 2)
		}
	}
	if i > len(p) {
		return 0
	}
	return i
}

// count reads a count or an id of one or two bytes.
func count(p []byte, width int) int {
	if width == 1 {
		return int(p[0])
	}
	return int(p[0])<<8 | int(p[1])
}

// decode turns the records of p, which scan has measured without a fault, into fixes and
// what their attributes are read from. p is kept by both.
func decode(p []byte, ends []int32, imei string, suspect bool, c *tracker.Chunk[fix]) []fix {
	fixes := c.Take(len(ends))
	from := 2
	for i := range fixes {
		f := &fixes[i]
		f.Device = imei
		f.from.p, f.from.codec, f.from.suspect = p[from:ends[i]], p[0], suspect
		f.Attributes = obs.AttrsOf(&f.from)
		if p[0] == codecGH {
			decodeGH(f.from.p, &f.Fix)
		} else {
			decodeRecord(f.from.p, &f.Fix)
		}
		from = int(ends[i])
	}
	return fixes
}

// decodeRecord reads what every record begins with.
func decodeRecord(p []byte, f *obs.Fix) {
	be := binary.BigEndian
	f.Time = when(be.Uint64(p))
	var ok bool
	f.Lat, f.Lon, ok = place(p)
	f.Alt = obs.Milli(int16(be.Uint16(p[17:]))) * 1000
	f.Course = obs.Milli(be.Uint16(p[19:])) * 1000
	f.Satellites = int(p[21])
	f.Speed = obs.Milli(be.Uint16(p[22:])) * 1000
	f.Valid = ok && f.Satellites > 0
}

func place(p []byte) (lat, lon obs.Degrees, ok bool) {
	be := binary.BigEndian
	return tracker.Place(int64(int32(be.Uint32(p[13:]))), int64(int32(be.Uint32(p[9:]))))
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
