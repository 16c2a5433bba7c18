package fusion_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/obs"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// twoViews is a lorry that stands before the barrier, seen by two cameras at its front, one
// at its rear, and a second reader of all their pictures.
func twoViews(t *testing.T) *rig {
	t.Helper()
	p := params()
	p.Devices = append(p.Devices, fusion.Instrument{Name: "cam-b", Class: "anpr", Station: 2000, Role: "front"},
		fusion.Instrument{Name: "rear", Class: "anpr", Station: 2000, Role: "trailer"},
		fusion.Instrument{Name: "reader", Class: "anpr", Station: 2000})
	r := newRig(t, p, declaration("D1", "123ABC02", "45XYZ02", 37_400, "8708999709"))
	at := t0.Add(time.Second)
	r.see("io", at, &obs.Presence{Signal: "loop_entry", On: true})
	chars := func(text string, sure quant.Prob) (cs []obs.Char) {
		for _, c := range text {
			cs = append(cs, obs.Char{C: string(c), P: sure})
		}
		return cs
	}
	read := func(dev, text string, sure quant.Prob, more obs.Plate) {
		at = at.Add(100 * time.Millisecond)
		more.Text, more.Confidence, more.Chars = text, sure, chars(text, sure)
		r.see(dev, at, &more)
	}
	read("cam", "I23A8C02", 800_000, obs.Plate{EventID: "e1", Images: []string{"crop-front"},
		Candidates: []obs.Candidate{{Text: "I23A8C02", P: 600_000}, {Text: "I23ABC02", P: 200_000}}})
	read("cam-b", "123A8C02", 900_000, obs.Plate{EventID: "e2", Images: []string{"crop-front-b"}})
	read("rear", "45XYZ02", 990_000, obs.Plate{EventID: "e3", Images: []string{"crop-rear"}})
	read("reader", "123ABCO2", 700_000, obs.Plate{Parent: "crop-front"})
	read("reader", "45XYZ0Z", 700_000, obs.Plate{Parent: "crop-rear"})
	r.wait(10 * time.Second)
	return r
}

// kept gives the passage as the archive holds it.
func (r *rig) kept() *fusion.Passage {
	r.t.Helper()
	b, err := json.Marshal(r.core.Passages(nil)[0])
	if err != nil {
		r.t.Fatal(err)
	}
	p := new(fusion.Passage)
	if err := json.Unmarshal(b, p); err != nil {
		r.t.Fatal(err)
	}
	return p
}

func readOf(t *testing.T, p *fusion.Passage, device string) *fusion.PlateRead {
	t.Helper()
	i := slices.IndexFunc(p.Plates, func(r fusion.PlateRead) bool { return r.Source == device })
	if i < 0 {
		t.Fatalf("no reading of %s", device)
	}
	return &p.Plates[i]
}

// What the second reader says of a picture is of the plate that the picture shows.
func TestASecondReaderHasTheViewOfItsPicture(t *testing.T) {
	p := twoViews(t).kept()
	if len(p.Plates) != 5 {
		t.Fatalf("%d readings, want 5", len(p.Plates))
	}
	for i, want := range []obs.PlateRole{"front", "front", "trailer", "front", "trailer"} {
		if p.Plates[i].Role != want {
			t.Errorf("reading %d of %s is of the %q, want %q", i, p.Plates[i].Source, p.Plates[i].Role, want)
		}
	}
}

