// Package rules evaluates vehicles against rule packs. It only computes: the packs come
// from internal/rulepack as data, with clause and evidence mark on every row.
//
// One judgement everywhere (decision D25): judged = measured - max(deduction, u95);
// Exceeds if judged > limit, else Within; a missing or unusable measurement, or a limit
// that is not verified, is Undetermined with its reason and never Within.
package rules

import (
	"time"

	"acsgd/internal/quant"
)

// Verdict is what a comparison says. The zero Verdict is not valid.
type Verdict string

// The verdicts.
const (
	Within       Verdict = "within"
	Exceeds      Verdict = "exceeds"
	Undetermined Verdict = "undetermined"
)

// Vehicle is what the rules see of a vehicle; its JSON is the input of "rules check".
// An absent measurement is nil and never zero.
type Vehicle struct {
	ID        string        `json:"id"`
	Date      string        `json:"date,omitempty"`          // YYYY-MM-DD, the day whose law counts
	Class     string        `json:"class,omitempty"`         // rigid, articulated, road_train
	RoadClass quant.Mass    `json:"road_class_kg,omitempty"` // 6000, 10000 (default), 11500
	Region    string        `json:"region,omitempty"`
	Carriage  string        `json:"carriage,omitempty"` // domestic, international
	Body      string        `json:"body,omitempty"`     // general (default), isothermal, bus, car_carrier, container_carrier
	Permit    *Permit       `json:"permit,omitempty"`   // special permit, or its bare number as a string
	Plates    []string      `json:"plates,omitempty"`   // of all units; a permit is for plates
	Site      string        `json:"site,omitempty"`     // where it is, beside its region; a permit is for a route
	Units     []int         `json:"units,omitempty"`    // axles of the tractor, axles of the trailer
	Axles     []Axle        `json:"axles,omitempty"`
	Length    *quant.Length `json:"length_mm,omitempty"`
	Width     *quant.Length `json:"width_mm,omitempty"`
	Height    *quant.Length `json:"height_mm,omitempty"`
	UMass     *quant.Mass   `json:"u_kg,omitempty"`     // of the gross mass; also of each axle without its own
	ULength   *quant.Length `json:"u_mm,omitempty"`     // of every size without its own
	UGap      quant.Length  `json:"u_gap_mm,omitempty"` // of the axle spacings
	Gross     *quant.Mass   `json:"gross_kg,omitempty"` // whole-vehicle weighing, where not the sum of the axles

	// Sizes with their own uncertainty, and the reasons why something was not measured or
	// may not be judged; set by the core, absent in "rules check".
	ULen    *quant.Length `json:"u_length_mm,omitempty"`
	UWid    *quant.Length `json:"u_width_mm,omitempty"`
	UHei    *quant.Length `json:"u_height_mm,omitempty"`
	Reasons Reasons       `json:"reasons,omitzero"`

	// Instrument is true when the values come from an instrument: then a missing u95 makes
	// the quantity Undetermined instead of counting as 0.
	Instrument bool `json:"instrument,omitempty"`
}

// Reasons say why a quantity cannot be judged ("" = it can).
type Reasons struct {
	Mass   string `json:"mass,omitempty"`
	Length string `json:"length,omitempty"`
	Width  string `json:"width,omitempty"`
	Height string `json:"height,omitempty"`
}

// Axle is one axle in driving order.
type Axle struct {
	Mass   *quant.Mass  `json:"mass_kg,omitempty"` // nil: not measured
	U      *quant.Mass  `json:"u_kg,omitempty"`    // 95 % half-width
	Gap    quant.Length `json:"gap_mm"`            // to the axle before, 0 for the first
	Dual   *bool        `json:"dual,omitempty"`    // twin tyres; nil: unknown, the kinder limit counts
	Air    *bool        `json:"air,omitempty"`     // air suspension or equivalent
	Reason string       `json:"reason,omitempty"`  // why its mass must not be judged
	// Group counts, from 1, the axles that a long platform weighed together; the last of them
	// has the group's load. GroupReason says why that must not be judged because of this axle.
	Group       int        `json:"group,omitempty"`
	GroupMass   quant.Mass `json:"group_kg,omitempty"`
	GroupU      quant.Mass `json:"u_group_kg,omitempty"` // 95 % half-width; 0 is unknown
	GroupReason string     `json:"group_reason,omitempty"`
}

// Finding is one comparison. Its JSON is a public contract (design.md 8.1).
// Mass values are kilograms, sizes millimetres, both in Unit; see Value.
type Finding struct {
	Vehicle     string   `json:"vehicle"`
	Quantity    string   `json:"quantity"`        // axle, group, gross, length, width, height, goods, radiation, declared_mass, declaration
	Axles       []int    `json:"axles,omitempty"` // first and last, from 1
	Measured    *Value   `json:"measured,omitempty"`
	Uncertainty *Value   `json:"uncertainty,omitempty"` // 95 % half-width
	Tolerance   *Value   `json:"tolerance,omitempty"`   // what was taken off: max(deduction, u95)
	Limit       *Value   `json:"limit,omitempty"`
	Unit        string   `json:"unit,omitempty"` // kg, mm, sigma
	Verdict     Verdict  `json:"verdict"`
	Reason      string   `json:"reason,omitempty"`
	Pack        string   `json:"pack,omitempty"`
	Row         string   `json:"row,omitempty"` // table and line of the row used
	Clause      string   `json:"clause,omitempty"`
	Mark        string   `json:"mark,omitempty"` // worst evidence mark of the row: V, C, E, G or M (unverified)
	Excess      *Value   `json:"excess,omitempty"`
	ExcessBP    int64    `json:"excess_bp,omitempty"` // of the limit, basis points
	Band        string   `json:"band,omitempty"`      // overload band of the pack
	Notes       []string `json:"notes,omitempty"`     // tyres_assumed, spacing_ambiguous, lift_axle, ...
	Evidence    []uint64 `json:"evidence,omitempty"`  // Seq of the inputs it rests on
	Text        string   `json:"text,omitempty"`      // goods: title of the control; others: ""
	Blocking    bool     `json:"blocking,omitempty"`  // the barrier must not open by itself
	TwoPersons  bool     `json:"two_persons,omitempty"`
}

// Value is a measured or legal value in thousandths of its unit: grams where the unit is
// kg, micrometres where it is mm. In JSON it is a decimal number in the unit.
type Value int64

// MarshalJSON gives a decimal number with at most three places.
func (v Value) MarshalJSON() ([]byte, error) { return quant.Mass(v).MarshalJSON() }

// UnmarshalJSON reads a decimal number.
func (v *Value) UnmarshalJSON(b []byte) error { return (*quant.Mass)(v).UnmarshalJSON(b) }

// MassValue and LengthValue convert quantities.
func MassValue(m quant.Mass) *Value { v := Value(m); return &v }

// LengthValue converts a length to a Value in mm.
func LengthValue(l quant.Length) *Value { v := Value(l) * 1000; return &v }

// Day parses a Vehicle's date; the zero time if it has none.
func (v *Vehicle) Day() (time.Time, error) {
	if v.Date == "" {
		return time.Time{}, nil
	}
	return time.Parse("2006-01-02", v.Date)
}
