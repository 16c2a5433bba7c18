package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/exchange"
	"acsgd/internal/quant"
	"acsgd/internal/store"
)

// TestRadiationCasesAreListedAndCounted: of an archive of three days every passage with an
// alarm is a line, and each day of a lane, in the site's zone, is counted.
func TestRadiationCasesAreListedAndCounted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	st, err := store.Open(t.Context(), "", filepath.Join(dir, "archive"))
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2026, 3, 1, 18, 30, 0, 0, time.UTC) // 23:30 at the site
	dose := quant.DoseRate(2400)
	b := store.Batch{Epoch: "00000000000000aa"}
	for i := range 30 {
		p := fusion.Passage{ID: fmt.Sprintf("KGS-1-%d", i), Lane: "1", Version: uint64(i + 1), Opened: begin.Add(time.Duration(i) * time.Hour), Verdict: rules.Within}
		if i%10 == 0 {
			p.Radiation = &radiation.Occupancy{Number: uint32(100 + i), NeutronAlarm: i == 20}
			p.Adjudication = &fusion.Adjudication{State: fusion.CasePrimary, Steps: []fusion.CaseStep{{State: fusion.CasePrimary, At: p.Opened, Text: "gamma alarm"}}}
		}
		if i == 10 {
			a := p.Adjudication
			a.State, a.Norm = fusion.CaseRecorded, &rules.NormAdvice{Grade: rules.GradeB}
			a.Inspections = []fusion.Inspection{{Dose1m: &dose, Nuclides: []string{"K-40"}, Instrument: "Finder", Serial: "4711"}}
			a.Coded = &fusion.Coded{Code: 4, Group: "innocent", Class: "norm", HS: []string{"3104209000"}, Declaration: "d1", User: "aigerim", Second: "saule"}
		}
		r := exchange.Row(&p)
		if r.JSON, err = json.Marshal(&p); err != nil {
			t.Fatal(err)
		}
		b.Put(r)
	}
	b.N = 30
	if err := st.Put(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}

	out, errw, code := call(t, "", "radiation", "cases", "--data", dir)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != exitFine || len(lines) != 3 || !strings.Contains(errw, "3 cases") {
		t.Fatalf("exit %d %s: %s", code, errw, out)
	}
	const want = `{"passage":"KGS-1-10","lane":"1","opened":"2026-03-02T04:30:00Z","occupancy":110,"neutron":false,"state":"recorded","code":4,"group":"innocent","class":"norm",` +
		`"officer":"aigerim","second_officer":"saule","declaration":"d1","hs":["3104209000"],"grade":"B","nuclides":["K-40"],"inspections":1,"instruments":["Finder 4711"],` +
		`"dose_1m_nsvh":2400,"steps":[{"step":"primary","at":"2026-03-02T04:30:00Z","seq":0,"text":"gamma alarm"}]}`
	if lines[1] != want {
		t.Errorf("got  %s\nwant %s", lines[1], want)
	}
	if !strings.Contains(lines[0], `"neutron":true`) || !strings.Contains(lines[0], `"code":0`) {
		t.Errorf("an open case: %s", lines[0])
	}

	out, _, code = call(t, "", "radiation", "cases", "--data", dir, "--counts")
	const counts = `{"lane":"1","day":"2026-03-01","cases":1,"open":1,"codes":{},"groups":{}}
{"lane":"1","day":"2026-03-02","cases":2,"open":1,"codes":{"4":1},"groups":{"innocent":1}}
`
	if code != exitFine || out != counts {
		t.Errorf("exit %d, counts %s", code, out)
	}
	if out, _, code := call(t, "", "radiation", "cases", "--data", dir, "--learn"); code != exitFine || out != "{\"version\":\"\"}\n" {
		t.Errorf("exit %d, learnt %s from a case without counts", code, out)
	}
	if out, _, _ := call(t, "", "radiation", "cases", "--data", dir, "--from", "2026-03-02T12:00:00Z"); strings.Count(out, "\n") != 1 {
		t.Errorf("since noon: %s", out)
	}
	if _, _, code := call(t, "", "radiation", "cases", "--data", filepath.Join(dir, "none")); code != exitUsage {
		t.Errorf("no archive: exit %d", code)
	}
}

// Nine released loads of potash, each of which stands 0.7 of the background above the shadow,
// tell the lane's factor and what is usual of the consignor; one that was held tells nothing.
func TestReleasedLoadsTellWhatIsUsual(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	st, err := store.Open(t.Context(), "", filepath.Join(dir, "archive"))
	if err != nil {
		t.Fatal(err)
	}
	o := &radiation.Occupancy{HasBG: true, Background: [4]int32{400, 400, 400, 400}, Count: 60, Analysis: &radiation.Analysis{}}
	for i := range int32(60) {
		g := int32(64)
		if i >= 15 && i < 45 {
			g = 120 // 1.5 of the background
		}
		o.Slices = append(o.Slices, radiation.Slice{At: 200 * i, Gamma: [4]int32{g, g, g, g}})
		o.Analysis.Expected = append(o.Analysis.Expected, 800)
	}
	d := &decl.Declaration{ID: "d1", Items: []decl.Item{{No: 1, HS: "3104209000", Net: quant.Kg(20_000)}}}
	d.Parties.Consignor = "Kali"
	b := store.Batch{Epoch: "00000000000000aa"}
	for i := range 10 {
		p := fusion.Passage{ID: fmt.Sprintf("KGS-1-%d", i), Lane: "1", Version: uint64(i + 1), Opened: time.Date(2026, 3, 1, 8, i, 0, 0, time.UTC), Verdict: rules.Exceeds,
			Radiation: o, Declaration: d, Decision: &fusion.Decision{Action: fusion.Override},
			Adjudication: &fusion.Adjudication{State: fusion.CaseRecorded, Coded: &fusion.Coded{Code: 4, Group: "innocent"}}}
		if i == 9 {
			p.Decision = &fusion.Decision{Action: fusion.Hold}
		}
		r := exchange.Row(&p)
		if r.JSON, err = json.Marshal(&p); err != nil {
			t.Fatal(err)
		}
		b.Put(r)
	}
	b.N = 10
	if err := errors.Join(st.Put(t.Context(), b), st.Close()); err != nil {
		t.Fatal(err)
	}
	// 15.245 kBq/kg by 20 t in 35 t are 8711 Bq/kg of a load without end: 700/8711 permille.
	const want = `{"version":"","factors":[{"lane":"1","factor_micro":80,"cases":9}],"medians":[{"hs6":"310420","consignor":"KALI","lane":"1","median_permille":700,"mad_permille":20,"cases":9}]}` + "\n"
	if out, errw, code := call(t, "", "radiation", "cases", "--data", dir, "--learn"); code != exitFine || out != want {
		t.Errorf("exit %d %s: %s", code, errw, out)
	}
}
