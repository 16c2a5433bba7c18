package mtsics

import (
	"errors"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim/weigh"
)

// Kind is the driver's name in the catalogue.
const Kind = "wim/mt-sics"

const (
	proto = "mt-sics"
	ask   = "SIR\r\n" // send the weight now and go on
)

// Config are the settings of one indicator.
type Config struct {
	weigh.Settings
	weigh.Listening
}

// load reads and checks the settings.
func load(sec devices.Section) (Config, error) {
	c := Config{Settings: weigh.Default(), Listening: weigh.Listening{Silence: 2 * time.Second}}
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return Config{}, err
		}
	}
	errs := []error{c.Listening.Validate(), c.Settings.Validate()}
	if c.Silence == 0 {
		errs = append(errs, errors.New("silence 0s: a request that is lost would never be repeated"))
	}
	if err := errors.Join(errs...); err != nil {
		return Config{}, fmt.Errorf("%s: %w", Kind, err)
	}
	return c, nil
}

// NewSession makes the machine of one connection.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	c, err := load(sec)
	if err != nil {
		return nil, err
	}
	s, err := weigh.Listen(proto, &readings{}, usual, c.Settings, c.Listening, sec, env)
	if err != nil {
		return nil, err
	}
	s.Ask(ask)
	return s, nil
}

func settings(sec devices.Section) (weigh.Settings, error) {
	c, err := load(sec)
	return c.Settings, err
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:        Kind,
		Summary:     "Mettler Toledo MT-SICS, weight asked for once and then repeated",
		Manual:      manual,
		Example:     example,
		New:         weigh.OnLinks(NewSession, settings),
		NewSession:  NewSession,
		NewSessions: weigh.Sessions(NewSession, settings),
	}
}
