package anpr

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"acsgd/sim"
)

// Snap says how a camera that is asked for its snapshot stream behaves.
type Snap struct {
	User, Password string // it asks for HTTP Digest where User is set
	NonceLife      time.Duration
	Encoded        bool // it wants the brackets of the request encoded
	Single         bool // one picture an event, else plate and scene
	Texts          bool // each picture of a group comes with the text of its own
	False          bool // pictures hold text like a boundary and a part's head
	CutEvery       int  // every so many events the connection ends in the middle of a picture; 0: never
	RepeatEvery    int  // every so many events the event is told twice; 0: never
	Deaf           time.Time
}

// DahuaSnap is a camera that is asked for its snapshot stream, as one connection at a time
// sees it. What it sees while nobody has asked is lost. It implements sim.Machine.
type DahuaSnap struct {
	eye
	how       Snap
	in        incoming
	streaming bool
	beat      time.Time
	every     time.Duration

	Asked  int // streams that were begun
	Told   int // events that went out
	Lost   int // events that nobody had asked for
	Wrong  int // logins that were not ours
	Cuts   int
	Shots  []Shot
	Record bool
}

var _ sim.Machine = (*DahuaSnap)(nil)

// NewDahuaSnap makes a camera in a scene.
func NewDahuaSnap(cfg Config, how Snap, scene sim.Scene) *DahuaSnap {
	if how.NonceLife <= 0 {
		how.NonceLife = time.Minute
	}
	return &DahuaSnap{eye: eye{cfg: cfg.filled(), scene: scene}, how: how}
}

// Deadline implements sim.Machine.
func (c *DahuaSnap) Deadline() (time.Time, bool) { return c.due, true }

// Reset is called when the connection has broken.
func (c *DahuaSnap) Reset() { c.in, c.streaming = incoming{}, false }

// Tick implements sim.Machine.
func (c *DahuaSnap) Tick(now time.Time, out *sim.Out) {
	deaf := !c.how.Deaf.IsZero() && !now.Before(c.how.Deaf)
	for _, s := range c.see(now) {
		if !c.streaming || deaf {
			c.Lost++
			continue
		}
		c.tell(s, out)
		if c.Record {
			s.crop, s.scene = nil, nil
			c.Shots = append(c.Shots, s)
		}
		if out.Close {
			return
		}
	}
	if c.streaming && !deaf && !now.Before(c.beat) {
		c.beat = now.Add(c.every)
		c.part(out, "text/plain", []byte("Heartbeat\r\n"))
	}
}

// tell sends one event with its pictures.
func (c *DahuaSnap) tell(s Shot, out *sim.Out) {
	c.Told++
	times := 1
	if c.how.RepeatEvery > 0 && c.Told%c.how.RepeatEvery == 0 {
		times = 2
	}
	for range times {
		pictures := [][]byte{s.scene, s.crop}
		if c.how.Single {
			pictures = pictures[:1]
		}
		if s.crop == nil {
			pictures = nil
		}
		c.part(out, "text/plain", c.lines(s, 1, len(pictures)))
		for i, p := range pictures {
			if i > 0 && c.how.Texts {
				c.part(out, "text/plain", c.lines(s, i+1, len(pictures)))
			}
			if c.how.False {
				p = append(p[:len(p):len(p)], "\r\n--myboundary\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nHeartbeat"...)
			}
			c.part(out, "image/jpeg", p)
		}
	}
	if c.how.CutEvery > 0 && c.Told%c.how.CutEvery == 0 && s.crop != nil {
		c.Cuts++
		out.Send = out.Send[:len(out.Send)-40]
		out.Close = true
		c.Reset()
	}
}

// lines is the text of an event: its picture index of count.
func (c *DahuaSnap) lines(s Shot, index, count int) []byte {
	var b []byte
	put := func(path string, value any) { b = fmt.Appendf(b, "Events[0].%s=%v\r\n", path, value) }
	real := s.At.Add(c.cfg.Clock)
	direction := "Obverse"
	if !s.Forward || c.cfg.Role != "front" {
		direction = "Reverse"
	}
	put("EventBaseInfo.Code", "TrafficJunction")
	put("EventBaseInfo.Action", "Pulse")
	put("EventBaseInfo.Index", 0)
	put("Channel", c.cfg.Channel-1)
	put("CountInGroup", count)
	put("IndexInGroup", index)
	put("GroupID", group(s))
	put("JunctionDirection", direction)
	put("Lane", c.cfg.Channel)
	put("Object.ObjectType", "Plate")
	put("Object.Confidence", (s.Percent*255+50)/100)
	put("RealUTC", real.Unix())
	put("TimeZone", 7)
	put("TrafficCar.MachineName", c.cfg.Name)
	if s.Text != "" {
		put("Object.Text", s.Text)
		put("TrafficCar.PlateNumber", s.Text)
	}
	put("TrafficCar.Country", alpha3(s.Plate.Country))
	put("TrafficCar.UTC", real.Unix()+5*3600)
	put("UTC", real.Unix()+5*3600)
	put("UTCMS", real.Nanosecond()/1e6)
	return b
}

// group is the number of the vehicle, the same in all reports of it.
func group(s Shot) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s.event))
	return h.Sum32() | 1 // 0 is none
}

func (c *DahuaSnap) part(out *sim.Out, media string, content []byte) {
	out.Send = fmt.Appendf(out.Send, "--myboundary\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", media, len(content))
	out.Send = append(append(out.Send, content...), "\r\n"...)
}

// Feed implements sim.Machine.
func (c *DahuaSnap) Feed(now time.Time, p []byte, out *sim.Out) {
	c.in.take(p)
	for !c.streaming {
		m, ok := c.in.next()
		if !ok {
			return
		}
		c.answer(now, m, out)
	}
}

// answer answers one request.
func (c *DahuaSnap) answer(now time.Time, m httpMessage, out *sim.Out) {
	method, rest, _ := strings.Cut(m.first, " ")
	target, _, _ := strings.Cut(rest, " ")
	reply := func(status, header, body string) {
		out.Send = fmt.Appendf(out.Send, "HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s", status, header, len(body), body)
	}
	login := account{c.how.User, c.how.Password, "Login to " + c.cfg.Name, c.how.NonceLife}
	challenge, wrong := login.check(now, method, target, m.header["authorization"])
	if wrong {
		c.Wrong++
	}
	if challenge != "" {
		reply("401 Unauthorized", "WWW-Authenticate: "+challenge+"\r\n", "")
		return
	}
	open, shut := "[", "]"
	if c.how.Encoded {
		open, shut = "%5B", "%5D"
	}
	var beat int
	want := fmt.Sprintf("/cgi-bin/snapManager.cgi?action=attachFileProc&channel=%d&heartbeat=%%d&Flags%s0%s=Event&Events=%sTrafficJunction%s", c.cfg.Channel, esc(open), esc(shut), esc(open), esc(shut))
	if n, err := fmt.Sscanf(target, want, &beat); n != 1 || err != nil || method != "GET" || beat < 1 || beat > 60 {
		reply("400 Bad Request", "", "Error\r\nBad Request!\r\n")
		return
	}
	out.Send = append(out.Send, "HTTP/1.1 200 OK\r\nCache-Control: no-cache\r\nConnection: close\r\nContent-Type: multipart/x-mixed-replace; boundary=myboundary\r\n\r\n"...)
	c.Asked++
	c.streaming, c.every, c.beat = true, time.Duration(beat)*time.Second, now
}

// esc makes a text one that stands for itself in a pattern of Sscanf.
func esc(s string) string { return strings.ReplaceAll(s, "%", "%%") }
