package frigate

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/internal/obs"
	"acsgd/internal/sharedtest"
)

// golden is a message as Frigate's documentation shows it.
const golden = `{"type":"lpr","id":"1773567566.224675-m03c53","name":null,"plate":"251-WW-2075","score":0.936,"camera":"lprcam","timestamp":1773567568.322408}` + "\n"

var at = time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)

func TestMessages(t *testing.T) {
	event := func(kind, label, plate string) string {
		return `{"type":"` + kind + `","before":{"id":"a"},"after":{"id":"a","camera":"cam","label":"` + label + `","frame_time":1773567568.5,"recognized_license_plate":` + plate + `}}`
	}
	for _, c := range []struct {
		name     string
		messages []string
		texts    []string
		errs     int
	}{
		{"a plate", []string{golden}, []string{"251WW2075"}, 0},
		{"the same plate again is no news", []string{golden, golden}, []string{"251WW2075"}, 0},
		{"a better text corrects the first", []string{golden, strings.Replace(golden, "2075", "2076", 1)}, []string{"251WW2075", "251WW2076"}, 0},
		{"two vehicles with one plate are two", []string{golden, strings.Replace(golden, "m03c53", "m03c54", 1)}, []string{"251WW2075", "251WW2075"}, 0},
		{"faces and descriptions are passed over", []string{strings.Replace(golden, "lpr", "face", 1), `{"type":"description","id":"a","description":"x"}`}, nil, 0},
		{"an event with a text", []string{event("update", "truck", `"389BK01"`)}, []string{"389BK01"}, 0},
		{"an event with text and score", []string{event("update", "truck", `["389BK01",0.75]`)}, []string{"389BK01"}, 0},
		{"a vehicle that leaves unread", []string{event("new", "truck", "null"), event("end", "truck", "null")}, []string{""}, 0},
		{"a dog that leaves", []string{event("end", "dog", "null")}, nil, 0},
		{"a vehicle that leaves after it was read", []string{event("update", "car", `"389BK01"`), event("end", "car", "null")}, []string{"389BK01"}, 0},
		{"other topics of the tree", []string{"online", "1", "\xff\xd8\xff"}, nil, 0},
		{"a broken message", []string{`{"type":"lpr",`}, nil, 1},
	} {
		h := NewHandler(Config{Role: "front"})
		var out devices.Out
		for _, m := range c.messages {
			h.Message(at, "frigate/events", []byte(m), &out)
		}
		var texts []string
		for _, o := range out.Obs {
			texts = append(texts, o.Body.(*obs.Plate).Text)
		}
		if d := cmp.Diff(c.texts, texts); d != "" || len(out.Errs) != c.errs {
			t.Errorf("%s: %s errors %v", c.name, d, out.Errs)
		}
	}
}

func TestAReadingIsComplete(t *testing.T) {
	h := NewHandler(Config{Camera: "lprcam", Role: "front"})
	var out devices.Out
	h.Message(at, "frigate/tracked_object_update", []byte(golden), &out)
	h.Message(at, "frigate/tracked_object_update", []byte(strings.NewReplacer("lprcam", "other", "m03", "m04").Replace(golden)), &out)
	if len(out.Obs) != 1 {
		t.Fatalf("%d readings of one camera", len(out.Obs))
	}
	want := &obs.Plate{Text: "251WW2075", Original: "251-WW-2075", Confidence: 936_000, Role: obs.Front, EventID: "1773567566.224675-m03c53"}
	if d := cmp.Diff(want, out.Obs[0].Body); d != "" {
		t.Error(d)
	}
	if got, want := out.Obs[0].Stamp.At, time.Unix(1773567568, 322408000).UTC(); !got.Equal(want) {
		t.Errorf("At %v, want %v", got, want)
	}
}

