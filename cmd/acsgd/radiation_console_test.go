package main

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"acsgd/internal/browser"
)

// survey is what an officer's identifier has written about potash.
const survey = `<?xml version="1.0" encoding="UTF-8"?>
<RadInstrumentData xmlns="http://physics.nist.gov/N42/2011/N42" n42DocUUID="6f0c2a5e-7f55-4c9e-9a51-0d6a3f1b2c44">
  <RadInstrumentInformation id="I">
    <RadInstrumentManufacturerName>Maker</RadInstrumentManufacturerName>
    <RadInstrumentIdentifier>HH-0417</RadInstrumentIdentifier>
    <RadInstrumentModelName>Pager</RadInstrumentModelName>
    <RadInstrumentClassCode>Radionuclide Identifier</RadInstrumentClassCode>
    <RadInstrumentVersion><RadInstrumentComponentName>Software</RadInstrumentComponentName><RadInstrumentComponentVersion>1</RadInstrumentComponentVersion></RadInstrumentVersion>
  </RadInstrumentInformation>
  <RadDetectorInformation id="G"><RadDetectorCategoryCode>Gamma</RadDetectorCategoryCode><RadDetectorKindCode>NaI</RadDetectorKindCode></RadDetectorInformation>
  <RadMeasurement id="M">
    <MeasurementClassCode>Foreground</MeasurementClassCode>
    <StartDateTime>2026-03-04T11:20:00+05:00</StartDateTime>
    <RealTimeDuration>PT60S</RealTimeDuration>
  </RadMeasurement>
  <AnalysisResults id="A" radMeasurementReferences="M">
    <NuclideAnalysisResults>
      <Nuclide><NuclideIdentifiedIndicator>true</NuclideIdentifiedIndicator><NuclideName>K-40</NuclideName><NuclideIDConfidenceValue>95</NuclideIDConfidenceValue></Nuclide>
    </NuclideAnalysisResults>
  </AnalysisResults>
</RadInstrumentData>`

