package teltonika

import (
	"encoding/binary"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/tracker"
	"acsgd/internal/obs"
)

const proto = "teltonika"

// session is the dialogue with one device: its IMEI first, then packets of records, each
// answered with the number of its records once they are durable.
type session struct {
	cfg    Config
	allow  tracker.Allow
	udp    bool
	buf    []byte // the beginning of a frame that has not arrived in full
	off    int64  // of buf[0], or of the next byte, from the start of the connection
	lost   bool   // between frames that were not understood: look for the next good one
	imei   string
	opened time.Time
	sealed string // last seal state reported
	fixes  tracker.Chunk[fix]
	extent extent // of the packet looked at last
}

func newSession(cfg Config) *session {
	return &session{cfg: cfg, allow: cfg.Allow, udp: cfg.Transport == "udp"}
}

// keepBuf is the largest empty buffer that a waiting connection keeps.
const keepBuf = 2 << 10

// Feed implements devices.Session.
func (s *session) Feed(now time.Time, p []byte, out *devices.Out) {
	data := p
	if len(s.buf) > 0 {
		s.buf = append(s.buf, p...)
		data = s.buf
	}
	for len(data) > 0 && out.Fail == nil {
		n := s.next(now, data, out)
		if n == 0 {
			break
		}
		data = data[n:]
		s.off += int64(n)
	}
	if len(data) == 0 && cap(s.buf) > keepBuf {
		s.buf = nil
		return
	}
	s.buf = append(s.buf[:0], data...)
}

// Tick implements devices.Session: a connection that does not say who it is in time is
// given up.
func (s *session) Tick(now time.Time, out *devices.Out) {
	if s.opened.IsZero() {
		s.opened = now
	}
	if at, ok := s.Deadline(); ok && !now.Before(at) {
		out.Fail = fmt.Errorf("teltonika: no IMEI within %v", s.cfg.Login)
	}
}

// Deadline implements devices.Session.
func (s *session) Deadline() (time.Time, bool) {
	if s.udp || s.imei != "" || s.opened.IsZero() || s.cfg.Login <= 0 {
		return time.Time{}, false
	}
	return s.opened.Add(s.cfg.Login), true
}

// Finish implements devices.Finisher.
func (s *session) Finish(now time.Time, out *devices.Out) {
	b := s.buf
	if len(b) == 0 || s.lost {
		return
	}
	if s.cfg.Integrity == lenient && !s.udp && len(b) > headerLen && isRecords(b[headerLen]) {
		if s.extent.scan(b[headerLen:]); s.extent.fault == "" { // only the checksum is missing
			s.take(now, b, true, out)
			return
		}
	}
	out.Err(proto, s.off, fmt.Sprintf("the connection ended after %d bytes of a frame", len(b)), b)
}

// next handles what stands at the start of b and returns its length; 0 asks for more.
func (s *session) next(now time.Time, b []byte, out *devices.Out) int {
	if s.lost {
		if n := s.search(b); n > 0 || s.lost {
			return n
		}
	}
	if s.udp {
		return s.datagram(now, b, out)
	}
	if b[0] == 0xFF { // keep-alive between frames
		n := 1
		for n < len(b) && b[n] == 0xFF {
			n++
		}
		return n
	}
	switch likely(b, s.cfg.MaxFrame, false) {
	case maybe:
		return 0
	case never:
		return s.lose(b, 0, "neither an IMEI nor a packet of records begins here", out)
	}
	if b[1] != 0 {
		return s.login(b, out)
	}
	return s.packet(now, b, out)
}

// lose reports an error at b[at:] once and begins the search for the next good frame.
func (s *session) lose(b []byte, at int, reason string, out *devices.Out) int {
	out.Err(proto, s.off+int64(at), reason, b)
	s.lost = true
	return 1
}

// search skips what cannot begin a frame. Whether a byte is skipped depends on the bytes
// behind it alone, so the result is the same in whatever pieces they arrive.
func (s *session) search(b []byte) int {
	find := likely
	if s.udp {
		find = likelyUDP
	}
	for i := range b {
		switch find(b[i:], s.cfg.MaxFrame, true) {
		case sure:
			s.lost = false
			return i
		case maybe:
			return i
		}
	}
	return len(b)
}

type likelihood uint8

const (
	never likelihood = iota
	maybe
	sure
)

// likely judges whether b begins with an IMEI or a packet. In a search more is asked for:
// a known codec and a count, because zeros are common inside of packets.
func likely(b []byte, limit int, search bool) likelihood {
	if b[0] != 0 {
		return never
	}
	if len(b) < 2 {
		return maybe
	}
	if b[1] != 0 {
		return likelyIMEI(b)
	}
	for i := 2; i < min(4, len(b)); i++ {
		if b[i] != 0 {
			return never
		}
	}
	if len(b) < headerLen {
		return maybe
	}
	if n := binary.BigEndian.Uint32(b[4:]); n > uint32(limit) || n < 3 && search {
		return never
	}
	if !search {
		return sure
	}
	if len(b) < headerLen+2 {
		return maybe
	}
	if c := b[headerLen]; !isRecords(c) && !isText(c) || b[headerLen+1] == 0 {
		return never
	}
	return sure
}

// likelyIMEI judges a u16 length and as many digits: 15 of an IMEI, 16 of an IMEISV.
func likelyIMEI(b []byte) likelihood {
	n := int(b[1])
	if n != 15 && n != 16 {
		return never
	}
	for i := 2; i < min(len(b), 2+n); i++ {
		if b[i] < '0' || b[i] > '9' {
			return never
		}
	}
	if len(b) < 2+n {
		return maybe
	}
	return sure
}

