package cola

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/dims/profile"
	"acsgd/internal/line"
	"acsgd/internal/quant"
)

// Kind is the driver's name in the catalogue.
const Kind = "dims/cola"

// Config are the settings of one profiler. Defaults gives the values of those left out.
type Config struct {
	Dialect   string        `toml:"dialect"`   // auto, a, b
	Level     int           `toml:"level"`     // 2 maintenance, 3 authorised client, 4 service
	Password  string        `toml:"password"`  // hash of the level's password, 8 hex digits
	Remission bool          `toml:"remission"` // ask for RSSI too
	Interval  int           `toml:"interval"`  // every n-th scan
	Silence   time.Duration `toml:"silence"`   // without scans, until the link is given up
	// FrequencyHz and Resolution set the scanner; both 0 leave it as it is.
	FrequencyHz float64 `toml:"frequency_hz"`
	Resolution  int     `toml:"resolution_1e4deg"`
	Model       string  `toml:"model"` // lms1xx, lms5xx: the fan that goes with them

	Height  quant.Length `toml:"height"` // of the scanner above the road; "0m" is found by calibration
	X       quant.Length `toml:"x"`      // of the scanner, from the lane's middle
	Roll    float64      `toml:"roll_deg"`
	Flip    bool         `toml:"flip"` // 0 degrees look to the left
	Left    quant.Length `toml:"lane_left"`
	Right   quant.Length `toml:"lane_right"`
	Ceiling quant.Length `toml:"ceiling"`
	Scans   int          `toml:"calibration_scans"`
	End     int          `toml:"end_scans"`
	Mirrors string       `toml:"mirrors"` // exclude, include
	Speed   quant.Speed  `toml:"speed"`   // known constant speed; "0m/s" is unknown
	USpeed  quant.Speed  `toml:"u_speed"`
	URange  quant.Length `toml:"u_range"`
	Encoder float64      `toml:"encoder_um"` // way of one tick of the encoder input; negative counts backwards, 0 is none
	UWay    float64      `toml:"u_encoder"`  // its relative 95 % half-width

	Second       string       `toml:"second"` // link of a second scanner, "" is none
	SecondHeight quant.Length `toml:"second_height"`
	SecondX      quant.Length `toml:"second_x"`
	SecondRoll   float64      `toml:"second_roll_deg"`
	SecondFlip   bool         `toml:"second_flip"`

	// A bar across the lane, to find where the scanners hang; see the manual. While it is
	// set nothing is measured.
	TargetWidth  quant.Length `toml:"target_width"`
	TargetHeight quant.Length `toml:"target_height"`
	TargetSpeed  quant.Speed  `toml:"target_speed"`

	Raw bool `toml:"raw"` // one observation a scan, with its distances

	access Access
	fan    [2]int32
}

// Defaults are an LMS5xx above the middle of a lane, as delivered.
func Defaults() Config {
	p := profile.Defaults()
	return Config{Dialect: "auto", Level: 3, Password: "F4724744", Remission: true, Interval: 1, Silence: time.Second,
		Model: "lms5xx", Left: p.Left, Right: p.Right, Ceiling: p.Ceiling, Scans: p.Scans, End: p.EndScans,
		Mirrors: "exclude", URange: p.URange, UWay: 0.005}
}

// check reports all that is wrong with c and fills what follows from the settings.
func (c *Config) check() error {
	var errs []error
	bad := func(ok bool, format string, a ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, a...))
		}
	}
	bad(c.Dialect == "auto" || c.Dialect == "a" || c.Dialect == "b", "dialect %q: want auto, a or b", c.Dialect)
	bad(c.Level >= 1 && c.Level <= 4, "level %d: want 1 to 4", c.Level)
	hash, err := strconv.ParseUint(c.Password, 16, 32)
	bad(err == nil && len(c.Password) == 8, "password: want the device's hash of 8 hexadecimal digits")
	c.access = Access{Level: uint8(c.Level), Password: uint32(hash)}
	bad(c.Interval >= 1 && c.Interval <= 1000, "interval %d: want 1 to 1000", c.Interval)
	bad(c.Silence >= 100*time.Millisecond && c.Silence <= time.Hour, "silence %s: want 100ms to 1h", c.Silence)
	bad((c.FrequencyHz == 0) == (c.Resolution == 0), "frequency_hz and resolution_1e4deg are set together")
	bad(c.FrequencyHz >= 0 && c.FrequencyHz <= 200 && c.Resolution >= 0 && c.Resolution <= 10000, "scan of %g Hz at %d/10000 degree: no such scanner", c.FrequencyHz, c.Resolution)
	switch c.Model {
	case "lms1xx":
		c.fan = [2]int32{-450000, 2250000}
	case "lms5xx":
		c.fan = [2]int32{-50000, 1850000}
	default:
		bad(false, "model %q: want lms1xx or lms5xx", c.Model)
	}
	bad(c.Mirrors == "exclude" || c.Mirrors == "include", "mirrors %q: want exclude or include", c.Mirrors)
	bad(c.Encoder > -1e6 && c.Encoder < 1e6, "encoder_um %g: want less than a metre a tick", c.Encoder)
	p := c.profile()
	if err := p.Check(); err != nil {
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%s: %w", Kind, err)
	}
	return nil
}

