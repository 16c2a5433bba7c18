package axis

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/anpr/webhook"
	"acsgd/devices/devicestest"
	"acsgd/internal/obs"
	"acsgd/internal/sharedtest"
)

// event is composed from the field list of the License plate verifier API.
const event = `{"packetCounter":"7","capture_timestamp":"1772345639250","frame_timestamp":"0","capture_ts":"1772345639250123456","datetime":"20260301 111359250",` +
	`"plateText":"\u0033\u0038\u0039\u0042\u004b\u0030\u0031","plateUTF8":"389 BK 01","plateASCII":"389BK01","plateCountry":"KAZ","plateConfidence":"0.719034",` +
	`"carState":"new","roiID":"2","geotag":{"lat": 50.4,"lon": 30.4},"carMoveDirection":"in","plateCoordinates":[1185, 532, 140, 28],"carID":"1144696",` +
	`"camera_info":{"SerialNumber":"ACCC8E000001","ProdShortName":"AXIS P1445-LE-3"},"sensorProviderID":"defaultID_176"}`

func picture(data string) string {
	return "\xff\xd8\xff\xc0\x00\x11\x08\x00\x10\x00\x20\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01" + data + "\xff\xd9"
}

func post(contentType, body string) string {
	return fmt.Sprintf("POST /anpr/front HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", contentType, len(body), body)
}

// form is a push with pictures, as the camera sends it.
func form(event string, pictures ...string) string {
	b := "--zz\r\nContent-Disposition: form-data; name=\"event\"\r\nContent-Type: application/json\r\n\r\n" + event + "\r\n"
	for i, p := range pictures {
		b += fmt.Sprintf("--zz\r\nContent-Disposition: form-data; name=\"image\"; filename=\"%s.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n%s\r\n", []string{"lp_389BK01", "roi_389BK01"}[i], p)
	}
	return post("multipart/form-data; boundary=zz", b+"--zz--\r\n")
}

var golden = form(event, picture("plate"), picture("\r\n--zz false boundary"))

