package isapi

import (
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/pull"
	"acsgd/devices/push"
)

// alertStream is what a camera is asked for.
const alertStream = "/ISAPI/Event/notification/alertStream"

// streamSession reads the endless answer of one camera: events, each followed by its
// pictures, and heart-beats.
type streamSession struct {
	cfg    *Config
	env    devices.Env
	cam    *camera
	client *pull.Client
	msg    message
	out    *devices.Out
	up     bool // the stream has begun
}

var (
	_ devices.Session  = (*streamSession)(nil)
	_ devices.Finisher = (*streamSession)(nil)
	_ pull.Taker       = (*streamSession)(nil)
)

func newStream(cfg *Config, env devices.Env, cam *camera, host string) *streamSession {
	s := &streamSession{cfg: cfg, env: env, cam: cam}
	if s.env.Keep == nil {
		s.env.Keep = nameOnly
	}
	s.msg.cfg, s.msg.env, s.msg.cam, s.msg.follow = cfg, &s.env, cam, true
	s.client = pull.New(pull.Config{Proto: Proto, Host: host, Login: cam.login, MaxPart: cfg.MaxPicture, MaxBody: maxBare}, s)
	return s
}

// begin sets what the parts of this call see.
func (s *streamSession) begin(now time.Time, out *devices.Out) {
	s.out, s.msg.out, s.msg.now = out, out, now
}

// end releases what the call has made.
func (s *streamSession) end() {
	s.msg.release()
	if s.msg.alive {
		s.out.Frames = max(s.out.Frames, 1)
		s.msg.alive = false
	}
	s.out, s.msg.out = nil, nil
}

// Feed implements devices.Session.
func (s *streamSession) Feed(now time.Time, p []byte, out *devices.Out) {
	s.begin(now, out)
	s.client.Feed(now, p, out)
	if out.Fail != nil {
		s.msg.finish()
	}
	s.end()
}

// Tick implements devices.Session.
func (s *streamSession) Tick(now time.Time, out *devices.Out) {
	s.begin(now, out)
	quiet := now.Sub(s.client.Since())
	switch {
	case !s.client.Busy():
		s.client.Do(now, pull.Request{Method: "GET", Target: alertStream, Accept: "multipart/mixed"}, out)
	case s.msg.event != nil && quiet >= together:
		s.msg.finish()
	case !s.up && quiet >= answerLimit:
		out.Fail = &pull.Fault{Proto: Proto, Reason: fmt.Sprintf("no answer to the request for the stream within %v", answerLimit)}
	case s.up && quiet >= s.cfg.Silence:
		out.Fail = &pull.Fault{Proto: Proto, Reason: fmt.Sprintf("stream is silent for %v", s.cfg.Silence)}
	}
	s.end()
}

// Deadline implements devices.Session.
func (s *streamSession) Deadline() (time.Time, bool) {
	switch {
	case s.msg.event != nil:
		return s.client.Since().Add(together), true
	case s.up:
		return s.client.Since().Add(s.cfg.Silence), true
	}
	return s.client.Since().Add(answerLimit), true
}

// Finish implements devices.Finisher.
func (s *streamSession) Finish(now time.Time, out *devices.Out) {
	s.begin(now, out)
	s.client.Finish(now, out)
	s.msg.finish()
	s.end()
}

// Head implements pull.Taker.
func (s *streamSession) Head(r *pull.Response) {
	if r.Status != 200 {
		s.out.Fail = &pull.Fault{Proto: Proto, Reason: fmt.Sprintf("the camera answers %d %s to the request for its stream", r.Status, r.Reason)}
		return
	}
	s.up = true
	s.cam.begun(s.msg.now)
	s.out.Frames = max(s.out.Frames, 1)
}

// TakePart implements push.PartSink.
func (s *streamSession) TakePart(p push.Part, content []byte) {
	s.msg.TakePart(p, content)
	if e := s.msg.event; e != nil && e.Pictures > 0 && s.msg.count >= e.Pictures {
		s.msg.finish()
	}
}

// PartFault implements push.PartSink.
func (s *streamSession) PartFault(offset int64, reason string) { s.msg.PartFault(offset, reason) }

// Body implements pull.Taker: the camera has sent one document instead of a stream.
func (s *streamSession) Body(p []byte) {
	if s.out.Fail == nil {
		s.msg.TakePart(push.Part{}, p)
	}
}

// End implements pull.Taker.
func (s *streamSession) End() {
	s.msg.finish()
	if s.out.Fail == nil {
		s.out.Fail = &pull.Fault{Proto: Proto, Reason: "the camera has ended its stream"}
	}
}
