package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/radiation"
	"acsgd/fusion/rules"
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
	if out, _, _ := call(t, "", "radiation", "cases", "--data", dir, "--from", "2026-03-02T12:00:00Z"); strings.Count(out, "\n") != 1 {
		t.Errorf("since noon: %s", out)
	}
	if _, _, code := call(t, "", "radiation", "cases", "--data", filepath.Join(dir, "none")); code != exitUsage {
		t.Errorf("no archive: exit %d", code)
	}
}
