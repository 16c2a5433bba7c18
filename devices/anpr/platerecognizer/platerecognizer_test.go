package platerecognizer

import (
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

// message is composed from the fields of the published webhook.
const message = `{"hook":{"event":"recognition","id":"camera-1"},"data":{"camera_id":"camera-1","timestamp":"2026-03-01T06:13:59.606935Z",
"timestamp_local":"2026-03-01 11:13:59.606935+05:00","results":[{"box":{"xmin":460,"ymin":57,"xmax":557,"ymax":82},"plate":"123abc02",
"region":{"code":"kz","score":0.413},"score":0.839,"dscore":0.441,"candidates":[{"plate":"123abc02","score":0.839},{"plate":"i23abc02","score":0.7}],
"vehicle":{"score":0.267,"type":"Big Truck"},"direction":210}]}}`

// jpeg is a header of width x height pixels with a text for its data.
func jpeg(width, height int, data string) string {
	return "\xff\xd8\xff\xc0\x00\x11\x08" + string([]byte{byte(height >> 8), byte(height), byte(width >> 8), byte(width)}) + "\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01" + data + "\xff\xd9"
}

func form(doc, picture string) string {
	return "--X\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n" + doc + "\r\n" +
		"--X\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"camera-1.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n" + picture + "\r\n--X--\r\n"
}

func posted(body string) string {
	return fmt.Sprintf("POST /stream HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=X\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func alone(body string) string {
	return fmt.Sprintf("POST /stream HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
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

func TestAWebhookGivesItsReading(t *testing.T) {
	list, errs, sent := see(t, "forward = 30", posted(form(message, jpeg(1920, 1080, "x\r\n--X\r\nno header"))))
	if len(list) != 1 || len(errs) != 0 || !strings.HasPrefix(sent, "HTTP/1.1 200 OK\r\n") {
		t.Fatalf("%d readings, errors %v, answer %q", len(list), errs, sent)
	}
	p := list[0].Body.(*obs.Plate)
	want := &obs.Plate{Text: "123ABC02", Original: "123abc02", Country: "KZ", Confidence: 839_000, EventID: "camera-1@20260301T061359.606935Z/1", Direction: "reverse",
		Candidates: []obs.Candidate{{Text: "I23ABC02", P: 700_000}}, Images: p.Images}
	if d := cmp.Diff(want, p); d != "" || len(p.Images) != 1 || list[0].Blobs[0].Role != "overview" {
		t.Error(d, list[0].Blobs)
	}
	if s := list[0].Stamp; !s.At.Equal(time.Date(2026, 3, 1, 6, 13, 59, 606_935_000, time.UTC)) || s.Origin != obs.Device {
		t.Errorf("stamp %+v", s)
	}
}

func TestWhatStreamsSend(t *testing.T) {
	two := strings.Replace(message, `"results":[`, `"results":[{"plate":null,"score":0,"region":{"code":""},"direction":""},`, 1)
	for _, c := range []struct {
		name, bytes string
		settings    string
		texts       []string
		errs        int
		answer      string
	}{
		{"the document alone", alone(message), "", []string{"123ABC02"}, 0, "200"},
		{"a vehicle without a plate beside one with", alone(two), "", []string{"", "123ABC02"}, 0, "200"},
		{"no vehicle at all", alone(`{"hook":{"event":"recognition"},"data":{"camera_id":"camera-1","results":[]}}`), "", nil, 0, "200"},
		{"another event", alone(`{"hook":{"event":"image_status"}}`), "", nil, 0, "200"},
		{"another camera", alone(message), `camera = "b"`, nil, 0, "200"},
		{"the picture before the document", posted("--X\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"a.jpg\"\r\n\r\n" + jpeg(9, 9, "") + "\r\n--X\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n" + message + "\r\n--X--"), "", []string{"123ABC02"}, 0, "200"},
		{"messages without HTTP", message + message, "", []string{"123ABC02", "123ABC02"}, 0, ""},
		{"a picture that is none", posted(form(message, "GIF89a")), "", []string{"123ABC02"}, 1, "200"},
		{"a picture of absurd size", posted(form(message, jpeg(60000, 60000, ""))), "", []string{"123ABC02"}, 1, "200"},
		{"a form cut inside the picture", posted(form(message, jpeg(9, 9, strings.Repeat("x", 500)))[:1000]), "", []string{"123ABC02"}, 1, "200"},
		{"a form cut inside the document", posted(form(message, "")[:300]), "", nil, 2, "400"},
		{"a form without a document", posted("--X\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"a.jpg\"\r\n\r\n" + jpeg(9, 9, "") + "\r\n--X--"), "", nil, 1, "400"},
		{"no data", alone(`{"hook":{"event":"recognition"}}`), "", nil, 1, "400"},
	} {
		list, errs, sent := see(t, c.settings, c.bytes)
		var texts []string
		for _, o := range list {
			texts = append(texts, o.Body.(*obs.Plate).Text)
		}
		code := ""
		if len(sent) > 12 {
			code = sent[9:12]
		}
		if d := cmp.Diff(c.texts, texts); d != "" || len(errs) != c.errs || code != c.answer {
			t.Errorf("%s: %s errors %v, answer %q", c.name, d, errs, sent)
		}
		pieces, errs2, sent2 := see(t, c.settings, strings.Split(c.bytes, "")...)
		if d := cmp.Diff(list, pieces); d != "" || len(errs2) != len(errs) || sent2 != sent {
			t.Errorf("%s, byte by byte: %s errors %v, answers %q", c.name, d, errs2, sent2)
		}
	}
}

func TestThePublishedMessageIsRead(t *testing.T) {
	list, errs, _ := see(t, "", string(sharedtest.File(t, "anpr", "payloads", "platerecognizer_stream_webhook.json")))
	if len(list) != 1 || len(errs) != 0 {
		t.Fatalf("%d readings, errors %v", len(list), errs)
	}
	p := list[0].Body.(*obs.Plate)
	want := &obs.Plate{Text: "9JUB11", Original: "9jub11", Country: "GB", Confidence: 839_000, EventID: "camera-1@20210929T055613.606935Z/1",
		Candidates: []obs.Candidate{{Text: "SJU88Y", P: 53_666}, {Text: "SJUBI", P: 53_666}}}
	if d := cmp.Diff(want, p); d != "" {
		t.Error(d)
	}
}

func TestTimes(t *testing.T) {
	want := time.Date(2021, 9, 29, 5, 56, 13, 606_935_000, time.UTC)
	for _, s := range []string{"2021-09-29T05:56:13.606935Z", "2021-09-29 05:56:13.606935+00:00", "2021-09-29 05:56:13.606935", "2021-09-29T10:56:13.606935+05:00"} {
		if got := utc(s); !got.Equal(want) {
			t.Errorf("%q is %v, want %v", s, got, want)
		}
	}
	if got := utc("yesterday"); !got.IsZero() {
		t.Errorf("yesterday is %v", got)
	}
}

func TestConformance(t *testing.T) {
	devicestest.Run(t, Driver(), devicestest.Script{Good: []byte(posted(form(message, jpeg(9, 9, "xx")))), Want: 1, Settings: `path = "/stream"`, Once: true})
}

func FuzzSession(f *testing.F) {
	f.Add([]byte(posted(form(message, jpeg(9, 9, "xx")))), uint8(7))
	f.Add([]byte(message+alone(message)), uint8(1))
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
	})
}
