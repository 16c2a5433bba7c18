package axis

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"acsgd/devices/anpr"
	"acsgd/devices/anpr/webhook"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// document is one event of License Plate Verifier. Numbers are texts.
type document struct {
	CaptureNS  webhook.Text `json:"capture_ts"`        // ns since 1970
	CaptureMS  webhook.Text `json:"capture_timestamp"` // ms since 1970
	Datetime   webhook.Text `json:"datetime"`
	UTF8       webhook.Text `json:"plateUTF8"`
	Unicode    webhook.Text `json:"plateUnicode"`
	Text       webhook.Text `json:"plateText"`
	ASCII      webhook.Text `json:"plateASCII"`
	Country    webhook.Text `json:"plateCountry"`
	Confidence webhook.Text `json:"plateConfidence"`
	State      webhook.Text `json:"carState"`
	CarID      webhook.Text `json:"carID"`
	Direction  webhook.Text `json:"carMoveDirection"`
	Camera     struct {
		Serial webhook.Text `json:"SerialNumber"`
		MAC    webhook.Text `json:"MACAddress"`
	} `json:"camera_info"`
	Sensor webhook.Text `json:"sensorProviderID"`
	Images []struct {
		Type webhook.Text   `json:"ImageType"`
		Data webhook.Base64 `json:"BinaryImage"`
	} `json:"ImageArray"`
}

// parse reads one message. One that is not about a vehicle is an Event without readings.
func (c *Config) parse(p []byte) (e webhook.Event, err error) {
	var d document
	if err := json.Unmarshal(p, &d); err != nil {
		return e, fmt.Errorf("message is not a JSON object of License Plate Verifier: %w", err)
	}
	text := d.text()
	if d.State == "" && d.CarID == "" && text == "" {
		return e, nil // a heart-beat
	}
	switch d.State {
	case "", "new", "update", "lost":
	default:
		return e, fmt.Errorf("carState %.40q: want new, update or lost", d.State)
	}
	r := webhook.Reading{Camera: d.camera(), Prompt: d.State == "new"}
	if r.At, r.Err, err = c.time(&d); err != nil {
		return e, err
	}
	anpr.Text(&r.Plate, text)
	r.Plate.Country = anpr.Country(string(d.Country))
	r.Plate.Confidence = confidence(string(d.Confidence))
	r.Plate.Direction = c.direction(string(d.Direction))
	r.Plate.EventID = d.id()
	if r.Plate.Text == "" {
		r.Plate.Confidence = 0
		if d.State != "lost" && d.State != "" {
			return e, nil // it may yet be read
		}
	}
	e.Readings = []webhook.Reading{r}
	for _, i := range d.Images {
		e.Pictures = append(e.Pictures, webhook.Picture{Role: role(string(i.Type)), Data: i.Data})
	}
	return e, nil
}

// text is the plate as the camera writes it best: with its own letters, else in ASCII.
func (d *document) text() string {
	for _, t := range []webhook.Text{d.UTF8, d.Unicode, d.Text, d.ASCII} {
		if s := strings.TrimSpace(string(t)); s != "" {
			return s
		}
	}
	return ""
}

func (d *document) camera() string {
	for _, t := range []webhook.Text{d.Camera.Serial, d.Camera.MAC, d.Sensor} {
		if t != "" {
			return string(t)
		}
	}
	return ""
}

// id is the same for all events of one vehicle: the camera's number of it. Numbers begin
// again when the application does, and then the vehicle is another by its time.
func (d *document) id() string {
	switch {
	case d.CarID == "":
		return ""
	case d.camera() == "":
		return string(d.CarID)
	}
	return d.camera() + "/" + string(d.CarID)
}

// time is when the vehicle was seen: the capture as exact as it is given. datetime is the
// camera's own wall clock, which says nothing without its zone.
func (c *Config) time(d *document) (at time.Time, e time.Duration, err error) {
	for _, f := range []struct {
		text webhook.Text
		unit time.Duration
	}{{d.CaptureNS, time.Nanosecond}, {d.CaptureMS, time.Millisecond}} {
		v, err := quant.Decimal(string(f.text), 1)
		if f.text == "" || err == nil && v == 0 {
			continue
		}
		if err != nil || v < 0 || v > int64(latest/f.unit) {
			return at, 0, fmt.Errorf("capture time %.40q is no time", f.text)
		}
		return time.Unix(0, 0).Add(time.Duration(v) * f.unit).UTC(), time.Millisecond, nil
	}
	if at, err := time.Parse(time.RFC3339, string(d.Datetime)); err == nil {
		return at.UTC(), time.Second, nil
	}
	if d.Datetime == "" || c.zone == nil {
		return time.Time{}, 0, nil
	}
	s := string(d.Datetime)
	if len(s) != len("20060102 150405000") {
		return at, 0, errors.New("datetime is not of the form 20060102 150405000")
	}
	at, err = time.ParseInLocation("20060102 150405.000", s[:15]+"."+s[15:], c.zone)
	if err != nil {
		return at, 0, fmt.Errorf("datetime: %w", err)
	}
	return at.UTC(), time.Millisecond, nil
}

// latest is the end of the times that are taken, in the year 2200.
const latest = 230 * 365 * 24 * time.Hour

// confidence is 0 to 1; what is greater than 1 was written in percent by a bridge.
func confidence(s string) quant.Prob {
	if v, ok := anpr.Scaled(s, int64(quant.Certain)); ok {
		return v
	}
	v, _ := anpr.Percent(s)
	return v
}

// direction tells driving forward and backing by where the camera looks: "in" is towards
// the camera.
func (c *Config) direction(sent string) string {
	behind := obs.PlateRole(c.Role) == obs.Rear || obs.PlateRole(c.Role) == obs.Trailer
	switch {
	case sent == "in" && !behind, sent == "out" && behind:
		return "forward"
	case sent == "in", sent == "out":
		return "reverse"
	}
	return ""
}

// role names a picture by its type, or by the name of its part of a form.
func role(kind string) string {
	switch k := strings.ToLower(kind); {
	case strings.Contains(k, "plate"), strings.Contains(k, "lp"):
		return "plate"
	case strings.Contains(k, "vehicle"), strings.Contains(k, "car"):
		return "vehicle"
	case strings.Contains(k, "roi"), strings.Contains(k, "full"), strings.Contains(k, "frame"):
		return "overview"
	}
	return "picture"
}
