package dahua

import (
	"bytes"
	"errors"
	"time"

	"acsgd/devices"
	"acsgd/devices/push"
)

// Proto is the name of this protocol in decode errors.
const Proto = "dahua"

// pushed takes what a camera pushes on one connection: ITSAPI messages as HTTP requests;
// or, in a recording, whatever these cameras say.
type pushed struct {
	*camera
	door *push.Door
	live bool
	scan push.Object
}

var beginnings = [][]byte{[]byte("POST "), []byte("PUT "), []byte("{"), []byte("Events["), []byte("Code=")}

func newPushed(c *camera, d *push.Door, live bool) *push.Requests {
	return &push.Requests{Proto: Proto, Noun: "message", MaxBody: int(c.cfg.MaxBody), Live: live, Beginnings: beginnings,
		To: &pushed{camera: c, door: d, live: live, scan: push.Object{Deep: deepest}}}
}

// Refuse implements push.Taker.
func (s *pushed) Refuse(now time.Time, r *push.Request, at int64, out *devices.Out) (status, text string, headers []string) {
	if s.live && r.Path() != s.cfg.Path && !s.aside(r) {
		text = "push to another path than " + s.cfg.Path
		out.Err(Proto, at, text, []byte(r.Target))
		return "404 Not Found", text, nil
	}
	if challenges, why := s.door.Check(r, now); challenges != nil {
		if why != "" {
			out.Err(Proto, at, why, nil)
		}
		return "401 Unauthorized", why, challenges
	}
	return "", "", nil
}

// aside reports whether a request only tells that the camera is there.
func (s *pushed) aside(r *push.Request) bool {
	return r.Path() == s.cfg.KeepAlive || r.Path() == s.cfg.DeviceInfo
}

// The answers that a camera knows; it repeats what has any other than the first.
const (
	taken    = `{"Result":true}`
	notTaken = `{"Result":false}`
)

// Take implements push.Taker.
func (s *pushed) Take(now time.Time, r *push.Request, at int64, body []byte, out *devices.Out) (then, els []byte) {
	then = r.Reply("200 OK", push.JSON, taken)
	els = r.Reply("503 Service Unavailable", push.JSON, notTaken, "Retry-After: 1")
	if s.aside(r) {
		out.Frames = max(out.Frames, 1)
		return then, els
	}
	switch kept, err := s.document(now, at, body, out); {
	case err != nil:
		out.Err(Proto, at, err.Error(), body)
		then = r.Reply("400 Bad Request", push.JSON, notTaken)
	case !kept:
		then = els
	}
	return then, els
}

// Bare implements push.Barer.
func (s *pushed) Bare(now time.Time, at int64, p []byte, last bool, out *devices.Out) (n int, err error) {
	if p[0] == '{' {
		return s.object(now, at, p, out)
	}
	for _, begin := range [][]byte{[]byte("Events["), []byte("Code=")} {
		if !bytes.HasPrefix(p, begin[:min(len(begin), len(p))]) {
			continue
		}
		end, next := push.BlankLine(p)
		if end < 0 && last {
			end, next = len(p), len(p)
		}
		if end < 0 {
			return 0, nil
		}
		s.text(now, at, p[:end], out)
		return next, nil
	}
	return -1, nil
}

// object takes a JSON document outside HTTP.
func (s *pushed) object(now time.Time, at int64, p []byte, out *devices.Out) (n int, err error) {
	if member := bytes.TrimLeft(p[1:], " \t\r\n"); len(member) > 0 && member[0] != '"' {
		return 0, errors.New("neither a request nor a JSON object")
	}
	n = s.scan.End(p)
	switch {
	case s.scan.TooDeep():
		n, err = s.scan.At, errors.New("braces nested too deep")
	case n == 0 && int64(len(p)) < s.cfg.MaxBody:
		return 0, nil
	}
	s.scan = push.Object{Deep: deepest}
	if n == 0 || err != nil {
		return n, err
	}
	if _, err := s.document(now, at, p[:n], out); err != nil {
		out.Err(Proto, at, err.Error(), p[:n])
	}
	return n, nil
}
