package console

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"acsgd/internal/auth"
)

// asked remembers the question.
type asked struct {
	noArchive
	q Query
}

func (a *asked) Passages(_ context.Context, q Query) (Page, error) {
	a.q = q
	return Page{}, nil
}

func TestASearchIsLimitedAsTheAddressSays(t *testing.T) {
	a := &asked{}
	s := &Server{cfg: Config{Archive: a}}
	w := httptest.NewRecorder()
	s.passages(w, httptest.NewRequest(http.MethodGet, "/api/passages?device=wim-1&lane=2&plate=01*&verdict=exceeds&from=2025-12-20T00:00:00Z&to=2026-02-21T00:00:00Z&limit=7&before=1.2", nil), auth.User{})
	want := Query{Device: "wim-1", Lane: "2", Plate: "01*", Verdict: "exceeds", Limit: 7, Before: "1.2",
		From: time.Date(2025, 12, 20, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 2, 21, 0, 0, 0, 0, time.UTC)}
	if w.Code != http.StatusOK || a.q != want {
		t.Errorf("status %d, asked %+v, want %+v", w.Code, a.q, want)
	}
}
