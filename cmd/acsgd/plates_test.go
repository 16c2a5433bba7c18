package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acsgd/devices/anpr/reader"
	"acsgd/devices/anpr/reader/readertest"
	"acsgd/internal/config"
	"acsgd/sim/checkpoint"
)

// still writes a picture of w x h pixels with words for the fake reader.
func still(t *testing.T, file string, w, h int, words string) string {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o750), os.WriteFile(file, readertest.Still(w, h, words), 0o640)); err != nil {
		t.Fatal(err)
	}
	return file
}

// fakeVision makes the children of this test read with the fake reader, or with none.
func fakeVision(t *testing.T, kind string) {
	t.Helper()
	t.Setenv("ACSGD_AS_PROGRAM", "1")
	t.Setenv("ACSGD_READER", kind)
}

func plates(t *testing.T, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(append([]string{"plates"}, args...), strings.NewReader(in), &o, &e)
	return code, o.String(), e.String()
}

func TestPlatesPrintsTheContract(t *testing.T) {
	fakeVision(t, "fake")
	dir := t.TempDir()
	a := still(t, filepath.Join(dir, "a.png"), 100, 30, "123ABC02 0.9 128ABC02 0.05")
	still(t, filepath.Join(dir, "b.png"), 100, 30, "none")
	code, out, errs := plates(t, "", "--site", "KZ", a, filepath.Join(dir, "[b].png"))
	want := fmt.Sprintf(`{"file":%q,"ms":2.5,"plates":[{"text":"123ABC02","country":"KZ","confidence":0.9,"box":[1,2,3,4],"candidates":[{"text":"123ABC02","p":0.9},{"text":"128ABC02","p":0.05}]}]}
{"file":%q,"ms":2.5,"plates":[]}
`, a, filepath.Join(dir, "b.png"))
	if code != 0 || out != want {
		t.Errorf("exit %d, printed\n%s\nwant\n%s%s", code, out, want, errs)
	}
	b, err := os.ReadFile(still(t, filepath.Join(dir, "c.png"), 40, 20, ""))
	if err != nil {
		t.Fatal(err)
	}
	if code, out, _ := plates(t, string(b), "--crop", "-"); code != 0 || !strings.Contains(out, `{"file":"-"`) || !strings.Contains(out, "W40H20CROP") {
		t.Errorf("from standard input: exit %d, %s", code, out)
	}
}

// TestPlatesGoesOnAfterWhatCannotBeRead: each fault is a line of its own that names its picture.
func TestPlatesGoesOnAfterWhatCannotBeRead(t *testing.T) {
	fakeVision(t, "fake")
	dir := t.TempDir()
	text := filepath.Join(dir, "text.jpg")
	if err := os.WriteFile(text, []byte("hello"), 0o640); err != nil {
		t.Fatal(err)
	}
	args := []string{still(t, filepath.Join(dir, "1.png"), 9, 9, "crash"), still(t, filepath.Join(dir, "2.png"), 9, 9, "error too dark"), text,
		filepath.Join(dir, "missing.png"), dir, still(t, filepath.Join(dir, "3.png"), 9, 9, "777XY05 0.8")}
	code, out, errs := plates(t, "", args...)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != exitFaults || len(lines) != len(args) {
		t.Fatalf("exit %d, %d lines, want 1 and %d:\n%s%s", code, len(lines), len(args), out, errs)
	}
	for i, want := range []string{"signal: killed", "too dark", "not a JPEG", "no such file", "is a folder", ""} {
		var l struct {
			File, Error string
			Plates      []struct{ Text string }
		}
		if err := json.Unmarshal([]byte(lines[i]), &l); err != nil {
			t.Fatal(err)
		}
		if l.File != args[i] || !strings.Contains(l.Error, want) || (want == "") != (len(l.Plates) == 1) {
			t.Errorf("line %s, want an error with %q of %s", lines[i], want, args[i])
		}
	}
}

func TestPlatesUsage(t *testing.T) {
	fakeVision(t, "fake")
	pic := still(t, filepath.Join(t.TempDir(), "a.png"), 9, 9, "none")
	for _, args := range [][]string{{}, {"--engine", "best", pic}, {"--site", "KAZ", pic}, {filepath.Join(t.TempDir(), "*.jpg")},
		{"bench"}, {"bench", t.TempDir()}, {"bench", "--truth", pic}} {
		if code, out, errs := plates(t, "", args...); code != exitUsage || errs == "" {
			t.Errorf("%v: exit %d, want 2 with a reason: %s%s", args, code, out, errs)
		}
	}
	fakeVision(t, "none")
	if code, _, errs := plates(t, "", pic); code != exitUsage || !strings.Contains(errs, "no second reader") {
		t.Errorf("without a reader: exit %d, %s", code, errs)
	}
}

