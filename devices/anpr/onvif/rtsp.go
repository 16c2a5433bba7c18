package onvif

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/pull"
	"acsgd/devices/push"
)

// stream is one RTSP session for a camera's metadata, its packets interleaved on the same
// connection (RFC 2326 section 10.12): OPTIONS, DESCRIBE, SETUP, PLAY, and then documents.
type stream struct {
	h     *Handler
	login *pull.Login
	url   string

	step    step
	target  string // of the request under way
	track   string // of the metadata
	cseq    int
	key     *pull.Key
	tried   bool // the request under way carried the key
	id      string
	channel byte
	buf     []byte
	base    int64
	rtp     depacketiser
	heard   time.Time
	keep    time.Time     // the next sign of life is due
	every   time.Duration // between them
}

type step uint8

const (
	toOptions step = iota
	toDescribe
	toSetup
	toPlay
	playing
)

var methods = [...]string{"OPTIONS", "DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER"}

const (
	// silence is how long a camera may say nothing: in an empty lane it still answers signs
	// of life.
	silence = 75 * time.Second
	// usual is a session's life where the camera does not name it.
	usual = time.Minute
)

// NewStream makes the session of one connection to a camera; login may be nil.
func NewStream(h *Handler, login *pull.Login, url string) devices.Session {
	return &stream{h: h, login: login, url: url, target: url, every: usual / 2}
}

