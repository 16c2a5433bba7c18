package fusion_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/internal/rulepack"
)

// explained fails unless a passage that went through the archive derives to the findings
// that it holds. It reports whether there was anything to derive.
func explained(t interface {
	Helper()
	Errorf(string, ...any)
}, p *fusion.Passage, book *rules.Book) bool {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Errorf("passage %s: %v", p.ID, err)
		return false
	}
	var kept fusion.Passage
	if err := json.Unmarshal(b, &kept); err != nil {
		t.Errorf("passage %s: %v", p.ID, err)
		return false
	}
	e, err := kept.Explain(book)
	switch {
	case errors.Is(err, fusion.ErrNotJudged):
		return false
	case err != nil || !e.Same:
		t.Errorf("passage %s version %d: %v; differences %q", p.ID, p.Version, err, e.Differences)
	}
	return true
}

func TestExplainSaysWhereItDiffers(t *testing.T) {
	r := newRig(t, params(), declaration("d", "123ABC02", "45XYZ02", 20000, "310210"))
	at := r.now
	r.see("io", at, &obs.Presence{Signal: "loop_entry", On: true})
	r.see("cam", at.Add(time.Second), &obs.Plate{Text: "123ABC02", Country: "KZ", Confidence: 990_000, Role: obs.Front})
	r.see("prof", at.Add(10*time.Second), &obs.Profile{Height: 4500, UHeight: 30, Width: 2500, UWidth: 50, Length: 16000, ULength: 100, Start: at.Add(5 * time.Second), End: at.Add(10 * time.Second), Period: 40_000, Scans: 300})
	r.wait(time.Minute)
	var p *fusion.Passage
	for _, o := range r.outs {
		if o.Passage != nil {
			p = o.Passage
		}
	}
	if p == nil {
		t.Fatal("no passage")
	}
	book, err := rulepack.Load(true)
	if err != nil {
		t.Fatal(err)
	}
	if p.Basis.Book != book.Version || p.Basis.Pack != "KZ-342" || p.Basis.Date != "2026-03-02" {
		t.Errorf("basis %+v", p.Basis)
	}
	if !explained(t, p, book) {
		t.Fatal("nothing to explain")
	}
	e, err := p.Explain(book)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(e.Judging.Findings, func(s rules.Steps) bool { return s.Finding.Quantity == "height" })
	if i < 0 || e.Judging.Findings[i].Finding.Verdict != rules.Exceeds || e.Judging.Findings[i].Steps[0].Text != "prof" || len(e.Judging.Findings[i].Finding.Evidence) == 0 {
		t.Errorf("height of 4.5 m: %+v", e.Judging.Findings)
	}
	// A finding that was changed afterwards is named.
	for i := range p.Findings {
		if p.Findings[i].Quantity == "height" {
			p.Findings[i].Verdict = rules.Within
		}
	}
	if e, err = p.Explain(book); err != nil || e.Same || len(e.Differences) != 1 || !strings.Contains(e.Differences[0], "height held within") {
		t.Errorf("a changed finding: %+v, %v", e.Differences, err)
	}
	p.Findings = slices.DeleteFunc(p.Findings, func(f rules.Finding) bool { return f.Quantity == "height" })
	if e, err = p.Explain(book); err != nil || e.Same || !strings.Contains(strings.Join(e.Differences, " "), "holds no height") {
		t.Errorf("a finding taken away: %+v, %v", e.Differences, err)
	}
	other, err := rulepack.Load(false)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []*rules.Book{nil, other} {
		if _, err := p.Explain(b); !errors.Is(err, fusion.ErrNoBook) {
			t.Errorf("other tables: %v", err)
		}
	}
	if _, err := new(fusion.Passage).Explain(book); !errors.Is(err, fusion.ErrNotJudged) {
		t.Errorf("a passage without a judgement: %v", err)
	}
	if m := p.Size.Height; m != quant.Length(4500) {
		t.Errorf("explaining changed the passage: %v", m)
	}
}

// A special permit of the declaration raises the limit once the declaration is certain: its
// plates, its days and this site. A licence for goods is no permit for a height.
func TestASpecialPermitOfTheDeclaration(t *testing.T) {
	special := func() *decl.Document {
		return &decl.Document{Kind: decl.SpecialPermit, ID: "KZ-77", Special: &decl.Special{Plates: []string{"123ABC02", "45XYZ02"},
			From: "2026-03-01", To: "2026-03-31", Route: []string{"KGS"}, Height: 4300}}
	}
	old := special()
	old.ID, old.Special.From, old.Special.To = "KZ-1", "2025-01-01", "2025-12-31"
	bare := &decl.Document{Kind: decl.SpecialPermit, ID: "KZ-9"}
	for _, c := range []struct {
		name    string
		permits []*decl.Document
		want    rules.Verdict
		reason  string
	}{
		{"of this day", []*decl.Document{special()}, rules.Within, "within the special permit"},
		{"after one that has ended", []*decl.Document{old, special()}, rules.Within, "within the special permit"},
		{"that has ended", []*decl.Document{old}, rules.Exceeds, "the permit is not of that day"},
		{"by its number alone", []*decl.Document{bare}, rules.Undetermined, "permit not known"},
		{"none, but a licence", []*decl.Document{{Kind: "911", ID: "L-1"}}, rules.Exceeds, ""},
	} {
		d := declaration("d", "123ABC02", "45XYZ02", 20000, "310210")
		for _, p := range c.permits {
			d.Permits = append(d.Permits, *p)
		}
		r := newRig(t, params(), d)
		at := r.now
		r.see("io", at, &obs.Presence{Signal: "loop_entry", On: true})
		r.see("cam", at.Add(time.Second), &obs.Plate{Text: "123ABC02", Country: "KZ", Confidence: 999_000, Role: obs.Front})
		r.see("cam", at.Add(2*time.Second), &obs.Plate{Text: "45XYZ02", Country: "KZ", Confidence: 999_000, Role: obs.Trailer})
		r.see("prof", at.Add(10*time.Second), &obs.Profile{Height: 4250, UHeight: 30, Width: 2500, UWidth: 50, Length: 16000, ULength: 100, Start: at.Add(5 * time.Second), End: at.Add(10 * time.Second), Period: 40_000, Scans: 300})
		var p *fusion.Passage
		last := func() {
			for _, o := range r.outs {
				if o.Passage != nil {
					p = o.Passage
				}
			}
		}
		last()
		r.order(fusion.Order{ID: "choose", Action: fusion.ChooseMatch, Passage: p.ID, Declaration: "d"})
		last()
		if p == nil {
			t.Fatalf("permit %s: no passage", c.name)
		}
		i := slices.IndexFunc(p.Findings, func(f rules.Finding) bool { return f.Quantity == "height" })
		if i < 0 || p.Findings[i].Verdict != c.want || p.Findings[i].Reason != c.reason {
			t.Errorf("permit %s: %+v, match %s, want %s (%s)", c.name, p.Findings[max(i, 0)], p.Match.State, c.want, c.reason)
			continue
		}
		book, err := rulepack.Load(true)
		if err != nil {
			t.Fatal(err)
		}
		explained(t, p, book)
	}
}
