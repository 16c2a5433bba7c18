package cola

import (
	"fmt"
	"math"
	"slices"
	"time"
)

const (
	scanName  = "LMDscandata"
	distances = "DIST1" // the channel that everything is measured by
)

// Bounds of a scan; a telegram beyond them is refused.
const (
	MaxPoints   = 3000 // values of one channel
	maxChannels = 16   // of one width
	maxEncoders = 8
)

// Scan is the body of an LMDscandata telegram, the same for both dialects. A Scan is
// reused from telegram to telegram: its slices are valid until the next Decode into it.
type Scan struct {
	Version   uint16
	Device    uint16
	Serial    uint32
	Status    [2]uint8 // second: 0 ok, 1 error, 2 pollution warning, 4 or 5 pollution error
	Telegram  uint16   // telegram counter, wraps
	Counter   uint16   // scan counter, wraps; the same value twice is a duplicate
	Micros    uint32   // us since start-up at the zero index of the scan, wraps at 71.6 min
	Sent      uint32   // us since start-up at transmission
	Inputs    [2]uint8
	Outputs   [2]uint8
	Layer     int16
	Frequency uint32 // scan frequency, 1/100 Hz
	Measuring uint32 // measurement frequency as sent, see BeamTime
	Encoders  []Encoder
	Channels  []Channel // known channels in order sent, 16-bit ones first
	Position  Position
	HasPos    bool
	Name      []byte // device name; nil is absent
	Comment   []byte // nil is absent
	Clock     Clock
	HasClock  bool
	Event     uint16 // event information present
}

// Encoder is one wheel encoder.
type Encoder struct {
	Ticks uint32
	Speed int16
}

// Channel is one output channel: distances, remission, angles.
type Channel struct {
	Kind   [5]byte // DIST1..DIST5, RSSI1..RSSI5, VANG1, ANGL1
	Bits   uint8   // 8 or 16
	Scale  float32 // value = raw * Scale + Offset
	Offset float32
	Start  int32  // 1/10000 degree
	Step   uint16 // 1/10000 degree, rounded: see Step
	Values []uint16
}

// Position is the mounting position that the device was told.
type Position struct {
	X, Y, Z, RotX, RotY, RotZ float32
	Type                      uint8
}

// Clock is the device's calendar. Year 1970 means that it was never set.
type Clock struct {
	Year                             uint16
	Month, Day, Hour, Minute, Second uint8
	Micros                           uint32
}

// Unset reports whether the calendar stands where it stood at start-up.
func (c Clock) Unset() bool { return c.Year <= 1970 }

// Time is the calendar as a time in UTC.
func (c Clock) Time() time.Time {
	return time.Date(int(c.Year), time.Month(c.Month), int(c.Day), int(c.Hour), int(c.Minute),
		int(c.Second), int(c.Micros)*1000, time.UTC)
}

// Channel returns the channel of that name, nil if the telegram has none.
func (s *Scan) Channel(kind string) *Channel {
	for i := range s.Channels {
		if string(s.Channels[i].Kind[:]) == kind {
			return &s.Channels[i]
		}
	}
	return nil
}

// BeamTime is the time from one beam to the next; 0 is unknown. Some firmware sends Hz/1
// in place of 100 Hz units, as sick_lmd_scandata_parser.cpp knows.
func (s *Scan) BeamTime() time.Duration {
	m := s.Measuring
	if m > 10000 {
		m /= 100
	}
	if m == 0 {
		return 0
	}
	return time.Second / 100 / time.Duration(m)
}

// Period is the time from one scan to the next; 0 is unknown.
func (s *Scan) Period() time.Duration {
	if s.Frequency == 0 {
		return 0
	}
	return 100 * time.Second / time.Duration(s.Frequency)
}

// Delay is the time from the zero index of the scan to its transmission.
func (s *Scan) Delay() time.Duration {
	d := time.Duration(s.Sent-s.Micros) * time.Microsecond
	if d > time.Second { // counters of different bases: unusable
		return 0
	}
	return d
}

