package isapi

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/devices/devicestest"
	"acsgd/internal/line"
	"acsgd/internal/obs"
	"acsgd/internal/quant"
	"acsgd/internal/sharedtest"
)

// alert is an event composed from the field table of Hikvision's annotated schema.
const alert = `<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">
<ipAddress>10.20.1.11</ipAddress><macAddress>44:a6:42:00:00:01</macAddress><channelID>1</channelID>
<dateTime>2026-03-01T11:13:59.250+05:00</dateTime><eventType>ANPR</eventType><eventState>active</eventState>
<ANPR>
<country>253</country><CRIndex>30</CRIndex>
<licensePlate>389 BK
01</licensePlate><originalLicensePlate>389BK01</originalLicensePlate>
<line>1</line><direction>forward</direction><confidenceLevel>97.5</confidenceLevel>
<plateCharBelieve>99,98,97,96,95,94,93</plateCharBelieve><plateType>unknown</plateType><ADRNo>30/1202</ADRNo>
<vehicleInfo><index>5</index><containerInfo><containerList><container><containerMainNum>CSQU305438</containerMainNum>
<containerSubNum>3</containerSubNum><containerISONum>22G1</containerISONum></container></containerList></containerInfo></vehicleInfo>
<pictureInfoList><pictureInfo><fileName>a.jpg</fileName><type>detectionPicture</type><pId>p1</pId></pictureInfo>
<pictureInfo><fileName>b.jpg</fileName><type>licensePlatePicture</type><pId>p2</pId></pictureInfo></pictureInfoList>
</ANPR><UUID>u-1</UUID><picNum>2</picNum></EventNotificationAlert>
`

// jpeg is a header of width x height pixels with a text for its data.
func jpeg(width, height int, data string) string {
	return "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" +
		"\xff\xc0\x00\x11\x08" + string([]byte{byte(height >> 8), byte(height), byte(width >> 8), byte(width)}) + "\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01" +
		data + "\xff\xd9"
}

func field(name, media, content string, withLength bool) string {
	h := fmt.Sprintf("--boundary\r\nContent-Disposition: form-data; name=%q; filename=%q\r\nContent-Type: %s\r\n", name, name, media)
	if withLength {
		h += fmt.Sprintf("Content-Length: %d\r\n", len(content))
	}
	return h + "\r\n" + content + "\r\n"
}

