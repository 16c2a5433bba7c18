package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"acsgd/devices"
	"acsgd/devices/catalog"
	"acsgd/fusion"
	"acsgd/fusion/radiation"
	"acsgd/internal/config"
	"acsgd/internal/decl"
	"acsgd/internal/declaration"
	"acsgd/internal/evidence"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
	"acsgd/internal/rulepack"
	"acsgd/internal/site"
	"acsgd/lanes"
	"acsgd/sim/scenario"
)

// virtualOptions say how a run in virtual time is made.
type virtualOptions struct {
	Seed    uint64
	Journal string    // directory of journal and evidence; "" keeps nothing
	Record  string    // directory of record files; "" records nothing
	Workers int       // lanes that run at once; 1 with a journal
	Trace   io.Writer // takes every output as a line; nil: none. Workers is then 1
	Pace    float64   // simulated seconds a second; 0: as fast as it goes
}

// virtualSite is a whole site in virtual time, without sockets: real drivers, real core,
// real rule packs.
type virtualSite struct {
	opt   virtualOptions
	plan  *scenario.Plan
	file  *config.File
	lib   *lanes.Library
	lanes []*virtualLane
	rows  uint64                       // of lane "", where there is no journal
	tests map[string]*radiation.Config // of portals, by device

	journal *journal.Journal
	keep    func(mediaType string, p []byte) (obs.Blob, error)
	close   []func() error

	mu     sync.Mutex
	failed error // why the journal refused

	papers []*scenario.Arrival // lodged later, by time
}

// virtualRun is what a virtual run found.
type virtualRun struct {
	*scenario.Result
	Digest string // of all that was decided
	Counts counts
}

// runVirtual runs a scenario in virtual time and judges it.
func runVirtual(ctx context.Context, sc *scenario.Scenario, opt virtualOptions) (*virtualRun, error) {
	began := time.Now()
	s := &virtualSite{opt: opt, plan: sc.Plan(opt.Seed, time.Time{}), lib: lanes.NewLibrary(), keep: nameOnly, tests: map[string]*radiation.Config{}}
	err := s.open(ctx)
	if err == nil {
		err = s.run(ctx)
	}
	for _, f := range slices.Backward(s.close) {
		err = errors.Join(err, f())
	}
	if err = errors.Join(err, s.failed); err != nil {
		return nil, fmt.Errorf("scenario %s, seed %d: %w", sc.Name, s.plan.Seed, err)
	}
	r, err := s.judge()
	if err != nil {
		return nil, err
	}
	r.Took = time.Since(began)
	return r, nil
}

func nameOnly(mediaType string, p []byte) (obs.Blob, error) { return obs.BlobOf(mediaType, p), nil }

// open makes lanes, instruments and sessions, and puts law and papers in force.
func (s *virtualSite) open(ctx context.Context) error {
	sc := s.plan.Scenario
	if dir := s.opt.Journal; dir != "" {
		keep, err := evidence.Open(filepath.Join(dir, "evidence"))
		if err != nil {
			return err
		}
		s.close = append(s.close, keep.Close)
		if s.journal, err = journal.Open(ctx, filepath.Join(dir, "journal")); err != nil {
			return err
		}
		s.close = append(s.close, s.journal.Close)
		if n, _ := s.journal.Head(); n > 0 {
			return fmt.Errorf("journal %s is not empty", dir)
		}
		s.keep = keep.Put
	}
	var gears []*scenario.Gear
	links := map[string]string{}
	for i := range sc.Lanes {
		g, err := scenario.NewGear(s.plan, i+1, true, 1)
		if err != nil {
			return err
		}
		for _, x := range g.List {
			links[x.Name] = "virtual:" + x.Name
			links[x.Name+scenario.SecondLink] = links[x.Name] + scenario.SecondLink
		}
		gears = append(gears, g)
	}
	text := sc.SiteFile(sc.Head("SIM", "none"), gears, links)
	var err error
	if s.file, err = config.Parse(sc.Name+" (its site file)", []byte(text)); err != nil {
		return err
	}
	n := 0
	for i, g := range gears {
		l := newVirtualLane(s, g)
		if n, err = s.wire(l, &s.file.Lanes[i], n); err != nil {
			return err
		}
		s.lanes = append(s.lanes, l)
	}
	return s.enact(ctx)
}