func TestSnapshotsAreKeptWithTheirReadings(t *testing.T) {
	const jpeg = "\xff\xd8\xff\xc0\x00\x11\x08\x00\x09\x00\x09\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
	const huge = "\xff\xd8\xff\xc0\x00\x11\x08\xea\x60\xea\x60\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
	end := `{"type":"end","after":{"id":"1773567566.224675-m03c53","camera":"lprcam","label":"car","recognized_license_plate":"251-WW-2075"}}`
	env := devices.Env{Keep: func(m string, p []byte) (obs.Blob, error) { return obs.BlobOf(m, p), nil }}
	type message struct {
		after          time.Duration
		topic, payload string
	}
	update := func(after time.Duration) message { return message{after, "frigate/tracked_object_update", golden} }
	ended := func(after time.Duration) message { return message{after, "frigate/events", end} }
	for _, c := range []struct {
		name     string
		camera   string
		messages []message
		images   []int // of each reading
		errs     int
	}{
		{"before the reading", "lprcam", []message{{0, "frigate/lprcam/car/snapshot", jpeg}, update(time.Second), ended(2 * time.Second)}, []int{1}, 0},
		{"after it", "lprcam", []message{update(0), {time.Second, "frigate/lprcam/car/snapshot", jpeg}, ended(2 * time.Second), ended(3 * time.Second)}, []int{0, 1}, 0},
		{"too old", "lprcam", []message{{0, "frigate/lprcam/car/snapshot", jpeg}, update(time.Minute), ended(time.Minute)}, []int{0}, 0},
		{"of another camera", "lprcam", []message{{0, "frigate/other/car/snapshot", jpeg}, update(time.Second)}, []int{0}, 0},
		{"of a dog", "lprcam", []message{{0, "frigate/lprcam/dog/snapshot", jpeg}, update(time.Second)}, []int{0}, 0},
		{"of whichever camera", "", []message{{0, "frigate/lprcam/car/snapshot", jpeg}, update(time.Second)}, []int{0}, 0},
		{"none", "lprcam", []message{{0, "frigate/lprcam/car/snapshot", "GIF89a"}, update(time.Second)}, []int{0}, 1},
		{"a bomb", "lprcam", []message{{0, "frigate/lprcam/car/snapshot", huge}, update(time.Second)}, []int{0}, 1},
		{"too large", "lprcam", []message{{0, "frigate/lprcam/car/snapshot", jpeg + strings.Repeat("x", maxSnapshot)}, update(time.Second)}, []int{0}, 1},
	} {
		h := NewHandler(Config{Camera: c.camera}).withPictures(env)
		var out devices.Out
		for _, m := range c.messages {
			h.Message(at.Add(m.after), m.topic, []byte(m.payload), &out)
		}
		var images []int
		for _, o := range out.Obs {
			p := o.Body.(*obs.Plate)
			images = append(images, len(p.Images))
			if len(p.Images) != len(o.Blobs) || len(o.Blobs) > 0 && o.Blobs[0].Role != "overview" {
				t.Errorf("%s: blobs %+v, images %v", c.name, o.Blobs, p.Images)
			}
		}
		if d := cmp.Diff(c.images, images); d != "" || len(out.Errs) != c.errs {
			t.Errorf("%s: %s errors %v", c.name, d, out.Errs)
		}
	}
}

func TestCapturedMessage(t *testing.T) {
	b := sharedtest.File(t, "anpr", "payloads", "frigate_lpr.json")
	v := devices.NewVirtual("f", "", &Session{h: NewHandler(Config{})})
	var texts []string
	v.Emit = func(o obs.Observation) error { texts = append(texts, o.Body.(*obs.Plate).Text); return nil }
	if err := v.Feed(at, b); err != nil {
		t.Fatal(err)
	}
	if err := v.Finish(at); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"251WW2075"}, texts); d != "" {
		t.Error(d)
	}
}

func TestConformance(t *testing.T) {
	devicestest.Run(t, Driver(), devicestest.Script{Good: []byte(golden), Want: 1, NoLink: true, Settings: `role = "front"`,
		Then: []byte(strings.Replace(golden, "m03c53", "m03c54", 1))})
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(golden), uint8(3))
	f.Add([]byte(`{"type":"end","after":{"id":"a","label":"car","recognized_license_plate":["a",0.5]}}`), uint8(1))
	f.Fuzz(func(t *testing.T, p []byte, step uint8) {
		var whole, pieces devices.Out
		s := &Session{h: NewHandler(Config{})}
		s.Feed(at, p, &whole)
		s = &Session{h: NewHandler(Config{})}
		for i := 0; i < len(p); i += int(step) + 1 {
			s.Feed(at, p[i:min(len(p), i+int(step)+1)], &pieces)
		}
		if d := cmp.Diff(whole.Obs, pieces.Obs); d != "" || len(whole.Errs) != len(pieces.Errs) {
			t.Errorf("in pieces: %s errors %v, whole %v", d, pieces.Errs, whole.Errs)
		}
	})
}

func BenchmarkMessage(b *testing.B) {
	h := NewHandler(Config{})
	var out devices.Out
	p := []byte(golden)
	b.ReportAllocs()
	for b.Loop() {
		h.Message(at, "frigate/tracked_object_update", p, &out)
		out.Reset()
	}
}
