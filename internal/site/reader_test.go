package site

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/devices/anpr/reader"
	"acsgd/devices/anpr/reader/readertest"
	"acsgd/fusion"
	"acsgd/internal/obs"
)

// TestMain lets the test binary be the second reader's child.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == reader.Command {
		if err := reader.Work(readertest.Open); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// reading is a camera's reading with one picture of it.
func (r *rig) reading(cam string, at time.Time, p obs.Plate, words string) string {
	r.t.Helper()
	b, err := r.site.keep.Put("image/png", readertest.Still(100, 30, words))
	if err != nil {
		r.t.Fatal(err)
	}
	b.Role = "plate"
	p.Images = []string{b.SHA256}
	done := make(chan error, 1)
	o := obs.Observation{Stamp: obs.Stamp{At: obs.Unix(at)}, Blobs: []obs.Blob{b}, Body: &p}
	r.dev.of(cam) <- said{o, func(err error) { done <- err }}
	select {
	case err := <-done:
		if err != nil {
			r.t.Fatal(err)
		}
	case <-time.After(30 * time.Second):
		r.t.Fatal("the camera's reading is not taken")
	}
	return b.SHA256
}

// read gives the plates that the lane has of the passage with a picture, as "DEVICE TEXT",
// and the passage.
func (r *rig) read(lane, picture string) ([]string, *fusion.Passage) {
	r.t.Helper()
	c, err := r.site.rebuild(r.t.Context(), lane, []uint64{^uint64(0)})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, p := range c.Passages(nil) {
		if !slices.ContainsFunc(p.Plates, func(x fusion.PlateRead) bool { return slices.Contains(x.Images, picture) }) {
			continue
		}
		var list []string
		for _, x := range p.Plates {
			list = append(list, x.Source+" "+x.Text)
		}
		return list, p
	}
	return nil, nil
}

// TestASecondReaderInALane: camera and second reader say different things of one picture and
// both stand in the passage; a picture that ends the reader costs nothing but itself; what
// the reader says late goes to its own vehicle, and a camera that recognises nothing is read.
func TestASecondReaderInALane(t *testing.T) {
	r := newRig(t, t.TempDir(), "", fmt.Sprintf(laneText, "1")+more("cam", "anpr/test", "tcp:127.0.0.1:1")+more("still", "anpr/test", "tcp:127.0.0.1:2")+
		more("reader", "anpr/reader", reader.Self))
	now := time.Now()
	first := r.reading("cam", now, obs.Plate{Text: "123AB02", Country: "KZ", Confidence: 970_000, EventID: "1"}, "128AB02 0.95 123AB02 0.03")
	var plates []string
	var p *fusion.Passage
	r.wait("both readings", func() bool { plates, p = r.read("1", first); return len(plates) == 2 })
	if want := []string{"cam 123AB02", "reader 128AB02"}; !slices.Equal(plates, want) {
		t.Errorf("plates %v, want %v", plates, want)
	}
	x := p.Plates[1]
	if x.Parent != first || x.Otherwise != "123AB02" || x.EventID != "cam/1" || len(x.Candidates) != 1 || x.Confidence != 950_000 || p.Plates[0].Confidence != 970_000 {
		t.Errorf("second reading %+v", x)
	}

	// A picture that ends the reader, twice; the lane goes on meanwhile, and the reader after.
	bad := r.reading("cam", now.Add(5*time.Minute), obs.Plate{Text: "777XY05", Confidence: 970_000, EventID: "2"}, "crash")
	good := r.reading("cam", now.Add(10*time.Minute), obs.Plate{Text: "879FK02", Confidence: 970_000, EventID: "3"}, "879FK02 0.9")
	r.wait("the reading after the crash", func() bool { plates, _ = r.read("1", good); return len(plates) == 2 })
	if plates, _ := r.read("1", bad); !slices.Equal(plates, []string{"cam 777XY05"}) {
		t.Errorf("plates of the vehicle whose picture ended the reader: %v", plates)
	}
	told := false
	for _, d := range r.site.devices() {
		for _, e := range d.Errors {
			told = told || d.Name == "reader" && strings.Contains(e.Reason, "given up")
		}
	}
	if !told {
		t.Error("the health screen does not tell that a picture was given up")
	}

	picture := r.reading("still", now.Add(15*time.Minute), obs.Plate{EventID: "1"}, "01KG123ABC 0.88")
	r.wait("the picture of a camera without recognition", func() bool {
		plates, _ = r.read("1", picture)
		return slices.Contains(plates, "reader 01KG123ABC")
	})
	if !slices.Contains(plates, "still ") {
		t.Errorf("plates %v, want the camera's reading too", plates)
	}
	r.stop()
}

// TestAnObserverOfNobodyIsRefused: it would wait for ever without a word.
func TestAnObserverOfNobodyIsRefused(t *testing.T) {
	r := &rig{t: t, dir: t.TempDir(), dev: &instruments{in: map[string]chan said{}}, log: &logLines{}}
	r.parse(fmt.Sprintf(siteHead, r.dir, "") + fmt.Sprintf(laneText, "1") + more("reader", "anpr/reader", reader.Self) + "  [lane.device.settings]\n  of = [\"cam\"]\n")
	if s, err := Start(t.Context(), r.options()); err == nil || !strings.Contains(err.Error(), `no other device "cam" in lane 1`) {
		if s != nil {
			s.Close()
		}
		t.Errorf("Start = %v", err)
	}
}
