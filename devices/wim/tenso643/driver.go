package tenso643

import (
	"errors"
	"fmt"
	"time"

	"acsgd/devices"
	"acsgd/devices/wim"
	"acsgd/devices/wim/weigh"
)

// Kind is the driver's name in the catalogue.
const Kind = "wim/tenso-643"

const (
	proto   = "tenso-643"
	request = "\x10" // send the weight
)

// Config are the settings of one terminal.
type Config struct {
	weigh.Settings
	Address int           `toml:"address"` // 1 to 9999; 0: it answers without being selected
	Poll    time.Duration `toml:"poll"`    // from request to request
	Silence time.Duration `toml:"silence"` // without an answer before the instrument is degraded
}

// load reads and checks the settings.
func load(sec devices.Section) (Config, error) {
	c := Config{Settings: weigh.Default(), Address: 1, Poll: 200 * time.Millisecond, Silence: 2 * time.Second}
	c.Mode, c.PlatformLength = weigh.Static, 18_000
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return Config{}, err
		}
	}
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.Mode != weigh.Axles, "mode \"axles\": protocol 6.43 has no checksum and answers too seldom for rolling axles; want static, or the terminal's protocol Tenso-M and driver wim/tenso-m")
	check(c.Address >= 0 && c.Address <= 9999, "address %d: want 1 to 9999, or 0", c.Address)
	check(c.Poll >= 100*time.Millisecond && c.Poll <= 500*time.Millisecond, "poll %s: want 100 ms to 500 ms", c.Poll)
	check(c.Silence >= 2*c.Poll && c.Silence <= time.Minute, "silence %s: want twice the poll of %s to 1 min", c.Silence, c.Poll)
	errs = append(errs, c.Settings.Validate())
	if err := errors.Join(errs...); err != nil {
		return Config{}, fmt.Errorf("%s: %w", Kind, err)
	}
	return c, nil
}

// NewSession makes the machine of one connection.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	c, err := load(sec)
	if err != nil {
		return nil, err
	}
	l, err := weigh.Listen(proto, &readings{}, frameLen, c.Settings, weigh.Listening{Period: c.Poll, Silence: c.Silence}, sec, env)
	if err != nil {
		return nil, err
	}
	open := ""
	if c.Address > 0 {
		open = fmt.Sprintf("\x01%04d", c.Address)
	}
	return weigh.Asking(l, open, request, c.Poll), nil
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{
		Kind:       Kind,
		Summary:    "Tenso-M terminals, second protocol \"6.43\", polled; loads at rest only",
		Manual:     manual,
		Example:    example,
		New:        devices.OnLink(NewSession),
		NewSession: NewSession,
	}
}

// readings makes readings of frames.
type readings struct {
	Decoder
	r weigh.Reading
}

// Feed implements weigh.Decoder.
func (d *readings) Feed(p []byte, take func(*weigh.Reading), fail func(int64, error, []byte)) {
	d.Decoder.Feed(p, func(f *Frame) {
		d.r = weigh.Reading{Indicated: f.Mass, Raw: f.Raw, Sample: wim.Sample{Raw: f.Mass, Stable: f.Stable, Motion: !f.Stable}}
		take(&d.r)
	}, fail)
}

// Pending implements weigh.Decoder: an answer is whole with its ninth byte.
func (d *readings) Pending() bool { return false }

// Flush implements weigh.Decoder.
func (d *readings) Flush(_ func(*weigh.Reading), fail func(int64, error, []byte)) {
	d.Decoder.Flush(fail)
}