func TestPlatesBench(t *testing.T) {
	fakeVision(t, "fake")
	dir := t.TempDir()
	for file, words := range map[string]string{"kz/1.png": "123ABC02 0.9", "kz/2.png": "I23ABCO2 0.8", "kz/3.png": "none", "kz/4.png": "crash", "cn/1.png": ""} {
		still(t, filepath.Join(dir, file), 100, 30, words)
	}
	truth := "file,plate,x,y,w,h,country,kind\nkz/1.png,123ABC02,10,5,60,20,KZ,scene\nkz/2.png,123ABC02,0,0,0,0,KZ,scene\nkz/3.png,123ABC02,0,0,0,0,KZ,scene\nkz/4.png,123ABC02,0,0,0,0,KZ,scene\ncn/1.png,W100H30CROP,0,0,0,0,CN,crop\n"
	if err := os.WriteFile(filepath.Join(dir, "ground_truth.csv"), []byte(truth), 0o640); err != nil {
		t.Fatal(err)
	}
	code, out, errs := plates(t, "", "bench", "--json", "--wrong", dir)
	if code != exitFaults || !strings.Contains(errs, "kz/4.png: picture ") {
		t.Errorf("exit %d, errors %q, want that of kz/4.png", code, errs)
	}
	// 123ABC02 has 8 characters: two are wrong in the second picture, all in those without a read.
	want := `{"set":"kz","images":4,"crops":0,"exact":1,"exact_folded":2,"cer":0.5625,"ms_p50":2.5,"ms_p99":2.5,"errors":1}
{"set":"cn","images":1,"crops":1,"exact":1,"exact_folded":1,"cer":0,"ms_p50":2.5,"ms_p99":2.5,"errors":0}
`
	if !strings.HasPrefix(out, want) || strings.Count(out, `"read":`) != 3 || !strings.Contains(out, `"read":"I23ABCO2","confidence":0.8,"folded":true`) {
		t.Errorf("printed\n%s\nwant\n%sand three wrong reads", out, want)
	}
	_, out, _ = plates(t, "", "bench", "--crop", "--wrong", "--set", "kz", dir)
	if !strings.Contains(out, "W60H20CROP") || strings.Contains(out, "cn") || !strings.Contains(out, "25.0 %") {
		t.Errorf("of the boxes alone it prints\n%s", out)
	}
	bad := filepath.Join(dir, "bad.csv")
	if err := os.WriteFile(bad, []byte("file,plate,x\n../a.png,A1,0\nb.png,,0\nc.png,A1,far\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	code, _, errs = plates(t, "", "bench", "--truth", bad)
	for _, want := range []string{"bad.csv:2: file", "bad.csv:3: no plate", "bad.csv:4: box"} {
		if code != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("exit %d, errors %s, want %q", code, errs, want)
		}
	}
}

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		v       []float64
		q, want float64
	}{{nil, 0.5, 0}, {[]float64{1}, 0.99, 1}, {[]float64{1, 2, 3, 4}, 0.5, 2}, {[]float64{1, 2, 3, 4}, 0.99, 4}} {
		if got := quantile(c.v, c.q); got != c.want {
			t.Errorf("quantile(%v, %v) = %v, want %v", c.v, c.q, got, c.want)
		}
	}
}

const readerSite = `
[site]
code = "T"
name = "Test"
mode = "simulator"
[[lane]]
id = "1"
  [[lane.device]]
  name = "cam"
  driver = "anpr/isapi"
  link = "listen:127.0.0.1:7080"
  [[lane.device]]
  name = "reader"
  driver = "anpr/reader"
  link = "exec:self vision-worker"
  [lane.device.settings]
  of = ["%s"]
`

func TestCheckNamesWhatASecondReaderLacks(t *testing.T) {
	had := openVision
	t.Cleanup(func() { openVision = had })
	check := func(cam string) (int, string) {
		file := filepath.Join(t.TempDir(), "site.toml")
		if err := os.WriteFile(file, []byte(fmt.Sprintf(readerSite, cam)), 0o640); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		code := run([]string{"check", "-c", file}, nil, &out, &errs)
		return code, errs.String()
	}
	openVision = readertest.Open
	if code, errs := check("cam"); code != 0 {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, errs := check("camera"); code != exitUsage || !strings.Contains(errs, `no other device "camera" in lane 1`) {
		t.Errorf("a camera that is not there: exit %d: %s", code, errs)
	}
	openVision = nil
	if code, errs := check("cam"); code != exitUsage || !strings.Contains(errs, "device reader: this build has no second reader") {
		t.Errorf("without OpenCV: exit %d: %s", code, errs)
	}
}

// The demo has a second reader in every lane where a child of the program can open the
// networks, and none else.
func TestTheDemoHasASecondReaderWhereThereIsOne(t *testing.T) {
	had := openVision
	t.Cleanup(func() { openVision = had })
	t.Setenv("ACSGD_AS_PROGRAM", "1")
	t.Setenv("ACSGD_READER", "fake")
	openVision = readertest.Open
	d := demoCmd{Reader: true}
	link, err := d.reader(t.Context())
	if err != nil || link != reader.Self {
		t.Fatalf("link %q, %v", link, err)
	}
	cp, err := checkpoint.New(checkpoint.Config{Lanes: 4, Reader: link, MQTT: "127.0.0.1:1883"})
	if err != nil {
		t.Fatal(err)
	}
	f, err := config.Parse("site.toml", []byte(cp.SiteFile(d.head())))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range f.Lanes {
		var kinds []string
		for _, dev := range l.Devices {
			kinds = append(kinds, dev.Driver)
		}
		if !slices.Contains(kinds, reader.Kind) {
			t.Errorf("lane %s has %q", l.ID, kinds)
		}
	}
	t.Setenv("ACSGD_READER", "none") // of the child
	if link, err := d.reader(t.Context()); err == nil || link != "" {
		t.Errorf("a child without networks: link %q, %v", link, err)
	}
	openVision = nil
	if link, err := d.reader(t.Context()); err != nil || link != "" {
		t.Errorf("a program without OpenCV: link %q, %v", link, err)
	}
}
