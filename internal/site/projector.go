package site

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"acsgd/fusion"
	"acsgd/internal/store"
)

// projector keeps the archive: it takes what lanes decide and writes it behind them. It
// never blocks a lane; what does not fit its queue is read from the journal at the next
// start, and until then the archive says that it lags.
type projector struct {
	store store.Store
	epoch string
	log   *slog.Logger
	done  atomic.Uint64 // newest row that the archive has

	mu    sync.Mutex
	batch store.Batch
	kick  chan struct{}
	lost  bool
}

// batchMax bounds what waits for a database that is gone.
const batchMax = 20_000

func newProjector(st store.Store, epoch string, log *slog.Logger) *projector {
	return &projector{store: st, epoch: epoch, log: log, batch: store.Batch{Epoch: epoch}, kick: make(chan struct{}, 1)}
}

// Publish implements lanes.Publisher.
func (p *projector) Publish(lane string, n uint64, now time.Time, outs []fusion.Output) {
	if n == 0 {
		return // of no row: a restored state, or a fault of the journal itself
	}
	p.mu.Lock()
	p.take(lane, n, outs)
	p.mu.Unlock()
	p.again()
}

func (p *projector) take(lane string, n uint64, outs []fusion.Output) {
	if p.lost {
		return
	}
	if len(p.batch.Events)+len(p.batch.Passages) > batchMax {
		p.lost = true
		p.log.Error("archive does not keep up: it will be completed from the journal at the next start")
		return
	}
	p.batch.N = max(p.batch.N, n)
	for i := range outs {
		o := &outs[i]
		if o.Event != nil {
			if b, err := json.Marshal(o.Event); err == nil {
				p.batch.Events = append(p.batch.Events, store.Event{N: n, I: i, Lane: lane, At: o.Event.At, Passage: o.Event.Passage, Kind: o.Event.Kind, JSON: b})
			}
		}
		switch o.Kind {
		case fusion.Judged, fusion.Decided, fusion.Amended, fusion.Closed, fusion.Opened:
			if o.Passage != nil {
				p.batch.Put(row(o.Passage))
			}
		case fusion.Updated:
			if o.Passage != nil && o.Passage.Final {
				p.batch.Put(row(o.Passage))
			}
		}
	}
}

// row is a passage as the archive keeps it.
func row(p *fusion.Passage) store.Passage {
	r := store.Passage{ID: p.ID, Lane: p.Lane, Opened: p.Opened, Closed: p.Closed, Verdict: string(p.Verdict), Phase: string(p.Phase), Version: p.Version}
	for i := range p.Plates {
		if t := p.Plates[i].Corrected; t != "" {
			r.Plates = append(r.Plates, t)
		}
		if t := p.Plates[i].Text; t != "" {
			r.Plates = append(r.Plates, t)
		}
	}
	if p.Decision != nil {
		r.Decision = string(p.Decision.Action)
	}
	b, err := json.Marshal(p)
	if err != nil {
		b = []byte(`{}`) // our own struct always encodes
	}
	r.JSON = b
	return r
}

// now takes outputs at a restart and writes them when they are many.
func (p *projector) now(ctx context.Context, lane string, n uint64, outs []fusion.Output) error {
	p.mu.Lock()
	p.take(lane, n, outs)
	full := len(p.batch.Events) > 500
	p.mu.Unlock()
	if full {
		return p.sync(ctx)
	}
	return nil
}

// sync writes what waits.
func (p *projector) sync(ctx context.Context) error {
	p.mu.Lock()
	b := p.batch
	p.batch = store.Batch{Epoch: p.epoch}
	p.mu.Unlock()
	if b.N == 0 {
		return nil
	}
	if err := p.store.Put(ctx, b); err != nil {
		p.mu.Lock()
		p.batch = b.Merge(p.batch)
		p.mu.Unlock()
		return err
	}
	p.done.Store(b.N)
	return nil
}

// gatherFor is how long the projector waits for more before it writes: the archive may be
// a moment behind, the disk is not to be kept busy for it.
const gatherFor = 100 * time.Millisecond

// run writes until ctx ends, then writes what is left within 5 s.
func (p *projector) run(ctx context.Context) {
	wait, failing := gatherFor, false
	for {
		select {
		case <-ctx.Done():
			p.finish()
			return
		case <-p.kick:
		}
		select {
		case <-ctx.Done():
			p.finish()
			return
		case <-time.After(wait):
		}
		err := p.sync(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			if !failing {
				p.log.Error("archive lags", "err", err)
			}
			failing, wait = true, min(2*wait, 30*time.Second)
			p.again()
		case failing:
			p.log.Info("archive has caught up")
			failing, wait = false, gatherFor
		}
	}
}

func (p *projector) again() {
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

func (p *projector) finish() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := p.sync(ctx); err != nil {
		p.log.Error("archive not completed: it will be at the next start", "err", err)
	}
}
