package onvif

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/internal/obs"
	"acsgd/internal/sharedtest"
)

var at = time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)

// jpegOf is a picture's header with a text for its data.
func jpegOf(data string) []byte {
	return []byte("\xff\xd8\xff\xc0\x00\x11\x08\x00\x10\x00\x20\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01" + data + "\xff\xd9")
}

var crop, scene = base64.StdEncoding.EncodeToString(jpegOf("crop")), base64.StdEncoding.EncodeToString(jpegOf("vehicle"))

// golden is a frame composed from the element tables of metadatastream.xsd 20.12: a lorry
// and its plate.
var golden = `<?xml version="1.0" encoding="UTF-8"?>
<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"><tt:VideoAnalytics>
<tt:Frame UtcTime="2026-03-01T06:13:59.250Z"><tt:Transformation><tt:Translate x="-1.0" y="1.0"/><tt:Scale x="0.001" y="-0.002"/></tt:Transformation>
<tt:Object ObjectId="7"><tt:Appearance><tt:Shape><tt:BoundingBox left="100" top="100" right="900" bottom="900"/></tt:Shape>
<tt:Class><tt:Type Likelihood="0.97">Vehicle</tt:Type></tt:Class><tt:VehicleInfo><tt:Type Likelihood="0.9">Truck</tt:Type><tt:Image>` + scene + `</tt:Image></tt:VehicleInfo></tt:Appearance>
<tt:Behaviour><tt:Speed>2.5</tt:Speed></tt:Behaviour></tt:Object>
<tt:Object ObjectId="8" Parent="7"><tt:Appearance><tt:Shape><tt:BoundingBox left="400" top="700" right="600" bottom="750"/></tt:Shape>
<tt:Class><tt:Type Likelihood="0.2">Vehicle</tt:Type><tt:Type Likelihood="0.95">LicensePlate</tt:Type></tt:Class>
<tt:LicensePlateInfo><tt:PlateNumber Likelihood="0.92">389 BK 01</tt:PlateNumber><tt:PlateType>Normal</tt:PlateType><tt:CountryCode Likelihood="0.8">KAZ</tt:CountryCode></tt:LicensePlateInfo>
<tt:Image>` + crop + `</tt:Image></tt:Appearance></tt:Object></tt:Frame></tt:VideoAnalytics></tt:MetadataStream>
`

// jsonFrame is the same as onvif-mj, jsonEvent an event as onvif-ej.
var jsonFrame = `{"Frame":[{"@UtcTime":"2026-03-01T06:13:59.250Z","Object":[{"@ObjectId":8,"@Parent":"7","Appearance":{"Class":{"Type":[{"@Likelihood":0.95,"#text":"LicensePlate"}]},` +
	`"LicensePlateInfo":{"PlateNumber":{"@Likelihood":0.92,"#text":"389 BK 01"},"CountryCode":"KAZ"},"Image":"` + crop + `"}}]}]}`

const jsonEvent = `{"UtcTime":"2026-03-01T06:13:59.250Z","Source":{"VideoSource":"1","Rule":"LPR"},"Key":{"ObjectId":"7"},"Data":{"Likelihood":"0.92",` +
	`"LicensePlateInfo":{"LicensePlateInfo":{"PlateNumber":{"@Likelihood":0.92,"#text":"389 BK 01"},"PlateType":{"#text":"Normal"},"CountryCode":{"#text":"KZ"}}}}}`

const jsonItems = `{"UtcTime":"2026-03-01T06:13:59.250Z","Source":{"SimpleItem":[{"Name":"VideoSource","Value":"1"}]},"Key":{"SimpleItem":{"Name":"ObjectId","Value":"7"}},` +
	`"Data":{"SimpleItem":[{"Name":"PlateNumber","Value":"389 BK 01"},{"Name":"Likelihood","Value":"0.92"},{"Name":"CountryCode","Value":"KZ"}]}}`

const topic = "lane1-front/onvif-ej/RuleEngine/Recognition/LicensePlate/&1/LPR"

func event(operation, data string) string {
	return `<wsnt:NotificationMessage xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"><wsnt:Topic>tns1:RuleEngine/tns1:Recognition/LicensePlate</wsnt:Topic><wsnt:Message>` +
		`<tt:Message UtcTime="2026-03-01T06:13:59.250Z" PropertyOperation="` + operation + `"><tt:Source><tt:SimpleItem Name="VideoSource" Value="1"/></tt:Source><tt:Key><tt:SimpleItem Name="ObjectId" Value="7"/></tt:Key>` +
		`<tt:Data>` + data + `</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>`
}

