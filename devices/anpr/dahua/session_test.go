package dahua

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/internal/line"
	"acsgd/internal/obs"
	"acsgd/internal/sharedtest"
)

// jpeg is a header of width x height pixels with a text for its data.
func jpeg(width, height int, data string) string {
	return "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" +
		"\xff\xc0\x00\x11\x08" + string([]byte{byte(height >> 8), byte(height), byte(width >> 8), byte(width)}) + "\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01" +
		data + "\xff\xd9"
}

func b64(p string) string { return base64.StdEncoding.EncodeToString([]byte(p)) }

// tollgateJSON is composed from the published list of field names of an ITSAPI message; the
// zone 7 is GMT+5.
var tollgateJSON = `{"Picture":{"Plate":{"BoundingBox":[1024,612,1180,652],"Channel":0,"Confidence":191,"IsExist":true,"PlateColor":"White","PlateNumber":"389 BK 01","PlateType":"Normal","Region":"KAZ","UploadNum":1},` +
	`"Vehicle":{"VehicleBoundingBox":[600,200,1700,900],"VehicleColor":"White","VehicleSign":"Unknown","VehicleType":"HeavyTruck"},` +
	`"SnapInfo":{"AccurateTime":"2026-03-01 11:13:59.250","AllowUser":false,"DeviceID":"cam1","Direction":"Obverse","LanNo":2,"SnapTime":"2026-03-01 11:13:59","TimeZone":7,"TriggerSource":"Video"},` +
	`"NormalPic":{"PicName":"n.jpg","Content":"` + b64(jpeg(1920, 1080, strings.Repeat("scene", 900))) + `"},"CutoutPic":{"PicName":"c.jpg","Content":"` + b64(jpeg(240, 60, "plate")) + `"},` +
	`"VehiclePic":{"PicName":"v.jpg","Content":"` + b64(jpeg(640, 480, "vehicle")) + `"}}}`

func post(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

func tollgatePush(body string) string { return post("/NotificationInfo/TollgateInfo", body) }

var golden = tollgatePush(tollgateJSON)

// with replaces texts of the golden message.
func with(oldnew ...string) string { return strings.NewReplacer(oldnew...).Replace(tollgateJSON) }

var begin = time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)

// see feeds bytes to a session and gives what it made of them.
func see(t testing.TB, s devices.Session, chunks ...string) (list []obs.Observation, errs []*obs.DecodeError, sent string) {
	t.Helper()
	v := devices.NewVirtual("cam", "L1", s)
	v.Emit = func(o obs.Observation) error { list = append(list, o); return nil }
	v.Report = func(e *obs.DecodeError) { errs = append(errs, e) }
	if err := v.Open(begin); err != nil {
		t.Fatal(err)
	}
	for _, c := range chunks {
		if err := v.Feed(begin, []byte(c)); err != nil {
			errs = append(errs, &obs.DecodeError{Reason: "link: " + err.Error()})
			break
		}
	}
	if err := v.Finish(begin); err != nil {
		t.Logf("finish: %v", err)
	}
	return list, errs, string(v.Sent)
}

