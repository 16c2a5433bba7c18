package isapi

import (
	"bytes"
	"time"

	"acsgd/devices"
	"acsgd/devices/pull"
	"acsgd/devices/push"
)

// Proto is the name of this protocol in decode errors.
const Proto = "isapi"

// Session reads what one camera sends on one connection: HTTP requests one after the
// other, each with an XML document or a multipart body with pictures; or, in a recording,
// bare XML documents or the multipart body of a stream.
type Session struct {
	cfg   *Config
	env   devices.Env
	door  *push.Door // nil: everybody may push
	live  bool       // a camera waits for answers; false in a recording, which is read on after errors
	state state
	buf   []byte
	base  int64 // offset of buf[0]
	req   push.Request
	left  int64 // of the body
	size  int64 // of the body so far
	chunk push.Dechunker
	split *push.Splitter // of a multipart body
	doc   []byte         // an XML body
	msg   message
	heard time.Time // the last byte
	tick  bool      // a stream's message waits for more pictures

	client *pull.Client // of answers

	closed bool // a > or } has arrived since a bare document was last tried
}

type state uint8

const (
	start state = iota // between messages
	head               // a request head
	body
	refused // a body that is thrown away
	bare    // XML or JSON documents without HTTP
	stream  // multipart without HTTP, to its end
	answers // what a camera has answered, in a recording
	lost    // looking for something that can be understood
)

const (
	// maxBare bounds an XML document outside HTTP and an XML body.
	maxBare = 256 << 10
	// patience is how long a started message may stand still.
	patience = 30 * time.Second
	// together is how long a stream's event waits for its pictures.
	together = time.Second
)

func newSession(cfg *Config, env devices.Env, d *push.Door, cam *camera, live bool) *Session {
	s := &Session{cfg: cfg, env: env, door: d, live: live}
	if s.env.Keep == nil {
		s.env.Keep = nameOnly
	}
	s.msg.cfg, s.msg.env, s.msg.cam = cfg, &s.env, cam
	return s
}

// Feed implements devices.Session.
func (s *Session) Feed(now time.Time, p []byte, out *devices.Out) {
	s.heard = now
	s.msg.out, s.msg.now = out, now
	before := len(out.Obs)
	for len(p) > 0 && out.Fail == nil {
		p = p[s.consume(p, out):]
	}
	if s.msg.alive && len(out.Obs) == before {
		out.Frames = max(out.Frames, 1) // a heart-beat
	}
	s.msg.alive = false
	s.msg.out = nil
}

// consume takes some of p, at least one byte.
func (s *Session) consume(p []byte, out *devices.Out) int {
	switch s.state {
	case body, refused:
		return s.takeBody(p, out)
	case stream:
		return s.streamBytes(p, out)
	case answers:
		return s.answerBytes(p, out)
	}
	s.buf = append(s.buf, p...)
	s.closed = s.closed || bytes.IndexByte(p, '>') >= 0 || bytes.IndexByte(p, '}') >= 0
	for out.Fail == nil && s.advance(out) {
	}
	// What belongs to a body is handed back, so that it is not copied again.
	if s.state == body || s.state == refused {
		rest := min(len(s.buf), len(p))
		s.drop(len(s.buf) - rest)
		s.buf = s.buf[:0]
		return len(p) - rest
	}
	return len(p)
}

// streamBytes takes bytes of a multipart body outside HTTP.
func (s *Session) streamBytes(p []byte, out *devices.Out) int {
	if s.split.Parts == 0 && s.size < push.MaxPartHead {
		p = p[:min(len(p), int(push.MaxPartHead-s.size))] // up to where the first part must have begun
	}
	s.split.Feed(p, &s.msg)
	s.base += int64(len(p))
	s.size += int64(len(p))
	e := s.msg.event
	s.tick = e != nil
	switch {
	case s.split.Ended():
		s.msg.finish()
		s.state, s.split, s.msg.follow = start, nil, false
	case e != nil && e.Pictures > 0 && s.msg.count >= e.Pictures:
		s.msg.finish()
	case s.size >= push.MaxPartHead && s.split.Parts == 0:
		s.fault(out, "no multipart body")
	}
	s.msg.release()
	return len(p)
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
	case bare:
		return s.readBare(out)
	case lost:
		return s.search()
	}
	return false
}

