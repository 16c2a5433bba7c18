// Package decl is the declaration vocabulary: the canonical declaration, whatever format
// it came in, and the expected-arrival index that lanes match against.
//
// Unknown is absent, never zero.
package decl

import (
	"time"

	"acsgd/internal/quant"
)

// Declaration is the canonical form. Its JSON is a public contract ("declarations check",
// "match", the store).
type Declaration struct {
	ID         string      `json:"id"`   // ours: first 16 hex digits of the original's SHA-256, "-n" for the n-th in one file
	Kind       string      `json:"kind"` // import, export, transit, pre_arrival
	Procedure  string      `json:"procedure,omitempty"`
	MRN        string      `json:"mrn,omitempty"`
	LRN        string      `json:"lrn,omitempty"`
	Format     string      `json:"format"`
	Offices    Offices     `json:"offices,omitzero"`
	Parties    Parties     `json:"parties,omitzero"`
	Units      []Unit      `json:"units,omitempty"`
	Containers []Container `json:"containers,omitempty"`
	Seals      []string    `json:"seals,omitempty"`
	Items      []Item      `json:"items,omitempty"`
	Totals     Totals      `json:"totals,omitzero"`
	Permits    []Document  `json:"permits,omitempty"`
	Previous   []Document  `json:"previous_documents,omitempty"`
	Route      []string    `json:"route,omitempty"` // ISO country codes in order
	Deadline   string      `json:"deadline,omitempty"`
	Origin     string      `json:"origin_country,omitempty"` // country of dispatch
	Original   string      `json:"original,omitempty"`       // SHA-256 of the bytes received
	Received   time.Time   `json:"received,omitzero"`
}

// Offices are customs office codes.
type Offices struct {
	Departure   string `json:"departure,omitempty"`
	Destination string `json:"destination,omitempty"`
	Entry       string `json:"entry,omitempty"`
	Border      string `json:"border,omitempty"`
}

// Parties are names as declared.
type Parties struct {
	Declarant string `json:"declarant,omitempty"`
	Consignor string `json:"consignor,omitempty"`
	Consignee string `json:"consignee,omitempty"`
	Carrier   string `json:"carrier,omitempty"`
}

// Unit is one vehicle unit; tractor and trailer are always apart.
type Unit struct {
	Role    string `json:"role"`  // tractor, trailer, vehicle, vessel, ...
	Plate   string `json:"plate"` // normalised, see internal/plate
	Country string `json:"country,omitempty"`
	Source  string `json:"source,omitempty"` // the source's own text, where it differs
}

// Container is one container by its ISO 6346 number, as declared.
type Container struct {
	ID string `json:"id"`
}

// Item is one goods item.
type Item struct {
	No          int        `json:"no"`
	HS          string     `json:"hs,omitempty"` // digits as declared, 6 to 10
	Origin      string     `json:"origin,omitempty"`
	Gross       quant.Mass `json:"gross_kg,omitempty"`
	Net         quant.Mass `json:"net_kg,omitempty"`
	GrossText   string     `json:"gross_text,omitempty"` // where rounding to the gram lost digits
	NetText     string     `json:"net_text,omitempty"`
	Packages    int        `json:"packages,omitempty"`
	Description string     `json:"description,omitempty"`
}

// Totals are the declared totals; Gross is the sum of the items where the header has none.
type Totals struct {
	Gross    quant.Mass `json:"gross_kg,omitempty"`
	Packages int        `json:"packages,omitempty"`
	Items    int        `json:"items,omitempty"`
}

// Document names a permit or a previous document.
type Document struct {
	Kind string `json:"kind,omitempty"`
	ID   string `json:"id"`
	Date string `json:"date,omitempty"`

	// Special is what a special permit for a heavy or oversize vehicle allows; nil where the
	// document is none, or its contents were not declared.
	Special *Special `json:"special,omitempty"`
}

// SpecialPermit is the Document.Kind of a special permit for a heavy or oversize vehicle.
const SpecialPermit = "special_permit"

// Special is what a special permit for a heavy or oversize vehicle allows. A value that is
// absent is not permitted beyond the general limits: one for the gross mass does not cover
// the axles.
type Special struct {
	Plates []string     `json:"plates,omitempty"`     // of tractor and trailer
	From   string       `json:"valid_from,omitempty"` // YYYY-MM-DD, inclusive
	To     string       `json:"valid_to,omitempty"`   // YYYY-MM-DD, inclusive
	Route  []string     `json:"route,omitempty"`      // regions or sites that it leads through
	Gross  quant.Mass   `json:"gross_kg,omitempty"`
	Axles  []quant.Mass `json:"axles_kg,omitempty"` // of every axle in driving order
	Groups []GroupMass  `json:"groups,omitempty"`
	Length quant.Length `json:"length_mm,omitempty"`
	Width  quant.Length `json:"width_mm,omitempty"`
	Height quant.Length `json:"height_mm,omitempty"`
}

// GroupMass is what an axle group may weigh together; its axles count from 1.
type GroupMass struct {
	First int        `json:"first"`
	Last  int        `json:"last"`
	Mass  quant.Mass `json:"mass_kg"`
}

// Problem is one finding of format-logical control.
type Problem struct {
	Rule     string `json:"rule"`
	Path     string `json:"path"`
	Severity string `json:"severity"` // reject, discrepancy, information
	Message  string `json:"message"`
}
