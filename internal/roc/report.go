package roc

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// shown are the strengths of the table for people; the CSV has all.
var shown = []int{200, 300, 400, 600, 800, 1000}

// head are the columns of the table.
func head() []string {
	h := []string{"background", "source", "detector", "threshold", "false alarms"}
	for _, k := range shown {
		h = append(h, fmt.Sprintf("%d/s", k))
	}
	return h
}

// rows are the table's lines: detection in percent with its 95 % interval. In brief they are
// those of the portal's rule, the tuned one and the engine.
func rows(studies []*Study, brief bool) (out [][]string) {
	for _, s := range studies {
		for f, form := range sources {
			for d, o := range s.Outcomes {
				if !o.Made || brief && d != vendor && d != tuned && d != engine {
					continue
				}
				limit := fmt.Sprintf("%.2f", float64(o.Threshold)/1000)
				if o.Detector == Engine || o.Detector == Windows {
					limit = fmt.Sprintf("%+.2f", float64(o.Threshold)/1000)
				}
				if o.Detector == Learned {
					limit = "own"
				}
				row := []string{s.Background, string(form), string(o.Detector), limit, fmt.Sprintf("%d (%d)", o.False, o.Crossed)}
				for k, strength := range Strengths {
					for _, want := range shown {
						if want == strength {
							row = append(row, o.Detected[f][k].percent())
						}
					}
				}
				out = append(out, row)
			}
		}
	}
	return out
}

func (e Estimate) percent() string {
	return fmt.Sprintf("%.0f (%.0f-%.0f)", e.P*100, e.Lo*100, e.Hi*100)
}

// Text writes the results for people.
func Text(w io.Writer, seed uint64, studies []*Study) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(head(), "\t"))
	for _, r := range rows(studies, false) {
		fmt.Fprintln(t, strings.Join(r, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nDetection in percent (95 %% interval) by net counts/s of all panels at closest approach. Seed %d.\n%s", seed, notes(studies))
	return err
}

// notes say how the figures came about.
func notes(studies []*Study) string {
	var b strings.Builder
	for _, s := range studies {
		fmt.Fprintf(&b, "\n%s: %d occupancies without a source (%d left out: short, guarded, faulty or alarmed), at most %g %% of them above a threshold, by one rule for all detectors; ",
			strings.ToUpper(s.Background[:1])+s.Background[1:], s.Clean, s.LeftOut, s.Allowed*100)
		if s.Learned > 0 {
			fmt.Fprintf(&b, "templates learned from %d others; ", s.Learned)
		} else {
			b.WriteString("too few for templates; ")
		}
		fmt.Fprintf(&b, "each figure from %d occupancies with a source, the same for all detectors; intervals: %s.", s.Injected, s.Interval)
		for k, strength := range Strengths {
			if s.Learned > 0 && s.Ratio != nil && (strength == 300 || strength == 600) {
				fmt.Fprintf(&b, " At %d/s the engine finds point sources %.1f times as often as tuned k-sigma (%.1f-%.1f).", strength, s.Ratio[k].P, s.Ratio[k].Lo, s.Ratio[k].Hi)
			}
		}
		b.WriteByte('\n')
	}
	b.WriteString("\nFalse alarms: above the threshold among those occupancies; in brackets, by thresholds that the other four fifths set. " +
		"Thresholds in sigma; the engine's is how far those of its tests were moved. The engine includes the portal's rule, which it never suppresses.\n")
	return b.String()
}

// Markdown writes the results in brief as a table for the README.
func Markdown(w io.Writer, seed uint64, studies []*Study) error {
	h := head()
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(h, " | "), strings.Repeat("---|", len(h)))
	for _, r := range rows(studies, true) {
		fmt.Fprintf(w, "| %s |\n", strings.Join(r, " | "))
	}
	_, err := fmt.Fprintf(w, "\nDetection in percent (95 %% interval) by net counts/s of all panels at closest approach, seed %d.\n%s", seed, notes(studies))
	return err
}

// CSV writes all figures: a line for each detector, form and strength, and for each point
// of the curves of detection against false alarms.
func CSV(w io.Writer, studies []*Study) error {
	c := csv.NewWriter(w)
	c.Write([]string{"background", "figure", "source", "detector", "k_cps", "allowed", "threshold_milli_sigma",
		"clean", "false", "false_out_of_sample", "injected", "detected", "low", "high"})
	share := func(x float64) string { return fmt.Sprintf("%.5f", x) }
	for _, s := range studies {
		for _, o := range s.Outcomes {
			if !o.Made {
				continue
			}
			line := func(figure string, form Source, strength int, allowed float64, limit, falses, crossed string, e Estimate) {
				c.Write([]string{s.Background, figure, string(form), string(o.Detector), fmt.Sprint(strength), share(allowed), limit,
					fmt.Sprint(s.Clean), falses, crossed, fmt.Sprint(s.Injected), share(e.P), share(e.Lo), share(e.Hi)})
			}
			for f, form := range sources {
				for k, strength := range Strengths {
					line("strength", form, strength, s.Allowed, fmt.Sprint(o.Threshold), fmt.Sprint(o.False), fmt.Sprint(o.Crossed), o.Detected[f][k])
				}
			}
			if o.Fixed {
				continue // its curve is that of the detector with the same scores
			}
			for _, p := range o.Curve {
				line("curve", Point, CurveStrength, p.False, "", "", "", p.Estimate)
			}
		}
	}
	c.Flush()
	return c.Error()
}

// The lines between which a text's part is replaced.
const (
	partBegin = "<!-- roc: written by make bench-radiation README=1 -->"
	partEnd   = "<!-- /roc -->"
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
