package site

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"acsgd/fusion"
	"acsgd/internal/document"
	"acsgd/internal/journal"
	"acsgd/internal/n42/n42doc"
	"acsgd/internal/store"
	"acsgd/lanes"
)

// N42 gives the document of one occupancy of a passage; nil if there is none. which is
// BOOT-NUMBER, "" the occupancy that the passage is judged by.
func (x *Papers) N42(ctx context.Context, id, which string) (name string, doc []byte, err error) {
	raw, err := x.Store.Passage(ctx, id)
	if err != nil || raw == nil {
		return "", nil, err
	}
	p, list, err := N42Documents(ctx, x.Journal, raw)
	if err != nil {
		return "", nil, fmt.Errorf("occupancies of passage %s: %w", id, err)
	}
	d := n42doc.Main(list, p.Radiation)
	if which != "" {
		d = nil
		for _, one := range list {
			if one.Is(which) {
				d = one
			}
		}
	}
	if d == nil {
		return "", nil, nil
	}
	return n42doc.Name(d.Occupancy), n42doc.Append(nil, d), nil
}

// N42Documents reads an archived passage and gives the documents of its occupancies. The
// journal tells what portal it was.
func N42Documents(ctx context.Context, dir string, raw json.RawMessage) (*fusion.Passage, []*n42doc.Document, error) {
	var p fusion.Passage
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, nil, fmt.Errorf("decode record: %w", err)
	}
	if p.Radiation == nil {
		return &p, nil, nil
	}
	params, err := paramsOf(ctx, dir, &p)
	if err != nil {
		return nil, nil, err
	}
	return &p, n42doc.Of(&p, params), nil
}

// paramsOf finds the parameters that were in force when a passage's record was made; nil
// if the record is of an older journal.
func paramsOf(ctx context.Context, dir string, p *fusion.Passage) (*fusion.Params, error) {
	j, err := journal.OpenReader(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer j.Close()
	rec, _, err := j.Row(ctx, p.Lane, document.Version(p))
	if errors.Is(err, journal.ErrNoRow) || err == nil && !made(p, &rec) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return lanes.ParamsAt(ctx, j, p.Lane, rec.N)
}

// n42Folder takes every occupancy of a closed passage as a file.
type n42Folder struct {
	dir, journal string
	log          *slog.Logger
}

// take writes the occupancies of those passages that are closed, again when their record
// has changed. A folder that fails stops nothing: "acsgd radiation n42 export" makes good.
func (f *n42Folder) take(ctx context.Context, list []store.Passage) {
	for i := range list {
		if list[i].Closed.IsZero() {
			continue
		}
		if _, err := WriteN42(ctx, f.journal, list[i].JSON, f.dir); err != nil {
			f.log.Error("write N42 document", "passage", list[i].ID, "err", err)
		}
	}
}

// WriteN42 writes the documents of an archived passage into a folder and gives their paths.
// A file is there whole or not at all.
func WriteN42(ctx context.Context, journal string, raw json.RawMessage, dir string) (paths []string, err error) {
	p, list, err := N42Documents(ctx, journal, raw)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("folder of documents: %w", err)
	}
	for _, d := range list {
		path := filepath.Join(dir, filepath.Base(p.ID)+"-"+n42doc.Name(d.Occupancy))
		if err := WriteWhole(path, n42doc.Append(nil, d)); err != nil {
			return paths, fmt.Errorf("write document: %w", err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// WriteWhole writes a file that is there whole or not at all.
func WriteWhole(path string, b []byte) error {
	part := path + ".part"
	if err := os.WriteFile(part, b, 0o640); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return os.Rename(part, path)
}
