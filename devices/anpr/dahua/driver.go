package dahua

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/pull"
	"acsgd/devices/push"
)

// Kind is the driver's name in the catalogue.
const Kind = "anpr/dahua"

// Port is the port on which pushes are usually taken.
const Port = 7070

// Config are the settings of one camera, or of several that push to one address.
type Config struct {
	// Push: Path is that of readings.
	anpr.Push
	// KeepAlive and DeviceInfo are the paths of what only tells that the camera is there.
	KeepAlive  string `toml:"keepalive"`
	DeviceInfo string `toml:"deviceinfo"`
	// Confidence is what this firmware writes for certainty, 100 or 255; 0 leaves the
	// camera's confidence out, because one read on the wrong scale is worse than none.
	Confidence int `toml:"confidence"`
	// Zone is how far the camera's local time is from UTC, as +05:00; "" takes the zone that
	// the camera gives.
	Zone string `toml:"zone"`
	// Lane is the camera's number of this lane; 0 takes the readings of all.
	Lane int64 `toml:"lane"`
	// Event is the code of the events that are taken from streams.
	Event string `toml:"event"`
	// Mode is push, where the camera connects to us, or the stream that we ask it for: snap,
	// with pictures, or event, without; on a tcp: link snap is the default. User and Password
	// are then our login at the camera, and Basic lets it go in clear to one that knows no
	// Digest.
	Mode string `toml:"mode"`
	// Channel is the camera's number of the channel, from 1.
	Channel int `toml:"channel"`
	// Heartbeat is how often the camera tells that it is there, in whole seconds.
	Heartbeat time.Duration `toml:"heartbeat"`
	// Silence is how long it may say nothing before the connection is made anew.
	Silence time.Duration `toml:"silence"`
	// Encode writes the brackets of the request as %5B and %5D.
	Encode bool `toml:"encode"`
	// ClockLimit is how far the camera's clock may be off.
	ClockLimit time.Duration `toml:"clock_limit"`

	zone time.Duration
}

func load(sec devices.Section) (*Config, error) {
	cfg := Config{Push: anpr.PushDefaults(), KeepAlive: "/NotificationInfo/KeepAlive", DeviceInfo: "/NotificationInfo/DeviceInfo", Event: "TrafficJunction",
		Channel: 1, Heartbeat: 5 * time.Second, Silence: 20 * time.Second, ClockLimit: anpr.ClockLimit}
	cfg.Path, cfg.MaxBody, cfg.Connections = "/NotificationInfo/TollgateInfo", 24<<20, 8
	errs := []error{cfg.Load(Kind, sec, &cfg)}
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(Kind+": "+format, args...)) }
	if !strings.HasPrefix(cfg.Path, "/") || !strings.HasPrefix(cfg.KeepAlive, "/") || !strings.HasPrefix(cfg.DeviceInfo, "/") ||
		cfg.Path == cfg.KeepAlive || cfg.Path == cfg.DeviceInfo {
		bad("path %q, keepalive %q, deviceinfo %q: want paths that begin with /, and one of its own for readings", cfg.Path, cfg.KeepAlive, cfg.DeviceInfo)
	}
	if cfg.Confidence != 0 && cfg.Confidence != 100 && cfg.Confidence != 255 {
		bad("confidence %d: want 100 or 255, or 0 for none", cfg.Confidence)
	}
	if cfg.Zone != "" {
		at, err := time.Parse("-07:00", cfg.Zone)
		if err != nil {
			bad("zone %q: want the difference to UTC, such as +05:00", cfg.Zone)
		}
		_, s := at.Zone()
		cfg.zone = time.Duration(s) * time.Second
	}
	if cfg.Lane < 0 || strings.ContainsAny(cfg.Event, "[]&; \r\n") || cfg.Event == "" {
		bad("lane %d or event %q is out of range", cfg.Lane, cfg.Event)
	}
	if cfg.Mode == "" {
		cfg.Mode = modePush
		if strings.HasPrefix(sec.Link, "tcp:") {
			cfg.Mode = modeSnap
		}
	}
	if cfg.Mode != modePush && cfg.Mode != modeSnap && cfg.Mode != modeEvent {
		bad("mode %q: want %s, %s or %s", cfg.Mode, modePush, modeSnap, modeEvent)
	}
	if cfg.Channel < 1 || cfg.Channel > 1024 {
		bad("channel %d: want 1 to 1024", cfg.Channel)
	}
	if cfg.Heartbeat < time.Second || cfg.Heartbeat > time.Minute || cfg.Heartbeat%time.Second != 0 || cfg.Silence < 2*cfg.Heartbeat {
		bad("heartbeat %v, silence %v: want whole seconds from 1 to 60, and at least two heart-beats", cfg.Heartbeat, cfg.Silence)
	}
	if cfg.ClockLimit < time.Second {
		bad("clock_limit %v: want 1s at least", cfg.ClockLimit)
	}
	return &cfg, errors.Join(errs...)
}

// The ways in which a camera is heard.
const (
	modePush  = "push"
	modeSnap  = "snap"
	modeEvent = "event"
)

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{Kind: Kind, Summary: "Dahua number plate cameras, ITSAPI push over HTTP or the snapshot stream",
		Manual: manual, Example: example, New: New, NewSession: NewSession, Port: Port}
}

// New makes the source of a listening link, or of one to a camera that is asked for a stream.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	cam := newCamera(cfg, env, true)
	if cfg.Mode == modePush {
		return cfg.Listen(sec, Proto, env, func(d *push.Door) devices.Session { return newPushed(cam, d, true) })
	}
	login, err := pull.NewLogin(cfg.User, cfg.Password, cfg.Basic)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Kind, err)
	}
	open, err := env.Link(sec.Link)
	if err != nil {
		return nil, err
	}
	host := pull.Host(sec.Link)
	return anpr.Once(devices.Stream(open, func() devices.Session { return newStream(cam, host, login, true) }, env)), nil
}

// NewSession makes the dialogue of a stream where one is set; else the decoder of what one
// camera said in whatever way, which asks for no login and reads on after errors.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	cam := newCamera(cfg, env, false)
	if cfg.Mode == modePush {
		return newRecording(cam), nil
	}
	login, err := pull.NewLogin(cfg.User, cfg.Password, cfg.Basic)
	return newStream(cam, pull.Host(sec.Link), login, true), err
}
