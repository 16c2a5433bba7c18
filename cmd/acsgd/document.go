package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"acsgd/internal/evidence"
	"acsgd/internal/site"
	"acsgd/internal/store"
)

type documentCmd struct {
	Weighing weighingCmd `cmd:"" help:"The weighing certificate of a passage."`
	Overload overloadCmd `cmd:"" help:"The protocol of exceeded limits of a passage."`
}

type paperCmd struct {
	Data    string `required:"" help:"The site's data directory."`
	Store   string `help:"The site's archive, if it is not the file in the data directory: postgres://..."`
	Lang    string `default:"kk" enum:"kk,ru,en" help:"Language: kk, ru, en."`
	Output  string `short:"o" help:"File to write; PASSAGE-KIND-LANG.pdf if none is given, - is standard output."`
	Passage string `arg:"" help:"The passage's id."`
}

type weighingCmd struct{ paperCmd }

// Run makes a weighing certificate.
func (c *weighingCmd) Run(ctx context.Context, s *std) error { return c.write(ctx, s, "weighing") }

type overloadCmd struct{ paperCmd }

// Run makes a protocol of exceeded limits.
func (c *overloadCmd) Run(ctx context.Context, s *std) error { return c.write(ctx, s, "overload") }

// write makes the paper and puts it where it is wanted.
func (c *paperCmd) write(ctx context.Context, s *std, kind string) error {
	if _, err := os.Stat(filepath.Join(c.Data, "journal")); err != nil {
		return usage{fmt.Errorf("no site in %s: %w", c.Data, err)}
	}
	keep, err := evidence.Open(filepath.Join(c.Data, "evidence"))
	if err != nil {
		return usage{err}
	}
	defer keep.Close()
	st, err := store.Open(ctx, c.Store, filepath.Join(c.Data, "archive"))
	if err != nil {
		return usage{err}
	}
	defer st.Close()
	papers, err := site.NewPapers(c.Data, st, keep)
	if err != nil {
		return usage{err}
	}
	b, err := papers.Paper(ctx, kind, c.Passage, c.Lang)
	if err != nil {
		return err
	}
	if b == nil {
		return fmt.Errorf("there is no passage %q in %s", c.Passage, c.Data)
	}
	out := c.Output
	switch out {
	case "-":
		_, err = s.out.Write(b)
		return err
	case "":
		out = fmt.Sprintf("%s-%s-%s.pdf", c.Passage, kind, c.Lang)
	}
	if err := os.WriteFile(out, b, 0o640); err != nil {
		return fmt.Errorf("write paper: %w", err)
	}
	fmt.Fprintln(s.err, out)
	return nil
}
