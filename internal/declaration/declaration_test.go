package declaration

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"acsgd/internal/decl"
	"acsgd/internal/quant"
	"acsgd/internal/sharedtest"
)

// doc makes a small SAD: parts replaces the defaults of the sections named.
func doc(parts map[string]string) string {
	def := map[string]string{
		"prolog":    `<?xml version="1.0" encoding="UTF-8"?>`,
		"nbers":     "<Total_number_of_items>1</Total_number_of_items><Total_number_of_packages>9</Total_number_of_packages>",
		"type":      "<Type_of_declaration>IM</Type_of_declaration><Declaration_gen_procedure_code>4</Declaration_gen_procedure_code>",
		"reg":       "<Serial_number><null/></Serial_number><Number/><Date/>",
		"departure": "<Identity>123ABC02 / 45AB02</Identity><Nationality>KZ</Nationality>",
		"border":    "<Identity>123ABC02 / 45AB02</Identity><Nationality>KZ</Nationality><Mode>31</Mode>",
		"inland":    "31",
		"transit":   "",
		"head":      "<Gross_weight/>",
		"box":       "",
		"item": `<Item><Packages><Number_of_packages>9</Number_of_packages></Packages><Tarification><HScode>` +
			`<Commodity_code>10019120</Commodity_code><Precision_1>000</Precision_1><Precision_2><null/></Precision_2></HScode></Tarification>` +
			`<Goods_description><Country_of_origin_code>IT</Country_of_origin_code></Goods_description>` +
			`<Valuation_item><Weight_itm><Gross_weight_itm>300</Gross_weight_itm><Net_weight_itm>280</Net_weight_itm></Weight_itm></Valuation_item></Item>`,
	}
	for k, v := range parts {
		if _, ok := def[k]; !ok {
			panic("no section " + k)
		}
		def[k] = v
	}
	return def["prolog"] + "<ASYCUDA><Property><Sad_flow>I</Sad_flow><Nbers>" + def["nbers"] + "</Nbers></Property>" +
		"<Identification><Office_segment><Customs_clearance_office_code>AL110000\n\t\t</Customs_clearance_office_code></Office_segment><Type>" +
		def["type"] + "</Type><Registration>" + def["reg"] + "</Registration></Identification>" +
		"<Transport><Means_of_transport><Departure_arrival_information>" + def["departure"] + "</Departure_arrival_information><Border_information>" +
		def["border"] + "</Border_information><Inland_mode_of_transport>" + def["inland"] + "</Inland_mode_of_transport></Means_of_transport></Transport>" +
		"<Transit>" + def["transit"] + "</Transit><Valuation><Weight>" + def["head"] + "</Weight></Valuation>" + def["box"] + def["item"] + "</ASYCUDA>"
}

func one(t *testing.T, text string) (*decl.Declaration, Report) {
	t.Helper()
	r := Examine([]byte(text), "test")
	if len(r.Declarations) != 1 {
		t.Fatalf("%d declarations, want 1; problems %v", len(r.Declarations), r.Problems)
	}
	return r.Declarations[0], r
}

func rules(ps []decl.Problem) []string {
	var l []string
	for _, p := range ps {
		l = append(l, p.Rule+" "+p.Severity+" "+p.Path)
	}
	return l
}

func TestPlainDocumentHasNoProblems(t *testing.T) {
	d, r := one(t, doc(nil))
	if !r.Accepted || len(r.Problems) != 0 {
		t.Fatalf("accepted %t, problems %v", r.Accepted, r.Problems)
	}
	want := []decl.Unit{{Role: "tractor", Plate: "123ABC02", Country: "KZ", Source: "123ABC02 / 45AB02"},
		{Role: "trailer", Plate: "45AB02", Source: "123ABC02 / 45AB02"}}
	if diff := cmp.Diff(want, d.Units); diff != "" {
		t.Errorf("units (-want +got):\n%s", diff)
	}
	if d.Offices.Destination != "AL110000" || d.Totals.Gross != quant.Kg(300) || d.ID != d.Original[:16] {
		t.Errorf("office %q, gross %v, id %s of %s", d.Offices.Destination, d.Totals.Gross, d.ID, d.Original)
	}
}

