package campaign

import (
	"fmt"
	"io"
	"strings"

	"acsgd/internal/metrology"
	"acsgd/internal/quant"
)

// Told says what to drive: "lorry-loaded at the left, 1 to 4 km/h".
func Told(d metrology.Drive) string {
	return fmt.Sprintf("%s at the %s, %s to %s km/h", d.Vehicle, d.Position, metrology.KmH(d.Band.From), metrology.KmH(d.Band.To))
}

// Plan writes what a campaign still needs as a list to tick off.
func Plan(w io.Writer, c *metrology.Campaign) error {
	var b strings.Builder
	for _, m := range metrology.MissingVehicles(c) {
		fmt.Fprintf(&b, "[ ] missing: %s\n", m)
	}
	for i := range c.Vehicles {
		v := &c.Vehicles[i]
		fmt.Fprintf(&b, "[ ] %s: %s, %s, axles %v, weigh it on the control instrument: %v\n", v.ID, v.Kind, v.Load, v.Parts, v.Mass)
	}
	for i, d := range metrology.Plan(c) {
		fmt.Fprintf(&b, "[ ] run %d: %s\n", len(c.Runs)+i+1, Told(d))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Tested writes one run with all its errors.
func Tested(w io.Writer, r *metrology.Run, t *metrology.Tested) error {
	var b strings.Builder
	fmt.Fprintf(&b, "run %d: %s at the %s, %s km/h, %d axles, gross %v", r.N, r.Vehicle, r.Position, metrology.KmH(r.Speed), len(r.Axles), r.Gross)
	switch {
	case !t.Counts:
		b.WriteString("  does not count: " + t.Why)
	case t.Over:
		b.WriteString("  BEYOND THE LIMIT")
		if t.Why != "" {
			b.WriteString(": " + t.Why)
		}
	}
	b.WriteString("\n")
	if t.Mass != nil {
		line(&b, "vehicle", t.Mass)
	}
	for i := range t.Loads {
		e := &t.Loads[i]
		name := fmt.Sprintf("axle %d", e.First)
		if e.Last > e.First {
			name = fmt.Sprintf("axles %d-%d", e.First, e.Last)
		}
		line(&b, name, e)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func line(b *strings.Builder, name string, e *metrology.Error) {
	fmt.Fprintf(b, "  %-10s %10v  reference %10v  error %10s", name, e.Shown, e.Reference, signed(e.Error))
	if e.Limit > 0 {
		fmt.Fprintf(b, "  limit %8v", e.Limit)
	}
	if e.Class != "" {
		fmt.Fprintf(b, "  class %s", e.Class)
	}
	if e.Over {
		b.WriteString("  BEYOND")
	}
	b.WriteString("\n")
}

func signed(m quant.Mass) string {
	if m > 0 {
		return "+" + m.String()
	}
	return m.String()
}

// Report writes a report for people: every run, the classes of each band of speed, what is
// missing, and the outcome.
func Report(w io.Writer, rep *metrology.Report) error {
	var b strings.Builder
	c := rep.Campaign
	in := &c.Instrument
	if c.Simulator {
		b.WriteString("SIMULATOR: these runs were simulated\n")
	}
	fmt.Fprintf(&b, "%s, %s: %s %s %s, serial %s, d %v, %v to %v, %s to %s km/h\n", rep.Standard, c.Stage, c.Device, in.Make, in.Model, in.Serial,
		in.Division, in.Min, in.Max, metrology.KmH(in.From), metrology.KmH(in.To))
	for i := range rep.Runs {
		if err := Tested(&b, &c.Runs[i], &rep.Runs[i]); err != nil {
			return err
		}
	}
	for _, r := range rep.References {
		fmt.Fprintf(&b, "%s: %d runs, %v", r.Vehicle, r.Runs, r.Mass)
		for _, p := range r.Loads {
			fmt.Fprintf(&b, ", axles %d-%d %v", p.First, p.Last, p.Load)
		}
		b.WriteString("\n")
	}
	for _, x := range append(append([]metrology.Band(nil), rep.Bands...), rep.Whole) {
		fmt.Fprintf(&b, "%s to %s km/h: %d runs, greatest errors: vehicle %v, axle %v, group %v%s\n",
			metrology.KmH(x.From), metrology.KmH(x.To), x.Runs, x.Mass, x.Axle, x.Group, classes(x.Classes))
	}
	for _, m := range rep.Missing {
		fmt.Fprintf(&b, "missing: %s\n", m)
	}
	for _, a := range rep.Against {
		fmt.Fprintf(&b, "against: %s\n", a)
	}
	switch {
	case rep.Passed:
		fmt.Fprintf(&b, "passed%s\n", classes(rep.Reached))
	case rep.Withheld != "":
		fmt.Fprintf(&b, "%s: no class, no certificate\n", rep.Withheld)
	case len(rep.Missing) > 0:
		b.WriteString("not complete\n")
	default:
		b.WriteString("not passed\n")
	}
	if s := rep.Statistical; s != nil {
		statistical(&b, s)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// statistical writes the statement of COST 323.
func statistical(b *strings.Builder, s *metrology.Statistical) {
	fmt.Fprintf(b, "%s, %s, a statement of shares that decides nothing:\n", s.Standard, strings.ReplaceAll(s.Condition, "_", " "))
	for i := range s.Shares {
		q := &s.Shares[i]
		fmt.Fprintf(b, "  %-12s %3d results, mean %s %%", strings.ReplaceAll(q.Quantity, "_", " "), q.Results, metrology.Percent(q.Mean))
		if q.Missed > 0 {
			fmt.Fprintf(b, ", %d with an axle not weighed", q.Missed)
		}
		if q.Class == "" {
			fmt.Fprintf(b, ": %s\n", q.Why)
			continue
		}
		fmt.Fprintf(b, ", %d within class %s, at least %d.%d %% have to be\n", q.Inside, q.Class, q.Least/10, q.Least%10)
	}
	switch {
	case s.Withheld != "":
		fmt.Fprintf(b, "  %s: no class\n", s.Withheld)
	case s.Class == "":
		b.WriteString("  no class\n")
	default:
		fmt.Fprintf(b, "  class %s\n", s.Class)
	}
}

func classes(c metrology.Classes) string {
	s := ""
	for _, x := range [][2]string{{"vehicle", c.Mass}, {"axle", c.Axle}, {"group", c.Group}} {
		if x[1] != "" {
			s += ", class of " + x[0] + " " + x[1]
		}
	}
	return s
}
