package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"acsgd/fusion"
	"acsgd/internal/store"
)

// Centre takes the records of all sites into one archive.
type Centre struct {
	Store store.Store
	Log   *slog.Logger

	mu    sync.Mutex
	sites map[string]SiteState
}

// SiteState is what the centre knows of one site's line.
type SiteState struct {
	Site  string    `json:"site"`
	Epoch string    `json:"epoch"`
	N     uint64    `json:"n"`
	Heard time.Time `json:"heard"`
}

// Sites lists the sites that have been heard since the start.
func (c *Centre) Sites() []SiteState {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []SiteState
	for _, s := range c.sites {
		list = append(list, s)
	}
	return list
}

// Run takes records until ctx ends.
func (c *Centre) Run(ctx context.Context, conn *nats.Conn) error {
	msgs := make(chan *nats.Msg, 256)
	sub, err := conn.ChanSubscribe(all, msgs)
	if err != nil {
		return fmt.Errorf("subscribe to %s: %w", all, err)
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection may be gone: then there is nothing to end
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-msgs:
			b, err := json.Marshal(c.take(ctx, m))
			if err != nil {
				continue // a number and a string always encode
			}
			if err := m.Respond(b); err != nil {
				c.Log.Warn("acknowledgement not sent", "subject", m.Subject, "err", err)
			}
		}
	}
}

var wellFormed = regexp.MustCompile(`^[0-9a-f]{16}$`)

// take makes a batch durable and answers with what the centre has. A batch that does not
// join what it has is refused with its position, from which the site sends again.
func (c *Centre) take(ctx context.Context, m *nats.Msg) Answer {
	var b Batch
	if err := json.Unmarshal(m.Data, &b); err != nil {
		return Answer{Error: "records are not readable: " + err.Error()}
	}
	if Subject(b.Site) != m.Subject || !wellFormed.MatchString(b.Epoch) {
		return Answer{Error: fmt.Sprintf("records of site %q, epoch %q came on %s", b.Site, b.Epoch, m.Subject)}
	}
	have, err := c.Store.Position(ctx, b.Epoch)
	if err != nil {
		return Answer{Error: "archive: " + err.Error()}
	}
	switch {
	case b.To == b.From: // only a question
	case b.From > have:
		return Answer{N: have, Error: fmt.Sprintf("rows %d..%d do not join row %d", b.From, b.To, have)}
	default:
		if err := c.put(ctx, &b); err != nil {
			return Answer{N: have, Error: err.Error()}
		}
		have = max(have, b.To)
	}
	c.mu.Lock()
	if c.sites == nil {
		c.sites = map[string]SiteState{}
	}
	c.sites[b.Site] = SiteState{b.Site, b.Epoch, have, time.Now()}
	c.mu.Unlock()
	return Answer{N: have}
}

func (c *Centre) put(ctx context.Context, b *Batch) error {
	batch := store.Batch{Epoch: b.Epoch, N: b.To}
	for _, e := range b.Events {
		var ev fusion.Event
		if err := json.Unmarshal(e.JSON, &ev); err != nil {
			return fmt.Errorf("event of row %d: %w", e.N, err)
		}
		batch.Events = append(batch.Events, store.Event{N: e.N, I: e.I, Lane: b.Site + "/" + ev.Lane, At: ev.At, Passage: ev.Passage, Kind: ev.Kind, JSON: e.JSON})
	}
	for _, raw := range b.Passages {
		var p fusion.Passage
		if err := json.Unmarshal(raw, &p); err != nil {
			return fmt.Errorf("passage: %w", err)
		}
		row := Row(&p)
		row.Lane, row.JSON = b.Site+"/"+p.Lane, raw
		batch.Put(row)
	}
	return c.Store.Put(ctx, batch)
}

// Row is a passage as an archive keeps it, its JSON excepted.
func Row(p *fusion.Passage) store.Passage {
	r := store.Passage{ID: p.ID, Lane: p.Lane, Opened: p.Opened, Closed: p.Closed, Verdict: string(p.Verdict), Phase: string(p.Phase), Version: p.Version}
	for i := range p.Plates {
		if t := p.Plates[i].Corrected; t != "" {
			r.Plates = append(r.Plates, t)
		}
		if t := p.Plates[i].Text; t != "" {
			r.Plates = append(r.Plates, t)
		}
	}
	for i := range p.Instruments {
		r.Devices = append(r.Devices, p.Instruments[i].Name)
	}
	if p.Decision != nil {
		r.Decision = string(p.Decision.Action)
	}
	return r
}