func TestUnits(t *testing.T) {
	means := func(id, nat, mode string) string {
		return "<Identity>" + id + "</Identity><Nationality>" + nat + "</Nationality><Mode>" + mode + "</Mode>"
	}
	for _, c := range []struct {
		name, departure, border, inland string
		want                            string
	}{
		{"slash without blanks", means("99A9999/99A8888", "KG", ""), "", "31", "tractor 99A9999 KG, trailer 99A8888 "},
		{"a line end between the plates", means("AA9999AA\n\tBB1111BB", "UA", ""), "", "31", "tractor AA9999AA UA, trailer BB1111BB "},
		{"cyrillic look-alikes and a blank inside", means("А 123 ВС 77", "RU", ""), "", "30", "vehicle A123BC77 RU"},
		{"a vessel at the border and a lorry inland", means("AAAAA999 / AA9999AA", "TR", ""), means("MSC GAIA 7", "PA", "10"), "31",
			"tractor AAAAA999 TR, trailer AA9999AA , vessel MSC GAIA 7 PA"},
		{"a vessel name without any mode", means("", "", ""), means("Aktau Star", "KZ", ""), "", "vessel AKTAU STAR KZ"},
		{"the border names the tractor only", means("AAAA999 / AA9999AA", "AL", ""), means("AAAA999", "AL", "31"), "31",
			"tractor AAAA999 AL, trailer AA9999AA "},
		{"another lorry at the border", means("AAAA999", "AL", ""), means("BBBB111", "ME", "31"), "31",
			"vehicle AAAA999 AL, vehicle BBBB111 ME"},
		{"a railway wagon", means("52839104", "KZ", ""), "", "20", "wagon 52839104 KZ"},
		{"nothing known", "<Identity><null/></Identity>", "<Identity/>", "", ""},
	} {
		d, _ := one(t, doc(map[string]string{"departure": c.departure, "border": c.border, "inland": c.inland}))
		var got []string
		for _, u := range d.Units {
			got = append(got, u.Role+" "+u.Plate+" "+u.Country)
		}
		if g := strings.Join(got, ", "); g != c.want {
			t.Errorf("%s: %q, want %q", c.name, g, c.want)
		}
	}
}

// item makes one item with the masses and packages given.
func item(gross, net, packages string) string {
	return "<Item><Packages><Number_of_packages>" + packages + "</Number_of_packages></Packages><Tarification><HScode>" +
		"<Commodity_code>31042090</Commodity_code></HScode><A.I._code><null/></A.I._code><Supplementary_unit>" +
		"<Suppplementary_unit_quantity>1.0</Suppplementary_unit_quantity></Supplementary_unit><Value_item>52,644+0+0+0-0</Value_item></Tarification>" +
		"<Valuation_item><Weight_itm><Gross_weight_itm>" + gross + "</Gross_weight_itm><Net_weight_itm>" + net + "</Net_weight_itm></Weight_itm></Valuation_item></Item>"
}

func TestMassesAreExactToTheGram(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       quant.Mass
		lost       string
	}{
		{"an integer", "4110", 4_110_000, ""},
		{"a decimal for an integer", "1908.0", 1_908_000, ""},
		{"three places", "1359.984", 1_359_984, ""},
		{"scientific notation", "1.0623724E4", 10_623_724, ""},
		{"a negative exponent", "12345e-2", 123_450, ""},
		{"digits below the gram keep the text", "0.1234567", 123, "0.1234567"},
		{"zeros below the gram lose nothing", "12.500000", 12_500, ""},
		{"rounds half up", "1.0005", 1001, "1.0005"},
	} {
		d, r := one(t, doc(map[string]string{"nbers": "", "item": item(c.text, "", "1.0")}))
		if it := d.Items[0]; it.Gross != c.want || it.GrossText != c.lost || it.Packages != 1 || d.Totals.Gross != c.want {
			t.Errorf("%s: gross %d text %q packages %d total %d, want %d and %q; %v", c.name, it.Gross, it.GrossText, it.Packages,
				d.Totals.Gross, c.want, c.lost, r.Problems)
		}
	}
}