// wire makes the nodes of one lane; n counts devices through the file.
func (s *virtualSite) wire(l *virtualLane, f *config.Lane, n int) (int, error) {
	sc := s.plan.Scenario
	l.nodes = append(l.nodes, &worldNode{l: l, next: s.plan.Start})
	for k := range f.Devices {
		d, i := &f.Devices[k], l.gear.List[k]
		at := n
		n++
		sec := devices.Section{Driver: d.Driver, Link: d.Link, Station: fmt.Sprintf("%dmm", d.Station), Dir: s.file.Dir(),
			Decode: func(v any) error { return s.file.DecodeSettings("lane.device", at, d, v) }}
		known, err := site.Find(catalog.Drivers(), d.Driver)
		if err == nil {
			s.tests[d.Name], err = site.Tests(known, sec, d)
		}
		if err != nil {
			return n, err
		}
		if i.Machine == nil {
			io, err := newIONode(l, i, sec)
			if err != nil {
				return n, err
			}
			l.io = io
			l.nodes = append(l.nodes, io)
			continue
		}
		env := devices.Env{Name: d.Name, Lane: l.id, Log: discard, Keep: s.keep, Report: func(*obs.DecodeError) { l.counts.Errors++ }}
		var rec *recorder
		if s.opt.Record != "" {
			var err error
			if rec, err = newRecorder(s.opt.Record, i.Name, s.plan.Start); err != nil {
				return n, err
			}
			s.close = append(s.close, rec.Close)
		}
		polled, err := newPolledNode(l, i, sec, env, rec)
		if err != nil {
			return n, err
		}
		if polled != nil {
			l.nodes = append(l.nodes, polled)
			continue
		}
		drv, err := driver(d.Driver)
		if err != nil {
			return n, err
		}
		if i.Second != nil {
			if err := l.twin(drv, sec, env, i, rec); err != nil {
				return n, err
			}
			continue
		}
		newSession := func() (devices.Session, error) { return drv.NewSession(sec, env) }
		if _, err := newSession(); err != nil {
			return n, err
		}
		node := newStreamNode(l, i, i.Machine, newSession)
		node.rec = rec
		l.nodes = append(l.nodes, node)
	}
	l.officer = &officerNode{l: l, think: sc.Officer.Think, idle: sc.Officer.Decides == "nobody", done: map[string]bool{}}
	l.nodes = append(l.nodes, l.officer, &coreNode{l})
	return n, nil
}

// driver finds a driver with a byte stream.
func driver(kind string) (devices.Driver, error) {
	for _, d := range catalog.Drivers() {
		if d.Kind == kind && d.NewSession != nil {
			return d, nil
		}
	}
	return devices.Driver{}, fmt.Errorf("there is no driver %q with a byte stream", kind)
}

// enact puts rule packs, parameters and the papers that are lodged already in force.
func (s *virtualSite) enact(ctx context.Context) error {
	packs, err := rulepack.Bytes(true)
	if err != nil {
		return fmt.Errorf("rule packs: %w", err)
	}
	book, err := rulepack.Parse(packs)
	if err != nil {
		return err
	}
	rules, err := s.tune(ctx, fusion.TuneRules, book.Version, packs)
	if err != nil {
		return err
	}
	shadows, err := s.shadows(ctx)
	if err != nil {
		return err
	}
	// Lane "" first: then its rows have the same numbers with and without a journal.
	params := make([]fusion.Tuned, len(s.lanes))
	for i, l := range s.lanes {
		b, err := json.Marshal(s.params(&s.file.Lanes[i]))
		if err != nil {
			return fmt.Errorf("parameters of lane %s: %w", l.id, err)
		}
		sum := sha256.Sum256(b)
		if params[i], err = s.tune(ctx, fusion.TuneParams, l.id+"-"+hex.EncodeToString(sum[:4]), b); err != nil {
			return err
		}
	}
	for _, a := range s.plan.Arrivals {
		switch {
		case a.Papers == nil:
		case a.Lodged.After(s.plan.Start):
			s.papers = append(s.papers, a)
		default:
			if err := s.lodge(ctx, a); err != nil {
				return err
			}
		}
	}
	slices.SortStableFunc(s.papers, func(a, b *scenario.Arrival) int { return a.Lodged.Compare(b.Lodged) })
	for i, l := range s.lanes {
		l.put(params[i])
		l.put(rules)
		if site.HasPortal(&s.file.Lanes[i]) {
			l.put(shadows)
		}
	}
	for _, a := range s.announce(nil, s.plan.Start) {
		for _, l := range s.lanes {
			l.put(a.declared)
		}
	}
	return nil
}