func pushed(body string) string {
	return fmt.Sprintf("POST /anpr/front HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=boundary\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// golden is one push whose scene picture holds a false boundary.
var golden = pushed(field("anpr.xml", "text/xml", alert, true) +
	field("a.jpg", "image/jpeg", jpeg(1920, 1080, "xx\r\n--boundary\r\nContent-Type: a\r\n\r\n"), true) +
	field("b.jpg", "image/pjpeg", jpeg(200, 60, "yy"), true) + "--boundary--\r\n")

// see feeds bytes to a session and gives what it made of them.
func see(t *testing.T, s devices.Session, chunks ...string) (list []obs.Observation, errs []*obs.DecodeError, sent string) {
	t.Helper()
	v := devices.NewVirtual("cam", "L1", s)
	v.Emit = func(o obs.Observation) error { list = append(list, o); return nil }
	v.Report = func(e *obs.DecodeError) { errs = append(errs, e) }
	at := time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)
	if err := v.Open(at); err != nil {
		t.Fatal(err)
	}
	for _, c := range chunks {
		if err := v.Feed(at, []byte(c)); err != nil {
			errs = append(errs, &obs.DecodeError{Reason: "link: " + err.Error()})
			break
		}
	}
	if err := v.Finish(at); err != nil {
		t.Logf("finish: %v", err)
	}
	return list, errs, string(v.Sent)
}

func recording(t *testing.T) devices.Session {
	t.Helper()
	s, err := NewSession(devices.Section{}, devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAPushGivesItsReading(t *testing.T) {
	list, errs, sent := see(t, recording(t), golden)
	if len(list) != 1 || len(errs) != 0 {
		t.Fatalf("%d readings, errors %v", len(list), errs)
	}
	p := list[0].Body.(*obs.Plate)
	want := &obs.Plate{Text: "389BK01", Original: "389 BK\n01", Country: "KZ", Confidence: 975_000, EventID: "u-1", Direction: "forward",
		Container: "CSQU3054383", ADR: "30/1202", Images: p.Images}
	for i, c := range "389BK01" {
		want.Chars = append(want.Chars, obs.Char{C: string(c), P: quant.Prob(990_000 - 10_000*i)})
	}
	if d := cmp.Diff(want, p); d != "" {
		t.Error(d)
	}
	if got := list[0].Stamp; !got.At.Equal(time.Date(2026, 3, 1, 6, 13, 59, 250e6, time.UTC)) || got.Origin != obs.Device {
		t.Errorf("stamp %+v", got)
	}
	var roles []string
	for i, b := range list[0].Blobs {
		roles = append(roles, b.Role)
		if b.SHA256 != p.Images[i] || b.MediaType != "image/jpeg" {
			t.Errorf("picture %d: %+v, image %s", i, b, p.Images[i])
		}
	}
	if d := cmp.Diff([]string{"plate", "overview"}, roles); d != "" {
		t.Error(d)
	}
	if !strings.HasPrefix(sent, "HTTP/1.1 200 OK\r\n") {
		t.Errorf("answer %q", sent)
	}
}

func TestWhatCamerasSend(t *testing.T) {
	plain := func(contentType, body string) string {
		return fmt.Sprintf("POST / HTTP/1.1\r\ncontent-type: %s\r\nContent-Length: %d\r\n\r\n%s", contentType, len(body), body)
	}
	heartbeat := `<EventNotificationAlert><eventType>videoloss</eventType><eventState>inactive</eventState></EventNotificationAlert>`
	chunked := "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Type: application/xml\r\n\r\n" +
		fmt.Sprintf("%x\r\n%s\r\n%x;x=y\r\n%s\r\n0\r\nT: 1\r\n\r\n", 100, alert[:100], len(alert)-100, alert[100:])
	for _, c := range []struct {
		name  string
		bytes string
		texts []string
		errs  int
		sent  int // answers
	}{
		{"the document alone", plain("application/xml", alert), []string{"389BK01"}, 0, 1},
		{"two requests on one connection", golden + golden, []string{"389BK01", "389BK01"}, 0, 2},
		{"a chunked body", chunked, []string{"389BK01"}, 0, 1},
		{"a prefix before every name", plain("text/xml", strings.NewReplacer("</", "</ns1:", "<?", "<?", "<", "<ns1:").Replace(strings.TrimPrefix(alert, `<?xml version="1.0" encoding="UTF-8"?>`))), []string{"389BK01"}, 0, 1},
		{"a heart-beat is no reading", plain("application/xml", heartbeat), nil, 0, 1},
		{"another event is no reading", plain("application/xml", strings.Replace(heartbeat, "videoloss", "VMD", 1)), nil, 0, 1},
		{"a vehicle without a plate", plain("application/xml", strings.Replace(alert, "389 BK\n01", "noPlate", 1)), []string{""}, 0, 1},
		{"a plate that was not read", plain("application/xml", strings.Replace(alert, "389 BK\n01", "unknown", 1)), []string{""}, 0, 1},
		{"a colour before a Chinese plate", plain("application/xml", strings.Replace(alert, "389 BK\n01", "蓝浙AX2P12", 1)), []string{"浙AX2P12"}, 0, 1},
		{"documents back to back without HTTP", "\xef\xbb\xbf\r\n" + alert + alert, []string{"389BK01", "389BK01"}, 0, 0},
		{"a mark and blank lines before the document", plain("application/xml", "\xef\xbb\xbf\r\n\r\n"+alert[strings.Index(alert, "\n")+1:]), []string{"389BK01"}, 0, 1},
		{"parts without lengths", pushed(field("anpr.xml", "text/xml", alert, false) + field("b.jpg", "image/jpeg", jpeg(9, 9, "xx\r\n--boundary\r\nno header"), false) + "--boundary--"), []string{"389BK01"}, 0, 1},
		{"pictures before the document", pushed(field("b.jpg", "application/octet-stream", jpeg(9, 9, ""), true) + field("anpr.xml", "application/xml", alert, true) + "--boundary--"), []string{"389BK01"}, 0, 1},
		{"a picture of length 0", pushed(field("anpr.xml", "text/xml", alert, true) + field("b.jpg", "image/jpeg", "", true) + "--boundary--"), []string{"389BK01"}, 0, 1},
		{"a picture that is none", pushed(field("anpr.xml", "text/xml", alert, true) + field("b.jpg", "image/jpeg", "GIF89a", true) + "--boundary--"), []string{"389BK01"}, 1, 1},
		{"a picture of absurd size", pushed(field("anpr.xml", "text/xml", alert, true) + field("b.jpg", "image/jpeg", jpeg(65000, 65000, ""), true) + "--boundary--"), []string{"389BK01"}, 1, 1},
		{"an alertStream", "--boundary\r\nContent-Type: application/xml\r\nContent-Length: " + fmt.Sprint(len(heartbeat)) + "\r\n\r\n" + heartbeat + "\r\n" + field("x", "application/xml", alert, true) + field("b.jpg", "image/jpeg", jpeg(9, 9, ""), true), []string{"389BK01"}, 0, 0},
		{"an alertStream in one large chunk", "--boundary\r\nContent-Type: application/xml\r\n\r\n" + alert + "\r\n" + field("b.jpg", "image/jpeg", jpeg(9, 9, strings.Repeat("x", 20000)), true) + "--boundary--", []string{"389BK01"}, 0, 0},
		{"JSON of another event", plain("application/json", `{"eventType":"heartBeat"}`), nil, 0, 1},
		{"a body of another kind", plain("text/plain", "hello"), nil, 1, 1},
		{"a broken document", plain("application/xml", alert[:300]), nil, 1, 1},
		{"a document with the wrong end", plain("application/xml", strings.Replace(alert, "</ANPR>", "</ANPX>", 1)), nil, 1, 1},
		{"GET is refused", "GET / HTTP/1.1\r\n\r\n" + golden, []string{"389BK01"}, 0, 2},
		{"garbage before a request", "\x01\x02garbage\r\n" + golden, []string{"389BK01"}, 1, 1},
		{"Expect: 100-continue is answered", strings.Replace(golden, "Host: a", "Expect: 100-continue", 1), []string{"389BK01"}, 0, 2},
	} {
		list, errs, sent := see(t, recording(t), c.bytes)
		var texts []string
		for _, o := range list {
			texts = append(texts, o.Body.(*obs.Plate).Text)
		}
		if d := cmp.Diff(c.texts, texts); d != "" || len(errs) != c.errs || strings.Count(sent, "HTTP/1.1 ") != c.sent {
			t.Errorf("%s: %s errors %v, answers %q", c.name, d, errs, sent)
		}
		pieces, errs2, sent2 := see(t, recording(t), strings.Split(c.bytes, "")...)
		if d := cmp.Diff(list, pieces); d != "" || len(errs2) != len(errs) || sent2 != sent {
			t.Errorf("%s, byte by byte: %s errors %v, answers %q", c.name, d, errs2, sent2)
		}
	}
}

func TestEvidenceThatIsNotKeptIsAnswered503(t *testing.T) {
	env := devices.Env{Keep: func(string, []byte) (obs.Blob, error) { return obs.Blob{}, errors.New("disk full") }}
	s, err := NewSession(devices.Section{}, env)
	if err != nil {
		t.Fatal(err)
	}
	list, errs, sent := see(t, s, golden)
	if len(list) != 1 || len(errs) != 2 || !strings.Contains(sent, "503") {
		t.Errorf("%d readings, errors %v, answer %q: the reading must stay and the answer be 503", len(list), errs, sent)
	}
}

func TestCapturedMessages(t *testing.T) {
	dir := sharedtest.Path(t, "anpr", "payloads")
	for _, c := range []struct {
		file, text, country string
		images              int
		none                bool
	}{
		{"hik_http_push_raw.bin", "38AAP084", "TR", 1, false},
		{"hik_deepinview_tr_bus.xml", "38AAP084", "TR", 0, false},
		{"hik_tcg405_full.xml", "1กก1234", "", 0, false},
		{"hik_old_fw_stdcgi.xml", "EL123AB", "", 0, false},
		{"hik_prefixed_ns_nvr.xml", "WA99999", "", 0, false},
		{"hik_keepalive_videoloss.xml", "", "", 0, true},
	} {
		b, err := os.ReadFile(filepath.Join(dir, c.file))
		if err != nil {
			t.Fatal(err)
		}
		list, errs, _ := see(t, recording(t), string(b))
		if len(errs) > 0 {
			t.Errorf("%s: errors %v", c.file, errs)
		}
		if c.none != (len(list) == 0) || len(list) > 1 {
			t.Errorf("%s: %d readings", c.file, len(list))
			continue
		}
		if c.none {
			continue
		}
		if p := list[0].Body.(*obs.Plate); p.Text != c.text || p.Country != c.country || len(p.Images) != c.images {
			t.Errorf("%s: %+v", c.file, p)
		}
	}
}

func TestConformance(t *testing.T) {
	devicestest.Run(t, Driver(), devicestest.Script{Good: []byte(golden), Want: 1, Settings: `path = "/anpr/front"`, Once: true})
}

// TestALateCommitIsAnswered503 runs the source: an answer is due after a second.
func TestALateCommitIsAnswered503(t *testing.T) {
	for _, c := range []struct {
		name   string
		commit func(done func(error))
		want   string
	}{
		{"committed at once", func(done func(error)) { done(nil) }, "200"},
		{"committed in time", func(done func(error)) { time.AfterFunc(900*time.Millisecond, func() { done(nil) }) }, "200"},
		{"refused", func(done func(error)) { done(errors.New("disk full")) }, "503"},
		{"committed too late", func(done func(error)) { time.AfterFunc(2*time.Second, func() { done(nil) }) }, "503"},
	} {
		synctest.Test(t, func(t *testing.T) {
			pipes := line.NewPipes()
			env := devices.Env{Name: "cam", Keep: nameOnly, Open: func(string) (line.Open, error) { return pipes.Open("p"), nil }}
			src, err := New(devices.Section{Link: "pipe:p"}, env)
			if err != nil {
				t.Fatal(err)
			}
			end := make(chan error, 1)
			go func() {
				end <- src.Run(t.Context(), func(_ obs.Observation, done func(error)) { c.commit(done) })
			}()
			far, err := pipes.Accept(t.Context(), "p")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := far.Write([]byte(golden)); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			buf := make([]byte, 512)
			n, err := far.Read(buf)
			if err != nil || !strings.HasPrefix(string(buf[:n]), "HTTP/1.1 "+c.want) {
				t.Errorf("%s: %q, %v", c.name, buf[:n], err)
			}
			if d := time.Since(begin); d > time.Second {
				t.Errorf("%s: answered after %v", c.name, d)
			}
			time.Sleep(3 * time.Second)
			far.Close()
		})
	}
}

func TestOthersAreKeptOut(t *testing.T) {
	for _, bad := range []string{`path = "x"`, `role = "side"`, `allow = ["10.0.0.0/99"]`, `user = "a"`, `max_body = 1`, `answer = "1ms"`} {
		if _, err := New(devicestest.Settings(t, Kind, "listen:127.0.0.1:0", bad), devices.Env{}); err == nil {
			t.Errorf("settings %s are taken", bad)
		}
	}
	cfg, err := load(devicestest.Settings(t, Kind, "", `path = "/anpr/front"`))
	if err != nil {
		t.Fatal(err)
	}
	list, errs, sent := see(t, newSession(cfg, devices.Env{}, nil, nil, true), strings.Replace(golden, "/anpr/front", "/other", 1)+golden)
	if len(list) != 1 || len(errs) != 1 || strings.Count(sent, "404") != 1 || strings.Count(sent, "200") != 1 {
		t.Errorf("another path: %d readings, errors %v, answers %q", len(list), errs, sent)
	}
	big := "POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n"
	if list, errs, sent := see(t, newSession(cfg, devices.Env{}, nil, nil, true), strings.Replace(big, "/", "/anpr/front", 1)); len(list) != 0 || len(errs) != 2 || !strings.Contains(sent, "413") {
		t.Errorf("a body of a gigabyte: errors %v, answer %q", errs, sent)
	}
}

func FuzzSession(f *testing.F) {
	f.Add([]byte(golden), uint8(7))
	f.Add([]byte(alert+alert), uint8(1))
	f.Add([]byte("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<a/>\n\r\n0\r\n\r\n"), uint8(3))
	f.Add([]byte("--b\r\nContent-Type: text/xml\r\n\r\n"+alert+"\r\n--b\r\n\r\n\xff\xd8\r\n--b--"), uint8(5))
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/xml\r\n\r\n"+alert+"\r\n--b\r\nA: b\r\n\r\n\xff\xd8\r\n--b--"), uint8(5))
	f.Add([]byte(`{"eventType":"ANPR","ANPR":{"licensePlate":"A1"}}{"eventType":"x"}`), uint8(2))
	f.Fuzz(func(t *testing.T, p []byte, step uint8) {
		whole, errs, sent := see(t, recording(t), string(p))
		var pieces []string
		for i := 0; i < len(p); i += int(step) + 1 {
			pieces = append(pieces, string(p[i:min(len(p), i+int(step)+1)]))
		}
		got, errs2, sent2 := see(t, recording(t), pieces...)
		if d := cmp.Diff(whole, got); d != "" || len(errs) != len(errs2) || sent != sent2 {
			t.Errorf("in pieces of %d: %s errors %v, whole %v; sent %q, whole %q", step+1, d, errs2, errs, sent2, sent)
		}
		for _, e := range errs {
			if e.Offset < 0 || e.Offset > int64(len(p)) {
				t.Errorf("error at %d of %d bytes", e.Offset, len(p))
			}
		}
		// The next good message is found whatever came before.
		if list, _, _ := see(t, recording(t), string(p), strings.Repeat(golden, 200)); len(p) < 8<<10 && len(list) == len(whole) && !bytes.Contains(p, []byte("--")) {
			t.Errorf("no good message is found after %q", p)
		}
	})
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(alert))
	f.Add([]byte("<a:EventNotificationAlert><![CDATA[x]]><!-- > --><b c='>'/>&amp;&#x41;</a:EventNotificationAlert>"))
	f.Fuzz(func(t *testing.T, p []byte) {
		e, n, err := ParseEvent(p)
		if n < 0 || n > len(p) || err == nil && n > 0 && e == nil {
			t.Errorf("ParseEvent gives %v, %d, %v of %d bytes", e, n, err, len(p))
		}
	})
}

func BenchmarkPush(b *testing.B) {
	s := newSession(&Config{Push: anpr.PushDefaults()}, devices.Env{Keep: func(string, []byte) (obs.Blob, error) { return obs.Blob{}, nil }}, nil, nil, false)
	var out devices.Out
	p := []byte(golden)
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		s.Feed(time.Time{}, p, &out)
		if len(out.Obs) != 1 {
			b.Fatal(len(out.Obs), out.Errs)
		}
		out.Reset()
	}
}
