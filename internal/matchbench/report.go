package matchbench

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// table is one of the report's.
type table struct {
	title string
	head  []string
	rows  [][]string
	notes string
}

// inBrief are the values of --accept, and of the other thresholds, that the short form shows.
var inBrief = []string{"accept 0.8", "accept 0.9", "accept 0.975", "accept 0.98", "cost <= 8", "cost <= 10", "least cost"}

// tables makes the report; the short form is that of the README.
func (s *Study) tables(brief bool) []table {
	list := []table{s.speed()}
	for rate := range Rates {
		list = append(list, s.quality(rate, brief))
	}
	return append(list, s.arrivals(), s.lessons())
}

func (s *Study) speed() table {
	t := table{title: fmt.Sprintf("Speed among %d declared plates", s.Declared),
		head:  []string{"method", "build", "memory", "lookups/s", "p50", "p99", "lookups"},
		notes: "At the lower error rate; lookups in processor time of one thread, of PostgreSQL in time that passed. The answers of candidates, BK-tree and scan were compared for " + fmt.Sprint(s.Checked) + " reads and are the same."}
	for _, r := range s.Results {
		if r.Missing != "" {
			t.rows = append(t.rows, []string{r.Name, r.Missing, "", "", "", "", ""})
			continue
		}
		memory := "0"
		if r.Bytes >= 1<<20 {
			memory = fmt.Sprintf("%.0f MB", float64(r.Bytes)/1e6)
		}
		t.rows = append(t.rows, []string{r.Name, seconds(r.Build), memory, fmt.Sprintf("%.3g", r.PerSec), seconds(r.P50), seconds(r.P99), fmt.Sprint(r.Asked)})
	}
	return t
}

func (s *Study) quality(rate int, brief bool) table {
	t := table{title: fmt.Sprintf("One string a vehicle, character error rate %g %%", Rates[rate]*100),
		head:  []string{"method", "rule", "correct", "false", "undeclared matched", "ambiguous", "none", "bound"},
		notes: fmt.Sprintf("Percent (95 %% interval); correct, ambiguous and none of the declared vehicles, false of all reads, undeclared matched of those not declared. Bound: the most that any matcher of these strings has correct at that share of false ones, but for chance in few reads; whatever is ranked first: %.1f.", boundAt(s.Bound[rate], 1)*100)}
	for _, r := range s.Results {
		if r.Missing != "" {
			continue
		}
		for _, o := range r.Rates[rate] {
			if brief && r.Curve && !slices.Contains(inBrief, o.Setting) {
				continue
			}
			t.rows = append(t.rows, []string{r.Name, o.Setting, o.Correct.percent(1), o.False.percent(2), o.Cleared.percent(1),
				o.Ambiguous.percent(1), o.Nothing.percent(1), fmt.Sprintf("%.1f", o.Bound*100)})
		}
	}
	return t
}

func (s *Study) arrivals() table {
	t := table{title: fmt.Sprintf("Among %d expected arrivals, default accept", expected),
		head: []string{"error rate", "evidence", "correct", "false", "undeclared matched", "sure enough for the barrier"},
		notes: fmt.Sprintf("Every camera errs at the rate; an alternative is the right text for %g %% of the wrong ones; a second reader of one picture writes the same as the first for %g %% of them.",
			alternativeOf*100, sameFault*100)}
	for _, a := range s.Arrivals {
		t.rows = append(t.rows, []string{fmt.Sprintf("%g %%", a.CER*100), a.Evidence, a.Correct.percent(2), a.False.percent(2), a.Cleared.percent(1), a.Auto.percent(1)})
	}
	return t
}

func (s *Study) lessons() table {
	t := table{title: fmt.Sprintf("What learning changes, among %d declared plates", s.Declared),
		head:  []string{"camera", "channel", "correct, accept 0.8", "false", "correct, accept 0.9", "false"},
		notes: "A camera that errs at 5 % a character, three faults in four of its own kind. A wrong confirmation names a declared neighbour or any declared vehicle, as often."}
	for _, l := range s.Learning {
		t.rows = append(t.rows, []string{l.Camera, l.Channel, l.Low.Correct.percent(1), l.Low.False.percent(2), l.Default.Correct.percent(1), l.Default.False.percent(2)})
	}
	return t
}

