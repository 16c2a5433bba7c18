package tensom

import (
	"errors"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim/weigh"
)

// Kind is the driver's name in the catalogue.
const Kind = "wim/tenso-m"

// Config are the settings of one indicator.
type Config struct {
	weigh.Settings
	Address int           `toml:"address"` // 1 to 159; 0: Serial is the address
	Serial  int           `toml:"serial"`  // 24 bits, with address 0
	Poll    time.Duration `toml:"poll"`    // from request to request
	Timeout time.Duration `toml:"timeout"` // for one answer
	Retries int           `toml:"retries"` // before the instrument is degraded
	Silence time.Duration `toml:"silence"` // without any answer before the link is made anew
}

func defaults() Config {
	return Config{
		Settings: weigh.Default(), Address: 1, Poll: 20 * time.Millisecond,
		Timeout: 150 * time.Millisecond, Retries: 3, Silence: 10 * time.Second,
	}
}

// load reads and checks the settings.
func load(sec devices.Section) (Config, error) {
	c := defaults()
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return Config{}, err
		}
	}
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.Address >= 0 && c.Address <= 159, "address %d: want 1 to 159, or 0 with a serial number", c.Address)
	check(c.Address == 0 || c.Serial == 0, "serial %d: only with address 0", c.Serial)
	check(c.Serial >= 0 && c.Serial < 1<<24, "serial %d: want 24 bits", c.Serial)
	check(c.Poll >= time.Millisecond && c.Poll <= 10*time.Second, "poll %s: want 1 ms to 10 s", c.Poll)
	check(c.Timeout >= 10*time.Millisecond && c.Timeout <= 5*time.Second, "timeout %s: want 10 ms to 5 s", c.Timeout)
	check(c.Retries >= 0 && c.Retries <= 100, "retries %d: want 0 to 100", c.Retries)
	check(c.Silence >= c.Timeout, "silence %s: want at least the timeout of %s", c.Silence, c.Timeout)
	errs = append(errs, c.Settings.Validate())
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
		Summary:     "Tenso-M indicators and terminals, native protocol (FF..FF FF), polled",
		Manual:      manual,
		Example:     example,
		New:         weigh.OnLinks(NewSession, settings),
		NewSession:  NewSession,
		NewSessions: weigh.Sessions(NewSession, settings),
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
