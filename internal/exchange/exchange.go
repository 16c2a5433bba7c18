// Package exchange delivers what a site has decided to the centre, end to end: a batch is
// acknowledged once it is durable there, by the row that the centre has, so that nothing
// depends on what a broker keeps. A centre that is gone for a week is told everything when
// it comes back; a batch that comes twice changes nothing (design decision D5).
//
//	site archive ──Log(after acknowledged)──▶ batch ──NATS request──▶ centre archive
//	                         ▲                                            │
//	                         └────── newest row that the centre has ◀─────┘
package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"acsgd/internal/store"
)

// Subject is where the centre takes the records of a site.
func Subject(site string) string { return "acsgd.centre.records." + site }

// all is the centre's subscription.
const all = "acsgd.centre.records.*"

// Batch is what one message carries: everything decided in the rows From < n <= To.
type Batch struct {
	Site     string            `json:"site"`
	Epoch    string            `json:"epoch"`
	From     uint64            `json:"from"` // the row before the first
	To       uint64            `json:"to"`   // equal to From: only asks what the centre has
	Passages []json.RawMessage `json:"passages,omitempty"`
	Events   []Event           `json:"events,omitempty"`
}

// Event is one line of the site's log.
type Event struct {
	N    uint64          `json:"n"`
	I    int             `json:"i"`
	JSON json.RawMessage `json:"event"`
}

// Answer is the centre's cumulative acknowledgement.
type Answer struct {
	N     uint64 `json:"n"` // newest row of this epoch that is durable at the centre
	Error string `json:"error,omitempty"`
}

// Times and sizes of the sender.
const (
	perBatch = 200 // rows
	wait     = 10 * time.Second
	idle     = 500 * time.Millisecond
	maxPause = time.Minute
)

// Sender tells the centre what a site's archive has.
type Sender struct {
	Site  string
	Epoch string
	Store store.Store
	Conn  *nats.Conn
	Log   *slog.Logger

	acked atomic.Uint64
	last  atomic.Int64 // Unix ns of the last answer
}

// Acked is the newest row that the centre has acknowledged, and when it last answered.
func (s *Sender) Acked() (n uint64, last time.Time) {
	ns := s.last.Load()
	if ns == 0 {
		return s.acked.Load(), time.Time{}
	}
	return s.acked.Load(), time.Unix(0, ns)
}

// Run delivers until ctx ends.
func (s *Sender) Run(ctx context.Context) {
	pause, failing, known := idle, false, false
	for {
		more := false
		var err error
		if !known {
			err = s.ask(ctx)
			known = err == nil
			more = known
		} else {
			more, err = s.send(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if !failing {
				s.Log.Warn("centre not told", "err", err)
			}
			failing, known, pause = true, false, min(2*pause, maxPause)
		case failing:
			s.Log.Info("centre answers again", "n", s.acked.Load())
			failing, pause = false, idle
		default:
			pause = idle
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// ask learns what the centre has: its word counts, not ours.
func (s *Sender) ask(ctx context.Context) error {
	return s.request(ctx, Batch{Site: s.Site, Epoch: s.Epoch})
}

// send delivers the next rows; more says that further rows wait.
func (s *Sender) send(ctx context.Context) (more bool, err error) {
	from := s.acked.Load()
	es, more, err := s.Store.Log(ctx, from, perBatch)
	if err != nil {
		return false, fmt.Errorf("read archive after row %d: %w", from, err)
	}
	if len(es) == 0 {
		return false, nil
	}
	b := Batch{Site: s.Site, Epoch: s.Epoch, From: from, To: es[len(es)-1].N}
	seen := map[string]bool{}
	for _, e := range es {
		b.Events = append(b.Events, Event{e.N, e.I, e.JSON})
		if e.Passage == "" || seen[e.Passage] {
			continue
		}
		seen[e.Passage] = true
		p, err := s.Store.Passage(ctx, e.Passage)
		if err != nil {
			return false, fmt.Errorf("read passage %s: %w", e.Passage, err)
		}
		if p != nil {
			b.Passages = append(b.Passages, p)
		}
	}
	return more, s.request(ctx, b)
}

func (s *Sender) request(ctx context.Context, b Batch) error {
	p, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("encode records: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	m, err := s.Conn.RequestWithContext(ctx, Subject(s.Site), p)
	if err != nil {
		return fmt.Errorf("send rows %d..%d: %w", b.From, b.To, err)
	}
	var a Answer
	if err := json.Unmarshal(m.Data, &a); err != nil {
		return fmt.Errorf("answer of the centre: %w", err)
	}
	s.last.Store(time.Now().UnixNano())
	s.acked.Store(a.N)
	if a.Error != "" {
		return errors.New("centre: " + a.Error)
	}
	return nil
}
