package anpr

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"acsgd/sim"
)

// Stream says how a camera that is asked behaves.
type Stream struct {
	User, Password string // it asks for HTTP Digest where User is set
	SHA256         bool   // the Digest is of SHA-256, not of MD5
	NonceLife      time.Duration
	Chunked        bool   // the stream comes in chunks
	Boundary       string // MIME_boundary
	JSON           bool   // events are JSON
	Beat           time.Duration
	NoLength       bool          // parts without Content-Length
	False          bool          // pictures hold text like a boundary and a part's head
	Later          time.Duration // pictures follow so long after the text, in an event of their own
	CutEvery       int           // every so many events the connection ends in the middle of a picture; 0: never
	RepeatEvery    int           // every so many events the event is sent again; 0: never
	Deaf           time.Time     // from then on the stream is silent; zero: never
}

// ISAPIServer is a camera that is asked: for its alertStream and for the plates that it has
// read. Conn gives the machine of one connection; the camera looks as often as any of them
// is ticked.
type ISAPIServer struct {
	Events ISAPI // its eye, and what events look like; Shots where Record is set
	how    Stream
	stored []storedPlate
	told   int // events that went out on streams
	conns  []*ISAPIConn

	Refused int // logins that were wrong
	Lists   int // lists of plates that were given
	Cuts    int
}

// storedPlate is one entry of the camera's list.
type storedPlate struct {
	name, text, direction string
	at                    time.Time // by the camera's clock
}

// maxStored is how many plates the camera keeps.
const maxStored = 2000

// NewISAPIServer makes a camera in a scene.
func NewISAPIServer(cfg Config, how Stream, scene sim.Scene) *ISAPIServer {
	if how.Boundary == "" {
		how.Boundary = "MIME_boundary"
	}
	if how.Beat <= 0 {
		how.Beat = 10 * time.Second
	}
	if how.NonceLife <= 0 {
		how.NonceLife = time.Minute
	}
	return &ISAPIServer{Events: ISAPI{eye: eye{cfg: cfg.filled(), scene: scene}}, how: how}
}

// Conn makes the camera's side of one connection.
func (s *ISAPIServer) Conn() *ISAPIConn {
	c := &ISAPIConn{s: s}
	s.conns = append(s.conns, c)
	return c
}

// Look lets the camera see: what it reads is stored, and goes out on the streams.
func (s *ISAPIServer) Look(now time.Time) {
	for _, shot := range s.Events.see(now) {
		at := now.Add(s.Events.cfg.Clock)
		p := storedPlate{name: at.UTC().Format("20060102150405") + fmt.Sprintf("%03d%03d", at.Nanosecond()/1e6, s.Events.count%1000), text: shot.Text, direction: "forward", at: at}
		if p.text == "" {
			p.text = "unknown"
		}
		if !shot.Forward {
			p.direction = "reverse"
		}
		s.stored = append(s.stored, p)
		s.stored = s.stored[max(0, len(s.stored)-maxStored):]
		for _, c := range s.conns {
			if c.streaming {
				c.shots = append(c.shots, shot)
			}
		}
		if s.Events.Record {
			shot.crop, shot.scene = nil, nil
			s.Events.Shots = append(s.Events.Shots, shot)
		}
	}
}

// ISAPIConn is one connection to the camera. It implements sim.Machine.
type ISAPIConn struct {
	s         *ISAPIServer
	in        []byte
	streaming bool
	beat      time.Time
	shots     []Shot
	pictures  []latePictures
	out       []byte
}

type latePictures struct {
	at   time.Time
	shot Shot
}

var _ sim.Machine = (*ISAPIConn)(nil)

// Deadline implements sim.Machine.
func (c *ISAPIConn) Deadline() (time.Time, bool) { return c.s.Events.due, true }

// Reset is called when the connection has broken.
func (c *ISAPIConn) Reset() {
	*c = ISAPIConn{s: c.s}
}

// Tick implements sim.Machine.
func (c *ISAPIConn) Tick(now time.Time, out *sim.Out) {
	c.s.Look(now)
	if !c.streaming {
		return
	}
	if !c.s.how.Deaf.IsZero() && !now.Before(c.s.how.Deaf) {
		return
	}
	for _, shot := range c.shots {
		if c.event(now, shot, out) {
			return
		}
	}
	c.shots = c.shots[:0]
	for len(c.pictures) > 0 && !now.Before(c.pictures[0].at) {
		shot := c.pictures[0].shot
		c.pictures = c.pictures[1:]
		c.document("ANPR", "active", shot.At, &shot, false)
		c.shot(shot)
	}
	if !now.Before(c.beat) {
		c.beat = now.Add(c.s.how.Beat)
		c.document("videoloss", "inactive", now, nil, false)
	}
	c.flush(out)
}

