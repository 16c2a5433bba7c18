package site

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
	"acsgd/internal/pgtest"
	"acsgd/internal/store"
	"acsgd/lanes"
)

// kill ends a site as kill -9 does, as far as one process can: no last snapshot, nothing
// that the archive still had to get.
func (r *rig) kill(archive bool) {
	r.t.Helper()
	for _, id := range r.site.order {
		if err := os.Remove(filepath.Join(r.dir, "snapshots", "lane-"+id+".json")); err != nil && !errors.Is(err, os.ErrNotExist) {
			r.t.Fatal(err)
		}
	}
	if archive {
		if err := os.RemoveAll(filepath.Join(r.dir, "archive")); err != nil {
			r.t.Fatal(err)
		}
	}
}

func TestARestartHasEveryPassageWhateverIsLeftOfSnapshotsAndArchive(t *testing.T) {
	for name, damage := range map[string]func(r *rig){
		"all is there":                  func(*rig) {},
		"no snapshots":                  func(r *rig) { r.kill(false) },
		"no archive":                    func(r *rig) { os.RemoveAll(filepath.Join(r.dir, "archive")) },
		"neither snapshots nor archive": func(r *rig) { r.kill(true) },
		"a torn snapshot": func(r *rig) {
			if err := os.Truncate(filepath.Join(r.dir, "snapshots", "lane-1.json"), 100); err != nil {
				r.t.Fatal(err)
			}
		},
		"a snapshot of half a state": func(r *rig) {
			r.edit("lane-1.json", func(s *lanes.Snapshot) { s.State = []byte(`{"lane": 7}`) })
		},
		"a snapshot with an engine that is not ours": func(r *rig) {
			r.edit("lane-1.json", func(s *lanes.Snapshot) {
				was := s.State
				if s.State = bytes.Replace(was, []byte(`"radiation":{"v":1,`), []byte(`"radiation":{"v":0,`), 1); bytes.Equal(was, s.State) {
					r.t.Fatalf("no engine in %.300s", was)
				}
			})
		},
		"a snapshot of another journal": func(r *rig) {
			r.edit("lane-1.json", func(s *lanes.Snapshot) { s.Epoch = "0123456789abcdef" })
		},
		"a snapshot from the future": func(r *rig) { r.edit("lane-1.json", func(s *lanes.Snapshot) { s.N += 1000 }) },
		"one lane's snapshot is a removed lane's": func(r *rig) {
			r.edit("lane-1.json", func(s *lanes.Snapshot) { s.Lane = "9" })
		},
		"a half-written snapshot beside it": func(r *rig) {
			if err := os.WriteFile(filepath.Join(r.dir, "snapshots", "lane-1.json.tmp"), []byte(`{"la`), 0o600); err != nil {
				r.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, t.TempDir(), "", lane("1")+lane("2"))
			ids := []string{r.passage("1"), r.passage("2"), r.passage("1")}
			for _, id := range ids {
				r.judged(id)
			}
			shown := r.snapshot("1")
			r.stop()
			damage(r)
			again := newRig(t, r.dir, "", lane("1")+lane("2"))
			for _, id := range ids {
				if p := again.archived(id); p == nil || !p.Final {
					t.Errorf("passage %s in the archive: %+v", id, p)
				}
			}
			again.stop()
			core, _ := again.site.lanes["1"].Final()
			var got []string
			for _, p := range core.Passages(nil) {
				got = append(got, p.ID)
			}
			if strings.Join(got, " ") != strings.Join(shown, " ") {
				t.Errorf("lane 1 shows %v, before the restart %v", got, shown)
			}
		})
	}
}

