// Package record is our own record of one weighed vehicle: a JSON object that any data
// logger can be taught to give, and that exports of others are turned into.
//
// It stands where a maker's protocol is not public: whoever knows the logger writes a small
// program beside it that composes these records and pushes them to the driver wim/json. The
// JSON Schema in this package is the contract; Decode is stricter than a schema can be,
// because it also holds the members against each other.
//
// Masses are decimal kilograms, lengths integer millimetres, speeds millimetres a second,
// times RFC 3339 with a zone and at least milliseconds. A member that is left out is not
// known; nothing is guessed for it, and a load without an uncertainty is never judged.
package record

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Version is the version of the record that this package reads and writes.
const Version = 1

// MaxAxles is the largest number of axles of one vehicle.
const MaxAxles = 24

// Schema is the record as a JSON Schema (2020-12).
//
//go:embed record.schema.json
var Schema string

// Record is one weighed vehicle.
type Record struct {
	Version   int            `json:"version"` // 1
	ID        string         `json:"id"`      // of this weighing, unique for the logger; equal ids are one vehicle
	Site      string         `json:"site,omitempty"`
	Lane      string         `json:"lane,omitempty"`
	Device    Device         `json:"device"`
	Start     time.Time      `json:"start"` // the vehicle's first axle comes on
	End       time.Time      `json:"end"`   // its last one is off
	Direction string         `json:"direction,omitempty"`
	Speed     quant.Speed    `json:"speed_mms,omitempty"`
	USpeed    quant.Speed    `json:"u_speed_mms,omitempty"` // 95 % half-width; 0 is unknown
	Accel     int32          `json:"accel_mms2,omitempty"`  // negative is braking
	Axles     []Axle         `json:"axles"`                 // in driving order; none of a vehicle that was weighed whole
	Spacings  []quant.Length `json:"spacings_mm,omitempty"` // from each axle to the next
	Groups    []Group        `json:"groups,omitempty"`
	Gross     quant.Mass     `json:"gross_kg"`
	U         quant.Mass     `json:"u_kg,omitempty"` // 95 % half-width of Gross; 0 is unknown
	Mode      string         `json:"mode,omitempty"` // static, stopgo, dynamic
	Flags     []obs.Flag     `json:"flags,omitempty"`
	Alibi     string         `json:"alibi,omitempty"`        // id in the logger's alibi memory
	Trace     string         `json:"trace_sha256,omitempty"` // of the raw trace that the logger keeps
}

// Device is the instrument that weighed.
type Device struct {
	ID       string `json:"id"`
	Serial   string `json:"serial,omitempty"`
	Firmware string `json:"firmware,omitempty"`
	Verified string `json:"verified_until,omitempty"` // last day of its verification, YYYY-MM-DD
}

// Axle is one axle.
type Axle struct {
	N       int         `json:"n"` // from 1, in driving order
	Load    quant.Mass  `json:"load_kg"`
	U       quant.Mass  `json:"u_kg,omitempty"` // 95 % half-width; 0 is unknown
	On      time.Time   `json:"t_on,omitzero"`  // its middle passes the first edge
	Off     time.Time   `json:"t_off,omitzero"` // its middle passes the last edge
	Speed   quant.Speed `json:"speed_mms,omitempty"`
	USpeed  quant.Speed `json:"u_speed_mms,omitempty"`
	Samples int         `json:"samples,omitempty"` // that the load rests on
	Quality []obs.Flag  `json:"quality,omitempty"` // flags of this axle alone
}

// Group is a group of axles.
type Group struct {
	Type  string     `json:"type"`  // single, tandem, tridem, ...
	Axles []int      `json:"axles"` // their numbers
	Load  quant.Mass `json:"load_kg"`
}

// The directions and modes.
const (
	Forward = "forward"
	Reverse = "reverse"

	Static  = "static"
	StopGo  = "stopgo"
	Dynamic = "dynamic"
)

// Append appends the record as JSON without a line end.
func (r *Record) Append(dst []byte) ([]byte, error) {
	w := *r
	if w.Axles == nil {
		w.Axles = []Axle{} // the member is required
	}
	b, err := json.Marshal(&w)
	if err != nil {
		return dst, fmt.Errorf("encode record %q: %w", r.ID, err)
	}
	return append(dst, b...), nil
}
