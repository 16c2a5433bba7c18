package lanes

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/radiation/radiationtest"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
)

// portalLane is a lane with a portal alone, around a real journal.
type portalLane struct {
	t    *testing.T
	lib  *Library
	j    *journal.Journal
	core *fusion.Core
	seq  uint64
	now  time.Time
	n    int
	last string // versions of the templates that the newest closed passages were analysed with
	row  uint64
}

func (p *portalLane) put(b fusion.InputBody) {
	p.t.Helper()
	kind, payload, err := encode(b)
	if err != nil {
		p.t.Fatal(err)
	}
	p.seq++
	p.now = p.now.Add(time.Millisecond)
	n, err := p.j.Put(p.t.Context(), journal.Record{Lane: "1", Seq: p.seq, Now: p.now, Kind: kind, Payload: payload})
	if err != nil {
		p.t.Fatal(err)
	}
	p.row = n
	outs := p.core.Step(nil, fusion.Input{Seq: p.seq, Now: p.now, Body: b})
	if sum, ok := digest(outs); ok {
		p.j.Digest(journal.Digest{Lane: "1", Seq: p.seq, Sum: sum})
	}
	for _, o := range outs {
		if o.Passage != nil && o.Passage.Radiation != nil && o.Passage.Radiation.Analysis != nil {
			p.last = o.Passage.Radiation.Analysis.Templates
		}
	}
}

func (p *portalLane) say(tag string, counts [4]int32) {
	p.t.Helper()
	p.n++
	r := &obs.Radiation{Tag: tag}
	switch tag {
	case "GB":
		r.Gamma = counts
	case "GS":
		r.Gamma, r.Interval, r.Occupied = counts, 200, true
	case "NB":
		r.Neutron = counts
	case "GX":
		r.Occupancy = uint32(counts[0])
	}
	p.put(fusion.Seen{Observation: obs.Observation{Source: "rpm", Lane: "1", Seq: uint64(p.n), Stamp: obs.Stamp{At: p.now, Arrived: p.now, Origin: obs.Gateway}, Body: r}})
}

func (p *portalLane) vehicle(n int32) {
	p.t.Helper()
	p.now = p.now.Add(10 * time.Second)
	p.say("GB", [4]int32{400, 400, 400, 400})
	for i := range int32(30) {
		p.now = p.now.Add(199 * time.Millisecond)
		p.say("GS", [4]int32{60 + i%7, 61, 62, 55 + i%5})
	}
	p.say("GX", [4]int32{n})
	p.now = p.now.Add(time.Minute)
	p.put(fusion.Tick{})
}

// use journals a set as a site does, and puts it in force.
func (p *portalLane) use(version string, b []byte, by string) {
	p.t.Helper()
	p.useAs(fusion.TuneTemplates, version, b, by)
}

func (p *portalLane) useAs(kind fusion.TunedKind, version string, b []byte, by string) {
	p.t.Helper()
	rec, err := TunedRecord(kind, version, b, p.now)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.j.Put(p.t.Context(), rec); err != nil {
		p.t.Fatal(err)
	}
	t, err := p.lib.AddTuned(kind, version, b)
	if err != nil {
		p.t.Fatal(err)
	}
	t.By = by
	p.put(t)
}