// edit changes a snapshot.
func (r *rig) edit(name string, f func(*lanes.Snapshot)) {
	r.t.Helper()
	path := filepath.Join(r.dir, "snapshots", name)
	b, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	var s lanes.Snapshot
	if err := json.Unmarshal(b, &s); err != nil {
		r.t.Fatal(err)
	}
	f(&s)
	if b, err = json.Marshal(s); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// fakeStore keeps batches, or refuses.
type fakeStore struct {
	store.Store
	n      uint64
	events []store.Event
	refuse error
}

func (s *fakeStore) Put(_ context.Context, b store.Batch) error {
	if s.refuse != nil {
		return s.refuse
	}
	s.n = max(s.n, b.N)
	s.events = append(s.events, b.Events...)
	return nil
}

// fakeJournal is durable at once.
type fakeJournal struct{ n uint64 }

func (j *fakeJournal) Append(_ journal.Record, done func(uint64, error)) { j.n++; done(j.n, nil) }
func (j *fakeJournal) Digest(journal.Digest)                             {}

func TestTheArchiveDoesNotCountARowThatIsStillOnItsWay(t *testing.T) {
	st := &fakeStore{}
	f := newFlight(&fakeJournal{})
	p := newProjector(st, "0123456789abcdef", f, slog.New(slog.DiscardHandler))
	durable := func(lane string) { f.Append(journal.Record{Lane: lane, Kind: lanes.KindSeen}, func(uint64, error) {}) }
	publish := func(lane string, n uint64) {
		outs := []fusion.Output{{Kind: fusion.Alarm, Event: &fusion.Event{Kind: "test", Lane: lane, Seq: n}}}
		for _, x := range (all{p, f}) {
			x.Publish(lane, n, time.Time{}, outs)
		}
	}
	sync := func(wantN uint64, wantEvents int) {
		t.Helper()
		if err := p.sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if st.n != wantN || len(st.events) != wantEvents {
			t.Errorf("the archive says it has all rows up to %d, and %d events; want %d and %d", st.n, len(st.events), wantN, wantEvents)
		}
	}
	durable("1") // row 1
	publish("1", 1)
	sync(1, 1)
	durable("1") // row 2
	durable("2") // row 3
	publish("2", 3)
	sync(1, 1)                                                                              // a kill now: row 2 must be played again, and a reader must not step over it
	f.Append(journal.Record{Lane: "2", Kind: lanes.KindQuarantine}, func(uint64, error) {}) // row 4, never published
	publish("1", 2)
	sync(4, 3)
	st.refuse = errors.New("gone")
	durable("1") // row 5
	publish("1", 5)
	if err := p.sync(t.Context()); err == nil {
		t.Fatal("a refused batch is no error")
	}
	st.refuse = nil
	sync(5, 4)
}

func TestADatabaseThatIsGoneStopsNoLaneAndCatchesUp(t *testing.T) {
	for name, limit := range map[string]int{"what waits fits": batchMax, "what waits does not fit": 3} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("starts a PostgreSQL server")
			}
			pg := pgtest.New(t)
			r := &rig{t: t, dir: t.TempDir(), dev: &instruments{in: map[string]chan said{}}, log: &logLines{}}
			r.open(pg.Database(t), lane("1")+lane("2"))
			r.site.project.limit = limit
			r.run()
			first := r.passage("1")
			r.judged(first)
			pg.Kill(t)
			var ids []string
			for range 4 {
				ids = append(ids, r.passage("1"), r.passage("2")) // durable and judged without the database
			}
			r.wait("the log says so", func() bool { return r.log.has("archive lags") })
			if code := r.health(); code != 200 {
				t.Errorf("health without the archive: %d; the lanes go on", code)
			}
			pg.Restart(t)
			for _, id := range append(ids, first) {
				r.judged(id)
			}
			if (limit < batchMax) != r.log.has("archive completed from the journal") {
				t.Error("the archive was completed the other way")
			}
			r.wait("the archive has every row", func() bool {
				n, err := r.site.store.Position(t.Context(), r.site.journal.Epoch())
				return err == nil && n >= r.site.flight.covered()
			})
			events := r.logOf(r.site.store)
			r.stop()
			lite := newRig(t, r.dir, "", lane("1")+lane("2")) // another archive, played from the journal
			if want := lite.logOf(lite.site.store); !bytes.HasPrefix(want, events) {
				t.Errorf("the archive that was away differs from one played from the journal:\n%s\n%s", events, want)
			}
		})
	}
}

