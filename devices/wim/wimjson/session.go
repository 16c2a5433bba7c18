package wimjson

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/push"
)

// requests takes what a logger sends on one connection: HTTP requests one after the other,
// each with one record; or, in a recording, records without HTTP.
type requests struct {
	t    taker
	gate *push.Gate // nil: no Digest
	live bool       // a logger waits for answers; false in a recording, which is read on after errors
	scan push.Object
}

var beginnings = [][]byte{[]byte("POST "), []byte("PUT "), []byte("{")}

func newSession(t taker, g *push.Gate, live bool) *push.Requests {
	return &push.Requests{Proto: proto, Noun: "record", MaxBody: t.cfg.MaxBody, Live: live, Beginnings: beginnings,
		To: &requests{t: t, gate: g, live: live, scan: push.Object{Deep: deep}}}
}

// Refuse implements push.Taker.
func (s *requests) Refuse(now time.Time, r *push.Request, at int64, out *devices.Out) (status, text string, headers []string) {
	fault := func(reason string) string {
		out.Err(proto, at, reason, []byte(r.Target))
		return reason
	}
	if path := s.t.cfg.Path; path != "" && r.Path() != path {
		return "404 Not Found", fault("record for another path than " + path), nil
	}
	return s.login(now, r, fault)
}

// login asks for a password or token where there is one.
func (s *requests) login(now time.Time, r *push.Request, fault func(string) string) (status, text string, headers []string) {
	c := s.t.cfg
	if !s.live || c.User == "" && c.Token == "" ||
		c.Token != "" && push.Bearer(r.Authorization, c.Token) || c.User != "" && push.Basic(r.Authorization, c.User, c.Password) {
		return "", "", nil
	}
	if c.Token != "" {
		headers = append(headers, `WWW-Authenticate: Bearer realm="acsgd"`)
	}
	tried := r.Authorization != ""
	if s.gate != nil {
		challenge, why := s.gate.Check(r, now)
		if challenge == "" {
			return "", "", nil
		}
		headers = append(headers, challenge, `WWW-Authenticate: Basic realm="acsgd"`)
		tried = tried && (why != "" || !strings.HasPrefix(r.Authorization, "Digest "))
	}
	if tried {
		text = fault("login with a wrong user, password or token")
	}
	return "401 Unauthorized", text, headers
}

// Take implements push.Taker.
func (s *requests) Take(now time.Time, r *push.Request, at int64, body []byte, out *devices.Out) (then, els []byte) {
	v, err := s.t.take(now, at, body, s.live, out)
	if v == foreign {
		v, err = wrong, fmt.Errorf("lane: this address takes those of lane %q", s.t.cfg.Lane)
	}
	then, els = r.Answer("200 OK"), r.Answer("503 Service Unavailable", "Retry-After: 1")
	switch v {
	case wrong:
		then = r.Tell("400 Bad Request", err.Error())
	case conflict:
		then = r.Tell("409 Conflict", err.Error())
	case later:
		then = r.Tell("503 Service Unavailable", err.Error(), "Retry-After: 1")
	}
	if err != nil && err != errWaiting {
		out.Err(proto, at, err.Error(), body)
	}
	return then, els
}

// deep is more braces than any record has open.
const deep = 8

var errTooDeep = errors.New("braces nested too deep for a record")

// Bare implements push.Barer.
func (s *requests) Bare(now time.Time, at int64, p []byte, _ bool, out *devices.Out) (n int, err error) {
	if p[0] != '{' {
		return -1, nil
	}
	n = s.scan.End(p)
	switch {
	case s.scan.TooDeep():
		n, err = s.scan.At, errTooDeep
	case n == 0 && len(p) < s.t.cfg.MaxBody:
		return 0, nil
	}
	s.scan = push.Object{Deep: deep}
	if n == 0 || err != nil {
		return n, err
	}
	switch v, err := s.t.take(now, at, p[:n], s.live, out); {
	case v == foreign:
		out.Frames++
	case err != nil:
		out.Err(proto, at, err.Error(), p[:n])
	}
	return n, nil
}
