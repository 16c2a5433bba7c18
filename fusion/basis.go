package fusion

import (
	"acsgd/fusion/rules"
	"acsgd/internal/decl"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
)

// Basis is what the judgement of a passage rests on beside its measurements and papers:
// with it the passage can be judged again, anywhere and years later. The zero Basis is of a
// passage that was not judged by a law yet.
type Basis struct {
	Book      string        `json:"book"`             // version of the tables
	Pack      string        `json:"pack"`             // that judged
	Advice    []string      `json:"advice,omitempty"` // packs that advised
	Date      string        `json:"date"`             // the day whose law counted
	Class     string        `json:"class,omitempty"`  // told by the outline
	Region    string        `json:"region,omitempty"`
	Site      string        `json:"site,omitempty"`
	RoadClass quant.Mass    `json:"road_class_kg,omitempty"`
	Certain   bool          `json:"certain,omitempty"` // the declaration was the vehicle's own beyond doubt
	Unsure    string        `json:"unsure,omitempty"`  // why no mass was judged although none is flagged
	Reasons   rules.Reasons `json:"reasons,omitzero"`
	Partial   bool          `json:"partial,omitempty"` // the weighing goes on: only its axles were judged last
}

// remember keeps what x was made of beside the passage itself.
func (c *Core) remember(v *visit, x *rules.Vehicle, partial bool) {
	p := c.s.Params
	v.Basis = Basis{Pack: p.Pack, Advice: p.Advice, Date: x.Date, Class: x.Class, Region: x.Region, Site: x.Site,
		RoadClass: x.RoadClass, Certain: v.certain(), Unsure: v.unjudged(), Reasons: x.Reasons, Partial: partial}
	if c.book != nil {
		v.Basis.Book = c.book.Version
	}
}

// classify names the shape of the vehicle for screens and statistics.
func (c *Core) classify(v *visit, x *rules.Vehicle) {
	var b [32]byte
	if s := rules.AppendPattern(b[:0], x); string(s) != v.Pattern {
		v.Pattern = string(s)
	}
	if v.Class13 = 0; c.book != nil {
		v.Class13 = c.book.Class13(x)
	}
}

// Vehicle is the vehicle as the rules judged it; nil if no law did.
func (p *Passage) Vehicle() *rules.Vehicle {
	b := &p.Basis
	if b.Pack == "" {
		return nil
	}
	x := &rules.Vehicle{ID: p.ID, Date: b.Date, Class: b.Class, Region: b.Region, Site: b.Site, RoadClass: b.RoadClass, Reasons: b.Reasons, Instrument: true}
	if p.Declaration != nil {
		x.Carriage = "international"
		plates, permit := []string(nil), rules.Permit{}
		present(p.Declaration, b.Certain, x, &plates, &permit)
	}
	for i := range p.Axles {
		a := &p.Axles[i]
		r := rules.Axle{Gap: a.Gap, Mass: &a.Mass, Reason: a.unusable(i, b.Unsure)}
		if a.U > 0 {
			r.U = &a.U
		}
		r.Group, r.GroupMass, r.GroupU = a.Group, a.GroupMass, a.GroupU
		r.GroupReason = a.groupUnusable(i, b.Unsure)
		x.UGap = max(x.UGap, a.UGap)
		x.Axles = append(x.Axles, r)
	}
	if g := p.Gross; g != nil {
		x.Gross = &g.Mass
		if g.U > 0 {
			x.UMass = &g.U
		}
	}
	if s := p.Size; s != nil {
		set := func(reason string, value, u *quant.Length, to, toU **quant.Length) {
			if reason != "" {
				return
			}
			if *to = value; *u > 0 {
				*toU = u
			}
		}
		set(b.Reasons.Length, &s.Length, &s.ULength, &x.Length, &x.ULen)
		set(b.Reasons.Width, &s.Width, &s.UWidth, &x.Width, &x.UWid)
		set(b.Reasons.Height, &s.Height, &s.UHeight, &x.Height, &x.UHei)
	}
	return x
}

// unusable says why axle i of a vehicle must not be judged; "" = it may.
func (a *AxleLoad) unusable(i int, unsure string) string {
	why := usable(a.Flags)
	switch {
	case why == string(obs.GroupLoad):
		return "measured as a group"
	case why != "":
		return why
	case unsure != "":
		return unsure
	case a.U <= 0: // the gross mass's is not this axle's
		return "no uncertainty"
	case i > 0 && a.Gap == 0:
		return "axle spacing not measured"
	}
	return ""
}

// groupUnusable says why the load of the group that axle i is in must not be judged; "" = it
// may, as far as this axle goes. That the axle was never alone does not matter to it.
func (a *AxleLoad) groupUnusable(i int, unsure string) string {
	for _, f := range a.Flags {
		if f.Voids() && f != obs.GroupLoad {
			return string(f)
		}
	}
	if unsure == "" && i > 0 && a.Gap == 0 {
		return "axle spacing not measured"
	}
	return unsure
}

// present puts the special permit of a declaration before the rules: of several, one that
// covers the vehicle. Whose permit it is can be told once the declaration is certain; until
// then the plates are not known. What x points to afterwards is in plates and permit.
func present(d *decl.Declaration, certain bool, x *rules.Vehicle, plates *[]string, permit *rules.Permit) {
	if *plates = (*plates)[:0]; certain {
		for i := range d.Units {
			*plates = append(*plates, d.Units[i].Plate)
		}
		x.Plates = *plates
	}
	for i := range d.Permits {
		doc := &d.Permits[i]
		if doc.Special == nil && doc.Kind != decl.SpecialPermit {
			continue
		}
		p := rules.Permit{Number: doc.ID}
		if doc.Special != nil {
			p.Special = *doc.Special
		}
		if x.Permit != nil {
			if covers, _ := p.Covers(x); covers != rules.Yes {
				continue
			}
		}
		*permit = p
		x.Permit = permit
	}
}
