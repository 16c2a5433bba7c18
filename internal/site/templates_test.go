package site

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acsgd/fusion"
	"acsgd/fusion/radiation/radiationtest"
	"acsgd/lanes"
)

// client is a person at the console.
type client struct {
	r      *rig
	cookie *http.Cookie
}

func (r *rig) signIn(name string) *client {
	r.t.Helper()
	c := &client{r: r}
	res := c.post("/api/login", []byte(fmt.Sprintf(`{"user":%q,"password":"a long password"}`, name)))
	if res.StatusCode != http.StatusNoContent {
		r.t.Fatalf("%s signs in: %s", name, res.Status)
	}
	c.cookie = res.Cookies()[0]
	return c
}

func (c *client) post(path string, body []byte) *http.Response {
	c.r.t.Helper()
	req, err := http.NewRequestWithContext(c.r.t.Context(), http.MethodPost, "http://"+c.r.site.Addr().String()+path, bytes.NewReader(body))
	if err != nil {
		c.r.t.Fatal(err)
	}
	req.Header.Set("X-ACSGD", "1")
	if c.cookie != nil {
		req.AddCookie(c.cookie)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.r.t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.r.t.Fatal(err)
	}
	res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(b))
	return res
}

// inForce stops the site and says which templates its lane 1 had.
func (r *rig) inForce() fusion.TemplatesState {
	r.t.Helper()
	r.health() // answers once everything of the start has been handed over
	done := make(chan error, 1)
	r.site.lanes["1"].Put(fusion.Tick{}, func(err error) { done <- err })
	if err := <-done; err != nil {
		r.t.Error(err)
	}
	r.stop()
	core, _ := r.site.lanes["1"].Final()
	if s := core.Lane().Templates; s != nil {
		return *s
	}
	return fusion.TemplatesState{Version: "no portal"}
}

func TestTemplatesComeIntoForce(t *testing.T) {
	p := newPortal(t)
	dir := t.TempDir()
	text := lane("1") + more("rpm-1", "rpm/tsa", "tcp:"+p.addr)
	named := text + "  templates = \"set.json\"\n"
	if err := os.WriteFile(filepath.Join(dir, "set.json"), radiationtest.Learned(t, "of the file", 650), 0o600); err != nil {
		t.Fatal(err)
	}
	enforcing := func(text string) *rig {
		t.Helper()
		r := &rig{t: t, dir: dir, dev: &instruments{in: map[string]chan said{}}, log: &logLines{}}
		r.parse(strings.Replace(fmt.Sprintf(siteHead, dir, ""), `"simulator"`, `"enforcement"`, 1) + text)
		var err error
		if r.site, err = Start(t.Context(), r.options()); err != nil {
			t.Fatal(err)
		}
		r.run()
		return r
	}
	is := func(r *rig, version, by string) {
		t.Helper()
		if s := r.inForce(); s.Version != version || s.By != by {
			t.Errorf("in force: %+v, want %q by %q", s, version, by)
		}
	}

	r := enforcing(text)
	is(r, "", "") // nothing has been learned here yet
	is(enforcing(named), "of the file", "")
	is(enforcing(named), "of the file", "")
	is(enforcing(text), "", "") // the site file does not name them any more

	r = enforcing(text)
	for name, role := range map[string]string{"sup": "supervisor", "off": "officer"} {
		if err := r.site.Users().Set(name, "a long password", role); err != nil {
			t.Fatal(err)
		}
	}
	sup := r.signIn("sup")
	if res := r.signIn("off").post("/api/radiation/templates", radiationtest.Learned(t, "x", 650)); res.StatusCode != http.StatusForbidden {
		t.Errorf("an officer puts templates in force: %s", res.Status)
	}
	for path, body := range map[string]string{
		"/api/radiation/templates":        `{"version":"x"}`,
		"/api/radiation/templates?lane=9": string(radiationtest.Learned(t, "x", 650)),
	} {
		if res := sup.post(path, []byte(body)); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	if res := sup.post("/api/radiation/templates?lane=1", radiationtest.Learned(t, "by hand", 650)); res.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(res.Body)
		t.Errorf("a supervisor puts templates in force: %s %s", res.Status, b)
	}
	is(r, "by hand", "sup")
	is(enforcing(text), "by hand", "sup") // it holds over a restart
	if _, err := UseTemplates(t.Context(), dir, "1", "off", "a long password", radiationtest.Learned(t, "y", 650)); err == nil {
		t.Error("an officer puts templates in force in a stopped site")
	}
	if _, err := UseTemplates(t.Context(), dir, "1", "sup", "a wrong password", radiationtest.Learned(t, "y", 650)); err == nil {
		t.Error("a wrong password puts templates in force in a stopped site")
	}
	ids, err := UseTemplates(t.Context(), dir, "", "sup", "a long password", radiationtest.Learned(t, "while stopped", 650))
	if err != nil || len(ids) != 1 {
		t.Fatalf("in a stopped site: lanes %v, %v", ids, err)
	}
	r = enforcing(text)
	if _, err := UseTemplates(t.Context(), dir, "", "sup", "a long password", radiationtest.Learned(t, "z", 650)); err == nil {
		t.Error("a site that runs is written into from outside")
	}
	is(r, "while stopped", "sup")
	r = enforcing(named)
	if res := r.signIn("sup").post("/api/radiation/templates?lane=1", radiationtest.Learned(t, "against the file", 650)); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("against the site file: %s", res.Status)
	}
	is(r, "of the file", "")

	rep, err := lanes.Replay(t.Context(), filepath.Join(dir, "journal"), nil)
	if err != nil || len(rep.Differences) > 0 {
		t.Errorf("replay: %+v, %v", rep.Differences, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "set.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.parse(fmt.Sprintf(siteHead, dir, "") + named)
	if s, err := Start(t.Context(), r.options()); err == nil || !strings.Contains(err.Error(), "set.json") {
		t.Errorf("a file that holds no templates: %v", err)
		_ = s.Close()
	}
}

// A simulator shows what a portal that has learned would show.
func TestASimulatorHasTheBuiltInTemplates(t *testing.T) {
	p := newPortal(t)
	r := newRig(t, t.TempDir(), "", lane("1")+more("rpm-1", "rpm/tsa", "tcp:"+p.addr)+lane("2"))
	want, _, err := BuiltInTemplates()
	if err != nil {
		t.Fatal(err)
	}
	if s := r.inForce(); s.Version != want || want == "" || s.By != "" {
		t.Errorf("in force: %+v, want %q", s, want)
	}
	core, _ := r.site.lanes["2"].Final()
	if s := core.Lane().Templates; s != nil {
		t.Errorf("a lane without a portal has templates: %+v", s)
	}
}
