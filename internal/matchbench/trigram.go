package matchbench

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"acsgd/internal/pgtest"
	"acsgd/internal/plate"
)

// trigram is PostgreSQL's pg_trgm with a GIN index, and levenshtein of fuzzystrmatch for
// the nearest of what similarity finds.
type trigram struct {
	server *pgtest.Server
	conn   *pgx.Conn
	ctx    context.Context
	ask    int
	bytes  int64
	found  []similar
}

type similar struct {
	plate string
	like  float32
	edits int
}

func (*trigram) name() string    { return "PostgreSQL pg_trgm, GIN" }
func (t *trigram) most() int     { return t.ask }
func (*trigram) elsewhere() bool { return true }

func (*trigram) settings() []string {
	return []string{"0.3, one nearest within 2", "0.3, one most similar", "0.4, one most similar"}
}

func (t *trigram) build(ctx context.Context, w *world) (err error) {
	t.ctx = ctx
	if t.server, err = pgtest.Serve(); err != nil {
		return absent{err}
	}
	defer func() {
		if err != nil {
			err = absent{join(err, t.close())}
		}
	}()
	// Han characters are letters in this locale, and part of trigrams.
	dsn, err := t.server.Make("plates", "C.UTF-8")
	if err != nil {
		return err
	}
	if t.conn, err = pgx.Connect(ctx, dsn); err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	for _, q := range []string{
		"CREATE EXTENSION pg_trgm", "CREATE EXTENSION fuzzystrmatch", "CREATE UNLOGGED TABLE declared (plate text NOT NULL)",
	} {
		if _, err = t.conn.Exec(ctx, q); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	i := 0
	if _, err = t.conn.CopyFrom(ctx, pgx.Identifier{"declared"}, []string{"plate"}, pgx.CopyFromFunc(func() ([]any, error) {
		if i == len(w.declared) {
			return nil, nil
		}
		i++
		return []any{w.declared[i-1]}, nil
	})); err != nil {
		return fmt.Errorf("copy plates: %w", err)
	}
	for _, q := range []string{"CREATE INDEX ON declared USING gin (plate gin_trgm_ops)", "ANALYZE declared", "SET pg_trgm.similarity_threshold = 0.3"} {
		if _, err = t.conn.Exec(ctx, q); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	return t.conn.QueryRow(ctx, "SELECT pg_total_relation_size('declared')").Scan(&t.bytes)
}

// absent is why a method cannot be measured on this machine.
type absent struct{ error }

func (a absent) Unwrap() error { return a.error }

func (t *trigram) lookup(text string) error {
	t.found = t.found[:0]
	rows, err := t.conn.Query(t.ctx, "SELECT plate, similarity(plate, $1), levenshtein(plate, $1) FROM declared WHERE plate % $1", text)
	if err != nil {
		return fmt.Errorf("pg_trgm: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s similar
		if err := rows.Scan(&s.plate, &s.like, &s.edits); err != nil {
			return fmt.Errorf("pg_trgm: %w", err)
		}
		t.found = append(t.found, s)
	}
	return rows.Err()
}

func (t *trigram) answers(dst []answer) []answer {
	var list []neighbour
	for _, s := range t.found {
		list = append(list, neighbour{plate.Encode(s.plate), s.edits})
	}
	return append(dst, nearest(list, 2), t.similar(0.3), t.similar(0.4))
}

// similar takes the one most similar plate from a similarity on.
func (t *trigram) similar(from float32) answer {
	best, n := similar{like: from}, 0
	for _, s := range t.found {
		switch {
		case s.like > best.like || s.like == best.like && n == 0:
			best, n = s, 1
		case s.like == best.like:
			n++
		}
	}
	switch {
	case n == 0:
		return answer{}
	case n > 1:
		return answer{kind: ambiguous}
	}
	return answer{matched, best.plate}
}

func (t *trigram) close() (err error) {
	if t.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err = t.conn.Close(ctx)
		t.conn = nil
	}
	if t.server != nil {
		t.server.Close()
		t.server = nil
	}
	return err
}
