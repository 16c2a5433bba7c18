package cola

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
)

// Dialect is one of the two encodings of the same telegrams.
type Dialect uint8

// The dialects. Unknown means that no frame has been seen yet.
const (
	Unknown Dialect = iota
	ASCII           // CoLa A: STX, text, ETX
	Binary          // CoLa B: four STX, length, payload, XOR
)

// String names the dialect as the settings do.
func (d Dialect) String() string { return [...]string{"auto", "a", "b"}[min(d, Binary)] }

// Limits of frames; a longer frame is a framing error.
const (
	MaxBinary = 64 << 10 // payload of a CoLa B frame
	MaxASCII  = 32 << 10 // whole CoLa A frame
)

const (
	stx      = 0x02
	etx      = 0x03
	overhead = 9 // CoLa B: four STX, four length bytes, one checksum
)

// Frame is one telegram. Raw and Payload alias the Reader's buffer and are valid until the
// next Feed.
type Frame struct {
	Dialect Dialect
	Offset  int64  // of the first byte, from the start of the connection
	Raw     []byte // the whole frame
	Payload []byte // without STX, length, checksum, ETX
}

// FrameError says which bytes could not be framed. One is reported per run of bad bytes.
type FrameError struct {
	Offset int64
	Reason string
	Bytes  []byte // the bytes there, at most 64; aliases the Reader's buffer
}

func (e *FrameError) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.Reason) }

// Reader cuts a byte stream into frames of either dialect. Until the first good frame it
// accepts both; four STX in a row with a good checksum win over CoLa A at any time, because
// they cannot stand in text, but after the first CoLa B frame a single STX means nothing.
// Memory is bounded by the longest frame plus the piece fed last. The zero value is ready.
type Reader struct {
	Dialect Dialect // of the last good frame
	buf     []byte
	pos     int   // next byte of buf to look at
	off     int64 // offset of buf[0] in the connection
	scanned int   // bytes behind pos in which no ETX was found yet
	bad     bool  // inside a run of bad bytes that has been reported
}

// Feed adds bytes. It invalidates all frames handed out before. p is copied.
func (r *Reader) Feed(p []byte) {
	if r.pos > 0 {
		n := copy(r.buf, r.buf[r.pos:])
		r.off += int64(r.pos)
		r.buf, r.pos = r.buf[:n], 0
	}
	r.buf = append(r.buf, p...)
}

// Next returns the next frame. ok is false when more bytes are needed. A FrameError is
// returned in place of a frame; the Reader has then moved on and Next may be called again.
func (r *Reader) Next() (f Frame, ok bool, err *FrameError) {
	for {
		p := r.buf[r.pos:]
		if len(p) == 0 {
			return f, false, nil
		}
		n, verdict, reason := r.look(p)
		switch verdict {
		case more:
			return f, false, nil
		case good:
			f = Frame{Dialect: r.Dialect, Offset: r.off + int64(r.pos), Raw: p[:n]}
			f.Payload = p[1 : n-1]
			if r.Dialect == Binary {
				f.Payload = p[overhead-1 : n-1]
			}
			r.pos += n
			r.scanned, r.bad = 0, false
			return f, true, nil
		}
		err := &FrameError{Offset: r.off + int64(r.pos), Reason: reason, Bytes: p[:min(len(p), 64)]}
		r.pos += n
		r.scanned = 0
		if !r.bad {
			r.bad = true
			return f, false, err
		}
	}
}

type verdict uint8

const (
	more verdict = iota
	good
	skip
)

// look judges the bytes at the head of p: n is the length of the good frame or how many
// bytes to skip. It looks at bytes in order only, so that pieces give what the whole gives.
func (r *Reader) look(p []byte) (n int, v verdict, reason string) {
	if p[0] != stx {
		if i := bytes.IndexByte(p, stx); i > 0 {
			return i, skip, "no start of frame"
		}
		return len(p), skip, "no start of frame"
	}
	run := 1
	for run < 4 && run < len(p) && p[run] == stx {
		run++
	}
	switch {
	case run == 4:
		return r.lookBinary(p)
	case run == len(p):
		return 0, more, ""
	case run == 1 && r.Dialect != Binary:
		return r.lookASCII(p)
	case r.Dialect != Binary:
		return run - 1, skip, "no start of frame" // the last STX may start a CoLa A frame
	}
	return run, skip, "no start of frame"
}

