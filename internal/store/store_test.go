package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"acsgd/internal/pgtest"
)

func TestMain(m *testing.M) {
	// The log of the one PostgreSQL server is read until the binary ends.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("acsgd/internal/pgtest.(*process).follow"))
}

// must opens an archive.
func must(t testing.TB, url, dir string) Store {
	t.Helper()
	s, err := Open(t.Context(), url, dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// subrunner is a test or a benchmark.
type subrunner[T any] interface {
	testing.TB
	Run(name string, f func(t T)) bool
}

// engines runs a test or a benchmark on an empty archive of each engine.
func engines[T subrunner[T]](t T, run func(t T, s Store)) {
	t.Run("sqlite", func(t T) {
		s := must(t, "", t.TempDir())
		defer s.Close()
		run(t, s)
	})
	t.Run("postgres", func(t T) {
		s := must(t, pgtest.Start(t), "")
		defer s.Close()
		run(t, s)
	})
}

func TestSQLite(t *testing.T) {
	conformance(t, func(t *testing.T) func(t *testing.T) Store {
		dir := filepath.Join(t.TempDir(), "a folder #1 with 100% odd? signs", "Архив")
		return func(t *testing.T) Store { return must(t, "", dir) }
	})
}

func TestPostgreSQL(t *testing.T) {
	conformance(t, func(t *testing.T) func(t *testing.T) Store {
		dsn := pgtest.Start(t)
		return func(t *testing.T) Store { return must(t, dsn, "") }
	})
}

func TestALostServerIsToldSoonAndFoundAgain(t *testing.T) {
	server := pgtest.New(t)
	s := must(t, server.Database(t), "")
	defer s.Close()
	b := Batch{Epoch: epochA, N: 1, Passages: []Passage{opened(1, 1, "123ABC02")}, Events: []Event{event(1, 0)}}
	put(t, s, b)
	wantPosition(t, s, epochA, 1)
	server.Kill(t)
	ask := map[string]func() error{
		"put":      func() error { b.N = 2; return s.Put(t.Context(), b) },
		"search":   func() error { _, _, err := s.Search(t.Context(), Query{}); return err },
		"passage":  func() error { _, err := s.Passage(t.Context(), "KRD-1-1"); return err },
		"log":      func() error { _, _, err := s.Log(t.Context(), 0, 1); return err },
		"position": func() error { _, err := s.Position(t.Context(), epochA); return err },
	}
	for _, name := range slices.Sorted(maps.Keys(ask)) {
		before := time.Now()
		if err := ask[name](); err == nil {
			t.Errorf("%s: no error without a server", name)
		}
		if d := time.Since(before); d > pgAnswer {
			t.Errorf("%s: told after %v", name, d)
		}
	}
	if _, err := Open(t.Context(), "postgres:///x?host=/nowhere", ""); err == nil {
		t.Error("open: no error without a server")
	}
	server.Restart(t)
	wantPosition(t, s, epochA, 1)
	wantFound(t, s, Query{Plate: "123ABC02"}, "1")
	put(t, s, b)
	wantPosition(t, s, epochA, 2)
	// A server that comes back between two questions is not even noticed.
	server.Kill(t)
	server.Restart(t)
	put(t, s, b)
	wantPosition(t, s, epochA, 2)
}

func TestAStuckServerIsToldInTime(t *testing.T) {
	s := must(t, pgtest.Start(t), "").(*pgStore)
	defer s.Close()
	before := time.Now()
	err := s.do(t.Context(), 50*time.Millisecond, func(ctx context.Context) error {
		_, err := s.pool.Exec(ctx, "select pg_sleep(60)")
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "no answer within 50ms") {
		t.Errorf("got %v, want no answer within 50ms", err)
	}
	if d := time.Since(before); d > 10*time.Second {
		t.Errorf("told after %v", d)
	}
	wantPosition(t, s, epochA, 0)
}

func TestAnArchiveOfANewerProgramIsRefused(t *testing.T) {
	dir, dsn := t.TempDir(), pgtest.Start(t)
	for name, url := range map[string]string{"sqlite": "", "postgres": dsn} {
		s := must(t, url, dir)
		var err error
		switch s := s.(type) {
		case *liteStore:
			_, err = s.write.ExecContext(t.Context(), s.sql["schema_applied"], 99, 0)
		case *pgStore:
			_, err = s.pool.Exec(t.Context(), s.sql["schema_applied"], 99)
		}
		if err != nil {
			t.Fatal(err)
		}
		closed(t, s)
		if _, err := Open(t.Context(), url, dir); err == nil || !strings.Contains(err.Error(), "version 99") {
			t.Errorf("%s: got %v, want an error that names version 99", name, err)
		}
	}
}

func TestOpenTellsWhatIsWrong(t *testing.T) {
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, sqliteFile), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dsn := pgtest.Start(t)
	for _, test := range []struct{ name, url, dir, want string }{
		{"an unknown scheme", "mysql://user:secret@host/db", "", "mysql"},
		{"a text that is no URL", "host=x password=secret", "", "want postgres://"},
		{"a URL that cannot be read", "postgres://user:secret@host:port/db", "", "open archive"},
		{"a database that is not there", strings.Replace(dsn, "/test", "/nosuch", 1), "", "nosuch"},
		{"a file that is no database", "", broken, "may be deleted"},
		{"a folder that is a file", "", file, "open archive in"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := Open(t.Context(), test.url, test.dir)
			if err == nil {
				s.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want one with %q and without the password", err, test.want)
			}
		})
	}
}

// Two programs that start at once on a new archive both find its tables.
func TestTwoMayOpenANewArchiveAtOnce(t *testing.T) {
	dir, dsn := t.TempDir(), pgtest.Start(t)
	for _, url := range []string{"", dsn} {
		opened := make(chan error, 4)
		for range cap(opened) {
			go func() {
				s, err := Open(t.Context(), url, dir)
				if err == nil {
					err = s.Close()
				}
				opened <- err
			}()
		}
		for range cap(opened) {
			if err := <-opened; err != nil {
				t.Error(err)
			}
		}
	}
}

func TestSQLiteRunsAsItIsMeantTo(t *testing.T) {
	s := must(t, "", t.TempDir()).(*liteStore)
	defer s.Close()
	for _, db := range []*sql.DB{s.write, s.read} {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "1", "busy_timeout": "5000"} {
			var got string
			if err := db.QueryRowContext(t.Context(), "pragma "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s: got %q, %v, want %q", pragma, got, err, want)
			}
		}
	}
	if _, err := s.read.ExecContext(t.Context(), s.sql["plates_drop"], 1); err == nil {
		t.Error("the readers may write")
	}
}

