package n42

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"acsgd/devices"
	"acsgd/devices/push"
	doc "acsgd/internal/n42"
	"acsgd/internal/obs"
)

// book is what the connections of one portal share: the counter of occupancies, and the
// documents that came last, so that one that is sent again stays one occupancy.
type book struct {
	mu     sync.Mutex
	number uint32
	known  map[[sha256.Size]byte]bool
	order  [][sha256.Size]byte
}

// remembered is how many documents are known again.
const remembered = 256

func newBook() *book { return &book{known: map[[sha256.Size]byte]bool{}} }

// enter reports whether a document is new, and numbers it.
func (b *book) enter(body []byte) (number uint32, fresh bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	sum := sha256.Sum256(body)
	if b.known[sum] {
		return 0, false
	}
	b.known[sum] = true
	if b.order = append(b.order, sum); len(b.order) > remembered {
		delete(b.known, b.order[0])
		b.order = append(b.order[:0], b.order[1:]...)
	}
	b.number++
	return b.number, true
}

// forget makes all documents new again: something of one was refused, and it will be sent
// again.
func (b *book) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.known)
	b.order = b.order[:0]
}

// session reads what a portal sends on one connection: HTTP requests with a document each;
// or, in a recording, documents one after the other.
type session struct {
	cfg   *Config
	env   devices.Env
	book  *book
	live  bool
	state state
	buf   []byte
	base  int64 // offset of buf[0]
	req   push.Request
	left  int64
	chunk push.Dechunker
	body  []byte
	at    int64 // offset of the body
	heard time.Time
}

type state uint8

const (
	begin   state = iota // between messages
	head                 // a request head
	content              // a request's body
	refused              // a body that is thrown away
	bare                 // a document without HTTP
)

// patience is how long a started message may stand still.
const patience = 30 * time.Second

// Feed implements devices.Session.
func (s *session) Feed(now time.Time, p []byte, out *devices.Out) {
	s.heard = now
	s.buf = append(s.buf, p...)
	for out.Fail == nil && s.advance(out) {
	}
}

func (s *session) drop(n int) {
	s.buf = s.buf[:copy(s.buf, s.buf[n:])]
	s.base += int64(n)
}

func (s *session) advance(out *devices.Out) bool {
	switch s.state {
	case begin:
		s.drop(len(s.buf) - len(bytes.TrimLeft(s.buf, " \t\r\n\x00\xEF\xBB\xBF")))
		if len(s.buf) == 0 {
			return false
		}
		s.state = head
		if s.buf[0] == '<' && !s.live {
			s.state, s.at, s.body = bare, s.base, s.body[:0]
		}
		return true
	case head:
		return s.readHead(out)
	case bare:
		return s.readBare(out)
	}
	return s.readBody(out)
}

