package push

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Part is the head of one part of a multipart body.
type Part struct {
	Name  string // of the form field, without quotes
	File  string // of the form field
	ID    string // Content-ID
	Media string // Content-Type, lower case, without parameters
	Size  int    // Content-Length; -1 if not sent
}

// partState says what the Splitter reads next.
type partState uint8

const (
	preamble  partState = iota // up to the first boundary
	lineEnd                    // the rest of the boundary's line
	header                     // header lines up to a blank one
	sized                      // content of a known length
	delimited                  // content up to the next boundary
	epilogue                   // after the last boundary
)

// Splitter cuts a multipart body into its parts as the bytes arrive. Where a part has a
// Content-Length it is believed, because a JPEG may hold the boundary; without one a
// boundary counts only if header lines or the end follow it. The memory is that of one
// part, at most maxPart.
type Splitter struct {
	needle  []byte // "\n--" and the boundary; a CR before it belongs to it too
	other   []byte // how devices write a boundary that they announce with its dashes; nil: not this one
	maxPart int
	state   partState
	buf     []byte
	scanned int // buf holds no boundary before this
	part    Part
	left    int   // bytes that a sized part still wants
	Parts   int   // seen so far
	after   bool  // a sized part has just ended: only a line end may stand before the boundary
	over    bool  // the part is larger than maxPart and is thrown away
	offset  int64 // of the end of what was fed, from the start of the connection
}

// MaxPartHead is the longest head of a part.
const MaxPartHead = 8 << 10

// NewSplitter makes a Splitter for a body that begins at offset of the connection.
func NewSplitter(boundary string, maxPart int, offset int64) *Splitter {
	s := &Splitter{needle: []byte("\n--" + boundary), maxPart: maxPart, offset: offset}
	if strings.HasPrefix(boundary, "--") {
		s.other = []byte("\n" + boundary)
	}
	s.buf = append(s.buf, '\n') // the first boundary has no line before it
	return s
}

// PartSink takes parts and faults. content is valid during the call.
type PartSink interface {
	TakePart(p Part, content []byte)
	PartFault(offset int64, reason string)
}

// Ended reports whether the last boundary has come.
func (s *Splitter) Ended() bool { return s.state == epilogue }

// Feed takes the next bytes of the body.
func (s *Splitter) Feed(p []byte, to PartSink) {
	for len(p) > 0 {
		n := len(p)
		if s.state == sized {
			n = min(n, max(s.left-len(s.buf), 0))
			if s.over {
				n = min(len(p), s.left)
			}
		}
		chunk := p[:n]
		p = p[n:]
		s.offset += int64(n)
		if s.state == sized && s.over {
			s.left -= n
		} else {
			s.buf = append(s.buf, chunk...)
		}
		for s.advance(to) {
		}
		if s.state == epilogue {
			s.offset += int64(len(p))
			return
		}
	}
}

// End says that the body has ended. A part whose end has not been seen is a fault: what is
// left of it is not handed on.
func (s *Splitter) End(to PartSink) {
	switch {
	case s.state == delimited || s.state == sized && s.part.Size > 0:
		to.PartFault(s.offset, fmt.Sprintf("multipart body ends inside part %q, %d bytes into it", s.part.Label(), s.got()))
	case s.state == header:
		to.PartFault(s.offset, "multipart body ends inside the header of a part")
	case s.Parts == 0:
		to.PartFault(s.offset, "multipart body without a part")
	}
}

// got is how much of the part has come.
func (s *Splitter) got() int {
	if s.over && s.state == sized {
		return s.part.Size - s.left
	}
	return len(s.buf)
}

// advance makes one transition; false if more bytes are needed.
func (s *Splitter) advance(to PartSink) bool {
	switch s.state {
	case preamble, delimited:
		return s.toBoundary(to)
	case lineEnd:
		return s.endOfLine()
	case header:
		return s.headers(to)
	case sized:
		if s.over {
			if s.left == 0 {
				s.state, s.scanned, s.over = preamble, 0, false
				return true
			}
			return false
		}
		if len(s.buf) < s.left {
			return false
		}
		to.TakePart(s.part, s.buf[:s.left])
		s.cut(s.left)
		s.state, s.after = preamble, true
		return true
	}
	return false
}

func (s *Splitter) begin(st partState) {
	s.state, s.buf, s.scanned, s.over = st, s.buf[:0], 0, false
}

// cut drops the first n bytes of buf; a large buffer is given back.
func (s *Splitter) cut(n int) {
	rest := s.buf[n:]
	if cap(s.buf) > 64<<10 && len(rest) < 4<<10 {
		s.buf = append(make([]byte, 0, 4<<10), rest...)
	} else {
		s.buf = s.buf[:copy(s.buf, rest)]
	}
	s.scanned = 0
}

