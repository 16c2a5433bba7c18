package declaration

import (
	"fmt"
	"strings"

	"acsgd/internal/decl"
	"acsgd/internal/plate"
	"acsgd/internal/quant"
)

// goods makes item i, and puts its documents into d.
func (s *sad) goods(d *decl.Declaration, i int) decl.Item {
	src := &s.itms[i]
	path := fmt.Sprintf("/ASYCUDA/Item[%d]", i+1)
	it := decl.Item{No: i + 1, Origin: country(src.origin), Description: src.goods}
	if it.Description == "" {
		it.Description = src.tariff
	}
	it.HS = compact(src.hs)
	for _, p := range src.precision {
		it.HS += compact(p)
	}
	it.Gross, it.GrossText = s.mass(path+"/Valuation_item/Weight_itm/Gross_weight_itm", src.gross)
	it.Net, it.NetText = s.mass(path+"/Valuation_item/Weight_itm/Net_weight_itm", src.net)
	if src.packages != "" {
		n, ok := count(src.packages)
		if !ok {
			s.ps.add("F01", path+"/Packages/Number_of_packages", Reject,
				fmt.Sprintf("number of packages %q is not a count", clip(src.packages, 40)))
		}
		it.Packages = n
	}
	switch {
	case src.gross == "":
		s.ps.add("F07", path+"/Valuation_item/Weight_itm/Gross_weight_itm", Discrepancy, "the item has no gross mass")
	case it.Gross == 0 && it.Packages != 0:
		s.ps.add("F07", path+"/Valuation_item/Weight_itm/Gross_weight_itm", Reject,
			"the gross mass of an item with packages is 0")
	}
	s.documents(d, src, path)
	return it
}

// mass reads kilograms; the text comes back where digits below the gram were lost.
func (s *sad) mass(path, text string) (m quant.Mass, lost string) {
	if text == "" {
		return 0, ""
	}
	m, exact, err := grams(text)
	switch {
	case err != nil:
		s.ps.add("F01", path, Reject, fmt.Sprintf("mass %q: %v", clip(text, 40), err))
		return 0, ""
	case m < 0:
		s.ps.add("F01", path, Reject, fmt.Sprintf("mass %q is negative", clip(text, 40)))
		return 0, ""
	case !exact:
		return m, text
	}
	return m, ""
}

// documents sorts attached documents by their code (UN/EDIFACT 1001, and national codes
// from 900). Invoices, consignment notes and other commercial papers stay in the original
// only: counting them as permits would let goods pass that need one.
func (s *sad) documents(d *decl.Declaration, src *sadItem, path string) {
	add := func(list *[]decl.Document, doc decl.Document) {
		for i, x := range *list {
			if x.Kind == doc.Kind && x.ID == doc.ID {
				if x.Date == "" {
					(*list)[i].Date = doc.Date
				}
				return
			}
		}
		if len(*list) < maxList {
			*list = append(*list, doc)
		}
	}
	if src.licence != "" {
		add(&d.Permits, decl.Document{Kind: "licence", ID: src.licence})
	}
	for _, id := range []string{src.summary, src.previousID} {
		if id != "" {
			add(&d.Previous, decl.Document{ID: id})
		}
	}
	for i, a := range src.docs {
		doc := decl.Document{Kind: a.code, ID: a.ref}
		if a.date != "" {
			doc.Date = s.readDate(fmt.Sprintf("%s/Attached_documents[%d]/Attached_document_date", path, i+1), a.date)
		}
		if doc.ID == "" {
			continue
		}
		switch {
		case isPrevious(a.code):
			add(&d.Previous, doc)
		case isPermit(a.code):
			add(&d.Permits, doc)
		}
	}
}

// isPrevious: summary declaration 785, T1 734 and 820-825 transit documents, 830 export
// declaration.
func isPrevious(code string) bool {
	switch code {
	case "734", "785", "830":
		return true
	}
	return len(code) == 3 && code >= "820" && code <= "825"
}

