package site

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"acsgd/fusion"
	"acsgd/internal/document"
	"acsgd/internal/journal"
	"acsgd/internal/signature"
	"acsgd/internal/store"
	"acsgd/lanes"
)

// Examined is what a site's data say of a signed statement.
type Examined struct {
	Row     string `json:"journal"`               // holds, differs, missing; "none": the statement names no row
	Record  string `json:"record"`                // holds: the archive has it; replayed: the archive has a later version, the journal makes this one; differs, missing
	Version uint64 `json:"version_now,omitempty"` // of the archive's record
}

// OK reports whether the data have what the statement says.
func (x *Examined) OK() bool {
	return (x.Record == "holds" || x.Record == "replayed") && (x.Row == "holds" || x.Row == "none")
}

// Examine compares a statement, whose signature has been checked, with the journal in a
// directory and the archive. A record that has changed since is played again from the
// journal as it was: that takes as long as "acsgd replay" up to its row, and succeeds only
// if this program makes the same record of the same inputs, which a later one need not.
func Examine(ctx context.Context, dir string, st store.Store, s signature.Statement) (Examined, error) {
	x := Examined{Row: "none", Record: "missing"}
	raw, err := st.Passage(ctx, s.Passage)
	if err != nil {
		return x, err
	}
	if raw != nil {
		var p fusion.Passage
		if err := json.Unmarshal(raw, &p); err != nil {
			return x, fmt.Errorf("decode record of passage %s: %w", s.Passage, err)
		}
		sum, err := signature.Hash(raw)
		if err != nil {
			return x, err
		}
		x.Version, x.Record = document.Version(&p), "differs"
		if sum == s.Record {
			x.Record = "holds"
		}
	}
	if s.Row > 0 {
		if x.Row, err = holds(ctx, dir, s); err != nil {
			return x, err
		}
	}
	if x.Record == "differs" && x.Row == "holds" && x.Version > s.Version {
		found, err := replayed(ctx, dir, s)
		if err != nil {
			return x, err
		}
		if found {
			x.Record = "replayed"
		}
	}
	return x, nil
}

// holds compares the journal's row with the statement.
func holds(ctx context.Context, dir string, s signature.Statement) (string, error) {
	j, err := journal.OpenReader(ctx, dir)
	if err != nil {
		return "", err
	}
	defer j.Close()
	for rec, err := range j.Records(ctx, s.Row) {
		if err != nil {
			return "", err
		}
		if rec.N != s.Row {
			break
		}
		_, hash, err := j.Row(ctx, rec.Lane, rec.Seq)
		switch {
		case errors.Is(err, journal.ErrNoRow):
			return "missing", nil
		case err != nil:
			return "", err
		case hash != s.Head:
			return "differs", nil
		}
		return "holds", nil
	}
	return "missing", nil
}

// replayed reports whether the journal makes the record, at the statement's row or before its
// passage gets another version.
func replayed(ctx context.Context, dir string, s signature.Statement) (found bool, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	_, err = lanes.Replay(ctx, dir, func(rec *journal.Record, outs []fusion.Output) {
		if rec.N < s.Row || found {
			return
		}
		for i := range outs {
			p := outs[i].Passage
			if p == nil || p.ID != s.Passage {
				continue
			}
			raw, err := json.Marshal(p)
			sum, err2 := signature.Hash(raw)
			failed = errors.Join(failed, err, err2)
			if found = sum == s.Record; found || document.Version(p) > s.Version || failed != nil {
				stop() // what comes after does not matter
				return
			}
		}
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		return false, err
	}
	return found, failed
}
