package site

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"acsgd/fusion"
	"acsgd/internal/exchange"
	"acsgd/internal/store"
)

// projector keeps the archive: it takes what lanes decide and writes it behind them. It
// never blocks a lane; what does not fit its queue while a database is gone is played from
// the journal again when it is back.
type projector struct {
	store store.Store
	epoch string
	log   *slog.Logger
	done  atomic.Uint64 // every row up to it is in the archive
	// covered is the newest row up to which everything has been published; durable is the
	// newest row of any lane.
	covered, durable func() uint64
	// replay plays rows again, from the newest snapshots that are not ahead of the archive
	// to the given row, and hands over the outputs of those after row "have".
	replay func(ctx context.Context, have, upTo uint64, each func(lane string, n uint64, outs []fusion.Output) error) error

	// after is told of passages that the archive has; nil is nobody.
	after func(context.Context, []store.Passage)

	write sync.Mutex // one writer: a position must never overtake what it stands for

	limit int // of what waits: batchMax
	mu    sync.Mutex
	batch store.Batch
	kick  chan struct{}
	lost  bool
}

// batchMax bounds what waits for a database that is gone: about two hours of four lanes.
const batchMax = 20_000

func newProjector(st store.Store, epoch string, f *flight, log *slog.Logger) *projector {
	return &projector{store: st, epoch: epoch, log: log, limit: batchMax, batch: store.Batch{Epoch: epoch},
		kick: make(chan struct{}, 1), covered: f.covered, durable: f.durable}
}

// Publish implements lanes.Publisher.
func (p *projector) Publish(lane string, n uint64, now time.Time, outs []fusion.Output) {
	if n == 0 {
		return // of no row: a restored state, or a fault of the journal itself
	}
	p.mu.Lock()
	switch {
	case p.lost:
	case len(p.batch.Events)+len(p.batch.Passages) > p.limit:
		p.lost = true
		p.log.Error("archive does not keep up: it will be completed from the journal", "row", n)
	default:
		take(&p.batch, lane, n, outs)
	}
	p.mu.Unlock()
	p.again()
}

// take adds what the archive keeps of one input's outputs.
func take(b *store.Batch, lane string, n uint64, outs []fusion.Output) {
	var kept *fusion.Passage // outputs of one input often name it thrice: it is encoded once
	for i := range outs {
		o := &outs[i]
		if o.Event != nil {
			if j, err := json.Marshal(o.Event); err == nil {
				b.Events = append(b.Events, store.Event{N: n, I: i, Lane: lane, At: o.Event.At, Passage: o.Event.Passage, Kind: o.Event.Kind, JSON: j})
			}
		}
		switch p := o.Passage; o.Kind {
		case fusion.Judged, fusion.Decided, fusion.Amended, fusion.Closed, fusion.Opened, fusion.Updated:
			if p == nil || (o.Kind == fusion.Updated && !p.Final) || p == kept {
				continue
			}
			if kept != nil {
				b.Put(row(kept))
			}
			kept = p
		}
	}
	if kept != nil {
		b.Put(row(kept))
	}
}

// row is a passage as the archive keeps it.
func row(p *fusion.Passage) store.Passage {
	r := exchange.Row(p)
	b, err := json.Marshal(p)
	if err != nil {
		b = []byte(`{}`) // our own struct always encodes
	}
	r.JSON = b
	return r
}

// refilling collects the outputs of played rows and writes them in pieces. The rows must
// come in order, all of them.
func (p *projector) refilling(ctx context.Context) (each func(lane string, n uint64, outs []fusion.Output) error, end func(upTo uint64) error) {
	b := store.Batch{Epoch: p.epoch}
	put := func(n uint64) error {
		b.N = n
		if err := p.store.Put(ctx, b); err != nil {
			return err
		}
		p.told(ctx, b.Passages)
		b = store.Batch{Epoch: p.epoch}
		p.done.Store(max(p.done.Load(), n))
		return nil
	}
	each = func(lane string, n uint64, outs []fusion.Output) error {
		if len(b.Events) > 500 { // of rows before n, each whole
			if err := put(n - 1); err != nil {
				return err
			}
		}
		take(&b, lane, n, outs)
		return nil
	}
	return each, put
}

// sync writes what waits, and completes what was lost.
func (p *projector) sync(ctx context.Context) error {
	p.write.Lock()
	defer p.write.Unlock()
	p.mu.Lock()
	lost := p.lost
	p.mu.Unlock()
	if lost {
		return p.complete(ctx)
	}
	return p.flush(ctx)
}

// flush writes what waits; the caller holds write. Events go in the order of their rows:
// those behind a row that is still on its way wait for it, so that who reads the log of the
// archive from his last row on misses none.
func (p *projector) flush(ctx context.Context) error {
	n := p.covered() // before the batch is taken: what it covers is in the batch
	p.mu.Lock()
	if p.lost {
		n = p.done.Load()
	}
	b := p.batch
	p.batch = store.Batch{Epoch: p.epoch}
	all := b.Events
	b.Events = nil
	for _, e := range all {
		if e.N <= n {
			b.Events = append(b.Events, e)
		} else {
			p.batch.Events = append(p.batch.Events, e)
		}
	}
	if len(p.batch.Events) > 0 {
		p.again()
	}
	p.mu.Unlock()
	if len(b.Events)+len(b.Passages) == 0 && n <= p.done.Load() {
		return nil
	}
	b.N = n
	if err := p.store.Put(ctx, b); err != nil {
		p.mu.Lock()
		p.batch = b.Merge(p.batch)
		p.mu.Unlock()
		return err
	}
	p.told(ctx, b.Passages)
	p.done.Store(max(p.done.Load(), n))
	return nil
}

func (p *projector) told(ctx context.Context, list []store.Passage) {
	if p.after != nil {
		p.after(ctx, list)
	}
}

// complete plays the rows again that were lost while the database was gone. New rows are
// taken meanwhile as usual.
func (p *projector) complete(ctx context.Context) error {
	p.mu.Lock()
	p.lost = false
	p.mu.Unlock()
	upTo := p.durable() // all that was dropped is of rows up to here
	each, end := p.refilling(ctx)
	have, err := p.store.Position(ctx, p.epoch)
	if err == nil {
		err = p.replay(ctx, have, upTo, each)
	}
	if err == nil {
		err = end(upTo)
	}
	if err != nil {
		p.mu.Lock()
		p.lost = true
		p.mu.Unlock()
		return err
	}
	p.log.Info("archive completed from the journal", "from", have+1, "to", upTo)
	return p.flush(ctx)
}

// gatherFor is how long the projector waits for more before it writes: the archive may be
// a moment behind, the disk is not to be kept busy for it.
const gatherFor = 100 * time.Millisecond

// run writes until ctx ends, then writes what is left if that is quick.
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
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.sync(ctx); err != nil {
		p.log.Error("archive not completed: it will be at the next start", "err", err)
	}
}
