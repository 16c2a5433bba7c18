package console

import (
	"context"
	"mime"
	"net/http"
	"strconv"

	"acsgd/internal/auth"
)

// Papers makes documents of passages.
type Papers interface {
	// Paper gives a passage's document as PDF, nil if there is no such passage. kind is
	// weighing or overload, lang is kk, ru or en.
	Paper(ctx context.Context, kind, id, lang string) ([]byte, error)
}

// paper gives a document of a passage; who has printed what enters the journal.
func (s *Server) paper(kind string) func(http.ResponseWriter, *http.Request, auth.User) {
	return func(w http.ResponseWriter, r *http.Request, u auth.User) {
		id, lang := r.PathValue("id"), r.URL.Query().Get("lang")
		switch {
		case s.cfg.Papers == nil:
			refuse(w, http.StatusNotFound, "this console prints no documents")
			return
		case lang != "kk" && lang != "ru" && lang != "en":
			refuse(w, http.StatusBadRequest, "lang: want kk, ru or en")
			return
		}
		b, err := s.cfg.Papers.Paper(r.Context(), kind, id, lang)
		switch {
		case err != nil:
			s.cfg.Log.Error("make document", "kind", kind, "passage", id, "err", err)
			refuse(w, http.StatusServiceUnavailable, "the document could not be made")
			return
		case b == nil:
			refuse(w, http.StatusNotFound, "there is no passage "+id)
			return
		}
		s.cfg.Audit(r.Context(), "document", u.Name, kind+" "+lang+" "+id)
		h := w.Header()
		h.Set("Content-Type", "application/pdf")
		h.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": id + "-" + kind + "-" + lang + ".pdf"}))
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Length", strconv.Itoa(len(b)))
		_, _ = w.Write(b) // the browser may be gone: there is nobody to tell
	}
}
