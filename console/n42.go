package console

import (
	"context"
	"mime"
	"net/http"
	"strconv"

	"acsgd/internal/auth"
)

// Occupancies gives passages' occupancies as documents of ANSI N42.42.
type Occupancies interface {
	// N42 gives one occupancy's document and a file's name for it; nil if there is none.
	// which is BOOT-NUMBER; "" is the occupancy that the passage is judged by.
	N42(ctx context.Context, id, which string) (name string, doc []byte, err error)
}

// n42 gives the document of an occupancy; who has exported what enters the journal.
func (s *Server) n42(w http.ResponseWriter, r *http.Request, u auth.User) {
	id, which := r.PathValue("id"), r.URL.Query().Get("occupancy")
	if s.cfg.N42 == nil {
		refuse(w, http.StatusNotFound, "this console exports no occupancies")
		return
	}
	name, b, err := s.cfg.N42.N42(r.Context(), id, which)
	switch {
	case err != nil:
		s.cfg.Log.Error("make N42 document", "passage", id, "err", err)
		refuse(w, http.StatusServiceUnavailable, "the document could not be made")
		return
	case b == nil:
		refuse(w, http.StatusNotFound, "passage "+id+" has no such occupancy that has ended")
		return
	}
	s.cfg.Audit(r.Context(), "document", u.Name, "n42 "+id+" "+name)
	h := w.Header()
	h.Set("Content-Type", "application/xml")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": safe(id) + "-" + name}))
	h.Set("Cache-Control", "no-store") // late data and the officer's decision amend it
	h.Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) // the browser may be gone: there is nobody to tell
}
