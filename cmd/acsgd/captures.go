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

// decide lets recorded vehicles go, so that they do not fill their lane: each is released
// once, unless it exceeds, and what still waits then goes to inspection.
func (r *recordings) decide(ctx context.Context, st *site.Site, log *slog.Logger) {
	t := time.NewTicker(500 * time.Millisecond)
	defer t.Stop()
	type wait struct {
		since time.Time
		tried fusion.Action
	}
	known := map[string]wait{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		old := known
		known = map[string]wait{}
		for _, p := range st.Waiting() {
			if !slices.Contains(r.player.IDs(), p.Lane) {
				continue
			}
			w, seen := old[p.ID]
			if !seen {
				w.since = time.Now()
			}
			act := fusion.Action("")
			switch d := time.Since(w.since); {
			case d >= thinkBad && w.tried != fusion.Secondary:
				act = fusion.Secondary
			case d >= thinkFine && w.tried == "" && p.Verdict != rules.Exceeds:
				act = fusion.Release
			}
			if act != "" {
				w.tried = act
				o := fusion.Order{ID: fmt.Sprintf("recorded-%s-%s", p.ID, act), Action: act, Passage: p.ID, User: "recording", Role: "officer", Reason: "recorded", Text: "the recorded vehicle has driven on"}
				if err := st.Order(ctx, p.Lane, o); err != nil && ctx.Err() == nil {
					log.Error("recorded vehicle", "passage", p.ID, "err", err)
				}
			}
			known[p.ID] = w
		}
	}
}
