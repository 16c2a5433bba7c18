package wimjson

import (
	"context"
	"crypto/sha256"
	"sync"

	"acsgd/devices"
	"acsgd/internal/obs"
)

// remembered is how many records are known again when they come twice: hours of a lane.
const remembered = 1024

// book remembers the last records of a logger, so that one that is sent again, because its
// answer was lost, stays one weighing. All connections of a source share it.
type book struct {
	mu      sync.Mutex
	entries map[string]*entry
	order   []string // ids, the oldest first
	of      map[*obs.Weighing]*entry
	ended   bool // the verification has, and that has been told
}

// entry is one record.
type entry struct {
	id      string
	sum     [sha256.Size]byte
	left    int // weighings that are not durable yet
	refused bool
}

func newBook() *book {
	return &book{entries: map[string]*entry{}, of: map[*obs.Weighing]*entry{}}
}

// standing is what is known of a record.
type standing byte

const (
	fresh   standing = iota
	waiting          // it came before and is not durable yet
	durable          // it came before
	other            // another record has its id
)

// look says what is known of a record.
func (b *book) look(id string, body []byte) standing {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[id]
	switch {
	case e == nil:
		return fresh
	case e.sum != sha256.Sum256(body):
		return other
	case e.left > 0:
		return waiting
	}
	return durable
}

// enter notes a record whose weighings are handed out. Where nobody will say when they are
// durable, as when decoding, they are at once.
func (b *book) enter(id string, body []byte, ws []*obs.Weighing, live bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := &entry{id: id, sum: sha256.Sum256(body)}
	if live {
		e.left = len(ws)
		for _, w := range ws {
			b.of[w] = e
		}
	}
	b.entries[id] = e
	b.order = append(b.order, id)
	if len(b.order) > remembered {
		delete(b.entries, b.order[0])
		b.order = append(b.order[:0], b.order[1:]...)
	}
}

// settle notes that a weighing is durable or was refused. A record of which anything was
// refused is forgotten: the logger will send it again, and then it is fresh.
func (b *book) settle(w *obs.Weighing, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.of[w]
	if e == nil {
		return
	}
	delete(b.of, w)
	e.left--
	e.refused = e.refused || err != nil
	if e.left > 0 || !e.refused || b.entries[e.id] != e {
		return
	}
	delete(b.entries, e.id)
	for i, id := range b.order {
		if id == e.id {
			b.order = append(b.order[:i], b.order[i+1:]...)
			return
		}
	}
}

// verification notes whether the scale is verified and reports whether that is news.
func (b *book) verification(ended bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	news := b.ended != ended
	b.ended = ended
	return news
}

// source tells the book what became of the weighings. It stands outside of the limit on
// answers: what was answered too late may be durable all the same.
type source struct {
	devices.Source
	book *book
}

// Run implements devices.Source.
func (s *source) Run(ctx context.Context, emit devices.Emit) error {
	return s.Source.Run(ctx, func(o obs.Observation, done func(error)) {
		w, ok := o.Body.(*obs.Weighing)
		if !ok {
			emit(o, done)
			return
		}
		emit(o, func(err error) {
			s.book.settle(w, err)
			if done != nil {
				done(err)
			}
		})
	})
}
