package fusion_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/internal/rulepack"
)

// traffic is one or two lorries as drawn.
func traffic(t *rapid.T) []lorry {
	ls := []lorry{legal("123AB02", t0.Add(time.Second))}
	if rapid.Bool().Draw(t, "two") {
		ls = append(ls, legal("777XY05", t0.Add(time.Duration(rapid.IntRange(19, 40).Draw(t, "headway"))*time.Second)))
	}
	for i := range ls {
		l := &ls[i]
		l.speed = int64(rapid.IntRange(1300, 1500).Draw(t, "speed"))
		l.alarm = rapid.IntRange(0, 3).Draw(t, "alarm") == 0
		l.high = rapid.SampledFrom([]quant.Length{3900, 4500}).Draw(t, "height")
		l.axles[1] = rapid.SampledFrom([]int64{9700, 13_500}).Draw(t, "axle")
	}
	return ls
}

var papers = []*decl.Declaration{goods, declaration("d2", "777XY05", "33KLM05", 22000, "3926909709")}

// drive lets the sights come in and the lorries leave, opened by hand; the passages as they
// were closed, in order.
func drive(tb *testing.T, coming []arrival, twice func(int) bool) []fusion.Passage {
	return driveOn(tb, params(), coming, twice)
}

// driveOn is drive in a lane of one's own.
func driveOn(tb *testing.T, p *fusion.Params, coming []arrival, twice func(int) bool) []fusion.Passage {
	r := newRig(tb, p, papers...)
	var closed []fusion.Passage
	slices.SortStableFunc(coming, func(a, b arrival) int { return a.arrived.Compare(b.arrived) })
	for i, x := range coming {
		r.wait(max(0, x.arrived.Sub(r.now)))
		r.see(x.dev, x.at, x.b)
		if twice(i) {
			r.dev[x.dev]--
			r.see(x.dev, x.at, x.b)
		}
	}
	for len(closed) < 2 {
		r.wait(5 * time.Second)
		if ps := r.passages(); !ps[len(ps)-1].Closed.IsZero() {
			break
		}
		r.arrive()
		r.wait(12 * time.Second)
		r.leave()
		r.see("io", r.now.Add(time.Second), &obs.Presence{Signal: "barrier_up"})
		r.see("io", r.now.Add(2*time.Second), &obs.Presence{Signal: "barrier_down", On: true})
		if p := r.passages()[0]; !p.Closed.IsZero() {
			closed = append(closed, *p)
		}
	}
	return closed
}

// told is what a closed passage says, without what depends on the order of arrival alone.
func told(ps []fusion.Passage) string {
	var s string
	for _, p := range ps {
		p.ID, p.Version, p.Opened, p.Closed, p.History, p.Declared, p.Decision, p.Green, p.Phase, p.Amended = "", 0, time.Time{}, time.Time{}, nil, 0, nil, false, "", 0
		slices.SortFunc(p.Plates, func(a, b fusion.PlateRead) int { return strings.Compare(a.Text, b.Text) })
		for i := range p.Plates {
			p.Plates[i].Seq = 0
		}
		for i := range p.Axles {
			p.Axles[i].Seq = 0
		}
		for i := range p.Findings {
			p.Findings[i].Vehicle, p.Findings[i].Evidence = "", nil
		}
		p.Advice = nil
		if a := p.Adjudication; a != nil {
			b := *a
			b.Steps = slices.Clone(a.Steps)
			for i := range b.Steps {
				b.Steps[i].Seq, b.Steps[i].At = 0, time.Time{}
			}
			p.Adjudication = &b
		}
		if p.Gross != nil {
			p.Gross.Seq = 0
		}
		if p.Size != nil {
			p.Size.Seq = 0
		}
		j, _ := json.MarshalIndent(p, "", " ")
		s += string(j) + "\n"
	}
	return s
}

func difference(a, b string) string {
	return cmp.Diff(strings.Split(a, "\n"), strings.Split(b, "\n"))
}

func never(int) bool { return false }

func TestDelaysWithinTheWindowChangeNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var prompt, delayed []arrival
		for _, l := range traffic(rt) {
			for _, s := range l.sights() {
				prompt = append(prompt, arrival{s, s.at})
			}
		}
		slices.SortStableFunc(prompt, func(a, b arrival) int { return a.at.Compare(b.at) })
		last := map[string]time.Time{}
		for _, x := range prompt {
			x.arrived = x.at.Add(time.Duration(rapid.IntRange(0, 2500).Draw(rt, "delay")) * time.Millisecond)
			if x.arrived.Before(last[x.dev]) {
				x.arrived = last[x.dev] // one source keeps its order
			}
			last[x.dev] = x.arrived
			delayed = append(delayed, x)
		}
		want, got := told(drive(t, prompt, never)), told(drive(t, delayed, never))
		if want != got {
			rt.Fatalf("(-prompt +delayed):\n%s", difference(want, got))
		}
	})
}

func TestDuplicatesAtAnyPlaceChangeNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var once []arrival
		for _, l := range traffic(rt) {
			for _, s := range l.sights() {
				once = append(once, arrival{s, s.at})
			}
		}
		some := rapid.SliceOfN(rapid.Bool(), len(once), len(once)).Draw(rt, "twice")
		want, got := told(drive(t, slices.Clone(once), never)), told(drive(t, once, func(i int) bool { return some[i] }))
		if want != got {
			rt.Fatalf("(-once +twice):\n%s", difference(want, got))
		}
	})
}

// spoil takes something away from what an instrument says, so that it is worth nothing any
// more; it reports whether it did.
func spoil(t *rapid.T, s *sight) (keep, spoiled bool) {
	void := rapid.SampledFrom([]obs.Flag{obs.Fault, obs.Overlap, obs.ScansLost, obs.Truncated}).Draw(t, "flag")
	how := rapid.IntRange(0, 2).Draw(t, "how")
	if how == 0 {
		return false, true
	}
	switch b := s.b.(type) {
	case *obs.Weighing:
		w := *b
		if s.b = &w; how == 1 {
			w.U = 0
		} else {
			w.Flags = append(w.Flags, void)
		}
		return true, true
	case *obs.Profile:
		p := *b
		if s.b = &p; how == 1 {
			p.UHeight = 0
		} else {
			p.Flags = append(p.Flags, void)
		}
		return true, true
	case *obs.Plate:
		p := *b
		p.Text = ""
		s.b = &p
		return true, true
	}
	return true, false
}

func TestNothingIsWithinWithoutAValidMeasurementOfEveryExpectedInstrument(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := legal("123AB02", t0.Add(time.Second))
		var coming []arrival
		spoiled := ""
		one := rapid.IntRange(-1, 12).Draw(rt, "which") // of the reports that count
		n := 0
		for _, s := range l.sights() {
			r, portal := s.b.(*obs.Radiation)
			_, loop := s.b.(*obs.Presence)
			keep := true
			if portal && r.Tag == "GX" || !portal && !loop {
				if n == one {
					var did bool
					if keep, did = spoil(rt, &s); did {
						spoiled = fmt.Sprintf("%s %T", s.dev, s.b)
					}
				}
				n++
			}
			if keep {
				coming = append(coming, arrival{s, s.at})
			}
		}
		for _, p := range drive(t, coming, never) {
			if spoiled != "" && p.Verdict == rules.Within {
				rt.Fatalf("%s was spoiled, and the passage is within: %s", spoiled, told([]fusion.Passage{p}))
			}
			if spoiled == "" && p.Verdict != rules.Within {
				rt.Fatalf("nothing was spoiled: %s", told([]fusion.Passage{p}))
			}
		}
	})
}

// soup is a lane in which anything happens at any time.
type soup struct {
	t     *testing.T
	seq   uint64
	dev   map[string]uint64
	now   time.Time
	cores []*fusion.Core // fed the same; the last is saved and restored now and then
	book  *rules.Book
	index *decl.Index

	last    time.Time
	open    map[string]bool
	closed  map[string]bool
	cleared map[string]int // times that a passage was let through
	raised  map[string]int // times that the barrier was told to open for it
}

func newSoup(t *testing.T, p *fusion.Params, book *rules.Book) *soup {
	s := &soup{t: t, dev: map[string]uint64{}, now: t0, book: book, index: decl.NewIndex(7, papers),
		cores: []*fusion.Core{new(fusion.Core), new(fusion.Core)},
		open:  map[string]bool{}, closed: map[string]bool{}, cleared: map[string]int{}, raised: map[string]int{}}
	return s
}

