package site

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"acsgd/fusion"
	"acsgd/internal/journal"
	"acsgd/internal/signature"
	"acsgd/internal/store"
	"acsgd/lanes"
)

// Examined is what a site's data say of a signed statement.
type Examined struct {
	Row     string `json:"journal"`               // holds, differs, missing; "none": the statement names no row
	Record  string `json:"record"`                // holds, differs, missing
	From    string `json:"from,omitempty"`        // archive, or replay where the archive has a later version
	Version uint64 `json:"version_now,omitempty"` // of the archive's record
}

// OK reports whether the data have what the statement says.
func (x *Examined) OK() bool { return x.Record == "holds" && (x.Row == "holds" || x.Row == "none") }

// Examine compares a statement, whose signature has been checked, with the journal in a
// directory and the archive. A record that has changed since is played again from the
// journal as it was: that takes as long as "acsgd replay" up to its row, and holds only if
// this program makes the same record of the same inputs, which a later one need not.
func Examine(ctx context.Context, dir string, st store.Store, s signature.Statement) (Examined, error) {
	x := Examined{Row: "none", Record: "missing"}
	raw, err := st.Passage(ctx, s.Passage)
	if err != nil {
		return x, err
	}
	var p fusion.Passage
	if raw != nil {
		if err := json.Unmarshal(raw, &p); err != nil {
			return x, fmt.Errorf("decode record of passage %s: %w", s.Passage, err)
		}
		x.Version = p.Version
	}
	if s.Row > 0 {
		if x.Row, err = holds(ctx, dir, s); err != nil {
			return x, err
		}
	}
	switch {
	case raw != nil && p.Version == s.Version:
		x.From = "archive"
	case x.Row == "holds":
		x.From = "replay"
		if raw, err = recordOf(ctx, dir, s); err != nil {
			return x, err
		}
	default:
		raw = nil
	}
	if raw == nil {
		return x, nil
	}
	sum, err := signature.Hash(raw)
	if err != nil {
		return x, err
	}
	x.Record = "differs"
	if sum == s.Record {
		x.Record = "holds"
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

// recordOf gives the record as the journal's row made it; nil if it makes none.
func recordOf(ctx context.Context, dir string, s signature.Statement) (json.RawMessage, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var raw json.RawMessage
	var failed error
	_, err := lanes.Replay(ctx, dir, func(rec *journal.Record, outs []fusion.Output) {
		if rec.N < s.Row {
			return
		}
		for i := range outs {
			if p := outs[i].Passage; rec.N == s.Row && p != nil && p.ID == s.Passage && p.Version == s.Version {
				raw, failed = json.Marshal(p)
			}
		}
		stop() // what came after does not matter
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	return raw, failed
}
