package declaration

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"acsgd/internal/decl"
)

// An ASYCUDA World SAD export is one element ASYCUDA without a namespace. Its traps, all
// seen in real files:
//
//   - an absent value is an element that holds <null/>;
//   - element names hold dots (A.I._code), capitals vary between releases, and one is
//     misspelt throughout (Suppplementary_unit);
//   - a value is broken over lines and padded with tabs;
//   - numbers are decimals where they count things (1.0), have exponents (1.0623724E7),
//     and sums stand as text (52,644+0+0+0-0);
//   - the whole vehicle combination is one string with ad-hoc separators, twice: for the
//     border and for departure or arrival, where one of the two may be a vessel;
//   - the header's gross mass is empty;
//   - one Container block an item, so one box stands in the file many times;
//   - the commodity code is split over elements;
//   - dates are written as the exporting PC writes them (10/25/16).

// sad collects what one SAD says, as text, until finish makes a declaration of it.
type sad struct {
	opt Options
	ps  *problems
	at  []*node // of the open elements; nil where nothing below is kept

	office, flow, typ, gen           string
	serial, number, date             string
	lrn, exporter, consignee         string
	declarant                        string
	from, via, to                    string
	identArr, natArr, inland         string
	identBorder, natBorder, mode     string
	borderOffice                     string
	principal, destOffice, timeLimit string
	sealCount                        string
	seals                            []string
	gross, items, packages           string
	containers                       []string
	itms                             []sadItem
}

type sadItem struct {
	hs                              string
	precision                       [4]string
	procedure, origin               string
	tariff, goods                   string
	gross, net, packages            string
	licence                         string
	summary, summarySub, previousID string
	docs                            []sadDoc
}

type sadDoc struct{ code, ref, date string }

// node is one element of which something is kept.
type node struct {
	open  func(*sad)         // at its start tag
	text  func(*sad) *string // where its text goes
	raw   bool               // keep line ends: they separate plates
	below map[string]*node
}

