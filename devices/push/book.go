package push

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"

	"acsgd/devices"
	"acsgd/internal/obs"
)

// Book remembers the last messages of a sender, so that one that is sent again, because its
// answer was lost, is not a second reading. All connections of a source share it.
type Book struct {
	mu      sync.Mutex
	max     int
	entries map[string]*entry
	order   []string // ids, the oldest first
	of      map[obs.Body]*entry
}

// entry is one message.
type entry struct {
	id      string
	sum     [sha256.Size]byte
	left    int // observations that are not durable yet
	refused bool
}

// NewBook makes a book of the last max messages.
func NewBook(max int) *Book {
	return &Book{max: max, entries: map[string]*entry{}, of: map[obs.Body]*entry{}}
}

// Standing is what is known of a message.
type Standing byte

// The standings.
const (
	Fresh   Standing = iota
	Waiting          // it came before and is not durable yet
	Durable          // it came before
	Other            // another message has its id
)

// Look says what is known of a message; body is what it must have in common with the one
// before that has its id.
func (b *Book) Look(id string, body []byte) Standing {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[id]
	switch {
	case e == nil:
		return Fresh
	case e.sum != sha256.Sum256(body):
		return Other
	case e.left > 0:
		return Waiting
	}
	return Durable
}

// Enter notes a message whose observations are handed out. Where nobody will say when they
// are durable, as when decoding, they are at once.
func (b *Book) Enter(id string, body []byte, list []obs.Observation, live bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := &entry{id: id, sum: sha256.Sum256(body)}
	if live {
		e.left = len(list)
		for _, o := range list {
			b.of[o.Body] = e
		}
	}
	b.entries[id] = e
	if b.order = append(b.order, id); len(b.order) > b.max {
		delete(b.entries, b.order[0])
		b.order = append(b.order[:0], b.order[1:]...)
	}
}

// Settle notes that an observation is durable or was refused. A message of which anything
// was refused is forgotten: the sender will send it again, and then it is fresh.
func (b *Book) Settle(body obs.Body, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.of[body]
	if e == nil {
		return
	}
	delete(b.of, body)
	e.left--
	e.refused = e.refused || err != nil
	if e.left > 0 || !e.refused || b.entries[e.id] != e {
		return
	}
	delete(b.entries, e.id)
	if i := slices.Index(b.order, e.id); i >= 0 {
		b.order = append(b.order[:i], b.order[i+1:]...)
	}
}

// Source tells the book what became of the observations of s. It stands outside of InTime:
// what was answered too late may be durable all the same.
func (b *Book) Source(s devices.Source) devices.Source { return &booked{s, b} }

type booked struct {
	devices.Source
	book *Book
}

// Run implements devices.Source.
func (s *booked) Run(ctx context.Context, emit devices.Emit) error {
	return s.Source.Run(ctx, func(o obs.Observation, done func(error)) {
		emit(o, func(err error) {
			s.book.Settle(o.Body, err)
			if done != nil {
				done(err)
			}
		})
	})
}
