package journal

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"time"
)

// Reader reads a journal without its lock, also while it is being written.
type Reader struct {
	db    *sql.DB
	epoch string
}

// OpenReader opens the journal in dir for reading.
func OpenReader(ctx context.Context, dir string) (*Reader, error) {
	if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
		return nil, fmt.Errorf("no journal in %s: %w", dir, err)
	}
	db, err := sql.Open("sqlite", dsn(dir, "ro"))
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	r := &Reader{db: db}
	if err := db.QueryRowContext(ctx, `SELECT epoch FROM epoch`).Scan(&r.epoch); err != nil {
		return nil, errors.Join(fmt.Errorf("read journal epoch in %s: %w", dir, err), db.Close())
	}
	return r, nil
}

// Epoch identifies the journal file.
func (r *Reader) Epoch() string { return r.epoch }

// Close releases the reader.
func (r *Reader) Close() error { return r.db.Close() }

// Records yields the rows from number "from" on, in order. An error ends the sequence.
func (r *Reader) Records(ctx context.Context, from uint64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		r.rows(ctx, from, func(rec Record, _ [32]byte, err error) bool { return yield(rec, err) })
	}
}

// Shared yields the rows of lane "": declarations, tuned data, users. They are few beside
// the lanes' own, and a partial index finds them at once.
func (r *Reader) Shared(ctx context.Context) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		r.query(ctx, `SELECT n, lane, seq, now, kind, payload, hash FROM input WHERE lane = '' ORDER BY n`, nil,
			func(rec Record, _ [32]byte, err error) bool { return yield(rec, err) })
	}
}

// Newest gives the number of the last row, 0 if there is none.
func (r *Reader) Newest(ctx context.Context) (uint64, error) {
	var n sql.NullInt64
	if err := r.db.QueryRowContext(ctx, `SELECT max(n) FROM input`).Scan(&n); err != nil {
		return 0, fmt.Errorf("read journal head: %w", err)
	}
	return uint64(n.Int64), nil
}

// Lanes gives the lanes that have put tuned data in force, which every lane does before
// anything else. The index of Tuned holds them.
func (r *Reader) Lanes(ctx context.Context) (ids []string, err error) {
	rows, err := r.db.QueryContext(ctx, `SELECT DISTINCT lane FROM input WHERE kind = 'tuned' AND lane <> '' ORDER BY lane`)
	if err != nil {
		return nil, fmt.Errorf("read lanes of journal: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read lanes of journal: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Last gives the newest row of a lane; the zero Record if it has none.
func (r *Reader) Last(ctx context.Context, lane string) (rec Record, err error) {
	r.query(ctx, `SELECT n, lane, seq, now, kind, payload, hash FROM input WHERE lane = ? ORDER BY n DESC LIMIT 1`, []any{lane},
		func(x Record, _ [32]byte, rerr error) bool {
			rec, err = x, rerr
			return false
		})
	return rec, err
}

// ErrNoRow is returned by Row for an input that is not in the journal.
var ErrNoRow = errors.New("no such row in the journal")

// Row gives input seq of a lane with its hash, which stands for all rows up to it. The
// numbers of a lane grow with the rows, so it is found by halving.
func (r *Reader) Row(ctx context.Context, lane string, seq uint64) (rec Record, hash [32]byte, err error) {
	newest, err := r.Newest(ctx)
	if err != nil {
		return rec, hash, err
	}
	for lo, hi := int64(1), int64(newest)+1; lo < hi; {
		mid := lo + (hi-lo)/2
		found, err := false, error(nil)
		r.query(ctx, `SELECT n, lane, seq, now, kind, payload, hash FROM input WHERE n >= ? AND n < ? AND lane = ? ORDER BY n LIMIT 1`, []any{mid, hi, lane},
			func(x Record, h [32]byte, rerr error) bool {
				rec, hash, err, found = x, h, rerr, true
				return false
			})
		switch {
		case err != nil:
			return rec, hash, err
		case !found || rec.Seq > seq:
			hi = mid
		case rec.Seq == seq:
			return rec, hash, nil
		default:
			lo = int64(rec.N) + 1
		}
	}
	return Record{}, [32]byte{}, fmt.Errorf("lane %q, seq %d: %w", lane, seq, ErrNoRow)
}

// Tuned yields the rows up to number upTo by which a lane put tuned data in force, the
// newest first. A partial index holds them: they are few among a lane's inputs.
func (r *Reader) Tuned(ctx context.Context, lane string, upTo uint64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		r.query(ctx, `SELECT n, lane, seq, now, kind, payload, hash FROM input WHERE kind = 'tuned' AND lane = ? AND n <= ? ORDER BY n DESC`, []any{lane, int64(upTo)},
			func(rec Record, _ [32]byte, err error) bool { return yield(rec, err) })
	}
}

func (r *Reader) rows(ctx context.Context, from uint64, yield func(Record, [32]byte, error) bool) {
	r.query(ctx, `SELECT n, lane, seq, now, kind, payload, hash FROM input WHERE n >= ? ORDER BY n`, []any{int64(from)}, yield)
}

func (r *Reader) query(ctx context.Context, q string, args []any, yield func(Record, [32]byte, error) bool) {
	rows, err := r.db.QueryContext(ctx, q, args...)
	if err != nil {
		yield(Record{}, [32]byte{}, fmt.Errorf("read journal: %w", err))
		return
	}
	defer rows.Close()
	for rows.Next() {
		var rec Record
		var now int64
		var hash []byte
		if err := rows.Scan(&rec.N, &rec.Lane, &rec.Seq, &now, &rec.Kind, &rec.Payload, &hash); err != nil {
			yield(rec, [32]byte{}, fmt.Errorf("read journal row after %d: %w", rec.N, err))
			return
		}
		rec.Now = time.Unix(0, now).UTC()
		var sum [32]byte
		copy(sum[:], hash)
		if !yield(rec, sum, nil) {
			return
		}
	}
	if err := rows.Err(); err != nil {
		yield(Record{}, [32]byte{}, fmt.Errorf("read journal: %w", err))
	}
}

// Report is the result of Verify.
type Report struct {
	Epoch  string
	Rows   uint64
	Head   [32]byte
	Broken uint64 // number of the first row that is missing or does not fit; 0 = the chain is whole
	Reason string
}

// Verify recomputes the hash chain of the journal in dir and names the first broken row.
// The error is for a journal that cannot be read at all.
func Verify(ctx context.Context, dir string) (Report, error) {
	r, err := OpenReader(ctx, dir)
	if err != nil {
		return Report{}, err
	}
	defer r.Close()
	rep := Report{Epoch: r.epoch, Head: sha256.Sum256([]byte(r.epoch))}
	var buf []byte
	r.rows(ctx, 0, func(rec Record, hash [32]byte, rerr error) bool {
		switch {
		case rerr != nil:
			rep.Broken, rep.Reason = rep.Rows+1, rerr.Error()
			return false
		case rec.N != rep.Rows+1:
			rep.Broken, rep.Reason = rep.Rows+1, fmt.Sprintf("row %d is missing, the next is %d", rep.Rows+1, rec.N)
			return false
		}
		var want [32]byte
		if want, buf = chain(rep.Head, &rec, buf); want != hash {
			rep.Broken, rep.Reason = rec.N, fmt.Sprintf("row %d (lane %q, seq %d, %s) does not fit its hash", rec.N, rec.Lane, rec.Seq, rec.Kind)
			return false
		}
		rep.Head, rep.Rows = hash, rec.N
		return true
	})
	return rep, ctx.Err()
}
