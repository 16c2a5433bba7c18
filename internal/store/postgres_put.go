package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// pgChunk is how many rows go into one statement: few enough that its memory stays small.
const pgChunk = 2000

// Put implements Store.
func (s *pgStore) Put(ctx context.Context, b Batch) error {
	if b.N == 0 && len(b.Passages)+len(b.Events) == 0 {
		return nil
	}
	b, err := ready(b)
	if err != nil {
		return fmt.Errorf("put into archive: %w", err)
	}
	s.named.Store(&b.Epoch)
	limit := pgAnswer + pgRow*time.Duration(len(b.Passages)+len(b.Events))
	err = s.do(ctx, limit, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return s.put(ctx, tx, &b) })
	})
	if err != nil {
		return fmt.Errorf("put rows to %d of journal %s into archive: %w", b.N, b.Epoch, err)
	}
	return nil
}

func (s *pgStore) put(ctx context.Context, tx pgx.Tx, b *Batch) error {
	var journal int64
	if err := tx.QueryRow(ctx, s.sql["journal_put"], b.Epoch, int64(b.N)).Scan(&journal); err != nil {
		return err
	}
	for part := range slices.Chunk(b.Passages, pgChunk) {
		if err := s.putPassages(ctx, tx, journal, part); err != nil {
			return fmt.Errorf("passages %s to %s: %w", part[0].ID, part[len(part)-1].ID, err)
		}
	}
	for part := range slices.Chunk(b.Events, pgChunk) {
		if err := s.putEvents(ctx, tx, journal, part); err != nil {
			return fmt.Errorf("events of rows %d to %d: %w", part[0].N, part[len(part)-1].N, err)
		}
	}
	return nil
}

func (s *pgStore) putPassages(ctx context.Context, tx pgx.Tx, journal int64, passages []Passage) error {
	n := len(passages)
	ids, versions, lanes := make([]string, n), make([]int64, n), make([]string, n)
	opened, closed := make([]time.Time, n), make([]*time.Time, n)
	verdicts, phases, decisions, bodies := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i := range passages {
		p := &passages[i]
		ids[i], versions[i], lanes[i], opened[i] = p.ID, int64(p.Version), p.Lane, p.Opened
		if !p.Closed.IsZero() {
			closed[i] = &p.Closed
		}
		verdicts[i], phases[i], decisions[i], bodies[i] = p.Verdict, p.Phase, p.Decision, string(p.JSON)
	}
	rows, err := tx.Query(ctx, s.sql["passages_put"], journal, ids, versions, lanes, opened, closed, verdicts, phases, decisions, bodies)
	if err != nil {
		return err
	}
	nums := make(map[string]int64, n) // of those that took the place of a lower version
	var id string
	var num int64
	if _, err := pgx.ForEachRow(rows, []any{&id, &num}, func() error { nums[id] = num; return nil }); err != nil {
		return err
	}
	if err := s.putInstruments(ctx, tx, nums, passages); err != nil {
		return err
	}
	return s.putPlates(ctx, tx, nums, passages)
}

func (s *pgStore) putInstruments(ctx context.Context, tx pgx.Tx, nums map[string]int64, passages []Passage) error {
	var written, of []int64
	var names, lanes, verdicts []string
	var opened []time.Time
	for i := range passages {
		p := &passages[i]
		num, ok := nums[p.ID]
		if !ok {
			continue
		}
		written = append(written, num)
		for _, d := range p.devices() {
			of, names, opened = append(of, num), append(names, d), append(opened, p.Opened)
			lanes, verdicts = append(lanes, p.Lane), append(verdicts, p.Verdict)
		}
	}
	if len(written) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, s.sql["instruments_drop"], written); err != nil {
		return err
	}
	if len(of) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, s.sql["instruments_put"], of, names, opened, lanes, verdicts)
	return err
}

func (s *pgStore) putPlates(ctx context.Context, tx pgx.Tx, nums map[string]int64, passages []Passage) error {
	var written, of []int64
	var plates, lanes, verdicts []string
	var opened []time.Time
	for i := range passages {
		p := &passages[i]
		num, ok := nums[p.ID]
		if !ok {
			continue
		}
		written = append(written, num)
		for _, f := range folds(p.Plates) {
			of, plates, opened = append(of, num), append(plates, f), append(opened, p.Opened)
			lanes, verdicts = append(lanes, p.Lane), append(verdicts, p.Verdict)
		}
	}
	if len(written) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, s.sql["plates_drop"], written); err != nil {
		return err
	}
	if len(of) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, s.sql["plates_put"], of, plates, opened, lanes, verdicts); err != nil {
		return err
	}
	return s.putSuffixes(ctx, tx, plates)
}

func (s *pgStore) putSuffixes(ctx context.Context, tx pgx.Tx, plates []string) error {
	// In one order, as passages are.
	plates = slices.Clone(plates)
	slices.Sort(plates)
	var ends, of []string
	for _, p := range slices.Compact(plates) {
		for _, e := range suffixes(p) {
			ends, of = append(ends, e), append(of, p)
		}
	}
	_, err := tx.Exec(ctx, s.sql["suffixes_put"], ends, of)
	return err
}

func (s *pgStore) putEvents(ctx context.Context, tx pgx.Tx, journal int64, events []Event) error {
	n := len(events)
	rows, places, lanes, at := make([]int64, n), make([]int32, n), make([]string, n), make([]time.Time, n)
	passages, kinds, bodies := make([]string, n), make([]string, n), make([]string, n)
	for i := range events {
		e := &events[i]
		rows[i], places[i], lanes[i], at[i] = int64(e.N), int32(e.I), e.Lane, e.At
		passages[i], kinds[i], bodies[i] = e.Passage, e.Kind, string(e.JSON)
	}
	_, err := tx.Exec(ctx, s.sql["events_put"], journal, rows, places, lanes, at, passages, kinds, bodies)
	return err
}
