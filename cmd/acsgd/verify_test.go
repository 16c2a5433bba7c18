package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/internal/campaign"
	"acsgd/internal/line"
	"acsgd/internal/metrology"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/sim"
	"acsgd/sim/wim"
)

// gaps are the axle spacings of the vehicles of the example campaign, mm, and loads what
// their axles truly weigh, kg.
var (
	gaps  = map[string][]int{"lorry": {4200}, "three-axle": {3600, 1350}, "semi": {3700, 5600, 1310, 1310}}
	loads = map[string][]int64{
		"lorry-loaded": {6000, 10000}, "lorry-empty": {4400, 3600},
		"three-axle-loaded": {7000, 9000, 9000}, "three-axle-empty": {5000, 3000, 3000},
		"semi-loaded": {7000, 10000, 7600, 7700, 7700}, "semi-empty": {5000, 4000, 2000, 2000, 2000},
	}
)

// driveway has each vehicle on it for as long as it takes to drive over the scale.
type driveway struct {
	cars []sim.Placed // V is its speed
	from []time.Time  // when its front is 10 m before the scale
}

const approach = 3_000 // mm

func (d *driveway) At(dst []sim.Placed, t time.Time) []sim.Placed {
	for i, c := range d.cars {
		x := c.V*t.Sub(d.from[i]).Seconds() - approach
		if !t.Before(d.from[i]) && x < float64(c.Length)+2000 {
			dst = append(dst, sim.Placed{Vehicle: c.Vehicle, X: x, V: c.V})
		}
	}
	return dst
}

// drives lets the vehicles of a plan cross a simulated scale, whose span is wrong by ppm,
// and gives what its indicator sends as a record file.
func drives(t *testing.T, plan []metrology.Drive, m wim.Model, ppm int64) string {
	t.Helper()
	start := time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)
	d, at := &driveway{}, start.Add(20*time.Second)
	for i, p := range plan {
		v := &sim.Vehicle{ID: fmt.Sprint(i), Length: 1400 + 1500}
		kind := strings.TrimSuffix(strings.TrimSuffix(p.Vehicle, "-loaded"), "-empty")
		offset := 1400
		for k, kg := range loads[p.Vehicle] {
			if k > 0 {
				offset += gaps[kind][k-1]
			}
			v.Axles = append(v.Axles, sim.Axle{Mass: quant.Mass(kg * (1_000_000 + ppm) / 1000), Offset: quant.Length(offset)})
		}
		v.Length = quant.Length(offset + 1500)
		speed := float64(p.Band.From+p.Band.To) / 2
		d.cars, d.from = append(d.cars, sim.Placed{Vehicle: v, V: speed}), append(d.from, at)
		at = at.Add(time.Duration((float64(v.Length)+approach+2000)/speed*1e9) + 12*time.Second)
	}
	scale := wim.NewMT(m, d)
	scale.Lost = 0
	var b []byte
	var out sim.Out
	scale.Tick(start, &out)
	for due, ok := scale.Deadline(); ok && due.Before(at); due, ok = scale.Deadline() {
		out.Send = out.Send[:0]
		scale.Tick(due, &out)
		b = line.Entry{At: due.Sub(start), Hex: out.Send}.AppendJSON(b)
	}
	path := filepath.Join(t.TempDir(), "scale.jsonl")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// scale is a platform of one metre on an even approach.
func scale() wim.Model {
	m := wim.Default(11)
	m.Platform, m.Bounce, m.Noise = 1000, 0.2, 5*quant.Kilogram
	return m
}

// weighings decodes a record file of the simulated scale.
func weighings(t *testing.T, record string) string {
	t.Helper()
	out, errw, code := call(t, "", "decode", "--vehicles", "--driver", "wim/mt-continuous", "--start", "2026-03-02T03:00:00Z", "--jsonl", "record",
		"--set", "platform_length=1000mm", "--set", "division=20kg", "--set", "speed_max=15km/h", record)
	if code != exitFine {
		t.Fatalf("decode: %d %s", code, errw)
	}
	return out
}

