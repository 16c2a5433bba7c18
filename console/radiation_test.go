package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
)

// uploadedFile is the answer to an upload.
type uploadedFile struct {
	Attachment fusion.Attachment `json:"attachment"`
	Summary    *n42Summary       `json:"summary"`
}

func photo(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// form puts a file into a form as browsers do.
func form(t *testing.T, field, name string, file []byte) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	w, err := m.CreateFormFile(field, name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), m.FormDataContentType()
}

const identifier = `<?xml version="1.0" encoding="UTF-8"?>
<RadInstrumentData xmlns="http://physics.nist.gov/N42/2011/N42" n42DocUUID="11111111-2222-4333-8444-555555555555">
 <RadInstrumentInformation id="I"><RadInstrumentManufacturerName>Maker</RadInstrumentManufacturerName><RadInstrumentIdentifier>4711</RadInstrumentIdentifier>
  <RadInstrumentModelName>Finder 3</RadInstrumentModelName><RadInstrumentClassCode>Radionuclide Identifier</RadInstrumentClassCode></RadInstrumentInformation>
 <RadDetectorInformation id="G"><RadDetectorCategoryCode>Gamma</RadDetectorCategoryCode><RadDetectorKindCode>NaI</RadDetectorKindCode></RadDetectorInformation>
 <RadDetectorInformation id="N"><RadDetectorCategoryCode>Neutron</RadDetectorCategoryCode><RadDetectorKindCode>He3</RadDetectorKindCode></RadDetectorInformation>
 <RadMeasurement id="M"><MeasurementClassCode>Foreground</MeasurementClassCode><StartDateTime>2026-01-15T08:30:01Z</StartDateTime><RealTimeDuration>PT60S</RealTimeDuration>
  <GrossCounts id="C" radDetectorInformationReference="N"><LiveTimeDuration>PT60S</LiveTimeDuration><CountData>1</CountData></GrossCounts>
  <DoseRate id="D" radDetectorInformationReference="G"><DoseRateValue>2.4</DoseRateValue></DoseRate></RadMeasurement>
 <AnalysisResults><NuclideAnalysisResults><Nuclide><NuclideIdentifiedIndicator>true</NuclideIdentifiedIndicator><NuclideName>137Cs</NuclideName>
  <NuclideIDConfidenceValue>90</NuclideIDConfidenceValue></Nuclide></NuclideAnalysisResults></AnalysisResults>
</RadInstrumentData>`