// ask sends the request of the step.
func (s *stream) ask(now time.Time, out *devices.Out) {
	method := methods[s.step]
	s.cseq++
	b := fmt.Appendf(out.Send, "%s %s RTSP/1.0\r\nCSeq: %d\r\nUser-Agent: acsgd\r\n", method, s.target, s.cseq)
	switch s.step {
	case toDescribe:
		b = append(b, "Accept: application/sdp\r\n"...)
	case toSetup:
		b = append(b, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"...)
	case toPlay:
		b = append(b, "Range: npt=0.000-\r\n"...)
	}
	if s.id != "" {
		b = append(b, "Session: "+s.id+"\r\n"...)
	}
	if a := s.key.Authorization(method, s.target); a != "" {
		b = append(b, "Authorization: "+a+"\r\n"...)
	}
	s.tried = s.key != nil
	out.Send = append(b, "\r\n"...)
	s.keep = now.Add(s.every)
}

// Tick implements devices.Session.
func (s *stream) Tick(now time.Time, out *devices.Out) {
	switch {
	case s.heard.IsZero():
		if until, barred := s.login.Barred(now); barred {
			out.Fail = s.fault("no login is tried before " + until.UTC().Format("15:04") + " UTC")
			return
		}
		s.heard = now
		s.ask(now, out)
	case now.Sub(s.heard) >= silence:
		out.Err(Proto, s.base, "camera is silent", nil)
		out.Fail = s.fault("camera is silent")
	case s.step == playing && !now.Before(s.keep):
		s.ask(now, out)
	}
}

// Deadline implements devices.Session.
func (s *stream) Deadline() (time.Time, bool) {
	at := s.heard.Add(silence)
	if s.step == playing && s.keep.Before(at) {
		at = s.keep
	}
	return at, !s.heard.IsZero()
}

func (s *stream) fault(reason string) error { return errors.New(Proto + ": " + reason) }

// Feed implements devices.Session.
func (s *stream) Feed(now time.Time, p []byte, out *devices.Out) {
	s.heard = now
	s.buf = append(s.buf, p...)
	for out.Fail == nil {
		n, err := s.next(now, out)
		if err != nil {
			out.Err(Proto, s.base, err.Error(), s.buf)
			out.Fail = s.fault(err.Error())
			return
		}
		if n == 0 {
			return
		}
		if s.buf = s.buf[n:]; len(s.buf) == 0 {
			s.buf = nil
		}
		s.base += int64(n)
	}
}

// next takes one packet or one answer; 0 if it is not whole.
func (s *stream) next(now time.Time, out *devices.Out) (int, error) {
	switch {
	case len(s.buf) < 4:
		return 0, nil
	case s.buf[0] == '$':
		n := 4 + int(s.buf[2])<<8 + int(s.buf[3])
		if len(s.buf) < n {
			return 0, nil
		}
		if s.buf[1] == s.channel && s.step == playing {
			s.packet(now, s.buf[4:n], out)
		}
		return n, nil
	case !bytes.HasPrefix(s.buf, []byte("RTSP")):
		return 0, errors.New("neither an answer nor a packet")
	}
	end, body := push.BlankLine(s.buf)
	if end < 0 && len(s.buf) <= push.MaxHead {
		return 0, nil
	}
	if end < 0 || end > push.MaxHead {
		return 0, errors.New("head of an answer does not end")
	}
	a, err := parseAnswer(string(s.buf[:end]))
	if err != nil {
		return 0, err
	}
	if a.length > maxDocument {
		return 0, fmt.Errorf("answer with %d bytes", a.length)
	}
	if len(s.buf) < body+a.length {
		return 0, nil
	}
	return body + a.length, s.answer(now, a, string(s.buf[body:body+a.length]), out)
}

// reply is the head of an answer.
type reply struct {
	status int
	reason string
	header map[string]string // names in small letters, values of equal names joined by commas
	length int
}

func parseAnswer(head string) (a reply, err error) {
	first, rest, _ := strings.Cut(head, "\n")
	fields := strings.SplitN(strings.TrimSpace(first), " ", 3)
	if len(fields) < 2 {
		return a, errors.New("not an RTSP status line")
	}
	if a.status, err = strconv.Atoi(fields[1]); err != nil {
		return a, errors.New("not an RTSP status line")
	}
	a.reason = strings.Join(fields[1:], " ")
	a.header = map[string]string{}
	for line := range strings.SplitSeq(rest, "\n") {
		k, v, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		k, v = strings.ToLower(strings.TrimSpace(k)), strings.TrimSpace(v)
		if have, again := a.header[k]; again {
			v = have + ", " + v
		}
		a.header[k] = v
	}
	if l := a.header["content-length"]; l != "" {
		if a.length, err = strconv.Atoi(l); err != nil || a.length < 0 {
			return a, errors.New("content-length is no number")
		}
	}
	return a, nil
}

// answer goes on to the next step.
func (s *stream) answer(now time.Time, a reply, body string, out *devices.Out) (err error) {
	switch {
	case a.status == 401:
		if s.key, err = s.login.Meet(now, a.header["www-authenticate"], s.tried); err != nil {
			return err
		}
		s.ask(now, out)
		return nil
	case a.status == 200:
		s.key.Accepted()
	case s.step == playing || s.step == toOptions:
		// A camera that does not know a method says so, and that is a sign of life too.
	default:
		return fmt.Errorf("camera answers %s with %.80q", methods[s.step], a.reason)
	}
	switch s.step {
	case toOptions:
		s.step = toDescribe
	case toDescribe:
		base := a.header["content-base"]
		if base == "" {
			base = s.url
		}
		if s.track, err = metadataTrack(body, base); err != nil {
			return err
		}
		s.target, s.step = s.track, toSetup
	case toSetup:
		if err := s.session(a); err != nil {
			return err
		}
		s.target, s.step = s.url, toPlay
	case toPlay:
		s.step, s.keep = playing, now.Add(s.every)
		out.Frames++
		return nil
	case playing:
		out.Frames++
		return nil
	}
	s.ask(now, out)
	return nil
}

// session takes what SETUP has agreed on.
func (s *stream) session(a reply) error {
	id, more, _ := strings.Cut(a.header["session"], ";")
	if s.id = strings.TrimSpace(id); s.id == "" {
		return errors.New("answer to SETUP has no session")
	}
	if _, v, ok := strings.Cut(more, "timeout="); ok {
		v, _, _ = strings.Cut(v, ";")
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil && n >= 4 && n <= 3600 {
			s.every = min(time.Duration(n)*time.Second/2, usual/2)
		}
	}
	_, v, ok := strings.Cut(a.header["transport"], "interleaved=")
	if !ok {
		return errors.New("camera does not send its packets on this connection")
	}
	v, _, _ = strings.Cut(v, ";")
	v, _, _ = strings.Cut(v, "-")
	n, err := strconv.ParseUint(strings.TrimSpace(v), 10, 8)
	if err != nil {
		return errors.New("answer to SETUP names no channel")
	}
	s.channel = byte(n)
	return nil
}

// metadataTrack finds the address of the metadata in a description (RFC 4566).
func metadataTrack(sdp, base string) (string, error) {
	control, found := "", false
	for line := range strings.SplitSeq(sdp, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "m="):
			if found && control != "" {
				return absolute(base, control), nil
			}
			control, found = "", false
		case strings.HasPrefix(line, "a=rtpmap:"):
			found = found || strings.Contains(strings.ToLower(line), "vnd.onvif.metadata/")
		case strings.HasPrefix(line, "a=control:"):
			control = strings.TrimPrefix(line, "a=control:")
		}
	}
	if found && control != "" {
		return absolute(base, control), nil
	}
	return "", errors.New("stream has no metadata uncompressed (vnd.onvif.metadata): turn it on in the media profile of the path")
}

