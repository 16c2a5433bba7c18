package site

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/radiation"
	"acsgd/internal/auth"
	"acsgd/internal/config"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
	"acsgd/lanes"
)

// noTemplates is the set that ends the use of another.
var noTemplates = []byte("null")

// tuneTemplates puts a portal's templates in force at the start, if they are others than
// the ones that are: those of the site file; where it names none, those that a supervisor
// has put in force stay, and else a simulator has the built-in ones and a site that
// enforces has none, because nothing has been learned there yet.
func (s *Site) tuneTemplates(ctx context.Context, l *config.Lane) error {
	now := s.shadows[l.ID]
	named, ok := portalOf(l)
	if !ok {
		return nil
	}
	b := noTemplates
	switch {
	case named.Templates != "":
		b = s.named[l.ID]
	case now.By != "":
		return nil
	case s.opt.File.Site.Mode == "simulator":
		var err error
		if _, b, err = BuiltInTemplates(); err != nil {
			return err
		}
	}
	sum := sha256.Sum256(b)
	if now.SHA256 == hex.EncodeToString(sum[:]) || now.Version == "" && string(b) == string(noTemplates) {
		return nil
	}
	return s.use(ctx, fusion.TuneTemplates, []string{l.ID}, versionOf(b), "", b, nil)
}

// BuiltInTemplates is the set of simulator mode.
func BuiltInTemplates() (version string, b []byte, err error) {
	set := radiation.Reference()
	if b, err = json.Marshal(set); err != nil {
		return "", nil, fmt.Errorf("built-in radiation templates: %w", err)
	}
	return set.Version, b, nil
}

// HasPortal reports whether a lane has a radiation portal.
func HasPortal(l *config.Lane) bool {
	_, ok := portalOf(l)
	return ok
}

// portalOf finds the lane's radiation portal.
func portalOf(l *config.Lane) (*config.Device, bool) {
	for i := range l.Devices {
		if classOf(l.Devices[i].Driver) == "rpm" {
			return &l.Devices[i], true
		}
	}
	return nil, false
}

// readTemplates reads the files of templates that the site file names.
func (s *Site) readTemplates() error {
	s.named = map[string][]byte{}
	for i := range s.opt.File.Lanes {
		l := &s.opt.File.Lanes[i]
		d, ok := portalOf(l)
		if !ok || d.Templates == "" {
			continue
		}
		b, _, err := ReadTemplates(s.opt.File.TemplatesFile(d))
		if err != nil {
			return fmt.Errorf("device %s: %w", d.Name, err)
		}
		s.named[l.ID] = b
	}
	return nil
}

// ReadTemplates reads a file of templates; it must hold some.
func ReadTemplates(path string) ([]byte, *radiation.Templates, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("radiation templates: %w", err)
	}
	t, err := radiation.ParseTemplates(b)
	if err == nil && t == nil {
		err = errors.New("no templates in it")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, t, nil
}

// ErrTemplates is why templates are refused.
var ErrTemplates = errors.New("templates are refused")

// Templates puts a supervisor's templates in force in a lane, "" in all lanes with a portal.
// It returns when that is durable and done.
func (s *Site) Templates(ctx context.Context, lane, user string, b []byte) (version string, err error) {
	set, err := radiation.ParseTemplates(b)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrTemplates, err)
	}
	ids, err := portalLanes(s.opt.File, lane)
	if err != nil {
		return "", err
	}
	if err := s.putInForce(ctx, fusion.TuneTemplates, ids, versionOf(b), user, b); err != nil {
		return "", err
	}
	if set != nil {
		version = set.Version
	}
	return version, nil
}

