package stgs

import (
	"errors"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim/weigh"
)

// Kind is the driver's name in the catalogue.
const Kind = "wim/st-gs"

const (
	proto   = "st-gs"
	lineLen = 20 // of the standard string without address, with CR LF
)

// Config are the settings of one indicator.
type Config struct {
	weigh.Settings
	weigh.Listening
	Address string `toml:"address"` // two digits; "" is any, but one
}

// load reads and checks the settings.
func load(sec devices.Section) (Config, error) {
	c := Config{Settings: weigh.Default(), Listening: weigh.Listening{Silence: 3 * time.Second}}
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return Config{}, err
		}
	}
	var errs []error
	if a := c.Address; a != "" && (len(a) != 2 || !digit(a[0]) || !digit(a[1])) {
		errs = append(errs, fmt.Errorf("address %q: want two digits, or nothing", a))
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
	return weigh.Listen(proto, newDecoder(c.Address), lineLen, c.Settings, c.Listening, sec, env)
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:       Kind,
		Summary:    "Dini Argeo standard string and its relatives of CAS and A&D, one line a weight",
		Manual:     manual,
		Example:    example,
		New:        devices.OnLink(NewSession),
		NewSession: NewSession,
	}
}
