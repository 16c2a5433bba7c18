//go:build gocv

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acsgd/sim"
	"acsgd/sim/anpr"
)

// TestVisionReadsThroughTheProgram: "acsgd plates" with the real networks in its child,
// with what cannot be decoded between what can.
func TestVisionReadsThroughTheProgram(t *testing.T) {
	fakeVision(t, "")
	dir := t.TempDir()
	p := sim.Plate{Text: "453DXA12", Country: "KZ"}
	whole := anpr.Overview(anpr.View{Plate: p, Width: 1280, Camera: "lane 1", Seed: 4})
	files := map[string][]byte{"1.jpg": whole, "2.jpg": whole[:len(whole)/3], "3.jpg": append([]byte("\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03"), whole...), "4.jpg": whole}
	var args []string
	for _, name := range []string{"1.jpg", "2.jpg", "3.jpg", "4.jpg"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, files[name], 0o640); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	code, out, errs := plates(t, "", append([]string{"--models", "../../bin/ocr", "--site", "KZ,KG"}, args...)...)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != exitFaults || len(lines) != 4 {
		t.Fatalf("exit %d and %d lines, want 1 and 4:\n%s%s", code, len(lines), out, errs)
	}
	for i, l := range lines {
		var a struct {
			File, Error string
			Plates      []struct{ Text string }
		}
		if err := json.Unmarshal([]byte(l), &a); err != nil {
			t.Fatal(err)
		}
		if i == 0 || i == 3 {
			if len(a.Plates) == 0 || a.Plates[0].Text != p.Text {
				t.Errorf("%s: %s", a.File, l)
			}
		}
		if i == 2 && !strings.Contains(a.Error, "larger than is taken") {
			t.Errorf("a picture that claims 65535 x 65535 pixels: %s", l)
		}
	}
}
