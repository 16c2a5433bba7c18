package teltonika

import (
	"encoding/binary"
	"math"
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

func scanGH(p []byte) (n, values int) {
	if len(p) < 5 {
		return 0, 0
	}
	mask, i := p[4], 5
	if mask&ghGPS != 0 {
		if len(p) < 6 {
			return 0, 0
		}
		i++
		for bit, size := range ghSize {
			if p[5]>>bit&1 != 0 {
				i += size
			}
		}
	}
	for width := 1; width <= 4; width *= 2 {
		if mask&byte(width*2) == 0 {
			continue
		}
		if i >= len(p) {
			return 0, 0
		}
		c := int(p[i])
		i += 1 + c*(1+width)
		values += c
	}
	if i > len(p) {
		return 0, 0
	}
	return i, values
}

func decodeGH(p []byte, f *obs.Fix, a *tracker.Arena) int {
	be := binary.BigEndian
	t := be.Uint32(p)
	f.Time = time.Unix(epochGH+int64(t&0x3FFFFFFF), 0).UTC()
	n, values := scanGH(p)
	list := a.Attrs(values + 6)
	list = append(list, obs.Attr{Key: "priority", Value: a.Uint(uint64(t >> 30))})
	mask, i := p[4], 5
	if mask&ghGPS != 0 {
		i++
		list, i = positionGH(p, i, f, list, a)
	}
	for width := 1; width <= 4; width *= 2 {
		if mask&byte(width*2) == 0 {
			continue
		}
		c := int(p[i])
		i++
		for range c {
			list = append(list, obs.Attr{Key: elementGH(int(p[i])), Value: a.Uint(number(p[i+1 : i+1+width]))})
			i += 1 + width
		}
	}
	f.Attributes = list
	return n
}

// elementGH names an IO element of a GH device, whose ids are others than those of the FMx
// family except for the movement sensor.
func elementGH(id int) string {
	if id == 240 {
		return elements[id].name
	}
	return plain[id]
}

// plain are the names of ids without a meaning here. Never changed after it is made.
var plain = func() (t [256]string) {
	for i := range t {
		t[i] = "io" + itoa(i)
	}
	return t
}()

// positionGH reads the position block, whose mask is p[5] and whose fields begin at i.
func positionGH(p []byte, i int, f *obs.Fix, list obs.Attrs, a *tracker.Arena) (obs.Attrs, int) {
	be := binary.BigEndian
	mask := p[5]
	if mask&ghLatLon != 0 {
		lat, lon := degrees(be.Uint32(p[i:])), degrees(be.Uint32(p[i+4:]))
		if f.Lat, f.Lon, f.Valid = tracker.Place(lat, lon); !f.Valid {
			list = append(list, obs.Attr{Key: "suspect", Value: `"position"`})
		}
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
		i++
	}
	if mask&ghCell != 0 {
		list = append(list, obs.Attr{Key: "lac", Value: a.Uint(uint64(be.Uint16(p[i:])))},
			obs.Attr{Key: "cellId", Value: a.Uint(uint64(be.Uint16(p[i+2:])))})
		i += 4
	}
	if mask&ghSignal != 0 {
		list = append(list, obs.Attr{Key: "rssi", Value: a.Uint(uint64(p[i]))})
		i++
	}
	if mask&ghOper != 0 {
		list = append(list, obs.Attr{Key: "operator", Value: a.Uint(uint64(be.Uint32(p[i:])))})
		i += 4
	}
	return list, i
}

// degrees converts float32 degrees to 10^-7 degrees; what is no number is out of range.
func degrees(bits uint32) int64 {
	d := float64(math.Float32frombits(bits))
	if !(d > -1000 && d < 1000) {
		return 1 << 40
	}
	return int64(math.Round(d * 1e7))
}
