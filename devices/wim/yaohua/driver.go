package yaohua

import (
	"errors"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim/weigh"
	"acsgd/internal/quant"
)

// Kind is the driver's name in the catalogue.
const Kind = "wim/yaohua"

// Config are the settings of one indicator.
type Config struct {
	weigh.Settings
	weigh.Listening
	Format  Format        `toml:"format"`  // a9, a26, a23p, a12e, a12, command
	Unit    string        `toml:"unit"`    // kg, t
	Address string        `toml:"address"` // A to Z, with format command
	Poll    time.Duration `toml:"poll"`    // from request to request, with format command
}

var units = map[string]quant.Mass{"kg": quant.Kilogram, "t": quant.Tonne}

// load reads and checks the settings.
func load(sec devices.Section) (Config, error) {
	c := Config{Settings: weigh.Default(), Listening: weigh.Listening{Silence: 2 * time.Second}, Format: A9, Unit: "kg",
		Address: "A", Poll: 100 * time.Millisecond}
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return Config{}, err
		}
	}
	var errs []error
	if _, ok := layouts[c.Format]; !ok {
		errs = append(errs, fmt.Errorf("format %q: want a9, a26, a23p, a12e, a12 or command", c.Format))
	}
	switch _, ok := units[c.Unit]; {
	case !ok:
		errs = append(errs, fmt.Errorf("unit %q: want kg or t", c.Unit))
	case (c.Format == A12E || c.Format == A12) && c.Unit != "kg":
		errs = append(errs, fmt.Errorf("unit %q: format %s says kg in every frame", c.Unit, c.Format))
	}
	if len(c.Address) != 1 || c.Address[0] < 'A' || c.Address[0] > 'Z' {
		errs = append(errs, fmt.Errorf("address %q: want a letter from A to Z", c.Address))
	}
	if c.Poll < 15*time.Millisecond || c.Poll > 5*time.Second {
		errs = append(errs, fmt.Errorf("poll %s: want 15 ms to 5 s", c.Poll))
	}
	errs = append(errs, c.Listening.Validate(), c.Settings.Validate())
	if err := errors.Join(errs...); err != nil {
		return Config{}, fmt.Errorf("%s: %w", Kind, err)
	}
	return c, nil
}

func settings(sec devices.Section) (weigh.Settings, error) {
	c, err := load(sec)
	return c.Settings, err
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:        Kind,
		Summary:     "Yaohua XK3190: continuous output in formats 0, 1 and 2, text of A12 and A12E, command mode",
		Manual:      manual,
		Example:     example,
		New:         weigh.OnLinks(NewSession, settings),
		NewSession:  NewSession,
		NewSessions: weigh.Sessions(NewSession, settings),
	}
}