// profile is the part of the settings that the measuring needs.
func (c *Config) profile() profile.Config {
	p := profile.Defaults()
	p.Mounts = []profile.Mount{{X: c.X, Height: c.Height, Roll: c.Roll, Flip: c.Flip}}
	if c.Second != "" {
		p.Mounts = append(p.Mounts, profile.Mount{X: c.SecondX, Height: c.SecondHeight, Roll: c.SecondRoll, Flip: c.SecondFlip})
	}
	p.Left, p.Right, p.Ceiling, p.Scans, p.EndScans = c.Left, c.Right, c.Ceiling, c.Scans, c.End
	p.Mirrors, p.Speed, p.USpeed, p.URange = c.Mirrors == "include", c.Speed, c.USpeed, c.URange
	if c.Encoder != 0 {
		p.UWay = c.UWay
	}
	p.Target = profile.Target{Width: c.TargetWidth, Height: c.TargetHeight, Speed: c.TargetSpeed}
	if c.Model == "lms1xx" { // the beam is three times as wide
		p.Aperture, p.Divergence = 8, 15
	}
	return p
}

func load(sec devices.Section) (Config, error) {
	cfg := Defaults()
	if sec.Decode != nil {
		if err := sec.Decode(&cfg); err != nil {
			return Config{}, err
		}
	}
	return cfg, cfg.check()
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:       Kind,
		Summary:    "SICK LMS1xx and LMS5xx laser scanners as vehicle profiler, CoLa A and B",
		Manual:     manual,
		Example:    example,
		New:        New,
		NewSession: NewSingle,
	}
}

// NewSingle makes the machine of one scanner, for decoding, replay and virtual time. With
// env.Stream or env.Raw it reports every scan, else one profile a vehicle. Settings of a
// second scanner are left aside.
func NewSingle(sec devices.Section, env devices.Env) (devices.Session, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	cfg.Second = ""
	if env.Stream || env.Raw || cfg.Raw {
		return NewSession(cfg, &streamer{env: env, scan: env.Raw || cfg.Raw}, env.Stream)
	}
	m := newMeasurer(cfg, env)
	return NewSession(cfg, m.sink(0), false)
}

// New makes the source of one profiler with one or two scanners. What it has learned about
// the mount survives reconnections.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	cfg, err := load(sec)
	if err != nil {
		return nil, err
	}
	links := []string{sec.Link}
	if cfg.Second != "" {
		links = append(links, cfg.Second)
	}
	m := newMeasurer(cfg, env)
	var sources []devices.Source
	for k, link := range links {
		open, err := env.Link(link)
		if err != nil {
			return nil, err
		}
		var sink Sink = m.sink(k)
		if env.Stream || env.Raw || cfg.Raw {
			sink = &streamer{env: env, scan: env.Raw || cfg.Raw}
		}
		if _, err := NewSession(cfg, sink, env.Stream); err != nil {
			return nil, err
		}
		sources = append(sources, devices.Stream(polite(open), func() devices.Session {
			s, _ := NewSession(cfg, sink, env.Stream) // checked above
			return s
		}, env))
	}
	if len(sources) == 1 {
		return sources[0], nil
	}
	return &pair{first: sources[0], second: sources[1], env: env}, nil
}

// polite ends the subscription before it closes a link, so that the scanner does not go on
// sending into a dead connection.
func polite(open line.Open) line.Open {
	return func(ctx context.Context) (line.Conn, error) {
		c, err := open(ctx)
		if err != nil {
			return nil, err
		}
		return &politeConn{Conn: c}, nil
	}
}

var example = strings.TrimLeft(`
[[lane.device]]
name    = "dims-03"
driver  = "dims/cola"
link    = "tcp:10.1.3.20:2111"
station = "14.20m"
  [lane.device.settings]
  model   = "lms5xx"
  dialect = "auto"
  height  = "6.00m"
  x       = "-3.00m"
  second        = "tcp:10.1.3.21:2111"
  second_height = "6.00m"
  second_x      = "3.00m"
`, "\n")
