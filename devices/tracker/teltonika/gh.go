package teltonika

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"

	"acsgd/devices/tracker"
	"acsgd/internal/obs"
)

// Codec 7 is that of the old GH devices. A record is a time (30 bits, seconds since
// 2007-01-01; the two bits above are the priority), a mask of the blocks that follow, and
// the blocks: position, then IO values of one, two and four bytes. The position has a mask
// of its own, in the order of its bits: latitude and longitude (float32 degrees), altitude
// (u16 m), angle (u8, 256 to the circle), speed (u8 km/h), satellites (u8), cell (LAC and
// cell id, u16), signal (u8), operator (u32).

const (
	epochGH  = 1167609600 // 2007-01-01T00:00:00Z
	ghGPS    = 1          // bit of the record's mask
	ghLatLon = 1          // bits of the position's mask
	ghAlt    = 2
	ghAngle  = 4
	ghSpeed  = 8
	ghSats   = 16
	ghCell   = 32
	ghSignal = 64
	ghOper   = 128
)

// ghSize is how many bytes each bit of the position's mask stands for.
var ghSize = [8]int{8, 2, 1, 1, 1, 4, 1, 4}

func scanGH(p []byte) int {
	if len(p) < 5 {
		return 0
	}
	mask, i := p[4], 5
	if mask&ghGPS != 0 {
		if len(p) < 6 {
			return 0
		}
		i = positionEnd(p[5])
	}
	for width := 1; width <= 4; width *= 2 {
		if mask&byte(width*2) == 0 {
			continue
		}
		if i >= len(p) {
			return 0
		}
		i += 1 + int(p[i])*(1+width)
	}
	if i > len(p) {
		return 0
	}
	return i
}

// positionEnd is where the position block with this mask ends.
func positionEnd(mask byte) int {
	i := 6
	for bit, size := range ghSize {
		if mask>>bit&1 != 0 {
			i += size
		}
	}
	return i
}

func decodeGH(p []byte, f *obs.Fix) {
	be := binary.BigEndian
	f.Time = time.Unix(epochGH+int64(be.Uint32(p)&0x3FFFFFFF), 0).UTC()
	if p[4]&ghGPS == 0 {
		return
	}
	mask, i := p[5], 6
	if mask&ghLatLon != 0 {
		f.Lat, f.Lon, f.Valid = placeGH(p)
		i += 8
	}
	if mask&ghAlt != 0 {
		f.Alt = obs.Milli(int16(be.Uint16(p[i:]))) * 1000
		i += 2
	}
	if mask&ghAngle != 0 {
		f.Course = obs.Milli(p[i]) * 360_000 / 256
		i++
	}
	if mask&ghSpeed != 0 {
		f.Speed = obs.Milli(p[i]) * 1000
		i++
	}
	if mask&ghSats != 0 {
		f.Satellites = int(p[i])
		f.Valid = f.Valid && f.Satellites > 0
	}
}

// placeGH reads the latitude and longitude with which the position block begins.
func placeGH(p []byte) (lat, lon obs.Degrees, ok bool) {
	be := binary.BigEndian
	return tracker.Place(degrees(be.Uint32(p[6:])), degrees(be.Uint32(p[10:])))
}

// degrees converts float32 degrees to 10^-7 degrees; what is no number is out of range.
func degrees(bits uint32) int64 {
	d := float64(math.Float32frombits(bits))
	if !(d > -1000 && d < 1000) {
		return 1 << 40
	}
	return int64(math.Round(d * 1e7))
}

// appendGH appends the attributes of a record, and appendCellGH those of its position
// block, which are about the network.
func appendGH(dst, p []byte) []byte {
	dst = appendUint(dst, `"priority":`, uint64(p[0]>>6))
	if p[4]&ghGPS != 0 {
		dst = appendCellGH(dst, p)
	}
	for v := valuesGH(p); v.next(); {
		if v.id == 240 { // the movement sensor alone has the same id in the FMx family
			dst = appendUint(dst, `,"motion":`, number(v.p))
			continue
		}
		dst = append(strconv.AppendUint(append(dst, `,"io`...), uint64(v.id), 10), '"', ':')
		dst = strconv.AppendUint(dst, number(v.p), 10)
	}
	return dst
}

func appendCellGH(dst, p []byte) []byte {
	be := binary.BigEndian
	mask := p[5]
	if mask&ghLatLon != 0 {
		if _, _, ok := placeGH(p); !ok {
			dst = append(dst, suspectPosition...)
		}
	}
	i := positionEnd(mask & (ghCell - 1))
	if mask&ghCell != 0 {
		dst = appendUint(dst, `,"lac":`, uint64(be.Uint16(p[i:])))
		dst = appendUint(dst, `,"cellId":`, uint64(be.Uint16(p[i+2:])))
		i += 4
	}
	if mask&ghSignal != 0 {
		dst = appendUint(dst, `,"rssi":`, uint64(p[i]))
		i++
	}
	if mask&ghOper != 0 {
		dst = appendUint(dst, `,"operator":`, uint64(be.Uint32(p[i:])))
	}
	return dst
}

// valuesGH walks over the IO values of a record, whose mask has the bits 2, 4 and 8 for
// blocks of values of 1, 2 and 4 bytes.
func valuesGH(p []byte) values {
	i := 5
	if p[4]&ghGPS != 0 {
		i = positionEnd(p[5])
	}
	return values{rest: p[i:], blocks: int(p[4]) >> 1 & (1 | 2 | 4), ids: 1, count: 1}
}