// definition writes the example with a control instrument and further lines at its head.
func definition(t *testing.T, head string) (path string, c *metrology.Campaign) {
	t.Helper()
	text := head + strings.Replace(campaign.Example, "name = \"\"\nserial = \"\"\ncertificate = \"\"", "name = \"weighbridge\"\ncertificate = \"WB-1\"", 1)
	path = filepath.Join(t.TempDir(), "campaign.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := campaign.Define(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, c
}

// TestASimulatedScaleIsVerifiedFromItsBytesToItsCertificate drives the whole campaign over
// a good scale, in virtual time, and uses the certificate in a site file.
func TestASimulatedScaleIsVerifiedFromItsBytesToItsCertificate(t *testing.T) {
	t.Parallel()
	path, c := definition(t, "")
	seen := weighings(t, drives(t, metrology.Plan(c), scale(), 0))
	state, report, cert := campaign.StatePath(path), filepath.Join(t.TempDir(), "report.json"), filepath.Join(t.TempDir(), "scale-1.json")

	sheet := filepath.Join(t.TempDir(), "report.pdf")

	// It is interrupted after the first vehicle, and goes on.
	cut := strings.Index(seen, `"axles":2,`)
	cut += strings.Index(seen[cut:], "\n") + 1
	for i, part := range []string{seen[:cut], seen[cut:]} {
		if out, errw, code := call(t, part, "verify", "run", "--simulator", "--input", "-", path); code != exitFine || !strings.Contains(out, "run 1: lorry-loaded at the middle, 2.5 km/h") == (i == 0) {
			t.Fatalf("part %d: %d %s\n%s", i, code, errw, out)
		}
	}
	out, errw, code := call(t, "", "verify", "report", state, "--json", report, "--pdf", sheet, "--lang", "ru", "--certificate", cert, "--number", "SIM-1", "--issuer", "simulator", "--expires", "2027-03-01")
	if code != exitFine || !strings.Contains(out, "passed, class of vehicle") || !strings.Contains(out, "SIMULATOR") || !strings.Contains(out, "within class A(5), at least 94.2 % have to be") {
		t.Fatalf("report: %d %s\n%s", code, errw, out)
	}
	t.Log(out[strings.LastIndex(out, "1 to 10 km/h"):])
	b, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	got, err := metrology.ParseCertificate(b)
	if err != nil || !got.Simulator || got.Serial != "7001" || got.Issued != "2026-03-02" || len(got.Ranges) != 1 || got.Ranges[0].Mass == "" || len(got.Report) != 64 {
		t.Errorf("certificate %+v, %v", got, err)
	}
	var rep metrology.Report
	if b, err = os.ReadFile(report); err == nil {
		err = json.Unmarshal(b, &rep)
	}
	sum := sha256.Sum256(b)
	if pdf, err := os.ReadFile(sheet); err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) || got.Report != hex.EncodeToString(sum[:]) {
		t.Errorf("PDF of %d bytes, %v; the certificate names report %s, it is %x", len(pdf), err, got.Report, sum)
	}
	if err != nil || len(rep.Runs) != 60 || !rep.Passed || rep.Limits != metrology.FromMemory {
		t.Errorf("report of %d runs, passed %v, limits %s, %v", len(rep.Runs), rep.Passed, rep.Limits, err)
	}

	for mode, want := range map[string]int{"simulator": exitFine, "enforcement": exitUsage} {
		site := filepath.Join(filepath.Dir(cert), mode+".toml")
		text := "[site]\ncode = \"T\"\nmode = \"" + mode + "\"\n[[lane]]\nid = \"1\"\n[[lane.device]]\nname = \"wim-1\"\ndriver = \"wim/mt-continuous\"\nlink = \"tcp:10.0.0.1:1\"\ncertificate = \"scale-1.json\"\n"
		if err := os.WriteFile(site, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if mode == "enforcement" { // without it that is a note
			bare := site + ".bare"
			if err := os.WriteFile(bare, []byte(strings.Replace(text, "certificate", "# certificate", 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, errw, code := call(t, "", "check", "-c", bare); code != exitFine || !strings.Contains(out, "note: wim-1 has no certificate") {
				t.Errorf("check without a certificate: %d %s%s", code, out, errw)
			}
		}
		_, errw, code := call(t, "", "check", "-c", site)
		if code != want || want != exitFine && !strings.Contains(errw, mode+".toml:10: device wim-1: certificate scale-1.json: it was issued in simulator mode") {
			t.Errorf("check in mode %s: %d %s", mode, code, errw)
		}
	}
}

// TestABadScaleGetsNoCertificate: a span that is wrong, and a platform that is too narrow, each fail for
// their own reason.
func TestABadScaleGetsNoCertificate(t *testing.T) {
	t.Parallel()
	narrow := scale() // one wheel in five runs beside the platform
	narrow.OffScale = 0.2
	for name, c := range map[string]struct {
		m    wim.Model
		ppm  int64
		head string
		says string
	}{
		"span 12 % too high":  {scale(), 120_000, "", "vehicle mass: no class is reached"},
		"too narrow":          {narrow, 0, "", "single axle: no class is reached"},
		"span 2 % and a wish": {scale(), 20_000, "want = {mass = \"1\"}\n", "vehicle mass: class 1 is wanted, "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, def := definition(t, c.head)
			seen := weighings(t, drives(t, metrology.Plan(def), c.m, c.ppm))
			if _, errw, code := call(t, seen, "verify", "run", "--simulator", "--input", "-", path); code != exitFine {
				t.Fatalf("run: %d %s", code, errw)
			}
			cert := filepath.Join(t.TempDir(), "scale.json")
			out, errw, code := call(t, "", "verify", "report", campaign.StatePath(path), "--certificate", cert, "--number", "1", "--issuer", "x", "--expires", "2027-03-01")
			t.Log(out[strings.LastIndex(out, "1 to 10 km/h"):])
			if code != exitFaults || strings.Contains(out, "missing: ") || !strings.Contains(out, c.says) || !strings.Contains(errw, "no certificate: ") {
				t.Errorf("report: %d, want %q\n%s\n%s", code, c.says, errw, out[max(0, len(out)-1500):])
			}
			if _, err := os.Stat(cert); err == nil {
				t.Error("there is a certificate")
			}
		})
	}
}

const oneLorry = `{"kind":"weighing","at":"2026-03-02T03:00:00.000Z","device":"x","weighing":{"axle":1,"mass_kg":6040,"speed_mms":700,"stable":false}}
{"kind":"weighing","at":"2026-03-02T03:00:04.000Z","device":"x","weighing":{"axle":2,"mass_kg":10020,"speed_mms":700,"stable":false}}
{"kind":"weighing","at":"2026-03-02T03:00:08.000Z","device":"x","weighing":{"axle":0,"axles":2,"mass_kg":16060,"speed_mms":700,"stable":false}}
`

func TestOutsideSimulatorModeErrorsAreShownAndNothingIsNamed(t *testing.T) {
	t.Parallel()
	path, _ := definition(t, "")
	out, errw, code := call(t, oneLorry, "verify", "run", "--input", "-", path)
	if code != exitFine || !strings.Contains(errw, metrology.NotVerified) || !strings.Contains(out, "error      +60kg\n") || strings.Contains(out, "class") || strings.Contains(out, "limit") {
		t.Errorf("run: %d %s\n%s", code, errw, out)
	}
	out, errw, code = call(t, "", "verify", "report", campaign.StatePath(path), "--certificate", path+".json", "--number", "1", "--issuer", "x", "--expires", "2027-03-01")
	if code != exitFaults || !strings.Contains(out, "error limits not verified: no class, no certificate") || strings.Contains(out, "A(5)") || !strings.Contains(errw, "no certificate: error limits not verified") {
		t.Errorf("report: %d %s\n%s", code, errw, out)
	}
	if _, errw, code := call(t, "", "verify", "run", "--simulator", "--input", "-", path); code != exitUsage || !strings.Contains(errw, "simulator mode is false in it") {
		t.Errorf("a real campaign goes on as a simulated one: %d %s", code, errw)
	}
}

func TestAnEngineerChoosesAndDiscards(t *testing.T) {
	t.Parallel()
	path, _ := definition(t, "")
	in := `{"drive":{"vehicle":"lorry-loaded","position":"right"}}
` + oneLorry + `{"discard":{"run":0,"reason":"braked on the scale"}}
` + oneLorry + `{"drive":{"vehicle":"bus"}}
{"discard":{"run":9,"reason":"x"}}
{"error":{"offset":7,"reason":"checksum"}}
nonsense
`
	out, errw, code := call(t, in, "verify", "run", "--simulator", "--input", "-", path)
	for _, want := range []string{"run 1: lorry-loaded at the right, 2.5 km/h, 2 axles, gross 16060kg", "run 1 discarded: braked on the scale", "run 2: lorry-loaded at the middle"} {
		if !strings.Contains(out, want) {
			t.Errorf("output lacks %q:\n%s", want, out)
		}
	}
	for _, want := range []string{`line 9: there is no vehicle "bus"`, "line 10: there is no run 9", "line 11: the scale's bytes", "line 12: "} {
		if !strings.Contains(errw, want) {
			t.Errorf("errors lack %q:\n%s", want, errw)
		}
	}
	out, _, _ = call(t, "", "verify", "plan", campaign.StatePath(path))
	if code != exitFaults || strings.Count(out, "[ ] run ") != 59 {
		t.Errorf("exit %d, plan of %d runs, want 59 more", code, strings.Count(out, "[ ] run "))
	}
}

func TestWhichScaleIsToldClearly(t *testing.T) {
	t.Parallel()
	path, _ := definition(t, "")
	site := filepath.Join(filepath.Dir(path), "site.toml")
	text := "[site]\ncode = \"T\"\n[[lane]]\nid = \"1\"\n[[lane.device]]\nname = \"rpm-1\"\ndriver = \"rpm/tsa\"\nlink = \"tcp:10.0.0.1:1\"\n"
	if err := os.WriteFile(site, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"want --data DIR of a running site, -c SITE, or --driver and --link, or --input": nil,
		`site.toml has no device "wim-1"`:                                                {"-c", site},
		"rpm/tsa is no scale":                                                            {"-c", site, "--device", "rpm-1"},
		`there is no driver "wim/none"`:                                                  {"--driver", "wim/none", "--link", "tcp:10.0.0.1:1"},
	} {
		if _, errw, code := call(t, "", append([]string{"verify", "run", path}, args...)...); code != exitUsage || !strings.Contains(errw, want) {
			t.Errorf("%v: %d %s, want %q", args, code, errw, want)
		}
	}
}

// typedScale weighs a lorry each time it is told to.
type typedScale chan struct{}

// Run implements devices.Source.
func (c typedScale) Run(ctx context.Context, emit devices.Emit) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c:
			for _, w := range []*obs.Weighing{{Axle: 1, Mass: quant.Kg(6000), Speed: 700}, {Axle: 2, Mass: quant.Kg(10000), Speed: 700}, {Axles: 2, Mass: quant.Kg(16000), Speed: 700}} {
				emit(obs.Observation{Stamp: obs.Stamp{At: time.Unix(1_800_000_000, 0)}, Body: w}, nil)
			}
		}
	}
}

