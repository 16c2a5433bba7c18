package contacts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/modbus"
)

// Kind is the driver's name in the catalogue.
const Kind = "rpm/contacts"

// The contacts. All four must be wired: what is not told cannot be judged.
const (
	occupied = iota
	gamma
	neutron
	fault
	contacts
)

var names = [contacts]string{"occupied", "gamma", "neutron", "fault"}

// breaks begins the names of points that tell a wire break: break_occupied, ...
const breaks = "break_"

// Config are the settings of one portal.
type Config struct {
	Table   modbus.Table  `toml:"table"`  // where the inputs are, side by side
	Addr    uint16        `toml:"addr"`   // of the first
	Inputs  []string      `toml:"inputs"` // what is wired to them, "" nothing
	Invert  []string      `toml:"invert"` // contacts that open when they are true
	Poll    time.Duration `toml:"poll"`
	Hold    time.Duration `toml:"hold"`
	Retries int           `toml:"retries"`

	// The map of a module whose inputs are not side by side, or that tells wire breaks.
	Source string         `toml:"source"`
	Blocks []modbus.Block `toml:"block"`
	Points []modbus.Point `toml:"point"`
}

func load(sec devices.Section) (Config, error) {
	c := Config{Table: modbus.Discrete, Invert: []string{"fault"}, Poll: 50 * time.Millisecond, Hold: 2 * time.Second, Retries: 3}
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return c, err
		}
	}
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.Poll >= 20*time.Millisecond && c.Poll <= 200*time.Millisecond, "poll %s: want 20 ms to 200 ms", c.Poll)
	check(c.Hold >= 0 && c.Hold <= 10*time.Second, "hold %s: want 0 s to 10 s", c.Hold)
	check(c.Retries >= 0 && c.Retries <= 10, "retries %d: want 0 to 10", c.Retries)
	errs = append(errs, c.wire())
	if err := errors.Join(errs...); err != nil {
		return c, fmt.Errorf("%s: %w", Kind, err)
	}
	return c, nil
}

// wire makes the register map of the settings and checks it.
func (c *Config) wire() error {
	if len(c.Blocks)+len(c.Points) > 0 {
		if c.Inputs != nil || c.Addr != 0 {
			return errors.New("inputs and addr are of modules whose inputs lie side by side; use points")
		}
		if c.Source == "" {
			return errors.New("source is missing: say which manual the addresses are from")
		}
	} else {
		if c.Inputs == nil {
			c.Inputs = names[:]
		}
		if !c.Table.Bits() {
			return fmt.Errorf("table %s holds no bits; use a block and points", c.Table)
		}
		for _, n := range c.Invert {
			if !slices.Contains(c.Inputs, n) {
				return fmt.Errorf("invert: %q is not among the inputs", n)
			}
		}
		c.Blocks = []modbus.Block{{ID: "in", Table: c.Table, Addr: c.Addr, Count: uint16(len(c.Inputs))}}
		for i, n := range c.Inputs {
			if n != "" {
				c.Points = append(c.Points, modbus.Point{Name: n, Block: "in", Off: uint16(i), Invert: slices.Contains(c.Invert, n)})
			}
		}
	}
	m := modbus.Map{Source: c.Source, Blocks: c.Blocks, Points: c.Points}
	errs := []error{m.Validate()}
	for i := range c.Points {
		p := &c.Points[i]
		switch {
		case !slices.Contains(names[:], strings.TrimPrefix(p.Name, breaks)):
			errs = append(errs, fmt.Errorf("point %q: want %s, or %s with one of them", p.Name, strings.Join(names[:], ", "), breaks))
		case p.Form != modbus.Bit || p.Debounce != "" || p.Counter != "":
			errs = append(errs, fmt.Errorf("point %q: want a bit, without debounce and counter", p.Name))
		}
	}
	for _, n := range names {
		if !slices.ContainsFunc(c.Points, func(p modbus.Point) bool { return p.Name == n }) {
			errs = append(errs, fmt.Errorf("no contact %q: without it no vehicle can be judged", n))
		}
	}
	return errors.Join(errs...)
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:    Kind,
		Summary: "any portal by its dry contacts on a Modbus I/O module, without a profile",
		Manual:  manual,
		Example: example,
		New:     New,
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
	return &source{cfg: c, client: client, env: env}, nil
}

// NewVirtual makes the unit of a section on registers of any kind, for virtual runs and
// recordings; Poll it every so often.
func NewVirtual(sec devices.Section, regs modbus.Registers) (u *Unit, every time.Duration, err error) {
	c, err := load(sec)
	if err != nil {
		return nil, 0, err
	}
	return newUnit(c, regs), c.Poll, nil
}

// source is the contacts on a link.
type source struct {
	cfg    Config
	client *modbus.Client
	env    devices.Env
}

// Run implements devices.Source.
func (s *source) Run(ctx context.Context, emit devices.Emit) error {
	defer s.client.Close()
	u := newUnit(s.cfg, s.client)
	u.clock = time.Now
	return devices.Poll(s.cfg.Poll, u.Poll, s.env).Run(ctx, emit)
}
