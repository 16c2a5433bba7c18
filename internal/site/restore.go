package site

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
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
	have, err := s.store.Position(ctx, s.journal.Epoch())
	if err != nil {
		return nil, err
	}
	s.project.done.Store(have)
	for {
		player, poison, err := s.restored(ctx, r, have, head)
		if err != nil {
			return nil, err
		}
		if poison == nil {
			s.log.Info("restored", "rows", head, "dur", time.Since(start))
			return player, nil
		}
		// A kill between the input that stopped the core and the row that leaves it out.
		s.log.Error("core stopped by an input", "lane", poison.Lane, "seq", poison.Seq, "err", poison)
		n, err := s.journal.Put(ctx, lanes.QuarantineRecord(poison.Lane, player.Seq(poison.Lane)+1, poison.Seq, time.Now(), poison))
		if err != nil {
			return nil, fmt.Errorf("journal quarantine of input %d of lane %s: %w", poison.Seq, poison.Lane, err)
		}
		head = n
	}
}

// restored makes cores from snapshots and the rows after them, and hands the archive what
// it has not.
func (s *Site) restored(ctx context.Context, r *journal.Reader, have, head uint64) (*lanes.Player, *lanes.Poison, error) {
	player, from, err := s.player(ctx, r, have, head)
	if err != nil {
		return nil, nil, err
	}
	each, end := s.project.refilling(ctx)
	err = s.play(ctx, r, player, from, head, func(lane string, n uint64, outs []fusion.Output) error {
		if n <= have {
			return nil
		}
		return each(lane, n, outs)
	})
	if poison, ok := errors.AsType[*lanes.Poison](err); ok {
		return player, poison, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if head > have {
		if err := end(head); err != nil {
			return nil, nil, err
		}
	}
	if head+1-from > playedMax {
		s.remember(player, head)
	}
	return player, nil, nil
}

// playedMax is how many rows may be played again at every start without new snapshots: a
// site that is killed again and again must not start slower each time.
const playedMax = 500

// remember writes snapshots of all lanes as they are after row head.
func (s *Site) remember(p *lanes.Player, head uint64) {
	for i := range s.opt.File.Lanes {
		id := s.opt.File.Lanes[i].ID
		b, err := p.Core(id).AppendBinary(nil)
		if err != nil {
			s.log.Error("snapshot", "lane", id, "err", err)
			continue
		}
		s.snaps.write(lanes.Snapshot{Lane: id, N: head, Seq: p.Seq(id), Epoch: s.journal.Epoch(), State: b})
	}
}

// player puts the snapshots in force that are not ahead of the archive, which has the rows
// up to "have". from is the first row to play.
func (s *Site) player(ctx context.Context, r *journal.Reader, have, head uint64) (p *lanes.Player, from uint64, err error) {
	snaps, skipped := lanes.ReadSnapshots(s.snapDir(), s.journal.Epoch(), head)
	for _, err := range skipped {
		s.log.Warn("snapshot left out", "err", err)
	}
	p = lanes.NewPlayer(s.lib)
	p.Step = s.step
	from = head + 1
	restored := map[string]bool{}
	for _, sn := range snaps {
		if sn.N > have {
			// The archive was restored from elsewhere, or is new: play what it has not.
			s.log.Info("archive is behind a snapshot: the lane is played from the journal", "lane", sn.Lane, "have", have, "snapshot", sn.N)
			continue
		}
		if err := p.Restore(sn); err != nil {
			s.log.Warn("snapshot left out", "err", err)
			continue
		}
		restored[sn.Lane] = true
		from = min(from, sn.N+1)
	}
	for i := range s.opt.File.Lanes {
		if !restored[s.opt.File.Lanes[i].ID] {
			return p, 1, nil
		}
	}
	for rec, err := range r.Records(ctx, from) { // a lane that the site file no longer has
		if err != nil {
			return nil, 0, err
		}
		if rec.Lane != "" && !restored[rec.Lane] {
			return p, 1, nil
		}
	}
	return p, from, nil
}

// play steps the rows from "from" to "upTo".
func (s *Site) play(ctx context.Context, r *journal.Reader, p *lanes.Player, from, upTo uint64, each func(lane string, n uint64, outs []fusion.Output) error) error {
	if err := p.Scan(ctx, r, from); err != nil {
		return err
	}
	for rec, err := range r.Records(ctx, from) {
		if err != nil {
			return err
		}
		if rec.N > upTo {
			break
		}
		if rec.Lane == "" {
			continue // read already
		}
		outs, played, err := p.Play(&rec)
		if err != nil {
			return err
		}
		if played {
			if err := each(rec.Lane, rec.N, outs); err != nil {
				return err
			}
		}
	}
	return nil
}

// replay implements the projector's: see there.
func (s *Site) replay(ctx context.Context, have, upTo uint64, each func(lane string, n uint64, outs []fusion.Output) error) error {
	r, err := journal.OpenReader(ctx, s.journal.Dir())
	if err != nil {
		return err
	}
	defer r.Close()
	p, from, err := s.player(ctx, r, have, upTo)
	if err != nil {
		return err
	}
	return s.play(ctx, r, p, from, upTo, func(lane string, n uint64, outs []fusion.Output) error {
		if n <= have {
			return nil
		}
		return each(lane, n, outs)
	})
}

// rebuild makes a lane's core anew from the journal as it was before the newest of the
// inputs that are left out: what came after it is still to be stepped by the lane.
func (s *Site) rebuild(ctx context.Context, lane string, leaveOut []uint64) (*fusion.Core, error) {
	r, err := journal.OpenReader(ctx, s.journal.Dir())
	if err != nil {
		return nil, err
	}
	defer r.Close()
	before := slices.Max(leaveOut)
	p := lanes.NewPlayer(s.lib)
	from := uint64(1)
	snaps, _ := lanes.ReadSnapshots(s.snapDir(), s.journal.Epoch(), ^uint64(0))
	for _, sn := range snaps {
		if sn.Lane == lane && sn.Seq < before && p.Restore(sn) == nil {
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
		if rec.Seq >= before {
			break
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
	book, err := rulepack.Parse(s.law)
	if err != nil {
		return fmt.Errorf("read rule packs: %w", err)
	}
	rules, err := s.enter(ctx, fusion.TuneRules, book.Version, s.law)
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
		if err := s.tuneTemplates(ctx, l); err != nil {
			return err
		}
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
	p := &fusion.Params{Site: f.Site.Code, Place: f.Site.Name, Lane: l.ID, Direction: l.Direction, Mode: f.Site.Mode, Window: l.Window,
		Green: l.Green == "auto", Declare: l.Declare == "expected", Secondary: l.Secondary, Pack: f.Site.Pack, Advice: f.Site.Advice,
		RoadClass: int64(f.Site.RoadClass / 1000), Region: f.Site.Region, MinLength: int32(l.Shortest), Offset: int32(offset)}
	p.Norm = normOf(s.norm, l.ID)
	for i := range l.Devices {
		d := &l.Devices[i]
		class := classOf(d.Driver)
		p.Devices = append(p.Devices, fusion.Instrument{Name: d.Name, Class: class, Driver: d.Driver, Station: int32(d.Station), Role: d.Role,
			Expect: d.Expect == "always" && class != "laneio", Loops: fusion.LoopPlaces(d.Loops), Certificate: d.Verified,
			Radiation: s.tests[d.Name]})
	}
	return p
}
