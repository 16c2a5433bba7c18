package site

import (
	"context"
	"log/slog"
	"time"

	"acsgd/fusion"
	"acsgd/lanes"
)

// snapshotter writes the lanes' snapshots behind them, and only once the archive has what
// they leave out.
type snapshotter struct {
	dir   string
	epoch string
	log   *slog.Logger
	arch  *projector
	queue chan lanes.Snapshot
}

func newSnapshotter(s *Site) *snapshotter {
	return &snapshotter{dir: s.snapDir(), epoch: s.journal.Epoch(), log: s.log, arch: s.project, queue: make(chan lanes.Snapshot, 64)}
}

// take encodes a core in the lane's own goroutine; a full queue leaves this snapshot out.
func (w *snapshotter) take(lane string, n, seq uint64, core *fusion.Core) {
	b, err := core.AppendBinary(nil)
	if err != nil {
		w.log.Error("snapshot", "lane", lane, "err", err)
		return
	}
	select {
	case w.queue <- lanes.Snapshot{Lane: lane, N: n, Seq: seq, Epoch: w.epoch, State: b}:
	default:
	}
}

func (w *snapshotter) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-w.queue:
			for w.arch.done.Load() < s.N {
				select {
				case <-ctx.Done():
					return
				case <-time.After(gatherFor):
				}
			}
			w.write(s)
		}
	}
}

func (w *snapshotter) write(s lanes.Snapshot) {
	if err := lanes.WriteSnapshot(w.dir, s); err != nil {
		w.log.Error("snapshot", "lane", s.Lane, "err", err)
	}
}

// last writes a snapshot of every lane at the end of a run, so that the next start has
// nothing to play.
func (w *snapshotter) last(s *Site) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.arch.sync(ctx); err != nil {
		w.log.Error("no last snapshots: the archive lags", "err", err)
		return
	}
	for _, id := range s.order {
		core, n := s.lanes[id].Final()
		if n == 0 || n > w.arch.done.Load() {
			continue
		}
		b, err := core.AppendBinary(nil)
		if err != nil {
			w.log.Error("snapshot", "lane", id, "err", err)
			continue
		}
		w.write(lanes.Snapshot{Lane: id, N: n, Seq: core.Seq(), Epoch: w.epoch, State: b})
	}
}