func TestHeaderGrossIsTheSumOfTheItemsUnlessOneHasNone(t *testing.T) {
	d, _ := one(t, doc(map[string]string{"nbers": "", "item": item("6755.166", "1", "1") + item("4197.28", "1", "1")}))
	if d.Totals.Gross != 10_952_446 {
		t.Errorf("gross %d, want 10952446", d.Totals.Gross)
	}
	d, r := one(t, doc(map[string]string{"nbers": "", "item": item("6755.166", "1", "1") + item("", "1", "1")}))
	if d.Totals.Gross != 0 || !slices.Contains(rules(r.Problems), "F07 discrepancy /ASYCUDA/Item[2]/Valuation_item/Weight_itm/Gross_weight_itm") {
		t.Errorf("gross %d with a hole, want unknown and F07: %v", d.Totals.Gross, r.Problems)
	}
	d, _ = one(t, doc(map[string]string{"nbers": "", "head": "<Gross_weight>12000</Gross_weight>", "item": item("6755.166", "1", "1")}))
	if d.Totals.Gross != quant.Kg(12000) {
		t.Errorf("gross %d, want the header's", d.Totals.Gross)
	}
}

func TestOneBoxInManyBlocksIsOneContainer(t *testing.T) {
	block := "<Container><Item_Number>1</Item_Number><Container_identity>MSCU 998140 2</Container_identity><Gross_weight>3940</Gross_weight></Container>"
	d, r := one(t, doc(map[string]string{"box": strings.Repeat(block, 9) + "<Container><Container_identity><null/></Container_identity></Container>"}))
	if diff := cmp.Diff([]decl.Container{{ID: "MSCU9981402"}}, d.Containers); diff != "" || len(r.Problems) > 0 || d.Totals.Gross != quant.Kg(300) {
		t.Errorf("containers (-want +got):\n%s; gross %v; problems %v", diff, d.Totals.Gross, r.Problems)
	}
}