// login answers an IMEI: 01 lets the device in, 00 does not.
func (s *session) login(b []byte, out *devices.Out) int {
	n := 2 + int(b[1])
	imei := string(b[2:n])
	if !s.allow.Has(imei) {
		out.Err(proto, s.off, "device "+imei+" is not on the allow list", b[:n])
		out.Send = append(out.Send, 0)
		out.Fail = fmt.Errorf("teltonika: device %s is not on the allow list", imei)
		return n
	}
	s.imei = imei
	out.Send = append(out.Send, 1)
	return n
}

// packet handles one packet with its header and checksum.
func (s *session) packet(now time.Time, b []byte, out *devices.Out) int {
	size := int(binary.BigEndian.Uint32(b[4:]))
	total := headerLen + size + crcLen
	if s.cfg.Integrity == lenient {
		return s.lenientPacket(now, b, total, out)
	}
	if size < 3 {
		return s.lose(b, 4, fmt.Sprintf("data length %d is too short for a packet", size), out)
	}
	if len(b) < total {
		return 0
	}
	data := b[headerLen : headerLen+size]
	want := binary.BigEndian.Uint32(b[headerLen+size:])
	if got := uint32(crc16(data)); got != want {
		reason := fmt.Sprintf("the packet says checksum %#x, its bytes give %#x", want, got)
		if (isRecords(data[0]) || isText(data[0])) && data[size-1] == data[1] {
			out.Err(proto, s.off+int64(headerLen+size), reason, b)
			return total // both counts agree, so the length is right: skip the packet
		}
		return s.lose(b, headerLen+size, reason, out)
	}
	switch {
	case isText(data[0]):
		// Answers to commands; this driver sends none, and a photo is not acknowledged.
		out.Frames++
	case !isRecords(data[0]):
		out.Err(proto, s.off+headerLen, fmt.Sprintf("codec %#x is not known", data[0]), b)
	default:
		x := &s.extent
		x.scan(data)
		if x.fault == "" && x.end != size {
			x.fault, x.at = fmt.Sprintf("%d bytes behind the second record count", size-x.end), x.end
		}
		if x.fault != "" {
			out.Err(proto, s.off+headerLen+int64(x.at), x.fault, b[:total])
			break
		}
		s.take(now, b[:total], false, out)
	}
	return total
}

// lenientPacket takes a packet of records by its structure alone: length and checksum
// may be wrong. total is what the length says.
func (s *session) lenientPacket(now time.Time, b []byte, total int, out *devices.Out) int {
	if len(b) < headerLen+2 {
		return 0
	}
	if !isRecords(b[headerLen]) {
		if !isText(b[headerLen]) {
			return s.lose(b, headerLen, fmt.Sprintf("codec %#x is not known", b[headerLen]), out)
		}
		if len(b) < total {
			return 0
		}
		out.Frames++
		return total
	}
	x := &s.extent
	x.scan(b[headerLen:])
	if x.short && len(b) < s.cfg.MaxFrame || x.fault == "" && len(b) < headerLen+x.end+crcLen {
		return 0
	}
	if x.fault != "" {
		return s.lose(b, headerLen+x.at, x.fault, out)
	}
	n := headerLen + x.end + crcLen
	data := b[headerLen : headerLen+x.end]
	good := n == total && uint32(crc16(data)) == binary.BigEndian.Uint32(b[n-crcLen:])
	s.take(now, b[:n], !good, out)
	return n
}

// take emits the records of one good packet, which begins with its header and has been
// scanned, and the answer that waits for them.
func (s *session) take(now time.Time, frame []byte, suspect bool, out *devices.Out) {
	if s.imei == "" {
		out.Err(proto, s.off, "records of a device that has not said its IMEI", frame)
		return
	}
	// The answer stands behind the copy of the frame: one allocation for both.
	raw := make([]byte, len(frame)+crcLen)
	copy(raw, frame)
	then := raw[len(frame):]
	binary.BigEndian.PutUint32(then, uint32(s.extent.records))
	s.emit(now, raw[:len(frame):len(frame)], headerLen, suspect, out)
	out.Acks = append(out.Acks, devices.Ack{After: len(out.Obs), Then: then, Else: noneAccepted[:]})
}

// noneAccepted makes the device send the packet again.
var noneAccepted [4]byte

// emit emits the records of raw, whose codec is raw[at] and which has been scanned. raw is
// kept.
func (s *session) emit(now time.Time, raw []byte, at int, suspect bool, out *devices.Out) {
	out.Frames++
	fixes := decode(raw[at:at+s.extent.end], s.extent.ends, s.imei, suspect, &s.fixes)
	if len(raw) > obs.MaxRaw {
		raw = nil
	}
	for i := range fixes {
		f := &fixes[i]
		st := tracker.Stamp(now, f.Time)
		out.Obs = append(out.Obs, obs.Observation{Stamp: st, Raw: raw, Body: &f.Fix})
		if s.cfg.SealInput != 0 && f.from.codec != codecGH { // old devices have no digital inputs by these ids
			s.seal(st, f, out)
		}
	}
}

// seal reports the input that the installation has wired to a door or rope, when it
// changes.
func (s *session) seal(st obs.Stamp, f *fix, out *devices.Out) {
	for v := valuesOf(f.from.p, shapeOf(f.from.codec)); v.next(); {
		if v.id != s.cfg.SealInput {
			continue
		}
		state := "open"
		if on := v.block != ownLen && number(v.p) == 1; on == (s.cfg.SealClosed == 1) {
			state = "sealed"
		}
		if state != s.sealed {
			s.sealed = state
			out.Obs = append(out.Obs, obs.Observation{Stamp: st,
				Body: &obs.Seal{ID: f.Device, State: state, Source: "in" + itoa(v.id)}})
		}
		return
	}
}
