package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/evidence"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
	"acsgd/lanes"
)

// Files of an inspection that its order names must be whole, as pictures must; those that
// were uploaded and never named are counted.
func TestAuditVerifiesWhatInspectionsName(t *testing.T) {
	dir := t.TempDir()
	keep, err := evidence.Open(filepath.Join(dir, "evidence"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(text string) obs.Blob {
		b, err := keep.Put("application/xml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	named, unnamed := put("<named/>"), put("<unnamed/>")
	if err := keep.Close(); err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	add := func(kind, lane string, v any) {
		p, err := json.Marshal(v)
		if err == nil {
			_, err = j.Put(t.Context(), journal.Record{Lane: lane, Seq: 1, Now: time.Unix(1_770_000_000, 0), Kind: kind, Payload: p})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range []obs.Blob{named, unnamed} {
		add(lanes.KindUser, "", map[string]string{"kind": "attachment", "user": "aigerim", "detail": "L1-7 " + b.SHA256})
	}
	add(lanes.KindUser, "", map[string]string{"kind": "login", "user": "aigerim", "detail": "from 10.1.1.1"})
	add(lanes.KindOrdered, "1", fusion.Order{ID: "o", Action: "inspect", Inspection: &fusion.Inspection{Evidence: []fusion.Attachment{{Blob: named}}}})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	verify := func(want int, words ...string) {
		t.Helper()
		out, errw, code := call(t, "", "audit", "verify", dir)
		if code != want {
			t.Errorf("exit %d, want %d: %s %s", code, want, out, errw)
		}
		for _, w := range words {
			if !strings.Contains(out, w) {
				t.Errorf("%s: want %s", out, w)
			}
		}
	}
	verify(exitFine, `"evidence":1`, `"attachments_unnamed":1`)
	path := filepath.Join(dir, "evidence", named.SHA256[:2], named.SHA256[2:])
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("<forged/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	verify(exitFaults, named.SHA256, `"ok":false`)
}
