package fusion_test

import (
	"encoding/json"
	"testing"

	"acsgd/fusion"
)

// TestCopiesStayAsTheyWereWhenTheCoreGoesOn copies every passage and lane state that a
// lorry's run gives, into the same memory again and again, and looks at each copy once more
// after the next input.
func TestCopiesStayAsTheyWereWhenTheCoreGoesOn(t *testing.T) {
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	x := newBench(t, declaration("D1", "123ABC02", "", 37_400, "8708999709"))
	var p fusion.Passage
	var l fusion.LaneState
	var wantP, wantL string
	copied := 0
	run := func(lo lorry) {
		for _, s := range lo.sights() {
			x.see(s.dev, s.at, s.b)
			if wantP != "" && text(&p) != wantP {
				t.Fatalf("a copied passage has changed after %s of %s:\nwas %s\nnow %s", s.b.Kind(), s.dev, wantP, text(&p))
			}
			if wantL != "" && text(&l) != wantL {
				t.Fatalf("a copied lane has changed after %s of %s:\nwas %s\nnow %s", s.b.Kind(), s.dev, wantL, text(&l))
			}
			for _, o := range x.outs {
				if o.Passage != nil {
					o.Passage.CopyTo(&p)
					copied++
					if wantP = text(&p); wantP != text(o.Passage) {
						t.Fatalf("copy\n%s\nof\n%s", wantP, text(o.Passage))
					}
				}
				if o.Lane != nil {
					o.Lane.CopyTo(&l)
					if wantL = text(&l); wantL != text(o.Lane) {
						t.Fatalf("copy\n%s\nof\n%s", wantL, text(o.Lane))
					}
				}
			}
		}
	}
	first := legal("123ABC02", t0)
	first.alarm = true
	run(first)
	run(legal("999ZZZ01", x.in.Now))
	if copied < 100 {
		t.Fatalf("%d passages were copied, want more than 100", copied)
	}
}
