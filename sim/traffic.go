package sim

import (
	"fmt"
	"math/rand/v2"

	"acsgd/internal/quant"
)

// Story is what is special about a vehicle: the truth that a scenario's expectations are
// compared with.
type Story string

// The stories.
const (
	Clean       Story = "clean"       // everything is in order: the green path
	Overloaded  Story = "overloaded"  // axle group and gross above the limit
	TooHigh     Story = "too_high"    // a load above 4.0 m
	Undeclared  Story = "undeclared"  // no declaration has been lodged
	Understated Story = "understated" // weighs far more than was declared
	Potash      Story = "potash"      // declared potassium chloride: innocent radiation
	Smuggled    Story = "smuggled"    // a shielded point source in a general load
	Prohibited  Story = "prohibited"  // goods of a ban
	Misread     Story = "misread"     // the declarant wrote one character of the plate wrong
)

// Goods is one declared item.
type Goods struct {
	HS          string
	Description string
	Origin      string // ISO country
	Gross       quant.Mass
	Packages    int
}

// Arrival is one vehicle of the traffic with its papers.
type Arrival struct {
	Vehicle *Vehicle
	Story   Story
	Goods   []Goods
	Speed   float64 // mm/s on arrival
	Papers  bool    // a declaration is lodged
	Misread bool    // the declaration has one character of the plate wrong
}

// Traffic makes vehicles, the same for the same seed.
type Traffic struct {
	rng *rand.Rand
	n   int
	tag string
}

// NewTraffic returns a traffic; tag is the beginning of its vehicles' ids.
func NewTraffic(seed uint64, tag string) *Traffic {
	return &Traffic{rng: rand.New(rand.NewPCG(seed, 0x7a6f)), tag: tag}
}

// mix is the demo's share of each story, in percent.
var mix = []struct {
	story Story
	share int
}{
	{Clean, 62}, {Overloaded, 10}, {TooHigh, 3}, {Undeclared, 6}, {Understated, 4}, {Potash, 5}, {Smuggled, 2}, {Prohibited, 4}, {Misread, 4},
}

// Next makes a vehicle of the traffic's mix.
func (t *Traffic) Next() Arrival {
	x := t.rng.IntN(100)
	for _, m := range mix {
		if x -= m.share; x < 0 {
			return t.Of(m.story)
		}
	}
	return t.Of(Clean)
}

// Of makes a vehicle of one story.
func (t *Traffic) Of(s Story) Arrival {
	t.n++
	tpl := t.template(s)
	load := 0.75 + 0.2*t.rng.Float64()
	if s == Overloaded {
		load = 1.3 + 0.25*t.rng.Float64()
	}
	v := tpl.Vehicle(fmt.Sprintf("%s-%d", t.tag, t.n), load, t.rng)
	a := Arrival{Vehicle: v, Story: s, Speed: 1100 + 700*t.rng.Float64(), Papers: s != Undeclared, Misread: s == Misread}
	t.plates(a.Vehicle)
	cargo := v.Gross() - t.tare(&tpl)
	if s == Understated {
		cargo = cargo * 2 / 5
	}
	a.Goods = t.goods(s, max(cargo, 500*quant.Kilogram))
	switch s {
	case TooHigh:
		v.Height = 4350
		for i := range v.Parts {
			if v.Parts[i].Name == "trailer" || v.Parts[i].Name == "body" {
				v.Parts[i].Top = v.Height
			}
		}
	case Potash:
		v.Sources = []Source{{Gamma: 900, Offset: v.Length * 6 / 10, Extent: v.Length * 6 / 10}}
	case Smuggled:
		v.Sources = []Source{{Gamma: 2600, Neutron: 30, Offset: v.Length * 7 / 10, Side: 0.4}}
	}
	return a
}

func (t *Traffic) template(s Story) Template {
	ts := Templates()
	if s == Overloaded || s == TooHigh || s == Potash || s == Smuggled || s == Prohibited {
		if t.rng.IntN(2) == 0 {
			return ts[3] // the region's main type
		}
		return ts[4]
	}
	x := t.rng.IntN(95)
	for _, tpl := range ts {
		if x -= tpl.Share; x < 0 {
			return tpl
		}
	}
	return ts[3]
}

func (t *Traffic) tare(tpl *Template) quant.Mass {
	var kg int64
	for _, m := range tpl.Empty {
		kg += m
	}
	return quant.Kg(kg)
}

// plates gives tractor and trailer Kazakh plates of the 2012 series: tractors of legal
// entities, 123AB01, trailers 12ABC01.
func (t *Traffic) plates(v *Vehicle) {
	const letters = "ABCDEFHKLMNOPRSTUVXYZ"
	l := func() byte { return letters[t.rng.IntN(len(letters))] }
	v.Front = Plate{fmt.Sprintf("%03d%c%c%02d", 1+t.rng.IntN(999), l(), l(), 1+t.rng.IntN(20)), "KZ"}
	if len(v.Units) > 1 {
		v.Trailer = Plate{fmt.Sprintf("%02d%c%c%c%02d", 1+t.rng.IntN(99), l(), l(), l(), 1+t.rng.IntN(20)), "KZ"}
	}
}

var ordinary = []Goods{
	{HS: "8703231940", Description: "Motor cars, parts", Origin: "CN"},
	{HS: "6403999800", Description: "Footwear with leather uppers", Origin: "CN"},
	{HS: "3926909709", Description: "Articles of plastics", Origin: "CN"},
	{HS: "0808108000", Description: "Apples, fresh", Origin: "KG"},
	{HS: "7308909809", Description: "Steel structures", Origin: "CN"},
	{HS: "9403601009", Description: "Wooden furniture", Origin: "UZ"},
}

func (t *Traffic) goods(s Story, gross quant.Mass) []Goods {
	pick := func(g Goods, m quant.Mass) Goods {
		g.Gross = m / quant.Kilogram * quant.Kilogram
		g.Packages = 1 + t.rng.IntN(400)
		return g
	}
	switch s {
	case Potash:
		return []Goods{pick(Goods{HS: "3104205000", Description: "Potassium chloride", Origin: "BY"}, gross)}
	case Prohibited:
		return []Goods{pick(ordinary[2], gross/2), pick(Goods{HS: "8548009000", Description: "Waste accumulators", Origin: "CN"}, gross-gross/2)}
	}
	n := t.rng.IntN(6)
	if t.rng.IntN(3) == 0 {
		return []Goods{pick(ordinary[n], gross/3), pick(ordinary[(n+1)%6], gross-gross/3)}
	}
	return []Goods{pick(ordinary[n], gross)}
}
