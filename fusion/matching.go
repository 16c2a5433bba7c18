package fusion

import (
	"cmp"
	"strings"

	"acsgd/fusion/match"
	"acsgd/internal/decl"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// match weighs what was read against the expected arrivals.
func (c *Core) match(v *visit) {
	ev := v.matchedBy()
	was, before := v.Match.State, v.best()
	v.Match = c.scratch.matcher.Match(c.index, ev, acceptMatch, c.prior(v))
	if v.Chosen != "" {
		v.Match.State = match.Matched
		v.Match.Declared = choose(v.Match.Declared, c.index.ByID(v.Chosen), v.Chosen)
	}
	v.contest()
	v.Declared = c.s.Lane.Index
	v.Declaration = nil
	if v.Match.State == match.Matched {
		v.Declaration = c.index.ByID(v.best())
	}
	if v.Gross != nil {
		v.Gross.Declared = 0
		if v.Declaration != nil {
			v.Gross.Declared = v.Declaration.Totals.Gross
		}
	}
	if v.Match.State != was || v.best() != before {
		v.material = true
		if was != "" || v.Match.State != match.None {
			c.note(v, Updated, "matched", 0, strings.TrimRight("declaration "+string(v.Match.State)+" "+v.best(), " "))
		}
	}
	v.judge = everything
}

// EvidenceOf is what the cameras of a passage said, as if nobody had corrected them: for
// whoever tries other channels on it.
func EvidenceOf(p *Passage) match.Evidence {
	v := &visit{Passage: *p}
	v.Plates = nil
	for _, r := range p.Plates {
		if r.Source == "officer" {
			continue // entered by hand, no camera has read it
		}
		r.Corrected = ""
		v.Plates = append(v.Plates, r)
	}
	return v.matchedBy()
}

// matchedBy collects what was read, and the mass where it can be relied on.
func (v *visit) matchedBy() (ev match.Evidence) {
	for i := range v.Plates {
		p := &v.Plates[i]
		camera, reader := v.viewOf(p)
		if p.Container != "" {
			ev.Containers = append(ev.Containers, p.Container)
		}
		if p.Corrected != "" {
			ev.Reads = append(ev.Reads, match.Read{Text: plate.Normalise(p.Corrected), P: quant.Certain, Role: p.Role, Country: p.Country, Camera: camera})
			continue
		}
		if v.Overruled(p) {
			continue
		}
		if p.Text != "" {
			ev.Reads = append(ev.Reads, match.Read{Text: p.Text, P: p.Confidence, Role: p.Role, Country: p.Country, Camera: camera, Reader: reader, Chars: p.Chars})
		}
		for _, a := range p.Candidates {
			if a.Text != p.Text {
				ev.Reads = append(ev.Reads, match.Read{Text: a.Text, P: a.P, Role: p.Role, Country: p.Country, Camera: camera, Reader: reader})
			}
		}
	}
	if v.Gross != nil && usable(v.Gross.Flags) == "" && v.loadsUnsure() == "" {
		ev.Gross, ev.UGross = v.Gross.Mass, v.Gross.U
	}
	return ev
}

func (v *visit) best() string {
	if len(v.Match.Declared) == 0 {
		return ""
	}
	return v.Match.Declared[0].Declaration
}

// choose puts the declaration that an officer named first.
func choose(cs []match.Candidate, d *decl.Declaration, id string) []match.Candidate {
	for i := range cs {
		if cs[i].Declaration == id {
			x := cs[i]
			copy(cs[1:i+1], cs[:i])
			cs[0] = x
			return cs
		}
	}
	chosen := match.Candidate{Declaration: id, Why: []string{"chosen by an officer"}}
	if d != nil { // it may have been withdrawn since
		chosen.Number = cmp.Or(d.MRN, d.LRN)
	}
	return append([]match.Candidate{chosen}, cs[:min(len(cs), 4)]...)
}
