package anpr

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"acsgd/sim"
)

// PlateRecognizer is Plate Recognizer's Stream on one camera: a webhook a vehicle, a form
// with the document and the picture. It implements sim.Machine as ISAPI does.
type PlateRecognizer struct {
	eye
	poster

	Shots  []Shot // what was reported, if Record is set, without the pictures
	Record bool
}

var _ sim.Machine = (*PlateRecognizer)(nil)

// NewPlateRecognizer makes a Stream in a scene.
func NewPlateRecognizer(cfg Config, scene sim.Scene) *PlateRecognizer {
	return &PlateRecognizer{eye: eye{cfg: cfg.filled(), scene: scene}}
}

// Tick implements sim.Machine.
func (c *PlateRecognizer) Tick(now time.Time, out *sim.Out) {
	for _, s := range c.see(now) {
		c.push(c.webhook(s))
		if c.Record {
			s.crop, s.scene = nil, nil
			c.Shots = append(c.Shots, s)
		}
	}
	c.next(now, out)
}

// Deadline implements sim.Machine.
func (c *PlateRecognizer) Deadline() (time.Time, bool) { return c.due, true }

func (c *PlateRecognizer) webhook(s Shot) []byte {
	at := s.At.Add(c.cfg.Clock).UTC()
	file := fmt.Sprintf("%s_screenshots/%s.jpg", c.cfg.Name, at.Format("06-01-02/15-04-05.000000"))
	direction := Ninety
	if !s.Forward {
		direction += 180
	}
	score := float64(s.Percent) / 100
	res := map[string]any{"box": map[string]int{"xmin": 460, "ymin": 57, "xmax": 557, "ymax": 82}, "plate": nil, "score": score, "dscore": 0.91,
		"region": map[string]any{"code": strings.ToLower(s.Plate.Country), "score": 0.9}, "direction": direction,
		"vehicle": map[string]any{"score": 0.8, "type": "Big Truck", "box": map[string]int{"xmin": 12, "ymin": 4, "xmax": 620, "ymax": 355}}}
	if s.Text != "" {
		res["plate"] = strings.ToLower(s.Text)
		list := []any{map[string]any{"plate": strings.ToLower(s.Text), "score": score}}
		for i, text := range second(s) {
			list = append(list, map[string]any{"plate": strings.ToLower(text), "score": float64(s.Percent*(80-5*i)) / 10_000})
		}
		res["candidates"] = list
	}
	doc := document(map[string]any{
		"hook": map[string]any{"id": c.cfg.Name, "event": "recognition", "filename": file, "target": "http://" + c.cfg.Host + c.cfg.Path},
		"data": map[string]any{"camera_id": c.cfg.Name, "filename": file, "timestamp": at.Format("2006-01-02T15:04:05.000000Z"),
			"timestamp_local": at.In(time.FixedZone("", 5*3600)).Format("2006-01-02 15:04:05.000000-07:00"), "results": []any{res}}})
	var b bytes.Buffer
	const boundary = "3f0c1a5de8b94d2f"
	fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n%s\r\n", boundary, doc)
	if s.scene != nil {
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"%s\"\r\nContent-Type: image/jpeg\r\n\r\n", boundary, file)
		b.Write(s.scene)
		b.WriteString("\r\n")
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return post(c.cfg, "multipart/form-data; boundary="+boundary, b.Bytes())
}