// The first lorry of lane 4 carries potash and raises a gamma alarm. The officer confirms the
// assessment; the radiation officer surveys the lorry where it stands and enters what she
// measured, with the document of her identifier; both give the code, and the barrier opens
// only then. (Sent to the bay it would drive through the barrier before.)
func TestARadiationAlarmIsWorkedThrough(t *testing.T) {
	d := startDemo(t, t.TempDir())
	size := browser.Size(1920, 1080)
	first, second := browser.Open(t, size), browser.Open(t, size)
	signIn(first, d, "officer")
	signIn(second, d, "radiation")
	for _, p := range []*browser.Page{first, second} {
		p.Click(id("lane-4"))
		p.WaitText(id("verdict-line"), "gamma alarm", 60*time.Second)
		p.WaitText(id("verdict-line"), "awaiting decision", 60*time.Second)
		p.WaitText(id("case"), "Assess the alarm", 10*time.Second)
		p.WaitText(id("radiation"), "GAMMA ALARM of the portal", 5*time.Second)
		p.WaitText(id("radiation-facts"), "×", 5*time.Second)
	}
	shot(first, "radiation-alarm")
	first.Click(id("axis-sigma"))
	first.Click(id("axis-s"))
	first.Eval(`document.querySelector('` + id("radiation-chart") + `').focus()`)
	first.Key("ArrowRight")
	first.WaitText(id("radiation-readout"), "σ", 5*time.Second)
	silence(t, first)

	// The assessment is filled in: Enter confirms it.
	first.Key("F10")
	first.WaitText(id("dialog-assess"), "plateau", 5*time.Second)
	first.Key("Enter")
	first.WaitText(id("case"), "assessed", 10*time.Second)
	if got := first.Eval(`document.querySelector('` + id("case-inspect") + `').disabled`); got != "true" {
		t.Error("an officer is offered to enter the result of an inspection")
	}

	second.Click(id("case-inspect"))
	second.WaitText(id("dialog-inspect"), "Dose rate at 1 m is missing", 5*time.Second)
	upload(second, "potash.n42", survey)
	second.WaitText(id("uploaded"), "K-40", 10*time.Second)
	second.WaitText(id("uploaded"), "HH-0417", 5*time.Second)
	second.Click(id("take-summary"))
	second.Type(id("inspect-dose_10cm_nsvh"), "0,45")
	second.Type(id("inspect-dose_1m_nsvh"), "0.12")
	second.Click(id("inspect-neutron-no"))
	shot(second, "radiation-inspection")
	second.Click(id("dialog-inspect") + " " + id("dialog-confirm"))
	for _, p := range []*browser.Page{first, second} {
		p.WaitText(id("inspection"), "K-40", 10*time.Second)
		p.WaitText(id("inspection"), "10 cm: 0.45 · 1 m: 0.12", 5*time.Second)
		p.WaitText(id("inspection"), "potash.n42", 5*time.Second)
	}

	// The code: the officer's waits, the radiation officer's second word puts it in force.
	first.Click(id("case-adjudicate"))
	first.Click(id("code-4"))
	first.Type(id("code-note"), "Potash by its papers and by K-40 in the spectrum")
	first.Click(id("dialog-code") + " " + id("dialog-confirm"))
	first.WaitText(id("order-state"), "second person", 10*time.Second)
	for _, p := range []*browser.Page{first, second} {
		p.WaitText(id("case-pending"), "officer has given code 4", 10*time.Second)
	}
	first.WaitText(id("case"), "Give the code", 5*time.Second)
	if got := first.Eval(`document.querySelector('` + id("case-adjudicate") + `').disabled`); got != "true" {
		t.Error("the first person is asked to be the second one too")
	}
	shot(second, "radiation-second-person")
	second.Key("F10")
	second.WaitText(id("dialog-code"), "4 NORM", 5*time.Second)
	second.Key("Enter")
	for _, p := range []*browser.Page{first, second} {
		p.WaitText(id("case-code"), "officer + radiation", 10*time.Second)
		if got := p.Text(id("barrier-state")); got != "closed" {
			t.Fatalf("a code alone has made the barrier %q", got)
		}
	}

	// What is coded is let go by two persons, and no code is asked for again.
	first.Key("F8")
	first.WaitText(id("dialog-override"), "Natural radioactivity confirmed", 5*time.Second)
	if got := first.Eval(`document.querySelector('` + id("codes") + `') === null`); got != "true" {
		t.Error("the code is asked for again")
	}
	first.Click(id("reason-norm_confirmed"))
	first.Type(id("override-note"), "Potash by its papers and by K-40 in the spectrum")
	first.Click(id("dialog-confirm"))
	second.WaitText(id("pending-line"), "waits for a second person", 10*time.Second)
	second.Key("F8")
	second.WaitText(id("dialog-override"), "Potash by its papers", 5*time.Second)
	second.Click(id("dialog-confirm"))
	for _, p := range []*browser.Page{first, second} {
		p.WaitText(id("barrier-state"), "open", 10*time.Second)
		p.WaitText(id("decision-line"), "Released by override · officer + radiation", 5*time.Second)
	}
	shot(second, "radiation-released")

	for _, p := range []*browser.Page{first, second} {
		for _, e := range p.Console() {
			if !strings.Contains(e, "401") || !strings.Contains(e, "/api/me") {
				t.Errorf("error of a page: %s", e)
			}
		}
	}
	first.Close()
	second.Close()
	d.stop()
	if out, _, code := call(t, "", "audit", "verify", d.dir); code != exitFine {
		t.Errorf("audit verify: %d %s", code, out)
	}
}

// silence takes the sound of the alarm away, and sees that nothing else has gone with it.
func silence(t *testing.T, p *browser.Page) {
	t.Helper()
	count := p.Text(id("count-p1"))
	p.Eval(`document.activeElement.blur()`)
	p.Key("q")
	p.WaitText(id("btn-silence"), "Silenced here", 5*time.Second)
	if got := p.Text(id("count-p1")); got != count {
		t.Errorf("silence has changed the alarms that stand: %q, before %q", got, count)
	}
	p.WaitText(id("btn-ack"), "Acknowledge", 5*time.Second)
	if got := p.Eval(`document.querySelector('` + id("btn-ack") + `').disabled`); got != "false" {
		t.Error("what was silenced counts as acknowledged")
	}
}

// upload hands a file to the page's form as a person's choice would.
func upload(p *browser.Page, name, text string) {
	p.Eval(`(() => {
		const all = new DataTransfer();
		all.items.add(new File([` + strconv.Quote(text) + `], ` + strconv.Quote(name) + `, {type: 'application/xml'}));
		const input = document.querySelector('` + id("inspect-file") + `');
		input.files = all.files;
		input.dispatchEvent(new Event('change', {bubbles: true}));
	})()`)
}
