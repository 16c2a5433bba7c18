package axle

import (
	"errors"
	"fmt"
	"time"

	"acsgd/internal/quant"
)

// Config describes one platform. Every field must be set; Default gives good values.
type Config struct {
	Platform quant.Length `json:"platform_mm"` // along the driving direction
	Patch    quant.Length `json:"patch_mm"`    // length of a tyre's contact patch, 200 to 300 mm
	Division quant.Mass   `json:"division_kg"` // axle masses are rounded to it
	// Capacity is the largest axle mass; above it an axle is flagged overload. 0 is not checked.
	Capacity quant.Mass  `json:"capacity_kg"`
	SpeedMin quant.Speed `json:"speed_min_mms"` // the speed range that the scale is verified for
	SpeedMax quant.Speed `json:"speed_max_mms"`
	On       quant.Mass  `json:"on_kg"`       // a load above it opens a segment
	Off      quant.Mass  `json:"off_kg"`      // a load below it closes the segment
	ZeroMax  quant.Mass  `json:"zero_max_kg"` // a vehicle is refused if zero is further off
	RateMin  float64     `json:"rate_min_hz"` // rolling axles are refused below
	// Settle is left out at both ends of the plateau, for platform and filter to settle.
	Settle time.Duration `json:"settle_ns"`
	// Calibration is the standard uncertainty of the span, in parts per million of the load.
	Calibration int64 `json:"calibration_ppm"`
	// A vehicle has ended when no axle came for the longer of Gap and the time that
	// GapLength takes at the last axle's speed, but never longer than GapMax.
	Gap       time.Duration `json:"gap_ns"`
	GapLength quant.Length  `json:"gap_mm"`
	GapMax    time.Duration `json:"gap_max_ns"`
	// Base is the longest distance of first and last axle; above it a vehicle is flagged
	// vehicle_too_long: two vehicles were taken for one.
	Base quant.Length `json:"base_mm"`
}

// Default gives the configuration of a platform 0.75 m long with 20 kg divisions.
func Default() Config {
	return Config{
		Platform: 750, Patch: 250, Division: 20 * quant.Kilogram,
		SpeedMin: 278, SpeedMax: 2778,
		On: 300 * quant.Kilogram, Off: 150 * quant.Kilogram, ZeroMax: 50 * quant.Kilogram,
		RateMin: 50, Settle: 30 * time.Millisecond, Calibration: 1000,
		Gap: 2500 * time.Millisecond, GapLength: 12 * quant.Metre, GapMax: time.Minute,
		Base: 24 * quant.Metre,
	}
}

// Validate reports all that is wrong with c.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.Patch >= 50 && c.Patch <= 600, "contact patch %v: want 50 to 600 mm", c.Patch)
	check(c.Platform > c.Patch && c.Platform <= 20*quant.Metre, "platform length %v: want more than the contact patch, at most 20 m", c.Platform)
	check(c.Division > 0 && c.Division <= quant.Tonne, "division %v: want above 0, at most 1 t", c.Division)
	check(c.Capacity >= 0, "capacity %v: want 0 or more", c.Capacity)
	check(c.SpeedMin >= 0 && c.SpeedMax > c.SpeedMin && c.SpeedMax <= 30_000, "speed range %v to %v: want growing, at most 108 km/h", c.SpeedMin, c.SpeedMax)
	check(c.Off > 0 && c.On > c.Off, "thresholds on %v, off %v: want 0 < off < on", c.On, c.Off)
	check(c.ZeroMax > 0, "zero limit %v: want above 0", c.ZeroMax)
	check(c.RateMin > 0, "least rate %v Hz: want above 0", c.RateMin)
	check(c.Settle >= 0 && c.Settle <= time.Second, "settling time %v: want 0 to 1 s", c.Settle)
	check(c.Calibration >= 0 && c.Calibration <= 100_000, "calibration uncertainty %d ppm: want 0 to 100000", c.Calibration)
	check(c.Gap > 0 && c.GapMax >= c.Gap && c.GapMax <= 10*time.Minute, "vehicle gap %v to %v: want growing, at most 10 min", c.Gap, c.GapMax)
	check(c.GapLength >= 0, "gap length %v: want 0 or more", c.GapLength)
	check(c.Base > 0, "longest wheel base %v: want above 0", c.Base)
	return errors.Join(errs...)
}

// metres and kilograms as floats, for the signal processing.
func (c *Config) length() float64   { return float64(c.Platform) / 1000 }
func (c *Config) patch() float64    { return float64(c.Patch) / 1000 }
func (c *Config) division() float64 { return float64(c.Division) / 1000 }