func TestRules(t *testing.T) {
	for _, c := range []struct {
		name  string
		parts map[string]string
		want  []string
	}{
		{"F09 items differ from their count", map[string]string{"nbers": "<Total_number_of_items>2</Total_number_of_items>"}, []string{"F09 reject /totals/items"}},
		{"F09 packages differ from their count", map[string]string{"nbers": "<Total_number_of_packages>8.0</Total_number_of_packages>"}, []string{"F09 reject /totals/packages"}},
		{"F01 a count that is none", map[string]string{"nbers": "<Total_number_of_packages>9.5</Total_number_of_packages>"},
			[]string{"F01 reject /ASYCUDA/Property/Nbers/Total_number_of_packages"}},
		{"F05 net above gross", map[string]string{"nbers": "", "item": item("10", "10.001", "1")}, []string{"F05 reject /items/0/net_kg"}},
		{"F01 a mass that is no number", map[string]string{"nbers": "", "item": item("12,5", "1", "1")},
			[]string{"F01 reject /ASYCUDA/Item[1]/Valuation_item/Weight_itm/Gross_weight_itm", "F07 reject /ASYCUDA/Item[1]/Valuation_item/Weight_itm/Gross_weight_itm"}},
		{"F01 a negative mass", map[string]string{"nbers": "", "item": item("5", "-1", "1")}, []string{"F01 reject /ASYCUDA/Item[1]/Valuation_item/Weight_itm/Net_weight_itm"}},
		{"F07 no mass but packages", map[string]string{"nbers": "", "item": item("0", "", "1") + item("5", "", "1")},
			[]string{"F07 reject /ASYCUDA/Item[1]/Valuation_item/Weight_itm/Gross_weight_itm"}},
		{"F06 the whole is lighter than its parts", map[string]string{"head": "<Gross_weight>299.9</Gross_weight>"}, []string{"F06 reject /totals/gross_kg"}},
		{"F11 wrong check digit", map[string]string{"box": "<Container><Container_identity>CSQU3054384</Container_identity></Container>"}, []string{"F11 discrepancy /containers/0/id"}},
		{"F11 free text", map[string]string{"box": "<Container><Container_identity>box 7</Container_identity></Container>"}, []string{"F11 discrepancy /containers/0/id"}},
		{"F16 no such country", map[string]string{"departure": "<Identity>123ABC02</Identity><Nationality>ZZ</Nationality>", "border": ""}, []string{"F16 reject /units/0/country"}},
		{"F21 no plate", map[string]string{"departure": "<Identity>LORRY</Identity>", "border": ""}, []string{"F21 discrepancy /units/0/plate"}},
		{"F10 seals differ from their number", map[string]string{"transit": "<Seals><Number>2</Number><Identity>A1</Identity></Seals>"}, []string{"F10 reject /ASYCUDA/Transit/Seals/Number"}},
		{"F10 one seal twice", map[string]string{"transit": "<Seals><Number>2</Number><Identity>A1, A1</Identity></Seals>"}, []string{"F10 reject /seals/1"}},
		{"F18 the year of the registration", map[string]string{"reg": "<Serial_number>I</Serial_number><Number>7</Number><Date>10/25/16</Date>"},
			[]string{"F18 discrepancy /ASYCUDA/Identification/Registration/Date"}},
		{"F20 transit without end", map[string]string{"type": "<Type_of_declaration>EX</Type_of_declaration><Declaration_gen_procedure_code>8</Declaration_gen_procedure_code>"},
			[]string{"F20 reject /offices/destination", "F20 reject /deadline"}},
		{"F01 no known type", map[string]string{"type": "<Type_of_declaration>QQ</Type_of_declaration>"}, nil},
	} {
		_, r := one(t, doc(c.parts))
		if diff := cmp.Diff(c.want, rules(r.Problems)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestUnknownTypeWithoutFlowIsRejected(t *testing.T) {
	text := strings.Replace(doc(map[string]string{"type": ""}), "<Sad_flow>I</Sad_flow>", "", 1)
	if _, r := one(t, text); r.Accepted {
		t.Errorf("accepted: %v", r.Problems)
	}
}

func TestRegistrationIsAKeyOnlyWhenComplete(t *testing.T) {
	d, _ := one(t, doc(map[string]string{"reg": "<Serial_number>I</Serial_number><Number>1234</Number><Date>10/28/2016</Date>"}))
	if d.MRN != "AL110000-2016-I-1234" {
		t.Errorf("mrn %q", d.MRN)
	}
	d, _ = one(t, doc(map[string]string{"reg": "<Serial_number>I</Serial_number><Number/><Date>10/28/2016</Date>"}))
	if d.MRN != "" {
		t.Errorf("mrn %q of an incomplete registration", d.MRN)
	}
}

func TestDates(t *testing.T) {
	for _, c := range []struct{ order, text, want string }{
		{"", "2016-10-25", "2016-10-25"}, {"", "20161025", "2016-10-25"}, {"", "2016-10-25T10:00:00", "2016-10-25"},
		{"", "25.10.2016", "2016-10-25"}, {"", "1.2.2016", "2016-02-01"}, {"", "10/25/2016", "2016-10-25"}, {"", "25/10/2016", "2016-10-25"},
		{"", "8/11/2016", ""}, {"", "10/25/16", ""}, {"", "8/11/16", ""}, {"mdy", "8/11/16", "2016-08-11"}, {"dmy", "8/11/16", "2016-11-08"},
		{"mdy", "25/10/16", ""}, {"", "2016-02-30", ""}, {"", "2016-02-29", "2016-02-29"}, {"", "2015-02-29", ""}, {"", "yesterday", ""},
		{"", "0/0/2016", ""}, {"mdy", "1/1/99", "1999-01-01"}, {"", "99999999999-1-1", ""}, {"", "1-2-3-4", ""}, {"", "--", ""},
	} {
		got, _, why := Options{DateOrder: c.order}.date(c.text)
		if got != c.want || (got == "") != (why != "") {
			t.Errorf("date(%q) in order %q = %q (%s), want %q", c.text, c.order, got, why, c.want)
		}
	}
}

func TestCheckDigits(t *testing.T) {
	for _, id := range []string{"CSQU3054383", "MSCU9981402"} {
		if why := containerFault(id); why != "" {
			t.Errorf("container %s %s", id, why)
		}
	}
	for _, mrn := range []string{"23GB000246IF9W5YJ0", "24GB000246J8NY33L7"} {
		if why := mrnFault(mrn); why != "" {
			t.Errorf("MRN %s %s", mrn, why)
		}
	}
	if mrnFault("24GB000246J8NY33L8") == "" {
		t.Error("a wrong check digit of an MRN was not found")
	}
}

func TestCharsets(t *testing.T) {
	name := "<Goods_description><Commercial_Description>Калийные\n\tудобрения</Commercial_Description></Goods_description>"
	for _, c := range []struct {
		name   string
		decl   string
		encode func(string) (string, error)
	}{
		{"windows-1251", `<?xml version="1.0" encoding="windows-1251"?>`, charmap.Windows1251.NewEncoder().String},
		{"utf-8 with a mark", "\uFEFF" + `<?xml version="1.0" encoding="UTF-8"?>`, func(s string) (string, error) { return s, nil }},
		{"utf-16", `<?xml version="1.0" encoding="UTF-16"?>`, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String},
	} {
		text, err := c.encode(doc(map[string]string{"prolog": c.decl, "nbers": "", "item": strings.Replace(item("1", "1", "1"), "</Item>", name+"</Item>", 1)}))
		if err != nil {
			t.Fatal(err)
		}
		if got := Detect([]byte(text)); got != ASYCUDA {
			t.Errorf("%s: detected as %q", c.name, got)
		}
		d, _ := one(t, text)
		if got := d.Items[0].Description; got != "Калийные удобрения" {
			t.Errorf("%s: description %q", c.name, got)
		}
	}
}

func TestDocumentsThatAreNotRead(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"another root", `<ns:Declaration xmlns:ns="urn:x"/>`, "format not recognised: root element {urn:x}Declaration"},
		{"no XML", "UNB+UNOA:1+", "format not recognised: the document is not XML"},
		{"empty", "", "format not recognised: the document is not XML"},
		{"cut off", doc(nil)[:700], "not well-formed"},
		{"two roots", doc(nil) + "<ASYCUDA/>", "more than one root element"},
		{"a document type", `<!DOCTYPE a [<!ENTITY a "b">]><ASYCUDA>&a;</ASYCUDA>`, "a document type definition is not allowed"},
		{"an entity of its own", `<ASYCUDA>&a;</ASYCUDA>`, "not well-formed"},
		{"too deep", strings.Repeat("<ASYCUDA>", 100), "elements nested deeper than 64"},
		{"an endless value", strings.Replace(doc(nil), "AL110000", strings.Repeat("A", maxText+1), 1), "a value longer than"},
		{"an unknown charset", `<?xml version="1.0" encoding="x-none"?><ASYCUDA/>`, "not well-formed"},
		{"only a comment", `<!-- nothing -->`, "no root element"},
	} {
		r := Examine([]byte(c.text), c.name)
		if r.Accepted || len(r.Declarations) > 0 || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Message, c.want) || r.Problems[0].Severity != Reject {
			t.Errorf("%s: %+v, want a reject with %q", c.name, r, c.want)
		}
	}
}

