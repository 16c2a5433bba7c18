package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/fusion"
	"acsgd/fusion/radiation/radiationtest"
	"acsgd/internal/exchange"
	"acsgd/internal/store"
)

// wire writes what a portal says, as a daily file keeps it.
type wire struct {
	strings.Builder
	at    time.Duration // since midnight
	n     int           // occupancies
	plain bool          // without the file's time column
}

func (w *wire) line(format string, args ...any) {
	fmt.Fprintf(w, format, args...)
	if t := w.at % (24 * time.Hour); !w.plain {
		fmt.Fprintf(w, ",%02d-%02d-%02d.%03d", int(t.Hours()), int(t.Minutes())%60, int(t.Seconds())%60, t.Milliseconds()%1000)
	}
	w.WriteString("\r\n")
}

// vacant is background lines for so long.
func (w *wire) vacant(d time.Duration) *wire {
	for end := w.at + d; w.at < end; {
		w.at += 5 * time.Second
		w.line("NB,000001,000000,000001,000000")
		w.line("GB,000400,000400,000400,000400")
	}
	return w
}

// slices is a part of a vehicle: g counts in each panel, a fifth of a second each.
func (w *wire) slices(n, g int) *wire {
	for i := range n {
		w.at += 200 * time.Millisecond
		if i%5 == 0 {
			w.line("NS,000001,000000,000001,000000")
		}
		w.line("GS,%06d,%06d,%06d,%06d", g, g+1, g, g-1)
	}
	return w
}

func (w *wire) gx(n int) *wire {
	w.n = n
	w.line("GX,%06d,002566,000000,000000", n)
	return w
}

func (w *wire) vehicle(n, g int) *wire { return w.slices(n, g).gx(w.n + 1) }

// say is any line.
func (w *wire) say(line string) *wire { w.line("%s", line); return w }

// found is what the list below looks at of an occupancy.
type found struct {
	N, Slices, Boot int
	Fault           string
	Alarms, Vendor  int
}

func analysed(t *testing.T, out string) (list []found) {
	t.Helper()
	for _, r := range strings.Split(strings.TrimSpace(out), "\n") {
		var x struct {
			Occupancy, Slices, Boot int
			Fault                   string
			Alarms                  []int `json:"alarm_slices"`
			Vendor                  []int `json:"vendor_alarm_slices"`
		}
		if r == "" {
			continue
		}
		if err := json.Unmarshal([]byte(r), &x); err != nil {
			t.Fatalf("%s: %v", r, err)
		}
		list = append(list, found{x.Occupancy, x.Slices, x.Boot, x.Fault, len(x.Alarms), len(x.Vendor)})
	}
	return list
}

