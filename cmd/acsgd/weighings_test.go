package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsgd/devices/wim/record"
	"acsgd/internal/journal"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/lanes"

	"github.com/google/go-cmp/cmp"
)

// morning is when the vehicles of these tests are weighed: 11 o'clock in Almaty.
var morning = time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)

// scaleLog writes the observations of scales into a journal.
type scaleLog struct {
	t   *testing.T
	j   *journal.Journal
	seq uint64
}

func (s *scaleLog) say(device string, at time.Time, w obs.Weighing) {
	s.t.Helper()
	s.seq++
	o := obs.Observation{Source: device, Lane: "1", Seq: s.seq, Stamp: obs.Stamp{At: at, Arrived: at}, Body: &w}
	p, err := o.AppendJSON(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.j.Put(s.t.Context(), journal.Record{Lane: "1", Seq: s.seq, Now: at, Kind: lanes.KindSeen, Payload: p}); err != nil {
		s.t.Fatal(err)
	}
}

// vehicle says axles of so many kilograms, 3 m apart at 1.5 m/s, and the vehicle.
func (s *scaleLog) vehicle(device string, at time.Time, flags []obs.Flag, kg ...float64) {
	gross := quant.Mass(0)
	for i, v := range kg {
		on := at.Add(time.Duration(2*i) * time.Second)
		w := obs.Weighing{Axle: i + 1, Mass: quant.Mass(v * 1000), U: quant.Kg(50), TOn: on, TOff: on.Add(time.Second / 2), Speed: 1500, USpeed: 10, Mode: obs.Dynamic}
		if i == 1 {
			w.Flags = flags
		}
		gross += w.Mass
		s.say(device, w.TOff, w)
	}
	end := at.Add(time.Minute)
	s.say(device, end, obs.Weighing{Axles: len(kg), Mass: gross, U: quant.Kg(150), TOn: at, TOff: end.Add(-time.Second), Speed: 1500, USpeed: 5, Mode: obs.Dynamic, Flags: flags})
}

// weighedSite is a data directory whose journal holds some vehicles.
func weighedSite(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	j, err := journal.Open(t.Context(), filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	s := &scaleLog{t: t, j: j}
	s.say("wim-1", morning, obs.Weighing{HasRaw: true, Raw: 1}) // a streamed frame is no vehicle
	s.vehicle("wim-1", morning, nil, 6500, 11_000.5, 7800)
	s.vehicle("wim-1", morning.Add(time.Hour), []obs.Flag{obs.StoppedOnPlatform}, 6500, 9000)
	s.vehicle("wim-1", morning.Add(2*time.Hour), []obs.Flag{obs.OffScale}, 6500, 9000)
	s.vehicle("wim-2", morning.Add(2*time.Hour), nil, 6000, 8000, 7000, 7000, 7000, 7000, 7000, 7000, 7000, 7000, 7000, 7000, 7000, 7000)
	at := morning.Add(3 * time.Hour)
	s.say("bridge", at, obs.Weighing{Mass: quant.Kg(40_000), U: quant.Kg(20), TOn: at.Add(-time.Minute), TOff: at, Stable: true, Mode: obs.Static, Alibi: "00017-000482"})
	s.say("wim-1", at, obs.Weighing{Axle: 1, Mass: quant.Kg(5000), TOn: at, Mode: obs.Dynamic}) // and never the vehicle
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWeighingsAreExportedAsRecords(t *testing.T) {
	dir := weighedSite(t)
	out, errw, code := call(t, "", "weighings", "export", dir)
	var got []string
	for line := range strings.Lines(out) {
		r, err := record.Decode([]byte(line), quant.Kilogram)
		if err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		n := 0
		for _, w := range r.Weighings(record.How{}) {
			n += len(w.Flags)
		}
		got = append(got, fmt.Sprint(r.Device.ID, " ", r.Start.Sub(morning), " ", len(r.Axles), " ", r.Gross, " ", r.U, " ", r.Spacings, " ", r.Mode, " ", r.Alibi, " ", r.Flags, " ", n))
	}
	want := []string{
		"wim-1 0s 3 25300.5kg 150kg [3000mm 3000mm] dynamic  [] 0",
		"wim-1 1h0m0s 2 15500kg 150kg [3000mm] dynamic  [] 2",
		"wim-1 2h0m0s 2 15500kg 150kg [3000mm] dynamic  [] 2",
		"wim-2 2h0m0s 14 98000kg 150kg " + fmt.Sprint(func() (l []quant.Length) {
			for range 13 {
				l = append(l, 3000)
			}
			return
		}()) + " dynamic  [] 0",
		"bridge 2h59m0s 0 40000kg 20kg [] static 00017-000482 [] 0",
	}
	if d := cmp.Diff(want, got); d != "" || code != exitFaults {
		t.Errorf("exit %d, -want +got:\n%s", code, d)
	}
	if !strings.Contains(errw, "wim-1 at 2026-03-01T09:14:00Z: not written: the journal ends before the record of the whole vehicle") ||
		!strings.Contains(errw, "6 vehicles, 5 written, 1 left out") {
		t.Errorf("said %s", errw)
	}
	for name, c := range map[string]struct {
		args []string
		n    int
	}{
		"one scale": {[]string{"--device", "wim-2"}, 1},
		"an hour":   {[]string{"--from", "2026-03-01T07:14:00Z", "--to", "2026-03-01T08:14:00Z"}, 1},
		"no time":   {[]string{"--to", "2026-03-01T06:14:00Z"}, 0},
	} {
		out, errw, code := call(t, "", append([]string{"weighings", "export", dir}, c.args...)...)
		if strings.Count(out, "\n") != c.n || code != exitFine {
			t.Errorf("%s: exit %d: %s%s", name, code, out, errw)
		}
	}
}

func TestWeighingsAreExportedAsWRecordsAndComeBack(t *testing.T) {
	dir := weighedSite(t)
	out, errw, code := call(t, "", "weighings", "export", "--format", "w", "--state", "8", "--station", "1234", "--direction", "3", "--w-lane", "1", "--unit", "100kg", "--length-unit", "10cm", dir)
	want := "W080012343120260301" + "11" + "15" + "   " + "000253" + "03" + "00065" + "00030" + "00110" + "00030" + "00078" + "\n" +
		"W080012343120260301" + "12" + "15" + "   " + "000155" + "02" + "00065" + "00030" + "00090" + "\n"
	if out != want || code != exitFaults {
		t.Errorf("exit %d:\n%swant\n%s", code, out, want)
	}
	for _, said := range []string{
		"wim-1 at 2026-03-01T08:14:00Z: not written: flagged off_scale, which a W record cannot say",
		"wim-2 at 2026-03-01T08:14:00Z: not written: columns 33-34: 14 axles, want 1 to 13",
		"bridge at 2026-03-01T09:13:00Z: not written: columns 33-34: 0 axles, want 1 to 13",
		"6 vehicles, 2 written, 4 left out; of the time the hour is left, of uncertainties nothing; 1 rounded to counts of 100kg and 100mm",
	} {
		if !strings.Contains(errw, said) {
			t.Errorf("%q is not said in\n%s", said, errw)
		}
	}
	name := filepath.Join(t.TempDir(), "site.wgt")
	if err := os.WriteFile(name, []byte(out+"W08\n"+out), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errw, code = call(t, "", "weighings", "import", "--unit", "100kg", "--length-unit", "10cm", name)
	if code != exitFaults || !strings.Contains(errw, "site.wgt: line 3, 3 columns, want at least 34") || strings.Count(out, "\n") != 4 {
		t.Fatalf("exit %d: %s%s", code, out, errw)
	}
	first, _, _ := strings.Cut(out, "\n")
	const golden = `{"version":1,"id":"08-1234-2026030111-1","site":"08-1234","lane":"1","device":{"id":"wgt-08-1234"},` +
		`"start":"2026-03-01T06:00:00Z","end":"2026-03-01T06:59:59.999Z",` +
		`"axles":[{"n":1,"load_kg":6500},{"n":2,"load_kg":11000},{"n":3,"load_kg":7800}],"spacings_mm":[3000,3000],"gross_kg":25300}`
	if first != golden {
		t.Errorf("imported %s\nwant     %s", first, golden)
	}
	if _, err := record.Decode([]byte(first), quant.Kg(100)); err != nil {
		t.Error(err)
	}
}

func TestWeighingsThatCannotBeRead(t *testing.T) {
	wgt := temp(t, "W080012343120260301"+"11"+"15"+"   "+"000018"+"02"+"00009"+"00031"+"00009"+"\n")
	for _, c := range []struct {
		code int
		say  string
		args []string
	}{
		{exitUsage, "no journal in", []string{"export", t.TempDir()}},
		{exitUsage, "--zone", []string{"import", "--zone", "Mars/Olympus", wgt}},
		{exitUsage, "--unit", []string{"import", "--unit", "0kg", wgt}},
		{exitUsage, "no such file", []string{"import", "/no/such/file"}},
		{exitUsage, "must be one of", []string{"export", "--format", "xml", t.TempDir()}},
		{exitFaults, "is --length-unit right?", []string{"import", "--length-unit", "1m", wgt}},
		{exitFine, "", []string{"import", wgt}},
	} {
		out, errw, code := call(t, "", append([]string{"weighings"}, c.args...)...)
		if code != c.code || !strings.Contains(errw, c.say) {
			t.Errorf("%v: exit %d, want %d and %q\n%s%s", c.args, code, c.code, c.say, out, errw)
		}
	}
}

func TestTheSchemaIsPrinted(t *testing.T) {
	out, _, code := call(t, "", "drivers", "wim/json", "--schema")
	var doc map[string]any
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitFine || doc["title"] == nil {
		t.Errorf("exit %d, %v: %.200s", code, err, out)
	}
	for _, args := range [][]string{{"drivers", "--schema"}, {"drivers", "rpm/tsa", "--schema"}} {
		if out, errw, code := call(t, "", args...); code != exitUsage || out != "" || errw == "" {
			t.Errorf("%v: exit %d, %s%s", args, code, out, errw)
		}
	}
}