func absolute(base, control string) string {
	if strings.HasPrefix(strings.ToLower(control), "rtsp://") {
		return control
	}
	return strings.TrimSuffix(base, "/") + "/" + strings.TrimPrefix(control, "/")
}

// packet takes one RTP packet, and the documents that it makes whole.
func (s *stream) packet(now time.Time, p []byte, out *devices.Out) {
	doc, reason := s.rtp.take(p)
	if reason != "" {
		out.Err(Proto, s.base, reason, p)
	}
	for doc = bytes.TrimSpace(doc); len(doc) > 0; doc = bytes.TrimSpace(doc) {
		n := s.h.xml(now, s.base, doc, out)
		if n == 0 {
			return
		}
		doc = doc[n:]
	}
}

// depacketiser joins the payloads of RTP packets (RFC 3550) to documents: the marker bit
// stands at the last packet of one (ONVIF Streaming Specification).
type depacketiser struct {
	doc  []byte
	seq  uint16
	has  bool
	lost bool // something of this document is missing
}

// take gives a document where p is its last packet; it is valid until the next call. reason
// says what is wrong.
func (d *depacketiser) take(p []byte) (doc []byte, reason string) {
	if len(p) < 12 || p[0]>>6 != 2 {
		return nil, "not an RTP packet"
	}
	seq, from, to := uint16(p[2])<<8|uint16(p[3]), 12+4*int(p[0]&15), len(p)
	if p[0]&0x10 != 0 && len(p) >= from+4 { // an extension
		from += 4 + 4*(int(p[from+2])<<8|int(p[from+3]))
	}
	if p[0]&0x20 != 0 { // padding
		to -= int(p[len(p)-1])
	}
	if from > to {
		return nil, "RTP packet is shorter than its header says"
	}
	if d.has && seq != d.seq+1 {
		if !d.lost {
			reason = fmt.Sprintf("%d RTP packets are missing before number %d", seq-d.seq-1, seq)
		}
		// What begins a document can be read, whatever is missing before.
		d.doc, d.lost = nil, !bytes.HasPrefix(p[from:to], []byte("<?xml"))
	}
	d.seq, d.has = seq, true
	if !d.lost && len(d.doc)+to-from > maxDocument {
		d.lost, reason = true, fmt.Sprintf("no end of the document within %d bytes", maxDocument)
	}
	if !d.lost {
		d.doc = append(d.doc, p[from:to]...)
	}
	if p[1]&0x80 == 0 {
		return nil, reason
	}
	if !d.lost {
		doc = d.doc
	}
	d.doc, d.lost = nil, false
	return doc, reason
}
