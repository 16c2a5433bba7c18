package fusion_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/match"
	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/internal/rulepack"
)

var t0 = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

// rig is a core with its lane, driven by hand.
type rig struct {
	t     *testing.T
	core  *fusion.Core
	seq   uint64
	dev   map[string]uint64
	now   time.Time
	outs  []fusion.Output
	log   []string // kind: text of every event
	moves []string // output action of every signal
}

func params() *fusion.Params {
	return &fusion.Params{Site: "KGS", Lane: "1", Direction: "import", Mode: "simulator", Window: 4 * time.Second, Green: true, Declare: true,
		Secondary: "before", Pack: "KZ-342", RoadClass: 10000, MinLength: 3000, Offset: 5 * 3600,
		Devices: []fusion.Instrument{
			{Name: "io", Class: "laneio", Station: 0},
			{Name: "cam", Class: "anpr", Station: 2000, Expect: true, Role: "front"},
			{Name: "wim", Class: "wim", Station: 4000, Expect: true},
			{Name: "prof", Class: "dims", Station: 8000, Expect: true},
			{Name: "rpm", Class: "rpm", Station: 12000, Expect: true},
		}}
}

func declaration(id, tractor, trailer string, kg int64, hs string) *decl.Declaration {
	return &decl.Declaration{ID: id, Kind: "import", Format: "test",
		Units: []decl.Unit{{Role: "tractor", Plate: tractor, Country: "KZ"}, {Role: "trailer", Plate: trailer, Country: "KZ"}},
		Items: []decl.Item{{No: 1, HS: hs, Gross: quant.Kg(kg), Packages: 10}}, Totals: decl.Totals{Gross: quant.Kg(kg), Items: 1, Packages: 10}}
}

func newRig(t *testing.T, p *fusion.Params, ds ...*decl.Declaration) *rig {
	t.Helper()
	r := &rig{t: t, core: new(fusion.Core), dev: map[string]uint64{}, now: t0}
	book, err := rulepack.Load(p.Mode == "simulator")
	if err != nil {
		t.Fatal(err)
	}
	r.step(fusion.Tuned{Kind: fusion.TuneParams, Version: "p1", Value: p})
	r.step(fusion.Tuned{Kind: fusion.TuneRules, Version: book.Version, Value: book})
	r.step(fusion.Declared{Version: 7, Index: decl.NewIndex(7, ds)})
	r.see("io", t0, &obs.Presence{Signal: "loop_entry"})
	r.see("io", t0, &obs.Presence{Signal: "loop_exit"})
	r.see("io", t0, &obs.Presence{Signal: "barrier_up"})
	r.see("io", t0, &obs.Presence{Signal: "barrier_down", On: true})
	return r
}

func (r *rig) step(b fusion.InputBody) {
	r.seq++
	r.outs = r.core.Step(r.outs[:0], fusion.Input{Seq: r.seq, Now: r.now, Body: b})
	for _, o := range r.outs {
		if o.Event != nil {
			r.log = append(r.log, o.Event.Kind+": "+o.Event.Text)
		}
		if o.Signal != nil {
			r.moves = append(r.moves, o.Signal.Output+" "+o.Signal.Action)
		}
	}
}

// see hands an observation over at the time it was true.
func (r *rig) see(dev string, at time.Time, b obs.Body) {
	if at.After(r.now) {
		r.now = at
	}
	r.dev[dev]++
	r.step(fusion.Seen{Observation: obs.Observation{Source: dev, Lane: "1", Seq: r.dev[dev],
		Stamp: obs.Stamp{At: at, Arrived: r.now}, Body: b}})
}

// wait lets time pass, with the ticks that the core asks for.
func (r *rig) wait(d time.Duration) {
	end := r.now.Add(d)
	for {
		at, ok := r.core.Deadline()
		if !ok || at.After(end) {
			break
		}
		if at.After(r.now) {
			r.now = at
		}
		r.step(fusion.Tick{})
	}
	r.now = end
}

func (r *rig) order(o fusion.Order) {
	r.t.Helper()
	if o.User == "" {
		o.User, o.Role = "aigerim", "officer"
	}
	r.step(fusion.Ordered{Order: o})
}

// lorry is what the instruments would see of one vehicle that enters at "in".
type lorry struct {
	in     time.Time
	plate  string
	axles  []int64 // kg
	gaps   []int64 // mm, of axle 2..
	speed  int64   // mm/s
	high   quant.Length
	alarm  bool
	misses string // instruments that miss it, comma separated
	second bool   // a second loop, 3.5 m behind the first, sees it
}

