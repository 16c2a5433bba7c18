// Package pull holds what drivers share that ask a device over HTTP: the client side of
// HTTP/1.1 on one connection, with HTTP Digest (RFC 7616), as a machine inside a
// devices.Session. It has no clock and no socket; what stands in a body is the driver's.
//
//	c := pull.New(pull.Config{Proto: "isapi", Host: pull.Host(link), Login: login}, taker)
//	Tick, at the opening: c.Do(now, pull.Request{Method: "GET", Target: "/..."}, out)
//	Feed:                 c.Feed(now, p, out)
//
// How long a device may be silent is for the session's Deadline to say; Since tells it
// since when.
package pull

import (
	"strings"

	"acsgd/devices/push"
)

const (
	// MaxHead is the longest head of a response.
	MaxHead = push.MaxHead
	// MaxBody and MaxPart bound a body that is taken whole, and one part of a multipart body,
	// where the driver sets nothing else.
	MaxBody = 64 << 20
	MaxPart = 16 << 20
)

// Request is one question to the device. Method, Target and Type are the driver's own texts
// and hold no spaces or control characters.
type Request struct {
	Method string
	Target string // path and query exactly as they stand on the request line
	Type   string // Content-Type of Body
	Accept string
	Body   []byte // sent again where the device asks for a login first
}

// Response is the head of an answer.
type Response struct {
	Status      int
	Reason      string
	ContentType string
	Length      int64 // Content-Length; -1 if not sent
	Chunked     bool
	Closing     bool // the device closes the connection after the answer

	challenges []challenge
	encoding   string
}

// Taker takes what a device answers, in order: Head, then TakePart for each part of a
// multipart body or Body once for any other, then End. A 401 that leads to a login is not
// handed on. Contents are valid during the call. End may call Do for the next request; an
// endless stream has no End.
type Taker interface {
	Head(r *Response)
	push.PartSink
	Body(content []byte)
	End()
}

// Host gives what stands in a request's Host header from a link such as tcp:10.1.2.3:80.
func Host(link string) string {
	_, rest, _ := strings.Cut(link, ":")
	rest, _, _ = strings.Cut(strings.TrimPrefix(rest, "//"), "?")
	if rest == "" || strings.ContainsAny(rest, " \t\r\n/") {
		return "device"
	}
	return rest
}

// Fault is why a connection is given up.
type Fault struct {
	Proto, Reason string
	Login         bool // the device does not let us in
}

// Error implements error.
func (f *Fault) Error() string { return f.Proto + ": " + f.Reason }
