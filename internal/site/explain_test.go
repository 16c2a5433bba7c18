package site

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/obs"
	"acsgd/internal/rulepack"
)

// A passage explains itself from the archive while the site runs, and from the journal alone
// years later: both derive to the findings that it holds.
func TestAPassageIsExplainedFromTheArchiveAndFromTheJournalAlone(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, dir, "", lane("1")+more("dims-1", "dims/test", "tcp:127.0.0.1:2"))
	r.see("io-1", time.Now(), &obs.Presence{Signal: "loop_entry", On: true})
	at := time.Now()
	r.see("dims-1", at, &obs.Profile{Height: 4500, UHeight: 20, Width: 2500, UWidth: 20, Length: 16_000, ULength: 100, Scans: 50, Start: at.Add(-time.Millisecond), End: at})
	id := r.snapshot("1")[0]
	r.judged(id)
	got, err := Archive{Store: r.site.store, Books: r.site.lib.Book}.Explanation(t.Context(), id)
	e, ok := got.(*fusion.Explanation)
	if err != nil || !ok || !e.Same || e.Judging.Pack != "KZ-342" || rules.Worst(judged(e)) != rules.Exceeds {
		t.Fatalf("Explanation = %+v, %v", got, err)
	}
	if got, err := (Archive{Store: r.site.store}).Explanation(t.Context(), id); err != nil || got == nil {
		t.Errorf("without the journal's tables the program's own serve: %+v, %v", got, err)
	}
	if got, err := (Archive{Store: r.site.store}).Explanation(t.Context(), "T-1-9999"); err != nil || got != nil {
		t.Errorf("a passage that does not exist: %+v, %v", got, err)
	}
	r.stop()
	find := func(how string) {
		t.Helper()
		p, book, err := FindPassage(t.Context(), dir, id)
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if e, err := p.Explain(book); err != nil || !e.Same || e.Passage != id {
			t.Errorf("%s: %+v, %v", how, e.Differences, err)
		}
	}
	find("from the archive")
	if err := os.RemoveAll(filepath.Join(dir, "archive")); err != nil {
		t.Fatal(err)
	}
	find("from the journal alone")
	if _, _, err := FindPassage(t.Context(), dir, "T-1-9999"); err == nil {
		t.Error("a passage that does not exist was found")
	}
	if _, _, err := FindPassage(t.Context(), t.TempDir(), id); err == nil {
		t.Error("a folder without a journal was taken for a site")
	}
}

func judged(e *fusion.Explanation) (out []rules.Finding) {
	for _, s := range e.Judging.Findings {
		out = append(out, s.Finding)
	}
	return out
}

// A site's folder of tables is the law of its lanes, and enters the journal with them; a
// folder that cannot be read keeps the site from starting.
func TestASiteJudgesByTheTablesOfItsFolder(t *testing.T) {
	law := t.TempDir()
	write := func(name, line string) {
		t.Helper()
		b, err := rulepack.File(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(law, name), append(b, line...), 0o640)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write("packs.csv", "ZZ-1,,Act 1 of 1 Jan 2026,,,ACSGD-DEFAULT,,2400,1,kg,,,\n")
	write("dimension_limits.csv", "ZZ-1,2026-01-01,,height,any,3900,V,article 5\n")
	dir := t.TempDir()
	r := &rig{t: t, dir: dir, dev: &instruments{in: map[string]chan said{}}, log: &logLines{}}
	r.parse(fmt.Sprintf(siteHead, dir, "") + lane("1") + more("dims-1", "dims/test", "tcp:127.0.0.1:2"))
	r.file.Site.Rules, r.file.Site.Pack = law, "ZZ-1"
	var err error
	if r.site, err = Start(t.Context(), r.options()); err != nil {
		t.Fatal(err)
	}
	r.run()
	r.see("io-1", time.Now(), &obs.Presence{Signal: "loop_entry", On: true})
	at := time.Now()
	r.see("dims-1", at, &obs.Profile{Height: 3990, UHeight: 20, Width: 2500, UWidth: 20, Length: 16_000, ULength: 100, Scans: 50, Start: at.Add(-time.Millisecond), End: at})
	id := r.snapshot("1")[0]
	r.judged(id)
	r.stop()
	p, book, err := FindPassage(t.Context(), dir, id)
	if err != nil {
		t.Fatal(err)
	}
	e, err := p.Explain(book)
	if err != nil || !e.Same || e.Judging.Pack != "ZZ-1" || rules.Worst(judged(&e)) != rules.Exceeds {
		t.Errorf("%+v, %v", e, err)
	}
	write("overload_bands.csv", "ZZ-9,mass_or_axle,0,2,percent,x,V,\n")
	if s, err := Start(t.Context(), r.options()); err == nil || !strings.Contains(err.Error(), "overload_bands.csv:16") {
		t.Errorf("a folder with a fault: %v", err)
		if s != nil {
			_ = s.Close()
		}
	}
}
