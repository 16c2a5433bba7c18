package isapi

import (
	"crypto/sha256"
	"encoding/hex"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/push"
	"acsgd/internal/obs"
)

// Kind is the driver's name in the catalogue.
const Kind = "anpr/isapi"

// Port is the port on which pushes are usually taken.
const Port = 7080

// Config are the settings of one camera, or of several that push to one address.
type Config struct{ anpr.Push }

func load(sec devices.Section) (*Config, error) {
	cfg := Config{anpr.PushDefaults()}
	return &cfg, cfg.Load(Kind, sec, &cfg)
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{Kind: Kind, Summary: "Hikvision number plate cameras and recorders, ISAPI push over HTTP",
		Manual: manual, Example: example, New: New, NewSession: NewSession, Port: Port}
}

// New makes the source of a listening link.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	return cfg.Listen(sec, Proto, env, func(d *push.Door) devices.Session { return newSession(cfg, env, d, true) })
}

// NewSession makes the decoder of what one camera sent: requests, bare XML documents or a
// multipart stream. It asks for no login and reads on after errors.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	cfg.Open()
	return newSession(cfg, env, nil, false), nil
}

// nameOnly names evidence without storing it, where there is no store.
func nameOnly(mediaType string, p []byte) (obs.Blob, error) {
	sum := sha256.Sum256(p)
	return obs.Blob{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(p)), MediaType: mediaType}, nil
}
