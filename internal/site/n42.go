package site

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"acsgd/fusion"
	"acsgd/internal/document"
	"acsgd/internal/journal"
	"acsgd/internal/n42/n42doc"
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
