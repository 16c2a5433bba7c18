package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/devices"
	"acsgd/devices/catalog"
	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/captures"
	"acsgd/internal/config"
	"acsgd/internal/decl"
	"acsgd/internal/declaration"
	"acsgd/internal/evidence"
	"acsgd/internal/obs"
	"acsgd/internal/rulepack"
	"acsgd/internal/sharedtest"
	"acsgd/internal/site"
)

// recorded is the set of recordings beside the checkout; a test that needs it skips without.
func recorded(t *testing.T) *captures.Set {
	t.Helper()
	set, err := captures.Find(sharedtest.Path(t))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// bench is a lane of recordings in virtual time: driver sessions and core in one loop, with
// the person of the demo who lets recorded vehicles go.
type bench struct {
	t      *testing.T
	core   *fusion.Core
	now    time.Time
	seq    uint64
	out    []fusion.Output
	orders []due
	closed []outcome
	faults int // decode errors
}

type due struct {
	at time.Time
	o  fusion.Order
}

// outcome is what a closed passage says.
type outcome struct {
	Number, Boot   uint32
	Vendor, Alarms []int // slices
	Radiation      rules.Verdict
	Verdict        rules.Verdict
	Action         fusion.Action
	Plates         []string
	Pictures       []string // SHA-256
}

func newBench(t *testing.T, index *decl.Index, devs ...fusion.Instrument) *bench {
	t.Helper()
	b := &bench{t: t, core: new(fusion.Core), now: time.Date(2026, 5, 12, 0, 0, 0, 0, time.UTC)}
	book, err := rulepack.Load(true)
	if err != nil {
		t.Fatal(err)
	}
	b.put(fusion.Tuned{Kind: fusion.TuneParams, Version: "1", Value: &fusion.Params{Site: "REC", Lane: captures.DayLane, Direction: "import", Mode: "simulator",
		Window: 4 * time.Second, Pack: "KZ-342", RoadClass: 10_000, MinLength: 3000, Secondary: "beyond", Devices: devs}})
	b.put(fusion.Tuned{Kind: fusion.TuneRules, Version: book.Version, Value: book})
	b.put(fusion.Declared{Version: 1, Index: index})
	return b
}

// put steps the core and keeps what it says.
func (b *bench) put(body fusion.InputBody) {
	b.seq++
	b.out = b.core.Step(b.out[:0], fusion.Input{Seq: b.seq, Now: obs.Unix(b.now), Body: body})
	for _, o := range b.out {
		switch p := o.Passage; o.Kind {
		case fusion.Judged:
			act := fusion.Release
			if p.Verdict == rules.Exceeds {
				act = fusion.Secondary
			}
			b.orders = append(b.orders, due{b.now.Add(thinkFine), fusion.Order{ID: p.ID, Action: act, Passage: p.ID, User: "recording", Role: "officer"}})
		case fusion.Closed:
			b.closed = append(b.closed, outcomeOf(p))
		}
	}
}

func outcomeOf(p *fusion.Passage) outcome {
	x := outcome{Verdict: p.Verdict}
	if r := p.Radiation; r != nil {
		x.Number, x.Boot = r.Number, r.Boot
		for i, s := range r.Slices {
			if s.Vendor {
				x.Vendor = append(x.Vendor, i)
			}
			if s.Alarm {
				x.Alarms = append(x.Alarms, i)
			}
		}
	}
	for _, f := range p.Findings {
		if f.Quantity == "radiation" && (x.Radiation == "" || f.Verdict == rules.Exceeds) {
			x.Radiation = f.Verdict
		}
	}
	for _, r := range p.Plates {
		x.Plates = append(x.Plates, r.Text)
		for _, pic := range r.Pictures {
			x.Pictures = append(x.Pictures, pic.SHA256)
		}
	}
	if p.Decision != nil {
		x.Action = p.Decision.Action
	}
	return x
}

// session makes the machine of a driver as a site file would, and the shell around it.
func (b *bench) session(kind, name string, env devices.Env) *devices.Virtual {
	b.t.Helper()
	drv, err := site.Find(catalog.Drivers(), kind)
	if err != nil {
		b.t.Fatal(err)
	}
	env.Name = name
	s, err := drv.NewSession(devices.Section{Driver: kind, Decode: func(v any) error { return config.DecodeMap(nil, v) }}, env)
	if err != nil {
		b.t.Fatal(err)
	}
	v := devices.NewVirtual(name, captures.DayLane, s)
	v.Emit = func(o obs.Observation) error { b.put(fusion.Seen{Observation: o}); return nil }
	v.Report = func(e *obs.DecodeError) { b.faults++; b.t.Log(e) }
	if err := v.Open(b.now); err != nil {
		b.t.Fatal(err)
	}
	return v
}

// until lets time pass: ticks of a session that is open, of the core, and orders, in order.
func (b *bench) until(end time.Time, v *devices.Virtual) {
	b.t.Helper()
	for {
		at, act := end, func() {}
		found := false
		offer := func(t time.Time, ok bool, f func()) {
			if ok && !t.After(end) && (!found || t.Before(at)) {
				at, act, found = t, f, true
			}
		}
		if v != nil {
			t, ok := v.Deadline()
			offer(t, ok, func() {
				if err := v.Tick(b.now); err != nil {
					b.t.Fatal(err)
				}
			})
		}
		t, ok := b.core.Deadline()
		offer(t, ok, func() { b.put(fusion.Tick{}) })
		if len(b.orders) > 0 {
			offer(b.orders[0].at, true, func() {
				o := b.orders[0].o
				b.orders = b.orders[1:]
				b.put(fusion.Ordered{Order: o})
			})
		}
		if at.After(b.now) {
			b.now = at
		}
		if !found {
			return
		}
		act()
	}
}

// drive plays a portal's lines into the lane.
func (b *bench) drive(lines []captures.Line) {
	b.t.Helper()
	v := b.session("rpm/tsa", "portal", devices.Env{})
	start := b.now
	for i := range lines {
		b.until(start.Add(lines[i].At), v)
		if err := v.Feed(b.now, lines[i].Wire); err != nil {
			b.t.Fatal(err)
		}
	}
	b.until(b.now.Add(time.Second), v)
	if err := v.Finish(b.now); err != nil {
		b.t.Fatal(err)
	}
	b.until(b.now.Add(time.Minute), nil)
}

// The recorded portal day, as it was and as the demo plays it: one passage an occupancy,
// every alarm of the portal found again in the same slice and none beside, and radiation
// exceeds in the alarming occupancies alone.
func TestTheRecordedPortalDay(t *testing.T) {
	set := recorded(t)
	for _, c := range []struct {
		name    string
		files   []string
		limit   time.Duration
		passes  int
		slices  int
		exceeds []uint32 // numbers of the occupancies; nil: all
	}{
		{"a day as it was", []string{set.Day}, math.MaxInt64, 420, 25, []uint32{630, 637, 194, 255}},
		{"a day as the demo plays it", []string{set.Day}, 2 * time.Second, 420, 25, []uint32{630, 637, 194, 255}},
		{"test passes without and with a source", set.Windows, 2 * time.Second, 30, 414, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, decl.NewIndex(1, nil), fusion.Instrument{Name: "portal", Class: "rpm", Station: 12_000, Expect: true})
			for _, f := range c.files {
				if f == "" {
					t.Skip("this recording is not there")
				}
				lines, err := captures.ReadLines(f)
				if err != nil {
					t.Fatal(err)
				}
				b.drive(captures.Shorten(lines, c.limit))
			}
			vendor, sum := 0, map[rules.Verdict]int{}
			var exceeds []uint32
			for _, p := range b.closed {
				if diff := cmp.Diff(p.Vendor, p.Alarms); diff != "" {
					t.Errorf("occupancy %d: alarms of the portal (-) and ours (+):\n%s", p.Number, diff)
				}
				vendor += len(p.Vendor)
				sum[p.Radiation]++
				if p.Radiation == rules.Exceeds {
					exceeds = append(exceeds, p.Number)
				}
				if p.Verdict == rules.Within {
					t.Errorf("occupancy %d: within, although nothing was weighed and measured", p.Number)
				}
				if want := map[bool]fusion.Action{true: fusion.Secondary, false: fusion.Release}[p.Radiation == rules.Exceeds]; p.Action != want {
					t.Errorf("occupancy %d: %s, decision %s", p.Number, p.Radiation, p.Action)
				}
			}
			t.Logf("radiation of %d passages: %v; decode errors %d", len(b.closed), sum, b.faults)
			if len(b.closed) != c.passes || vendor != c.slices || b.faults != 0 {
				t.Errorf("%d passages, %d alarm slices of the portal, %d decode errors, want %d, %d, 0", len(b.closed), vendor, b.faults, c.passes, c.slices)
			}
			if c.exceeds == nil {
				if len(exceeds) != 15 {
					t.Errorf("%d of 30 exceed, want the 15 with a source", len(exceeds))
				}
			} else if !slices.Equal(exceeds, c.exceeds) {
				t.Errorf("radiation exceeds in %v, want %v", exceeds, c.exceeds)
			}
		})
	}
}

