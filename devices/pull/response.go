package pull

import (
	"strconv"
	"strings"

	"acsgd/devices/push"
)

// parseHead reads the head of a response, without the blank line. The reason is not empty
// if it is none.
func parseHead(head []byte) (r *Response, reason string) {
	first, rest, _ := strings.Cut(string(head), "\n")
	version, line, _ := strings.Cut(strings.TrimRight(first, "\r"), " ")
	code, phrase, _ := strings.Cut(line, " ")
	status, err := strconv.Atoi(code)
	if !strings.HasPrefix(version, "HTTP/1.") || err != nil || len(code) != 3 || status < 100 {
		return nil, "not an HTTP status line"
	}
	r = &Response{Status: status, Reason: strings.TrimSpace(phrase), Length: -1, Closing: version == "HTTP/1.0"}
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
				return nil, "content-length is no number, or two different ones"
			}
			r.Length = n
		case "transfer-encoding":
			if r.Chunked = strings.EqualFold(value, "chunked"); !r.Chunked && !strings.EqualFold(value, "identity") {
				return nil, "transfer-encoding " + clip(value) + " is not understood"
			}
		case "content-encoding":
			if !strings.EqualFold(value, "identity") {
				r.encoding = value
			}
		case "content-type":
			r.ContentType = value
		case "connection":
			for token := range strings.SplitSeq(value, ",") {
				switch token = strings.TrimSpace(token); {
				case strings.EqualFold(token, "close"):
					r.Closing = true
				case strings.EqualFold(token, "keep-alive"):
					r.Closing = false
				}
			}
		case "www-authenticate":
			r.challenges = append(r.challenges, parseChallenges(value)...)
		}
	}
	if r.Chunked {
		r.Length = -1
	}
	return r, ""
}

func clip(s string) string { return s[:min(len(s), 40)] }

// boundary gives the boundary of a multipart body; ok is false for other bodies.
func (r *Response) boundary() (b string, ok bool) {
	return push.Param(r.ContentType, "boundary"), strings.HasPrefix(push.MediaType(r.ContentType), "multipart/")
}

// bodyless reports whether no body follows whatever the head says.
func (r *Response) bodyless() bool { return r.Status < 200 || r.Status == 204 || r.Status == 304 }
