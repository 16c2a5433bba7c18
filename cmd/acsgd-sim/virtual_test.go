package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"acsgd/devices"
	"acsgd/internal/config"
	"acsgd/internal/journal"
	"acsgd/internal/line"
	"acsgd/internal/obs"
	"acsgd/lanes"
	"acsgd/sim/scenario"
)

func scene(t testing.TB, name string) *scenario.Scenario {
	t.Helper()
	sc, err := scenario.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// The whole site: real drivers, real core, real law, simulated hardware.
func TestTheShippedScenariosAreAsExpected(t *testing.T) {
	for _, name := range scenario.Names() {
		t.Run(name, func(t *testing.T) {
			sc := scene(t, name)
			if sc.Length >= time.Hour {
				t.Skip("a day takes a minute or two; BenchmarkDay runs a part of one, and TestRandomTraffic judges it")
			}
			r, err := runVirtual(t.Context(), sc, virtualOptions{Workers: 2})
			if err != nil {
				t.Fatal(err)
			}
			if _, faults := r.Failed(); faults > 0 {
				var b bytes.Buffer
				r.Print(&b)
				r.Describe(&b)
				t.Error(b.String())
			}
			if len(r.Outcomes) == 0 {
				t.Error("no vehicle came")
			}
		})
	}
}

func traffic(t testing.TB, text string) *scenario.Scenario {
	t.Helper()
	sc, err := scenario.Parse("traffic", []byte("name = \"traffic\"\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

const halfHour = `
lanes  = 4
length = "30m"
[instruments]
scale    = "mixed"
beams    = "coarse"
[traffic]
headway = "90s"
stories = ["clean", "overloaded", "too_high", "undeclared", "understated", "potash", "smuggled", "prohibited", "misread"]
`

func TestRandomTrafficIsJudgedAsItsStoriesSay(t *testing.T) {
	for seed := uint64(1); seed <= 2; seed++ {
		r, err := runVirtual(t.Context(), traffic(t, halfHour), virtualOptions{Seed: seed, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		if _, faults := r.Failed(); faults > 0 || len(r.Outcomes) < 40 {
			var b bytes.Buffer
			r.Print(&b)
			t.Errorf("%d vehicles\n%s", len(r.Outcomes), b.String())
		}
	}
}

// traced gives the hash of every output of a run.
func traced(t *testing.T, sc *scenario.Scenario, opt virtualOptions) (string, *virtualRun) {
	t.Helper()
	h := sha256.New()
	opt.Trace = h
	r, err := runVirtual(t.Context(), sc, opt)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil)), r
}

func TestEqualSeedsGiveEqualOutputsByteForByte(t *testing.T) {
	sc := func() *scenario.Scenario { return scene(t, "missing-instruments") }
	a, ra := traced(t, sc(), virtualOptions{Seed: 9})
	b, rb := traced(t, sc(), virtualOptions{Seed: 9})
	c, rc := traced(t, sc(), virtualOptions{Seed: 10})
	if a != b || ra.Digest != rb.Digest {
		t.Error("two runs of one seed differ")
	}
	if a == c || ra.Digest == rc.Digest {
		t.Error("another seed gives the same outputs")
	}
	j, rj := traced(t, sc(), virtualOptions{Seed: 9, Journal: filepath.Join(t.TempDir(), "j")})
	if a != j || ra.Digest != rj.Digest {
		t.Error("a journal changes the outputs")
	}
	r, err := runVirtual(t.Context(), sc(), virtualOptions{Seed: 9, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	if r.Digest != ra.Digest {
		t.Error("several lanes at once change the decisions")
	}
}

// A trace makes all lanes wait for each other after each second, without one they run far
// apart, and papers come meanwhile.
func TestHowFarLanesRunApartChangesNothing(t *testing.T) {
	sc := func() *scenario.Scenario {
		return traffic(t, strings.Replace(halfHour, "30m", "8m", 1)+"[[vehicle]]\nname = \"late\"\ntemplate = \"R2\"\npapers = \"late\"\nlate = \"10s\"\n")
	}
	_, together := traced(t, sc(), virtualOptions{Seed: 3})
	for workers := 1; workers <= 4; workers++ {
		r, err := runVirtual(t.Context(), sc(), virtualOptions{Seed: 3, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if r.Digest != together.Digest || r.Span != together.Span || r.Counts != together.Counts {
			t.Errorf("%d workers: %v %+v %.16s, want %v %+v %.16s", workers, r.Span, r.Counts, r.Digest, together.Span, together.Counts, together.Digest)
		}
	}
}

func TestTheJournalOfARunReplaysAndVerifies(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	r, err := runVirtual(t.Context(), scene(t, "plates"), virtualOptions{Journal: dir})
	if err != nil {
		t.Fatal(err)
	}
	rep, err := lanes.Replay(t.Context(), filepath.Join(dir, "journal"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Differences) > 0 || rep.Inputs != uint64(r.Counts.Inputs) || rep.Digests == 0 {
		t.Errorf("%d inputs of %d, %d digests, differences %v", rep.Inputs, r.Counts.Inputs, rep.Digests, rep.Differences)
	}
	v, err := journal.Verify(t.Context(), filepath.Join(dir, "journal"))
	if err != nil || v.Broken != 0 || v.Rows != rep.Rows {
		t.Errorf("verify: %+v, %v", v, err)
	}
	if _, err := runVirtual(t.Context(), scene(t, "plates"), virtualOptions{Journal: dir}); err == nil {
		t.Error("a second run went into the same journal")
	}
}

func TestRecordingsOfARunPlayBack(t *testing.T) {
	dir := t.TempDir()
	sc := traffic(t, "lanes = 1\n[[vehicle]]\ntemplate = \"T11O3\"\nload = 0.9\n")
	if _, err := runVirtual(t.Context(), sc, virtualOptions{Record: dir}); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]struct {
		kind, driver string
		settings     map[string]any
	}{
		"wim-1.jsonl":   {"weighing", "wim/mt-continuous", map[string]any{"platform_length": "0.75m", "division": "20kg", "speed_max": "15km/h", "silence": "3s"}},
		"dims-1.jsonl":  {"profile", "dims/cola", map[string]any{"height": "6200mm", "silence": "3s"}},
		"rpm-1.jsonl":   {"radiation", "rpm/tsa", nil},
		"front-1.jsonl": {"plate", "anpr/isapi", nil},
	} {
		f, err := os.Open(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		drv, err := driver(want.driver)
		if err != nil {
			t.Fatal(err)
		}
		s, err := drv.NewSession(devices.Section{Driver: want.driver, Decode: func(v any) error { return config.DecodeMap(want.settings, v) }},
			devices.Env{Log: discard, Keep: nameOnly, Report: func(*obs.DecodeError) {}})
		if err != nil {
			t.Fatal(err)
		}
		v, n := devices.NewVirtual("x", "1", s), 0
		v.Emit = func(o obs.Observation) error {
			if string(o.Body.Kind()) == want.kind {
				n++
			}
			return nil
		}
		start := scenario.DefaultStart()
		if err := v.Open(start); err != nil {
			t.Fatal(err)
		}
		for e, err := range line.Entries(f) {
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if !e.Tx {
				if err := v.Feed(start.Add(e.At), e.Hex); err != nil {
					t.Fatalf("%s: %v", file, err)
				}
			}
		}
		if n == 0 {
			t.Errorf("%s: played back without a %s", file, want.kind)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheProgramTellsBySeedNameAndExitCodeWhatWentWrong(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "wrong.toml")
	text := "name = \"wrong\"\nlanes = 1\nseed = 77\n[[vehicle]]\nname = \"too high\"\ntemplate = \"T11O3\"\nload = 0.8\nheight = \"4.4m\"\n[vehicle.expect]\nverdict = \"within\"\npath = \"green\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(dir, "junit.xml")
	var out, errs bytes.Buffer
	if code := run([]string{"run", "--in-process", "--report", report, file}, &out, &errs); code != exitFaults {
		t.Fatalf("exit %d, %s", code, errs.String())
	}
	if s := out.String(); !strings.HasPrefix(s, "scenario wrong seed 77\n") || !strings.Contains(s, "wrong seed 77 lane 1 too high: false: ") || !strings.Contains(s, "height exceeds") {
		t.Errorf("printed %s", s)
	}
	b, err := os.ReadFile(report)
	if err != nil || !bytes.Contains(b, []byte(`type="false"`)) || !bytes.Contains(b, []byte("seed 77")) {
		t.Errorf("report %s, %v", b, err)
	}
	for _, args := range [][]string{{"run", "--in-process", "no-such-scenario"}, {"run", "green-day"}, {"run"}, {"jump"}, {"run", "--in-process", "--speed", "-1", "plates"}, {"run", "--in-process", "--length", "-1s", "plates"},
		{"run", "--in-process", "--journal", dir, "plates", "radiation"}} {
		out.Reset()
		if code := run(args, &out, &errs); code != exitUsage {
			t.Errorf("%v: exit %d, want %d", args, code, exitUsage)
		}
	}
	out.Reset()
	if code := run([]string{"scenarios"}, &out, &errs); code != exitFine || strings.Count(out.String(), "\n") != len(scenario.Names()) {
		t.Errorf("exit %d, %s", code, out.String())
	}
	out.Reset()
	if code := run([]string{"scenarios", "plates"}, &out, &errs); code != exitFine || !strings.Contains(out.String(), "[[vehicle]]") {
		t.Errorf("exit %d, %s", code, out.String())
	}
}

func TestACancelledRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := runVirtual(ctx, scene(t, "green-day"), virtualOptions{}); err == nil {
		t.Error("a cancelled run has a result")
	}
}

// BenchmarkDay is a part of the shipped day; cpu-s/day is what a day takes of processors,
// s/day how long it takes on those that are there.
func BenchmarkDay(b *testing.B) {
	sc := scene(b, "day")
	sc.Length = 20 * time.Minute
	b.ReportAllocs()
	began, vehicles, span := cpu(b), 0, time.Duration(0)
	for b.Loop() {
		r, err := runVirtual(b.Context(), sc, virtualOptions{Workers: runtime.GOMAXPROCS(0)})
		if err != nil {
			b.Fatal(err)
		}
		vehicles += len(r.Outcomes)
		span += r.Span
	}
	days := span.Hours() / 24
	b.ReportMetric(float64(vehicles)/b.Elapsed().Seconds(), "vehicles/s")
	b.ReportMetric(b.Elapsed().Seconds()/days, "s/day")
	b.ReportMetric((cpu(b)-began).Seconds()/days, "cpu-s/day")
}

// cpu is the processor time that this process has used, its system calls' included.
func cpu(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestCamerasOfEveryKind: which way cameras tell changes no judgement.
func TestCamerasOfEveryKind(t *testing.T) {
	const day = `
lanes  = 1
length = "10m"
[instruments]
camera   = %q
beams    = "coarse"
pictures = "jpeg"
[traffic]
headway = "90s"
stories = ["clean", "overloaded", "undeclared", "misread"]
`
	for _, camera := range []string{"isapi-stream", "dahua", "dahua-snap"} {
		r, err := runVirtual(t.Context(), traffic(t, fmt.Sprintf(day, camera)), virtualOptions{Seed: 3})
		if err != nil {
			t.Fatalf("%s: %v", camera, err)
		}
		if _, faults := r.Failed(); faults > 0 || len(r.Outcomes) < 4 || r.Counts.Errors > 0 {
			var b bytes.Buffer
			r.Print(&b)
			t.Errorf("%s: %d vehicles, %d errors\n%s", camera, len(r.Outcomes), r.Counts.Errors, b.String())
		}
	}
}
