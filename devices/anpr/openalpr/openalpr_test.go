package openalpr

import (
	"encoding/base64"
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

// summary is composed from the fields that the agent's documentation gives.
const summary = `{"version":2,"data_type":"alpr_group","camera_id":7,"epoch_start":1562681121504,"epoch_end":1562681124479,
"uuids":["agent-7-1562681121543","agent-7-1562681122676"],"plate_indexes":[0,0],"best_uuid":"agent-7-1562681122676",
"best_plate_number":"123ABC02","best_confidence":93.877067,"best_region":"kz-02","country":"kz","travel_direction":85.55,
"candidates":[{"plate":"123ABC02","confidence":93.877067,"matches_template":0},{"plate":"I23ABC02","confidence":81.36,"matches_template":0},
{"plate":"123ABC0Z","confidence":80.925644,"matches_template":1}],"best_plate":{"plate":"123ABC02","confidence":93.877067,
"plate_crop_jpeg":"%s","coordinates":[{"x":3274,"y":187}]},"vehicle_crop_jpeg":"%s"}`

// jpeg is a header of width x height pixels.
func jpeg(width, height int) string {
	return base64.StdEncoding.EncodeToString([]byte("\xff\xd8\xff\xc0\x00\x11\x08" + string([]byte{byte(height >> 8), byte(height), byte(width >> 8), byte(width)}) +
		"\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xd9"))
}

func whole() string { return fmt.Sprintf(summary, jpeg(120, 40), jpeg(630, 630)) }

func frame(uuid string, at int64, plate string, confidence float64) string {
	return fmt.Sprintf(`{"version":2,"data_type":"alpr_results","uuid":"%s","camera_id":7,"epoch_time":%d,"results":[{"plate":"%s","plate_index":0,"confidence":%g,"region":"eu-kz","candidates":[]}]}`,
		uuid, at, plate, confidence)
}

func posted(body string) string {
	return fmt.Sprintf("POST /openalpr HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// see feeds bytes to a session and gives what it made of them.
func see(t *testing.T, settings string, chunks ...string) (list []obs.Observation, errs []*obs.DecodeError, sent string) {
	t.Helper()
	s, err := NewSession(devicestest.Settings(t, Kind, "", settings), devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	v := devices.NewVirtual("cam", "L1", s)
	v.Emit = func(o obs.Observation) error { list = append(list, o); return nil }
	v.Report = func(e *obs.DecodeError) { errs = append(errs, e) }
	at := time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)
	if err := v.Open(at); err != nil {
		t.Fatal(err)
	}
	for _, c := range chunks {
		if err := v.Feed(at, []byte(c)); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Finish(at); err != nil {
		t.Logf("finish: %v", err)
	}
	return list, errs, string(v.Sent)
}

func TestAGroupGivesItsReading(t *testing.T) {
	list, errs, sent := see(t, `forward = 90`, posted(whole()))
	if len(list) != 1 || len(errs) != 0 || !strings.HasPrefix(sent, "HTTP/1.1 200 OK\r\n") {
		t.Fatalf("%d readings, errors %v, answer %q", len(list), errs, sent)
	}
	p := list[0].Body.(*obs.Plate)
	want := &obs.Plate{Text: "123ABC02", Country: "KZ", Confidence: 938_771, EventID: "agent-7-1562681122676", Direction: "forward", Images: p.Images,
		Candidates: []obs.Candidate{{Text: "123ABC0Z", P: 809_256}, {Text: "I23ABC02", P: 813_600}}}
	if d := cmp.Diff(want, p); d != "" {
		t.Error(d)
	}
	if s := list[0].Stamp; !s.At.Equal(time.UnixMilli(1562681122676)) || s.Origin == obs.Gateway || s.Err != frameTime {
		t.Errorf("stamp %+v, want the time of the best frame", s)
	}
	var roles []string
	for _, b := range list[0].Blobs {
		roles = append(roles, b.Role)
	}
	if d := cmp.Diff([]string{"plate", "vehicle"}, roles); d != "" || len(p.Images) != 2 {
		t.Errorf("pictures: %s, %d images", d, len(p.Images))
	}
}

func TestWhatAgentsSend(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings string
		bytes    string
		texts    []string
		errs     int
		answers  string // the status codes
	}{
		{"a heart-beat is no reading", "", posted(`{"data_type":"heartbeat","timestamp":1,"video_streams":[]}`), nil, 0, "200"},
		{"an alert holds a group", "", posted(`{"data_type":"alpr_alert","group":` + whole() + `}`), []string{"123ABC02"}, 0, "200"},
		{"an alert without one is no reading", "", posted(`{"data_type":"alpr_alert","plate_number":"A"}`), nil, 0, "200"},
		{"another camera's group is not ours", `camera = "8"`, posted(whole()), nil, 0, "200"},
		{"ours is", `camera = "7"`, posted(whole()), []string{"123ABC02"}, 0, "200"},
		{"a frame", "", posted(frame("u1", 1562681121504, "123ABC02", 80)), []string{"123ABC02"}, 0, "200"},
		{"frames are left out where they are not wanted", "results = false", posted(frame("u1", 1562681121504, "123ABC02", 80)), nil, 0, "200"},
		{"messages without HTTP", "", whole() + "\n" + frame("u1", 1562681121504, "A1", 80), []string{"123ABC02", "A1"}, 0, ""},
		{"a chunked body", "", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(whole()), whole()), []string{"123ABC02"}, 0, "200"},
		{"a crop that is no base64", "", posted(strings.Replace(whole(), `jpeg":"/9j`, `jpeg":"???`, 1)), []string{"123ABC02"}, 1, "200"},
		{"a crop of absurd size", "", posted(fmt.Sprintf(summary, jpeg(60000, 60000), jpeg(630, 630))), []string{"123ABC02"}, 1, "200"},
		{"a text that is no JSON", "", posted("plate=1"), nil, 1, "400"},
		{"JSON that is no message", "", posted(`{"plate":"A"}`), nil, 1, "400"},
		{"half a message", "", posted(whole()[:200]), nil, 1, "400"},
		{"an empty body", "", posted(""), nil, 1, "400"},
		{"GET is refused", "", "GET / HTTP/1.1\r\n\r\n" + posted(whole()), []string{"123ABC02"}, 0, "405 200"},
		{"garbage before a request", "", "\x01\x02garbage\r\n" + posted(whole()), []string{"123ABC02"}, 1, "200"},
	} {
		list, errs, sent := see(t, c.settings, c.bytes)
		var texts []string
		for _, o := range list {
			texts = append(texts, o.Body.(*obs.Plate).Text)
		}
		if d := cmp.Diff(c.texts, texts); d != "" || len(errs) != c.errs || codes(sent) != c.answers {
			t.Errorf("%s: %s errors %v, answers %q", c.name, d, errs, sent)
		}
		pieces, errs2, sent2 := see(t, c.settings, strings.Split(c.bytes, "")...)
		if d := cmp.Diff(list, pieces); d != "" || len(errs2) != len(errs) || sent2 != sent {
			t.Errorf("%s, byte by byte: %s errors %v, answers %q", c.name, d, errs2, sent2)
		}
	}
}

func codes(sent string) string {
	var list []string
	for l := range strings.Lines(sent) {
		if rest, ok := strings.CutPrefix(l, "HTTP/1.1 "); ok {
			list = append(list, rest[:3])
		}
	}
	return strings.Join(list, " ")
}

// TestTheFramesOfAVehicleAndItsGroupAreOne follows a vehicle from its first frame on.
func TestTheFramesOfAVehicleAndItsGroupAreOne(t *testing.T) {
	const ms = 1562681121543
	var got []string
	list, errs, _ := see(t, "",
		frame("agent-7-1562681121543", ms, "123ABC02", 80),
		frame("u2", ms+300, "123ABC02", 79),   // says nothing new
		frame("u3", ms+600, "I23ABC02", 60),   // another text: for all that is known another vehicle
		frame("u4", ms+900, "123ABC02", 90.5), // better
		frame("u4", ms+900, "123ABC02", 90.5), // again, as after a 503: whoever listens knows it
		frame("u2", ms+300, "123ABC02", 79),   // this one still says nothing new
		frame("agent-7-1562681121543", ms, "123ABC02", 80),
		whole(),                                  // sums the first and the best up
		frame("u5", ms+60_000, "123ABC02", 80.1), // a minute later
	)
	for _, o := range list {
		p := o.Body.(*obs.Plate)
		got = append(got, fmt.Sprint(p.EventID, " ", p.Text, " ", int(p.Confidence)/10_000))
	}
	want := []string{"agent-7-1562681121543 123ABC02 80", "u3 I23ABC02 60", "agent-7-1562681121543 123ABC02 90", "agent-7-1562681121543 123ABC02 90",
		"agent-7-1562681121543 123ABC02 80", "agent-7-1562681121543 123ABC02 93", "u5 123ABC02 80"}
	if d := cmp.Diff(want, got); d != "" || len(errs) > 0 {
		t.Errorf("%s errors %v", d, errs)
	}
}

func TestCountry(t *testing.T) {
	for _, c := range [][3]string{
		{"mo", "", ""}, {"us-mo", "us", "US"}, {"us-mo", "", "US"}, {"eu-pl", "eu", "PL"}, {"pl", "eu", "PL"}, {"mo", "us", "US"}, {"", "kz", "KZ"}, {"", "", ""}, {"", "eu", ""},
	} {
		if got := country(c[0], c[1]); got != c[2] {
			t.Errorf("region %q of the recogniser %q is %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestTheDocumentedGroupIsRead(t *testing.T) {
	list, errs, _ := see(t, "", string(sharedtest.File(t, "anpr", "payloads", "openalpr_group.json")))
	if len(list) != 1 || len(errs) != 0 {
		t.Fatalf("%d readings, errors %v", len(list), errs)
	}
	p := list[0].Body.(*obs.Plate)
	want := &obs.Plate{Text: "A13709", Confidence: 920_752, EventID: "dimitar-video-cam1414799424-1448326208789", Candidates: []obs.Candidate{
		{Text: "A137O9", P: 833_237}, {Text: "A137Q9", P: 830_013}, {Text: "AI3709", P: 805_744}, {Text: "A3709", P: 774_109}}}
	if d := cmp.Diff(want, p); d != "" || !list[0].Stamp.At.Equal(time.UnixMilli(1448326208789)) {
		t.Error(d, list[0].Stamp)
	}
}

func TestConformance(t *testing.T) {
	devicestest.Run(t, Driver(), devicestest.Script{Good: []byte(posted(whole())), Want: 1, Settings: `path = "/openalpr"`, Once: true})
}

func TestSettingsAreChecked(t *testing.T) {
	for _, bad := range []string{`path = "x"`, `role = "side"`, `allow = ["10.0.0.0/99"]`, `user = "a"`, `max_body = 1`, `forward = 360`, `max_picture = 33554432`,
		"[tls]\ncertificate = \"none.pem\"", "[tls]\ncertificate = \"none.pem\"\nkey = \"none.pem\"", "[tls]\nnames = [\"a\"]"} {
		if _, err := New(devicestest.Settings(t, Kind, "listen:127.0.0.1:0", bad), devices.Env{}); err == nil {
			t.Errorf("settings %s are taken", bad)
		}
	}
}

func FuzzSession(f *testing.F) {
	f.Add([]byte(posted(whole())), uint8(7))
	f.Add([]byte(whole()+frame("u", 1562681121504, "A", 1)), uint8(1))
	f.Add([]byte("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), uint8(3))
	f.Fuzz(func(t *testing.T, p []byte, step uint8) {
		list, errs, sent := see(t, "", string(p))
		var pieces []string
		for i := 0; i < len(p); i += int(step) + 1 {
			pieces = append(pieces, string(p[i:min(len(p), i+int(step)+1)]))
		}
		got, errs2, sent2 := see(t, "", pieces...)
		if d := cmp.Diff(list, got); d != "" || len(errs) != len(errs2) || sent != sent2 {
			t.Errorf("in pieces of %d: %s errors %v, whole %v; sent %q, whole %q", step+1, d, errs2, errs, sent2, sent)
		}
		for _, e := range errs {
			if e.Offset < 0 || e.Offset > int64(len(p)) {
				t.Errorf("error at %d of %d bytes", e.Offset, len(p))
			}
		}
	})
}
