package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"acsgd/fusion"
	"acsgd/internal/site"
)

// autoOfficer decides like a careful officer who is never tired: what is within is left to
// the green path, everything else goes to secondary inspection after a moment, and each
// alarm is acknowledged.
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
			o.wg.Go(func() {
				o.order(ctx, p.Lane, fusion.Order{ID: "auto-" + p.ID, Action: fusion.Secondary, Passage: p.ID, Reason: "automatic"})
			})
		}
		for _, a := range o.site.WaitingAlarms() {
			order := fusion.Order{ID: fmt.Sprintf("auto-%s-%d", a.ID, a.Version), Action: fusion.Acknowledge, Alarm: a.ID, Version: a.Version}
			if o.seen[order.ID] {
				continue
			}
			o.seen[order.ID] = true
			o.wg.Go(func() { o.order(ctx, a.Lane, order) })
		}
	}
}

// order gives an order after a moment.
func (o *autoOfficer) order(ctx context.Context, lane string, x fusion.Order) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(think):
	}
	x.User, x.Role = "simulated officer", "officer"
	if err := o.site.Order(ctx, lane, x); err != nil && ctx.Err() == nil {
		o.log.Error("simulated officer", "order", x.ID, "err", err)
	}
}
