package pictures

import (
	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/push"
)

const (
	// Kind is the driver's name in the catalogue.
	Kind = "anpr/pictures"
	// Port is the port on which pictures are usually taken.
	Port = 7084
	// Proto is the name of this protocol in decode errors.
	Proto = "pictures"
)

func load(sec devices.Section) (*anpr.Push, error) {
	cfg := anpr.PushDefaults()
	return &cfg, cfg.Load(Kind, sec, &cfg)
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{Kind: Kind, Summary: "Cameras that recognise nothing and push pictures over HTTP, for the second reader",
		Manual: manual, Example: example, New: New, NewSession: NewSession, Port: Port}
}

// New makes the source of a listening link.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	return cfg.Listen(sec, Proto, env, func(door *push.Door) devices.Session { return newSession(cfg, env, door, true) })
}

// NewSession makes the decoder of what a camera sent: requests, or one picture. It asks for
// no login and reads on after errors.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	cfg.Open()
	return newSession(cfg, env, nil, false), nil
}
