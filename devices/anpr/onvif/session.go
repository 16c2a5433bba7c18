package onvif

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr/xmlwalk"
	"acsgd/devices/push"
)

// Proto is the name of this protocol in decode errors.
const Proto = "onvif"

// maxDocument bounds one document: a frame with the pictures of several vehicles.
const maxDocument = 4 << 20

// maxBraces is more braces than any object has open.
const maxBraces = 64

// Message implements mqtt.Handler: the payload is one JSON object, or one or more XML
// documents. Other topics of the camera are signs of life.
func (h *Handler) Message(now time.Time, topic string, payload []byte, out *devices.Out) {
	p := bytes.TrimLeft(payload, " \t\r\n\xEF\xBB\xBF")
	switch {
	case len(p) == 0:
		out.Frames++
	case len(p) > maxDocument:
		out.Err(Proto, 0, fmt.Sprintf("message of %d bytes, %d are taken", len(p), maxDocument), p)
	case p[0] == '{':
		h.json(now, 0, eventTopic(topic), p, out)
	case p[0] == '<':
		for len(p) > 0 {
			n := h.xml(now, int64(len(payload)-len(p)), p, out)
			if n == 0 {
				return
			}
			p = bytes.TrimLeft(p[n:], " \t\r\n")
		}
	default:
		out.Frames++ // a state, a number or a picture of another topic
	}
}

// eventTopic is what stands behind the prefix in the topic of an event.
func eventTopic(topic string) string {
	if _, t, ok := strings.Cut(topic, "onvif-ej/"); ok {
		return t
	}
	return topic
}

func (h *Handler) json(now time.Time, offset int64, topic string, p []byte, out *devices.Out) {
	d, err := ParseJSON(p, topic)
	if err != nil {
		out.Err(Proto, offset, err.Error(), p)
		return
	}
	h.take(now, d, "application/json", bytes.TrimSpace(p), offset, out)
}

// xml takes the first document of p; 0 if there is none to be taken.
func (h *Handler) xml(now time.Time, offset int64, p []byte, out *devices.Out) int {
	d, n, err := ParseXML(p)
	if err == nil && n == 0 {
		err = fmt.Errorf("document is cut off")
	}
	if err != nil {
		out.Err(Proto, offset+int64(n), err.Error(), p)
		return 0
	}
	h.take(now, d, "application/xml", bytes.TrimSpace(p[:n]), offset, out)
	return n
}

// Session reads documents one after the other: a recorded metadata stream, or recorded
// messages.
type Session struct {
	h     *Handler
	buf   []byte
	base  int64 // offset of buf[0]
	walk  *xmlwalk.Walker
	read  *reader
	json  push.Object
	state byte // 0 between documents, '<' or '{' in one, '?' looking for one
	bad   int  // faults since something was understood
}

// maxBad is how many faults one after the other are reported: what follows is the same noise.
const maxBad = 8

func newSession(cfg Config, env devices.Env) *Session {
	return &Session{h: NewHandler(cfg, env), json: push.Object{Deep: maxBraces}}
}

// Feed implements devices.Session.
func (s *Session) Feed(now time.Time, p []byte, out *devices.Out) {
	s.buf = append(s.buf, p...)
	for s.advance(now, out) {
	}
}

func (s *Session) drop(n int) {
	if s.buf = s.buf[n:]; len(s.buf) == 0 {
		s.buf = nil
	}
	s.base += int64(n)
	s.walk, s.read, s.json = nil, nil, push.Object{Deep: maxBraces}
}

// advance takes what stands at the beginning of buf; false if it needs more bytes.
func (s *Session) advance(now time.Time, out *devices.Out) bool {
	switch s.state {
	case '<':
		return s.xml(now, out)
	case '{':
		return s.object(now, out)
	}
	n := 0
	for n < len(s.buf) && bytes.IndexByte(blanks, s.buf[n]) >= 0 {
		n++
	}
	if s.state == '?' {
		n = s.next()
	}
	if n > 0 {
		s.drop(n)
	}
	if len(s.buf) == 0 {
		return false
	}
	switch begins(s.buf) {
	case unknown:
		return false
	case no:
		s.fault(out, 0, "neither an XML nor a JSON document")
	case yes:
		s.state = s.buf[0]
	}
	return true
}

// blanks may stand before a document.
var blanks = []byte(" \t\r\n\xEF\xBB\xBF")

type answer byte

const (
	unknown answer = iota
	no
	yes
)

// begins reports whether a document may begin with p.
func begins(p []byte) answer {
	switch {
	case p[0] == '<' && len(p) > 1:
		if c := p[1]; c == '?' || c == '!' || c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			return yes
		}
		return no
	case p[0] == '{':
		for i, c := range p[1:] {
			switch c {
			case ' ', '\t', '\r', '\n':
				if i == 64 {
					return no
				}
			case '"', '}':
				return yes
			default:
				return no
			}
		}
		return unknown
	case p[0] == '<':
		return unknown
	}
	return no
}

// next is where the next document may begin.
func (s *Session) next() int {
	for i, c := range s.buf {
		if (c == '<' || c == '{') && begins(s.buf[i:]) != no {
			return i
		}
	}
	return len(s.buf)
}

func (s *Session) xml(now time.Time, out *devices.Out) bool {
	if s.walk == nil {
		s.walk, s.read = newWalker()
	}
	n, err := s.walk.More(s.buf)
	switch {
	case err != nil:
		s.fault(out, n, err.Error())
		return true
	case n > maxDocument, n == 0 && len(s.buf) > maxDocument:
		s.fault(out, 0, fmt.Sprintf("no end of the document within %d bytes", maxDocument))
		return true
	case n == 0:
		return false
	}
	s.h.take(now, &s.read.d, "application/xml", bytes.TrimSpace(s.buf[:n]), s.base, out)
	s.drop(n)
	s.state, s.bad = 0, 0
	return true
}

func (s *Session) object(now time.Time, out *devices.Out) bool {
	n := s.json.End(s.buf)
	switch {
	case n == 0 && (s.json.TooDeep() || len(s.buf) > maxDocument):
		s.fault(out, 0, fmt.Sprintf("no end of the JSON object within %d bytes, or braces nested too deep", maxDocument))
		return true
	case n == 0:
		return false
	}
	s.h.json(now, s.base, recorded, s.buf[:n], out)
	s.drop(n)
	s.state, s.bad = 0, 0
	return true
}

// recorded is the topic of recorded JSON messages, which do not hold it: whoever records
// them records plates.
const recorded = "RuleEngine/Recognition/LicensePlate"

// fault reports what cannot be understood, and looks for the next document behind it.
func (s *Session) fault(out *devices.Out, at int, reason string) {
	if s.bad++; s.bad <= maxBad {
		out.Err(Proto, s.base+int64(at), reason, s.buf[at:])
	}
	s.drop(min(max(at, 1), len(s.buf)))
	s.state = '?'
}

// Tick implements devices.Session.
func (s *Session) Tick(time.Time, *devices.Out) {}

// Deadline implements devices.Session.
func (s *Session) Deadline() (time.Time, bool) { return time.Time{}, false }

// Finish implements devices.Finisher: the recording ends.
func (s *Session) Finish(now time.Time, out *devices.Out) {
	if s.state == '<' || s.state == '{' {
		out.Err(Proto, s.base, "document is cut off", s.buf)
	}
	m := message{h: s.h, now: now, media: "application/xml", out: out}
	m.gone(func(*track) bool { return true })
}
