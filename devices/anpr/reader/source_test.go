package reader

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// lane is what a reader meets: evidence, and whoever takes what it says.
type lane struct {
	t   *testing.T
	src *Source

	mu      sync.Mutex
	kept    map[string][]byte
	seen    []obs.Observation
	reports []string
}

func newLane(t *testing.T, settings string) *lane {
	t.Helper()
	l := &lane{t: t, kept: map[string][]byte{}}
	env := devices.Env{Name: "reader", Lane: "1", Country: "KZ", Keep: l.keep, Fetch: l.fetch, Report: func(e *obs.DecodeError) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.reports = append(l.reports, e.Reason)
	}}
	src, err := New(devicestest.Settings(t, Kind, Self, settings), env)
	if err != nil {
		t.Fatal(err)
	}
	l.src = src.(*Source)
	return l
}

func (l *lane) keep(media string, p []byte) (obs.Blob, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := obs.BlobOf(media, p)
	l.kept[b.SHA256] = p
	return b, nil
}

func (l *lane) fetch(sum string) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.kept[sum]; ok {
		return p, nil
	}
	return nil, errors.New("evidence not found")
}

// run starts the source; it ends with the test.
func (l *lane) run() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(l.t.Context()))
	done := make(chan error, 1)
	go func() {
		done <- l.src.Run(ctx, func(o obs.Observation, done func(error)) {
			l.mu.Lock()
			l.seen = append(l.seen, o)
			l.mu.Unlock()
			if done != nil {
				done(nil)
			}
		})
	}()
	l.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			l.t.Errorf("Run: %v", err)
		}
	})
}

// sees hands over what a camera sees: pictures by role.
func (l *lane) sees(camera, event string, at time.Time, roles ...string) {
	o := obs.Observation{Source: camera, Lane: "1", Stamp: obs.Stamp{At: at, Arrived: at.Add(time.Second)},
		Body: &obs.Plate{Text: "CAMERA1", Role: obs.Front, EventID: event}}
	for i := 0; i < len(roles); i += 2 {
		b, _ := l.keep("image/png", picture(roles[i+1]))
		b.Role = roles[i]
		o.Blobs = append(o.Blobs, b)
	}
	l.src.Observe(o)
}

// waits waits for n plates and gives them.
func (l *lane) waits(n int) []*obs.Plate {
	l.t.Helper()
	var out []*obs.Plate
	l.until(fmt.Sprintf("%d plates", n), func() bool {
		out = nil
		for _, o := range l.seen {
			if p, ok := o.Body.(*obs.Plate); ok {
				out = append(out, p)
			}
		}
		return len(out) >= n
	})
	return out
}

func (l *lane) until(what string, good func() bool) {
	l.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		l.mu.Lock()
		ok := good()
		l.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(end) {
			l.t.Fatalf("waited for %s; seen %+v, reports %q", what, l.seen, l.reports)
		}
	}
}

