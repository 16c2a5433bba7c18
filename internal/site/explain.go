package site

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"acsgd/console"
	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/journal"
	"acsgd/internal/rulepack"
	"acsgd/internal/store"
	"acsgd/lanes"
)

// Explanation implements console.Archive: the derivation of a passage's findings by the
// tables that were in force.
func (a Archive) Explanation(ctx context.Context, id string) (any, error) {
	b, err := a.Store.Passage(ctx, id)
	if b == nil || err != nil {
		return nil, err
	}
	p := new(fusion.Passage)
	if err := json.Unmarshal(b, p); err != nil {
		return nil, fmt.Errorf("passage %s of the archive: %w", id, err)
	}
	e, err := p.Explain(a.book(p.Basis.Book))
	if errors.Is(err, fusion.ErrNotJudged) || errors.Is(err, fusion.ErrNoBook) {
		return nil, fmt.Errorf("%w: %w", console.ErrUnexplained, err)
	}
	if err != nil {
		return nil, err
	}
	return &e, nil
}

// book finds the tables of a version: those that came with the journal, or the program's
// own. A centre has passages of many sites and no journal of theirs.
func (a Archive) book(version string) *rules.Book {
	if a.Books != nil {
		if b := a.Books(version); b != nil {
			return b
		}
	}
	for _, simulator := range []bool{false, true} {
		if b, err := rulepack.Load(simulator); err == nil && b.Version == version {
			return b
		}
	}
	return nil
}

// FindPassage gives a passage as a data directory holds it, and the tables that were in force when
// it was judged: from the archive beside the journal, or else played from the journal. The
// journal alone is enough. A passage of the wrong journal is not mixed up: it is searched
// where its tables are.
func FindPassage(ctx context.Context, dir, id string) (*fusion.Passage, *rules.Book, error) {
	r, err := journal.OpenReader(ctx, filepath.Join(dir, "journal"))
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	lib := lanes.NewLibrary()
	for rec, err := range r.Shared(ctx) {
		if err == nil {
			err = lib.Take(&rec)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	p, err := archived(ctx, dir, id)
	if err != nil {
		return nil, nil, err
	}
	if p == nil || lib.Book(p.Basis.Book) == nil {
		if p, err = played(ctx, r, id); err != nil {
			return nil, nil, err
		}
	}
	if p == nil {
		return nil, nil, fmt.Errorf("there is no passage %s in %s", id, dir)
	}
	return p, lib.Book(p.Basis.Book), nil
}

// archived reads a passage from the SQLite archive of a data directory; nil if there is no
// such archive, or no such passage in it.
func archived(ctx context.Context, dir, id string) (p *fusion.Passage, err error) {
	folder := filepath.Join(dir, "archive")
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	st, err := store.Open(ctx, "", folder)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	b, err := st.Passage(ctx, id)
	if b == nil || err != nil {
		return nil, err
	}
	p = new(fusion.Passage)
	if err := json.Unmarshal(b, p); err != nil {
		return nil, fmt.Errorf("passage %s of the archive: %w", id, err)
	}
	return p, nil
}

// played plays a journal and keeps the last that was said of a passage; nil if it is not in
// it.
func played(ctx context.Context, r *journal.Reader, id string) (*fusion.Passage, error) {
	player := lanes.NewPlayer(lanes.NewLibrary())
	if err := player.Scan(ctx, r, 0); err != nil {
		return nil, err
	}
	var found *fusion.Passage
	for rec, err := range r.Records(ctx, 0) {
		if err != nil {
			return nil, err
		}
		outs, _, err := player.Play(&rec)
		if err != nil {
			return nil, err
		}
		for i := range outs {
			if p := outs[i].Passage; p != nil && p.ID == id {
				if found == nil {
					found = new(fusion.Passage)
				}
				p.CopyTo(found)
			}
		}
	}
	return found, ctx.Err()
}
