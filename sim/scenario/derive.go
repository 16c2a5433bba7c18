package scenario

import (
	"cmp"
	"strings"

	"acsgd/sim"
)

// derived is what a vehicle's story leads to expect, where the file says nothing else. It
// is written from the stories alone; the limits behind it are those of the region's law
// (Kazakhstan: single axle 10 t, tandem 1.3 to 1.8 m 16 t, tridem 22.5 t, articulated 40 t,
// height 4 m).
func derived(a *Arrival, file Expect) (e Expect) {
	e = file
	load := Finding{Quantity: "axle|group|gross"}
	set := func(verdict, path, match string, must ...Finding) {
		e.Verdict, e.Path, e.Match = cmp.Or(e.Verdict, verdict), cmp.Or(e.Path, path), cmp.Or(e.Match, match)
		e.Finding = append(e.Finding, must...)
	}
	combination := len(a.Vehicle.Units) > 1
	defer func() { known(a, &e) }()
	switch a.Story {
	case sim.Clean:
		set("within", "green", "matched")
	case sim.Overloaded:
		set("exceeds", "officer", "matched", load)
		e.May = append(e.May, load)
	case sim.TooHigh:
		set("exceeds", "officer", "matched", Finding{Quantity: "height"})
	case sim.Undeclared:
		set("undetermined", "officer", "none|ambiguous", Finding{Quantity: "declaration", Verdict: "undetermined"})
	case sim.Understated:
		// The tare of a rigid vehicle is known so badly that the gap may hide in it.
		light := Finding{Quantity: "declared_mass", Reason: "heavier than declared"}
		if combination {
			set("exceeds", "officer", "matched", light)
		} else {
			set("within|exceeds", "", "matched")
			e.May = append(e.May, light)
		}
	case sim.Potash:
		set("exceeds", "officer", "matched", Finding{Quantity: "radiation", Text: "gamma", Note: "radiate by nature"})
	case sim.Smuggled:
		set("exceeds", "officer", "matched", Finding{Quantity: "radiation", Text: "gamma"})
		e.May = append(e.May, Finding{Quantity: "radiation", Text: "neutron"})
	case sim.Prohibited:
		set("exceeds|undetermined", "officer", "matched", Finding{Quantity: "goods", Verdict: "exceeds|undetermined"})
	case sim.Misread:
		// A combination has its trailer's plate as a second witness; a rigid vehicle has not.
		if combination {
			set("within", "", "matched")
			break
		}
		set("within|undetermined", "", "matched|ambiguous|none")
		e.May = append(e.May, Finding{Quantity: "declaration", Verdict: "undetermined"})
	}
	return e
}

// known adds what the region's law and the tare tables leave open, whatever the story.
func known(a *Arrival, e *Expect) {
	switch a.Vehicle.Template {
	case "T12O2": // Order 342 has no gross limit that was read for 3 + 2 axles, articulated
		e.May = append(e.May, Finding{Quantity: "gross", Verdict: "undetermined", Reason: "no gross limit"})
	case "BUS2": // a coach is heavier than any lorry of two axles: its tare is not in the table
		e.May = append(e.May, Finding{Quantity: "declared_mass", Reason: "declared"})
	default:
		return
	}
	if strings.HasPrefix(e.Verdict, "within") {
		e.Verdict, e.Path = "within|exceeds|undetermined", ""
	}
}
