package metrology

import "acsgd/internal/quant"

// Report is the outcome of a campaign: every error of every run, what is missing, and the
// classes reached. It is computed from the campaign alone, so that anyone can compute it
// again.
type Report struct {
	Campaign   *Campaign   `json:"campaign"`
	Standard   string      `json:"standard"`
	Limits     Evidence    `json:"limits"`             // evidence of the tables of permitted errors
	Withheld   string      `json:"withheld,omitempty"` // why no limit and no class is named; "" if they are
	References []Reference `json:"references"`         // one a vehicle, in the campaign's order
	Runs       []Tested    `json:"runs"`               // one a run, in the campaign's order
	Bands      []Band      `json:"bands"`              // near vmin, between, near vmax
	Whole      Band        `json:"whole"`              // all speeds; its classes are those so far
	Missing    []string    `json:"missing,omitempty"`  // what a complete campaign needs still
	Against    []string    `json:"against,omitempty"`  // why a class that was wanted is not reached
	Reached    Classes     `json:"reached,omitzero"`   // of a complete campaign
	Passed     bool        `json:"passed"`

	Statistical *Statistical `json:"statistical,omitempty"` // a statement more, which decides nothing
}

// Standard is the standard that a Report follows.
const Standard = "OIML R 134-1:2006"

// Evidence says how well a fact is known.
type Evidence string

// The marks of evidence.
const (
	Verified   Evidence = "V" // read in the text that it is from
	FromMemory Evidence = "M" // must not decide anything
)

// Reference is what a vehicle's runs are compared with.
type Reference struct {
	Vehicle string     `json:"vehicle"`
	Runs    int        `json:"runs"`    // that count
	Mass    quant.Mass `json:"mass_kg"` // on the control instrument
	Loads   []Part     `json:"loads,omitempty"`
}

// Part is a single axle or a group of axles of a reference vehicle.
type Part struct {
	First int        `json:"first"` // axle, from 1
	Last  int        `json:"last"`
	Mean  quant.Mass `json:"mean_kg"` // of the runs that count
	// Load is the static load of an axle of a two-axle rigid, or the corrected mean of all
	// others.
	Load quant.Mass `json:"load_kg"`
}

// Tested is one run beside what it should have shown.
type Tested struct {
	N       int     `json:"n"` // of the campaign's run
	Vehicle string  `json:"vehicle"`
	Band    Speeds  `json:"band,omitempty"`
	Counts  bool    `json:"counts"`
	Why     string  `json:"why,omitempty"`   // why it does not count, or fails without a number
	Mass    *Error  `json:"mass,omitempty"`  // nil if there is nothing to compare
	Loads   []Error `json:"loads,omitempty"` // as Reference.Loads
	Over    bool    `json:"over,omitempty"`  // it counts, and a limit is exceeded
}

// Error is what one indication is wrong by.
type Error struct {
	First     int        `json:"first,omitempty"` // axle, from 1; 0 is the whole vehicle
	Last      int        `json:"last,omitempty"`
	Shown     quant.Mass `json:"shown_kg"`
	Reference quant.Mass `json:"reference_kg"`
	Error     quant.Mass `json:"error_kg"`           // shown less reference
	Limit     quant.Mass `json:"limit_kg,omitempty"` // of the class wanted, or reached so far; 0 is withheld
	Class     string     `json:"class,omitempty"`    // the best whose limit it keeps; "" is none, or withheld
	Over      bool       `json:"over,omitempty"`     // beyond Limit
}

// Speeds is a third of the range of operating speeds.
type Speeds string

// The bands of speed. How near is near is not said in what we have read: a third is ours.
const (
	NearMin Speeds = "near_vmin"
	Between Speeds = "between"
	NearMax Speeds = "near_vmax"
)

// Band is the outcome in one range of speeds.
type Band struct {
	Name    Speeds      `json:"name,omitempty"`
	From    quant.Speed `json:"from_mms"`
	To      quant.Speed `json:"to_mms"`
	Runs    int         `json:"runs"`             // that count
	Classes Classes     `json:"classes,omitzero"` // whose limits every run keeps
	Mass    quant.Mass  `json:"mass_kg"`          // the greatest errors, without their sign
	Axle    quant.Mass  `json:"axle_kg"`
	Group   quant.Mass  `json:"group_kg"`
}