const items = `<tt:SimpleItem Name="PlateNumber" Value="389 BK 01"/><tt:SimpleItem Name="CountryCode" Value="KZ"/><tt:SimpleItem Name="Likelihood" Value="0.92"/>`

// say tells a handler messages, a fifth of a second after one another.
func say(h *Handler, on string, messages ...string) (list []*obs.Plate, out devices.Out) {
	for i, m := range messages {
		h.Message(at.Add(time.Duration(i)*200*time.Millisecond), on, []byte(m), &out)
	}
	for _, o := range out.Obs {
		list = append(list, o.Body.(*obs.Plate))
	}
	return list, out
}

func TestAReadingIsTheSameInEveryForm(t *testing.T) {
	for name, c := range map[string]struct {
		message  string
		pictures int
	}{
		"XML frame":                 {golden, 2},
		"XML without prefixes":      {strings.NewReplacer("<tt:", "<", "</tt:", "</").Replace(golden), 2},
		"JSON frame":                {jsonFrame, 1},
		"JSON event":                {jsonEvent, 0},
		"JSON event of items":       {jsonItems, 0},
		"XML event":                 {event("Changed", items), 0},
		"XML event in a stream":     {`<tt:MetadataStream><tt:Event>` + event("Initialized", items) + `</tt:Event></tt:MetadataStream>`, 0},
		"XML event with an element": {event("", `<tt:ElementItem Name="LicensePlateInfo"><tt:LicensePlateInfo><tt:PlateNumber Likelihood="0.92">389 BK 01</tt:PlateNumber><tt:CountryCode>KZ</tt:CountryCode></tt:LicensePlateInfo></tt:ElementItem>`), 0},
	} {
		list, out := say(NewHandler(Config{Role: "front"}, devices.Env{}), topic, c.message)
		if len(list) != 1 || len(out.Errs) != 0 {
			t.Errorf("%s: %d readings, errors %v", name, len(list), out.Errs)
			continue
		}
		p := list[0]
		want := &obs.Plate{Text: "389BK01", Original: "389 BK 01", Country: "KZ", Confidence: 920_000, Role: obs.Front, EventID: "7", Images: p.Images}
		if d := cmp.Diff(want, p); d != "" || len(p.Images) != c.pictures {
			t.Errorf("%s: %s%d pictures", name, d, len(p.Images))
		}
		if s := out.Obs[0].Stamp; !s.At.Equal(time.Date(2026, 3, 1, 6, 13, 59, 250e6, time.UTC)) || s.Origin != obs.Device {
			t.Errorf("%s: %+v", name, s)
		}
		for i, role := range []string{"plate", "vehicle"}[:c.pictures] {
			if out.Obs[0].Blobs[i].Role != role {
				t.Errorf("%s: picture %d is of the %s, want the %s", name, i, out.Obs[0].Blobs[i].Role, role)
			}
		}
	}
}

func TestADocumentIsReadWhole(t *testing.T) {
	d, n, err := ParseXML([]byte(golden))
	if err != nil || n != len(golden)-1 || len(d.Frames) != 1 || len(d.Frames[0].Objects) != 2 {
		t.Fatalf("%+v, %d, %v", d, n, err)
	}
	lorry, plate := d.Frames[0].Objects[0], d.Frames[0].Objects[1]
	if want := (Box{-900_000, 800_000, -100_000, -800_000}); lorry.Box != want || lorry.Speed != 2500 || lorry.Class != "Vehicle" || lorry.HasPlate {
		t.Errorf("%+v: want box %v", lorry, want)
	}
	if plate.Class != "LicensePlate" || plate.Parent != "7" || plate.Type != "Normal" || !lorry.Box.Holds(plate.Box) {
		t.Errorf("%+v", plate)
	}
	if (Box{}).Holds(plate.Box) || plate.Box.Holds(lorry.Box) || lorry.Box.Holds(Box{}) {
		t.Error("a box holds what it does not")
	}
}

