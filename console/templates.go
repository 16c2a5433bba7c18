package console

import (
	"context"
	"io"
	"net/http"
	"time"

	"acsgd/internal/auth"
)

// tuned puts the learnt data of the body in force, in one lane or in all that have a use for
// it; "null" ends their use. A refusal says why: the file is the supervisor's.
func (s *Server) tuned(what string, use func(ctx context.Context, lane, user string, b []byte) (string, error)) func(http.ResponseWriter, *http.Request, auth.User) {
	return func(w http.ResponseWriter, r *http.Request, u auth.User) {
		if use == nil {
			refuse(w, http.StatusNotFound, "this console has no lanes")
			return
		}
		b, err := io.ReadAll(r.Body)
		if err != nil {
			refuse(w, http.StatusRequestEntityTooLarge, "body: "+err.Error())
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		version, err := use(ctx, r.URL.Query().Get("lane"), u.Name, b)
		if err != nil {
			s.cfg.Log.Error(what, "user", u.Name, "err", err)
			refuse(w, http.StatusUnprocessableEntity, err.Error())
			return
		}
		reply(w, http.StatusOK, map[string]string{"version": version})
	}
}
