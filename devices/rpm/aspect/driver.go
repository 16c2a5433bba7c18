package aspect

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/modbus"
	"acsgd/devices/rpm/portal"
)

// Kind is the driver's name in the catalogue.
const Kind = "rpm/aspect"

// Config are the settings of one portal.
type Config struct {
	Poll     time.Duration `toml:"poll"`     // from request to request
	Interval time.Duration `toml:"interval"` // that counts are of, where the vendor has told; 0: unknown
	Hold     time.Duration `toml:"hold"`     // how long it stays occupied after its sensors are free
	Silence  time.Duration `toml:"silence"`  // how long its time may stand still
	Retries  int           `toml:"retries"`  // unanswered requests in a row before the link is made anew
	Unready  bool          `toml:"unready"`  // the ready bits mean nothing here
}

// assumed is the counting interval where none is known.
const assumed = 200 * time.Millisecond

func load(sec devices.Section) (Config, error) {
	c := Config{Poll: 100 * time.Millisecond, Hold: 2 * time.Second, Silence: 10 * time.Second, Retries: 3}
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return c, err
		}
	}
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(Kind+": "+format, args...))
		}
	}
	check(c.Poll >= 20*time.Millisecond && c.Poll <= 200*time.Millisecond, "poll %s: want 20 ms to 200 ms", c.Poll)
	check(c.Interval == 0 || c.Interval >= c.Poll && c.Interval <= time.Second && time.Second%c.Interval == 0 && c.Interval%time.Millisecond == 0,
		"interval %s: want a part of a second, not shorter than poll", c.Interval)
	check(c.Hold >= 0 && c.Hold <= 10*time.Second, "hold %s: want 0 s to 10 s", c.Hold)
	check(c.Silence >= 2*time.Second && c.Silence <= 10*time.Second, "silence %s: want 2 s to 10 s", c.Silence)
	check(c.Retries >= 0 && c.Retries <= 10, "retries %d: want 0 to 10", c.Retries)
	return c, errors.Join(errs...)
}

func (c *Config) portal() portal.Config {
	p := portal.Config{Interval: c.Interval, Every: c.Poll, Hold: c.Hold, Silence: c.Silence}
	if p.Interval == 0 {
		p.Interval, p.Assumed = assumed, true
	}
	return p
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:    Kind,
		Summary: "Aspect Yantar portals over Modbus TCP",
		Manual:  manual,
		Example: example,
		New:     New,
		// What is polled is never from before the first reading.
		Buffered: func(devices.Section) (int, error) { return 0, nil },
	}
}

// New makes the source of one portal.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	c, err := load(sec)
	if err != nil {
		return nil, err
	}
	client, err := modbus.NewClient(sec.Link)
	if err != nil {
		return nil, err
	}
	_, query, _ := strings.Cut(sec.Link, "?")
	q, err := url.ParseQuery(query)
	return &source{cfg: c, link: sec.Link, client: client, fixed: q.Has("unit"), env: env}, err
}

// NewVirtual makes the unit of a section on registers of any kind, for virtual runs and
// recordings; Poll it every so often.
func NewVirtual(sec devices.Section, regs modbus.Registers) (u *Unit, every time.Duration, err error) {
	c, err := load(sec)
	return newUnit(c, regs), c.Poll, err
}

// source is a portal on a link.
type source struct {
	cfg    Config
	link   string
	client *modbus.Client
	fixed  bool // the unit is known: the link tells it, or it was found
	env    devices.Env
}

// Run implements devices.Source.
func (s *source) Run(ctx context.Context, emit devices.Emit) error {
	if !s.fixed {
		unit, err := seek(ctx, s.try)
		if err != nil {
			return fmt.Errorf("%s: %w", s.link, err)
		}
		if s.client, err = s.unit(unit); err != nil {
			return err
		}
		s.fixed = true
	}
	defer s.client.Close()
	u := newUnit(s.cfg, s.client)
	u.clock = time.Now
	err := devices.Poll(s.cfg.Poll, u.Poll, s.env).Run(ctx, emit)
	return err
}

// unit makes the client of one unit.
func (s *source) unit(unit int) (*modbus.Client, error) {
	mark := "?"
	if strings.Contains(s.link, "?") {
		mark = "&"
	}
	return modbus.NewClient(fmt.Sprintf("%s%sunit=%d", s.link, mark, unit))
}

// try asks a unit for register 0.
func (s *source) try(ctx context.Context, unit int) (silent bool, err error) {
	c, err := s.unit(unit)
	if err != nil {
		return false, err
	}
	defer c.Close()
	var w [1]uint16
	err = c.ReadWords(ctx, modbus.Holding, descAt, w[:])
	return c.Counters().Timeouts > 0, err
}
