package axis

import (
	"errors"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/anpr/webhook"
	"acsgd/devices/push"
)

const (
	// Kind is the driver's name in the catalogue.
	Kind = "anpr/axis"
	// Port is the port on which pushes are usually taken.
	Port = 7081
	// Proto is the name of this protocol in decode errors.
	Proto = "axis"
)

// Config are the settings of one camera, or of several that push to one address.
type Config struct {
	anpr.Push
	// Zone is the camera's offset from UTC as +05:00, for events that have only a datetime.
	Zone string `toml:"zone"`

	zone *time.Location
}

func load(sec devices.Section) (*Config, error) {
	cfg := &Config{Push: anpr.PushDefaults()}
	err := cfg.Load(Kind, sec, cfg)
	if cfg.Zone != "" {
		at, e := time.Parse("-07:00", cfg.Zone)
		if e != nil {
			return nil, errors.Join(err, fmt.Errorf(Kind+": zone %q: want an offset such as +05:00", cfg.Zone))
		}
		_, offset := at.Zone()
		cfg.zone = time.FixedZone(cfg.Zone, offset)
	}
	return cfg, err
}

func (c *Config) protocol() *webhook.Protocol {
	return &webhook.Protocol{Name: Proto, Parse: c.parse, Field: "event",
		Role: func(p push.Part) string { return role(p.File + " " + p.Name) }}
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{Kind: Kind, Summary: "Axis License Plate Verifier and FF Group CAMMRA, push over HTTP",
		Manual: manual, Example: example, New: New, NewSession: NewSession, Port: Port}
}

// New makes the source of a listening link.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	p := cfg.protocol()
	p.Clocks = anpr.NewClocks(0)
	return cfg.Listen(sec, Proto, env, func(door *push.Door) devices.Session { return webhook.New(p, &cfg.Push, env, door, true) })
}

// NewSession makes the decoder of what a camera sent: requests, or events one after the
// other. It asks for no login and reads on after errors.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	cfg.Open()
	return webhook.New(cfg.protocol(), &cfg.Push, env, nil, false), nil
}
