package site

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/metrology"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/lanes"
)

// TestTheCertificateOfTheDayStandsInThePassage weighs a lorry, restarts the site with the
// next certificate and without snapshots, weighs another one, and replays the journal.
func TestTheCertificateOfTheDayStandsInThePassage(t *testing.T) {
	dir := t.TempDir()
	certify := func(number string, expires time.Time) {
		t.Helper()
		b, err := json.Marshal(&metrology.Certificate{Number: number, Class: "wim", Serial: "7001", Standard: metrology.Standard, Issuer: "KazStandard",
			Issued: "2020-01-01", Expires: expires.Format(time.DateOnly)})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "scale.json"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	scale := lane("1") + strings.Replace(more("wim-1", "wim/test", "tcp:127.0.0.1:20"), "  name", "  certificate = \"scale.json\"\n  name", 1)
	weigh := func(r *rig) string {
		t.Helper()
		id := r.passage("1")
		at := time.Now()
		for i, kg := range []int64{6000, 9000} {
			on := at.Add(time.Duration(i) * 300 * time.Millisecond)
			r.see("wim-1", on, &obs.Weighing{Axle: i + 1, Mass: quant.Kg(kg), U: quant.Kg(60), TOn: on, TOff: on.Add(50 * time.Millisecond), Speed: 1300})
		}
		r.see("wim-1", at, &obs.Weighing{Axles: 2, Mass: quant.Kg(15000), U: quant.Kg(120), TOn: at, TOff: at.Add(350 * time.Millisecond), Speed: 1300})
		r.judged(id)
		return id
	}
	measured := func(r *rig, id string) (fusion.Measured, string) {
		t.Helper()
		b, err := r.site.store.Passage(t.Context(), id)
		if err != nil || b == nil {
			t.Fatalf("passage %s: %s, %v", id, b, err)
		}
		var p fusion.Passage
		if err := json.Unmarshal(b, &p); err != nil || len(p.Instruments) != 1 {
			t.Fatalf("instruments of %s: %+v, %v", id, p.Instruments, err)
		}
		for _, f := range p.Findings {
			if f.Quantity == "gross" {
				return p.Instruments[0], f.Reason
			}
		}
		return p.Instruments[0], "no finding"
	}

	yesterday := time.Now().Add(-36 * time.Hour)
	certify("old", yesterday)
	r := newRig(t, dir, "", scale)
	first := weigh(r)
	r.stop()

	certify("new", time.Now().AddDate(1, 0, 0))
	r.kill(true)
	again := newRig(t, dir, "", scale)
	second := weigh(again)
	for _, d := range again.site.devices() {
		if has := d.Certificate != nil && d.Certificate.Number == "new"; has != (d.Name == "wim-1") {
			t.Errorf("in the console's list of instruments %s has certificate %+v", d.Name, d.Certificate)
		}
	}
	m, why := measured(again, first)
	if want := "certificate old of wim-1 expired on " + yesterday.Format(time.DateOnly); m.Certificate != "old" || m.Serial != "7001" || why != want {
		t.Errorf("first lorry: %+v, %q; want the old certificate and %q", m, why, want)
	}
	if m, why := measured(again, second); m.Certificate != "new" || strings.Contains(why, "certificate") {
		t.Errorf("second lorry: %+v, %q; want the new certificate", m, why)
	}
	again.stop()

	rep, err := lanes.Replay(t.Context(), filepath.Join(dir, "journal"), nil)
	if err != nil || len(rep.Differences) > 0 || rep.Digests == 0 {
		t.Errorf("replay: %+v, %v; want no difference", rep, err)
	}
}
