package modbus

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/modbus"
	"acsgd/devices/wim"
	"acsgd/devices/wim/weigh"
)

// Kind is the driver's name in the catalogue.
const Kind = "wim/modbus"

// Config are the settings of one instrument. One of Model, File and Map says what its
// registers mean.
type Config struct {
	weigh.Settings
	Model    string        `toml:"model"`
	File     string        `toml:"map_file"`
	Map      *Map          `toml:"map"`
	Unit     string        `toml:"unit"`     // instead of the map's
	Decimals *int          `toml:"decimals"` // of the counts, where the instrument does not tell
	Poll     time.Duration `toml:"poll"`     // from request to request
	Retries  int           `toml:"retries"`  // unanswered requests in a row before the link is made anew
}

func defaults() Config {
	return Config{Settings: weigh.Default(), Poll: 20 * time.Millisecond, Retries: 3}
}

// load reads and checks the settings and the map.
func load(sec devices.Section) (Config, *Map, error) {
	c := defaults()
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return c, nil, err
		}
	}
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.Poll >= 5*time.Millisecond && c.Poll <= 500*time.Millisecond, "poll %s: want 5 ms to 500 ms", c.Poll)
	check(c.Retries >= 0 && c.Retries <= 100, "retries %d: want 0 to 100", c.Retries)
	m, err := c.registers(sec.Path(c.File))
	errs = append(errs, err, c.Settings.Validate())
	if err := errors.Join(errs...); err != nil {
		return c, nil, fmt.Errorf("%s: %w", Kind, err)
	}
	return c, m, nil
}

// registers gives the map of the settings; file is the way to File.
func (c *Config) registers(file string) (*Map, error) {
	given := 0
	for _, is := range []bool{c.Model != "", c.File != "", c.Map != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return nil, fmt.Errorf("want one of model (%s), map_file and map, not %d of them", strings.Join(Models(), ", "), given)
	}
	m, err := c.Map, error(nil)
	switch {
	case c.Model != "":
		m, err = builtIn(c.Model)
	case c.File != "":
		var text []byte
		if text, err = os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("read map: %w", err)
		}
		m, err = Parse(file, text)
	default:
		if err = m.Validate(); err != nil {
			err = fmt.Errorf("map: %w", err)
		}
	}
	if err != nil {
		return nil, err
	}
	return m, c.scale(m)
}

// scale puts the unit and decimals of the settings into the map.
func (c *Config) scale(m *Map) error {
	if c.Unit != "" {
		if m.Unit != nil {
			return fmt.Errorf("unit %q: %s tells its unit itself", c.Unit, m.Model)
		}
		if _, err := wim.ParseUnit(c.Unit); err != nil {
			return err
		}
	}
	if c.Decimals != nil {
		if m.Decimals != nil {
			return fmt.Errorf("decimals %d: %s tells them itself", *c.Decimals, m.Model)
		}
		if *c.Decimals < 0 || *c.Decimals > 7 {
			return fmt.Errorf("decimals %d: want 0 to 7", *c.Decimals)
		}
	}
	for i := range m.Weights {
		w := &m.Weights[i]
		if c.Unit != "" {
			w.Unit = c.Unit
		}
		if c.Decimals != nil {
			w.decimals = *c.Decimals
		}
	}
	return nil
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:    Kind,
		Summary: "weighing transmitters on Modbus by register maps: Laumas, CAS, HBM WTX, PT113, any other",
		Manual:  manual,
		Example: example,
		New:     New,
	}
}

// New makes the source of one instrument, or of two platforms that are one.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	c, m, err := load(sec)
	if err != nil {
		return nil, err
	}
	if c.SecondLink == "" {
		return newSource(c, m, sec.Link, env, nil)
	}
	j := weigh.NewJoint(c.Settings, env)
	var sources [2]devices.Source
	for k, link := range [2]string{sec.Link, c.SecondLink} {
		if sources[k], err = newSource(c, m, link, env, func() *weigh.Side { return j.Side(k) }); err != nil {
			return nil, err
		}
	}
	return weigh.Both(j, sources), nil
}

// newSource makes the source of one link; side is nil, or makes the side of two platforms
// that it is, for each connection.
func newSource(c Config, m *Map, link string, env devices.Env, side func() *weigh.Side) (devices.Source, error) {
	client, err := modbus.NewClient(link)
	if err != nil {
		return nil, err
	}
	s := &source{cfg: c, m: m, link: link, client: client, env: env, side: side}
	_, err = s.unit(env) // what is wrong with the settings shows now
	return s, err
}

// NewVirtual makes the unit of a section on registers of any kind, for virtual runs and
// recordings; Poll it every so often. A second link is left aside.
func NewVirtual(sec devices.Section, env devices.Env, regs modbus.Registers) (u *Unit, every time.Duration, err error) {
	c, m, err := load(sec)
	if err != nil {
		return nil, 0, err
	}
	u, err = newUnit(c, m, sec.Link, regs, env)
	return u, c.Poll, err
}

// source is an instrument on a link.
type source struct {
	cfg    Config
	m      *Map
	link   string
	client *modbus.Client
	env    devices.Env
	side   func() *weigh.Side // nil: there is one platform
}

func (s *source) unit(env devices.Env) (*Unit, error) {
	u, err := newUnit(s.cfg, s.m, s.link, s.client, env)
	if err != nil {
		return nil, err
	}
	u.clock = time.Now
	return u, nil
}

// Run implements devices.Source.
func (s *source) Run(ctx context.Context, emit devices.Emit) error {
	defer s.client.Close()
	if s.side != nil {
		return s.runSide(ctx, s.side(), emit)
	}
	u, err := s.unit(s.env)
	if err != nil {
		return err
	}
	return devices.Poll(s.cfg.Poll, u.Poll, s.env).Run(ctx, emit)
}

// runSide is Run for one of two platforms.
func (s *source) runSide(ctx context.Context, side *weigh.Side, emit devices.Emit) error {
	u, err := s.unit(side.Env(s.env))
	if err != nil {
		return err
	}
	side.Watch(u.weigh.Busy)
	var in devices.Out
	return devices.Poll(s.cfg.Poll, func(ctx context.Context, now time.Time, out *devices.Out) error {
		err := u.Poll(ctx, now, &in)
		side.Take(now, &in, out)
		return err
	}, s.env).Run(ctx, emit)
}

// lineTime is the time that n bytes take on the serial line of a Modbus link, and 0 on TCP.
func lineTime(link string, n int) time.Duration {
	scheme, rest, _ := strings.Cut(link, ":")
	if !strings.HasPrefix(scheme, "modbus+rtu") {
		return 0
	}
	_, query, _ := strings.Cut(rest, "?")
	baud := 19200
	if q, err := url.ParseQuery(query); err == nil && q.Has("baud") {
		if b, err := strconv.Atoi(q.Get("baud")); err == nil && b > 0 {
			baud = b
		}
	}
	return time.Duration(n) * 10 * time.Second / time.Duration(baud)
}
