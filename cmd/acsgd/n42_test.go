package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acsgd/internal/n42/n42test"
	"acsgd/internal/sharedtest"
)

// TestEveryRecordedOccupancyIsExported writes the recordings' occupancies as N42.42 and
// holds each document against the schema, our checks and the standard's own rules.
func TestEveryRecordedOccupancyIsExported(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for _, rec := range []struct {
		elem []string
		set  string
		n    int
	}{
		{[]string{"tsa-vm250-day", "day-part1.txt"}, "", 420},
		{[]string{"tsa-4window", "none-part1.csv"}, "k=4.0", 15},
		{[]string{"tsa-4window", "norm2-part1.csv"}, "k=4.0", 15},
	} {
		path := sharedtest.Path(t, append([]string{"radiation"}, rec.elem...)...)
		to := filepath.Join(dir, rec.elem[1])
		args := []string{"radiation", "analyse", "--n42", to}
		if rec.set != "" {
			args = append(args, "--set", rec.set)
		}
		out, errw, code := call(t, "", append(args, path)...)
		if code != exitFine {
			t.Fatalf("%s: exit %d\n%s", path, code, errw)
		}
		seen := map[string]bool{}
		for _, r := range rows(t, out) {
			f, _ := r["n42"].(string)
			if seen[f] || filepath.Dir(f) != to {
				t.Errorf("%s: occupancy %v is in %q", path, r["occupancy"], f)
			}
			seen[f] = true
			files = append(files, f)
		}
		if all, err := os.ReadDir(to); err != nil || len(all) != rec.n || len(seen) != rec.n {
			t.Errorf("%s: %d documents in the folder, %d named, want %d (%v)", path, len(all), len(seen), rec.n, err)
		}
	}
	out, errw, code := call(t, "", append([]string{"radiation", "n42", "check"}, files...)...)
	if n := strings.Count(out, `"ok":true`); code != exitFine || n != len(files) {
		t.Errorf("check: exit %d, %d of %d are fine\n%s", code, n, len(files), errw)
	}
	schema := n42test.Schema(t, files...)
	for f, why := range schema {
		t.Errorf("%s: %s", f, why)
	}
	rules := n42test.Schematron(t, files...)
	for f, broken := range rules {
		t.Errorf("%s breaks %q", f, broken)
	}
	t.Logf("%d documents, %d do not fit the schema, %d break rules", len(files), len(schema), len(rules))
}

// TestN42Commands checks and reads good and bad documents.
func TestN42Commands(t *testing.T) {
	whole := filepath.Join("..", "..", "internal", "n42", "testdata", "everything.n42")
	b, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	bad := temp(t, strings.Replace(string(b), "<CountData>4<", "<CountData>4 5<", 1))
	out, _, code := call(t, "", "radiation", "n42", "check", whole, bad)
	r := rows(t, out)
	if code != exitFaults || len(r) != 2 || r[0]["ok"] != true || r[1]["ok"] != false || dig(r[1], "problems", 0, "rule") != "CountDataValuesCheck" {
		t.Errorf("check: exit %d %s", code, out)
	}
	if out, _, code := call(t, "<RadInstrumentData>", "radiation", "n42", "check", "-"); code != exitFaults || !strings.Contains(out, `"error":"n42: byte 19, in RadInstrumentData: `) {
		t.Errorf("check of a broken document: exit %d %s", code, out)
	}
	if out, _, code := call(t, string(b), "radiation", "n42", "read", "-"); code != exitFine || !strings.Contains(out, `"max_dose_rate_nsv_h": 200`) {
		t.Errorf("read: exit %d %s", code, out)
	}
	if _, errw, code := call(t, "<a/>", "radiation", "n42", "read", "-"); code == exitFine || !strings.Contains(errw, "this is no N42 document") {
		t.Errorf("read of another document: exit %d %s", code, errw)
	}
	if _, _, code := call(t, "", "radiation", "n42", "read", "/no/such/file"); code != exitUsage {
		t.Errorf("read of no file: exit %d", code)
	}
}
