//go:build unix

package pgtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ask runs a statement with psql and returns what it prints.
func ask(t *testing.T, dsn, statement string) (string, error) {
	t.Helper()
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(filepath.Join(bin, "psql"), "--no-psqlrc", "--tuples-only", "--no-align", "--command="+statement, dsn).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func mustAsk(t *testing.T, dsn, statement, want string) {
	t.Helper()
	if got, err := ask(t, dsn, statement); err != nil || got != want {
		t.Fatalf("%s: got %q, %v, want %q", statement, got, err, want)
	}
}

func TestEveryCallGivesAnEmptyDatabaseOfOneServer(t *testing.T) {
	a, b := Start(t), Start(t)
	mustAsk(t, a, "create table x (n int); insert into x values (7); select n from x", "CREATE TABLE\nINSERT 0 1\n7")
	mustAsk(t, b, "select count(*) from pg_tables where tablename = 'x'", "0")
	mustAsk(t, b, "show server_encoding", "UTF8")
	ida, err := ask(t, a, "select system_identifier from pg_control_system()")
	if err != nil {
		t.Fatal(err)
	}
	mustAsk(t, b, "select system_identifier from pg_control_system()", ida)
}

func TestADatabaseIsDroppedWhenItsTestEnds(t *testing.T) {
	var inner string
	t.Run("the inner test", func(t *testing.T) { inner = Start(t) })
	if out, err := ask(t, inner, "select 1"); err == nil {
		t.Fatalf("the database of an ended test answers %q", out)
	}
}

func TestAKilledServerComesBackWithItsData(t *testing.T) {
	s := New(t)
	dsn := s.Database(t)
	mustAsk(t, dsn, "create table x (n int); insert into x values (7)", "CREATE TABLE\nINSERT 0 1")
	s.Kill(t)
	if out, err := ask(t, dsn, "select 1"); err == nil {
		t.Fatalf("a killed server answers %q", out)
	}
	s.Restart(t)
	mustAsk(t, dsn, "select n from x", "7")
}

func TestNothingIsLeftOfAServerWhoseTestHasEnded(t *testing.T) {
	var dir string
	var pid int
	t.Run("the inner test", func(t *testing.T) {
		s := New(t)
		dir, pid = s.dir, s.proc.cmd.Process.Pid
	})
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", dir, err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process is left: %v", err)
	}
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	s := New(t)
	s.Kill(t)
	if err := os.WriteFile(filepath.Join(s.data(), "postgresql.conf"), []byte("no_such_setting = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	err := s.start()
	if err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("got %v, want an error that names no_such_setting", err)
	}
	if d := time.Since(before); d > patience/2 {
		t.Errorf("told after %v", d)
	}
}
