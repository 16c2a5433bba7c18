package isapi

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/push"
	"acsgd/internal/obs"
)

// Kind is the driver's name in the catalogue.
const Kind = "anpr/isapi"

// Port is the port on which pushes are usually taken.
const Port = 7080

// Config are the settings of one camera, or of several that push to one address.
type Config struct {
	// Path is the path that the camera pushes to; empty takes every path.
	Path string `toml:"path"`
	// Role is where the camera looks: front, rear or trailer; empty is unknown. A plate
	// that the camera itself calls a trailer's is one.
	Role string `toml:"role"`
	// Allow lists the addresses or networks that may push; empty lets everybody in.
	Allow []string `toml:"allow"`
	// User and Password ask for HTTP Digest if User is set.
	User     string `toml:"user"`
	Password string `toml:"password"`
	// MaxBody is the largest message in bytes, MaxPicture the largest part of one.
	MaxBody    int64 `toml:"max_body"`
	MaxPicture int   `toml:"max_picture"`
	// Answer is how long a camera waits for its answer at most: what is not durable then
	// is answered 503.
	Answer time.Duration `toml:"answer"`
	// Idle is how long a connection may be silent.
	Idle time.Duration `toml:"idle"`
	// Connections is how many connections may be open at once.
	Connections int `toml:"connections"`

	allow []netip.Prefix
}

// Defaults are the settings of a camera that is not configured further.
func Defaults() Config {
	return Config{MaxBody: 64 << 20, MaxPicture: 16 << 20, Answer: time.Second, Idle: 5 * time.Minute, Connections: 32}
}

// validate names all settings that are out of range.
func (c *Config) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(Kind+": "+format, args...)) }
	if c.Path != "" && !strings.HasPrefix(c.Path, "/") {
		bad("path %q does not begin with /", c.Path)
	}
	switch obs.PlateRole(c.Role) {
	case "", obs.Front, obs.Rear, obs.Trailer:
	default:
		bad("role %q: want front, rear or trailer", c.Role)
	}
	var err error
	if c.allow, err = push.Allow(c.Allow); err != nil {
		bad("%w", err)
	}
	if (c.User == "") != (c.Password == "") {
		bad("user and password go together")
	}
	if c.MaxBody < 64<<10 || c.MaxBody > 64<<20 {
		bad("max_body %d: want 65536 to 67108864", c.MaxBody)
	}
	if c.MaxPicture < 64<<10 || int64(c.MaxPicture) > c.MaxBody {
		bad("max_picture %d: want 65536 to max_body", c.MaxPicture)
	}
	if c.Answer < 50*time.Millisecond || c.Idle < time.Second || c.Connections < 1 {
		bad("answer, idle or connections is too small")
	}
	return errors.Join(errs...)
}

func load(sec devices.Section) (*Config, error) {
	cfg := Defaults()
	if sec.Decode != nil {
		if err := sec.Decode(&cfg); err != nil {
			return nil, err
		}
	}
	return &cfg, cfg.validate()
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
	open, err := env.Link(sec.Link)
	if err != nil {
		return nil, err
	}
	var g *push.Gate
	if cfg.User != "" {
		g = push.NewGate(cfg.User, cfg.Password)
	}
	inner := devices.Listen(push.Only(open, cfg.allow, Proto, env), func() devices.Session { return newSession(cfg, env, g, true) }, env,
		devices.ListenConfig{Max: cfg.Connections, Idle: cfg.Idle})
	return push.InTime(inner, cfg.Answer), nil
}

// NewSession makes the decoder of what one camera sent: requests, bare XML documents or a
// multipart stream. It asks for no login and reads on after errors.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	cfg.Path = ""
	return newSession(cfg, env, nil, false), nil
}

// nameOnly names evidence without storing it, where there is no store.
func nameOnly(mediaType string, p []byte) (obs.Blob, error) {
	sum := sha256.Sum256(p)
	return obs.Blob{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(p)), MediaType: mediaType}, nil
}
