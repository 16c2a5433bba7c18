package stgs

import (
	"errors"
	"fmt"
	"strings"
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
	Address string        `toml:"address"` // two digits; "" is any, but one
	Scale   string        `toml:"scale"`   // one digit; "" is any
	Ask     string        `toml:"ask"`     // read, rext; "" only listens
	Poll    time.Duration `toml:"poll"`    // from request to request
	Alibi   bool          `toml:"alibi"`   // store every weighing at rest in the alibi memory
}

// load reads and checks the settings.
func load(sec devices.Section) (Config, error) {
	c := Config{Settings: weigh.Default(), Listening: weigh.Listening{Silence: 3 * time.Second}, Poll: 200 * time.Millisecond}
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return Config{}, err
		}
	}
	var errs []error
	if a := c.Address; a != "" && (len(a) != 2 || !digit(a[0]) || !digit(a[1])) {
		errs = append(errs, fmt.Errorf("address %q: want two digits, or nothing", a))
	}
	if a := c.Scale; a != "" && (len(a) != 1 || !digit(a[0])) {
		errs = append(errs, fmt.Errorf("scale %q: want a digit, or nothing", a))
	}
	if c.Ask != "" && c.Ask != "read" && c.Ask != "rext" {
		errs = append(errs, fmt.Errorf("ask %q: want read, rext or nothing", c.Ask))
	}
	if c.Poll < 50*time.Millisecond || c.Poll > 5*time.Second {
		errs = append(errs, fmt.Errorf("poll %s: want 50 ms to 5 s", c.Poll))
	}
	if c.Alibi && c.Mode != weigh.Static {
		errs = append(errs, errors.New("alibi: only loads at rest can be stored, want mode static"))
	}
	errs = append(errs, c.Listening.Validate(), c.Settings.Validate())
	if err := errors.Join(errs...); err != nil {
		return Config{}, fmt.Errorf("%s: %w", Kind, err)
	}
	return c, nil
}

// NewSession makes the machine of one connection. It only listens, unless it is set to ask.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	c, err := load(sec)
	if err != nil {
		return nil, err
	}
	d := newDecoder(c.Address)
	if c.Scale != "" {
		d.scale = c.Scale[0]
	}
	if c.Ask != "" && c.Period == 0 {
		c.Period = c.Poll
	}
	l, err := weigh.Listen(proto, d, lineLen, c.Settings, c.Listening, sec, env)
	if err != nil {
		return nil, err
	}
	var s session = l
	if c.Ask != "" {
		s = weigh.Asking(l, "", c.Address+strings.ToUpper(c.Ask)+"\r\n", c.Poll)
	}
	if c.Alibi && !env.Stream {
		s = &alibi{session: s, dec: d, request: c.Address + "PID\r\n", division: c.Division}
	}
	return s, nil
}

// session is a Session that can also be ended.
type session interface {
	devices.Session
	devices.Finisher
	End(now time.Time, out *devices.Out)
}

func settings(sec devices.Section) (weigh.Settings, error) {
	c, err := load(sec)
	return c.Settings, err
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:        Kind,
		Summary:     "Dini Argeo standard, AF and REXT strings with alibi memory, and the lines of CAS and A&D",
		Manual:      manual,
		Example:     example,
		New:         weigh.OnLinks(NewSession, settings),
		NewSession:  NewSession,
		NewSessions: weigh.Sessions(NewSession, settings),
	}
}
