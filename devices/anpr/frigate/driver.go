package frigate

import (
	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/mqtt"
)

// Kind is the driver's name in the catalogue.
const Kind = "anpr/frigate"

// Config are the settings of one camera of a Frigate server.
type Config struct {
	// Camera is Frigate's name of the camera; empty takes the readings of all.
	Camera string `toml:"camera"`
	// Role is where the camera looks: front, rear or trailer; empty is unknown.
	Role string `toml:"role"`
	// Password belongs to the user of the link.
	Password string `toml:"password"`
}

func load(sec devices.Section) (Config, error) {
	var cfg Config
	if sec.Decode != nil {
		if err := sec.Decode(&cfg); err != nil {
			return cfg, err
		}
	}
	return cfg, anpr.CheckRole(Kind, cfg.Role)
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{Kind: Kind, Summary: "Frigate video recorder with number plate recognition, over MQTT",
		Manual: manual, Example: example, New: New, NewSession: NewSession}
}

// New makes the source of an mqtt: link.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	return mqtt.Source(sec.Link, cfg.Password, func() mqtt.Handler { return NewHandler(cfg).withPictures(env) }, env)
}

// NewSession makes the decoder of recorded messages, one JSON document a line.
func NewSession(sec devices.Section, _ devices.Env) (devices.Session, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	return &Session{h: NewHandler(cfg)}, nil
}
