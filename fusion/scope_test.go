package fusion_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/obs"
	"acsgd/internal/rulepack"
)

// TestAxlesJudgedAloneAreJudgedAsWithAllElse takes a snapshot after every axle, restores it
// into another core that judges the whole passage again, and compares.
func TestAxlesJudgedAloneAreJudgedAsWithAllElse(t *testing.T) {
	book, err := rulepack.Load(true)
	if err != nil {
		t.Fatal(err)
	}
	loads := func(c *fusion.Core) (fusion.Passage, []rules.Finding) {
		p := *c.Passages(nil)[0]
		return p, slices.DeleteFunc(slices.Clone(p.Findings), func(f rules.Finding) bool { return f.Quantity != "axle" && f.Quantity != "group" })
	}
	index := decl.NewIndex(7, []*decl.Declaration{declaration("D1", "123ABC02", "", 37_400, "8708999709")})
	compared := 0
	for _, l := range []lorry{legal("123ABC02", t0), legal("999ZZZ01", t0)} {
		x := newBench(t, index.ByID("D1"))
		for _, s := range l.sights() {
			x.see(s.dev, s.at, s.b)
			if w, ok := s.b.(*obs.Weighing); !ok || w.Axle == 0 {
				continue
			}
			snapshot, err := x.core.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			var all fusion.Core
			if err := all.UnmarshalBinary(snapshot); err != nil {
				t.Fatal(err)
			}
			all.Restore(book, index)
			all.Step(nil, fusion.Input{Seq: x.in.Seq + 1, Now: x.in.Now, Body: fusion.Tuned{Kind: fusion.TuneRules, Version: book.Version, Value: book}})
			p, alone := loads(x.core)
			q, together := loads(&all)
			if d := cmp.Diff(together, alone); d != "" || p.Verdict != q.Verdict || p.AxleCode != q.AxleCode {
				t.Fatalf("%d axles: verdict %s and %s, code %s and %s, findings (- all again, + axles alone):\n%s", len(p.Axles), q.Verdict, p.Verdict, q.AxleCode, p.AxleCode, d)
			}
			compared++
		}
	}
	if compared < 10 {
		t.Fatalf("%d axles were compared", compared)
	}
}