// sight is a frame with one plate.
func sight(id, text, likelihood, image string) string {
	if likelihood != "" {
		likelihood = ` Likelihood="` + likelihood + `"`
	}
	if image != "" {
		image = "<Image>" + image + "</Image>"
	}
	return `<MetadataStream><VideoAnalytics><Frame UtcTime="2026-03-01T06:13:59Z"><Object ObjectId="` + id + `"><Appearance><Class><Type Likelihood="0.9">LicensePlate</Type></Class>` +
		`<LicensePlateInfo><PlateNumber` + likelihood + `>` + text + `</PlateNumber>` + image + `</LicensePlateInfo></Appearance></Object></Frame></VideoAnalytics></MetadataStream>`
}

const empty = `<MetadataStream><VideoAnalytics><Frame UtcTime="2026-03-01T06:13:59Z"/></VideoAnalytics></MetadataStream>`

func TestFrameAfterFrameIsOneVehicle(t *testing.T) {
	repeat := func(n int, m ...string) (list []string) {
		for range n {
			list = append(list, m...)
		}
		return list
	}
	for _, c := range []struct {
		name     string
		messages []string
		want     []string
	}{
		{"the same 25 times", repeat(25, sight("1", "A123", "0.8", "")), []string{"1 A123 80"}},
		{"slowly surer", []string{sight("1", "A123", "0.80", ""), sight("1", "A123", "0.82", ""), sight("1", "A123", "0.84", ""), sight("1", "A123", "0.86", "")}, []string{"1 A123 80", "1 A123 86"}},
		{"a surer text", []string{sight("1", "A123", "0.6", ""), sight("1", "A128", "0.7", ""), sight("1", "A123", "0.65", "")}, []string{"1 A123 60", "1 A128 70"}},
		{"a text that is less sure", []string{sight("1", "A123", "0.6", ""), sight("1", "A128", "0.5", "")}, []string{"1 A123 60"}},
		{"no likelihoods: the text seen most", append(repeat(3, sight("1", "A123", "", ""), sight("1", "A128", "", "")), sight("1", "A128", "", "")), []string{"1 A123 0", "1 A128 0"}},
		{"likelihoods now and then", repeat(3, sight("1", "A123", "0.8", ""), sight("1", "A12B", "", "")), []string{"1 A123 80"}},
		{"the picture comes later", []string{sight("1", "A123", "0.8", ""), sight("1", "A123", "0.8", crop), sight("1", "A123", "0.8", crop)}, []string{"1 A123 80", "1 A123 80 +1"}},
		{"two vehicles", []string{sight("1", "A123", "0.8", ""), sight("2", "A124", "0.8", ""), sight("1", "A123", "0.8", "")}, []string{"1 A123 80", "2 A124 80"}},
		{"a plate that is never read", append([]string{sight("1", "", "", ""), sight("1", "unknown", "", "")}, repeat(15, empty)...), []string{"1  0"}},
		{"a plate that is read late", append([]string{sight("1", "", "", ""), sight("1", "A123", "0.8", "")}, repeat(15, empty)...), []string{"1 A123 80"}},
		{"a plate that is deleted unread", []string{sight("1", "", "", ""), `<MetadataStream><VideoAnalytics><Frame UtcTime="2026-03-01T06:13:59Z"><ObjectTree><Delete ObjectId="1"/></ObjectTree></Frame></VideoAnalytics></MetadataStream>`, empty}, []string{"1  0"}},
		{"a vehicle without a plate", []string{`<MetadataStream><VideoAnalytics><Frame UtcTime="2026-03-01T06:13:59Z"><Object ObjectId="1"><Appearance><Class><Type>Vehicle</Type></Class></Appearance></Object></Frame></VideoAnalytics></MetadataStream>`, empty}, nil},
		{"an event that is over", []string{event("Deleted", items)}, nil},
		{"another event", []string{strings.Replace(event("Changed", items), "Recognition/LicensePlate", "MotionDetector", 1)}, nil},
		{"events and frames of one object", []string{event("Initialized", items), golden}, []string{"7 389BK01 92", "7 389BK01 92 +2"}},
		{"events without an object and a time", []string{strings.NewReplacer(`<tt:SimpleItem Name="ObjectId" Value="7"/>`, "", ` UtcTime="2026-03-01T06:13:59.250Z"`, "").Replace(event("", items)), strings.NewReplacer(`<tt:SimpleItem Name="ObjectId" Value="7"/>`, "", ` UtcTime="2026-03-01T06:13:59.250Z"`, "").Replace(event("", items))}, []string{" 389BK01 92", " 389BK01 92"}},
		{"other topics", []string{"online", "", "\xff\xd8\xff", `{"state":true}`}, nil},
	} {
		list, out := say(NewHandler(Config{}, devices.Env{}), "cam", c.messages...)
		var got []string
		for _, p := range list {
			s := fmt.Sprintf("%s %s %d", p.EventID, p.Text, p.Confidence/10_000)
			if len(p.Images) > 0 {
				s += fmt.Sprintf(" +%d", len(p.Images))
			}
			got = append(got, s)
		}
		if d := cmp.Diff(c.want, got); d != "" || len(out.Errs) > 0 {
			t.Errorf("%s: %serrors %v", c.name, d, out.Errs)
		}
	}
}