// What a portal may do wrong, from its bytes to what is said of the vehicle. Nothing of it
// may end the analysis, and none may make a vehicle clean that was not seen whole.
func TestTheAcceptanceListOfTheLineStream(t *testing.T) {
	start := func() *wire { w := &wire{at: 8 * time.Hour}; return w.vacant(20 * time.Second) }
	good := func(n int) found { return found{N: n, Slices: 30} }
	for name, c := range map[string]struct {
		text *wire
		code int
		want []found
		errs string
	}{
		"an ordinary day": {text: start().vehicle(30, 60).vacant(10*time.Second).vehicle(30, 70), want: []found{good(1), good(2)}},
		"unknown tags": {text: start().slices(10, 60).say("QZ7,hello,12").say("XX,000001").slices(20, 60).say("RW,1.0,2.0,3.0,4.0").gx(1), want: []found{good(1)},
			errs: "2 lines with tags that are not known"},
		"too few fields":               {text: start().slices(10, 60).say("GS,000063,000058").slices(20, 60).gx(1), code: exitFaults, want: []found{good(1)}, errs: "too few fields"},
		"a field that is no number":    {text: start().slices(10, 60).say("GS,000063,0000A8,000051,000078").slices(20, 60).gx(1), code: exitFaults, want: []found{good(1)}, errs: "not a count of six digits"},
		"a lost second of slices":      {text: func() *wire { w := start().slices(15, 60); w.at += 2 * time.Second; return w.slices(15, 60).gx(1) }(), want: []found{{N: 1, Slices: 30, Fault: "slices lost"}}},
		"no end, then a vacant portal": {text: start().slices(30, 60).vacant(10*time.Second).vehicle(30, 60), want: []found{{N: 0, Slices: 30, Fault: "no end line"}, good(1)}},
		"no end, then 30 s of nothing and the next": {text: func() *wire { w := start().slices(30, 60); w.at += 31 * time.Second; return w.vehicle(30, 60) }(),
			want: []found{{N: 0, Slices: 30, Fault: "no end line"}, good(1)}},
		"no end, and the file is over": {text: start().slices(30, 60), want: []found{{N: 0, Slices: 30, Fault: "no end line"}}},
		"an end without slices":        {text: start().gx(1).vacant(10*time.Second).vehicle(30, 60), want: []found{{N: 1, Fault: "no slices"}, good(2)}},
		"neutrons before gammas":       {text: start().say("NS,000000,000001,000000,000000").vehicle(30, 60), want: []found{good(1)}},
		"a speed before all":           {text: start().say("SP,0.1314,05.189,008.35,000000").vehicle(30, 60), want: []found{good(1)}},
		"settings twice": {text: start().say("SG1,002000,000068,05,10,05.0,P").say("SG1,002000,000068,05,10,05.0,P").
			say("SG2,1111,0.069,0.455,01,1010,A").say("SG2,1111,0.069,0.455,01,1010,A").vehicle(30, 60), want: []found{good(1)}},
		"the counter jumps":         {text: start().vehicle(30, 60).vacant(5*time.Second).slices(30, 60).gx(900), want: []found{good(1), {N: 900, Slices: 30}}},
		"the controller restarts":   {text: start().slices(30, 60).gx(637).vacant(5*time.Second).say("SG1,002000,000068,05,10,05.0,P").slices(30, 60).gx(1), want: []found{good(637), {N: 1, Slices: 30, Boot: 1}}},
		"the next vehicle at once":  {text: start().vehicle(30, 60).vehicle(30, 60), want: []found{good(1), good(2)}},
		"the next one at once, hot": {text: start().vehicle(30, 60).vehicle(30, 120), want: []found{good(1), {N: 2, Slices: 30, Alarms: 26}}},
		"midnight": {text: func() *wire {
			w := &wire{at: 24*time.Hour - 23*time.Second}
			return w.vacant(20*time.Second).vehicle(30, 60)
		}(), want: []found{good(1)}},
		"a megabyte without a line end":   {text: start().vehicle(30, 60).say(strings.Repeat("7", 1<<20)).vehicle(30, 60), code: exitFaults, want: []found{good(1), good(2)}, errs: "line longer than 1024 bytes"},
		"an energy alarm of the portal":   {text: start().slices(10, 60).say("AA,000001,000001,000001,11111A").slices(20, 60).gx(1), want: []found{good(1)}},
		"an opened case":                  {text: start().slices(10, 60).say("TT,000000,000000,000000,000000").slices(20, 60).gx(1), want: []found{{N: 1, Slices: 30, Fault: "tamper"}}},
		"too high a background":           {text: start().say("GH,002400,002400,002400,002400").vehicle(30, 60), want: []found{{N: 1, Slices: 30, Fault: "high_background"}}},
		"a file that begins inside of it": {text: (&wire{at: 8 * time.Hour}).slices(3, 60).gx(1).vacant(20*time.Second).vehicle(30, 60), want: []found{{N: 1, Slices: 3, Fault: "no background"}, good(2)}},
	} {
		t.Run(name, func(t *testing.T) {
			text := c.text.String()
			variants := map[string]string{
				"as it is": text, "CR alone": strings.ReplaceAll(text, "\r\n", "\r"), "LF alone": strings.ReplaceAll(text, "\r\n", "\n"),
				"without the end of its last line": strings.TrimRight(text, "\r\n"),
			}
			for how, text := range variants {
				out, errw, code := call(t, text, "radiation", "analyse", "-")
				if diff := cmp.Diff(c.want, analysed(t, out)); diff != "" || code != c.code || !strings.Contains(errw, c.errs) {
					t.Errorf("%s: exit %d, want %d %q; -want +got:\n%s%.500s", how, code, c.code, c.errs, diff, errw)
				}
			}
		})
	}
}

