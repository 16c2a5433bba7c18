package decl

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsgd/internal/plate"
	"acsgd/internal/plate/platetest"
)

func lorry(id string, plates ...string) *Declaration {
	d := &Declaration{ID: id}
	for _, p := range plates {
		d.Units = append(d.Units, Unit{Role: "vehicle", Plate: p})
	}
	return d
}

// found gives the plates of a search as text.
func found(x *Index, text string, reach Reach) []string {
	var got []string
	for _, p := range x.Search(nil, plate.Encode(text), reach) {
		got = append(got, x.Plate(p).String())
	}
	slices.Sort(got)
	return got
}

func TestSearchIsCompleteWithinItsReach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[0-2A-B新]{1,15}`), rapid.StringMatching(`[01AO]{3,8}`))
		declared := rapid.SliceOfN(text, 1, 40).Draw(t, "declared")
		read := text.Draw(t, "read")
		x := NewPlateIndex(1, declared)
		for reach := Same; reach <= TwoEdits; reach++ {
			got := found(x, read, reach)
			for _, d := range declared {
				if plate.Distance(plate.Encode(d), plate.Encode(read), 3) <= int(reach) && !slices.Contains(got, d) {
					t.Fatalf("reach %d of %q misses %q, got %q", reach, read, d, got)
				}
			}
			for _, g := range got {
				c := plate.Encode(g)
				if plate.Distance(c, plate.Encode(read), 3) > int(reach) && c.Folded() != plate.Encode(read).Folded() {
					t.Fatalf("reach %d of %q gives %q", reach, read, g)
				}
			}
			if len(slices.Compact(slices.Clone(got))) != len(got) {
				t.Fatalf("reach %d of %q repeats: %q", reach, read, got)
			}
		}
	})
}

func TestIndexFindsEveryUnitAndContainer(t *testing.T) {
	d := lorry("d1", "389BK01", "24AN01")
	d.Containers = []Container{{ID: "MSKU 123456-5"}}
	x := NewIndex(7, []*Declaration{d, lorry("d2", "01KG123ABC"), lorry("d3", "389 bk 01")})
	owners := func(text string) []string {
		var ids []string
		for _, p := range x.Search(nil, plate.Encode(text), Same) {
			for _, r := range x.Owners(nil, p) {
				ids = append(ids, x.ID(r))
			}
		}
		return ids
	}
	for text, want := range map[string][]string{
		"389BK01": {"d1", "d3"}, "24AN01": {"d1"}, "01KG123ABC": {"d2"}, "01123ABC": {"d2"}, "390BK01": nil,
	} {
		if diff := cmp.Diff(want, owners(text)); diff != "" {
			t.Errorf("owners of %s: %s", text, diff)
		}
	}
	if got := x.ByContainer(nil, "MSKU1234565"); len(got) != 1 || x.Declaration(got[0]) != d {
		t.Errorf("ByContainer gives %v", got)
	}
	if x.ByID("d2") == nil || x.ByID("d9") != nil {
		t.Error("ByID finds what is not there or misses what is")
	}
}

func TestAddAndRemoveAgreeWithAFreshIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x *Index
		want := map[string]string{}
		for step := range rapid.IntRange(1, 30).Draw(t, "steps") {
			id := fmt.Sprint(rapid.IntRange(0, 12).Draw(t, "id"))
			old, before := x, x.Len()
			if rapid.Bool().Draw(t, "remove") {
				x = x.Remove(id)
				delete(want, id)
			} else {
				p := rapid.StringMatching(`[0-9]{3}[A-C]{2}0[1-3]`).Draw(t, "plate")
				x = x.Add(lorry(id, p))
				want[id] = p
			}
			if old.Len() != before {
				t.Fatal("a change altered the older version")
			}
			if x.Version != uint64(step+1) {
				t.Fatalf("version %d after %d changes", x.Version, step+1)
			}
		}
		if x.Len() != len(want) {
			t.Fatalf("Len() = %d, want %d", x.Len(), len(want))
		}
		got := map[string]string{}
		x.All(func(d *Declaration) bool { got[d.ID] = d.Units[0].Plate; return true })
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
		for id, p := range want {
			if d := x.ByID(id); d == nil || d.Units[0].Plate != p {
				t.Fatalf("ByID(%s) = %v", id, d)
			}
			var ids []string
			for _, ref := range x.Search(nil, plate.Encode(p), TwoEdits) {
				for _, r := range x.Owners(nil, ref) {
					if x.Plate(ref) == plate.Encode(p) {
						ids = append(ids, x.ID(r))
					}
				}
			}
			if !slices.Contains(ids, id) {
				t.Fatalf("plate %s of %s has owners %v", p, id, ids)
			}
		}
	})
}

func TestEmptyIndexes(t *testing.T) {
	for name, x := range map[string]*Index{"nil": nil, "zero": {}, "no declarations": NewIndex(1, nil), "no plates": NewPlateIndex(1, nil)} {
		if got := x.Search(nil, plate.Encode("389BK01"), TwoEdits); len(got) != 0 || x.Len() != 0 {
			t.Errorf("%s index: %d results, length %d", name, len(got), x.Len())
		}
		if x.Mix("") == nil || x.Channel("") == nil || x.ByID("a") != nil || x.ByContainer(nil, "A") != nil {
			t.Errorf("%s index is not empty", name)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	declared := platetest.Plates(r, 1_000_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	x := NewPlateIndex(1, declared)
	build := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	reads := make([]plate.Code, 10000)
	for i := range reads {
		reads[i] = plate.Encode(platetest.Corrupt(r, declared[r.IntN(len(declared))], 0.02))
	}
	for reach := Same; reach <= TwoEdits; reach++ {
		b.Run([]string{"same", "one-edit", "two-edits"}[reach], func(b *testing.B) {
			var took []time.Duration
			var hits int
			buf := make([]PlateRef, 0, 4096)
			i := 0
			for b.Loop() {
				t0 := time.Now()
				buf = x.Search(buf[:0], reads[i%len(reads)], reach)
				took = append(took, time.Since(t0))
				hits += len(buf)
				i++
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
			b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
			b.ReportMetric(float64(hits)/float64(i), "candidates")
			b.ReportMetric(build.Seconds(), "build-s")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
		})
	}
}

func BenchmarkAddOne(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var ds []*Declaration
	for i, p := range platetest.Plates(r, 100_000) {
		ds = append(ds, lorry(fmt.Sprint(i), p))
	}
	x := NewIndex(1, ds)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		x = x.Add(lorry(fmt.Sprint("new", i), platetest.Plate(r)))
		i++
	}
}
