package lanes

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"acsgd/fusion"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
)

// fakeJournal commits after a delay, in order, or refuses.
type fakeJournal struct {
	mu      sync.Mutex
	n       uint64
	rows    []journal.Record
	refuse  error
	delay   time.Duration
	digests int
}

func (j *fakeJournal) Append(r journal.Record, done func(uint64, error)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.refuse != nil {
		go done(0, j.refuse)
		return
	}
	j.n++
	n := j.n
	j.rows = append(j.rows, r)
	if j.delay == 0 {
		done(n, nil)
		return
	}
	go func() {
		time.Sleep(j.delay)
		done(n, nil)
	}()
}

func (j *fakeJournal) Digest(journal.Digest) { j.mu.Lock(); j.digests++; j.mu.Unlock() }

// fakePublisher notes when something was published.
type fakePublisher struct {
	mu     sync.Mutex
	events []string
	at     []time.Time
	rows   []uint64
}

func (p *fakePublisher) Publish(_ string, n uint64, _ time.Time, outs []fusion.Output) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range outs {
		if o.Event != nil {
			p.events = append(p.events, o.Event.Kind+": "+o.Event.Text)
			p.at = append(p.at, time.Now())
			p.rows = append(p.rows, n)
		}
	}
}

type noMover struct{}

func (noMover) Move(string, fusion.Signal) {}

func laneOf(j Journal, p Publisher) *Lane {
	return New(Config{ID: "1", Core: new(fusion.Core), Journal: j, Publisher: p, Mover: noMover{}, Log: slog.New(slog.DiscardHandler),
		Rebuild: func(context.Context, []uint64) (*fusion.Core, error) { return new(fusion.Core), nil }})
}

func testParams() fusion.Tuned {
	return fusion.Tuned{Kind: fusion.TuneParams, Version: "1", Value: &fusion.Params{Site: "X", Lane: "1", Mode: "simulator", Window: time.Minute, MinLength: 3000,
		Devices: []fusion.Instrument{{Name: "io", Class: "laneio"}, {Name: "wim", Class: "wim", Station: 4000, Expect: true}}}}
}

func loop(on bool) obs.Observation {
	return obs.Observation{Source: "io", Lane: "1", Stamp: obs.Stamp{At: obs.Unix(time.Now())}, Body: &obs.Presence{Signal: "loop_entry", On: on}}
}

func TestNothingIsPublishedOrAcknowledgedBeforeItIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, p := &fakeJournal{delay: 50 * time.Millisecond}, &fakePublisher{}
		l := laneOf(j, p)
		ctx, cancel := context.WithCancel(t.Context())
		go l.Run(ctx)
		l.Put(testParams(), nil)
		time.Sleep(time.Second)
		synctest.Wait()
		start := time.Now()
		var acked time.Time
		l.Emit(loop(true), func(err error) {
			if err != nil {
				t.Error(err)
			}
			acked = time.Now()
		})
		time.Sleep(time.Second)
		synctest.Wait()
		if len(p.at) != 1 || p.at[0].Sub(start) < 50*time.Millisecond || acked.Sub(start) < 50*time.Millisecond {
			t.Errorf("published after %v, acknowledged after %v; the commit took 50ms", p.at, acked.Sub(start))
		}
		if p.rows[0] != 2 || j.digests != 1 {
			t.Errorf("row %d, digests %d", p.rows[0], j.digests)
		}
		cancel()
		synctest.Wait()
	})
}

func TestARefusingJournalIsShownAndRefusesTheObservation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, p := &fakeJournal{}, &fakePublisher{}
		l := laneOf(j, p)
		ctx, cancel := context.WithCancel(t.Context())
		go l.Run(ctx)
		l.Put(testParams(), nil)
		time.Sleep(time.Second)
		synctest.Wait()
		j.mu.Lock()
		j.refuse = errors.New("disk full")
		j.mu.Unlock()
		var got error
		l.Emit(loop(true), func(err error) { got = err })
		time.Sleep(time.Second)
		synctest.Wait()
		if got == nil || l.Stats().Journal != "disk full" {
			t.Errorf("done(%v), stats %+v", got, l.Stats())
		}
		if len(p.events) != 1 || !strings.Contains(p.events[0], "disk full") {
			t.Errorf("events %v, want the fault and no passage", p.events)
		}
		j.mu.Lock()
		j.refuse = nil
		j.mu.Unlock()
		l.Emit(loop(false), nil)
		l.Emit(loop(true), nil)
		time.Sleep(time.Second)
		synctest.Wait()
		if l.Stats().Journal != "" || !strings.HasPrefix(p.events[len(p.events)-1], "opened") {
			t.Errorf("after the disk has room: %v, %v", l.Stats().Journal, p.events)
		}
		cancel()
		synctest.Wait()
	})
}

func TestAnInputThatStopsTheCoreIsQuarantinedAndShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, p := &fakeJournal{}, &fakePublisher{}
		l := laneOf(j, p)
		ctx, cancel := context.WithCancel(t.Context())
		go l.Run(ctx)
		l.Put(fusion.Tuned{Kind: fusion.TuneParams, Version: "bad", Value: (*fusion.Params)(nil)}, nil)
		l.Put(testParams(), nil)
		l.Emit(loop(true), nil)
		time.Sleep(time.Second)
		synctest.Wait()
		if len(p.events) != 2 || !strings.Contains(p.events[0], "left out") || !strings.HasPrefix(p.events[1], "opened") {
			t.Errorf("events %v", p.events)
		}
		kinds := ""
		for _, r := range j.rows {
			kinds += r.Kind + " "
		}
		if !strings.Contains(kinds, KindQuarantine) {
			t.Errorf("rows %s", kinds)
		}
		cancel()
		synctest.Wait()
	})
}

func TestAStoppedLaneAnswersWhatItHasNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, p := &fakeJournal{delay: time.Second}, &fakePublisher{}
		l := laneOf(j, p)
		ctx, cancel := context.WithCancel(t.Context())
		go l.Run(ctx)
		l.Put(testParams(), nil)
		answers := 0
		for range 10 {
			l.Emit(loop(true), func(error) { answers++ })
		}
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		cancel()
		synctest.Wait()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		var late error
		l.Emit(loop(true), func(err error) { late = err })
		if answers != 10 || late == nil {
			t.Errorf("%d of 10 answered, an observation after the end: %v", answers, late)
		}
	})
}

func TestDigestFollowsDecisionsOnly(t *testing.T) {
	if _, ok := digest([]fusion.Output{{Kind: fusion.Updated, Passage: &fusion.Passage{ID: "a"}}}); ok {
		t.Error("a plain state change has a digest")
	}
	a, ok := digest([]fusion.Output{{Kind: fusion.Closed, Event: &fusion.Event{Text: "x"}, Passage: &fusion.Passage{ID: "a", Verdict: "within"}}})
	b, _ := digest([]fusion.Output{{Kind: fusion.Closed, Event: &fusion.Event{Text: "x"}, Passage: &fusion.Passage{ID: "a", Verdict: "exceeds"}}})
	if !ok || a == b {
		t.Error("two verdicts share a digest")
	}
}
