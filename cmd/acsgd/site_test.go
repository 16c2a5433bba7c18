package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"acsgd/lanes"
)

// quick is a demo whose first vehicles come at once.
var quick = []string{"--lanes", "2", "--lead", "100ms", "--headway", "1s"}

// watched starts a demo that an officer looks at, and waits for the first passage.
func watched(t *testing.T, dir string) (*demo, *session, *follower) {
	t.Helper()
	d := startDemo(t, dir, quick...)
	s := d.session("officer", d.passwords["officer"])
	f := newFollower(t)
	f.follow(s, "lanes", "lane/1")
	f.until("a passage", 60*time.Second, func() bool { return len(f.passages) > 0 && len(f.log) > 0 })
	return d, s, f
}

func TestAUserThatIsAddedWhileTheSiteRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, _, f := watched(t, dir)
	out, errw, code := call(t, "", "user", "add", "--data", dir, "--role", "officer", "aigerim")
	if code != exitFine {
		t.Fatalf("user add: %d %s", code, errw)
	}
	name, password, _ := strings.Cut(strings.TrimSpace(out), "\t")
	s := d.session(name, password)
	hers := newFollower(t)
	hers.follow(s, "lanes")
	hers.until("her stream", 20*time.Second, func() bool { return hers.epoch != "" })
	if _, errw, code := call(t, "another long password\n", "user", "add", "--data", dir, "--role", "auditor", "--password-stdin", "aigerim"); code != exitFine {
		t.Fatalf("user add: %d %s", code, errw)
	}
	hers.ended()
	if code := s.get("/api/devices", nil); code != http.StatusUnauthorized {
		t.Errorf("her old session: %d, want 401", code)
	}
	s = d.session("aigerim", "another long password")
	if code, body := s.post("/api/lanes/1/orders", `{"id":"x","action":"close_lane"}`); code != http.StatusForbidden {
		t.Errorf("an auditor closes a lane: %d %s", code, body)
	}
	if _, errw, code := call(t, "", "user", "remove", "--data", dir, "aigerim"); code != exitFine {
		t.Fatalf("user remove: %d %s", code, errw)
	}
	if code := s.get("/api/devices", nil); code != http.StatusUnauthorized {
		t.Errorf("the session of a removed user: %d, want 401", code)
	}
	if f.reached(0, func() bool { return f.closed }) {
		t.Error("the other officer's stream has ended with hers")
	}
	d.stop()
}

func TestATermInTheMiddleOfAPassageLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, s, f := watched(t, dir)
	start := time.Now()
	d.stop() // fails unless the exit code is 0
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the stop took %v, want at most 5 s", took)
	}
	f.ended()
	auditClean(t, dir)
	snaps, skipped := lanes.ReadSnapshots(filepath.Join(dir, "snapshots"), f.epoch, ^uint64(0))
	if len(snaps) != 2 || len(skipped) > 0 {
		t.Errorf("%d snapshots, %v, want one a lane", len(snaps), skipped)
	}
	again := startDemo(t, dir, quick...)
	s.url = again.url
	if missing := f.lost(s); len(missing) > 0 {
		t.Errorf("lost: %q", missing)
	}
	again.stop()
	replayClean(t, dir)
}

func TestASecondTermEndsAtOnceAndLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, s, f := watched(t, dir)
	for range 2 {
		if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Log("ended after the first: ", err)
		}
	}
	if err := d.cmd.Wait(); err != nil && !strings.Contains(err.Error(), "terminated") {
		t.Errorf("the site ended with %v", err)
	}
	f.ended()
	auditClean(t, dir)
	again := startDemo(t, dir, quick...)
	s.url = again.url
	if missing := f.lost(s); len(missing) > 0 {
		t.Errorf("lost: %q", missing)
	}
	again.stop()
}

func auditClean(t *testing.T, dir string) {
	t.Helper()
	if out, errw, code := call(t, "", "audit", "verify", dir); code != exitFine {
		t.Errorf("audit verify: %d %s%s", code, out, errw)
	}
}

