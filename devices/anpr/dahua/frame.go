package dahua

import (
	"fmt"
	"strings"
	"time"

	"acsgd/devices/anpr"
	"acsgd/internal/obs"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// event is what one message says about one vehicle.
type event struct {
	code, action string
	plate        string // as written; "" where there is none
	confidence   string
	country      string
	direction    string // Obverse, Reverse
	device       string
	lane         int64
	hasLane      bool
	group        string        // GroupID: equal ones are one vehicle
	count        int64         // pictures of the group; 0 is unknown
	at           time.Time     // UTC; zero is not known
	err          time.Duration // resolution of at
	body         string        // names the message where nothing in it does
}

// tollgate reads an ITSAPI message; ok is false where it is about no vehicle.
func tollgate(f fields, cfg *Config) (e event, ok bool) {
	p := f.under("Picture")
	for _, part := range []string{"Plate", "Vehicle", "SnapInfo"} {
		ok = ok || len(p.under(part)) > 0
	}
	e = event{plate: p["Plate.PlateNumber"], confidence: p["Plate.Confidence"], country: anpr.Country(p["Plate.Region"]),
		direction: p["SnapInfo.Direction"], device: p.first("SnapInfo.DeviceID"), group: ""}
	if strings.EqualFold(strings.TrimSpace(p["Plate.IsExist"]), "false") {
		e.plate = ""
	}
	e.laneOf(p, "SnapInfo.LanNo", "SnapInfo.Lane")
	offset, known := cfg.offset(p, "SnapInfo.TimeZone")
	for _, path := range []string{"SnapInfo.AccurateTime", "SnapInfo.SnapTime"} {
		if e.written(p[path], offset, known); !e.at.IsZero() {
			break
		}
	}
	return e, ok
}

// junction reads one TrafficJunction event, of any of the streams.
func junction(f fields, cfg *Config) event {
	e := event{code: f.first("EventBaseInfo.Code", "Code"), action: f.first("EventBaseInfo.Action", "Action"),
		country: anpr.Country(f.first("TrafficCar.Country", "CommInfo.Country")), direction: f["JunctionDirection"],
		device: f.first("TrafficCar.MachineName"), group: f.first("GroupID", "TrafficCar.GroupID")}
	if e.group == "0" {
		e.group = ""
	}
	e.count, _ = f.number("CountInGroup")
	e.laneOf(f, "Lane", "TrafficCar.Lane")
	// Object.Text of another object than a plate is the vehicle's make.
	texts := []string{f["TrafficCar.PlateNumber"]}
	if f["Object.ObjectType"] == "Plate" {
		texts = append(texts, f["Object.Text"])
		e.confidence = f["Object.Confidence"]
	}
	for _, t := range append(texts, f["NonMotor.Plate.Text"]) {
		if e.plate = t; read(t) != "" {
			break
		}
	}
	e.counted(f, cfg)
	return e
}

// laneOf takes the camera's number of the lane.
func (e *event) laneOf(f fields, paths ...string) {
	for _, p := range paths {
		if e.lane, e.hasLane = f.number(p); e.hasLane {
			return
		}
	}
}

// counted takes the time of an event in seconds. RealUTC is one; UTC is the camera's local
// time as if it were UTC (seen: 7 h more than RealUTC at GMT+7).
func (e *event) counted(f fields, cfg *Config) {
	s, ok := f.number("RealUTC")
	if !ok || s <= 0 {
		offset, known := cfg.offset(f, "TimeZone")
		if s, ok = f.number("UTC"); !ok || !known {
			return
		}
		s -= int64(offset / time.Second)
	}
	if s < earliest || s > latest {
		return
	}
	e.at, e.err = time.Unix(s, 0).UTC(), time.Second
	if ms, ok := f.number("UTCMS"); ok && ms >= 0 && ms < 1000 {
		e.at, e.err = e.at.Add(time.Duration(ms)*time.Millisecond), time.Millisecond
	}
}

// earliest and latest bound the times that are taken for one: 2000 and 2100.
const earliest, latest = 946684800, 4102444800

// written takes the time of an event that is written out, in local time.
func (e *event) written(text string, offset time.Duration, known bool) {
	text = strings.Replace(strings.TrimSpace(text), "T", " ", 1)
	at, err := time.Parse("2006-01-02 15:04:05", text) // takes a fraction too
	if err != nil || !known || at.Unix() < earliest || at.Unix() > latest {
		return
	}
	if e.err = time.Second; strings.Contains(text, ".") {
		e.err = time.Millisecond
	}
	e.at = at.Add(-offset)
}

// offset is how far the camera's local time is ahead of UTC: as set, else as the camera's
// zone says.
func (c *Config) offset(f fields, path string) (time.Duration, bool) {
	if c.Zone != "" {
		return c.zone, true
	}
	i, ok := f.number(path)
	if !ok || i < 0 || i >= int64(len(zones)) {
		return 0, false
	}
	return time.Duration(zones[i]) * time.Minute, true
}

// zones are the time zones of these cameras in minutes, by their number. Source: the zone
// list of Dahua's network SDK header; a captured event with number 12 is of GMT+7.
var zones = [...]int16{0, 60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 540, 570, 600, 660, 720, 780,
	-60, -120, -180, -210, -240, -300, -360, -420, -480, -540, -600, -660, -720}

// read gives the text of a plate as written, "" for the words of an unread one.
func read(written string) string {
	var p obs.Plate
	anpr.Text(&p, written)
	return p.Text
}

// reading makes the reading of the event.
func (e *event) reading(cfg *Config) *obs.Plate {
	p := &obs.Plate{Role: obs.PlateRole(cfg.Role), Country: e.country, EventID: e.id()}
	anpr.Text(p, clip(e.plate))
	if p.Text == "" {
		p.Country = ""
	} else if cfg.Confidence > 0 {
		p.Confidence, _ = scaled(e.confidence, cfg.Confidence)
	}
	switch strings.ToLower(strings.TrimSpace(e.direction)) {
	case "obverse":
		p.Direction = "forward"
	case "reverse":
		p.Direction = "reverse"
	}
	return p
}

// scaled reads a confidence of which full is certainty.
func scaled(text string, full int) (quant.Prob, bool) {
	v, err := quant.Decimal(strings.TrimSpace(text), int64(quant.Certain))
	if err != nil || v < 0 || v > int64(full)*int64(quant.Certain) {
		return 0, false
	}
	return quant.Prob(v / int64(full)), true
}

// id is the camera's identity of the vehicle: its group, else the place and the moment,
// which a repetition has again.
func (e *event) id() string {
	switch {
	case e.group != "":
		return e.device + "/" + e.group
	case e.at.IsZero():
		return e.body
	case e.err < time.Second:
		return fmt.Sprintf("%s/%d@%s", e.device, e.lane, e.at.Format("20060102T150405.000Z"))
	}
	return fmt.Sprintf("%s/%d@%s/%s", e.device, e.lane, e.at.Format("20060102T150405Z"), plate.Normalise(clip(e.plate)))
}
