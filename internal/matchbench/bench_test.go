package matchbench

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"acsgd/internal/plate"
	"acsgd/internal/plate/platetest"
)

func TestMyersIsTheDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[A-C新]{0,15}`)
		a, b := plate.Encode(text.Draw(t, "a")), plate.Encode(text.Draw(t, "b"))
		limit := rapid.IntRange(0, 16).Draw(t, "limit")
		var m myers
		m.set(a)
		got, want := m.distance(b, limit), plate.Distance(a, b, limit)
		if min(got, limit+1) != want {
			t.Fatalf("%v, %v within %d: %d, want %d", a, b, limit, got, want)
		}
	})
}

func TestBKTreeFindsWhatAScanFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[AB01]{1,7}`)
		var tree bkTree
		seen := map[plate.Code]bool{}
		for _, p := range rapid.SliceOf(text).Draw(t, "declared") {
			tree.add(plate.Encode(p))
			seen[plate.Encode(p)] = true
		}
		c, edits := plate.Encode(text.Draw(t, "read")), rapid.IntRange(0, 3).Draw(t, "edits")
		var want []plate.Code
		for d := range seen {
			if plate.Distance(c, d, edits) <= edits {
				want = append(want, d)
			}
		}
		var got []plate.Code
		for _, n := range tree.find(nil, c, edits) {
			got = append(got, n.code)
		}
		slices.SortFunc(want, plate.Code.Compare)
		slices.SortFunc(got, plate.Code.Compare)
		if !slices.Equal(got, want) {
			t.Fatalf("%v within %d: %v, want %v", c, edits, got, want)
		}
	})
}

func TestTheLibraryGetsEveryPlateAsItIs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	seen := map[string]plate.Code{}
	for range 50_000 {
		c := plate.Encode(platetest.Plate(r))
		b := asBytes(c)
		if old, ok := seen[b]; ok && old != c || fromBytes(b) != c || len(b) != c.Len() || strings.ToLower(b) != b {
			t.Fatalf("%v is %q, which is %v", c, b, fromBytes(b))
		}
		seen[b] = c
	}
}

// The bench itself, small: the order of the methods that the full run shows holds, and equal
// seeds give equal figures.
func TestTheBenchIsRepeatable(t *testing.T) {
	if testing.Short() {
		t.Skip("measures, with a PostgreSQL server")
	}
	c := Config{Seed: 3, Declared: 2000, Reads: 150}
	var csv [2]bytes.Buffer
	var last *Study
	for i := range csv {
		s, err := Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.CSV(&csv[i]); err != nil {
			t.Fatal(err)
		}
		last = s
	}
	if csv[0].String() != csv[1].String() {
		t.Error("equal seeds give different figures")
	}
	of := func(method, setting string) Outcome {
		for _, r := range last.Results {
			for k := range r.Rates {
				for _, o := range r.Rates[k] {
					if k == 1 && r.Name == method && o.Setting == setting {
						return o
					}
				}
			}
		}
		t.Fatalf("no %s, %s", method, setting)
		return Outcome{}
	}
	equal, near, own := of("exact, hash table", "equal"), of("BK-tree, within 2", "one nearest within 2"), of("ACSGD match", "accept 0.8")
	if !(own.Correct.P > equal.Correct.P && own.Correct.P >= near.Correct.P-0.05) {
		t.Errorf("correct: ours %v, exact %v, BK-tree %v", own.Correct.P, equal.Correct.P, near.Correct.P)
	}
	for _, r := range last.Results {
		for _, out := range r.Rates {
			for _, o := range out {
				if o.Correct.P > o.Bound+0.03 {
					t.Errorf("%s, %s: %v correct, above what is possible, %v", r.Name, o.Setting, o.Correct.P, o.Bound)
				}
			}
		}
	}
	var text, md, svg bytes.Buffer
	for name, err := range map[string]error{"text": last.Text(&text), "Markdown": last.Markdown(&md), "SVG": last.SVG(&svg)} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	readme := []byte("before\n" + partBegin + "\nold\n" + partEnd + "\nafter\n")
	got, err := Replace(readme, md.Bytes())
	if err != nil || !strings.HasPrefix(string(got), "before\n") || !strings.HasSuffix(string(got), "\nafter\n") || strings.Contains(string(got), "old") {
		t.Errorf("written into a text: %v\n%s", err, got)
	}
}