// A camera's request as it was on the wire makes a passage with its plate, and its pictures
// lie in the evidence store.
func TestRecordedCameraEvents(t *testing.T) {
	set := recorded(t)
	keep, err := evidence.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer keep.Close()
	b := newBench(t, decl.NewIndex(1, nil), fusion.Instrument{Name: "cam", Class: "anpr", Station: 2000, Role: "front"})
	v := b.session("anpr/isapi", "cam", devices.Env{Keep: keep.Put})
	events := append(slices.Clone(set.Pushes), set.Messages...)
	if len(events) == 0 {
		t.Skip("no camera events among the recordings")
	}
	for _, name := range events {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(set.Messages, name) {
			v = b.session("anpr/frigate", "cam", devices.Env{})
			raw = append(raw, '\n')
		}
		if err := v.Feed(b.now, raw); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b.until(b.now.Add(time.Minute), v)
	}
	var plates []string
	for _, p := range b.closed {
		plates = append(plates, p.Plates...)
		if len(p.Plates) == 0 || p.Action != fusion.Release {
			t.Errorf("plates %v, decision %s", p.Plates, p.Action)
		}
		for _, sum := range p.Pictures {
			if err := keep.Verify(sum); err != nil {
				t.Errorf("picture of %v: %v", p.Plates, err)
			}
		}
	}
	for _, want := range []string{"38AAP084", "EL123AB", "WA99999", "1กก1234", "251WW2075"} {
		if !slices.Contains(plates, want) {
			t.Errorf("no passage of %s among %v", want, plates)
		}
	}
	if i := slices.IndexFunc(b.closed, func(p outcome) bool { return len(p.Pictures) > 0 }); i < 0 || b.closed[i].Plates[0] != "38AAP084" {
		t.Errorf("the pictures of the push belong to %+v", b.closed)
	}
	if b.faults != 0 {
		t.Errorf("%d decode errors", b.faults)
	}
}

