package site

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/radiation"
	"acsgd/internal/journal"
	"acsgd/internal/n42"
	"acsgd/internal/obs"
	"acsgd/internal/store"
)

// TestAnOccupancyIsExportedFromTheArchive: from the portal's lines to a document that says
// which portal it was.
func TestAnOccupancyIsExportedFromTheArchive(t *testing.T) {
	p := newPortal(t)
	dir := t.TempDir()
	r := newRig(t, dir, "", lane("1")+more("rpm-1", "rpm/tsa", "tcp:"+p.addr)+fmt.Sprintf("[radiation]\nn42_dir = %q\n", filepath.Join(dir, "n42")))
	r.wait("the portal speaks", func() bool { s, _, _ := r.state("rpm-1"); return s == string(obs.Online) })
	p.say("GB,000383,000389,000432,000423\r\n")
	empty := r.passage("1")
	p.say(strings.Repeat("GS,000063,000058,000051,000078\r\n", 12) + "GX,000637,002566,000000,000000\r\n")
	var id, name string
	var doc []byte
	r.wait("the document", func() bool {
		list, _, err := r.site.store.Search(t.Context(), store.Query{Device: "rpm-1", Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return false
		}
		var x fusion.Passage
		if err := json.Unmarshal(list[0], &x); err != nil {
			t.Fatal(err)
		}
		id = x.ID
		if name, doc, err = r.site.papers.N42(t.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		return doc != nil
	})
	x, err := n42.Read(bytes.NewReader(doc), 0)
	if err != nil || len(x.Problems) > 0 || name != "occupancy-0-637.n42" || x.Instrument.Model != "TSA VM-250" || !strings.Contains(x.Instrument.Text, "device rpm-1") || len(x.Measurements) != 14 {
		t.Errorf("%s: %v\n%s", name, err, doc)
	}
	if list, err := n42.Check(bytes.NewReader(doc), 0, time.Now()); err != nil || len(list) > 0 {
		t.Errorf("%v %+v", err, list)
	}
	r.settled(id)
	_, whole, _ := r.site.papers.N42(t.Context(), id, "")
	if _, again, err := r.site.papers.N42(t.Context(), id, "0-637"); err != nil || !bytes.Equal(again, whole) {
		t.Errorf("by its number: %v\n%s", err, again)
	}
	if f, ok := r.file.N42Dir(), r.site.project.after != nil; !ok || f != filepath.Join(dir, "n42") {
		t.Errorf("the site writes into %q: %v", f, ok)
	}
	for _, c := range [][2]string{{id, "0-638"}, {"none", ""}, {empty, ""}} {
		if _, b, err := r.site.papers.N42(t.Context(), c[0], c[1]); err != nil || b != nil {
			t.Errorf("%q: %d bytes, %v", c, len(b), err)
		}
	}
}

// TestOccupanciesAreWrittenAsPassagesClose: the folder has a file once a passage is closed.
func TestOccupanciesAreWrittenAsPassagesClose(t *testing.T) {
	at := time.Date(2026, 1, 15, 8, 30, 0, 0, time.UTC)
	dir := t.TempDir()
	j, err := journal.Open(t.Context(), filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	st, out := &fakeStore{}, filepath.Join(dir, "n42")
	p := newProjector(st, "0123456789abcdef", newFlight(&fakeJournal{}), slog.New(slog.DiscardHandler))
	p.after = (&n42Folder{dir: out, journal: filepath.Join(dir, "journal"), log: slog.New(slog.DiscardHandler)}).take
	x := fusion.Passage{ID: "T-1-7", Version: 1, Opened: at, Radiation: &radiation.Occupancy{Number: 3, Start: at, End: at.Add(time.Second)}}
	put := func() (names []string) {
		t.Helper()
		p.Publish("1", 1, at, []fusion.Output{{Kind: fusion.Closed, Passage: &x}})
		if err := p.sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, err := os.ReadDir(out)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		for _, e := range list {
			names = append(names, e.Name())
		}
		return names
	}
	if names := put(); len(names) > 0 {
		t.Errorf("of an open passage: %q", names)
	}
	x.Closed = at.Add(time.Minute)
	if names := put(); !slices.Equal(names, []string{"T-1-7-occupancy-0-3.n42"}) {
		t.Errorf("of a closed passage: %q", names)
	}
	before, err := os.ReadFile(filepath.Join(out, "T-1-7-occupancy-0-3.n42"))
	if err != nil {
		t.Fatal(err)
	}
	x.Adjudication = &fusion.Adjudication{State: fusion.CaseRecorded}
	put()
	if after, err := os.ReadFile(filepath.Join(out, "T-1-7-occupancy-0-3.n42")); err != nil || bytes.Equal(before, after) || !bytes.Contains(after, []byte("adjudication")) {
		t.Errorf("after its record has changed: %v\n%s", err, after)
	}
	if err := os.RemoveAll(out); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out, nil, 0o600); err != nil { // no folder can be made here
		t.Fatal(err)
	}
	p.Publish("1", 2, at, []fusion.Output{{Kind: fusion.Amended, Passage: &x}})
	if err := p.sync(t.Context()); err != nil {
		t.Errorf("a folder that fails stops the archive: %v", err)
	}
}