// step feeds all cores and checks what they say.
func (s *soup) step(rt *rapid.T, b fusion.InputBody) {
	s.seq++
	var first []byte
	for i, c := range s.cores {
		outs := c.Step(nil, fusion.Input{Seq: s.seq, Now: s.now, Body: b})
		j, err := json.Marshal(outs)
		if err != nil {
			rt.Fatal(err)
		}
		if i == 0 {
			first = j
			s.check(rt, c, outs)
		} else if string(j) != string(first) {
			rt.Fatalf("input %d, %T: core %d says\n%s\nthe first one\n%s", s.seq, b, i, j, first)
		}
	}
}

func (s *soup) check(rt *rapid.T, c *fusion.Core, outs []fusion.Output) {
	for _, o := range outs {
		if e := o.Event; e != nil {
			if e.At.Before(s.last) {
				rt.Fatalf("event at %v after one at %v", e.At, s.last)
			}
			s.last = e.At
		}
		if e := o.Event; o.Kind == fusion.Decided && e.Kind == "order" && (strings.HasPrefix(e.Text, "released") || strings.HasPrefix(e.Text, "override") || strings.HasPrefix(e.Text, "sent")) {
			s.cleared[e.Passage]++
		}
		switch o.Kind {
		case fusion.Opened:
			if s.open[o.Passage.ID] || s.closed[o.Passage.ID] {
				rt.Fatalf("%s was opened twice", o.Passage.ID)
			}
			s.open[o.Passage.ID] = true
		case fusion.Closed:
			if !s.open[o.Passage.ID] {
				rt.Fatalf("%s was closed and is not open", o.Passage.ID)
			}
			delete(s.open, o.Passage.ID)
			s.closed[o.Passage.ID] = true
		case fusion.Signals:
			s.signal(rt, c, o.Signal)
		}
	}
	for _, o := range outs {
		if m := o.Signal; m != nil && s.raised[m.Passage] > s.cleared[m.Passage] {
			rt.Fatalf("the barrier was told to open %d times for %s, which was let through %d times", s.raised[m.Passage], m.Passage, s.cleared[m.Passage])
		}
	}
	// Findings name evidence that exists; what exceeds names some.
	for _, p := range c.Passages(nil) {
		for _, f := range p.Findings {
			if f.Verdict == rules.Exceeds && len(f.Evidence) == 0 {
				rt.Fatalf("%s %s exceeds without evidence", p.ID, f.Quantity)
			}
			for _, e := range f.Evidence {
				if e == 0 || e > s.seq {
					rt.Fatalf("%s %s: evidence %d does not exist", p.ID, f.Quantity, e)
				}
			}
		}
		if p.Verdict == rules.Within && len(p.Missing) > 0 {
			rt.Fatalf("%s is within while %v are missing", p.ID, p.Missing)
		}
	}
}

// signal checks that the barrier opens for the foremost only, once for each time that it
// was let through, and never by one person's word where two are needed.
func (s *soup) signal(rt *rapid.T, c *fusion.Core, m *fusion.Signal) {
	if m.Output == "barrier" && m.Action == "close" {
		clear(s.raised) // then it may be told to open once more
	}
	if m.Output != "barrier" || m.Action != "open" {
		return
	}
	var foremost *fusion.Passage
	for _, p := range c.Passages(nil) {
		if p.Closed.IsZero() {
			foremost = p
			break
		}
	}
	if foremost == nil || foremost.ID != m.Passage {
		rt.Fatalf("the barrier opens for %s, which is not foremost", m.Passage)
	}
	d := foremost.Decision
	if d == nil || foremost.Phase != fusion.Released && foremost.Phase != fusion.ToSecondary {
		rt.Fatalf("the barrier opens for %s, which is %s", m.Passage, foremost.Phase)
	}
	s.raised[m.Passage]++
	if foremost.Green && (foremost.Verdict != rules.Within || len(foremost.Missing) > 0) {
		rt.Fatalf("the green path let %s go: %s, missing %v", foremost.ID, foremost.Verdict, foremost.Missing)
	}
	for _, f := range foremost.Findings {
		if f.TwoPersons && f.Verdict == rules.Exceeds && foremost.Phase == fusion.Released && d.Second == "" {
			rt.Fatalf("%s was let go by one person: %s", foremost.ID, f.Reason)
		}
	}
}

func (s *soup) see(rt *rapid.T, dev string, at time.Time, b obs.Body) {
	s.dev[dev]++
	s.step(rt, fusion.Seen{Observation: obs.Observation{Source: dev, Lane: "1", Seq: s.dev[dev], Stamp: obs.Stamp{At: at, Arrived: s.now}, Body: b}})
}

