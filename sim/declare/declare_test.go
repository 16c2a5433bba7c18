package declare_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"acsgd/internal/declaration"
	"acsgd/internal/quant"
	"acsgd/sim"
	"acsgd/sim/declare"
)

var day = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func lorry() *sim.Vehicle {
	return &sim.Vehicle{ID: "V-1", Front: sim.Plate{Text: "123AB02", Country: "KZ"}, Trailer: sim.Plate{Text: "45ABC02", Country: "KZ"}}
}

func TestEveryPaperIsReadAsMeant(t *testing.T) {
	rigid := lorry()
	rigid.Trailer = sim.Plate{}
	papers := map[string]declare.Paper{
		"ordinary import":        {Vehicle: lorry(), Goods: declare.Ordinary(quant.Kg(17_345)), Number: 7, Date: day},
		"potash":                 {Vehicle: lorry(), Goods: declare.PotashLoad(quant.Kg(22_000)), Number: 8, Date: day},
		"scrap for export":       {Kind: declare.Export, Vehicle: lorry(), Goods: declare.Scrap(quant.Kg(24_610)), Number: 9, Date: day},
		"rigid, not registered":  {Vehicle: rigid, Goods: declare.Ordinary(quant.Kg(6_000))},
		"transit in a container": {Kind: declare.Transit, Vehicle: lorry(), Goods: declare.Ordinary(18_000_500), Number: 11, Date: day, Seals: []string{"KZ77001", "KZ77002"}, Boxes: []string{"MSCU9981402"}},
		"a line end as joint":    {Vehicle: lorry(), Goods: declare.Ordinary(quant.Kg(9_000)), Number: 4, Date: day},
	}
	for name, p := range papers {
		r := declaration.Examine(p.XML(), name)
		if !r.Accepted || len(r.Problems) > 0 {
			t.Errorf("%s: accepted %t, problems %v\n%s", name, r.Accepted, r.Problems, p.XML())
			continue
		}
		d := r.Declarations[0]
		var plates []string
		for _, u := range d.Units {
			plates = append(plates, u.Role+" "+u.Plate)
		}
		want := []string{"tractor 123AB02", "trailer 45ABC02"}
		if p.Vehicle == rigid {
			want = []string{"vehicle 123AB02"}
		}
		kind := string(p.Kind)
		if kind == "" {
			kind = "import"
		}
		if !slices.Equal(plates, want) || d.Kind != kind || len(d.Items) != len(p.Goods) || !slices.Equal(d.Seals, p.Seals) || len(d.Containers) != len(p.Boxes) {
			t.Errorf("%s: units %v kind %s items %d seals %v containers %v", name, plates, d.Kind, len(d.Items), d.Seals, d.Containers)
		}
		var gross quant.Mass
		for i, g := range p.Goods {
			gross += g.Gross
			it := d.Items[i]
			if it.HS != g.HS || it.Gross != g.Gross || it.Packages != g.Packages || it.Origin != g.Origin || it.Description != g.Description {
				t.Errorf("%s: item %+v of goods %+v", name, it, g)
			}
		}
		if d.Totals.Gross != gross {
			t.Errorf("%s: gross %v, want %v", name, d.Totals.Gross, gross)
		}
		if (d.MRN != "") != (p.Number > 0) {
			t.Errorf("%s: registration %q", name, d.MRN)
		}
	}
}

func TestTrafficIsDeclared(t *testing.T) {
	tr := sim.NewTraffic(1, "T")
	for n := 1; n <= 300; n++ {
		a := tr.Next()
		p, ok := declare.Of(a, n, day)
		if !ok {
			continue
		}
		r := declaration.Examine(p.XML(), a.Vehicle.ID)
		if !r.Accepted || len(r.Problems) > 0 || r.Declarations[0].Units[0].Plate != a.Vehicle.Front.Text {
			t.Fatalf("%s (%s): %v\n%s", a.Vehicle.ID, a.Story, r.Problems, p.XML())
		}
	}
}

func TestEqualPapersGiveEqualBytes(t *testing.T) {
	p := declare.Paper{Vehicle: lorry(), Goods: declare.Ordinary(quant.Kg(100)), Number: 3, Date: day}
	if !bytes.Equal(p.XML(), p.XML()) {
		t.Error("two writings differ")
	}
}
