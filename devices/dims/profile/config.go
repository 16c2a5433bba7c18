// Package profile turns the scans of one or two overhead laser scanners into the
// silhouette of one vehicle: height, width, slices in time, each with its uncertainty.
//
// It is pure: no clock, no I/O. The chain, from left to right:
//
//	scan -> foreground (background, lane window) -> neighbour and 2-of-3 filter
//	     -> points in the road frame -> slice (cells of 0.1 m, edges) -> object -> obs.Profile
//
// The road frame has x across (0 is the lane's middle, negative to the left), z up from
// the fitted road; the vehicle moves through the plane. One plane knows no speed, so the
// length stays 0 unless a speed is given: the fusion core computes it from its own track
// and Start, End and Period.
//
// Geometry and rules: Zhang et al., Sensors 2021, 21(18), 6206, and the error budget in
// the manual of dims/cola.
package profile

import (
	"errors"
	"fmt"
	"time"

	"acsgd/internal/quant"
)

// Mount is where one scanner hangs. Angles grow counter-clockwise in the device's frame:
// 90 degrees look straight down, 0 degrees to positive x unless Flip is set.
type Mount struct {
	X      quant.Length `json:"x_mm"`      // from the lane's middle
	Height quant.Length `json:"height_mm"` // above the road; 0: found by calibration alone
	Roll   float64      `json:"roll_deg"`  // used with Height until calibrated
	Flip   bool         `json:"flip"`      // 0 degrees look to negative x
}

// Config describes one profiler. Times are in scans where speed is unknown.
type Config struct {
	Mounts   []Mount      `json:"mounts"` // one or two; the second is merged into the slices of the first
	Left     quant.Length `json:"left_mm"`
	Right    quant.Length `json:"right_mm"` // lane window
	Ceiling  quant.Length `json:"ceiling_mm"`
	Scans    int          `json:"calibration_scans"` // empty scans of one calibration
	EndScans int          `json:"end_scans"`         // clear scans that end a vehicle
	Mirrors  bool         `json:"with_mirrors"`      // true: mirrors count as width
	Speed    quant.Speed  `json:"speed_mms"`         // known constant speed; 0 is unknown
	USpeed   quant.Speed  `json:"u_speed_mms"`       // its 95 % half-width
	UWay     float64      `json:"u_way,omitempty"`   // relative 95 % half-width of Scan.Way; 0: no scan has a way
	URange   quant.Length `json:"u_range_mm"`        // systematic error of a distance, 95 %
	// The beam's footprint is Aperture + Divergence * range: what a flat edge is smeared by.
	Aperture   quant.Length `json:"aperture_mm"`
	Divergence float64      `json:"divergence_mrad"`
	MaxObject  int64        `json:"max_object_s"`    // an object that stays longer is background
	Target     Target       `json:"target,omitzero"` // commissioning: nothing is measured
}

// Defaults is one LMS5xx above the middle of a 5 m wide lane, calibrated from the empty lane.
func Defaults() Config {
	return Config{Mounts: []Mount{{}}, Left: -2500, Right: 2500, Ceiling: 5500, Scans: 500, EndScans: 5,
		URange: 25, Aperture: 14, Divergence: 4.7, MaxObject: 4 * 3600}
}

// Check reports all that is wrong with c.
func (c *Config) Check() error {
	var errs []error
	bad := func(ok bool, format string, a ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, a...))
		}
	}
	bad(len(c.Mounts) == 1 || len(c.Mounts) == 2, "one or two scanners, not %d", len(c.Mounts))
	for i, m := range c.Mounts {
		bad(m.Height == 0 || (m.Height >= 1000 && m.Height <= 15000), "scanner %d: height %s is not between 1 m and 15 m", i+1, m.Height)
		bad(m.Roll >= -30 && m.Roll <= 30, "scanner %d: roll %g is not between -30 and 30 degrees", i+1, m.Roll)
	}
	bad(c.Right-c.Left >= 1000 && c.Right-c.Left <= 12000, "lane window %s to %s: want 1 m to 12 m", c.Left, c.Right)
	bad(c.Ceiling >= 2000 && c.Ceiling <= 15000, "ceiling %s is not between 2 m and 15 m", c.Ceiling)
	bad(c.Scans >= 25 && c.Scans <= 100000, "calibration over %d scans: want 25 to 100000", c.Scans)
	bad(c.EndScans >= 3 && c.EndScans <= 1000, "end after %d scans: want 3 to 1000", c.EndScans)
	bad(c.Speed >= 0 && c.USpeed >= 0, "a negative speed")
	if c.Target.Used() {
		bad(c.Target.Width >= 500 && c.Target.Width <= 6000, "target %s wide: want 0.5 m to 6 m", c.Target.Width)
		bad(c.Target.Height >= 300 && c.Target.Height <= 3000, "target %s high: want 0.3 m to 3 m", c.Target.Height)
		bad(c.Target.Speed >= 0 && c.Target.Speed <= 3000, "target carried at %d mm/s: want at most 3 m/s", c.Target.Speed)
	}
	bad(c.UWay >= 0 && c.UWay <= 0.1 && (c.UWay == 0 || c.Speed == 0), "way known to %g: want 0 to 0.1, and no speed beside it", c.UWay)
	bad(c.MaxObject > 0, "max_object_s must be above 0")
	return errors.Join(errs...)
}

// Remarks are conditions of a scan that belong into the profile's flags.
type Remarks uint8

// The remarks.
const (
	Polluted Remarks = 1 << iota
	Fault
	ClockUnset
	NoWay // the encoder that is set is not there
)

// MinEcho is the smallest distance; smaller values are "no echo" and device error codes.
const MinEcho = 16

// Scan is one fan of distances.
type Scan struct {
	At     time.Time     // of the first beam, by the host's clock
	Beam   time.Duration // from beam to beam
	Period time.Duration // from scan to scan
	Start  float64       // angle of the first beam, degrees
	Step   float64       // degrees
	Dist   []int32       // mm; below MinEcho is no distance
	Lost   int           // scans missing before this one
	First  bool          // of a connection: what is missing before it shows in the time alone
	Way    int64         // um that vehicles have moved on since any moment; with Config.UWay
	Marks  Remarks
}
