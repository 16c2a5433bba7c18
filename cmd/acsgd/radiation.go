package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/catalog"
	"acsgd/fusion/radiation"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/internal/site"
)

type radiationCmd struct {
	Analyse   radiationAnalyseCmd   `cmd:"" help:"Judge every occupancy of daily files or a stream of a TSA portal."`
	Learn     radiationLearnCmd     `cmd:"" help:"Learn the shadows of vehicles from clean passages: suppression templates."`
	Templates radiationTemplatesCmd `cmd:"" help:"Show suppression templates, try them, put them in force."`
	N42       n42Cmd                `cmd:"" name:"n42" help:"Read, check and export documents of ANSI N42.42."`
	Cases     radiationCasesCmd     `cmd:"" help:"List the radiation alarms of an archive and what was decided."`
}

type radiationAnalyseCmd struct {
	Set       map[string]string `help:"k=SIGMA, window=SLICES, mask=SHVI, or a setting of the driver such as date=2026-01-15." mapsep:"none"`
	Templates string            `help:"Suppression templates, as 'learn' writes them." placeholder:"FILE"`
	N42       string            `name:"n42" help:"Write each occupancy as ANSI N42.42-2011 into this folder." placeholder:"DIR"`
	Plot      string            `help:"Draw each occupancy with an alarm into this folder, as SVG." placeholder:"DIR"`
	File      []string          `arg:"" help:"The recordings in their order; '-' is standard input."`
}

// Help says more.
func (radiationAnalyseCmd) Help() string {
	return "Prints one JSON object a line for each occupancy. Several files are one stream: background and counters go on over their borders, as over midnight. " +
		"What the portal says about itself in its setup lines holds, unless it is set here: k is its alarm threshold in sigma (5.0, or 4.0 with four energy windows, where the file does not say it), " +
		"window its length in slices, mask the panel groups that alarm: sum, horizontal, vertical, single as 1010. Lines that cannot be understood are reported; exit 1 if there was any."
}

// Run analyses recordings.
func (r *radiationAnalyseCmd) Run(s *std, log *slog.Logger) error {
	cfg, err := engineConfig(r.Set)
	if err != nil {
		return usage{err}
	}
	e := radiation.New(cfg)
	if r.Templates != "" {
		_, set, err := site.ReadTemplates(r.Templates)
		if err != nil {
			return usage{err}
		}
		e.Use(set)
	}
	out := bufio.NewWriterSize(s.out, 64<<10)
	enc := json.NewEncoder(out)
	a := radiation.NewAnalyser(e)
	var failed error
	docs, err := newN42Folder(r.N42, portalKind)
	if err != nil {
		return usage{err}
	}
	plots, err := newPlotFolder(r.Plot)
	if err != nil {
		return usage{err}
	}
	report := func(rep radiation.Report, o *radiation.Occupancy) {
		if o == nil || failed != nil {
			return
		}
		if failed = plots.write(o); failed != nil {
			return
		}
		if rep.N42, failed = docs.write(o); failed == nil {
			failed = enc.Encode(rep)
		}
	}
	rec := recording{files: r.File, set: r.Set}
	faults, err := rec.read(s, log, func(at time.Time, line *obs.Radiation) {
		docs.learn(line)
		report(a.Feed(at, line))
	})
	if err != nil {
		return err
	}
	report(a.Close())
	if err := errors.Join(failed, out.Flush()); err != nil {
		return err
	}
	if faults > 0 {
		return errFaults
	}
	return nil
}

// engineConfig takes the engine's settings out of --set.
func engineConfig(set map[string]string) (cfg radiation.Config, err error) {
	for k, v := range set {
		var n int64
		switch k {
		case "k":
			if n, err = quant.Decimal(v, 1000); err == nil && (n <= 0 || n > 99_900) {
				err = errors.New("want a number of sigma above 0 and below 100")
			}
			cfg.K = int32(n)
		case "window":
			if n, err = quant.Decimal(v, 1); err == nil && (n < 1 || n > 50) {
				err = errors.New("want 1 to 50 slices")
			}
			cfg.Window = int(n)
		case "mask":
			if cfg.Mask = v; len(v) != 4 || strings.Trim(v, "01") != "" {
				err = errors.New("want four digits 0 or 1 for sum, horizontal, vertical, single")
			}
		default:
			continue
		}
		if err != nil {
			return cfg, fmt.Errorf("--set %s=%s: %w", k, v, err)
		}
		delete(set, k)
	}
	return cfg, nil
}

// recording is what one portal has said, in files that follow one another.
type recording struct {
	files []string
	set   map[string]string // settings of the driver
}