// Range is the answer to LMPoutputRange, angles in 1/10000 degree.
type Range struct {
	Step        uint32
	Start, Stop int32
}

// TrueStep is the angle between two beams in 1/10000 degree. The telegram's step is
// rounded (0.1667 for 1/6 degree), which adds up to 0.04 degree over a fan; the nominal
// range, if it belongs to this channel, or the nearest twenty-fourth of a degree mends it.
func (c *Channel) TrueStep(nominal Range) float64 {
	step, n := float64(c.Step), len(c.Values)
	if n > 1 && nominal.Stop > nominal.Start {
		t := float64(nominal.Stop-nominal.Start) / float64(n-1)
		if math.Abs(t-step) <= 1 {
			return t
		}
	}
	for _, d := range [...]float64{3, 6, 12, 24} {
		if t := math.Round(step*d/1e4) * 1e4 / d; math.Abs(t-step) <= 0.5 {
			return t
		}
	}
	return step
}

// minEcho is the smallest raw value that is a distance: 0 is no echo, 1 to 15 are the
// device's error codes (dazzle and the like).
const minEcho = 16

// Millimetres appends the distances of c in mm. Values that are no distance stay as the
// small code that they are (0 is no echo).
func (c *Channel) Millimetres(dst []int32) []int32 {
	if c.Scale == 1 && c.Offset == 0 {
		at := len(dst)
		dst = slices.Grow(dst, len(c.Values))[:at+len(c.Values)]
		for i, v := range c.Values {
			dst[at+i] = int32(v)
		}
		return dst
	}
	for _, v := range c.Values {
		if v < minEcho {
			dst = append(dst, int32(v))
			continue
		}
		dst = append(dst, c.scaled(v))
	}
	return dst
}

// Scaled appends raw * scale + offset of every value.
func (c *Channel) Scaled(dst []int32) []int32 {
	for _, v := range c.Values {
		dst = append(dst, c.scaled(v))
	}
	return dst
}

func (c *Channel) scaled(v uint16) int32 {
	f := float64(v)*float64(c.Scale) + float64(c.Offset)
	if !(math.Abs(f) < 1e9) {
		return 0
	}
	return int32(math.Round(f))
}

// fields reads the fields of a telegram in order; both dialects have one.
type fields interface {
	uint(bits int) uint32
	int(bits int) int32
	float() float32
	kind() [5]byte
	text(dst []byte) []byte
	// room reports whether n values of that width can still follow.
	room(n, bits int) bool
	values(dst []uint16, n, bits int) []uint16
	skip(n, bits int)
	end() bool
	fail(reason string)
	fault() (at int, reason string)
}

// Decoder decodes scans without allocating once its buffers have grown. The zero value is
// ready. Not safe for concurrent use.
type Decoder struct {
	// Distances leaves out the values of all channels but DIST1.
	Distances bool

	bin binaryFields
	asc asciiFields
}

// Error says at which byte of the arguments a telegram is wrong.
type Error struct {
	At     int // bytes behind the space that follows the telegram's name
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("byte %d: %s", e.At, e.Reason) }

// Decode reads the arguments of an LMDscandata telegram into s, reusing its buffers. On
// an error s holds what was read before it.
//
// Source: sick_scan_xd, sick_lmd_scandata_parser.cpp; golden frames in the tests.
func (d *Decoder) Decode(s *Scan, dialect Dialect, args []byte) *Error {
	var f fields
	if dialect == ASCII {
		d.asc = asciiFields{p: args, drop: d.asc.drop}
		f = &d.asc
	} else {
		d.bin = binaryFields{p: args}
		f = &d.bin
	}
	d.header(s, f)
	s.Channels = s.Channels[:0]
	d.channels(s, f, 16)
	d.channels(s, f, 8)
	d.tail(s, f)
	if at, reason := f.fault(); reason != "" {
		return &Error{At: at, Reason: reason}
	}
	return nil
}