// Templates that are learned change what the same counts mean. A journal in which they
// change replays to the same bytes, also through a snapshot that lies between.
func TestAJournalInWhichTemplatesChangeReplaysExactly(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	j, err := journal.Open(ctx, filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	p := &portalLane{t: t, lib: NewLibrary(), j: j, core: new(fusion.Core), now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	params := []byte(`{"site":"T","lane":"1","mode":"simulator","window":300000000,"min_length_mm":3000,"devices":[{"name":"rpm","class":"rpm","station_mm":4000,"expect":true}]}`)
	rec, err := TunedRecord(fusion.TuneParams, "p1", params, p.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Put(ctx, rec); err != nil {
		t.Fatal(err)
	}
	tuned, err := p.lib.AddTuned(fusion.TuneParams, "p1", params)
	if err != nil {
		t.Fatal(err)
	}
	p.put(tuned)
	state := func() fusion.TemplatesState {
		if s := p.core.Lane().Templates; s != nil {
			return *s
		}
		t.Fatal("a lane with a portal does not say which templates are in force")
		return fusion.TemplatesState{}
	}

	var snaps []Snapshot
	step := func(want string, by string) {
		t.Helper()
		p.vehicle(int32(len(snaps) + 1))
		if p.last != want {
			t.Fatalf("analysed with templates %q, want %q", p.last, want)
		}
		if s := state(); s.Version != want || s.By != by {
			t.Fatalf("the lane says %+v, want %q by %q", s, want, by)
		}
		b, err := p.core.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		snaps = append(snaps, Snapshot{Lane: "1", N: p.row, Seq: p.seq, Epoch: j.Epoch(), State: b})
	}
	step("", "")
	p.use("first", radiationtest.Learned(t, "first", 600), "")
	step("first", "")
	p.use("second", radiationtest.Learned(t, "second", 700), "sup")
	step("second", "sup")
	p.use("none", []byte("null"), "sup")
	step("", "sup")
	p.use("first", radiationtest.Learned(t, "first", 600), "sup") // its bytes stand in the journal already
	step("first", "sup")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}

	rep, err := Replay(ctx, filepath.Join(dir, "journal"), nil)
	if err != nil || len(rep.Differences) > 0 || rep.Digests == 0 {
		t.Fatalf("replay: %d digests, differences %v, %v", rep.Digests, rep.Differences, err)
	}
	want, err := p.core.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range snaps {
		got := playFrom(t, ctx, filepath.Join(dir, "journal"), s)
		b, err := got.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if string(b) != string(want) {
			t.Errorf("from snapshot %d on the core becomes another:\n%s\nwant\n%s", i, b, want)
		}
	}
}

// playFrom is a restart: the library from lane "", the snapshot, the rows after it.
func playFrom(t *testing.T, ctx context.Context, dir string, s Snapshot) *fusion.Core {
	t.Helper()
	r, err := journal.OpenReader(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	player := NewPlayer(NewLibrary())
	for rec, err := range r.Shared(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if err := player.Library.Take(&rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := player.Restore(s); err != nil {
		t.Fatal(err)
	}
	for rec, err := range r.Records(ctx, s.N+1) {
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := player.Play(&rec); err != nil {
			t.Fatal(err)
		}
	}
	return player.Core("1")
}

func TestTemplatesThatCouldNotHaveBeenLearnedAreRefused(t *testing.T) {
	good := string(radiationtest.Learned(t, "x", 600))
	for name, b := range map[string]string{
		"no JSON":          `{"version":`,
		"an unknown field": `{"version":"x","treshold_milli_sigma":3000}`,
		"no classes":       `{"version":"x","threshold_milli_sigma":3000,"classes":[]}`,
		"two values":       good + "{}",
		"no version":       strings.Replace(good, `"version":"x",`, "", 1),
		"no threshold":     strings.Replace(good, `"threshold_milli_sigma":`, `"threshold_milli_sigma":-`, 1),
	} {
		if _, err := NewLibrary().AddTuned(fusion.TuneTemplates, "x", []byte(b)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// A supervisor may put templates in force while the site is stopped.
func TestARowByAUserInAStoppedLaneIsPlayed(t *testing.T) {
	lib, core := NewLibrary(), new(fusion.Core)
	b := radiationtest.Learned(t, "by hand", 650)
	if _, err := lib.AddTuned(fusion.TuneTemplates, "by hand", b); err != nil {
		t.Fatal(err)
	}
	rec, err := InForceRecord("1", 7, fusion.TuneTemplates, "by hand", "sup", b, time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	body, err := decode(&rec, lib)
	if err != nil {
		t.Fatal(err)
	}
	core.Step(nil, fusion.Input{Seq: rec.Seq, Now: rec.Now, Body: body})
	sum := sha256.Sum256(b)
	if s := core.Lane().Templates; s == nil || s.Version != "by hand" || s.By != "sup" || s.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("in force: %+v", s)
	}
}
