package openalpr

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"acsgd/devices/anpr"
	"acsgd/devices/anpr/webhook"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// document is any of the agent's messages; data_type tells which fields are there.
type document struct {
	Type   string       `json:"data_type"`
	Camera webhook.Text `json:"camera_id"`
	group
	// of alpr_results: one frame of the video
	UUID    string       `json:"uuid"`
	Epoch   webhook.Text `json:"epoch_time"`
	Results []result     `json:"results"`
	// of alpr_alert: a group whose plate stands in a list of the operator's
	Group *document `json:"group"`
}

// group is what the agent sums up of one vehicle.
type group struct {
	Start      webhook.Text   `json:"epoch_start"`
	End        webhook.Text   `json:"epoch_end"`
	UUIDs      []string       `json:"uuids"`
	Indexes    []int          `json:"plate_indexes"`
	BestUUID   string         `json:"best_uuid"`
	Number     string         `json:"best_plate_number"`
	Confidence webhook.Text   `json:"best_confidence"`
	Region     string         `json:"best_region"`
	Country    string         `json:"country"`
	Candidates []candidate    `json:"candidates"`
	Best       *result        `json:"best_plate"`
	Direction  webhook.Text   `json:"travel_direction"`
	Vehicle    webhook.Base64 `json:"vehicle_crop_jpeg"`
}

// result is one plate of one frame.
type result struct {
	Plate      string         `json:"plate"`
	Confidence webhook.Text   `json:"confidence"`
	Region     string         `json:"region"`
	Sure       webhook.Text   `json:"region_confidence"`
	Index      int            `json:"plate_index"`
	Candidates []candidate    `json:"candidates"`
	Crop       webhook.Base64 `json:"plate_crop_jpeg"`
}

// candidate is one reading of a plate. matches_template is 1 or true where it has the form
// that the region's plates have.
type candidate struct {
	Plate      string          `json:"plate"`
	Confidence webhook.Text    `json:"confidence"`
	Template   json.RawMessage `json:"matches_template"`
}

// frameTime is how well the agent knows the time of a frame: a picture period and the
// delay of the video stream.
const frameTime = 200 * time.Millisecond

// Parse reads one message of the agent. A message that is not about plates is an Event
// without readings.
func (d *decoder) Parse(p []byte) (e webhook.Event, err error) {
	var m document
	if err := json.Unmarshal(p, &m); err != nil {
		return e, fmt.Errorf("message is not a JSON object of OpenALPR: %w", err)
	}
	switch {
	case m.Type == "alpr_alert" && m.Group != nil:
		return d.group(m.Group), nil
	case m.Type == "alpr_group":
		return d.group(&m), nil
	case m.Type == "alpr_results":
		return d.frame(&m), nil
	case m.Type == "":
		return e, fmt.Errorf("message has no data_type")
	}
	return e, nil // a heart-beat, or a type that is newer than this driver
}

// group reads the summary of one vehicle.
func (d *decoder) group(m *document) (e webhook.Event) {
	if !d.mine(m.Camera) {
		return e
	}
	g := &m.group
	r := webhook.Reading{}
	p := &r.Plate
	number, confidence, list, region := g.Number, g.Confidence, g.Candidates, g.Region
	if b := g.Best; b != nil {
		if number == "" {
			number, confidence = b.Plate, b.Confidence
		}
		if len(list) == 0 {
			list = b.Candidates
		}
		if region == "" {
			region = b.Region
		}
		e.Pictures = append(e.Pictures, webhook.Picture{Role: "plate", Data: b.Crop})
	}
	e.Pictures = append(e.Pictures, webhook.Picture{Role: "vehicle", Data: g.Vehicle})
	read(p, number, confidence, list)
	p.Country = country(region, g.Country)
	p.Direction = webhook.Direction(g.Direction, d.cfg.Forward)
	p.EventID = d.book.group(g)
	r.At, r.Err = g.when()
	e.Readings = []webhook.Reading{r}
	return e
}

// when is the time of the best frame, which ends its name, if that is a time within the
// group's; else the group's middle.
func (g *group) when() (at time.Time, err time.Duration) {
	from, to := epoch(g.Start), epoch(g.End)
	if from.IsZero() || to.Before(from) {
		return from, frameTime
	}
	if best := epoch(webhook.Text(g.BestUUID[strings.LastIndexByte(g.BestUUID, '-')+1:])); !best.Before(from) && !best.After(to) {
		return best, frameTime
	}
	half := to.Sub(from) / 2
	return from.Add(half), half + frameTime
}

// frame reads the plates of one frame.
func (d *decoder) frame(m *document) (e webhook.Event) {
	if !d.cfg.Results || !d.mine(m.Camera) {
		return e
	}
	at := epoch(m.Epoch)
	for i := range m.Results {
		res := &m.Results[i]
		r := webhook.Reading{At: at, Err: frameTime}
		read(&r.Plate, res.Plate, res.Confidence, res.Candidates)
		r.Plate.Country = country(res.Region, "")
		id := name(m.UUID, res.Index)
		var news bool
		if r.Plate.EventID, news = d.book.frame(id, string(m.Camera), &r.Plate, at); !news {
			continue
		}
		if len(m.Results) == 1 { // a crop of one plate must not be taken for another's
			e.Pictures = append(e.Pictures, webhook.Picture{Role: "plate", Data: res.Crop})
		}
		e.Readings = append(e.Readings, r)
	}
	return e
}

// read sets text, confidence and candidates. The agent's confidences are of 0 to 100.
func read(p *obs.Plate, number string, confidence webhook.Text, list []candidate) {
	anpr.Text(p, number)
	if p.Text != "" {
		p.Confidence, _ = anpr.Percent(string(confidence))
	}
	// Those in the form of the region's plates first, else as sent: best first.
	slices.SortStableFunc(list, func(a, b candidate) int { return b.template() - a.template() })
	further := make([]obs.Candidate, 0, len(list))
	for _, c := range list {
		v, ok := anpr.Percent(string(c.Confidence))
		if !ok {
			v = 0
		}
		further = append(further, obs.Candidate{Text: c.Plate, P: v})
	}
	webhook.Candidates(p, further)
}

func (c *candidate) template() int {
	if s := string(c.Template); s == "1" || s == "true" {
		return 1
	}
	return 0
}

// country is that of a region such as us-mo or eu-pl. A bare region is one of a state for
// the recogniser of the United States, and of a country for that of Europe only.
func country(region, recogniser string) string {
	if strings.Contains(region, "-") {
		return webhook.Country(region)
	}
	switch c := strings.ToLower(recogniser); {
	case c == "eu":
		return webhook.Country(region)
	case c != "":
		return webhook.Country(c)
	}
	return ""
}

// epoch reads milliseconds since 1970; zero where there is none.
func epoch(n webhook.Text) time.Time {
	ms, err := quant.Decimal(string(n), 1)
	if err != nil || ms <= 0 || ms > 1<<43 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// name is the identity of one plate of one frame.
func name(uuid string, index int) string {
	if uuid == "" || index == 0 {
		return uuid
	}
	return uuid + "#" + strconv.Itoa(index)
}