// restore saves and restores the last core.
func (s *soup) restore(rt *rapid.T) {
	k := len(s.cores) - 1
	b, err := s.cores[k].AppendBinary(nil)
	if err != nil {
		rt.Fatal(err)
	}
	c := new(fusion.Core)
	if err := c.UnmarshalBinary(b); err != nil {
		rt.Fatal(err)
	}
	book, index := c.InForce()
	if book != s.book.Version || index != 7 {
		rt.Fatalf("in force: %s, %d", book, index)
	}
	c.Restore(s.book, s.index)
	s.cores[k] = c
}

// anything draws one thing that may happen.
func (s *soup) anything(rt *rapid.T) {
	step := rapid.SampledFrom([]time.Duration{0, 50 * time.Millisecond, 300 * time.Millisecond, 2 * time.Second, 5 * time.Second, 40 * time.Second, 16 * time.Minute}).Draw(rt, "later")
	s.now = s.now.Add(step)
	at := s.now.Add(-rapid.SampledFrom([]time.Duration{0, 0, 0, time.Second, 3 * time.Second, time.Minute, 3 * time.Hour, -time.Hour}).Draw(rt, "ago"))
	switch rapid.SampledFrom([]string{"presence", "presence", "presence", "weigh", "weigh", "profile", "plate", "radiation", "radiation", "radiation", "health", "order", "order", "tick", "declared", "lorry"}).Draw(rt, "what") {
	case "presence":
		sig := rapid.SampledFrom([]string{"loop_entry", "loop_exit", "barrier_up", "barrier_down"}).Draw(rt, "signal")
		s.see(rt, "io", at, &obs.Presence{Signal: sig, On: rapid.Bool().Draw(rt, "on")})
	case "weigh":
		w := &obs.Weighing{Axle: rapid.IntRange(0, 6).Draw(rt, "axle"), Mass: quant.Kg(int64(rapid.IntRange(0, 14_000).Draw(rt, "kg"))), TOn: at, TOff: at.Add(300 * time.Millisecond),
			U: quant.Kg(int64(rapid.SampledFrom([]int{0, 60}).Draw(rt, "u"))), Speed: quant.Speed(rapid.SampledFrom([]int{0, 1400}).Draw(rt, "speed")), USpeed: 8}
		if w.Axle == 0 {
			w.Axles = rapid.IntRange(0, 6).Draw(rt, "axles")
		}
		s.see(rt, "wim", at, w)
	case "profile":
		s.see(rt, "prof", at, &obs.Profile{Height: quant.Length(rapid.IntRange(0, 4500).Draw(rt, "height")), UHeight: 30, Width: 2500, UWidth: 50,
			Start: at.Add(-time.Duration(rapid.IntRange(0, 20).Draw(rt, "long")) * time.Second), End: at, Period: 40_000})
	case "plate":
		text := rapid.SampledFrom([]string{"", "123AB02", "777XY05", "879FK02"}).Draw(rt, "plate")
		s.see(rt, "cam", at, &obs.Plate{Text: text, Country: "KZ", Confidence: 970_000, EventID: rapid.SampledFrom([]string{"", "1", "2", "3"}).Draw(rt, "event"),
			Images: []string{rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "picture")}, Parent: rapid.SampledFrom([]string{"", "", "a", "b", "c"}).Draw(rt, "parent")})
	case "radiation":
		s.portal(rt, at)
	case "health":
		dev := rapid.SampledFrom([]string{"io", "cam", "wim", "prof", "rpm"}).Draw(rt, "device")
		s.see(rt, dev, at, &obs.Health{State: rapid.SampledFrom([]obs.HealthState{obs.Online, obs.Offline, obs.Degraded}).Draw(rt, "state")})
	case "order":
		s.order(rt)
	case "tick":
		s.step(rt, fusion.Tick{})
	case "declared":
		s.step(rt, fusion.Declared{Version: 7, Index: s.index})
	case "lorry":
		l := legal(rapid.SampledFrom([]string{"123AB02", "777XY05"}).Draw(rt, "plate"), s.now)
		l.alarm = rapid.Bool().Draw(rt, "alarm")
		for _, x := range l.sights() {
			s.now = x.at
			s.see(rt, x.dev, x.at, x.b)
		}
	}
}

