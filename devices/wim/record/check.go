package record

import (
	"errors"
	"fmt"
	"time"

	"acsgd/internal/quant"
)

// check holds the members against each other.
func (r *Record) check(division quant.Mass) error {
	switch n := len(r.Axles); {
	case r.End.Before(r.Start):
		return fmt.Errorf("end: %s is before start", stamp(r.End))
	case n == 0 && r.Mode != Static:
		return errors.New("axles: none, which only mode static may have")
	case len(r.Spacings) > 0 && len(r.Spacings) != n-1:
		return fmt.Errorf("spacings_mm: %d of them, want %d of %d axles", len(r.Spacings), max(n-1, 0), n)
	}
	sum := quant.Mass(0)
	for i := range r.Axles {
		if n := r.Axles[i].N; n != i+1 {
			return fmt.Errorf("axles[%d].n: %d, want %d, in driving order", i, n, i+1)
		}
		sum += r.Axles[i].Load
	}
	if len(r.Axles) > 0 && !fits(r.Gross, sum, len(r.Axles), division) {
		return fmt.Errorf("gross_kg: %v, but the axles make %v, and %d divisions of %v are all that rounding explains", r.Gross, sum, len(r.Axles), division)
	}
	if err := r.checkGroups(division); err != nil {
		return err
	}
	return r.checkTimes()
}

// fits reports whether a sum of n rounded masses may have been rounded to total.
func fits(total, sum quant.Mass, n int, division quant.Mass) bool {
	d := total - sum
	return max(d, -d) <= quant.Mass(n)*division
}

func (r *Record) checkGroups(division quant.Mass) error {
	last := 0
	for i, g := range r.Groups {
		sum := quant.Mass(0)
		for k, n := range g.Axles {
			if n != last+1 && (k > 0 || n <= last) || n > len(r.Axles) {
				return fmt.Errorf("groups[%d].axles[%d]: axle %d of %d, want neighbours in driving order", i, k, n, len(r.Axles))
			}
			last = n
			sum += r.Axles[n-1].Load
		}
		if len(g.Axles) == 0 {
			return fmt.Errorf("groups[%d].axles: none", i)
		}
		if !fits(g.Load, sum, len(g.Axles), division) {
			return fmt.Errorf("groups[%d].load_kg: %v, but its axles make %v", i, g.Load, sum)
		}
	}
	return nil
}

// checkTimes holds the edges against the vehicle's times, each other and the spacings.
func (r *Record) checkTimes() error {
	for i := range r.Axles {
		a := &r.Axles[i]
		name := func(member string) string { return fmt.Sprintf("axles[%d].%s", i, member) }
		switch {
		case a.On.IsZero() != r.Axles[0].On.IsZero():
			return fmt.Errorf("%s: some axles have one, some have not", name("t_on"))
		case a.On.IsZero() && !a.Off.IsZero():
			return fmt.Errorf("%s: without t_on", name("t_off"))
		case a.On.IsZero():
			continue
		case a.On.Before(r.Start):
			return fmt.Errorf("%s: %s is before start", name("t_on"), stamp(a.On))
		case a.On.After(r.End):
			return fmt.Errorf("%s: %s is after end", name("t_on"), stamp(a.On))
		case i > 0 && !a.On.After(r.Axles[i-1].On):
			return fmt.Errorf("%s: %s is not after the axle before", name("t_on"), stamp(a.On))
		case a.Off.IsZero():
		case !a.Off.After(a.On):
			return fmt.Errorf("%s: %s is not after t_on", name("t_off"), stamp(a.Off))
		case a.Off.After(r.End):
			return fmt.Errorf("%s: %s is after end", name("t_off"), stamp(a.Off))
		}
		if err := r.checkSpacing(i); err != nil {
			return err
		}
	}
	return nil
}

// checkSpacing holds the way from the axle before against times and speeds: a tenth and
// 100 mm between them are uneven driving, more is a mistake.
func (r *Record) checkSpacing(i int) error {
	if i == 0 || len(r.Spacings) == 0 {
		return nil
	}
	a, b := r.speedOf(i-1), r.speedOf(i)
	if a == 0 || b == 0 {
		return nil
	}
	way := (int64(a) + int64(b)) * r.Axles[i].On.Sub(r.Axles[i-1].On).Microseconds() / 2_000_000
	said := int64(r.Spacings[i-1])
	if d := way - said; max(d, -d) > said/10+100 {
		return fmt.Errorf("spacings_mm[%d]: %d, but t_on and speed make %d", i-1, said, way)
	}
	return nil
}

// speedOf is the speed of an axle, or the vehicle's; 0 is unknown.
func (r *Record) speedOf(i int) quant.Speed {
	if v := r.Axles[i].Speed; v > 0 {
		return v
	}
	return r.Speed
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z") }
