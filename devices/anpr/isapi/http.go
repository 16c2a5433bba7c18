package isapi

import (
	"bytes"
	"strconv"
	"strings"
)

// request is the head of an HTTP request.
type request struct {
	method, target string
	version        string // HTTP/1.1
	length         int64  // Content-Length; -1 if not sent
	chunked        bool
	expect         bool // Expect: 100-continue
	closing        bool // the sender will close after the answer
	contentType    string
	authorization  string
}

// path is the target without its query.
func (r *request) path() string {
	p, _, _ := strings.Cut(r.target, "?")
	return p
}

// maxHead is the longest request head.
const maxHead = 32 << 10

// parseHead reads the head of a request, without the blank line. The reason is not empty
// if it is none.
func parseHead(head []byte) (r request, reason string) {
	first, rest, _ := strings.Cut(string(head), "\n")
	fields := strings.Fields(first)
	if len(fields) != 3 || !strings.HasPrefix(fields[2], "HTTP/1.") {
		return r, "not an HTTP request line"
	}
	r = request{method: fields[0], target: fields[1], version: fields[2], length: -1}
	r.closing = r.version == "HTTP/1.0"
	for line := range strings.SplitSeq(rest, "\n") {
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "content-length":
			n, err := strconv.ParseInt(value, 10, 62)
			if err != nil || n < 0 || r.length >= 0 && r.length != n {
				return r, "content-length is no number, or two different ones"
			}
			r.length = n
		case "transfer-encoding":
			r.chunked = strings.EqualFold(value, "chunked")
			if !r.chunked {
				return r, "transfer-encoding " + value[:min(len(value), 40)] + " is not understood"
			}
		case "content-type":
			r.contentType = value
		case "expect":
			r.expect = strings.EqualFold(value, "100-continue")
		case "connection":
			if strings.EqualFold(value, "close") {
				r.closing = true
			} else if strings.EqualFold(value, "keep-alive") {
				r.closing = false
			}
		case "authorization":
			r.authorization = value
		}
	}
	if r.chunked {
		r.length = -1
	}
	return r, ""
}

// answer gives the bytes of an answer without a body.
func (r *request) answer(status string, headers ...string) []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 " + status + "\r\n")
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	if r.closing {
		b.WriteString("Connection: close\r\n")
	} else {
		b.WriteString("Connection: keep-alive\r\n")
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return b.Bytes()
}

// dechunker takes the chunked transfer coding off a body (RFC 9112 section 7.1).
type dechunker struct {
	line  []byte
	left  int64
	state uint8 // 0 size line, 1 data, 2 line end after data, 3 trailer lines
	done  bool
}

// feed hands the data in p to take and returns how many bytes it has used, fewer than all
// only where the body ends. ok is false if the coding is damaged.
func (d *dechunker) feed(p []byte, take func([]byte)) (n int, ok bool) {
	for n < len(p) && !d.done {
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

func (d *dechunker) endLine(line string) bool {
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
		d.done = line == ""
	}
	return true
}
