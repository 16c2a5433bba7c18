package metrology

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"acsgd/internal/quant"
)

// Campaign is the accuracy test of one scale that weighs in motion: the instrument, the
// reference vehicles with what the control instrument found, and the runs. Its TOML, with
// units, is what an engineer writes; its JSON is what a campaign is kept as.
type Campaign struct {
	Device     string     `toml:"device" json:"device"` // name in the site file
	Stage      Stage      `toml:"stage" json:"stage"`
	Place      string     `toml:"place" json:"place,omitempty"`
	Engineer   string     `toml:"engineer" json:"engineer,omitempty"`
	Conditions string     `toml:"conditions" json:"conditions,omitempty"` // temperature, road, wind
	Instrument Instrument `toml:"instrument" json:"instrument"`
	Control    Control    `toml:"control" json:"control"`
	Want       Classes    `toml:"want" json:"want,omitzero"` // "" is whatever is reached
	Vehicles   []Vehicle  `toml:"vehicle" json:"vehicles"`
	Runs       []Run      `toml:"run" json:"runs,omitempty"`
	Simulator  bool       `toml:"-" json:"simulator,omitempty"` // its runs were simulated
}

// Stage says which column of the tables of permitted errors counts.
type Stage string

// The stages of an instrument's life.
const (
	Initial   Stage = "initial" // before it is put into service, and after a repair
	InService Stage = "in_service"
)

// Instrument is the scale under test.
type Instrument struct {
	Make     string      `toml:"make" json:"make,omitempty"`
	Model    string      `toml:"model" json:"model,omitempty"`
	Serial   string      `toml:"serial" json:"serial"`
	Firmware string      `toml:"firmware" json:"firmware,omitempty"`
	Division quant.Mass  `toml:"division" json:"division_kg"` // scale interval d
	Min      quant.Mass  `toml:"min" json:"min_kg"`           // of an axle
	Max      quant.Mass  `toml:"max" json:"max_kg"`
	From     quant.Speed `toml:"from" json:"from_mms"` // vmin: operating speeds to be approved
	To       quant.Speed `toml:"to" json:"to_mms"`     // vmax
}

// Control is the instrument that gave the reference masses.
type Control struct {
	Name        string `toml:"name" json:"name"`
	Serial      string `toml:"serial" json:"serial,omitempty"`
	Certificate string `toml:"certificate" json:"certificate"`
}

// Classes names an accuracy class for each quantity; "" is none.
type Classes struct {
	Mass  string `toml:"mass" json:"mass,omitempty"`   // 0.2 to 10
	Axle  string `toml:"axle" json:"axle,omitempty"`   // A to F, single axles
	Group string `toml:"group" json:"group,omitempty"` // A to F, groups of axles
}

// Vehicle is one reference vehicle in one state of load.
type Vehicle struct {
	ID    string       `toml:"id" json:"id"`
	Kind  Kind         `toml:"kind" json:"kind"`
	Load  Load         `toml:"load" json:"load"`
	Plate string       `toml:"plate" json:"plate,omitempty"`
	Mass  quant.Mass   `toml:"mass" json:"mass_kg"`             // on the control instrument
	Axles []quant.Mass `toml:"axles" json:"axles_kg,omitempty"` // static single-axle loads, of a two-axle rigid only
	Parts []int        `toml:"groups" json:"groups"`            // axles of each group from the front, 1 for a single axle
}

// Kind is the kind of a reference vehicle.
type Kind string

// The kinds of reference vehicles.
const (
	TwoAxle     Kind = "rigid2"      // two-axle rigid: the only one with known axle loads
	Rigid       Kind = "rigid"       // three or four axles
	Articulated Kind = "articulated" // four axles or more
	RoadTrain   Kind = "road_train"  // rigid with trailer
)

// Load says how a reference vehicle is loaded.
type Load string

// The states of load.
const (
	Loaded Load = "loaded"
	Empty  Load = "empty"
)

// Count is how many axles the vehicle has.
func (v *Vehicle) Count() int {
	n := 0
	for _, p := range v.Parts {
		n += p
	}
	return n
}

// Position is where a vehicle drove on the load receptor.
type Position string

// The positions.
const (
	Middle Position = "middle"
	Left   Position = "left"
	Right  Position = "right"
)

// Run is one drive of a reference vehicle over the scale, as the scale gave it.
type Run struct {
	N         int          `toml:"n" json:"n"` // from 1, in the order driven
	At        time.Time    `toml:"at" json:"at,omitzero"`
	Vehicle   string       `toml:"vehicle" json:"vehicle"`
	Position  Position     `toml:"position" json:"position"`
	Axles     []quant.Mass `toml:"axles" json:"axles_kg,omitempty"` // in driving order
	Gross     quant.Mass   `toml:"gross" json:"gross_kg"`
	Speed     quant.Speed  `toml:"speed" json:"speed_mms"`
	Void      string       `toml:"void" json:"void,omitempty"`           // why the scale itself gave no valid result
	Discarded string       `toml:"discarded" json:"discarded,omitempty"` // why the engineer took it out
}