func (s *session) readHead(out *devices.Out) bool {
	end, body := push.BlankLine(s.buf)
	sound := push.Plausible(s.buf)
	if end < 0 && len(s.buf) <= push.MaxHead && sound {
		return false
	}
	reason := "neither an HTTP request nor a document"
	if end >= 0 && end <= push.MaxHead && sound {
		s.req, reason = push.ParseHead(s.buf[:end])
	}
	if reason != "" {
		s.fault(out, reason)
		return true
	}
	s.drop(body)
	s.at, s.left, s.body, s.chunk, s.state = s.base, max(s.req.Length, 0), s.body[:0], push.Dechunker{}, content
	if status, headers := s.refuse(out); status != "" {
		out.Ack(s.req.Tell(status, "", headers...))
		s.state = refused
		if s.live && (s.req.Length > int64(s.cfg.MaxBody) || s.req.Length < 0 && !s.req.Chunked) {
			out.Fail = &givenUp{status}
		}
	} else if s.req.Expect {
		out.Ack([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	}
	return true
}

// refuse gives the answer to a request that is not taken.
func (s *session) refuse(out *devices.Out) (status string, headers []string) {
	r, c := &s.req, s.cfg
	switch {
	case r.Method != "POST" && r.Method != "PUT":
		return "405 Method Not Allowed", []string{"Allow: POST, PUT"}
	case c.Path != "" && r.Path() != c.Path:
		out.Err(proto, s.base, "document for another path than "+c.Path, []byte(r.Target))
		return "404 Not Found", nil
	case r.Length < 0 && !r.Chunked:
		return "411 Length Required", nil
	case r.Length > int64(c.MaxBody):
		out.Err(proto, s.base, fmt.Sprintf("document of %d bytes, %d are taken", r.Length, c.MaxBody), nil)
		return "413 Content Too Large", nil
	case s.live && c.User != "" && !push.Basic(r.Authorization, c.User, c.Password):
		if r.Authorization != "" {
			out.Err(proto, s.base, "login with a wrong user or password", nil)
		}
		return "401 Unauthorized", []string{`WWW-Authenticate: Basic realm="acsgd"`}
	}
	return "", nil
}

func (s *session) readBody(out *devices.Out) bool {
	var done bool
	if s.req.Chunked {
		if len(s.buf) == 0 {
			return false
		}
		n, ok := s.chunk.Feed(s.buf[:min(len(s.buf), s.cfg.MaxBody+1-len(s.body))], s.keep)
		s.drop(n)
		if !ok || len(s.body) > s.cfg.MaxBody {
			s.fault(out, fmt.Sprintf("chunked document is damaged or longer than %d bytes", s.cfg.MaxBody))
			return true
		}
		if done = s.chunk.Done; !done {
			return true
		}
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
		ack := devices.Ack{Then: s.req.Answer("200 OK"), Else: s.req.Answer("503 Service Unavailable", "Retry-After: 1")}
		if reason := s.take(out, s.body); reason != "" {
			ack.Then = s.req.Tell("422 Unprocessable Content", reason)
		}
		ack.After = len(out.Obs)
		out.Acks = append(out.Acks, ack)
	}
	s.state = begin
	return true
}

func (s *session) keep(p []byte) {
	if len(s.body) <= s.cfg.MaxBody && (s.state == content || s.req.Chunked) {
		s.body = append(s.body, p...)
	}
}

// ends close a document.
var ends = [][]byte{[]byte("RadInstrumentData>"), []byte("N42InstrumentData>")}

// readBare takes a document outside HTTP: it ends with the end tag of its root.
func (s *session) readBare(out *devices.Out) bool {
	from := max(0, len(s.body)-64)
	n := min(len(s.buf), s.cfg.MaxBody+1-len(s.body))
	s.body = append(s.body, s.buf[:n]...)
	end := -1
	for _, tag := range ends {
		for i := from; i < len(s.body); {
			k := bytes.Index(s.body[i:], tag)
			if k < 0 {
				break
			}
			open := bytes.LastIndexByte(s.body[:i+k], '<')
			if open >= 0 && open+1 < len(s.body) && s.body[open+1] == '/' && (end < 0 || i+k+len(tag) < end) {
				end = i + k + len(tag)
			}
			i += k + len(tag)
		}
	}
	if end < 0 {
		s.drop(n)
		if len(s.body) > s.cfg.MaxBody {
			s.fault(out, fmt.Sprintf("no end of the document within %d bytes", s.cfg.MaxBody))
			return true
		}
		return false
	}
	s.drop(n - (len(s.body) - end))
	s.take(out, s.body[:end])
	s.state = begin
	return true
}

// take makes observations of a document. The reason why there are none is not empty if it
// should not come again.
func (s *session) take(out *devices.Out, body []byte) (reason string) {
	r, err := doc.Read(bytes.NewReader(body), int64(s.cfg.MaxBody))
	if err != nil {
		out.Err(proto, s.at, err.Error(), body)
		return err.Error()
	}
	for _, p := range r.Problems {
		out.Err(proto, s.at, p, nil)
	}
	if !isOccupancy(r) {
		reason = fmt.Sprintf("a reading of %q without an occupancy: it is uploaded at the secondary inspection", r.Class)
		out.Err(proto, s.at, reason, nil)
		return reason
	}
	number, fresh := s.book.enter(body)
	if !fresh {
		out.Frames++
		return ""
	}
	lines, remarks, reason := convert(r, number)
	if reason != "" {
		out.Err(proto, s.at, reason, body)
		return reason
	}
	for _, m := range remarks {
		out.Err(proto, s.at, m, nil)
	}
	var blobs []obs.Blob
	if s.env.Keep != nil {
		b, err := s.env.Keep("application/xml", body)
		if err != nil {
			out.Err(proto, s.at, "the document could not be kept: "+err.Error(), nil)
		} else {
			b.Role = "n42"
			blobs = []obs.Blob{b}
		}
	}
	for i, l := range lines {
		o := obs.Observation{Stamp: obs.Stamp{At: l.at, Origin: obs.Device}, Body: l.r}
		if i == len(lines)-1 {
			o.Blobs = blobs
			if len(body) <= obs.MaxRaw {
				o.Raw = bytes.Clone(body)
			}
		}
		out.Obs = append(out.Obs, o)
	}
	return ""
}

// fault reports what cannot be understood. A live connection is given up; in a recording
// the next document is looked for.
func (s *session) fault(out *devices.Out, reason string) {
	out.Err(proto, s.base, reason, s.buf)
	s.body, s.state = s.body[:0], begin
	if s.live {
		out.Fail = &givenUp{reason}
		return
	}
	s.drop(min(1, len(s.buf)))
	if next := push.First(s.buf, [][]byte{[]byte("POST "), []byte("PUT "), []byte("<?xml"), []byte("<RadInstrumentData"), []byte("<N42InstrumentData")}); next >= 0 {
		s.drop(next)
	} else {
		s.drop(max(0, len(s.buf)-len("<N42InstrumentData")))
	}
}

type givenUp struct{ reason string }

func (e *givenUp) Error() string { return proto + ": " + e.reason }

// Tick implements devices.Session.
func (s *session) Tick(now time.Time, out *devices.Out) {
	if at, ok := s.Deadline(); !ok || now.Before(at) {
		return
	}
	out.Err(proto, s.base, "message stands still", nil)
	out.Fail = &givenUp{"message stands still"}
}

// Deadline implements devices.Session.
func (s *session) Deadline() (time.Time, bool) {
	if !s.live || s.state == begin {
		return time.Time{}, false
	}
	return s.heard.Add(patience), true
}

// Finish implements devices.Finisher: the portal has closed the connection.
func (s *session) Finish(_ time.Time, out *devices.Out) {
	if s.state != begin || len(bytes.TrimSpace(s.buf)) > 0 {
		out.Err(proto, s.base, "connection ends inside a message", s.buf)
	}
}
