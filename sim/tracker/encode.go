package tracker

import (
	"math"
	"time"
)

// record is one measurement as the device keeps it.
type record struct {
	at               time.Time
	lat, lon         int32 // 10^-7 degrees
	course           uint16
	satellites       byte
	kmh              uint16
	odometer         uint32 // metres
	ignition, moving bool
	closed           bool // door contact
	jammed           bool
}

func (m *Machine) measure(t time.Time) record {
	p, course, speed := m.Where(t)
	r := record{at: t, satellites: byte(9 + m.rng.IntN(6)), course: uint16(math.Round(course)) % 360,
		kmh: uint16(math.Round(speed * 3600 / 1e6)), ignition: true, moving: speed > 0, closed: !m.open, jammed: m.jammed,
		odometer: uint32(m.cfg.Started + m.cfg.Speed/1000*max(0, t.Sub(m.cfg.Start).Seconds()))}
	north, east := m.rng.NormFloat64()*m.cfg.Noise, m.rng.NormFloat64()*m.cfg.Noise
	r.lat = int32(math.Round((p.Lat + north/perDegree) * 1e7))
	r.lon = int32(math.Round((p.Lon + east/(perDegree*math.Cos(p.Lat*math.Pi/180))) * 1e7))
	if m.jammed { // the receiver keeps its last place and has no satellites
		r.satellites, r.kmh, r.course = 0, 0, 0
	}
	return r
}

// packet appends the packet of rs: four zeros, length, codec, count, records, count, CRC.
func (m *Machine) packet(dst []byte, rs []record) []byte {
	codec, encode := byte(0x8E), m.extended
	if m.cfg.Codec8 {
		codec, encode = 0x08, m.short
	}
	body := []byte{codec, byte(len(rs))}
	for i := range rs {
		body = encode(body, &rs[i])
	}
	body = append(body, byte(len(rs)))
	dst = append(dst, 0, 0, 0, 0)
	dst = put(dst, 4, uint64(len(body)))
	dst = append(dst, body...)
	return put(dst, 4, uint64(arc(body)))
}

// put appends the lowest n bytes of v, the highest first.
func put(dst []byte, n int, v uint64) []byte {
	for n--; n >= 0; n-- {
		dst = append(dst, byte(v>>(8*n)))
	}
	return dst
}

// arc is CRC-16/ARC, bit by bit.
func arc(p []byte) (crc uint16) {
	for _, b := range p {
		for bit := range 8 {
			low := crc&1 ^ uint16(b)>>bit&1
			crc >>= 1
			if low != 0 {
				crc ^= 0xA001
			}
		}
	}
	return crc
}

func (r *record) head(dst []byte) []byte {
	dst = put(dst, 8, uint64(r.at.UnixMilli()))
	dst = append(dst, 0) // priority
	dst = put(dst, 4, uint64(uint32(r.lon)))
	dst = put(dst, 4, uint64(uint32(r.lat)))
	dst = put(dst, 2, 640) // altitude of the steppe
	dst = put(dst, 2, uint64(r.course))
	dst = append(dst, r.satellites)
	return put(dst, 2, uint64(r.kmh))
}

// io is one IO element.
type io struct {
	id    int
	value uint64
}

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// elements gives the IO elements of a record by their width in bytes: 1, 2, 4, 8.
func (m *Machine) elements(r *record, wide bool) [4][]io {
	one := []io{{239, flag(r.ignition)}, {240, flag(r.moving)}, {21, 4}}
	if !m.cfg.NoSeal {
		one = append(one, io{1, flag(r.closed)})
	}
	if wide { // ids above 255 do not exist in codec 8
		one = append(one, io{318, 2 * flag(r.jammed)})
	}
	return [4][]io{one, {{66, 27_900}, {67, 4_050}, {24, uint64(r.kmh)}}, {{241, 40101}, {16, uint64(r.odometer)}}, nil}
}

func (m *Machine) extended(dst []byte, r *record) []byte { return m.block(r.head(dst), r, 2, true) }

func (m *Machine) short(dst []byte, r *record) []byte { return m.block(r.head(dst), r, 1, false) }

// block appends event id, total, the four lists and, in codec 8 extended, an empty list of
// values with their own lengths. size is the width of ids and counts.
func (m *Machine) block(dst []byte, r *record, size int, wide bool) []byte {
	lists := m.elements(r, wide)
	total := 0
	for _, l := range lists {
		total += len(l)
	}
	dst = put(dst, size, 0) // no event
	dst = put(dst, size, uint64(total))
	for i, l := range lists {
		dst = put(dst, size, uint64(len(l)))
		for _, e := range l {
			dst = put(dst, size, uint64(e.id))
			dst = put(dst, 1<<i, e.value)
		}
	}
	if wide {
		dst = put(dst, 2, 0)
	}
	return dst
}