// shadows makes the built-in radiation templates known.
func (s *virtualSite) shadows(ctx context.Context) (fusion.Tuned, error) {
	version, b, err := site.BuiltInTemplates()
	if err != nil {
		return fusion.Tuned{}, err
	}
	return s.tune(ctx, fusion.TuneTemplates, version, b)
}

// row appends a record of lane "" and gives its number.
func (s *virtualSite) row(ctx context.Context, r journal.Record) (uint64, error) {
	if s.journal == nil {
		s.rows++
		return s.rows, nil
	}
	return s.journal.Put(ctx, r)
}

func (s *virtualSite) tune(ctx context.Context, kind fusion.TunedKind, version string, b []byte) (fusion.Tuned, error) {
	rec, err := lanes.TunedRecord(kind, version, b, s.plan.Start)
	if err != nil {
		return fusion.Tuned{}, err
	}
	if _, err := s.row(ctx, rec); err != nil {
		return fusion.Tuned{}, err
	}
	return s.lib.AddTuned(kind, version, b)
}

// lodge brings one declaration in as a declarant would: its XML through the format's codec
// and control.
func (s *virtualSite) lodge(ctx context.Context, a *scenario.Arrival) error {
	raw := a.Papers.XML()
	rep := declaration.Examine(raw, a.Name)
	if !rep.Accepted {
		return fmt.Errorf("the declaration of %s is refused: %v", a.Name, rep.Problems)
	}
	blob, err := s.keep("application/xml", raw)
	if err != nil {
		return err
	}
	at := s.plan.Start
	if a.Lodged.After(at) {
		at = a.Lodged
	}
	for _, d := range rep.Declarations {
		d.Original, d.Received = blob.SHA256, obs.Unix(at)
		if err := s.declare(ctx, d, at); err != nil {
			return err
		}
	}
	return nil
}

func (s *virtualSite) declare(ctx context.Context, d *decl.Declaration, at time.Time) error {
	if s.lib.Has(d.ID) {
		return nil
	}
	rec, err := lanes.DeclarationRecord(d, at)
	if err != nil {
		return err
	}
	n, err := s.row(ctx, rec)
	if err != nil {
		return err
	}
	s.lib.AddDeclaration(n, d)
	return nil
}

// announcement is an index that is in force from a time on.
type announcement struct {
	at       time.Time
	declared fusion.Declared
}

// announce appends the newest index.
func (s *virtualSite) announce(dst []announcement, at time.Time) []announcement {
	v := s.lib.Newest()
	if v == 0 {
		return dst
	}
	return append(dst, announcement{at, fusion.Declared{Version: v, Index: s.lib.Index(v)}})
}

// params translates a lane of the site file for its core, as a site does.
func (s *virtualSite) params(l *config.Lane) *fusion.Params {
	f := s.file
	_, offset := s.plan.Start.In(f.Location()).Zone()
	p := &fusion.Params{Site: f.Site.Code, Lane: l.ID, Direction: l.Direction, Mode: f.Site.Mode, Window: l.Window,
		Green: l.Green == "auto", Declare: l.Declare == "expected", Secondary: l.Secondary, Pack: f.Site.Pack, Advice: f.Site.Advice,
		RoadClass: int64(f.Site.RoadClass / 1000), Region: f.Site.Region, MinLength: int32(l.Shortest), Offset: int32(offset)}
	for i := range l.Devices {
		d := &l.Devices[i]
		class, _, _ := strings.Cut(d.Driver, "/")
		p.Devices = append(p.Devices, fusion.Instrument{Name: d.Name, Class: class, Driver: d.Driver, Station: int32(d.Station), Role: d.Role,
			Expect: d.Expect == "always" && class != "laneio", Loops: fusion.LoopPlaces(d.Loops), Certificate: d.Verified,
			Radiation: s.tests[d.Name]})
	}
	return p
}

