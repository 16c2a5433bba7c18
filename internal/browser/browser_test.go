package browser

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const page = `<!doctype html><html lang="kk"><meta charset="utf-8"><title>Өткізу бекеті</title>
<h1>Lane 1</h1><p id="state">waiting</p><input id="plate"><button id="go">Weigh</button><p id="key"></p>
<p id="hidden" style="display:none">gone</p>
<script>
  const state = document.getElementById('state');
  document.getElementById('go').onclick = async () => {
    const r = await fetch('/mass?plate=' + encodeURIComponent(document.getElementById('plate').value));
    state.textContent = await r.text();
  };
  addEventListener('keydown', (e) => { document.getElementById('key').textContent = (e.ctrlKey ? 'ctrl ' : '') + e.key; });
</script>`

func serve(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page)
	})
	mux.HandleFunc("GET /mass", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s weighs 40 120 kg", r.FormValue("plate"))
	})
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv
}

func TestAPageIsReadTypedIntoClickedAndPhotographed(t *testing.T) {
	srv := serve(t)
	p := Open(t, Size(800, 600))
	p.Goto(srv.URL)
	if got := p.Text("h1"); got != "Lane 1" {
		t.Errorf("heading shows %q", got)
	}
	if got := p.Eval("document.title"); got != "Өткізу бекеті" {
		t.Errorf("title is %q", got)
	}
	if got := p.Eval("[innerWidth, innerHeight]"); got != "[800,600]" {
		t.Errorf("viewport is %s", got)
	}
	if got := p.Eval("new Promise(done => done({a: undefined, b: 1}))"); got != `{"b":1}` {
		t.Errorf("value of a promise is %s", got)
	}
	p.Type("#plate", "777 АБВ 02")
	p.Click("#go")
	p.WaitText("#state", "777 АБВ 02 weighs 40 120 kg", 10*time.Second)
	for _, k := range []struct{ press, want string }{
		{"F2", "F2"}, {"Enter", "Enter"}, {"Escape", "Escape"}, {"m", "m"}, {"Control+k", "ctrl k"}, {"ArrowDown", "ArrowDown"},
	} {
		p.Key(k.press)
		p.WaitText("#key", k.want, 10*time.Second)
	}
	shot := filepath.Join(t.TempDir(), "shots", "lane.png")
	p.Screenshot(shot)
	b, err := os.ReadFile(shot)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil || img.Bounds().Dx() != 800 || img.Bounds().Dy() != 600 {
		t.Errorf("screenshot is %v, %v", img, err)
	}
	if errs := p.Console(); len(errs) != 0 {
		t.Errorf("a page without faults reports %q", errs)
	}
}

func TestErrorsAndRequestsOfAPageAreKept(t *testing.T) {
	srv, other := serve(t), serve(t)
	p := Open(t)
	p.Goto(srv.URL)
	p.Eval("console.error('scale', 3, {axle: 2}), console.log('not an error')")
	p.Eval("setTimeout(() => { throw new Error('no weighing') }), new Promise(done => setTimeout(done, 1))")
	p.Eval("fetch(" + quote(other.URL+"/mass") + ").catch(() => 'refused')")
	p.Eval("fetch('http://example.invalid/').catch(() => 'refused')")
	errs := strings.Join(p.Console(), "\n")
	for _, want := range []string{"scale 3 Object", "Error: no weighing", "blocked by CORS policy"} {
		if !strings.Contains(errs, want) {
			t.Errorf("errors lack %q:\n%s", want, errs)
		}
	}
	if strings.Contains(errs, "not an error") {
		t.Errorf("a plain message counts as an error:\n%s", errs)
	}
	var got []string
	for _, u := range p.Requests() {
		if !strings.HasSuffix(u, "/favicon.ico") {
			got = append(got, u)
		}
	}
	if diff := cmp.Diff([]string{srv.URL + "/", other.URL + "/mass", "http://example.invalid/"}, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestClosingLeavesNoProcessOfTheBrowser(t *testing.T) {
	p := Open(t)
	group := p.cmd.Process.Pid
	if err := syscall.Kill(-group, 0); err != nil {
		t.Fatalf("the open browser is no process group: %v", err)
	}
	p.Close()
	p.Close()
	for end := time.Now().Add(10 * time.Second); !errors.Is(syscall.Kill(-group, 0), syscall.ESRCH); {
		if time.Now().After(end) {
			t.Fatal("processes of the browser outlive it")
		}
	}
}

// recorder stands for a test and keeps how it failed.
type recorder struct {
	testing.TB
	failure string
}

func (r *recorder) Helper() {}
func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	panic(r)
}

func TestAStepThatCannotBeDoneNamesItselfAndWhatThePageShows(t *testing.T) {
	srv := serve(t)
	p := Open(t)
	p.Goto(srv.URL)
	failing := func(step func()) string {
		r := &recorder{TB: t}
		p.t = r
		defer func() { p.t = t }()
		func() {
			defer func() { _ = recover() }()
			step()
		}()
		return r.failure
	}
	for _, c := range []struct {
		name string
		step func()
		want string
	}{
		{"text that never comes", func() { p.WaitText("#state", "weighed", 50*time.Millisecond) }, `it shows "waiting"`},
		{"an element that is not there", func() { p.Text("#nowhere") }, "nothing matches #nowhere"},
		{"an exception", func() { p.Eval("nothing.here") }, "nothing is not defined"},
		{"an address that nothing answers", func() { p.Goto("http://127.0.0.1:1/") }, "opening http://127.0.0.1:1/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := failing(c.step); !strings.Contains(got, c.want) {
				t.Errorf("failure is %q, want one with %q", got, c.want)
			}
		})
	}
	if _, _, err := parseKey("F99"); err == nil {
		t.Error("a key that does not exist is accepted")
	}
}
