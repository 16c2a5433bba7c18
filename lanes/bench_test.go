package lanes

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/decl"
	"acsgd/internal/journal"
	"acsgd/internal/passages"
	"acsgd/internal/rulepack"
)

// benchLanes is how many lanes are busy.
const benchLanes = 16

// counter counts what lanes publish.
type counter struct{ judged, closed, stray atomic.Int64 }

func (c *counter) Publish(_ string, _ uint64, _ time.Time, outs []fusion.Output) {
	for i := range outs {
		switch outs[i].Kind {
		case fusion.Judged:
			c.judged.Add(1)
			if p := outs[i].Passage; p.Verdict != "within" || len(p.Axles) < 5 || len(p.Plates) != 2 {
				c.stray.Add(1)
			}
		case fusion.Closed:
			c.closed.Add(1)
		case fusion.Alarm:
			c.stray.Add(1)
		}
	}
}

// memory is a directory on tmpfs, where the machine has one.
func memory(b *testing.B) string {
	b.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "acsgd-bench-")
	if err != nil {
		b.Skip("no tmpfs on this machine: ", err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// cpu is the processor time of this process so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// site is 16 lanes on one journal.
type site struct {
	journal *journal.Journal
	lanes   [benchLanes]*Lane
	src     [benchLanes]*passages.Lane
	out     counter
	stop    func()
}

func newSite(b *testing.B, dir string) *site {
	b.Helper()
	book, err := rulepack.Load(true)
	if err != nil {
		b.Fatal(err)
	}
	j, err := journal.Open(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	s := &site{journal: j}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	start := time.Now().UTC().Truncate(time.Second)
	for i := range s.lanes {
		id := fmt.Sprint(i + 1)
		l := New(Config{ID: id, Core: new(fusion.Core), Journal: j, Publisher: &s.out, Mover: noMover{}, Log: slog.New(slog.DiscardHandler),
			Rebuild: func(context.Context, []uint64) (*fusion.Core, error) { return new(fusion.Core), nil }})
		wg.Go(func() { l.Run(ctx) })
		l.Put(fusion.Tuned{Kind: fusion.TuneParams, Version: "1", Value: passages.Params(id)}, nil)
		l.Put(fusion.Tuned{Kind: fusion.TuneRules, Version: book.Version, Value: book}, nil)
		l.Put(fusion.Declared{Version: 1, Index: decl.NewIndex(1, nil)}, nil)
		s.lanes[i], s.src[i] = l, &passages.Lane{Name: id, Start: start}
	}
	s.stop = func() { cancel(); wg.Wait(); j.Close() }
	return s
}

// rounds lets n vehicles pass in every lane, the lanes at once, and waits until each of
// their observations is answered. refused counts the answers that are errors.
func (s *site) rounds(n int) (events int, refused int64) {
	var wg sync.WaitGroup
	var sent, bad atomic.Int64
	for i := range s.lanes {
		wg.Go(func() {
			var answered sync.WaitGroup
			done := func(err error) {
				if err != nil {
					bad.Add(1)
				}
				answered.Done()
			}
			for range n {
				for _, o := range s.src[i].Next() {
					answered.Add(1)
					sent.Add(1)
					s.lanes[i].Emit(o, done)
				}
			}
			answered.Wait()
		})
	}
	wg.Wait()
	return int(sent.Load()), bad.Load()
}

// BenchmarkPassages is the workload "passages": 16 lanes as fast as they go, each input
// committed and synced before it is judged. One operation is one vehicle in every lane.
// Budget: 50,000 events a second, 20 us of CPU an event, nothing lost.
func BenchmarkPassages(b *testing.B) {
	for _, c := range []struct {
		name string
		dir  func(*testing.B) string
	}{{"disk", func(b *testing.B) string { return b.TempDir() }}, {"memory", memory}} {
		b.Run(c.name, func(b *testing.B) {
			s := newSite(b, c.dir(b))
			defer s.stop()
			events, rounds, refused := 0, 0, int64(0)
			spent, start := cpu(), time.Now()
			for b.Loop() {
				const batch = 8
				n, bad := s.rounds(batch)
				events, rounds, refused = events+n, rounds+batch, refused+bad
			}
			d, spent := time.Since(start), cpu()-spent
			b.ReportMetric(float64(events)/d.Seconds(), "events/s")
			b.ReportMetric(float64(spent.Microseconds())/float64(events), "cpu-us/event")
			want := int64(rounds * benchLanes)
			lost := 2*want - s.out.judged.Load() - s.out.closed.Load()
			b.ReportMetric(float64(lost+refused+s.out.stray.Load()), "lost")
			if lost != 0 || refused != 0 || s.out.stray.Load() != 0 {
				b.Fatalf("of %d passages %d were judged and %d closed, %d not as expected; %d of %d events refused",
					want, s.out.judged.Load(), s.out.closed.Load(), s.out.stray.Load(), refused, events)
			}
			if n, _ := s.journal.Head(); int(n) < events {
				b.Fatalf("%d rows in the journal for %d events", n, events)
			}
		})
	}
}

// BenchmarkEncode is the journal form of the observations of one vehicle.
func BenchmarkEncode(b *testing.B) {
	l := passages.Lane{Name: "1", Start: time.Unix(1_800_000_000, 0).UTC()}
	os := l.Next()
	bytes := 0
	b.ReportAllocs()
	for b.Loop() {
		bytes = 0
		for i := range os {
			_, p, err := encode(fusion.Seen{Observation: os[i]})
			if err != nil {
				b.Fatal(err)
			}
			bytes += len(p)
		}
	}
	b.ReportMetric(float64(bytes)/float64(len(os)), "bytes/event")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(os)), "ns/event")
}
