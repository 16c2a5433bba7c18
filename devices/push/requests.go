package push

import (
	"bytes"
	"fmt"
	"time"

	"acsgd/devices"
)

// BodyTaker is what a driver makes of the requests on one connection.
type BodyTaker interface {
	// Refuse gives the answer to a request that is not taken, by its head that ended at
	// offset at; status "" takes it. What is wrong goes into out too.
	Refuse(now time.Time, r *Request, at int64, out *devices.Out) (status, text string, headers []string)
	// Take makes observations of a body that began at offset at. It gives the answer once
	// they are durable, and the one if they are refused. body is valid during the call.
	Take(now time.Time, r *Request, at int64, body []byte, out *devices.Out) (then, els []byte)
}

// Barer is a BodyTaker that understands messages without HTTP too, in a recording.
type Barer interface {
	// Bare takes the message that p begins with, at offset at, and gives its length: 0 if it
	// is not whole, -1 if p may be a request. last says that nothing follows p. An error
	// stands at byte n of p, and the next beginning of a message is looked for behind it.
	Bare(now time.Time, at int64, p []byte, last bool, out *devices.Out) (n int, err error)
}

// Requests reads what a sender pushes on one connection: HTTP requests one after the other,
// each with a body that is held in memory whole. It implements devices.Session.
type Requests struct {
	Proto   string // in decode errors
	Noun    string // what a body is called in them
	MaxBody int
	// Live says that a sender waits for answers; a recording is read on after errors.
	Live bool
	To   BodyTaker
	// Beginnings are looked for in a recording after what cannot be understood.
	Beginnings [][]byte

	state reading
	buf   []byte
	base  int64 // offset of buf[0]
	req   Request
	left  int64 // of the body
	chunk Dechunker
	body  []byte
	at    int64 // offset of the body
	heard time.Time
}

type reading uint8

const (
	idle      reading = iota // between messages
	inHead                   // a request head
	inBody                   // a request's body
	inRefused                // a body that is thrown away
	astray                   // looking for something that can be understood
)

// Feed implements devices.Session.
func (s *Requests) Feed(now time.Time, p []byte, out *devices.Out) {
	s.heard = now
	s.buf = append(s.buf, p...)
	for out.Fail == nil && s.advance(false, out) {
	}
}

// drop cuts the first n bytes of buf.
func (s *Requests) drop(n int) {
	s.buf = s.buf[:copy(s.buf, s.buf[n:])]
	s.base += int64(n)
}

// advance reads what stands at the beginning of buf; false if it needs more bytes.
func (s *Requests) advance(last bool, out *devices.Out) bool {
	switch s.state {
	case idle:
		return s.begin(last, out)
	case inHead:
		return s.readHead(out)
	case inBody, inRefused:
		return s.readBody(out)
	}
	return s.search()
}

// fillers may stand before a message: white space and a mark of UTF-8.
var fillers = []byte(" \t\r\n\x00\xEF\xBB\xBF")

// begin tells requests and bare messages apart.
func (s *Requests) begin(last bool, out *devices.Out) bool {
	n := 0
	for n < len(s.buf) && bytes.IndexByte(fillers, s.buf[n]) >= 0 {
		n++
	}
	s.drop(n)
	if len(s.buf) == 0 {
		return false
	}
	if b, ok := s.To.(Barer); ok && !s.Live {
		n, err := b.Bare(s.heard, s.base, s.buf[:min(len(s.buf), s.MaxBody)], last, out)
		switch {
		case err != nil:
			s.drop(n)
			s.fault(out, err.Error(), min(1, len(s.buf)))
			return true
		case n > 0:
			s.drop(n)
			return true
		case n == 0 && len(s.buf) >= s.MaxBody:
			s.fault(out, fmt.Sprintf("no end of the %s within %d bytes", s.Noun, s.MaxBody), 1)
			return true
		case n == 0:
			return false
		}
	}
	s.state = inHead
	return true
}

