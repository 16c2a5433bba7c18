package declare

import (
	"encoding/xml"
	"strconv"
	"strings"
	"time"

	"acsgd/internal/quant"
)

// writer makes an indented document.
type writer struct {
	b     strings.Builder
	depth int
}

func (w *writer) line(s string) {
	for range w.depth {
		w.b.WriteByte('\t')
	}
	w.b.WriteString(s)
	w.b.WriteByte('\n')
}

func (w *writer) in(name string, body func()) {
	w.line("<" + name + ">")
	w.depth++
	body()
	w.depth--
	w.line("</" + name + ">")
}

// null writes an absent value of the kind that holds an element.
func (w *writer) null(name string) { w.in(name, func() { w.line("<null />") }) }

// empty writes an absent value of the kind that holds nothing.
func (w *writer) empty(name string) { w.line("<" + name + " />") }

func (w *writer) put(name, value string) {
	if value == "" {
		w.null(name)
		return
	}
	var esc strings.Builder
	// A Builder takes everything, so this cannot fail.
	_ = xml.EscapeText(&esc, []byte(value))
	w.line("<" + name + ">" + esc.String() + "</" + name + ">")
}

func (p Paper) property(w *writer) {
	packages := 0
	for _, g := range p.Goods {
		packages += g.Packages
	}
	flow := "I"
	if p.Kind == Export {
		flow = "E"
	}
	w.in("Property", func() {
		w.put("Sad_flow", flow)
		w.in("Nbers", func() {
			w.empty("Number_of_loading_lists")
			w.put("Total_number_of_items", strconv.Itoa(len(p.Goods)))
			w.put("Total_number_of_packages", strconv.Itoa(packages))
		})
		w.null("Place_of_declaration")
		w.empty("Date_of_declaration")
	})
}

func (p Paper) identification(w *writer) {
	typ, gen := "IM", "4"
	switch p.Kind {
	case Export:
		typ, gen = "EX", "1"
	case Transit:
		typ, gen = "IM", "8"
	}
	w.in("Identification", func() {
		w.in("Office_segment", func() { w.put("Customs_clearance_office_code", p.Office) })
		w.in("Type", func() {
			w.put("Type_of_declaration", typ)
			w.put("Declaration_gen_procedure_code", gen)
			w.null("Type_of_transit_document")
		})
		w.in("Registration", func() {
			if p.Number == 0 || p.Date.IsZero() {
				w.null("Serial_number")
				w.empty("Number")
				w.empty("Date")
				return
			}
			w.put("Serial_number", typ[:1])
			w.put("Number", strconv.Itoa(p.Number))
			w.put("Date", p.Date.Format(time.DateOnly))
		})
	})
}

func (p Paper) traders(w *writer) {
	w.in("Traders", func() {
		w.in("Exporter", func() { w.empty("Exporter_code"); w.put("Exporter_name", p.Trader+" Trading Co., Ltd") })
		w.in("Consignee", func() { w.put("Consignee_code", "600400"); w.put("Consignee_name", "TOO \""+p.Trader+"\"") })
	})
	w.in("Declarant", func() {
		w.put("Declarant_code", "B117")
		w.put("Declarant_name", "Broker "+p.Trader)
		w.in("Reference", func() { w.put("Number", p.Vehicle.ID) })
	})
}

func (p Paper) country(w *writer) {
	w.in("General_information", func() {
		w.in("Country", func() {
			w.put("Country_first_destination", p.Target)
			w.in("Export", func() { w.put("Export_country_code", p.Dispatch) })
			w.in("Destination", func() { w.put("Destination_country_code", p.Target) })
		})
		w.put("Value_details", "52644.0")
		w.empty("CAP")
	})
}

func (p Paper) transport(w *writer) {
	means := func() {
		w.put("Identity", Combination(p.Vehicle, p.Number))
		w.put("Nationality", p.Vehicle.Front.Country)
	}
	w.in("Transport", func() {
		w.in("Means_of_transport", func() {
			w.in("Departure_arrival_information", means)
			w.in("Border_information", func() { means(); w.put("Mode", "31") })
			w.put("Inland_mode_of_transport", "31")
		})
		w.put("Container_flag", strconv.FormatBool(len(p.Boxes) > 0))
		w.in("Border_office", func() { w.put("Code", p.Border) })
		w.null("Location_of_goods")
	})
}

func (p Paper) transit(w *writer) {
	w.in("Transit", func() {
		w.in("Principal", func() { w.null("Name") })
		w.in("Destination", func() { w.put("Office", p.End) })
		w.in("Seals", func() {
			if len(p.Seals) == 0 {
				w.empty("Number")
				w.null("Identity")
				return
			}
			w.put("Number", strconv.Itoa(len(p.Seals)))
			w.put("Identity", strings.Join(p.Seals, ", "))
		})
		if p.Deadline.IsZero() {
			w.empty("Time_limit")
			return
		}
		w.put("Time_limit", p.Deadline.Format(time.DateOnly))
	})
}

func (p Paper) container(w *writer, i int, box string) {
	w.in("Container", func() {
		w.put("Item_Number", strconv.Itoa(i+1))
		w.put("Container_identity", box)
		w.put("Container_type", "NH40")
		w.put("Empty_full_indicator", "1/1")
		w.put("Gross_weight", "3940") // of the box, whatever the item
		w.put("Packages_weight", p.number(p.Goods[i].Gross, i))
	})
}

// tare is the share of the gross mass that is packing, in percent.
const tare = 4

func (p Paper) item(w *writer, i int) {
	g := p.Goods[i]
	w.in("Item", func() {
		w.in("Packages", func() {
			w.put("Number_of_packages", strconv.Itoa(g.Packages)+".0")
			w.null("Marks1_of_packages")
			w.put("Kind_of_packages_code", "PK")
		})
		w.in("Tarification", func() {
			w.null("Tarification_data")
			code, rest := g.HS, ""
			if len(code) > 8 {
				code, rest = code[:8], code[8:]
			}
			w.in("HScode", func() {
				w.put("Commodity_code", code)
				w.put("Precision_1", rest)
				w.null("Precision_2")
				w.null("Precision_3")
				w.empty("Precision_4")
			})
			w.put("Extended_customs_procedure", map[Kind]string{Import: "4000", Export: "1000", Transit: "8000"}[p.Kind])
			w.put("National_customs_procedure", "000")
			w.in("Supplementary_unit", func() { w.null("Suppplementary_unit_code"); w.empty("Suppplementary_unit_quantity") })
			w.put("Value_item", "52,644+0+0+0-0")
			w.null("A.I._code")
		})
		w.in("Goods_description", func() {
			w.put("Country_of_origin_code", g.Origin)
			w.put("Description_of_goods", "- - - Other")
			w.put("Commercial_Description", g.Description)
		})
		w.in("Previous_doc", func() { w.null("Summary_declaration") })
		w.empty("Licence_number")
		w.in("Valuation_item", func() {
			w.in("Weight_itm", func() {
				w.put("Gross_weight_itm", p.number(g.Gross, i))
				net := g.Gross * (100 - tare) / 100 / quant.Kilogram * quant.Kilogram
				w.put("Net_weight_itm", p.number(net, i+1))
			})
		})
	})
}