var (
	identity = regexp.MustCompile(`(?s)<Departure_arrival_information>\s*<Identity>([^<]*)</Identity>`)
	separate = regexp.MustCompile(`\s*/\s*`)
)

// declared reads the plates out of a declaration file, with its own few lines.
func declared(t *testing.T, name string) []string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	m := identity.FindSubmatch(raw)
	if m == nil {
		t.Fatalf("%s has no identity", name)
	}
	return separate.Split(strings.TrimSpace(string(m[1])), -1)
}

// Every declaration comes through the watched folder into the index, under all its plates:
// two for a combination. The command says the same.
func TestRecordedDeclarations(t *testing.T) {
	set := recorded(t)
	if len(set.Declarations) == 0 {
		t.Skip("no declarations among the recordings")
	}
	dir := t.TempDir()
	byFile := map[string]*decl.Declaration{}
	var all []*decl.Declaration
	w := declaration.Watcher{Dir: dir, Fault: func(err error) { t.Error(err) }, Refused: func(r declaration.Report) { t.Errorf("refused: %+v", r.Problems) },
		Accept: func(name string, _ []byte, ds []*decl.Declaration) error {
			if len(ds) != 1 {
				return errors.New("not one declaration")
			}
			byFile[name] = ds[0]
			all = append(all, ds[0])
			return nil
		}}
	for _, name := range set.Declarations {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := moveIn(dir, filepath.Base(name), raw); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 {
		if err := w.Look(context.Background(), time.Now().Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	pairs := 0
	for _, name := range set.Declarations {
		want := declared(t, name)
		d := byFile[filepath.Base(name)]
		if d == nil {
			t.Errorf("%s did not arrive", name)
			continue
		}
		var got, roles []string
		for _, u := range d.Units {
			got, roles = append(got, u.Plate), append(roles, string(u.Role))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: plates %v, want %v", name, got, want)
		}
		if len(want) == 2 {
			pairs++
			if !slices.Equal(roles, []string{"tractor", "trailer"}) {
				t.Errorf("%s: roles %v", name, roles)
			}
		}
		out, errw, code := call(t, "", "declarations", "check", name)
		var said []string
		units, _ := dig(rows(t, out)[0], "declarations", 0, "units").([]any)
		for _, u := range units {
			said = append(said, fmt.Sprint(dig(u, "plate")))
		}
		if code != exitFine || !slices.Equal(said, want) {
			t.Errorf("declarations check %s: exit %d, plates %v, want %v\n%s", name, code, said, want, errw)
		}
		for _, plate := range want { // the index gives the declaration for each of its plates
			if !offered(t, all, plate, d.ID) {
				t.Errorf("%s: a vehicle with the plate %s is not offered declaration %s", name, plate, d.ID)
			}
		}
	}
	if pairs != 3 {
		t.Errorf("%d combinations, want 3", pairs)
	}
}

// offered lets a vehicle with a plate into a lane, and tells whether a declaration is among
// its candidates.
func offered(t *testing.T, all []*decl.Declaration, text, id string) bool {
	t.Helper()
	b := newBench(t, decl.NewIndex(1, all), fusion.Instrument{Name: "cam", Class: "anpr", Station: 2000})
	b.put(fusion.Seen{Observation: obs.Observation{Source: "cam", Seq: 1, Stamp: obs.Stamp{At: b.now, Arrived: b.now}, Body: &obs.Plate{Text: text, Confidence: 990_000}}})
	for _, c := range b.core.Passages(nil)[0].Match.Declared {
		if c.Declaration == id {
			return true
		}
	}
	return false
}

// The golden values of the scanner recordings' README, through the command.
func TestGoldenScans(t *testing.T) {
	for file, want := range map[string]string{
		"lms111-colab-scan.bin":   `63336? counter 4 t_us 1948810585 start -450000 step 5000 n 541 first [93 80 86 89 82] min 77 max 1817 rssi 0`,
		"lms511-colab-scan-a.bin": `10203? counter 10335 t_us 1387959194 start -50000 step 1667 n 1141 first [1305 1300 1299 1299 1307] min 284 max 2909 rssi 1141 144 254`,
	} {
		out, errw, code := call(t, "", "decode", "--driver", "dims/cola", "--raw", sharedtest.Path(t, "profiler", file))
		if code != exitFine {
			t.Errorf("%s: exit %d %s%s", file, code, out, errw)
			continue
		}
		var o struct {
			Profile struct {
				Period int32
				Scan   struct {
					Counter uint16
					Micros  uint32  `json:"t_us"`
					Start   int32   `json:"start_1e4deg"`
					Step    int32   `json:"step_1e4deg"`
					Dist    []int32 `json:"dist_mm"`
					RSSI    []int32
				}
			}
		}
		if err := json.Unmarshal([]byte(out), &o); err != nil {
			t.Fatal(err)
		}
		s := o.Profile.Scan
		got := fmt.Sprintf("counter %d t_us %d start %d step %d n %d first %v min %d max %d rssi %d", s.Counter, s.Micros, s.Start, s.Step,
			len(s.Dist), s.Dist[:5], slices.Min(s.Dist), slices.Max(s.Dist), len(s.RSSI))
		if len(s.RSSI) > 0 {
			got += fmt.Sprintf(" %d %d", slices.Min(s.RSSI), slices.Max(s.RSSI))
		}
		if _, want, _ := strings.Cut(want, "? "); got != want {
			t.Errorf("%s: %s\nwant %s", file, got, want)
		}
	}
}

// Whole recorded sessions: every scan that is not a repetition, and no error.
func TestRecordedScannerSessions(t *testing.T) {
	set := recorded(t)
	for _, name := range set.Sessions {
		out, errw, code := call(t, "", "decode", "--driver", "dims/cola", "--raw", "--jsonl=record", name)
		seen := map[float64]bool{}
		last := ""
		for _, r := range rows(t, out) {
			seen[dig(r, "profile", "scan", "counter").(float64)] = true
			if at := r["at"].(string); at < last {
				t.Errorf("%s: a scan of %s behind one of %s", name, at, last)
			} else {
				last = at
			}
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		telegrams := strings.Count(string(raw), "73534e204c4d447363616e64617461") // sSN LMDscandata
		if n := strings.Count(out, "\n"); code != exitFine || n != len(seen) || n < telegrams-3 || n == 0 {
			t.Errorf("%s: exit %d, %d scans, %d counters, %d telegrams\n%s", name, code, n, len(seen), telegrams, errw)
		}
	}
}

// The rest of the recordings through the commands.
func TestCommandsOnRecordings(t *testing.T) {
	set := recorded(t)
	if set.Day != "" {
		c := program(t.Context(), "radiation", "analyse", set.Day)
		out, err := c.Output()
		if err != nil {
			t.Fatal(err)
		}
		vendor, ours := 0, 0
		for _, r := range rows(t, string(out)) {
			vendor += len(r["vendor_alarm_slices"].([]any))
			ours += len(r["alarm_slices"].([]any))
		}
		t.Logf("radiation analyse of the day: %v of CPU, %d of %d alarm slices", c.ProcessState.UserTime()+c.ProcessState.SystemTime(), ours, vendor)
		if n := strings.Count(string(out), "\n"); n != 420 || vendor != 25 || ours != 25 {
			t.Errorf("%d occupancies, %d alarm slices of the portal, %d of ours", n, vendor, ours)
		}
		if out, errw, code := call(t, "", "decode", "--driver", "rpm/tsa", set.Day); code != exitFine || strings.Count(out, `"tag":"GA"`) != 25 {
			t.Errorf("decode of the day: exit %d, %d GA\n%s", code, strings.Count(out, `"tag":"GA"`), errw)
		}
	}
	out, _, code := call(t, "", "decode", "--driver", "anpr/isapi", sharedtest.Path(t, "anpr", "payloads", "hik_http_push_raw.bin"))
	if r := rows(t, out); code != exitFine || len(r) != 1 || dig(r[0], "plate", "text") != "38AAP084" || dig(r[0], "plate", "country") != "TR" || len(dig(r[0], "plate", "images").([]any)) != 1 {
		t.Errorf("decode of the push: exit %d %s", code, out)
	}
	vectors := sharedtest.Path(t, "trackers", "teltonika.jsonl")
	out, _, code = call(t, "", "decode", "--driver", "tracker/teltonika", "--jsonl", vectors)
	in, err := os.ReadFile(vectors)
	if err != nil {
		t.Fatal(err)
	}
	want, got := rows(t, string(in)), rows(t, out)
	if len(want) != len(got) {
		t.Fatalf("exit %d: %d vectors, %d answers", code, len(want), len(got))
	}
	for i := range want {
		if want[i]["id"] != got[i]["id"] || got[i]["observations"] == nil || got[i]["replies_hex"] == nil || got[i]["errors"] == nil {
			t.Errorf("vector %v was answered %v", want[i]["id"], got[i])
		}
	}
}

// The demo itself, on real wires and with half of the recordings: it names what is not
// there, plays the rest, and its journal is whole.
func TestTheDemoPlaysRecordings(t *testing.T) {
	set := recorded(t)
	if set.Day == "" || len(set.Pushes) == 0 {
		t.Skip("this recording is not there")
	}
	dir := t.TempDir()
	for _, name := range []string{"radiation", "anpr"} {
		from, err := filepath.Abs(sharedtest.Path(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(from, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	data := t.TempDir()
	d := startDemo(t, data, "--lanes", "1", "--captures", dir)
	for _, missing := range []string{"profiler", "declarations"} {
		if !strings.Contains(d.log.String(), filepath.Join(dir, missing)) {
			t.Errorf("%s is not there and not named:\n%s", missing, d.log)
		}
	}
	s := d.session("officer", d.passwords["officer"])
	verdict := func(lane, plate, want string) string {
		var page struct {
			Passages []struct {
				ID       string
				Verdict  string
				Decision json.RawMessage
			}
		}
		for end := time.Now().Add(90 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
			if s.get("/api/passages?lane="+lane+"&plate="+plate, &page) != 200 {
				continue
			}
			for _, p := range page.Passages {
				if p.Verdict == want {
					return p.ID
				}
			}
		}
		t.Errorf("no passage in lane %s is %s: %+v", lane, want, page)
		return ""
	}
	verdict(captures.CameraLane, "38AAP084", "undetermined")
	verdict(captures.DayLane, "", "exceeds")
	d.stop()
	for _, cmd := range [][]string{{"audit", "verify", data}, {"replay", data}} {
		if out, errw, code := call(t, "", cmd...); code != exitFine {
			t.Errorf("%v: exit %d %s%s", cmd, code, out, errw)
		}
	}
}
