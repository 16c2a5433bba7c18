package console

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// papers makes a document of every passage but two.
type papers struct{}

func (papers) Paper(_ context.Context, kind, id, lang string) ([]byte, error) {
	switch id {
	case "none":
		return nil, nil
	case "bad":
		return nil, errors.New("font /secret/path is broken")
	}
	return []byte("%PDF-1.4 " + kind + " " + lang + " " + id), nil
}

func (r *rig) get(path string) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.srv.URL+path, http.NoBody)
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res, string(b)
}

// A document is for who has signed in, in one of three languages; who got which enters the
// journal, and who got none does not.
func TestDocumentsOfAPassage(t *testing.T) {
	r := newRig(t)
	if res, _ := r.get("/api/passages/L1-7/weighing.pdf?lang=kk"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a session: %d", res.StatusCode)
	}
	r.login("nurlan")
	res, body := r.get("/api/passages/L1-7/weighing.pdf?lang=kk")
	h := res.Header
	if res.StatusCode != http.StatusOK || body != "%PDF-1.4 weighing kk L1-7" || h.Get("Content-Type") != "application/pdf" || h.Get("Cache-Control") != "no-store" ||
		h.Get("Content-Disposition") != "inline; filename=L1-7-weighing-kk.pdf" {
		t.Errorf("%d %v %s", res.StatusCode, h, body)
	}
	if _, body := r.get("/api/passages/L1-7/overload.pdf?lang=en"); body != "%PDF-1.4 overload en L1-7" {
		t.Error(body)
	}
	for path, want := range map[string]int{"L1-7/weighing.pdf": http.StatusBadRequest, "L1-7/weighing.pdf?lang=de": http.StatusBadRequest, "none/overload.pdf?lang=ru": http.StatusNotFound,
		"bad/overload.pdf?lang=ru": http.StatusServiceUnavailable, "L1-7/ticket.pdf?lang=ru": http.StatusNotFound} {
		if res, body := r.get("/api/passages/" + path); res.StatusCode != want || strings.Contains(body, "secret") {
			t.Errorf("%s: %d %s, want %d", path, res.StatusCode, body, want)
		}
	}
	if got := slices.DeleteFunc(slices.Clone(r.audit), func(s string) bool { return s != "document nurlan" }); len(got) != 2 {
		t.Errorf("audit %q, want two documents", r.audit)
	}
}

// N42 implements Occupancies.
func (papers) N42(_ context.Context, id, which string) (string, []byte, error) {
	switch {
	case id == "none" || which == "9-9":
		return "", nil, nil
	case id == "bad":
		return "", nil, errors.New("/secret/path is broken")
	case which == "":
		which = "1-630"
	}
	return "occupancy-" + which + ".n42", []byte("<RadInstrumentData/>" + id), nil
}

// An occupancy is exported to who has signed in, and that enters the journal.
func TestAnOccupancyIsExported(t *testing.T) {
	r := newRig(t)
	if res, _ := r.get("/api/passages/L1-7/n42"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a session: %d", res.StatusCode)
	}
	r.login("nurlan")
	res, body := r.get("/api/passages/L1-7/n42")
	h := res.Header
	if res.StatusCode != http.StatusOK || body != "<RadInstrumentData/>L1-7" || h.Get("Content-Type") != "application/xml" || h.Get("Cache-Control") != "no-store" ||
		h.Get("Content-Disposition") != "attachment; filename=L1-7-occupancy-1-630.n42" {
		t.Errorf("%d %v %s", res.StatusCode, h, body)
	}
	if res, _ := r.get("/api/passages/L1-7/n42?occupancy=1-629"); res.Header.Get("Content-Disposition") != "attachment; filename=L1-7-occupancy-1-629.n42" {
		t.Errorf("an earlier one: %v", res.Header)
	}
	for path, want := range map[string]int{"none/n42": http.StatusNotFound, "bad/n42": http.StatusServiceUnavailable, "L1-7/n42?occupancy=9-9": http.StatusNotFound} {
		if res, body := r.get("/api/passages/" + path); res.StatusCode != want || strings.Contains(body, "secret") {
			t.Errorf("%s: %d %s, want %d", path, res.StatusCode, body, want)
		}
	}
	if got := slices.DeleteFunc(slices.Clone(r.audit), func(s string) bool { return s != "document nurlan" }); len(got) != 2 {
		t.Errorf("audit %q, want two documents", r.audit)
	}
}
