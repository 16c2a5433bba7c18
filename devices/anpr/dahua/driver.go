package dahua

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
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

	zone time.Duration
}

func load(sec devices.Section) (*Config, error) {
	cfg := Config{Push: anpr.PushDefaults(), KeepAlive: "/NotificationInfo/KeepAlive", DeviceInfo: "/NotificationInfo/DeviceInfo", Event: "TrafficJunction"}
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
	return &cfg, errors.Join(errs...)
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{Kind: Kind, Summary: "Dahua number plate cameras, ITSAPI push over HTTP or the snapshot stream",
		Manual: manual, Example: example, New: New, NewSession: NewSession, Port: Port}
}

// New makes the source of a listening link.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	cam := newCamera(cfg, env, true)
	return cfg.Listen(sec, Proto, env, func(d *push.Door) devices.Session { return newPushed(cam, d, true) })
}

// NewSession makes the decoder of what one camera said: requests, documents or events one
// after the other. It asks for no login and reads on after errors.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	return newPushed(newCamera(cfg, env, false), nil, false), nil
}