// toBoundary looks for the next boundary.
func (s *Splitter) toBoundary(to PartSink) bool {
	for {
		i := bytes.Index(s.buf[s.scanned:], s.needle)
		if s.other != nil { // the first boundary settles which of both is meant
			if k := bytes.Index(s.buf[s.scanned:], s.other); k >= 0 && (i < 0 || k < i) {
				i, s.needle = k, s.other
			}
			if i >= 0 {
				s.other = nil
			}
		}
		if i < 0 {
			s.scanned = max(0, len(s.buf)-len(s.needle)+1)
			s.trim(to)
			return false
		}
		i += s.scanned
		switch boundaryFollows(s.buf[i+len(s.needle):]) {
		case unknown:
			s.scanned = i
			return false
		case no:
			s.scanned = i + len(s.needle)
			continue
		}
		s.stray(s.buf[:i], to)
		s.after = false
		if s.state == delimited && !s.over {
			content := s.buf[:i]
			if n := len(content); n > 0 && content[n-1] == '\r' {
				content = content[:n-1]
			}
			if len(content) > s.maxPart {
				s.tooLarge(to)
			} else {
				to.TakePart(s.part, content)
			}
		}
		s.cut(i + len(s.needle))
		s.state, s.over = lineEnd, false
		return true
	}
}

// stray reports bytes that stand behind a sized part, which says that its Content-Length is
// wrong.
func (s *Splitter) stray(p []byte, to PartSink) {
	if s.after && len(bytes.TrimSpace(p)) > 0 {
		s.after = false
		to.PartFault(s.offset, fmt.Sprintf("part %q goes on after its Content-Length of %d bytes", s.part.Label(), s.part.Size))
	}
}

// trim keeps the memory bounded while a boundary is looked for.
func (s *Splitter) trim(to PartSink) {
	limit := s.maxPart
	if s.state == preamble || s.over {
		limit = 4 << 10
	}
	if s.scanned <= limit {
		return
	}
	s.stray(s.buf[:s.scanned], to)
	if s.state == delimited && !s.over {
		s.tooLarge(to)
		s.over = true
	}
	s.cut(s.scanned)
}

func (s *Splitter) tooLarge(to PartSink) {
	to.PartFault(s.offset, fmt.Sprintf("part %q is larger than %d bytes", s.part.Label(), s.maxPart))
}

type answer uint8

const (
	unknown answer = iota
	no
	yes
)

// boundaryFollows judges what stands behind the boundary's text: the end, or a line end
// and a header line.
func boundaryFollows(p []byte) answer {
	if len(p) < 2 {
		return unknown
	}
	if p[0] == '-' && p[1] == '-' {
		return yes
	}
	i := 0
	for i < len(p) && (p[i] == ' ' || p[i] == '\t') {
		i++
	}
	if i < len(p) && p[i] == '\r' {
		i++
	}
	if i > 64 {
		return no
	}
	if i == len(p) {
		return unknown
	}
	if p[i] != '\n' {
		return no
	}
	line := p[i+1:]
	for k, c := range line {
		switch {
		case c == ':' && k > 0:
			return yes
		case (c == '\r' || c == '\n') && k == 0: // no headers at all
			return yes
		case c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z'), k > 64:
			return no
		}
	}
	return unknown
}

func (s *Splitter) endOfLine() bool {
	if len(s.buf) >= 2 && s.buf[0] == '-' && s.buf[1] == '-' {
		s.begin(epilogue)
		return false
	}
	i := bytes.IndexByte(s.buf, '\n')
	if i < 0 {
		return false
	}
	s.cut(i + 1)
	s.state = header
	return true
}

// headers reads the header lines of a part.
func (s *Splitter) headers(to PartSink) bool {
	end, skip := BlankLine(s.buf)
	if end < 0 || end > MaxPartHead {
		if len(s.buf) > MaxPartHead+4 {
			to.PartFault(s.offset, "header of a part does not end")
			s.cut(MaxPartHead)
			s.state = preamble
			return true
		}
		return false
	}
	s.part = parsePart(s.buf[:end])
	s.Parts++
	s.cut(skip)
	s.left, s.state = 0, delimited
	if s.part.Size >= 0 {
		s.left, s.state = s.part.Size, sized
		if s.part.Size > s.maxPart {
			s.tooLarge(to)
			s.over = true
			s.left -= min(s.left, len(s.buf))
			s.cut(min(s.part.Size, len(s.buf)))
		}
	}
	return true
}

func parsePart(head []byte) Part {
	p := Part{Size: -1}
	for line := range strings.SplitSeq(string(head), "\n") {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "content-disposition":
			p.Name, p.File = Param(value, "name"), Param(value, "filename")
		case "content-type":
			p.Media = MediaType(value)
		case "content-id":
			p.ID = strings.Trim(value, "<>")
		case "content-length":
			if n, err := strconv.Atoi(value); err == nil && n >= 0 {
				p.Size = n
			}
		}
	}
	return p
}

// Label names the part for messages and for the role of a picture.
func (p *Part) Label() string {
	for _, s := range []string{p.File, p.ID, p.Name} {
		if s != "" {
			return s
		}
	}
	return p.Media
}

// MediaType gives a Content-Type in lower case, without its parameters.
func MediaType(value string) string {
	t, _, _ := strings.Cut(value, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// Param gives one parameter of a header value, with or without quotes.
func Param(value, name string) string {
	for field := range strings.SplitSeq(value, ";") {
		k, v, ok := strings.Cut(strings.TrimSpace(field), "=")
		if ok && strings.EqualFold(strings.TrimSpace(k), name) {
			return strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	return ""
}
