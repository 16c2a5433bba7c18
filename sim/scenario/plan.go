package scenario

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
	"acsgd/sim/declare"
)

// Arrival is one vehicle of a plan.
type Arrival struct {
	Name   string
	Lane   int // from 1
	Story  sim.Story
	At     time.Time // earliest
	After  string    // free, time, tail
	Gap    quant.Length
	Speed  float64 // mm/s
	Motion []Motion
	Faults []FaultPlan
	Expect Expect
	Scale  Scale // of its lane

	Vehicle *sim.Vehicle
	Papers  *declare.Paper // nil: none
	Lodged  time.Time      // when the papers are lodged; before the start for most
}

// Plan is all that happens in one run: equal scenarios and seeds give equal plans.
type Plan struct {
	Scenario *Scenario
	Seed     uint64
	Start    time.Time
	Arrivals []*Arrival // in the order of the file, then the traffic by lane and time
}

// usualMix is the traffic after the first stories, in percent.
func usualMix(rng *rand.Rand) sim.Story {
	x := rng.IntN(100)
	for _, m := range []struct {
		s     sim.Story
		share int
	}{{sim.Clean, 62}, {sim.Overloaded, 10}, {sim.TooHigh, 3}, {sim.Undeclared, 6}, {sim.Understated, 4}, {sim.Potash, 5}, {sim.Smuggled, 2}, {sim.Prohibited, 4}} {
		if x -= m.share; x < 0 {
			return m.s
		}
	}
	return sim.Misread
}

// Plan makes the vehicles. seed 0 takes the scenario's; start is when it begins, the zero
// time takes the scenario's.
func (s *Scenario) Plan(seed uint64, start time.Time) *Plan {
	if seed == 0 {
		seed = s.Seed
	}
	if start.IsZero() {
		start = s.Start
	}
	p := &Plan{Scenario: s, Seed: seed, Start: start}
	made := sim.NewTraffic(seed, "V")
	rng := rand.New(rand.NewPCG(seed, 0x7363656e))
	for i := range s.Vehicles {
		p.Arrivals = append(p.Arrivals, s.Vehicles[i].arrival(i, made, rng, start))
	}
	p.traffic()
	for i, a := range p.Arrivals {
		a.Scale = s.scale(a.Lane)
		if a.Papers != nil {
			a.Papers.Number, a.Papers.Date = i+1, start.Truncate(24*time.Hour)
		}
	}
	return p
}

// arrival makes the vehicle of one table of the file.
func (v *Vehicle) arrival(i int, made *sim.Traffic, rng *rand.Rand, start time.Time) *Arrival {
	story := sim.Story(cmp.Or(v.Story, string(sim.Clean)))
	from := made.Of(story)
	a := &Arrival{Name: v.Name, Lane: v.Lane, Story: story, At: start.Add(v.At), After: v.After, Gap: v.Gap,
		Speed: float64(v.Speed), Motion: v.Motion, Faults: v.Faults, Expect: v.Expect, Vehicle: from.Vehicle}
	if t, ok := sim.TemplateByID(v.Template); ok {
		load := 0.9
		if v.Load != nil {
			load = *v.Load
		}
		x := t.Vehicle(from.Vehicle.ID, load, rng)
		x.Front, x.Trailer, x.Sources = from.Vehicle.Front, from.Vehicle.Trailer, from.Vehicle.Sources
		if len(x.Units) > 1 && x.Trailer.Text == "" {
			x.Trailer = sim.Plate{Text: fmt.Sprintf("%02dTRL%02d", 10+i%90, 1+i%20), Country: v.Country}
		}
		if len(x.Units) < 2 {
			x.Trailer = sim.Plate{}
		}
		a.Vehicle = x
	}
	v.shape(a.Vehicle)
	goods := from.Goods
	if v.Goods != nil || v.Template != "" {
		goods = v.declared(a.Vehicle)
	}
	switch {
	case v.Papers == "none" || !from.Papers:
	case v.Papers == "late":
		a.Lodged = a.At.Add(v.Late)
		fallthrough
	default:
		a.Papers = &declare.Paper{Vehicle: a.Vehicle, Goods: goods}
	}
	if v.Story != "" {
		a.Expect = derived(a, v.Expect)
	}
	return a
}

// shape applies what the file says of the vehicle itself.
func (v *Vehicle) shape(x *sim.Vehicle) {
	if v.Plate != "" {
		x.Front = sim.Plate{Text: v.Plate, Country: v.Country}
	}
	if v.Trailer != "" {
		x.Trailer = sim.Plate{Text: v.Trailer, Country: v.Country}
	}
	for i, m := range v.Axles {
		x.Axles[i].Mass = m
	}
	if v.Shield != nil {
		x.Shield = *v.Shield
	}
	if len(v.Sources) > 0 {
		x.Sources = nil
	}
	for _, s := range v.Sources {
		x.Sources = append(x.Sources, sim.Source{Gamma: s.Gamma, Neutron: s.Neutron, Offset: s.At, Extent: s.Extent, Side: s.Side})
	}
	if v.Length > 0 { // the last part grows or shrinks with it
		for i := range x.Parts {
			if x.Parts[i].To == x.Length {
				x.Parts[i].To = v.Length
			}
		}
		x.Length = v.Length
	}
	cargo := func(p *sim.Part) bool { return p.Name == "trailer" || p.Name == "body" }
	for i := range x.Parts {
		p := &x.Parts[i]
		if v.Height > 0 && cargo(p) {
			p.Top = v.Height
		}
		if v.Width > 0 && cargo(p) {
			p.Left, p.Right = -v.Width/2, v.Width/2
		}
	}
	if v.Height > 0 {
		x.Height = v.Height
	}
	if v.Width > 0 {
		x.Width = v.Width
	}
}