func legal(plate string, in time.Time) lorry {
	return lorry{in: in, plate: plate, axles: []int64{7000, 9700, 6900, 6900, 6900}, gaps: []int64{3700, 5600, 1310, 1310}, speed: 1389, high: 3900}
}

type sight struct {
	dev string
	at  time.Time
	b   obs.Body
}

// sights lists what the instruments see, in the order of time.
func (l lorry) sights() []sight {
	var ss []sight
	add := func(dev string, at time.Time, b obs.Body) {
		if !strings.Contains(l.misses, dev) {
			ss = append(ss, sight{dev, at, b})
		}
	}
	at := func(mm int64) time.Time { return l.in.Add(time.Duration(mm * int64(time.Second) / l.speed)) }
	length := int64(16500)
	add("io", at(0), &obs.Presence{Signal: "loop_entry", On: true})
	if l.second {
		add("io", at(3500), &obs.Presence{Signal: "loop_platform", On: true})
		add("io", at(length+5500), &obs.Presence{Signal: "loop_platform"})
	}
	add("cam", at(2000), &obs.Plate{Text: l.plate, Country: "KZ", Confidence: 980_000, EventID: l.plate, Images: []string{l.plate}})
	off := int64(1400)
	var gross int64
	for i, kg := range l.axles {
		if i > 0 {
			off += l.gaps[i-1]
		}
		gross += kg
		on := at(4000 + off)
		add("wim", at(4000+off+800), &obs.Weighing{Axle: i + 1, Mass: quant.Kg(kg), U: quant.Kg(60), TOn: on, TOff: at(4000 + off + 750),
			Speed: quant.Speed(l.speed), USpeed: 8, Mode: obs.Dynamic})
	}
	add("wim", at(4000+length+2000), &obs.Weighing{Axle: 0, Axles: len(l.axles), Mass: quant.Kg(gross), U: quant.Kg(200), TOn: at(5400), TOff: at(4000 + off + 750), Mode: obs.Dynamic})
	add("io", at(length+2000), &obs.Presence{Signal: "loop_entry"})
	add("prof", at(8000+length+600), &obs.Profile{Height: l.high, UHeight: 30, Width: 2500, UWidth: 50, Start: at(8000), End: at(8000 + length), Period: 40_000, Scans: 300})
	add("rpm", at(11_000), &obs.Radiation{Tag: "GB", Gamma: [4]int32{400, 400, 400, 400}})
	add("rpm", at(11_001), &obs.Radiation{Tag: "NB", Neutron: [4]int32{1, 1, 1, 0}})
	for i := range int64(60) {
		g := int32(64)
		tag := "GS"
		if l.alarm && i > 30 && i < 42 {
			g, tag = 200, "GA"
		}
		s := at(12_000 + i*length/60)
		add("rpm", s, &obs.Radiation{Tag: tag, Gamma: [4]int32{g, g, g, g}, Interval: 200, Alarm: tag == "GA", Occupied: true})
		if i%5 == 4 {
			add("rpm", s.Add(time.Millisecond), &obs.Radiation{Tag: "NS", Neutron: [4]int32{1, 0, 1, 0}, Interval: 1000, Occupied: true})
		}
	}
	add("rpm", at(12_000+length+3000), &obs.Radiation{Tag: "GX", Occupancy: 1, Background: 3000})
	slices.SortStableFunc(ss, func(a, b sight) int { return a.at.Compare(b.at) })
	return ss
}

func (r *rig) pass(ls ...lorry) {
	var all []sight
	for _, l := range ls {
		all = append(all, l.sights()...)
	}
	slices.SortStableFunc(all, func(a, b sight) int { return a.at.Compare(b.at) })
	for _, s := range all {
		r.see(s.dev, s.at, s.b)
	}
}

func (r *rig) passages() []*fusion.Passage { return r.core.Passages(nil) }

func (r *rig) last() *fusion.Passage {
	r.t.Helper()
	ps := r.passages()
	if len(ps) == 0 {
		r.t.Fatal("there is no passage")
	}
	return ps[len(ps)-1]
}

func findings(p *fusion.Passage, v rules.Verdict) string {
	var s []string
	for _, f := range p.Findings {
		if f.Verdict == v {
			s = append(s, f.Quantity+"("+f.Reason+")")
		}
	}
	return strings.Join(s, " ")
}

