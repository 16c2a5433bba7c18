package site

import (
	"errors"
	"fmt"
	"math"

	"acsgd/devices"
	"acsgd/fusion/radiation"
	"acsgd/internal/config"
)

// Tests gives what a site file and a driver say of a portal's own alarm test; nil is
// nothing: the engine follows the portal.
func Tests(drv devices.Driver, sec devices.Section, d *config.Device) (*radiation.Config, error) {
	var c radiation.Config
	if drv.Buffered != nil {
		n, err := drv.Buffered(sec)
		if err != nil {
			return nil, err
		}
		c.Buffered = buffered(n)
	}
	if err := overrides(&c, d.Radiation); err != nil {
		return nil, fmt.Errorf("radiation: %w", err)
	}
	if c == (radiation.Config{}) {
		return nil, nil
	}
	return &c, nil
}

// overrides takes the table of a site file.
func overrides(c *radiation.Config, t *config.Tests) error {
	if t == nil {
		return nil
	}
	var errs []error
	check := func(ok bool, format string, args ...any) bool {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
		return ok
	}
	// What is nought in radiation.Config follows the portal: a site file does not say it so.
	if t.K != nil && check(*t.K >= 0.001 && *t.K <= 99.9, "k %v: want 0.001 to 99.9 sigma", *t.K) {
		c.K = int32(math.Round(*t.K * 1000))
	}
	if t.Window != nil && check(*t.Window >= 1 && *t.Window <= 50, "window %d: want 1 to 50 slices", *t.Window) {
		c.Window = *t.Window
	}
	if t.Mask != nil && check(radiation.IsMask(*t.Mask), "mask %q: want four digits 0 or 1 for sum, horizontal, vertical, single", *t.Mask) {
		c.Mask = *t.Mask
	}
	if t.Buffered != nil && check(*t.Buffered >= 0 && *t.Buffered <= 50, "buffered %d: want 0 to 50 slices", *t.Buffered) {
		c.Buffered = buffered(*t.Buffered)
	}
	return errors.Join(errs...)
}

// buffered is how the engine is told a number of slices.
func buffered(n int) int {
	if n == 0 {
		return -1
	}
	return n
}
