package fusion_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/fusion/rules"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// upTo plays a story up to a line and gives the script and its only passage.
func upTo(t *testing.T, file, line string) (*script, *fusion.Passage) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	text, _, ok := strings.Cut(string(b), line)
	if !ok {
		t.Fatalf("%s has no line %s", file, line)
	}
	s := newScript(t)
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" && l[0] != '#' {
			s.command(l)
		}
	}
	ps := s.core.Passages(nil)
	if len(ps) != 1 {
		t.Fatalf("%d passages", len(ps))
	}
	return s, ps[0]
}

// give gives one order of a user and what became of it.
func (s *script) give(o fusion.Order) string {
	s.now = s.now.Add(time.Second)
	s.step(fusion.Ordered{Order: o})
	for _, x := range s.outs {
		if x.Event != nil && x.Event.Order == o.ID {
			return x.Event.Kind + ": " + x.Event.Text
		}
	}
	s.t.Fatalf("no answer to %s", o.ID)
	return ""
}

// A portal with energy windows sees potash in every respect as it is declared: grade A. Then
// two persons may give code 4 without another word, but still two, and the barrier stays shut
// until they have.
func TestPotashOfGradeAIsStillForTwoPersons(t *testing.T) {
	s, p := upTo(t, "radiation_potash.txt", "at 08:00:50 order o1")
	b, err := s.core.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	was := []byte(`"shape":"distributed"}`)
	if bytes.Count(b, was) != 1 {
		t.Fatalf("the snapshot has %d distributed peaks", bytes.Count(b, was))
	}
	b = bytes.Replace(b, was, []byte(`"shape":"distributed"},"spectrum":{"shares_permille":[400,300,200,100],"class":"norm"}`), 1)
	s.core = new(fusion.Core)
	if err := s.core.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	s.core.Restore(s.book, s.index)
	answers := &fusion.Assessment{Neutron: "no", Shape: "plateau", Place: "cargo", Declared: "yes", Guard: "no", Speed: "yes"}
	id := p.ID
	if got := s.give(fusion.Order{ID: "a", Action: fusion.Assess, Passage: id, User: "aigerim", Role: "officer", Assessment: answers}); !strings.HasPrefix(got, "order: assessed") {
		t.Fatal(got)
	}
	p = s.core.Passages(nil)[0]
	a := p.Adjudication
	if a.Norm.Grade != rules.GradeA || a.Proposed.Declared != rules.AnswerYes || a.Proposed.Place != "cargo" {
		t.Fatalf("norm %+v, proposed %+v", a.Norm, a.Proposed)
	}
	if i := slices.IndexFunc(a.Card, func(c fusion.CardStep) bool { return c.ID == "repeat" }); a.Card[i].State != fusion.CardNotNeeded {
		t.Errorf("card %+v", a.Card)
	}
	if p.Green || p.Phase != fusion.Awaiting || p.Verdict != rules.Exceeds {
		t.Errorf("phase %s verdict %s green %v", p.Phase, p.Verdict, p.Green)
	}
	for _, x := range []struct{ id, user, role, want string }{
		{"b", "aigerim", "officer", "pending: code 4, norm by aigerim waits"},
		{"c", "aigerim", "officer", "pending"},
		{"d", "dauren", "officer", "refused: adjudicate refused: one of the two"},
		{"e", "saule", "radiation_officer", "order: code 4, norm by aigerim and saule"},
	} {
		if got := s.give(fusion.Order{ID: x.id, Action: fusion.Adjudicate, Passage: id, User: x.user, Role: x.role, Code: 4}); !strings.HasPrefix(got, x.want) {
			t.Errorf("%s of %s: %s, want %s", x.id, x.user, got, x.want)
		}
	}
	p = s.core.Passages(nil)[0]
	if c := p.Adjudication.Coded; c == nil || c.Second != "saule" || !slices.Equal(c.HS, []string{"3104209000"}) || c.Declaration != "d1" || c.Group != "innocent" {
		t.Errorf("coded %+v", c)
	}
	for _, x := range s.outs {
		if x.Signal != nil {
			t.Errorf("signal %+v", x.Signal)
		}
	}
	if p.Phase != fusion.Awaiting {
		t.Errorf("phase %s after a code", p.Phase)
	}
}

