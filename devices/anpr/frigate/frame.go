package frigate

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"acsgd/devices/anpr"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Reading is what one message says about one vehicle.
type Reading struct {
	Plate  obs.Plate
	Camera string
	At     time.Time // zero if the message has no time
	Ended  bool      // the vehicle has left the picture
	// Vehicle says that the object is one, whether or not a plate was read.
	Vehicle bool
}

// update is a message of .../tracked_object_update. Types other than lpr (description,
// face, classification) say nothing about plates.
type update struct {
	Type      string      `json:"type"`
	ID        string      `json:"id"`
	Plate     *string     `json:"plate"`
	Score     json.Number `json:"score"`
	Camera    string      `json:"camera"`
	Timestamp json.Number `json:"timestamp"`
	After     *object     `json:"after"` // of .../events
}

// object is a tracked object as .../events describes it.
type object struct {
	ID     string          `json:"id"`
	Camera string          `json:"camera"`
	Label  string          `json:"label"`
	Frame  json.Number     `json:"frame_time"`
	Start  json.Number     `json:"start_time"`
	Plate  json.RawMessage `json:"recognized_license_plate"` // a text, a list of text and score, or null
	Score  json.Number     `json:"recognized_license_plate_score"`
}

// Parse reads one message: the payload tells the two topics apart. ok is false where the
// message is not about a vehicle's plate.
func Parse(payload []byte) (r Reading, ok bool, err error) {
	var u update
	if err := json.Unmarshal(payload, &u); err != nil {
		return r, false, fmt.Errorf("message is not a JSON object of Frigate: %w", err)
	}
	switch {
	case u.After != nil:
		return u.After.reading(u.Type == "end"), true, nil
	case u.Type == "lpr" && u.Plate != nil:
		r = Reading{Camera: u.Camera, At: unixTime(u.Timestamp), Vehicle: true}
		r.Plate.EventID = u.ID
		anpr.Text(&r.Plate, *u.Plate)
		r.Plate.Confidence, _ = anpr.Scaled(u.Score.String(), int64(quant.Certain))
		return r, true, nil
	}
	return r, false, nil
}

func (o *object) reading(ended bool) Reading {
	r := Reading{Camera: o.Camera, At: unixTime(o.Frame), Ended: ended}
	if r.At.IsZero() {
		r.At = unixTime(o.Start)
	}
	r.Vehicle = isVehicle(o.Label)
	r.Plate.EventID = o.ID
	text, score := o.Plate, o.Score.String()
	var pair []json.RawMessage
	if json.Unmarshal(text, &pair) == nil && len(pair) > 0 {
		text = pair[0]
		if len(pair) > 1 {
			score = string(pair[1])
		}
	}
	var written string
	if json.Unmarshal(text, &written) == nil {
		anpr.Text(&r.Plate, written)
	}
	if r.Plate.Text != "" {
		r.Plate.Confidence, _ = anpr.Scaled(score, int64(quant.Certain))
	}
	return r
}

// isVehicle reports whether Frigate's name of an object is one of a vehicle.
func isVehicle(label string) bool {
	switch strings.ToLower(label) {
	case "car", "truck", "bus", "motorcycle", "vehicle", "license_plate":
		return true
	}
	return false
}

// unixTime reads seconds since 1970 with their fraction.
func unixTime(n json.Number) time.Time {
	us, err := quant.Decimal(n.String(), 1_000_000)
	if err != nil || us <= 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