// leave lets the foremost vehicle drive over the exit loop and through the barrier.
func (r *rig) leave() {
	r.see("io", r.now.Add(time.Second), &obs.Presence{Signal: "barrier_down"})
	r.see("io", r.now.Add(2*time.Second), &obs.Presence{Signal: "barrier_up", On: true})
	r.see("io", r.now.Add(4*time.Second), &obs.Presence{Signal: "loop_exit"})
}

func (r *rig) arrive() {
	r.see("io", r.now.Add(time.Second), &obs.Presence{Signal: "loop_exit", On: true})
}

var goods = declaration("d1", "123AB02", "12ABC02", 22000, "3926909709")

func TestALegalDeclaredLorryTakesTheGreenPath(t *testing.T) {
	r := newRig(t, params(), goods)
	r.pass(legal("123AB02", t0.Add(time.Second)))
	p := r.last()
	if p.Verdict != rules.Within || !p.Final || !p.Green || p.Phase != fusion.Released {
		t.Fatalf("verdict %s final %v green %v phase %s missing %v; undetermined: %s; exceeds: %s; match %+v", p.Verdict, p.Final, p.Green, p.Phase, p.Missing,
			findings(p, rules.Undetermined), findings(p, rules.Exceeds), p.Match)
	}
	if got := strings.Join(r.moves, ","); got != "light green,barrier open" {
		t.Errorf("moves %s", got)
	}
	if p.Axles[2].Gap < 5550 || p.Axles[2].Gap > 5650 || p.Size.Length < 16_300 || p.Size.Length > 16_800 {
		t.Errorf("gap %v, length %v", p.Axles[2].Gap, p.Size.Length)
	}
	r.arrive()
	r.leave()
	if ps := r.passages(); len(ps) != 1 || ps[0].Closed.IsZero() || ps[0].Phase != fusion.Left {
		t.Errorf("after leaving: %d passages, phase %s", len(ps), ps[0].Phase)
	}
	if got := r.moves[len(r.moves)-2:]; got[0] != "barrier close" || got[1] != "light red" {
		t.Errorf("last moves %v", got)
	}
}

// The plate of an undeclared lorry may lie one character from a declared one.
func TestANeighbourOfADeclaredPlateIsNotWithin(t *testing.T) {
	r := newRig(t, params(), goods)
	r.pass(legal("123A802", t0.Add(time.Second)))
	p := r.last()
	if p.Match.State != match.Matched {
		t.Fatalf("match %+v: the case needs one that the posterior accepts", p.Match)
	}
	if p.Verdict != rules.Undetermined || p.Green || len(r.moves) != 0 || !strings.Contains(findings(p, rules.Undetermined), "declaration") {
		t.Errorf("verdict %s green %v moves %v: %s", p.Verdict, p.Green, r.moves, findings(p, rules.Undetermined))
	}
}

func TestAnOverloadedLorryIsHeldAndTheBarrierStaysClosed(t *testing.T) {
	r := newRig(t, params(), declaration("d1", "123AB02", "12ABC02", 30000, "3926909709"))
	l := legal("123AB02", t0.Add(time.Second))
	l.axles = []int64{7500, 12900, 8600, 8600, 8600}
	r.pass(l)
	p := r.last()
	if p.Verdict != rules.Exceeds || p.Phase != fusion.Awaiting {
		t.Fatalf("verdict %s phase %s: %s", p.Verdict, p.Phase, findings(p, rules.Exceeds))
	}
	if len(r.moves) != 0 {
		t.Errorf("moves %v", r.moves)
	}
	r.order(fusion.Order{ID: "o1", Action: fusion.Release, Passage: p.ID, Version: p.Version})
	if p := r.last(); p.Phase != fusion.Awaiting || len(r.moves) != 0 {
		t.Errorf("a plain release of an overloaded lorry: phase %s, moves %v", p.Phase, r.moves)
	}
	r.order(fusion.Order{ID: "o2", Action: fusion.Hold, Passage: p.ID, Reason: "overload"})
	if p := r.last(); p.Phase != fusion.Held {
		t.Errorf("phase %s after hold", p.Phase)
	}
	if slices.Contains(r.moves, "barrier open") {
		t.Errorf("moves %v", r.moves)
	}
	r.order(fusion.Order{ID: "o3", Action: fusion.Override, Passage: p.ID, Reason: "court", Text: "released by decision 17/2026", User: "marat", Role: "supervisor"})
	if p := r.last(); p.Phase != fusion.Released || !slices.Contains(r.moves, "barrier open") {
		t.Errorf("phase %s, moves %v after a supervisor's override", p.Phase, r.moves)
	}
}

