package metrology

import "fmt"

// What a complete campaign has, as far as it is remembered of clause 5 and Annex A of
// R 134; each is to be compared with the text.
const (
	runsOfVehicle = 10 // of each vehicle in each state of load
	runsMiddle    = 6
	runsSide      = 2 // at the left, and at the right
	runsOfBand    = 2 // near vmin, between and near vmax: ours, the text only says near
	otherKinds    = 2 // of vehicles besides the two-axle rigid
)

// tally counts the runs of one vehicle that count.
type tally struct {
	all      int
	position map[Position]int
	band     [3]int
}

func (c *Campaign) tally(id string) tally {
	t := tally{position: map[Position]int{}}
	for i := range c.Runs {
		if r := &c.Runs[i]; r.Vehicle == id && r.counts(c) == "" {
			t.all++
			t.position[r.Position]++
			t.band[band(&c.Instrument, r.Speed)]++
		}
	}
	return t
}

func positions() []Position { return []Position{Middle, Left, Right} }

func needed(p Position) int {
	if p == Middle {
		return runsMiddle
	}
	return runsSide
}

// Missing names what a complete campaign needs still: vehicles first, then runs.
func Missing(c *Campaign) []string { return append(MissingVehicles(c), missingRuns(c)...) }

// MissingVehicles names the reference vehicles, and what they are weighed on, that a
// complete campaign needs still.
func MissingVehicles(c *Campaign) []string {
	var out []string
	others := 0
	for _, k := range []Kind{TwoAxle, Rigid, Articulated, RoadTrain} {
		has := map[Load]bool{}
		for i := range c.Vehicles {
			if c.Vehicles[i].Kind == k {
				has[c.Vehicles[i].Load] = true
			}
		}
		switch {
		case k == TwoAxle && len(has) == 0:
			out = append(out, "a two-axle rigid vehicle, loaded and empty")
		case k != TwoAxle && len(has) > 0:
			others++
		}
		for _, l := range []Load{Loaded, Empty} {
			if len(has) == 1 && !has[l] {
				out = append(out, fmt.Sprintf("vehicle of kind %s, %s", k, l))
			}
		}
	}
	if others < otherKinds {
		out = append(out, fmt.Sprintf("%d more kinds of vehicles besides the two-axle rigid, loaded and empty", otherKinds-others))
	}
	if c.Control.Name == "" || c.Control.Certificate == "" {
		out = append(out, "control instrument with its certificate")
	}
	return out
}

func missingRuns(c *Campaign) []string {
	var out []string
	for i := range c.Vehicles {
		v := &c.Vehicles[i]
		t := c.tally(v.ID)
		if n := runsOfVehicle - t.all; n > 0 {
			out = append(out, fmt.Sprintf("%s: %d of %d runs", v.ID, n, runsOfVehicle))
		}
		for _, p := range positions() {
			if n := needed(p) - t.position[p]; n > 0 {
				out = append(out, fmt.Sprintf("%s: %d of %d runs at the %s", v.ID, n, needed(p), p))
			}
		}
		for k, b := range bands(&c.Instrument) {
			if n := runsOfBand - t.band[k]; n > 0 {
				out = append(out, fmt.Sprintf("%s: %d of %d runs at %s to %s km/h", v.ID, n, runsOfBand, KmH(b.From), KmH(b.To)))
			}
		}
	}
	return out
}

// Drive is a run to be driven.
type Drive struct {
	Vehicle  string
	Position Position
	Band     Band // the speeds to keep between
}

// Next says which run to drive next; ok is false when no vehicle needs one.
func Next(c *Campaign) (d Drive, ok bool) {
	for i := range c.Vehicles {
		t := c.tally(c.Vehicles[i].ID)
		d := Drive{Vehicle: c.Vehicles[i].ID, Position: Middle}
		short := t.all < runsOfVehicle
		for _, p := range positions() {
			if t.position[p] < needed(p) {
				d.Position, short = p, true
				break
			}
		}
		least := 0
		for k := range t.band {
			short = short || t.band[k] < runsOfBand
			if t.band[k] < t.band[least] {
				least = k
			}
		}
		if short {
			d.Band = bands(&c.Instrument)[least]
			return d, true
		}
	}
	return Drive{}, false
}

// Plan lists the runs that a campaign needs still, in the order of Next.
func Plan(c *Campaign) []Drive {
	var out []Drive
	x := *c
	x.Runs = append([]Run(nil), c.Runs...)
	for d, ok := Next(&x); ok; d, ok = Next(&x) { // each adds a run that counts, so that it ends
		out = append(out, d)
		x.Runs = append(x.Runs, Run{Vehicle: d.Vehicle, Position: d.Position, Speed: (d.Band.From + d.Band.To) / 2})
	}
	return out
}
