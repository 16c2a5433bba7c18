package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"acsgd/internal/config"
	"acsgd/internal/declaration"
)

type declarationsCmd struct {
	Check  declCheckCmd  `cmd:"" help:"Check declaration files; one JSON report a file."`
	Import declImportCmd `cmd:"" help:"Check files and hand them to a running site's watched folder."`
}

type declCheckCmd struct {
	Files []string `arg:"" name:"file" help:"Declarations; the format is detected from the content."`
}

// Run checks declarations.
func (d *declCheckCmd) Run(s *std) error {
	enc := json.NewEncoder(s.out)
	bad := false
	for _, name := range d.Files {
		b, err := os.ReadFile(name)
		if err != nil {
			return usage{err}
		}
		rep := declaration.Examine(b, name)
		bad = bad || !rep.Accepted
		if err := enc.Encode(rep); err != nil {
			return err
		}
	}
	if bad {
		return errFaults
	}
	return nil
}

type declImportCmd struct {
	Config string   `short:"c" help:"Site file, for its watched folder." xor:"to"`
	To     string   `help:"The watched folder itself." xor:"to"`
	DryRun bool     `help:"Only say what would be imported."`
	Files  []string `arg:"" name:"file"`
}

// Run imports declarations: each file is checked, then moved into the watched folder in one
// step, so that the site never sees half a file. The site makes them durable, refuses what
// it has already, and hands every lane the new index.
func (d *declImportCmd) Run(ctx context.Context, s *std) error {
	dir := d.To
	if dir == "" {
		if d.Config == "" {
			return usage{errors.New("declarations import: --config or --to is needed")}
		}
		f, err := config.Read(d.Config)
		if err != nil {
			return usage{err}
		}
		if dir = f.Arrive.Watch; dir == "" {
			dir = filepath.Join(f.Site.Data, "declarations")
		}
	}
	enc := json.NewEncoder(s.out)
	bad := false
	for _, name := range d.Files {
		b, err := os.ReadFile(name)
		if err != nil {
			return usage{err}
		}
		rep := declaration.Examine(b, name)
		if err := enc.Encode(rep); err != nil {
			return err
		}
		if !rep.Accepted {
			bad = true
			continue
		}
		if d.DryRun {
			fmt.Fprintf(s.err, "%s: %d declarations would be imported into %s\n", name, len(rep.Declarations), dir)
			continue
		}
		if err := moveIn(dir, filepath.Base(name), b); err != nil {
			return err
		}
		fmt.Fprintf(s.err, "%s: %d declarations handed over in %s\n", name, len(rep.Declarations), dir)
	}
	if bad {
		return errFaults
	}
	return nil
}

// moveIn writes a file beside the folder's own and renames it in.
func moveIn(dir, name string, b []byte) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("watched folder: %w", err)
	}
	tmp := filepath.Join(dir, "."+name+".part")
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("watched folder: %w", err)
	}
	_, werr := f.Write(b)
	if err := errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", tmp, err)
	}
	if err := os.Rename(tmp, filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("watched folder: %w", err)
	}
	return nil
}
