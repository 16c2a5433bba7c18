//go:build unix

package pgtest

import "net/url"

// Serve starts a server of its own for a program that measures; Close stops it.
func Serve() (*Server, error) { return launch() }

// Close stops a server of Serve and removes its folder.
func (s *Server) Close() { s.close() }

// Make makes a database and returns its URL; locale is that of its character classes.
func (s *Server) Make(name, locale string) (dsn string, err error) {
	if err := s.tool("createdb", "--template=template0", "--encoding=UTF8", "--locale="+locale, name); err != nil {
		return "", err
	}
	return s.url(name), nil
}

func (s *Server) url(name string) string {
	q := url.Values{"host": {s.dir}, "user": {superuser}, "sslmode": {"disable"}}
	return "postgres:///" + name + "?" + q.Encode()
}
