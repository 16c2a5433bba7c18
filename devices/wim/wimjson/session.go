package wimjson

import (
	"bytes"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/push"
)

// Session reads what a logger sends on one connection: HTTP requests one after the other,
// each with one record; or, in a recording, records without HTTP.
type Session struct {
	t     taker
	gate  *push.Gate // nil: no Digest
	live  bool       // a logger waits for answers; false in a recording, which is read on after errors
	state state
	buf   []byte
	base  int64 // offset of buf[0]
	req   push.Request
	left  int64 // of the body
	chunk push.Dechunker
	body  []byte
	at    int64 // offset of the body
	scan  braces
	heard time.Time
}

type state uint8

const (
	start   state = iota // between messages
	head                 // a request head
	content              // a request's body
	refused              // a body that is thrown away
	bare                 // a record without HTTP
	lost                 // looking for something that can be understood
)

// patience is how long a started message may stand still.
const patience = 30 * time.Second

func newSession(t taker, g *push.Gate, live bool) *Session {
	return &Session{t: t, gate: g, live: live}
}

// Feed implements devices.Session.
func (s *Session) Feed(now time.Time, p []byte, out *devices.Out) {
	s.heard = now
	s.buf = append(s.buf, p...)
	for out.Fail == nil && s.advance(out) {
	}
}

// drop cuts the first n bytes of buf.
func (s *Session) drop(n int) {
	s.buf = s.buf[:copy(s.buf, s.buf[n:])]
	s.base += int64(n)
}

// advance reads what stands at the beginning of buf; false if it needs more bytes.
func (s *Session) advance(out *devices.Out) bool {
	switch s.state {
	case start:
		return s.begin()
	case head:
		return s.readHead(out)
	case content, refused:
		return s.readBody(out)
	case bare:
		return s.readBare(out)
	}
	return s.search()
}

// blanks may stand before a message: white space and a mark of UTF-8.
var blanks = []byte(" \t\r\n\xEF\xBB\xBF")

// begin tells requests and bare records apart by their first byte.
func (s *Session) begin() bool {
	n := 0
	for n < len(s.buf) && bytes.IndexByte(blanks, s.buf[n]) >= 0 {
		n++
	}
	s.drop(n)
	if len(s.buf) == 0 {
		return false
	}
	s.state = head
	if s.buf[0] == '{' && !s.live {
		s.state, s.scan = bare, braces{}
	}
	return true
}

