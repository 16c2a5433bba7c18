package console

import (
	"encoding/json"
	"net/http"

	"acsgd/fusion"
	"acsgd/internal/auth"
	"acsgd/internal/outline"
)

// profile serves the picture of a passage's outline, for reports and for keeping.
func (s *Server) profile(w http.ResponseWriter, r *http.Request, _ auth.User) {
	id := r.PathValue("id")
	b, err := s.cfg.Archive.Passage(r.Context(), id)
	if err != nil {
		s.cfg.Log.Error("read passage", "err", err)
		refuse(w, http.StatusServiceUnavailable, "the archive does not answer")
		return
	}
	if b == nil {
		refuse(w, http.StatusNotFound, "there is no passage "+id)
		return
	}
	var p fusion.Passage
	if err := json.Unmarshal(b, &p); err != nil {
		s.cfg.Log.Error("read passage", "passage", id, "err", err)
		refuse(w, http.StatusInternalServerError, "passage "+id+" cannot be read")
		return
	}
	d, ok := outline.Of(&p)
	if !ok {
		refuse(w, http.StatusNotFound, "passage "+id+" has no outline: its length is not known")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Cache-Control", "private, no-cache") // late data amend a passage
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("Content-Disposition", `inline; filename="profile-`+safe(p.ID)+`.svg"`)
	_, _ = w.Write(d.SVG()) // the browser may be gone: there is nobody to tell
}

// safe makes a passage's id fit for a file's name.
func safe(id string) string {
	b := []byte(id)
	for i, c := range b {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' {
			b[i] = '_'
		}
	}
	return string(b)
}
