package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/radiation"
	"acsgd/internal/decl"
	"acsgd/internal/exchange"
	"acsgd/internal/journal"
	"acsgd/internal/n42/n42test"
	"acsgd/internal/obs"
	"acsgd/internal/sharedtest"
	"acsgd/internal/store"
)

// TestEveryRecordedOccupancyIsExported writes the recordings' occupancies as N42.42 and
// holds each document against the schema and our checks, and some against the standard's
// own rules.
func TestEveryRecordedOccupancyIsExported(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for _, rec := range []struct {
		elem []string
		set  string
		n    int
	}{
		{[]string{"tsa-vm250-day", "day-part1.txt"}, "", 420},
		{[]string{"tsa-4window", "none-part1.csv"}, "k=4.0", 15},
		{[]string{"tsa-4window", "norm2-part1.csv"}, "k=4.0", 15},
	} {
		path := sharedtest.Path(t, append([]string{"radiation"}, rec.elem...)...)
		to := filepath.Join(dir, rec.elem[1])
		args := []string{"radiation", "analyse", "--n42", to}
		if rec.set != "" {
			args = append(args, "--set", rec.set)
		}
		out, errw, code := call(t, "", append(args, path)...)
		if code != exitFine {
			t.Fatalf("%s: exit %d\n%s", path, code, errw)
		}
		seen := map[string]bool{}
		for _, r := range rows(t, out) {
			f, _ := r["n42"].(string)
			if seen[f] || filepath.Dir(f) != to {
				t.Errorf("%s: occupancy %v is in %q", path, r["occupancy"], f)
			}
			seen[f] = true
			files = append(files, f)
		}
		if all, err := os.ReadDir(to); err != nil || len(all) != rec.n || len(seen) != rec.n {
			t.Errorf("%s: %d documents in the folder, %d named, want %d (%v)", path, len(all), len(seen), rec.n, err)
		}
	}
	out, errw, code := call(t, "", append([]string{"radiation", "n42", "check"}, files...)...)
	if n := strings.Count(out, `"ok":true`); code != exitFine || n != len(files) {
		t.Errorf("check: exit %d, %d of %d are fine\n%s", code, n, len(files), errw)
	}
	schema := n42test.Schema(t, files...)
	for f, why := range schema {
		t.Errorf("%s: %s", f, why)
	}
	var some []string // Saxon is slow: the alarms, and every tenth of the others
	for i, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 || strings.Contains(string(b), "<RadAlarm ") {
			some = append(some, f)
		}
	}
	rules := n42test.Schematron(t, some...)
	for f, broken := range rules {
		t.Errorf("%s breaks %q", f, broken)
	}
	t.Logf("%d documents, %d do not fit the schema; %d by the standard's own rules, %d break them", len(files), len(schema), len(some), len(rules))
}

// TestN42Commands checks and reads good and bad documents.
func TestN42Commands(t *testing.T) {
	whole := filepath.Join("..", "..", "internal", "n42", "testdata", "everything.n42")
	b, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	bad := temp(t, strings.Replace(string(b), "<CountData>4<", "<CountData>4 5<", 1))
	out, _, code := call(t, "", "radiation", "n42", "check", whole, bad)
	r := rows(t, out)
	if code != exitFaults || len(r) != 2 || r[0]["ok"] != true || r[1]["ok"] != false || dig(r[1], "problems", 0, "rule") != "CountDataValuesCheck" {
		t.Errorf("check: exit %d %s", code, out)
	}
	if out, _, code := call(t, "<RadInstrumentData>", "radiation", "n42", "check", "-"); code != exitFaults || !strings.Contains(out, `"error":"n42: byte 19, in RadInstrumentData: `) {
		t.Errorf("check of a broken document: exit %d %s", code, out)
	}
	if out, _, code := call(t, string(b), "radiation", "n42", "read", "-"); code != exitFine || !strings.Contains(out, `"max_dose_rate_nsv_h": 200`) {
		t.Errorf("read: exit %d %s", code, out)
	}
	if _, errw, code := call(t, "<a/>", "radiation", "n42", "read", "-"); code == exitFine || !strings.Contains(errw, "this is no N42 document") {
		t.Errorf("read of another document: exit %d %s", code, errw)
	}
	if _, _, code := call(t, "", "radiation", "n42", "read", "/no/such/file"); code != exitUsage {
		t.Errorf("read of no file: exit %d", code)
	}
}