func TestARadiationAlarmNeedsTwoPersons(t *testing.T) {
	r := newRig(t, params(), goods)
	l := legal("123AB02", t0.Add(time.Second))
	l.alarm = true
	r.pass(l)
	p := r.last()
	if p.Verdict != rules.Exceeds || !strings.Contains(findings(p, rules.Exceeds), "radiation") {
		t.Fatalf("verdict %s: %s", p.Verdict, findings(p, rules.Exceeds))
	}
	over := fusion.Order{Action: fusion.Override, Passage: p.ID, Code: 3, Reason: "medical", Text: "patient after iodine treatment"}
	for i, o := range []struct {
		user, role string
		want       fusion.Phase
	}{
		{"aigerim", "officer", fusion.Awaiting},
		{"aigerim", "officer", fusion.Awaiting}, // the same person again
		{"dauren", "officer", fusion.Awaiting},  // nobody of the two may judge radiation
		{"saule", "radiation_officer", fusion.Released},
	} {
		over.ID, over.User, over.Role = string(rune('a'+i)), o.user, o.role
		r.order(over)
		if p := r.last(); p.Phase != o.want {
			t.Fatalf("after order %d of %s: phase %s, want %s", i, o.user, p.Phase, o.want)
		}
	}
	if d := r.last().Decision; d.User == d.Second || d.Second != "saule" {
		t.Errorf("decision %+v", d)
	}
}

func TestAFirstPersonsOrderLapses(t *testing.T) {
	r := newRig(t, params(), goods)
	l := legal("123AB02", t0.Add(time.Second))
	l.alarm = true
	r.pass(l)
	p := r.last()
	over := fusion.Order{ID: "a", Action: fusion.Override, Passage: p.ID, Code: 3, Reason: "medical", Text: "patient after iodine treatment"}
	r.order(over)
	r.wait(11 * time.Minute)
	over.ID, over.User, over.Role = "b", "saule", "radiation_officer"
	r.order(over)
	if p := r.last(); p.Phase == fusion.Released {
		t.Error("a second order after the first has lapsed released the lorry")
	}
}

func TestWhatIsMissingIsUndeterminedAndNeverWithin(t *testing.T) {
	for dev, want := range map[string]string{"wim": "gross", "prof": "height", "rpm": "radiation", "cam": "declaration"} {
		t.Run(dev, func(t *testing.T) {
			r := newRig(t, params(), goods)
			l := legal("123AB02", t0.Add(time.Second))
			l.misses = dev
			r.pass(l)
			if p := r.last(); p.Final || p.Green {
				t.Errorf("final %v green %v while %s is missing", p.Final, p.Green, dev)
			}
			r.arrive()
			r.wait(10 * time.Second)
			p := r.last()
			if p.Verdict != rules.Undetermined || !p.Final || !strings.Contains(findings(p, rules.Undetermined), want) {
				t.Errorf("verdict %s final %v: %s", p.Verdict, p.Final, findings(p, rules.Undetermined))
			}
			if slices.Contains(r.moves, "barrier open") {
				t.Error("the barrier opened")
			}
		})
	}
}

func TestTwoLorriesNoseToTailAreKeptApart(t *testing.T) {
	r := newRig(t, params(), goods, declaration("d2", "777XY05", "33KLM05", 22000, "3926909709"))
	a, b := legal("123AB02", t0.Add(time.Second)), legal("777XY05", t0.Add(time.Second).Add(17*time.Second))
	b.axles = []int64{7000, 13500, 6900, 6900, 6900}
	r.pass(a, b)
	ps := r.passages()
	if len(ps) != 2 {
		t.Fatalf("%d passages, want 2", len(ps))
	}
	if ps[0].Verdict != rules.Within || ps[1].Verdict != rules.Exceeds || ps[0].Plates[0].Text != "123AB02" || ps[1].Plates[0].Text != "777XY05" {
		t.Errorf("first %s %s, second %s %s", ps[0].Plates[0].Text, ps[0].Verdict, ps[1].Plates[0].Text, ps[1].Verdict)
	}
}

