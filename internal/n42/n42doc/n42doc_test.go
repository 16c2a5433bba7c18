package n42doc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"acsgd/fusion/radiation"
	"acsgd/internal/n42"
	"acsgd/internal/n42/n42test"
	"acsgd/internal/obs"
)

var start = time.Date(2026, 1, 15, 8, 30, 1, 600_000_000, time.UTC)

// lorry is an occupancy with a gamma alarm of the portal and of ours.
func lorry() *radiation.Occupancy {
	o := &radiation.Occupancy{Number: 630, Boot: 1, Start: start, End: start.Add(2400 * time.Millisecond), Count: 12, HasBG: true,
		Background: [4]int32{383, 389, 432, 423}, BGAge: 3 * time.Second, NeutronBG: 2566, Threshold: 5000, MaxSigma: 6213, Group: "left",
		VendorAlarm: true, VendorGamma: true, GammaAlarm: true, Speed: 2280}
	for i := range int32(12) {
		o.Slices = append(o.Slices, radiation.Slice{At: 200*i - 400, Gamma: [4]int32{60 + i, 61, 62, 63}, Alarm: i == 8, Vendor: i == 8})
	}
	for i := range int32(2) {
		o.Neutron = append(o.Neutron, radiation.Neutron{At: 1000*i + 17*i, Counts: [4]int32{1, 0, 2, 0}})
	}
	return o
}

func portal() Portal {
	p := Portal{Device: "rpm-1", Serial: "KGS-L03", Firmware: "1.10.1"}
	p.Known("rpm/tsa")
	return p
}

// odd are documents of all kinds of occupancies.
func odd() map[string]*Document {
	out := map[string]*Document{}
	add := func(name string, change func(*Document, *radiation.Occupancy)) {
		d := &Document{Site: "KGS", Lane: "L3", Portal: portal(), Occupancy: lorry()}
		change(d, d.Occupancy)
		out[name] = d
	}
	add("alarm", func(*Document, *radiation.Occupancy) {})
	add("quiet", func(d *Document, o *radiation.Occupancy) {
		o.VendorAlarm, o.VendorGamma, o.GammaAlarm = false, false, false
		for i := range o.Slices {
			o.Slices[i].Alarm, o.Slices[i].Vendor = false, false
		}
	})
	add("whole", func(d *Document, o *radiation.Occupancy) {
		d.Passage, d.Declaration = "KGS-L3-000123", "50501/15.01.26/0001234"
		d.Plates = []Plate{{"123ABC05", "front"}, {"77 - AB. 12 & <x>", "trailer"}, {"", "rear"}}
		d.Containers, d.HS = []string{"MSKU 123456-5", "TGHU1234565"}, []string{"690721", "310420"}
		d.Place = &radiation.Place{Middle: 5210, From: 4000, To: 6100, Length: 16500, By: "length"}
		d.Remarks = []string{"code 4, NORM\x00\uFFFE <&> \xFF", "second person: Иванов"}
		o.Windows, o.WindowBG = radiation.Windows{{At: -200, Counts: [4]int32{1, 2, 3, 4}}, {At: 0, Counts: [4]int32{5, 6, 7, 8}}}, [4]int32{1500, 20, 30, 40}
		d.Pictures = []Picture{{Text: "front", Device: "cam-1", At: start, MediaType: "image/jpeg", SHA256: strings.Repeat("ab", 32), Size: 12345},
			{Text: "plate", Plate: true, MediaType: "image/png", Bytes: []byte{1, 2, 3, 4}}, {}}
		o.Analysis = &radiation.Analysis{Templates: "2026-01", Alarm: true, Tests: []radiation.TestResult{
			{Name: radiation.TestTemplate, Sigma: 7000, Threshold: 4000, Alarm: true, Group: "right", At: 1_000_000},
			{Name: radiation.TestPillars, Sigma: 100, Threshold: 4000}, {Name: radiation.TestRatio, Reason: "no windows"}}}
		o.VendorNeut, o.NeutronAlarm, o.EnergyAlarm = true, true, true
		o.Neutron[1].Alarm, o.Neutron[1].Vendor = true, true
	})
	add("windows with edges", func(d *Document, o *radiation.Occupancy) {
		d.Portal.WindowFrom, d.Portal.WindowTo = []float64{0, 100, 400, 1000}, []float64{100, 400, 1000, 3000.5}
		o.Windows, o.WindowSpan, o.WindowBG = radiation.Windows{{At: 0, Counts: [4]int32{5, 6, 7, 8}}}, 400, [4]int32{1500, 20, 30, 40}
	})
	add("contacts alone", func(d *Document, o *radiation.Occupancy) {
		d.Portal = Portal{Device: "rpm-2"}
		*o = radiation.Occupancy{Start: start, End: start.Add(4 * time.Second), VendorAlarm: true, VendorGamma: true, VendorNeut: true, NeutronAlarm: true, Number: 3, Contacts: true}
	})
	add("an interval that is not known", func(d *Document, o *radiation.Occupancy) { o.IntervalUnknown = true })
	add("a long interval that is not known", func(d *Document, o *radiation.Occupancy) { o.IntervalUnknown, o.Interval = true, 500 })
	add("contacts of no time", func(d *Document, o *radiation.Occupancy) {
		d.Portal = Portal{}
		*o = radiation.Occupancy{Start: start}
	})
	add("neutrons before the first slice", func(d *Document, o *radiation.Occupancy) { o.Slices, o.HasBG, o.NeutronBG = nil, false, 0 })
	add("neutron alarm without a channel", func(d *Document, o *radiation.Occupancy) { o.Neutron, o.NeutronBG, o.VendorNeut = nil, 0, true })
	add("gamma alarm without a panel", func(d *Document, o *radiation.Occupancy) { o.Slices, o.HasBG = nil, false })
	add("dead panels", func(d *Document, o *radiation.Occupancy) {
		o.HasBG, o.Neutron[0].Counts, o.Neutron[1].Counts = false, [4]int32{}, [4]int32{}
		for i := range o.Slices {
			o.Slices[i].Gamma = [4]int32{}
		}
	})
	add("cut off", func(d *Document, o *radiation.Occupancy) {
		o.Truncated, o.Fault, o.End, o.Number, o.Open, o.Thinned, o.Missed = true, "no end line", time.Time{}, 0, true, 4, 2
		o.Guarded, o.GuardAlarm, o.GammaAlarm, o.GuardSigma, o.GuardBackground = true, true, false, 5123, [4]int32{400, 401, 402, 403}
	})
	add("another maker", func(d *Document, o *radiation.Occupancy) {
		d.Portal = Portal{Device: "Нур-Жолы № 3 (запад)", Maker: "a-b c-d, e", Model: "  "}
		o.Interval, o.AlarmWindow, o.Mask, o.Speed = 100, 10, "1111", 0
	})
	return out
}