// An order that names its reading corrects that one, whatever stands before it.
func TestTheReadingThatWasSeenIsCorrected(t *testing.T) {
	r := twoViews(t)
	b := readOf(t, r.kept(), "cam-b")
	at := r.now
	r.order(fusion.Order{ID: "o1", Action: fusion.CorrectPlate, Passage: r.kept().ID, Plate: "123 аВc-02", PlateRole: "front", PlateDevice: "cam-b", PlateSeq: b.Seq})
	p := r.kept()
	b = readOf(t, p, "cam-b")
	if b.Text != "123A8C02" || len(b.Chars) != 8 || b.Chars[4].C != "8" || b.Chars[4].P != 900_000 {
		t.Errorf("what was read is now %q %v", b.Text, b.Chars)
	}
	if b.Corrected != "123ABC02" || b.By != "aigerim" || !b.Confirmed.Equal(at) {
		t.Errorf("corrected to %q by %q at %v", b.Corrected, b.By, b.Confirmed)
	}
	if c := readOf(t, p, "cam"); c.Corrected != "" || len(c.Candidates) != 2 {
		t.Errorf("the other camera's reading has become %+v", c)
	}
	if p.Match.State != "matched" || p.Declaration == nil || p.Declaration.ID != "D1" {
		t.Errorf("match %+v", p.Match)
	}
	if !slices.Contains(r.log, "order: plate corrected: 123A8C02 is 123ABC02 (cam-b)") {
		t.Errorf("log: %q", r.log)
	}
	last := p.History[slices.IndexFunc(p.History, func(e fusion.Event) bool { return strings.HasPrefix(e.Text, "plate corrected") })]
	if last.User != "aigerim" || last.Order != "o1" {
		t.Errorf("the record says it was %q with order %q", last.User, last.Order)
	}
	for i := range p.Plates { // the plate's other readings count no more, the trailer's do
		q := &p.Plates[i]
		if want := q.Role == obs.Front && q.Source != "cam-b"; p.Overruled(q) != want {
			t.Errorf("%s %s overruled: %v, want %v", q.Source, q.Text, !want, want)
		}
	}
}

// The second reader is one device for all views: its reading of the front tells nothing of
// the trailer's.
func TestACorrectedSecondReadingLeavesTheOtherViews(t *testing.T) {
	r := twoViews(t)
	q := readOf(t, r.kept(), "reader")
	r.order(fusion.Order{ID: "o1", Action: fusion.CorrectPlate, Passage: r.kept().ID, Plate: "123ABC02", PlateRole: "front", PlateDevice: "reader", PlateSeq: q.Seq})
	p := r.kept()
	for i := range p.Plates {
		if q := &p.Plates[i]; q.Role == obs.Trailer && (q.Corrected != "" || p.Overruled(q)) {
			t.Errorf("the trailer's %q of %s: corrected %q, overruled %v", q.Text, q.Source, q.Corrected, p.Overruled(q))
		}
	}
	if readOf(t, p, "reader").Corrected != "123ABC02" {
		t.Errorf("%+v", p.Plates)
	}
}

// A reading that an officer has looked at and found right is as good to learn from.
func TestARightReadingIsConfirmed(t *testing.T) {
	r := twoViews(t)
	q := readOf(t, r.kept(), "rear")
	r.order(fusion.Order{ID: "o1", Action: fusion.CorrectPlate, Passage: r.kept().ID, Plate: "45XYZ02", PlateRole: "trailer", PlateDevice: "rear", PlateSeq: q.Seq})
	if q = readOf(t, r.kept(), "rear"); q.Corrected != q.Text || q.By != "aigerim" || q.Confirmed.IsZero() {
		t.Errorf("%+v", q)
	}
	if !slices.Contains(r.log, "order: plate confirmed: 45XYZ02 (rear)") {
		t.Errorf("log: %q", r.log)
	}
}

// One plate has one text: what an officer says last of it stands for all its readings.
func TestTheLastWordAboutAPlateStands(t *testing.T) {
	r := twoViews(t)
	for i, o := range []fusion.Order{{Plate: "999ZZZ01", PlateDevice: "cam"}, {Plate: "123ABC02", PlateDevice: "cam-b"}} {
		o.ID, o.Action, o.Passage, o.PlateRole = string(rune('a'+i)), fusion.CorrectPlate, r.kept().ID, "front"
		r.order(o)
	}
	p := r.kept()
	if a, b := readOf(t, p, "cam"), readOf(t, p, "cam-b"); a.Corrected != "123ABC02" || b.Corrected != "123ABC02" {
		t.Errorf("corrected to %q and %q", a.Corrected, b.Corrected)
	}
	if q := readOf(t, p, "rear"); q.Corrected != "" {
		t.Errorf("the trailer's is corrected to %q", q.Corrected)
	}
}

