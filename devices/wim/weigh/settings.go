package weigh

import (
	"errors"
	"fmt"
	"time"

	"acsgd/devices/wim/axle"
	"acsgd/internal/quant"
)

// The modes.
const (
	Axles  = "axles"
	Groups = "groups"
	Static = "static"
	Whole  = "vehicle"
)

// Settings are the settings that all weighing drivers share; embed them in a driver's
// settings. Default fills them.
type Settings struct {
	Mode           string        `toml:"mode"`            // axles, groups, static, vehicle
	PlatformLength quant.Length  `toml:"platform_length"` // along the driving direction
	ContactPatch   quant.Length  `toml:"contact_patch"`   // length of a tyre on the ground
	Division       quant.Mass    `toml:"division"`
	Capacity       quant.Mass    `toml:"capacity"`  // largest load; "0kg" is not checked
	SpeedMin       quant.Speed   `toml:"speed_min"` // verified range
	SpeedMax       quant.Speed   `toml:"speed_max"`
	ZeroMax        quant.Mass    `toml:"zero_max"` // a vehicle is refused if zero is further off
	OnLoad         quant.Mass    `toml:"on_load"`  // a load above it is an axle or a vehicle
	OffLoad        quant.Mass    `toml:"off_load"` // a load below it is none
	VehicleGap     time.Duration `toml:"vehicle_gap"`
	GapLength      quant.Length  `toml:"gap_length"`
	SpanU          int64         `toml:"span_u_ppm"` // standard uncertainty of the span
	StableFor      time.Duration `toml:"stable_for"` // mode static: rest before the load is taken
	// A second platform behind the first, on a link of its own; "" is none.
	SecondLink       string       `toml:"second_link"`
	PlatformDistance quant.Length `toml:"platform_distance"` // from first edge to first edge
}

// Default gives the settings of an axle platform 0.75 m long.
func Default() Settings {
	a := axle.Default()
	return Settings{
		Mode: Axles, PlatformLength: a.Platform, ContactPatch: a.Patch, Division: a.Division,
		SpeedMin: a.SpeedMin, SpeedMax: a.SpeedMax, ZeroMax: a.ZeroMax, OnLoad: a.On, OffLoad: a.Off,
		VehicleGap: a.Gap, GapLength: a.GapLength, SpanU: a.Calibration, StableFor: 2 * time.Second,
	}
}

// Axle gives the configuration of the axle algorithm.
func (s Settings) Axle() axle.Config {
	c := axle.Default()
	c.Platform, c.Patch, c.Division, c.Capacity = s.PlatformLength, s.ContactPatch, s.Division, s.Capacity
	c.SpeedMin, c.SpeedMax, c.ZeroMax, c.On, c.Off = s.SpeedMin, s.SpeedMax, s.ZeroMax, s.OnLoad, s.OffLoad
	c.Gap, c.GapLength, c.Calibration = s.VehicleGap, s.GapLength, s.SpanU
	c.GapMax = max(c.GapMax, c.Gap)
	return c
}

// Validate reports all that is wrong with s.
func (s Settings) Validate() error {
	var errs []error
	switch s.Mode {
	case Axles, Groups, Static, Whole:
	default:
		errs = append(errs, fmt.Errorf("mode %q: want axles, groups, static or vehicle", s.Mode))
	}
	if s.Mode == Groups && s.PlatformLength < 2*quant.Metre {
		errs = append(errs, fmt.Errorf("platform_length %v: mode groups wants 2 m or more, axles the shorter ones", s.PlatformLength))
	}
	if s.Mode == Whole && s.PlatformLength < 6*quant.Metre {
		errs = append(errs, fmt.Errorf("platform_length %v: mode vehicle wants 6 m or more", s.PlatformLength))
	}
	if s.StableFor < 500*time.Millisecond || s.StableFor > time.Minute {
		errs = append(errs, fmt.Errorf("stable_for %s: want 0.5 s to 1 min", s.StableFor))
	}
	errs = append(errs, s.second())
	return errors.Join(append(errs, s.Axle().Validate())...)
}