// begin tells requests, bare documents and streams apart by their first bytes.
func (s *Session) begin() bool {
	n := 0
	for n < len(s.buf) && (s.buf[n] <= ' ' || s.buf[n] == 0xEF || s.buf[n] == 0xBB || s.buf[n] == 0xBF) {
		n++
	}
	s.drop(n)
	if len(s.buf) < 2 {
		return false
	}
	switch {
	case s.buf[0] == '<', s.buf[0] == '{':
		s.state = bare
	case s.buf[0] == '-' && s.buf[1] == '-':
		i := bytes.IndexByte(s.buf, '\n')
		if i < 0 || i > 128 {
			if i < 0 && len(s.buf) < 128 {
				return false
			}
			s.state = lost
			return true
		}
		name := bytes.TrimRight(s.buf[2:i], "\r \t")
		s.split = push.NewSplitter(string(name), s.cfg.MaxPicture, s.base)
		s.state, s.size = stream, 0
		s.msg.at, s.msg.follow = s.base, true
		text := s.buf
		s.buf = nil
		for len(text) > 0 && s.state == stream {
			text = text[s.streamBytes(text, s.msg.out):]
		}
		s.buf = append(s.buf, text...)
		return s.state != stream
	case !s.live && len(s.buf) < len(answer) && string(s.buf) == answer[:len(s.buf)]:
		return false
	case !s.live && bytes.HasPrefix(s.buf, []byte(answer)):
		s.client = pull.New(pull.Config{Proto: Proto, MaxPart: s.cfg.MaxPicture, MaxBody: maxList, Recording: true, Offset: s.base}, replayed{s})
		s.state, s.msg.at, s.msg.follow = answers, s.base, true
		text := s.buf
		s.buf = nil
		s.buf = append(s.buf, text[s.answerBytes(text, s.msg.out):]...)
		return s.state != answers
	default:
		s.state = head
	}
	return true
}

