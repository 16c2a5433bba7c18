package site

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/document"
	"acsgd/internal/evidence"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/internal/signature"
	"acsgd/internal/store"
)

// weighed lets a lorry over the scale of lane 1 and waits for its verdict.
func (r *rig) weighed() string {
	r.t.Helper()
	id := r.passage("1")
	at := time.Now()
	for i, kg := range []int64{6000, 12500} {
		on := at.Add(time.Duration(i) * 300 * time.Millisecond)
		r.see("wim-1", on, &obs.Weighing{Axle: i + 1, Mass: quant.Kg(kg), U: quant.Kg(60), TOn: on, TOff: on.Add(50 * time.Millisecond), Speed: 1300})
	}
	r.see("wim-1", at, &obs.Weighing{Axles: 2, Mass: quant.Kg(18500), U: quant.Kg(120), TOn: at, TOff: at.Add(350 * time.Millisecond), Speed: 1300})
	r.judged(id)
	return id
}

// raw is the archive's record.
func (r *rig) raw(id string) json.RawMessage {
	r.t.Helper()
	b, err := r.site.store.Passage(r.t.Context(), id)
	if err != nil || b == nil {
		r.t.Fatalf("passage %s: %s, %v", id, b, err)
	}
	return b
}

// version is that of the archive's record.
func (r *rig) version(id string) uint64 {
	r.t.Helper()
	var p fusion.Passage
	if err := json.Unmarshal(r.raw(id), &p); err != nil {
		r.t.Fatal(err)
	}
	return document.Version(&p)
}

// settled waits until a record does not change any more by itself.
func (r *rig) settled(id string) uint64 {
	r.t.Helper()
	last, since := r.version(id), time.Now()
	r.wait("the record of "+id+" to rest", func() bool {
		if v := r.version(id); v != last {
			last, since = v, time.Now()
		}
		return time.Since(since) > 700*time.Millisecond
	})
	return last
}

// TestPapersAreSignedAndTheirRecordIsFound: from an instrument's word to a paper that
// verifies, also after its record went on and after a restart.
func TestPapersAreSignedAndTheirRecordIsFound(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, dir, "", lane("1")+more("wim-1", "wim/test", "tcp:127.0.0.1:20"))
	id := r.weighed()
	v := r.settled(id)
	papers := map[string][]byte{}
	for _, kind := range []string{"weighing", "overload"} {
		b, err := r.site.papers.Paper(t.Context(), kind, id, "kk")
		if err != nil || !bytes.HasPrefix(b, []byte("%PDF-")) {
			t.Fatalf("%s: %v, %d bytes", kind, err, len(b))
		}
		again, err := r.site.papers.Paper(t.Context(), kind, id, "kk")
		if err != nil || !bytes.Equal(b, again) {
			t.Errorf("%s: printed again it is another paper: %v", kind, err)
		}
		papers[kind] = b
	}
	if b, err := r.site.papers.Paper(t.Context(), "weighing", "T-1-999999", "kk"); b != nil || err != nil {
		t.Errorf("a passage that is not: %d bytes, %v", len(b), err)
	}
	for _, bad := range [][2]string{{"ticket", "kk"}, {"weighing", "de"}} {
		if _, err := r.site.papers.Paper(t.Context(), bad[0], id, bad[1]); err == nil {
			t.Errorf("a paper %v", bad)
		}
	}
	st := verified(t, dir, papers["overload"])
	if st.Kind != "overload" || st.Site != "T" || st.Passage != id || st.Version != v || st.Row == 0 {
		t.Fatalf("%+v, want version %d of %s", st, v, id)
	}
	expect := func(when, row, record string) {
		t.Helper()
		x, err := Examine(t.Context(), filepath.Join(dir, "journal"), r.site.store, st)
		if err != nil || x.Row != row || x.Record != record || !x.OK() {
			t.Errorf("%s: %+v, %v; want row %s, record %s", when, x, err, row, record)
		}
	}
	expect("at once", "holds", "holds")
	if err := r.site.Order(t.Context(), "1", fusion.Order{ID: "n1", Action: fusion.Note, Passage: id, Text: "seen", User: "officer", Role: "officer"}); err != nil {
		t.Fatal(err)
	}
	r.wait("the note", func() bool { return r.version(id) != v })
	expect("after a note", "holds", "replayed")
	head := st
	head.Head[0] ^= 1
	x, err := Examine(t.Context(), filepath.Join(dir, "journal"), r.site.store, head)
	if err != nil || x.Row != "differs" || x.OK() {
		t.Errorf("another chain: %+v, %v", x, err)
	}
	head = st
	head.Record[0] ^= 1
	if x, err := Examine(t.Context(), filepath.Join(dir, "journal"), r.site.store, head); err != nil || x.Record != "differs" || x.OK() {
		t.Errorf("another record: %+v, %v", x, err)
	}
	head.Row += 1 << 40
	if x, err := Examine(t.Context(), filepath.Join(dir, "journal"), r.site.store, head); err != nil || x.Row != "missing" || x.Record != "differs" || x.OK() {
		t.Errorf("a row beyond the journal: %+v, %v", x, err)
	}
	r.stop()
	again := newRig(t, dir, "", lane("1")+more("wim-1", "wim/test", "tcp:127.0.0.1:20"))
	if got := verified(t, dir, papers["weighing"]); got.Passage != id {
		t.Errorf("after a restart: %+v", got)
	}
	now, err := again.site.papers.Paper(t.Context(), "overload", id, "kk")
	if err != nil || verified(t, dir, now).Version == v {
		t.Errorf("a paper of the changed record: %v", err)
	}
}