// readHead reads a request head and answers what is refused.
func (s *Session) readHead(out *devices.Out) bool {
	end, body := push.BlankLine(s.buf)
	sound := push.Plausible(s.buf)
	if end < 0 && len(s.buf) <= push.MaxHead && sound {
		return false
	}
	reason := "no HTTP request, or one whose head is too long"
	if end >= 0 && end <= push.MaxHead && sound {
		s.req, reason = push.ParseHead(s.buf[:end])
	}
	if reason != "" {
		s.fault(out, reason, 1)
		return true
	}
	s.drop(body)
	s.at, s.left, s.body, s.chunk = s.base, max(s.req.Length, 0), s.body[:0], push.Dechunker{}
	s.state = content
	if status, text, header := s.refuse(out); status != "" {
		out.Ack(s.req.Tell(status, text, header...))
		s.state = refused
		if s.live && (s.req.Length > int64(s.t.cfg.MaxBody) || s.req.Length < 0 && !s.req.Chunked) {
			out.Fail = &givenUp{status} // where the next request begins is not worth waiting for
		}
	} else if s.req.Expect {
		out.Ack([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	}
	return true
}

// refuse gives the answer to a request that is not taken.
func (s *Session) refuse(out *devices.Out) (status, text string, headers []string) {
	r, c := &s.req, s.t.cfg
	fault := func(reason string) string {
		out.Err(proto, s.base, reason, []byte(r.Target))
		return reason
	}
	switch {
	case r.Method != "POST" && r.Method != "PUT":
		return "405 Method Not Allowed", "", []string{"Allow: POST, PUT"}
	case c.Path != "" && r.Path() != c.Path:
		return "404 Not Found", fault("record for another path than " + c.Path), nil
	case r.Length < 0 && !r.Chunked:
		return "411 Length Required", "", nil
	case r.Length > int64(c.MaxBody):
		return "413 Content Too Large", fault(fmt.Sprintf("record of %d bytes, %d are taken", r.Length, c.MaxBody)), nil
	}
	return s.login(fault)
}

// login asks for a password or token where there is one.
func (s *Session) login(fault func(string) string) (status, text string, headers []string) {
	r, c := &s.req, s.t.cfg
	if !s.live || c.User == "" && c.Token == "" ||
		c.Token != "" && push.Bearer(r.Authorization, c.Token) || c.User != "" && push.Basic(r.Authorization, c.User, c.Password) {
		return "", "", nil
	}
	if c.Token != "" {
		headers = append(headers, `WWW-Authenticate: Bearer realm="acsgd"`)
	}
	tried := r.Authorization != ""
	if s.gate != nil {
		challenge, why := s.gate.Check(r, s.heard)
		if challenge == "" {
			return "", "", nil
		}
		headers = append(headers, challenge, `WWW-Authenticate: Basic realm="acsgd"`)
		tried = tried && (why != "" || len(r.Authorization) < 7 || r.Authorization[:7] != "Digest ")
	}
	if tried {
		text = fault("login with a wrong user, password or token")
	}
	return "401 Unauthorized", text, headers
}

// readBody collects a body, or throws it away, and takes the record at its end.
func (s *Session) readBody(out *devices.Out) bool {
	done := false
	if s.req.Chunked {
		if len(s.buf) == 0 {
			return false
		}
		n, ok := s.chunk.Feed(s.buf[:min(len(s.buf), s.t.cfg.MaxBody+1-len(s.body))], s.keep) // at most the byte that is too much
		s.drop(n)
		if !ok || len(s.body) > s.t.cfg.MaxBody {
			s.fault(out, fmt.Sprintf("chunked record is damaged or longer than %d bytes", s.t.cfg.MaxBody), 0)
			return true
		}
		if !s.chunk.Done {
			return true
		}
		done = true
	} else {
		n := int(min(int64(len(s.buf)), s.left))
		s.keep(s.buf[:n])
		s.drop(n)
		s.left -= int64(n)
		done = s.left == 0
	}
	if !done {
		return false
	}
	if s.state == content {
		s.answer(out)
	}
	s.state = start
	return true
}

func (s *Session) keep(p []byte) {
	if s.state == content && len(s.body) <= s.t.cfg.MaxBody {
		s.body = append(s.body, p...)
	}
}

// answer takes the record and answers once it is durable.
func (s *Session) answer(out *devices.Out) {
	v, err := s.t.take(s.heard, s.at, s.body, s.live, out)
	if v == foreign {
		v, err = wrong, fmt.Errorf("lane: this address takes those of lane %q", s.t.cfg.Lane)
	}
	ack := devices.Ack{After: len(out.Obs), Then: s.req.Answer("200 OK"), Else: s.req.Answer("503 Service Unavailable", "Retry-After: 1")}
	switch v {
	case wrong:
		ack.Then = s.req.Tell("400 Bad Request", err.Error())
	case conflict:
		ack.Then = s.req.Tell("409 Conflict", err.Error())
	case later:
		ack.Then = s.req.Tell("503 Service Unavailable", err.Error(), "Retry-After: 1")
	}
	if err != nil && err != errWaiting {
		out.Err(proto, s.at, err.Error(), s.body)
	}
	out.Acks = append(out.Acks, ack)
}

// braces finds the end of a JSON object.
type braces struct {
	at      int // bytes looked at
	depth   int
	text    bool // inside a string
	escaped bool
}

// deep is more braces than any record has open.
const deep = 8

// end gives the length of the object that p begins with, 0 if it is not whole. It stops at
// braces that are too deep.
func (b *braces) end(p []byte) int {
	for ; b.at < len(p); b.at++ {
		switch c := p[b.at]; {
		case b.escaped:
			b.escaped = false
		case b.text && c == '\\':
			b.escaped = true
		case c == '"':
			b.text = !b.text
		case b.text:
		case c == '{':
			if b.depth++; b.depth > deep {
				return 0
			}
		case c == '}':
			if b.depth--; b.depth == 0 {
				return b.at + 1
			}
		}
	}
	return 0
}

// readBare takes a record outside HTTP.
func (s *Session) readBare(out *devices.Out) bool {
	n := s.scan.end(s.buf[:min(len(s.buf), s.t.cfg.MaxBody)])
	switch {
	case n > 0:
	case s.scan.depth > deep:
		s.drop(s.scan.at)
		s.fault(out, "braces nested too deep for a record", 1)
		return true
	case len(s.buf) >= s.t.cfg.MaxBody:
		s.fault(out, fmt.Sprintf("no end of the record within %d bytes", s.t.cfg.MaxBody), 1)
		return true
	default:
		return false
	}
	switch v, err := s.t.take(s.heard, s.base, s.buf[:n], s.live, out); {
	case v == foreign:
		out.Frames++
	case err != nil:
		out.Err(proto, s.base, err.Error(), s.buf[:n])
	}
	s.drop(n)
	s.state = start
	return true
}

// fault reports what cannot be understood. A live connection is given up, because the
// sender's idea of where its messages begin is lost; in a recording the next beginning of
// a message is looked for, skip bytes further on.
func (s *Session) fault(out *devices.Out, reason string, skip int) {
	out.Err(proto, s.base, reason, s.buf)
	s.body, s.state = s.body[:0], lost
	s.drop(skip)
	if s.live {
		out.Fail = &givenUp{reason}
	}
}

type givenUp struct{ reason string }

func (e *givenUp) Error() string { return proto + ": " + e.reason }

var beginnings = [][]byte{[]byte("POST "), []byte("PUT "), []byte("{")}

// search looks for the beginning of a message.
func (s *Session) search() bool {
	first := push.First(s.buf, beginnings)
	if first < 0 {
		s.drop(max(0, len(s.buf)-len("POST ")))
		return false
	}
	s.drop(first)
	s.state = start
	return true
}

// Tick implements devices.Session.
func (s *Session) Tick(now time.Time, out *devices.Out) {
	if at, ok := s.Deadline(); !ok || now.Before(at) {
		return
	}
	out.Err(proto, s.base, "message stands still", nil)
	out.Fail = &givenUp{"message stands still"}
}

// Deadline implements devices.Session.
func (s *Session) Deadline() (time.Time, bool) {
	if !s.live || s.state == start {
		return time.Time{}, false
	}
	return s.heard.Add(patience), true
}

// Finish implements devices.Finisher: the logger has closed the connection.
func (s *Session) Finish(_ time.Time, out *devices.Out) {
	if s.state != start && s.state != lost || len(bytes.TrimSpace(s.buf)) > 0 && s.state != lost {
		out.Err(proto, s.base, "connection ends inside a message", s.buf)
	}
}
