package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"acsgd/fusion"
	"acsgd/internal/site"
)

// autoOfficer decides like a careful officer who is never tired: what is within is left to
// the green path, everything else goes to secondary inspection after a moment.
type autoOfficer struct {
	site *site.Site
	log  *slog.Logger
	wg   sync.WaitGroup
	seen map[string]bool
}

func newAutoOfficer(s *site.Site, log *slog.Logger) *autoOfficer {
	return &autoOfficer{site: s, log: log, seen: map[string]bool{}}
}

// think is how long the officer looks before deciding.
const think = 2 * time.Second

func (o *autoOfficer) run(ctx context.Context) {
	defer o.wg.Wait()
	t := time.NewTicker(500 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		for _, p := range o.site.Waiting() {
			if o.seen[p.ID] {
				continue
			}
			o.seen[p.ID] = true
			o.wg.Go(func() { o.decide(ctx, p) })
		}
	}
}

func (o *autoOfficer) decide(ctx context.Context, p site.WaitingPassage) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(think):
	}
	err := o.site.Order(ctx, p.Lane, fusion.Order{ID: "auto-" + p.ID, Action: fusion.Secondary, Passage: p.ID,
		User: "simulated officer", Role: "officer", Reason: "automatic"})
	if err != nil && ctx.Err() == nil {
		o.log.Error("simulated officer", "passage", p.ID, "err", err)
	}
}
