package site

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"acsgd/fusion"
	"acsgd/internal/decl"
	"acsgd/internal/declaration"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
	"acsgd/lanes"
)

// watch takes declarations from the watched folder until ctx ends.
func (s *Site) watch(ctx context.Context) {
	dir := s.WatchDir()
	err := declaration.Watch(ctx, dir, s.opt.File.Arrive.Every, func(name string, raw []byte, ds []*decl.Declaration) error {
		return s.Accept(ctx, name, raw, ds)
	})
	if err != nil && ctx.Err() == nil {
		s.log.Error("watched folder", "dir", dir, "err", err)
	}
}

// WatchDir is the folder whose declarations the site takes.
func (s *Site) WatchDir() string {
	if w := s.opt.File.Arrive.Watch; w != "" {
		return w
	}
	return filepath.Join(s.dir, "declarations")
}

// Accept makes declarations durable, original bytes first, and hands every lane the new
// index. Declarations that are known already are left as they are.
func (s *Site) Accept(ctx context.Context, name string, raw []byte, ds []*decl.Declaration) error {
	blob, err := s.keep.Put("application/xml", raw)
	if err != nil {
		return err
	}
	news := 0
	for _, d := range ds {
		d.Original = blob.SHA256
		if s.lib.Has(d.ID) {
			continue
		}
		d.Received = obs.Unix(time.Now())
		rec, err := lanes.DeclarationRecord(d, d.Received)
		if err != nil {
			return err
		}
		n, err := s.journal.Put(ctx, rec)
		if err != nil {
			return fmt.Errorf("journal declaration of %s: %w", name, err)
		}
		s.lib.AddDeclaration(n, d)
		news++
	}
	if news > 0 {
		s.announceIndex()
	}
	return nil
}

// announceIndex hands the newest index to every lane that does not have it.
func (s *Site) announceIndex() {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.lib.Newest()
	if v == s.version {
		return
	}
	s.version = v
	x := s.lib.Index(v)
	x.Mix("") // here, not in the lane that first weighs a plate
	for _, id := range s.order {
		s.lanes[id].Put(fusion.Declared{Version: v, Index: x}, nil)
	}
}

// corridor makes an observation of a source without a lane durable in lane "".
func (s *Site) corridor(o obs.Observation, done func(error)) {
	p, err := json.Marshal(o)
	if err != nil {
		if done != nil {
			done(err)
		}
		return
	}
	s.journal.Append(journal.Record{Now: obs.Unix(time.Now()), Kind: lanes.KindSeen, Payload: p}, func(_ uint64, err error) {
		if done != nil {
			done(err)
		}
	})
}

// audit makes what users do durable: sign-ins, refused passwords, sign-outs.
func (s *Site) audit(_ context.Context, kind, user, detail string) {
	p, err := json.Marshal(map[string]string{"kind": kind, "user": user, "detail": detail})
	if err != nil {
		return // three strings always encode
	}
	s.journal.Append(journal.Record{Now: obs.Unix(time.Now()), Kind: lanes.KindUser, Payload: p}, func(_ uint64, err error) {
		if err != nil {
			s.log.Error("audit record", "kind", kind, "err", err)
		}
	})
}
