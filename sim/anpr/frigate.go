package anpr

import (
	"encoding/json"
	"fmt"
	"time"

	"acsgd/sim"
)

// Message is one MQTT message.
type Message struct {
	Topic   string
	Payload []byte
}

// Frigate is a video recorder with plate recognition that watches one camera and tells
// over MQTT. It is a pure machine like sim.Machine, but hands out messages, not bytes.
type Frigate struct {
	eye
	Shots  []Shot
	Record bool // keep what was reported in Shots
}

// NewFrigate makes a recorder in a scene.
func NewFrigate(cfg Config, scene sim.Scene) *Frigate {
	cfg = cfg.filled()
	cfg.Plain = true // Frigate keeps its pictures to itself
	return &Frigate{eye: eye{cfg: cfg, scene: scene}}
}

// Tick lets time pass and gives the messages that are due.
func (f *Frigate) Tick(now time.Time) []Message {
	var list []Message
	for _, s := range f.see(now) {
		list = append(list, f.messages(s)...)
		if f.Record {
			f.Shots = append(f.Shots, s)
		}
	}
	return list
}

// Deadline reports when Tick is due.
func (f *Frigate) Deadline() (time.Time, bool) { return f.due, true }

// messages are those of one vehicle: the reading as soon as it is made, then the event's
// end, which repeats it.
func (f *Frigate) messages(s Shot) []Message {
	at := float64(s.At.Add(f.cfg.Clock).UnixMicro()) / 1e6
	id := fmt.Sprintf("%.6f-%s", at, s.event[:6])
	var list []Message
	var plate *string
	if s.Text != "" {
		plate = &s.Text
		list = append(list, message("frigate/tracked_object_update", struct {
			Type      string  `json:"type"`
			ID        string  `json:"id"`
			Name      *string `json:"name"`
			Plate     string  `json:"plate"`
			Score     float64 `json:"score"`
			Camera    string  `json:"camera"`
			Timestamp float64 `json:"timestamp"`
		}{"lpr", id, nil, s.Text, float64(s.Percent) / 100, f.cfg.Name, at}))
	}
	type object struct {
		ID     string  `json:"id"`
		Camera string  `json:"camera"`
		Frame  float64 `json:"frame_time"`
		Label  string  `json:"label"`
		Plate  *string `json:"recognized_license_plate"`
		Score  float64 `json:"recognized_license_plate_score"`
	}
	return append(list, message("frigate/events", struct {
		Type   string `json:"type"`
		Before object `json:"before"`
		After  object `json:"after"`
	}{"end", object{id, f.cfg.Name, at, "truck", nil, 0}, object{id, f.cfg.Name, at, "truck", plate, float64(s.Percent) / 100}}))
}

func message(topic string, v any) Message {
	b, err := json.Marshal(v)
	if err != nil {
		panic("frigate message: " + err.Error()) // structs of texts and finite numbers
	}
	return Message{topic, b}
}
