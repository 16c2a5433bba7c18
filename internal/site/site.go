// Package site wires a checkpoint: journal, lanes, instruments, console, declarations,
// archive. It is what "acsgd run" and "acsgd demo" start.
package site

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"acsgd/console"
	"acsgd/devices"
	"acsgd/fusion"
	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
	"acsgd/internal/auth"
	"acsgd/internal/bus"
	"acsgd/internal/config"
	"acsgd/internal/evidence"
	"acsgd/internal/exchange"
	"acsgd/internal/journal"
	"acsgd/internal/rulepack"
	"acsgd/internal/store"
	"acsgd/lanes"
)

// Options are what a site is started with beside its file.
type Options struct {
	File    *config.File
	Catalog []devices.Driver
	Static  fs.FS // the console's built front end
	Build   string
	Log     *slog.Logger
	// Console and Metrics, if set, are used instead of the file's addresses.
	Console, Metrics net.Listener
	// Bus, if set, is used instead of the file's bus.
	Bus *bus.Bus
	// Claim, if set, is the right to the file's data directory; else Start claims it.
	Claim *Claim
}

// Site is a running checkpoint.
type Site struct {
	opt     Options
	log     *slog.Logger
	dir     string
	claim   *Claim // nil if the caller has it
	journal *journal.Journal
	keep    *evidence.Store
	users   *auth.Users
	store   store.Store
	papers  *Papers
	lib     *lanes.Library
	law     []byte                           // the rule tables of this start
	named   map[string][]byte                // templates that the site file names, by lane
	shadows map[string]fusion.TemplatesState // that were in force when the journal was read, by lane
	norm    *rules.NormLearnt
	tests   map[string]*radiation.Config // of portals, by device
	hub     *console.Hub
	console *console.Server
	flight  *flight
	project *projector
	snaps   *snapshotter
	wait    *waiting
	lanes   map[string]*lanes.Lane
	order   []string // lane ids as in the file
	devs    []*device
	// observers are the devices that look at what others of their lane have seen, by lane;
	// complete before anything runs.
	observers map[string][]observer
	mover     *mover
	bus       *bus.Bus
	ownBus    bool
	broker    devices.Broker

	// step, if set, stands for the core's Step while rows are played: see lanes.Player.
	step func(c *fusion.Core, dst []fusion.Output, in fusion.Input) []fusion.Output

	mu      sync.Mutex
	version uint64 // of the index that the lanes have

	servers []*http.Server
	addr    net.Addr
}

// Start opens everything and restores the lanes; nothing runs yet. Close must be called,
// also after an error of Run.
func Start(ctx context.Context, opt Options) (*Site, error) {
	s := &Site{opt: opt, log: opt.Log, dir: opt.File.Site.Data, lib: lanes.NewLibrary(), wait: newWaiting(), lanes: map[string]*lanes.Lane{},
		shadows: map[string]fusion.TemplatesState{}, observers: map[string][]observer{}}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Site) open(ctx context.Context) (err error) {
	if s.opt.Claim == nil {
		if s.claim, err = NewClaim(s.dir); err != nil {
			return err
		}
	}
	if s.law, err = rulepack.BytesOf(s.opt.File.Site.Rules, s.opt.File.Site.Mode == "simulator"); err != nil {
		return err
	}
	if err = s.readTemplates(); err != nil {
		return err
	}
	if s.norm, err = ReadNorm(s.opt.File.NormFile()); err != nil {
		return err
	}
	if s.keep, err = evidence.Open(filepath.Join(s.dir, "evidence")); err != nil {
		return err
	}
	if s.users, err = auth.Open(filepath.Join(s.dir, "users")); err != nil {
		return err
	}
	if s.journal, err = journal.Open(ctx, filepath.Join(s.dir, "journal")); err != nil {
		return err
	}
	if s.store, err = store.Open(ctx, s.opt.File.Site.Store, filepath.Join(s.dir, "archive")); err != nil {
		return err
	}
	if s.papers, err = NewPapers(s.dir, s.store, s.keep); err != nil {
		return err
	}
	s.flight = newFlight(s.journal)
	s.project = newProjector(s.store, s.journal.Epoch(), s.flight, s.log)
	s.project.replay = s.replay
	if dir := s.opt.File.N42Dir(); dir != "" {
		s.project.after = (&n42Folder{dir: dir, journal: filepath.Join(s.dir, "journal"), log: s.log}).take
	}
	s.snaps = newSnapshotter(s)
	head, _ := s.journal.Head()
	s.hub = console.NewHub(s.journal.Epoch(), head)
	player, err := s.restore(ctx)
	if err != nil {
		return err
	}
	if err := s.openBus(ctx); err != nil {
		return err
	}
	s.mover = newMover(s)
	for i := range s.opt.File.Lanes {
		l := &s.opt.File.Lanes[i]
		s.order = append(s.order, l.ID)
		s.lanes[l.ID] = s.lane(l, player)
	}
	if err := s.openDevices(); err != nil {
		return err
	}
	return s.openConsole()
}

