package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/captures"
	"acsgd/internal/site"
)

// recordings are the further lanes of a demo that recordings of real instruments feed.
type recordings struct {
	set    *captures.Set
	player *captures.Player
}

// openRecordings finds what a directory holds; nil without one.
func (d *demoCmd) openRecordings(errw io.Writer, mqtt string, log *slog.Logger) (*recordings, error) {
	if d.Captures == "" {
		return nil, nil
	}
	set, err := captures.Find(d.Captures)
	if err != nil {
		return nil, usage{err}
	}
	for _, m := range set.Missing {
		fmt.Fprintf(errw, "acsgd: recordings: %s is not there and not played\n", m)
	}
	p, err := captures.New(set, captures.Config{MQTT: mqtt, Log: log})
	if err != nil {
		return nil, usage{err}
	}
	return &recordings{set, p}, nil
}

// lanes is the recordings' part of the site file.
func (r *recordings) lanes() string {
	if r == nil {
		return ""
	}
	return r.player.Lanes()
}

// welcome says what is played.
func (r *recordings) welcome(w io.Writer) {
	if r == nil {
		return
	}
	fmt.Fprintf(w, "  recordings of %s\n", r.set.Dir)
	for _, n := range r.player.Notes() {
		fmt.Fprintf(w, "    %s\n", n)
	}
	fmt.Fprintf(w, "    who waits there and exceeds nothing is released after %v; what exceeds is yours for %v, then goes to inspection\n\n", thinkFine, thinkBad)
}

// run plays the recordings and hands the declarations over until ctx ends. human says that
// nobody else decides in the lanes.
func (r *recordings) run(ctx context.Context, st *site.Site, watch string, human bool, log *slog.Logger) {
	if r == nil {
		return
	}
	for _, name := range r.set.Declarations {
		b, err := os.ReadFile(name)
		if err == nil {
			err = moveIn(watch, "recorded-"+filepath.Base(name), b)
		}
		if err != nil {
			log.Error("recorded declaration", "file", name, "err", err)
		}
	}
	if human {
		ctx, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { defer close(done); r.decide(ctx, st, log) }()
		defer func() { stop(); <-done }()
	}
	r.player.Run(ctx)
	<-ctx.Done() // what is played once may have ended
}

// How long a recorded vehicle waits: it has driven on long ago.
const (
	thinkFine = 3 * time.Second
	thinkBad  = 2 * time.Minute
)

// decide lets recorded vehicles go, so that they do not fill their lane.
func (r *recordings) decide(ctx context.Context, st *site.Site, log *slog.Logger) {
	t := time.NewTicker(500 * time.Millisecond)
	defer t.Stop()
	since := map[string]time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		now, old := time.Now(), since
		since = map[string]time.Time{}
		for _, p := range st.Waiting() {
			if !slices.Contains(r.player.IDs(), p.Lane) {
				continue
			}
			at, known := old[p.ID]
			if !known {
				at = now
			}
			since[p.ID] = at
			o := fusion.Order{ID: "recorded-" + p.ID, Action: fusion.Release, Passage: p.ID, User: "recording", Role: "officer", Reason: "recorded", Text: "the recorded vehicle has driven on"}
			wait := thinkFine
			if p.Verdict == rules.Exceeds {
				o.Action, wait, o.ID = fusion.Secondary, thinkBad, o.ID+"-s"
			}
			if now.Sub(at) < wait {
				continue
			}
			if err := st.Order(ctx, p.Lane, o); err != nil && ctx.Err() == nil {
				log.Error("recorded vehicle", "passage", p.ID, "err", err)
			}
		}
	}
}