// TestEveryOccupancyMakesAFaultlessDocument holds documents of all kinds against the schema,
// our checks and the standard's own rules, and reads them back.
func TestEveryOccupancyMakesAFaultlessDocument(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for name, d := range odd() {
		b := Append(nil, d)
		if !bytes.Equal(b, Append([]byte{}, d)) {
			t.Errorf("%s: the same occupancy gives other bytes", name)
		}
		list, err := n42.Check(bytes.NewReader(b), 0, end(d.Occupancy).Add(time.Millisecond))
		if err != nil || len(list) > 0 {
			t.Errorf("%s: %v, %+v", name, err, list)
		}
		r, err := n42.Read(bytes.NewReader(b), 0)
		if err != nil || len(r.Problems) > 0 || r.Class != "Portal Monitor" || r.UUID != d.Key() {
			t.Errorf("%s: read back: %v, %+v", name, err, r)
		}
		f := filepath.Join(dir, name+".n42")
		if err := os.WriteFile(f, b, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	for f, why := range n42test.Schema(t, files...) {
		t.Errorf("%s: %s", filepath.Base(f), why)
	}
	for f, rules := range n42test.Schematron(t, files...) {
		t.Errorf("%s breaks %q", filepath.Base(f), rules)
	}
}

// TestWhatADocumentSays reads the lorry back.
func TestWhatADocumentSays(t *testing.T) {
	d := odd()["whole"]
	r, err := n42.Read(bytes.NewReader(Append(nil, d)), 0)
	if err != nil {
		t.Fatal(err)
	}
	if r.Serial != "KGS-L03" || r.Instrument.Model != "TSA VM-250" || r.Instrument.Versions[0].Value != "1.10.1" {
		t.Errorf("%q %+v", r.Serial, r.Instrument)
	}
	names := func(list []n42.Detector) (out []string) {
		for _, x := range list {
			out = append(out, x.ID)
		}
		return out
	}
	if got, want := names(r.Detectors), []string{"Aa1", "Aa2", "Ba1", "Ba2", "Aa1N", "Ba1N", "N0"}; !slices.Equal(got, want) {
		t.Errorf("detectors %q, want %q", got, want)
	}
	bg := r.Measurements[0]
	if bg.Class != "Background" || bg.Real != 20_000_000 || !bg.Start.Equal(start.Add(-23*time.Second)) || bg.Gross[0].Counts[0] != 7660 || *bg.Occupied {
		t.Errorf("background %+v", bg)
	}
	if n := r.Measurements[1]; n.Real != 120_000_000 || n.Gross[0].Counts[0] != 307.92 || n.Gross[0].Detector != "N0" {
		t.Errorf("neutron background %+v", n)
	}
	if e := r.Measurements[2]; e.Class != "Background" || len(e.Gross) > 0 { // its windows have no known edges
		t.Errorf("background in energy windows %+v", e)
	}
	var gamma, neutron int
	for _, m := range r.Measurements[3:] {
		switch m.Real {
		case 200_000:
			gamma++
		case 1_000_000:
			neutron++
		}
	}
	if gamma != 14 || neutron != 2 { // twelve slices and two of energy windows
		t.Errorf("%d gamma slices, %d neutron intervals", gamma, neutron)
	}
	s := r.Measurements[11] // the slice with the alarm
	if !s.Start.Equal(start.Add(1000*time.Millisecond)) || s.Gross[0].Counts[0] != 68 || s.Speed != 2280 || !*s.Occupied {
		t.Errorf("slice %+v", s)
	}
	if *r.Measurements[3].Occupied {
		t.Error("a slice before the beams were cut is occupied")
	}
	var texts []string
	for _, a := range r.Alarms {
		texts = append(texts, fmt.Sprint(a.Category, " ", a.Text, " ", a.Detectors, " ", a.Time.Format("05.000")))
	}
	want := []string{
		"Gamma the portal: gamma alarm [Aa1 Aa2 Ba1 Ba2] 02.800",
		"Neutron the portal: neutron alarm [Aa1N Ba1N] 02.617",
		"Gamma the portal: alarm of its energy windows [Aa1 Aa2 Ba1 Ba2] 00.000",
		"Gamma ACSGD: left 6.213 sigma, k=5 [Aa1 Aa2] 02.800",
		"Neutron ACSGD: sequential test of neutron counts [Aa1N Ba1N] 02.617",
		"Gamma ACSGD: template, right 7 sigma, threshold 4 [Ba1 Ba2] 04.000",
	}
	if !slices.Equal(texts, want) {
		t.Errorf("alarms %q, want %q", texts, want)
	}
	var items []string
	for _, i := range r.Items {
		items = append(items, i.Name+" "+i.Value)
	}
	wantItems := []string{"Passage KGS-L3-000123", "LicensePlate 123ABC05", "TrailerLicensePlate 77\u00A0-\u00A0AB.\u00A012\u00A0&\u00A0<x>", "ContainerNumber MSKU 123456-5", "ContainerNumber TGHU1234565",
		"DeclarationNumber 50501/15.01.26/0001234", "DeclaredHSCode 690721", "DeclaredHSCode 310420", "VehicleLength 16.5"}
	if !slices.Equal(items, wantItems) {
		t.Errorf("items %q, want %q", items, wantItems)
	}
}

// TestTheKeyIsOfTheOccupancy: nothing but the occupancy and where it was changes it.
// TestWhatADocumentLacks reads back what is said of counts that are not there, or of no
// known time.
func TestWhatADocumentLacks(t *testing.T) {
	for name, want := range map[string]string{
		"contacts alone":                    "contacts_only Warning",
		"contacts of no time":               "no_counts Warning",
		"an interval that is not known":     "interval_unknown Warning",
		"a long interval that is not known": "interval_unknown Warning",
		"alarm":                             "",
	} {
		r, err := n42.Read(bytes.NewReader(Append(nil, odd()[name])), 0)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range r.Faults {
			got = append(got, f.Code+" "+f.Severity)
			if f.Code == "interval_unknown" && !strings.Contains(f.Text, map[bool]string{true: "500 ms", false: "200 ms"}[strings.Contains(name, "long")]) {
				t.Errorf("%s: %q", name, f.Text)
			}
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%s: %q, want %q", name, s, want)
		}
	}
}

func TestTheKeyIsOfTheOccupancy(t *testing.T) {
	a, b := odd()["alarm"], odd()["whole"]
	if a.Key() != b.Key() || a.Key()[14] != '8' {
		t.Errorf("one occupancy, keys %s and %s", a.Key(), b.Key())
	}
	for name, change := range map[string]func(*Document){
		"number": func(d *Document) { d.Occupancy.Number++ }, "restart": func(d *Document) { d.Occupancy.Boot++ }, "device": func(d *Document) { d.Portal.Device += "x" },
		"lane": func(d *Document) { d.Lane = "L4" }, "start": func(d *Document) { d.Occupancy.Start = start.Add(1) },
	} {
		c := odd()["alarm"]
		if change(c); c.Key() == a.Key() {
			t.Errorf("another %s, the same key", name)
		}
	}
}

// TestAPortalTellsOfItself takes setup lines as the portal sends them.
func TestAPortalTellsOfItself(t *testing.T) {
	p := portal()
	for _, r := range []obs.Radiation{
		{Tag: "SG2", Setup: []string{"1100", "0.069", "0.455", "01", "1010", "A"}},
		{Tag: "SG3", Setup: []string{"0.069", "0.455", "030", "000", "1.11"}},
		{Tag: "SN1", Setup: []string{"000050", "03", "0004", "1200", "01", "060"}},
		{Tag: "NB", Neutron: [4]int32{1, 0, 1, 0}}, {Tag: "SG3", Setup: []string{"0.069"}},
	} {
		p.Learn(&r)
	}
	if p.Panels != 0b0011 || p.Average != 30*time.Second || p.NeutronAverage != time.Minute || p.Neutrons != 0b0101 || p.Firmware != "1.11" {
		t.Errorf("%+v", p)
	}
}

// TestAnyOccupancyBreaksNoRule draws occupancies.
func TestAnyOccupancyBreaksNoRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := func() int32 { return rapid.Int32().Draw(t, "n") }
		yes := func() bool { return rapid.Bool().Draw(t, "yes") }
		o := &radiation.Occupancy{Number: uint32(n()), Start: start.Add(time.Duration(n())), HasBG: yes(), NeutronBG: int64(n()), Background: [4]int32{n(), n(), n(), n()},
			Interval: n(), MaxSigma: n(), Threshold: n(), GammaAlarm: yes(), VendorAlarm: yes(), VendorNeut: yes(), EnergyAlarm: yes(), Guarded: yes(), GuardAlarm: yes(), Speed: 1,
			Group: rapid.SampledFrom([]string{"", "sum", "p3", "p9", "left"}).Draw(t, "group"), Fault: rapid.String().Draw(t, "fault")}
		at := int32(0)
		for range rapid.IntRange(0, 8).Draw(t, "slices") {
			at += rapid.Int32Range(-100, 1000).Draw(t, "step")
			o.Slices = append(o.Slices, radiation.Slice{At: at, Gamma: [4]int32{n(), 0, 0, n()}, Alarm: yes(), Vendor: yes()})
			if yes() {
				o.Neutron = append(o.Neutron, radiation.Neutron{At: at, Counts: [4]int32{0, n(), 0, 0}, Alarm: yes()})
			}
		}
		d := &Document{Occupancy: o, Remarks: []string{rapid.String().Draw(t, "remark")}, Plates: []Plate{{Text: rapid.String().Draw(t, "plate")}}}
		list, err := n42.Check(bytes.NewReader(Append(nil, d)), 0, start.AddDate(1, 0, 0))
		if err != nil || len(list) > 0 {
			t.Fatalf("%v %+v\n%s", err, list, Append(nil, d))
		}
	})
}

// TestWritingAnOccupancyIsCheap bounds what a document costs: a site writes one for each vehicle.
func TestWritingAnOccupancyIsCheap(t *testing.T) {
	d := odd()["alarm"]
	b := Append(nil, d)
	if n := testing.AllocsPerRun(50, func() { b = Append(b[:0], d) }); n > 120 {
		t.Errorf("%v allocations a document", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	d := odd()["alarm"]
	for len(d.Occupancy.Slices) < 56 {
		d.Occupancy.Slices = append(d.Occupancy.Slices, d.Occupancy.Slices...)
	}
	var out []byte
	for b.Loop() {
		out = Append(out[:0], d)
	}
	b.SetBytes(int64(len(out)))
}