func (r *Reader) lookBinary(p []byte) (int, verdict, string) {
	if len(p) < 8 {
		return 0, more, ""
	}
	size := binary.BigEndian.Uint32(p[4:])
	if size > MaxBinary || size < 3 {
		return 1, skip, "length " + strconv.FormatUint(uint64(size), 10) + " out of range"
	}
	// Every payload starts with "s" and a capital; checking that before waiting for the
	// rest keeps a bogus length from swallowing a second of good scans.
	for i := 8; i < 10; i++ {
		if len(p) <= i {
			return 0, more, ""
		}
		if (i == 8 && p[i] != 's') || (i == 9 && (p[i] < 'A' || p[i] > 'Z')) {
			return 1, skip, "not a CoLa command"
		}
	}
	n := int(size) + overhead
	if len(p) < n {
		return 0, more, ""
	}
	if xor(p[8:n-1]) != p[n-1] {
		return 1, skip, "checksum does not match"
	}
	r.Dialect = Binary
	return n, good, ""
}

func (r *Reader) lookASCII(p []byte) (int, verdict, string) {
	for i := max(1, r.scanned); i < len(p); i++ {
		switch c := p[i]; {
		case i >= MaxASCII:
			return 1, skip, "CoLa A frame without an end"
		case i == 1 && c != 's', i == 2 && (c < 'A' || c > 'Z') && c != etx:
			return 1, skip, "not a CoLa command"
		case c == etx:
			if i < 4 {
				return 1, skip, "not a CoLa command"
			}
			r.Dialect = ASCII
			return i + 1, good, ""
		case c < ' ' || c >= 0x7f:
			return 1, skip, "byte that no CoLa A text holds"
		}
	}
	r.scanned = len(p)
	return 0, more, ""
}

// xor is the CoLa B checksum over the payload.
func xor(p []byte) (x byte) {
	var w uint64
	for len(p) >= 8 {
		w ^= binary.LittleEndian.Uint64(p)
		p = p[8:]
	}
	for ; w != 0; w >>= 8 {
		x ^= byte(w)
	}
	for _, b := range p {
		x ^= b
	}
	return x
}

// Append appends payload as a frame of the dialect; anything but ASCII gives CoLa B.
func Append(dst []byte, d Dialect, payload []byte) []byte {
	if d == ASCII {
		return append(append(append(dst, stx), payload...), etx)
	}
	dst = append(dst, stx, stx, stx, stx)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(payload)))
	dst = append(dst, payload...)
	return append(dst, xor(payload))
}

// Message is a telegram split into command word, name and arguments.
type Message struct {
	Cmd  string // sRA, sWA, sAN, sEA, sSN, sFA
	Name string // "" for sFA
	Args []byte // aliases the payload
}

// Split splits a payload. An sFA has no name; its Args are the code. ok is false if the
// payload has no command word or an unreasonable name.
func Split(payload []byte) (m Message, ok bool) {
	if len(payload) < 3 {
		return m, false
	}
	m.Cmd = word(payload[:3])
	if m.Cmd == "sFA" {
		m.Args = bytes.TrimPrefix(payload[3:], []byte(" "))
		return m, true
	}
	if len(payload) < 5 || payload[3] != ' ' {
		return m, false
	}
	rest := payload[4:]
	i := bytes.IndexByte(rest, ' ')
	if i < 0 {
		i = len(rest)
	}
	if i == 0 || i > 64 {
		return m, false
	}
	m.Name = word(rest[:i])
	m.Args = rest[min(i+1, len(rest)):]
	return m, true
}

// word interns the words that arrive at scan rate, so that they cost no allocation.
func word(b []byte) string {
	switch string(b) {
	case "sSN":
		return "sSN"
	case "sRA":
		return "sRA"
	case "sFA":
		return "sFA"
	case scanName:
		return scanName
	}
	return string(b)
}

// FaultCode reads the code of an sFA; ok is false if there is none.
func FaultCode(d Dialect, args []byte) (code int, ok bool) {
	if d == ASCII {
		v, err := strconv.ParseUint(string(bytes.TrimSpace(args)), 16, 16)
		return int(v), err == nil
	}
	if len(args) < 2 {
		return 0, false
	}
	return int(binary.BigEndian.Uint16(args)), true
}

// FaultText says what an sFA code means.
func FaultText(code int) string {
	if code >= 0 && code < len(faults) {
		return faults[code]
	}
	switch code {
	case 0x19:
		return "asynchronous methods are suppressed"
	case 0x20:
		return "complex arrays not supported"
	}
	return "unknown fault " + strconv.Itoa(code)
}

// faults are the codes of sick_scan_xd, driver/src/tcp/SopasBase.cpp.
var faults = [...]string{"ok", "method access denied", "method unknown", "variable unknown",
	"local condition not met", "invalid data", "unknown error", "buffer overflow", "buffer underflow",
	"unknown type", "write access denied", "unknown command for the name server",
	"unknown CoLa command", "method busy", "index out of bounds", "event unknown", "value overflow",
	"invalid character"}

// Rest gives the bytes of an unfinished frame and their offset.
func (r *Reader) Rest() (offset int64, p []byte) {
	if r.bad { // reported already
		return 0, nil
	}
	return r.off + int64(r.pos), r.buf[r.pos:]
}
