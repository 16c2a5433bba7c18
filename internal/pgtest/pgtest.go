//go:build unix

// Package pgtest gives tests a real PostgreSQL.
//
// [Start] hands out a fresh, empty database of one server that all tests of a test binary
// share; [New] starts a server of its own for a test that kills it. Servers live in a
// temporary directory, listen on a Unix socket there only, do not wait for the disk,
// and are stopped and removed when the test binary ends, however it ends.
//
// The programs initdb, postgres, createdb and dropdb are looked for in
// /usr/lib/postgresql/*/bin (the newest version wins) and in PATH. Where they are missing
// the test fails: what runs on PostgreSQL in service is tested on PostgreSQL.
//
// PostgreSQL refuses to run as root. A test that runs as root starts the server as the
// user postgres, or else nobody.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// missing is what a test says where PostgreSQL is not installed.
const missing = "no PostgreSQL server programs on this machine: `make test` installs them (Debian: apt-get install postgresql)"

// patience bounds every single step: making a cluster, starting, making a database.
const patience = 2 * time.Minute

// shared is the one server of this test binary. It is made by the first test that needs
// it and ends with the binary.
var shared = sync.OnceValues(func() (*Server, error) { return launch() })

// Start returns the URL of a fresh, empty database (postgres://..., encoding UTF8,
// superuser rights) on the server that all tests of this binary share. The database is
// dropped when the test ends.
func Start(t testing.TB) (dsn string) {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s.Database(t)
}

// Server is a PostgreSQL server.
type Server struct {
	bin    string
	dir    string // holds data/ and the socket
	as     *account
	proc   *process
	number atomic.Int64 // of the last database made
}

// New starts a server for this test alone, which is stopped at its end.
func New(t testing.TB) *Server {
	t.Helper()
	s, err := launch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close() })
	return s
}

// Database makes a fresh, empty database and returns its URL. It is dropped when the test
// ends.
func (s *Server) Database(t testing.TB) (dsn string) {
	t.Helper()
	name := "test" + strconv.FormatInt(s.number.Add(1), 10)
	if err := s.tool("createdb", "--template=template0", "--encoding=UTF8", name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.proc == nil {
			return // the server is gone, and the database with it
		}
		if err := s.tool("dropdb", "--force", "--if-exists", name); err != nil {
			t.Error(err)
		}
	})
	return s.url(name)
}

// Kill ends the server at once, as a crash does: connections break, nothing more is
// written. What was committed stays for [Server.Restart].
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if s.proc == nil {
		t.Fatal("kill PostgreSQL: it does not run")
	}
	s.proc.stop(true)
	s.proc = nil
}

// Restart starts a killed server again on the same data and socket.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if s.proc != nil {
		t.Fatal("restart PostgreSQL: it runs")
	}
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
}

const superuser = "postgres"

// launch makes a cluster and starts a server on it.
func launch() (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	as, err := runAs()
	if err != nil {
		return nil, err
	}
	dir, err := home(as)
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir, as: as}
	if err := s.initdb(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) initdb() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"), "--pgdata="+s.data(), "--username="+superuser,
		"--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	s.as.dress(cmd, s.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make a PostgreSQL cluster in %s: %w\n%s", s.dir, err, out)
	}
	return nil
}

func (s *Server) start() error {
	cmd := []string{filepath.Join(s.bin, "postgres"), "-D", s.data(), "-k", s.dir, "-h", "",
		"-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "max_connections=60", "-c", "shared_buffers=128MB", "-c", "max_wal_size=2GB",
		"-c", "logging_collector=off", "-c", "log_destination=stderr"}
	p, err := spawn(s.as, s.dir, cmd)
	if err != nil {
		return err
	}
	s.proc = p
	return nil
}

func (s *Server) close() {
	if s.proc != nil {
		s.proc.stop(false)
		s.proc = nil
	}
	_ = os.RemoveAll(s.dir) // usually gone already; what cannot be removed from a temporary directory harms nobody
}

// tool runs a client program of PostgreSQL against the server.
func (s *Server) tool(name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), append([]string{"--host=" + s.dir, "--username=" + superuser}, args...)...)
	cmd.Env = environ(s.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
