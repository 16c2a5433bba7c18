package push

import (
	"bytes"
	"fmt"
	"time"

	"acsgd/devices"
)

// Taker is what a driver makes of the bodies that are pushed to it. Its methods are called
// in the order Begin, Take any number of times, End or Drop.
type Taker interface {
	// Begin is told the head of a request that is taken, and the offset of its body.
	Begin(r *Request, at int64)
	// Take takes the next bytes of the body; p is valid during the call.
	Take(p []byte, out *devices.Out)
	// End is called where the body has ended, and says what to answer once what it has
	// emitted is durable.
	End(now time.Time, out *devices.Out) Verdict
	// Drop forgets a body whose rest will not come.
	Drop()
}

// Verdict is the answer to a request. The zero value is 200.
type Verdict struct {
	Status string // "" is 200 OK
	Text   string // for the person who set the sender up
}

// Link is what a Session needs to know of its link.
type Link struct {
	Proto    string // names the protocol in decode errors
	Settings *Settings
	Door     *Door // nil: everybody may push
	// Live says that a sender waits for answers. A recording is read on after errors, and
	// may hold JSON documents outside HTTP.
	Live bool
}

// Session reads what one sender pushes on one connection: HTTP requests one after the
// other. It keeps no bytes of a body: those are the Taker's.
type Session struct {
	Link
	to    Taker
	state state
	buf   []byte
	base  int64 // offset of buf[0], or of the next byte of a body
	req   Request
	left  int64 // of the body
	size  int64 // of the body so far
	chunk Dechunker
	scan  braces
	heard time.Time // the last byte
	began time.Time // the first byte of this message
}

type state uint8

const (
	start   state = iota // between messages
	head                 // a request head
	content              // a request's body
	refused              // a body that is thrown away
	bare                 // a JSON document outside HTTP
	lost                 // looking for something that can be understood
)

const (
	// patience is how long a started message may stand still, and longest how long it may
	// take: a picture of 16 MB needs 4 minutes at half a megabit a second.
	patience = 30 * time.Second
	longest  = 5 * time.Minute
)

// NewSession makes the session of one connection.
func NewSession(l Link, to Taker) *Session { return &Session{Link: l, to: to} }

// Feed implements devices.Session.
func (s *Session) Feed(now time.Time, p []byte, out *devices.Out) {
	s.heard = now
	for len(p) > 0 && out.Fail == nil {
		switch s.state {
		case content, refused:
			p = p[s.body(p, out):]
		case bare:
			p = p[s.document(p, out):]
		default:
			p = p[s.gather(p, out):]
		}
	}
}

// gather takes bytes that do not belong to a body, and hands back those that do.
func (s *Session) gather(p []byte, out *devices.Out) int {
	if len(s.buf) == 0 {
		s.began = s.heard
	}
	s.buf = append(s.buf, p...)
	for out.Fail == nil && s.advance(out) {
	}
	if s.state != content && s.state != refused && s.state != bare {
		return len(p)
	}
	if len(s.buf) <= len(p) {
		rest := len(s.buf)
		s.buf = s.buf[:0]
		return len(p) - rest
	}
	older := s.buf // a document in what was taken for a head before
	s.buf = nil
	s.Feed(s.heard, older, out)
	return len(p)
}

// drop cuts the first n bytes of buf.
func (s *Session) drop(n int) {
	s.buf = s.buf[:copy(s.buf, s.buf[n:])]
	s.base += int64(n)
}

// advance reads what stands at the beginning of buf; false if it needs more bytes, or if
// what follows is a body.
func (s *Session) advance(out *devices.Out) bool {
	switch s.state {
	case start:
		return s.begin()
	case head:
		return s.readHead(out)
	case lost:
		return s.search()
	}
	return false
}

// blanks may stand before a message: white space and a mark of UTF-8.
var blanks = []byte(" \t\r\n\xEF\xBB\xBF")

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
	if s.buf[0] == '{' && !s.Live {
		s.state, s.size, s.scan, s.req = bare, 0, braces{}, Request{ContentType: "application/json"}
		s.to.Begin(&s.req, s.base)
	}
	return s.state == head
}

