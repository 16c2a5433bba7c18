package console

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"acsgd/fusion"
	"acsgd/internal/quant"
)

func TestThePictureOfAProfile(t *testing.T) {
	r := newRig(t)
	p := fusion.Passage{ID: "L1-7", Size: &fusion.Size{Length: 9000, Width: 2500, Height: 3500}}
	for x := quant.Length(0); x <= 9000; x += 500 {
		p.Size.Outline = append(p.Size.Outline, fusion.Point{X: x, Z: 3500, Left: -1250, Right: 1250})
	}
	keep := func(id string, p fusion.Passage) {
		b, err := json.Marshal(&p)
		if err != nil {
			t.Fatal(err)
		}
		r.past[id] = b
	}
	keep("L1-7", p)
	keep("L1-8", fusion.Passage{ID: "L1-8"})
	r.past["L1-9"] = json.RawMessage(`{"size":7}`)
	get := func(id string) (int, http.Header, string) {
		res, err := r.client.Get(r.srv.URL + "/api/passages/" + id + "/profile.svg")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, res.Header, string(b)
	}
	if code, _, _ := get("L1-7"); code != http.StatusUnauthorized {
		t.Errorf("without a session %d", code)
	}
	r.login("aigerim")
	code, h, body := get("L1-7")
	if code != http.StatusOK || h.Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(body, "<svg") || !strings.Contains(body, "9.00 m") {
		t.Errorf("%d %s %.80s", code, h.Get("Content-Type"), body)
	}
	if !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		t.Error("a picture may run scripts")
	}
	for id, want := range map[string]struct {
		code int
		says string
	}{"L1-8": {http.StatusNotFound, "length is not known"}, "nobody": {http.StatusNotFound, "there is no passage nobody"}, "L1-9": {http.StatusInternalServerError, "cannot be read"}} {
		if code, _, body := get(id); code != want.code || !strings.Contains(body, want.says) {
			t.Errorf("%s: %d %s", id, code, body)
		}
	}
}
