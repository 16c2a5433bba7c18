package anpr

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsgd/sim"
)

// Dahua is a camera that pushes ITSAPI messages: JSON with pictures in base64, one at a
// time. It sends each again until it is answered with {"Result":true}, on a new connection
// where the old one has broken. It implements sim.Machine.
type Dahua struct {
	eye
	queue   []pushing
	waiting bool
	sent    time.Time
	retry   time.Time // nothing is sent before
	in      incoming
	beat    time.Time

	Accepted int // readings that were answered true
	Refused  int // answers that were not, or did not come in time
	Repeated int // readings that were sent once more
	Dropped  int // readings that found the queue full
	Shots    []Shot
	// Record keeps what was reported in Shots, without the pictures.
	Record bool
}

// pushing is one message on its way.
type pushing struct {
	path    string
	body    []byte
	reading bool
	tried   bool
}

var _ sim.Machine = (*Dahua)(nil)

// NewDahua makes a camera in a scene. Path of the configuration is ignored: these cameras
// have paths of their own.
func NewDahua(cfg Config, scene sim.Scene) *Dahua {
	return &Dahua{eye: eye{cfg: cfg.filled(), scene: scene}}
}

// again is after how long a message that was not taken is sent again.
const again = 2 * time.Second

// Tick implements sim.Machine.
func (c *Dahua) Tick(now time.Time, out *sim.Out) {
	for _, s := range c.see(now) {
		c.push(pushing{path: "/NotificationInfo/TollgateInfo", body: c.tollgate(s), reading: true})
		if c.Record {
			s.crop, s.scene = nil, nil
			c.Shots = append(c.Shots, s)
		}
	}
	if !now.Before(c.beat) {
		if c.beat.IsZero() {
			c.push(pushing{path: "/NotificationInfo/DeviceInfo", body: fmt.Appendf(nil, `{"DeviceInfo":{"DeviceID":%q,"DeviceModel":"ITC413"}}`, c.cfg.Name)})
		} else {
			c.push(pushing{path: "/NotificationInfo/KeepAlive", body: fmt.Appendf(nil, `{"Active":"keepAlive","DeviceID":%q}`, c.cfg.Name)})
		}
		c.beat = now.Add(heartbeat)
	}
	if c.waiting && now.Sub(c.sent) > giveUp {
		c.Refused++
		out.Close = true
		c.Reset()
		return
	}
	c.next(now, out)
}

// push queues a message. A full queue loses its oldest reading, which the camera counts;
// heart-beats are not queued behind readings that nobody takes.
func (c *Dahua) push(m pushing) {
	if !m.reading && len(c.queue) > 0 {
		return
	}
	if len(c.queue) == backlog {
		oldest := 0
		if c.waiting {
			oldest = 1 // the first is under way
		}
		c.queue = slices.Delete(c.queue, oldest, oldest+1)
		c.Dropped++
	}
	c.queue = append(c.queue, m)
}

func (c *Dahua) next(now time.Time, out *sim.Out) {
	if c.waiting || len(c.queue) == 0 || now.Before(c.retry) {
		return
	}
	m := &c.queue[0]
	if m.tried && m.reading {
		c.Repeated++
	}
	m.tried = true
	out.Send = fmt.Appendf(out.Send, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json;charset=UTF-8\r\nConnection: keep-alive\r\nContent-Length: %d\r\n\r\n%s",
		m.path, c.cfg.Host, len(m.body), m.body)
	c.waiting, c.sent = true, now
}

// Feed implements sim.Machine.
func (c *Dahua) Feed(now time.Time, p []byte, out *sim.Out) {
	c.in.take(p)
	for c.waiting {
		m, ok := c.in.next()
		if !ok {
			break
		}
		if strings.HasPrefix(m.first, "HTTP/1.1 100") {
			continue
		}
		c.waiting = false
		c.answered(now, m)
	}
	c.next(now, out)
}

// answered judges the answer to the message in front.
func (c *Dahua) answered(now time.Time, m httpMessage) {
	var reply struct{ Result *bool }
	if err := json.Unmarshal([]byte(m.body), &reply); err != nil || !strings.HasPrefix(m.first, "HTTP/1.1 200") || reply.Result == nil || !*reply.Result {
		c.Refused++
		c.retry = now.Add(again)
		return
	}
	if c.queue[0].reading {
		c.Accepted++
	}
	c.queue = c.queue[1:]
}

// Deadline implements sim.Machine.
func (c *Dahua) Deadline() (time.Time, bool) { return c.due, true }

// Reset is called when the connection has broken: what was under way is sent again.
func (c *Dahua) Reset() { c.waiting, c.in = false, incoming{} }

// Waiting is how many readings the camera has still to get rid of.
func (c *Dahua) Waiting() int {
	n := 0
	for _, m := range c.queue {
		if m.reading {
			n++
		}
	}
	return n
}

// tollgate is the message about one vehicle.
func (c *Dahua) tollgate(s Shot) []byte {
	local := s.At.Add(c.cfg.Clock).In(time.FixedZone("", 5*3600))
	number, direction := s.Text, "Obverse"
	if number == "" {
		number = "Unknown"
	}
	if !s.Forward || c.cfg.Role != "front" { // a camera behind sees it driving away
		direction = "Reverse"
	}
	type picture struct{ PicName, Content string }
	type object map[string]any
	p := object{
		"Plate": object{"BoundingBox": []int{3200, 5900, 4700, 6300}, "Channel": c.cfg.Channel - 1, "Confidence": (s.Percent*255 + 50) / 100, "IsExist": s.Text != "",
			"PlateColor": "White", "PlateNumber": number, "PlateType": "Normal", "Region": alpha3(s.Plate.Country), "UploadNum": 1},
		"Vehicle": object{"VehicleBoundingBox": []int{1200, 900, 7000, 8100}, "VehicleColor": "White", "VehicleSeries": "", "VehicleSign": "Unknown", "VehicleType": "HeavyTruck"},
		"SnapInfo": object{"AccurateTime": local.Format("2006-01-02 15:04:05.000"), "SnapTime": local.Format(time.DateTime), "TimeZone": 7, "DSTTune": 0,
			"AllowUser": false, "BlockUser": false, "DeviceID": c.cfg.Name, "Direction": direction, "LanNo": c.cfg.Channel, "TriggerSource": "Video"},
	}
	if s.crop != nil {
		stamp := local.Format("20060102150405.000")
		p["CutoutPic"] = picture{stamp + "_c.jpg", base64.StdEncoding.EncodeToString(s.crop)}
		p["NormalPic"] = picture{stamp + "_n.jpg", base64.StdEncoding.EncodeToString(s.scene)}
	}
	b, err := json.Marshal(object{"Picture": p})
	if err != nil {
		panic(err) // texts and numbers
	}
	return b
}
