package lanes

import (
	"context"
	"encoding/json"
	"fmt"

	"acsgd/fusion"
	"acsgd/internal/journal"
)

// ParamsAt gives the parameters that were in force in a lane at row n of a journal; nil if
// none were.
func ParamsAt(ctx context.Context, r *journal.Reader, lane string, n uint64) (*fusion.Params, error) {
	var sum string
	for rec, err := range r.Tuned(ctx, lane, n) {
		if err != nil {
			return nil, err
		}
		var t tunedRow
		if err := json.Unmarshal(rec.Payload, &t); err != nil {
			return nil, fmt.Errorf("tuned data in row %d: %w", rec.N, err)
		}
		if t.Kind == fusion.TuneParams {
			sum = t.SHA256
			break
		}
	}
	if sum == "" {
		return nil, nil
	}
	for rec, err := range r.Tuned(ctx, "", n) { // their bytes
		if err != nil {
			return nil, err
		}
		var t tunedRow
		if err := json.Unmarshal(rec.Payload, &t); err != nil {
			return nil, fmt.Errorf("tuned data in row %d: %w", rec.N, err)
		}
		if t.Kind != fusion.TuneParams || t.SHA256 != sum {
			continue
		}
		p := new(fusion.Params)
		if err := json.Unmarshal(t.Bytes, p); err != nil {
			return nil, fmt.Errorf("lane parameters %s in row %d: %w", t.Version, rec.N, err)
		}
		return p, nil
	}
	return nil, fmt.Errorf("lane parameters %.12s of lane %s are not in the journal", sum, lane)
}
