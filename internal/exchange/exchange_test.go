package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"acsgd/fusion"
	"acsgd/internal/bus"
	"acsgd/internal/store"
)

func archive(t *testing.T) store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

const epoch = "0123456789abcdef"

// fill puts rows from..to with one event and one passage each.
func fill(t *testing.T, s store.Store, from, to uint64) {
	t.Helper()
	b := store.Batch{Epoch: epoch, N: to}
	for n := from; n <= to; n++ {
		id := fmt.Sprintf("KGS-1-%d", n)
		p := fusion.Passage{ID: id, Lane: "1", Version: n, Opened: time.Unix(int64(n), 0).UTC(), Verdict: "within"}
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		row := Row(&p)
		row.JSON = raw
		b.Put(row)
		ev, err := json.Marshal(fusion.Event{At: p.Opened, Seq: n, Kind: "closed", Lane: "1", Passage: id, Text: "x"})
		if err != nil {
			t.Fatal(err)
		}
		b.Events = append(b.Events, store.Event{N: n, Lane: "1", At: p.Opened, Passage: id, Kind: "closed", JSON: ev})
	}
	if err := s.Put(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain: ", what)
		}
	}
}

func TestACentreThatWasAwayIsToldEverythingOnce(t *testing.T) {
	b, err := bus.Start(t.Context(), bus.Config{Listen: "127.0.0.1:0", Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	site, centre := archive(t), archive(t)
	fill(t, site, 1, 450)
	s := &Sender{Site: "KGS", Epoch: epoch, Store: site, Conn: b.Conn(), Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { s.Run(ctx) }) // nobody answers yet
	c := &Centre{Store: centre, Log: slog.New(slog.DiscardHandler)}
	wg.Go(func() {
		if err := c.Run(ctx, b.Conn()); err != nil {
			t.Error(err)
		}
	})
	until(t, "450 rows at the centre", func() bool { n, _ := s.Acked(); return n == 450 })
	fill(t, site, 451, 470)
	until(t, "470 rows at the centre", func() bool { n, _ := s.Acked(); return n == 470 })
	ps, _, err := centre.Search(t.Context(), store.Query{Limit: 1000})
	if err != nil || len(ps) != 470 {
		t.Errorf("%d passages at the centre, %v", len(ps), err)
	}
	if es, _, err := centre.Log(t.Context(), 0, 1000); err != nil || len(es) != 470 || es[0].Lane != "KGS/1" {
		t.Errorf("%d events at the centre, %v", len(es), err)
	}
	if l := c.Sites(); len(l) != 1 || l[0].N != 470 {
		t.Errorf("sites %+v", l)
	}
	cancel()
	wg.Wait()
}

func TestRowsThatDoNotJoinAreRefused(t *testing.T) {
	c := &Centre{Store: archive(t), Log: slog.New(slog.DiscardHandler)}
	for name, tc := range map[string]struct{ subject, body string }{
		"a gap":          {Subject("KGS"), `{"site":"KGS","epoch":"` + epoch + `","from":5,"to":9}`},
		"another site":   {Subject("KGS"), `{"site":"KRD","epoch":"` + epoch + `","from":0,"to":9}`},
		"a wrong epoch":  {Subject("KGS"), `{"site":"KGS","epoch":"../x","from":0,"to":9}`},
		"no JSON":        {Subject("KGS"), `{`},
		"a broken event": {Subject("KGS"), `{"site":"KGS","epoch":"` + epoch + `","from":0,"to":1,"events":[{"n":1,"event":7}]}`},
	} {
		if a := c.take(t.Context(), message(tc.subject, tc.body)); a.Error == "" || a.N != 0 {
			t.Errorf("%s is answered %+v", name, a)
		}
	}
}

func message(subject, body string) *nats.Msg { return &nats.Msg{Subject: subject, Data: []byte(body)} }
