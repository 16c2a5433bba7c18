package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"acsgd/fusion/radiation"
	"acsgd/internal/n42"
	"acsgd/internal/n42/n42doc"
	"acsgd/internal/obs"
	"acsgd/internal/site"
	"acsgd/internal/store"
)

type n42Cmd struct {
	Check  n42CheckCmd  `cmd:"" help:"Check documents against the standard's rules beyond its XML schema."`
	Read   n42ReadCmd   `cmd:"" help:"Print what a document says as JSON."`
	Export n42ExportCmd `cmd:"" help:"Write the occupancies of archived passages as documents."`
}

type n42CheckCmd struct {
	File []string `arg:"" help:"The documents; - is standard input."`
}

// n42Checked is a line of "radiation n42 check".
type n42Checked struct {
	File     string        `json:"file"`
	OK       bool          `json:"ok"`
	Error    string        `json:"error,omitempty"` // it cannot be read
	Problems []n42.Problem `json:"problems,omitempty"`
}

// Run checks documents.
func (c *n42CheckCmd) Run(s *std) error {
	enc, bad := json.NewEncoder(s.out), false
	for _, name := range c.File {
		line := n42Checked{File: name}
		if err := line.check(s, name); err != nil {
			return err
		}
		bad = bad || !line.OK
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	if bad {
		return errFaults
	}
	return nil
}

func (x *n42Checked) check(s *std, name string) error {
	f, err := open(s, name)
	if err != nil {
		return usage{err}
	}
	defer f.Close()
	if x.Problems, err = n42.Check(f, 0, time.Now()); err != nil {
		x.Error = err.Error()
	}
	x.OK = err == nil && len(x.Problems) == 0
	return nil
}

type n42ReadCmd struct {
	File string `arg:"" help:"The document; - is standard input."`
}

// Run reads a document.
func (c *n42ReadCmd) Run(s *std) error {
	f, err := open(s, c.File)
	if err != nil {
		return usage{err}
	}
	defer f.Close()
	r, err := n42.Read(f, 0)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(s.out)
	enc.SetIndent("", " ")
	return enc.Encode(r)
}

type n42ExportCmd struct {
	Data    string `required:"" help:"The site's data directory." placeholder:"DIR"`
	Store   string `help:"The site's archive, if it is not the file in the data directory: postgres://..." placeholder:"URL"`
	Passage string `help:"This passage; without it all of them." placeholder:"ID"`
	Out     string `required:"" help:"The folder to write to." placeholder:"DIR"`
}

// Run exports occupancies and prints the names of the files.
func (c *n42ExportCmd) Run(ctx context.Context, s *std) error {
	st, err := archiveOf(ctx, c.Data, c.Store)
	if err != nil {
		return usage{err}
	}
	defer st.Close()
	if c.Passage != "" {
		raw, err := st.Passage(ctx, c.Passage)
		if err == nil && raw == nil {
			err = fmt.Errorf("there is no passage %q in the archive of %s", c.Passage, c.Data)
		}
		if err != nil {
			return err
		}
		return c.export(ctx, s, raw)
	}
	for q := (store.Query{Limit: 1000}); ; {
		page, next, err := st.Search(ctx, q)
		if err != nil {
			return err
		}
		for _, raw := range page {
			if err := c.export(ctx, s, raw); err != nil {
				return err
			}
		}
		if q.Before = next; next == "" {
			return nil
		}
	}
}

func (c *n42ExportCmd) export(ctx context.Context, s *std, raw json.RawMessage) error {
	paths, err := site.WriteN42(ctx, filepath.Join(c.Data, "journal"), raw, c.Out)
	for _, path := range paths {
		fmt.Fprintln(s.out, path)
	}
	return err
}

// n42Folder takes documents of one portal's occupancies. Without a folder it takes none.
type n42Folder struct {
	dir string
	doc n42doc.Document
	buf []byte
}

func newN42Folder(dir, driver string) (*n42Folder, error) {
	f := &n42Folder{dir: dir}
	f.doc.Portal.Device = "rpm"
	f.doc.Portal.Known(driver)
	if dir == "" {
		return f, nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("folder of documents: %w", err)
	}
	return f, nil
}

// learn takes what the portal says of itself.
func (f *n42Folder) learn(r *obs.Radiation) {
	if f.dir != "" {
		f.doc.Portal.Learn(r)
	}
}

// write puts one document into the folder and gives its path; nil where none is wanted.
func (f *n42Folder) write(o *radiation.Occupancy) (*string, error) {
	if f.dir == "" {
		return nil, nil
	}
	f.doc.Occupancy = o
	f.buf = n42doc.Append(f.buf[:0], &f.doc)
	path := filepath.Join(f.dir, n42doc.Name(o))
	if err := site.WriteWhole(path, f.buf); err != nil {
		return nil, fmt.Errorf("write document: %w", err)
	}
	return &path, nil
}
