package metrology

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"acsgd/internal/quant"
)

//go:embed data/cost323_classes.csv
var costClassTable string

//go:embed data/cost323_min_proportion.csv
var costShareTable string

// Statistical is what COST 323 would say of the same runs, beside the verdict of the report,
// which it does not touch: that a share of the results lies within the class, where R 134
// wants every one. As in the report, axles of all but two-axle rigids are compared with their
// corrected means. Axles within a group have no reference and no class.
type Statistical struct {
	Standard  string   `json:"standard"`
	Limits    Evidence `json:"limits"`
	Withheld  string   `json:"withheld,omitempty"` // why no share and no class is named
	Condition string   `json:"condition"`          // of the test: how alike the runs are
	Shares    []Share  `json:"shares"`             // gross, single_axle, group; without those of which there is no result
	Class     string   `json:"class,omitempty"`    // the coarsest of the shares'; "" is none, or withheld
}

// Share is one quantity. Its mean is signed, of the errors in hundredths of a percent of
// their references.
type Share struct {
	Quantity string `json:"quantity"`
	Results  int    `json:"results"`
	Mean     int64  `json:"mean_bp"`
	Inside   int    `json:"inside,omitempty"`          // within Class
	Least    int64  `json:"least_permille,omitempty"`  // share that has to be
	Class    string `json:"class,omitempty"`           // the best that enough results keep
	Why      string `json:"without_class,omitempty"`   // why there is none
	Missed   int    `json:"without_numbers,omitempty"` // of Results: an axle was not weighed; beyond every class
}

// The conditions of a test that a campaign can be: several vehicles, or one at several
// speeds and loads.
const (
	extendedRepeatability  = "extended_repeatability_r2"
	limitedReproducibility = "limited_reproducibility_R1"
)

// costTables are the classes of COST 323, the best first, and the shares that must keep them.
type costTables struct {
	evidence Evidence
	classes  []costClass
	shares   map[string][]int64 // by condition: per mille, for the numbers of costNumbers and more
}

// costClass has half widths in hundredths of a percent.
type costClass struct {
	name               string
	gross, group, axle int64
}

// costNumbers are the numbers of results that the table has shares for.
var costNumbers = []int{10, 20, 30, 60, 120}

func parseCost(classes, shares string) (*costTables, error) {
	marks := &Tables{Evidence: Verified}
	p, c := tableReader{t: marks}, &costTables{shares: map[string][]int64{}}
	p.each("classes", classes, "class,gross_pct,axle_group_pct,single_axle_pct,axle_of_group_pct,speed_pct,axle_spacing_pct,flow_pct,typical_use,status", func(f []string) error {
		gross, err := quant.Decimal(f[1], 100)
		group, err2 := quant.Decimal(f[2], 100)
		axle, err3 := quant.Decimal(f[3], 100)
		if err := errors.Join(err, err2, err3); err != nil {
			return err
		}
		if n := len(c.classes); gross <= 0 || group < gross || axle < group || n > 0 && gross <= c.classes[n-1].gross {
			return fmt.Errorf("class %s, %s %%, %s %%, %s %%: want growing percentages", f[0], f[1], f[2], f[3])
		}
		c.classes = append(c.classes, costClass{f[0], gross, group, axle})
		return nil
	})
	p.each("proportions", shares, "test_condition,environment,n10,n20,n30,n60,n120,n_inf,status", func(f []string) error {
		var row []int64
		for _, s := range f[2:8] {
			v, err := quant.Decimal(s, 10)
			if err != nil {
				return err
			}
			if v <= 0 || v > 1000 || len(row) > 0 && v < row[len(row)-1] {
				return fmt.Errorf("%s: want percentages that do not fall", f[0])
			}
			row = append(row, v)
		}
		c.shares[f[0]] = row
		return nil
	})
	for _, name := range []string{extendedRepeatability, limitedReproducibility} {
		if c.shares[name] == nil {
			p.errs = append(p.errs, fmt.Errorf("there is no condition %s", name))
		}
	}
	if len(c.classes) == 0 {
		p.errs = append(p.errs, errors.New("there is no class"))
	}
	if err := errors.Join(p.errs...); err != nil {
		return nil, fmt.Errorf("read the tables of COST 323: %w", err)
	}
	c.evidence = marks.Evidence
	return c, nil
}