func replayClean(t *testing.T, dir string) {
	t.Helper()
	if out, errw, code := call(t, "", "replay", "--raw", dir); code != exitFine {
		t.Errorf("replay: %d %s%s", code, out, errw)
	}
}

var metricsAddr = regexp.MustCompile(`what=metrics addr=(\S+)`)

// health asks the health page of a demo.
func (d *demo) health() (int, string) {
	d.t.Helper()
	if d.metrics == "" { // once: the log keeps only its end
		m := metricsAddr.FindStringSubmatch(d.log.String())
		if m == nil {
			d.t.Fatal("the log does not name the address of the metrics")
		}
		d.metrics = m[1]
	}
	res, err := http.Get("http://" + d.metrics + "/healthz")
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	b := make([]byte, 512)
	n, _ := res.Body.Read(b)
	return res.StatusCode, string(b[:n])
}

// fileLimit sets how large a file the process may write; what lies beyond is refused, as on
// a full disk.
func (d *demo) fileLimit(bytes uint64) {
	d.t.Helper()
	pid := d.cmd.Process.Pid
	var old unix.Rlimit
	err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, nil, &old)
	if err == nil {
		err = unix.Prlimit(pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: min(bytes, old.Max), Max: old.Max}, nil)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

func TestAFullDiskIsShownMovesNothingAndIsOverWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, s, f := watched(t, dir)
	if code, why := d.health(); code != http.StatusOK {
		t.Fatalf("health before: %d %s", code, why)
	}
	d.fileLimit(4096)
	f.until("the officer sees that the journal refuses", 30*time.Second, func() bool { return len(f.journal) > 0 })
	if code, why := d.health(); code != http.StatusServiceUnavailable || !strings.Contains(why, "journal refuses") {
		t.Errorf("health: %d %s, want 503 and why", code, why)
	}
	if code, body := s.post("/api/lanes/1/orders", `{"id":"full","action":"close_lane"}`); code != http.StatusServiceUnavailable {
		t.Errorf("an order that cannot be kept: %d %s, want 503", code, body)
	}
	order := func(id string) bool { _, decided := f.orders[id]; return decided }
	if f.reached(200*time.Millisecond, func() bool { return order("full") }) {
		t.Error("an order was carried out that is not in the journal")
	}
	rows := f.rows()
	d.fileLimit(^uint64(0))
	f.until("the lanes go on", 30*time.Second, func() bool { return len(f.log) > rows })
	if code, body := s.post("/api/lanes/1/orders", `{"id":"room","action":"close_lane"}`); code != http.StatusAccepted {
		t.Errorf("an order when there is room again: %d %s", code, body)
	}
	f.until("it is carried out", 20*time.Second, func() bool { return order("room") })
	waitFor(t, "the site is well", func() bool { code, _ := d.health(); return code == http.StatusOK })
	d.stop()
	f.ended()
	auditClean(t, dir)
	replayClean(t, dir)
	again := startDemo(t, dir, quick...)
	s.url = again.url
	if missing := f.lost(s); len(missing) > 0 {
		t.Errorf("lost: %q", missing)
	}
	again.stop()
}

// rows is how many rows of the log were shown.
func (f *follower) rows() int { f.mu.Lock(); defer f.mu.Unlock(); return len(f.log) }

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !ok() {
		select {
		case <-limit.C:
			t.Fatalf("not in time: %s", what)
		case <-look.C:
		}
	}
}

