package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// places are where a journal may lie: a disk, whose sync is part of every commit, and
// tmpfs, which shows what is left without it.
var places = []struct {
	name string
	dir  func(*testing.B) string
}{
	{"disk", func(b *testing.B) string { return b.TempDir() }},
	{"memory", func(b *testing.B) string {
		b.Helper()
		dir, err := os.MkdirTemp("/dev/shm", "acsgd-bench-")
		if err != nil {
			b.Skip("no tmpfs on this machine: ", err)
		}
		b.Cleanup(func() { os.RemoveAll(dir) })
		return dir
	}},
}

// us reports a percentile of microseconds as milliseconds.
func us(b *testing.B, h *hdrhistogram.Histogram, q float64, unit string) {
	b.ReportMetric(float64(h.ValueAtQuantile(q))/1000, unit)
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCommit is commits of 20 and of 1000 records of 300 bytes, one after the other.
// Budget for 20: p50 1 ms, p99 3 ms. Behind every commit of 20 comes the floor under it,
// in the same directory: a write and sync of as many bytes as the commit wrote, so that
// what the disk and the machine's other work add is known from the same moments.
func BenchmarkCommit(b *testing.B) {
	for _, rows := range []int{20, 1000} {
		for _, p := range places {
			b.Run(fmt.Sprintf("%d/%s", rows, p.name), func(b *testing.B) { commits(b, p.dir(b), rows) })
		}
	}
}

// commits is the journal's writer, so that each commit has as many rows as are wanted. What
// the writer does for the log in between is part of the commit behind it.
func commits(b *testing.B, dir string, rows int) {
	j, err := open(b.Context(), dir, logLimit)
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	j.wg.Go(j.checkpoint)
	below := openFloor(b, dir)
	payload := []byte(strings.Repeat("x", 300))
	h, hf := hdrhistogram.New(1, 60e6, 3), hdrhistogram.New(1, 60e6, 3)
	batch := make([]appended, rows)
	var bad error
	for i := range batch {
		batch[i].done = func(_ uint64, err error) {
			if err != nil {
				bad = err
			}
		}
	}
	seq, spent := uint64(0), time.Duration(0)
	for b.Loop() {
		for i := range batch {
			seq++
			batch[i].rec = Record{Lane: "1", Seq: seq, Now: time.Unix(0, int64(seq)), Kind: "seen", Payload: payload}
		}
		before := cpu()
		start := time.Now()
		select {
		case <-j.moved:
			j.restart(b.Context())
		default:
		}
		j.commit(b.Context(), batch)
		took := time.Since(start)
		spent += cpu() - before
		if err := errors.Join(h.RecordValue(took.Microseconds()), hf.RecordValue(below.sync(b).Microseconds())); err != nil {
			b.Fatal(err)
		}
	}
	if n, _ := j.Head(); bad != nil || n != seq {
		b.Fatalf("%d of %d rows in the journal: %v", n, seq, bad)
	}
	us(b, h, 50, "p50-ms")
	us(b, h, 99, "p99-ms")
	us(b, hf, 50, "floor-p50-ms")
	us(b, hf, 99, "floor-p99-ms")
	b.ReportMetric(float64(spent.Nanoseconds())/1000/float64(seq), "cpu-us/row")
}

// floor writes and syncs what a commit of 20 records does to the write-ahead log: five
// pages behind one another, which the file already has, as the log has after its first
// round.
type floor struct {
	f   *os.File
	p   []byte
	off int64
}

const (
	floorPages = 5
	walPage    = 4096 + 24
	floorRound = 1 << 20
)

func openFloor(b *testing.B, dir string) *floor {
	b.Helper()
	f, err := os.Create(filepath.Join(dir, "floor"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	if _, err := f.Write(make([]byte, floorRound+floorPages*walPage)); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	return &floor{f: f, p: make([]byte, walPage)}
}

func (w *floor) sync(b *testing.B) time.Duration {
	start := time.Now()
	for range floorPages {
		if _, err := w.f.WriteAt(w.p, w.off); err != nil {
			b.Fatal(err)
		}
		w.off += walPage
	}
	if err := syscall.Fdatasync(int(w.f.Fd())); err != nil {
		b.Fatal(err)
	}
	w.off %= floorRound
	return time.Since(start)
}

// BenchmarkThroughput is what 16 appenders push through the queue when none waits.
func BenchmarkThroughput(b *testing.B) {
	for _, p := range places {
		b.Run(p.name, func(b *testing.B) {
			j, err := Open(b.Context(), p.dir(b))
			if err != nil {
				b.Fatal(err)
			}
			defer j.Close()
			payload := []byte(strings.Repeat("x", 300))
			rows, spent := 0, cpu()
			for b.Loop() {
				var wg, sent sync.WaitGroup
				const appenders, each = 16, 256
				wg.Add(appenders * each)
				for range appenders {
					sent.Go(func() {
						for i := range each {
							j.Append(Record{Lane: "1", Seq: uint64(i), Now: time.Unix(0, int64(i)), Kind: "seen", Payload: payload},
								func(uint64, error) { wg.Done() })
						}
					})
				}
				sent.Wait()
				wg.Wait()
				rows += appenders * each
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64((cpu()-spent).Nanoseconds())/1000/float64(rows), "cpu-us/row")
		})
	}
}
