package fusion

import (
	"slices"
	"time"

	"acsgd/internal/obs"
)

// uneven reports whether the scale has seen that a vehicle's speed says nothing about its
// way between t0 and t1: it stopped there, rolled back, or stood still between two axles.
// Then its length is not known, however well its speed over the platform is.
func (v *visit) uneven(t0, t1 time.Time) bool {
	jerk := func(flags []obs.Flag) bool {
		return slices.Contains(flags, obs.InMotion) || slices.Contains(flags, obs.RollBack)
	}
	for i := range v.Axles {
		if jerk(v.Axles[i].Flags) {
			return true
		}
	}
	for i := range v.Track.Edges {
		if e := &v.Track.Edges[i]; e.Speed <= 0 && e.On.Before(t1) && e.Off.After(t0) {
			return true
		}
	}
	return v.Gross != nil && jerk(v.Gross.Flags)
}
