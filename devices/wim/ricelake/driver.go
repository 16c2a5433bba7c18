package ricelake

import (
	"errors"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim/weigh"
)

// Kind is the driver's name in the catalogue.
const Kind = "wim/rice-lake"

const proto = "rice-lake"

// Config are the settings of one indicator.
type Config struct {
	weigh.Settings
	weigh.Listening
	Format Format `toml:"format"` // rlws, cardinal
	Ton    Ton    `toml:"ton"`    // what RLWS calls T: metric, short; "" refuses it
}

// load reads and checks the settings.
func load(sec devices.Section) (Config, error) {
	c := Config{Settings: weigh.Default(), Listening: weigh.Listening{Silence: 3 * time.Second}, Format: RLWS}
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return Config{}, err
		}
	}
	var errs []error
	if c.Format != RLWS && c.Format != Cardinal {
		errs = append(errs, fmt.Errorf("format %q: want rlws or cardinal", c.Format))
	}
	if c.Ton != NoTon && c.Ton != Metric && c.Ton != Short {
		errs = append(errs, fmt.Errorf("ton %q: want metric, short or nothing", c.Ton))
	}
	errs = append(errs, c.Listening.Validate(), c.Settings.Validate())
	if err := errors.Join(errs...); err != nil {
		return Config{}, fmt.Errorf("%s: %w", Kind, err)
	}
	return c, nil
}

// NewSession makes the machine of one connection. It only listens.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	c, err := load(sec)
	if err != nil {
		return nil, err
	}
	n := rlwsLen + 2
	if c.Format == Cardinal {
		n = cardinalLen + 1
	}
	return weigh.Listen(proto, newDecoder(c.Format, c.Ton), n, c.Settings, c.Listening, sec, env)
}

func settings(sec devices.Section) (weigh.Settings, error) {
	c, err := load(sec)
	return c.Settings, err
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:        Kind,
		Summary:     "Rice Lake stream format (RLWS) and the Cardinal one",
		Manual:      manual,
		Example:     example,
		New:         weigh.OnLinks(NewSession, settings),
		NewSession:  NewSession,
		NewSessions: weigh.Sessions(NewSession, settings),
	}
}