// Bounds of a campaign; they keep every sum within 63 bits.
const (
	maxVehicles = 32
	maxRuns     = 200 // of one vehicle
	maxAxles    = 32
	maxMass     = 200 * quant.Tonne

	maxSpeed quant.Speed = 100_000
	narrow   quant.Speed = 100 // a range that cannot be divided in three
)

// Vehicle finds a reference vehicle; nil if there is none.
func (c *Campaign) Vehicle(id string) *Vehicle {
	for i := range c.Vehicles {
		if c.Vehicles[i].ID == id {
			return &c.Vehicles[i]
		}
	}
	return nil
}

// Validate reports all that is wrong with c, apart from what is not there yet: for that see
// Report.Missing.
func (c *Campaign) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Stage != Initial && c.Stage != InService {
		bad("stage %q: want %s or %s", c.Stage, Initial, InService)
	}
	in := &c.Instrument
	if in.Serial == "" {
		bad("instrument: serial is missing")
	}
	if in.Division <= 0 || in.Division > in.Max || in.Max <= in.Min || in.Min < 0 || in.Max > maxMass {
		bad("instrument: division %v, min %v, max %v: want a division above 0 and min below max, at most %v", in.Division, in.Min, in.Max, maxMass)
	}
	if in.From <= 0 || in.To > maxSpeed || in.To-in.From < narrow {
		bad("instrument: speeds %v to %v: want speeds above 0, at least %v apart, at most %v", in.From, in.To, narrow, maxSpeed)
	}
	if len(c.Vehicles) > maxVehicles {
		bad("%d vehicles, at most %d", len(c.Vehicles), maxVehicles)
	}
	seen := map[string]bool{}
	for i := range c.Vehicles {
		v := &c.Vehicles[i]
		if err := v.validate(); err != nil {
			bad("vehicle %d %q: %w", i+1, v.ID, err)
		}
		if seen[v.ID] {
			bad("vehicle %d %q stands twice", i+1, v.ID)
		}
		seen[v.ID] = true
	}
	count := map[string]int{}
	for i := range c.Runs {
		r := &c.Runs[i]
		if err := r.validate(); err != nil {
			bad("run %d: %w", r.N, err)
		}
		if !seen[r.Vehicle] {
			bad("run %d: there is no vehicle %q", r.N, r.Vehicle)
		}
		if count[r.Vehicle]++; count[r.Vehicle] == maxRuns+1 {
			bad("more than %d runs of vehicle %q", maxRuns, r.Vehicle)
		}
	}
	return errors.Join(errs...)
}

func (v *Vehicle) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if strings.TrimSpace(v.ID) == "" {
		bad("id is missing")
	}
	if v.Load != Loaded && v.Load != Empty {
		bad("load %q: want %s or %s", v.Load, Loaded, Empty)
	}
	if v.Mass <= 0 || v.Mass > maxMass {
		bad("mass %v: want above 0, at most %v", v.Mass, maxMass)
	}
	for _, p := range v.Parts {
		if p < 1 || p > maxAxles {
			bad("groups %v: want numbers of axles from 1", v.Parts)
			return errors.Join(errs...)
		}
	}
	n, low, high := v.Count(), 0, 0
	switch v.Kind {
	case TwoAxle:
		low, high = 2, 2
	case Rigid:
		low, high = 3, 4
	case Articulated:
		low, high = 4, maxAxles
	case RoadTrain:
		low, high = 3, maxAxles
	default:
		bad("kind %q: want %s, %s, %s or %s", v.Kind, TwoAxle, Rigid, Articulated, RoadTrain)
		return errors.Join(errs...)
	}
	if n < low || n > high {
		bad("groups %v are %d axles: want %d to %d of a vehicle of kind %s", v.Parts, n, low, high, v.Kind)
	}
	if v.Kind != TwoAxle && len(v.Axles) > 0 {
		bad("static axle loads: only those of a two-axle rigid can be known")
	}
	if v.Kind == TwoAxle && (len(v.Axles) != 2 || len(v.Parts) != 2) {
		bad("want the static loads of two single axles")
	}
	for _, a := range v.Axles {
		if a <= 0 || a > maxMass {
			bad("static axle load %v: want above 0", a)
		}
	}
	return errors.Join(errs...)
}

func (r *Run) validate() error {
	if r.Position != Middle && r.Position != Left && r.Position != Right {
		return fmt.Errorf("position %q: want %s, %s or %s", r.Position, Middle, Left, Right)
	}
	if len(r.Axles) > maxAxles {
		return fmt.Errorf("%d axles, at most %d", len(r.Axles), maxAxles)
	}
	sum := quant.Mass(0)
	for _, m := range r.Axles {
		sum += min(abs(m), maxMass+1)
	}
	if sum > maxMass || r.Gross > maxMass || r.Gross < -maxMass {
		return fmt.Errorf("gross %v, axles %v: want at most %v", r.Gross, sum, maxMass)
	}
	return nil
}