func decode(t *testing.T, settings string, bytes ...string) (list []obs.Observation, errs []*obs.DecodeError, sent string) {
	t.Helper()
	s, err := NewSession(devicestest.Settings(t, Kind, "", settings), devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	v := devices.NewVirtual("cam", "L1", s)
	v.Emit = func(o obs.Observation) error { list = append(list, o); return nil }
	v.Report = func(e *obs.DecodeError) { errs = append(errs, e) }
	at := time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)
	for _, b := range bytes {
		if err := v.Feed(at, []byte(b)); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Finish(at); err != nil {
		t.Fatal(err)
	}
	return list, errs, string(v.Sent)
}

func TestAPushGivesItsReading(t *testing.T) {
	inside := strings.Replace(event, `"carID"`, `"ImageArray":[{"ImageType":"roi","ImageFormat":"jpg","BinaryImage":"`+base64.StdEncoding.EncodeToString([]byte(picture("x")))+
		`"},{"ImageType":"plate","ImageFormat":"jpg","BinaryImage":"`+base64.StdEncoding.EncodeToString([]byte(picture("y")))+`"}],"carID"`, 1)
	for name, c := range map[string]struct {
		bytes string
		roles []string
	}{
		"a form":                {golden, []string{"plate", "overview"}},
		"the event alone":       {post("application/json", event), nil},
		"pictures in the event": {post("application/json", inside), []string{"plate", "overview"}},
		"no HTTP":               {event + "\n", nil},
	} {
		list, errs, sent := decode(t, `role = "front"`, c.bytes)
		if len(list) != 1 || len(errs) != 0 {
			t.Errorf("%s: %d readings, errors %v", name, len(list), errs)
			continue
		}
		p := list[0].Body.(*obs.Plate)
		want := &obs.Plate{Text: "389BK01", Original: "389 BK 01", Country: "KZ", Confidence: 719_034, Role: obs.Front, EventID: "ACCC8E000001/1144696", Direction: "forward", Images: p.Images}
		if d := cmp.Diff(want, p); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		var roles []string
		for _, b := range list[0].Blobs {
			roles = append(roles, b.Role)
		}
		if d := cmp.Diff(c.roles, roles); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if got, want := list[0].Stamp.At, time.Date(2026, 3, 1, 6, 13, 59, 250123456, time.UTC); !got.Equal(want) || list[0].Stamp.Origin != obs.Device {
			t.Errorf("%s: %+v, want %v", name, list[0].Stamp, want)
		}
		if (sent == "") != (name == "no HTTP") || sent != "" && !strings.HasPrefix(sent, "HTTP/1.1 200 OK\r\n") {
			t.Errorf("%s: answered %q", name, sent)
		}
	}
}

func TestOneVehicleHasOneEvent(t *testing.T) {
	state := func(state, text, sure string) string {
		return strings.NewReplacer(`"new"`, `"`+state+`"`, "389 BK 01", text, "0.719034", sure, `\u0033\u0038\u0039\u0042\u004b\u0030\u0031`, text, "389BK01", text).Replace(event)
	}
	list, errs, _ := decode(t, "", state("new", "389BK0I", "0.6"), state("update", "389BK01", "0.9"), state("lost", "389BK01", "0.92"),
		strings.Replace(state("new", "24AN01", "0.7"), "1144696", "1144697", 1), state("update", "", "0"), state("lost", "", "0"))
	var got []string
	for _, o := range list {
		p := o.Body.(*obs.Plate)
		got = append(got, fmt.Sprintf("%s %s %d", p.EventID[13:], p.Text, p.Confidence/10_000))
	}
	want := []string{"1144696 389BK0I 60", "1144696 389BK01 90", "1144696 389BK01 92", "1144697 24AN01 70", "1144696  0"}
	if d := cmp.Diff(want, got); d != "" || len(errs) > 0 {
		t.Errorf("%serrors %v", d, errs)
	}
}

func TestFields(t *testing.T) {
	cut := func(names ...string) string {
		s := event
		for _, n := range names {
			i := strings.Index(s, `"`+n+`":`)
			s = s[:i] + s[i+strings.Index(s[i:], `,"`)+1:]
		}
		return s
	}
	for _, c := range []struct {
		name, settings, event string
		at                    string
		text, country, way    string
		err                   string
	}{
		{name: "milliseconds", event: cut("capture_ts"), at: "2026-03-01T06:13:59.25Z", text: "389BK01", country: "KZ", way: "forward"},
		{name: "a datetime without a zone is not used", event: cut("capture_ts", "capture_timestamp"), at: "2026-03-01T06:14:00Z", text: "389BK01", country: "KZ", way: "forward"},
		{name: "a datetime with the zone of the settings", settings: `zone = "+05:00"`, event: cut("capture_ts", "capture_timestamp"), at: "2026-03-01T06:13:59.25Z", text: "389BK01", country: "KZ", way: "forward"},
		{name: "escaped letters alone, from behind", settings: `role = "rear"`, event: cut("plateUTF8", "plateASCII"), at: "2026-03-01T06:13:59.250123456Z", text: "389BK01", country: "KZ", way: "reverse"},
		{name: "numbers as numbers", event: strings.NewReplacer(`"1772345639250123456"`, "1772345639250123456", `"0.719034"`, "0.719034", `"1144696"`, "1144696").Replace(event), at: "2026-03-01T06:13:59.250123456Z", text: "389BK01", country: "KZ", way: "forward"},
		{name: "an unknown country and direction", event: strings.NewReplacer("KAZ", "---", `"in"`, `"unknown"`).Replace(event), at: "2026-03-01T06:13:59.250123456Z", text: "389BK01"},
		{name: "another state", event: strings.Replace(event, `"new"`, `"parked"`, 1), err: "carState"},
		{name: "no time", event: strings.Replace(event, `"1772345639250123456"`, `"soon"`, 1), err: "capture time"},
		{name: "a datetime of another form", settings: `zone = "+05:00"`, event: strings.Replace(cut("capture_ts", "capture_timestamp"), "20260301 ", "1.3.26 ", 1), err: "datetime"},
		{name: "a broken event", event: event[:200] + "}", err: "JSON"},
	} {
		list, errs, sent := decode(t, c.settings, post("application/json", c.event))
		if c.err != "" {
			if len(list) != 0 || len(errs) != 1 || !strings.Contains(errs[0].Reason, c.err) || !strings.Contains(sent, "400 Bad Request") {
				t.Errorf("%s: %d readings, errors %v, answered %q", c.name, len(list), errs, sent)
			}
			continue
		}
		if len(list) != 1 || len(errs) != 0 {
			t.Errorf("%s: %d readings, errors %v", c.name, len(list), errs)
			continue
		}
		p := list[0].Body.(*obs.Plate)
		if got := list[0].Stamp.At.Format(time.RFC3339Nano); got != c.at || p.Text != c.text || p.Country != c.country || p.Direction != c.way {
			t.Errorf("%s: at %s, %+v", c.name, got, p)
		}
	}
	if list, errs, sent := decode(t, "", post("application/json", `{"heartbeat":"1"}`)); len(list)+len(errs) != 0 || !strings.Contains(sent, "200 OK") {
		t.Errorf("a heart-beat: %d readings, errors %v, answered %q", len(list), errs, sent)
	}
	if _, err := New(devicestest.Settings(t, Kind, "listen:127.0.0.1:0", `zone = "Almaty"`), devices.Env{}); err == nil {
		t.Error("a zone by its name is taken")
	}
}

// TestTheClockOfTheCameraIsFollowed: what is sent at once shows how far the clock is off,
// what is sent when a vehicle is lost does not.
func TestTheClockOfTheCameraIsFollowed(t *testing.T) {
	for state, want := range map[string]bool{"new": true, "lost": false} {
		list := live(t, strings.Replace(event, `"new"`, `"`+state+`"`, 1), time.Date(2026, 3, 1, 6, 14, 30, 0, time.UTC))
		degraded := slices.ContainsFunc(list, func(o obs.Observation) bool {
			h, ok := o.Body.(*obs.Health)
			return ok && h.State == obs.Degraded && strings.Contains(h.Reason, "ACCC8E000001")
		})
		if degraded != want {
			t.Errorf("an event of state %s 30 s after it was captured: the clock is told of %v, want %v", state, degraded, want)
		}
	}
}

func TestCapturedEvent(t *testing.T) {
	list, errs, _ := decode(t, "", string(sharedtest.File(t, "anpr", "payloads", "axis_alpv_event.json")))
	if len(list) != 1 || len(errs) != 0 {
		t.Fatalf("%d readings, errors %v", len(list), errs)
	}
	want := &obs.Plate{Text: "RLE11684", Country: "SE", Confidence: 719_034, EventID: "ACCC8ED3290D/1144696", Direction: "reverse"}
	if d := cmp.Diff(want, list[0].Body); d != "" {
		t.Error(d)
	}
	if got, want := list[0].Stamp.At, time.Date(2021, 6, 11, 10, 5, 38, 252e6, time.UTC); !got.Equal(want) {
		t.Errorf("at %v, want %v", got, want)
	}
}

func TestConformance(t *testing.T) {
	devicestest.Run(t, Driver(), devicestest.Script{Good: []byte(golden), Want: 1, Once: true, Settings: `path = "/anpr/front"`,
		Then: []byte(strings.Replace(golden, "1144696", "1144697", 1))})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(event))
	f.Add([]byte(`{"carState":"lost","carID":1,"ImageArray":[{"BinaryImage":"/9j/"}]}`))
	f.Fuzz(func(t *testing.T, p []byte) {
		cfg := Config{zone: time.UTC}
		e, err := cfg.parse(p)
		if err != nil && len(e.Readings) > 0 || len(e.Readings) > 1 {
			t.Errorf("%d readings, %v", len(e.Readings), err)
		}
		for _, r := range e.Readings {
			if r.Plate.Confidence > 1_000_000 || r.At.Year() > 2300 {
				t.Errorf("%+v", r)
			}
		}
	})
}

// live tells the session of a listening link one event.
func live(t *testing.T, event string, now time.Time) (list []obs.Observation) {
	t.Helper()
	cfg, err := load(devicestest.Settings(t, Kind, "", ""))
	if err != nil {
		t.Fatal(err)
	}
	p := cfg.protocol()
	p.Clocks = anpr.NewClocks(0)
	v := devices.NewVirtual("cam", "L1", webhook.New(p, &cfg.Push, devices.Env{}, nil, true))
	v.Emit = func(o obs.Observation) error { list = append(list, o); return nil }
	if err := v.Feed(now, []byte(post("application/json", event))); err != nil {
		t.Fatal(err)
	}
	return list
}
