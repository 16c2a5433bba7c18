package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"acsgd/internal/matchbench"
)

type matchbenchCmd struct {
	Seed     uint64 `placeholder:"N" default:"1" help:"Seed of everything random; equal seeds give equal figures."`
	Declared int    `placeholder:"N" default:"1000000" help:"Declared plates."`
	Reads    int    `placeholder:"N" default:"10000" help:"Reads of each character error rate."`
	Quick    bool   `help:"A tenth of the plates and a fifth of the reads."`
	CSV      string `placeholder:"FILE" name:"csv" help:"Write all figures of quality as CSV."`
	SVG      string `placeholder:"FILE" name:"svg" help:"Draw correct against false matches."`
	MD       string `placeholder:"FILE" name:"md" help:"Write the tables in Markdown; in a file with the marks <!-- match: ... --> and <!-- /match --> the part between them is replaced."`
	Quiet    bool   `short:"q" help:"No progress on standard error."`
}

// Help is kong's longer text.
func (matchbenchCmd) Help() string {
	return `Asks our matcher, exact and Levenshtein matching, a BK-tree, a symmetric-delete library, pg_trgm
(where PostgreSQL is installed) and a published weighted edit distance about the same reads, and
computes the most that any method could have correct: the posterior by the true channel and the
true traffic. Then the lane's own case of expected arrivals with further evidence, and what
learning a camera's confusions changes. Slow methods get a part of the reads; the figures of
quality depend on the seed alone.`
}

func (c *matchbenchCmd) Run(ctx context.Context, std *std) error {
	cfg := matchbench.Config{Seed: c.Seed, Declared: c.Declared, Reads: c.Reads}
	if c.Quick {
		cfg.Declared, cfg.Reads = cfg.Declared/10, cfg.Reads/5
	}
	if cfg.Declared < 1000 || cfg.Reads < 100 {
		return usage{errors.New("matchbench: at least 1000 plates and 100 reads are needed")}
	}
	if !c.Quiet {
		cfg.Progress = progress(std.err)
	}
	s, err := matchbench.Run(ctx, cfg)
	if err != nil {
		return fmt.Errorf("matchbench: %w", err)
	}
	if err := s.Text(std.out); err != nil {
		return err
	}
	for _, f := range []struct {
		path  string
		write func(io.Writer) error
	}{{c.CSV, s.CSV}, {c.SVG, s.SVG}, {c.MD, s.Markdown}} {
		if err := save(f.path, f.write, matchbench.Marked, matchbench.Replace); err != nil {
			return fmt.Errorf("matchbench: %w", err)
		}
	}
	return nil
}
