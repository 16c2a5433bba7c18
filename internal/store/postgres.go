package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The bounds of what a caller waits for a server that is gone or stuck.
const (
	pgConnect = 3 * time.Second      // unless the URL has connect_timeout
	pgAnswer  = 10 * time.Second     // one operation, with the wait for a connection
	pgRow     = 2 * time.Millisecond // more, for each row of a batch
	pgMigrate = 10 * time.Minute     // a new index on millions of rows
)

// pgConns is the size of the pool unless the URL has pool_max_conns: one writer and the
// questions of a console.
const pgConns = 6

// pgStore is the archive in a PostgreSQL database.
type pgStore struct {
	pool  *pgxpool.Pool
	sql   map[string]string
	named atomic.Pointer[string] // the epoch that Position or Put has named last
}

func openPostgres(ctx context.Context, url string) (_ Store, err error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err) // its text does not have the password
	}
	where := fmt.Sprintf("open archive %s on %s", cfg.ConnConfig.Database, cfg.ConnConfig.Host)
	if !strings.Contains(url, "connect_timeout") {
		cfg.ConnConfig.ConnectTimeout = pgConnect
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = pgConns
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "acsgd"
	}
	// Nameless statements are planned with their values at every call, which the optional
	// limits of a search need, and pass through poolers such as PgBouncer.
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	s := &pgStore{}
	if s.sql, err = statements("postgres"); err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	cfg.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, s.sql["session"])
		return err
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	if err := s.check(ctx); err != nil {
		s.pool.Close()
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return s, nil
}

// check looks at the database and brings its tables up to date.
func (s *pgStore) check(ctx context.Context) error {
	err := s.do(ctx, pgAnswer, func(ctx context.Context) error {
		var encoding string
		if err := s.pool.QueryRow(ctx, s.sql["encoding"]).Scan(&encoding); err != nil {
			return err
		}
		if encoding != "UTF8" {
			return fmt.Errorf("encoding of the database is %s, want UTF8", encoding)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.do(ctx, pgMigrate, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return s.migrate(ctx, tx) })
	})
}

func (s *pgStore) migrate(ctx context.Context, tx pgx.Tx) error {
	all, err := migrations("postgres")
	if err != nil {
		return err
	}
	// Two programs that start at once: the second waits and finds the work done.
	if _, err := tx.Exec(ctx, s.sql["schema_lock"]); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, s.sql["schema_table"]); err != nil {
		return err
	}
	var have int
	if err := tx.QueryRow(ctx, s.sql["schema_version"]).Scan(&have); err != nil {
		return err
	}
	steps, err := pending(all, have)
	if err != nil {
		return err
	}
	for _, m := range steps {
		if _, err := tx.Exec(ctx, m.sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("migration %d: %w", m.version, err)
		}
		if _, err := tx.Exec(ctx, s.sql["schema_applied"], m.version); err != nil {
			return fmt.Errorf("migration %d: %w", m.version, err)
		}
	}
	return nil
}

// do runs f within limit, and once more on fresh connections where the first ones turn out
// to be dead: after a restart of the server, nobody notices. Everything here may run twice.
func (s *pgStore) do(ctx context.Context, limit time.Duration, f func(ctx context.Context) error) error {
	within, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %v", limit))
	defer cancel()
	err := f(within)
	if err != nil && within.Err() == nil && again(err) {
		s.pool.Reset()
		err = f(within)
	}
	if err != nil && ctx.Err() == nil && within.Err() != nil {
		return fmt.Errorf("%w: %w", context.Cause(within), err)
	}
	return err
}

// again reports whether an error is one of the connection, or of two writers in each
// other's way, rather than of the question.
func again(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return !errors.Is(err, pgx.ErrNoRows) && !errors.Is(err, context.Canceled)
	}
	switch pg.Code[:min(2, len(pg.Code))] {
	case "08", "40", "57": // connection; serialisation and deadlock; shutdown and crash
		return true
	}
	return false
}

// Close implements Store.
func (s *pgStore) Close() error {
	s.pool.Close()
	return nil
}

// Position implements Store.
func (s *pgStore) Position(ctx context.Context, epoch string) (uint64, error) {
	s.named.Store(&epoch)
	var n int64
	err := s.do(ctx, pgAnswer, func(ctx context.Context) error {
		return s.pool.QueryRow(ctx, s.sql["position"], epoch).Scan(&n)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("position in archive: %w", err)
	}
	return uint64(n), nil
}

// Passage implements Store.
func (s *pgStore) Passage(ctx context.Context, id string) (json.RawMessage, error) {
	if checkTexts(json.RawMessage("0"), id) != nil {
		return nil, nil // no passage has such an ID, and PostgreSQL refuses the question
	}
	var body []byte
	err := s.do(ctx, pgAnswer, func(ctx context.Context) error {
		return s.pool.QueryRow(ctx, s.sql["passage"], id).Scan(&body)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read passage %.64q from archive: %w", id, err)
	}
	return body, nil
}

// Log implements Store.
func (s *pgStore) Log(ctx context.Context, after uint64, limit int) ([]Event, bool, error) {
	return readLog(after, limit, s.named.Load(), func(epoch string, after int64, rows int) (events []Event, err error) {
		err = s.do(ctx, pgAnswer, func(ctx context.Context) error {
			rs, err := s.pool.Query(ctx, s.sql["log"], epoch, after, rows)
			if err != nil {
				return err
			}
			events, err = pgx.CollectRows(rs, func(row pgx.CollectableRow) (e Event, err error) {
				var n int64
				var body []byte
				err = row.Scan(&n, &e.I, &e.Lane, &e.At, &e.Passage, &e.Kind, &body)
				e.N, e.At, e.JSON = uint64(n), e.At.UTC(), body
				return e, err
			})
			return err
		})
		return events, err
	})
}

// Search implements Store.
func (s *pgStore) Search(ctx context.Context, q Query) ([]json.RawMessage, string, error) {
	if checkTexts(json.RawMessage("0"), q.Lane, q.Device, q.Verdict) != nil {
		return nil, "", nil // as in Passage
	}
	passages, next, err := search(ctx, q, s.hits)
	if err != nil {
		return nil, "", fmt.Errorf("search archive: %w", err)
	}
	return passages, next, nil
}

// hits implements runner.
func (s *pgStore) hits(ctx context.Context, statement string, args ...any) (out []hit, err error) {
	err = s.do(ctx, pgAnswer, func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, s.sql[statement], args...)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (h hit, err error) {
			var body []byte
			err = row.Scan(&h.opened, &h.num, &body)
			h.opened, h.body = h.opened.UTC(), body
			return h, err
		})
		return err
	})
	return out, err
}