func TestThePlateFindsItsVehicleByItsPlace(t *testing.T) {
	list, _ := say(NewHandler(Config{}, devices.Env{}), "", strings.Replace(golden, ` Parent="7"`, "", 1))
	if len(list) != 1 || list[0].EventID != "8" || len(list[0].Images) != 2 {
		t.Errorf("%+v: want the plate's own id and the lorry's picture", list[0])
	}
	both := strings.Replace(golden, "</tt:Frame>", strings.NewReplacer(`ObjectId="8"`, `ObjectId="9"`, "389 BK 01", "24 AN 01").Replace(golden[strings.Index(golden, `<tt:Object ObjectId="8"`):strings.Index(golden, "</tt:Frame>")])+"</tt:Frame>", 1)
	list, _ = say(NewHandler(Config{}, devices.Env{}), "", both)
	if len(list) != 2 || list[0].EventID != "7" || list[1].EventID != "7#9" || list[1].Text != "24AN01" {
		t.Errorf("two plates of one lorry: %+v", list)
	}
}

func TestDirections(t *testing.T) {
	for _, c := range []struct{ role, sent, want string }{
		{"front", "Approaching", "forward"}, {"front", "Leaving", "reverse"}, {"rear", "Leaving", "forward"}, {"trailer", "in", "reverse"}, {"", "out", "reverse"}, {"front", "unknown", ""},
	} {
		cfg := Config{Role: c.role}
		if got := cfg.direction(c.sent); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.role, c.sent, got, c.want)
		}
	}
}

func TestBadMessages(t *testing.T) {
	deep := strings.Repeat("<a>", 40)
	many := "<MetadataStream><VideoAnalytics><Frame>" + strings.Repeat("<Object/>", maxObjects+1) + "</Frame></VideoAnalytics></MetadataStream>"
	for _, c := range []struct{ name, message, want string }{
		{"a cut document", golden[:300], "cut off"},
		{"a wrong end", "<a><b></a>", "not open"},
		{"too deep", deep, "deeper"},
		{"too many objects", many, "more than 512 objects"},
		{"too large", "<a>" + strings.Repeat("x", maxDocument) + "</a>", "4194304 are taken"},
		{"broken JSON", `{"Frame":[`, "not a JSON object"},
		{"deep JSON", strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40), "deeper"},
		{"two JSON objects", `{} {}`, "follows"},
		{"a picture that is none", sight("1", "A123", "0.8", "R0lGODlh"), "not a JPEG"},
		{"a picture that is no base64", sight("1", "A123", "0.8", "####"), "base64"},
	} {
		_, out := say(NewHandler(Config{}, devices.Env{}), topic, c.message)
		if len(out.Errs) != 1 || !strings.Contains(out.Errs[0].Reason, c.want) {
			t.Errorf("%s: %v, want %q", c.name, out.Errs, c.want)
		}
	}
	bomb := `<!DOCTYPE x [<!ENTITY a "AAAAAAAAAA"><!ENTITY b "&a;&a;&a;&a;">]>` + sight("1", "&b;", "0.8", "")
	if list, _ := say(NewHandler(Config{}, devices.Env{}), "", bomb); len(list) != 1 || len(list[0].Text) > 4 {
		t.Errorf("an entity is expanded: %+v", list)
	}
	full := devices.Env{Keep: func(string, []byte) (obs.Blob, error) { return obs.Blob{}, errors.New("disk full") }}
	if list, out := say(NewHandler(Config{}, full), "", golden); len(list) != 1 || len(out.Errs) != 2 {
		t.Errorf("pictures that are not stored: %d readings, errors %v", len(list), out.Errs)
	}
	h := NewHandler(Config{}, devices.Env{})
	for i := range 1000 {
		say(h, "", sight(fmt.Sprint(i), "A123", "0.8", ""))
	}
	if len(h.tracks) > maxTracks {
		t.Errorf("%d objects are remembered", len(h.tracks))
	}
}

