package n42

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/internal/drop"
	"acsgd/internal/obs"
)

// folderScheme begins links that are folders.
const folderScheme = "dir:"

// folderOf reads a link such as dir:/srv/n42?every=2s.
func folderOf(sec devices.Section) (dir string, every time.Duration, err error) {
	dir, raw, _ := strings.Cut(strings.TrimPrefix(sec.Link, folderScheme), "?")
	q, err := url.ParseQuery(raw)
	if err != nil {
		return "", 0, fmt.Errorf("link %q: parameters: %w", sec.Link, err)
	}
	every = time.Second
	if v := q.Get("every"); v != "" {
		if every, err = time.ParseDuration(v); err != nil || every < 100*time.Millisecond || every > time.Minute {
			return "", 0, fmt.Errorf("link %q: every %q: want 100ms to 1m", sec.Link, v)
		}
	}
	q.Del("every")
	switch {
	case len(q) > 0:
		return "", 0, fmt.Errorf("link %q: want no parameter but every", sec.Link)
	case dir == "":
		return "", 0, fmt.Errorf("link %q: no folder", sec.Link)
	}
	return filepath.Clean(sec.Path(dir)), every, nil
}

// folder takes the documents that are dropped into a folder.
type folder struct {
	dir   string
	every time.Duration
	cfg   *Config
	env   devices.Env
	book  *book
}

// tell reports what is wrong with a document or the folder.
func (s *folder) tell(why string) {
	if s.env.Report != nil {
		s.env.Report(&obs.DecodeError{Proto: proto, Reason: why})
	}
}

// report lies beside a document.
type report struct {
	File     string   `json:"file"`
	Accepted bool     `json:"accepted"`
	Reason   string   `json:"reason,omitempty"` // why it is refused
	Problems []string `json:"problems,omitempty"`
}

// Run implements devices.Source.
func (s *folder) Run(ctx context.Context, emit devices.Emit) error {
	meter := s.env.Meter
	var fault error
	w := drop.Folder{Dir: s.dir, Max: int64(s.cfg.MaxBody),
		Examine: func(name string, raw []byte) (any, func() error) { return s.examine(ctx, name, raw, emit) },
		Fault:   func(err error) { fault = err }}
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		now := time.Now()
		fault = nil
		if err := w.Look(ctx, now); err != nil {
			return fmt.Errorf("folder %s: %w", s.dir, err)
		}
		if fault != nil {
			s.tell(fault.Error())
		}
		meter.Heard(now, 0)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// examine reads one document. Nothing of it is said before it is accepted.
func (s *folder) examine(ctx context.Context, name string, raw []byte, emit devices.Emit) (any, func() error) {
	r := report{File: name}
	refuse := func(why string) (any, func() error) {
		r.Reason = why
		s.tell(name + ": " + why)
		return r, nil
	}
	if len(raw) > s.cfg.MaxBody {
		return refuse(fmt.Sprintf("longer than %d bytes", s.cfg.MaxBody))
	}
	one := session{cfg: s.cfg, env: s.env, book: s.book}
	var out devices.Out
	why := one.take(&out, raw)
	for _, e := range out.Errs {
		if e.Reason != why {
			r.Problems = append(r.Problems, e.Reason)
		}
	}
	if why != "" {
		return refuse(why)
	}
	for _, e := range out.Errs {
		s.tell(name + ": " + e.Reason)
	}
	r.Accepted = true
	return r, func() error { return s.accept(ctx, out.Obs, emit) }
}

// accept hands on the lines of a document and waits until all of them are durable.
func (s *folder) accept(ctx context.Context, lines []obs.Observation, emit devices.Emit) error {
	now := time.Now()
	done := make(chan error, len(lines))
	for _, o := range lines {
		o.Stamp.Arrived = obs.Unix(now)
		emit(o, func(err error) { done <- err })
	}
	s.env.Meter.Frames(now, len(lines))
	var errs []error
	for range lines {
		select {
		case err := <-done:
			errs = append(errs, err)
		case <-ctx.Done():
			errs = append(errs, ctx.Err())
		}
	}
	err := errors.Join(errs...)
	if err != nil {
		s.book.forget() // it is read again
	}
	return err
}
