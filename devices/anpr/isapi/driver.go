package isapi

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/pull"
	"acsgd/devices/push"
	"acsgd/internal/obs"
)

// Kind is the driver's name in the catalogue.
const Kind = "anpr/isapi"

// Port is the port on which pushes are usually taken.
const Port = 7080

// The ways in which a camera is heard.
const (
	modePush   = "push"
	modeStream = "stream"
)

// Config are the settings of one camera, or of several that push to one address.
type Config struct {
	// Mode is push, where the camera connects to us, or stream, where we ask it for its
	// alertStream.
	Mode string `toml:"mode"`
	anpr.Push
	// Poll is the link on which a camera is asked for plates that were missed: empty is none
	// for push and the camera of the stream for stream; "off" is none.
	Poll         string        `toml:"poll"`
	PollEvery    time.Duration `toml:"poll_every"`
	PollUser     string        `toml:"poll_user"` // empty: as User, of a stream
	PollPassword string        `toml:"poll_password"`
	// Channel is the camera's video channel, in the request for plates.
	Channel int `toml:"channel"`
	// Silence is how long a stream may be silent.
	Silence time.Duration `toml:"silence"`
	// ClockLimit is how far the camera's clock may be off.
	ClockLimit time.Duration `toml:"clock_limit"`

	login *pull.Login // ours at the camera; nil is none
}

// Defaults are the settings of a camera that is not configured further.
func Defaults() Config {
	return Config{Mode: modePush, Push: anpr.PushDefaults(), PollEvery: 30 * time.Second, Channel: 1, Silence: 30 * time.Second, ClockLimit: anpr.ClockLimit}
}

// validate names all settings beside those of every push that are out of range.
func (c *Config) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(Kind+": "+format, args...)) }
	var err error
	user, password := c.PollUser, c.PollPassword
	switch {
	case c.Mode == modeStream && (c.Path != "" || len(c.Allow) > 0):
		bad("path and allow are for mode %q", modePush)
	case c.Mode == modeStream && user == "":
		user, password = c.User, c.Password
	case c.Mode == modeStream:
		bad("poll_user is for mode %q: a stream uses user and password", modePush)
	case c.Mode != modePush:
		bad("mode %q: want %s or %s", c.Mode, modePush, modeStream)
	}
	if c.login, err = pull.NewLogin(user, password, c.Basic); err != nil {
		bad("%w", err)
	}
	if c.PollEvery < time.Second || c.Silence < 5*time.Second || c.ClockLimit < time.Second {
		bad("poll_every, silence or clock_limit is too small: want 1s, 5s, 1s at least")
	}
	if c.Channel < 1 || c.Channel > 1024 {
		bad("channel %d: want 1 to 1024", c.Channel)
	}
	return errors.Join(errs...)
}

func load(sec devices.Section) (*Config, error) {
	cfg := Defaults()
	if err := errors.Join(cfg.Load(Kind, sec, &cfg), cfg.validate()); err != nil {
		return nil, err
	}
	switch {
	case cfg.Poll == "off":
		cfg.Poll = ""
	case cfg.Poll == "" && cfg.Mode == modeStream:
		cfg.Poll = sec.Link
	}
	return &cfg, nil
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{Kind: Kind, Summary: "Hikvision number plate cameras and recorders, ISAPI push or alertStream over HTTP",
		Manual: manual, Example: example, New: New, NewSession: NewSession, NewSessions: NewSessions, Port: Port}
}

// New makes the source of a listening link, or of a camera whose stream is asked for.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	cam := newCamera(cfg)
	var main devices.Source
	if cfg.Mode == modeStream {
		open, err := env.Link(sec.Link)
		if err != nil {
			return nil, err
		}
		main = devices.Stream(open, func() devices.Session { return newStream(cfg, env, cam, pull.Host(sec.Link)) }, env)
	} else if main, err = cfg.Listen(sec, Proto, env, func(d *push.Door) devices.Session { return newSession(cfg, env, d, cam, true) }); err != nil {
		return nil, err
	}
	if cfg.Poll == "" {
		return known{main, cam}, nil
	}
	second, err := env.Link(cfg.Poll)
	if err != nil {
		return nil, fmt.Errorf("poll: %w", err)
	}
	// The second link's counters are not the instrument's: a camera that answers there but
	// is silent on the first is not heard.
	quiet := env
	quiet.Meter = nil
	poll := devices.Stream(second, func() devices.Session { return newPoll(cfg, cam, pull.Host(cfg.Poll)) }, quiet)
	return &beside{main: main, poll: poll, cam: cam, every: cfg.PollEvery}, nil
}

// NewSession makes the machine of one connection: for push the decoder of what one camera
// sent (requests, bare documents, a multipart stream, answers of a camera), which asks for
// no login and reads on after errors; for stream the asking side of a live connection.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	if cfg.Mode == modeStream {
		return newStream(cfg, env, newCamera(cfg), pull.Host(sec.Link)), nil
	}
	cfg.Open()
	return newSession(cfg, env, nil, nil, false), nil
}

// NewSessions makes the machines of all links of a camera, for virtual time.
func NewSessions(sec devices.Section, env devices.Env) ([]func() (devices.Session, error), error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	cam := newCamera(cfg)
	makers := []func() (devices.Session, error){func() (devices.Session, error) {
		if cfg.Mode == modeStream {
			return newStream(cfg, env, cam, pull.Host(sec.Link)), nil
		}
		return newSession(cfg, env, nil, cam, true), nil
	}}
	if cfg.Poll != "" {
		makers = append(makers, func() (devices.Session, error) { return newPoll(cfg, cam, pull.Host(cfg.Poll)), nil })
	}
	return makers, nil
}

// nameOnly names evidence without storing it, where there is no store.
func nameOnly(mediaType string, p []byte) (obs.Blob, error) {
	sum := sha256.Sum256(p)
	return obs.Blob{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(p)), MediaType: mediaType}, nil
}
