package onvif

import (
	"fmt"
	"strings"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/mqtt"
	"acsgd/devices/pull"
	"acsgd/internal/obs"
)

// Kind is the driver's name in the catalogue.
const Kind = "anpr/onvif"

// Config are the settings of one camera.
type Config struct {
	// Role is where the camera looks: front, rear or trailer; empty is unknown.
	Role string `toml:"role"`
	// User and Password are the camera's on a tcp: link. Of an mqtt: link the user stands in
	// the link.
	User     string `toml:"user"`
	Password string `toml:"password"`
	// Path is that of the stream on a tcp: link, with its query.
	Path string `toml:"path"`
}

// direction tells driving forward and backing by where the camera looks: what comes towards
// a camera in front of it drives forward, and so does what goes away from one behind it.
func (c *Config) direction(sent string) string {
	towards := false
	switch strings.ToLower(sent) {
	case "approaching", "approach", "in", "towards", "inbound":
		towards = true
	case "leaving", "leave", "receding", "away", "out", "outbound":
	default:
		return ""
	}
	behind := obs.PlateRole(c.Role) == obs.Rear || obs.PlateRole(c.Role) == obs.Trailer
	if towards != behind {
		return "forward"
	}
	return "reverse"
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
	return devices.Driver{Kind: Kind, Summary: "ONVIF Profile M cameras: metadata and events with number plates, over MQTT or RTSP",
		Manual: manual, Example: example, New: New, NewSession: NewSession}
}

// New makes the source of an mqtt: link, or of a tcp: link on which RTSP is spoken.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	clocks := anpr.NewClocks(0)
	if !strings.HasPrefix(sec.Link, "mqtt:") {
		return cfg.stream(sec, env, clocks)
	}
	return mqtt.Source(sec.Link, cfg.Password, func() mqtt.Handler {
		h := NewHandler(cfg, env)
		h.clocks = clocks
		return h
	}, env)
}

// stream makes the source of a link on which RTSP is spoken.
func (c Config) stream(sec devices.Section, env devices.Env, clocks *anpr.Clocks) (devices.Source, error) {
	newSession, err := c.dialogue(sec, env, clocks)
	if err != nil {
		return nil, err
	}
	open, err := env.Link(sec.Link)
	if err != nil {
		return nil, err
	}
	return devices.Stream(open, newSession, env), nil
}

// dialogue gives what makes the RTSP session of each connection.
func (c Config) dialogue(sec devices.Section, env devices.Env, clocks *anpr.Clocks) (func() devices.Session, error) {
	if !strings.HasPrefix(c.Path, "/") || strings.ContainsAny(c.Path, " \r\n") {
		return nil, fmt.Errorf(Kind+": path %q: want that of the camera's stream, as /onvif-media/media.amp", c.Path)
	}
	login, err := pull.NewLogin(c.User, c.Password, false)
	if err != nil {
		return nil, fmt.Errorf(Kind+": %w", err)
	}
	url := "rtsp://" + pull.Host(sec.Link) + c.Path
	return func() devices.Session {
		h := NewHandler(c, env)
		h.clocks = clocks
		return NewStream(h, login, url)
	}, nil
}

// NewSession makes the dialogue of a stream where its path is set; else the decoder of
// recorded documents.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	if cfg.Path == "" {
		return newSession(cfg, env), nil
	}
	dialogue, err := cfg.dialogue(sec, env, nil)
	if err != nil {
		return nil, err
	}
	return dialogue(), nil
}