func (l *lane) reported(text string) bool {
	for _, r := range l.reports {
		if strings.Contains(r, text) {
			return true
		}
	}
	return false
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestConformance(t *testing.T) { devicestest.Run(t, Driver(), devicestest.Script{}) }

func TestSettingsAreChecked(t *testing.T) {
	for settings, want := range map[string]string{
		`engine = "best"`: "engine",
		`region = { x = 500, y = 0, w = 600, h = 10 }`:                             "thousandths",
		`of = ["a"]` + "\n" + `regions = { b = { x = 0, y = 0, w = 10, h = 10 } }`: "\"of\" does not name",
		`site = ["KAZ"]`: "two capital letters",
		`queue = 0`:      "queue",
		`limit = "1ms"`:  "limit",
		`memory_mib = 1`: "memory_mib",
		`colour = "red"`: "colour",
	} {
		if _, err := New(devicestest.Settings(t, Kind, Self, settings), devices.Env{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", settings, err, want)
		}
	}
	if _, err := New(devicestest.Settings(t, Kind, "tcp:10.0.0.1:1", ""), devices.Env{}); err == nil {
		t.Error("another link is taken")
	}
}

func TestReadsCropsFirstThenOverviews(t *testing.T) {
	l := newLane(t, `region = { x = 0, y = 0, w = 777, h = 10 }`+"\n"+`engine = "own"`)
	l.run()
	l.sees("cam", "7", noon, "overview", "crop", "plate", "123ABC02 0.9 128ABC02 0.05")
	l.sees("cam", "8", noon, "overview", "crop", "plate", "none")
	l.sees("cam", "9", noon, "overview", "none", "plate", "none")
	got := l.waits(3)
	p := got[0]
	if p.Text != "123ABC02" || p.Confidence != 900_000 || p.Role != obs.Front || p.EventID != "cam/7" || len(p.Chars) != 8 ||
		len(p.Candidates) != 1 || p.Parent != obs.BlobOf("", picture("123ABC02 0.9 128ABC02 0.05")).SHA256 || len(p.Images) != 2 || p.Images[1] != p.Parent {
		t.Errorf("reading %+v", p)
	}
	if o := l.seen[0]; !o.Stamp.At.Equal(noon) || !o.Stamp.Arrived.IsZero() || len(o.Blobs) != 1 || o.Blobs[0].SHA256 != p.Images[0] || o.Blobs[0].Role != "plate" {
		t.Errorf("observation %+v", o)
	}
	// The crop of the second shows nothing: the overview is read, within its region.
	if p := got[1]; !strings.HasPrefix(p.Text, "CROPFALSE777KZRUKG") || !strings.HasSuffix(p.Text, "OWN") || p.Parent != obs.BlobOf("", picture("crop")).SHA256 {
		t.Errorf("reading %+v, want that of the overview", p)
	}
	if p := got[2]; p.Text != "" || p.Confidence != 0 || p.Parent == "" {
		t.Errorf("reading %+v, want one without text", p)
	}
}

func TestPicturesOfOneVehicleVote(t *testing.T) {
	l := newLane(t, "")
	l.run()
	l.sees("cam", "7", noon, "plate", "128ABC02 0.95")
	l.sees("cam", "7", noon.Add(time.Second), "plate", "123ABC02 0.8")
	l.sees("cam", "7", noon.Add(time.Second), "plate", "123ABC02 0.8") // pushed again: one frame
	l.sees("cam", "7", noon.Add(2*time.Second), "plate", "123ABC02 0.7")
	// A camera without ids: alike texts soon after one another are one vehicle.
	l.sees("still", "", noon, "overview", "777XY05 0.9")
	l.sees("still", "", noon.Add(time.Second), "overview", "777XV05 0.6")
	l.sees("still", "", noon.Add(2*time.Second), "overview", "879FK02 0.9")
	l.sees("still", "", noon.Add(time.Minute), "overview", "777XY05 0.91")
	got := l.waits(7)
	var texts, ids []string
	for _, p := range got {
		texts, ids = append(texts, p.Text), append(ids, p.EventID)
	}
	if want := "128ABC02 128ABC02 123ABC02 777XY05 777XY05 879FK02 777XY05"; strings.Join(texts, " ") != want {
		t.Errorf("readings %v, want %s", texts, want)
	}
	if ids[0] != ids[2] || ids[3] != ids[4] || ids[4] == ids[5] || ids[3] == ids[6] || ids[3] == "still/" {
		t.Errorf("ids %v", ids)
	}
	if got[2].Parent != obs.BlobOf("", picture("123ABC02 0.7")).SHA256 {
		t.Error("the joined reading's parent is not the newest picture")
	}
}

func TestWhatIsNotRead(t *testing.T) {
	l := newLane(t, `every = "5s"`)
	own := obs.Observation{Source: "other", Body: &obs.Plate{Parent: "x"}, Blobs: []obs.Blob{{SHA256: "x", MediaType: "image/png", Role: "plate"}}}
	trace := obs.Observation{Source: "cam", Body: &obs.Plate{}, Blobs: []obs.Blob{{SHA256: "x", MediaType: "application/xml", Role: "event"}}}
	profile := obs.Observation{Source: "dims", Body: &obs.Profile{}, Blobs: []obs.Blob{{SHA256: "x", MediaType: "image/png"}}}
	for _, o := range []obs.Observation{own, trace, profile} {
		l.src.Observe(o)
	}
	if len(l.src.waiting) != 0 {
		t.Fatalf("%+v waits", l.src.waiting)
	}
	for i := range 10 {
		l.sees("still", "", noon.Add(time.Duration(i)*time.Second), "overview", fmt.Sprintf("A%d 0.9", i))
	}
	if len(l.src.waiting) != 2 {
		t.Errorf("%d pictures of ten within ten seconds wait, want 2", len(l.src.waiting))
	}
}

// TestAFullQueueDropsTheOldestAloud: nothing blocks the lane, and nothing goes silently.
func TestAFullQueueDropsTheOldestAloud(t *testing.T) {
	l := newLane(t, "queue = 2")
	for i := range 5 {
		l.sees("cam", fmt.Sprint(i), noon, "plate", fmt.Sprintf("A%d 0.9", i))
	}
	l.run()
	got := l.waits(2)
	if got[0].Text != "A3" || got[1].Text != "A4" {
		t.Errorf("read %s and %s, want the newest two", got[0].Text, got[1].Text)
	}
	if !l.reported("3 pictures were dropped unread") {
		t.Errorf("reports %q", l.reports)
	}
}

func TestCrashesAreToldAndDisturbNothing(t *testing.T) {
	l := newLane(t, `limit = "3s"`)
	l.run()
	l.sees("cam", "1", noon, "plate", "crash", "overview", "123ABC02 0.9")
	if p := l.waits(1)[0]; p.Text != "123ABC02" {
		t.Errorf("after the crash of the crop: %+v", p)
	}
	l.until("the report of the crash", func() bool {
		return l.reported("started again: it ended in picture") && l.reported("given up") && len(l.reports) == 3
	})
	l.sees("cam", "2", noon, "plate", "hang")
	l.sees("cam", "3", noon, "plate", "777XY05 0.9")
	if p := l.waits(2)[1]; p.Text != "777XY05" {
		t.Errorf("after the second: %+v", p)
	}
	l.until("the state", func() bool {
		for _, o := range l.seen {
			if h, ok := o.Body.(*obs.Health); ok && h.State == obs.Degraded && strings.Contains(h.Reason, "restarts") {
				return true
			}
		}
		return false
	})
	l.sees("cam", "4", noon, "plate", "error too dark")
	l.src.Observe(obs.Observation{Source: "cam", Body: &obs.Plate{}, Blobs: []obs.Blob{{SHA256: strings.Repeat("0", 64), MediaType: "image/png"}}})
	l.until("the reports", func() bool { return l.reported("too dark") && l.reported("evidence not found") })
}

// TestAReaderThatCannotStartKeepsWhatWaits: it is read once there is a child.
func TestAReaderThatCannotStartKeepsWhatWaits(t *testing.T) {
	l := newLane(t, "")
	real, down := l.src.open, true
	l.src.open = func(ctx context.Context) (line.Conn, error) {
		if down {
			return nil, errors.New("no more processes")
		}
		return real(ctx)
	}
	l.sees("cam", "1", noon, "plate", "123ABC02 0.9")
	if err := l.src.Run(t.Context(), func(obs.Observation, func(error)) {}); err == nil || devices.IsPermanent(err) {
		t.Errorf("Run without a child: %v, want an error that passes", err)
	}
	down = false
	l.run()
	l.waits(1)
	// The same where the child is lost in the middle of a picture.
	l = newLane(t, "")
	starts := 0
	l.src.open = func(ctx context.Context) (line.Conn, error) {
		if starts++; starts == 2 {
			return nil, errors.New("no more processes")
		}
		return real(ctx)
	}
	l.sees("cam", "1", noon, "plate", "crash", "overview", "777XY05 0.9")
	if err := l.src.Run(t.Context(), func(obs.Observation, func(error)) {}); err == nil || !strings.Contains(err.Error(), "no more processes") {
		t.Errorf("Run that loses its child: %v", err)
	}
	l.run()
	if p := l.waits(1)[0]; p.Text != "777XY05" {
		t.Errorf("what was in work gives %+v", p)
	}
	t.Setenv("FAKE_ABSENT", "1")
	other := newLane(t, "")
	if err := other.src.Run(t.Context(), func(obs.Observation, func(error)) {}); !devices.IsPermanent(err) || !errors.Is(err, ErrAbsent) {
		t.Errorf("Run in a build without a reader: %v, want one that no retry mends", err)
	}
}