func TestTheFollowerOfAnUnweighedLorryDoesNotLendItItsWeight(t *testing.T) {
	r := newRig(t, params(), goods, declaration("d2", "777XY05", "33KLM05", 22000, "3926909709"))
	a, b := legal("123AB02", t0.Add(time.Second)), legal("777XY05", t0.Add(time.Second).Add(14*time.Second))
	a.misses = "wim"
	r.pass(a, b)
	r.arrive()
	r.wait(10 * time.Second)
	ps := r.passages()
	if len(ps) != 2 || ps[0].Gross != nil || ps[1].Gross == nil || ps[0].Verdict == rules.Within {
		t.Errorf("%d passages; first gross %+v verdict %s, second gross %+v", len(ps), ps[0].Gross, ps[0].Verdict, ps[1].Gross)
	}
}

func TestLateDataAmendAndNeverEditSilently(t *testing.T) {
	r := newRig(t, params(), goods)
	l := legal("123AB02", t0.Add(time.Second))
	l.misses = "prof"
	r.pass(l)
	r.arrive()
	r.wait(10 * time.Second)
	p := r.last()
	r.order(fusion.Order{ID: "o1", Action: fusion.Release, Passage: p.ID})
	r.leave()
	start := t0.Add(7 * time.Second)
	r.see("prof", start.Add(12*time.Second), &obs.Profile{Height: 4500, UHeight: 30, Width: 2500, UWidth: 50, Start: start, End: start.Add(12 * time.Second), Period: 40_000})
	p = r.last()
	if p.Amended != 1 || p.Verdict != rules.Exceeds {
		t.Errorf("amended %d verdict %s: %v", p.Amended, p.Verdict, r.log[len(r.log)-3:])
	}
}

func TestDuplicatesChangeNothing(t *testing.T) {
	once, twice := newRig(t, params(), goods), newRig(t, params(), goods)
	for _, s := range legal("123AB02", t0.Add(time.Second)).sights() {
		once.see(s.dev, s.at, s.b)
		twice.see(s.dev, s.at, s.b)
		twice.dev[s.dev]--
		twice.see(s.dev, s.at, s.b)
	}
	a, b := *once.last(), *twice.last()
	a.History, b.History, a.Version, b.Version, a.ID, b.ID = nil, nil, 0, 0, "", ""
	strip := func(p *fusion.Passage) string {
		q := *p
		q.Plates, q.Axles, q.Findings, q.Gross, q.Size, q.Decision = nil, nil, nil, nil, nil, nil
		j, _ := json.Marshal(q)
		return string(j)
	}
	if strip(&a) != strip(&b) {
		t.Errorf("once  %s\ntwice %s", strip(&a), strip(&b))
	}
}

func TestSnapshotRestoreContinueEqualsContinue(t *testing.T) {
	l := legal("123AB02", t0.Add(time.Second))
	l.alarm = true
	ss := l.sights()
	for cut := 1; cut < len(ss); cut += 7 {
		whole, split := newRig(t, params(), goods), newRig(t, params(), goods)
		book, err := rulepack.Load(true)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range ss {
			if i == cut {
				snap, err := split.core.AppendBinary(nil)
				if err != nil {
					t.Fatal(err)
				}
				c := new(fusion.Core)
				if err := c.UnmarshalBinary(snap); err != nil {
					t.Fatal(err)
				}
				c.Restore(book, decl.NewIndex(7, []*decl.Declaration{goods}))
				split.core = c
			}
			whole.see(s.dev, s.at, s.b)
			split.see(s.dev, s.at, s.b)
		}
		a, _ := whole.core.AppendBinary(nil)
		b, _ := split.core.AppendBinary(nil)
		if string(a) != string(b) {
			t.Fatalf("cut at %d:\nwhole %s\nsplit %s", cut, a, b)
		}
	}
}

func BenchmarkStepSlice(b *testing.B) {
	t := &testing.T{}
	r := newRig(t, params(), goods)
	ss := legal("123AB02", t0.Add(time.Second)).sights()
	for _, s := range ss[:len(ss)*3/4] {
		r.see(s.dev, s.at, s.b)
	}
	in := fusion.Input{Seq: r.seq, Now: r.now, Body: fusion.Seen{Observation: obs.Observation{Source: "io", Lane: "1", Stamp: obs.Stamp{At: r.now, Arrived: r.now},
		Body: &obs.Presence{Signal: "loop_platform", On: true}}}}
	outs := make([]fusion.Output, 0, 16)
	b.ReportAllocs()
	for b.Loop() {
		in.Seq++
		outs = r.core.Step(outs[:0], in)
	}
}