func TestAnIdentifiersDocumentIsKeptAndRead(t *testing.T) {
	r := newRig(t)
	r.past["L1-7"] = json.RawMessage(`{"id":"L1-7"}`)
	const path = "/api/passages/L1-7/radiation/attachments"
	if code, _ := r.post(path, identifier); code != http.StatusUnauthorized {
		t.Errorf("without a session: %d", code)
	}
	r.login("nurlan")
	if code, _ := r.post(path, identifier); code != http.StatusForbidden {
		t.Errorf("an auditor: %d", code)
	}
	r.login("aigerim")
	if code, _ := r.post(path, identifier, "X-ACSGD", "0"); code != http.StatusForbidden {
		t.Errorf("without the header: %d", code)
	}
	if code, _ := r.post(path, identifier, "Sec-Fetch-Site", "cross-site"); code != http.StatusForbidden {
		t.Errorf("from another site: %d", code)
	}
	if got := r.audit; slices.Contains(got, "attachment aigerim") {
		t.Fatalf("refused uploads are in the journal: %q", got)
	}
	code, body := r.post(path+`?name=..%2F..%2Fspectrum%0A.n42`, identifier)
	var got uploadedFile
	if err := json.Unmarshal([]byte(body), &got); err != nil || code != http.StatusCreated {
		t.Fatalf("%d %s, %v", code, body, err)
	}
	if a := got.Attachment; a.Role != "n42" || a.Name != "spectrum.n42" || a.MediaType != "application/xml" || a.Size != int64(len(identifier)) {
		t.Errorf("attachment %+v", a)
	}
	s := got.Summary
	if s == nil || s.Instrument != "Maker Finder 3" || s.Serial != "4711" || !slices.Equal(s.Nuclides, []string{"Cs-137"}) || s.Dose != 2400 || s.Neutron != "no" {
		t.Errorf("summary %+v", s)
	}
	f, err := r.keep.Open(got.Attachment.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if b, _ := io.ReadAll(f); string(b) != identifier {
		t.Error("the kept bytes differ")
	}
	if !slices.Contains(r.audit, "attachment aigerim") {
		t.Errorf("audit %q", r.audit)
	}
}

func TestAttachmentsAreTakenByTheirContent(t *testing.T) {
	r := newRig(t)
	r.past["L1-7"] = json.RawMessage(`{"id":"L1-7"}`)
	r.login("aigerim")
	everything, err := os.ReadFile("../internal/n42/testdata/everything.n42")
	if err != nil {
		t.Fatal(err)
	}
	bomb := photo(t)
	copy(bomb[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65536 by 65536 by its header, whose sum is wrong then
	multi, kind := form(t, "file", `C:\photos\door.png`, photo(t))
	other, otherKind := form(t, "files", "door.png", photo(t))
	for _, c := range []struct {
		name, passage, body, kind string
		want                      int
		role, file                string
	}{
		{"a photo", "L1-7", string(photo(t)), "image/png", 201, "photo", ""},
		{"a photo that says to be text", "L1-7", string(photo(t)), "text/plain", 201, "photo", ""},
		{"a form", "L1-7", multi, kind, 201, "photo", "door.png"},
		{"a form without the part", "L1-7", other, otherKind, 400, "", ""},
		{"an N42 document", "L1-7", string(everything), "application/xml", 201, "n42", ""},
		{"a page", "L1-7", "<html><script>alert(1)</script></html>", "image/png", 415, "", ""},
		{"a drawing with a script", "L1-7", `<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`, "image/svg+xml", 415, "", ""},
		{"half a document", "L1-7", identifier[:400], "application/xml", 415, "", ""},
		{"a picture's head alone", "L1-7", "\x89PNG\r\n\x1a\n", "image/png", 415, "", ""},
		{"a picture too large to show", "L1-7", string(bomb), "image/png", 415, "", ""},
		{"nothing", "L1-7", "", "image/png", 400, "", ""},
		{"10 MB and a byte", "L1-7", strings.Repeat("x", maxAttachment+1), "image/png", 413, "", ""},
		{"20 MB", "L1-7", strings.Repeat("x", 2*maxAttachment), "image/png", 413, "", ""},
		{"of no passage", "L1-8", identifier, "application/xml", 404, "", ""},
	} {
		code, body := r.post("/api/passages/"+c.passage+"/radiation/attachments", c.body, "Content-Type", c.kind)
		var got uploadedFile
		if code == http.StatusCreated {
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Error(err)
			}
		}
		if code != c.want || got.Attachment.Role != c.role || got.Attachment.Name != c.file || (got.Summary != nil) != (c.role == "n42") {
			t.Errorf("%s: %d %.200s, want %d", c.name, code, body, c.want)
		}
	}
}

// Uploads are bounded, since what no order names stays in the evidence too.
func TestUploadsOfAPassageAreBounded(t *testing.T) {
	r := newRig(t)
	r.past["L1-7"], r.past["L1-8"] = json.RawMessage(`{"id":"L1-7"}`), json.RawMessage(`{"id":"L1-8"}`)
	r.login("aigerim")
	for i := range maxUploads + 2 {
		code, body := r.post("/api/passages/L1-7/radiation/attachments", identifier)
		if want := map[bool]int{true: http.StatusCreated, false: http.StatusTooManyRequests}[i < maxUploads]; code != want {
			t.Fatalf("upload %d: %d %s, want %d", i+1, code, body, want)
		}
	}
	if code, body := r.post("/api/passages/L1-8/radiation/attachments", identifier); code != http.StatusCreated {
		t.Errorf("of another passage: %d %s", code, body)
	}
}

// An inspection names what was uploaded, or it is refused before it enters the journal.
func TestOrdersOfARadiationAlarmReachTheLane(t *testing.T) {
	r := newRig(t)
	r.past["L1-7"] = json.RawMessage(`{"id":"L1-7"}`)
	r.login("aigerim")
	_, body := r.post("/api/passages/L1-7/radiation/attachments", identifier)
	var got uploadedFile
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(got.Attachment)
	inspect := `{"id":"i%d","action":"inspect","passage":"L1-7","inspection":{"dose_1m_nsvh":2400,"neutron":"no","nuclides":["Cs-137"],"instrument":"Finder 3","serial":"4711","attachments":[%s]}}`
	if code, body := r.post("/api/lanes/1/orders", fmt.Sprintf(inspect, 1, a)); code != http.StatusAccepted {
		t.Fatalf("%d %s", code, body)
	}
	o := <-r.orders
	if o.User != "aigerim" || o.Role != "officer" || o.Inspection == nil || *o.Inspection.Dose1m != 2400 || o.Inspection.Evidence[0].SHA256 != got.Attachment.SHA256 {
		t.Errorf("order %+v", o)
	}
	for _, bad := range []string{
		strings.Replace(string(a), got.Attachment.SHA256[:8], "00000000", 1),
		strings.Replace(string(a), `"size":`, `"size":1`, 1),
		`{"sha256":"../../etc/passwd","size":1,"type":"x","role":"n42"}`,
	} {
		if code, body := r.post("/api/lanes/1/orders", fmt.Sprintf(inspect, 2, bad)); code != http.StatusBadRequest || !strings.Contains(body, "was not uploaded") {
			t.Errorf("%s: %d %s", bad, code, body)
		}
	}
	for _, c := range []struct {
		body string
		want int
	}{
		{`{"id":"a1","action":"assess","passage":"L1-7","assessment":{"neutron":"no","shape":"peak","place":"cab","declared":"no","guard":"no","speed":"yes"}}`, 202},
		{`{"id":"a2","action":"adjudicate","passage":"L1-7","code":4,"class":"norm","note":"potash, all along the load"}`, 202},
		{`{"id":"a3","action":"adjudicate","passage":"L1-7","code":"4"}`, 400},
		{`{"id":"a4","action":"inspect","passage":"L1-7","inspection":{"dose_1m_usvh":2.4}}`, 400},
	} {
		code, body := r.post("/api/lanes/1/orders", c.body)
		if code != c.want {
			t.Errorf("%s: %d %s, want %d", c.body, code, body, c.want)
		}
	}
	if o := <-r.orders; o.Assessment == nil || o.Assessment.Place != "cab" {
		t.Errorf("order %+v", o)
	}
	if o := <-r.orders; o.Code != 4 || o.Class != "norm" {
		t.Errorf("order %+v", o)
	}
}

func TestTheHistoryOfAVehicleAndOfAConsignor(t *testing.T) {
	r := newRig(t)
	passage := func(id, plate, consignor, more string) json.RawMessage {
		return json.RawMessage(fmt.Sprintf(`{"id":%q,"lane":"1","opened":"2026-03-02T08:00:00Z","plates":[{"device":"c","text":"99TRL02","role":"trailer"},{"device":"c","text":%q,"role":"front"}],
			"declaration":{"parties":{"consignor":%q}}%s}`, id, plate, consignor, more))
	}
	all := []json.RawMessage{
		passage("L1-9", "123AB02", "Ural Kali", ""),
		passage("L1-8", "123AB02", "Ural  KALI", `,"radiation":{"start":"2026-03-02T08:00:00Z","has_background":true,"count":9,"max_milli_sigma":7100,"neutron_alarm":true},
			"adjudication":{"state":"recorded","norm":{"grade":"A"},"coded":{"code":4,"group":"innocent","class":"norm"}}`),
		passage("L1-7", "123A802", "Other", ""),
		passage("L1-6", "777XY05", "ural kali", ""),
		passage("L1-5", "123 ab 02", "Other", ""),
	}
	for _, p := range all {
		var x struct{ ID string }
		if err := json.Unmarshal(p, &x); err != nil {
			t.Fatal(err)
		}
		r.past[x.ID] = p
	}
	r.pages = all
	if res, _ := r.get("/api/passages/L1-9/radiation/history"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a session: %d", res.StatusCode)
	}
	r.login("nurlan")
	ask := func(q string) (key string, ps []past) {
		t.Helper()
		res, body := r.get("/api/passages/L1-9/radiation/history" + q)
		var out struct {
			Key      string
			Passages []past
		}
		if err := json.Unmarshal([]byte(body), &out); err != nil || res.StatusCode != http.StatusOK || out.Passages == nil {
			t.Fatalf("%s: %d %s, %v", q, res.StatusCode, body, err)
		}
		return out.Key, out.Passages
	}
	key, ps := ask("")
	if key != "123AB02" || len(ps) != 2 || ps[0].ID != "L1-8" || ps[1].ID != "L1-5" {
		t.Fatalf("of the vehicle %s: %+v", key, ps)
	}
	if p := ps[0]; !p.Alarm || !p.Neutron || p.Sigma != 7100 || p.Code != 4 || p.Grade != "A" || p.State != fusion.CaseRecorded || p.Radiation == nil || !p.Opened.Equal(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("the alarm of the vehicle's last passage: %+v", p)
	}
	if ps[1].Alarm || ps[1].Radiation != nil {
		t.Errorf("the one before: %+v", ps[1])
	}
	if _, ps := ask("?limit=1"); len(ps) != 1 {
		t.Errorf("one of them: %+v", ps)
	}
	if key, ps := ask("?by=consignor"); key != "URAL KALI" || len(ps) != 2 || ps[0].ID != "L1-8" || ps[1].ID != "L1-6" {
		t.Errorf("of the consignor %s: %+v", key, ps)
	}
	for path, want := range map[string]int{"L1-1/radiation/history": 404, "L1-9/radiation/history?by=colour": 400, "L1-9/radiation/history?limit=21": 400} {
		if res, body := r.get("/api/passages/" + path); res.StatusCode != want {
			t.Errorf("%s: %d %s, want %d", path, res.StatusCode, body, want)
		}
	}
}

// The overview of all lanes shows that there is a case, and not its files and steps.
func TestTheOverviewShowsACaseInBrief(t *testing.T) {
	p := fusion.Passage{Adjudication: &fusion.Adjudication{State: fusion.CaseInspected, Steps: make([]fusion.CaseStep, 3), Inspections: make([]fusion.Inspection, 1), Strict: true}}
	b := shorten(&p)
	if a := b.Adjudication; a == nil || a.State != fusion.CaseInspected || !a.Strict || a.Steps != nil || a.Inspections != nil {
		t.Errorf("brief %+v", b.Adjudication)
	}
	if len(p.Adjudication.Steps) != 3 {
		t.Error("the passage itself was cut")
	}
}
