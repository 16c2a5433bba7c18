package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Put implements Store.
func (s *liteStore) Put(ctx context.Context, b Batch) error {
	if b.N == 0 && len(b.Passages)+len(b.Events) == 0 {
		return nil
	}
	b, err := ready(b)
	if err != nil {
		return fmt.Errorf("put into archive: %w", err)
	}
	s.named.Store(&b.Epoch)
	if err := s.put(ctx, &b); err != nil {
		return fmt.Errorf("put rows to %d of journal %s into archive: %w", b.N, b.Epoch, err)
	}
	return nil
}

func (s *liteStore) put(ctx context.Context, b *Batch) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var journal int64
	if err := tx.QueryRowContext(ctx, s.sql["journal_put"], b.Epoch, int64(b.N)).Scan(&journal); err != nil {
		return err
	}
	if len(b.Passages) > 0 {
		if err := s.putPassages(ctx, tx, journal, b.Passages); err != nil {
			return err
		}
	}
	if len(b.Events) > 0 {
		if err := s.putEvents(ctx, tx, journal, b.Events); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// prepare prepares statements for a transaction, which closes them at its end.
func (s *liteStore) prepare(ctx context.Context, tx *sql.Tx, names ...string) ([]*sql.Stmt, error) {
	out := make([]*sql.Stmt, len(names))
	for i, name := range names {
		var err error
		if out[i], err = tx.PrepareContext(ctx, s.sql[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return out, nil
}

func (s *liteStore) putPassages(ctx context.Context, tx *sql.Tx, journal int64, passages []Passage) error {
	st, err := s.prepare(ctx, tx, "passage_put", "plates_drop", "plate_put", "suffix_put", "instruments_drop", "instrument_put")
	if err != nil {
		return err
	}
	for i := range passages {
		p := &passages[i]
		var num int64
		err := st[0].QueryRowContext(ctx, journal, p.ID, int64(p.Version), p.Lane, p.Opened.UnixMicro(), micros(p.Closed),
			p.Verdict, p.Phase, p.Decision, string(p.JSON)).Scan(&num)
		if errors.Is(err, sql.ErrNoRows) {
			continue // the archive has a higher version
		}
		if err != nil {
			return fmt.Errorf("passage %s: %w", p.ID, err)
		}
		if _, err := st[1].ExecContext(ctx, num); err != nil {
			return fmt.Errorf("plates of passage %s: %w", p.ID, err)
		}
		for _, f := range folds(p.Plates) {
			if _, err := st[2].ExecContext(ctx, num, f, p.Opened.UnixMicro(), p.Lane, p.Verdict); err != nil {
				return fmt.Errorf("plates of passage %s: %w", p.ID, err)
			}
			if err := putSuffixes(ctx, st[3], f); err != nil {
				return fmt.Errorf("plates of passage %s: %w", p.ID, err)
			}
		}
		if _, err := st[4].ExecContext(ctx, num); err != nil {
			return fmt.Errorf("instruments of passage %s: %w", p.ID, err)
		}
		for _, d := range p.devices() {
			if _, err := st[5].ExecContext(ctx, num, d, p.Opened.UnixMicro(), p.Lane, p.Verdict); err != nil {
				return fmt.Errorf("instruments of passage %s: %w", p.ID, err)
			}
		}
	}
	return nil
}

// putSuffixes adds the endings of a plate unless the whole, the first of them, shows that
// they are there.
func putSuffixes(ctx context.Context, st *sql.Stmt, folded string) error {
	for i, suffix := range suffixes(folded) {
		done, err := st.ExecContext(ctx, suffix, folded)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); i == 0 && err == nil && n == 0 {
			return nil
		}
	}
	return nil
}

func (s *liteStore) putEvents(ctx context.Context, tx *sql.Tx, journal int64, events []Event) error {
	st, err := s.prepare(ctx, tx, "event_put")
	if err != nil {
		return err
	}
	for i := range events {
		e := &events[i]
		if _, err := st[0].ExecContext(ctx, journal, int64(e.N), e.I, e.Lane, e.At.UnixMicro(), e.Passage, e.Kind, string(e.JSON)); err != nil {
			return fmt.Errorf("event %d of row %d: %w", e.I, e.N, err)
		}
	}
	return nil
}

// micros is the time as SQLite keeps it; the zero time is null.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}
