package site

import (
	"sync"
	"time"

	"acsgd/fusion"
	"acsgd/internal/journal"
	"acsgd/lanes"
)

// flight knows up to which row everything has been published. Lanes step side by side, so
// row 11 of one may be published before row 10 of another: who counts the newest row that
// was published as "all up to here" loses row 10 in a crash.
//
// It stands between the lanes and the journal, whose answers come in the order of the rows,
// and behind the other publishers.
type flight struct {
	journal lanes.Journal

	mu     sync.Mutex
	newest uint64              // durable row of any lane
	open   map[string][]uint64 // by lane: durable and not yet published, the oldest first
}

func newFlight(j lanes.Journal) *flight { return &flight{journal: j, open: map[string][]uint64{}} }

// Append implements lanes.Journal.
func (f *flight) Append(r journal.Record, done func(n uint64, err error)) {
	lane, silent := r.Lane, r.Kind == lanes.KindQuarantine // no input: nothing will be published
	f.journal.Append(r, func(n uint64, err error) {
		if err == nil {
			f.mu.Lock()
			f.newest = n
			if !silent {
				f.open[lane] = append(f.open[lane], n)
			}
			f.mu.Unlock()
		}
		done(n, err)
	})
}

// Digest implements lanes.Journal.
func (f *flight) Digest(d journal.Digest) { f.journal.Digest(d) }

// Publish implements lanes.Publisher. An input that stopped the core is never published:
// the lane's next one ends it too.
func (f *flight) Publish(lane string, n uint64, _ time.Time, _ []fusion.Output) {
	if n == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	rows := f.open[lane]
	i := 0
	for i < len(rows) && rows[i] <= n {
		i++
	}
	f.open[lane] = append(rows[:0], rows[i:]...)
}

// covered is the newest row up to which all lanes have published; 0 before the first.
func (f *flight) covered() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.newest
	for _, rows := range f.open {
		if len(rows) > 0 {
			n = min(n, rows[0]-1)
		}
	}
	return n
}

// durable is the newest row of any lane that the journal has confirmed.
func (f *flight) durable() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.newest
}
