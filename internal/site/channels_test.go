package site

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"acsgd/fusion"
	"acsgd/lanes"
)

// channelsInForce stops the site and says which channels its lane 1 had.
func (r *rig) channelsInForce() fusion.TunedState {
	r.t.Helper()
	r.inForce()
	core, _ := r.site.lanes["1"].Final()
	if s := core.Lane().Channels; s != nil {
		return *s
	}
	return fusion.TunedState{Version: "never any"}
}

func TestChannelsComeIntoForce(t *testing.T) {
	dir := t.TempDir()
	text := lane("1") + more("cam-1", "anpr/test", "tcp:127.0.0.1:4711") + lane("2")
	channels := func(version string) []byte {
		return []byte(`{"version":"` + version + `","plates":30,"all":{"keep":0.97,"drop":0.01,"insert":0.01,"insert_first":0.02}}`)
	}
	is := func(r *rig, version, by string) {
		t.Helper()
		if s := r.channelsInForce(); s.Version != version || s.By != by {
			t.Errorf("in force: %+v, want %q by %q", s, version, by)
		}
	}
	r := newRig(t, dir, "", text)
	for name, role := range map[string]string{"sup": "supervisor", "off": "officer"} {
		if err := r.site.Users().Set(name, "a long password", role); err != nil {
			t.Fatal(err)
		}
	}
	sup := r.signIn("sup")
	if res := r.signIn("off").post("/api/plates/channels", channels("x")); res.StatusCode != http.StatusForbidden {
		t.Errorf("an officer puts channels in force: %s", res.Status)
	}
	for path, body := range map[string]string{"/api/plates/channels": `{"version":"x"}`, "/api/plates/channels?lane=2": string(channels("x")), "/api/plates/channels?lane=9": string(channels("x"))} {
		if res := sup.post(path, []byte(body)); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	if res := sup.post("/api/plates/channels", channels("by hand")); res.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(res.Body)
		t.Errorf("a supervisor puts channels in force: %s %s", res.Status, b)
	}
	is(r, "by hand", "sup")
	is(newRig(t, dir, "", text), "by hand", "sup") // it holds over a restart
	if _, err := UseChannels(t.Context(), dir, "", "off", "a long password", channels("y")); err == nil {
		t.Error("an officer puts channels in force in a stopped site")
	}
	if ids, err := UseChannels(t.Context(), dir, "", "sup", "a long password", channels("while stopped")); err != nil || len(ids) != 1 || ids[0] != "1" {
		t.Fatalf("in a stopped site: lanes %v, %v", ids, err)
	}
	is(newRig(t, dir, "", text), "while stopped", "sup")
	if _, err := UseChannels(t.Context(), dir, "1", "sup", "a long password", []byte("null")); err != nil {
		t.Fatal(err)
	}
	is(newRig(t, dir, "", text), "", "sup")
	rep, err := lanes.Replay(t.Context(), filepath.Join(dir, "journal"), nil)
	if err != nil || len(rep.Differences) > 0 {
		t.Errorf("replay: %+v, %v", rep.Differences, err)
	}
}

// A set of many cameras that have confused every character is larger than other requests.
func TestLargeChannelsComeIntoForce(t *testing.T) {
	var rows []string
	const usual = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, x := range usual {
		var row []string
		for _, y := range usual {
			if x != y {
				row = append(row, fmt.Sprintf(`"%c":0.028571429`, y))
			}
		}
		rows = append(rows, fmt.Sprintf(`"%c":{%s}`, x, strings.Join(row, ",")))
	}
	ch := `{"keep":0.97,"drop":0.01,"insert":0.01,"insert_first":0.02,"off":{` + strings.Join(rows, ",") + `}}`
	var cameras []string
	for i := range 24 {
		cameras = append(cameras, fmt.Sprintf(`"cam-%d":%s`, i, ch))
	}
	r := newRig(t, t.TempDir(), "", lane("1")+more("cam-1", "anpr/test", "tcp:127.0.0.1:4711"))
	if err := r.site.Users().Set("sup", "a long password", "supervisor"); err != nil {
		t.Fatal(err)
	}
	b := []byte(`{"version":"large","plates":30,"all":` + ch + `,"cameras":{` + strings.Join(cameras, ",") + `}}`)
	if res := r.signIn("sup").post("/api/plates/channels", b); res.StatusCode != http.StatusOK {
		t.Errorf("%d bytes: %s", len(b), res.Status)
	}
	if s := r.channelsInForce(); s.Version != "large" {
		t.Errorf("in force: %+v", s)
	}
}