// least is the share of n results that must lie within, per mille. Between two numbers of the
// table that of the larger counts, which is the stricter; ok is false for too few results.
func (c *costTables) least(condition string, n int) (permille int64, ok bool) {
	if n < costNumbers[0] {
		return 0, false
	}
	i, _ := slices.BinarySearch(costNumbers, n)
	return c.shares[condition][i], true
}

// statistical computes what COST 323 says of the runs that count.
func (v *verifier) statistical(c *costTables) *Statistical {
	s := &Statistical{Standard: "COST 323", Limits: c.evidence, Condition: limitedReproducibility}
	if v.lone() {
		s.Condition = extendedRepeatability
	}
	if c.evidence != Verified && !v.c.Simulator {
		s.Withheld = NotVerified
	}
	worst := -1
	for _, q := range []struct {
		name  string
		width func(costClass) int64
	}{
		{"gross", func(x costClass) int64 { return x.gross }},
		{"single_axle", func(x costClass) int64 { return x.axle }},
		{"group", func(x costClass) int64 { return x.group }},
	} {
		errs, missed := v.errorsOf(q.name)
		if len(errs)+missed == 0 {
			continue
		}
		share, place := c.share(s.Condition, errs, missed, q.width, s.Withheld)
		share.Quantity = q.name
		worst = max(worst, place)
		s.Shares = append(s.Shares, share)
	}
	if worst >= 0 && worst < len(c.classes) {
		s.Class = c.classes[worst].name
	}
	return s
}

// lone reports whether one vehicle alone was driven; loaded and empty it has one plate.
func (v *verifier) lone() bool {
	seen := ""
	for i := range v.rep.Runs {
		if t := &v.rep.Runs[i]; t.Counts {
			x := v.c.Vehicle(t.Vehicle)
			id := "plate " + x.Plate
			if x.Plate == "" {
				id = "vehicle " + x.ID
			}
			if seen != "" && seen != id {
				return false
			}
			seen = id
		}
	}
	return true
}

// errorsOf collects the errors of one quantity; missed counts the runs that have none
// because an axle was not weighed.
func (v *verifier) errorsOf(quantity string) (errs []*Error, missed int) {
	for i := range v.rep.Runs {
		t := &v.rep.Runs[i]
		if !t.Counts {
			continue
		}
		if t.Loads == nil { // the gross mass of some axles is none
			missed++
			continue
		}
		if quantity == "gross" {
			if t.Mass != nil {
				errs = append(errs, t.Mass)
			}
			continue
		}
		for k := range t.Loads {
			if e := &t.Loads[k]; (e.First == e.Last) == (quantity == "single_axle") {
				errs = append(errs, e)
			}
		}
	}
	if len(errs) == 0 && quantity == "group" {
		return nil, 0 // the vehicles have none
	}
	return errs, missed
}

// share finds the best class that enough errors keep, and its place; one behind the last is
// no class.
func (c *costTables) share(condition string, errs []*Error, missed int, width func(costClass) int64, withheld string) (Share, int) {
	s := Share{Results: len(errs) + missed, Missed: missed}
	sum := int64(0)
	for _, e := range errs {
		sum += divide(int64(e.Error)*10_000, int64(e.Reference))
	}
	if len(errs) > 0 {
		s.Mean = divide(sum, int64(len(errs)))
	}
	if withheld != "" {
		s.Why = withheld
		return s, len(c.classes)
	}
	least, ok := c.least(condition, s.Results)
	if !ok {
		s.Why = fmt.Sprintf("%d results, at least %d are needed", s.Results, costNumbers[0])
		return s, len(c.classes)
	}
	s.Least = least
	for place, class := range c.classes {
		in := 0
		for _, e := range errs {
			if int64(abs(e.Error))*10_000 <= width(class)*int64(e.Reference) {
				in++
			}
		}
		if int64(in)*1000 >= least*int64(s.Results) {
			s.Class, s.Inside = class.name, in
			return s, place
		}
	}
	s.Why = "no class is kept by enough results"
	return s, len(c.classes)
}

// Percent gives hundredths of a percent as "+0.12".
func Percent(bp int64) string {
	sign := "+"
	if bp < 0 {
		sign, bp = "-", -bp
	}
	if bp == 0 {
		sign = ""
	}
	return fmt.Sprintf("%s%d.%02d", sign, bp/100, bp%100)
}
