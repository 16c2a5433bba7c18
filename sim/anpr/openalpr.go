package anpr

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"acsgd/sim"
)

// OpenALPR is an agent that watches one camera and posts JSON: the plate of the best frame
// at once, the group a little later, a heart-beat a minute. Vehicles whose plate it cannot
// read it does not report. It implements sim.Machine as ISAPI does.
type OpenALPR struct {
	eye
	poster
	beat    time.Time
	pending []groupDue

	Shots  []Shot // what was reported, if Record is set, without the pictures
	Record bool
}

type groupDue struct {
	at time.Time
	s  Shot
}

var _ sim.Machine = (*OpenALPR)(nil)

const (
	groupDelay = time.Second // until no further frame of the vehicle has come
	agentBeat  = time.Minute
	agentUID   = "1KB9XGRZ0PQ7TTC2HJ5M"
)

// Ninety is the degrees at which the recognition programs say that a vehicle drives forward.
const Ninety = 90

// NewOpenALPR makes an agent in a scene.
func NewOpenALPR(cfg Config, scene sim.Scene) *OpenALPR {
	return &OpenALPR{eye: eye{cfg: cfg.filled(), scene: scene}}
}

// Tick implements sim.Machine.
func (c *OpenALPR) Tick(now time.Time, out *sim.Out) {
	if c.beat.IsZero() {
		c.beat = now.Add(agentBeat)
	}
	for _, s := range c.see(now) {
		if s.Text == "" {
			continue
		}
		c.post(c.results(s))
		c.pending = append(c.pending, groupDue{now.Add(groupDelay), s})
		if c.Record {
			s.crop, s.scene = nil, nil
			c.Shots = append(c.Shots, s)
		}
	}
	for len(c.pending) > 0 && !now.Before(c.pending[0].at) {
		c.post(c.group(c.pending[0].s))
		c.pending = slices.Delete(c.pending, 0, 1)
	}
	if !now.Before(c.beat) {
		c.beat = now.Add(agentBeat)
		c.post(map[string]any{"data_type": "heartbeat", "agent_uid": agentUID, "agent_type": "alprd", "timestamp": now.Add(c.cfg.Clock).UnixMilli(),
			"license_valid": true, "video_streams": []any{map[string]any{"camera_id": c.cfg.Channel, "camera_name": c.cfg.Name, "is_streaming": true, "fps": 25}}})
	}
	c.next(now, out)
}

// Deadline implements sim.Machine.
func (c *OpenALPR) Deadline() (time.Time, bool) { return c.due, true }

func (c *OpenALPR) post(v any) { c.push(post(c.cfg, "application/json", document(v))) }

func document(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("plate document: " + err.Error()) // maps of texts and finite numbers
	}
	return b
}

// uuid names the frame of a report.
func (c *OpenALPR) uuid(s Shot) string {
	return fmt.Sprintf("%s-%d-%d", agentUID, c.cfg.Channel, s.At.Add(c.cfg.Clock).UnixMilli())
}

// plate is one plate of a frame.
func (c *OpenALPR) plate(s Shot) map[string]any {
	m := map[string]any{"plate": s.Text, "confidence": confidence(s.Percent), "matches_template": 0, "plate_index": 0,
		"region": region(s), "region_confidence": 90, "requested_topn": 10, "processing_time_ms": 41.7,
		"coordinates": []any{corner(204, 134), corner(709, 222), corner(658, 500), corner(167, 383)}, "candidates": c.candidates(s)}
	if s.crop != nil {
		m["plate_crop_jpeg"] = s.crop
	}
	return m
}

func corner(x, y int) map[string]int { return map[string]int{"x": x, "y": y} }

// confidence is a percentage as the agent writes it, with digits of no meaning.
func confidence(percent int) float64 { return float64(percent) + 0.25 }

func region(s Shot) string {
	if s.Plate.Country == "" {
		return ""
	}
	return "eu-" + strings.ToLower(s.Plate.Country)
}

func (c *OpenALPR) candidates(s Shot) []any {
	list := []any{map[string]any{"plate": s.Text, "confidence": confidence(s.Percent), "matches_template": 0}}
	for i, text := range second(s) {
		list = append(list, map[string]any{"plate": text, "confidence": confidence(s.Percent * (80 - 5*i) / 100), "matches_template": 0})
	}
	return list
}

// second are the readings that a reader thinks less likely: with its least sure characters
// as others that look alike.
func second(s Shot) (list []string) {
	h := uint64(len(s.Text))
	for _, b := range []byte(s.event) {
		h = h*31 + uint64(b)
	}
	r := rand.New(rand.NewPCG(h, 0x63616e64))
	text := []rune(s.Text)
	order := make([]int, len(s.Sure))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return s.Sure[a] - s.Sure[b] })
	for _, i := range order[:min(3, len(order))] {
		t := slices.Clone(text)
		t[i] = alike(r, t[i])
		list = append(list, string(t))
	}
	return list
}

func (c *OpenALPR) results(s Shot) any {
	return map[string]any{"version": 2, "data_type": "alpr_results", "epoch_time": s.At.Add(c.cfg.Clock).UnixMilli(), "camera_id": c.cfg.Channel,
		"agent_uid": agentUID, "uuid": c.uuid(s), "img_width": c.cfg.Width, "img_height": c.cfg.Width * 9 / 16, "results": []any{c.plate(s)}}
}

func (c *OpenALPR) group(s Shot) any {
	at, direction := s.At.Add(c.cfg.Clock), float64(Ninety)
	if !s.Forward {
		direction += 180
	}
	m := map[string]any{"version": 2, "data_type": "alpr_group", "epoch_start": at.Add(-400 * time.Millisecond).UnixMilli(), "epoch_end": at.Add(200 * time.Millisecond).UnixMilli(),
		"camera_id": c.cfg.Channel, "agent_uid": agentUID, "uuids": []string{c.uuid(s)}, "plate_indexes": []int{0}, "best_uuid": c.uuid(s),
		"best_plate_number": s.Text, "best_confidence": confidence(s.Percent), "best_region": region(s), "travel_direction": direction,
		"best_plate": c.plate(s), "candidates": c.candidates(s)}
	if s.scene != nil {
		m["vehicle_crop_jpeg"] = s.scene
	}
	return m
}
