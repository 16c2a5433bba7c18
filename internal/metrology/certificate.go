// Package metrology says how good an instrument is and who says so: the certificate of its
// last verification and the accuracy classes of OIML R 134.
package metrology

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"acsgd/internal/quant"
)

// Certificate is what the last verification of one instrument established. A site file names
// it beside the device; it goes with the lane's parameters through the journal, so that a
// verdict is recomputed with the certificate of its day.
type Certificate struct {
	Number   string `json:"number"`
	Class    string `json:"class"` // of the instrument: wim, dims
	Make     string `json:"make,omitempty"`
	Model    string `json:"model,omitempty"`
	Serial   string `json:"serial"`
	Firmware string `json:"firmware,omitempty"`
	Standard string `json:"standard"` // "OIML R 134-1:2006"
	Issuer   string `json:"issuer"`
	Issued   string `json:"issued"`  // first day, YYYY-MM-DD of the site's civil time
	Expires  string `json:"expires"` // last day

	Division quant.Mass `json:"division_kg,omitempty"` // scale interval d
	Min      quant.Mass `json:"min_kg,omitempty"`      // of an axle
	Max      quant.Mass `json:"max_kg,omitempty"`
	Ranges   []Range    `json:"ranges,omitempty"` // approved speeds, growing
	Report   string     `json:"report,omitempty"` // SHA-256 of the test report
	// Simulator marks a certificate of simulated runs: it counts in simulator mode only.
	Simulator bool `json:"simulator,omitempty"`
}

// Range is one approved range of the operating speed and the classes that were reached in
// it. Classes are text: other standards have more of them than R 134.
type Range struct {
	From  quant.Speed `json:"from_mms"`
	To    quant.Speed `json:"to_mms"` // both ends belong to it
	Mass  string      `json:"mass_class,omitempty"`
	Axle  string      `json:"axle_class,omitempty"`
	Group string      `json:"group_class,omitempty"`
}

// ParseCertificate reads a certificate's JSON and checks it. Unknown names are refused: a
// bound that is not understood must not be left out.
func ParseCertificate(b []byte) (*Certificate, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var c Certificate
	if err := d.Decode(&c); err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	if d.More() {
		return nil, errors.New("read certificate: further text after its end")
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &c, nil
}

// Validate reports all that is wrong with c.
func (c *Certificate) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, f := range []struct{ name, value string }{{"number", c.Number}, {"class", c.Class}, {"serial", c.Serial}, {"standard", c.Standard}, {"issuer", c.Issuer}} {
		if f.value == "" {
			bad("%s is missing", f.name)
		}
	}
	from, err := time.Parse(time.DateOnly, c.Issued)
	if err != nil {
		bad("issued %q: want YYYY-MM-DD", c.Issued)
	}
	to, err2 := time.Parse(time.DateOnly, c.Expires)
	if err2 != nil {
		bad("expires %q: want YYYY-MM-DD", c.Expires)
	}
	if err == nil && err2 == nil && to.Before(from) {
		bad("expires %s before it was issued, %s", c.Expires, c.Issued)
	}
	for i, r := range c.Ranges {
		if r.From < 0 || r.To <= r.From || i > 0 && r.From < c.Ranges[i-1].To {
			bad("speed range %d, %v to %v: want growing ranges that do not overlap", i+1, r.From, r.To)
		}
	}
	return errors.Join(errs...)
}
