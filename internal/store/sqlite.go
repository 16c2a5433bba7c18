package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqliteFile is the archive in its folder.
const sqliteFile = "archive.db"

// sqliteReaders is how many questions run at once: each has a page cache of its own.
const sqliteReaders = 4

// liteStore is the archive in a SQLite file. One connection writes; others read beside it,
// each from the state at its own beginning (write-ahead log).
type liteStore struct {
	write, read *sql.DB
	sql         map[string]string
	named       atomic.Pointer[string] // the epoch that Position or Put has named last
}

// alone waits until no other program opens the archive in dir: two that turn a new file to
// WAL at once are refused by SQLite, which does not wait there.
func alone(dir string) (done func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "opening.lock"), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil // closing it gives the lock back
}

func openSQLite(ctx context.Context, dir string) (_ Store, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("open archive in %s: %w", dir, err)
		}
	}()
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(filepath.Join(dir, sqliteFile))
	if err != nil {
		return nil, err
	}
	done, err := alone(dir)
	if err != nil {
		return nil, err
	}
	defer done()
	s := &liteStore{}
	if s.sql, err = statements("sqlite"); err != nil {
		return nil, err
	}
	if s.write, err = sql.Open("sqlite", liteDSN(path, "_txlock=immediate")); err != nil {
		return nil, err
	}
	s.write.SetMaxOpenConns(1)
	if s.read, err = sql.Open("sqlite", liteDSN(path, "_query_only=1")); err != nil {
		return nil, errors.Join(err, s.write.Close())
	}
	s.read.SetMaxOpenConns(sqliteReaders)
	s.read.SetMaxIdleConns(sqliteReaders)
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// liteDSN names the file with what every connection sets. NORMAL writes through to disk at
// checkpoints only: a power cut may take the last transactions whole, and the site plays
// them from the journal again.
func liteDSN(path, more string) string {
	p := filepath.ToSlash(path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // C:/...
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: p,
		RawQuery: "_busy_timeout=5000&_journal_mode=WAL&_synchronous=NORMAL&_dqs=0&_pragma=cache_size(-16000)&_pragma=journal_size_limit(67108864)&" + more}
	return u.String()
}

func (s *liteStore) migrate(ctx context.Context) error {
	all, err := migrations("sqlite")
	if err != nil {
		return err
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%w (an archive that cannot be read may be deleted: it is filled again from the journal)", err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, s.sql["schema_table"]); err != nil {
		return err
	}
	var have int
	if err := tx.QueryRowContext(ctx, s.sql["schema_version"]).Scan(&have); err != nil {
		return err
	}
	steps, err := pending(all, have)
	if err != nil {
		return err
	}
	for _, m := range steps {
		if _, err := tx.ExecContext(ctx, m.sql); err != nil {
			return fmt.Errorf("migration %d: %w", m.version, err)
		}
		if _, err := tx.ExecContext(ctx, s.sql["schema_applied"], m.version, time.Now().UnixMicro()); err != nil {
			return fmt.Errorf("migration %d: %w", m.version, err)
		}
	}
	return tx.Commit()
}

// Close implements Store.
func (s *liteStore) Close() error {
	// The writer last: with the last connection SQLite takes the write-ahead log in.
	return errors.Join(s.read.Close(), s.write.Close())
}

// Position implements Store.
func (s *liteStore) Position(ctx context.Context, epoch string) (uint64, error) {
	s.named.Store(&epoch)
	var n int64
	err := s.read.QueryRowContext(ctx, s.sql["position"], epoch).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("position in archive: %w", err)
	}
	return uint64(n), nil
}

// Passage implements Store.
func (s *liteStore) Passage(ctx context.Context, id string) (json.RawMessage, error) {
	var body []byte
	err := s.read.QueryRowContext(ctx, s.sql["passage"], id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read passage %.64q from archive: %w", id, err)
	}
	return body, nil
}

// Log implements Store.
func (s *liteStore) Log(ctx context.Context, after uint64, limit int) ([]Event, bool, error) {
	return readLog(after, limit, s.named.Load(), func(epoch string, after int64, rows int) (events []Event, err error) {
		rs, err := s.read.QueryContext(ctx, s.sql["log"], epoch, after, rows)
		if err != nil {
			return nil, err
		}
		defer rs.Close()
		for rs.Next() {
			var e Event
			var n, at int64
			var body []byte
			if err := rs.Scan(&n, &e.I, &e.Lane, &at, &e.Passage, &e.Kind, &body); err != nil {
				return nil, err
			}
			e.N, e.At, e.JSON = uint64(n), time.UnixMicro(at).UTC(), body
			events = append(events, e)
		}
		return events, rs.Err()
	})
}

// Search implements Store.
func (s *liteStore) Search(ctx context.Context, q Query) ([]json.RawMessage, string, error) {
	passages, next, err := search(ctx, q, s.hits)
	if err != nil {
		return nil, "", fmt.Errorf("search archive: %w", err)
	}
	return passages, next, nil
}

// hits implements runner: times become microseconds and lists JSON.
func (s *liteStore) hits(ctx context.Context, statement string, args ...any) (out []hit, err error) {
	for i, a := range args {
		switch a := a.(type) {
		case time.Time:
			args[i] = a.UnixMicro()
		case []string:
			b, err := json.Marshal(a)
			if err != nil {
				return nil, err
			}
			args[i] = string(b)
		}
	}
	rows, err := s.read.QueryContext(ctx, s.sql[statement], args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var h hit
		var us int64
		var body []byte
		if err := rows.Scan(&us, &h.num, &body); err != nil {
			return nil, err
		}
		h.opened, h.body = time.UnixMicro(us).UTC(), body
		out = append(out, h)
	}
	return out, rows.Err()
}