// second reports what is wrong with the second platform.
func (s Settings) second() error {
	switch {
	case s.SecondLink == "" && s.PlatformDistance == 0:
		return nil
	case s.SecondLink == "":
		return fmt.Errorf("platform_distance %v: want second_link too", s.PlatformDistance)
	case s.Mode != Axles:
		return fmt.Errorf("second_link: belongs to mode axles, not %s", s.Mode)
	case s.PlatformDistance <= s.PlatformLength || s.PlatformDistance > 20*quant.Metre:
		return fmt.Errorf("platform_distance %v: want more than platform_length, at most 20 m", s.PlatformDistance)
	}
	return nil
}

// Manual describes the shared settings, for the drivers' manuals.
const Manual = `  mode             "axles"   "axles": a rolling vehicle over a short platform, one record an
                             axle and one for the vehicle; "groups": a rolling vehicle over a
                             platform of 2 m and more, see below; "static": one record a
                             vehicle at rest on a platform that carries it whole; "vehicle":
                             the same, and also of one that rolls over it slowly
  platform_length  "0.75m"   along the driving direction; the speed is computed from it, so
                             measure it to the millimetre
  contact_patch    "0.25m"   length of a tyre on the ground
  division         "20kg"    scale interval d; axle masses are rounded to it
  capacity         "0kg"     largest load, above it a record is flagged overload; 0 is off
  speed_min        "1km/h"   speeds that the scale is verified for; outside them a record
  speed_max        "10km/h"  is flagged speed_out_of_range and never judged
  zero_max         "50kg"    a vehicle is flagged zero_drift if the empty platform reads more
  on_load          "300kg"   a load above it is an axle (or a vehicle)
  off_load         "150kg"   a load below it is none
  vehicle_gap      "2.5s"    a vehicle has ended when no axle came for the longer of this time
  gap_length       "12m"     and the time that this way takes at its speed
  span_u_ppm       1000      standard uncertainty of the span, from the last verification
  stable_for       "2s"      mode static: how long the load must rest
  second_link      ""        link of a second platform behind the first: the same make of
                             platform and indicator, with the same settings
  platform_distance "0m"     of the two, from first edge to first edge, to the millimetre

A rolling axle is weighed by all its samples from the first touch to the last: how platform
and filter answer, the swinging of body and axle, and the tyre's length are found from them.
Its uncertainty u is never less than the table of package axle for the platform's length and
the speed. An axle is not judged (u is 0) below eight samples on the plateau, above 0.3 m/s2,
outside the verified speeds, or if another axle was on the platform with it (overlap).
Left and right are not compared: an indicator gives one sum.

Mode groups is for platforms longer than the distance of a group's axles, 3.0 to 3.6 m. Every
axle's coming and leaving is a step of the load, from which its times, speed and number are
found. An axle is weighed while it is alone; axles that are on together are a group, weighed
by the sum while all are on (group_kg on its last axle). An axle of a group that was never
alone is flagged group_load: its load is a share, never judged, but its group's is. A vehicle
whose steps cannot be told apart (two at once, a stop on the platform, uneven motion) is
flagged overlap and not judged. All records come when the vehicle has ended. No trace is kept.

In modes static and vehicle each axle that rolls on to the platform is a step of the load: where
all are told apart their number, times and steps come as records flagged group_load before
the whole vehicle's, so that its gross mass can be judged by the number of axles; else the
whole is alone. In mode vehicle one that rolls over without resting is weighed while all of
it is on, its speed and spacings come from the steps; one longer than the platform is flagged
vehicle_too_long. A vehicle that does neither rest nor roll evenly is not judged.

Two platforms weigh every axle twice. The loads are joined by their inverse variances, as if
the swinging were partly the same on both; the way between them gives a second speed. Loads
further apart than both uncertainties void the axle (platforms_disagree); an axle that one
platform missed is kept with the other's uncertainty and a remark (one_platform); speeds that
contradict each other leave the speed unknown. The records of a vehicle come when the second
platform has it whole. While one link is away the other goes on alone.

Times mean: t_on an axle's middle passes the platform's first edge, t_off its last edge. The
station of the device is the first edge. Rolling weighing needs at least 50 samples a second;
below, the driver reports itself degraded, flags every rolling axle rate_low, and weighs only
axles that stop. Set the indicator's filter to its fastest step (8 ms or less) and its
automatic zero on; switch tare off.
`
