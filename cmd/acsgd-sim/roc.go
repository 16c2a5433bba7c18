package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"acsgd/internal/roc"
)

type rocCmd struct {
	Data   string `placeholder:"DIR" env:"ACSGD_SHARED_DATA" default:"../shared/data" help:"Reference data: radiation/tsa-vm250-day/day-part1.txt is the real background, radiation/tsa-4window/none-part1.csv one with energy windows. Without them the model alone is measured."`
	Seed   uint64 `placeholder:"N" default:"1" help:"Seed of everything random; equal seeds give equal figures."`
	Passes int    `placeholder:"N" default:"20" help:"Injected sources of each strength and form: for each occupancy of the real day, and in hundreds in the model."`
	Clean  int    `placeholder:"N" default:"30000" help:"Occupancies without a source in the model."`
	CSV    string `placeholder:"FILE" name:"csv" help:"Write all figures as CSV."`
	SVG    string `placeholder:"FILE" name:"svg" help:"Draw detection against strength and against false alarms."`
	MD     string `placeholder:"FILE" name:"md" help:"Write the table in Markdown; in a file with the marks <!-- roc: ... --> and <!-- /roc --> the part between them is replaced."`
	Quiet  bool   `short:"q" help:"No progress on standard error."`
}

// Help is kong's longer text.
func (rocCmd) Help() string {
	return `Compares the portal's own rule at k = 5, the same rule with a tuned threshold, and the engine
with learned templates: how often each finds point and distributed sources of 200 to 1000 net
counts/s, at 1 % false alarms an occupancy on a recorded day of a real portal (5-fold, bootstrap
by occupancy) and at 0.1 % on the simulator's model of one (Wilson intervals). Thresholds are set
by one rule, and all detectors judge the same occupancies. The energy windows are compared on a
test track's few passes, where no threshold lets any alarm. The figures depend on the seed alone,
the time of judging that is printed at the end on the machine.`
}

func (c *rocCmd) Run(ctx context.Context, std *std) error {
	cfg := roc.Config{Seed: c.Seed, Passes: c.Passes, Clean: c.Clean}
	if c.Passes < 1 || c.Clean < 1000 {
		return usage{errors.New("roc: --passes of at least 1 and --clean of at least 1000 are needed")}
	}
	if !c.Quiet {
		cfg.Progress = progress(std.err)
	}
	studies, err := c.measure(ctx, cfg, std)
	if err != nil {
		return fmt.Errorf("roc: %w", err)
	}
	speed, err := roc.Throughput(ctx, c.Seed)
	if err != nil {
		return fmt.Errorf("roc: %w", err)
	}
	if err := roc.Text(std.out, c.Seed, studies); err != nil {
		return err
	}
	fmt.Fprintln(std.out, speed)
	for _, f := range []struct {
		path  string
		write func(io.Writer) error
	}{
		{c.CSV, func(w io.Writer) error { return roc.CSV(w, studies) }},
		{c.SVG, func(w io.Writer) error { return roc.SVG(w, studies) }},
		{c.MD, func(w io.Writer) error { return roc.Markdown(w, c.Seed, studies) }},
	} {
		if err := save(f.path, f.write, roc.Marked, roc.Replace); err != nil {
			return fmt.Errorf("roc: %w", err)
		}
	}
	return nil
}

// measure makes the studies of the recordings that are there, and that of the model.
func (c *rocCmd) measure(ctx context.Context, cfg roc.Config, std *std) (studies []*roc.Study, err error) {
	for _, r := range []struct {
		file  string
		study func(context.Context, roc.Config, []byte) (*roc.Study, error)
	}{
		{"tsa-vm250-day/day-part1.txt", roc.Real},
		{"tsa-4window/none-part1.csv", roc.Track},
	} {
		path := filepath.Join(c.Data, "radiation", filepath.FromSlash(r.file))
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(std.err, "not measured, for there is no %s\n", path)
			continue
		}
		if err != nil {
			return nil, err
		}
		s, err := r.study(ctx, cfg, text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		studies = append(studies, s)
	}
	if len(studies) == 0 {
		fmt.Fprintln(std.err, "the simulator's model alone is measured")
	}
	s, err := roc.Model(ctx, cfg)
	return append(studies, s), err
}

// progress writes a line that overwrites itself.
func progress(w io.Writer) func(string, int, int) {
	var mu sync.Mutex
	return func(stage string, done, of int) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "\r%-24s %3d %%", stage, done*100/max(of, 1))
		if done >= of {
			fmt.Fprintln(w)
		}
	}
}

// save writes a file, whole or not at all; in one with marks only what is between them.
func save(path string, write func(io.Writer) error, marked func([]byte) bool, replace func(text, part []byte) ([]byte, error)) error {
	if path == "" {
		return nil
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	text := b.Bytes()
	if old, err := os.ReadFile(path); err == nil && marked(old) {
		if text, err = replace(old, text); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