// portalKind is the driver that reads recordings.
const portalKind = "rpm/tsa"

// hopeless is after how many lines that cannot be understood, and none that can, a file is
// given up: it is something else.
const hopeless = 100

// undated is the day of recordings that carry none.
var undated = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// read hands out the portal's lines; faults counts those that could not be understood, each
// of which has been reported.
func (r *recording) read(s *std, log *slog.Logger, line func(time.Time, *obs.Radiation)) (faults int, err error) {
	drv, err := site.Find(catalog.Drivers(), portalKind)
	if err != nil {
		return 0, err
	}
	d := decodeCmd{Set: r.set}
	env := devices.Env{Name: drv.Kind, Log: log, Report: func(*obs.DecodeError) {}, Stream: true, Keep: hashOnly}
	sess, err := drv.NewSession(devices.Section{Driver: drv.Kind, Decode: d.settings}, env)
	if err != nil {
		return 0, usage{err}
	}
	in := &joined{s: s, names: r.files}
	defer in.Close()
	understood := 0
	err = devices.Decode(sess, in, func() time.Time { return undated }, 64<<10, func(o obs.Observation) {
		if b, ok := o.Body.(*obs.Radiation); ok {
			switch b.Tag {
			case "GB", "GH", "GL", "GS", "GA", "GX", "NB", "NH", "NS", "NA", "SP":
				understood++
			}
			line(o.Stamp.At, b)
		}
	}, func(e *obs.DecodeError) {
		name, offset := in.place(e.Offset)
		switch spectroscopic := strings.Contains(e.Reason, "spectroscopic"); {
		case in.stop != nil:
		case understood == 0 && spectroscopic:
			in.stop = fmt.Errorf("%s: offset %d: %s", name, offset, e.Reason)
		case understood == 0 && faults == hopeless:
			in.stop = fmt.Errorf("%s: no line of a gross-count portal in it", name)
		default:
			faults++
			fmt.Fprintf(s.err, "%s: offset %d: %s\n", name, offset, e.Reason)
		}
	})
	if x, ok := sess.(interface{ Strange() int64 }); ok && x.Strange() > 0 {
		fmt.Fprintf(s.err, "note: %d lines with tags that are not known\n", x.Strange())
	}
	for _, name := range in.empty {
		faults++
		fmt.Fprintf(s.err, "%s: empty\n", name)
	}
	switch {
	case in.stop != nil:
		return faults, in.stop
	case in.failed != nil:
		return faults, usage{in.failed}
	case err != nil:
		return faults, err
	case understood == 0:
		return faults, fmt.Errorf("%s: no line of a gross-count portal in it", strings.Join(r.files, ", "))
	}
	return faults, nil
}

// joined reads files one after the other as one stream. A last line without its end is not
// joined to the next file's first one.
type joined struct {
	s      *std
	names  []string
	n      int // names that have been opened
	now    io.ReadCloser
	at     int64   // bytes handed out
	starts []int64 // of each opened file, in bytes handed out
	ended  bool    // the newest byte ends a line
	empty  []string
	failed error // of a file
	stop   error // why no more is wanted
}

// Read implements io.Reader.
func (j *joined) Read(p []byte) (int, error) {
	for {
		switch {
		case j.stop != nil:
			return 0, j.stop
		case j.now == nil && j.n == len(j.names):
			return 0, io.EOF
		case j.now == nil && j.at > 0 && !j.ended:
			p[0], j.ended = '\n', true
			j.at++
			return 1, nil
		case j.now == nil:
			if j.now, j.failed = open(j.s, j.names[j.n]); j.failed != nil {
				j.now = nil
				return 0, j.failed
			}
			j.n++
			j.starts = append(j.starts, j.at)
		}
		n, err := j.now.Read(p)
		if n > 0 {
			j.at += int64(n)
			j.ended = p[n-1] == '\n' || p[n-1] == '\r'
			return n, nil
		}
		switch {
		case errors.Is(err, io.EOF):
			if j.at == j.starts[j.n-1] {
				j.empty = append(j.empty, j.names[j.n-1])
			}
			j.failed = j.now.Close()
			if j.now = nil; j.failed != nil {
				return 0, j.failed
			}
		case err != nil:
			j.failed = err
			return 0, err
		}
	}
}

// place names the file and the offset in it of a byte of the stream.
func (j *joined) place(at int64) (name string, offset int64) {
	i := len(j.starts) - 1
	for i > 0 && j.starts[i] > at {
		i--
	}
	return j.names[i], at - j.starts[i]
}

// Close closes what is open.
func (j *joined) Close() error {
	if j.now == nil {
		return nil
	}
	return j.now.Close()
}
