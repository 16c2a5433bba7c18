package dahua

import (
	"bytes"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
)

// heartbeat is what a camera says while nothing happens.
var heartbeat = []byte("Heartbeat")

// said reads a text of a stream: a heart-beat, lines of one or several events, or a line of
// the event manager. Without events it is a sign of life.
func (c *camera) said(p []byte) (events []event, err error) {
	p = bytes.TrimSpace(bytes.TrimPrefix(p, bom))
	switch {
	case bytes.EqualFold(p, heartbeat):
		return nil, nil
	case bytes.HasPrefix(p, []byte("Code=")):
		return c.line(p)
	case !bytes.HasPrefix(p, []byte("Events[")):
		return nil, fmt.Errorf("text that is neither a heart-beat nor an event")
	}
	f, strange := parseText(p)
	if strange > 0 {
		err = fmt.Errorf("%d lines of an event are not path=value", strange)
	}
	for _, one := range f.parts("Events") {
		e := junction(one, c.cfg)
		if e.code == "" && len(one.under("TrafficCar")) == 0 {
			continue
		}
		if c.wanted(&e) {
			events = append(events, e)
		}
	}
	return events, err
}

// line reads Code=TrafficJunction;action=Pulse;index=0;data={...}; the document may go on
// over several lines.
func (c *camera) line(p []byte) ([]event, error) {
	head, data, _ := bytes.Cut(p, []byte("data="))
	f, err := parseJSON(data)
	if len(bytes.TrimSpace(data)) == 0 {
		f, err = fields{}, nil // an event that says nothing more
	}
	for field := range bytes.SplitSeq(head, []byte(";")) {
		switch key, value, _ := bytes.Cut(bytes.TrimSpace(field), []byte("=")); string(key) {
		case "Code":
			f["Code"] = string(value)
		case "action":
			f["Action"] = string(value)
		}
	}
	e := junction(f, c.cfg)
	if !c.wanted(&e) || len(f.under("TrafficCar")) == 0 && len(f.under("Object")) == 0 && err == nil {
		return nil, nil
	}
	return []event{e}, err
}

// text takes a text outside a stream: its readings have no pictures.
func (c *camera) text(now time.Time, offset int64, p []byte, out *devices.Out) {
	events, err := c.said(p)
	if err != nil {
		out.Err(Proto, offset, err.Error(), p)
	}
	out.Frames = max(out.Frames, 1)
	album := anpr.NewAlbum(c.env)
	for i := range events {
		c.emit(now, offset, &events[i], album, textType, p, out)
	}
}

const textType = "text/plain"