// A day is cut into files at any byte between two lines, and is the same day.
func TestFilesAreOneStream(t *testing.T) {
	w := &wire{at: 23*time.Hour + 58*time.Minute + 30*time.Second}
	for range 8 {
		w.vacant(15*time.Second).vehicle(20, 60).vehicle(24, 70)
	}
	text := w.String()
	want, _, code := call(t, text, "radiation", "analyse", "-")
	if code != exitFine || strings.Count(want, "\n") != 16 || strings.Contains(want, "fault") {
		t.Fatalf("exit %d:\n%s", code, want)
	}
	dir := t.TempDir()
	lines := strings.SplitAfter(text, "\r\n")
	for _, cuts := range [][]int{{1}, {7, 30}, {100, 101}, {len(lines) / 2, len(lines) * 3 / 4}, {len(lines) - 2}} {
		var names []string
		from := 0
		for i, to := range append(cuts, len(lines)) {
			name := filepath.Join(dir, fmt.Sprintf("%d-%d.txt", len(cuts), i))
			if err := os.WriteFile(name, []byte(strings.TrimRight(strings.Join(lines[from:to], ""), "\r\n")), 0o600); err != nil {
				t.Fatal(err)
			}
			names, from = append(names, name), to
		}
		got, errw, code := call(t, "", append([]string{"radiation", "analyse"}, names...)...)
		if diff := cmp.Diff(want, got); diff != "" || code != exitFine {
			t.Errorf("cut before lines %v: exit %d\n%s%s", cuts, code, errw, diff)
		}
	}
}

func TestAFileThatIsNoLineStreamIsNamed(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 1<<20)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	w := &wire{at: time.Hour}
	good := put("good", w.vacant(20*time.Second).vehicle(30, 60).String())
	for name, c := range map[string]struct {
		files []string
		code  int
		want  string
	}{
		"empty":            {[]string{put("empty", "")}, exitFaults, "empty: empty\n"},
		"one of two empty": {[]string{good, put("empty", "")}, exitFaults, "empty: empty\n"},
		"binary":           {[]string{put("noise", string(noise))}, exitFaults, "noise: no line of a gross-count portal in it"},
		"zeroes":           {[]string{put("zeroes", strings.Repeat("\x00", 1<<20))}, exitFaults, "zeroes: no line of a gross-count portal in it"},
		"spectroscopic":    {[]string{put("icd1", "S1,NaI,SPM,0128,1.0\r\nGB,Aa1,000012,000013,000014\r\n"+strings.Repeat("GS,Aa1,0001,5,6,7\r\n", 99))}, exitFaults, "icd1: offset 24: a detector name: a spectroscopic portal's file"},
		"another's lines":  {[]string{put("csv", strings.Repeat("plate,time\n1,2\n", 500))}, exitFaults, "csv: no line of a gross-count portal in it"},
		"absent":           {[]string{good, filepath.Join(dir, "absent")}, exitUsage, "no such file"},
		"a folder":         {[]string{dir}, exitUsage, "is a directory"},
	} {
		out, errw, code := call(t, "", append([]string{"radiation", "analyse"}, c.files...)...)
		if code != c.code || !strings.Contains(errw, c.want) || strings.Count(errw, "\n") > hopeless+2 {
			t.Errorf("%s: exit %d, want %d and %q; %d lines:\n%.600s\n%.200s", name, code, c.code, c.want, strings.Count(errw, "\n"), errw, out)
		}
	}
}

