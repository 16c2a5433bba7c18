package teltonika

import (
	"errors"
	"fmt"
	"time"

	"acsgd/devices"
)

// Kind is the driver's name in the catalogue.
const Kind = "tracker/teltonika"

// Port is the driver's default TCP port.
const Port = 5001

const (
	strict  = "strict"
	lenient = "lenient"
)

// Config are the settings of one gateway, to which many devices connect.
type Config struct {
	// Allow lists the IMEIs that may connect; empty lets every device in.
	Allow []string `toml:"allow"`
	// Transport is "tcp", or "udp" for recordings of datagrams.
	Transport string `toml:"transport"`
	// Integrity is "strict", or "lenient": packets with a wrong length or checksum are
	// taken if their structure is whole, and marked.
	Integrity string `toml:"integrity"`
	// MaxFrame is the longest packet in bytes, 256 to 65535.
	MaxFrame int `toml:"max_frame"`
	// Login is how long a connection may stay without an IMEI.
	Login time.Duration `toml:"login"`
	// Idle is how long a connection may be silent.
	Idle time.Duration `toml:"idle"`
	// Connections is how many devices may be connected at once.
	Connections int `toml:"connections"`
	// SealInput is the IO id (1 to 4) that the installation has wired to a door or rope;
	// 0 is none.
	SealInput int `toml:"seal_input"`
	// SealClosed is the value (0 or 1) of that input while closed.
	SealClosed int `toml:"seal_closed"`
}

// Defaults are the settings of a gateway that is not configured further.
func Defaults() Config {
	return Config{Transport: "tcp", Integrity: strict, MaxFrame: 16 << 10, Login: time.Minute, Idle: 10 * time.Minute,
		Connections: 10_000, SealClosed: 1}
}

// Validate names all settings that are out of range.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(Kind+": "+format, args...)) }
	for _, id := range c.Allow {
		if n := len(id); n != 15 && n != 16 {
			bad("allow %q: an IMEI has 15 or 16 digits", id)
		}
	}
	if c.Transport != "tcp" && c.Transport != "udp" {
		bad("transport %q: want tcp or udp", c.Transport)
	}
	if c.Integrity != strict && c.Integrity != lenient {
		bad("integrity %q: want strict or lenient", c.Integrity)
	}
	if c.MaxFrame < 256 || c.MaxFrame > 65535 {
		bad("max_frame %d: want 256 to 65535", c.MaxFrame)
	}
	if c.Login < 0 || c.Idle < 0 || c.Connections < 0 {
		bad("login, idle and connections must not be negative")
	}
	if c.SealInput < 0 || c.SealInput > 4 {
		bad("seal_input %d: want a digital input 1 to 4, or 0", c.SealInput)
	}
	if c.SealClosed != 0 && c.SealClosed != 1 {
		bad("seal_closed %d: want 0 or 1", c.SealClosed)
	}
	return errors.Join(errs...)
}

func load(sec devices.Section) (Config, error) {
	cfg := Defaults()
	if sec.Decode != nil {
		if err := sec.Decode(&cfg); err != nil {
			return Config{}, err
		}
	}
	return cfg, cfg.Validate()
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:       Kind,
		Summary:    "Teltonika trackers (FMx and older), codecs 7, 8, 8 extended and 16",
		Manual:     manual,
		Example:    example,
		New:        New,
		NewSession: NewSession,
		Port:       Port,
	}
}

// New makes the source of a gateway on a listening link.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	if cfg.Transport != "tcp" {
		return nil, fmt.Errorf("%s: transport %s is for decoding recordings; a gateway listens on tcp", Kind, cfg.Transport)
	}
	open, err := env.Link(sec.Link)
	if err != nil {
		return nil, err
	}
	return devices.Listen(open, func() devices.Session { return newSession(cfg) }, env,
		devices.ListenConfig{Max: cfg.Connections, Idle: cfg.Idle}), nil
}

// NewSession makes the decoder of one connection.
func NewSession(sec devices.Section, _ devices.Env) (devices.Session, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	return newSession(cfg), nil
}
