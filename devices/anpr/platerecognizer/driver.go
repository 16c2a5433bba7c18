package platerecognizer

import (
	"errors"
	"strings"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/anpr/webhook"
	"acsgd/devices/push"
)

// Kind is the driver's name in the catalogue.
const Kind = "anpr/platerecognizer"

// Port is the port on which messages are usually taken.
const Port = 7082

// Proto is the name of this protocol in decode errors.
const Proto = "platerecognizer"

// Config are the settings of one camera of a Stream.
type Config struct {
	anpr.Push
	// Camera is Stream's camera_id of this camera; empty takes the readings of all.
	Camera string `toml:"camera"`
	// Forward is the direction of a vehicle that drives forward, in degrees; -1 if it is not
	// to be told.
	Forward int `toml:"forward"`
}

func load(sec devices.Section) (*Config, error) {
	cfg := &Config{Push: anpr.PushDefaults(), Forward: webhook.NoForward}
	cfg.Basic = true
	err := cfg.Load(Kind, sec, cfg)
	return cfg, errors.Join(err, webhook.Forward(Kind, cfg.Forward))
}

func (c *Config) protocol() *webhook.Protocol {
	return &webhook.Protocol{Name: Proto, Parse: c.parse, Field: "json", Role: role}
}

// role names the picture of a part: the field upload holds the whole picture.
func role(p push.Part) string {
	switch n := strings.ToLower(p.Name); {
	case strings.Contains(n, "plate"):
		return "plate"
	case strings.Contains(n, "vehicle"):
		return "vehicle"
	}
	return "overview"
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{Kind: Kind, Summary: "Plate Recognizer Stream, webhooks with pictures over HTTP",
		Manual: manual, Example: example, New: New, NewSession: NewSession, Port: Port}
}

// New makes the source of a listening link.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	p := cfg.protocol()
	return cfg.Listen(sec, Proto, env, func(door *push.Door) devices.Session { return webhook.New(p, &cfg.Push, env, door, true) })
}

// NewSession makes the decoder of what a Stream sent: requests, or messages one after the
// other. It asks for no login and reads on after errors.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	cfg.Open()
	return webhook.New(cfg.protocol(), &cfg.Push, env, nil, false), nil
}
