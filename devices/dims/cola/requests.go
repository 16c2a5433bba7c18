package cola

import (
	"encoding/binary"
	"strconv"
)

// Access is a user level and the hash of its password, as the device expects them.
type Access struct {
	Level    uint8
	Password uint32
}

// step is one request of the dialogue and the name that its answer carries.
type step struct {
	name   string // answered by
	need   bool   // the link is useless without it
	append func(dst []byte, d Dialect) []byte
}

// steps is the dialogue in the captured order: configuration while logged in, Run (which
// leaves the login level), then the subscription.
func (c *Config) steps() []step {
	s := []step{{name: "SetAccessMode", append: c.login},
		{name: "EIHstCola", append: func(dst []byte, d Dialect) []byte {
			return flag(dst, d, "sWN EIHstCola ", byte(c.wanted()-ASCII))
		}}}
	s = append(s,
		step{name: "FirmwareVersion", append: plain("sRN FirmwareVersion")},
		step{name: "SCdevicestate", append: plain("sRN SCdevicestate")})
	if c.FrequencyHz > 0 && c.Resolution > 0 {
		s = append(s, step{name: "mLMPsetscancfg", append: c.scanConfig})
	}
	return append(s,
		step{name: "LMPoutputRange", append: plain("sRN LMPoutputRange")},
		step{name: "LMDscandatacfg", append: c.content},
		step{name: "LMCstartmeas", append: plain("sMN LMCstartmeas")},
		step{name: "Run", append: plain("sMN Run")},
		step{name: scanName, need: true, append: func(dst []byte, d Dialect) []byte { return subscribe(dst, d, 1) }})
}

// wanted is the dialect that the device is asked to speak.
func (c *Config) wanted() Dialect {
	if c.Dialect == "a" {
		return ASCII
	}
	return Binary
}

func subscribe(dst []byte, d Dialect, on byte) []byte { return flag(dst, d, "sEN LMDscandata ", on) }

func plain(text string) func([]byte, Dialect) []byte {
	return func(dst []byte, d Dialect) []byte { return Append(dst, d, []byte(text)) }
}

func flag(dst []byte, d Dialect, head string, v byte) []byte {
	if d == ASCII {
		return Append(dst, d, append([]byte(head), '0'+v))
	}
	return Append(dst, d, append([]byte(head), v))
}

func (c *Config) login(dst []byte, d Dialect) []byte {
	p := []byte("sMN SetAccessMode ")
	a := c.access
	if d == ASCII {
		p = append(p, '0', '0'+a.Level, ' ')
		hex := strconv.FormatUint(1<<32|uint64(a.Password), 16)[1:]
		for i := range len(hex) {
			b := hex[i]
			if b >= 'a' {
				b -= 'a' - 'A'
			}
			p = append(p, b)
		}
		return Append(dst, d, p)
	}
	return Append(dst, d, binary.BigEndian.AppendUint32(append(p, a.Level), a.Password))
}

// content asks for the first echo, the remission on demand, no encoder, no names, the
// time and every Interval-th scan.
func (c *Config) content(dst []byte, d Dialect) []byte {
	p := []byte("sWN LMDscandatacfg ")
	rssi := byte(0)
	if c.Remission {
		rssi = 1
	}
	if d == ASCII {
		p = append(p, "01 00 "...)
		p = append(p, '0'+rssi)
		p = append(p, " 0 0 00 00 0 0 0 1 +"...)
		return Append(dst, d, strconv.AppendInt(p, int64(c.Interval), 10))
	}
	p = append(p, 1, 0, rssi, 0, 0, 0, 0, 0, 0, 0, 1)
	return Append(dst, d, binary.BigEndian.AppendUint16(p, uint16(c.Interval)))
}

// scanConfig sets scan frequency and angular resolution over the model's own fan.
func (c *Config) scanConfig(dst []byte, d Dialect) []byte {
	p := []byte("sMN mLMPsetscancfg ")
	v := [5]int{int(c.FrequencyHz * 100), 1, int(c.Resolution), int(c.fan[0]), int(c.fan[1])}
	if d == ASCII {
		for i, n := range v {
			if i > 0 {
				p = append(p, ' ')
			}
			if n >= 0 {
				p = append(p, '+')
			}
			p = strconv.AppendInt(p, int64(n), 10)
		}
		return Append(dst, d, p)
	}
	p = binary.BigEndian.AppendUint32(p, uint32(v[0]))
	p = binary.BigEndian.AppendUint16(p, uint16(v[1]))
	for _, n := range v[2:] {
		p = binary.BigEndian.AppendUint32(p, uint32(int32(n)))
	}
	return Append(dst, d, p)
}

// outputRange reads the first sector of an answer to LMPoutputRange.
func outputRange(d Dialect, args []byte) (r Range, ok bool) {
	var f fields = &binaryFields{p: args}
	if d == ASCII {
		f = &asciiFields{p: args}
	}
	sectors := f.uint(16)
	r = Range{Step: f.uint(32), Start: f.int(32), Stop: f.int(32)}
	_, reason := f.fault()
	return r, reason == "" && sectors >= 1
}

// result reads the leading byte of an answer, which says 1 for success (or, of
// LMCstartmeas, 0 for accepted); ok is false if the answer carries none.
func result(d Dialect, args []byte) (v byte, ok bool) {
	if len(args) == 0 {
		return 0, false
	}
	if d == ASCII {
		v = hexDigit(args[0])
		if len(args) > 1 && args[1] != ' ' {
			v = v<<4 | hexDigit(args[1])
		}
		return v, v <= 15 || len(args) > 1
	}
	return args[0], true
}

// text reads a counted string, as FirmwareVersion carries it.
func text(d Dialect, args []byte) string {
	var f fields = &binaryFields{p: args}
	if d == ASCII {
		f = &asciiFields{p: args}
	}
	return string(f.text(nil))
}
