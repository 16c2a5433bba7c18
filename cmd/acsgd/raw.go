package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"acsgd/devices/dims/profile"
	"acsgd/devices/wim/weigh"
	"acsgd/internal/evidence"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
	"acsgd/lanes"
)

// rawCheck computes axles and profiles again from the raw traces in the evidence and
// compares them with what the journal says was measured.
type rawCheck struct {
	keep   *evidence.Store
	axles  map[string][]obs.Weighing // by device: the axles of the vehicle on its scale
	n      int
	faults []rawFault
}

type rawFault struct {
	Row    uint64 `json:"row"`
	Device string `json:"device"`
	Reason string `json:"reason"`
}

func (c *rawCheck) row(rec *journal.Record) {
	if rec.Kind != lanes.KindSeen {
		return
	}
	var o obs.Observation
	if err := json.Unmarshal(rec.Payload, &o); err != nil {
		c.faults = append(c.faults, rawFault{rec.N, "", err.Error()})
		return
	}
	if err := c.check(&o); err != nil {
		c.faults = append(c.faults, rawFault{rec.N, o.Source, err.Error()})
	}
}

func (c *rawCheck) check(o *obs.Observation) error {
	switch b := o.Body.(type) {
	case *obs.Weighing:
		if c.axles == nil {
			c.axles = map[string][]obs.Weighing{}
		}
		if b.Axle == 1 {
			c.axles[o.Source] = nil
		}
		c.axles[o.Source] = append(c.axles[o.Source], *b)
		trace, err := c.trace(o)
		if trace == nil || err != nil {
			return err
		}
		c.n++
		again, err := weigh.Replay(trace)
		if err != nil {
			return err
		}
		was := c.axles[o.Source]
		delete(c.axles, o.Source)
		return compare("weighing", again, was)
	case *obs.Profile:
		trace, err := c.trace(o)
		if trace == nil || err != nil {
			return err
		}
		c.n++
		again, err := profile.Replay(trace)
		if err != nil {
			return err
		}
		return compare("profile", again, *b)
	}
	return nil
}

// trace reads the raw trace of an observation; nil if it has none.
func (c *rawCheck) trace(o *obs.Observation) ([]byte, error) {
	for _, b := range o.Blobs {
		if b.Role != "trace" {
			continue
		}
		f, err := c.keep.Open(b.SHA256)
		if err != nil {
			return nil, fmt.Errorf("trace %.12s: %w", b.SHA256, err)
		}
		p, rerr := io.ReadAll(f)
		if err := f.Close(); err != nil {
			return nil, err
		}
		return p, rerr
	}
	return nil, nil
}

// compare says where two JSON forms begin to differ.
func compare(what string, now, was any) error {
	a, err := json.Marshal(now)
	if err != nil {
		return err
	}
	b, err := json.Marshal(was)
	if err != nil {
		return err
	}
	if bytes.Equal(a, b) {
		return nil
	}
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	cut := func(p []byte) string {
		return strings.ToValidUTF8(string(p[max(0, i-30):min(len(p), i+60)]), "?")
	}
	return fmt.Errorf("%s differs: computed ...%s..., journal ...%s...", what, cut(a), cut(b))
}
