package metrology

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"acsgd/internal/quant"
)

//go:embed data/oiml_r134_mpe.csv
var mpeTable string

//go:embed data/oiml_r134_scale_interval.csv
var intervalTable string

// Tables are the permitted errors of OIML R 134, the best class first. As long as one row
// is from memory they decide nothing but simulated campaigns.
type Tables struct {
	Evidence Evidence // the worst of all rows
	mass     []massClass
	axle     []axleClass // A to F, two-axle rigid, against the static load
	others   []axleClass // A to F, all others, against the corrected mean
	cost     *costTables // COST 323; nil: nothing is said of it
}

// Permitted errors are in hundredths of a percent.
type massClass struct {
	name              string
	initial, service  int64
	division          quant.Mass // the greatest scale interval
	fewest, mostSteps int64      // Max in scale intervals
}

type axleClass struct {
	name             string
	initial, service int64
}

// R134 reads the tables that the program was built with, and beside them those of COST 323.
func R134() (*Tables, error) {
	t, err := ParseTables(mpeTable, intervalTable)
	if err != nil {
		return nil, err
	}
	t.cost, err = parseCost(costClassTable, costShareTable)
	return t, err
}

// ParseTables reads the tables of permitted errors and of scale intervals as CSV without
// quotes. The error joins all faults, each with table and line.
func ParseTables(mpe, interval string) (*Tables, error) {
	t := &Tables{Evidence: Verified}
	p := tableReader{t: t}
	p.each("permitted errors", mpe, "table,class,initial_pct,in_service_pct,applies_to,status", func(f []string) error {
		initial, err := quant.Decimal(f[2], 100)
		service, err2 := quant.Decimal(f[3], 100)
		if err != nil || err2 != nil || initial <= 0 || service < initial {
			return fmt.Errorf("%s %% and %s %%: want growing percentages", f[2], f[3])
		}
		switch f[0] {
		case "vehicle_mass":
			t.mass = append(t.mass, massClass{name: f[1], initial: initial, service: service})
		case "single_axle_mpe":
			t.axle = append(t.axle, axleClass{f[1], initial, service})
		case "axle_or_group_mpd":
			t.others = append(t.others, axleClass{f[1], initial, service})
		default:
			return fmt.Errorf("unknown table %q", f[0])
		}
		return nil
	})
	p.each("scale intervals", interval, "class,d_max_kg,n_min,n_max,status", func(f []string) error {
		d, err := quant.Decimal(f[1], 1000)
		low, err2 := quant.Decimal(f[2], 1)
		high, err3 := quant.Decimal(f[3], 1)
		if err := errors.Join(err, err2, err3); err != nil || d <= 0 || low <= 0 || high < low {
			return fmt.Errorf("d %s kg, %s to %s intervals: not numbers in order", f[1], f[2], f[3])
		}
		for i := range t.mass {
			if m := &t.mass[i]; m.name == f[0] {
				m.division, m.fewest, m.mostSteps = quant.Mass(d), low, high
				return nil
			}
		}
		return fmt.Errorf("there is no vehicle mass class %q", f[0])
	})
	p.ordered()
	if err := errors.Join(p.errs...); err != nil {
		return nil, fmt.Errorf("read the tables of OIML R 134: %w", err)
	}
	return t, nil
}

type tableReader struct {
	t    *Tables
	errs []error
}

// each reads the rows below a header; the last column is the mark of evidence.
func (p *tableReader) each(name, text, header string, row func([]string) error) {
	columns := strings.Count(header, ",") + 1
	n := 0
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		n++
		if n == 1 {
			if line != header {
				p.errs = append(p.errs, fmt.Errorf("%s:1: columns are not %s", name, header))
				return
			}
			continue
		}
		f := strings.Split(line, ",")
		if len(f) != columns {
			p.errs = append(p.errs, fmt.Errorf("%s:%d: %d fields, want %d", name, n, len(f), columns))
			continue
		}
		if err := row(f); err != nil {
			p.errs = append(p.errs, fmt.Errorf("%s:%d: %w", name, n, err))
		}
		if Evidence(f[columns-1]) != Verified {
			p.t.Evidence = FromMemory
		}
	}
}

// ordered checks that the classes are all there and get coarser downwards.
func (p *tableReader) ordered() {
	bad := func(format string, args ...any) { p.errs = append(p.errs, fmt.Errorf(format, args...)) }
	t := p.t
	if len(t.mass) == 0 || len(t.axle) == 0 || len(t.axle) != len(t.others) {
		bad("%d mass classes, %d and %d axle classes: want some, and as many of each kind of vehicle", len(t.mass), len(t.axle), len(t.others))
		return
	}
	for i, m := range t.mass {
		if m.division == 0 {
			bad("mass class %s has no scale interval", m.name)
		}
		if i > 0 && (m.initial <= t.mass[i-1].initial || m.service <= t.mass[i-1].service) {
			bad("mass class %s is not coarser than the one before", m.name)
		}
	}
	for i := range t.axle {
		if t.axle[i].name != t.others[i].name {
			bad("axle classes %s and %s stand in different order", t.axle[i].name, t.others[i].name)
		}
		for _, of := range [][]axleClass{t.axle, t.others} {
			if i > 0 && (of[i].initial <= of[i-1].initial || of[i].service <= of[i-1].service) {
				bad("axle class %s is not coarser than the one before", of[i].name)
			}
		}
	}
}

// percent gives the permitted error of a row at a stage.
func percent(initial, service int64, s Stage) int64 {
	if s == Initial {
		return initial
	}
	return service
}

// permitted is the permitted error of a value: the larger of the percentage of its
// reference, rounded to the nearest scale interval d, and one d for each axle at the
// initial stage, two in service.
func permitted(ref quant.Mass, hundredths int64, d quant.Mass, axles int, s Stage) quant.Mass {
	steps := (int64(ref)*hundredths + 5000*int64(d)) / (10_000 * int64(d))
	least := int64(axles)
	if s == InService {
		least *= 2
	}
	return quant.Mass(max(steps, least)) * d
}

// quantity is one of the three that get a class of their own.
type quantity struct {
	names   []string
	percent []int64 // permitted errors of references that are known
	others  []int64 // permitted deviations from a corrected mean; of the mass none
}

func (t *Tables) quantities(s Stage) (mass, axle quantity) {
	for _, m := range t.mass {
		mass.names, mass.percent = append(mass.names, m.name), append(mass.percent, percent(m.initial, m.service, s))
	}
	for i := range t.axle {
		axle.names = append(axle.names, t.axle[i].name)
		axle.percent = append(axle.percent, percent(t.axle[i].initial, t.axle[i].service, s))
		axle.others = append(axle.others, percent(t.others[i].initial, t.others[i].service, s))
	}
	return mass, axle
}
