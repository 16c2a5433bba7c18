package metrology

import (
	"errors"
	"strings"
)

// Issue makes the certificate of a campaign that has passed: one range of speeds, the whole
// that was tested, with the classes reached in it. number, issuer, the first and the last
// day are the issuer's to say; sum is the SHA-256 of the report's JSON.
func Issue(r *Report, number, issuer, issued, expires, sum string) (*Certificate, error) {
	if !r.Passed {
		why := append(append([]string(nil), r.Against...), r.Missing...)
		return nil, errors.New("no certificate: " + strings.Join(why, "; "))
	}
	in := &r.Campaign.Instrument
	c := &Certificate{
		Number: number, Class: "wim", Make: in.Make, Model: in.Model, Serial: in.Serial, Firmware: in.Firmware,
		Standard: r.Standard, Issuer: issuer, Issued: issued, Expires: expires,
		Division: in.Division, Min: in.Min, Max: in.Max,
		Ranges: []Range{{From: in.From, To: in.To, Mass: r.Reached.Mass, Axle: r.Reached.Axle, Group: r.Reached.Group}},
		Report: sum, Simulator: r.Campaign.Simulator,
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}