// sadTree is never changed after it is made.
var sadTree = makeTree(map[string]func(*sad) *string{
	"property/sad_flow":                                                      func(s *sad) *string { return &s.flow },
	"property/nbers/total_number_of_items":                                   func(s *sad) *string { return &s.items },
	"property/nbers/total_number_of_packages":                                func(s *sad) *string { return &s.packages },
	"identification/office_segment/customs_clearance_office_code":            func(s *sad) *string { return &s.office },
	"identification/type/type_of_declaration":                                func(s *sad) *string { return &s.typ },
	"identification/type/declaration_gen_procedure_code":                     func(s *sad) *string { return &s.gen },
	"identification/registration/serial_number":                              func(s *sad) *string { return &s.serial },
	"identification/registration/number":                                     func(s *sad) *string { return &s.number },
	"identification/registration/date":                                       func(s *sad) *string { return &s.date },
	"traders/exporter/exporter_name":                                         func(s *sad) *string { return &s.exporter },
	"traders/consignee/consignee_name":                                       func(s *sad) *string { return &s.consignee },
	"declarant/declarant_name":                                               func(s *sad) *string { return &s.declarant },
	"declarant/reference/number":                                             func(s *sad) *string { return &s.lrn },
	"general_information/country/country_first_destination":                  func(s *sad) *string { return &s.via },
	"general_information/country/export/export_country_code":                 func(s *sad) *string { return &s.from },
	"general_information/country/destination/destination_country_code":       func(s *sad) *string { return &s.to },
	"transport/means_of_transport/departure_arrival_information/identity":    func(s *sad) *string { return &s.identArr },
	"transport/means_of_transport/departure_arrival_information/nationality": func(s *sad) *string { return &s.natArr },
	"transport/means_of_transport/border_information/identity":               func(s *sad) *string { return &s.identBorder },
	"transport/means_of_transport/border_information/nationality":            func(s *sad) *string { return &s.natBorder },
	"transport/means_of_transport/border_information/mode":                   func(s *sad) *string { return &s.mode },
	"transport/means_of_transport/inland_mode_of_transport":                  func(s *sad) *string { return &s.inland },
	"transport/border_office/code":                                           func(s *sad) *string { return &s.borderOffice },
	"transit/principal/name":                                                 func(s *sad) *string { return &s.principal },
	"transit/destination/office":                                             func(s *sad) *string { return &s.destOffice },
	"transit/time_limit":                                                     func(s *sad) *string { return &s.timeLimit },
	"transit/seals/number":                                                   func(s *sad) *string { return &s.sealCount },
	"transit/seals/identity":                                                 func(s *sad) *string { return grow(&s.seals) },
	"valuation/weight/gross_weight":                                          func(s *sad) *string { return &s.gross },
	"container/container_identity":                                           func(s *sad) *string { return grow(&s.containers) },
	"item/tarification/hscode/commodity_code":                                func(s *sad) *string { return &s.item().hs },
	"item/tarification/hscode/precision_1":                                   func(s *sad) *string { return &s.item().precision[0] },
	"item/tarification/hscode/precision_2":                                   func(s *sad) *string { return &s.item().precision[1] },
	"item/tarification/hscode/precision_3":                                   func(s *sad) *string { return &s.item().precision[2] },
	"item/tarification/hscode/precision_4":                                   func(s *sad) *string { return &s.item().precision[3] },
	"item/tarification/extended_customs_procedure":                           func(s *sad) *string { return &s.item().procedure },
	"item/goods_description/country_of_origin_code":                          func(s *sad) *string { return &s.item().origin },
	"item/goods_description/description_of_goods":                            func(s *sad) *string { return &s.item().tariff },
	"item/goods_description/commercial_description":                          func(s *sad) *string { return &s.item().goods },
	"item/valuation_item/weight_itm/gross_weight_itm":                        func(s *sad) *string { return &s.item().gross },
	"item/valuation_item/weight_itm/net_weight_itm":                          func(s *sad) *string { return &s.item().net },
	"item/packages/number_of_packages":                                       func(s *sad) *string { return &s.item().packages },
	"item/licence_number":                                                    func(s *sad) *string { return &s.item().licence },
	"item/previous_doc/summary_declaration":                                  func(s *sad) *string { return &s.item().summary },
	"item/previous_doc/summary_declaration_sl":                               func(s *sad) *string { return &s.item().summarySub },
	"item/previous_doc/previous_document_reference":                          func(s *sad) *string { return &s.item().previousID },
	"item/attached_documents/attached_document_code":                         func(s *sad) *string { return &s.doc().code },
	"item/attached_documents/attached_document_reference":                    func(s *sad) *string { return &s.doc().ref },
	"item/attached_documents/attached_document_date":                         func(s *sad) *string { return &s.doc().date },
}, map[string]func(*sad){
	"container":               func(*sad) {}, // counted
	"item":                    func(s *sad) { s.itms = append(s.itms, sadItem{}) },
	"item/attached_documents": func(s *sad) { i := s.item(); i.docs = append(i.docs, sadDoc{}) },
})

func makeTree(texts map[string]func(*sad) *string, opens map[string]func(*sad)) *node {
	root := &node{}
	find := func(path string) *node {
		n := root
		for name := range strings.SplitSeq(path, "/") {
			if n.below == nil {
				n.below = map[string]*node{}
			}
			if n.below[name] == nil {
				n.below[name] = &node{}
			}
			n = n.below[name]
		}
		return n
	}
	for path, f := range texts {
		n := find(path)
		n.text, n.raw = f, strings.HasSuffix(path, "_information/identity")
	}
	for path, f := range opens {
		find(path).open = f
	}
	return root
}

func grow(list *[]string) *string {
	if len(*list) < maxList {
		*list = append(*list, "")
	}
	return &(*list)[len(*list)-1]
}

func (s *sad) item() *sadItem { return &s.itms[len(s.itms)-1] }

func (s *sad) doc() *sadDoc { d := s.item().docs; return &d[len(d)-1] }

// full reports whether one more element of this kind would break the bound.
func (s *sad) full(n *node) bool {
	switch n {
	case sadTree.below["container"]:
		return len(s.containers) >= maxList
	case sadTree.below["item"]:
		return len(s.itms) >= maxList
	case sadTree.below["item"].below["attached_documents"]:
		return len(s.item().docs) >= maxList/10
	}
	return false
}

func (s *sad) open(name string, _ []xml.Attr) bool {
	var n *node
	switch {
	case len(s.at) == 0:
		n = sadTree
	case s.at[len(s.at)-1] != nil:
		var low [64]byte
		if len(name) <= len(low) {
			n = s.at[len(s.at)-1].below[string(lower(low[:0], name))]
		}
	}
	if n != nil && n.open != nil {
		if s.full(n) {
			s.ps.add("F01", "/ASYCUDA", Reject, fmt.Sprintf("more than %d elements %s", maxList, name))
			n = nil
		} else {
			n.open(s)
		}
	}
	s.at = append(s.at, n)
	return n != nil && n.text != nil
}

