// Package store is the archive: what the lanes have decided, in tables that can be asked.
// It is a projection of the journal, so nothing in it is the only copy: an archive that is
// lost is filled again by playing the journal from the start.
//
// Two engines stand behind one interface. SQLite is a file in the site's own folder and
// needs no server; PostgreSQL serves a centre. Both keep the same tables, answer alike and
// pass the same tests. What is written in SQL stands in sqlite/*.sql and postgres/*.sql.
//
// Writing is idempotent: a batch that is put twice, or rows played again, change nothing,
// and a passage never goes back to an older version. Rows belong to their journal (by its
// epoch), because row numbers and passage IDs begin anew with every journal: an archive may
// hold the passages of several, those of an older journal stay to be found.
//
// Times are kept to the microsecond, in UTC.
package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Store is a queryable projection of a journal. Its methods may be called from any
// goroutine. Errors are those of the database, wrapped; a database that is gone is reported
// within seconds, and the store works again when the database does.
type Store interface {
	// Put writes a batch in one transaction. It is idempotent; a passage with a lower
	// Version never replaces one with a higher. An empty batch is no work.
	Put(ctx context.Context, b Batch) error
	// Position gives the newest N put for this epoch, 0 if none.
	Position(ctx context.Context, epoch string) (uint64, error)
	// Search gives one page of passages, the newest first, and the key of the next page
	// for Query.Before, "" after the last one. Passages that come in between two pages
	// neither repeat nor hide any.
	Search(ctx context.Context, q Query) (passages []json.RawMessage, next string, err error)
	// Passage gives a passage by its ID, of the newest journal that has one; nil, nil if
	// there is none.
	Passage(ctx context.Context, id string) (json.RawMessage, error)
	// Log gives the events of the rows with N > after, in order of N and I, of at most
	// limit rows: the events of one row are never divided. More says that further rows
	// follow. The rows are those of the journal that Position or Put has named last and,
	// before any was named, of the newest journal in the archive.
	Log(ctx context.Context, after uint64, limit int) (events []Event, more bool, err error)
	// Close ends the store.
	Close() error
}

// Batch is what rows of a journal add to the archive.
type Batch struct {
	Epoch    string // of the journal: 16 hex digits
	N        uint64 // newest row that the batch covers
	Passages []Passage
	Events   []Event
}

// Passage is a passage as the archive keeps it: the fields that are searched, and all of it
// as JSON.
type Passage struct {
	ID, Lane string
	Opened   time.Time
	Closed   time.Time // zero: not closed
	Verdict  string    // "" before it is judged
	Phase    string
	Decision string // "" before it is decided
	Version  uint64 // grows with every change
	Plates   []string
	Devices  []string // names of the instruments that measured it
	JSON     json.RawMessage
}

// Event is one line of the log: event I of row N of the journal.
type Event struct {
	N       uint64
	I       int
	Lane    string
	At      time.Time
	Passage string // its ID; "" if the event belongs to none
	Kind    string
	JSON    json.RawMessage
}

// Query says which passages are wanted; empty fields do not limit.
type Query struct {
	Lane   string
	Device string // name of an instrument that has measured it
	// Plate is a plate as an officer writes it: in any script and case, with or without
	// separators. Look-alikes (O and 0, B and 8, Cyrillic and Latin А) are the same, and
	// so are plates of five characters and more that differ by one more edit. With * for
	// any characters, also none, there are no edits.
	Plate   string
	Verdict string
	From    time.Time // opened at this time or later
	To      time.Time // opened before this time
	Before  string    // key from Search of the page before
	Limit   int       // passages on the page: 1 to 1000, 0 is 50
}

// Open opens the archive, makes it where there is none, and brings its tables to the form
// that this program knows. url "" is a SQLite file in dir, which is made if need be;
// postgres://... is a PostgreSQL database in encoding UTF8. An archive that a newer program
// has changed is refused.
func Open(ctx context.Context, url, dir string) (Store, error) {
	scheme, _, _ := strings.Cut(url, "://")
	switch {
	case url == "":
		return openSQLite(ctx, dir)
	case scheme == "postgres", scheme == "postgresql":
		return openPostgres(ctx, url)
	}
	return nil, fmt.Errorf("archive: scheme of the URL is %.20q, want postgres:// or no URL for SQLite", scheme)
}

// Put adds a passage, which replaces an earlier row of the same ID in the batch unless that
// has a higher version.
func (b *Batch) Put(p Passage) {
	for i := len(b.Passages) - 1; i >= 0; i-- {
		if b.Passages[i].ID == p.ID {
			if p.Version >= b.Passages[i].Version {
				b.Passages[i] = p
			}
			return
		}
	}
	b.Passages = append(b.Passages, p)
}

// Merge gives b followed by later, both of the same journal; either may be empty. The
// result shares no memory with them that a later Put or append could change.
func (b Batch) Merge(later Batch) Batch {
	m := Batch{Epoch: b.Epoch, N: max(b.N, later.N)}
	if m.Epoch == "" {
		m.Epoch = later.Epoch
	}
	m.Events = slices.Concat(b.Events, later.Events)
	m.Passages = newest(b.Passages, later.Passages)
	return m
}

// newest joins lists of passages; of those with one ID it keeps the highest version, the
// last among equals, in the place of the first.
func newest(lists ...[]Passage) []Passage {
	var out []Passage
	at := make(map[string]int)
	for _, list := range lists {
		for _, p := range list {
			i, known := at[p.ID]
			switch {
			case !known:
				at[p.ID] = len(out)
				out = append(out, p)
			case p.Version >= out[i].Version:
				out[i] = p
			}
		}
	}
	return out
}
