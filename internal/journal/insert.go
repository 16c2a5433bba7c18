package journal

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// inserter writes rows through one connection with statements that are prepared once.
// database/sql would prepare, box and convert every value of every row again; what reaches
// the file is the same.
type inserter struct {
	conn     *sql.Conn
	begin    driver.Stmt
	commit   driver.Stmt
	rollback driver.Stmt
	insert   [len(insertSizes)]driver.Stmt
	args     []driver.NamedValue
}

// insertSizes are how many rows one statement takes, the most first.
var insertSizes = [...]int{16, 4, 1}

const (
	insertOne = `INSERT INTO input (n, lane, seq, now, kind, payload, hash) VALUES (?,?,?,?,?,?,?)`
	moreRows  = `,(?,?,?,?,?,?,?)`
	columns   = 7
)

// newInserter takes a connection for itself and prepares what it needs.
func newInserter(ctx context.Context, db *sql.DB) (*inserter, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect journal writer: %w", err)
	}
	w := &inserter{conn: conn, args: make([]driver.NamedValue, insertSizes[0]*columns)}
	for i := range w.args {
		w.args[i].Ordinal = i + 1
	}
	err = conn.Raw(func(dc any) error {
		c, ok := dc.(driver.Conn)
		if !ok {
			return errors.New("the driver has no connection")
		}
		return w.prepare(c)
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare journal writer: %w", err), w.close())
	}
	return w, nil
}

func (w *inserter) prepare(c driver.Conn) (err error) {
	if w.begin, err = c.Prepare("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if w.commit, err = c.Prepare("COMMIT"); err != nil {
		return err
	}
	if w.rollback, err = c.Prepare("ROLLBACK"); err != nil {
		return err
	}
	for i, rows := range insertSizes {
		q := insertOne
		for range rows - 1 {
			q += moreRows
		}
		if w.insert[i], err = c.Prepare(q); err != nil {
			return err
		}
	}
	return nil
}

// close releases the statements and the connection.
func (w *inserter) close() error {
	if w == nil {
		return nil
	}
	err := w.conn.Raw(func(any) error {
		var errs []error
		for _, s := range append([]driver.Stmt{w.begin, w.commit, w.rollback}, w.insert[:]...) {
			if s != nil {
				errs = append(errs, s.Close())
			}
		}
		return errors.Join(errs...)
	})
	return errors.Join(err, w.conn.Close())
}

// write writes rows in one transaction: all of them are durable when it returns nil, and
// none is in the file when it returns an error.
func (w *inserter) write(ctx context.Context, recs []Record, hashes [][32]byte) error {
	return w.conn.Raw(func(any) (err error) {
		if err := run(ctx, w.begin, nil); err != nil {
			return fmt.Errorf("begin journal transaction: %w", err)
		}
		defer func() {
			if err != nil {
				_ = run(ctx, w.rollback, nil) // the cause is err; SQLite may have rolled back by itself
			}
		}()
		for i := 0; i < len(recs); {
			k := 0
			for insertSizes[k] > len(recs)-i {
				k++
			}
			rows := insertSizes[k]
			if err := run(ctx, w.insert[k], w.bind(recs[i:i+rows], hashes[i:])); err != nil {
				return fmt.Errorf("write journal rows %d..%d: %w", recs[i].N, recs[i+rows-1].N, err)
			}
			i += rows
		}
		if err := run(ctx, w.commit, nil); err != nil {
			return fmt.Errorf("commit journal rows %d..%d: %w", recs[0].N, recs[len(recs)-1].N, err)
		}
		return nil
	})
}

func (w *inserter) bind(recs []Record, hashes [][32]byte) []driver.NamedValue {
	for i := range recs {
		r, a := &recs[i], w.args[i*columns:]
		payload := r.Payload
		if payload == nil {
			payload = []byte{} // nil would be stored as NULL
		}
		a[0].Value, a[1].Value, a[2].Value, a[3].Value = int64(r.N), r.Lane, int64(r.Seq), r.Now.UnixNano()
		a[4].Value, a[5].Value, a[6].Value = r.Kind, payload, hashes[i][:]
	}
	return w.args[:len(recs)*columns]
}

func run(ctx context.Context, s driver.Stmt, args []driver.NamedValue) error {
	x, ok := s.(driver.StmtExecContext)
	if !ok {
		return errors.New("the driver cannot execute statements")
	}
	_, err := x.ExecContext(ctx, args)
	return err
}