func TestBothEnginesHaveTheSameSteps(t *testing.T) {
	lite, err := migrations("sqlite")
	if err != nil {
		t.Fatal(err)
	}
	pg, err := migrations("postgres")
	if err != nil {
		t.Fatal(err)
	}
	if len(lite) == 0 || len(lite) != len(pg) {
		t.Errorf("%d steps of SQLite, %d of PostgreSQL", len(lite), len(pg))
	}
}

func TestEveryStatementStandsInItsEngineAndIsUsed(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		have, err := statements(engine)
		if err != nil {
			t.Fatal(err)
		}
		var code strings.Builder
		for _, name := range []string{"search.go", engine + ".go", engine + "_put.go"} {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(b)
		}
		for name := range have {
			// newest_lane and the like are put together.
			base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_device"), "_verdict"), "_lane")
			if !strings.Contains(code.String(), `"`+base+`"`) {
				t.Errorf("%s: nothing uses %s", engine, name)
			}
		}
		if suffix, _ := limits(Query{Device: "x", Lane: "1"}); have["newest"+suffix] == "" {
			t.Errorf("%s: no statement newest%s", engine, suffix)
		}
		for _, base := range []string{"newest", "window"} {
			for _, q := range []Query{{}, {Lane: "1"}, {Verdict: "within"}, {Lane: "1", Verdict: "within"}} {
				suffix, _ := limits(q)
				if have[base+suffix] == "" {
					t.Errorf("%s: no statement %s%s", engine, base, suffix)
				}
			}
		}
	}
}

func TestBatch(t *testing.T) {
	t.Run("a passage replaces its earlier row", func(t *testing.T) {
		var b Batch
		b.Put(opened(1, 1))
		b.Put(opened(2, 1))
		b.Put(opened(1, 3))
		b.Put(opened(1, 2))
		if diff := cmp.Diff([]Passage{opened(1, 3), opened(2, 1)}, b.Passages); diff != "" {
			t.Error(diff)
		}
	})
	early := Batch{Epoch: epochA, N: 4, Passages: []Passage{opened(1, 1), opened(2, 1)}, Events: []Event{event(4, 0)}}
	late := Batch{Epoch: epochA, N: 6, Passages: []Passage{opened(1, 2), opened(3, 1)}, Events: []Event{event(6, 0)}}
	both := Batch{Epoch: epochA, N: 6, Passages: []Passage{opened(1, 2), opened(2, 1), opened(3, 1)}, Events: []Event{event(4, 0), event(6, 0)}}
	for _, test := range []struct {
		name    string
		a, b, w Batch
	}{
		{"two batches", early, late, both},
		{"the first is empty", Batch{}, late, late},
		{"the later is empty", early, Batch{}, early},
		{"the later is empty but for its epoch", early, Batch{Epoch: epochA}, early},
		{"both are empty", Batch{}, Batch{}, Batch{}},
	} {
		t.Run("merge: "+test.name, func(t *testing.T) {
			got := test.a.Merge(test.b)
			if diff := cmp.Diff(test.w, got); diff != "" {
				t.Error(diff)
			}
			got.Events = append(got.Events, event(9, 9))
			got.Put(Passage{ID: "KRD-1-1", Version: 99, JSON: json.RawMessage("{}")})
			if diff := cmp.Diff(opened(1, 1), early.Passages[0]); diff != "" {
				t.Errorf("a batch that was merged has changed: %s", diff)
			}
		})
	}
}
