package isapi

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/anpr/xmlwalk"
	"acsgd/devices/pull"
	"acsgd/devices/push"
	"acsgd/internal/obs"
)

// Plate is one entry of the list that a camera keeps of what it has read, texts as sent.
type Plate struct {
	Captured  string // captureTime
	Number    string
	Name      string // picName: where the next request goes on
	Country   string
	Direction string
}

// maxPlates bounds the entries of one answer.
const maxPlates = 4096

// ParsePlates reads the answer to a request for plates, in the order of the camera.
func ParsePlates(p []byte) ([]Plate, error) {
	r := platesReader{}
	n, err := xmlwalk.Walk(p, &r)
	if err != nil {
		return nil, fmt.Errorf("list of plates at byte %d: %w", n, err)
	}
	if n == 0 {
		return nil, fmt.Errorf("list of plates is cut off")
	}
	return r.list, nil
}

type platesReader struct{ list []Plate }

func (r *platesReader) Open(path [][]byte, _ []byte) error {
	switch {
	case len(path) == 1 && string(path[0]) != "Plates":
		return fmt.Errorf("document %.40q is no list of plates", path[0])
	case len(path) == 2 && string(path[1]) == "Plate":
		if len(r.list) == maxPlates {
			return fmt.Errorf("more than %d plates", maxPlates)
		}
		r.list = append(r.list, Plate{})
	}
	return nil
}

func (r *platesReader) Leaf(path [][]byte, text []byte) {
	if len(path) != 3 || string(path[1]) != "Plate" {
		return
	}
	p, s := &r.list[len(r.list)-1], string(text)
	switch string(path[2]) {
	case "captureTime":
		p.Captured = s
	case "plateNumber", "licensePlate":
		p.Number = s
	case "picName":
		p.Name = s
	case "country":
		p.Country = s
	case "direction":
		p.Direction = s
	}
}

func (r *platesReader) Shut([][]byte) {}

// plate makes the reading of an entry.
func (p *Plate) plate(role obs.PlateRole) *obs.Plate {
	b := &obs.Plate{Role: role, EventID: "pic/" + p.Name, Late: true}
	anpr.Text(b, p.Number)
	e := Event{Country: p.Country} // an index; some firmware writes a region (EU), which is no country
	b.Country = e.country()
	if d := strings.ToLower(p.Direction); d == "forward" || d == "reverse" {
		b.Direction = d
	}
	return b
}

// captureTime reads the time of an entry, which firmware writes in many forms; zone is that
// of a time without one, nil if it is not known.
func captureTime(s string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "20060102T150405Z07:00", "20060102T150405Z0700", "20060102T150405Z07", "2006-01-02T15:04:05Z0700"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.UTC(), true
		}
	}
	digits := strings.NewReplacer("-", "", ":", "", "T", "", " ", "", ".", "").Replace(s)
	if zone == nil || len(digits) < 14 || strings.Trim(digits, "0123456789") != "" {
		return time.Time{}, false
	}
	at, err := time.ParseInLocation("20060102150405", digits[:14], zone)
	return at.UTC(), err == nil
}

// pollSession fetches the list of one camera on one connection, again and again.
type pollSession struct {
	cfg    *Config
	cam    *camera
	client *pull.Client
	out    *devices.Out
	now    time.Time
	due    time.Time
	looked time.Time // when the session last looked whether something is to be fetched
	status int
}

var (
	_ devices.Session  = (*pollSession)(nil)
	_ devices.Finisher = (*pollSession)(nil)
	_ pull.Taker       = (*pollSession)(nil)
)

const (
	// answerLimit is how long a camera may take for an answer.
	answerLimit = 10 * time.Second
	// lookEvery is how often a poll that is due early is looked for.
	lookEvery = time.Second
	// maxList bounds the list of plates.
	maxList = 8 << 20
)

func newPoll(cfg *Config, cam *camera, host string) *pollSession {
	s := &pollSession{cfg: cfg, cam: cam}
	s.client = pull.New(pull.Config{Proto: Proto, Host: host, Login: cam.login, MaxBody: maxList}, s)
	return s
}

// Feed implements devices.Session.
func (s *pollSession) Feed(now time.Time, p []byte, out *devices.Out) {
	s.now, s.out = now, out
	s.client.Feed(now, p, out)
	s.out = nil
}

// Tick implements devices.Session.
func (s *pollSession) Tick(now time.Time, out *devices.Out) {
	s.looked = now
	switch {
	case s.client.Busy():
		if now.Sub(s.client.Since()) >= answerLimit {
			out.Fail = &pull.Fault{Proto: Proto, Reason: fmt.Sprintf("no answer within %v", answerLimit)}
		}
	case !now.Before(s.due) || s.cam.missed(now):
		body := `<?xml version="1.0" encoding="UTF-8"?>` + "\r\n" + `<AfterTime version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><picTime>` +
			escape(s.cam.after()) + "</picTime></AfterTime>\r\n"
		s.client.Do(now, pull.Request{Method: "POST", Target: "/ISAPI/Traffic/channels/" + strconv.Itoa(s.cfg.Channel) + "/vehicleDetect/plates",
			Type: `application/xml; charset="UTF-8"`, Body: []byte(body)}, out)
	}
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// Deadline implements devices.Session.
func (s *pollSession) Deadline() (time.Time, bool) {
	if s.client.Busy() {
		return s.client.Since().Add(answerLimit), true
	}
	if early := s.looked.Add(lookEvery); early.Before(s.due) {
		return early, true
	}
	return s.due, true
}

// Finish implements devices.Finisher.
func (s *pollSession) Finish(now time.Time, out *devices.Out) {
	s.now, s.out = now, out
	if s.client.Busy() {
		s.client.Finish(now, out)
	} else {
		out.Fail = errRested
	}
	s.out = nil
}

// errRested says that the camera has closed the connection between two requests, as it may.
var errRested = &pull.Fault{Proto: Proto, Reason: "the camera has closed an idle connection"}

// Head implements pull.Taker.
func (s *pollSession) Head(r *pull.Response) {
	if s.status = r.Status; s.status != 200 {
		s.out.Fail = &pull.Fault{Proto: Proto, Reason: fmt.Sprintf("the camera answers %d %s to the request for plates", r.Status, r.Reason)}
	}
}

// TakePart implements push.PartSink; lists come in one piece.
func (s *pollSession) TakePart(push.Part, []byte) {}

// PartFault implements push.PartSink.
func (s *pollSession) PartFault(int64, string) {}

// Body implements pull.Taker.
func (s *pollSession) Body(p []byte) {
	s.out.Frames++
	s.due = s.now.Add(s.cfg.PollEvery)
	list, err := ParsePlates(p)
	if err != nil {
		s.out.Err(Proto, 0, err.Error(), bytes.TrimSpace(p))
		return
	}
	if s.cam.fill(s.now, s.cfg, list, p, s.out) {
		s.due = s.now.Add(min(same, s.cfg.PollEvery))
	}
	s.cam.fetching(s.now, "", s.out)
}

// End implements pull.Taker.
func (s *pollSession) End() {}
