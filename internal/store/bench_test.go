package store

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The benchmarks of questions run on an archive of this many passages, each with a tractor
// and a trailer, and as many events. ACSGD_ARCHIVE_ROWS sets another number: 1000000 is what
// the design asks to be answered within 300 ms.
//
//	ACSGD_ARCHIVE_ROWS=1000000 go test -run '^$' -bench . -timeout 60m ./internal/store
const benchRows = 20_000

// traffic draws passages as of a border post: plates of Kazakhstan by a half, of Kyrgyzstan
// by a fifth, others; vehicles that come again; one in a hundred exceeds a limit.
type traffic struct {
	*rand.Rand
	known []string
	body  string
	n     int
}

func newTraffic() *traffic {
	return &traffic{Rand: rand.New(rand.NewPCG(1, 2)), body: strings.Repeat(`{"at":"2026-03-01T08:00:00Z","kind":"axle"},`, 25)}
}

func (r *traffic) letters(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[r.IntN(26)]
	}
	return string(b)
}

func (r *traffic) plate() string {
	if len(r.known) > 1000 && r.IntN(3) > 0 {
		return r.known[r.IntN(len(r.known))]
	}
	var p string
	switch k := r.IntN(10); {
	case k < 5:
		p = fmt.Sprintf("%03d%s%02d", r.IntN(1000), r.letters(3), r.IntN(20)+1)
	case k < 7:
		p = fmt.Sprintf("%02dKG%03d%s", r.IntN(9)+1, r.IntN(1000), r.letters(3))
	default:
		p = fmt.Sprintf("%s%04d%s", r.letters(2), r.IntN(10000), r.letters(1))
	}
	r.known = append(r.known, p)
	return p
}

func (r *traffic) passage() Passage {
	r.n++
	p := Passage{ID: "KRD-1-" + strconv.Itoa(r.n), Lane: strconv.Itoa(r.IntN(4) + 1), Opened: day.Add(time.Duration(r.n) * 20 * time.Second),
		Verdict: "within", Phase: "closed", Decision: "release", Version: 1, Plates: []string{r.plate(), r.plate()}}
	p.Closed = p.Opened.Add(time.Minute)
	p.Devices = []string{"cam-" + p.Lane, "wim-" + p.Lane, "prof-" + p.Lane, "rpm-" + p.Lane}
	if r.IntN(100) == 0 {
		p.Verdict = "exceeds"
	}
	p.JSON = json.RawMessage(fmt.Sprintf(`{"id":%q,"history":[%s{}]}`, p.ID, r.body))
	return p
}

func BenchmarkPut(b *testing.B) {
	engines(b, func(b *testing.B, s Store) {
		r, n := newTraffic(), uint64(0)
		for b.Loop() {
			batch := Batch{Epoch: epochA}
			for range 20 {
				batch.Passages = append(batch.Passages, r.passage())
			}
			for range 100 {
				n++
				batch.Events = append(batch.Events, event(n, 0))
			}
			batch.N = n
			put(b, s, batch)
		}
		b.ReportMetric(float64(120*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

func fill(b *testing.B, s Store) (rows int, r *traffic) {
	b.Helper()
	rows = benchRows
	if v := os.Getenv("ACSGD_ARCHIVE_ROWS"); v != "" {
		var err error
		if rows, err = strconv.Atoi(v); err != nil {
			b.Fatal(err)
		}
	}
	r = newTraffic()
	for n := 0; n < rows; {
		batch := Batch{Epoch: epochA}
		for ; len(batch.Passages) < 5000 && n < rows; n++ {
			batch.Passages = append(batch.Passages, r.passage())
			batch.Events = append(batch.Events, event(uint64(n+1), 0))
		}
		batch.N = uint64(n)
		put(b, s, batch)
	}
	rare := r.passage()
	rare.Opened, rare.Plates, rare.Verdict = day.Add(-time.Hour), []string{"777QQW777777"}, "undetermined"
	put(b, s, Batch{Epoch: epochA, N: uint64(rows), Passages: []Passage{rare}})
	return rows, r
}

// BenchmarkAsk asks for the first page and others of a filled archive. The rare ones are
// the worst: nothing fits, or only the oldest passage.
func BenchmarkAsk(b *testing.B) {
	engines(b, func(b *testing.B, s Store) {
		rows, r := fill(b, s)
		middle := day.Add(time.Duration(rows/2) * 20 * time.Second)
		page, next := found(b, s, Query{To: middle})
		if len(page) != pageUsual {
			b.Fatalf("a page has %d passages", len(page))
		}
		for _, q := range []struct {
			name string
			q    Query
		}{
			{"newest", Query{}},
			{"next page", Query{Before: next}},
			{"from to", Query{From: middle, To: middle.Add(time.Hour)}},
			{"lane", Query{Lane: "2"}},
			{"verdict", Query{Verdict: "exceeds"}},
			{"lane and verdict", Query{Lane: "2", Verdict: "exceeds"}},
			{"lane and rare verdict", Query{Lane: "9", Verdict: "exceeds"}},
			{"device", Query{Device: "wim-2"}},
			{"device and verdict", Query{Device: "wim-2", Verdict: "exceeds"}},
			{"device and rare verdict", Query{Device: "wim-2", Verdict: "undetermined"}},
			{"device and plate", Query{Device: "wim-2", Plate: r.known[len(r.known)/2]}},
			{"device and pattern", Query{Device: "wim-2", Plate: "01*"}},
			{"plate", Query{Plate: r.known[len(r.known)/2]}},
			{"plate not there", Query{Plate: "WWWWWWWW"}},
			{"plate and rare verdict", Query{Plate: r.known[len(r.known)/2], Verdict: "undetermined"}},
			{"pattern of many", Query{Plate: "*KG*"}},
			{"pattern of a beginning", Query{Plate: "123A*"}},
			{"pattern of a common beginning", Query{Plate: "01*"}},
			{"pattern of a common beginning and rare verdict", Query{Plate: "01*", Verdict: "undetermined"}},
			{"pattern of an end", Query{Plate: "*QQW777777"}},
			{"pattern of a middle", Query{Plate: "*QQW77*"}},
			{"short pattern of nothing", Query{Plate: "*WW*", Verdict: "undetermined"}},
			{"pattern of nothing", Query{Plate: "*WWWWWW*"}},
		} {
			b.Run(q.name, func(b *testing.B) {
				for b.Loop() {
					if _, _, err := s.Search(b.Context(), q.q); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run("log", func(b *testing.B) {
			for b.Loop() {
				if es, more, err := s.Log(b.Context(), uint64(rows/2), 500); err != nil || !more || len(es) != 500 {
					b.Fatal(len(es), more, err)
				}
			}
		})
		b.Run("passage", func(b *testing.B) {
			for b.Loop() {
				if p, err := s.Passage(b.Context(), "KRD-1-"+strconv.Itoa(1+r.IntN(rows))); err != nil || p == nil {
					b.Fatal(p, err)
				}
			}
		})
	})
}
