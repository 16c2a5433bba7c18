package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/decl"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
	"acsgd/internal/plate"
	"acsgd/lanes"
)

// What a camera confuses is learnt of corrected passages alone, whoever is left out is
// counted, and a dry run compares with what is in force, not with the start channel.
func TestPlatesAreLearntOfAnArchiveAndTried(t *testing.T) {
	dir := t.TempDir()
	var list []fusion.Passage
	for i := range 60 {
		truth := fmt.Sprintf("%03dKBK01", 100+7*i)
		at := time.Date(2026, 3, 1, 0, i, 0, 0, time.UTC)
		r := fusion.PlateRead{Source: "front-1", Seq: uint64(i + 1), At: at}
		r.Text, r.Role, r.Confidence = strings.Replace(truth, "KBK", "WBW", 1), obs.Front, 900_000
		r.Corrected, r.By = truth, "off"
		p := fusion.Passage{ID: fmt.Sprintf("T-1-%d", i+1), Version: uint64(i + 1), Lane: "1", Opened: at, Closed: at.Add(time.Minute), Phase: fusion.Left, Final: true,
			Declaration: &decl.Declaration{ID: "d" + truth, Units: []decl.Unit{{Role: "vehicle", Plate: truth}}}}
		switch i {
		case 50:
			p.Simulated = true
		case 51:
			p.Closed = time.Time{}
		case 52:
			r.Corrected, r.By = "", "" // its own reading says what it is
		case 53:
			r.Corrected = "WHOLLY99" // another vehicle was confirmed
		}
		p.Plates = []fusion.PlateRead{r}
		list = append(list, p)
	}
	archived(t, dir, list)
	set, svg := filepath.Join(dir, "set.json"), filepath.Join(dir, "set.svg")
	out, errw, code := call(t, "", "match", "learn", "--data", dir, "--name", "spring", "--out", set, "--plot", svg)
	if code != exitFine || !strings.HasPrefix(out, "spring: learnt from 56 plates\n") {
		t.Fatalf("exit %d\n%s%s", code, errw, out)
	}
	for _, want := range []string{"60 passages, 56 confirmed plates", "1 left out: of simulator mode", "1 left out: of a passage that is not over",
		"1 left out: no officer and no other evidence confirms it", "1 left out: another plate was read than the true one",
		"all cameras: 56 plates, 448 characters: 112 wrong", "front-1: 56 plates, 448 characters: 112 wrong, 0 missing", "true>written: K>W 112"} {
		if !strings.Contains(errw, want) {
			t.Errorf("%q is not said:\n%s", want, errw)
		}
	}
	if b, err := os.ReadFile(svg); err != nil || !strings.Contains(string(b), "<title>K as W: 112</title>") {
		t.Errorf("the drawing does not show the confusion: %v", err)
	}
	if out, _, code := call(t, "", "match", "channel", "show", set); code != exitFine || !strings.Contains(out, "front-1 ") {
		t.Errorf("show: exit %d\n%s", code, out)
	}

	try := func(want string) {
		t.Helper()
		if _, errw, code := call(t, "", "match", "channel", "use", "--data", dir, "--dry-run", set); code != exitFine || !strings.Contains(errw, want) {
			t.Errorf("dry run: exit %d, want %q\n%s", code, want, errw)
		}
	}
	try("in force (the start channel): 0 matched")
	try("tried (spring): 60 matched, 60 of them to the passage's own declaration")
	b, err := os.ReadFile(set)
	if err != nil {
		t.Fatal(err)
	}
	inForce(t, dir, b)
	try("in force (spring): 60 matched")
	try("\n0 differ\n")
	inForce(t, dir, []byte("null"))
	try("in force (the start channel): 0 matched")
}

// inForce journals that camera channels are in force in lane 1.
func inForce(t *testing.T, dir string, b []byte) {
	t.Helper()
	set, err := plate.ParseChannels(b)
	if err != nil {
		t.Fatal(err)
	}
	version := nameOf(set)
	j, err := journal.Open(t.Context(), filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	n, _ := j.Head()
	bytes, err := lanes.TunedRecord(fusion.TuneChannels, version, b, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	act, err := lanes.InForceRecord("1", n+1, fusion.TuneChannels, version, "sup", b, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []journal.Record{bytes, act} {
		if _, err := j.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}
