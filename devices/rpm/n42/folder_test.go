package n42

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/internal/obs"
)

// watched is a driver on a folder; what it says is gathered.
type watched struct {
	t      *testing.T
	dir    string
	mu     sync.Mutex
	seen   []obs.Observation
	faults []string
	refuse error // of the lane
}

func watchFolder(t *testing.T, ctx context.Context, dir string) *watched {
	t.Helper()
	w := &watched{t: t, dir: dir}
	sup := devices.NewSupervisor(devices.Supervision{Name: "rpm", Lane: "1", Emit: func(o obs.Observation, done func(error)) {
		w.mu.Lock()
		if _, ok := o.Body.(*obs.Radiation); ok && w.refuse == nil {
			w.seen = append(w.seen, o)
		}
		err := w.refuse
		w.mu.Unlock()
		if done != nil {
			done(err)
		}
	}})
	env := sup.Env(devices.Env{Keep: func(kind string, p []byte) (obs.Blob, error) { return obs.BlobOf(kind, p), nil }})
	report := env.Report
	env.Report = func(e *obs.DecodeError) {
		w.mu.Lock()
		w.faults = append(w.faults, e.Reason)
		w.mu.Unlock()
		report(e)
	}
	src, err := New(devicestest.Settings(t, Kind, "dir:"+dir+"?every=1s", ""), env)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = sup.Run(ctx, src) }()
	return w
}

func (w *watched) put(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// tags are the lines that came, in their order.
func (w *watched) tags() (list []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.seen {
		list = append(list, o.Body.(*obs.Radiation).Tag)
	}
	return list
}

func (w *watched) beside(path string) (r report) {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.dir, path+".problems.json"))
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		w.t.Error(err)
	}
	return r
}

// A document is taken once it is complete; what is of no use lies in refused/ with the
// reason; the same bytes are one occupancy, also after a restart.
func TestAFolderOfDocuments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		dir := t.TempDir()
		w := watchFolder(t, ctx, dir)
		text := document(gammaAlarm)
		want := short(func() []obs.Observation { seen, _ := decode(t, text); return seen }())
		time.Sleep(2500 * time.Millisecond)
		w.put("a.n42", text[:500])
		w.put("b.n42.part", text)
		w.put("c.n42", "<html>no</html>")
		time.Sleep(time.Second)
		w.put("a.n42", text)
		time.Sleep(900 * time.Millisecond)
		if got := w.tags(); len(got) != 0 {
			t.Errorf("before it is complete: %q", got)
		}
		time.Sleep(2 * time.Second)
		if got := short(w.seen); !slices.Equal(got, want) || len(want) < 5 {
			t.Errorf("the folder gives %q, the same bytes over HTTP %q", got, want)
		}
		if r := w.beside("done/a.n42"); !r.Accepted || r.Reason != "" {
			t.Errorf("beside the document: %+v", r)
		}
		if r := w.beside("refused/c.n42"); r.Accepted || r.Reason == "" || !slices.ContainsFunc(w.faults, func(s string) bool { return s == "c.n42: "+r.Reason }) {
			t.Errorf("beside what is no document: %+v, reported %q", r, w.faults)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "b.n42.part")); err != nil || string(b) != text {
			t.Errorf("an unfinished file was touched: %v", err)
		}
		n := len(w.seen)
		w.put("again.n42", text)
		time.Sleep(3 * time.Second)
		if len(w.seen) != n {
			t.Errorf("the same bytes are another occupancy: %q", w.tags()[n:])
		}
		cancel()
		synctest.Wait()
		ctx, cancel = context.WithCancel(t.Context())
		w = watchFolder(t, ctx, dir)
		w.put("later.n42", text)
		w.put("another.n42", strings.Replace(text, "0a91ca36", "0a91ca37", 1))
		time.Sleep(4 * time.Second)
		if len(w.seen) != n {
			t.Errorf("after the restart %q, want one occupancy of two files", w.tags())
		}
		cancel()
		synctest.Wait()
	})
}

// What the lane could not make durable stays in the folder and comes again whole.
func TestADocumentThatWasNotDurableComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := watchFolder(t, ctx, t.TempDir())
		w.refuse = errors.New("the disk is full")
		w.put("a.n42", document(""))
		time.Sleep(3 * time.Second)
		if _, err := os.Stat(filepath.Join(w.dir, "a.n42")); err != nil || len(w.faults) == 0 || !strings.Contains(w.faults[0], "the disk is full") {
			t.Errorf("%v, reported %q", err, w.faults)
		}
		w.mu.Lock()
		w.refuse = nil
		w.mu.Unlock()
		time.Sleep(3 * time.Second)
		if got := w.tags(); len(got) < 5 || got[len(got)-1] != "GX" {
			t.Errorf("it came as %q", got)
		}
		cancel()
		synctest.Wait()
	})
}

func TestLinksOfFolders(t *testing.T) {
	for link, want := range map[string]string{
		"dir:/srv/n42":            "/srv/n42 1s",
		"dir:drop/?every=250ms":   "/etc/acsgd/drop 250ms",
		"dir:/srv/n42?every=1ms":  `every "1ms": want 100ms to 1m`,
		"dir:/srv/n42?evry=1s":    "want no parameter but every",
		"dir:":                    "no folder",
		"dir:/srv/n42?every=a%zz": "parameters",
	} {
		dir, every, err := folderOf(devices.Section{Link: link, Dir: "/etc/acsgd"})
		got := dir + " " + every.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", link, got, want)
		}
	}
}
