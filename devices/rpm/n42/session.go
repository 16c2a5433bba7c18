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

// session takes what a portal sends on one connection: HTTP requests with a document each;
// or, in a recording, documents one after the other.
type session struct {
	cfg  *Config
	env  devices.Env
	book *book
	live bool
	at   int64 // offset of the document
	seen int   // of a bare document: no end tag begins before
}

var beginnings = [][]byte{[]byte("POST "), []byte("PUT "), []byte("<?xml"), []byte("<RadInstrumentData"), []byte("<N42InstrumentData")}

func newSession(c *Config, env devices.Env, b *book, live bool) *push.Requests {
	return &push.Requests{Proto: proto, Noun: "document", MaxBody: c.MaxBody, Live: live, Beginnings: beginnings,
		To: &session{cfg: c, env: env, book: b, live: live}}
}

// Refuse implements push.Taker.
func (s *session) Refuse(_ time.Time, r *push.Request, at int64, out *devices.Out) (status, text string, headers []string) {
	switch c := s.cfg; {
	case c.Path != "" && r.Path() != c.Path:
		out.Err(proto, at, "document for another path than "+c.Path, []byte(r.Target))
		return "404 Not Found", "", nil
	case s.live && c.User != "" && !push.Basic(r.Authorization, c.User, c.Password):
		if r.Authorization != "" {
			out.Err(proto, at, "login with a wrong user or password", nil)
		}
		return "401 Unauthorized", "", []string{`WWW-Authenticate: Basic realm="acsgd"`}
	}
	return "", "", nil
}

// Take implements push.Taker.
func (s *session) Take(_ time.Time, r *push.Request, at int64, body []byte, out *devices.Out) (then, els []byte) {
	s.at = at
	then, els = r.Answer("200 OK"), r.Answer("503 Service Unavailable", "Retry-After: 1")
	if reason := s.take(out, body); reason != "" {
		then = r.Tell("422 Unprocessable Content", reason)
	}
	return then, els
}

// ends close a document.
var ends = [][]byte{[]byte("RadInstrumentData>"), []byte("N42InstrumentData>")}

// Bare implements push.Barer: a document ends with the end tag of its root.
func (s *session) Bare(_ time.Time, at int64, p []byte, _ bool, out *devices.Out) (n int, err error) {
	if p[0] != '<' {
		return -1, nil
	}
	end := -1
	for _, tag := range ends {
		for i := s.seen; i < len(p); {
			k := bytes.Index(p[i:], tag)
			if k < 0 {
				break
			}
			open := bytes.LastIndexByte(p[:i+k], '<')
			if open >= 0 && open+1 < len(p) && p[open+1] == '/' && (end < 0 || i+k+len(tag) < end) {
				end = i + k + len(tag)
			}
			i += k + len(tag)
		}
	}
	if end < 0 {
		if s.seen = max(0, len(p)-len(ends[0])); len(p) >= s.cfg.MaxBody {
			s.seen = 0 // it is given up
		}
		return 0, nil
	}
	s.at, s.seen = at, 0
	s.take(out, p[:end])
	return end, nil
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
