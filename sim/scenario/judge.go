package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"acsgd/internal/quant"
)

// Fault kinds of a judgement.
const (
	Missed = "missed" // something true was not reported
	False  = "false"  // something reported is not true
)

// Fault is one difference between what was expected and what was reported.
type Fault struct {
	Kind string // Missed or False
	Text string
}

// Outcome is the judgement of one vehicle.
type Outcome struct {
	Passing  *Passing
	Passages []*Passage // those reported for it, usually one
	Faults   []Fault
}

// slop is how much earlier than the front reaches the entry loop a passage may be reported.
const slop = 1500 * time.Millisecond

// Assign gives each vehicle of a lane the passages that were opened from its entry to the
// entry of the next one. extra are those of before the first vehicle.
func Assign(passings []*Passing, reported []*Passage) (outcomes []*Outcome, extra []*Passage) {
	reported = slices.Clone(reported)
	slices.SortStableFunc(reported, func(a, b *Passage) int { return a.Opened.Compare(b.Opened) })
	var came []*Passing
	for _, p := range passings {
		if !p.Entry.IsZero() {
			came = append(came, p)
		}
	}
	slices.SortStableFunc(came, func(a, b *Passing) int { return a.Entry.Compare(b.Entry) })
	k := 0
	for i, p := range came {
		for ; i == 0 && k < len(reported) && reported[k].Opened.Before(p.Entry.Add(-slop)); k++ {
			extra = append(extra, reported[k])
		}
		o := &Outcome{Passing: p}
		for ; k < len(reported) && (i+1 == len(came) || reported[k].Opened.Before(came[i+1].Entry.Add(-slop))); k++ {
			o.Passages = append(o.Passages, reported[k])
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, append(extra, reported[k:]...)
}

// Judge compares what was reported on one vehicle with what was expected. check is the
// scenario's accuracy.
func (o *Outcome) Judge(check string) {
	e := &o.Passing.Expect
	add := func(kind, format string, args ...any) {
		o.Faults = append(o.Faults, Fault{kind, fmt.Sprintf(format, args...)})
	}
	if len(o.Passages) == 0 {
		if e.Seen == "merged" {
			return // in the passage before it, which an officer must decide
		}
		add(Missed, "the vehicle was not seen at all")
		return
	}
	if len(o.Passages) > 1 && e.Seen != "any" && e.Seen != "merged" {
		add(False, "%d passages were reported, want one: %s", len(o.Passages), ids(o.Passages))
	}
	p := fullest(o.Passages)
	o.judgePassage(p, e, add)
	o.judgeFindings(p, e, add)
	if check == "check" {
		o.judgeMeasures(p, add)
	}
}

func ids(ps []*Passage) string {
	var s []string
	for _, p := range ps {
		s = append(s, p.ID)
	}
	return strings.Join(s, ", ")
}

// fullest is the passage that most was measured of.
func fullest(ps []*Passage) *Passage {
	best := ps[0]
	rank := func(p *Passage) int {
		n := len(p.Axles) + len(p.Plates)
		if p.Size != nil {
			n += 5
		}
		return n
	}
	for _, p := range ps[1:] {
		if rank(p) > rank(best) {
			best = p
		}
	}
	return best
}

type adder func(kind, format string, args ...any)

func (o *Outcome) judgePassage(p *Passage, e *Expect, add adder) {
	if !p.Final {
		add(Missed, "%s: no final verdict (phase %s, missing %v)", p.ID, p.Phase, p.Missing)
	}
	if !oneOf(e.Verdict, p.Verdict) {
		kind := False
		if p.Verdict != "exceeds" {
			kind = Missed
		}
		add(kind, "%s: verdict %s, want %s; %s", p.ID, p.Verdict, e.Verdict, open(p))
	}
	switch {
	case e.Path == "green" && !p.Green:
		add(Missed, "%s: was not released by the green path (phase %s, match %s; %s)", p.ID, p.Phase, p.Match.State, open(p))
	case e.Path == "officer" && p.Green:
		add(False, "%s: was released by the green path, want an officer to decide", p.ID)
	}
	if !oneOf(e.Match, p.Match.State) {
		add(Missed, "%s: match %s, want %s; plates %v", p.ID, p.Match.State, e.Match, plates(p))
	}
	if p.Match.State == "matched" && !o.own(p) {
		add(False, "%s: matched with another vehicle's declaration", p.ID)
	}
	for _, class := range e.Missing {
		if !slices.ContainsFunc(p.Missing, func(name string) bool { return strings.HasPrefix(name, class+"-") || name == class }) {
			add(Missed, "%s: %s is not named as missing: %v", p.ID, class, p.Missing)
		}
	}
}

// own reports whether the matched declaration is the vehicle's.
func (o *Outcome) own(p *Passage) bool {
	v := o.Passing.Vehicle
	if p.Declaration == nil || o.Passing.Papers == nil {
		return false
	}
	for _, u := range p.Declaration.Units {
		if u.Plate == v.Front.Text || v.Trailer.Text != "" && u.Plate == v.Trailer.Text {
			return true
		}
	}
	return false
}

func plates(p *Passage) (s []string) {
	for _, r := range p.Plates {
		s = append(s, r.Role+" "+r.Text)
	}
	return s
}

// open lists the findings that are not within.
func open(p *Passage) string {
	var s []string
	for i := range p.Findings {
		if p.Findings[i].Verdict != "within" {
			s = append(s, p.Findings[i].String())
		}
	}
	if s == nil {
		return "everything is within"
	}
	return strings.Join(s, "; ")
}

func (o *Outcome) judgeFindings(p *Passage, e *Expect, add adder) {
	for i := range e.Finding {
		if !slices.ContainsFunc(p.Findings, func(r Reported) bool { return e.Finding[i].fits(&r) }) {
			add(Missed, "%s: finding %v is missing; reported: %s", p.ID, &e.Finding[i], open(p))
		}
	}
	for i := range p.Findings {
		r := &p.Findings[i]
		fits := func(f Finding) bool { return f.fits(r) }
		if slices.ContainsFunc(e.Not, fits) {
			add(False, "%s: finding %v must not appear", p.ID, r)
			continue
		}
		if r.Verdict != "within" && !slices.ContainsFunc(e.Finding, fits) && !slices.ContainsFunc(e.May, fits) {
			add(False, "%s: finding %v was not expected", p.ID, r)
		}
	}
}

// judgeMeasures compares what was measured with the truth. The uncertainty is a 95 % one:
// twice as much is let pass, four standard deviations, and a division or a beam's width.
func (o *Outcome) judgeMeasures(p *Passage, add adder) {
	v := o.Passing.Vehicle
	near := func(what string, got, want, u, floor int64, flags []string) {
		if u == 0 || slices.ContainsFunc(flags, voids) {
			return // not measured, or not to be used: nothing false was said
		}
		if d := max(got-want, want-got); d > 2*u+floor {
			add(False, "%s: %s measured %d ± %d, truly %d", p.ID, what, got, u, want)
		}
	}
	if g := p.Gross; g != nil {
		near("gross mass, kg,", int64(g.Mass/quant.Kilogram), int64(v.Gross()/quant.Kilogram), int64(g.U/quant.Kilogram), 40, g.Flags)
		if n := len(v.Axles); len(p.Axles) != n && (len(p.Axles) > 0 || o.Passing.Scale.Mode != Whole) && !slices.ContainsFunc(g.Flags, voids) {
			add(False, "%s: %d axles weighed, want %d", p.ID, len(p.Axles), n)
		}
	}
	if s := p.Size; s != nil {
		near("length, mm,", int64(s.Length), int64(v.Length), int64(s.ULength), 20, s.Flags)
		near("width, mm,", int64(s.Width), int64(v.Width), int64(s.UWidth), 20, s.Flags)
		near("height, mm,", int64(s.Height), int64(v.Height), int64(s.UHeight), 10, s.Flags)
	}
}

// voids reports whether a quality flag takes a value out of judgement; remarks do not.
func voids(flag string) bool {
	return !slices.Contains([]string{"stopped_on_platform", "rollback", "clock_unset", "one_scanner", "one_platform", "simulated"}, flag)
}
