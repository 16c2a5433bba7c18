package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"acsgd/devices"
	"acsgd/devices/catalog"
	"acsgd/fusion/radiation"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/internal/site"
)

type radiationCmd struct {
	Analyse radiationAnalyseCmd `cmd:"" help:"Judge every occupancy of a daily file or stream."`
	Cases   radiationCasesCmd   `cmd:"" help:"List the radiation alarms of an archive and what was decided."`
}

type radiationAnalyseCmd struct {
	Set  map[string]string `help:"k=SIGMA, window=SLICES, mask=1010, or a setting of the driver." mapsep:"none"`
	File string            `arg:"" help:"The recording; '-' is standard input."`
}

// Run analyses a recording.
func (r *radiationAnalyseCmd) Run(s *std, log *slog.Logger) error {
	cfg, err := r.config()
	if err != nil {
		return usage{err}
	}
	drv, err := site.Find(catalog.Drivers(), "rpm/tsa")
	if err != nil {
		return err
	}
	in, err := open(s, r.File)
	if err != nil {
		return usage{err}
	}
	defer in.Close()
	d := decodeCmd{Set: r.Set}
	env := devices.Env{Name: drv.Kind, Log: log, Report: func(*obs.DecodeError) {}, Stream: true, Keep: hashOnly}
	sess, err := drv.NewSession(devices.Section{Driver: drv.Kind, Decode: d.settings}, env)
	if err != nil {
		return usage{err}
	}
	faults := 0
	out := bufio.NewWriterSize(s.out, 64<<10)
	enc := json.NewEncoder(out)
	a := radiation.NewAnalyser(radiation.New(cfg))
	var failed error
	print := func(rep radiation.Report, o *radiation.Occupancy) {
		if o != nil && failed == nil {
			failed = enc.Encode(rep)
		}
	}
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	err = devices.Decode(sess, in, func() time.Time { return start }, 64<<10, func(o obs.Observation) {
		if b, ok := o.Body.(*obs.Radiation); ok {
			print(a.Feed(o.Stamp.At, b))
		}
	}, func(e *obs.DecodeError) {
		faults++
		fmt.Fprintln(s.err, e)
	})
	if err != nil {
		return err
	}
	print(a.Close())
	if err := errors.Join(failed, out.Flush()); err != nil {
		return err
	}
	if faults > 0 {
		return errFaults
	}
	return nil
}

// config takes the engine's settings out of --set.
func (r *radiationAnalyseCmd) config() (cfg radiation.Config, err error) {
	for k, v := range r.Set {
		var n int64
		switch k {
		case "k":
			n, err = quant.Decimal(v, 1000)
			cfg.K = int32(n)
		case "window":
			n, err = quant.Decimal(v, 1)
			cfg.Window = int(n)
		case "mask":
			cfg.Mask = v
		default:
			continue
		}
		if err != nil {
			return cfg, fmt.Errorf("--set %s=%s: %w", k, v, err)
		}
		delete(r.Set, k)
	}
	return cfg, nil
}