func (s *sad) close(text []byte) {
	n := s.at[len(s.at)-1]
	s.at = s.at[:len(s.at)-1]
	if n == nil || n.text == nil {
		return
	}
	v := collapse(text)
	if n.raw {
		v = string(bytes.TrimSpace(text))
	}
	if v != "" {
		*n.text(s) = v
	}
}

// lower appends s with A-Z made a-z.
func lower(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// finish makes the canonical declaration of what was collected.
func (s *sad) finish() *decl.Declaration {
	d := &decl.Declaration{
		Format:    string(ASYCUDA),
		Kind:      s.kind(),
		Procedure: s.typ + s.gen,
		LRN:       s.lrn,
		MRN:       s.registration(),
		Origin:    country(s.from),
		Parties:   decl.Parties{Declarant: s.declarant, Consignor: s.exporter, Consignee: s.consignee},
		Units:     s.units(),
	}
	if d.Procedure == "" && len(s.itms) > 0 {
		d.Procedure = s.itms[0].procedure
	}
	d.Offices = decl.Offices{Border: s.borderOffice}
	switch d.Kind {
	case "import":
		d.Offices.Destination = s.office
	default:
		d.Offices.Departure, d.Offices.Destination = s.office, s.destOffice
	}
	for _, c := range []string{s.from, s.via, s.to} {
		if c = country(c); c != "" && (len(d.Route) == 0 || d.Route[len(d.Route)-1] != c) {
			d.Route = append(d.Route, c)
		}
	}
	if s.timeLimit != "" {
		d.Deadline = s.readDate("/ASYCUDA/Transit/Time_limit", s.timeLimit)
	}
	s.boxes(d)
	for i := range s.itms {
		d.Items = append(d.Items, s.goods(d, i))
	}
	s.totals(d)
	return d
}

// kind tells the regime from type and general procedure (IM4, EX1, ...), 8 being customs
// transit, else from the flow.
func (s *sad) kind() string {
	switch {
	case s.gen == "8" || strings.HasPrefix(s.typ, "T"):
		return "transit"
	case s.typ == "IM":
		return "import"
	case s.typ == "EX":
		return "export"
	case s.flow == "I":
		return "import"
	case s.flow == "E":
		return "export"
	}
	s.ps.add("F01", "/ASYCUDA/Identification/Type/Type_of_declaration", Reject,
		fmt.Sprintf("type of declaration %q is neither import, export nor transit", clip(s.typ, 40)))
	return ""
}

// registration is office-year-serial-number, which is a key only when all four are known.
func (s *sad) registration() string {
	if s.date == "" || s.office == "" || s.serial == "" || s.number == "" {
		return ""
	}
	const path = "/ASYCUDA/Identification/Registration/Date"
	_, year, why := s.opt.date(s.date)
	if year == 0 {
		s.ps.add("F18", path, Discrepancy, fmt.Sprintf("date %q: %s", clip(s.date, 40), why))
		return ""
	}
	return s.office + "-" + strconv.Itoa(year) + "-" + s.serial + "-" + s.number
}

func (s *sad) readDate(path, text string) string {
	iso, _, why := s.opt.date(text)
	if iso == "" {
		s.ps.add("F18", path, Discrepancy, fmt.Sprintf("date %q: %s", clip(text, 40), why))
	}
	return iso
}

// boxes keeps each container once and the seals.
func (s *sad) boxes(d *decl.Declaration) {
	have := map[string]bool{}
	for _, c := range s.containers {
		if id := compact(c); id != "" && !have[id] {
			have[id] = true
			d.Containers = append(d.Containers, decl.Container{ID: id})
		}
	}
	for _, text := range s.seals {
		for id := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(",;/ ", r) }) {
			d.Seals = append(d.Seals, id)
		}
	}
	if s.sealCount != "" {
		const path = "/ASYCUDA/Transit/Seals/Number"
		if n, ok := count(s.sealCount); !ok {
			s.ps.add("F01", path, Reject, fmt.Sprintf("number of seals %q is not a count", clip(s.sealCount, 40)))
		} else if n != len(d.Seals) {
			s.ps.add("F10", path, Reject, fmt.Sprintf("%d seals are declared and %d seal numbers given", n, len(d.Seals)))
		}
	}
}
