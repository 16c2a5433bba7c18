package lanes

import (
	"context"
	"encoding/json"
	"fmt"

	"acsgd/fusion"
	"acsgd/internal/journal"
	"acsgd/internal/plate"
)

// ParamsAt gives the parameters that were in force in a lane at row n of a journal; nil if
// none were.
func ParamsAt(ctx context.Context, r *journal.Reader, lane string, n uint64) (*fusion.Params, error) {
	t, err := tunedAt(ctx, r, fusion.TuneParams, lane, n)
	if err != nil || t == nil {
		return nil, err
	}
	p := new(fusion.Params)
	if err := json.Unmarshal(t.Bytes, p); err != nil {
		return nil, fmt.Errorf("lane parameters %s: %w", t.Version, err)
	}
	return p, nil
}

// ChannelsAt gives the camera channels of a lane as they were in force at row n of the
// journal; nil is the start channel.
func ChannelsAt(ctx context.Context, r *journal.Reader, lane string, n uint64) (*plate.Channels, error) {
	t, err := tunedAt(ctx, r, fusion.TuneChannels, lane, n)
	if err != nil || t == nil {
		return nil, err
	}
	return plate.ParseChannels(t.Bytes)
}

// tunedAt finds the tuned data of a kind that were in force in a lane at row n; nil where
// none ever were.
func tunedAt(ctx context.Context, r *journal.Reader, kind fusion.TunedKind, lane string, n uint64) (*tunedRow, error) {
	find := func(lane string, is func(*tunedRow) bool) (*tunedRow, error) {
		for rec, err := range r.Tuned(ctx, lane, n) {
			if err != nil {
				return nil, err
			}
			t := new(tunedRow)
			if err := json.Unmarshal(rec.Payload, t); err != nil {
				return nil, fmt.Errorf("tuned data in row %d: %w", rec.N, err)
			}
			if t.Kind == kind && is(t) {
				return t, nil
			}
		}
		return nil, nil
	}
	used, err := find(lane, func(*tunedRow) bool { return true })
	if err != nil || used == nil {
		return nil, err
	}
	t, err := find("", func(t *tunedRow) bool { return t.SHA256 == used.SHA256 }) // their bytes
	if err == nil && t == nil {
		err = fmt.Errorf("%s %.12s of lane %s are not in the journal", kind, used.SHA256, lane)
	}
	return t, err
}
