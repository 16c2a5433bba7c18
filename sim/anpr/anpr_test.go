package anpr

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/sim"
)

var begin = time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)

// road moves its vehicles at 3 m/s, ten seconds after one another.
type road []*sim.Vehicle

func (r road) At(dst []sim.Placed, t time.Time) []sim.Placed {
	for i, v := range r {
		x := 3000 * (t.Sub(begin).Seconds() - 10*float64(i))
		if x > -5000 && x < 60_000 {
			dst = append(dst, sim.Placed{Vehicle: v, X: x, V: 3000})
		}
	}
	return dst
}

func traffic(n int) road {
	var r road
	for i := range n {
		r = append(r, &sim.Vehicle{ID: fmt.Sprint("v", i), Length: 12_000,
			Front: sim.Plate{Text: fmt.Sprintf("%03dBKM01", i), Country: "KZ"}, Trailer: sim.Plate{Text: fmt.Sprintf("%02dAN01", i%100), Country: "KZ"}})
	}
	return r
}

// drive runs a camera for d against a server that answers with status.
func drive(c *ISAPI, d time.Duration, status string) []byte {
	var all []byte
	for now := begin; now.Before(begin.Add(d)); now = now.Add(40 * time.Millisecond) {
		var out sim.Out
		if at, ok := c.Deadline(); ok && !now.Before(at) {
			c.Tick(now, &out)
		}
		for len(out.Send) > 0 {
			all = append(all, out.Send...)
			out = sim.Out{}
			if status != "" {
				c.Feed(now, []byte("HTTP/1.1 "+status+"\r\nContent-Length: 0\r\n\r\n"), &out)
			}
		}
	}
	return all
}

func TestEachVehicleIsReportedOnce(t *testing.T) {
	c := NewISAPI(Config{Station: 1000, Plain: true, Seed: 7}, traffic(5))
	c.Record = true
	all := string(drive(c, time.Minute, "200 OK"))
	if n := strings.Count(all, "<eventType>ANPR"); n != 5 {
		t.Errorf("%d reports of 5 vehicles", n)
	}
	if n := strings.Count(all, "<eventType>videoloss"); n != 1 {
		t.Errorf("%d heart-beats in a minute, want 1", n)
	}
	if c.Accepted != 6 || c.Refused != 0 {
		t.Errorf("accepted %d, refused %d", c.Accepted, c.Refused)
	}
	for i, s := range c.Shots {
		if want := traffic(5)[i].Front.Text; s.Text != want {
			t.Errorf("report %d says %q, want %q", i, s.Text, want)
		}
	}
}

func TestTheRearCameraReadsTheTrailer(t *testing.T) {
	c := NewISAPI(Config{Station: 1000, Role: "trailer", Plain: true}, traffic(1))
	c.Record = true
	drive(c, 10*time.Second, "200 OK")
	if len(c.Shots) != 1 || c.Shots[0].Text != "00AN01" || c.Shots[0].At.Sub(begin) < 4*time.Second {
		t.Errorf("%+v: want the trailer's plate when the rear passes, 4.3 s after the front", c.Shots)
	}
}

func TestTheServersAnswersAreCounted(t *testing.T) {
	for status, want := range map[string][2]int{"200 OK": {2, 0}, "503 Service Unavailable": {0, 2}, "": {0, 2}} {
		c := NewISAPI(Config{Station: 1000, Plain: true}, traffic(2))
		drive(c, 20*time.Second, status)
		if got := [2]int{c.Accepted, c.Refused}; got != want {
			t.Errorf("answer %q: accepted and refused %v, want %v", status, got, want)
		}
	}
}

func TestErrorRateIsAsConfigured(t *testing.T) {
	for _, cer := range []float64{0, 0.02, 0.1} {
		e := eye{cfg: Config{CER: cer, Name: "c"}.filled()}
		wrong, chars := 0, 0
		for i := range 20_000 {
			plate := fmt.Sprintf("%03dBKM01", i%1000)
			text, sure := misread(e.random(fmt.Sprint(i)), plate, cer)
			if len(sure) != len(text) {
				t.Fatalf("%q has %d confidences", text, len(sure))
			}
			wrong += distance(plate, text)
			chars += len(plate)
		}
		if got := float64(wrong) / float64(chars); math.Abs(got-cer) > 0.1*cer {
			t.Errorf("character error rate %.4f, want %g", got, cer)
		}
	}
}

func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diag
			if a[i] != b[j] {
				d++
			}
			diag = row[j+1]
			row[j+1] = min(d, row[j]+1, diag+1)
		}
	}
	return row[len(b)]
}

func TestEqualSeedsGiveEqualBytes(t *testing.T) {
	run := func(seed uint64) []byte {
		return drive(NewISAPI(Config{Station: 1000, CER: 0.1, Twice: 0.5, Miss: 0.2, Unread: 0.2, Width: 320, Seed: seed}, traffic(3)), 31*time.Second, "200 OK")
	}
	if !bytes.Equal(run(1), run(1)) {
		t.Error("equal seeds give different bytes")
	}
	if bytes.Equal(run(1), run(2)) {
		t.Error("different seeds give equal bytes")
	}
}

func TestPicturesAreWholeAndSaved(t *testing.T) {
	dir := os.Getenv("ACSGD_PICTURES") // where somebody wants to look at them
	for name, p := range map[string][]byte{
		"front.jpg": Overview(View{Plate: sim.Plate{Text: "389BK01", Country: "KZ"}, Width: 960, At: begin, Camera: "front-1", Seed: 3}),
		"rear.jpg":  Overview(View{Plate: sim.Plate{Text: "24AN01", Country: "KZ"}, Rear: true, Width: 960, At: begin, Camera: "rear-1", Seed: 4}),
		"crop.jpg":  Crop(sim.Plate{Text: "453DXA12", Country: "KZ"}, 5),
		"china.jpg": Crop(sim.Plate{Text: "新F12345", Country: "CN"}, 6),
	} {
		if _, err := jpeg.Decode(bytes.NewReader(p)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if dir != "" {
			if err := os.WriteFile(filepath.Join(dir, name), p, 0o644); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestFrigate(t *testing.T) {
	f := NewFrigate(Config{Station: 1000, Name: "lane1"}, traffic(2))
	var topics []string
	for now := begin; now.Before(begin.Add(20 * time.Second)); now = now.Add(80 * time.Millisecond) {
		for _, m := range f.Tick(now) {
			topics = append(topics, m.Topic)
			if !strings.Contains(string(m.Payload), `BKM01"`) || !strings.Contains(string(m.Payload), `"camera":"lane1"`) {
				t.Errorf("%s", m.Payload)
			}
		}
	}
	if d := cmp.Diff([]string{"frigate/tracked_object_update", "frigate/events", "frigate/tracked_object_update", "frigate/events"}, topics); d != "" {
		t.Error(d)
	}
}

func BenchmarkOverview(b *testing.B) {
	for b.Loop() {
		Overview(View{Plate: sim.Plate{Text: "389BK01", Country: "KZ"}, Width: 640, At: begin, Camera: "front"})
	}
}
