package generic

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/devices/rpm/tsa"
	"acsgd/internal/obs"
)

var start = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// Lines of the public daily file, without its time column.
const golden = "NB,000000,000000,000000,000000\r\nGB,000383,000389,000432,000423\r\n" +
	"SP,0.1281,05.323,008.57,000000\r\nNS,000000,000001,000003,000001\r\n" +
	"GS,000063,000079,000087,000077\r\nGS,000079,000077,000082,000082\r\nGS,000074,000085,000078,000078\r\n" +
	"GS,000081,000066,000094,000080\r\nGS,000068,000066,000076,000062\r\nGS,000073,000084,000065,000078\r\n" +
	"GX,000630,002566,000000,000000\r\n"

func TestTheDriverKeepsItsPromises(t *testing.T) {
	devicestest.Run(t, Driver(), devicestest.Script{Good: []byte(golden), Want: 11})
}

// section is the settings of the manual's first worked example.
func section(t testing.TB) devices.Section {
	_, settings, _ := strings.Cut(exampleLines, "[lane.device.settings]\n")
	return devicestest.Settings(t, Kind, "", strings.ReplaceAll(settings, "[[lane.device.settings.line]]", "[[line]]"))
}

// chunk is what arrives at a time.
type chunk struct {
	at   time.Duration
	text string
}

