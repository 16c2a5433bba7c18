package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	epochA = "00000000000000aa"
	epochB = "00000000000000bb"
)

// day is when the tests begin; with nanoseconds, which the archive drops.
var day = time.Date(2026, 3, 1, 8, 0, 0, 123456789, time.UTC)

// opened makes a passage whose number says when it opened, in minutes.
func opened(i int, version uint64, plates ...string) Passage {
	p := Passage{ID: fmt.Sprintf("KRD-1-%d", i), Lane: "1", Opened: day.Add(time.Duration(i) * time.Minute), Verdict: "within",
		Phase: "closed", Version: version, Plates: plates}
	p.JSON = json.RawMessage(fmt.Sprintf(`{"id":%q, "version":%d,"text":"Қазақ \u0000 <&>"}`, p.ID, version))
	return p
}

func event(n uint64, i int) Event {
	return Event{N: n, I: i, Lane: "1", At: day.Add(time.Duration(n) * time.Second), Passage: "KRD-1-1", Kind: "axle",
		JSON: json.RawMessage(fmt.Sprintf(`{"n":%d,"i":%d}`, n, i))}
}

// kept is an event as it comes back.
func kept(e Event) Event {
	e.At = e.At.Truncate(time.Microsecond)
	return e
}

func put(t testing.TB, s Store, b Batch) {
	t.Helper()
	if b.Epoch == "" {
		b.Epoch = epochA
	}
	if err := s.Put(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// found runs a search and gives the IDs of its page.
func found(t testing.TB, s Store, q Query) (ids []string, next string) {
	t.Helper()
	page, next, err := s.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range page {
		var p struct{ ID string }
		if err := json.Unmarshal(b, &p); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		ids = append(ids, strings.TrimPrefix(p.ID, "KRD-1-"))
	}
	return ids, next
}

func wantFound(t testing.TB, s Store, q Query, want ...string) {
	t.Helper()
	if got, _ := found(t, s, q); !slices.Equal(got, want) {
		t.Errorf("search %+v: got %v, want %v", q, got, want)
	}
}

func wantLog(t testing.TB, s Store, after uint64, limit int, wantMore bool, want ...Event) {
	t.Helper()
	got, more, err := s.Log(t.Context(), after, limit)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i] = kept(want[i])
	}
	if diff := cmp.Diff(want, got); diff != "" || more != wantMore {
		t.Errorf("log after %d: more %v, want %v; (-want +got)\n%s", after, more, wantMore, diff)
	}
}

func wantPosition(t testing.TB, s Store, epoch string, want uint64) {
	t.Helper()
	if got, err := s.Position(t.Context(), epoch); err != nil || got != want {
		t.Errorf("position of %s: got %d, %v, want %d", epoch, got, err, want)
	}
}

func wantPassage(t testing.TB, s Store, id string, want json.RawMessage) {
	t.Helper()
	if got, err := s.Passage(t.Context(), id); err != nil || string(got) != string(want) {
		t.Errorf("passage %s: got %s, %v, want %s", id, got, err, want)
	}
}

// conformance is what both engines promise. open opens the same archive each time it is
// called within one test.
func conformance(t *testing.T, archive func(t *testing.T) (open func(t *testing.T) Store)) {
	tests := []struct {
		name string
		run  func(t *testing.T, s Store)
	}{
		{"an empty archive answers every question", empty},
		{"what is put comes back byte by byte", roundTrip},
		{"the same batch twice is one batch", idempotent},
		{"a lower version never replaces a higher one", versions},
		{"an event that is played again with another text is replaced", eventReplaced},
		{"the position never goes back", position},
		{"a batch that cannot be kept changes nothing", refused},
		{"filters limit a search", filters},
		{"every passage of one instrument is found", ofInstrument},
		{"pages join without gap or repeat while passages come in", pages},
		{"passages that opened together are on different pages once each", together},
		{"plates are found in any script, case and look-alike", lookAlikes},
		{"plates are found with one edit", oneEdit},
		{"plates are found with wildcards", wildcards},
		{"a corrected plate is found and the old text is not", corrected},
		{"a pattern that few plates fit is found behind the newest", behindWindow},
		{"the log never divides a row", logRows},
		{"journals are apart", journals},
		{"a batch of 5,000", large},
		{"a cancelled context", cancelled},
		{"questions and writing at once", together2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := archive(t)(t)
			defer closed(t, s)
			test.run(t, s)
		})
	}
	t.Run("what was put is there after a restart", func(t *testing.T) { restart(t, archive(t)) })
	t.Run("passages from before the index of instruments are found by them", func(t *testing.T) { indexed(t, archive(t)) })
}

