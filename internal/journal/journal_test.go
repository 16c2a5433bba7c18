package journal

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func rec(lane string, seq uint64) Record {
	return Record{Lane: lane, Seq: seq, Now: time.Unix(0, int64(seq)*1e6), Kind: "seen", Payload: fmt.Appendf(nil, `{"x":%d}`, seq)}
}

func fill(t testing.TB, dir string, n int) {
	t.Helper()
	j, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Add(n)
	var last uint64
	for i := range n {
		j.Append(rec("1", uint64(i+1)), func(n uint64, err error) {
			if err != nil || n <= last {
				t.Errorf("done(%d, %v) after %d", n, err, last)
			}
			last = n
			j.Digest(Digest{Lane: "1", Seq: uint64(i + 1), Sum: [32]byte{byte(i)}})
			wg.Done()
		})
	}
	wg.Wait()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRowsAreGaplessChainedAndReadableAfterReopening(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 500)
	fill(t, dir, 3)
	rep, err := Verify(t.Context(), dir)
	if err != nil || rep.Broken != 0 {
		t.Fatalf("Verify: %+v, %v", rep, err)
	}
	r, err := OpenReader(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	inputs, digests := 0, 0
	for rec, err := range r.Records(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind != KindDigest {
			inputs++
			continue
		}
		ds, err := Digests(rec.Payload)
		if err != nil {
			t.Fatal(err)
		}
		digests += len(ds)
	}
	if inputs != 503 || digests != 503 {
		t.Errorf("read %d inputs and %d digests, want 503 of each", inputs, digests)
	}
}

func TestVerifyNamesTheFirstBrokenRow(t *testing.T) {
	for name, tc := range map[string]struct {
		tamper string
		want   uint64
	}{
		"a changed payload":       {`UPDATE input SET payload = x'7b7d' WHERE n = 7`, 7},
		"a changed time":          {`UPDATE input SET now = now + 1 WHERE n = 9`, 9},
		"a deleted row":           {`DELETE FROM input WHERE n = 5`, 5},
		"a row moved to a lane":   {`UPDATE input SET lane = '2' WHERE n = 3`, 3},
		"a row with a new digest": {`UPDATE input SET hash = zeroblob(32) WHERE n = 4`, 4},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, 20)
			db, err := sql.Open("sqlite", dsn(dir, "rw"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(tc.tamper); err != nil {
				t.Fatal(err)
			}
			db.Close()
			rep, err := Verify(t.Context(), dir)
			if err != nil || rep.Broken != tc.want {
				t.Errorf("Verify after %q: broken row %d (%s), %v, want row %d", tc.tamper, rep.Broken, rep.Reason, err, tc.want)
			}
		})
	}
}

func TestSecondWriterIsRefused(t *testing.T) {
	dir := t.TempDir()
	j, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if _, err := Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("second Open: %v, want it refused as in use", err)
	}
}

func TestAppendAfterCloseIsRefused(t *testing.T) {
	j, err := Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Put(context.Background(), rec("1", 1)); err == nil {
		t.Error("Put after Close succeeded")
	}
}

// Rows that come without a pause must not make the log grow for ever: it is begun again
// although no moment is quiet, and the chain holds.
func TestTheLogBeginsAgainThoughRowsNeverCease(t *testing.T) {
	dir := t.TempDir()
	j, err := open(t.Context(), dir, 64<<10)
	if err != nil {
		t.Fatal(err)
	}
	j.wg.Go(j.write)
	j.wg.Go(j.checkpoint)
	r := Record{Lane: "1", Now: time.Unix(1, 0), Kind: "seen", Payload: bytes.Repeat([]byte("x"), 4<<10)}
	written := int64(0)
	for begun, before := 0, int64(0); begun < 4; {
		r.Seq++
		if _, err := j.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		written += logSize([]Record{r})
		now := j.logged.Load()
		if now < before {
			begun++
		}
		before = now
	}
	st, err := os.Stat(filepath.Join(dir, FileName+"-wal"))
	if err != nil {
		t.Fatal(err)
	}
	if st.Size() > written*2/3 {
		t.Errorf("the log has %d bytes after %d were written into it, and it has begun again 4 times", st.Size(), written)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if rep, err := Verify(t.Context(), dir); err != nil || rep.Broken != 0 || rep.Rows != r.Seq {
		t.Errorf("Verify: %+v, %v, want %d rows", rep, err, r.Seq)
	}
}