func TestWhatCannotStartIsRefusedClearly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := startDemo(t, dir, quick...)
	before, err := os.ReadFile(filepath.Join(dir, "site.toml"))
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimPrefix(d.url, "http://")
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	free := func(name, value string) []string {
		args := demoArgs(t.TempDir(), "--lanes", "1")
		for i, a := range args {
			if a == name {
				args[i+1] = value
			}
		}
		return args
	}
	bad := filepath.Join(dir, "other.toml")
	site := fmt.Sprintf("[site]\ncode = \"X\"\nname = \"X\"\ndata = %q\n[console]\nlisten = \"127.0.0.1:0\"\n[metrics]\nlisten = \"127.0.0.1:0\"\n[[lane]]\nid = \"1\"\n", dir)
	if err := os.WriteFile(bad, []byte(site), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		args []string
		want []string
	}{
		"a second demo on the same data":     {demoArgs(dir, "--lanes", "1"), []string{dir, fmt.Sprint(d.cmd.Process.Pid)}},
		"a site on the data of a demo":       {[]string{"run", "-c", bad}, []string{dir, fmt.Sprint(d.cmd.Process.Pid)}},
		"the console's port is taken":        {free("--listen", addr), []string{"console", addr, "in use"}},
		"the metrics' port is taken":         {free("--metrics", busy.Addr().String()), []string{"metrics", busy.Addr().String(), "in use"}},
		"the MQTT port is taken":             {free("--mqtt", busy.Addr().String()), []string{busy.Addr().String(), "in use"}},
		"the bus's port is taken":            {free("--nats", busy.Addr().String()), []string{busy.Addr().String(), "in use"}},
		"a console that everybody may reach": {free("--listen", "0.0.0.0:0"), []string{"loopback"}},
		"a data directory that is a file":    {demoArgs(bad, "--lanes", "1"), []string{bad}},
	} {
		_, errw, code := call(t, "", row.args...)
		if code != exitUsage {
			t.Errorf("%s: exit %d, want %d", name, code, exitUsage)
		}
		for _, w := range row.want {
			if !strings.Contains(errw, w) {
				t.Errorf("%s: %q does not name %q", name, errw, w)
			}
		}
	}
	if after, err := os.ReadFile(filepath.Join(dir, "site.toml")); err != nil || string(after) != string(before) {
		t.Errorf("the site file of the running demo was changed: %v", err)
	}
	if code := d.session("officer", d.passwords["officer"]).get("/api/devices", nil); code != http.StatusOK {
		t.Errorf("the running demo answers %d", code)
	}
	d.stop()
	auditClean(t, dir)
}

func TestCheckNamesFileAndLine(t *testing.T) {
	t.Parallel()
	const head = "[site]\ncode = \"X\"\nname = \"X\"\n[[lane]]\nid = \"1\"\n" // 5 lines
	const scale = "  [[lane.device]]\n  name = \"%s\"\n  driver = \"rpm/tsa\"\n  link = \"%s\"\n"
	for name, row := range map[string]struct {
		text string
		want []string // ":LINE:" and words
	}{
		"an unknown key":          {head + "colour = \"red\"\n", []string{":6", "colour"}},
		"an unknown table":        {head + "[weather]\nrain = true\n", []string{":6", "weather"}},
		"a bare mass":             {strings.Replace(head, "name = \"X\"\n", "road_class = 10\n", 1), []string{":3", "road_class"}},
		"a bare length":           {head + "shortest_vehicle = 3\n", []string{":6", "shortest_vehicle"}},
		"two devices on one port": {head + fmt.Sprintf(scale, "a", "tcp:10.0.0.1:4001") + fmt.Sprintf(scale, "b", "tcp:10.0.0.1:4001"), []string{":13", "b", "a", "port"}},
		"an unknown driver":       {head + strings.Replace(fmt.Sprintf(scale, "a", "tcp:10.0.0.1:4001"), "rpm/tsa", "rpm/tsb", 1), []string{":8", "rpm/tsb", "rpm/tsa"}},
		"an unknown setting":      {head + fmt.Sprintf(scale, "a", "tcp:10.0.0.1:4001") + "    [lane.device.settings]\n    sillence = \"10s\"\n", []string{":11", "sillence"}},
		"not TOML":                {head + "id = \n", []string{":6"}},
		"several at once":         {head + "colour = \"red\"\nshade = \"dark\"\n", []string{":6", ":7", "colour", "shade"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "site.toml")
			if err := os.WriteFile(path, []byte(row.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, errw, code := call(t, "", "check", "-c", path)
			if code != exitUsage {
				t.Errorf("exit %d, want %d: %s", code, exitUsage, errw)
			}
			for _, w := range row.want {
				if strings.HasPrefix(w, ":") {
					w = path + w
				}
				if !strings.Contains(errw, w) {
					t.Errorf("%q does not name %q", errw, w)
				}
			}
		})
	}
}