func closed(t *testing.T, s Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func empty(t *testing.T, s Store) {
	wantPosition(t, s, epochA, 0)
	wantFound(t, s, Query{})
	wantFound(t, s, Query{Plate: "123ABC02"})
	wantFound(t, s, Query{Plate: "*ABC*"})
	wantPassage(t, s, "KRD-1-1", nil)
	wantPassage(t, s, "no\x00 text \xff", nil)
	wantFound(t, s, Query{Lane: "\x00", Verdict: "\xff"})
	wantLog(t, s, 0, 10, false)
	put(t, s, Batch{})
	wantPosition(t, s, epochA, 0)
}

func roundTrip(t *testing.T, s Store) {
	p, e := opened(1, 7, "123ABC02"), event(9, 2)
	put(t, s, Batch{N: 9, Passages: []Passage{p}, Events: []Event{e}})
	wantPosition(t, s, epochA, 9)
	wantPassage(t, s, p.ID, p.JSON)
	wantLog(t, s, 0, 10, false, e)
	page, next, err := s.Search(t.Context(), Query{})
	if err != nil || next != "" || len(page) != 1 || string(page[0]) != string(p.JSON) {
		t.Errorf("search: %s, %q, %v", page, next, err)
	}
}

func idempotent(t *testing.T, s Store) {
	b := Batch{N: 3, Passages: []Passage{opened(1, 2, "123ABC02"), opened(2, 3, "124ABC02", "55KEA02")}, Events: []Event{event(2, 0), event(3, 0), event(3, 1)}}
	for range 3 {
		put(t, s, b)
	}
	put(t, s, Batch{N: 2, Passages: b.Passages[:1], Events: b.Events[:1]})
	wantPosition(t, s, epochA, 3)
	wantFound(t, s, Query{}, "2", "1")
	wantFound(t, s, Query{Plate: "55KEA02"}, "2")
	wantLog(t, s, 0, 10, false, b.Events...)
}

func versions(t *testing.T, s Store) {
	old, new := opened(1, 5, "111AAA01"), opened(1, 6, "999ZZZ09")
	new.Verdict, new.Lane = "exceeds", "2"
	put(t, s, Batch{N: 6, Passages: []Passage{new}})
	put(t, s, Batch{N: 5, Passages: []Passage{old}})
	wantPassage(t, s, new.ID, new.JSON)
	wantFound(t, s, Query{Plate: "111AAA01"})
	wantFound(t, s, Query{Plate: "999ZZZ09", Verdict: "exceeds", Lane: "2"}, "1")
	wantPosition(t, s, epochA, 6)
	// Within one batch, in either order, too.
	a, b := opened(2, 5), opened(2, 6)
	put(t, s, Batch{N: 7, Passages: []Passage{b, a}})
	wantPassage(t, s, b.ID, b.JSON)
	// An equal version does: several outputs of one input have the same.
	c := opened(2, 6)
	c.JSON = json.RawMessage(`{"id":"KRD-1-2","decided":true}`)
	put(t, s, Batch{N: 8, Passages: []Passage{c}})
	wantPassage(t, s, c.ID, c.JSON)
}

func eventReplaced(t *testing.T, s Store) {
	a, b := event(1, 0), event(1, 0)
	b.JSON, b.Kind, b.Lane, b.Passage, b.At = json.RawMessage(`{"other":1}`), "plate", "2", "", day
	put(t, s, Batch{N: 1, Events: []Event{a}})
	put(t, s, Batch{N: 1, Events: []Event{b}})
	wantLog(t, s, 0, 10, false, b)
}

func position(t *testing.T, s Store) {
	put(t, s, Batch{N: 5})
	put(t, s, Batch{N: 4, Events: []Event{event(4, 0)}})
	wantPosition(t, s, epochA, 5)
	wantPosition(t, s, epochB, 0)
}

func refused(t *testing.T, s Store) {
	good := opened(1, 1)
	bad := map[string]Batch{
		"broken JSON":        {Epoch: epochA, N: 1, Passages: []Passage{good, {ID: "x", JSON: json.RawMessage(`{`)}}},
		"JSON of an event":   {Epoch: epochA, N: 1, Passages: []Passage{good}, Events: []Event{{N: 1, JSON: json.RawMessage("\"\xff\"")}}},
		"no JSON":            {Epoch: epochA, N: 1, Passages: []Passage{good, {ID: "x"}}},
		"no ID":              {Epoch: epochA, N: 1, Passages: []Passage{good, {JSON: good.JSON}}},
		"no epoch":           {N: 1, Passages: []Passage{good}},
		"a zero in a lane":   {Epoch: epochA, N: 1, Passages: []Passage{good, {ID: "x", Lane: "\x00", JSON: good.JSON}}},
		"no text in a kind":  {Epoch: epochA, N: 1, Passages: []Passage{good}, Events: []Event{{N: 1, Kind: "\xff", JSON: good.JSON}}},
		"a version too high": {Epoch: epochA, N: 1, Passages: []Passage{good, {ID: "x", Version: 1 << 63, JSON: good.JSON}}},
		"a row too high":     {Epoch: epochA, N: 1 << 63, Passages: []Passage{good}},
		"an event too high":  {Epoch: epochA, N: 1, Passages: []Passage{good}, Events: []Event{{N: 1 << 63, JSON: good.JSON}}},
		"an event's number":  {Epoch: epochA, N: 1, Passages: []Passage{good}, Events: []Event{{N: 1, I: -1, JSON: good.JSON}}},
	}
	for name, b := range bad {
		if err := s.Put(t.Context(), b); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	wantFound(t, s, Query{})
	wantPosition(t, s, epochA, 0)
}

func ofInstrument(t *testing.T, s Store) {
	var b Batch
	for i := 1; i <= 7; i++ {
		p := opened(i, 2, fmt.Sprintf("10%dABC02", i))
		p.Lane = []string{"1", "2"}[i%2]
		p.Verdict = []string{"within", "exceeds", "undetermined"}[i%3]
		p.Devices = []string{"rpm-1", "wim-" + p.Lane, "rpm-1"} // named twice is named
		b.Put(p)
	}
	b.N = 1
	put(t, s, b)
	at := func(i int) time.Time { return day.Add(time.Duration(i) * time.Minute) }
	wantFound(t, s, Query{Device: "wim-2"}, "7", "5", "3", "1")
	wantFound(t, s, Query{Device: "rpm-1", From: at(2), To: at(5)}, "4", "3", "2")
	wantFound(t, s, Query{Device: "wim-2", Verdict: "exceeds"}, "7", "1")
	wantFound(t, s, Query{Device: "rpm-1", Verdict: "exceeds", Lane: "1"}, "4")
	wantFound(t, s, Query{Device: "wim"})
	wantFound(t, s, Query{Device: "WIM-2"})
	wantFound(t, s, Query{Device: "wim-2", Plate: "103ABC02"}, "7", "5", "3", "1")
	wantFound(t, s, Query{Device: "wim-1", Plate: "103ABC02", To: at(5)}, "4", "2")
	wantFound(t, s, Query{Device: "wim-1", Plate: "10*"}, "6", "4", "2")
	wantFound(t, s, Query{Device: "wim-1", Plate: "*4ABC*"}, "4")
	wantFound(t, s, Query{Device: "wim-2", Plate: "*"}, "7", "5", "3", "1")
	got, next := found(t, s, Query{Device: "wim-2", Limit: 3})
	rest, last := found(t, s, Query{Device: "wim-2", Limit: 3, Before: next})
	if !slices.Equal(got, []string{"7", "5", "3"}) || !slices.Equal(rest, []string{"1"}) || last != "" {
		t.Errorf("pages %v and %v, next %q and %q", got, rest, next, last)
	}

	again := opened(7, 3, "107ABC02")
	again.Devices, again.Verdict = []string{"wim-2", "prof-1"}, "undetermined"
	stale := opened(5, 1, "105ABC02")
	stale.Devices = []string{"prof-1"}
	put(t, s, Batch{N: 2, Passages: []Passage{again, stale}})
	wantFound(t, s, Query{Device: "prof-1"}, "7")
	wantFound(t, s, Query{Device: "rpm-1", From: at(4)}, "6", "5", "4")
	wantFound(t, s, Query{Device: "wim-2", Verdict: "exceeds"}, "1")
}

func filters(t *testing.T, s Store) {
	var b Batch
	for i := 1; i <= 6; i++ {
		p := opened(i, 1, fmt.Sprintf("10%dABC02", i))
		p.Lane = []string{"1", "2"}[i%2]
		p.Verdict = []string{"within", "exceeds", "undetermined"}[i%3]
		b.Put(p)
	}
	b.N = 1
	put(t, s, b)
	at := func(i int) time.Time { return day.Add(time.Duration(i) * time.Minute) }
	wantFound(t, s, Query{}, "6", "5", "4", "3", "2", "1")
	wantFound(t, s, Query{Lane: "2"}, "5", "3", "1")
	wantFound(t, s, Query{Verdict: "exceeds"}, "4", "1")
	wantFound(t, s, Query{Verdict: "exceeds", Lane: "2"}, "1")
	wantFound(t, s, Query{Lane: "3"})
	wantFound(t, s, Query{From: at(3)}, "6", "5", "4", "3")
	wantFound(t, s, Query{To: at(3)}, "2", "1")
	wantFound(t, s, Query{From: at(2), To: at(5)}, "4", "3", "2")
	wantFound(t, s, Query{From: at(2), To: at(5), Lane: "2"}, "3")
	wantFound(t, s, Query{From: at(5), To: at(2)})
	for _, pattern := range []string{"10*", "*ABC02", "*", "*0*B*"} {
		wantFound(t, s, Query{Plate: pattern, From: at(2), To: at(5), Lane: "1", Verdict: "exceeds"}, "4")
		wantFound(t, s, Query{Plate: pattern, From: at(2), To: at(5)}, "4", "3", "2")
	}
	wantFound(t, s, Query{Plate: "104ABC02", Lane: "2", To: at(5)}, "3", "1")
	if got, next := found(t, s, Query{Limit: 4}); len(got) != 4 || next == "" {
		t.Errorf("limit 4: %v, next %q", got, next)
	}
	if got, next := found(t, s, Query{Limit: 6}); len(got) != 6 || next != "" {
		t.Errorf("limit 6: %v, next %q", got, next)
	}
	for _, before := range []string{"x", "1", "1.", ".1", "1.x", "99999999999999999999.1"} {
		if _, _, err := s.Search(t.Context(), Query{Before: before}); err == nil {
			t.Errorf("key %q: no error", before)
		}
	}
}

// pages reads 95 passages in pages of 10 while newer ones, and older ones in between, come
// in: those that stood at the start are each seen once, in order.
func pages(t *testing.T, s Store) {
	for nth, q := range []Query{{}, {Lane: "1"}, {Verdict: "within"}, {Lane: "1", Verdict: "within"}, {Plate: "1*"}, {Plate: "*C02"},
		{Plate: "*23*", Lane: "1", Verdict: "within"}, {Plate: "123ABC02"}} {
		t.Run(fmt.Sprintf("%s,%s,%s", q.Lane, q.Verdict, q.Plate), func(t *testing.T) {
			base := nth * 1000 // each query has a time of its own
			var b Batch
			var want []string
			for i := range 95 {
				b.Put(opened(base+2*i, 1, "123ABC02", "123ABC02 "))
				want = append(want, fmt.Sprint(base+2*i))
			}
			slices.Reverse(want)
			b.N = 1
			put(t, s, b)
			q.From, q.To, q.Limit = day.Add(time.Duration(base)*time.Minute), day.Add(time.Duration(base+1000)*time.Minute), 10
			var got []string
			for n := 0; ; n++ {
				page, next := found(t, s, q)
				got = append(got, page...)
				if q.Before = next; next == "" {
					break
				}
				in := Batch{N: uint64(n + 2), Passages: []Passage{opened(base+500+n, 1, "123ABC02"), opened(base+2*95-2*n-1, 1, "123ABC02")}}
				put(t, s, in)
			}
			if stood := slices.DeleteFunc(slices.Clone(got), func(id string) bool { return !slices.Contains(want, id) }); !slices.Equal(stood, want) {
				t.Errorf("got %v\nwant %v", stood, want)
			}
		})
	}
}

func together(t *testing.T, s Store) {
	var b Batch
	for i := range 25 {
		p := opened(i, 1, "123ABC02")
		p.Opened = day
		b.Put(p)
	}
	b.N = 1
	put(t, s, b)
	for _, q := range []Query{{}, {Plate: "123*"}, {Plate: "123ABC02"}} {
		seen := make(map[string]int)
		q.Limit = 4
		for {
			page, next := found(t, s, q)
			for _, id := range page {
				seen[id]++
			}
			if q.Before = next; next == "" {
				break
			}
		}
		if len(seen) != 25 {
			t.Errorf("%+v: saw %d of 25: %v", q, len(seen), seen)
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%+v: saw %s %d times", q, id, n)
			}
		}
	}
}