// isPermit: export licence 811, certificates 840-869, import licence 911 and the national
// range above 900.
func isPermit(code string) bool {
	return code == "811" || len(code) >= 3 && (code >= "840" && code < "870" || code[0] == '9')
}

// totals takes the declared totals; the gross mass is the sum of the items where the
// header has none and every item has one.
func (s *sad) totals(d *decl.Declaration) {
	if s.items != "" {
		const path = "/ASYCUDA/Property/Nbers/Total_number_of_items"
		n, ok := count(s.items)
		if !ok {
			s.ps.add("F01", path, Reject, fmt.Sprintf("number of items %q is not a count", clip(s.items, 40)))
		}
		d.Totals.Items = n
	}
	if s.packages != "" {
		const path = "/ASYCUDA/Property/Nbers/Total_number_of_packages"
		n, ok := count(s.packages)
		if !ok {
			s.ps.add("F01", path, Reject, fmt.Sprintf("number of packages %q is not a count", clip(s.packages, 40)))
		}
		d.Totals.Packages = n
	}
	d.Totals.Gross, _ = s.mass("/ASYCUDA/Valuation/Weight/Gross_weight", s.gross)
	if s.gross != "" {
		return
	}
	var sum quant.Mass
	for i := range d.Items {
		if s.itms[i].gross == "" {
			return // a sum with a hole would look like the whole
		}
		sum += d.Items[i].Gross
	}
	d.Totals.Gross = sum
}

// units takes the two means of transport apart. The lorry stands in either, a vessel in
// the other where goods change at a port.
func (s *sad) units() []decl.Unit {
	arr := means(s.identArr, s.natArr, s.inland, s.mode)
	border := means(s.identBorder, s.natBorder, s.mode, s.inland)
	if len(border) > len(arr) {
		arr, border = border, arr
	}
	units := arr
	for _, b := range border {
		if !hasUnit(units, b.Plate) {
			if b.Role == "trailer" && !hasRole(units, "tractor") {
				b.Role = "vehicle"
			}
			units = append(units, b)
		}
	}
	return units
}

// means reads one means of transport. mode is its own, other that of the second one; the
// first digit counts: 1 sea, 2 rail, 3 road, 4 air, 8 inland waterway.
func means(text, nation, mode, other string) []decl.Unit {
	if text == "" {
		return nil
	}
	nation = country(nation)
	name := strings.ToUpper(collapse([]byte(text)))
	role := ""
	switch m := first(mode); {
	case m == '1' || m == '8':
		role = "vessel"
	case m == '2':
		role = "wagon"
	case m == '4':
		role = "aircraft"
	case m != '3' && first(other) != '3' && !strings.ContainsAny(text, "0123456789"):
		role = "vessel" // no mode at all, and no digit: a name
	}
	if role != "" {
		u := decl.Unit{Role: role, Plate: name, Country: nation}
		if name != text {
			u.Source = text
		}
		return []decl.Unit{u}
	}
	var units []decl.Unit
	for i, p := range plate.SplitUnits(text) {
		u := decl.Unit{Role: "vehicle", Plate: p, Source: text}
		if p == text {
			u.Source = ""
		}
		if i == 0 { // the one nationality is that of the active vehicle
			u.Country = nation
		} else {
			u.Role = "trailer"
		}
		units = append(units, u)
	}
	if len(units) > 1 {
		units[0].Role = "tractor"
	}
	return units
}

func first(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

func hasUnit(units []decl.Unit, p string) bool {
	for _, u := range units {
		if u.Plate == p {
			return true
		}
	}
	return false
}

func hasRole(units []decl.Unit, role string) bool {
	for _, u := range units {
		if u.Role == role {
			return true
		}
	}
	return false
}

// compact removes white space inside codes and makes them upper case.
func compact(s string) string {
	return strings.ToUpper(strings.Join(strings.Fields(s), ""))
}

// country brings a country code to upper case; "00" and "QU" are "unknown" in code lists,
// which is absent here.
func country(s string) string {
	s = compact(s)
	if s == "00" || s == "QU" {
		return ""
	}
	return s
}
