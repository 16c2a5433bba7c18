package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/exchange"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/internal/store"
)

// TestEveryCaseOfOneSensorInAPeriodIsListed: a sensor had failed from 20 December to 20
// February; its cases are to be found, and no others.
func TestEveryCaseOfOneSensorInAPeriodIsListed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	st, err := store.Open(t.Context(), "", filepath.Join(dir, "archive"))
	if err != nil {
		t.Fatal(err)
	}
	const days, daily = 120, 12 // more than one page
	begin := time.Date(2025, 12, 1, 0, 30, 0, 0, time.FixedZone("", 5*3600))
	b := store.Batch{Epoch: "00000000000000aa"}
	for i := range days * daily {
		p := fusion.Passage{ID: fmt.Sprintf("KGS-1-%d", i), Lane: "1", Version: uint64(i + 1), Opened: begin.AddDate(0, 0, i/daily).Add(time.Duration(i%daily) * 2 * time.Hour),
			Verdict: rules.Within, Plates: []fusion.PlateRead{{Plate: obs.Plate{Text: fmt.Sprintf("%03dABC02", i%1000)}}},
			Gross:       &fusion.GrossLoad{Mass: quant.Kg(41000)},
			Instruments: []fusion.Measured{{Name: "cam-1", Class: "anpr"}, {Name: "wim-1", Class: "wim", Certificate: "12-345", Serial: "7001", Expires: "2026-12-01"}}}
		if i%5 == 0 {
			p.Instruments[1].Name = "wim-2"
		}
		if i%4 == 0 {
			p.Verdict, p.Findings = rules.Exceeds, []rules.Finding{{Quantity: "gross", Verdict: rules.Exceeds}}
		}
		r := exchange.Row(&p)
		if r.JSON, err = json.Marshal(&p); err != nil {
			t.Fatal(err)
		}
		b.Put(r)
	}
	b.N = days * daily
	if err := st.Put(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}

	// 63 days from 20 December to 20 February, 12 a day: 756, from number 228 on.
	want := map[bool]int{}
	for i := 228; i < 228+756; i++ {
		if i%5 != 0 {
			want[false]++
			if i%4 == 0 {
				want[true]++
			}
		}
	}
	ask := []string{"passages", "--data", dir, "--device", "wim-1", "--from", "2025-12-20", "--to", "2026-02-20"}
	out, errw, code := call(t, "", append(ask, "--verdict", "exceeds", "--csv")...)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if code != exitFine || err != nil || len(rows) != 1+want[true] || !strings.Contains(errw, fmt.Sprintf("%d passages", want[true])) {
		t.Fatalf("exit %d %s, %d rows, %v; want %d and a head", code, errw, len(rows), err, want[true])
	}
	first, last := rows[1], rows[len(rows)-1]
	if got := strings.Join(first, "|"); got != "KGS-1-976|2026-02-20T03:30:00Z||976ABC02|exceeds||41000|gross|wim-1|12-345|7001|2026-12-01" {
		t.Errorf("first row %s", got)
	}
	if last[0] != "KGS-1-228" || last[1] != "2025-12-19T19:30:00Z" {
		t.Errorf("last row %v", last)
	}
	out, _, code = call(t, "", append(ask, "--json")...)
	if n := strings.Count(out, "\n"); code != exitFine || n != want[false] {
		t.Errorf("exit %d, %d JSON lines, want %d", code, n, want[false])
	}
	out, _, code = call(t, "", "passages", "--data", dir, "--device", "cam-1")
	if n := strings.Count(out, "\n"); code != exitFine || n != days*daily {
		t.Errorf("exit %d, %d lines of the camera, want %d: more than a page", code, n, days*daily)
	}

	for text, args := range map[string][]string{
		"want --data or --store":    {"--device", "x"},
		"no archive in":             {"--data", filepath.Join(dir, "nowhere")},
		`--from: "yesterday": want`: {"--data", dir, "--from", "yesterday"},
		"--zone Mars":               {"--data", dir, "--zone", "Mars"},
	} {
		if _, errw, code := call(t, "", append([]string{"passages"}, args...)...); code != exitUsage || !strings.Contains(errw, text) {
			t.Errorf("%v: %d %s, want %q", args, code, errw, text)
		}
	}
}