func (s *soup) portal(rt *rapid.T, at time.Time) {
	n := rapid.IntRange(1, 12).Draw(rt, "lines")
	tag := rapid.SampledFrom([]string{"GB", "GS", "GS", "GA", "NA", "GX", "SP", "TT"}).Draw(rt, "tag")
	g := int32(rapid.SampledFrom([]int{64, 300}).Draw(rt, "counts"))
	for i := range n {
		s.now = s.now.Add(200 * time.Millisecond)
		s.see(rt, "rpm", at.Add(time.Duration(i)*200*time.Millisecond), &obs.Radiation{Tag: tag, Gamma: [4]int32{g, g, g, g}, Neutron: [4]int32{1, 1, 0, 1},
			Interval: 200, Alarm: tag == "GA", Occupied: tag != "GB", Occupancy: uint32(s.seq)})
	}
}

func (s *soup) order(rt *rapid.T) {
	ids := []string{"nobody"}
	for _, p := range s.cores[0].Passages(nil) {
		ids = append(ids, p.ID, p.ID)
	}
	who := rapid.IntRange(0, 3).Draw(rt, "who")
	o := fusion.Order{ID: fmt.Sprint("o", rapid.IntRange(0, 1_000_000).Draw(rt, "id")), Passage: rapid.SampledFrom(ids).Draw(rt, "passage"),
		Action: rapid.SampledFrom([]fusion.Action{fusion.Release, fusion.Hold, fusion.Secondary, fusion.Override, fusion.Override, fusion.CorrectPlate, fusion.ChooseMatch,
			fusion.Remeasure, fusion.Undo, fusion.Note, fusion.CloseLane, fusion.OpenLane,
			fusion.Assess, fusion.RepeatPass, fusion.Inspect, fusion.Adjudicate, fusion.Adjudicate}).Draw(rt, "action"),
		User: []string{"a", "b", "c", "d"}[who], Role: []string{"officer", "officer", "radiation_officer", "supervisor"}[who],
		Reason: "r", Text: "fifteen characters at least", Plate: rapid.SampledFrom([]string{"123AB02", "777XY05"}).Draw(rt, "text"), Declaration: "d2"}
	o.Code = rules.AlarmCode(rapid.SampledFrom([]int{0, 3, 3, 4, 6, 8, 9}).Draw(rt, "code"))
	dose := quant.DoseRate(rapid.SampledFrom([]int{90, 500, 200_000}).Draw(rt, "dose"))
	neutron := rapid.SampledFrom([]string{"yes", "no", "no"}).Draw(rt, "neutron")
	o.Inspection = &fusion.Inspection{Dose1m: &dose, Neutron: neutron, Instrument: "identifier", Serial: "1"}
	o.Assessment = &fusion.Assessment{Neutron: "no", Shape: "peak", Place: "cab", Declared: "no", Guard: "no", Speed: "yes"}
	s.step(rt, fusion.Ordered{Order: o})
}

func TestWhateverHappensTheLaneKeepsItsPromises(t *testing.T) {
	book, err := rulepack.Load(true)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		p := params()
		p.Secondary = rapid.SampledFrom([]string{"before", "beyond"}).Draw(rt, "secondary")
		p.Devices[4].Expect = rapid.Bool().Draw(rt, "portal expected")
		s := newSoup(t, p, book)
		s.step(rt, fusion.Tuned{Kind: fusion.TuneParams, Version: "p1", Value: p})
		s.step(rt, fusion.Tuned{Kind: fusion.TuneRules, Version: book.Version, Value: book})
		s.step(rt, fusion.Declared{Version: 7, Index: s.index})
		for range rapid.IntRange(1, 40).Draw(rt, "things") {
			s.anything(rt)
			if rapid.IntRange(0, 3).Draw(rt, "save") == 0 {
				s.restore(rt)
			}
		}
		a, _ := s.cores[0].AppendBinary(nil)
		for i, c := range s.cores {
			if b, _ := c.AppendBinary(nil); string(a) != string(b) {
				rt.Fatalf("snapshot of core %d:\n%s\nof the first:\n%s", i, b, a)
			}
		}
		for _, p := range s.cores[0].Passages(nil) {
			if p.Closed.IsZero() != s.open[p.ID] {
				rt.Fatalf("%s: closed %v, and the events say open is %v", p.ID, p.Closed, s.open[p.ID])
			}
		}
	})
}
