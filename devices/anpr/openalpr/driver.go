package openalpr

import (
	"errors"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/anpr/webhook"
	"acsgd/devices/push"
)

// Kind is the driver's name in the catalogue.
const Kind = "anpr/openalpr"

// Port is the port on which messages are usually taken.
const Port = 7081

// Proto is the name of this protocol in decode errors.
const Proto = "openalpr"

// Config are the settings of one camera of an agent.
type Config struct {
	anpr.Push
	// Camera is the agent's camera_id of this camera; empty takes the readings of all.
	Camera string `toml:"camera"`
	// Results takes alpr_results too, the plates of single frames.
	Results bool `toml:"results"`
	// Forward is the travel_direction of a vehicle that drives forward, in degrees; -1 if
	// the direction is not to be told.
	Forward int `toml:"forward"`
}

func load(sec devices.Section) (*Config, error) {
	cfg := &Config{Push: anpr.PushDefaults(), Results: true, Forward: webhook.NoForward}
	cfg.Basic, cfg.MaxBody, cfg.MaxPicture = true, 16<<20, 8<<20
	err := cfg.Load(Kind, sec, cfg)
	return cfg, errors.Join(err, webhook.Forward(Kind, cfg.Forward))
}

// decoder reads the messages of one source.
type decoder struct {
	cfg  *Config
	book *book
}

func (d *decoder) mine(camera webhook.Text) bool {
	return d.cfg.Camera == "" || d.cfg.Camera == string(camera)
}

func (d *decoder) protocol() *webhook.Protocol {
	return &webhook.Protocol{Name: Proto, Parse: d.Parse, Field: "json", Role: func(push.Part) string { return "overview" }}
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{Kind: Kind, Summary: "OpenALPR and Rekor agents, JSON over HTTP",
		Manual: manual, Example: example, New: New, NewSession: NewSession, Port: Port}
}

// New makes the source of a listening link.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	p := (&decoder{cfg, new(book)}).protocol()
	return cfg.Listen(sec, Proto, env, func(door *push.Door) devices.Session { return webhook.New(p, &cfg.Push, env, door, true) })
}

// NewSession makes the decoder of what an agent sent: requests, or messages one after the
// other. It asks for no login and reads on after errors.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	cfg.Open()
	return webhook.New((&decoder{cfg, new(book)}).protocol(), &cfg.Push, env, nil, false), nil
}