// putInForce journals tuned data, hands it to lanes and waits until they have it.
func (s *Site) putInForce(ctx context.Context, kind fusion.TunedKind, ids []string, version, user string, b []byte) (err error) {
	done := make(chan error, len(ids))
	if err := s.use(ctx, kind, ids, version, user, b, func(err error) { done <- err }); err != nil {
		return err
	}
	for range ids {
		select {
		case e := <-done:
			err = errors.Join(err, e)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

// portalLanes lists the lanes in which a person may put templates in force: the one that is
// named, or all with a portal. Where the site file names them, the site file is changed.
func portalLanes(f *config.File, lane string) ([]string, error) {
	var ids []string
	for i := range f.Lanes {
		l := &f.Lanes[i]
		if lane != "" && l.ID != lane {
			continue
		}
		d, ok := portalOf(l)
		switch {
		case !ok && lane == "":
			continue
		case !ok:
			return nil, fmt.Errorf("%w: lane %s has no radiation portal", ErrTemplates, l.ID)
		case d.Templates != "":
			return nil, fmt.Errorf("%w: the site file names the templates of lane %s: %s", ErrTemplates, l.ID, d.Templates)
		}
		ids = append(ids, l.ID)
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%w: there is no lane %q with a radiation portal", ErrTemplates, lane)
	}
	return ids, nil
}

// use journals tuned data and hands it to lanes.
func (s *Site) use(ctx context.Context, kind fusion.TunedKind, ids []string, version, user string, b []byte, done func(error)) error {
	t, err := s.enter(ctx, kind, version, b)
	if err != nil {
		return err
	}
	t.By = user
	for _, id := range ids {
		s.lanes[id].Put(t, done)
	}
	return nil
}

// versionOf is the version of a set, "none" of no set.
func versionOf(b []byte) string {
	if t, err := radiation.ParseTemplates(b); err == nil && t != nil {
		return t.Version
	}
	return "none"
}

// UseTemplates writes what Templates does into the journal of a site that does not run; it
// comes into force when the site starts. The user must be a supervisor.
func UseTemplates(ctx context.Context, dir, lane, user, password string, b []byte) (ids []string, err error) {
	if _, err := radiation.ParseTemplates(b); err != nil {
		return nil, err
	}
	return useStopped(ctx, dir, user, password, fusion.TuneTemplates, versionOf(b), b, func(r *journal.Reader) ([]string, error) {
		return journalLanes(ctx, r, lane, "rpm", "radiation portal", ErrTemplates)
	})
}

// useStopped writes tuned data, and that a supervisor puts them in force in lanes, into the
// journal of a site that does not run.
func useStopped(ctx context.Context, dir, user, password string, kind fusion.TunedKind, version string, b []byte, choose func(*journal.Reader) ([]string, error)) (ids []string, err error) {
	if _, err := os.Stat(filepath.Join(dir, "journal", journal.FileName)); err != nil {
		return nil, fmt.Errorf("no journal in %s: %w", dir, err)
	}
	claim, err := NewClaim(dir)
	if err != nil {
		return nil, err
	}
	defer claim.Close()
	users, err := auth.Open(filepath.Join(dir, "users"))
	if err != nil {
		return nil, err
	}
	token, u, err := users.Login(user, password)
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", user, err)
	}
	if err := users.Logout(token); err != nil {
		return nil, err
	}
	if !u.Has("supervisor") {
		return nil, fmt.Errorf("user %s: a supervisor puts %s in force", user, kind)
	}
	j, err := journal.Open(ctx, filepath.Join(dir, "journal"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	r, err := journal.OpenReader(ctx, j.Dir())
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if ids, err = choose(r); err != nil {
		return nil, err
	}
	rec, err := lanes.TunedRecord(kind, version, b, obs.Unix(time.Now()))
	if err != nil {
		return nil, err
	}
	if _, err := j.Put(ctx, rec); err != nil {
		return nil, fmt.Errorf("journal %s: %w", kind, err)
	}
	for _, id := range ids {
		last, err := r.Last(ctx, id)
		if err != nil {
			return nil, err
		}
		now := obs.Unix(time.Now())
		if now.Before(last.Now) {
			now = last.Now
		}
		rec, err := lanes.InForceRecord(id, last.Seq+1, kind, version, u.Name, b, now)
		if err != nil {
			return nil, err
		}
		if _, err := j.Put(ctx, rec); err != nil {
			return nil, fmt.Errorf("journal %s of lane %s: %w", kind, id, err)
		}
	}
	return ids, nil
}

// journalLanes lists the lanes of a journal that have a device of a class by their newest
// parameters.
func journalLanes(ctx context.Context, r *journal.Reader, lane, class, what string, refused error) ([]string, error) {
	all, err := r.Lanes(ctx)
	if err != nil {
		return nil, err
	}
	head, err := r.Newest(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, id := range all {
		if lane != "" && id != lane {
			continue
		}
		p, err := lanes.ParamsAt(ctx, r, id, head)
		if err != nil {
			return nil, err
		}
		if p == nil {
			continue
		}
		for i := range p.Devices {
			if p.Devices[i].Class == class {
				ids = append(ids, id)
				break
			}
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%w: there is no lane %q with a %s in the journal; there are %s", refused, lane, what, strings.Join(all, " "))
	}
	return ids, nil
}
