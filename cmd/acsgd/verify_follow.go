package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
	"acsgd/lanes"
)

// lookEvery is how often the journal of a running site is looked at for new rows.
const lookEvery = 200 * time.Millisecond

// followed takes what one scale says from the journal of a running site. The site has the
// scale's link; nothing is opened here but the journal, for reading.
type followed struct {
	r      *journal.Reader
	device string
	next   uint64 // row to be read
	begun  bool   // a vehicle's record has begun, or ended, since rows are read
	rest   bool   // of a vehicle that was on the scale before that
}

// follow finds a scale in a site's journal and stands behind its newest row. simulated is
// what the campaign says of the scale; a site that says otherwise is refused.
func follow(ctx context.Context, dir, device string, simulated bool) (*followed, error) {
	r, err := journal.OpenReader(ctx, journalDir(dir))
	if err != nil {
		return nil, err
	}
	f := &followed{r: r, device: device}
	if err := f.find(ctx, dir, simulated); err != nil {
		_ = r.Close()
		return nil, err
	}
	return f, nil
}

func (f *followed) find(ctx context.Context, dir string, simulated bool) error {
	newest, err := f.r.Newest(ctx)
	if err != nil {
		return err
	}
	f.next = newest + 1
	ids, err := f.r.Lanes(ctx)
	if err != nil {
		return err
	}
	var scales []string
	for _, lane := range ids {
		p, err := lanes.ParamsAt(ctx, f.r, lane, newest)
		if err != nil {
			return err
		}
		if p == nil {
			continue
		}
		for _, d := range p.Devices {
			if d.Class != "wim" {
				continue
			}
			if d.Name != f.device {
				scales = append(scales, d.Name)
				continue
			}
			if sim := p.Mode == "simulator"; sim != simulated {
				return fmt.Errorf("the site in %s is in mode %s: with --simulator are tested the scales of a simulator, and no others", dir, p.Mode)
			}
			return nil
		}
	}
	return fmt.Errorf("the site in %s has no scale %q, want one of [%s]", dir, f.device, strings.Join(scales, ", "))
}

// Run implements devices.Source: what is weighed from now on.
func (f *followed) Run(ctx context.Context, emit devices.Emit) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		for rec, err := range f.r.Records(ctx, f.next) {
			if err != nil {
				return err
			}
			o, err := f.row(&rec)
			if err != nil {
				return err
			}
			f.next = rec.N + 1
			if o != nil {
				emit(*o, nil)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

var healthRow = []byte(`{"kind":"health"`)

// row gives what a row says of the scale; nil if it says nothing.
func (f *followed) row(rec *journal.Record) (*obs.Observation, error) {
	if rec.Kind != lanes.KindSeen || !slices.ContainsFunc([][]byte{weighingRow, healthRow}, func(head []byte) bool { return bytes.HasPrefix(rec.Payload, head) }) {
		return nil, nil
	}
	var o obs.Observation
	if err := json.Unmarshal(rec.Payload, &o); err != nil {
		return nil, fmt.Errorf("row %d: %w", rec.N, err)
	}
	if o.Source != f.device {
		return nil, nil
	}
	w, ok := o.Body.(*obs.Weighing)
	if !ok {
		return &o, nil
	}
	if w.HasRaw {
		return nil, nil // a frame of the indicator
	}
	if f.midway(w) {
		return nil, nil
	}
	unsynced(&o, w)
	return &o, nil
}

// midway reports whether w belongs to a vehicle whose first axles were weighed before rows
// were read: its record ends with the whole vehicle.
func (f *followed) midway(w *obs.Weighing) bool {
	if !f.begun {
		f.rest = w.Axle > 1
		f.begun = true
	}
	if !f.rest || w.Axle == 1 {
		f.rest = false
		return false
	}
	f.rest = w.Axle != 0
	return true
}
