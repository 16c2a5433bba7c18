package isapi

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/internal/obs"
	"acsgd/internal/sharedtest"
)

var t0 = time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)

// listener is a live stream session with what it told.
type listener struct {
	*devices.Virtual
	plates []*obs.Plate
	stamps []obs.Stamp
	errs   []string
}

func listen(t *testing.T, settings string) *listener {
	t.Helper()
	s, err := NewSession(devicestest.Settings(t, Kind, "tcp:10.20.1.11:80", "mode = \"stream\"\n"+settings), devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{Virtual: devices.NewVirtual("cam", "L1", s)}
	l.Emit = func(o obs.Observation) error {
		if p, ok := o.Body.(*obs.Plate); ok {
			l.plates, l.stamps = append(l.plates, p), append(l.stamps, o.Stamp)
		}
		return nil
	}
	l.Report = func(e *obs.DecodeError) { l.errs = append(l.errs, e.Reason) }
	if err := l.Open(t0); err != nil {
		t.Fatal(err)
	}
	if want := "GET /ISAPI/Event/notification/alertStream HTTP/1.1\r\nHost: 10.20.1.11:80\r\nConnection: keep-alive\r\nAccept: multipart/mixed\r\n\r\n"; string(l.Sent) != want {
		t.Fatalf("asks %q, want %q", l.Sent, want)
	}
	return l
}

func (l *listener) hear(t *testing.T, after time.Duration, text string) {
	t.Helper()
	if err := l.Feed(t0.Add(after), []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// later gives alert as an event of another vehicle.
func later(id, more string) string {
	return strings.Replace(strings.Replace(alert, "u-1", id, 1), "<line>", more+"<line>", 1)
}

// TestDocumentsAndPicturesOfAStream holds how events and pictures are joined.
func TestDocumentsAndPicturesOfAStream(t *testing.T) {
	pic := func(name string) string { return field(name, "image/jpeg", jpeg(9, 9, name), true) }
	doc := func(s string) string { return field("e.xml", "application/xml", s, true) }
	for name, c := range map[string]struct {
		stream string
		want   string // event id: number of pictures
		errs   int
	}{
		"an event with its pictures":     {doc(alert) + pic("a.jpg") + pic("b.jpg") + doc(later("u-2", "")) + pic("a.jpg") + pic("b.jpg"), "u-1:2 u-2:2", 0},
		"documents back to back":         {doc(alert+later("u-2", "")) + pic("a.jpg") + pic("b.jpg"), "u-1:0 u-2:2", 0},
		"text first, pictures later":     {doc(later("u-1", "<hasMoreData>true</hasMoreData>")) + doc(later("u-2", "")) + pic("a.jpg") + pic("b.jpg") + doc(alert) + pic("a.jpg") + pic("b.jpg"), "u-1:0 u-2:2 u-1:2", 0},
		"a picture too many":             {doc(alert) + pic("a.jpg") + pic("b.jpg") + pic("c.jpg"), "u-1:2 u-1:3", 0},
		"pictures before any event":      {pic("a.jpg") + doc(alert) + pic("a.jpg") + pic("b.jpg"), "u-1:2", 1},
		"a heart-beat between":           {doc(alert) + pic("a.jpg") + doc("<EventNotificationAlert><eventType>videoloss</eventType><eventState>inactive</eventState></EventNotificationAlert>") + pic("b.jpg"), "u-1:2", 0},
		"a damaged document":             {doc("<EventNotificationAlert><a></b>") + doc(alert) + pic("a.jpg") + pic("b.jpg"), "u-1:2", 1},
		"JSON and XML":                   {field("e", "application/json", alertJSON, true) + pic("a.jpg") + pic("b.jpg") + doc(later("u-2", "")) + pic("a.jpg"), "u-1:2 u-2:1", 0},
		"a picture that is none":         {doc(alert) + field("a.jpg", "image/jpeg", "GIF89a", true) + pic("b.jpg"), "u-1:1", 1},
		"a part that is larger than one": {doc(alert) + field("a.jpg", "image/jpeg", strings.Repeat("x", 70<<10), true) + pic("b.jpg"), "u-1:1", 1},
		"a boundary in a picture": {doc(alert) + field("a.jpg", "image/jpeg", jpeg(9, 9, "\r\n--boundary\r\nContent-Type: text/xml\r\n\r\n<x/>\r\n--boundary--\r\n"), true) + pic("b.jpg"),
			"u-1:2", 0},
	} {
		for _, size := range []int{1, 1000, 1 << 20} {
			t.Run(fmt.Sprintf("%s/%d", name, size), func(t *testing.T) {
				l := listen(t, "max_picture = 65536\n")
				for p := streamHead + c.stream; p != ""; p = p[min(size, len(p)):] {
					l.hear(t, 0, p[:min(size, len(p))])
				}
				if err := l.Tick(t0.Add(together)); err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, p := range l.plates {
					got = append(got, fmt.Sprintf("%s:%d", p.EventID, len(p.Images)))
				}
				if strings.Join(got, " ") != c.want || len(l.errs) != c.errs {
					t.Errorf("told %v, want %s; errors %q", got, c.want, l.errs)
				}
			})
		}
	}
}

// TestAPictureThatComesLate is told with its event again; after five seconds it is nobody's.
func TestAPictureThatComesLate(t *testing.T) {
	l := listen(t, "")
	l.hear(t, 0, streamHead+field("e.xml", "application/xml", alert, true))
	if err := l.Tick(t0.Add(time.Second)); err != nil || len(l.plates) != 1 {
		t.Fatalf("%d readings after a second, %v", len(l.plates), err)
	}
	l.hear(t, 3*time.Second, field("a.jpg", "image/jpeg", jpeg(9, 9, ""), true))
	if err := l.Tick(t0.Add(4 * time.Second)); err != nil || len(l.plates) != 2 || l.plates[1].EventID != "u-1" || len(l.plates[1].Images) != 1 {
		t.Fatalf("readings %v, %v", l.plates, err)
	}
	l.hear(t, 12*time.Second, field("a.jpg", "image/jpeg", jpeg(9, 9, ""), true))
	if len(l.errs) != 1 || !strings.Contains(l.errs[0], "picture without an event") {
		t.Errorf("errors %q", l.errs)
	}
}

// TestHowAStreamEnds: silence, other answers, and an end with an event under way.
func TestHowAStreamEnds(t *testing.T) {
	for name, c := range map[string]struct {
		hear   string
		silent time.Duration // then
		closed bool
		fail   string
		n      int
	}{
		"no answer":       {"", 10 * time.Second, false, "no answer to the request for the stream within 10s", 0},
		"not there":       {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 0, false, "404 Not Found", 0},
		"busy":            {"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno", 0, false, "503 Busy", 0},
		"a login wanted":  {"HTTP/1.1 401 X\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\nContent-Length: 0\r\n\r\n", 0, false, "set user and password", 0},
		"silent":          {streamHead, 30 * time.Second, false, "stream is silent for 30s", 0},
		"last boundary":   {streamHead + field("e.xml", "application/xml", alert, true) + "--boundary--", 0, true, "ended", 1},
		"cut in an event": {streamHead + field("e.xml", "application/xml", alert, true) + field("a.jpg", "image/jpeg", jpeg(9, 9, ""), true)[:90], 0, true, "ended", 1},
		"one document":    {"HTTP/1.1 200 OK\r\nContent-Length: " + fmt.Sprint(len(alert)) + "\r\n\r\n" + alert, 0, false, "ended its stream", 1},
	} {
		l := listen(t, "")
		err := l.Feed(t0, []byte(c.hear))
		if c.silent > 0 && err == nil {
			if at, ok := l.Deadline(); !ok || !at.Equal(t0.Add(c.silent)) {
				t.Errorf("%s: deadline %v %v", name, at, ok)
			}
			if err := l.Tick(t0.Add(c.silent - time.Millisecond)); err != nil {
				t.Errorf("%s: fails early: %v", name, err)
			}
			err = l.Tick(t0.Add(c.silent))
		}
		if c.closed && err == nil {
			err = l.Finish(t0)
		}
		if err == nil || !strings.Contains(err.Error(), c.fail) || len(l.plates) != c.n {
			t.Errorf("%s: %v, %d readings", name, err, len(l.plates))
		}
	}
}

// TestPayloadsOverAStream: documents of real cameras, as an alertStream brings them.
func TestPayloadsOverAStream(t *testing.T) {
	dir := sharedtest.Path(t, "anpr", "payloads")
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	part := func(s string, length bool) string { return field("e.xml", "application/xml", s, length) }
	l := listen(t, "role = \"front\"\n")
	beat := part(read("hik_keepalive_videoloss.xml"), true)
	l.hear(t, 0, streamHead+beat+part(read("hik_deepinview_tr_bus.xml"), true)+field("licensePlatePicture.jpg", "image/pjpeg", jpeg(9, 9, ""), true)+beat+
		part(read("hik_tcg405_full.xml")+read("hik_old_fw_stdcgi.xml"), false)+part(read("hik_prefixed_ns_nvr.xml"), true)+beat)
	if err := l.Tick(t0.Add(together)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, p := range l.plates {
		got = append(got, fmt.Sprintf("%s %s %d %s", p.Text, p.Country, len(p.Images), l.stamps[i].At.Format(time.RFC3339)))
	}
	want := "38AAP084 TR 1 2026-05-21T08:10:06Z|1กก1234  0 2024-05-07T10:48:03Z|EL123AB  0 2020-03-10T08:12:00Z|WA99999  0 2026-03-01T06:14:00Z"
	if strings.Join(got, "|") != want || len(l.errs) != 0 {
		t.Errorf("told %q\nwant %q\nerrors %q", strings.Join(got, "|"), want, l.errs)
	}
}

// FuzzStream: whatever a camera answers, in whatever pieces, is survived and tells the same.
func FuzzStream(f *testing.F) {
	f.Add([]byte(streamHead+field("e.xml", "application/xml", alert, true)+field("b.jpg", "image/jpeg", jpeg(9, 9, ""), true)+"--boundary--"), uint8(7))
	f.Add([]byte(streamHead+field("e.xml", "application/json", alertJSON, false)+field("b.jpg", "image/jpeg", jpeg(9, 9, ""), false)), uint8(3))
	f.Fuzz(func(t *testing.T, p []byte, step uint8) {
		hear := func(n int) (string, int) {
			s, err := NewSession(devicestest.Settings(t, Kind, "tcp:10.20.1.11:80", "mode = \"stream\"\n"), devices.Env{})
			if err != nil {
				t.Fatal(err)
			}
			v := devices.NewVirtual("cam", "L1", s)
			told := ""
			v.Emit = func(o obs.Observation) error { told += fmt.Sprintf("%+v %+v\n", o.Body, o.Stamp); return nil }
			errs := 0
			v.Report = func(*obs.DecodeError) { errs++ }
			err = v.Open(t0)
			for b := p; len(b) > 0 && err == nil; b = b[min(n, len(b)):] {
				err = v.Feed(t0, b[:min(n, len(b))])
			}
			if err == nil {
				err = v.Finish(t0)
			}
			return fmt.Sprint(told, err), errs
		}
		whole, errs := hear(len(p) + 1)
		pieces, errs2 := hear(int(step) + 1)
		if whole != pieces || errs != errs2 {
			t.Errorf("in pieces of %d: %s (%d errors), whole: %s (%d errors)", int(step)+1, pieces, errs2, whole, errs)
		}
	})
}