// TestAnEngineerIsGuidedLive types and drives by turns, and looks at what is said.
func TestAnEngineerIsGuidedLive(t *testing.T) {
	t.Parallel()
	path, c := definition(t, "")
	book, err := campaign.Open(c, campaign.StatePath(path), true)
	if err != nil {
		t.Fatal(err)
	}
	keys, typed := io.Pipe()
	said, out := io.Pipe()
	tr := &tester{std: &std{in: keys, out: out, err: out}, book: book, weighed: make(chan obs.Observation), ended: make(chan struct{})}
	scale := make(typedScale)
	sup := devices.NewSupervisor(devices.Supervision{Name: "wim/test", Log: slog.New(slog.DiscardHandler), Emit: tr.emit})
	done := make(chan error, 1)
	go func() {
		done <- tr.live(t.Context(), keys, func(ctx context.Context) error { return sup.Run(ctx, scale) })
	}()
	lines := bufio.NewScanner(said)
	hear := func(want string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), want) {
				return
			}
		}
		t.Fatalf("never said %q", want)
	}
	say := func(text string) {
		t.Helper()
		if _, err := io.WriteString(typed, text+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	hear("next, run 1: lorry-loaded at the middle, 1 to 4 km/h (60 more)")
	scale <- struct{}{}
	hear("run 1: lorry-loaded at the middle, 2.5 km/h, 2 axles, gross 16000kg")
	hear("next, run 2: lorry-loaded at the middle, 4 to 7 km/h (59 more)")
	say("discard braked")
	hear("run 1 discarded: braked")
	hear("next, run 2: lorry-loaded at the middle, 1 to 4 km/h (60 more)")
	say("discard")
	hear("to discard a run needs a reason")
	say("vehicle lorry-empty")
	hear("next, run 2: lorry-empty at the middle")
	say("jump")
	hear(`"jump": want vehicle, position, discard or quit`)
	hear("next, run 2")
	scale <- struct{}{}
	hear("run 2: lorry-empty at the middle, 2.5 km/h, 2 axles, gross 16000kg  BEYOND THE LIMIT")
	hear("next, run 3: lorry-loaded")
	say("quit")
	if err := <-done; err != nil {
		t.Error(err)
	}
	kept, err := campaign.Read(campaign.StatePath(path))
	if err != nil || len(kept.Campaign.Runs) != 2 || kept.Campaign.Runs[0].Discarded != "braked" {
		t.Errorf("kept: %+v, %v", kept, err)
	}
}

// TestAScaleOfARunningSiteIsTested: the site keeps its link, and its vehicles are runs.
func TestAScaleOfARunningSiteIsTested(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, _, _ := watched(t, dir)
	path, _ := definition(t, "")
	for want, args := range map[string][]string{
		`has no scale "rpm-1", want one of [wim-1, wim-2]`:  {"--simulator", "--device", "rpm-1"},
		"is in mode simulator: with --simulator are tested": nil,
	} {
		if _, errw, code := call(t, "", append([]string{"verify", "run", "--data", dir, path}, args...)...); code != exitUsage || !strings.Contains(errw, want) {
			t.Errorf("%v: %d %s, want %q", args, code, errw, want)
		}
	}
	c := program(t.Context(), "verify", "run", "--simulator", "--data", dir, path)
	keys, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs tail
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "next, run 2:") {
	}
	if _, err := io.WriteString(keys, "quit\n"); err != nil {
		t.Error(err)
	}
	for lines.Scan() {
	}
	if err := c.Wait(); err != nil {
		t.Errorf("%v: %s", err, &errs)
	}
	kept, err := campaign.Read(campaign.StatePath(path))
	if err != nil || len(kept.Campaign.Runs) != 1 {
		t.Fatalf("kept: %+v, %v", kept, err)
	}
	for _, r := range kept.Campaign.Runs {
		if r.Gross <= 0 || len(r.Axles) < 2 || r.At.Before(time.Now().Add(-time.Minute)) {
			t.Errorf("run %+v: want what has just been weighed", r)
		}
	}
	var page struct {
		Devices []struct {
			Name, State string
			Counters    map[string]uint64
		}
	}
	if code := d.session("officer", d.passwords["officer"]).get("/api/devices", &page); code != http.StatusOK {
		t.Fatalf("devices: %d", code)
	}
	for _, dev := range page.Devices {
		if dev.Name == "wim-1" && (dev.State != "online" || dev.Counters["reconnects"] != 0) {
			t.Errorf("the site's scale: %+v", dev)
		}
	}
}

// TestTheRestOfAVehicleIsNoRun: rows are read from somewhere between two axles.
func TestTheRestOfAVehicleIsNoRun(t *testing.T) {
	for name, c := range map[string]struct{ axles, want []int }{
		"from the second axle on":      {[]int{2, 3, 0, 1, 2, 0}, []int{1, 2, 0}},
		"from the first axle on":       {[]int{1, 2, 0, 1, 2, 0}, []int{1, 2, 0, 1, 2, 0}},
		"wholes alone":                 {[]int{0, 0}, []int{0, 0}},
		"an axle is missed later":      {[]int{1, 2, 0, 2, 0}, []int{1, 2, 0, 2, 0}},
		"the rest, without its record": {[]int{2, 1, 2, 0}, []int{1, 2, 0}},
	} {
		f, got := &followed{}, []int(nil)
		for _, axle := range c.axles {
			if !f.midway(&obs.Weighing{Axle: axle}) {
				got = append(got, axle)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