func (d *Decoder) header(s *Scan, f fields) {
	s.Version, s.Device, s.Serial = uint16(f.uint(16)), uint16(f.uint(16)), f.uint(32)
	s.Status = [2]uint8{uint8(f.uint(8)), uint8(f.uint(8))}
	s.Telegram, s.Counter = uint16(f.uint(16)), uint16(f.uint(16))
	s.Micros, s.Sent = f.uint(32), f.uint(32)
	s.Inputs = [2]uint8{uint8(f.uint(8)), uint8(f.uint(8))}
	s.Outputs = [2]uint8{uint8(f.uint(8)), uint8(f.uint(8))}
	s.Layer = int16(f.int(16))
	s.Frequency, s.Measuring = f.uint(32), f.uint(32)
	n := int(f.uint(16))
	s.Encoders = s.Encoders[:0]
	if n > maxEncoders {
		f.fail(fmt.Sprintf("%d encoders", n))
		return
	}
	for range n {
		s.Encoders = append(s.Encoders, Encoder{Ticks: f.uint(32), Speed: int16(f.int(16))})
	}
}

func (d *Decoder) channels(s *Scan, f fields, bits int) {
	n := int(f.uint(16))
	if n > maxChannels {
		f.fail(fmt.Sprintf("%d channels of %d bits", n, bits))
		return
	}
	for range n {
		c := Channel{Kind: f.kind(), Bits: uint8(bits), Scale: f.float(), Offset: f.float(),
			Start: f.int(32), Step: uint16(f.uint(16))}
		points := int(f.uint(16))
		if points > MaxPoints {
			f.fail(fmt.Sprintf("%d points in a channel, at most %d exist", points, MaxPoints))
		} else if !f.room(points, bits) {
			f.fail(fmt.Sprintf("%d points do not fit in the telegram", points))
		}
		if _, reason := f.fault(); reason != "" {
			return
		}
		if !known(c.Kind) || d.Distances && string(c.Kind[:]) != distances {
			f.skip(points, bits)
			continue
		}
		if len(s.Channels) < cap(s.Channels) {
			s.Channels = s.Channels[:len(s.Channels)+1]
		} else {
			s.Channels = append(s.Channels, Channel{})
		}
		last := &s.Channels[len(s.Channels)-1]
		c.Values = f.values(last.Values[:0], points, bits)
		*last = c
	}
}

func known(k [5]byte) bool {
	switch string(k[:4]) {
	case "DIST", "RSSI", "VANG", "ANGL":
		return k[4] >= '1' && k[4] <= '5'
	}
	return false
}

// tail reads the optional blocks. Old firmware ends a telegram before any of them.
func (d *Decoder) tail(s *Scan, f fields) {
	s.HasPos, s.HasClock, s.Event = false, false, 0
	s.Position, s.Clock = Position{}, Clock{}
	name, comment := s.Name[:0], s.Comment[:0]
	s.Name, s.Comment = nil, nil
	if f.end() {
		return
	}
	if f.uint(16) != 0 {
		s.HasPos = true
		s.Position = Position{X: f.float(), Y: f.float(), Z: f.float(),
			RotX: f.float(), RotY: f.float(), RotZ: f.float(), Type: uint8(f.uint(8))}
	}
	if !f.end() && f.uint(16) != 0 {
		s.Name = f.text(name)
	}
	if !f.end() && f.uint(16) != 0 {
		s.Comment = f.text(comment)
	}
	if !f.end() && f.uint(16) != 0 {
		s.HasClock = true
		s.Clock = Clock{Year: uint16(f.uint(16)), Month: uint8(f.uint(8)), Day: uint8(f.uint(8)),
			Hour: uint8(f.uint(8)), Minute: uint8(f.uint(8)), Second: uint8(f.uint(8)), Micros: f.uint(32)}
	}
	if !f.end() {
		s.Event = uint16(f.uint(16))
	}
}
