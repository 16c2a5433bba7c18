package lanes

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"acsgd/fusion"
	"acsgd/internal/journal"
)

// countingJournal counts what it is asked, and refuses.
type countingJournal struct {
	fakeJournal
	mu2   sync.Mutex
	asked int
}

func (j *countingJournal) Append(r journal.Record, done func(uint64, error)) {
	j.mu2.Lock()
	j.asked++
	j.mu2.Unlock()
	j.fakeJournal.Append(r, done)
}

// A tick that the journal refuses is overdue again at once. A full disk must not be asked a
// thousand times a second for ever.
func TestATickThatIsRefusedDoesNotSpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &countingJournal{}
		l := laneOf(j, &fakePublisher{})
		ctx, cancel := context.WithCancel(t.Context())
		go l.Run(ctx)
		l.Put(testParams(), nil)
		l.Emit(loop(true), nil) // its window ends in a minute
		time.Sleep(time.Second)
		j.mu.Lock()
		j.refuse = errors.New("disk full")
		j.mu.Unlock()
		j.mu2.Lock()
		before := j.asked
		j.mu2.Unlock()
		time.Sleep(2 * time.Minute)
		j.mu2.Lock()
		asked := j.asked - before
		j.mu2.Unlock()
		if asked == 0 || asked > 130 {
			t.Errorf("the journal was asked %d times in the minute after the tick was due, want about 120", asked)
		}
		cancel()
		synctest.Wait()
	})
}

func TestAPlayerNamesTheInputThatStopsTheCore(t *testing.T) {
	p := NewPlayer(NewLibrary())
	p.Step = func(*fusion.Core, []fusion.Output, fusion.Input) []fusion.Output { panic("no") }
	_, played, err := p.Play(&journal.Record{N: 7, Lane: "1", Seq: 5, Kind: KindTick})
	poison, ok := errors.AsType[*Poison](err)
	if !ok || played || poison.N != 7 || poison.Lane != "1" || poison.Seq != 5 {
		t.Errorf("played %v, %v", played, err)
	}
}

// The reason may hold what no JSON string may hold as it is; the row must be read again.
func TestARowThatLeavesAnInputOutIsAlwaysReadable(t *testing.T) {
	for _, why := range []string{"plain", "bytes \x00\x7f\xff", "quotes \" and \\", "рус", "two\nlines"} {
		r := QuarantineRecord("1", 9, 8, time.Time{}, errors.New(why))
		var q quarantineRow
		if err := json.Unmarshal(r.Payload, &q); err != nil || q.Seq != 8 {
			t.Errorf("%q: %s: %v", why, r.Payload, err)
		}
	}
}