// aDay is a day with 700 vehicles, as long as those of a real one. Its counts are random as
// those of a sound portal are: the background is a mean of 20 s, told every 5 s.
func aDay() string {
	rnd := rand.New(rand.NewPCG(7, 7))
	counted := func(mean float64) int { return int(max(0, math.Round(mean+rnd.NormFloat64()*math.Sqrt(mean)))) }
	w := &wire{}
	var blocks [4][4]int // counts of 5 s, of each panel
	for i := range blocks {
		blocks[i] = [4]int{counted(1400), counted(1400), counted(1500), counted(1500)}
	}
	for range 700 {
		for end := w.at + time.Duration(30+rnd.IntN(160))*time.Second/2; w.at < end; {
			w.at += 5 * time.Second
			copy(blocks[:], blocks[1:])
			blocks[3] = [4]int{counted(1400), counted(1400), counted(1500), counted(1500)}
			var mean [4]int
			for p := range mean {
				mean[p] = (blocks[0][p] + blocks[1][p] + blocks[2][p] + blocks[3][p]) / 20
			}
			w.line("NB,%06d,%06d,000000,000000", rnd.IntN(2), rnd.IntN(2))
			w.line("GB,%06d,%06d,%06d,%06d", mean[0], mean[1], mean[2], mean[3])
		}
		n := 20 + rnd.IntN(72)
		for i := range n {
			w.at += 200 * time.Millisecond
			if i%5 == 0 {
				w.line("NS,%06d,%06d,000000,000000", rnd.IntN(3), rnd.IntN(4))
			}
			left := 0.65 + 0.3*math.Abs(float64(2*i-n))/float64(n) // of the background
			w.line("GS,%06d,%06d,%06d,%06d", counted(56*left), counted(56*left), counted(60*left), counted(60*left))
		}
		w.gx(w.n + 1)
	}
	return w.String()
}

