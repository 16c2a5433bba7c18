package dahua

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/pull"
	"acsgd/devices/push"
)

// stream reads what a camera tells on a stream that we ask for: an endless multipart answer
// with texts of events, each followed by its pictures, and heart-beats between.
type stream struct {
	*camera
	client *pull.Client
	split  *push.Splitter // instead of client, in a recording without the head of the answer
	live   bool
	opened time.Time
	heard  time.Time
	now    time.Time
	at     int64 // bytes before those being fed
	out    *devices.Out
}

// waiting are the events of one text whose pictures are on their way.
type waiting struct {
	events []event
	at     time.Time // of their arrival
	album  *anpr.Album
	doc    []byte
	told   bool // they have been handed out
}

// together is how long events wait for their pictures after the last byte.
const together = time.Second

func newStream(c *camera, host string, login *pull.Login, live bool) *stream {
	s := &stream{camera: c, live: live}
	s.client = pull.New(pull.Config{Proto: Proto, Host: host, Login: login, MaxPart: c.cfg.MaxPicture, Recording: !live}, s)
	return s
}

// target is what is asked for.
func (c *Config) target() string {
	beat := strconv.FormatInt(int64(c.Heartbeat/time.Second), 10)
	t := "/cgi-bin/snapManager.cgi?action=attachFileProc&channel=" + strconv.Itoa(c.Channel) + "&heartbeat=" + beat + "&Flags[0]=Event&Events=[" + c.Event + "]"
	if c.Mode == modeEvent {
		t = "/cgi-bin/eventManager.cgi?action=attach&codes=[" + c.Event + "]&heartbeat=" + beat
	}
	if c.Encode {
		t = strings.NewReplacer("[", "%5B", "]", "%5D").Replace(t)
	}
	return t
}

// Tick implements devices.Session.
func (s *stream) Tick(now time.Time, out *devices.Out) {
	s.now, s.out = now, out
	switch at, ok := s.Deadline(); {
	case s.live && s.opened.IsZero():
		s.opened, s.heard = now, now
		s.flush() // what the connection before has left
		s.client.Do(now, pull.Request{Method: "GET", Target: s.cfg.target(), Accept: "multipart/x-mixed-replace"}, out)
	case !ok || now.Before(at):
	case s.pending() && !now.Before(s.heard.Add(together)):
		s.flush()
	default:
		reason := fmt.Sprintf("nothing heard for %v", s.cfg.Silence)
		out.Err(Proto, s.at, reason, nil)
		out.Fail = fmt.Errorf("%s: %s", Proto, reason)
	}
	s.out = nil
}

// Deadline implements devices.Session.
func (s *stream) Deadline() (time.Time, bool) {
	switch {
	case s.pending() && !s.heard.IsZero():
		return s.heard.Add(together), true
	case s.live && !s.opened.IsZero():
		return s.heard.Add(s.cfg.Silence), true
	}
	return time.Time{}, false
}

func (s *stream) pending() bool { return s.held != nil && !s.held.told }

// Feed implements devices.Session.
func (s *stream) Feed(now time.Time, p []byte, out *devices.Out) {
	s.now, s.heard, s.out = now, now, out
	if s.split != nil {
		s.split.Feed(p, s)
	} else {
		s.client.Feed(now, p, out)
	}
	s.at += int64(len(p))
	s.out = nil
}

// Finish implements devices.Finisher: the camera has closed the connection.
func (s *stream) Finish(now time.Time, out *devices.Out) {
	s.now, s.out = now, out
	if s.split == nil {
		s.client.Finish(now, out)
	}
	s.flush()
	s.out = nil
}

// Head implements pull.Taker.
func (s *stream) Head(r *pull.Response) {
	if r.Status/100 == 2 || !s.live {
		return
	}
	reason := fmt.Sprintf("the camera answers %d %s", r.Status, clip(r.Reason))
	if r.Status == 400 {
		reason += ": it may want the brackets encoded (encode)"
	}
	s.out.Err(Proto, s.at, reason, nil)
	s.out.Fail = fmt.Errorf("%s: %s", Proto, reason)
}

// Body implements pull.Taker.
func (s *stream) Body(content []byte) {
	if s.live && s.out.Fail == nil {
		s.out.Err(Proto, s.at, "the answer is no stream of parts", content)
	}
}

// End implements pull.Taker.
func (s *stream) End() {
	s.flush()
	if s.live && s.out.Fail == nil {
		s.out.Fail = fmt.Errorf("%s: the camera has ended the stream", Proto)
	}
}

// PartFault implements push.PartSink.
func (s *stream) PartFault(offset int64, reason string) { s.out.Err(Proto, offset, reason, nil) }

// TakePart implements push.PartSink.
func (s *stream) TakePart(p push.Part, content []byte) {
	s.out.Frames++
	switch {
	case strings.HasPrefix(p.Media, "image/"):
		s.picture(p, content)
	case p.Media == "" || strings.HasPrefix(p.Media, "text/"):
		s.text(content)
	default:
		s.out.Err(Proto, s.at, fmt.Sprintf("part of type %q is passed over", clip(p.Media)), content)
	}
}

// text takes a text part.
func (s *stream) text(p []byte) {
	events, err := s.said(p)
	if err != nil {
		s.out.Err(Proto, s.at, err.Error(), p)
	}
	switch {
	case len(events) == 0:
		s.flush() // a heart-beat comes when everything has been said
	case s.pending() && same(s.held.events, events):
		s.held.better(events)
	default:
		s.flush()
		s.held = &waiting{events: events, at: s.now, album: anpr.NewAlbum(s.env), doc: append([]byte(nil), p...)}
		if s.cfg.Mode == modeEvent {
			s.flush() // there are no pictures
		}
	}
}

// same reports whether two texts are about the same vehicles: each picture of a group may
// come with a text of its own.
func same(a, b []event) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].group == "" || a[i].group != b[i].group || a[i].device != b[i].device {
			return false
		}
	}
	return true
}

// better takes from later texts about the same vehicles what the first did not know.
func (w *waiting) better(events []event) {
	for i := range events {
		if read(w.events[i].plate) == "" && read(events[i].plate) != "" {
			w.events[i].plate, w.events[i].confidence, w.events[i].country = events[i].plate, events[i].confidence, events[i].country
		}
	}
}

// picture takes a picture of the events before it.
func (s *stream) picture(p push.Part, content []byte) {
	w := s.held
	if w == nil || w.told && w.events[0].id() == "" {
		s.out.Err(Proto, s.at, "picture without an event", content)
		return
	}
	if w.told { // one more than the camera had announced: the same vehicle is told once more
		w.told, w.album = false, anpr.NewAlbum(s.env)
	}
	role := "overview"
	switch name := strings.ToLower(p.Label()); {
	case strings.Contains(name, "plate"), strings.Contains(name, "cutout"):
		role = "plate"
	case strings.Contains(name, "vehicle"):
		role = "vehicle"
	}
	if err := w.album.Add(role, content); err != nil {
		s.out.Err(Proto, s.at, err.Error(), nil)
	}
	if n := w.events[0].count; n > 0 && int64(w.album.Len()) >= n {
		s.flush()
	}
}

// flush hands out the events that wait.
func (s *stream) flush() {
	if !s.pending() {
		return
	}
	w := s.held
	w.told = true
	for i := range w.events {
		s.emit(w.at, s.at, &w.events[i], w.album, textType, w.doc, s.out)
	}
}
