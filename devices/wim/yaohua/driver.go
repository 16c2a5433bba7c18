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
	Format Format `toml:"format"` // a9, a26, a23p, a12e
	Unit   string `toml:"unit"`   // kg, t
}

var units = map[string]quant.Mass{"kg": quant.Kilogram, "t": quant.Tonne}

// load reads and checks the settings.
func load(sec devices.Section) (Config, error) {
	c := Config{Settings: weigh.Default(), Listening: weigh.Listening{Silence: 2 * time.Second}, Format: A9, Unit: "kg"}
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return Config{}, err
		}
	}
	var errs []error
	if _, ok := layouts[c.Format]; !ok {
		errs = append(errs, fmt.Errorf("format %q: want a9, a26, a23p or a12e", c.Format))
	}
	switch _, ok := units[c.Unit]; {
	case !ok:
		errs = append(errs, fmt.Errorf("unit %q: want kg or t", c.Unit))
	case c.Format == A12E && c.Unit != "kg":
		errs = append(errs, fmt.Errorf("unit %q: format a12e says kg in every frame", c.Unit))
	}
	errs = append(errs, c.Listening.Validate(), c.Settings.Validate())
	if err := errors.Join(errs...); err != nil {
		return Config{}, fmt.Errorf("%s: %w", Kind, err)
	}
	return c, nil
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:       Kind,
		Summary:    "Yaohua XK3190 continuous output: format 0, formats 1 and 2, A12E text",
		Manual:     manual,
		Example:    example,
		New:        devices.OnLink(NewSession),
		NewSession: NewSession,
	}
}