// logOf is the log of an archive as text.
func (r *rig) logOf(s store.Store) []byte {
	r.t.Helper()
	es, more, err := s.Log(r.t.Context(), 0, 1_000_000)
	if err != nil || more {
		r.t.Fatal(more, err)
	}
	var b bytes.Buffer
	for _, e := range es {
		b.WriteString(e.Kind + " " + e.Passage + " " + e.Lane + " ")
		if err := json.Compact(&b, e.JSON); err != nil {
			r.t.Fatal(err)
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// A kill may come between an input that stops the core and the row that leaves it out. The
// next start must not stop at it again, for ever.
func TestAnInputThatStopsTheCoreIsLeftOutAtARestart(t *testing.T) {
	r := newRig(t, t.TempDir(), "", lane("1"))
	before := r.passage("1")
	bad := r.passage("1")
	after := r.passage("1")
	r.judged(after)
	r.stop()
	r.kill(true)
	seq := strings.TrimPrefix(bad, "T-1-")
	s := &Site{opt: r.options(), log: r.options().Log, dir: r.dir, lib: lanes.NewLibrary(), wait: newWaiting(), lanes: map[string]*lanes.Lane{}}
	s.step = func(c *fusion.Core, dst []fusion.Output, in fusion.Input) []fusion.Output {
		if strconv.FormatUint(in.Seq, 10) == seq {
			panic("an input that stops the core")
		}
		return c.Step(dst, in)
	}
	if err := errors.Join(s.open(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	left := 0
	for _, rec := range r.rows() {
		if rec.Kind == lanes.KindQuarantine && strings.Contains(string(rec.Payload), `"seq":`+seq+",") {
			left++
		}
	}
	if left != 1 {
		t.Errorf("%d rows leave the input out, want 1", left)
	}
	again := newRig(t, r.dir, "", lane("1"))
	if again.archived(before) == nil || again.archived(after) == nil || again.archived(bad) != nil {
		t.Error("the archive has not all but what the input opened")
	}
	again.judged(again.passage("1"))
	again.stop()
	rep, err := lanes.Replay(t.Context(), filepath.Join(r.dir, "journal"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range rep.Differences {
		if d.N != 0 { // 0: the digest of what the input had decided before it was left out
			t.Errorf("replay differs: %+v", d)
		}
	}
}

// A site that is killed before it has written snapshots must not start slower each time.
func TestAStartThatPlaysManyRowsLeavesSnapshots(t *testing.T) {
	r := newRig(t, t.TempDir(), "", lane("1")+lane("2"))
	id := r.passage("1")
	for i := range playedMax {
		r.see("io-2", time.Now(), &obs.Presence{Signal: "loop_exit", On: i%2 == 0})
	}
	r.stop()
	r.kill(false)
	s, err := Start(t.Context(), r.options())
	if err != nil {
		t.Fatal(err)
	}
	head, _ := s.journal.Head()
	if err := s.Close(); err != nil { // as a kill right after the start
		t.Error(err)
	}
	snaps, skipped := lanes.ReadSnapshots(filepath.Join(r.dir, "snapshots"), s.journal.Epoch(), head)
	if len(snaps) != 2 || len(skipped) > 0 {
		t.Fatalf("%d snapshots, %v, want one a lane", len(snaps), skipped)
	}
	for _, sn := range snaps {
		if sn.N != head {
			t.Errorf("lane %s: snapshot after row %d, want %d", sn.Lane, sn.N, head)
		}
	}
	again := newRig(t, r.dir, "", lane("1")+lane("2"))
	if got := again.judged(id); got.ID != id {
		t.Errorf("passage %+v", got)
	}
	next := again.passage("1") // its number goes on
	again.judged(next)
	if next == id {
		t.Error("a passage id was given twice")
	}
}