// readHead reads a request head and answers what is refused.
func (s *Session) readHead(out *devices.Out) bool {
	end, content := push.BlankLine(s.buf)
	sound := push.Plausible(s.buf)
	if end < 0 && len(s.buf) <= push.MaxHead+len("\r\n\r\n") && sound {
		return false
	}
	var reason string
	if end < 0 || end > push.MaxHead || !sound {
		reason = "no HTTP request, or one whose head is too long"
	} else {
		s.req, reason = push.ParseHead(s.buf[:end])
	}
	if reason != "" {
		s.fault(out, reason)
		return true
	}
	s.drop(content)
	s.left, s.size, s.doc, s.split, s.chunk = s.req.Length, 0, s.doc[:0], nil, push.Dechunker{}
	if status, header := s.refuse(out); status != "" {
		out.Ack(s.req.Answer(status, header...))
		s.state = refused
		if s.live && (s.req.Length > s.cfg.MaxBody || s.req.Length < 0 && !s.req.Chunked) {
			out.Fail = &givenUp{status} // where the next request begins is not worth waiting for
		}
		return s.endIfEmpty(out)
	}
	if s.req.Expect {
		out.Ack([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	}
	s.msg.at = s.base
	if boundary := push.Param(s.req.ContentType, "boundary"); boundary != "" {
		s.split = push.NewSplitter(boundary, s.cfg.MaxPicture, s.base)
	}
	s.state = body
	return s.endIfEmpty(out)
}

// refuse gives the answer to a request that is not taken.
func (s *Session) refuse(out *devices.Out) (status string, headers []string) {
	r := &s.req
	switch {
	case r.Method != "POST" && r.Method != "PUT":
		return "405 Method Not Allowed", []string{"Allow: POST, PUT"}
	case s.cfg.Path != "" && r.Path() != s.cfg.Path:
		out.Err(Proto, s.base, "push to another path than "+s.cfg.Path, []byte(r.Target))
		return "404 Not Found", nil
	case r.Length < 0 && !r.Chunked:
		return "411 Length Required", nil
	case r.Length > s.cfg.MaxBody:
		out.Err(Proto, s.base, "body is larger than is taken", []byte(r.Target))
		return "413 Content Too Large", nil
	case s.door != nil:
		if challenges, why := s.door.Check(r, s.heard); challenges != nil {
			if why != "" {
				out.Err(Proto, s.base, why, nil)
			}
			return "401 Unauthorized", challenges
		}
	}
	return "", nil
}

// endIfEmpty ends a request without a body.
func (s *Session) endIfEmpty(out *devices.Out) bool {
	if s.left > 0 || s.req.Chunked {
		return false
	}
	s.endBody(out)
	return true
}

// takeBody takes bytes of a body.
func (s *Session) takeBody(p []byte, out *devices.Out) int {
	n := len(p)
	done := false
	if s.req.Chunked {
		var ok bool
		n, ok = s.chunk.Feed(p, func(data []byte) { s.bodyBytes(data, out) })
		if !ok || s.size > s.cfg.MaxBody {
			s.base += int64(n)
			s.fault(out, "chunked body is damaged or larger than is taken")
			return n
		}
		done = s.chunk.Done
	} else {
		n = int(min(int64(n), s.left))
		s.bodyBytes(p[:n], out)
		s.left -= int64(n)
		done = s.left == 0
	}
	s.base += int64(n)
	if done {
		s.endBody(out)
	}
	return n
}

func (s *Session) bodyBytes(p []byte, out *devices.Out) {
	s.size += int64(len(p))
	switch {
	case s.state == refused:
	case s.split != nil:
		s.split.Feed(p, &s.msg)
	case len(s.doc) <= maxBare:
		s.doc = append(s.doc, p[:min(len(p), maxBare+1-len(s.doc))]...)
		if len(s.doc) > maxBare {
			out.Err(Proto, s.msg.at, "XML or JSON body is larger than is taken", s.doc)
		}
	}
}

// endBody answers a request once what it said is durable.
func (s *Session) endBody(out *devices.Out) {
	was := s.state
	s.state = start
	if was == refused {
		return
	}
	switch {
	case s.split != nil:
		s.split.End(&s.msg)
	case len(s.doc) > maxBare:
	case looksXML(s.doc):
		s.msg.takeXML(s.doc, s.msg.at)
	case looksJSON(s.doc):
		s.msg.takeJSON(s.doc, s.msg.at)
	case len(s.doc) > 0:
		out.Err(Proto, s.msg.at, "body is neither XML nor JSON nor multipart", s.doc)
	}
	s.split = nil
	s.msg.finish()
	s.msg.release()
	s.msg.blobs, s.msg.count = nil, 0
	ok, failed := s.req.Answer("200 OK"), s.req.Answer("503 Service Unavailable", "Retry-After: 1")
	if s.msg.unkept {
		ok = failed
	}
	s.msg.unkept = false
	out.Acks = append(out.Acks, devices.Ack{After: len(out.Obs), Then: ok, Else: failed})
}

// readBare reads a document outside HTTP.
func (s *Session) readBare(out *devices.Out) bool {
	if !s.closed && len(s.buf) <= maxBare {
		return false // a document that was not whole can only have ended with a new one
	}
	s.closed = false
	e, n, err := parseBare(s.buf)
	switch {
	case err != nil:
		s.base += int64(n)
		s.buf = s.buf[:copy(s.buf, s.buf[n:])]
		s.fault(out, err.Error())
		return true
	case n > maxBare, n == 0 && len(s.buf) > maxBare:
		s.fault(out, "document is larger than is taken")
		return true
	case n == 0:
		return false
	}
	s.msg.take(e, s.buf[:n], s.base)
	s.msg.finish()
	s.msg.release()
	s.closed = len(s.buf) > n
	s.drop(n)
	s.state = start
	return true
}

// parseBare reads the document that p begins with; n is 0 if it is not whole.
func parseBare(p []byte) (e *Event, n int, err error) {
	if p[0] != '{' {
		return ParseEvent(p)
	}
	if n = jsonLength(p); n == 0 {
		return nil, 0, nil
	}
	if e, err = ParseJSON(p[:n]); err != nil {
		return nil, 0, err
	}
	return e, n, nil
}

// fault reports what cannot be understood. A live connection is given up, because the
// sender's idea of where its messages begin is lost; in a recording the next beginning of
// a message is looked for.
func (s *Session) fault(out *devices.Out, reason string) {
	out.Err(Proto, s.base, reason, s.buf)
	s.split, s.doc = nil, s.doc[:0]
	s.msg.event, s.msg.blobs, s.msg.count, s.tick = nil, nil, 0, false
	s.msg.hold.Reset()
	s.state, s.closed = lost, true
	if len(s.buf) > 0 {
		s.drop(1)
	}
	if s.live {
		out.Fail = &givenUp{reason}
	}
}

type givenUp struct{ reason string }

func (e *givenUp) Error() string { return Proto + ": " + e.reason }

var beginnings = [][]byte{[]byte("POST "), []byte("PUT "), []byte(answer), []byte("<?xml"), []byte("<EventNotificationAlert")}

// search looks for the beginning of a message.
func (s *Session) search() bool {
	first := push.First(s.buf, beginnings)
	if first < 0 {
		s.drop(max(0, len(s.buf)-len("<EventNotificationAlert")))
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
	if s.state == stream || s.state == answers {
		s.flush(now, out)
		return
	}
	if s.live {
		out.Err(Proto, s.base, "message stands still", nil)
		out.Fail = &givenUp{"message stands still"}
	}
	s.heard = now
}

// Finish implements devices.Finisher: the camera has closed the connection.
func (s *Session) Finish(now time.Time, out *devices.Out) {
	if s.state == answers {
		s.msg.out, s.msg.now = out, now
		s.client.Finish(now, out)
		out.Fail = nil // a recording ends where it ends
	}
	if s.state == stream || s.state == answers {
		s.flush(now, out)
		return
	}
	if s.state != start && s.state != lost || len(bytes.TrimSpace(s.buf)) > 0 {
		out.Err(Proto, s.base, "connection ends inside a message", s.buf)
	}
}

func (s *Session) flush(now time.Time, out *devices.Out) {
	s.msg.out, s.msg.now = out, now
	s.msg.finish()
	s.msg.release()
	s.msg.out, s.tick = nil, false
}

// Deadline implements devices.Session.
func (s *Session) Deadline() (time.Time, bool) {
	switch {
	case (s.state == stream || s.state == answers) && s.tick:
		return s.heard.Add(together), true
	case s.live && (s.state == head || s.state == body || s.state == refused || s.state == bare):
		return s.heard.Add(patience), true
	}
	return time.Time{}, false
}