// lane makes the actor of one lane around its restored core.
func (s *Site) lane(l *config.Lane, player *lanes.Player) *lanes.Lane {
	id := l.ID
	core := player.Core(id)
	if t := core.Lane().Templates; t != nil {
		s.shadows[id] = *t
	}
	return lanes.New(lanes.Config{
		ID: id, Core: core, Seq: player.Seq(id), Journal: s.flight,
		Publisher: all{s.hub, s.project, s.wait, s.flight}, // the flight last: it counts what the others have
		Mover:     s.mover, Log: s.log, Snapshot: s.snaps.take,
		Rebuild: func(ctx context.Context, leaveOut []uint64) (*fusion.Core, error) {
			return s.rebuild(ctx, id, leaveOut)
		},
	})
}

// all hands outputs to each of its publishers.
type all []lanes.Publisher

// Publish implements lanes.Publisher.
func (x all) Publish(lane string, n uint64, now time.Time, outs []fusion.Output) {
	for _, p := range x {
		p.Publish(lane, n, now, outs)
	}
}

// Run runs the site until ctx ends or a listener fails, then stops from the left: sources,
// lanes, snapshots, streams, archive.
func (s *Site) Run(ctx context.Context) error {
	back := context.WithoutCancel(ctx)
	ctx, stopSources := context.WithCancel(ctx)
	defer stopSources()
	right, stopRight := context.WithCancel(back)
	defer stopRight()
	var sinks, actors, sources sync.WaitGroup
	sinks.Go(func() { s.project.run(right) })
	sinks.Go(func() { s.snaps.run(right) })
	if s.bus != nil && s.opt.File.Bus.Centre == "tell" {
		up := &exchange.Sender{Site: s.opt.File.Site.Code, Epoch: s.journal.Epoch(), Store: s.store, Conn: s.bus.Conn(), Log: s.log}
		sinks.Go(func() { up.Run(right) })
	}

	laneCtx, stopLanes := context.WithCancel(back)
	defer stopLanes()
	for _, id := range s.order {
		l := s.lanes[id]
		actors.Go(func() {
			if err := l.Run(laneCtx); err != nil {
				s.log.Error("lane ended", "lane", id, "err", err)
			}
		})
	}
	actors.Go(func() { s.mover.run(laneCtx) })
	err := s.tune(ctx)
	if err == nil {
		s.announceIndex()
		serveErr := s.serve()
		for _, d := range s.devs {
			sources.Go(func() { d.run(ctx) })
		}
		sources.Go(func() { s.watch(ctx) })
		select {
		case <-ctx.Done():
		case err = <-serveErr:
		}
	}
	stopSources()
	s.shutdown(&sources, &actors, stopLanes)
	stopRight()
	sinks.Wait()
	return err
}

// patience is how long the shutdown waits for one phase: a driver that hangs must not keep
// the lanes from their last snapshot.
const patience = 2 * time.Second

// shutdown stops from the left to the right; each phase logs its time.
func (s *Site) shutdown(sources, actors *sync.WaitGroup, stopLanes func()) {
	phase := func(name string, f func() bool) bool {
		t := time.Now()
		if !f() {
			s.log.Error("not stopped in time", "phase", name, "dur", time.Since(t))
			return false
		}
		s.log.Info("stopped", "phase", name, "dur", time.Since(t))
		return true
	}
	phase("sources", func() bool { return within(patience, sources) })
	if phase("lanes", func() bool { stopLanes(); return within(2*patience, actors) }) {
		phase("snapshots", func() bool { s.snaps.last(s); return true })
	}
	phase("streams", func() bool {
		s.console.Stop()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		for _, h := range s.servers {
			if err := h.Shutdown(ctx); err != nil {
				_ = h.Close() // a browser that does not go must not hold the shutdown
			}
		}
		return true
	})
}

// within waits for a group, but not for ever.
func within(d time.Duration, g *sync.WaitGroup) bool {
	done := make(chan struct{})
	go func() { g.Wait(); close(done) }()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

// Close releases what Start has opened.
func (s *Site) Close() error {
	var errs []error
	for _, l := range []net.Listener{s.opt.Console, s.opt.Metrics} {
		if l == nil {
			continue
		}
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if b, ok := s.broker.(io.Closer); ok {
		errs = append(errs, b.Close())
	}
	if s.ownBus && s.bus != nil {
		errs = append(errs, s.bus.Close())
	}
	if s.journal != nil {
		errs = append(errs, s.journal.Close())
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.keep != nil {
		errs = append(errs, s.keep.Close())
	}
	if s.claim != nil {
		errs = append(errs, s.claim.Close())
	}
	return errors.Join(errs...)
}

// Addr is the console's address once Start has returned.
func (s *Site) Addr() net.Addr { return s.addr }

// Users are the site's users.
func (s *Site) Users() *auth.Users { return s.users }

// Journal is the site's journal.
func (s *Site) Journal() *journal.Journal { return s.journal }

// Order implements console.Commander.
func (s *Site) Order(ctx context.Context, lane string, o fusion.Order) error {
	l := s.lanes[lane]
	if l == nil {
		return fmt.Errorf("there is no lane %q", lane)
	}
	return l.Order(ctx, o)
}