func recorded(t testing.TB, settings string) devices.Session {
	t.Helper()
	s, err := NewSession(devicestest.Settings(t, Kind, "", settings), devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAPushGivesItsReading(t *testing.T) {
	list, errs, sent := see(t, recorded(t, "confidence = 255"), golden)
	if len(list) != 1 || len(errs) != 0 {
		t.Fatalf("%d readings, errors %v", len(list), errs)
	}
	p := list[0].Body.(*obs.Plate)
	want := &obs.Plate{Text: "389BK01", Original: "389 BK 01", Country: "KZ", Confidence: 749_019, EventID: "cam1/2@20260301T061359.250Z",
		Direction: "forward", Images: p.Images}
	if d := cmp.Diff(want, p); d != "" {
		t.Error(d)
	}
	if got := list[0].Stamp; !got.At.Equal(time.Date(2026, 3, 1, 6, 13, 59, 250e6, time.UTC)) || got.Origin != obs.Device || got.Err != time.Millisecond {
		t.Errorf("stamp %+v", got)
	}
	var roles []string
	for i, b := range list[0].Blobs {
		roles = append(roles, b.Role)
		if b.SHA256 != p.Images[i] || b.MediaType != "image/jpeg" {
			t.Errorf("picture %d: %+v, image %s", i, b, p.Images[i])
		}
	}
	if d := cmp.Diff([]string{"plate", "vehicle", "overview"}, roles); d != "" {
		t.Error(d)
	}
	if raw := string(list[0].Raw); !strings.Contains(raw, `"n.jpg","Content":"[`) || !strings.Contains(raw, `"v.jpg","Content":"`+b64(jpeg(640, 480, "vehicle"))) {
		t.Errorf("evidence %s", raw)
	}
	if !strings.HasPrefix(sent, "HTTP/1.1 200 OK\r\n") || !strings.HasSuffix(sent, "\r\n\r\n"+`{"Result":true}`) || !strings.Contains(sent, "Content-Length: 15\r\n") {
		t.Errorf("answer %q", sent)
	}
}

// rpc2 is the object of a notification stream, as published from a camera at GMT+7, cut to
// what a reading needs.
const rpc2 = `{"id":3143,"method":"client.notifyEventStream","params":{"SID":513,"eventList":[{"Action":"Pulse","Code":"TrafficJunction","Data":{"Code":"TrafficJunction",
"CountInGroup":1,"EventID":516,"GroupID":175706653,"JunctionDirection":"Reverse","Lane":2,"Object":{"Confidence":0,"ObjectType":"Plate","Text":""},"RealUTC":1706600095,
"TimeZone":12,"TrafficCar":{"Country":null,"MachineName":"8M04","UTC":1706625295},"UTC":1706625295,"UTCMS":305}}]}}`

func TestWhatCamerasSend(t *testing.T) {
	type row struct {
		name     string
		settings string
		in       string
		want     []string // text, country, direction, pictures, time
		errs     []string
		answers  string // results of the answers
	}
	const at = "06:13:59.25"
	full := "389BK01 KZ forward 3 " + at
	rows := []row{
		{"a message", "", golden, []string{full}, nil, "200true"},
		{"two on one connection", "", golden + tollgatePush(with("11:13", "11:14")), []string{full, "389BK01 KZ forward 3 06:14:59.25"}, nil, "200true 200true"},
		{"a chunked one", "", "POST /NotificationInfo/TollgateInfo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("64\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", tollgateJSON[:100], len(tollgateJSON)-100, tollgateJSON[100:]), []string{full}, nil, "200true"},
		{"a keep-alive", "", post("/NotificationInfo/KeepAlive", `{"Active":"keepAlive","DeviceID":"cam1"}`), nil, nil, "200true"},
		{"a device's information", "", post("/NotificationInfo/DeviceInfo", `{"DeviceInfo":{"DeviceID":"cam1"}}`), nil, nil, "200true"},
		{"a message without HTTP", "", tollgateJSON, []string{full}, nil, ""},
		{"no confidence where its scale is not set", "", golden, []string{full}, nil, "200true"},
		{"a wrong picture", "", tollgatePush(with(b64(jpeg(240, 60, "plate")), b64("GIF89a"))), []string{"389BK01 KZ forward 2 " + at}, []string{`CutoutPic: picture "plate": not a JPEG, PNG or BMP picture`}, "200true"},
		{"a picture of absurd size", "", tollgatePush(with(b64(jpeg(240, 60, "plate")), b64(jpeg(65000, 65000, "")))), []string{"389BK01 KZ forward 2 " + at}, []string{`CutoutPic: picture "plate": picture of 65000 x 65000 pixels is larger than is taken`}, "200true"},
		{"damaged base64", "", tollgatePush(with(b64(jpeg(240, 60, "plate")), "/9j/4A*AQSkZJRg==")), []string{"389BK01 KZ forward 2 " + at}, []string{`CutoutPic: picture "plate": illegal base64 data at input byte 6`}, "200true"},
		{"base64 with line ends and a media type", "", tollgatePush(with(`"Content":"`+b64(jpeg(240, 60, "plate")), `"Content":"data:image/jpeg;base64,`+b64(jpeg(240, 60, "plate"))[:20]+`\r\n`+b64(jpeg(240, 60, "plate"))[20:])), []string{full}, nil, "200true"},
		{"a picture that is too large", "max_picture = 65536", tollgatePush(with(b64(jpeg(240, 60, "plate")), b64(jpeg(240, 60, strings.Repeat("x", 66000))))), []string{"389BK01 KZ forward 2 " + at}, []string{"CutoutPic: picture of 66042 bytes is larger than 65536 bytes"}, "200true"},
		{"cut inside a picture", "", tollgatePush(tollgateJSON[:strings.Index(tollgateJSON, `"NormalPic"`)+400]), []string{"389BK01 KZ forward 0 " + at}, []string{fmt.Sprintf("JSON is damaged at byte %d: unexpected EOF", strings.Index(tollgateJSON, `"NormalPic"`)+len(`"NormalPic":{"PicName":"n.jpg","Content":`))}, "200true"},
		{"not JSON", "", tollgatePush("hello"), nil, []string{"JSON is damaged at byte 0: invalid character 'h' looking for beginning of value"}, "400false"},
		{"another document", "", tollgatePush(`{"a":1}`), nil, []string{"nothing about a vehicle in the message"}, "400false"},
		{"GET is refused", "", "GET / HTTP/1.1\r\n\r\n" + golden, []string{full}, nil, "405 200true"},
		{"garbage before a request", "", "\x01garbage\r\n" + golden, []string{full}, []string{"no HTTP request, or one whose head is too long"}, "200true"},
		{"a body that is too large", "max_body = 65536\nmax_picture = 65536", tollgatePush(tollgateJSON+strings.Repeat(" ", 70000)) + golden, []string{full}, []string{fmt.Sprintf("message of %d bytes, 65536 are taken", len(tollgateJSON)+70000)}, "413 200true"},
		{"another lane", "lane = 1", golden, nil, nil, "200true"},
		{"this lane", "lane = 2", golden, []string{full}, nil, "200true"},
		{"a lane under its other name", "lane = 1", tollgatePush(with("LanNo", "Lane")), nil, nil, "200true"},
		{"a plate that is not there", "", tollgatePush(with(`"IsExist":true`, `"IsExist":false`)), []string{"  forward 3 " + at}, nil, "200true"},
		{"driving away", "", tollgatePush(with("Obverse", "Reverse")), []string{"389BK01 KZ reverse 3 " + at}, nil, "200true"},
		{"whole seconds", "", tollgatePush(with("59.250", "59")), []string{"389BK01 KZ forward 3 06:13:59"}, nil, "200true"},
		{"only SnapTime", "", tollgatePush(with("AccurateTime", "X")), []string{"389BK01 KZ forward 3 06:13:59"}, nil, "200true"},
		{"the site's zone goes before the camera's", `zone = "-03:30"`, golden, []string{"389BK01 KZ forward 3 14:43:59.25"}, nil, "200true"},
		{"a zone that is not known: the time of arrival", "", tollgatePush(with(`"TimeZone":7`, `"TimeZone":77`)), []string{"389BK01 KZ forward 3 -"}, nil, "200true"},
		{"a time of 1970", "", tollgatePush(with("2026-03-01", "1970-01-01")), []string{"389BK01 KZ forward 3 -"}, nil, "200true"},
		{"a notification", "", rpc2, []string{"  reverse 0 07:34:55.305"}, nil, ""},
		{"one with a plate object", "", strings.Replace(rpc2, `"Text":""`, `"Text":"01KG123ABC"`, 1), []string{"01KG123ABC  reverse 0 07:34:55.305"}, nil, ""},
		{"the make is no plate", "", strings.Replace(rpc2, `"ObjectType":"Plate","Text":""`, `"ObjectType":"Vehicle","Text":"Volvo"`, 1), []string{"  reverse 0 07:34:55.305"}, nil, ""},
		{"UTC that is local time", "", strings.Replace(rpc2, "RealUTC", "X", 1), []string{"  reverse 0 07:34:55.305"}, nil, ""},
		{"UTC of no known zone", "", strings.NewReplacer("RealUTC", "X", "TimeZone", "Y").Replace(rpc2), []string{"  reverse 0 -"}, nil, ""},
		{"another event", "", strings.ReplaceAll(rpc2, "TrafficJunction", "TrafficManualSnap"), nil, nil, ""},
		{"text of two events", "", "Events[0].EventBaseInfo.Code=TrafficJunction\r\nEvents[0].TrafficCar.PlateNumber=A1\r\nEvents[1].TrafficCar.PlateNumber=B2\r\nEvents[1].JunctionDirection=Obverse\r\n\r\n" + rpc2, []string{"A1   0 -", "B2  forward 0 -", "  reverse 0 07:34:55.305"}, nil, ""},
		{"a line of the event manager", "", `Code=TrafficJunction;action=Pulse;index=0;data={"TrafficCar":{"PlateNumber":"A1"}}`, []string{"A1   0 -"}, nil, ""},
		{"a line of another event", "", `Code=VideoMotion;action=Start;index=0;data={"TrafficCar":{"PlateNumber":"A1"}}`, nil, nil, ""},
		{"half a request", "", golden[:500], nil, []string{"connection ends inside a message"}, ""},
	}
	for _, word := range []string{"", "Unknown", "unknown", "No Plate", "noPlate"} {
		rows = append(rows, row{fmt.Sprintf("unread: %q", word), "", tollgatePush(with("389 BK 01", word)), []string{"  forward 3 " + at}, nil, "200true"})
	}
	rows = append(rows, row{"no plate field", "", tollgatePush(with("PlateNumber", "X")), []string{"  forward 3 " + at}, nil, "200true"})
	for _, r := range rows {
		list, errs, sent := see(t, recorded(t, r.settings), r.in)
		if d := cmp.Diff([]any{r.want, r.errs, r.answers}, []any{summary(t, list), reasons(errs), results(sent)}); d != "" {
			t.Errorf("%s (-want +got):\n%s", r.name, d)
		}
		pieces, errs2, sent2 := see(t, recorded(t, r.settings), strings.Split(r.in, "")...)
		if d := cmp.Diff(list, pieces); d != "" || len(errs2) != len(errs) || sent2 != sent {
			t.Errorf("%s, byte by byte: %s errors %v, answers %q", r.name, d, errs2, sent2)
		}
	}
}

func summary(t testing.TB, list []obs.Observation) (out []string) {
	t.Helper()
	for _, o := range list {
		p := o.Body.(*obs.Plate)
		at := "-"
		if o.Stamp.Origin != obs.Gateway {
			at = o.Stamp.At.Format("15:04:05.999")
		}
		out = append(out, fmt.Sprintf("%s %s %s %d %s", p.Text, p.Country, p.Direction, len(p.Images), at))
	}
	return out
}

func reasons(errs []*obs.DecodeError) (out []string) {
	for _, e := range errs {
		out = append(out, e.Reason)
	}
	return out
}

// results are the status codes of answers and what they say of the result.
func results(sent string) string {
	var out []string
	for _, a := range strings.Split(sent, "HTTP/1.1 ")[1:] {
		_, rest, _ := strings.Cut(a, `{"Result":`)
		word, _, _ := strings.Cut(rest, "}")
		out = append(out, a[:3]+word)
	}
	return strings.Join(out, " ")
}

func TestPublishedMessages(t *testing.T) {
	for file, want := range map[string][]string{
		"dahua_itsapi_tollgateinfo.json":                  {"498VDZ08 KZ forward 1 14:48:24.12"}, // its zone 20 is GMT-1
		"dahua_rpc_trafficjunction_nonmotor_noplate.json": {"  forward 0 07:34:55.305"},
		"dahua_snapmanager_event.txt":                     {"ZZZ12345   0 -"},
		"dahua_eventmanager_line.txt":                     {"ABC123   0 -"},
	} {
		in := string(sharedtest.File(t, "anpr", "payloads", file))
		list, errs, _ := see(t, recorded(t, ""), in)
		if d := cmp.Diff(want, summary(t, list)); d != "" || len(errs) > 0 {
			t.Errorf("%s: errors %v (-want +got):\n%s", file, errs, d)
		}
		if strings.HasSuffix(file, "info.json") {
			list, errs, sent := see(t, recorded(t, "confidence = 100"), tollgatePush(in))
			if len(list) != 1 || len(errs) > 0 || results(sent) != "200true" || list[0].Body.(*obs.Plate).Confidence != 950_000 {
				t.Errorf("%s pushed: %d readings, errors %v, answer %q", file, len(list), errs, sent)
			}
		}
	}
}

// What cannot be stored is told once without pictures, and once with them when the camera
// repeats it and they can be stored.
func TestEvidenceThatIsNotKeptIsAskedForAgain(t *testing.T) {
	full := true
	env := devices.Env{Keep: func(mediaType string, p []byte) (obs.Blob, error) {
		if full {
			return obs.Blob{}, errors.New("disk full")
		}
		return obs.BlobOf(mediaType, p), nil
	}}
	s, err := NewSession(devices.Section{}, env)
	if err != nil {
		t.Fatal(err)
	}
	v := devices.NewVirtual("cam", "L1", s)
	var list []obs.Observation
	v.Emit = func(o obs.Observation) error { list = append(list, o); return nil }
	for _, full = range []bool{true, false} {
		if err := v.Feed(begin, []byte(golden)); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff([]string{"389BK01 KZ forward 0 06:13:59.25", "389BK01 KZ forward 3 06:13:59.25"}, summary(t, list)); d != "" || results(string(v.Sent)) != "503false 200true" {
		t.Errorf("answers %q %s", v.Sent, d)
	}
}

func TestConformance(t *testing.T) {
	devicestest.Run(t, Driver(), devicestest.Script{Good: []byte(golden), Want: 1, Once: true, Settings: `zone = "+05:00"`})
}

// TestARepetitionIsNoSecondReading runs the source: an answer is due after a second, and a
// camera repeats what was not answered with true, on a new connection too.
func TestARepetitionIsNoSecondReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := line.NewPipes()
		env := devices.Env{Name: "cam", Open: func(string) (line.Open, error) { return pipes.Open("p"), nil }}
		src, err := New(devices.Section{Link: "pipe:p"}, env)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		commit := func(done func(error)) { done(nil) }
		go src.Run(t.Context(), func(o obs.Observation, done func(error)) {
			if _, ok := o.Body.(*obs.Plate); !ok { // the clock's health
				done(nil)
				return
			}
			n++
			commit(done)
		})
		say := func(name, message, want string, emitted int) {
			t.Helper()
			far, err := pipes.Accept(t.Context(), "p")
			if err != nil {
				t.Fatal(err)
			}
			defer far.Close()
			if _, err := far.Write([]byte(message)); err != nil {
				t.Fatal(err)
			}
			was, buf := time.Now(), make([]byte, 512)
			k, err := far.Read(buf)
			if err != nil || results(string(buf[:k])) != want || n != emitted || time.Since(was) > time.Second {
				t.Errorf("%s: answer %q after %v, %v, want %s; %d emitted, want %d", name, buf[:k], time.Since(was), err, want, n, emitted)
			}
		}
		say("stored", golden, "200true", 1)
		say("its answer was lost", golden, "200true", 1)
		say("counted up by the camera", tollgatePush(with(`"UploadNum":1`, `"UploadNum":2`)), "200true", 1)
		say("the next vehicle", tollgatePush(with("11:13:59", "11:15:59")), "200true", 2)
		commit = func(done func(error)) { time.AfterFunc(1500*time.Millisecond, func() { done(nil) }) }
		say("late", tollgatePush(with("11:13:59", "11:16:59")), "503false", 3)
		say("repeated before it is stored", tollgatePush(with("11:13:59", "11:16:59")), "200true", 3)
		commit = func(done func(error)) { done(errors.New("disk full")) }
		say("refused", tollgatePush(with("11:13:59", "11:17:59")), "503false", 4)
		commit = func(done func(error)) { done(nil) }
		say("repeated after it was refused", tollgatePush(with("11:13:59", "11:17:59")), "200true", 5)
	})
}

func TestOthersAreKeptOut(t *testing.T) {
	for _, bad := range []string{`path = "x"`, `keepalive = "/NotificationInfo/TollgateInfo"`, `role = "side"`, `allow = ["10.0.0.0/99"]`, `user = "a"`, `max_body = 1`,
		`answer = "1ms"`, `confidence = 99`, `zone = "Asia/Almaty"`, `lane = -1`, `event = "a&b"`} {
		if _, err := New(devicestest.Settings(t, Kind, "listen:127.0.0.1:0", bad), devices.Env{}); err == nil {
			t.Errorf("settings %s are taken", bad)
		}
	}
	cfg, err := load(devicestest.Settings(t, Kind, "", "user = \"u\"\npassword = \"p\""))
	if err != nil {
		t.Fatal(err)
	}
	live := func() devices.Session { return newPushed(newCamera(cfg, devices.Env{}, true), cfg.Door(), true) }
	for in, want := range map[string]string{golden: "401", post("/other", tollgateJSON): "404", "POST /NotificationInfo/TollgateInfo HTTP/1.1\r\nContent-Length: 200000000\r\n\r\n": "413"} {
		if list, _, sent := see(t, live(), in); len(list) != 0 || results(sent) != want {
			t.Errorf("%.60q: %d readings, answer %q, want %s", in, len(list), sent, want)
		}
	}
	if list, errs, _ := see(t, live(), tollgateJSON); len(list) != 0 || len(errs) == 0 {
		t.Error("a document without HTTP is taken from a camera")
	}
}

func FuzzSession(f *testing.F) {
	f.Add([]byte(golden), uint8(7))
	f.Add([]byte(rpc2), uint8(3))
	f.Add([]byte("Events[0].TrafficCar.PlateNumber=A1\r\nEvents[1].Lane=2\r\n\r\nCode=TrafficJunction;data={}"), uint8(1))
	f.Fuzz(func(t *testing.T, p []byte, step uint8) {
		whole, errs, sent := see(t, recorded(t, ""), string(p))
		var pieces []string
		for i := 0; i < len(p); i += int(step) + 1 {
			pieces = append(pieces, string(p[i:min(len(p), i+int(step)+1)]))
		}
		got, errs2, sent2 := see(t, recorded(t, ""), pieces...)
		if d := cmp.Diff(whole, got); d != "" || len(errs) != len(errs2) || sent != sent2 {
			t.Errorf("in pieces of %d: %s errors %v, whole %v; sent %q, whole %q", step+1, d, errs2, errs, sent2, sent)
		}
		for _, e := range errs {
			if e.Offset < 0 || e.Offset > int64(len(p)) || e.Reason == "" {
				t.Errorf("error %+v of %d bytes", e, len(p))
			}
		}
		for _, o := range whole {
			if b := o.Body.(*obs.Plate); len(b.Text) > 3*64 || len(o.Raw) > obs.MaxRaw {
				t.Errorf("reading %+v", b)
			}
		}
	})
}

func BenchmarkPush(b *testing.B) {
	cfg, err := load(devices.Section{})
	if err != nil {
		b.Fatal(err)
	}
	s := newPushed(newCamera(cfg, devices.Env{Keep: func(string, []byte) (obs.Blob, error) { return obs.Blob{}, nil }}, false), nil, false)
	var out devices.Out
	p := []byte(tollgatePush(with(b64(jpeg(1920, 1080, strings.Repeat("scene", 900))), b64(jpeg(1920, 1080, strings.Repeat("s", 1<<20))))))
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		s.Feed(begin, p, &out)
		if len(out.Obs) != 1 {
			b.Fatal(len(out.Obs), out.Errs)
		}
		out.Reset()
	}
}
