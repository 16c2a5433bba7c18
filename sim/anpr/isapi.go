package anpr

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"acsgd/sim"
)

// ISAPI is a camera that pushes its readings over HTTP as Hikvision's do: multipart with a
// document and pictures, one request at a time on one connection. It implements
// sim.Machine: Send holds complete requests, Feed takes the answers.
type ISAPI struct {
	eye
	poster
	beat    time.Time
	started bool

	Shots []Shot
	// Record keeps what was reported in Shots, without the pictures.
	Record bool
}

var _ sim.Machine = (*ISAPI)(nil)

// NewISAPI makes a camera in a scene.
func NewISAPI(cfg Config, scene sim.Scene) *ISAPI {
	return &ISAPI{eye: eye{cfg: cfg.filled(), scene: scene}}
}

const heartbeat = 30 * time.Second

// Tick implements sim.Machine.
func (c *ISAPI) Tick(now time.Time, out *sim.Out) {
	if !c.started {
		c.started, c.beat = true, now.Add(heartbeat)
	}
	for _, s := range c.see(now) {
		c.push(c.request(s))
		if c.Record {
			s.crop, s.scene = nil, nil
			c.Shots = append(c.Shots, s)
		}
	}
	if !now.Before(c.beat) {
		c.beat = now.Add(heartbeat)
		c.push(post(c.cfg, "application/xml; charset=\"UTF-8\"", []byte(c.document("videoloss", "inactive", now.Add(c.cfg.Clock), ""))))
	}
	c.next(now, out)
}

// Deadline implements sim.Machine.
func (c *ISAPI) Deadline() (time.Time, bool) { return c.due, true }

// request is the complete push of one report.
func (c *ISAPI) request(s Shot) []byte {
	doc := c.document("ANPR", "active", s.At.Add(c.cfg.Clock), c.anpr(s))
	var b bytes.Buffer
	part := func(name, media string, content []byte) {
		fmt.Fprintf(&b, "--boundary\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\nContent-Type: %s\r\nContent-Length: %d\r\n", name, name, media, len(content))
		if media == "image/jpeg" {
			fmt.Fprintf(&b, "Content-ID: %s\r\n", strings.TrimSuffix(name, ".jpg"))
		}
		b.WriteString("\r\n")
		b.Write(content)
		b.WriteString("\r\n")
	}
	part("anpr.xml", "text/xml; charset=\"UTF-8\"", []byte(doc))
	if s.crop != nil {
		part("licensePlatePicture.jpg", "image/jpeg", s.crop)
		part("detectionPicture.jpg", "image/jpeg", s.scene)
	}
	b.WriteString("--boundary--\r\n")
	return post(c.cfg, "multipart/form-data; boundary=boundary", b.Bytes())
}

// document is an EventNotificationAlert.
func (c *ISAPI) document(kind, state string, at time.Time, inner string) string {
	zone := time.FixedZone("", 5*3600)
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">
<ipAddress>10.0.0.%d</ipAddress>
<protocol>HTTP</protocol>
<macAddress>44:a6:42:00:%02x:%02x</macAddress>
<channelID>%d</channelID>
<dateTime>%s</dateTime>
<activePostCount>%d</activePostCount>
<eventType>%s</eventType>
<eventState>%s</eventState>
<eventDescription>%s</eventDescription>
<channelName>%s</channelName>
%s</EventNotificationAlert>
`, 10+c.cfg.Channel%200, c.cfg.Seed>>8&0xff, c.cfg.Seed&0xff, c.cfg.Channel, at.In(zone).Format("2006-01-02T15:04:05.000-07:00"),
		c.count, kind, state, kind, c.cfg.Name, inner)
}

// anpr is the part of the document about the plate.
func (c *ISAPI) anpr(s Shot) string {
	text, believe, direction, kind := s.Text, "", "forward", "unknown"
	for i, v := range s.Sure {
		if i > 0 {
			believe += ","
		}
		believe += strconv.Itoa(v)
	}
	if text == "" {
		text = "unknown"
	}
	if !s.Forward {
		direction = "reverse"
	}
	if c.cfg.Role != "front" {
		kind = "trailer"
	}
	pictures := 0
	list := ""
	if s.crop != nil {
		pictures = 2
		for i, name := range []string{"licensePlatePicture", "detectionPicture"} {
			list += fmt.Sprintf("<pictureInfo>\n<fileName>%s.jpg</fileName>\n<type>%s</type>\n<dataType>0</dataType>\n<absTime>%s</absTime>\n<pId>%s%d</pId>\n</pictureInfo>\n",
				name, name, s.At.Add(c.cfg.Clock).Format("20060102150405000"), s.event, i)
		}
	}
	return fmt.Sprintf(`<ANPR>
<country>%d</country>
<licensePlate>%s</licensePlate>
<line>%d</line>
<direction>%s</direction>
<confidenceLevel>%d</confidenceLevel>
<plateType>%s</plateType>
<plateColor>white</plateColor>
<plateCharBelieve>%s</plateCharBelieve>
<vehicleType>truck</vehicleType>
<alarmDataType>0</alarmDataType>
<vehicleInfo>
<index>%d</index>
<color>unknown</color>
<length>0</length>
<vehileModel>0</vehileModel>
</vehicleInfo>
<pictureInfoList>
%s</pictureInfoList>
<originalLicensePlate>%s</originalLicensePlate>
<CRIndex>%d</CRIndex>
</ANPR>
<UUID>%s</UUID>
<picNum>%d</picNum>
<isDataRetransmission>false</isDataRetransmission>
`, countryIndex(s.Plate.Country), text, c.cfg.Channel, direction, s.Percent, kind, believe, c.count, list, text,
		countryIndex(s.Plate.Country), s.event, pictures)
}

// countryIndex is the number that the camera's firmware has for a country; 254 is not
// recognised.
func countryIndex(iso string) int {
	for i, c := range []string{"BY", "RU", "UA", "AZ", "GE", "KZ", "TM", "UZ", "TR", "AM", "CN", "KG", "MN", "TJ", "AF", "IR"} {
		if c == iso {
			return []int{9, 11, 12, 28, 29, 30, 32, 33, 46, 51, 59, 73, 76, 83, 88, 92}[i]
		}
	}
	return 254
}