// verified checks a paper with the site's public key.
func verified(t *testing.T, dir string, pdf []byte) signature.Statement {
	t.Helper()
	key, err := signature.Read(KeyDir(dir))
	if err != nil {
		t.Fatal(err)
	}
	text, err := signature.VerifyFile(key.Public(), pdf)
	if err != nil {
		t.Fatal(err)
	}
	st, err := signature.Parse(key.Public(), text)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// TestAPaperIsOfTheParametersOfItsRow: the place and instruments of the day stand in it,
// also after the site has others; the seal names the journal's row.
func TestAPaperIsOfTheParametersOfItsRow(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, dir, "", lane("1")+more("wim-1", "wim/test", "tcp:127.0.0.1:20"))
	id := r.weighed()
	r.settled(id)
	raws := map[string]json.RawMessage{id: r.raw(id)} // a vehicle that stays is judged anew by new parameters
	r.stop()
	again := newRig(t, dir, "", strings.Replace(lane("1"), "300ms", "400ms", 1)+more("wim-1", "wim/test", "tcp:127.0.0.1:20")+
		more("dims-1", "dims/test", "tcp:127.0.0.1:21"))
	later := again.weighed()
	again.settled(later)
	raws[later] = again.raw(later)
	for passage, devices := range map[string]int{id: 2, later: 3} {
		rec, err := again.site.papers.record(t.Context(), document.Weighing, raws[passage])
		if err != nil {
			t.Fatal(err)
		}
		if rec.Params == nil || rec.Params.Place != "Test" || len(rec.Params.Devices) != devices {
			t.Errorf("%s: parameters %+v, want those with %d devices", passage, rec.Params, devices)
		}
		j, err := journal.OpenReader(t.Context(), filepath.Join(dir, "journal"))
		if err != nil {
			t.Fatal(err)
		}
		row, head, err := j.Row(t.Context(), "1", document.Version(rec.Passage))
		if err != nil || row.N != rec.Seal.Row || hex.EncodeToString(head[:]) != rec.Seal.Head || !row.Now.Equal(rec.At) {
			t.Errorf("%s: seal %+v at %v, the journal has row %d, %x at %v: %v", passage, rec.Seal, rec.At, row.N, head, row.Now, err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestARecordOfAnotherJournal has no row, and no instruments of this one.
func TestARecordOfAnotherJournal(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, dir, "", lane("1"))
	id := r.passage("1")
	r.judged(id)
	at := time.Now().Add(time.Hour) // this row was written before it
	old := fusion.Passage{ID: "T-1-0", Lane: "1", Version: r.version(id), Opened: at, Final: true}
	raw, err := json.Marshal(old)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.site.store.Put(t.Context(), store.Batch{Epoch: "0123456789abcdef", N: 1,
		Passages: []store.Passage{{ID: old.ID, Lane: "1", Opened: at, Version: old.Version, JSON: raw}}}); err != nil {
		t.Fatal(err)
	}
	b, err := r.site.papers.Paper(t.Context(), "weighing", old.ID, "ru")
	if err != nil {
		t.Fatal(err)
	}
	st := verified(t, dir, b)
	if st.Row != 0 || st.Head != [32]byte{} || st.Site != "" {
		t.Errorf("%+v: a row of this journal for a record of another", st)
	}
	if x, err := Examine(t.Context(), filepath.Join(dir, "journal"), r.site.store, st); err != nil || !x.OK() || x.Row != "none" {
		t.Errorf("%+v, %v", x, err)
	}
}

// TestPicturesOfThePlates come plate first, checked, and what is wrong with one is known.
func TestPicturesOfThePlates(t *testing.T) {
	dir := t.TempDir()
	keep, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer keep.Close()
	put := func(b []byte, typ, role string) obs.Blob {
		x, err := keep.Put(typ, b)
		if err != nil {
			t.Fatal(err)
		}
		x.Role = role
		return x
	}
	whole, plate, trace := put([]byte("whole"), "image/jpeg", "overview"), put([]byte("plate"), "image/png", "plate"), put([]byte("trace"), "application/octet-stream", "trace")
	broken := put([]byte("broken"), "image/jpeg", "plate")
	if err := os.WriteFile(filepath.Join(dir, broken.SHA256[:2], broken.SHA256[2:]), []byte("brokeN"), 0o640); err != nil {
		t.Fatal(err)
	}
	gone := obs.Blob{SHA256: strings.Repeat("0", 64), MediaType: "image/jpeg", Role: "plate"}
	p := &fusion.Passage{Plates: []fusion.PlateRead{{Source: "front", Plate: obs.Plate{Text: "1", Role: obs.Front}, Pictures: []obs.Blob{whole, plate, trace}},
		{Source: "rear", Plate: obs.Plate{Text: "2", Role: obs.Rear}, Pictures: []obs.Blob{broken, gone}}}}
	got := (&Papers{Keep: keep}).photos(p)
	want := []struct{ plate, bytes, fault string }{{"1", "plate", ""}, {"1", "whole", ""}, {"2", "", "changed"}, {"2", "", "missing"}}
	if len(got) != len(want) {
		t.Fatalf("%d pictures", len(got))
	}
	for i, w := range want {
		if g := got[i]; g.Plate != w.plate || string(g.Bytes) != w.bytes || g.Fault != w.fault {
			t.Errorf("picture %d: %+v, want %v", i, g, w)
		}
	}
}

// TestASiteRefusesAKeyThatOthersMayRead instead of signing with it.
func TestASiteRefusesAKeyThatOthersMayRead(t *testing.T) {
	dir := t.TempDir()
	if _, err := signature.Open(KeyDir(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(KeyDir(dir), "papers.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, dir: dir, dev: &instruments{in: map[string]chan said{}}, log: &logLines{}}
	r.parse(fmt.Sprintf(siteHead, dir, "") + lane("1"))
	if s, err := Start(t.Context(), r.options()); err == nil || !strings.Contains(err.Error(), "others may have read it") {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
		t.Errorf("the site starts: %v", err)
	}
}