func TestCapturedMessages(t *testing.T) {
	for file, want := range map[string]*obs.Plate{
		// The captured pictures were cut out: one is no JPEG any more, one no base64.
		"onvif_dahua_metadata_plate.xml": {Text: "DKL70", Country: "DE", EventID: "7", Direction: "forward", Role: obs.Front},
		"axis_lpr_metadata_event.xml":    {Text: "RZ3160", Country: "PT", EventID: "1087595", Role: obs.Front},
	} {
		list, out := say(NewHandler(Config{Role: "front"}, devices.Env{}), "", string(sharedtest.File(t, "anpr", "payloads", file)))
		if len(list) != 1 {
			t.Fatalf("%s: %d readings, errors %v", file, len(list), out.Errs)
		}
		list[0].Images = nil
		if d := cmp.Diff(want, list[0]); d != "" {
			t.Errorf("%s: %s", file, d)
		}
	}
}

func TestConformance(t *testing.T) {
	devicestest.Run(t, Driver(), devicestest.Script{Good: []byte(golden), Want: 1, NoLink: true, Settings: `role = "front"`,
		Then: []byte(strings.NewReplacer(`"7"`, `"17"`, `"8"`, `"18"`).Replace(golden))})
}

func TestARecordingOfBothForms(t *testing.T) {
	s, err := NewSession(devices.Section{}, devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	var out devices.Out
	s.Feed(at, []byte(golden+"noise "+jsonEvent+"\n<broken></x>"+sight("9", "A1", "", "")+sight("10", "", "", "")), &out)
	s.(devices.Finisher).Finish(at, &out)
	var texts []string
	for _, o := range out.Obs {
		texts = append(texts, o.Body.(*obs.Plate).Text)
	}
	if d := cmp.Diff([]string{"389BK01", "A1", ""}, texts); d != "" || len(out.Errs) != 2 {
		t.Errorf("%serrors %v", d, out.Errs)
	}
}

func FuzzSession(f *testing.F) {
	f.Add([]byte(golden), uint8(9))
	f.Add([]byte(jsonFrame+jsonEvent+event("Changed", items)), uint8(1))
	f.Fuzz(func(t *testing.T, p []byte, step uint8) {
		var whole, pieces devices.Out
		a, b := newSession(Config{}, devices.Env{}), newSession(Config{}, devices.Env{})
		a.Feed(at, p, &whole)
		for i := 0; i < len(p); i += int(step) + 1 {
			b.Feed(at, p[i:min(len(p), i+int(step)+1)], &pieces)
		}
		a.Finish(at, &whole)
		b.Finish(at, &pieces)
		if d := cmp.Diff(whole.Obs, pieces.Obs); d != "" || len(whole.Errs) != len(pieces.Errs) {
			t.Errorf("in pieces: %s errors %v, whole %v", d, pieces.Errs, whole.Errs)
		}
		for _, e := range whole.Errs {
			if e.Offset < 0 || e.Offset > int64(len(p)) {
				t.Errorf("error at %d of %d bytes", e.Offset, len(p))
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(jsonFrame))
	f.Add([]byte(jsonEvent))
	f.Add([]byte(`{"topic":"axis:CameraApplicationPlatform/ALPV.AllPlates","message":{"source":{},"key":{},"data":{"text":"A1","carID":"3"}}}`))
	f.Fuzz(func(t *testing.T, p []byte) {
		a, err := ParseJSON(p, "x")
		b, err2 := ParseJSON(bytes.Clone(p), "x")
		if d := cmp.Diff(a, b, cmp.AllowUnexported(Document{}, Frame{}, Object{}, transform{})); d != "" || (err == nil) != (err2 == nil) {
			t.Errorf("not told alike: %s", d)
		}
	})
}

func BenchmarkFrame(b *testing.B) {
	h := NewHandler(Config{}, devices.Env{})
	var out devices.Out
	p := []byte(golden)
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		h.Message(at, "", p, &out)
		out.Reset()
	}
}
