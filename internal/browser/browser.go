// Package browser drives Debian's Chromium, headless, for tests of the console: a page is
// opened, keys are pressed and the text that an officer would see is read back.
//
// It is for tests only. Every method fails the test with what was attempted on which
// selector, so that a test reads as a story without error handling. Chromium must be
// there: a test of a page that is skipped where the browser is missing proves nothing,
// and "make test" installs it.
//
// One Page is one browser process with a fresh profile; it talks over a pipe (no debugging
// port) and is killed with its process group when the test ends.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patience bounds every single step; it is generous because tests share two cores.
const patience = 30 * time.Second

// Page is one tab in a browser of its own. Its methods are for the goroutine of the test,
// except Console and Requests, which any goroutine may call.
type Page struct {
	t      testing.TB
	ctx    context.Context
	stop   context.CancelFunc
	cmd    *exec.Cmd
	closed bool

	mu       sync.Mutex
	console  []string
	requests []string
}

// Option changes how Open starts the browser.
type Option func(*options)

type options struct {
	width, height int
	args          []string
}

// Size sets the size of the viewport in CSS pixels; without it 1280 x 1024, the smallest
// screen that the console is made for.
func Size(width, height int) Option {
	return func(o *options) { o.width, o.height = width, height }
}

// Arg adds one command line switch without its dashes, "name" or "name=value".
func Arg(arg string) Option {
	return func(o *options) { o.args = append(o.args, arg) }
}

// Open starts a browser with an empty page and closes it when the test ends.
func Open(t testing.TB, opts ...Option) *Page {
	t.Helper()
	path, err := find()
	if err != nil {
		t.Fatal(err)
	}
	o := options{width: 1280, height: 1024}
	for _, opt := range opts {
		opt(&o)
	}
	p := &Page{t: t}
	ctx, stopBrowser := chromedp.NewExecAllocator(context.Background(), p.flags(path, o)...)
	ctx, stopTab := chromedp.NewContext(ctx)
	p.ctx, p.stop = ctx, func() { stopTab(); stopBrowser() }
	t.Cleanup(p.Close)
	// The first use starts the browser and binds its life to this context, so it must not
	// be one with a time limit of its own; the allocator has one for the start.
	if err := chromedp.Listen(p.ctx, p.heard); err != nil {
		t.Fatalf("browser: starting %s: %v", path, err)
	}
	p.do(fmt.Sprintf("sizing the page to %d x %d", o.width, o.height),
		chromedp.EmulateViewport(int64(o.width), int64(o.height)))
	return p
}

// find names the browser's executable.
func find() (string, error) {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("browser: no chromium in /usr/bin or PATH; `make test` installs it (Debian package chromium)")
}

// flags is the command line: headless, silent on the network, in a process group of its
// own. The profile folder is made, and removed at the end, by the allocator.
func (p *Page) flags(path string, o options) []chromedp.ExecAllocatorOption {
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			p.cmd = cmd
		}),
		chromedp.WindowSize(o.width, o.height),
		chromedp.Flag("headless", "new"),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("lang", "en"),
		// A host name that is not this machine's is never looked up.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1 , EXCLUDE [::1]"),
	}
	for _, name := range []string{
		"no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "no-default-browser-check",
		"disable-background-networking", "disable-component-update", "disable-sync",
		"disable-default-apps", "disable-extensions", "disable-breakpad", "disable-dev-shm-usage",
		"disable-background-timer-throttling", "disable-renderer-backgrounding",
		"disable-backgrounding-occluded-windows", "metrics-recording-only", "mute-audio",
	} {
		flags = append(flags, chromedp.Flag(name, true))
	}
	for _, arg := range o.args {
		name, value, ok := strings.Cut(arg, "=")
		if ok {
			flags = append(flags, chromedp.Flag(name, value))
		} else {
			flags = append(flags, chromedp.Flag(name, true))
		}
	}
	return flags
}

// Close ends the browser and every process it started. Open has already arranged it for
// the end of the test; a second call does nothing.
func (p *Page) Close() {
	if p.closed {
		return
	}
	p.closed = true
	grace, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	_ = chromedp.Cancel(grace) // whatever it could not close, the signal below does
	cancel()
	if p.cmd != nil && p.cmd.Process != nil {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	}
	p.stop()
}

// do runs one step within the patience and fails the test naming it.
func (p *Page) do(what string, a chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, a); err != nil {
		p.t.Fatalf("browser: %s: %v%s", what, err, p.seen())
	}
}

// seen is what a failing test wants to know about the page: its errors.
func (p *Page) seen() string {
	errs := p.Console()
	if len(errs) == 0 {
		return ""
	}
	return "\nerrors on the page:\n  " + strings.Join(errs, "\n  ")
}

// Goto opens a URL and returns when its load event has fired. An address that nothing
// answers fails the test; an HTTP error status does not.
func (p *Page) Goto(url string) {
	p.t.Helper()
	p.do("opening "+url, chromedp.Navigate(url))
}

// Screenshot writes what the window shows to path as PNG, making its folder.
func (p *Page) Screenshot(path string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatalf("browser: taking a screenshot: %v%s", err, p.seen())
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatalf("browser: folder of a screenshot: %v", err)
	}
	if err := os.WriteFile(path, png, 0o644); err != nil {
		p.t.Fatalf("browser: writing a screenshot: %v", err)
	}
}

// Eval runs an expression in the page, waits for its promise if it is one, and returns the
// value: a string as it is, anything else as JSON. An exception fails the test.
func (p *Page) Eval(js string) string {
	p.t.Helper()
	return p.eval("evaluating "+strconv.Quote(js), js)
}
