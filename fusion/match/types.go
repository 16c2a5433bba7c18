// Package match weighs the evidence of a passage (plates front, rear and trailer with their
// alternatives, container, mass, time) against the expected arrivals and answers matched,
// ambiguous or none with a posterior. It never picks silently (decisions D8, D27).
package match

import (
	"acsgd/internal/decl"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// State is the answer in one word.
type State string

// The states.
const (
	Matched   State = "matched"   // best posterior >= Accept and >= 100 times the second
	Ambiguous State = "ambiguous" // best posterior >= 0.05
	None      State = "none"
)

// Read is one plate text with how probable the reader holds it.
type Read struct {
	Text    string        `json:"text"`
	P       quant.Prob    `json:"p"`
	Role    obs.PlateRole `json:"role,omitempty"`
	Country string        `json:"country,omitempty"`
	Camera  string        `json:"camera,omitempty"` // reads of one camera are alternatives of one another
	// Reader is who read a picture of Camera; "" is the camera itself. Two readers of one
	// picture are no two views: what both say is one reading of one plate.
	Reader string     `json:"reader,omitempty"`
	Chars  []obs.Char `json:"chars,omitempty"`
}

// Evidence is all that is known of one vehicle.
type Evidence struct {
	Reads      []Read
	Containers []string
	Gross      quant.Mass // measured; 0 is not measured
	UGross     quant.Mass // 95 % half-width; 0 is unknown, and the mass then is no evidence
}

// Prior is what is known before any evidence. The zero Prior is a traffic in which one
// vehicle in ten has no declaration and all declarations are equally likely.
type Prior struct {
	// Undeclared is the share of vehicles without a declaration; 0 means DefaultUndeclared.
	Undeclared quant.Prob
	// Odds, if not nil, lowers the prior of a declaration that is less expected than the
	// others (outside its window, another direction): Certain leaves it as it is. It must
	// be a pure function. It is not called for indexes of bare plates.
	Odds func(*decl.Declaration) quant.Prob
}

// DefaultUndeclared is the share of undeclared vehicles where Prior gives none, and
// LeastUndeclared the smallest share that is used.
const (
	DefaultUndeclared quant.Prob = 100_000
	LeastUndeclared   quant.Prob = 20_000
)

// DefaultAccept is the posterior from which a match is accepted (decision D27).
const DefaultAccept quant.Prob = 900_000

// Candidate is one declaration that the vehicle may belong to.
type Candidate struct {
	Declaration string     `json:"declaration"`      // decl.Declaration.ID
	Number      string     `json:"number,omitempty"` // as people know it: its MRN, else its LRN
	Text        string     `json:"text"`             // its best matching plate
	Posterior   quant.Prob `json:"posterior"`
	Exact       bool       `json:"exact"`             // a read equals a declared plate
	Second      bool       `json:"second"`            // independent second evidence agrees: another declared plate, a container
	Differs     bool       `json:"differs,omitempty"` // a plate was read that the declaration does not have
	Why         []string   `json:"why,omitempty"`
}

// Result is the answer for one vehicle.
type Result struct {
	State    State       `json:"state"`
	Declared []Candidate `json:"declared,omitempty"` // the five best
}

// Auto reports whether the barrier may rely on the match: posterior >= 0.999 and an exact
// plate or a second evidence, and no plate that differs from the declared ones.
func (r Result) Auto() bool {
	return r.State == Matched && len(r.Declared) > 0 && r.Declared[0].Posterior >= 999_000 &&
		(r.Declared[0].Exact || r.Declared[0].Second) && !r.Declared[0].Differs
}