// BenchmarkAnalyseADay is the program as a user runs it; the budget is 1 s and 100 MB.
func BenchmarkAnalyseADay(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "day.txt")
	if err := os.WriteFile(path, []byte(aDay()), 0o600); err != nil {
		b.Fatal(err)
	}
	set := filepath.Join(dir, "set.json")
	if out, err := program(b.Context(), "radiation", "learn", "--out", set, path).CombinedOutput(); err != nil {
		b.Fatalf("learn: %v\n%s", err, out)
	}
	var rss int64
	for b.Loop() {
		c := program(b.Context(), "radiation", "analyse", "--templates", set, path)
		out, err := c.Output()
		if err != nil || strings.Count(string(out), "\n") != 700 {
			b.Fatalf("%d occupancies, %v", strings.Count(string(out), "\n"), err)
		}
		rss = max(rss, c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/day")
	b.ReportMetric(float64(rss)/1024, "MB")
	if rss > 100<<10 {
		b.Errorf("%d kB of memory", rss)
	}
}

// What was learned of a day judges it, and the files of the commands fit together.
func TestLearnAndUseOfRecordings(t *testing.T) {
	dir := t.TempDir()
	path, set, plot := filepath.Join(dir, "day.txt"), filepath.Join(dir, "set.json"), filepath.Join(dir, "set.svg")
	if err := os.WriteFile(path, []byte(aDay()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errw, code := call(t, "", "radiation", "learn", "--false-alarms", "0.01", "--out", set, "--plot", plot, path)
	if code != exitFine || !strings.Contains(errw, "700 occupancies, 700 of them clean") {
		t.Fatalf("learn: exit %d\n%s%s", code, errw, out)
	}
	shown, errw, code := call(t, "", "radiation", "templates", "show", set)
	if code != exitFine || !strings.HasPrefix(out, shown) || !strings.Contains(shown, "vehicles") {
		t.Errorf("show: exit %d\n%s%s", code, errw, shown)
	}
	if b, err := os.ReadFile(plot); err != nil || !strings.HasSuffix(string(b), "</svg>\n") {
		t.Errorf("plot: %v", err)
	}
	count := func(args ...string) (alarms int) {
		t.Helper()
		out, errw, code := call(t, "", append([]string{"radiation", "analyse"}, args...)...)
		if code != exitFine {
			t.Fatalf("analyse: exit %d %s", code, errw)
		}
		return strings.Count(out, `"template_alarm":true`)
	}
	if n := count("--templates", set, path); n > 14 {
		t.Errorf("%d of 700 clean vehicles alarm at 1 %%", n)
	}
	if n := count(path); n != 0 {
		t.Errorf("%d template alarms without templates", n)
	}
	// A source that the shadow hides from the portal: 50 counts a slice for a second.
	text := aDay()
	i := strings.Index(text, "GX,000300")
	at := strings.LastIndex(text[:i-3000], "\r\nGS,") + 2
	var hot strings.Builder
	hot.WriteString(text[:at])
	rest := text[at:]
	for range 6 {
		j := strings.Index(rest, "GS,")
		var g [4]int
		if _, err := fmt.Sscanf(rest[j:], "GS,%06d,%06d,%06d,%06d", &g[0], &g[1], &g[2], &g[3]); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&hot, "%sGS,%06d,%06d,%06d,%06d", rest[:j], g[0]+25, g[1]+25, g[2], g[3])
		rest = rest[j+30:]
	}
	hot.WriteString(rest)
	if err := os.WriteFile(path, []byte(hot.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	hidden, _, _ := call(t, "", "radiation", "analyse", "--templates", set, path)
	found := false
	for _, r := range rows(t, hidden) {
		found = found || r["template_alarm"] == true && len(r["alarm_slices"].([]any)) == 0 && r["occupancy"].(float64) > 295 && r["occupancy"].(float64) < 301
	}
	if !found {
		t.Error("a source in the shadow is not found with templates")
	}
	for name, args := range map[string][]string{
		"nothing to learn of":  {"radiation", "learn", "--out", set},
		"a share of nothing":   {"radiation", "learn", "--out", set, "--false-alarms", "0", path},
		"no file of templates": {"radiation", "templates", "show", path},
		"analyse with it":      {"radiation", "analyse", "--templates", path, path},
		"use without a user":   {"radiation", "templates", "use", "--data", dir, set},
		"use of nothing":       {"radiation", "templates", "use", "--data", dir, "--user", "sup"},
		"use where no site is": {"radiation", "templates", "use", "--data", dir, "--user", "sup", set},
		"dry run of nothing":   {"radiation", "templates", "use", "--data", dir, "--dry-run", set},
		"use at no console":    {"radiation", "templates", "use", "--console", "127.0.0.1", "--user", "sup", set},
	} {
		if out, errw, code := call(t, "password\n", args...); code != exitUsage || errw == "" {
			t.Errorf("%s: exit %d\n%s%s", name, code, errw, out)
		}
	}
}

// archived makes an archive of passages that the portal has seen.
func archived(t *testing.T, dir string, list []fusion.Passage) {
	t.Helper()
	st, err := store.Open(t.Context(), "", filepath.Join(dir, "archive"))
	if err != nil {
		t.Fatal(err)
	}
	b := store.Batch{Epoch: "00000000000000aa", N: uint64(len(list))}
	for i := range list {
		r := exchange.Row(&list[i])
		if r.JSON, err = json.Marshal(&list[i]); err != nil {
			t.Fatal(err)
		}
		b.Put(r)
	}
	if err := errors.Join(st.Put(t.Context(), b), st.Close()); err != nil {
		t.Fatal(err)
	}
}

// Only vehicles that were let go, alone and without any alarm show what a vehicle does to the
// background; a set is tried on the same archive before it is put in force.
func TestLearningOfAnArchive(t *testing.T) {
	dir := t.TempDir()
	const n = 400
	var list []fusion.Passage
	for i, o := range radiationtest.Vehicles(n+9, 650) {
		p := fusion.Passage{ID: fmt.Sprintf("T-1-%d", i+1), Version: uint64(i + 1), Lane: "1", Opened: o.Start, Closed: o.End, Final: true, Radiation: o, Phase: fusion.Left, Green: true}
		switch i {
		case n:
			p.Green, p.Decision = false, &fusion.Decision{Action: fusion.Hold}
		case n + 1:
			p.Green, p.Decision = false, &fusion.Decision{Action: fusion.Override}
		case n + 2:
			p.Green = false
		case n + 3:
			p.Simulated = true
		case n + 4:
			o.VendorAlarm = true
		case n + 5:
			o.Fault = "slices lost"
		case n + 6:
			p.Final = false
		case n + 8:
			twin := *list[n+7].Radiation
			p.Radiation = &twin
		}
		if i == 3 {
			p.Green, p.Decision = false, &fusion.Decision{Action: fusion.Release}
		}
		list = append(list, p)
	}
	archived(t, dir, list)
	set := filepath.Join(dir, "set.json")
	out, errw, code := call(t, "", "radiation", "learn", "--data", dir, "--false-alarms", "0.02", "--name", "spring", "--out", set)
	if code != exitFine || !strings.HasPrefix(out, "version spring; ") {
		t.Fatalf("exit %d\n%s%s", code, errw, out)
	}
	for _, want := range []string{"409 occupancies, 400 of them clean", "1 left out: not released: hold", "1 left out: not released: override", "1 left out: not decided",
		"1 left out: of simulator mode", "1 left out: alarm of the portal", "1 left out: slices lost", "1 left out: not over", "2 left out: two vehicles in the portal together"} {
		if !strings.Contains(errw, want) {
			t.Errorf("%q is not said:\n%s", want, errw)
		}
	}
	again := filepath.Join(dir, "again.json")
	call(t, "", "radiation", "learn", "--data", dir, "--false-alarms", "0.02", "--name", "spring", "--out", again)
	a, _ := os.ReadFile(set)
	if b, err := os.ReadFile(again); err != nil || string(a) != string(b) {
		t.Errorf("learned twice, and not the same: %v", err)
	}
	if _, errw, code := call(t, "", "radiation", "learn", "--data", dir, "--from", "2027-01-01", "--out", again); code != exitFaults || !strings.Contains(errw, "0 occupancies") {
		t.Errorf("of no passages: exit %d\n%s", code, errw)
	}

	out, errw, code = call(t, "", "radiation", "templates", "use", "--data", dir, "--dry-run", "--last", "100", set)
	if code != exitFine || !strings.Contains(errw, "100 passages with a portal: 0 alarms of our own tests before, ") {
		t.Errorf("dry run: exit %d\n%s%s", code, errw, out)
	}
	for _, r := range rows(t, out) {
		if dig(r, "after", "alarm") != true || dig(r, "after", "templates") != "spring" {
			t.Errorf("a passage that does not differ: %v", r)
		}
	}
	// A set of another place fits badly: its vehicles take more away.
	other := filepath.Join(dir, "other.json")
	if err := os.WriteFile(other, radiationtest.Learned(t, "elsewhere", 350), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, code := call(t, "", "radiation", "templates", "use", "--data", dir, "--dry-run", other); code != exitFine {
		t.Errorf("dry run of another place: exit %d, %d passages differ", code, strings.Count(out, "\n"))
	}
}

// The command of a supervisor against the site that runs.
func TestTemplatesArePutInForceInARunningSite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := startDemo(t, dir, quick...)
	set := filepath.Join(t.TempDir(), "set.json")
	if err := os.WriteFile(set, radiationtest.Learned(t, "spring", 650), 0o600); err != nil {
		t.Fatal(err)
	}
	use := func(user string, more ...string) (string, int) {
		out, errw, code := call(t, d.passwords[user]+"\n", append([]string{"radiation", "templates", "use", "--user", user}, more...)...)
		return out + errw, code
	}
	if text, code := use("officer", "--console", d.url, set); code != exitUsage || !strings.Contains(text, "your roles do not allow this") {
		t.Errorf("an officer: exit %d %s", code, text)
	}
	if text, code := use("supervisor", "--data", dir, set); code != exitUsage || !strings.Contains(text, "in use by another site") {
		t.Errorf("beside the running site: exit %d %s", code, text)
	}
	if text, code := use("supervisor", "--console", d.url, "--lane", "1", set); code != exitFine || !strings.Contains(text, `{"version":"spring"}`) {
		t.Errorf("a supervisor: exit %d %s", code, text)
	}
	if text, code := use("supervisor", "--console", d.url, "--lane", "2", "--none"); code != exitFine || !strings.Contains(text, `{"version":""}`) {
		t.Errorf("a supervisor ends it: exit %d %s", code, text)
	}
	d.stop()
	if text, code := use("supervisor", "--data", dir, "--lane", "2", set); code != exitFine || !strings.Contains(text, "in force in lane 2 from the next start on") {
		t.Errorf("while it is stopped: exit %d %s", code, text)
	}
	d = startDemo(t, dir, quick...)
	d.stop()
	log, errw, code := call(t, "", "replay", dir)
	if code != exitFine {
		t.Errorf("replay: exit %d\n%s%s", code, log, errw)
	}
	if out, errw, code := call(t, "", "audit", "verify", dir); code != exitFine {
		t.Errorf("audit: exit %d\n%s%s", code, out, errw)
	}
}
