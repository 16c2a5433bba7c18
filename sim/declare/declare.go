// Package declare writes the customs declarations of simulated vehicles, as ASYCUDA World
// exports a SAD: with the vehicle combination in one string, <null/> for what is absent,
// values broken over lines, decimals where things are counted, and no gross mass in the
// header. It is written from the format's description and shares nothing with the codec
// that reads such files.
package declare

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"acsgd/internal/quant"
	"acsgd/sim"
)

// Kind is the regime.
type Kind string

// The regimes.
const (
	Import  Kind = "import"
	Export  Kind = "export"
	Transit Kind = "transit"
)

// Paper is one declaration. The zero value of every field but Vehicle and Goods has a
// default; equal papers give equal bytes.
type Paper struct {
	Kind     Kind // default Import
	Vehicle  *sim.Vehicle
	Goods    []sim.Goods
	Number   int       // registration number of the office and year; 0 is not registered yet
	Date     time.Time // of registration
	Office   string    // clearance office
	Border   string    // office at the border
	Dispatch string    // country of dispatch; default the origin of the first item, of exports KZ
	Target   string    // country of destination; default KZ, of exports UZ
	End      string    // office of destination of a transit
	Deadline time.Time // of a transit
	Seals    []string
	Boxes    []string // container numbers
	Trader   string   // consignor and consignee are made of it
}

// Of is the declaration of an arrival of the traffic: its vehicle with its goods, n being
// the registration number. Vehicles without papers have none: ok is false.
func Of(a sim.Arrival, n int, date time.Time) (p Paper, ok bool) {
	return Paper{Vehicle: a.Vehicle, Goods: a.Goods, Number: n, Date: date}, a.Papers
}

// Scrap is ferrous waste, whose export is banned for a time (HS 7204).
func Scrap(gross quant.Mass) []sim.Goods {
	return []sim.Goods{{HS: "7204499000", Description: "Waste and scrap of iron or steel", Origin: "KZ", Gross: gross, Packages: 1}}
}

// PotashLoad is potassium chloride: potassium-40 makes the portal alarm, innocently
// (HS 310420).
func PotashLoad(gross quant.Mass) []sim.Goods {
	return []sim.Goods{{HS: "3104205000", Description: "Potassium chloride, in big bags", Origin: "BY", Gross: gross, Packages: 22}}
}

// Ordinary is a mixed load that nobody minds, in three items.
func Ordinary(gross quant.Mass) []sim.Goods {
	third := gross / 3 / quant.Kilogram * quant.Kilogram
	return []sim.Goods{
		{HS: "9403601009", Description: "Wooden furniture", Origin: "UZ", Gross: third, Packages: 120},
		{HS: "6403999800", Description: "Footwear with leather uppers", Origin: "CN", Gross: third, Packages: 310},
		{HS: "3926909709", Description: "Articles of plastics & rubber", Origin: "CN", Gross: gross - 2*third, Packages: 64},
	}
}

// Combination is how a declarant writes the vehicle: one string for tractor and trailer,
// with the separators seen in real files; style picks one.
func Combination(v *sim.Vehicle, style int) string {
	if v.Trailer.Text == "" {
		return v.Front.Text
	}
	sep := [...]string{" / ", "/", " /", ", ", "\n"}
	return v.Front.Text + sep[style%len(sep)] + v.Trailer.Text
}

// XML writes the paper.
func (p Paper) XML() []byte {
	p = p.filled()
	w := &writer{}
	w.line(`<?xml version="1.0" encoding="UTF-8" standalone="no"?>`)
	w.in("ASYCUDA", func() {
		w.in("Export_release", func() { w.empty("Date_of_exit"); w.null("Comments") })
		w.in("Assessment_notice", func() { w.empty("Item_tax_total") })
		p.property(w)
		p.identification(w)
		p.traders(w)
		p.country(w)
		p.transport(w)
		p.transit(w)
		w.in("Valuation", func() {
			w.in("Weight", func() { w.empty("Gross_weight") })
			w.in("Total", func() { w.put("Total_weight", p.number(p.gross(), 0)) })
		})
		for i := range p.Goods { // the same box once for each item, as the program exports it
			for _, box := range p.Boxes {
				p.container(w, i, box)
			}
		}
		for i := range p.Goods {
			p.item(w, i)
		}
	})
	return []byte(w.b.String())
}

func (p Paper) filled() Paper {
	def := func(s *string, d string) {
		if *s == "" {
			*s = d
		}
	}
	if p.Kind == "" {
		p.Kind = Import
	}
	def(&p.Office, "KZ550301")
	def(&p.Border, "KZ550302")
	def(&p.Trader, "Zhibek Zholy")
	if p.Kind == Export {
		def(&p.Dispatch, "KZ")
		def(&p.Target, "UZ")
	}
	if len(p.Goods) > 0 {
		def(&p.Dispatch, p.Goods[0].Origin)
	}
	def(&p.Dispatch, "CN")
	def(&p.Target, "KZ")
	if p.Kind == Transit {
		def(&p.End, "KZ711910")
		if p.Deadline.IsZero() {
			p.Deadline = p.Date.AddDate(0, 0, 10)
		}
	}
	return p
}

func (p Paper) gross() (sum quant.Mass) {
	for _, g := range p.Goods {
		sum += g.Gross
	}
	return sum
}

// number writes kilograms in one of the ways of the exporting program.
func (p Paper) number(m quant.Mass, i int) string {
	grams := int64(m)
	switch (p.Number + i) % 3 {
	case 0: // 21095.0
		s := fmt.Sprintf("%d.%03d", grams/1000, grams%1000)
		return s[:len(s)-2] + strings.TrimRight(s[len(s)-2:], "0")
	case 1: // 2.1095E4
		d := strconv.FormatInt(grams, 10)
		tail := strings.TrimRight(d[1:], "0")
		if tail == "" {
			tail = "0"
		}
		return d[:1] + "." + tail + "E" + strconv.Itoa(len(d)-1-3)
	}
	if grams%1000 == 0 {
		return strconv.FormatInt(grams/1000, 10)
	}
	return strings.TrimRight(fmt.Sprintf("%d.%03d", grams/1000, grams%1000), "0")
}
