package console

import (
	"bytes"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// static serves the built front end: hashed assets for ever, the page itself never cached,
// with the gzip form made at build time where the browser takes it.
type static struct{ files fs.FS }

func newStatic(files fs.FS) http.Handler { return static{files} }

func (s static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		refuse(w, http.StatusMethodNotAllowed, "only GET")
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == "" {
		name = "index.html"
	}
	b, zipped, ok := s.read(name, r)
	if !ok && strings.Contains(r.Header.Get("Accept"), "text/html") {
		name = "index.html" // an address inside the page
		b, zipped, ok = s.read(name, r)
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		h.Set("Content-Type", t)
	}
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Vary", "Accept-Encoding")
	if zipped {
		h.Set("Content-Encoding", "gzip")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
}

func (s static) read(name string, r *http.Request) (b []byte, zipped, ok bool) {
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if b, err := fs.ReadFile(s.files, name+".gz"); err == nil {
			return b, true, true
		}
	}
	b, err := fs.ReadFile(s.files, name)
	return b, false, err == nil
}