// event sends one event with its pictures; true if the connection was cut in it.
func (c *ISAPIConn) event(now time.Time, shot Shot, out *sim.Out) bool {
	how := &c.s.how
	c.s.told++
	pictured := shot.crop != nil
	later := pictured && how.Later > 0
	c.document("ANPR", "active", shot.At, &shot, later)
	switch {
	case later:
		c.pictures = append(c.pictures, latePictures{now.Add(how.Later), shot})
	case pictured:
		c.shot(shot)
	}
	if how.CutEvery > 0 && c.s.told%how.CutEvery == 0 && pictured && !later {
		c.s.Cuts++
		c.out = c.out[:len(c.out)-len(shot.scene)/2]
		c.flush(out)
		out.Close = true
		c.Reset()
		return true
	}
	if how.RepeatEvery > 0 && c.s.told%how.RepeatEvery == 0 {
		c.document("ANPR", "active", shot.At, &shot, false)
		if pictured {
			c.shot(shot)
		}
	}
	return false
}

// shot adds the pictures of an event.
func (c *ISAPIConn) shot(s Shot) {
	crop, scene := s.crop, s.scene
	if c.s.how.False {
		// Behind the end of the image, where no decoder looks.
		scene = append(bytes.Clone(scene), "\r\n--"+c.s.how.Boundary+"\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nno!"...)
	}
	c.part("image/jpeg", "licensePlatePicture.jpg", crop)
	c.part("image/jpeg", "detectionPicture.jpg", scene)
}

// document adds a part with an event; at is our time.
func (c *ISAPIConn) document(kind, state string, at time.Time, shot *Shot, more bool) {
	e := &c.s.Events
	inner := ""
	if shot != nil {
		inner = e.anpr(*shot)
		if more {
			inner = strings.Replace(inner, "<ANPR>\n", "<ANPR>\n<hasMoreData>true</hasMoreData>\n", 1)
		}
	}
	if !c.s.how.JSON {
		c.part(`application/xml; charset="UTF-8"`, "", []byte(e.document(kind, state, at.Add(e.cfg.Clock), inner)))
		return
	}
	c.part(`application/json; charset="UTF-8"`, "", c.json(kind, state, at, shot, more))
}

