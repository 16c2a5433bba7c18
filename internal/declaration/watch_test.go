package declaration

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsgd/internal/decl"
)

// inbox is a watched folder in a test, with looks a second apart.
type inbox struct {
	t     *testing.T
	w     *Watcher
	now   time.Time
	got   []string
	fault []string
	fail  error
}

func newInbox(t *testing.T, dir string) *inbox {
	b := &inbox{t: t, now: time.Now().Add(time.Hour)}
	b.w = &Watcher{Dir: dir,
		Accept: func(name string, raw []byte, ds []*decl.Declaration) error {
			if b.fail != nil {
				return b.fail
			}
			b.got = append(b.got, name+" "+ds[0].Units[0].Plate)
			return nil
		},
		Fault: func(err error) { b.fault = append(b.fault, err.Error()) },
	}
	return b
}

// put writes a file as if it were written at the present time of the test.
func (b *inbox) put(name, text string) {
	b.t.Helper()
	p := filepath.Join(b.w.Dir, name)
	if err := errors.Join(os.WriteFile(p, []byte(text), 0o600), os.Chtimes(p, b.now, b.now)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *inbox) look() {
	b.t.Helper()
	b.now = b.now.Add(time.Second)
	if err := b.w.Look(b.t.Context(), b.now); err != nil {
		b.t.Fatal(err)
	}
}

func (b *inbox) want(got ...string) {
	b.t.Helper()
	if !slices.Equal(b.got, got) {
		b.t.Fatalf("accepted %v, want %v; faults %v", b.got, got, b.fault)
	}
}

func (b *inbox) exists(names ...string) {
	b.t.Helper()
	for _, n := range names {
		if !exists(filepath.Join(b.w.Dir, n)) {
			b.t.Errorf("%s is missing", n)
		}
	}
}

func TestFileIsTakenWhenItStopsGrowing(t *testing.T) {
	b := newInbox(t, t.TempDir())
	b.look()
	b.now = b.now.Add(time.Millisecond)
	b.put("a.xml", doc(nil)[:300])
	b.look()
	b.now = b.now.Add(time.Millisecond)
	b.put("a.xml", doc(nil))
	b.look()
	b.want()
	b.look()
	b.want("a.xml 123ABC02")
	b.exists("done/a.xml", "done/a.xml.problems.json", "done/accepted.sha256")
}

func TestFileThatIsRenamedInIsTakenAtOnce(t *testing.T) {
	b := newInbox(t, t.TempDir())
	b.put("a.xml.part", doc(nil))
	b.look()
	b.look()
	b.want()
	if err := os.Rename(filepath.Join(b.w.Dir, "a.xml.part"), filepath.Join(b.w.Dir, "a.xml")); err != nil {
		t.Fatal(err)
	}
	b.look()
	b.want("a.xml 123ABC02")
}

func TestFaultyFileIsRefusedWithItsProblems(t *testing.T) {
	b := newInbox(t, t.TempDir())
	var refused []string
	b.w.Refused = func(r Report) { refused = append(refused, r.File) }
	b.put("bad.xml", "<Other/>")
	b.look()
	b.look()
	b.want()
	b.exists("refused/bad.xml")
	raw, err := os.ReadFile(filepath.Join(b.w.Dir, "refused/bad.xml.problems.json"))
	var r Report
	if err = errors.Join(err, json.Unmarshal(raw, &r)); err != nil || r.Accepted || len(r.Problems) != 1 || r.Problems[0].Rule != "F01" {
		t.Errorf("report %s: %v", raw, err)
	}
	if !slices.Equal(refused, []string{"bad.xml"}) {
		t.Errorf("told of %v", refused)
	}
}

func TestSameBytesAreHandedOverOnce(t *testing.T) {
	b := newInbox(t, t.TempDir())
	for range 2 {
		b.put("a.xml", doc(nil))
		b.put("b.xml", doc(nil))
		b.look()
		b.look()
	}
	b.want("a.xml 123ABC02")
	b.exists("done/a.xml", "done/b.xml")

	b = newInbox(t, b.w.Dir) // after a restart, the file not yet moved
	b.put("c.xml", doc(nil))
	b.look()
	b.look()
	b.want()
	b.exists("done/c.xml")
}

func TestSameNameWithOtherBytesKeepsBoth(t *testing.T) {
	b := newInbox(t, t.TempDir())
	b.put("a.xml", doc(nil))
	b.look()
	b.look()
	b.put("a.xml", doc(map[string]string{"departure": "<Identity>777ZZZ05</Identity>"}))
	b.look()
	b.look()
	b.want("a.xml 123ABC02", "a.xml 123ABC02")
	if m, _ := filepath.Glob(filepath.Join(b.w.Dir, "done/a*.xml")); len(m) != 2 {
		t.Errorf("done holds %v", m)
	}
}

func TestErrorOfAcceptLeavesTheFile(t *testing.T) {
	b := newInbox(t, t.TempDir())
	b.fail = errors.New("store is down")
	b.put("a.xml", doc(nil))
	for range 3 {
		b.look()
	}
	b.exists("a.xml")
	if len(b.fault) == 0 || !strings.Contains(b.fault[0], "a.xml: accept: store is down") {
		t.Errorf("faults %v", b.fault)
	}
	b.fail = nil
	b.look()
	b.want("a.xml 123ABC02")
}

func TestTornListOfAcceptedFilesIsMended(t *testing.T) {
	dir := t.TempDir()
	b := newInbox(t, dir)
	b.put("a.xml", doc(nil))
	b.look()
	b.look()
	ledger := filepath.Join(dir, "done", "accepted.sha256")
	raw, err := os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ledger, raw[:70], 0o600); err != nil { // torn inside the name
		t.Fatal(err)
	}
	b = newInbox(t, dir)
	b.put("b.xml", doc(nil))
	b.look()
	b.look()
	b.want("b.xml 123ABC02") // repeated: the torn line says nothing
	b = newInbox(t, dir)
	b.put("c.xml", doc(nil))
	b.look()
	b.look()
	b.want()
}

func TestWatchRunsUntilItsContextEnds(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		p := filepath.Join(dir, "a.xml")
		if err := errors.Join(os.WriteFile(p, []byte(doc(nil)), 0o600), os.Chtimes(p, time.Now(), time.Now())); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		n := 0
		err := Watch(ctx, dir, time.Second, func(string, []byte, []*decl.Declaration) error { n++; return nil })
		if !errors.Is(err, context.DeadlineExceeded) || n != 1 {
			t.Errorf("accepted %d files, %v", n, err)
		}
	})
}

func exists(p string) bool { _, err := os.Stat(p); return err == nil }