// A camera may push its event once more while the officer types.
func TestAReadingThatWasReplacedMeanwhileIsCorrected(t *testing.T) {
	r := twoViews(t)
	seen := readOf(t, r.kept(), "cam").Seq
	r.see("cam", r.now, &obs.Plate{Text: "I23ABCO2", Confidence: 950_000, EventID: "e1"})
	if now := readOf(t, r.kept(), "cam"); now.Seq == seen || now.Text != "I23ABCO2" {
		t.Fatalf("it was not replaced: %+v", now)
	}
	r.order(fusion.Order{ID: "o1", Action: fusion.CorrectPlate, Passage: r.kept().ID, Plate: "123ABC02", PlateRole: "front", PlateDevice: "cam", PlateSeq: seen})
	r.see("cam", r.now, &obs.Plate{Text: "I23AB002", Confidence: 960_000, EventID: "e1"})
	q := readOf(t, r.kept(), "cam")
	if q.Text != "I23AB002" || q.Corrected != "123ABC02" || q.By != "aigerim" || q.Confirmed.IsZero() {
		t.Errorf("%+v", q)
	}
}

func TestACorrectionThatCannotBeIsRefused(t *testing.T) {
	for plate, why := range map[string]string{
		" - ":              "no plate is given",
		"1234567890123456": "a plate has at most 15 characters",
		"12一A":             "no plate has the character 一",
		"123ABC02":         "there is no reading of cam-9",
	} {
		r := twoViews(t)
		r.order(fusion.Order{ID: "o1", Action: fusion.CorrectPlate, Passage: r.kept().ID, Plate: plate, PlateRole: "front", PlateDevice: "cam-9"})
		if !slices.Contains(r.log, "refused: correct_plate refused: "+why) {
			t.Errorf("%q: %q", plate, r.log[len(r.log)-1])
		}
		for _, q := range r.kept().Plates {
			if q.Corrected != "" {
				t.Errorf("%q has corrected %+v", plate, q)
			}
		}
	}
}

// Orders of older consoles name no reading: journals that hold them play as they did.
func TestAnOrderWithoutAReadingTakesTheFirstOfItsRole(t *testing.T) {
	r := twoViews(t)
	r.order(fusion.Order{ID: "o1", Action: fusion.CorrectPlate, Passage: r.kept().ID, Plate: "123ABC02", PlateRole: "front"})
	q := readOf(t, r.kept(), "cam")
	if q.Corrected != "123ABC02" || !q.Confirmed.IsZero() || !slices.Contains(r.log, "order: plate corrected: I23A8C02 is 123ABC02") {
		t.Errorf("%+v, log %q", q, r.log)
	}
}

// Everything that was read of a confirmed plate makes a pair to learn confusions from: the
// archived record is enough.
func TestPairsToLearnFromStandInTheRecord(t *testing.T) {
	r := twoViews(t)
	for i, o := range []fusion.Order{{Plate: "123ABC02", PlateRole: "front", PlateDevice: "cam"}, {Plate: "45XYZ02", PlateRole: "trailer", PlateDevice: "rear"}} {
		o.ID, o.Action, o.Passage = string(rune('a'+i)), fusion.CorrectPlate, r.kept().ID
		r.order(o)
	}
	p := r.kept()
	var pairs []string
	for i := range p.Plates {
		q := &p.Plates[i]
		for k := range p.Plates {
			if by := &p.Plates[k]; by.Corrected != "" && (i == k || by.Role == q.Role) {
				pairs = append(pairs, q.Source+" "+by.Corrected+" "+q.Text)
				if len(q.Chars) != len(q.Text) || plate.Normalise(by.Corrected) != by.Corrected {
					t.Errorf("%s: %d characters of %q, confirmed %q", q.Source, len(q.Chars), q.Text, by.Corrected)
				}
			}
		}
	}
	want := []string{"cam 123ABC02 I23A8C02", "cam-b 123ABC02 123A8C02", "rear 45XYZ02 45XYZ02", "reader 123ABC02 123ABCO2", "reader 45XYZ02 45XYZ0Z"}
	if !slices.Equal(pairs, want) {
		t.Errorf("pairs %q,\nwant %q", pairs, want)
	}
}
