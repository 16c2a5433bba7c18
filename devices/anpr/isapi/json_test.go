package isapi

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/devices/devicestest"
	"acsgd/internal/obs"
)

// alertJSON says what alert says, in the names of the schema.
const alertJSON = `{"ipAddress":"10.20.1.11","macAddress":"44:a6:42:00:00:01","channelID":1,"dateTime":"2026-03-01T11:13:59.250+05:00",
"eventType":"ANPR","eventState":"active","ANPR":{"country":253,"CRIndex":30,"licensePlate":"389 BK\n01 ","originalLicensePlate":"389BK01",
"line":1,"direction":"forward","confidenceLevel":97.5,"plateCharBelieve":[99,98,97,96,95,94,93],"plateType":"unknown","ADRNo":"30/1202",
"vehicleInfo":{"index":5,"containerInfo":{"containerList":[{"containerMainNum":"CSQU305438","containerSubNum":"3","containerISONum":"22G1"}]}},
"pictureInfoList":[{"fileName":"a.jpg","type":"detectionPicture","pId":"p1"},{"fileName":"b.jpg","type":"licensePlatePicture","pId":"p2"}]},
"UUID":"u-1","picNum":2,"isDataRetransmission":false,"unknown":[[1,{"x":null}],"y"]}`

func TestJSONSaysWhatXMLSays(t *testing.T) {
	want, _, err := ParseEvent([]byte(alert))
	if err != nil {
		t.Fatal(err)
	}
	opt := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	for name, doc := range map[string]string{
		"bare": alertJSON, "wrapped": `{"EventNotificationAlert":` + alertJSON + `}`, "with a byte order mark": "\xef\xbb\xbf" + alertJSON,
		"pictures in a named list": strings.Replace(alertJSON, `"pictureInfoList":[`, `"pictureInfoList":{"pictureInfo":[`, 1),
	} {
		if name == "pictures in a named list" {
			doc = strings.Replace(doc, `"pId":"p2"}]}`, `"pId":"p2"}]}}`, 1)
		}
		got, err := ParseJSON([]byte(doc))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(want, got, opt); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for _, bad := range []string{"", "{", "[]", `{"a":}`, `{"EventNotificationAlert":1}`, strings.Repeat(`{"a":`, 100), strings.Repeat(`{"aList":[`, 100), alertJSON[:200]} {
		if _, err := ParseJSON([]byte(bad)); err == nil {
			t.Errorf("%.40q is taken", bad)
		}
	}
}

func TestJSONBodies(t *testing.T) {
	beat := `{"eventType":"heartBeat","eventState":"active","dateTime":"2026-03-01T11:13:59+05:00"}`
	for name, c := range map[string]struct {
		bytes string
		n     int
		errs  int
	}{
		"pushed":          {fmt.Sprintf("POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(alertJSON), alertJSON), 1, 0},
		"a heart-beat":    {fmt.Sprintf("POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(beat), beat), 0, 0},
		"in a multipart":  {pushed(field("e.json", "application/json", alertJSON, true) + field("b.jpg", "image/jpeg", jpeg(9, 9, ""), true) + "--boundary--"), 1, 0},
		"bare, two":       {alertJSON + "\n" + strings.Replace(alertJSON, "u-1", "u-2", 1) + beat, 2, 0},
		"damaged":         {fmt.Sprintf("POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", 100, alertJSON[:100]), 0, 1},
		"bare and broken": {`{"a":}` + "\n" + golden, 1, 1},
	} {
		list, errs, _ := see(t, recording(t), c.bytes)
		if len(list) != c.n || len(errs) != c.errs {
			t.Errorf("%s: %d readings, errors %v", name, len(list), errs)
		}
	}
}

// TestAnswersInARecording: what a camera has answered is read, challenges passed over.
func TestAnswersInARecording(t *testing.T) {
	body := field("e.xml", "application/xml", alert, true) + field("b.jpg", "image/jpeg", jpeg(9, 9, ""), true) + "--boundary\r\n"
	list := "<Plates><Plate><captureTime>20260301T111400+0500</captureTime><plateNumber>12ABC</plateNumber><picName>7</picName></Plate></Plates>"
	capture := "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest nonce=\"1\"\r\nContent-Length: 2\r\n\r\nno" +
		fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s", len(list), list) +
		"HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=boundary\r\n\r\n" + body
	got, errs, sent := see(t, recording(t), capture)
	if len(got) != 2 || len(errs) != 0 || sent != "" {
		t.Fatalf("%d readings, errors %v, sent %q", len(got), errs, sent)
	}
	if p := got[0].Body.(*obs.Plate); p.Text != "12ABC" || !p.Late || !got[0].Stamp.At.Equal(time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)) {
		t.Errorf("fetched %+v at %v", p, got[0].Stamp.At)
	}
	if p := got[1].Body.(*obs.Plate); p.Text != "389BK01" || p.Late || len(p.Images) != 1 {
		t.Errorf("streamed %+v", p)
	}
}

// TestARecordingThatEndsWithTheConnection: an answer without a length ends there.
func TestARecordingThatEndsWithTheConnection(t *testing.T) {
	for _, body := range []string{alert, alertJSON, "<Plates>" + entry(1, "A1") + "</Plates>"} {
		list, errs, _ := see(t, recording(t), "HTTP/1.0 200 OK\r\n\r\n"+body)
		if len(list) != 1 || len(errs) != 0 {
			t.Errorf("%.20q: %d readings, errors %v", body, len(list), errs)
		}
	}
}

// TestStoredEventsAreMarked: what a camera sends again later is as old as it says.
func TestStoredEventsAreMarked(t *testing.T) {
	for _, doc := range []string{
		strings.Replace(alert, "<picNum>", "<isDataRetransmission>true</isDataRetransmission><picNum>", 1),
		strings.Replace(alert, "<line>", "<alarmDataType>1</alarmDataType><line>", 1),
		strings.Replace(alertJSON, `"isDataRetransmission":false`, `"isDataRetransmission":true`, 1),
	} {
		list, _, _ := see(t, recording(t), doc)
		if len(list) != 1 || !list[0].Body.(*obs.Plate).Late {
			t.Errorf("not marked: %v", list)
		}
	}
}

// TestWeightsInAnEvent: what a weighing server adds has no place in a plate, and changes
// nothing else; the document with it is kept.
func TestWeightsInAnEvent(t *testing.T) {
	const weights = `<VehicleWeightInfo><axleNum>5</axleNum><weight>38.4</weight><AxleInfoList><AxleInfo><axleWeight>7100</axleWeight><axleDistance>3600</axleDistance></AxleInfo></AxleInfoList></VehicleWeightInfo>`
	doc := strings.Replace(alert, "<UUID>", weights+"<UUID>", 1)
	plain, _, _ := see(t, recording(t), alert)
	list, errs, _ := see(t, recording(t), doc)
	if len(list) != 1 || len(errs) != 0 || !strings.Contains(string(list[0].Raw), weights) {
		t.Fatalf("readings %v, errors %v", list, errs)
	}
	if d := cmp.Diff(plain[0].Body, list[0].Body); d != "" {
		t.Error(d)
	}
}

func TestSettingsOfTheModes(t *testing.T) {
	for _, bad := range []string{`mode = "x"`, "mode = \"stream\"\npath = \"/a\"", "mode = \"stream\"\nallow = [\"10.0.0.1\"]", "mode = \"stream\"\nuser = \"a\"",
		"mode = \"stream\"\nuser = \"a:b\"\npassword = \"c\"", `poll_every = "1ms"`, `silence = "1s"`, `clock_limit = "0s"`, `channel = 0`,
		"mode = \"stream\"\nuser = \"a\"\npassword = \"b\"\npoll_user = \"c\"\npoll_password = \"d\"", `poll_user = "a"`} {
		if _, err := load(devicestest.Settings(t, Kind, "tcp:10.0.0.1:80", bad)); err == nil {
			t.Errorf("settings %s are taken", bad)
		}
	}
	for settings, poll := range map[string]string{"": "", `mode = "stream"`: "tcp:10.0.0.1:80", "mode = \"stream\"\npoll = \"off\"": "", `poll = "tcp:10.0.0.2:80"`: "tcp:10.0.0.2:80"} {
		cfg, err := load(devicestest.Settings(t, Kind, "tcp:10.0.0.1:80", settings))
		if err != nil || cfg.Poll != poll {
			t.Errorf("%q: poll %q, %v", settings, cfg.Poll, err)
		}
	}
}

func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(alertJSON))
	f.Add([]byte(`{"EventNotificationAlert":{"aList":[1,2,[3]],"b":null}}`))
	f.Fuzz(func(t *testing.T, p []byte) {
		e, err := ParseJSON(p)
		if (e == nil) == (err == nil) {
			t.Errorf("ParseJSON gives %v and %v", e, err)
		}
		if n := jsonLength(p); n < 0 || n > len(p) {
			t.Errorf("length %d of %d", n, len(p))
		}
	})
}