// endless is a reader of blanks behind a prolog.
type endless struct{ head string }

func (e *endless) Read(p []byte) (int, error) {
	if e.head != "" {
		n := copy(p, e.head)
		e.head = e.head[n:]
		return n, nil
	}
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestSizeIsBounded(t *testing.T) {
	ds, ps, err := Options{max: 1 << 20}.DecodeReader(&endless{head: "<ASYCUDA>"}, "endless")
	if err != nil || len(ds) != 0 || len(ps) != 1 || !strings.Contains(ps[0].Message, "larger than 1048576 bytes") {
		t.Errorf("%d declarations, %v, %v", len(ds), ps, err)
	}
}

func TestManyProblemsAreBounded(t *testing.T) {
	_, r := one(t, doc(map[string]string{"nbers": "", "item": strings.Repeat(item("x", "x", "x"), 2000)}))
	if len(r.Problems) > 4*maxProblems {
		t.Errorf("%d problems", len(r.Problems))
	}
}

func TestTimeRulesNeedTheTimeOfReceipt(t *testing.T) {
	d, _ := one(t, doc(nil))
	d.Permits = []decl.Document{{Kind: "911", ID: "1", Date: "2026-05-03"}}
	if ps := Check(d); len(ps) != 0 {
		t.Errorf("without a time of receipt: %v", ps)
	}
	d.Received = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	if got := rules(Check(d)); !slices.Equal(got, []string{"F18 discrepancy /permits/0/date"}) {
		t.Errorf("problems %v", got)
	}
}

func TestCountriesAgreeWithTheTable(t *testing.T) {
	b, err := os.ReadFile(sharedtest.Path(t, "nomenclature", "iso3166-1.csv"))
	if err != nil {
		t.Skip(err)
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		if code, _, _ := strings.Cut(line, ","); len(code) == 2 {
			n++
			if !knownCountry(code) {
				t.Errorf("country %s is missing", code)
			}
		}
	}
	if got := len(strings.Fields(countries)); got != n || n == 0 {
		t.Errorf("%d countries, the table has %d", got, n)
	}
}

func FuzzExamine(f *testing.F) {
	f.Add([]byte(doc(nil)))
	f.Add([]byte(doc(map[string]string{"item": item("1e30", "-1", "1.5"), "transit": "<Seals><Number>1</Number><Identity>a;b</Identity></Seals>"})))
	f.Add([]byte("<ASYCUDA><Item><Attached_documents/></Item><Container/></ASYCUDA>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := Examine(b, "fuzz")
		if r.Accepted && (len(r.Declarations) == 0 || Rejects(r.Problems)) {
			t.Errorf("accepted with %v", r.Problems)
		}
		if len(r.Declarations) == 0 && len(r.Problems) == 0 {
			t.Error("nothing read and nothing said")
		}
		for _, d := range r.Declarations {
			for _, it := range d.Items {
				if it.Gross < 0 || it.Net < 0 || it.Packages < 0 {
					t.Errorf("item %+v below zero", it)
				}
			}
		}
	})
}

func BenchmarkDecode700KB(b *testing.B) {
	filler := strings.Repeat("<Taxation_line><Duty_tax_code>\n\t<null />\n</Duty_tax_code><Duty_tax_Base /><Duty_tax_rate /></Taxation_line>\n", 70)
	it := strings.Replace(item("81.234", "80", "3"), "</Item>", "<Taxation>"+filler+"</Taxation></Item>", 1)
	text := []byte(doc(map[string]string{"nbers": "<Total_number_of_items>85</Total_number_of_items>", "item": strings.Repeat(it, 85)}))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if r := Examine(bytes.Clone(text), "bench"); !r.Accepted {
			b.Fatal(fmt.Sprint(r.Problems))
		}
	}
	b.ReportMetric(float64(len(text))/1024, "KiB")
}
