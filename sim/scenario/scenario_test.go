package scenario

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/internal/quant"
	"acsgd/sim"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestEveryShippedScenarioIsWellFormedAndSaysWhatItIs(t *testing.T) {
	names := Names()
	if len(names) < 7 {
		t.Fatalf("only %d scenarios are shipped: %v", len(names), names)
	}
	for _, name := range names {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != name || s.Title == "" || s.Seed == 0 {
			t.Errorf("%s: name %q, title %q, seed %d", name, s.Name, s.Title, s.Seed)
		}
	}
}

func TestAScenarioThatIsWrongIsRefusedWithFileAndLine(t *testing.T) {
	head := "name = \"x\"\nlanes = 2\n"
	car := head + "[[vehicle]]\ntemplate = \"T11O3\"\n"
	gear := func(keys string) string { return car + "[[instruments.lane]]\n" + keys + "\n" }
	for name, tc := range map[string]struct{ text, want string }{
		"an unknown key":                    {head + "colour = \"red\"\n[[vehicle]]\ntemplate = \"R2\"\n", `bad.toml:3: unknown key "colour"`},
		"a mass without a unit":             {car + "axles = [7000, 9000, 6000, 6000, 6000]\n", "bad.toml:5: "},
		"a bare number for a length":        {car + "height = \"4350\"\n", "bad.toml:5: "},
		"too few axles":                     {car + "axles = [\"7t\", \"9t\"]\n", "bad.toml:5: vehicle.axles has 2 masses, template T11O3 has 5 axles"},
		"a lane that there is not":          {car + "lane = 3\n", "bad.toml:5: vehicle.lane 3: want 1 to 2"},
		"a vehicle without a kind":          {head + "[[vehicle]]\nlane = 1\n", "bad.toml:3: vehicle without template or story"},
		"an unknown template":               {head + "[[vehicle]]\ntemplate = \"TRAIN\"\n", `bad.toml:4: vehicle.template "TRAIN"`},
		"an unknown story":                  {head + "[[vehicle]]\nstory = \"sad\"\n", `bad.toml:4: vehicle.story "sad"`},
		"an unknown verdict":                {car + "[vehicle.expect]\nverdict = \"guilty\"\n", `bad.toml:6: vehicle.expect.verdict "guilty"`},
		"an unknown device":                 {car + "[[vehicle.fault]]\ndevice = \"radar\"\nkind = \"silence\"\n", `bad.toml:6: vehicle.fault.device "radar"`},
		"an unknown fault":                  {car + "[[vehicle.fault]]\ndevice = \"wim\"\nkind = \"sulking\"\n", `bad.toml:7: vehicle.fault.kind "sulking"`},
		"a delay without a time":            {car + "[[vehicle.fault]]\ndevice = \"wim\"\nkind = \"delay\"\n", "vehicle.fault.delay 0s"},
		"a stop without a place":            {car + "[[vehicle.motion]]\ndo = \"stop\"\n", "names no place"},
		"a tail without a gap":              {car + "after = \"tail\"\n", "vehicle.gap 0mm"},
		"traffic without an end":            {head + "[traffic]\nheadway = \"30s\"\n", "bad.toml:3: traffic without an end"},
		"a scenario in which nothing comes": {head, "nothing happens"},
		"no TOML at all":                    {head + "[[vehicle\n", "bad.toml:4: "},
		"two vehicles of one name":          {car + "name = \"a\"\n[[vehicle]]\nname = \"a\"\ntemplate = \"R2\"\n", `bad.toml:7: vehicle.name "a" stands twice`},
		"goods without a code":              {car + "goods = [{ hs = \"cars\", gross = \"1t\" }]\n", `bad.toml:5: vehicle.goods: hs "cars"`},
		"a scale that there is not":         {car + "[instruments]\nscale = \"wim/steelyard\"\n", `bad.toml:6: instruments.scale "wim/steelyard": want wim/modbus, wim/mt-continuous`},
		"a slow scale for rolling axles":    {car + "[instruments]\nscale = \"wim/st-gs\"\n", "bad.toml:6: instruments.scale wim/st-gs is too slow for rolling axles"},
		"a slow scale in one lane":          {gear("scale = \"wim/mt-sics\""), `bad.toml:5: wim/mt-sics sends 20 samples a second, rolling axles need 50: want mode "stop" or "static"`},
		"a scale of a lane that is not":     {gear("lane = 3\nscale = \"wim/yaohua\""), "instruments.lane.lane 3: want 1 to 2, each once"},
		"a scale of a lane twice":           {gear("lane = 2\n[[instruments.lane]]\nlane = 2"), "bad.toml:8: instruments.lane.lane 2: want 1 to 2, each once"},
		"a format that there is not":        {gear("lane = 1\nscale = \"wim/yaohua\"\nformat = \"a1\""), `bad.toml:8: instruments.lane.format "a1": want a9, a26, a23p, a12e`},
		"a format of what has one":          {gear("lane = 1\nscale = \"wim/tenso-m\"\nformat = \"a9\""), "bad.toml:8: wim/tenso-m has one format"},
		"a model that there is not":         {gear("lane = 1\nscale = \"wim/modbus\"\nmodel = \"own\""), `bad.toml:8: instruments.lane.model "own": want laumas, hbm-wtx, pt113`},
		"a model of what has formats":       {gear("lane = 1\nscale = \"wim/yaohua\"\nmodel = \"laumas\""), "bad.toml:8: model belongs to wim/modbus"},
		"a wire that it does not hang on":   {gear("lane = 1\nscale = \"wim/modbus\"\nwire = \"serial\""), `bad.toml:8: instruments.lane.wire "serial": want modbus+tcp, modbus+rtu, modbus+rtuovertcp`},
		"a camera that there is not":        {car + "[[instruments.cameras]]\nlane = 1\ncamera = \"pinhole\"\n", `bad.toml:7: instruments.cameras.camera "pinhole": want axis, dahua`},
		"cameras of a lane twice":           {car + "[[instruments.cameras]]\nlane = 2\n[[instruments.cameras]]\nlane = 2\n", "bad.toml:8: instruments.cameras.lane 2: want 1 to 2, each once"},
		"a mode that there is not":          {gear("lane = 1\nmode = \"flying\""), `bad.toml:7: instruments.lane.mode "flying"`},
	} {
		_, err := Parse("bad.toml", []byte(tc.text))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
}

func TestAllProblemsOfAFileAreToldAtOnce(t *testing.T) {
	_, err := Parse("bad.toml", []byte("name = \"x\"\nlanes = 99\nspeed = 3\n[[vehicle]]\nlane = 0\ntemplate = \"R9\"\n"))
	if err == nil || strings.Count(err.Error(), "bad.toml:") != 3 {
		t.Errorf("problems %v, want three with their lines", err)
	}
}

func TestEqualSeedsGiveEqualPlans(t *testing.T) {
	s, err := Parse("t", []byte("name = \"x\"\nlanes = 3\nlength = \"2h\"\n[traffic]\nheadway = \"60s\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := s.Plan(5, time.Time{}), s.Plan(5, time.Time{}), s.Plan(6, time.Time{})
	if d := cmp.Diff(a.Arrivals, b.Arrivals); d != "" {
		t.Errorf("two plans of one seed differ: %s", d)
	}
	if len(a.Arrivals) < 250 || cmp.Equal(a.Arrivals, c.Arrivals) {
		t.Errorf("%d arrivals in two hours of three lanes; another seed equal: %v", len(a.Arrivals), cmp.Equal(a.Arrivals, c.Arrivals))
	}
	seen := map[string]bool{}
	for _, x := range a.Arrivals {
		if seen[x.Vehicle.ID] {
			t.Errorf("vehicle id %s stands twice", x.Vehicle.ID)
		}
		seen[x.Vehicle.ID] = true
	}
}

// gate is a barrier that a test opens.
type gate bool

func (g *gate) Barrier() (open, moving bool) { return bool(*g), false }

func lane(t *testing.T, text string) (*Lane, *gate, *Plan) {
	t.Helper()
	s, err := Parse("t", []byte("name = \"x\"\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	g, p := new(gate), s.Plan(1, time.Time{})
	return NewLane(p, 1, g, 1), g, p
}

// drive steps a lane and calls see every 50 ms.
func drive(l *Lane, from time.Time, d time.Duration, see func(at time.Time, ps []sim.Placed)) time.Time {
	var ps []sim.Placed
	for at := from; at.Before(from.Add(d)); at = at.Add(50 * time.Millisecond) {
		l.Step(at)
		ps = l.At(ps[:0], at)
		if see != nil {
			see(at, ps)
		}
	}
	return from.Add(d)
}

func TestAVehicleStopsWithTheOrderedAxleOnTheScaleAndRollsBackAsFarAsOrdered(t *testing.T) {
	l, _, p := lane(t, `
[[vehicle]]
template = "T11O3"
  [[vehicle.motion]]
  do   = "stop"
  over = "scale"
  axle = 2
  for  = "4s"
  [[vehicle.motion]]
  do  = "roll_back"
  by  = "50cm"
  for = "2s"
`)
	v := p.Arrivals[0].Vehicle
	want := float64(AtScale) + platform/2 + float64(v.Axles[1].Offset)
	stood := map[int]time.Duration{}
	last := 0.0
	drive(l, p.Start, time.Minute, func(_ time.Time, ps []sim.Placed) {
		if len(ps) != 1 {
			return
		}
		if x := ps[0]; x.V == 0 {
			stood[int(x.X+0.5)] += 50 * time.Millisecond
		}
		last = ps[0].X
	})
	if d := stood[int(want+0.5)]; d < 3900*time.Millisecond || d > 4200*time.Millisecond {
		t.Errorf("stood %v at the platform (%.0f mm), want 4 s: %v", d, want, stood)
	}
	if d := stood[int(want-500+0.5)]; d < 1900*time.Millisecond || d > 2200*time.Millisecond {
		t.Errorf("stood %v after rolling back, want 2 s: %v", d, stood)
	}
	if last != 40_000 {
		t.Errorf("ends at %.1f mm, want the stop line", last)
	}
}

func TestVehiclesNeverOverlapAndNeverLeaveThroughAClosedBarrier(t *testing.T) {
	l, g, p := lane(t, `
[[vehicle]]
template = "T11O3"
[[vehicle]]
template = "R2"
after = "tail"
gap = "40cm"
[[vehicle]]
template = "R4"
after = "time"
at = "20s"
speed = "9km/h"
`)
	check := func(at time.Time, ps []sim.Placed) {
		for i := 1; i < len(ps); i++ {
			if gap := ps[i-1].X - float64(ps[i-1].Length) - ps[i].X; gap < 300 {
				t.Fatalf("%v: gap of %.0f mm between %s and %s", at.Sub(p.Start), gap, ps[i-1].ID, ps[i].ID)
			}
		}
	}
	now := drive(l, p.Start, 2*time.Minute, func(at time.Time, ps []sim.Placed) {
		check(at, ps)
		if len(ps) > 0 && ps[0].X > 40_001 {
			t.Fatalf("%v: drove through the closed barrier", at.Sub(p.Start))
		}
	})
	*g = true
	waiting := len(l.At(nil, now))
	l.Step(now) // the first is let go
	if before := l.At(nil, now.Add(-40*time.Millisecond)); waiting == 0 || len(before) != waiting {
		t.Errorf("%d vehicles wait; of them, %d are there a moment before the first goes", waiting, len(before))
	}
	drive(l, now, 3*time.Minute, check)
	if !l.Done() {
		t.Error("an open barrier did not empty the lane")
	}
	for _, x := range l.Passings() {
		if x.In.IsZero() || x.Out.IsZero() || x.Entry.Before(x.In) || !x.Out.After(x.Entry) {
			t.Errorf("%s in %v entry %v out %v", x.Name, x.In, x.Entry, x.Out)
		}
	}
}

// talker says one byte every 100 ms, a growing number, and answers what it is told.
type talker struct {
	next time.Time
	n    byte
}

func (k *talker) Feed(_ time.Time, p []byte, out *sim.Out) { out.Send = append(out.Send, p...) }
func (k *talker) Tick(now time.Time, out *sim.Out) {
	for ; !k.next.After(now); k.next = k.next.Add(100 * time.Millisecond) {
		k.n++
		out.Send = append(out.Send, k.n)
	}
}
func (k *talker) Deadline() (time.Time, bool) { return k.next, true }

func TestFaultsDoWhatTheySayAndEnd(t *testing.T) {
	t0 := DefaultStart()
	run := func(f FaultPlan) (b []byte, closed int) {
		m := NewFaulty(&talker{next: t0}, 1)
		m.begin(window{FaultPlan: f, from: t0.Add(time.Second), to: t0.Add(2 * time.Second)})
		for now := t0; now.Before(t0.Add(4 * time.Second)); {
			at, ok := m.Deadline()
			if !ok || at.After(t0.Add(4*time.Second)) {
				break
			}
			if at.After(now) {
				now = at
			}
			var out sim.Out
			m.Tick(now, &out)
			if out.Close {
				closed++
			}
			b = append(b, out.Send...)
			if len(b) > 1000 {
				t.Fatalf("%s: talks for ever", f.Kind)
			}
			if next, _ := m.Deadline(); !next.After(now) {
				now = now.Add(time.Millisecond)
			}
		}
		return b, closed
	}
	plain, _ := run(FaultPlan{Kind: Misread})
	if len(plain) != 40 && len(plain) != 41 {
		t.Fatalf("%d bytes without a fault", len(plain))
	}
	for kind, check := range map[FaultKind]func(b []byte, closed int) bool{
		Silence:    func(b []byte, c int) bool { return len(b) == len(plain)-10 && c == 0 },
		Disconnect: func(b []byte, c int) bool { return len(b) == len(plain)-10 && c > 0 },
		Duplicate:  func(b []byte, c int) bool { return len(b) == len(plain)+10 && bytes.Contains(b, []byte{15, 15}) },
		Lost:       func(b []byte, c int) bool { return len(b) < len(plain) && len(b) > len(plain)-10 },
		Garbage: func(b []byte, c int) bool {
			return len(b) == len(plain) && !bytes.Equal(b, plain) && bytes.Equal(b[:10], plain[:10])
		},
		Delay: func(b []byte, c int) bool { return bytes.Equal(b, plain) },
	} {
		f := FaultPlan{Kind: kind, Share: 0.5, Delay: 700 * time.Millisecond}
		if kind == Duplicate {
			f.Share = 1
		}
		if b, closed := run(f); !check(b, closed) {
			t.Errorf("%s: %d bytes (%d plain), closed %d: %v", kind, len(b), len(plain), closed, b)
		}
	}
}

func outcome(e Expect, p Passage) *Outcome {
	v := &sim.Vehicle{ID: "V", Front: sim.Plate{Text: "123AB02"}, Length: 16500, Width: 2550, Height: 4000,
		Axles: []sim.Axle{{Mass: quant.Kg(7000)}, {Mass: quant.Kg(9000)}}}
	o := &Outcome{Passing: &Passing{Arrival: &Arrival{Name: "v", Lane: 1, Vehicle: v, Expect: e}}, Passages: []*Passage{&p}}
	o.Judge("check")
	return o
}

func TestTheJudgeNamesWhatWasMissedAndWhatIsFalse(t *testing.T) {
	high := Reported{Quantity: "height", Verdict: "exceeds"}
	good := Passage{ID: "P", Final: true, Green: true, Verdict: "within"}
	good.Match.State = "none"
	bad := good
	bad.Green, bad.Verdict, bad.Findings = false, "exceeds", []Reported{high}
	for name, tc := range map[string]struct {
		e    Expect
		p    Passage
		want []string
	}{
		"what was expected":                  {Expect{Verdict: "within", Path: "green"}, good, nil},
		"an overlooked height":               {Expect{Verdict: "exceeds", Path: "officer", Finding: []Finding{{Quantity: "height"}}}, good, []string{Missed, False, Missed}},
		"an accusation without ground":       {Expect{Verdict: "within", Path: "green"}, bad, []string{False, Missed, False}},
		"an accusation that may be":          {Expect{May: []Finding{{Quantity: "height"}}}, bad, nil},
		"a finding that must not be":         {Expect{May: []Finding{{}}, Not: []Finding{{Quantity: "height"}}}, bad, []string{False}},
		"a declaration that was not found":   {Expect{Match: "matched"}, good, []string{Missed}},
		"an instrument not named as missing": {Expect{Missing: []string{"wim"}}, good, []string{Missed}},
		"a match that is another's":          {Expect{}, func() Passage { p := good; p.Match.State = "matched"; return p }(), []string{False}},
		"a verdict that never became final":  {Expect{}, func() Passage { p := good; p.Final = false; return p }(), []string{Missed}},
	} {
		var got []string
		for _, f := range outcome(tc.e, tc.p).Faults {
			got = append(got, f.Kind)
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestAMeasureThatIsWrongByMoreThanItSaysIsFalse(t *testing.T) {
	p, err := ParsePassage([]byte(`{"id":"P","final":true,"verdict":"within","axles":[{},{}],"gross":{"mass_kg":16000,"u_kg":100},
		"size":{"length_mm":18000,"u_length_mm":200,"width_mm":2551,"u_width_mm":20,"height_mm":3000,"u_height_mm":0}}`))
	if err != nil {
		t.Fatal(err)
	}
	o := outcome(Expect{}, *p)
	if len(o.Faults) != 1 || !strings.Contains(o.Faults[0].Text, "length") {
		t.Errorf("faults %v, want the length alone: a height without uncertainty was not measured", o.Faults)
	}
}

func TestPassagesAreGivenToTheVehiclesByTheTimeOfTheirEntry(t *testing.T) {
	t0 := DefaultStart()
	at := func(s int) time.Time { return t0.Add(time.Duration(s) * time.Second) }
	ps := []*Passing{{Arrival: &Arrival{Name: "a"}, In: at(0), Entry: at(10)}, {Arrival: &Arrival{Name: "b"}, In: at(50), Entry: at(60)}, {Arrival: &Arrival{Name: "never"}}}
	out, extra := Assign(ps, []*Passage{{ID: "2", Opened: at(60)}, {ID: "0", Opened: at(2)}, {ID: "1", Opened: at(10)}, {ID: "3", Opened: at(90)}})
	if len(out) != 2 || ids(out[0].Passages) != "1" || ids(out[1].Passages) != "2, 3" || ids(extra) != "0" {
		t.Errorf("first %s, second %s, extra %s", ids(out[0].Passages), ids(out[1].Passages), ids(extra))
	}
}

func TestTheJUnitReportIsAsRecorded(t *testing.T) {
	a := &Outcome{Passing: &Passing{Arrival: &Arrival{Name: "good", Lane: 1}}}
	b := &Outcome{Passing: &Passing{Arrival: &Arrival{Name: "high & wide", Lane: 2}}, Faults: []Fault{{Missed, "finding height exceeds is missing"}, {False, "gross exceeds 41000 of 40000 kg"}}}
	res := []*Result{{Scenario: "one", Seed: 7, Mode: "virtual", Outcomes: []*Outcome{a, b}, Extra: []Fault{{False, "P9: a passage without a vehicle"}}, Took: 1500 * time.Millisecond}}
	var got bytes.Buffer
	if err := JUnit(&got, res); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "junit.xml")
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Error(d)
	}
	var text bytes.Buffer
	res[0].Print(&text)
	if s := text.String(); !strings.Contains(s, "one seed 7 lane 2 high & wide: missed: finding height") || !strings.Contains(s, "2 vehicles, 1 as expected, 1 missed and 2 false findings") {
		t.Errorf("printed %s", s)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		b, err := Text(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse("x.toml", b)
		if err == nil && s.Traffic == nil && len(s.Vehicles) < 20 {
			s.Plan(0, time.Time{}) // what is accepted can be made
		}
	})
}
