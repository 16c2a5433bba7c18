package reader

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

// Kind is the driver's name in the catalogue, and Proto that in its errors.
const (
	Kind  = "anpr/reader"
	Proto = "reader"
)

// Config are the settings of one second reader.
type Config struct {
	// Of names the cameras whose pictures are read; empty is all of the lane.
	Of []string `toml:"of"`
	// Engine is joint, own or ppocr; empty is the one that measures better.
	Engine string `toml:"engine"`
	// Models is the folder of the engine's files; empty is where this program looks itself.
	Models string `toml:"models"`
	// Region is where plates are looked for in overview pictures, in thousandths of width and
	// height; Regions overrides it by camera.
	Region  Region            `toml:"region"`
	Regions map[string]Region `toml:"regions"`
	// Site lists the countries whose plates are usual here, the most usual first.
	Site []string `toml:"site"`
	// CropFirst reads the camera's own picture of the plate before its overview.
	CropFirst bool `toml:"crop_first"`
	// Every is the least time between two pictures of one camera that does not tell vehicles
	// apart; what comes between is not read.
	Every time.Duration `toml:"every"`
	// Queue is how many observations may wait.
	Queue int `toml:"queue"`
	// Limit bounds the reading of one picture, Start the loading of the networks.
	Limit time.Duration `toml:"limit"`
	Start time.Duration `toml:"start"`
	// Memory is how much data the child may have, in MiB.
	Memory int64 `toml:"memory_mib"`
}

// Defaults are the settings of a reader that is not configured further.
func Defaults() Config {
	return Config{CropFirst: true, Queue: 32, Limit: 10 * time.Second, Start: time.Minute, Memory: 2048}
}

// validate names all settings that are out of range.
func (c *Config) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(Kind+": "+format, args...)) }
	if !slices.Contains([]string{"", "joint", "own", "ppocr"}, c.Engine) {
		bad("engine %q: want joint, own or ppocr", c.Engine)
	}
	if err := c.Region.check(); err != nil {
		bad("region: %w", err)
	}
	for name, r := range c.Regions {
		if err := r.check(); err != nil {
			bad("region of %s: %w", name, err)
		}
		if len(c.Of) > 0 && !slices.Contains(c.Of, name) {
			bad("region of %s, which \"of\" does not name", name)
		}
	}
	if err := CheckCountries(c.Site); err != nil {
		bad("site: %w", err)
	}
	if c.Queue < 1 || c.Queue > 1024 {
		bad("queue %d: want 1 to 1024", c.Queue)
	}
	if c.Limit < 100*time.Millisecond || c.Limit > 5*time.Minute || c.Start < time.Second || c.Every < 0 {
		bad("limit, start or every is out of range: want 100ms to 5m, at least 1s, and no negative time")
	}
	if c.Memory < 256 {
		bad("memory_mib %d: want at least 256", c.Memory)
	}
	return errors.Join(errs...)
}

func (r Region) check() error {
	if r == (Region{}) {
		return nil
	}
	if r.X < 0 || r.Y < 0 || r.W < 1 || r.H < 1 || r.X+r.W > 1000 || r.Y+r.H > 1000 {
		return fmt.Errorf("x=%d y=%d w=%d h=%d: want thousandths of the picture, within it", r.X, r.Y, r.W, r.H)
	}
	return nil
}

// CheckCountries refuses what is no list of ISO 3166-1 alpha-2 codes.
func CheckCountries(list []string) error {
	for _, c := range list {
		if len(c) != 2 || strings.Trim(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return fmt.Errorf("country %q: want two capital letters, as KZ", c)
		}
	}
	return nil
}

// neighbours are the countries whose plates are usual at the borders of a country, itself
// first, then by how many of its lorries come, as far as that is known.
var neighbours = map[string][]string{
	"KZ": {"KZ", "RU", "KG", "UZ", "CN", "TR", "BY", "TJ", "TM", "LT", "PL", "DE", "MN"},
	"KG": {"KG", "KZ", "UZ", "CN", "RU", "TJ", "TR", "BY"},
	"UZ": {"UZ", "KZ", "TJ", "KG", "TM", "RU", "TR", "CN", "BY"},
	"RU": {"RU", "BY", "KZ", "CN", "MN", "GE", "AM", "TR", "KG", "UZ", "PL", "LT", "LV", "EE", "FI", "DE"},
	"MN": {"MN", "RU", "CN", "KZ"},
	"TR": {"TR", "BG", "GE", "GR", "RO", "IR", "UA", "DE"},
}

// Countries gives the usual countries of a site: those of its neighbourhood, or all (nil)
// where they are not known.
func Countries(site string) []string { return slices.Clone(neighbours[site]) }

func load(sec devices.Section, env devices.Env) (*Config, error) {
	cfg := Defaults()
	if sec.Decode != nil {
		if err := sec.Decode(&cfg); err != nil {
			return nil, err
		}
	}
	if cfg.Models != "" {
		cfg.Models = sec.Path(cfg.Models)
	}
	if cfg.Site == nil {
		cfg.Site = Countries(env.Country)
	}
	return &cfg, cfg.validate()
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{Kind: Kind, Summary: "Second reader: reads the cameras' pictures again, and those of cameras that recognise nothing",
		Manual: manual, Example: example, New: New}
}

// New makes the second reader of a lane; it is a devices.Observer.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	cfg, err := load(sec, env)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(sec.Link, "exec:") {
		return nil, fmt.Errorf("%s: link %q: want %s", Kind, sec.Link, Self)
	}
	open, err := env.Link(sec.Link)
	if err != nil {
		return nil, err
	}
	return newSource(cfg, env, open), nil
}

func newSource(cfg *Config, env devices.Env, open line.Open) *Source {
	if env.Report == nil {
		env.Report = func(*obs.DecodeError) {}
	}
	return &Source{cfg: cfg, env: env, open: open, kick: make(chan struct{}, 1), last: map[string]time.Time{}}
}