func (s *virtualSite) refused(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = err
	}
}

// A slice is how finely news, ends and pauses are looked at, an apart how far lanes run
// before they wait for each other, and stuck how long all may be.
const (
	slice = time.Second
	apart = 5 * time.Minute
	stuck = 30 * time.Minute
	after = 30 * time.Second // what the instruments say when the last has gone
)

// run lets the time of all lanes pass, stretch by stretch.
func (s *virtualSite) run(ctx context.Context) error {
	sc, now, began := s.plan.Scenario, s.plan.Start, time.Now()
	limit, last := time.Time{}, now // last is the latest that a vehicle may come
	if sc.Length > 0 && sc.Traffic == nil {
		limit = now.Add(sc.Length)
	}
	for _, a := range s.plan.Arrivals {
		if a.At.After(last) {
			last = a.At
		}
	}
	for ctx.Err() == nil {
		end := now.Add(s.together(last.Sub(now)))
		news, err := s.news(ctx, now, end)
		if err != nil {
			return err
		}
		s.each(func(l *virtualLane) { l.stretch(ctx, now, end, news) })
		now = end
		done, moved := true, s.plan.Start
		for _, l := range s.lanes {
			if l.err != nil {
				return l.err
			}
			done = done && l.gear.World.Done()
			if l.moved.After(moved) {
				moved = l.moved
			}
		}
		if limit.IsZero() && done {
			limit = now.Add(after)
		}
		if !limit.IsZero() && !now.Before(limit) || now.Sub(moved) > stuck {
			return nil
		}
		if s.opt.Pace > 0 {
			if err := sleep(ctx, time.Until(began.Add(time.Duration(float64(now.Sub(s.plan.Start))/s.opt.Pace)))); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// together is how far lanes run before they wait for each other. They do so after each
// slice where somebody watches, and once the last vehicle may have come, in the time
// ahead: then the run ends when the last lane is done.
func (s *virtualSite) together(ahead time.Duration) time.Duration {
	if s.serial() || s.opt.Pace > 0 {
		return slice
	}
	return max(slice, min(apart, ahead.Truncate(slice)))
}

// news lodges what is lodged from one time to another.
func (s *virtualSite) news(ctx context.Context, from, to time.Time) (news []announcement, err error) {
	for now := from; now.Before(to); now = now.Add(slice) {
		for len(s.papers) > 0 && !s.papers[0].Lodged.After(now) {
			if err := s.lodge(ctx, s.papers[0]); err != nil {
				return nil, err
			}
			s.papers = s.papers[1:]
			news = s.announce(news, now)
		}
	}
	return news, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// serial reports whether lanes share what they write.
func (s *virtualSite) serial() bool { return s.journal != nil || s.opt.Trace != nil }

// each does something with every lane. Lanes share nothing that changes meanwhile, so
// several at once give the same outputs.
func (s *virtualSite) each(do func(*virtualLane)) {
	if s.serial() || s.opt.Workers <= 1 {
		for _, l := range s.lanes {
			do(l)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(s.opt.Workers, len(s.lanes)) {
		wg.Go(func() {
			for i := next.Add(1); int(i) <= len(s.lanes); i = next.Add(1) {
				do(s.lanes[i-1])
			}
		})
	}
	wg.Wait()
}

// judge compares what was reported with what was expected.
func (s *virtualSite) judge() (*virtualRun, error) {
	sc := s.plan.Scenario
	r := &virtualRun{Result: &scenario.Result{Scenario: sc.Name, Seed: s.plan.Seed, Mode: "virtual"}}
	s.each((*virtualLane).finish)
	all := sha256.New()
	for _, l := range s.lanes {
		if l.err != nil {
			return nil, l.err
		}
		all.Write(l.sum.Sum(nil))
		r.Counts.add(l.counts)
		r.Result.Add(sc, l.gear.World.Passings(), l.final)
		r.Span = max(r.Span, l.now.Sub(s.plan.Start))
	}
	r.Digest = hex.EncodeToString(all.Sum(nil))
	return r, nil
}
