package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRocWithoutARecordedDay(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	readme := "# Title\n\n<!-- roc: written by make bench-radiation README=1 -->\n<!-- /roc -->\n\nend\n"
	if err := os.WriteFile(at("README.md"), []byte(readme), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errw bytes.Buffer
	code := run([]string{"roc", "--data", dir, "--clean", "1000", "--passes", "1", "--csv", at("a/roc.csv"), "--svg", at("a/roc.svg"), "--md", at("README.md")}, &out, &errw)
	if code != exitFine {
		t.Fatalf("exit %d: %s", code, errw.String())
	}
	if !strings.Contains(errw.String(), "the simulator's model alone is measured") || strings.Contains(out.String(), "real day") {
		t.Errorf("%s\n%s", errw.String(), out.String())
	}
	for _, word := range []string{"model", "k-sigma tuned", "engine as learned", "distributed", "us an occupancy"} {
		if !strings.Contains(out.String(), word) {
			t.Errorf("no %q in\n%s", word, out.String())
		}
	}
	table, err := os.ReadFile(at("README.md"))
	if err != nil || !bytes.HasPrefix(table, []byte("# Title\n")) || !bytes.HasSuffix(table, []byte("<!-- /roc -->\n\nend\n")) || !bytes.Contains(table, []byte("| model | point | engine |")) {
		t.Errorf("%s, %v", table, err)
	}
	for _, name := range []string{"a/roc.csv", "a/roc.svg"} {
		if fi, err := os.Stat(at(name)); err != nil || fi.Size() < 1000 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRocUsage(t *testing.T) {
	for _, args := range [][]string{{"roc", "--passes", "0"}, {"roc", "--clean", "10"}, {"roc", "--seed", "x"}, {"roc", "more"}} {
		var out, errw bytes.Buffer
		if code := run(args, &out, &errw); code != exitUsage || errw.Len() == 0 {
			t.Errorf("%v: exit %d, %q", args, code, errw.String())
		}
	}
	var out, errw bytes.Buffer
	if code := run([]string{"roc", "--help"}, &out, &errw); code != exitFine || !strings.Contains(out.String(), "5-fold") {
		t.Errorf("help: %d, %s%s", code, out.String(), errw.String())
	}
}
