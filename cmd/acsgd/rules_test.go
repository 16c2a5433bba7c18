package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acsgd/fusion"
)

// explains prints how a passage was judged, which must be what it holds, and finds a
// changed date of the law.
func explains(t *testing.T, data, passage string) {
	t.Helper()
	out, errw, code := call(t, "", "rules", "explain", "--data", data, passage)
	if code != exitFine || !strings.Contains(out, "pack KZ-342") || !strings.HasSuffix(out, "The findings are those that the passage holds.\n") {
		t.Errorf("rules explain: %d %s%s", code, out, errw)
	}
	out, errw, code = call(t, "", "rules", "explain", "--data", data, "--json", passage)
	var e fusion.Explanation
	if err := json.Unmarshal([]byte(out), &e); err != nil || code != exitFine || !e.Same || e.Passage != passage || len(e.Judging.Findings) == 0 {
		t.Errorf("rules explain --json: %d %v %+v %s", code, err, e, errw)
	}
	if _, errw, code := call(t, "", "rules", "explain", "--data", data, passage+"0"); code != exitUsage || !strings.Contains(errw, "there is no passage "+passage+"0") {
		t.Errorf("rules explain of a passage that is not there: %d %s", code, errw)
	}
}

func TestWithoutADirectoryTheUsualOnesAreLookedAt(t *testing.T) {
	t.Chdir(t.TempDir())
	if got := usualData(); got != "" {
		t.Errorf("in an empty folder: %q", got)
	}
	for _, dir := range []string{"var/demo", "var"} {
		if err := os.MkdirAll(filepath.Join(dir, "journal"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "journal", "journal.sqlite"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := usualData(); filepath.ToSlash(got) != dir {
			t.Errorf("usual data %q, want %q", got, dir)
		}
	}
}
