package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"acsgd/devices/anpr/reader/readertest"
)

// TestMain lets the test binary be the program: tests start it as a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("ACSGD_AS_PROGRAM") == "1" {
		switch os.Getenv("ACSGD_READER") {
		case "fake":
			openVision = readertest.Open
		case "none":
			openVision = nil
		}
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// program is a command line that runs this program.
func program(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Env = append(os.Environ(), "ACSGD_AS_PROGRAM=1")
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}

// demo is a running "acsgd demo".
type demo struct {
	t         *testing.T
	dir       string
	url       string
	metrics   string // address, once health has been asked
	passwords map[string]string
	cmd       *exec.Cmd
	log       *tail
}

// tail keeps the end of what a process says.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b = append(l.b, p...); len(l.b) > 64<<10 {
		l.b = l.b[len(l.b)-32<<10:]
	}
	return len(p), nil
}

func (l *tail) String() string { l.mu.Lock(); defer l.mu.Unlock(); return string(l.b) }

// demoArgs is the command line of a demo on free ports.
func demoArgs(dir string, args ...string) []string {
	return append([]string{"demo", "--data", dir, "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--nats", "127.0.0.1:0",
		"--mqtt", "127.0.0.1:0", "--centre", "127.0.0.1:0", "--trackers", "127.0.0.1:0"}, args...)
}

// startDemo starts a demo on free ports and waits until its console answers.
func startDemo(t *testing.T, dir string, args ...string) *demo {
	t.Helper()
	d := &demo{t: t, dir: dir, passwords: map[string]string{}, log: &tail{}}
	d.cmd = program(t.Context(), demoArgs(dir, args...)...)
	if os.Getenv("ACSGD_READER") == "" { // the same demo in every build, and no networks to load
		d.cmd.Env = append(d.cmd.Env, "ACSGD_READER=none")
	}
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	d.cmd.Stderr = d.log
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if d.cmd.ProcessState == nil {
			_ = d.cmd.Process.Kill()
			_ = d.cmd.Wait()
		}
		if t.Failed() {
			t.Logf("log of the demo:\n%s", d.log)
		}
	})
	lines := bufio.NewScanner(out)
	for d.url == "" || !strings.Contains(lines.Text(), "\t") && len(d.passwords) < 6 {
		if !lines.Scan() {
			t.Fatalf("the demo ended before it answered:\n%s", d.log)
		}
		f := strings.Fields(lines.Text())
		switch {
		case len(f) == 2 && f[0] == "console":
			d.url = f[1]
		case len(f) == 3 && strings.Count(f[1], "-") == 3:
			d.passwords[f[0]] = f[1]
		case len(f) > 0 && f[0] == "users":
			go io.Copy(io.Discard, out)
			return d
		}
	}
	go io.Copy(io.Discard, out)
	return d
}

// session is a signed-in user without a browser.
type session struct {
	t      *testing.T
	url    string
	client *http.Client
}

func (d *demo) session(user, password string) *session {
	d.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	s := &session{t: d.t, url: d.url, client: &http.Client{Jar: jar, Timeout: 10 * time.Second}}
	if code, body := s.post("/api/login", fmt.Sprintf(`{"user":%q,"password":%q}`, user, password)); code != http.StatusNoContent {
		d.t.Fatalf("sign-in of %s: %d %s", user, code, body)
	}
	return s
}

func (s *session) post(path, body string) (int, string) {
	s.t.Helper()
	res, err := s.do(path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

// send is post for any goroutine, to a site that may be gone.
func (s *session) send(path, body string) (int, error) {
	res, err := s.do(path, body)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

func (s *session) do(path, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-ACSGD", "1")
	req.Header.Set("Content-Type", "application/json")
	return s.client.Do(req)
}

func (s *session) get(path string, v any) int {
	s.t.Helper()
	res, err := s.client.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if v != nil && res.StatusCode == http.StatusOK {
		if err := json.NewDecoder(res.Body).Decode(v); err != nil {
			s.t.Fatalf("%s: %v", path, err)
		}
	}
	return res.StatusCode
}

// stop ends the demo in order and fails the test if it does not end well.
func (d *demo) stop() {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		d.t.Errorf("the demo ended with %v:\n%s", err, d.log)
	}
}

// call runs a command of the program to its end.
func call(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	c := program(t.Context(), args...)
	var out, errw strings.Builder
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &out, &errw
	if err := c.Run(); err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errw.String(), c.ProcessState.ExitCode()
}

// TestARegisterMapStandsBesideTheSiteFile: from whichever folder the program is started.
func TestARegisterMapStandsBesideTheSiteFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "site.toml")
	text := "[site]\ncode = \"T\"\n[[lane]]\nid = \"1\"\n[[lane.device]]\nname = \"wim-1\"\ndriver = \"wim/modbus\"\nlink = \"modbus+tcp:10.0.0.1:502\"\n[lane.device.settings]\nmap_file = \"scale.toml\"\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errw, code := call(t, "", "check", "-c", path); code != exitUsage || !strings.Contains(errw, "open "+filepath.Join(dir, "scale.toml")) {
		t.Errorf("without the map: %d %s", code, errw)
	}
	if err := os.WriteFile(filepath.Join(dir, "scale.toml"), []byte("model = \"mine\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errw, code := call(t, "", "check", "-c", path); code != exitUsage || !strings.Contains(errw, filepath.Join(dir, "scale.toml")+": ") || strings.Contains(errw, "read map") {
		t.Errorf("with a poor map: %d %s", code, errw)
	}
}
