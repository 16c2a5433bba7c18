package lanes

import (
	"context"
	"encoding/json"
	"fmt"

	"acsgd/fusion"
	"acsgd/internal/journal"
)

// Player steps cores from a journal: at a restart, for "acsgd replay", and to rebuild the
// archive. It is the one way from rows to outputs.
type Player struct {
	Library *Library
	// Step, if set, stands for Core.Step: tests of what happens when the core stops.
	Step  func(c *fusion.Core, dst []fusion.Output, in fusion.Input) []fusion.Output
	cores map[string]*fusion.Core
	skip  map[string]map[uint64]bool
	from  map[string]uint64 // rows up to this are in the restored core already
	seq   map[string]uint64
	out   []fusion.Output
}

// NewPlayer returns a player without any lane.
func NewPlayer(lib *Library) *Player {
	return &Player{Library: lib, cores: map[string]*fusion.Core{}, skip: map[string]map[uint64]bool{}, from: map[string]uint64{}, seq: map[string]uint64{}}
}

// Seq is the newest input number of a lane, played, left out or in its snapshot.
func (p *Player) Seq(lane string) uint64 { return p.seq[lane] }

// Restore puts a snapshot in force: the lane's rows up to n are left out. Its rule packs
// and index must be in the library.
func (p *Player) Restore(s Snapshot) error {
	c := new(fusion.Core)
	if err := c.UnmarshalBinary(s.State); err != nil {
		return fmt.Errorf("restore lane %s: %w", s.Lane, err)
	}
	book, version := c.InForce()
	c.Restore(p.Library.Book(book), p.Library.Index(version))
	p.cores[s.Lane], p.from[s.Lane], p.seq[s.Lane] = c, s.N, s.Seq
	return nil
}

// LeaveOut names an input that stopped the core once.
func (p *Player) LeaveOut(lane string, seq uint64) {
	if p.skip[lane] == nil {
		p.skip[lane] = map[uint64]bool{}
	}
	p.skip[lane][seq] = true
}

// Core gives a lane's core; a new one if it has no rows yet.
func (p *Player) Core(lane string) *fusion.Core {
	c := p.cores[lane]
	if c == nil {
		c = new(fusion.Core)
		p.cores[lane] = c
	}
	return c
}

// Scan reads the rows that must be known before playing: inputs to leave out.
func (p *Player) Scan(ctx context.Context, r *journal.Reader, from uint64) error {
	for rec, err := range r.Records(ctx, from) {
		if err != nil {
			return err
		}
		if rec.Kind != KindQuarantine {
			continue
		}
		var q quarantineRow
		if err := json.Unmarshal(rec.Payload, &q); err != nil {
			return fmt.Errorf("quarantine in row %d: %w", rec.N, err)
		}
		p.LeaveOut(rec.Lane, q.Seq)
	}
	return nil
}

// Play steps one row. played is false for rows that are not inputs of a lane, or that are
// left out. The outputs are valid until the next Play.
func (p *Player) Play(rec *journal.Record) (outs []fusion.Output, played bool, err error) {
	p.seq[rec.Lane] = max(p.seq[rec.Lane], rec.Seq)
	switch {
	case rec.Kind == journal.KindDigest || rec.Kind == KindQuarantine:
		return nil, false, nil
	case rec.Lane == "":
		return nil, false, p.Library.Take(rec)
	case rec.N <= p.from[rec.Lane] || p.skip[rec.Lane][rec.Seq]:
		return nil, false, nil
	}
	body, err := decode(rec, p.Library)
	if err != nil {
		return nil, false, err
	}
	if err := p.step(rec, body); err != nil {
		return nil, false, err
	}
	return p.out, true, nil
}

// Poison is the error of an input that stopped the core. The lane's core is of no use any
// more.
type Poison struct {
	Lane  string
	N     uint64 // its row
	Seq   uint64
	Cause string
}

// Error implements error.
func (p *Poison) Error() string {
	return fmt.Sprintf("row %d (lane %s, seq %d) stops the core: %s", p.N, p.Lane, p.Seq, p.Cause)
}

func (p *Player) step(rec *journal.Record, body fusion.InputBody) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &Poison{Lane: rec.Lane, N: rec.N, Seq: rec.Seq, Cause: fmt.Sprint(r)}
		}
	}()
	step := p.Step
	if step == nil {
		step = (*fusion.Core).Step
	}
	p.out = step(p.Core(rec.Lane), p.out[:0], fusion.Input{Seq: rec.Seq, Now: rec.Now, Body: body})
	return nil
}

// Difference is one input whose outputs are not those of the day it was journaled.
type Difference struct {
	N    uint64
	Lane string
	Seq  uint64
	Want [32]byte
	Got  [32]byte
}

// ReplayReport is the result of Replay.
type ReplayReport struct {
	Rows        uint64
	Inputs      uint64
	Digests     uint64
	Differences []Difference
}

// Replay recomputes all verdicts of a journal from its first row and compares them with
// the digests in it. each, if not nil, sees every step.
func Replay(ctx context.Context, dir string, each func(*journal.Record, []fusion.Output)) (ReplayReport, error) {
	var rep ReplayReport
	r, err := journal.OpenReader(ctx, dir)
	if err != nil {
		return rep, err
	}
	defer r.Close()
	p := NewPlayer(NewLibrary())
	if err := p.Scan(ctx, r, 0); err != nil {
		return rep, err
	}
	type key struct {
		lane string
		seq  uint64
	}
	open := map[key]Difference{} // computed, its digest not read yet
	for rec, err := range r.Records(ctx, 0) {
		if err != nil {
			return rep, err
		}
		rep.Rows++
		if rec.Kind == journal.KindDigest {
			ds, err := journal.Digests(rec.Payload)
			if err != nil {
				return rep, fmt.Errorf("row %d: %w", rec.N, err)
			}
			for _, d := range ds {
				rep.Digests++
				k := key{d.Lane, d.Seq}
				got := open[k]
				delete(open, k)
				if got.Got != d.Sum {
					got.Lane, got.Seq, got.Want = d.Lane, d.Seq, d.Sum
					rep.Differences = append(rep.Differences, got)
				}
			}
			continue
		}
		outs, played, err := p.Play(&rec)
		if err != nil {
			return rep, err
		}
		if !played {
			continue
		}
		rep.Inputs++
		if sum, ok := digest(outs); ok {
			open[key{rec.Lane, rec.Seq}] = Difference{N: rec.N, Lane: rec.Lane, Seq: rec.Seq, Got: sum}
		}
		if each != nil {
			each(&rec, outs)
		}
	}
	return rep, ctx.Err()
}
