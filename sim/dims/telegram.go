package dims

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// telegram appends the scan in s.dist as a whole telegram of the dialect in use.
func (s *Scanner) telegram(dst []byte, command string, at time.Time) []byte {
	if s.text {
		dst = append(dst, 2)
		dst = append(dst, command...)
		return append(s.textScan(append(dst, " LMDscandata "...), at), 3)
	}
	head := len(dst)
	dst = append(dst, 2, 2, 2, 2, 0, 0, 0, 0)
	dst = append(dst, command...)
	dst = s.binaryScan(append(dst, " LMDscandata "...), at)
	return seal(dst, head)
}

// seal writes the length of the payload that begins 8 bytes behind head and appends the
// exclusive or over it.
func seal(dst []byte, head int) []byte {
	payload := dst[head+8:]
	binary.BigEndian.PutUint32(dst[head+4:], uint32(len(payload)))
	var words uint64 // eight checksums side by side
	for len(payload) >= 8 {
		words ^= binary.BigEndian.Uint64(payload)
		payload = payload[8:]
	}
	words ^= words >> 32
	words ^= words >> 16
	sum := byte(words ^ words>>8)
	for _, b := range payload {
		sum ^= b
	}
	return append(dst, sum)
}

// micros is the device's time since start-up, which wraps.
func (s *Scanner) micros(at time.Time) uint32 { return uint32(at.Sub(s.boot) / time.Microsecond) }

// ticks is what the encoder has counted, from just before its counter wraps.
func (s *Scanner) ticks() uint32 { return uint32(int64(math.Round(s.way/s.cfg.Encoder)) - 1000) }

func (s *Scanner) centiHertz() uint32 {
	return uint32(math.Round(100 * float64(time.Second) / float64(s.period)))
}

// beamHundreds is the measuring frequency in units of 100 Hz.
func (s *Scanner) beamHundreds() uint32 { return uint32(math.Round(s.beams / 100)) }

// calendar is what a scanner shows whose clock nobody set: it starts in 1970.
func (s *Scanner) calendar(at time.Time) time.Time { return time.Unix(0, 0).UTC().Add(at.Sub(s.boot)) }

func (s *Scanner) binaryScan(b []byte, at time.Time) []byte {
	be := binary.BigEndian
	b = be.AppendUint16(b, s.model.version)
	b = be.AppendUint16(b, 1)
	b = be.AppendUint32(b, s.model.serial)
	b = append(b, 0, s.cfg.Status)
	b = be.AppendUint16(b, s.telegrams)
	b = be.AppendUint16(b, s.counter)
	b = be.AppendUint32(b, s.micros(at))
	b = be.AppendUint32(b, s.micros(at.Add(s.model.delay)))
	b = append(b, 0, 0, 0, 0, 0, 0) // inputs, outputs, layer
	b = be.AppendUint32(b, s.centiHertz())
	b = be.AppendUint32(b, s.beamHundreds())
	if s.encoder {
		b = be.AppendUint32(append(b, 0, 1), s.ticks())
		b = append(b, 0, 0) // speed: not measured
	} else {
		b = append(b, 0, 0) // encoders
	}
	b = append(b, 0, 1)
	b = s.channelHead(b, "DIST1")
	at16 := len(b)
	b = slices.Grow(b, 2*s.n)[:at16+2*s.n]
	values := b[at16:]
	for i, d := range s.dist {
		be.PutUint16(values[2*i:], d)
	}
	if s.remission {
		b = append(b, 0, 1)
		b = s.channelHead(b, "RSSI1")
		at8 := len(b)
		b = slices.Grow(b, s.n)[:at8+s.n]
		values := b[at8:]
		for i, d := range s.dist[:len(values)] {
			values[i] = brightness(d)
		}
	} else {
		b = append(b, 0, 0)
	}
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 1) // no position, name, comment; a time follows
	c := s.calendar(at)
	b = be.AppendUint16(b, uint16(c.Year()))
	b = append(b, byte(c.Month()), byte(c.Day()), byte(c.Hour()), byte(c.Minute()), byte(c.Second()))
	b = be.AppendUint32(b, uint32(c.Nanosecond()/1000))
	return append(b, 0, 0) // no event
}

func (s *Scanner) channelHead(b []byte, name string) []byte {
	be := binary.BigEndian
	b = append(b, name...)
	b = append(b, 0x3f, 0x80, 0, 0, 0, 0, 0, 0) // scale 1, offset 0
	b = be.AppendUint32(b, uint32(int32(math.Round(s.model.start*10000))))
	b = be.AppendUint16(b, s.stepUnits())
	return be.AppendUint16(b, uint16(s.n))
}

func (s *Scanner) stepUnits() uint16 { return uint16(math.Round(s.step * 10000)) }

// brightness falls with distance and saturates at 254.
func brightness(d uint16) byte {
	if d == 0 {
		return 0
	}
	return byte(max(60, 254-int(d)/100))
}

func (s *Scanner) textScan(b []byte, at time.Time) []byte {
	b = fmt.Appendf(b, "%X 1 %X 0 %X %X %X %X %X", s.model.version, s.model.serial, s.cfg.Status, s.telegrams, s.counter,
		s.micros(at), s.micros(at.Add(s.model.delay)))
	b = fmt.Appendf(b, " 0 0 0 0 0 %X %X ", s.centiHertz(), s.beamHundreds())
	if s.encoder {
		b = fmt.Appendf(b, "1 %X 0", s.ticks())
	} else {
		b = append(b, '0')
	}
	b = append(b, " 1 "...)
	head := func(name string) {
		b = fmt.Appendf(b, "%s 3F800000 00000000 %X %X %X", name, uint32(int32(math.Round(s.model.start*10000))), s.stepUnits(), s.n)
	}
	head("DIST1")
	for _, d := range s.dist {
		b = hexToken(b, uint64(d))
	}
	if s.remission {
		b = append(b, " 1 "...)
		head("RSSI1")
		for _, d := range s.dist {
			b = hexToken(b, uint64(brightness(d)))
		}
	} else {
		b = append(b, " 0"...)
	}
	c := s.calendar(at)
	return fmt.Appendf(b, " 0 0 0 1 %X %X %X %X %X %X %X 0", c.Year(), int(c.Month()), c.Day(), c.Hour(), c.Minute(), c.Second(), c.Nanosecond()/1000)
}

// hexToken appends a space and v in upper-case hexadecimal.
func hexToken(b []byte, v uint64) []byte {
	b = append(b, ' ')
	from := len(b)
	b = strconv.AppendUint(b, v, 16)
	for i := from; i < len(b); i++ {
		if b[i] >= 'a' {
			b[i] -= 'a' - 'A'
		}
	}
	return b
}
