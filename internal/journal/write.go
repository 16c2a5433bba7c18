package journal

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// write is the only writer: natural group commit, whatever waits is one transaction.
func (j *Journal) write() {
	ctx := context.Background()
	var batch []appended
	for {
		batch = batch[:0]
		select {
		case a := <-j.queue:
			batch = append(batch, a)
		case <-j.moved:
			j.restart(ctx)
			continue
		case <-j.closing:
			j.drain(ctx)
			return
		}
		batch = j.gather(batch)
		j.commit(ctx, batch)
	}
}

func (j *Journal) gather(batch []appended) []appended {
	for len(batch) < batchMax {
		select {
		case a := <-j.queue:
			batch = append(batch, a)
		default:
			return batch
		}
	}
	return batch
}

// drain writes what was accepted before Close, and the last digests.
func (j *Journal) drain(ctx context.Context) {
	for {
		batch := j.gather(nil)
		j.mu.Lock()
		left := len(j.digests)
		j.mu.Unlock()
		if len(batch) == 0 && left == 0 {
			return
		}
		if err := j.commit(ctx, batch); err != nil && len(batch) == 0 {
			return // the disk refuses: the digests are lost, the inputs are not
		}
	}
}

// commit writes the waiting digests and the batch in one transaction, then reports.
func (j *Journal) commit(ctx context.Context, batch []appended) error {
	start := time.Now()
	j.mu.Lock()
	digests := j.digests
	j.digests = nil
	n, head := j.n, j.head
	j.mu.Unlock()

	recs := j.recs[:0]
	if len(digests) > 0 {
		recs = append(recs, Record{Now: start, Kind: KindDigest, Payload: appendDigests(nil, digests)})
	}
	for _, a := range batch {
		recs = append(recs, a.rec)
	}
	hashes := j.hashes[:0]
	prev := head
	for i := range recs {
		recs[i].N = n + uint64(i) + 1
		prev, j.buf = chain(prev, &recs[i], j.buf)
		hashes = append(hashes, prev)
	}
	err := j.rows.write(ctx, recs, hashes)

	j.mu.Lock()
	if err == nil {
		j.logged.Add(logSize(recs))
		j.n, j.head = n+uint64(len(recs)), prev
		j.stats.Rows += uint64(len(recs))
		j.stats.Batches++
		j.stats.Commit = time.Since(start)
	} else {
		j.stats.Errors++
		j.digests = append(digests, j.digests...) // they go with the next batch that succeeds
	}
	j.mu.Unlock()

	j.recs, j.hashes = recs[:0], hashes[:0]
	clear(recs) // payloads are not held until the next large batch

	first := n + 1 + uint64(len(recs)-len(batch))
	for i, a := range batch {
		if err != nil {
			a.done(0, err)
			continue
		}
		a.done(first+uint64(i), nil)
	}
	return err
}

// chain gives the hash of a row: SHA-256 over the hash before and the row's fields, each
// with its length, so that no two rows share an encoding. buf is working memory, handed
// back for the next row.
func chain(prev [32]byte, r *Record, buf []byte) (sum [32]byte, _ []byte) {
	b := append(buf[:0], prev[:]...)
	b = binary.BigEndian.AppendUint64(b, r.N)
	b = append(binary.BigEndian.AppendUint64(b, uint64(len(r.Lane))), r.Lane...)
	b = binary.BigEndian.AppendUint64(b, r.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Now.UnixNano()))
	b = append(binary.BigEndian.AppendUint64(b, uint64(len(r.Kind))), r.Kind...)
	b = append(binary.BigEndian.AppendUint64(b, uint64(len(r.Payload))), r.Payload...)
	return sha256.Sum256(b), b
}

// appendDigests encodes digests: per entry lane length (1 byte), lane, seq (8), sum (32).
func appendDigests(dst []byte, ds []Digest) []byte {
	for _, d := range ds {
		dst = append(dst, byte(len(d.Lane)))
		dst = append(dst, d.Lane...)
		dst = binary.BigEndian.AppendUint64(dst, d.Seq)
		dst = append(dst, d.Sum[:]...)
	}
	return dst
}

// Digests decodes the payload of a KindDigest row.
func Digests(p []byte) ([]Digest, error) {
	var ds []Digest
	for len(p) > 0 {
		l := int(p[0])
		if len(p) < 1+l+40 {
			return ds, fmt.Errorf("digest row: %d bytes left, want %d", len(p), 1+l+40)
		}
		d := Digest{Lane: string(p[1 : 1+l]), Seq: binary.BigEndian.Uint64(p[1+l:])}
		copy(d.Sum[:], p[9+l:])
		ds = append(ds, d)
		p = p[41+l:]
	}
	return ds, nil
}

// The write-ahead log is moved into the file from a second connection, and then begins
// again at its start. A log that begins again is overwritten where it lies, so that the
// sync of a commit need not write the file's new length and blocks as well, which makes
// it shorter by a third.
const (
	lookEvery = 250 * time.Millisecond
	logWorth  = 1 << 20  // below this nothing is moved
	logLimit  = 16 << 20 // beyond this it is moved although rows are coming
)

// logSize is about how much a commit of these rows adds to the log: their pages, and the
// first, the root and the last one before.
func logSize(recs []Record) int64 {
	n := 3 * 4096
	for i := range recs {
		n += len(recs[i].Payload) + 120
	}
	return int64(n)
}

// checkpoint moves the write-ahead log into the file: in quiet moments, so that no commit
// meets it, and where there are none at the limit, so that the log does not grow for ever.
func (j *Journal) checkpoint() {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	last := uint64(0)
	for {
		select {
		case <-j.closing:
			return
		case <-t.C:
		}
		rows := j.Stats().Rows
		busy := rows != last
		last = rows
		if n := j.logged.Load(); n < j.logLimit && (busy || n < logWorth) {
			continue
		}
		// PASSIVE never blocks the writer; an error only means the next look tries again.
		// The second round is short: it moves what was written during the first.
		for range 2 {
			_, _ = j.db.Exec(`PRAGMA wal_checkpoint(PASSIVE)`)
		}
		select {
		case j.moved <- struct{}{}:
		default: // the writer has not yet come to the one before
		}
	}
}

// restart moves the last of the log from the writer's side, when nothing can be added
// behind it: the next commit then begins the log again. A reader in the midst of its work
// prevents that until the next look.
func (j *Journal) restart(ctx context.Context) {
	var busy, frames, done int
	err := j.rows.conn.QueryRowContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &frames, &done)
	if err == nil && busy == 0 && frames == done {
		j.logged.Store(0)
	}
}
