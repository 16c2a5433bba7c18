package wimjson

import (
	"sync"

	"acsgd/devices/push"
)

// remembered is how many records are known again when they come twice: hours of a lane.
const remembered = 1024

// book is what the connections of one logger share: its last records, and whether its
// scale is verified.
type book struct {
	*push.Book
	mu    sync.Mutex
	ended bool // the verification has, and that has been told
}

func newBook() *book { return &book{Book: push.NewBook(remembered)} }

// verification notes whether the scale is verified and reports whether that is news.
func (b *book) verification(ended bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	news := b.ended != ended
	b.ended = ended
	return news
}
