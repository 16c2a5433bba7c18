package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strings"

	"acsgd/console/web"
	"acsgd/devices"
	"acsgd/devices/anpr/reader"
	"acsgd/devices/catalog"
	"acsgd/internal/config"
	"acsgd/internal/obs"
	"acsgd/internal/rulepack"
	"acsgd/internal/site"
)

type runCmd struct {
	Config    string `short:"c" required:"" help:"Site file."`
	Simulator bool   `help:"Simulator mode: load unverified law, mark every screen, move nothing real."`
}

// Run runs a site.
func (r *runCmd) Run(ctx context.Context, log *slog.Logger, s *std) error {
	f, err := config.Read(r.Config)
	if err != nil {
		return usage{err}
	}
	if r.Simulator {
		f.Site.Mode = "simulator"
	}
	st, err := site.Start(ctx, site.Options{File: f, Catalog: catalog.Drivers(), Static: static(), Build: build(), Log: log})
	if err != nil {
		return usage{err}
	}
	fmt.Fprintf(s.out, "console: %s\n", address(f, st))
	if len(st.Users().List()) == 0 {
		fmt.Fprintf(s.out, "there is no user yet: acsgd user add --data %s --role admin NAME\n", f.Site.Data)
	}
	return errors.Join(st.Run(ctx), st.Close())
}

func address(f *config.File, st *site.Site) string {
	if f.Console.Cert != "" {
		return "https://" + st.Addr().String()
	}
	return "http://" + st.Addr().String()
}

func static() fs.FS { return web.Dist }

type checkCmd struct {
	Config string `short:"c" required:"" help:"Site file."`
}

// Run checks a site file without any I/O to devices.
func (c *checkCmd) Run(s *std, log *slog.Logger) error {
	f, err := config.Read(c.Config)
	if err != nil {
		return usage{err}
	}
	var errs []error
	n, total := 0, 0
	try := func(table string, i int, d *config.Device, lane string) {
		total++
		drv, err := site.Find(catalog.Drivers(), d.Driver)
		if err == nil {
			env := devices.Env{Name: d.Name, Log: log, Report: func(*obs.DecodeError) {}, Keep: hashOnly, Country: site.Country(f), Broker: noBroker{}}
			sec := devices.Section{Driver: d.Driver, Link: d.Link, Dir: f.Dir(), Decode: func(v any) error { return f.DecodeSettings(table, i, d, v) }}
			var src devices.Source
			if src, err = drv.New(sec, env); err == nil {
				if o, ok := src.(devices.Observer); ok {
					err = site.Observed(f, lane, d, o)
				}
				if d.Driver == reader.Kind && openVision == nil {
					err = errors.Join(err, reader.ErrAbsent)
				}
				if _, bad := site.Tests(drv, sec, d); bad != nil {
					errs = append(errs, f.At(table, i, "radiation", fmt.Errorf("device %s: %w", d.Name, bad)))
				}
			}
		}
		if err != nil {
			errs = append(errs, f.At(table, i, "driver", fmt.Errorf("device %s: %w", d.Name, err)))
		}
		if path := f.TemplatesFile(d); path != "" {
			if _, _, err := site.ReadTemplates(path); err != nil {
				errs = append(errs, f.At(table, i, "templates", fmt.Errorf("device %s: %w", d.Name, err)))
			}
		}
	}
	for i := range f.Lanes {
		for k := range f.Lanes[i].Devices {
			try("lane.device", n, &f.Lanes[i].Devices[k], f.Lanes[i].ID)
			n++
		}
	}
	for k := range f.Tracker {
		try("tracker", k, &f.Tracker[k], "")
	}
	if book, err := rulepack.LoadOf(f.Site.Rules, f.Site.Mode == "simulator"); err != nil {
		errs = append(errs, err)
	} else {
		for _, id := range append([]string{f.Site.Pack}, f.Site.Advice...) {
			if book.Pack(id) == nil {
				errs = append(errs, fmt.Errorf("%s: there is no rule pack %s", c.Config, id))
			}
		}
	}
	if _, err := site.ReadNorm(f.NormFile()); err != nil {
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return usage{err}
	}
	fmt.Fprintf(s.out, "%s: fine: %d lanes, %d devices, rule pack %s, mode %s\n", c.Config, len(f.Lanes), total, f.Site.Pack, f.Site.Mode)
	uncertified(s.out, f)
	return nil
}

// uncertified notes the scales that a site which enforces has no certificate of: that is no
// mistake of the file, but nothing that they weigh will be judged.
func uncertified(w io.Writer, f *config.File) {
	for i := range f.Lanes {
		for k := range f.Lanes[i].Devices {
			if d := &f.Lanes[i].Devices[k]; f.Site.Mode == "enforcement" && strings.HasPrefix(d.Driver, "wim/") && d.Verified == nil {
				fmt.Fprintf(w, "note: %s has no certificate: what it weighs is stored and not judged\n", d.Name)
			}
		}
	}
}

// noBroker lets drivers that speak MQTT be checked without a broker.
type noBroker struct{ devices.Broker }
