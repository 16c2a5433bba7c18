package mtcontinuous

import (
	"errors"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim/weigh"
)

// Kind is the driver's name in the catalogue.
const Kind = "wim/mt-continuous"

// Config are the settings of one indicator.
type Config struct {
	weigh.Settings
	Checksum Checksum      `toml:"checksum"` // auto, on, off
	Period   time.Duration `toml:"period"`   // between frames; 0: as fast as the line goes, then measured
	Silence  time.Duration `toml:"silence"`  // without a frame before the instrument is degraded
}

// load reads and checks the settings.
func load(sec devices.Section) (Config, error) {
	c := Config{Settings: weigh.Default(), Checksum: Auto, Silence: 2 * time.Second}
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return Config{}, err
		}
	}
	var errs []error
	if c.Checksum != Auto && c.Checksum != On && c.Checksum != Off {
		errs = append(errs, fmt.Errorf("checksum %q: want auto, on or off", c.Checksum))
	}
	if c.Period < 0 || c.Period > 5*time.Second {
		errs = append(errs, fmt.Errorf("period %s: want 0 to 5 s", c.Period))
	}
	if c.Silence < 0 || c.Silence > 0 && c.Silence < 200*time.Millisecond {
		errs = append(errs, fmt.Errorf("silence %s: want 0, or at least 200 ms", c.Silence))
	}
	errs = append(errs, c.Settings.Validate())
	if err := errors.Join(errs...); err != nil {
		return Config{}, fmt.Errorf("%s: %w", Kind, err)
	}
	return c, nil
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:       Kind,
		Summary:    "Mettler Toledo continuous output and its many emulations, 17 or 18 bytes",
		Manual:     manual,
		Example:    example,
		New:        devices.OnLink(NewSession),
		NewSession: NewSession,
	}
}

// NewSession makes the machine of one connection.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	c, err := load(sec)
	if err != nil {
		return nil, err
	}
	return newSession(c, sec, env)
}