func (s Share) percent(digits int) string {
	return fmt.Sprintf("%.*f (%.*f-%.*f)", digits, s.P*100, digits, s.Lo*100, digits, s.Hi*100)
}

// Text writes the results for people.
func (s *Study) Text(w io.Writer) error {
	for _, t := range s.tables(false) {
		fmt.Fprintf(w, "%s\n\n", t.title)
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(tw, strings.Join(t.head, "\t"))
		for _, r := range t.rows {
			fmt.Fprintln(tw, strings.Join(r, "\t"))
		}
		if err := tw.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(w, "\n%s\n\n", t.notes)
	}
	_, err := fmt.Fprintf(w, "Seed %d, %d reads of each rate, one vehicle in %d not declared.\n", s.Seed, s.Reads, undeclaredEvery)
	return err
}

// Markdown writes the results in brief, for the README.
func (s *Study) Markdown(w io.Writer) error {
	for _, t := range s.tables(true) {
		fmt.Fprintf(w, "%s:\n\n| %s |\n|%s\n", t.title, strings.Join(t.head, " | "), strings.Repeat("---|", len(t.head)))
		for _, r := range t.rows {
			fmt.Fprintf(w, "| %s |\n", strings.Join(r, " | "))
		}
		fmt.Fprintf(w, "\n%s\n\n", t.notes)
	}
	_, err := fmt.Fprintf(w, "Seed %d, %d reads of each rate, one vehicle in %d not declared.\n", s.Seed, s.Reads, undeclaredEvery)
	return err
}

// CSV writes all figures of quality: a line for each method and rule, and for the bound's
// curve.
func (s *Study) CSV(w io.Writer) error {
	c := csv.NewWriter(w)
	c.Write([]string{"cer", "method", "rule", "reads", "correct", "correct_low", "correct_high", "false", "false_low", "false_high", "undeclared_matched", "ambiguous", "none", "bound"})
	line := func(cer float64, name string, o Outcome) {
		f := func(x float64) string { return fmt.Sprintf("%.5f", x) }
		c.Write([]string{fmt.Sprint(cer), name, o.Setting, fmt.Sprint(o.False.N), f(o.Correct.P), f(o.Correct.Lo), f(o.Correct.Hi),
			f(o.False.P), f(o.False.Lo), f(o.False.Hi), f(o.Cleared.P), f(o.Ambiguous.P), f(o.Nothing.P), f(o.Bound)})
	}
	for rate, cer := range Rates {
		for _, r := range s.Results {
			if r.Missing == "" {
				for _, o := range r.Rates[rate] {
					line(cer, r.Name, o)
				}
			}
		}
		for _, o := range s.Bound[rate] {
			o.Bound = o.Correct.P
			line(cer, "bound", o)
		}
	}
	c.Flush()
	return c.Error()
}

// The lines between which a text's part is replaced.
const (
	partBegin = "<!-- match: written by make bench-match README=1 -->"
	partEnd   = "<!-- /match -->"
)

// Marked says whether text has the first mark.
func Marked(text []byte) bool { return bytes.Contains(text, []byte(partBegin)) }

// Replace gives text with the part between the two marks replaced.
func Replace(text, part []byte) ([]byte, error) {
	from := bytes.Index(text, []byte(partBegin))
	to := bytes.Index(text, []byte(partEnd))
	if from < 0 || to < from {
		return nil, fmt.Errorf("no lines %q and %q in this order", partBegin, partEnd)
	}
	from += len(partBegin)
	return fmt.Appendf(nil, "%s\n\n%s\n%s", text[:from], bytes.TrimSpace(part), text[to:]), nil
}
