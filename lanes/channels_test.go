package lanes

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/match"
	"acsgd/internal/decl"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
)

// learnt makes channels of a camera that writes W for K.
func learnt(t *testing.T, version string, n int) []byte {
	t.Helper()
	var list []match.Confirmed
	for range n {
		list = append(list, match.Confirmed{Camera: "cam", True: "389BK01", Read: "389BW01"})
	}
	set, _, err := match.Learn(list)
	if err != nil {
		t.Fatal(err)
	}
	set.Version = version
	b, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What is learnt of a camera changes what its reads mean. A journal in which that changes
// replays to the same bytes, also through a snapshot that lies between, and null ends it.
func TestAJournalInWhichChannelsChangeReplaysExactly(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	j, err := journal.Open(ctx, filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	p := &portalLane{t: t, lib: NewLibrary(), j: j, core: new(fusion.Core), now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	p.useAs(fusion.TuneParams, "p1", []byte(`{"site":"T","lane":"1","mode":"simulator","window":300000000,"min_length_mm":3000,"declare":true,"devices":[{"name":"cam","class":"anpr","role":"front","station_mm":4000,"expect":true}]}`), "")
	var version uint64
	for _, plate := range []string{"388KK01", "388VK01"} {
		d := &decl.Declaration{ID: plate, Kind: "import", Format: "test", Units: []decl.Unit{{Role: "tractor", Plate: plate}}}
		rec, err := DeclarationRecord(d, p.now)
		if err != nil {
			t.Fatal(err)
		}
		if version, err = j.Put(ctx, rec); err != nil {
			t.Fatal(err)
		}
		p.lib.AddDeclaration(version, d)
	}
	p.put(fusion.Declared{Version: version, Index: p.lib.Index(version)})

	var snaps []Snapshot
	n := uint64(0)
	step := func(name, version, by string, sure bool) {
		t.Helper()
		n++
		p.now = p.now.Add(10 * time.Minute)
		p.put(fusion.Seen{Observation: obs.Observation{Source: "cam", Lane: "1", Seq: n, Stamp: obs.Stamp{At: p.now, Arrived: p.now, Origin: obs.Gateway},
			Body: &obs.Plate{Text: "388WK01", Confidence: 900_000, EventID: name}}})
		snap, err := p.core.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		var s struct {
			Lane fusion.LaneState `json:"lane"`
			Open []fusion.Passage `json:"open"`
		}
		if err := json.Unmarshal(snap, &s); err != nil || len(s.Open) == 0 {
			t.Fatalf("%s: no passage in the snapshot, %v", name, err)
		}
		m := s.Open[len(s.Open)-1].Match
		if got := m.State == match.Matched && m.Declared[0].Declaration == "388KK01"; got != sure {
			t.Errorf("%s: %+v, want K as W surely known %v", name, m, sure)
		}
		if c := s.Lane.Channels; version == "" && by == "" && c != nil || by != "" && (c == nil || c.Version != version || c.By != by) {
			t.Errorf("%s: the lane says %+v, want %q by %q", name, c, version, by)
		}
		snaps = append(snaps, Snapshot{Lane: "1", N: p.row, Seq: p.seq, Epoch: j.Epoch(), State: snap})
		p.now = p.now.Add(time.Hour)
		p.put(fusion.Tick{})
	}
	step("start channel", "", "", false)
	p.useAs(fusion.TuneChannels, "first", learnt(t, "first", 400), "sup")
	step("learnt", "first", "sup", true)
	p.useAs(fusion.TuneChannels, "none", []byte("null"), "sup")
	step("ended", "", "sup", false)
	p.useAs(fusion.TuneChannels, "first", learnt(t, "first", 400), "other")
	p.put(fusion.Declared{Version: version, Index: p.lib.Index(version)}) // they hold under a new index
	step("again", "first", "other", true)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	rep, err := Replay(ctx, filepath.Join(dir, "journal"), nil)
	if err != nil || len(rep.Differences) > 0 {
		t.Fatalf("replay: %d digests, differences %v, %v", rep.Digests, rep.Differences, err)
	}
	want, err := p.core.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range snaps {
		b, err := playFrom(t, ctx, filepath.Join(dir, "journal"), s).AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if string(b) != string(want) {
			t.Errorf("from snapshot %d on the core becomes another:\n%s\nwant\n%s", i, b, want)
		}
	}
	if _, err := NewLibrary().AddTuned(fusion.TuneChannels, "x", []byte(`{"version":"x"}`)); err == nil {
		t.Error("channels without any are taken")
	}
}
