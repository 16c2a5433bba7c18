package scenario

import (
	"cmp"
	"slices"
	"strings"
)

// Expect is what the software under test must say about a vehicle. Empty fields expect
// nothing, except that what exceeds or stays undetermined without being listed is a false
// finding, and a match with another vehicle's declaration is always one.
type Expect struct {
	Seen    string    `toml:"seen"`    // how many passages the vehicle makes: "once" (default), "any", or "merged": any or none, in the one of the vehicle before it
	Verdict string    `toml:"verdict"` // within, exceeds, undetermined; several with |
	Path    string    `toml:"path"`    // green: released by itself; officer: a person must decide
	Match   string    `toml:"match"`   // matched, ambiguous, none; several with |
	Missing []string  `toml:"missing"` // classes of instruments that must be named as missing
	Finding []Finding `toml:"finding"` // must appear
	Not     []Finding `toml:"not"`     // must not appear
	May     []Finding `toml:"may"`     // may appear
}

// Finding describes findings; empty fields fit all.
type Finding struct {
	Quantity string `toml:"quantity"` // axle, group, gross, length, width, height, goods, radiation, declared_mass, declaration; several with |
	Verdict  string `toml:"verdict"`  // several with |; default exceeds
	Reason   string `toml:"reason"`   // part of the reason
	Text     string `toml:"text"`     // gamma, neutron
	Note     string `toml:"note"`     // part of one of the notes
}

// verdicts are the words of a verdict.
var verdicts = []string{"within", "exceeds", "undetermined"}

// oneOf reports whether got is one of the alternatives; "" takes everything.
func oneOf(alternatives, got string) bool {
	return alternatives == "" || slices.Contains(strings.Split(alternatives, "|"), got)
}

// fits reports whether a reported finding is described by f.
func (f *Finding) fits(r *Reported) bool {
	return oneOf(f.Quantity, r.Quantity) && oneOf(cmp.Or(f.Verdict, "exceeds"), r.Verdict) &&
		strings.Contains(r.Reason, f.Reason) && oneOf(f.Text, r.Text) &&
		(f.Note == "" || slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, f.Note) }))
}

// String is the finding in words.
func (f *Finding) String() string {
	s := cmp.Or(f.Quantity, "anything") + " " + cmp.Or(f.Verdict, "exceeds")
	for _, x := range []struct{ what, v string }{{"reason", f.Reason}, {"text", f.Text}, {"note", f.Note}} {
		if x.v != "" {
			s += " (" + x.what + " " + x.v + ")"
		}
	}
	return s
}
