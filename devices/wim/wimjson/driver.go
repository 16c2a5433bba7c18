package wimjson

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/mqtt"
	"acsgd/devices/push"
	"acsgd/devices/wim/record"
	"acsgd/internal/quant"
)

// Kind is the driver's name in the catalogue.
const Kind = "wim/json"

// Port is the port on which records are usually taken over HTTP.
const Port = 7090

// proto is the name of this protocol in decode errors.
const proto = "wim-json"

// Config are the settings of one lane of one logger.
type Config struct {
	// Lane is the logger's name of this lane; "" takes the records of all.
	Lane string `toml:"lane"`
	// Division is the scale interval: each axle's load was rounded to it.
	Division quant.Mass `toml:"division"`
	// USpeed is the 95 % half-width of a speed that comes without one, in millionths.
	USpeed int64 `toml:"u_speed_ppm"`
	// SpeedMin and SpeedMax are the verified range; 0 is no bound.
	SpeedMin quant.Speed `toml:"speed_min"`
	SpeedMax quant.Speed `toml:"speed_max"`
	// Path is the path that the logger posts to; "" takes every path.
	Path string `toml:"path"`
	// Allow lists the addresses or networks that may post; empty lets everybody in.
	Allow []string `toml:"allow"`
	// User and Password ask for HTTP Digest or Basic if set; over MQTT Password belongs to
	// the user of the link. Token asks for a Bearer token.
	User     string `toml:"user"`
	Password string `toml:"password"`
	Token    string `toml:"token"`
	// MaxBody is the largest record in bytes.
	MaxBody int `toml:"max_body"`
	// Answer is how long the logger waits for its answer at most.
	Answer time.Duration `toml:"answer"`
	// Idle is how long a connection may be silent.
	Idle time.Duration `toml:"idle"`
	// Connections is how many connections may be open at once.
	Connections int `toml:"connections"`

	allow []netip.Prefix
}

func load(sec devices.Section) (*Config, error) {
	c := Config{Division: 20 * quant.Kilogram, MaxBody: 64 << 10, Answer: time.Second, Idle: 5 * time.Minute, Connections: 8}
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return nil, err
		}
	}
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.Division > 0 && c.Division <= quant.Tonne, "division %v: want up to 1 t", c.Division)
	check(c.USpeed >= 0 && c.USpeed <= 1_000_000, "u_speed_ppm %d: want 0 to 1000000", c.USpeed)
	check(c.SpeedMin >= 0 && c.SpeedMax >= 0 && (c.SpeedMax == 0 || c.SpeedMax > c.SpeedMin), "speed_min %v, speed_max %v: want a range", c.SpeedMin, c.SpeedMax)
	check(c.Path == "" || strings.HasPrefix(c.Path, "/"), "path %q does not begin with /", c.Path)
	check(c.User == "" || c.Password != "", "user without a password")
	check(c.MaxBody >= 4<<10 && c.MaxBody <= 1<<20, "max_body %d: want 4096 to 1048576", c.MaxBody)
	check(c.Answer >= 50*time.Millisecond && c.Idle >= time.Second && c.Connections >= 1, "answer, idle or connections is too small")
	var err error
	c.allow, err = push.Allow(c.Allow)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, fmt.Errorf("%s: %w", Kind, err)
	}
	return &c, nil
}

// how says what is made of a record that does not say it itself.
func (c *Config) how() record.How {
	return record.How{USpeed: c.USpeed, SpeedMin: c.SpeedMin, SpeedMax: c.SpeedMax}
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{Kind: Kind, Summary: "weighing records of any data logger as JSON, over HTTP or MQTT",
		Manual: manual, Example: example, New: New, NewSession: NewSession, Port: Port, Schema: record.Schema}
}

// New makes the source of a listening or an mqtt: link.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	c, err := load(sec)
	if err != nil {
		return nil, err
	}
	book := newBook()
	if strings.HasPrefix(sec.Link, "mqtt:") {
		inner, err := mqtt.Source(sec.Link, c.Password, func() mqtt.Handler { return handler{taker{c, env, book}} }, env)
		if err != nil {
			return nil, err
		}
		return book.Source(inner), nil
	}
	open, err := env.Link(sec.Link)
	if err != nil {
		return nil, err
	}
	var g *push.Gate
	if c.User != "" {
		g = push.NewGate(c.User, c.Password)
	}
	inner := devices.Listen(push.Only(open, c.allow, proto, env), func() devices.Session { return newSession(taker{c, env, book}, g, true) }, env,
		devices.ListenConfig{Max: c.Connections, Idle: c.Idle})
	return book.Source(push.InTime(inner, c.Answer)), nil
}

// NewSession makes the decoder of what a logger sent: requests, or records one after the
// other. It asks for no login and reads on after errors.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	c, err := load(sec)
	if err != nil {
		return nil, err
	}
	c.Path, c.User, c.Token = "", "", ""
	return newSession(taker{c, env, newBook()}, nil, false), nil
}
