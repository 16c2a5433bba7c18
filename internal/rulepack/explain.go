package rulepack

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"acsgd/fusion/rules"
	"acsgd/internal/quant"
)

// Explain writes the derivation of every finding of one vehicle as text, step by step:
// shape, axle groups, row and clause, what was taken off, comparison, severity.
func Explain(w io.Writer, p *rules.Pack, v *rules.Vehicle, o rules.Options) error {
	d := rules.Derive(p, v, o)
	if err := WriteDerivation(w, v.ID, &d); err != nil {
		return fmt.Errorf("write explanation of vehicle %q: %w", v.ID, err)
	}
	return nil
}

// WriteDerivation writes a derivation as text.
func WriteDerivation(w io.Writer, vehicle string, d *rules.Derivation) error {
	e := &explainer{w: bufio.NewWriter(w)}
	e.head(vehicle, d)
	e.groups(d)
	for i := range d.Findings {
		e.finding(&d.Findings[i])
	}
	return e.w.Flush()
}

// ExplainAll is "acsgd rules explain --pack ID": it reads vehicles as Check does and writes
// their explanations.
func ExplainAll(r io.Reader, w io.Writer, packID string, o CheckOptions) (Report, error) {
	p, err := openPack(packID, o)
	if err != nil {
		return Report{}, err
	}
	o.Judge.DeductUnverified = o.Judge.Deduct
	var rep Report
	err = lines(r, func(n int, line []byte) error {
		var v rules.Vehicle
		if err := decode(line, &v); err != nil {
			rep.Faults = append(rep.Faults, Fault{n, err})
			return nil
		}
		rep.Vehicles++
		return Explain(w, p, &v, o.Judge)
	}, func(n int, err error) { rep.Faults = append(rep.Faults, Fault{n, err}) })
	return rep, err
}

// explainer writes lines; the buffered writer keeps the first error for Flush.
type explainer struct{ w *bufio.Writer }

func (e *explainer) line(format string, args ...any) {
	//nolint:errcheck // kept by the writer, returned by Flush
	fmt.Fprintf(e.w, format+"\n", args...)
}

func (e *explainer) head(vehicle string, d *rules.Derivation) {
	e.line("vehicle %q", vehicle)
	mode := "unverified limits are named and do not decide"
	if d.Simulator {
		mode = "simulator mode: unverified limits decide"
	}
	e.line("  pack %s (%s), tables %s; %s", d.Pack, d.Act, d.Version, mode)
	switch d.DayOf {
	case "vehicle":
		e.line("  law of %s", d.Day)
	case "options":
		e.line("  law of %s, the vehicle has no date", d.Day)
	default:
		e.line("  law: the newest rows, no day is known")
	}
	s, how := &d.Shape, "as stated"
	if s.Inferred {
		how = "from the axle spacings"
	}
	switch {
	case s.Class == "":
		e.line("  shape: not known; every class that fits is tried")
	case s.Tractor < 1:
		e.line("  shape: %s, axles of the units not known", s.Class)
	default:
		e.line("  shape: %s, %d + %d axles, code %s, %s%s", s.Class, s.Tractor, s.Trailer, s.Code, how, prefixed("; pattern ", s.Pattern))
	}
}

func (e *explainer) groups(d *rules.Derivation) {
	names := map[string]string{"multi": "group of four or more"}
	for _, g := range d.Groups {
		if g.Kind == "single" {
			e.line("  axle %d: single, %s", g.First, loads(g.Loads))
			continue
		}
		name := names[g.Kind]
		if name == "" {
			name = g.Kind
		}
		n := g.Last - g.First
		e.line("  axles %d to %d: %s, spacings sum to %d mm over %d (bounds are compared times %d), %s",
			g.First, g.Last, name, int(g.Sum), n, n, loads(g.Loads))
	}
}

func loads(ms []*quant.Mass) string {
	var parts []string
	for _, m := range ms {
		if m != nil {
			parts = append(parts, m.String())
		} else {
			parts = append(parts, "not measured")
		}
	}
	return strings.Join(parts, " + ")
}

func (e *explainer) finding(d *rules.Steps) {
	f := &d.Finding
	name := f.Quantity
	if len(f.Axles) == 2 {
		name = fmt.Sprintf("%s %d-%d", f.Quantity, f.Axles[0], f.Axles[1])
	}
	e.line("  %s", name)
	for i := range d.Steps {
		e.step(f, &d.Steps[i])
	}
}

func (e *explainer) step(f *rules.Finding, s *rules.Step) {
	switch s.Kind {
	case rules.StepMeasured:
		if s.Value == nil {
			e.line("    measured   nothing")
			return
		}
		e.line("    measured   %s%s%s", number3(s.Value, s.Unit), plusMinus(f), prefixed(", by ", s.Text))
	case rules.StepLimit:
		e.line("    limit      %s, %s, mark %s", number3(s.Value, s.Unit), s.Row, s.Mark)
		e.line("    clause     %s", s.Text)
	case rules.StepCompared:
		e.line("    judged     %s - %s = %s", number3(f.Measured, s.Unit), number3(f.Tolerance, s.Unit), number3(s.Value, s.Unit))
	case rules.StepExcess:
		e.line("    excess     %s, %d.%02d %% of the limit%s", number3(s.Value, s.Unit), s.BP/100, s.BP%100, prefixed("; ", f.Band))
	case rules.StepNote:
		e.line("    note       %s: %s", s.Text, rules.NoteText(s.Text))
	case rules.StepVerdict:
		e.line("    verdict    %s%s", f.Verdict, prefixed(": ", s.Text))
	case rules.StepTakenOff, rules.StepBand: // in the lines of the comparison and of the excess
	}
}

func prefixed(p, s string) string {
	if s == "" {
		return ""
	}
	return p + s
}

func plusMinus(f *rules.Finding) string {
	if f.Uncertainty == nil {
		return ""
	}
	return " +- " + number3(f.Uncertainty, f.Unit)
}

// number3 writes a value in its unit.
func number3(v *rules.Value, unit string) string {
	if v == nil {
		return "none"
	}
	return string(quant.Mass(*v).AppendJSON(nil)) + " " + unit
}
