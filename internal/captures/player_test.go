package captures

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// directory makes recordings of a test's own.
func directory(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "with [wildcards]*")
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestWhatIsNotThereIsNamed(t *testing.T) {
	if _, err := Find(filepath.Join(t.TempDir(), "nowhere")); err == nil || !strings.Contains(err.Error(), "nowhere") || !strings.Contains(err.Error(), dayGlob) {
		t.Errorf("a directory that is not there: %v", err)
	}
	if _, err := Find(t.TempDir()); err == nil || !strings.Contains(err.Error(), "frigate_*.json") {
		t.Errorf("an empty directory: %v", err)
	}
	set, err := Find(directory(t, map[string]string{dayGlob: file, "profiler/b.jsonl": "", "profiler/a.jsonl": ""}))
	if err != nil {
		t.Fatal(err)
	}
	if set.Day == "" || len(set.Sessions) != 2 || filepath.Base(set.Sessions[0]) != "a.jsonl" || len(set.Missing) != 5 {
		t.Errorf("found %+v", set)
	}
	p, err := New(set, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(p.IDs(), " "); got != "R1 R4" {
		t.Errorf("lanes %s", got)
	}
}

func TestAFaultyRecordingIsRefusedByName(t *testing.T) {
	for name, text := range map[string]string{dayGlob: "GB,1,2,3,4\n", "anpr/payloads/frigate_x.json": "nonsense"} {
		set, err := Find(directory(t, map[string]string{name: text}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(set, Config{MQTT: "127.0.0.1:1"}); err == nil || !strings.Contains(err.Error(), filepath.Base(name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// link gives the address in the link of a device.
func link(t *testing.T, p *Player, scheme string) string {
	t.Helper()
	m := regexp.MustCompile(scheme + `:(127\.0\.0\.1:\d+)`).FindStringSubmatch(p.Lanes())
	if m == nil {
		t.Fatalf("no %s link in %s", scheme, p.Lanes())
	}
	return m[1]
}

func TestAPortalIsPlayedLapAfterLap(t *testing.T) {
	set, err := Find(directory(t, map[string]string{dayGlob: "GS,1,10-00-00.000\nGX,1,10-00-00.010\nGS,2,10-00-00.020\nGX,2,10-00-00.030\nGA,3,10-00-00.040\nGX,3,10-00-00.050\n"}))
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(set, Config{Vacancy: time.Millisecond, Lead: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	c, err := net.Dial("tcp", link(t, p, "tcp"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	var got []string
	for range 8 {
		l, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimSpace(l))
	}
	if s := strings.Join(got, " "); s != "GS,2 GX,2 GA,3 GX,3 GS,1 GX,1 GS,2 GX,2" {
		t.Errorf("on the wire: %s", s)
	}
	cancel()
	<-done
	if _, err := io.Copy(io.Discard, r); err != nil && ctx.Err() == nil {
		t.Error(err)
	}
}

func TestCameraEventsArePushedAsRecorded(t *testing.T) {
	const raw = "POST /camera/event HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
	set, err := Find(directory(t, map[string]string{"anpr/payloads/hik_a.bin": raw, "anpr/payloads/hik_b.xml": "<doc/>"}))
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(set, Config{Every: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", link(t, p, "listen"))
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 2)
	srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- r.Method + " " + r.URL.Path + " " + r.Header.Get("Content-Type") + " " + string(b)
	})}
	go srv.Serve(ln)
	defer srv.Close()
	p.Run(t.Context()) // ends with the last event
	if a, b := <-got, <-got; a != "POST /camera/event  hello" || b != "POST /recorded application/xml <doc/>" {
		t.Errorf("pushed %q and %q", a, b)
	}
}
