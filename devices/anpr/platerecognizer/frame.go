package platerecognizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"acsgd/devices/anpr"
	"acsgd/devices/anpr/webhook"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// document is a message of Stream.
type document struct {
	Hook struct {
		Event string `json:"event"`
	} `json:"hook"`
	Data *data `json:"data"`
}

type data struct {
	Camera  webhook.Text `json:"camera_id"`
	Time    string       `json:"timestamp"` // UTC
	Results []result     `json:"results"`
}

// result is one vehicle. A vehicle without a plate has none, or null.
type result struct {
	Plate  webhook.Text `json:"plate"` // lower case
	Score  webhook.Text `json:"score"` // 0 to 1
	Region struct {
		Code string `json:"code"`
	} `json:"region"`
	Candidates []struct {
		Plate webhook.Text `json:"plate"`
		Score webhook.Text `json:"score"` // left out by some versions
	} `json:"candidates"`
	Direction webhook.Text `json:"direction"` // degrees, or ""
}

// frameTime is how well Stream knows the time of a frame: a picture period and the delay of
// the video stream.
const frameTime = 200 * time.Millisecond

// parse reads one message. A message that is not about vehicles is an Event without
// readings.
func (c *Config) parse(p []byte) (e webhook.Event, err error) {
	var m document
	if err := json.Unmarshal(p, &m); err != nil {
		return e, fmt.Errorf("message is not a JSON object of Plate Recognizer: %w", err)
	}
	switch {
	case m.Hook.Event != "" && m.Hook.Event != "recognition":
		return e, nil // the state of the stream, or something newer than this driver
	case m.Data == nil:
		return e, errors.New("message has no data")
	case c.Camera != "" && string(m.Data.Camera) != c.Camera:
		return e, nil
	}
	at := utc(m.Data.Time)
	for i := range m.Data.Results {
		res := &m.Data.Results[i]
		r := webhook.Reading{At: at, Err: frameTime}
		q := &r.Plate
		anpr.Text(q, string(res.Plate))
		if q.Text != "" {
			q.Confidence, _ = anpr.Scaled(string(res.Score), int64(quant.Certain))
		}
		q.Country = webhook.Country(res.Region.Code)
		q.Direction = webhook.Direction(res.Direction, c.Forward)
		webhook.Candidates(q, res.further(q))
		if !at.IsZero() {
			q.EventID = fmt.Sprintf("%s@%s/%d", m.Data.Camera, at.Format("20060102T150405.000000Z"), i+1)
		}
		e.Readings = append(e.Readings, r)
	}
	return e, nil
}

// further gives the candidates. Versions that leave their scores out share among them what
// the plate's own score leaves of certainty.
func (r *result) further(p *obs.Plate) []obs.Candidate {
	list := make([]obs.Candidate, 0, len(r.Candidates))
	for _, c := range r.Candidates {
		v, ok := anpr.Scaled(string(c.Score), int64(quant.Certain))
		if !ok {
			v = (quant.Certain - p.Confidence) / quant.Prob(len(r.Candidates))
		}
		list = append(list, obs.Candidate{Text: string(c.Plate), P: v})
	}
	return list
}

// utc reads a timestamp, which is UTC whether or not it says so. Zero is none.
func utc(s string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}