// drive feeds a session in virtual time and gives what it sees, Health as text.
func drive(t testing.TB, make func(devices.Section, devices.Env) (devices.Session, error), sec devices.Section, chunks []chunk) (all []obs.Observation, errs []string) {
	t.Helper()
	s, err := make(sec, devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	v := devices.NewVirtual("rpm", "1", s)
	v.Emit = func(o obs.Observation) error {
		o.Stamp.Arrived = time.Time{}
		all = append(all, o)
		return nil
	}
	v.Report = func(e *obs.DecodeError) { errs = append(errs, fmt.Sprint(e.Offset, " ", e.Reason)) }
	_ = v.Open(start)
	until := func(to time.Time) {
		for {
			at, ok := v.Deadline()
			if !ok || at.After(to) {
				return
			}
			_ = v.Tick(at)
		}
	}
	for _, c := range chunks {
		until(start.Add(c.at))
		_ = v.Feed(start.Add(c.at), []byte(c.text))
	}
	until(start.Add(chunks[len(chunks)-1].at + time.Second))
	return all, errs
}

// occupancy is a passage as the portal sends it: a burst, live slices, two alarms.
func occupancy(at time.Duration, number int) (cs []chunk) {
	four := func(tag string, n int) string {
		return fmt.Sprintf("%s,%06d,%06d,%06d,%06d\r\n", tag, n, n+1, n+2, n+3)
	}
	burst := "SP,0.1314,05.189,008.35,000000\r\n" + four("NS", 1)
	for i := range 6 {
		burst += four("GS", 60+i)
	}
	cs = append(cs, chunk{at, burst})
	for i := range 20 {
		at += 200 * time.Millisecond
		tag := "GS"
		if i > 7 && i < 12 {
			tag = "GA"
		}
		text := four(tag, 70+i)
		if i%5 == 4 {
			text = four("NS", i) + text
		}
		if i == 9 {
			text += four("NA", 40) + "SP,0.0023,99.999,160.93,000000\r\n"
		}
		cs = append(cs, chunk{at, text})
	}
	return append(cs, chunk{at + time.Millisecond, fmt.Sprintf("GX,%06d,002566,000000,000000\r\n", number)})
}

// The expressions of the manual read a TSA portal as its own driver does.
func TestLineExpressionsReadAsTheDriverOfTSA(t *testing.T) {
	background := "NB,000000,000001,000000,000000\r\nGB,000383,000389,000432,000423\r\n"
	stories := map[string][]chunk{
		"one vehicle behind another": slices.Concat([]chunk{{0, background}, {5 * time.Second, background}},
			occupancy(8*time.Second, 637), occupancy(14*time.Second, 638), []chunk{{25 * time.Second, background}}),
		"the connection begins inside an occupancy": slices.Concat(occupancy(time.Second, 1)[3:], occupancy(9*time.Second, 2)),
		"a burst proves the beginning":              occupancy(time.Second, 1),
		"a beginning without its burst": slices.Concat([]chunk{{0, background}}, occupancy(2*time.Second, 1), []chunk{{10 * time.Second, background}},
			occupancy(11*time.Second, 2)[4:]),
		"a silence":                                   slices.Concat([]chunk{{0, background}}, occupancy(14*time.Second, 4)[4:], []chunk{{20 * time.Second, background}}),
		"the end of an occupancy is lost":             slices.Concat([]chunk{{0, background}}, occupancy(4*time.Second, 4)[:9], occupancy(45*time.Second, 5)[2:]),
		"golden lines":                                {{time.Second, golden}},
		"a line in two pieces":                        {{0, golden[:40]}, {50 * time.Millisecond, golden[40:70]}, {51 * time.Millisecond, golden[70:]}},
		"lines that end in CR alone, and in LF alone": {{0, strings.ReplaceAll(golden, "\n", "")}, {time.Second, strings.ReplaceAll(golden, "\r", "")}},
	}
	for name, chunks := range stories {
		t.Run(name, func(t *testing.T) {
			theirs, _ := drive(t, tsa.NewSession, devices.Section{}, chunks)
			ours, errs := drive(t, NewSession, section(t), chunks)
			if len(theirs) < 10 || len(errs) > 0 {
				t.Fatalf("%d observations of rpm/tsa, errors %v", len(theirs), errs)
			}
			if d := cmp.Diff(theirs, ours); d != "" {
				t.Errorf("(-rpm/tsa +rpm/generic)\n%s", d)
			}
		})
	}
}

// lines makes settings of further lines beside those that there must be.
func lines(more string) string {
	return `
[[line]]
kind = "background"
match = 'B (?P<gamma1>[0-9.]+) (?P<neutron1>[0-9.]+)'
[[line]]
kind = "slice"
match = 'S (?P<gamma1>\d+) (?P<neutron1>\d+) (?P<interval_ms>\d+)(?P<alarm> G)?(?P<alarm_neutron> N)?'
[[line]]
kind = "end"
match = 'E'
` + more
}

func text(all []obs.Observation) string {
	var b strings.Builder
	for _, o := range all {
		switch r := o.Body.(type) {
		case *obs.Health:
			fmt.Fprintf(&b, "%s %s; ", r.State, r.Reason)
		case *obs.Radiation:
			fmt.Fprintf(&b, "%s %v %v %d mcps=%d no=%d %s%v; ", r.Tag, r.Gamma[:2], r.Neutron[:2], r.Interval, r.Background, r.Occupancy, r.Fault, r.Flags)
		}
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func TestAnotherFormat(t *testing.T) {
	for _, row := range []struct{ name, more, in, want string }{
		{"numbers with a point are backgrounds to the thousandth", "", "B 1654.6 2.6375", "GB [1655 0] [0 0] 0 mcps=0 no=0 []; NB [0 0] [2 0] 0 mcps=2638 no=0 []"},
		{"neutrons are gathered to a second", "", "B 1 1\nS 31 1 500\nS 32 2 500\nS 33 3 500\nE",
			"GB [1 0] [0 0] 0 mcps=0 no=0 []; NB [0 0] [1 0] 0 mcps=0 no=0 []; GS [31 0] [0 0] 500 mcps=0 no=0 []; GS [32 0] [0 0] 500 mcps=0 no=0 []; NS [0 0] [3 0] 1000 mcps=0 no=0 []; GS [33 0] [0 0] 500 mcps=0 no=0 []; GX [0 0] [0 0] 0 mcps=0 no=1 []"},
		{"an alarm of neutrons does not wait", "", "B 1 1\nS 31 7 200 N\nS 31 7 200 G N",
			"GB [1 0] [0 0] 0 mcps=0 no=0 []; NB [0 0] [1 0] 0 mcps=0 no=0 []; GS [31 0] [0 0] 200 mcps=0 no=0 []; NA [0 0] [7 0] 200 mcps=0 no=0 []; GA [31 0] [0 0] 200 mcps=0 no=0 []; NA [0 0] [7 0] 200 mcps=0 no=0 []"},
		{"an interval that nobody tells is assumed", "[[line]]\nkind = \"slice\"\nmatch = 'T (?P<gamma3>\\d+)'", "B 1 1\nT 31",
			"GB [1 0] [0 0] 0 mcps=0 no=0 []; NB [0 0] [1 0] 0 mcps=0 no=0 []; GS [0 0] [0 0] 200 mcps=0 no=0 [interval_unknown]"},
		{"a fault stands until it is taken back", "[[line]]\nkind = \"fault\"\nmatch = 'F (?P<fault>\\w+)'\n[[line]]\nkind = \"fault\"\nmatch = 'OK'\nclear = true", "F detector3\nF detector3\nOK",
			"FT [0 0] [0 0] 0 mcps=0 no=0 detector3[]; degraded detector3; FT [0 0] [0 0] 0 mcps=0 no=0 detector3[]; FC [0 0] [0 0] 0 mcps=0 no=0 []; online "},
		{"speeds", "[[line]]\nkind = \"speed\"\nmatch = 'V (?P<speed_mms>\\d+)'", "B 1 1\nV 1200\nV 20000",
			"GB [1 0] [0 0] 0 mcps=0 no=0 []; NB [0 0] [1 0] 0 mcps=0 no=0 []; SP [0 0] [0 0] 0 mcps=0 no=0 []; SP [0 0] [0 0] 0 mcps=0 no=0 [speed_out_of_range]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, errs := drive(t, NewSession, devicestest.Settings(t, Kind, "", lines(row.more)), []chunk{{0, row.in + "\n"}})
			if d := cmp.Diff(strings.Split(row.want, "; "), strings.Split(text(got), "; ")); d != "" || len(errs) > 0 {
				t.Errorf("errors %v (-want +got)\n%s", errs, d)
			}
		})
	}
}

func TestWhatIsNotUnderstoodIsReportedWithItsOffset(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"no expression", "B 1 1\nhello\nE\n", "6 no expression matches the line"},
		{"the beginning of a line is not the line", "E E\n", "0 no expression matches the line"},
		{"a count of seven digits", "S 1000000 1 200\n", `2 "1000000" is no number from 0 to 999999`},
		{"two points", "B 1.2.3 1\n", `2 "1.2.3" is no number from 0 to 999999`},
		{"an interval of nothing", "S 1 1 0\n", "6 an interval of nothing"},
		{"longer than a second", "S 1 1 1001\n", `6 "1001" is no number from 0 to 1000`},
		{"a line without end", strings.Repeat("S", 1<<20), "0 line longer than 1024 bytes"},
		{"1024 bytes are a line", strings.Repeat("S", 1024) + "\n", "0 no expression matches the line"},
		{"1025 are not", strings.Repeat("S", 1025) + "\nhello\n", "0 line longer than 1024 bytes|1026 no expression matches the line"},
	} {
		_, errs := drive(t, NewSession, devicestest.Settings(t, Kind, "", lines("")), []chunk{{0, row.in}})
		if got := strings.Join(errs, "|"); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
}

func TestSilenceOfLines(t *testing.T) {
	all, _ := drive(t, NewSession, devicestest.Settings(t, Kind, "", lines("")), []chunk{
		{0, "B 1 1\n"}, {5 * time.Second, "garbage\n"}, {12 * time.Second, "S 1 1 200\n"}, {13 * time.Second, "B 1 1\n"}})
	var got []string
	for _, o := range all {
		if h, ok := o.Body.(*obs.Health); ok {
			got = append(got, fmt.Sprint(o.Stamp.At.Sub(start), " ", h.State, " ", h.Reason))
		}
		if r, ok := o.Body.(*obs.Radiation); ok && r.Tag == "GS" && !slices.Contains(r.Flags, obs.Truncated) {
			t.Error("a slice after a silence is taken for a beginning")
		}
	}
	if want := []string{"10s degraded no line understood for 10s", "12s online "}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestExpressionsAreChecked(t *testing.T) {
	for _, row := range []struct{ name, settings, want string }{
		{"nothing", "", "one of the two"},
		{"both", lines("") + "[[block]]\nid = \"a\"\ntable = \"input\"\ncount = 1\n", "one of the two"},
		{"an unknown kind", lines("[[line]]\nkind = \"sclice\"\nmatch = 'x'"), `line 4: kind "sclice"`},
		{"no expression", lines("[[line]]\nkind = \"ignore\""), "match of 0 characters"},
		{"too long an expression", lines("[[line]]\nkind = \"ignore\"\nmatch = '" + strings.Repeat("a", 1025) + "'"), "match of 1025 characters"},
		{"what RE2 cannot do", lines("[[line]]\nkind = \"ignore\"\nmatch = '(a)\\1'"), "invalid escape sequence"},
		{"an unknown group", lines("[[line]]\nkind = \"slice\"\nmatch = '(?P<gama1>.)'"), `group "gama1" is none of a line of kind "slice", which may have gamma1 to gamma4`},
		{"a panel too many", lines("[[line]]\nkind = \"slice\"\nmatch = '(?P<gamma5>.)'"), `group "gamma5"`},
		{"a panel without its digit", lines("[[line]]\nkind = \"slice\"\nmatch = '(?P<gamma>.)'"), `group "gamma"`},
		{"a group of another kind", lines("[[line]]\nkind = \"end\"\nmatch = '(?P<gamma1>.)'"), `group "gamma1" is none of a line of kind "end"`},
		{"a group twice", lines("[[line]]\nkind = \"slice\"\nmatch = '(?P<gamma1>.)(?P<gamma1>.)'"), "gamma1"},
		{"no number where one is needed", lines("[[line]]\nkind = \"neutron\"\nmatch = 'N .*'"), `needs a group neutron1 to neutron4`},
		{"a fault without a name", lines("[[line]]\nkind = \"fault\"\nmatch = 'F'"), `needs fault = "NAME"`},
		{"an alarm of a background", lines("[[line]]\nkind = \"end\"\nmatch = 'F'\nalarm = true"), "tells none"},
		{"no slices", "[[line]]\nkind = \"background\"\nmatch = '(?P<gamma1>.)'", `no line of kind "slice"`},
		{"no background", "[[line]]\nkind = \"slice\"\nmatch = '(?P<gamma1>.)'\n[[line]]\nkind = \"end\"\nmatch = 'E'", `no line of kind "background" with a group gamma1`},
		{"an interval that is no part of a second", "interval = \"300ms\"\n" + lines(""), "interval 300ms"},
		{"more buffered than can be", "buffered = 51\n" + lines(""), "buffered 51"},
		{"silence for ever", "silence = \"0s\"\n" + lines(""), "silence 0s"},
		{"too many lines", lines(strings.Repeat("[[line]]\nkind = \"ignore\"\nmatch = 'x'\n", 30)), "33 lines"},
		{"an unknown setting", "polls = 3\n" + lines(""), "polls"},
		{"registers without a source", "[[block]]\nid = \"a\"\ntable = \"input\"\ncount = 1\n[[point]]\nname = \"occupied\"\nblock = \"a\"\n", "source is missing"},
		{"a file that is not there", "file = \"none.toml\"", "none.toml"},
		{"a file and lines", "file = \"none.toml\"\n" + lines(""), "not both"},
	} {
		_, err := New(devicestest.Settings(t, Kind, "tcp:h:1", row.settings), devices.Env{})
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %s", row.name, err, row.want)
		}
	}
}

func TestAFormatInAFile(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("lines.toml", lines(""))
	put("map.toml", exampleMap)
	put("wrong.toml", lines("")+"[[line]]\nkind = \"ignore\"\nmatsch = 'x'\n")
	put("torn.toml", "interval = \n")
	open := func(name, link string) error {
		sec := devicestest.Settings(t, Kind, link, fmt.Sprintf("file = %q", name))
		sec.Dir = dir
		_, err := New(sec, devices.Env{})
		return err
	}
	if err := open("lines.toml", "tcp:h:1"); err != nil {
		t.Error(err)
	}
	if err := open("map.toml", "modbus+tcp:h:502"); err != nil {
		t.Error(err)
	}
	if err := open("map.toml", "tcp:h:502"); err == nil || !strings.Contains(err.Error(), "want modbus+tcp") {
		t.Errorf("registers on a link of bytes: %v", err)
	}
	if err := open("wrong.toml", "tcp:h:1"); err == nil || !strings.Contains(err.Error(), `unknown key "line.matsch"`) {
		t.Errorf("an unknown key: %v", err)
	}
	if err := open("torn.toml", "tcp:h:1"); err == nil || !strings.Contains(err.Error(), "torn.toml:1") {
		t.Errorf("no TOML: %v", err)
	}
}

// No bytes make the session fail, keep more than a line, or give counts that are none.
func FuzzLines(f *testing.F) {
	f.Add([]byte(golden))
	f.Add([]byte("GA,000198,000099,000093,000102\rGX,000001,000000,000000,000000\n"))
	f.Add([]byte("TT,000000,000000,000000,000000\r\nTC,111111\r\nSG1,002000,000068,05,10,05.0,P\r\n"))
	f.Add([]byte(strings.Repeat("x", 3000)))
	cfg, err := load(section(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		s, now := &Session{cfg: cfg}, start
		var out devices.Out
		for i := 0; i < len(p); i += 37 {
			s.Feed(now, p[i:min(i+37, len(p))], &out)
			now = now.Add(60 * time.Millisecond)
			s.Tick(now, &out)
		}
		s.Finish(now, &out)
		if len(s.part) > MaxLine || len(s.held) > maxHeld {
			t.Fatalf("%d bytes and %d observations are kept", len(s.part), len(s.held))
		}
		for _, o := range out.Obs {
			if r, ok := o.Body.(*obs.Radiation); ok {
				for c := range r.Gamma {
					if r.Gamma[c] < 0 || r.Gamma[c] > maxCount || r.Neutron[c] < 0 {
						t.Fatalf("counts %+v", r)
					}
				}
			}
		}
		for _, e := range out.Errs {
			if e.Offset < 0 || e.Offset > int64(len(p)) || e.Reason == "" {
				t.Fatalf("error %+v of %d bytes", e, len(p))
			}
		}
	})
}
