package match

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"acsgd/internal/plate"
)

// Confirmed is a plate that a camera or reader read in a passage, and what truly stood
// there as an officer or another evidence told, never the read itself.
type Confirmed struct {
	Camera     string // device that read it
	True, Read string
}

// Account says what was learnt from.
type Account struct {
	Plates  int            // used
	Left    map[string]int // left out, by reason
	All     *plate.Tally
	Cameras []CameraAccount
}

// CameraAccount is one camera's part.
type CameraAccount struct {
	Name  string
	Own   bool // it has enough for a channel of its own
	Tally *plate.Tally
}

// ownFrom is how many plates a camera needs for a channel of its own; one with fewer is
// seen through what all cameras of the site have in common.
const ownFrom = 25

// Learn makes the camera channels of a site from confirmed plates (decision D23): the shell
// calls it, a supervisor puts the result in force. It is pure; the order of the plates has
// no effect. All cameras together are learnt on top of the start channel, each camera on
// top of all. Nil with an error if nothing can be used.
func Learn(confirmed []Confirmed) (*plate.Channels, *Account, error) {
	a := &Account{Left: map[string]int{}, All: new(plate.Tally)}
	by := map[string][]plate.Confirmed{}
	var together []plate.Confirmed
	for _, c := range confirmed {
		p := plate.Confirmed{True: plate.Encode(plate.Normalise(c.True)), Read: plate.Encode(plate.Normalise(c.Read))}
		if why := unfit(p); why != "" {
			a.Left[why]++
			continue
		}
		a.Plates++
		by[c.Camera] = append(by[c.Camera], p)
		together = append(together, p)
	}
	if a.Plates == 0 {
		return nil, a, fmt.Errorf("no confirmed plate can be learnt from; %d are left out", len(confirmed))
	}
	start := plate.StartChannel()
	a.All = start.Count(together)
	all := start.Learn(together)
	of := map[string]*plate.Channel{}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		c := CameraAccount{Name: name, Own: len(by[name]) >= ownFrom && name != "", Tally: start.Count(by[name])}
		if c.Own {
			of[name] = all.Learn(by[name])
		}
		a.Cameras = append(a.Cameras, c)
	}
	return plate.NewChannels("", a.Plates, all, of), a, nil
}

// unfit says why a pair tells nothing of how the camera errs; "" if it does. An officer may
// confirm the wrong vehicle, and cameras see the plate of another: such a pair has few
// characters in common, and what it would teach is chance.
func unfit(p plate.Confirmed) string {
	n := p.True.Len()
	most := n / 3
	switch {
	case n == 0:
		return "no true plate"
	case p.Read.Len() == 0:
		return "nothing was read"
	case plate.Distance(p.True, p.Read, most) > most:
		return "another plate was read than the true one"
	}
	return ""
}

// Reasons lists why plates were left out, the most frequent first.
func (a *Account) Reasons() []string {
	return slices.SortedFunc(maps.Keys(a.Left), func(x, y string) int {
		return cmp.Or(cmp.Compare(a.Left[y], a.Left[x]), cmp.Compare(x, y))
	})
}
