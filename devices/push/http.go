package push

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
)

// Request is the head of an HTTP request.
type Request struct {
	Method, Target string
	Version        string // HTTP/1.1
	Length         int64  // Content-Length; -1 if not sent
	Chunked        bool
	Expect         bool // Expect: 100-continue
	Closing        bool // the sender will close after the answer
	ContentType    string
	Authorization  string
}

// Path is the target without its query.
func (r *Request) Path() string {
	p, _, _ := strings.Cut(r.Target, "?")
	return p
}

// query gives one parameter of the target's query, "" if it is not there.
func (r *Request) query(name string) string {
	_, raw, _ := strings.Cut(r.Target, "?")
	q, err := url.ParseQuery(raw)
	if err != nil {
		return "" // half a query is none
	}
	return q.Get(name)
}

// MaxHead is the longest request head.
const MaxHead = 32 << 10

// ParseHead reads the head of a request, without the blank line. The reason is not empty
// if it is none.
func ParseHead(head []byte) (r Request, reason string) {
	first, rest, _ := strings.Cut(string(head), "\n")
	fields := strings.Fields(first)
	if len(fields) != 3 || !strings.HasPrefix(fields[2], "HTTP/1.") {
		return r, "not an HTTP request line"
	}
	r = Request{Method: fields[0], Target: fields[1], Version: fields[2], Length: -1}
	r.Closing = r.Version == "HTTP/1.0"
	for line := range strings.SplitSeq(rest, "\n") {
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "content-length":
			n, err := strconv.ParseInt(value, 10, 62)
			if err != nil || n < 0 || r.Length >= 0 && r.Length != n {
				return r, "content-length is no number, or two different ones"
			}
			r.Length = n
		case "transfer-encoding":
			r.Chunked = strings.EqualFold(value, "chunked")
			if !r.Chunked {
				return r, "transfer-encoding " + value[:min(len(value), 40)] + " is not understood"
			}
		case "content-type":
			r.ContentType = value
		case "expect":
			r.Expect = strings.EqualFold(value, "100-continue")
		case "connection":
			if strings.EqualFold(value, "close") {
				r.Closing = true
			} else if strings.EqualFold(value, "keep-alive") {
				r.Closing = false
			}
		case "authorization":
			r.Authorization = value
		}
	}
	if r.Chunked {
		r.Length = -1
	}
	return r, ""
}

// Answer gives the bytes of an answer without a body.
func (r *Request) Answer(status string, headers ...string) []byte {
	return r.Tell(status, "", headers...)
}

// Tell gives the bytes of an answer with a text for the person who set the sender up.
func (r *Request) Tell(status, text string, headers ...string) []byte {
	if text != "" {
		text += "\n"
	}
	return r.Reply(status, "text/plain; charset=utf-8", text, headers...)
}

// JSON is the media type of an answer for a machine.
const JSON = "application/json"

// Reply gives the bytes of an answer with a body of some media type.
func (r *Request) Reply(status, mediaType, body string, headers ...string) []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 " + status + "\r\n")
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	if r.Closing {
		b.WriteString("Connection: close\r\n")
	} else {
		b.WriteString("Connection: keep-alive\r\n")
	}
	if body != "" {
		b.WriteString("Content-Type: " + mediaType + "\r\n")
	}
	b.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
	return b.Bytes()
}

// Dechunker takes the chunked transfer coding off a body (RFC 9112 section 7.1).
type Dechunker struct {
	line  []byte
	left  int64
	state uint8 // 0 size line, 1 data, 2 line end after data, 3 trailer lines
	Done  bool  // the body has ended
}

// Feed hands the data in p to take and returns how many bytes it has used, fewer than all
// only where the body ends. ok is false if the coding is damaged.
func (d *Dechunker) Feed(p []byte, take func([]byte)) (n int, ok bool) {
	for n < len(p) && !d.Done {
		if d.state == 1 {
			k := int(min(int64(len(p)-n), d.left))
			take(p[n : n+k])
			n += k
			if d.left -= int64(k); d.left == 0 {
				d.state = 2
			}
			continue
		}
		c := p[n]
		n++
		if c != '\n' {
			if len(d.line) > 256 {
				return n, false
			}
			d.line = append(d.line, c)
			continue
		}
		if !d.endLine(strings.TrimSpace(string(d.line))) {
			return n, false
		}
		d.line = d.line[:0]
	}
	return n, true
}

func (d *Dechunker) endLine(line string) bool {
	switch d.state {
	case 0:
		size, _, _ := strings.Cut(line, ";")
		v, err := strconv.ParseInt(strings.TrimSpace(size), 16, 40)
		if err != nil || v < 0 {
			return false
		}
		if d.left, d.state = v, 1; v == 0 {
			d.state = 3
		}
	case 2:
		d.state = 0
		return line == ""
	case 3:
		d.Done = line == ""
	}
	return true
}

// BlankLine finds the end of the header lines and where the content begins.
func BlankLine(p []byte) (end, content int) {
	if bytes.HasPrefix(p, []byte("\r\n")) {
		return 0, 2
	}
	if bytes.HasPrefix(p, []byte("\n")) {
		return 0, 1
	}
	if i := bytes.Index(p, []byte("\r\n\r\n")); i >= 0 {
		if k := bytes.Index(p[:i], []byte("\n\n")); k < 0 {
			return i, i + 4
		}
	}
	if i := bytes.Index(p, []byte("\n\n")); i >= 0 {
		return i, i + 2
	}
	return -1, -1
}

// Plausible reports whether bytes may still become a request head.
func Plausible(p []byte) bool {
	for _, c := range p[:min(len(p), 16)] {
		if c == '\n' || c == ' ' {
			return true
		}
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return len(p) < 16
}

// First gives where the first of some beginnings stands; -1 if none does.
func First(p []byte, beginnings [][]byte) int {
	first := -1
	for _, b := range beginnings {
		if i := bytes.Index(p, b); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	return first
}
