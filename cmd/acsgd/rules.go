package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/journal"
	"acsgd/internal/rulepack"
	"acsgd/internal/site"
)

type rulesCmd struct {
	Check   rulesCheckCmd   `cmd:"" help:"Judge vehicles, one JSON object a line."`
	Packs   rulesPacksCmd   `cmd:"" help:"List the rule packs: act, rows by evidence mark, validity."`
	Explain rulesExplainCmd `cmd:"" help:"Print a judgement step by step: of vehicles, or of a passage of a site."`
}

type rulesCheckCmd struct {
	Pack      string `required:"" help:"Rule pack: RU-2060, KZ-342, CIS-1999, EU-96/53, US-658.17."`
	Simulator bool   `help:"Use rows from memory too, as the simulator does."`
	Deduct    bool   `help:"Take the pack's measuring-error deductions off."`
	Rules     string `help:"Folder with rule tables that stand before the program's own."`
	File      string `arg:"" optional:"" default:"-"`
}

// Run judges vehicles.
func (r *rulesCheckCmd) Run(s *std) error {
	in, err := open(s, r.File)
	if err != nil {
		return usage{err}
	}
	defer in.Close()
	rep, err := rulepack.Check(in, s.out, r.Pack, rulepack.CheckOptions{Simulator: r.Simulator, Dir: r.Rules, Judge: rules.Options{Day: time.Now(), Deduct: r.Deduct}})
	return reportFaults(s, rep, err)
}

func reportFaults(s *std, rep rulepack.Report, err error) error {
	if err != nil {
		return usage{err}
	}
	for _, f := range rep.Faults {
		fmt.Fprintln(s.err, f)
	}
	if len(rep.Faults) > 0 {
		return errFaults
	}
	return nil
}

type rulesPacksCmd struct {
	Rules string `help:"Folder with rule tables that stand before the program's own."`
	JSON  bool   `name:"json" help:"One JSON object a pack."`
}

// Run lists packs.
func (r *rulesPacksCmd) Run(s *std) error {
	book, err := rulepack.LoadOf(r.Rules, false)
	if err != nil {
		return usage{err}
	}
	w := bufio.NewWriter(s.out)
	enc := json.NewEncoder(w)
	for _, p := range rulepack.Summaries(book) {
		if r.JSON {
			if err := enc.Encode(&p); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%-12s %s\n", p.ID, p.Act) //nolint:errcheck // kept by the writer, returned by Flush
		for _, l := range p.Lines() {
			fmt.Fprintf(w, "%-12s   %s\n", "", l) //nolint:errcheck // as above
		}
	}
	return w.Flush()
}

type rulesExplainCmd struct {
	Pack      string `help:"Rule pack, for vehicles."`
	Simulator bool   `help:"Use rows from memory too, for vehicles."`
	Deduct    bool   `help:"Take the pack's measuring-error deductions off, for vehicles."`
	Rules     string `help:"Folder with rule tables that stand before the program's own, for vehicles."`
	Data      string `help:"A site's data directory: explain one of its passages. Default without --pack: var or var/demo, where there is a site's data."`
	Date      string `help:"Judge the passage by the law of another day, YYYY-MM-DD."`
	JSON      bool   `name:"json" help:"The passage's explanation as one JSON object."`
	What      string `arg:"" optional:"" default:"-" help:"A passage's id; or with --pack vehicles as for 'rules check'."`
}

// Run explains judgements.
func (r *rulesExplainCmd) Run(ctx context.Context, s *std) error {
	if r.Data == "" && r.Pack == "" {
		r.Data = usualData()
	}
	switch {
	case r.Data != "":
		return r.passage(ctx, s)
	case r.Pack == "":
		return usage{errors.New("rules explain: --pack for vehicles, or --data for a passage; there is no site's data in var or var/demo")}
	case r.JSON || r.Date != "":
		return usage{errors.New("rules explain: --json and --date are for a passage, with --data")}
	}
	in, err := open(s, r.What)
	if err != nil {
		return usage{err}
	}
	defer in.Close()
	rep, err := rulepack.ExplainAll(in, s.out, r.Pack, rulepack.CheckOptions{Simulator: r.Simulator, Dir: r.Rules, Judge: rules.Options{Day: time.Now(), Deduct: r.Deduct}})
	return reportFaults(s, rep, err)
}

// usualData is where a site keeps its data unless its file says otherwise, or the demo; ""
// if neither does here.
func usualData() string {
	for _, dir := range []string{"var", filepath.Join("var", "demo")} {
		if _, err := os.Stat(filepath.Join(dir, "journal", journal.FileName)); err == nil {
			return dir
		}
	}
	return ""
}

// passage explains one passage of a site and says whether it derives to what it holds.
func (r *rulesExplainCmd) passage(ctx context.Context, s *std) error {
	p, book, err := site.FindPassage(ctx, r.Data, r.What)
	if err != nil {
		return usage{err}
	}
	if r.Date != "" {
		if _, err := time.Parse(time.DateOnly, r.Date); err != nil {
			return usage{fmt.Errorf("--date %q: not a day YYYY-MM-DD", r.Date)}
		}
		p.Basis.Date = r.Date
	}
	e, err := p.Explain(book)
	if err != nil {
		return usage{fmt.Errorf("explain passage %s: %w", r.What, err)}
	}
	if r.JSON {
		err = json.NewEncoder(s.out).Encode(&e)
	} else {
		err = writeExplanation(s.out, &e, r.Date)
	}
	if err == nil && !e.Same && r.Date == "" {
		return errFaults
	}
	return err
}

// writeExplanation writes an explanation as text.
func writeExplanation(to io.Writer, e *fusion.Explanation, date string) error {
	w := bufio.NewWriter(to)
	//nolint:errcheck // kept by the writer, returned by Flush
	fmt.Fprintf(w, "passage %s, version %d: %s\n\njudged by\n", e.Passage, e.Version, e.Verdict)
	if e.Class13 != 0 {
		fmt.Fprintf(w, "FHWA class %d\n", e.Class13) //nolint:errcheck // as above
	}
	if err := rulepack.WriteDerivation(w, e.Passage, &e.Judging); err != nil {
		return err
	}
	for i := range e.Advice {
		//nolint:errcheck // kept by the writer, returned by Flush
		fmt.Fprint(w, "\nadvice only\n")
		if err := rulepack.WriteDerivation(w, e.Passage, &e.Advice[i]); err != nil {
			return err
		}
	}
	switch {
	case e.Same:
		fmt.Fprint(w, "\nThe findings are those that the passage holds.\n") //nolint:errcheck // as above
	case date != "":
		fmt.Fprintf(w, "\nBy the law of %s the findings differ from those that the passage holds:\n", date) //nolint:errcheck // as above
	default:
		fmt.Fprint(w, "\nTHE FINDINGS DIFFER from those that the passage holds:\n") //nolint:errcheck // as above
	}
	for _, d := range e.Differences {
		fmt.Fprintf(w, "  %s\n", d) //nolint:errcheck // as above
	}
	return w.Flush()
}
