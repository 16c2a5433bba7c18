// Package journal is the truth of a site: every input of every lane in commit order, in
// one SQLite file with one writer, each row chained to the one before by SHA-256.
//
//	lanes ──Append──▶ queue (bounded) ──▶ writer: whatever waits = one transaction
//	                                         │ commit, synced (WAL, synchronous=FULL)
//	                                         ▼
//	                                      done(n, nil), in order ──▶ step, publish
//
// Nothing is shown or moved before its input is durable (decision D2): done is called
// after the commit, never before. The digest of an input's outputs enters with the next
// batch, so that "acsgd replay" can tell whether today's program would decide the same.
package journal

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	_ "modernc.org/sqlite" // the "sqlite" driver of database/sql
)

// FileName is the journal's file inside a site's directory.
const FileName = "journal.sqlite"

// KindDigest marks rows that carry digests of outputs instead of an input.
const KindDigest = "digest"

// Queue bounds: how many appends may wait, and how many rows one transaction takes.
const (
	queueLen = 4096
	batchMax = 1024
)

// Record is one row. N is given by the journal: gapless from 1, never restarting.
type Record struct {
	N       uint64
	Lane    string // "" for declarations, rule packs, users
	Seq     uint64 // of the lane
	Now     time.Time
	Kind    string
	Payload []byte
}

// ErrClosed is returned by Append after Close.
var ErrClosed = errors.New("journal is closed")

type appended struct {
	rec  Record
	done func(n uint64, err error)
}

// Journal is an open journal. Its methods are safe for concurrent use.
type Journal struct {
	dir   string
	epoch string
	db    *sql.DB
	lock  *os.File
	rows  *inserter

	// of the writer, reused from batch to batch
	recs   []Record
	hashes [][32]byte
	buf    []byte

	queue    chan appended
	moved    chan struct{} // the checkpointer has moved the log, the writer ends it
	closing  chan struct{}
	logged   atomic.Int64 // bytes in the write-ahead log since it last began
	logLimit int64
	once     sync.Once
	wg       sync.WaitGroup

	mu      sync.Mutex // guards what follows; held for a copy only
	n       uint64
	head    [32]byte
	digests []Digest
	stats   Stats
}

// Stats are counters since Open.
type Stats struct {
	Rows    uint64
	Batches uint64
	Errors  uint64
	Commit  time.Duration // of the last batch, fsync included
	Waiting int
}

// Digest is the SHA-256 of one input's outputs, as the stream sends them.
type Digest struct {
	Lane string
	Seq  uint64
	Sum  [32]byte
}

// Open opens or makes the journal in dir and takes its lock; a second Open of the same
// directory, in any process, is refused.
func Open(ctx context.Context, dir string) (*Journal, error) {
	j, err := open(ctx, dir, logLimit)
	if err != nil {
		return nil, err
	}
	j.wg.Go(j.write)
	j.wg.Go(j.checkpoint)
	return j, nil
}

// open is Open without the writer and the checkpointer.
func open(ctx context.Context, dir string, limit int64) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make journal directory: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	j := &Journal{dir: dir, lock: lock, logLimit: limit,
		queue: make(chan appended, queueLen), moved: make(chan struct{}, 1), closing: make(chan struct{})}
	if err := j.open(ctx); err != nil {
		if j.db != nil {
			err = errors.Join(err, j.rows.close(), j.db.Close())
		}
		return nil, errors.Join(err, lock.Close())
	}
	return j, nil
}

func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open journal lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("journal %s is in use by another process: %w", dir, err), f.Close())
	}
	return f, nil
}

func dsn(dir, mode string) string {
	return "file:" + filepath.Join(dir, FileName) + "?mode=" + mode +
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(0)&_pragma=busy_timeout(5000)"
}

const schema = `
CREATE TABLE IF NOT EXISTS epoch (
  id INTEGER PRIMARY KEY CHECK (id = 1), epoch TEXT NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS input (
  n INTEGER PRIMARY KEY, lane TEXT NOT NULL, seq INTEGER NOT NULL, now INTEGER NOT NULL,
  kind TEXT NOT NULL, payload BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS shared ON input (n) WHERE lane = '';
CREATE INDEX IF NOT EXISTS tuned ON input (lane, n) WHERE kind = 'tuned';`

func (j *Journal) open(ctx context.Context) (err error) {
	if j.db, err = sql.Open("sqlite", dsn(j.dir, "rwc")); err != nil {
		return fmt.Errorf("open journal: %w", err)
	}
	j.db.SetMaxOpenConns(2) // the writer and the checkpointer
	if _, err := j.db.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("prepare journal %s: %w", j.dir, err)
	}
	var id [8]byte
	rand.Read(id[:])
	if _, err := j.db.ExecContext(ctx, `INSERT INTO epoch VALUES (1, ?, ?) ON CONFLICT DO NOTHING`,
		hex.EncodeToString(id[:]), time.Now().UnixNano()); err != nil {
		return fmt.Errorf("write journal epoch: %w", err)
	}
	if err := j.db.QueryRowContext(ctx, `SELECT epoch FROM epoch`).Scan(&j.epoch); err != nil {
		return fmt.Errorf("read journal epoch: %w", err)
	}
	j.head = sha256.Sum256([]byte(j.epoch))
	var hash []byte
	switch err := j.db.QueryRowContext(ctx, `SELECT n, hash FROM input ORDER BY n DESC LIMIT 1`).Scan(&j.n, &hash); {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return fmt.Errorf("read journal head: %w", err)
	default:
		copy(j.head[:], hash)
	}
	if st, err := os.Stat(filepath.Join(j.dir, FileName+"-wal")); err == nil {
		j.logged.Store(st.Size()) // what a process that was killed has left
	}
	j.rows, err = newInserter(ctx, j.db)
	return err
}

// Epoch identifies this journal file for ever: 16 hex digits, drawn when it was made.
func (j *Journal) Epoch() string { return j.epoch }

// Dir is the directory given to Open.
func (j *Journal) Dir() string { return j.dir }

// Head gives the number and hash of the last durable row.
func (j *Journal) Head() (n uint64, hash [32]byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.n, j.head
}

// Stats returns the counters.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.stats
	s.Waiting = len(j.queue)
	return s
}

// Append hands over one record. It blocks while the queue is full, which is the
// back-pressure of the whole site. done is called exactly once from the writer, in commit
// order: with the row's number when it is durable, else with the reason. It must not block.
func (j *Journal) Append(r Record, done func(n uint64, err error)) {
	select {
	case <-j.closing:
		done(0, ErrClosed)
		return
	default:
	}
	select {
	case j.queue <- appended{r, done}:
	case <-j.closing:
		done(0, ErrClosed)
	}
}

// Put appends one record and waits until it is durable.
func (j *Journal) Put(ctx context.Context, r Record) (uint64, error) {
	type result struct {
		n   uint64
		err error
	}
	c := make(chan result, 1)
	j.Append(r, func(n uint64, err error) { c <- result{n, err} })
	select {
	case x := <-c:
		return x.n, x.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Digest records the digest of one input's outputs; it becomes durable with the next batch.
func (j *Journal) Digest(d Digest) {
	j.mu.Lock()
	j.digests = append(j.digests, d)
	j.mu.Unlock()
}

// Close writes what waits, syncs and releases the journal. Close is safe to call twice.
func (j *Journal) Close() error {
	var err error
	j.once.Do(func() {
		close(j.closing)
		j.wg.Wait()
		_, cerr := j.db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
		err = errors.Join(cerr, j.rows.close(), j.db.Close(), j.lock.Close())
	})
	return err
}
