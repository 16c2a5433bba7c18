package isapi

import (
	"fmt"
	"strings"
	"time"

	"acsgd/devices/anpr"
	"acsgd/devices/anpr/xmlwalk"
	"acsgd/internal/obs"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// Event is one EventNotificationAlert, as far as it says something about a vehicle. Its
// texts are trimmed and otherwise as sent.
type Event struct {
	Type, State string // eventType: ANPR, videoloss, heartBeat, ...; eventState: active, inactive
	At          time.Time
	HasAt       bool           // At was sent, with its zone
	AtErr       time.Duration  // resolution of At
	Zone        *time.Location // of At as sent
	Stored      bool           // sent again, or from the camera's memory: it is not of now
	UUID        string
	Device      string // deviceUUID, MAC address or channel: whatever names the sender best
	Pictures    int    // picNum; 0 is unknown
	MoreData    bool   // the pictures follow in a later message with the same UUID

	Plate      string
	Original   string
	Confidence string
	Believe    string // plateCharBelieve
	Country    string // index of the country table
	CRIndex    string
	ISOCountry string
	PlateType  string
	Direction  string
	ADR        string
	Containers []Container
	Files      []File
	Further    []Further
}

// Container is one container that the camera read.
type Container struct{ Main, Sub, ISO string }

// File describes one picture.
type File struct{ Name, Type, ID string }

// Further is one more plate of the same vehicle.
type Further struct{ Plate, Confidence string }

// ParseEvent reads the first EventNotificationAlert in p and returns how many bytes it
// takes; 0 if p ends before it does. An error stands at offset n.
func ParseEvent(p []byte) (e *Event, n int, err error) {
	r := eventReader{e: new(Event)}
	n, err = xmlwalk.Walk(p, &r)
	if err != nil {
		return nil, n, err
	}
	return r.e, n, nil
}

// eventReader fills an Event from the document.
type eventReader struct{ e *Event }

func (r *eventReader) Open(path [][]byte, _ []byte) error {
	if len(path) == 1 && string(path[0]) != "EventNotificationAlert" {
		return fmt.Errorf("document %.40q is not an EventNotificationAlert", path[0])
	}
	switch string(path[len(path)-1]) {
	case "container":
		r.e.Containers = append(r.e.Containers, Container{})
	case "pictureInfo":
		r.e.Files = append(r.e.Files, File{})
	case "PlateInfo":
		r.e.Further = append(r.e.Further, Further{})
	}
	return nil
}

func (r *eventReader) Shut([][]byte) {}

func (r *eventReader) Leaf(path [][]byte, text []byte) {
	if len(path) < 2 {
		return
	}
	name, parent := string(path[len(path)-1]), string(path[len(path)-2])
	switch parent {
	case "EventNotificationAlert":
		r.head(name, string(text))
	case "ANPR":
		r.anpr(name, string(text))
	case "container":
		r.container(name, string(text))
	case "pictureInfo":
		r.picture(name, string(text))
	case "PlateInfo":
		f := &r.e.Further[len(r.e.Further)-1]
		switch name {
		case "licensePlate":
			f.Plate = string(text)
		case "confidenceLevel":
			f.Confidence = string(text)
		}
	}
}

func (r *eventReader) head(name, text string) {
	e := r.e
	switch name {
	case "eventType":
		e.Type = text
	case "eventState":
		e.State = text
	case "dateTime":
		e.At, e.AtErr, e.Zone, e.HasAt = eventTime(text)
	case "UUID":
		e.UUID = text
	case "deviceUUID":
		e.Device = text
	case "macAddress":
		if e.Device == "" {
			e.Device = text
		}
	case "isDataRetransmission":
		e.Stored = e.Stored || text == "true"
	case "picNum":
		e.Pictures = int(number(text))
	}
}

func (r *eventReader) anpr(name, text string) {
	e := r.e
	switch name {
	case "licensePlate":
		e.Plate = text
	case "originalLicensePlate":
		e.Original = text
	case "confidenceLevel":
		e.Confidence = text
	case "plateCharBelieve":
		e.Believe = text
	case "country":
		e.Country = text
	case "CRIndex":
		e.CRIndex = text
	case "ISO-CR":
		e.ISOCountry = text
	case "plateType":
		e.PlateType = text
	case "direction":
		e.Direction = text
	case "ADRNo":
		e.ADR = text
	case "alarmDataType":
		e.Stored = e.Stored || text == "1"
	case "hasMoreData":
		e.MoreData = text == "true"
	}
}

func (r *eventReader) container(name, text string) {
	c := &r.e.Containers[len(r.e.Containers)-1]
	switch name {
	case "containerMainNum":
		c.Main = text
	case "containerSubNum":
		c.Sub = text
	case "containerISONum":
		c.ISO = text
	}
}

func (r *eventReader) picture(name, text string) {
	f := &r.e.Files[len(r.e.Files)-1]
	switch name {
	case "fileName":
		f.Name = text
	case "type":
		f.Type = text
	case "pId":
		f.ID = text
	}
}

func number(s string) int64 {
	v, err := quant.Decimal(s, 1)
	if err != nil || v < 0 || v > 1<<30 {
		return 0
	}
	return v
}

// eventTime reads dateTime: ISO 8601 with a zone, milliseconds on newer firmware. A time
// without a zone is not used: it may be of any hour.
func eventTime(s string) (at time.Time, e time.Duration, zone *time.Location, ok bool) {
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		if e = time.Second; strings.Contains(s, ".") {
			e = time.Millisecond
		}
		name, offset := at.Zone()
		return at.UTC(), e, time.FixedZone(name, offset), true
	}
	return time.Time{}, 0, nil, false
}