// TestArchivedOccupanciesAreExported writes a document of each occupancy that has ended,
// also of a passage with several.
func TestArchivedOccupanciesAreExported(t *testing.T) {
	data, dir := t.TempDir(), t.TempDir()
	j, err := journal.Open(t.Context(), filepath.Join(data, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), "", filepath.Join(data, "archive"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 15, 8, 30, 0, 0, time.UTC)
	occ := func(n uint32, open bool) *radiation.Occupancy {
		return &radiation.Occupancy{Number: n, Start: at, End: at.Add(time.Second), Open: open, Slices: radiation.Slices{{At: 200, Gamma: [4]int32{60, 61, 62, 63}}}}
	}
	b := store.Batch{Epoch: "00000000000000aa", N: 3}
	for i, p := range []fusion.Passage{{Radiation: occ(3, false), Earlier: []*radiation.Occupancy{occ(1, false), occ(2, false)}}, {}, {Radiation: occ(4, true)}} {
		p.ID, p.Version, p.Opened, p.Simulated = fmt.Sprintf("KGS-1-%d", i), uint64(i+1), at, true
		p.Instruments = []fusion.Measured{{Name: "rpm-1", Class: "rpm"}}
		p.Plates = []fusion.PlateRead{{Source: "cam-1", At: at, Plate: obs.Plate{Text: "123ABC02", Container: "MSKU1234565"}, Corrected: "123ABC05",
			Pictures: []obs.Blob{{SHA256: strings.Repeat("ab", 32), Size: 7, MediaType: "image/jpeg", Role: "plate"}}}}
		p.Declaration = &decl.Declaration{MRN: "26KZ1", Containers: []decl.Container{{ID: "TGHU1234560"}}, Items: []decl.Item{{HS: "690721"}, {HS: "690721"}}}
		p.Adjudication = &fusion.Adjudication{State: fusion.CaseDecided, Coded: &fusion.Coded{Code: 4, User: "aigerim", Role: "radiation_officer", SecondRole: "supervisor", At: at, Nuclides: []string{"K-40"}}}
		r := exchange.Row(&p)
		if r.JSON, err = json.Marshal(&p); err != nil {
			t.Fatal(err)
		}
		b.Put(r)
	}
	if err := errors.Join(st.Put(t.Context(), b), st.Close()); err != nil {
		t.Fatal(err)
	}
	out, errw, code := call(t, "", "radiation", "n42", "export", "--data", data, "--out", dir)
	var want string
	for _, n := range []int{1, 2, 3} {
		want += filepath.Join(dir, fmt.Sprintf("KGS-1-0-occupancy-0-%d.n42\n", n))
	}
	if code != exitFine || out != want {
		t.Fatalf("export: %d %s%s, want %s", code, out, errw, want)
	}
	files := strings.Fields(out)
	if out, errw, code := call(t, "", append([]string{"radiation", "n42", "check"}, files...)...); code != exitFine {
		t.Errorf("check of the export: %d %s%s", code, out, errw)
	}
	doc, err := os.ReadFile(files[2])
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"simulated: no such vehicle", "adjudication: code 4", "nuclides K-40", "by radiation_officer and supervisor", ">123ABC05<", ">MSKU1234565<", ">TGHU1234560<", ">26KZ1<",
		">690721<", "urn:sha256:abab", ">rpm-1<"} {
		if !strings.Contains(string(doc), text) {
			t.Errorf("nothing of %q in\n%s", text, doc)
		}
	}
	for _, text := range []string{"aigerim", "123ABC02"} {
		if strings.Contains(string(doc), text) {
			t.Errorf("%q is in the document", text)
		}
	}
	if out, errw, code := call(t, "", "radiation", "n42", "export", "--data", data, "--passage", "KGS-1-0", "--out", dir); code != exitFine || out != want {
		t.Errorf("export of one: %d %s%s", code, out, errw)
	}
	if _, errw, code := call(t, "", "radiation", "n42", "export", "--data", data, "--passage", "T-9-9", "--out", dir); code != exitFaults || !strings.Contains(errw, `no passage "T-9-9"`) {
		t.Errorf("export of no passage: %d %s", code, errw)
	}
	if _, _, code := call(t, "", "radiation", "n42", "export", "--data", dir, "--out", dir); code != exitUsage {
		t.Errorf("export of no site: %d", code)
	}
	for f, why := range n42test.Schema(t, files...) {
		t.Errorf("%s: %s", f, why)
	}
}
