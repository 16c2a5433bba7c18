package generic

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/BurntSushi/toml"

	"acsgd/devices"
	"acsgd/devices/modbus"
	"acsgd/devices/rpm/portal"
)

// Kind is the driver's name in the catalogue.
const Kind = "rpm/generic"

// Config are the settings of one portal: line expressions, or a register map, here or in a
// file of their own.
type Config struct {
	File string `toml:"file"`
	Format
	Silence time.Duration `toml:"silence"` // how long nothing may come
	Hold    time.Duration `toml:"hold"`    // registers: how long it stays occupied
	Poll    time.Duration `toml:"poll"`    // registers: from request to request
	Retries int           `toml:"retries"` // registers: unanswered requests in a row
}

// Format says what a portal's lines or registers mean.
type Format struct {
	Model    string         `toml:"model"`
	Source   string         `toml:"source"`   // manual and edition that it is from
	Interval time.Duration  `toml:"interval"` // of a slice's counts; 0: unknown
	Neutrons time.Duration  `toml:"neutrons"` // lines: of a neutron line's counts
	Buffered int            `toml:"buffered"` // lines: slices from before an occupancy, sent with its first
	Lines    []Line         `toml:"line"`
	Blocks   []modbus.Block `toml:"block"`
	Points   []modbus.Point `toml:"point"`
}

// assumed is the interval of a slice's counts where none is known.
const assumed = 200 * time.Millisecond

func (f *Format) interval() time.Duration {
	if f.Interval == 0 {
		return assumed
	}
	return f.Interval
}

// load reads and checks the settings. Everything that is wrong is told at once.
func load(sec devices.Section) (Config, error) {
	c := Config{Silence: 10 * time.Second, Hold: 2 * time.Second, Poll: 100 * time.Millisecond, Retries: 3}
	c.Neutrons = time.Second
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return c, err
		}
	}
	if c.File != "" {
		if err := c.read(sec.Path(c.File)); err != nil {
			return c, fmt.Errorf("%s: %w", Kind, err)
		}
	}
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	part := func(d time.Duration) bool {
		return d >= 10*time.Millisecond && d <= time.Second && time.Second%d == 0 && d%time.Millisecond == 0
	}
	check(c.Interval == 0 || part(c.Interval), "interval %s: want a part of a second, 10 ms at least", c.Interval)
	check(part(c.Neutrons), "neutrons %s: want a part of a second, 10 ms at least", c.Neutrons)
	check(c.Buffered >= 0 && c.Buffered <= 50, "buffered %d: want 0 to 50", c.Buffered)
	check(c.Silence >= 2*time.Second && c.Silence <= time.Minute, "silence %s: want 2 s to 1 m", c.Silence)
	check(c.Hold >= 0 && c.Hold <= 10*time.Second, "hold %s: want 0 s to 10 s", c.Hold)
	check(c.Poll >= 20*time.Millisecond && c.Poll <= time.Second, "poll %s: want 20 ms to 1 s", c.Poll)
	check(c.Retries >= 0 && c.Retries <= 10, "retries %d: want 0 to 10", c.Retries)
	check((len(c.Lines) > 0) != (len(c.Blocks)+len(c.Points) > 0), "want [[line]] or [[block]] with [[point]], one of the two")
	if len(c.Lines) > 0 {
		errs = append(errs, c.lines())
	} else if len(c.Points) > 0 {
		check(c.Poll <= c.interval(), "poll %s: longer than the %s that counts are of", c.Poll, c.interval())
		errs = append(errs, c.points())
	}
	if err := errors.Join(errs...); err != nil {
		return c, fmt.Errorf("%s: %w", Kind, err)
	}
	return c, nil
}

// read takes the format from a file.
func (c *Config) read(path string) error {
	if len(c.Lines)+len(c.Blocks)+len(c.Points) > 0 {
		return errors.New("want file, or lines or registers in the settings, not both")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read format: %w", err)
	}
	md, err := toml.Decode(string(text), &c.Format)
	if pe, ok := errors.AsType[toml.ParseError](err); ok {
		return fmt.Errorf("%s:%d: %s: %s", path, pe.Position.Line, pe.LastKey, pe.Message)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var errs []error
	for _, k := range md.Undecoded() {
		errs = append(errs, fmt.Errorf("%s: unknown key %q", path, k.String()))
	}
	return errors.Join(errs...)
}

// lines checks the expressions.
func (c *Config) lines() error {
	if len(c.Lines) > maxLines {
		return fmt.Errorf("%d lines, want at most %d", len(c.Lines), maxLines)
	}
	var errs []error
	has := map[string]bool{}
	for i := range c.Lines {
		l := &c.Lines[i]
		if err := l.compile(); err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", i+1, err))
			continue
		}
		has[l.Kind] = true
		for _, g := range l.groups {
			has[l.Kind+" "+g.name] = true
		}
	}
	for _, need := range [][2]string{{"background gamma", `"background" with a group gamma1`}, {"slice", `"slice"`}, {"end", `"end"`}} {
		if !has[need[0]] && len(errs) == 0 {
			errs = append(errs, fmt.Errorf("no line of kind %s: without it no vehicle can be judged", need[1]))
		}
	}
	return errors.Join(errs...)
}

// Polled reports whether the settings are of registers, not of lines.
func Polled(sec devices.Section) (bool, error) {
	c, err := load(sec)
	return len(c.Points) > 0, err
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:       Kind,
		Summary:    "any gross-count portal, by line expressions or a Modbus register map",
		Manual:     manual,
		Example:    example,
		New:        New,
		NewSession: NewSession,
		Buffered:   buffered,
	}
}

// buffered tells how many slices come with the first one; registers have none.
func buffered(sec devices.Section) (int, error) {
	c, err := load(sec)
	if len(c.Lines) == 0 {
		return 0, err
	}
	return c.Buffered, err
}

// NewSession makes the decoder of one connection of a portal that sends lines.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	c, err := load(sec)
	if err != nil {
		return nil, err
	}
	if len(c.Lines) == 0 {
		return nil, fmt.Errorf("%s: registers are asked over a modbus+ link, this one carries lines", Kind)
	}
	return &Session{cfg: c, stream: env.Stream, part: make([]byte, 0, MaxLine)}, nil
}

// New makes the source of one portal.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	c, err := load(sec)
	if err != nil {
		return nil, err
	}
	if len(c.Lines) > 0 {
		return devices.OnLink(NewSession)(sec, env)
	}
	client, err := modbus.NewClient(sec.Link)
	if err != nil {
		return nil, err
	}
	return &source{cfg: c, client: client, env: env}, nil
}

// NewVirtual makes the unit of a portal with registers on registers of any kind, for virtual
// runs and recordings; Poll it every so often.
func NewVirtual(sec devices.Section, regs modbus.Registers) (u *Unit, every time.Duration, err error) {
	c, err := load(sec)
	if err == nil && len(c.Points) == 0 {
		err = fmt.Errorf("%s: these settings are of lines, not of registers", Kind)
	}
	if err != nil {
		return nil, 0, err
	}
	return newUnit(c, regs), c.Poll, nil
}

// source is a portal with registers on a link.
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

func (c *Config) portal() portal.Config {
	none := !slices.ContainsFunc(c.Points, func(p modbus.Point) bool { base, _ := split(p.Name); return base == "neutron" })
	return portal.Config{NoNeutrons: none, Interval: c.interval(), Assumed: c.Interval == 0, Every: c.Poll, Hold: c.Hold, Silence: c.Silence}
}