// What a repeat pass or an inspection adds to a case never changes what was published before.
func TestACaseIsNeverChangedInPlace(t *testing.T) {
	s, p := upTo(t, "radiation_repeat.txt", "at 08:00:45 order o1")
	var held fusion.Passage
	p.CopyTo(&held)
	before, err := json.Marshal(&held)
	if err != nil {
		t.Fatal(err)
	}
	dose := quant.DoseRate(140_000)
	for _, o := range []fusion.Order{
		{ID: "a", Action: fusion.RepeatPass, Passage: p.ID, User: "aigerim", Role: "officer"},
		{ID: "b", Action: fusion.Inspect, Passage: p.ID, User: "saule", Role: "radiation_officer", Inspection: &fusion.Inspection{Dose1m: &dose, Neutron: "yes", Instrument: "Finder", Serial: "1", Nuclides: []string{"cf252"}}},
		{ID: "c", Action: fusion.Adjudicate, Passage: p.ID, User: "saule", Role: "radiation_officer", Code: 2, Class: "industrial", Text: "a neutron gauge in the load"},
	} {
		if got := s.give(o); strings.HasPrefix(got, "refused") {
			t.Fatal(got)
		}
	}
	a := s.core.Passages(nil)[0].Adjudication
	if !slices.Equal(a.Why, []string{"neutron", "dose"}) || a.Safety != fusion.Evacuate || !slices.Equal(a.Inspections[0].Nuclides, []string{"Cf-252"}) || a.Inspections[0].User != "saule" || a.Pending == nil {
		t.Errorf("case %+v", a)
	}
	after, err := json.Marshal(&held)
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Errorf("the copy changed:\n%s\n%s", before, after)
	}
}

// The bay behind the barrier is slow: an open case outlives the other closed passages, but
// not without end.
func TestAnOpenCaseOutlivesOtherClosedPassages(t *testing.T) {
	p := params()
	p.Secondary = "beyond"
	r := newRig(t, p, goods)
	drive := func(alarm bool) (id string) {
		l := legal("123AB02", r.now.Add(time.Minute))
		l.alarm = alarm
		r.pass(l)
		r.arrive()
		if id = r.last().ID; alarm {
			r.order(fusion.Order{ID: "s" + id, Action: fusion.Secondary, Passage: id})
		}
		r.leave()
		r.see("io", r.now.Add(time.Second), &obs.Presence{Signal: "barrier_up"})
		r.see("io", r.now.Add(time.Second), &obs.Presence{Signal: "barrier_down", On: true})
		return id
	}
	assess := func(id, order string) string {
		answers := &fusion.Assessment{Neutron: "no", Shape: "peak", Place: "cargo", Declared: "no", Guard: "no", Speed: "yes"}
		r.order(fusion.Order{ID: order, Action: fusion.Assess, Passage: id, Assessment: answers})
		return r.log[len(r.log)-1]
	}
	first, plain := drive(true), drive(false)
	for range 20 {
		drive(false)
	}
	if got := assess(first, "a1"); !strings.HasPrefix(got, "order: assessed") {
		t.Errorf("after 21 others: %s", got)
	}
	if got := assess(plain, "a2"); !strings.Contains(got, "there is no passage") {
		t.Errorf("the one behind it after 20 others: %s", got)
	}
	for range 16 {
		drive(true)
	}
	if got := assess(first, "a3"); !strings.Contains(got, "there is no passage") {
		t.Errorf("after 16 other cases: %s", got)
	}
	if !slices.ContainsFunc(r.log, func(e string) bool { return strings.Contains(e, "more than 16 radiation alarms") }) {
		t.Error("nobody was told that a case is lost")
	}
}

// What was learnt of the lane judges in place of the program's factor.
func TestWhatALaneHasLearntJudges(t *testing.T) {
	p := params()
	p.Norm = &rules.NormLearnt{Version: "norm-1", Factors: []rules.LaneFactor{{Lane: "1", Factor: 144, Cases: 9}}}
	potash := declaration("d1", "123AB02", "12ABC02", 22000, "3104209000")
	expected := func(p *fusion.Params) (factor string, permille int32) {
		r := newRig(t, p, potash)
		l := legal("123AB02", t0.Add(time.Second))
		l.alarm = true
		r.pass(l)
		n := r.last().Adjudication.Norm
		return n.Factor, n.Expected
	}
	plain, was := expected(params())
	learnt, is := expected(p)
	if plain != "default" || learnt != "norm-1" || is < 2*was-2 || is > 2*was+2 {
		t.Errorf("%s %d, %s %d: want twice as much", plain, was, learnt, is)
	}
}