// readHead reads a request head and answers what is refused.
func (s *Requests) readHead(out *devices.Out) bool {
	end, body := BlankLine(s.buf)
	sound := Plausible(s.buf)
	if end < 0 && len(s.buf) <= MaxHead && sound {
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
	s.at, s.left, s.body, s.chunk = s.base, max(s.req.Length, 0), s.body[:0], Dechunker{}
	s.state = inBody
	if status, text, header := s.refuse(out); status != "" {
		out.Ack(s.req.Tell(status, text, header...))
		s.state = inRefused
		if s.Live && (s.req.Length > int64(s.MaxBody) || s.req.Length < 0 && !s.req.Chunked) {
			out.Fail = s.givenUp(status) // where the next request begins is not worth waiting for
		}
	} else if s.req.Expect {
		out.Ack([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	}
	return true
}

// refuse gives the answer to a request that is not taken.
func (s *Requests) refuse(out *devices.Out) (status, text string, headers []string) {
	r := &s.req
	switch {
	case r.Method != "POST" && r.Method != "PUT":
		return "405 Method Not Allowed", "", []string{"Allow: POST, PUT"}
	case r.Length < 0 && !r.Chunked:
		return "411 Length Required", "", nil
	case r.Length > int64(s.MaxBody):
		text = fmt.Sprintf("%s of %d bytes, %d are taken", s.Noun, r.Length, s.MaxBody)
		out.Err(s.Proto, s.base, text, []byte(r.Target))
		return "413 Content Too Large", text, nil
	}
	return s.To.Refuse(s.heard, r, s.base, out)
}

// readBody collects a body, or throws it away, and hands it over at its end.
func (s *Requests) readBody(out *devices.Out) bool {
	done := false
	if s.req.Chunked {
		if len(s.buf) == 0 {
			return false
		}
		n, ok := s.chunk.Feed(s.buf[:min(len(s.buf), s.MaxBody+1-len(s.body))], s.keep) // at most the byte that is too much
		s.drop(n)
		if !ok || len(s.body) > s.MaxBody {
			s.fault(out, fmt.Sprintf("chunked %s is damaged or larger than %d bytes", s.Noun, s.MaxBody), 0)
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
	if s.state == inBody {
		then, els := s.To.Take(s.heard, &s.req, s.at, s.body, out)
		out.Acks = append(out.Acks, devices.Ack{After: len(out.Obs), Then: then, Else: els})
	}
	s.state = idle
	if cap(s.body) > 64<<10 {
		s.body = nil // pictures are large and rare
	}
	return true
}

func (s *Requests) keep(p []byte) {
	if s.state == inBody && len(s.body) <= s.MaxBody {
		s.body = append(s.body, p...)
	}
}

// fault reports what cannot be understood. A live connection is given up, because the
// sender's idea of where its messages begin is lost; in a recording the next beginning of
// a message is looked for, skip bytes further on.
func (s *Requests) fault(out *devices.Out, reason string, skip int) {
	out.Err(s.Proto, s.base, reason, s.buf)
	s.body, s.state = s.body[:0], astray
	s.drop(skip)
	if s.Live {
		out.Fail = s.givenUp(reason)
	}
}

func (s *Requests) givenUp(reason string) error { return fmt.Errorf("%s: %s", s.Proto, reason) }

// search looks for the beginning of a message.
func (s *Requests) search() bool {
	first := First(s.buf, s.Beginnings)
	if first < 0 {
		longest := 0
		for _, b := range s.Beginnings {
			longest = max(longest, len(b))
		}
		s.drop(max(0, len(s.buf)-longest))
		return false
	}
	s.drop(first)
	s.state = idle
	return true
}

// Tick implements devices.Session.
func (s *Requests) Tick(now time.Time, out *devices.Out) {
	if at, ok := s.Deadline(); !ok || now.Before(at) {
		return
	}
	out.Err(s.Proto, s.base, "message stands still", nil)
	out.Fail = s.givenUp("message stands still")
}

// Deadline implements devices.Session.
func (s *Requests) Deadline() (time.Time, bool) {
	if !s.Live || s.state == idle {
		return time.Time{}, false
	}
	return s.heard.Add(patience), true
}

// Finish implements devices.Finisher: the sender has closed the connection.
func (s *Requests) Finish(_ time.Time, out *devices.Out) {
	for s.state == idle && len(s.buf) > 0 && s.advance(true, out) {
	}
	if s.state != idle && s.state != astray || len(bytes.TrimSpace(s.buf)) > 0 && s.state != astray {
		out.Err(s.Proto, s.base, "connection ends inside a message", s.buf)
	}
}