// json is an event in JSON.
func (c *ISAPIConn) json(kind, state string, at time.Time, s *Shot, more bool) []byte {
	cfg := &c.s.Events.cfg
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"ipAddress":"10.0.0.%d","protocol":"HTTP","macAddress":"44:a6:42:00:%02x:%02x","channelID":%d,"dateTime":"%s","activePostCount":1,"eventType":"%s","eventState":"%s"`,
		10+cfg.Channel%200, cfg.Seed>>8&0xff, cfg.Seed&0xff, cfg.Channel, at.Add(cfg.Clock).In(time.FixedZone("", 5*3600)).Format("2006-01-02T15:04:05.000-07:00"), kind, state)
	if s != nil {
		text, believe := s.Text, ""
		for i, v := range s.Sure {
			if i > 0 {
				believe += ","
			}
			believe += strconv.Itoa(v)
		}
		if text == "" {
			text = "unknown"
		}
		n := 0
		if s.crop != nil {
			n = 2
		}
		fmt.Fprintf(&b, `,"ANPR":{"country":%d,"licensePlate":"%s","confidenceLevel":%d,"plateCharBelieve":"%s","direction":"forward","hasMoreData":%v,`+
			`"pictureInfoList":[{"fileName":"licensePlatePicture.jpg","type":"licensePlatePicture"},{"fileName":"detectionPicture.jpg","type":"detectionPicture"}]},"UUID":"%s","picNum":%d`,
			countryIndex(s.Plate.Country), text, s.Percent, believe, more, s.event, n)
	}
	b.WriteString("}")
	return b.Bytes()
}

func (c *ISAPIConn) part(media, name string, content []byte) {
	b := "--" + c.s.how.Boundary + "\r\n"
	if name != "" {
		b += fmt.Sprintf("Content-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\n", name, name)
	}
	b += "Content-Type: " + media + "\r\n"
	if !c.s.how.NoLength {
		b += fmt.Sprintf("Content-Length: %d\r\n", len(content))
	}
	c.out = append(append(append(c.out, b+"\r\n"...), content...), "\r\n"...)
}

// flush sends what was added, in a chunk where the camera does so.
func (c *ISAPIConn) flush(out *sim.Out) {
	if len(c.out) == 0 {
		return
	}
	if c.s.how.Chunked {
		out.Send = fmt.Appendf(out.Send, "%x\r\n%s\r\n", len(c.out), c.out)
	} else {
		out.Send = append(out.Send, c.out...)
	}
	c.out = c.out[:0]
}

// Feed implements sim.Machine.
func (c *ISAPIConn) Feed(now time.Time, p []byte, out *sim.Out) {
	c.in = append(c.in, p...)
	for {
		head, rest, ok := bytes.Cut(c.in, []byte("\r\n\r\n"))
		if !ok || c.streaming {
			return
		}
		lines := strings.Split(string(head), "\r\n")
		field := map[string]string{}
		for _, l := range lines[1:] {
			k, v, _ := strings.Cut(l, ":")
			field[strings.ToLower(k)] = strings.TrimSpace(v)
		}
		size, _ := strconv.Atoi(field["content-length"]) // none is 0
		if len(rest) < size {
			return
		}
		body := string(rest[:size])
		c.in = append(c.in[:0], rest[size:]...)
		method, target, _ := strings.Cut(lines[0], " ")
		target, _, _ = strings.Cut(target, " ")
		c.answer(now, method, target, field["authorization"], body, out)
	}
}

// answer answers one request.
func (c *ISAPIConn) answer(now time.Time, method, target, login, body string, out *sim.Out) {
	reply := func(status, header, body string) {
		out.Send = fmt.Appendf(out.Send, "HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s", status, header, len(body), body)
	}
	if challenge := c.s.challenge(now, method, target, login); challenge != "" {
		reply("401 Unauthorized", "WWW-Authenticate: "+challenge+"\r\n", "<html>401</html>")
		return
	}
	switch {
	case method == "GET" && target == "/ISAPI/Event/notification/alertStream":
		head := "HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=" + c.s.how.Boundary + "\r\n"
		if c.s.how.Chunked {
			head += "Transfer-Encoding: chunked\r\n"
		}
		out.Send = append(out.Send, head+"\r\n"...)
		c.streaming, c.beat = true, now
	case method == "POST" && target == fmt.Sprintf("/ISAPI/Traffic/channels/%d/vehicleDetect/plates", c.s.Events.cfg.Channel):
		_, after, _ := strings.Cut(body, "<picTime>")
		after, _, ok := strings.Cut(after, "</picTime>")
		if !ok {
			reply("400 Bad Request", "", "")
			return
		}
		c.s.Lists++
		reply("200 OK", "Content-Type: application/xml; charset=\"UTF-8\"\r\n", c.s.list(after))
	default:
		reply("404 Not Found", "", "")
	}
}

// list is what the camera has read since the plate of a name.
func (s *ISAPIServer) list(after string) string {
	b := "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Plates version=\"2.0\" xmlns=\"http://www.hikvision.com/ver20/XMLSchema\">\n"
	for _, p := range s.stored {
		if p.name <= after {
			continue
		}
		b += fmt.Sprintf("<Plate>\n<captureTime>%s</captureTime>\n<plateNumber>%s</plateNumber>\n<picName>%s</picName>\n<country>30</country>\n<laneNo>1</laneNo>\n<direction>%s</direction>\n</Plate>\n",
			p.at.In(time.FixedZone("", 5*3600)).Format("20060102T150405-0700"), p.text, p.name, p.direction)
	}
	return b + "</Plates>\n"
}

// challenge gives what a request without a good login is answered; "" lets it in. A nonce
// is the time at which it was made.
func (s *ISAPIServer) challenge(now time.Time, method, target, login string) string {
	if s.how.User == "" {
		return ""
	}
	algorithm := "MD5"
	sum := func(t string) string { h := md5.Sum([]byte(t)); return hex.EncodeToString(h[:]) }
	if s.how.SHA256 {
		algorithm = "SHA-256"
		sum = func(t string) string { h := sha256.Sum256([]byte(t)); return hex.EncodeToString(h[:]) }
	}
	ask := fmt.Sprintf(`Digest qop="auth", realm="IP Camera(C1)", nonce="%d", algorithm=%s, opaque="00"`, now.UnixMilli(), algorithm)
	given, ok := strings.CutPrefix(login, "Digest ")
	if !ok {
		return ask + `, stale="FALSE"`
	}
	f := map[string]string{}
	for pair := range strings.SplitSeq(given, ", ") {
		k, v, _ := strings.Cut(pair, "=")
		f[k] = strings.Trim(v, `"`)
	}
	ha1 := sum(s.how.User + ":IP Camera(C1):" + s.how.Password)
	want := sum(strings.Join([]string{ha1, f["nonce"], f["nc"], f["cnonce"], "auth", sum(method + ":" + target)}, ":"))
	if f["username"] != s.how.User || f["uri"] != target || f["response"] != want {
		s.Refused++
		return ask + `, stale="FALSE"`
	}
	ms, err := strconv.ParseInt(f["nonce"], 10, 64)
	if err != nil || now.Sub(time.UnixMilli(ms)) > s.how.NonceLife {
		return ask + `, stale="TRUE"`
	}
	return ""
}
