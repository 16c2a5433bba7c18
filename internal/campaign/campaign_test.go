package campaign

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsgd/internal/metrology"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// write puts a definition into a folder of its own.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "campaign.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func begun(t *testing.T) *Book {
	t.Helper()
	path := write(t, Example)
	c, err := Define(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(c, StatePath(path), true)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDefineRefusesWhatItCannotTell(t *testing.T) {
	for name, tc := range map[string]struct{ from, to, want string }{
		"a bare number":     {`division = "20kg"`, `division = 20`, "campaign.toml:13: instrument.division: "},
		"a word too many":   {`serial = "7001"`, "serial = \"7001\"\nseriel = \"1\"", `unknown key "instrument.seriel"`},
		"no such kind":      {`kind = "rigid2"`, `kind = "bus"`, `vehicle 1 "lorry-loaded": kind "bus"`},
		"speeds that fall":  {`from = "1km/h"`, `from = "11km/h"`, "speeds 3056mm/s to 2778mm/s"},
		"a broken document": {`[control]`, `[control`, "campaign.toml:"},
	} {
		if _, err := Define(write(t, strings.Replace(Example, tc.from, tc.to, 1))); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q in it", name, err, tc.want)
		}
	}
	if _, err := Define(write(t, Example)); err != nil {
		t.Errorf("the example: %v", err)
	}
}

// TestARunIsMadeOfWhatTheScaleSaid: axles, then the whole vehicle.
func TestARunIsMadeOfWhatTheScaleSaid(t *testing.T) {
	at := time.Unix(1_800_000_000, 0).UTC()
	for name, tc := range map[string]struct {
		said  []obs.Weighing
		speed quant.Speed
		void  string
	}{
		"as it should be":         {[]obs.Weighing{{Axle: 1, Mass: 6_000_000}, {Axle: 2, Mass: 10_000_000}, {Axles: 2, Mass: 16_000_000, Speed: 700}}, 700, ""},
		"speed of the axles only": {[]obs.Weighing{{Axle: 1, Mass: 6_000_000, Speed: 600}, {Axle: 2, Mass: 10_000_000, Speed: 800}, {Axles: 2, Mass: 16_000_000}}, 700, ""},
		"a remark":                {[]obs.Weighing{{Axle: 1, Mass: 6_000_000}, {Axle: 2, Mass: 10_000_000}, {Axles: 2, Mass: 16_000_000, Flags: []obs.Flag{obs.ClockUnset}}}, 0, ""},
		"flags that void":         {[]obs.Weighing{{Axle: 1, Mass: 6_000_000, Flags: []obs.Flag{obs.OffScale}}, {Axle: 2, Mass: 10_000_000, Flags: []obs.Flag{obs.OffScale}}, {Axles: 2, Mass: 16_000_000, Flags: []obs.Flag{obs.SpeedOutOfRange}}}, 0, "speed_out_of_range, off_scale"},
		"a record lost":           {[]obs.Weighing{{Axle: 1, Mass: 6_000_000}, {Axles: 2, Mass: 16_000_000}}, 0, "2 axles weighed, 1 told of"},
		"begun again":             {[]obs.Weighing{{Axle: 1, Mass: 1}, {Axle: 1, Mass: 6_000_000}, {Axle: 2, Mass: 10_000_000}, {Axles: 2, Mass: 16_000_000}}, 0, ""},
		"frames between":          {[]obs.Weighing{{Axle: 1, Mass: 6_000_000}, {HasRaw: true, Raw: 5}, {Axle: 2, Mass: 10_000_000}, {Axles: 2, Mass: 16_000_000}}, 0, ""},
	} {
		b := begun(t)
		var run *metrology.Run
		for i := range tc.said {
			if run != nil {
				t.Fatalf("%s: a run before the whole vehicle", name)
			}
			var err error
			if run, err = b.Weighed(at, &tc.said[i]); err != nil {
				t.Fatal(err)
			}
		}
		if run == nil || run.N != 1 || run.Vehicle != "lorry-loaded" || run.Gross != 16_000_000 || run.Speed != tc.speed || run.Void != tc.void || !run.At.Equal(at) {
			t.Errorf("%s: %+v, want speed %v, void %q", name, run, tc.speed, tc.void)
		}
		kept, err := Read(b.path)
		if err != nil || len(kept.Campaign.Runs) != 1 || kept.Campaign.Runs[0].Void != tc.void {
			t.Errorf("%s: kept %+v, %v", name, kept, err)
		}
	}
}

func TestARunThatCannotBeKeptIsNone(t *testing.T) {
	b := begun(t)
	if r, err := b.Weighed(time.Now(), &obs.Weighing{Mass: 300 * quant.Tonne}); err == nil || r != nil || len(b.Campaign.Runs) != 0 {
		t.Errorf("300 t: run %+v, %v", r, err)
	}
	b.path = filepath.Join(b.path, "nowhere", "x.json")
	if r, err := b.Weighed(time.Now(), &obs.Weighing{Mass: 1}); err == nil || r != nil || len(b.Campaign.Runs) != 0 {
		t.Errorf("run %+v, %v; %d runs", r, err, len(b.Campaign.Runs))
	}
}

func TestADefinitionDoesNotChangeUnderItsRuns(t *testing.T) {
	b := begun(t)
	if _, err := b.Weighed(time.Now(), &obs.Weighing{Mass: 1}); err != nil {
		t.Fatal(err)
	}
	if err := b.Discard(1, "not a reference vehicle"); err != nil {
		t.Fatal(err)
	}
	if err := b.Discard(1, "again"); err == nil {
		t.Error("a run was discarded twice")
	}
	c := b.Campaign
	c.Runs = nil
	again, err := Open(&c, b.path, true)
	if err != nil || len(again.Campaign.Runs) != 1 {
		t.Fatalf("the same definition: %v", err)
	}
	c.Vehicles = append([]metrology.Vehicle(nil), c.Vehicles...)
	c.Vehicles[0].Mass += quant.Kilogram
	if _, err := Open(&c, b.path, true); err == nil || !strings.Contains(err.Error(), "its definition has changed since its first run") {
		t.Errorf("another mass: %v", err)
	}
}