// Reading reports whether the event is about a vehicle; heart-beats (videoloss inactive,
// heartBeat) and other events are not.
func (e *Event) Reading() bool {
	return strings.EqualFold(e.Type, "ANPR") || e.Type == "" && e.Plate != "" ||
		strings.EqualFold(e.Type, "vehicleDetection") && e.Plate != ""
}

// plates gives the readings of the event: one, and one for each further plate on the same
// vehicle. role is where the camera looks.
func (e *Event) plates(role obs.PlateRole) []*obs.Plate {
	p := &obs.Plate{Role: role, Country: e.country(), EventID: e.id(), Late: e.Stored}
	anpr.Text(p, e.Plate)
	if e.Original != "" && e.Original != p.Text && p.Text != "" {
		p.Original = e.Original
	}
	p.Confidence, _ = anpr.Percent(e.Confidence)
	anpr.Chars(p, e.Believe)
	if strings.EqualFold(e.PlateType, "trailer") {
		p.Role = obs.Trailer
	}
	if d := strings.ToLower(e.Direction); d == "forward" || d == "reverse" {
		p.Direction = d
	}
	for _, c := range e.Containers {
		// Firmware writes the eleven characters in one field, or the check digit apart.
		if !anpr.Container(p, c.Main) {
			anpr.Container(p, c.Main+c.Sub)
		}
	}
	if a := strings.ToLower(e.ADR); a != "unknown" && a != "none" {
		p.ADR = e.ADR
	}
	list := []*obs.Plate{p}
	for _, f := range e.Further {
		q := &obs.Plate{Role: p.Role, Country: "", EventID: fmt.Sprintf("%s#%d", p.EventID, len(list)+1), Direction: p.Direction, Late: p.Late}
		anpr.Text(q, f.Plate)
		if q.Text == "" || q.Text == p.Text || len(list) > 4 {
			continue
		}
		q.Confidence, _ = anpr.Percent(f.Confidence)
		list = append(list, q)
	}
	return list
}

// id is the camera's identity of the vehicle. Firmware without UUID gets one that a
// repeated message has again.
func (e *Event) id() string {
	if e.UUID != "" {
		return e.UUID
	}
	if !e.HasAt {
		return ""
	}
	return fmt.Sprintf("%s@%s/%s", e.Device, e.At.Format("20060102T150405.000Z"), plate.Normalise(e.Plate))
}

// country translates the camera's country. CRIndex goes before country, of which 253 means
// "see CRIndex", 0 not supported and 254 not recognised.
func (e *Event) country() string {
	for _, s := range []string{e.CRIndex, e.Country} {
		if c := countries[s]; c != "" {
			return c
		}
	}
	if c := strings.ToUpper(e.ISOCountry); len(c) == 2 && c[0] >= 'A' && c[0] <= 'Z' && c[1] >= 'A' && c[1] <= 'Z' {
		return c
	}
	return ""
}

// countries are the indexes of Hikvision's country list that matter at these borders.
var countries = map[string]string{
	"9": "BY", "11": "RU", "12": "UA", "28": "AZ", "29": "GE", "30": "KZ", "32": "TM", "33": "UZ", "46": "TR",
	"51": "AM", "59": "CN", "73": "KG", "76": "MN", "81": "TR", "83": "TJ", "88": "AF", "92": "IR",
}

// pictureRole names a picture for the evidence: by its name or the type that the event
// gives for that name or id.
func (e *Event) pictureRole(name string) string {
	if e != nil {
		for _, f := range e.Files {
			if name != "" && (f.Name == name || f.ID == name) && f.Type != "" {
				name = f.Type
				break
			}
		}
	}
	switch n := strings.ToLower(name); {
	case strings.Contains(n, "licenseplate"):
		return "plate"
	case strings.Contains(n, "vehicle"):
		return "vehicle"
	case strings.Contains(n, "detection"):
		return "overview"
	case strings.Contains(n, "feature"):
		return "feature"
	}
	return "picture"
}
