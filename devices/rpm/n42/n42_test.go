package n42

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/fusion/radiation"
	"acsgd/internal/n42/n42doc"
	"acsgd/internal/obs"
	"acsgd/internal/sharedtest"
)

// document is of a portal as in Annex D of the standard: background, then three slices with
// a vehicle, then one without.
func document(alarms string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?>
<RadInstrumentData xmlns="http://physics.nist.gov/N42/2011/N42" n42DocUUID="0a91ca36-f473-4319-bef3-134898d15b69">
 <RadInstrumentInformation id="P"><RadInstrumentManufacturerName>M</RadInstrumentManufacturerName><RadInstrumentModelName>X</RadInstrumentModelName><RadInstrumentClassCode>Portal Monitor</RadInstrumentClassCode><RadInstrumentVersion><RadInstrumentComponentName>Software</RadInstrumentComponentName><RadInstrumentComponentVersion>1</RadInstrumentComponentVersion></RadInstrumentVersion></RadInstrumentInformation>
`)
	for _, d := range []string{"Aa1", "Aa2", "Ba1", "Ba2", "Aa1N", "Ba1N"} {
		category, kind := "Gamma", "PVT"
		if strings.HasSuffix(d, "N") {
			category, kind = "Neutron", "He3"
		}
		fmt.Fprintf(&b, "<RadDetectorInformation id=%q><RadDetectorCategoryCode>%s</RadDetectorCategoryCode><RadDetectorKindCode>%s</RadDetectorKindCode></RadDetectorInformation>\n", d, category, kind)
	}
	b.WriteString(`<RadItemInformation id="V"/><EnergyWindows id="W"><WindowStartEnergyValues>0 0 100</WindowStartEnergyValues><WindowEndEnergyValues>100 3000 400</WindowEndEnergyValues></EnergyWindows>`)
	slice := func(id, class, start, long string, g [4]string, n [2]int, occupied bool) {
		fmt.Fprintf(&b, `<RadMeasurement id="%s"><MeasurementClassCode>%s</MeasurementClassCode><StartDateTime>2026-01-15T08:30:%sZ</StartDateTime><RealTimeDuration>%s</RealTimeDuration>`, id, class, start, long)
		for i, c := range g {
			fmt.Fprintf(&b, `<GrossCounts id="%s%d" radDetectorInformationReference="%s" energyWindowsReference="W"><LiveTimeDuration>%s</LiveTimeDuration><CountData>1 %s 2</CountData></GrossCounts>`,
				id, i, []string{"Aa1", "Aa2", "Ba1", "Ba2"}[i], long, c)
		}
		for i, c := range n {
			fmt.Fprintf(&b, `<GrossCounts id="%sN%d" radDetectorInformationReference="%s"><LiveTimeDuration>%s</LiveTimeDuration><CountData>%d</CountData></GrossCounts>`, id, i, []string{"Aa1N", "Ba1N"}[i], long, c)
		}
		fmt.Fprintf(&b, "<RadItemState radItemInformationReference=\"V\"><StateVector><SpeedValue>2.5</SpeedValue></StateVector></RadItemState><OccupancyIndicator>%v</OccupancyIndicator></RadMeasurement>\n", occupied)
	}
	slice("B", "Background", "00", "PT10S", [4]string{"3830", "3890", "4320", "4230"}, [2]int{15, 10}, false)
	slice("S1", "Foreground", "10", "PT0.5S", [4]string{"190", "191", "192", "193"}, [2]int{1, 0}, true)
	slice("S2", "Foreground", "10.5", "PT0.5S", [4]string{"290", "291", "292", "293"}, [2]int{2, 4}, true)
	slice("S3", "Foreground", "11", "PT0.5S", [4]string{"390", "391", "392", "393"}, [2]int{0, 1}, true)
	slice("S4", "Foreground", "11.5", "PT0.5S", [4]string{"9", "9", "9", "9"}, [2]int{9, 9}, false)
	b.WriteString(alarms + "</RadInstrumentData>\n")
	return b.String()
}

const gammaAlarm = `<AnalysisResults radMeasurementReferences="S2"><RadAlarm radDetectorInformationReferences="Aa1"><RadAlarmDateTime>2026-01-15T08:30:10.9Z</RadAlarmDateTime><RadAlarmCategoryCode>Gamma</RadAlarmCategoryCode></RadAlarm></AnalysisResults>`

func TestTheDriverKeepsItsPromises(t *testing.T) {
	body := document(gammaAlarm)
	devicestest.Run(t, Driver(), devicestest.Script{
		Good: []byte(fmt.Sprintf("POST /n42 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)),
		Then: []byte(fmt.Sprintf("POST /n42 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body)+1, body+" ")),
		Want: 9, Once: true, Settings: "path = \"/n42\"\nmax_body = 65536\n",
	})
}

// session gives a decoder and what it reports.
func decode(t *testing.T, in string) (seen []obs.Observation, said []string) {
	t.Helper()
	s, err := NewSession(devices.Section{}, devices.Env{Keep: func(kind string, p []byte) (obs.Blob, error) { return obs.BlobOf(kind, p), nil }})
	if err != nil {
		t.Fatal(err)
	}
	err = devices.Decode(s, strings.NewReader(in), func() time.Time { return time.Unix(2e9, 0) }, 100, func(o obs.Observation) { seen = append(seen, o) },
		func(e *obs.DecodeError) { said = append(said, e.Reason) })
	if err != nil {
		t.Fatal(err)
	}
	return seen, said
}

func short(seen []obs.Observation) (out []string) {
	for _, o := range seen {
		r := o.Body.(*obs.Radiation)
		s := o.Stamp.At.UTC().Format("05.000 ") + r.Tag
		switch r.Tag {
		case "GB", "GS", "GA":
			s += fmt.Sprint(" ", r.Gamma, " ", r.Interval)
		case "NB":
			s += fmt.Sprint(" ", r.Neutron, " ", r.Background)
		case "NS", "NA":
			s += fmt.Sprint(" ", r.Neutron, " ", r.Interval)
		case "SP":
			s += fmt.Sprint(" ", int64(r.Speed))
		case "GX":
			s += fmt.Sprint(" ", r.Occupancy, " ", len(o.Blobs))
		case "DF":
			s += " " + r.Fault
		}
		out = append(out, s)
	}
	return out
}

// TestADocumentBecomesTheLinesOfAPortal checks each line.
func TestADocumentBecomesTheLinesOfAPortal(t *testing.T) {
	for _, c := range []struct {
		name, doc string
		want      []string
	}{
		{"gamma", document(gammaAlarm), []string{"10.000 NB [1 0 1 0] 2500", "10.000 GB [383 389 432 423] 0", "10.500 SP 2500", "10.500 GS [190 191 192 193] 500",
			"11.000 GA [290 291 292 293] 500", "11.000 NS [3 0 4 0] 1000", "11.500 GS [390 391 392 393] 500", "11.500 NS [0 0 1 0] 500", "11.500 GX 1 1"}},
		{"neutron without a time", document(strings.Replace(strings.Replace(gammaAlarm, "Gamma<", "Neutron<", 1), "<RadAlarmDateTime>2026-01-15T08:30:10.9Z</RadAlarmDateTime>", "", 1)),
			[]string{"10.000 NB [1 0 1 0] 2500", "10.000 GB [383 389 432 423] 0", "10.500 SP 2500", "10.500 GS [190 191 192 193] 500",
				"11.000 GS [290 291 292 293] 500", "11.000 NS [3 0 4 0] 1000", "11.500 GS [390 391 392 393] 500", "11.500 NA [0 0 1 0] 500", "11.500 GX 1 1"}},
		{"isotope and a fault", document(strings.Replace(strings.Replace(gammaAlarm, "Gamma<", "Isotope<", 1), "</RadAlarm>",
			"</RadAlarm><Fault><FaultCodeValue>7</FaultCodeValue><FaultDescription>panel off</FaultDescription><FaultSeverityCode>Error</FaultSeverityCode></Fault><Fault><FaultCodeValue>5</FaultCodeValue><FaultDescription>Overspeed</FaultDescription><FaultSeverityCode>Warning</FaultSeverityCode></Fault>", 1)),
			[]string{"10.000 NB [1 0 1 0] 2500", "10.000 GB [383 389 432 423] 0", "10.500 SP 2500", "10.500 GS [190 191 192 193] 500",
				"11.000 GS [290 291 292 293] 500", "11.000 NS [3 0 4 0] 1000", "11.500 GS [390 391 392 393] 500", "11.500 NS [0 0 1 0] 500", "11.500 AA", "11.500 DF portal: 7 panel off", "11.500 GX 1 1"}},
		{"no slices and an alarm", document(gammaAlarm)[:strings.Index(document(""), "<RadMeasurement ")] + gammaAlarm + "</RadInstrumentData>", []string{"10.900 AA", "10.900 GX 1 1"}},
	} {
		seen, said := decode(t, c.doc)
		if got := short(seen); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%q, want\n%q (%q)", c.name, got, c.want, said)
		}
	}
}

// TestWhatIsNoOccupancy is told and not taken.
func TestWhatIsNoOccupancy(t *testing.T) {
	whole := document("")
	for _, c := range []struct{ name, in, say string }{
		{"a handheld's reading", strings.ReplaceAll(whole, "<OccupancyIndicator>true</OccupancyIndicator>", ""), "without an occupancy"},
		{"broken", strings.Replace(whole, "</RadItemState>", "", 1), "element"},
		{"no length", strings.Replace(whole, "<RealTimeDuration>PT10S</RealTimeDuration>", "", 1), "without its time or its length"},
		{"cut", whole[:1000], "inside a message"},
		{"an entity", strings.Replace(whole, "<RadInstrumentData ", "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><RadInstrumentData ", 1), "type definition"},
		{"something else", "hello\r\n\r\n", "no HTTP request, or one whose head is too long"},
	} {
		seen, said := decode(t, c.in)
		if len(seen) > 0 || !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, c.say) }) {
			t.Errorf("%s: %d observations, %q", c.name, len(seen), said)
		}
	}
	seen, said := decode(t, strings.Replace(strings.Replace(whole, "PT10S", "PT4S", -1), ":00Z", ":06Z", 1)) // too short a background
	if got := short(seen); len(got) == 0 || got[0] != "10.500 SP 2500" || !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "less than 5 s of background") }) {
		t.Errorf("too short a background: %q, %q", got, said)
	}
	if seen, _ := decode(t, whole+"nonsense"+whole+document(gammaAlarm)); len(short(seen)) != 18 {
		t.Errorf("two documents, one of them twice: %q", short(seen))
	}
}

// TestAnswers tells the portal what became of its document.
func TestAnswers(t *testing.T) {
	body := document("")
	post := func(head string) string {
		return "POST /n42 HTTP/1.1\r\n" + head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	}
	for _, c := range []struct{ in, answer string }{
		{post("Authorization: Basic dTpw\r\n"), "200 OK"},
		{post(""), "401 Unauthorized"},
		{post("Authorization: Basic dTpx\r\n"), "401 Unauthorized"},
		{"GET / HTTP/1.1\r\n\r\n", "405 Method"},
		{"POST /other HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "404 Not Found"},
		{"POST /n42 HTTP/1.1\r\n\r\n", "411 Length"},
		{"POST /n42 HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", "413 Content"},
		{"PUT /n42 HTTP/1.1\r\nAuthorization: Basic dTpw\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n", "422 Unprocessable"},
		{"PUT /n42 HTTP/1.1\r\nAuthorization: Basic dTpw\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\nzz\r\n", "100 Continue"},
	} {
		cfg, err := load(devices.Section{})
		if err != nil {
			t.Fatal(err)
		}
		cfg.Path, cfg.User, cfg.Password = "/n42", "u", "p"
		s := newSession(cfg, devices.Env{}, newBook(), true)
		var out devices.Out
		s.Feed(time.Unix(2e9, 0), []byte(c.in), &out)
		if len(out.Acks) == 0 || !strings.HasPrefix(string(out.Acks[0].Then), "HTTP/1.1 "+c.answer) {
			t.Errorf("%.80q: answers %+v", c.in, out.Acks)
		}
		if c.answer == "200 OK" && (out.Acks[0].After != len(out.Obs) || !bytes.HasPrefix(out.Acks[0].Else, []byte("HTTP/1.1 503"))) {
			t.Errorf("answered after %d of %d observations, else %q", out.Acks[0].After, len(out.Obs), out.Acks[0].Else)
		}
	}
}

// TestWhatWasRefusedComesAgain: a document of which anything was not durable is new again.
func TestWhatWasRefusedComesAgain(t *testing.T) {
	b := newBook()
	if n, fresh := b.enter([]byte("a")); !fresh || n != 1 {
		t.Errorf("%d, %v", n, fresh)
	}
	if _, fresh := b.enter([]byte("a")); fresh {
		t.Error("the same document is new")
	}
	b.forget()
	if n, fresh := b.enter([]byte("a")); !fresh || n != 2 {
		t.Errorf("after a refusal: %d, %v", n, fresh)
	}
	for i := range 3 * remembered {
		b.enter(fmt.Append(nil, i))
	}
	if len(b.known) != remembered || len(b.order) != remembered {
		t.Errorf("%d documents are remembered", len(b.known))
	}
}

// TestTheStandardsPortals reads the examples of Annexes D and E.
func TestTheStandardsPortals(t *testing.T) {
	for name, want := range map[string]map[string]int{
		"Annex_D_alarmed.n42": {"SP": 1, "GS": 2, "GA": 1, "NA": 1, "GX": 1}, // no background: its measurements before the vehicle last 0.2 s
		"Annex_E.n42":         {"GB": 1, "NB": 1, "SP": 1, "GS": 2, "NS": 2, "AA": 1, "GX": 1},
	} {
		b, err := os.ReadFile(sharedtest.Path(t, "radiation", "n42", name))
		if err != nil {
			t.Fatal(err)
		}
		seen, said := decode(t, string(b))
		got := map[string]int{}
		for _, o := range seen {
			got[o.Body.(*obs.Radiation).Tag]++
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v (%q)\n%q", name, got, want, said, short(seen))
		}
	}
}

// TestAnExportedOccupancyIsTheSameAgain: what the engine has judged, written as a document
// and read by this driver, is judged the same.
func TestAnExportedOccupancyIsTheSameAgain(t *testing.T) {
	at := time.Date(2026, 1, 15, 8, 30, 0, 0, time.UTC)
	e := radiation.New(radiation.Config{})
	e.Feed(at, &obs.Radiation{Tag: "NB", Neutron: [4]int32{1, 0, 1, 0}})
	e.Feed(at, &obs.Radiation{Tag: "GB", Gamma: [4]int32{383, 389, 432, 423}})
	var was *radiation.Occupancy
	for i := range 20 {
		now := at.Add(time.Second + time.Duration(i)*200*time.Millisecond)
		g := [4]int32{75, 76, 80, 81}
		if i > 8 && i < 15 {
			g[0] += 80
		}
		e.Feed(now, &obs.Radiation{Tag: "GS", Occupied: true, Gamma: g, Interval: 200, Alarm: i == 14})
		if i%5 == 4 {
			e.Feed(now, &obs.Radiation{Tag: "NS", Occupied: true, Neutron: [4]int32{2, 0, 1, 0}, Interval: 1000})
		}
	}
	was = e.Feed(at.Add(6*time.Second), &obs.Radiation{Tag: "GX", Occupancy: 1})
	d := n42doc.Document{Occupancy: was}
	d.Portal.Known("rpm/tsa")
	seen, said := decode(t, string(n42doc.Append(nil, &d)))
	if len(said) > 0 {
		t.Errorf("%q", said)
	}
	again := radiation.New(radiation.Config{})
	var is *radiation.Occupancy
	for _, o := range seen {
		if done := again.Feed(o.Stamp.At, o.Body.(*obs.Radiation)); done != nil {
			is = done
		}
	}
	if is == nil || is.Fault != was.Fault || !is.GammaAlarm || !is.VendorGamma || is.MaxSigma != was.MaxSigma || is.Group != was.Group || len(is.Slices) != 20 || is.Slices[14] != was.Slices[14] || len(is.Neutron) != len(was.Neutron) {
		t.Errorf("was %+v\nis %+v", was, is)
	}
}

func FuzzSession(f *testing.F) {
	f.Add([]byte(document(gammaAlarm)))
	f.Add([]byte("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := NewSession(devices.Section{}, devices.Env{})
		if err != nil {
			t.Fatal(err)
		}
		_ = devices.Decode(s, bytes.NewReader(b), func() time.Time { return time.Unix(2e9, 0) }, 50, func(obs.Observation) {}, func(*obs.DecodeError) {})
	})
}
