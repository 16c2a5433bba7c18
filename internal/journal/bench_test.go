package journal

import (
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
// Budget for 20: p50 1 ms, p99 3 ms.
func BenchmarkCommit(b *testing.B) {
	for _, rows := range []int{20, 1000} {
		for _, p := range places {
			name := map[int]string{20: "20", 1000: "1000"}[rows]
			b.Run(name+"/"+p.name, func(b *testing.B) { commits(b, p.dir(b), rows) })
		}
	}
}

func commits(b *testing.B, dir string, rows int) {
	j, err := Open(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	payload := []byte(strings.Repeat("x", 300))
	h := hdrhistogram.New(1, 60e6, 3)
	batch := make([]appended, rows)
	var bad error
	for i := range batch {
		batch[i].done = func(_ uint64, err error) {
			if err != nil {
				bad = err
			}
		}
	}
	seq, spent := uint64(0), cpu()
	for b.Loop() {
		for i := range batch {
			seq++
			batch[i].rec = Record{Lane: "1", Seq: seq, Now: time.Unix(0, int64(seq)), Kind: "seen", Payload: payload}
		}
		start := time.Now()
		j.commit(b.Context(), batch)
		if err := h.RecordValue(time.Since(start).Microseconds()); err != nil {
			b.Fatal(err)
		}
	}
	spent = cpu() - spent
	if n, _ := j.Head(); bad != nil || n != seq {
		b.Fatalf("%d of %d rows in the journal: %v", n, seq, bad)
	}
	us(b, h, 50, "p50-ms")
	us(b, h, 99, "p99-ms")
	b.ReportMetric(float64(seq)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(spent.Nanoseconds())/1000/float64(seq), "cpu-us/row")
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

// BenchmarkSync is the floor under every commit: one append of 8 KiB and its fdatasync.
func BenchmarkSync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "f"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	h := hdrhistogram.New(1, 60e6, 3)
	p := make([]byte, 8<<10)
	for b.Loop() {
		start := time.Now()
		if _, err := f.Write(p); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
		if err := h.RecordValue(time.Since(start).Microseconds()); err != nil {
			b.Fatal(err)
		}
	}
	us(b, h, 50, "p50-ms")
	us(b, h, 99, "p99-ms")
}
