package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func logRows(t *testing.T, s Store) {
	es := []Event{event(2, 0), event(2, 1), event(2, 2), event(5, 0), event(6, 3), event(6, 4)}
	put(t, s, Batch{N: 6, Events: []Event{es[5], es[3], es[1], es[0], es[4], es[2]}})
	wantLog(t, s, 0, 1, true, es[0], es[1], es[2])
	wantLog(t, s, 0, 2, true, es[:4]...)
	wantLog(t, s, 0, 3, false, es...)
	wantLog(t, s, 1, 500, false, es...)
	wantLog(t, s, 2, 1, true, es[3])
	wantLog(t, s, 5, 1, false, es[4], es[5])
	wantLog(t, s, 6, 1, false)
	wantLog(t, s, 1<<63, 1, false)
	wantLog(t, s, 0, 0, false)
}

// journals: row numbers and IDs begin anew with a new journal.
func journals(t *testing.T, s Store) {
	old, new := opened(1, 9, "111KLM02"), opened(1, 2, "999XYZ05")
	new.Opened = day.AddDate(1, 0, 0)
	oldEvent, newEvent := event(1, 0), event(1, 0)
	newEvent.Kind = "plate"
	put(t, s, Batch{Epoch: epochA, N: 50, Passages: []Passage{old}, Events: []Event{oldEvent}})
	put(t, s, Batch{Epoch: epochB, N: 2, Passages: []Passage{new}, Events: []Event{newEvent}})
	wantLog(t, s, 0, 10, false, newEvent)
	wantPosition(t, s, epochB, 2)
	wantPosition(t, s, epochA, 50)
	wantLog(t, s, 0, 10, false, oldEvent)
	wantPosition(t, s, "a journal that is not here", 0)
	wantLog(t, s, 0, 10, false)
	wantFound(t, s, Query{}, "1", "1")
	wantFound(t, s, Query{Plate: "111KLM02"}, "1")
	wantFound(t, s, Query{Plate: "999XYZ05"}, "1")
	wantPassage(t, s, new.ID, new.JSON)
	// Playing the old journal again does not put its passage in front.
	put(t, s, Batch{Epoch: epochA, N: 50, Passages: []Passage{old}})
	wantPassage(t, s, new.ID, new.JSON)
}

func large(t *testing.T, s Store) {
	b := Batch{N: 5000}
	for i := range 5000 {
		b.Events = append(b.Events, event(uint64(i+1), 0))
		b.Passages = append(b.Passages, opened(i, 1, fmt.Sprintf("%03dABC%02d", i%1000, i/1000)))
	}
	put(t, s, b)
	wantPosition(t, s, epochA, 5000)
	if got, more, err := s.Log(t.Context(), 0, 10_000); err != nil || more || len(got) != 5000 {
		t.Errorf("log: %d events, more %v, %v", len(got), more, err)
	}
	if got, next := found(t, s, Query{Limit: 1000}); len(got) != 1000 || got[0] != "4999" || next == "" {
		t.Errorf("search: %d passages, next %q", len(got), next)
	}
	wantFound(t, s, Query{Plate: "777ABC04", To: opened(4778, 1).Opened, Limit: 1}, "4777")
}

func cancelled(t *testing.T, s Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, search := s.Search(ctx, Query{Plate: "*X*"})
	_, passage := s.Passage(ctx, "KRD-1-1")
	_, _, log := s.Log(ctx, 0, 1)
	_, position := s.Position(ctx, epochA)
	for name, err := range map[string]error{
		"put":      s.Put(ctx, Batch{Epoch: epochA, N: 1, Passages: []Passage{opened(1, 1)}}),
		"search":   search,
		"passage":  passage,
		"log":      log,
		"position": position,
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want %v", name, err, context.Canceled)
		}
	}
	wantFound(t, s, Query{})
	wantPosition(t, s, epochA, 0)
	put(t, s, Batch{N: 1, Passages: []Passage{opened(1, 1)}})
	wantFound(t, s, Query{}, "1")
}

// together2 writes from two sides while two others ask: no answer holds half a batch.
func together2(t *testing.T, s Store) {
	const batches, each = 30, 7
	var wg sync.WaitGroup
	for side := range 2 {
		wg.Go(func() {
			for n := range batches {
				b := Batch{Epoch: epochA, N: uint64(n + 1)}
				for i := range each {
					b.Put(opened(side*10_000+n*each+i, 1, "123ABC02"))
				}
				if err := s.Put(t.Context(), b); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range batches {
				got, _, err := s.Search(t.Context(), Query{Limit: 1000, Plate: []string{"", "123*"}[side]})
				if err != nil || len(got)%each != 0 {
					t.Errorf("search: %d passages, %v", len(got), err)
				}
			}
		})
	}
	wg.Wait()
	if got, _ := found(t, s, Query{Limit: 1000}); len(got) != 2*batches*each {
		t.Errorf("got %d passages, want %d", len(got), 2*batches*each)
	}
}

func restart(t *testing.T, open func(t *testing.T) Store) {
	p, e := opened(1, 7, "123ABC02"), event(9, 2)
	s := open(t)
	put(t, s, Batch{N: 9, Passages: []Passage{p}, Events: []Event{e}})
	closed(t, s)
	s = open(t)
	defer closed(t, s)
	wantLog(t, s, 0, 10, false, e) // no journal named yet: the newest
	wantPosition(t, s, epochA, 9)
	wantPassage(t, s, p.ID, p.JSON)
	wantFound(t, s, Query{Plate: "123ABC02"}, "1")
	wantLog(t, s, 0, 10, false, e)
}

// indexed opens an archive in which passages stand from before there was an index of their
// instruments.
func indexed(t *testing.T, open func(t *testing.T) Store) {
	s := open(t)
	var b Batch
	for i, body := range []string{
		`{"instruments":[{"name":"wim-1","class":"wim"},{"name":"rpm-1"},{"name":"wim-1"},{"name":7},"cam-9"],"plates":[{"device":"cam-1"}]}`,
		`{"plates":[{"device":"cam-1"},{"device":"cam-2"},{"text":"01A"}]}`,
		`{"instruments":"wim-1","plates":{"device":"cam-1"}}`,
		`{"text":"\u0000"}`,
		`0`,
	} {
		p := opened(i+1, 1)
		p.Verdict, p.JSON = []string{"exceeds", "within"}[i%2], json.RawMessage(strings.Replace(body, "{", `{"id":"`+p.ID+`",`, 1))
		b.Put(p)
	}
	later := opened(9, 1)
	later.Devices, later.JSON = []string{"wim-1"}, json.RawMessage(`{"id":"KRD-1-9","instruments":[{"name":"wim-1"}]}`)
	b.Put(later)
	b.N = 1
	put(t, s, b)
	wantFound(t, s, Query{Device: "rpm-1"})
	const before = `delete from archive_schema where version > 2`
	var err error
	switch s := s.(type) {
	case *liteStore:
		_, err = s.write.ExecContext(t.Context(), before)
	case *pgStore:
		_, err = s.pool.Exec(t.Context(), before)
	}
	if err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	for range 2 {
		s = open(t)
		wantFound(t, s, Query{Device: "wim-1"}, "9", "1")
		wantFound(t, s, Query{Device: "wim-1", Verdict: "exceeds", Lane: "1"}, "1")
		wantFound(t, s, Query{Device: "rpm-1"}, "1")
		wantFound(t, s, Query{Device: "cam-1"}, "2")
		wantFound(t, s, Query{Device: "cam-2", Verdict: "within"}, "2")
		wantFound(t, s, Query{Device: "7"})
		closed(t, s)
	}
}
