package tsa

import (
	"fmt"
	"time"

	"acsgd/devices"
)

// Kind is the driver's name in the catalogue.
const Kind = "rpm/tsa"

// Config are the settings of one portal.
type Config struct {
	// Silence is how long a portal may say nothing (it owes a background line every 5 s, or
	// slices) before it is reported as degraded; after three times as long the link is
	// given up and made anew. 0 switches the watch off.
	Silence time.Duration `toml:"silence"`
	// Date is the day of a daily file whose lines carry the time of day only, as
	// "2026-01-15"; empty takes the reader's day.
	Date string `toml:"date"`
	// Zone is the offset from UTC of such a file, as "+05:00"; empty is UTC.
	Zone string `toml:"zone"`

	day  time.Time
	zone *time.Location
}

// load reads and checks the settings.
func load(sec devices.Section) (Config, error) {
	cfg := Config{Silence: 10 * time.Second, zone: time.UTC}
	if sec.Decode != nil {
		if err := sec.Decode(&cfg); err != nil {
			return Config{}, err
		}
	}
	if cfg.Silence < 0 || cfg.Silence > 0 && cfg.Silence < backgroundEvery {
		return Config{}, fmt.Errorf("%s: silence %s: 0, or at least the 5 s between two background lines", Kind, cfg.Silence)
	}
	if cfg.Zone != "" {
		t, err := time.Parse("-07:00", cfg.Zone)
		if err != nil {
			return Config{}, fmt.Errorf("%s: zone %q: want an offset from UTC such as +05:00", Kind, cfg.Zone)
		}
		_, offset := t.Zone()
		cfg.zone = time.FixedZone(cfg.Zone, offset)
	}
	if cfg.Date != "" {
		day, err := time.ParseInLocation(time.DateOnly, cfg.Date, cfg.zone)
		if err != nil {
			return Config{}, fmt.Errorf("%s: date %q: want a day such as 2026-01-15", Kind, cfg.Date)
		}
		cfg.day = day
	}
	return cfg, nil
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:       Kind,
		Summary:    "TSA and Rapiscan VM-250 family portals (SC-770, SC-775 controllers), line stream",
		Manual:     manual,
		Example:    example,
		New:        devices.OnLink(NewSession),
		NewSession: NewSession,
	}
}

// NewSession makes the decoder of one connection.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	return newSession(cfg, env.Stream), nil
}
