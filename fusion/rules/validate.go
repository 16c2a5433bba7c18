package rules

import (
	"errors"
	"fmt"
)

// Validate reports every contradiction in what v says of itself; nil if there is none. It
// does not ask for completeness: what is missing ends as Undetermined.
func (v *Vehicle) Validate() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if v.Date != "" {
		if _, ok := parseDate(v.Date); !ok {
			add("date %q is not a day YYYY-MM-DD", v.Date)
		}
	}
	switch v.Class {
	case "", Rigid, Articulated, RoadTrain:
	default:
		add("class %q is none of rigid, articulated, road_train", v.Class)
	}
	switch v.Carriage {
	case "", "domestic", "international":
	default:
		add("carriage %q is neither domestic nor international", v.Carriage)
	}
	switch v.Body {
	case "", General, Isothermal, Bus, CarCarrier, ContainerCarrier:
	default:
		add("body %q is none of general, isothermal, bus, car_carrier, container_carrier", v.Body)
	}
	if v.RoadClass < 0 {
		add("road_class_kg %s is below zero", v.RoadClass)
	}
	if len(v.Axles) > MaxAxles {
		add("%d axles, at most %d are judged", len(v.Axles), MaxAxles)
	}
	if len(v.Units) > 0 && len(v.Axles) > 0 {
		if _, _, ok := unitsOf(v); !ok {
			add("units %v do not count %d axles", v.Units, len(v.Axles))
		}
	}
	if v.Permit != nil {
		v.Permit.validate(add)
	}
	if v.UGap < 0 {
		add("u_gap_mm is below zero")
	}
	for i := range v.Axles {
		if v.Axles[i].Gap < 0 {
			add("axle %d: gap_mm is below zero", i+1)
		}
	}
	if v.UMass != nil && *v.UMass < 0 || v.ULength != nil && *v.ULength < 0 {
		add("an uncertainty is below zero")
	}
	return errors.Join(errs...)
}