// declared is what stands in the papers; without goods in the file they are ordinary and
// weigh what the vehicle carries.
func (v *Vehicle) declared(x *sim.Vehicle) []sim.Goods {
	var gs []sim.Goods
	for _, g := range v.Goods {
		gs = append(gs, sim.Goods{HS: g.HS, Description: g.Description, Origin: g.Origin, Gross: g.Gross, Packages: g.Packages})
	}
	if gs != nil {
		return gs
	}
	return declare.Ordinary(max(cargo(x), quant.Kg(300)))
}

// cargo is what a vehicle carries over its template's empty mass, in whole kilograms.
func cargo(x *sim.Vehicle) quant.Mass {
	m := x.Gross()
	if t, ok := sim.TemplateByID(x.Template); ok {
		for _, kg := range t.Empty {
			m -= quant.Kg(kg)
		}
	}
	return m / quant.Kilogram * quant.Kilogram
}

// traffic adds the random vehicles: each lane has its own stream, so that lanes do not
// change one another.
func (p *Plan) traffic() {
	t := p.Scenario.Traffic
	if t == nil {
		return
	}
	type stream struct {
		made *sim.Traffic
		rng  *rand.Rand
		at   time.Time
		n    int
	}
	lanes := make([]stream, p.Scenario.Lanes)
	for i := range lanes {
		lanes[i] = stream{sim.NewTraffic(p.Seed*1000+uint64(i), fmt.Sprintf("L%d", i+1)),
			rand.New(rand.NewPCG(p.Seed, uint64(i)+1)), p.Start, 0}
	}
	taken := map[string]bool{}
	for _, a := range p.Arrivals {
		taken[a.Vehicle.Front.Text] = true
	}
	var all []*Arrival
	for n := 0; t.Vehicles == 0 || n < t.Vehicles; n++ {
		i := n % len(lanes)
		if t.Vehicles == 0 { // the lane whose next vehicle comes first
			for k := range lanes {
				if lanes[k].at.Before(lanes[i].at) {
					i = k
				}
			}
		}
		l := &lanes[i]
		wait := -math.Log(1-l.rng.Float64()) * float64(t.Headway)
		l.at = l.at.Add(time.Duration(min(wait, 6*float64(t.Headway))).Truncate(time.Millisecond))
		if p.Scenario.Length > 0 && l.at.Sub(p.Start) > p.Scenario.Length {
			if t.Vehicles == 0 && !slices.ContainsFunc(lanes, func(x stream) bool { return x.at.Sub(p.Start) <= p.Scenario.Length }) {
				break
			}
			continue
		}
		story := usualMix(l.rng)
		if l.n < len(t.Stories) {
			story = sim.Story(t.Stories[(l.n+i)%len(t.Stories)])
		}
		l.n++
		from := l.made.Of(story)
		for taken[from.Vehicle.Front.Text] || taken[from.Vehicle.Trailer.Text] { // no plate is given out twice
			from = l.made.Of(story)
		}
		taken[from.Vehicle.Front.Text] = true
		taken[from.Vehicle.Trailer.Text] = from.Vehicle.Trailer.Text != ""
		a := &Arrival{Name: from.Vehicle.ID + " " + string(story), Lane: i + 1, Story: story, At: l.at, After: "free", Speed: from.Speed, Vehicle: from.Vehicle}
		if paper, ok := declare.Of(from, 0, p.Start); ok {
			a.Papers = &paper
		}
		if story == sim.Misread {
			a.Faults = []FaultPlan{{Device: "front", Kind: Misread, Plate: wrongCharacter(a.Vehicle.Front.Text, l.rng)}}
		}
		a.Expect = derived(a, Expect{})
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b *Arrival) int { return a.At.Compare(b.At) })
	p.Arrivals = append(p.Arrivals, all...)
}

// wrongCharacter changes one character of a plate to another of its kind.
func wrongCharacter(plate string, rng *rand.Rand) string {
	b := []byte(plate)
	if len(b) == 0 {
		return plate
	}
	i := rng.IntN(len(b))
	set := "0123456789"
	if b[i] > '9' {
		set = "ABCDEFHKLMNOPRSTUVXYZ"
	}
	for was := b[i]; b[i] == was; {
		b[i] = set[rng.IntN(len(set))]
	}
	return string(b)
}

// Of gives the arrivals of one lane, from 1, in the order in which they drive.
func (p *Plan) Of(lane int) []*Arrival {
	var out []*Arrival
	for _, a := range p.Arrivals {
		if a.Lane == lane {
			out = append(out, a)
		}
	}
	return out
}