// readHead reads a request head and answers what is refused.
func (s *Session) readHead(out *devices.Out) bool {
	end, body := BlankLine(s.buf)
	sound := Plausible(s.buf)
	if end < 0 && len(s.buf) <= MaxHead+len("\r\n\r\n") && sound {
		return false
	}
	reason := "no HTTP request, or one whose head is too long"
	if end >= 0 && end <= MaxHead && sound {
		s.req, reason = ParseHead(s.buf[:end])
	}
	if reason != "" {
		s.fault(out, reason, 1)
		return true
	}
	s.drop(body)
	s.left, s.size, s.chunk = s.req.Length, 0, Dechunker{}
	if v, headers := s.refuse(out); v.Status != "" {
		out.Ack(s.req.Tell(v.Status, v.Text, headers...))
		s.state = refused
		if s.Live && (s.req.Length > s.Settings.MaxBody || s.req.Length < 0 && !s.req.Chunked) {
			out.Fail = &givenUp{s.Proto, v.Status} // where the next request begins is not worth waiting for
		}
		return s.ended(out)
	}
	if s.req.Expect {
		out.Ack([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	}
	s.state = content
	s.to.Begin(&s.req, s.base)
	return s.ended(out)
}

// refuse gives the answer to a request that is not taken.
func (s *Session) refuse(out *devices.Out) (v Verdict, headers []string) {
	r, c := &s.req, s.Settings
	fault := func(status, reason string) Verdict {
		out.Err(s.Proto, s.base, reason, []byte(r.Target))
		return Verdict{status, reason}
	}
	switch {
	case r.Method != "POST" && r.Method != "PUT":
		return Verdict{Status: "405 Method Not Allowed"}, []string{"Allow: POST, PUT"}
	case c.Path != "" && r.Path() != c.Path:
		return fault("404 Not Found", "push to another path than "+c.Path), nil
	case r.Length < 0 && !r.Chunked:
		return Verdict{Status: "411 Length Required"}, nil
	case r.Length > c.MaxBody:
		return fault("413 Content Too Large", fmt.Sprintf("body of %d bytes, %d are taken", r.Length, c.MaxBody)), nil
	}
	if challenges, why := s.Door.Check(r, s.heard); challenges != nil {
		if why != "" {
			return fault("401 Unauthorized", why), challenges
		}
		return Verdict{Status: "401 Unauthorized"}, challenges
	}
	return Verdict{}, nil
}

// ended ends a request without a body.
func (s *Session) ended(out *devices.Out) bool {
	if s.left > 0 || s.req.Chunked {
		return false
	}
	s.end(out)
	return true
}

// body takes bytes of a request's body.
func (s *Session) body(p []byte, out *devices.Out) int {
	n, done := len(p), false
	if s.req.Chunked {
		var ok bool
		n, ok = s.chunk.Feed(p, func(data []byte) { s.bytes(data, out) })
		if !ok || s.size > s.Settings.MaxBody {
			s.base += int64(n)
			s.fault(out, fmt.Sprintf("chunked body is damaged or larger than %d bytes", s.Settings.MaxBody), 0)
			return n
		}
		done = s.chunk.Done
	} else {
		n = int(min(int64(n), s.left))
		s.bytes(p[:n], out)
		s.left -= int64(n)
		done = s.left == 0
	}
	s.base += int64(n)
	if done {
		s.end(out)
	}
	return n
}

func (s *Session) bytes(p []byte, out *devices.Out) {
	if s.size += int64(len(p)); s.state == content && s.size <= s.Settings.MaxBody {
		s.to.Take(p, out)
	}
}

// end answers a request once what it said is durable.
func (s *Session) end(out *devices.Out) {
	was := s.state
	s.state = start
	if was == refused {
		return
	}
	v := s.to.End(s.heard, out)
	ack := devices.Ack{After: len(out.Obs), Else: s.req.Answer("503 Service Unavailable", "Retry-After: 1")}
	switch v.Status {
	case "":
		ack.Then = s.req.Answer("200 OK")
	default:
		ack.Then = s.req.Tell(v.Status, v.Text)
	}
	out.Acks = append(out.Acks, ack)
}

// document takes bytes of a JSON document outside HTTP.
func (s *Session) document(p []byte, out *devices.Out) int {
	n, whole := s.scan.feed(p)
	s.size += int64(n)
	if s.scan.broken || s.size > s.Settings.MaxBody {
		s.base += int64(n)
		s.fault(out, fmt.Sprintf("no JSON document, or one nested too deep or larger than %d bytes", s.Settings.MaxBody), 0)
		return n
	}
	s.to.Take(p[:n], out)
	s.base += int64(n)
	if whole {
		s.state = start
		s.to.End(s.heard, out)
	}
	return n
}

// fault reports what cannot be understood. A live connection is answered and given up,
// because the sender's idea of where its messages begin is lost; in a recording the next
// beginning of a message is looked for, skip bytes further on.
func (s *Session) fault(out *devices.Out, reason string, skip int) {
	out.Err(s.Proto, s.base, reason, s.buf)
	s.to.Drop()
	s.state = lost
	s.drop(min(skip, len(s.buf)))
	if s.Live {
		closing := Request{Closing: true}
		out.Ack(closing.Tell("400 Bad Request", reason))
		out.Fail = &givenUp{s.Proto, reason}
	}
}

type givenUp struct{ proto, reason string }

func (e *givenUp) Error() string { return e.proto + ": " + e.reason }

var beginnings = [][]byte{[]byte("POST "), []byte("PUT "), []byte("{")}

// search looks for the beginning of a message.
func (s *Session) search() bool {
	first := First(s.buf, beginnings)
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
	reason := "message stands still"
	if now.Before(s.heard.Add(patience)) {
		reason = fmt.Sprintf("message is not whole after %v", longest)
	}
	s.fault(out, reason+s.where(), 0)
}

// where says how far a message has come.
func (s *Session) where() string {
	switch {
	case (s.state == content || s.state == refused) && !s.req.Chunked:
		return fmt.Sprintf(" after %d of %d bytes of its body", s.size, s.req.Length)
	case s.state == content || s.state == refused || s.state == bare:
		return fmt.Sprintf(" after %d bytes of its body", s.size)
	}
	return fmt.Sprintf(" after %d bytes of its head", len(s.buf))
}

// Deadline implements devices.Session.
func (s *Session) Deadline() (time.Time, bool) {
	if !s.Live || s.state == start && len(s.buf) == 0 {
		return time.Time{}, false
	}
	at, end := s.heard.Add(patience), s.began.Add(longest)
	if end.Before(at) {
		at = end
	}
	return at, true
}

// Finish implements devices.Finisher: the sender has closed the connection.
func (s *Session) Finish(_ time.Time, out *devices.Out) {
	if s.state == start && len(bytes.TrimSpace(s.buf)) == 0 || s.state == lost {
		return
	}
	out.Err(s.Proto, s.base, "connection ends inside a message"+s.where(), s.buf)
	s.to.Drop()
	s.state = lost
}

// braces finds the end of a JSON object in pieces.
type braces struct {
	depth   int
	text    bool // inside a string
	escaped bool
	broken  bool // what came is no JSON
}

// deep is more braces than any document has open.
const deep = 64

// feed looks for the end in p and gives how many bytes of p belong to the object. It stops
// at what no JSON holds, so that noise that began like a document does not swallow the next
// one.
func (b *braces) feed(p []byte) (n int, whole bool) {
	for i, c := range p {
		switch {
		case b.text && c < ' ':
			b.broken = true
		case b.escaped:
			b.escaped = false
		case b.text && c == '\\':
			b.escaped = true
		case c == '"':
			b.text = !b.text
		case b.text:
		case c == '{':
			b.depth++
			b.broken = b.depth > deep
		case c == '}':
			if b.depth--; b.depth == 0 {
				return i + 1, true
			}
		default:
			b.broken = bytes.IndexByte([]byte(" \t\r\n:,[]+-.0123456789truefalsnE"), c) < 0
		}
		if b.broken {
			return i + 1, false
		}
	}
	return len(p), false
}
