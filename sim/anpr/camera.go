// Package anpr simulates number plate cameras: when a vehicle passes the camera's station
// it takes pictures, reads the plate with a seeded error channel, and tells it as a
// Hikvision camera does (an HTTP push, see ISAPI) or as Frigate does (MQTT messages). It
// shares no code with the drivers or with the matcher.
package anpr

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"acsgd/sim"
)

// Config describes one camera. Zero values take the defaults of the comments.
type Config struct {
	Name    string        // "camera"
	Station float64       // mm from the lane datum to the place that it looks at
	Role    string        // front, or trailer for the rear of the last unit; front
	CER     float64       // character error rate of its reader, 0 to 0.5
	Miss    float64       // share of vehicles that it does not report at all
	Twice   float64       // share of vehicles that it reports a second time
	Unread  float64       // share of vehicles whose plate it cannot read
	Clock   time.Duration // its clock is so far ahead
	Plain   bool          // no pictures
	Width   int           // of the overview picture, pixels; 640
	Channel int           // 1
	Path    string        // that an ISAPI camera pushes to; /anpr
	Host    string        // 127.0.0.1
	Seed    uint64
}

func (c Config) filled() Config {
	if c.Name == "" {
		c.Name = "camera"
	}
	if c.Role == "" {
		c.Role = "front"
	}
	if c.Width <= 0 {
		c.Width = 640
	}
	if c.Channel <= 0 {
		c.Channel = 1
	}
	if c.Path == "" {
		c.Path = "/anpr"
	}
	if c.Host == "" {
		c.Host = "127.0.0.1"
	}
	return c
}

// Shot is one report about one vehicle.
type Shot struct {
	Vehicle string // sim.Vehicle.ID
	At      time.Time
	Plate   sim.Plate // the truth
	Text    string    // as read; "" could not be read
	Sure    []int     // confidence of each character, percent
	Percent int       // of the whole
	Forward bool
	Again   bool // the second report of one vehicle

	event string
	crop  []byte // JPEG, nil without pictures
	scene []byte
}

// look is how often a camera looks: 25 pictures a second are judged in groups.
const look = 80 * time.Millisecond

// eye finds the vehicles that pass a station.
type eye struct {
	cfg    Config
	scene  sim.Scene
	placed []sim.Placed
	known  []known
	due    time.Time
	count  int
}

type known struct {
	id    string
	fired bool
	again time.Time // a second report is due; zero: none
	seen  bool
}

// see gives the reports that are due at now.
func (e *eye) see(now time.Time) []Shot {
	if now.Before(e.due) {
		return nil
	}
	e.due = now.Add(look)
	e.placed = e.scene.At(e.placed[:0], now)
	if len(e.placed)+len(e.known) == 0 {
		return nil
	}
	for i := range e.known {
		e.known[i].seen = false
	}
	var shots []Shot
	for i := range e.placed {
		shots = e.pass(shots, &e.placed[i], now)
	}
	e.known = slices.DeleteFunc(e.known, func(k known) bool { return !k.seen })
	return shots
}

func (e *eye) pass(shots []Shot, v *sim.Placed, now time.Time) []Shot {
	at := slices.IndexFunc(e.known, func(k known) bool { return k.id == v.ID })
	if at < 0 {
		at = len(e.known)
		e.known = append(e.known, known{id: v.ID})
	}
	k := &e.known[at]
	k.seen = true
	x := v.X
	if e.cfg.Role != "front" {
		x -= float64(v.Length)
	}
	switch {
	case k.fired && !k.again.IsZero() && !now.Before(k.again):
		k.again = time.Time{}
		s := e.shoot(v, now, e.random(v.ID))
		s.Again = true
		return append(shots, s)
	case k.fired || x < e.cfg.Station:
		return shots
	}
	k.fired = true
	r := e.random(v.ID)
	if x > e.cfg.Station+float64(v.Length) || r.Float64() < e.cfg.Miss {
		return shots // it stood beyond the station when the camera was switched on
	}
	if r.Float64() < e.cfg.Twice {
		k.again = now.Add(600 * time.Millisecond)
	}
	return append(shots, e.shoot(v, now, r))
}

// random is the camera's luck with one vehicle, whenever it passes.
func (e *eye) random(id string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(id + "\x00" + e.cfg.Name))
	return rand.New(rand.NewPCG(e.cfg.Seed, h.Sum64()))
}

func (e *eye) shoot(v *sim.Placed, now time.Time, r *rand.Rand) Shot {
	s := Shot{Vehicle: v.ID, At: now, Plate: v.Front, Forward: v.V >= 0}
	if e.cfg.Role != "front" && v.Trailer.Text != "" {
		s.Plate = v.Trailer
	}
	e.count++
	s.event = eventID(v.ID, e.cfg.Name, e.cfg.Seed)
	if r.Float64() >= e.cfg.Unread {
		s.Text, s.Sure = misread(r, s.Plate.Text, e.cfg.CER)
		s.Percent = overall(s.Sure)
	}
	if !e.cfg.Plain {
		s.crop = Crop(s.Plate, r.Uint64())
		s.scene = Overview(View{Plate: s.Plate, Rear: e.cfg.Role != "front", Width: e.cfg.Width, At: now.Add(e.cfg.Clock), Camera: e.cfg.Name, Seed: r.Uint64()})
	}
	return s
}

// eventID is the same for all reports of one vehicle by one camera.
func eventID(vehicle, camera string, seed uint64) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyz"
	h := fnv.New64a()
	h.Write([]byte(vehicle + "\x00" + camera))
	r := rand.New(rand.NewPCG(seed^0x75756964, h.Sum64()))
	id := make([]byte, 32)
	for i := range id {
		id[i] = digits[r.IntN(len(digits))]
	}
	return string(id)
}

// overall is the confidence that a camera gives a whole plate: its weakest character.
func overall(sure []int) int {
	if len(sure) == 0 {
		return 0
	}
	return slices.Min(sure)
}
