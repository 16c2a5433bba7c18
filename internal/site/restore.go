package site

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"acsgd/fusion"
	"acsgd/internal/config"
	"acsgd/internal/journal"
	"acsgd/internal/rulepack"
	"acsgd/lanes"
)

// restore reads declarations and tuned data, puts the snapshots in force and plays the
// rows after them; the archive gets what it had not yet.
func (s *Site) restore(ctx context.Context) (*lanes.Player, error) {
	start := time.Now()
	r, err := journal.OpenReader(ctx, s.journal.Dir())
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for rec, err := range r.Shared(ctx) {
		if err != nil {
			return nil, err
		}
		if err := s.lib.Take(&rec); err != nil {
			return nil, err
		}
	}
	head, _ := s.journal.Head()
	snaps, skipped := lanes.ReadSnapshots(s.snapDir(), s.journal.Epoch(), head)
	for _, err := range skipped {
		s.log.Warn("snapshot left out", "err", err)
	}
	have, err := s.store.Position(ctx, s.journal.Epoch())
	if err != nil {
		return nil, err
	}
	player := lanes.NewPlayer(s.lib)
	from := head + 1
	for _, sn := range snaps {
		if sn.N > have {
			// The archive is behind the snapshot (restored from elsewhere, or new): play all.
			s.log.Info("archive is rebuilt from the journal", "have", have, "want", sn.N)
			snaps, from = nil, 1
			break
		}
	}
	if len(snaps) < len(s.opt.File.Lanes) {
		from = 1
	}
	for _, sn := range snaps {
		if err := player.Restore(sn); err != nil {
			s.log.Warn("snapshot left out", "err", err)
			from = 1
			continue
		}
		from = min(from, sn.N+1)
	}
	if err := s.play(ctx, r, player, from, have); err != nil {
		return nil, err
	}
	s.log.Info("restored", "rows", head, "played", head+1-min(from, head+1), "dur", time.Since(start))
	return player, nil
}

func (s *Site) play(ctx context.Context, r *journal.Reader, p *lanes.Player, from, have uint64) error {
	if err := p.Scan(ctx, r, from); err != nil {
		return err
	}
	for rec, err := range r.Records(ctx, from) {
		if err != nil {
			return err
		}
		if rec.Lane == "" {
			continue // read above
		}
		outs, played, err := p.Play(&rec)
		if err != nil {
			return err
		}
		if played && rec.N > have {
			if err := s.project.now(ctx, rec.Lane, rec.N, outs); err != nil {
				return err
			}
		}
	}
	return s.project.sync(ctx)
}

// rebuild makes a lane's core anew from the journal, leaving inputs out.
func (s *Site) rebuild(ctx context.Context, lane string, leaveOut []uint64) (*fusion.Core, error) {
	r, err := journal.OpenReader(ctx, s.journal.Dir())
	if err != nil {
		return nil, err
	}
	defer r.Close()
	p := lanes.NewPlayer(s.lib)
	from := uint64(1)
	snaps, _ := lanes.ReadSnapshots(s.snapDir(), s.journal.Epoch(), ^uint64(0))
	for _, sn := range snaps {
		if sn.Lane == lane && p.Restore(sn) == nil {
			from = sn.N + 1
		}
	}
	if err := p.Scan(ctx, r, 1); err != nil {
		return nil, err
	}
	for _, seq := range leaveOut {
		p.LeaveOut(lane, seq)
	}
	for rec, err := range r.Records(ctx, from) {
		if err != nil {
			return nil, err
		}
		if rec.Lane != lane {
			continue
		}
		if _, _, err := p.Play(&rec); err != nil {
			return nil, err
		}
	}
	return p.Core(lane), nil
}

func (s *Site) snapDir() string { return filepath.Join(s.dir, "snapshots") }

// tune puts parameters and rule packs of this start in force: first their bytes in lane
// "", then their names in each lane.
func (s *Site) tune(ctx context.Context) error {
	book, err := rulepack.Load(s.opt.File.Site.Mode == "simulator")
	if err != nil {
		return fmt.Errorf("load rule packs: %w", err)
	}
	packs, err := rulepack.Bytes(book.Simulator)
	if err != nil {
		return fmt.Errorf("encode rule packs: %w", err)
	}
	rules, err := s.enter(ctx, fusion.TuneRules, book.Version, packs)
	if err != nil {
		return err
	}
	for i := range s.opt.File.Lanes {
		l := &s.opt.File.Lanes[i]
		b, err := json.Marshal(s.params(l))
		if err != nil {
			return fmt.Errorf("encode parameters of lane %s: %w", l.ID, err)
		}
		sum := sha256.Sum256(b)
		params, err := s.enter(ctx, fusion.TuneParams, l.ID+"-"+hex.EncodeToString(sum[:4]), b)
		if err != nil {
			return err
		}
		s.lanes[l.ID].Put(params, nil)
		s.lanes[l.ID].Put(rules, nil)
	}
	return nil
}

// enter makes tuned data durable in lane "" unless they are there already.
func (s *Site) enter(ctx context.Context, kind fusion.TunedKind, version string, b []byte) (fusion.Tuned, error) {
	sum := sha256.Sum256(b)
	if t, err := s.lib.Tuned(kind, hex.EncodeToString(sum[:])); err == nil {
		return t, nil
	}
	rec, err := lanes.TunedRecord(kind, version, b, time.Now())
	if err != nil {
		return fusion.Tuned{}, err
	}
	if _, err := s.journal.Put(ctx, rec); err != nil {
		return fusion.Tuned{}, fmt.Errorf("journal %s %s: %w", kind, version, err)
	}
	return s.lib.AddTuned(kind, version, b)
}

// params translates a lane of the site file for its core.
func (s *Site) params(l *config.Lane) *fusion.Params {
	f := s.opt.File
	_, offset := time.Now().In(f.Location()).Zone()
	p := &fusion.Params{Site: f.Site.Code, Lane: l.ID, Direction: l.Direction, Mode: f.Site.Mode, Window: l.Window,
		Green: l.Green == "auto", Declare: l.Declare == "expected", Secondary: l.Secondary, Pack: f.Site.Pack, Advice: f.Site.Advice,
		RoadClass: int64(f.Site.RoadClass / 1000), Region: f.Site.Region, MinLength: int32(l.Shortest), Offset: int32(offset)}
	for i := range l.Devices {
		d := &l.Devices[i]
		class := classOf(d.Driver)
		p.Devices = append(p.Devices, fusion.Instrument{Name: d.Name, Class: class, Station: int32(d.Station), Role: d.Role,
			Expect: d.Expect == "always" && class != "laneio"})
	}
	return p
}
