package n42

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/internal/sharedtest"
)

func annex(t testing.TB, name string) *Reading {
	t.Helper()
	r, err := Read(strings.NewReader(string(sharedtest.File(t, "radiation", "n42", name))), 0)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestTheStandardsExamples reads the worked examples of Annexes B, D and E.
func TestTheStandardsExamples(t *testing.T) {
	b := annex(t, "Annex_B.n42")
	if got, want := b.Time, time.Date(2003, 11, 23, 6, 45, 19, 0, time.UTC); !got.Equal(want) || b.Class != "Radionuclide Identifier" || b.Instrument.Model != "iRIID" || len(b.Problems) > 0 {
		t.Errorf("B: %v %q %+v, %q", got, b.Class, b.Instrument, b.Problems)
	}
	if len(b.Measurements) != 1 || len(b.Measurements[0].Spectra) != 1 {
		t.Fatalf("B: %+v", b.Measurements)
	}
	if s := b.Measurements[0].Spectra[0]; len(s.Counts) != 256 || s.Counts[4] != 421 || s.Live != 59_610_000 || !slices.Equal(s.Coefficients, []string{"-21.8", "12.1", "6.55e-03"}) {
		t.Errorf("B: %d channels, live %d, %q", len(s.Counts), s.Live, s.Coefficients)
	}

	d := annex(t, "Annex_D_alarmed.n42")
	if d.Serial != "A1234b" || d.Class != "Portal Monitor" || len(d.Detectors) != 6 || len(d.Problems) > 0 {
		t.Errorf("D: %q %q %d detectors, %q", d.Serial, d.Class, len(d.Detectors), d.Problems)
	}
	if len(d.Measurements) < 7 {
		t.Fatalf("D: %d measurements", len(d.Measurements))
	}
	m := d.Measurements[3]
	if m.Real != 100_000 || m.Occupied == nil || !*m.Occupied || m.Speed != 15_000 || len(m.Gross) != 6 {
		t.Errorf("D: %+v", m)
	}
	if g := m.Gross[0]; g.Detector != "Aa1" || !slices.Equal(g.Counts, []float64{5, 22, 200}) || !slices.Equal(g.To, []float64{100, 3000, 400}) {
		t.Errorf("D: %+v", g)
	}
	if len(d.Alarms) == 0 || len(d.Faults) == 0 || d.Faults[0] != (Fault{"5", "Overspeed", "Warning"}) {
		t.Errorf("D: alarms %+v, faults %+v", d.Alarms, d.Faults)
	}

	e := annex(t, "Annex_E.n42")
	want := []Nuclide{{Name: "Co-57", Confidence: "0.91", Category: "Industrial"}, {Name: "Cs-137", Confidence: "0.99", Category: "Industrial"}}
	if !slices.Equal(e.Nuclides, want) || len(e.Alarms) != 1 || e.Alarms[0].Category != "Isotope" || len(e.Problems) > 0 {
		t.Errorf("E: %+v, alarms %+v, %q", e.Nuclides, e.Alarms, e.Problems)
	}
}

// handheld is what an identifier wrote that follows the standard in little.
const handheld = `<?xml version="1.0" encoding="ISO-8859-1"?>
<RadInstrumentData xmlns="http://physics.nist.gov/N42/2011/n42">
 <RadInstrumentInformation id="I"><RadInstrumentManufacturerName>Ger` + "\xE4" + `te</RadInstrumentManufacturerName><RadInstrumentIdentifier>SN 17</RadInstrumentIdentifier></RadInstrumentInformation>
 <RadDetectorInformation id="G"><RadDetectorCategoryCode>Gamma</RadDetectorCategoryCode></RadDetectorInformation>
 <RadMeasurement id="M"><MeasurementClassCode>Foreground</MeasurementClassCode>
  <StartDateTime>2026-01-15T08:30:00</StartDateTime><RealTimeDuration>12.5</RealTimeDuration>
  <Spectrum id="S" radDetectorInformationReference="G" energyCalibrationReference="none"><LiveTimeDuration>PT1M2.5S</LiveTimeDuration>
   <ChannelData compressionCode="CountedZeroes">0 3 7 0 1 2</ChannelData></Spectrum>
  <GrossCounts id="C" radDetectorInformationReference="N"><LiveTimeDuration>PT1S</LiveTimeDuration><CountData>-4</CountData></GrossCounts>
  <DoseRate id="D1" radDetectorInformationReference="G"><DoseRateValue>0.1234</DoseRateValue></DoseRate>
  <DoseRate id="D2" radDetectorInformationReference="G"><DoseRateValue units="mrem/hr">2.5</DoseRateValue></DoseRate>
  <DoseRate id="D3" radDetectorInformationReference="G"><DoseRateValue units="clicks">9</DoseRateValue></DoseRate>
 </RadMeasurement>
 <AnalysisResults><NuclideAnalysisResults>
  <Nuclide><NuclideName>K-40</NuclideName><NuclideActivityValue>12.5</NuclideActivityValue><NuclideIDConfidenceDescription>high</NuclideIDConfidenceDescription></Nuclide>
  <Nuclide><NuclideIdentifiedIndicator>false</NuclideIdentifiedIndicator><NuclideName>U-235</NuclideName></Nuclide>
 </NuclideAnalysisResults></AnalysisResults>
</RadInstrumentData>`

// TestALenientReading takes what it can and tells of each thing that it tolerated.
func TestALenientReading(t *testing.T) {
	r, err := Read(strings.NewReader(handheld), 0)
	if err != nil {
		t.Fatal(err)
	}
	if r.Instrument.Maker != "Geräte" || r.Serial != "SN 17" || r.MaxDoseRate != 25_000 {
		t.Errorf("%+v, serial %q, dose rate %d", r.Instrument, r.Serial, r.MaxDoseRate)
	}
	if !slices.Equal(r.Nuclides, []Nuclide{{Name: "K-40", Confidence: "high", Strength: "12.5 kBq"}}) {
		t.Errorf("%+v", r.Nuclides)
	}
	m := r.Measurements[0]
	if s := m.Spectra[0]; !slices.Equal(s.Counts, []float64{0, 0, 0, 7, 0, 2}) || s.Live != 62_500_000 {
		t.Errorf("%+v", s)
	}
	if m.Real != 12_500_000 || len(m.Gross) != 0 || m.DoseRates[0].NSvH != 123 || m.DoseRates[1].NSvH != 25_000 {
		t.Errorf("%+v", m)
	}
	for _, want := range []string{"namespace", "no RadInstrumentModelName", "no RadInstrumentClassCode", "no zone", `"12.5" taken as seconds`,
		`no calibration "none"`, `no detector "N"`, `"-4", is no count`, `unit "clicks"`, "taken as identified"} {
		if !slices.ContainsFunc(r.Problems, func(p string) bool { return strings.Contains(p, want) }) {
			t.Errorf("no problem tells of %q: %q", want, r.Problems)
		}
	}
}

func TestTheEditionOf2006(t *testing.T) {
	r, err := Read(strings.NewReader(`<N42InstrumentData xmlns="`+Namespace2006+`"><Measurement>
 <InstrumentInformation><InstrumentType>PortableIsotopeID</InstrumentType><Manufacturer>M</Manufacturer><InstrumentModel>X</InstrumentModel><InstrumentID>9</InstrumentID></InstrumentInformation>
 <Spectrum Type="PHA"><StartTime>2010-01-02T03:04:05Z</StartTime><RealTime>PT60S</RealTime><LiveTime>PT59S</LiveTime>
  <Calibration Type="Energy"><Equation><Coefficients>0 3 0</Coefficients></Equation></Calibration><ChannelData Compression="CountedZeroes">0 2 5</ChannelData></Spectrum>
 <CountDoseData><StartTime>2010-01-02T03:04:06Z</StartTime><SampleRealTime>PT1S</SampleRealTime><DoseRate Units="uSv/h">0.2</DoseRate></CountDoseData>
 <AnalysisResults><NuclideAnalysis><Nuclide><NuclideName>Ra-226</NuclideName><NuclideIDConfidenceIndication>8</NuclideIDConfidenceIndication></Nuclide></NuclideAnalysis></AnalysisResults>
</Measurement></N42InstrumentData>`), 0)
	if err != nil {
		t.Fatal(err)
	}
	if r.Format != "2006" || r.Serial != "9" || r.MaxDoseRate != 200 || len(r.Measurements) != 2 || r.Nuclides[0].Confidence != "8" || len(r.Problems) > 0 ||
		!r.Time.Equal(time.Date(2010, 1, 2, 3, 4, 5, 0, time.UTC)) || !slices.Equal(r.Measurements[0].Spectra[0].Counts, []float64{0, 0, 5}) {
		t.Errorf("%+v", r)
	}
}

// TestBrokenDocuments tells where a document breaks.
func TestBrokenDocuments(t *testing.T) {
	for _, c := range []struct{ name, doc, element, reason string }{
		{"empty", "", "", "no root element"},
		{"no XML", "hello", "", "no root element"},
		{"another format", "<html/>", "html", "no N42 document"},
		{"cut", "<RadInstrumentData><RadMeasurement id='a'>", "RadInstrumentData/RadMeasurement", "unexpected EOF"},
		{"mismatched tags", "<RadInstrumentData><A></B>", "RadInstrumentData/A", "</B>"},
		{"an own entity", "<RadInstrumentData>&own;</RadInstrumentData>", "RadInstrumentData", "&own;"},
		{"an external entity", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><RadInstrumentData>&x;</RadInstrumentData>`, "", "type definition"},
		{"too deep", strings.Repeat("<a>", maxDepth+1), "a/a", "nested deeper"},
		{"two roots", "<RadInstrumentData/><RadInstrumentData/>", "", "more than one root"},
		{"an unknown charset", "<?xml version='1.0' encoding='klingon'?><a/>", "", "klingon"},
	} {
		_, err := Read(strings.NewReader(c.doc), 0)
		s, ok := errors.AsType[*SyntaxError](err)
		if !ok || !strings.HasPrefix(s.Element, c.element) || c.element == "" && s.Element != "" || !strings.Contains(s.Reason, c.reason) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := Read(strings.NewReader(handheld), 100); err == nil || !strings.Contains(err.Error(), "more than 100 bytes") {
		t.Errorf("over the limit: %v", err)
	}
	if _, err := Read(strings.NewReader("<RadInstrumentData>"+strings.Repeat("<a/>", maxElements)+"</RadInstrumentData>"), 0); err == nil || !strings.Contains(err.Error(), "elements") {
		t.Errorf("too many elements: %v", err)
	}
}

func TestValues(t *testing.T) {
	for text, want := range map[string]time.Duration{"PT0.2S": 200 * time.Millisecond, "P1DT2H": 26 * time.Hour, "PT1M0.5S": 60500 * time.Millisecond,
		"P0Y0M1D": 24 * time.Hour, "3": 3 * time.Second} {
		if d, _, err := span(text); err != nil || d != want {
			t.Errorf("%s: %v, %v", text, d, err)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1M", "P1Y", "PT1D", "P1S", "PT-1S", "-1", "PTS", "PT1", "PT1e29S"} {
		if d, _, err := span(text); err == nil {
			t.Errorf("%q is read as %v", text, d)
		}
	}
	for _, c := range []struct {
		value, unit string
		want        int64
	}{{"0.1", "", 100}, {"1", "µSv/h", 1000}, {"1", "μSv / h", 1000}, {"2", "mSv/hr", 2_000_000}, {"3", "Sv/h", 3_000_000_000}, {"1", "uR/h", -1}, {"-1", "", -1}} {
		got, err := dose.read(c.value, c.unit)
		if err != nil {
			got = -1
		}
		if got != c.want {
			t.Errorf("%s %s: %d nSv/h, %v", c.value, c.unit, got, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(handheld))
	f.Add([]byte(`<N42InstrumentData><Spectrum><StartTime>x</StartTime><ChannelData Compression="CountedZeroes">0 9</ChannelData></Spectrum></N42InstrumentData>`))
	f.Add([]byte("\xFF\xFE<\x00a\x00/\x00>\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(strings.NewReader(string(b)), 1<<16)
		if (r == nil) == (err == nil) {
			t.Fatalf("reading %v, error %v", r, err)
		}
		if err == nil && len(r.Problems) > maxProblems+1 {
			t.Fatalf("%d problems", len(r.Problems))
		}
	})
}
