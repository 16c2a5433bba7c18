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
	e := &explainer{w: bufio.NewWriter(w)}
	e.head(p, v, o)
	e.groups(p, v)
	for _, f := range rules.Judge(nil, p, v, o) {
		e.finding(&f)
	}
	if err := e.w.Flush(); err != nil {
		return fmt.Errorf("write explanation of vehicle %q: %w", v.ID, err)
	}
	return nil
}

// ExplainAll is "acsgd rules explain --pack ID": it reads vehicles as Check does and writes
// their explanations.
func ExplainAll(r io.Reader, w io.Writer, packID string, o CheckOptions) (Report, error) {
	p, err := openPack(packID, o.Simulator)
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

func (e *explainer) head(p *rules.Pack, v *rules.Vehicle, o rules.Options) {
	e.line("vehicle %q", v.ID)
	mode := "unverified limits are named and do not decide"
	if p.Simulator {
		mode = "simulator mode: unverified limits decide"
	}
	e.line("  pack %s (%s), tables %s; %s", p.ID, p.Act, p.Version, mode)
	switch {
	case v.Date != "":
		e.line("  law of %s", v.Date)
	case !o.Day.IsZero():
		e.line("  law of %s, the vehicle has no date", o.Day.Format("2006-01-02"))
	default:
		e.line("  law: the newest rows, no day is known")
	}
	c, ok := rules.Infer(v)
	how := "as stated"
	if v.Class == "" {
		how = "from the axle spacings"
	}
	switch {
	case !ok:
		e.line("  shape: not known; every class that fits is tried")
	case c.Tractor < 0:
		e.line("  shape: %s, axles of the units not known", c.Class)
	default:
		e.line("  shape: %s, %d + %d axles, code %s, %s", c.Class, c.Tractor, c.Trailer, rules.AxleCode(v), how)
	}
}

func (e *explainer) groups(p *rules.Pack, v *rules.Vehicle) {
	names := map[rules.GroupKind]string{rules.Single: "single axle", rules.Tandem: "tandem", rules.Tridem: "tridem", rules.Multi: "group of four or more"}
	for _, g := range rules.Groups(nil, p, v) {
		sum := 0
		for i := g.First; i < g.Last; i++ {
			sum += int(v.Axles[i].Gap)
		}
		if g.Kind == rules.Single {
			e.line("  axle %d: single, %s", g.First, loads(v, g))
			continue
		}
		n := g.Last - g.First
		e.line("  axles %d to %d: %s, spacings sum to %d mm over %d (bounds are compared times %d), %s",
			g.First, g.Last, names[g.Kind], sum, n, n, loads(v, g))
	}
}

func loads(v *rules.Vehicle, g rules.Group) string {
	var parts []string
	for i := g.First - 1; i < g.Last; i++ {
		if m := v.Axles[i].Mass; m != nil {
			parts = append(parts, m.String())
		} else {
			parts = append(parts, "not measured")
		}
	}
	return strings.Join(parts, " + ")
}

func (e *explainer) finding(f *rules.Finding) {
	name := f.Quantity
	if len(f.Axles) == 2 {
		name = fmt.Sprintf("%s %d-%d", f.Quantity, f.Axles[0], f.Axles[1])
	}
	e.line("  %s", name)
	if f.Measured != nil {
		e.line("    measured   %s%s", number3(f.Measured, f.Unit), plusMinus(f))
	} else {
		e.line("    measured   nothing")
	}
	if f.Row != "" {
		e.line("    limit      %s, %s, mark %s", number3(f.Limit, f.Unit), f.Row, f.Mark)
		e.line("    clause     %s", f.Clause)
	}
	if f.Tolerance != nil && f.Measured != nil {
		judged := *f.Measured - *f.Tolerance
		e.line("    judged     %s - %s = %s", number3(f.Measured, f.Unit), number3(f.Tolerance, f.Unit), number3(&judged, f.Unit))
	}
	if f.Excess != nil {
		e.line("    excess     %s, %d.%02d %% of the limit%s", number3(f.Excess, f.Unit), f.ExcessBP/100, f.ExcessBP%100, prefixed("; ", f.Band))
	}
	if len(f.Notes) > 0 {
		e.line("    notes      %s", strings.Join(f.Notes, ", "))
	}
	e.line("    verdict    %s%s", f.Verdict, prefixed(": ", f.Reason))
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
