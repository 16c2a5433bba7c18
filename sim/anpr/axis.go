package anpr

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"acsgd/sim"
)

// Axis is a camera with License Plate Verifier, which pushes JSON over HTTP. It tells of a
// vehicle when it is new, when its direction and a better text are known, and when it is
// lost. Its first text is often a worse one. It implements sim.Machine.
type Axis struct {
	eye
	poster
	later []report

	Shots []Shot
	// Record keeps what was reported in Shots, without the pictures.
	Record bool
}

var _ sim.Machine = (*Axis)(nil)

// report is one event that is yet to be told.
type report struct {
	due   time.Time
	state string
	seen  time.Time
	shot  Shot
	car   int
}

const (
	knownAfter = 300 * time.Millisecond // until a vehicle's direction is known
	lostAfter  = 6 * time.Second
)

// NewAxis makes a camera in a scene.
func NewAxis(cfg Config, scene sim.Scene) *Axis {
	return &Axis{eye: eye{cfg: cfg.filled(), scene: scene}}
}

// Tick implements sim.Machine.
func (c *Axis) Tick(now time.Time, out *sim.Out) {
	for _, s := range c.see(now) {
		c.tell(s, now)
		if c.Record {
			s.crop, s.scene = nil, nil
			c.Shots = append(c.Shots, s)
		}
	}
	kept := c.later[:0]
	for _, r := range c.later {
		if now.Before(r.due) {
			kept = append(kept, r)
			continue
		}
		c.push(c.event(r))
	}
	c.later = kept
	c.next(now, out)
}

// Deadline implements sim.Machine.
func (c *Axis) Deadline() (time.Time, bool) { return c.due, true }

// tell plans the events of one report.
func (c *Axis) tell(s Shot, now time.Time) {
	if s.Again { // the sight of it has come back
		c.later = append(c.later, report{now, "update", now, s, carOf(s)})
		return
	}
	first := s
	if r := rand.New(rand.NewPCG(c.cfg.Seed, uint64(carOf(s)))); s.Text != "" && r.IntN(2) == 0 {
		letters := []rune(s.Text)
		i := r.IntN(len(letters))
		letters[i] = alike(r, letters[i])
		first.Text = string(letters)
	}
	first.Percent = s.Percent * 4 / 5
	seen := now.Add(knownAfter)
	second := s
	second.crop, second.scene = nil, nil
	c.later = append(c.later, report{now, "new", now, first, carOf(s)},
		report{seen, "update", seen, second, carOf(s)}, report{now.Add(lostAfter), "lost", seen, s, carOf(s)})
}

// carOf is the camera's number of a vehicle.
func carOf(s Shot) int {
	n := 0
	for _, c := range []byte(s.event[:8]) {
		n = (n*31 + int(c)) % 9_000_000
	}
	return 1_000_000 + n
}

// event is one request. New vehicles come as a form with pictures, lost ones with their
// pictures inside the JSON.
func (c *Axis) event(r report) []byte {
	s, at := r.shot, r.seen.Add(c.cfg.Clock)
	way := "unknown"
	if r.state != "new" {
		if way = "out"; s.Forward == (c.cfg.Role == "front") {
			way = "in"
		}
	}
	inside := ""
	if r.state == "lost" && s.crop != nil {
		inside = fmt.Sprintf(`"ImageArray":[{"ImageType":"plate","ImageFormat":"jpg","BinaryImage":"%s"}],`, base64.StdEncoding.EncodeToString(s.crop))
	}
	escaped := ""
	for _, l := range s.Text {
		escaped += fmt.Sprintf(`\u%04x`, l)
	}
	doc := fmt.Sprintf(`{"packetCounter":"%d","capture_timestamp":"%d","frame_timestamp":"0","capture_ts":"%d","datetime":"%s","plateText":"%s","plateUTF8":"%s","plateASCII":"%s",`+
		`"plateCountry":"%s","plateConfidence":"%.6f","carState":"%s","roiID":"1","imageType":"plate","carMoveDirection":"%s","plateCoordinates":[1185, 532, 140, 28],`+
		`"carID":"%d",%s"camera_info":{"SerialNumber":"ACCC8E%06X","ProdShortName":"AXIS P1445-LE-3"},"sensorProviderID":"defaultID_1"}`,
		c.count, at.UnixMilli(), at.UnixNano(), at.Add(5*time.Hour).Format("20060102 150405")+fmt.Sprintf("%03d", at.Nanosecond()/1e6), escaped, s.Text, s.Text,
		alpha3(s.Plate.Country), float64(s.Percent)/100, r.state, way, r.car, inside, c.cfg.Seed&0xffffff)
	if r.state != "new" || s.crop == nil {
		return post(c.cfg, "application/json", []byte(doc))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "--------camera\r\nContent-Disposition: form-data; name=\"event\"\r\nContent-Type: application/json\r\n\r\n%s\r\n", doc)
	for i, p := range [][]byte{s.crop, s.scene} {
		fmt.Fprintf(&b, "--------camera\r\nContent-Disposition: form-data; name=\"image\"; filename=\"%s_%d.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n%s\r\n", []string{"lp", "roi"}[i], r.car, p)
	}
	b.WriteString("--------camera--\r\n")
	return post(c.cfg, "multipart/form-data; boundary=------camera", b.Bytes())
}

// alpha3 is the country as these cameras write it.
func alpha3(iso string) string {
	const codes = "KZ KAZ KG KGZ UZ UZB RU RUS CN CHN MN MNG TR TUR BY BLR UA UKR GE GEO AM ARM AZ AZE TJ TJK TM TKM AF AFG IR IRN "
	if i := strings.Index(codes, iso+" "); i >= 0 && i%7 == 0 && len(iso) == 2 {
		return codes[i+3 : i+6]
	}
	return ""
}
