package isapi

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/internal/obs"
)

func TestCaptureTimes(t *testing.T) {
	zone := time.FixedZone("", 5*3600)
	want := time.Date(2026, 3, 1, 6, 14, 2, 0, time.UTC)
	for s, zoneless := range map[string]bool{
		"2026-03-01T11:14:02+05:00": false, "20260301T111402+0500": false, "20260301T111402+05:00": false, "20260301T061402Z": false, "2026-03-01T11:14:02+0500": false,
		"20260301T111402+05": false,
		"20260301T111402":    true, "2026-03-01 11:14:02": true, "20260301111402": true, "20260301111402123": true, "20260301T1114020000": true,
	} {
		at, ok := captureTime(s, zone)
		if !ok || !at.Equal(want) {
			t.Errorf("%s: %v %v", s, at, ok)
		}
		if _, ok := captureTime(s, nil); ok == zoneless {
			t.Errorf("%s without a known zone: %v", s, ok)
		}
	}
	for _, s := range []string{"", "noon", "20261301T111402", "2026-03-01", "99999999999999999"} {
		if at, ok := captureTime(s, zone); ok {
			t.Errorf("%q is %v", s, at)
		}
	}
}

// entry is one plate of a list, n seconds after 06:14.
func entry(n int, text string) string {
	return fmt.Sprintf("<Plate><captureTime>%s</captureTime><plateNumber>%s</plateNumber><picName>p%03d</picName><country>30</country><laneNo>1</laneNo><direction>reverse</direction></Plate>",
		time.Date(2026, 3, 1, 11, 14, n, 0, time.FixedZone("", 5*3600)).Format("20060102T150405-0700"), text, n)
}

// TestWhatOfAListIsNew walks the rules of filling gaps.
func TestWhatOfAListIsNew(t *testing.T) {
	at := time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)
	cfg := Defaults()
	c := newCamera(&cfg)
	fetch := func(now int, entries ...string) (texts []string, more bool) {
		t.Helper()
		body := "<Plates>" + strings.Join(entries, "") + "</Plates>"
		list, err := ParsePlates([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		var out devices.Out
		more = c.fill(at.Add(time.Duration(now)*time.Second), &cfg, list, []byte(body), &out)
		for _, o := range out.Obs {
			p := o.Body.(*obs.Plate)
			if !p.Late || p.Country != "KZ" || p.Direction != "reverse" || o.Stamp.Origin != obs.Device || string(o.Raw) != body {
				t.Errorf("fetched %+v, %+v", p, o.Stamp)
			}
			texts = append(texts, p.Text)
		}
		return texts, more
	}
	tell := func(now int, id, text string) string {
		var out devices.Out
		e := &Event{Type: "ANPR", At: at.Add(time.Duration(now) * time.Second), HasAt: true, Zone: time.UTC, UUID: id, Plate: text, Device: "d"}
		list := e.plates("")
		c.heard(e.At.Add(time.Second), e, list, &out)
		return list[0].EventID
	}
	step := func(name string, texts []string, more bool, want string, wantMore bool, cursor string) {
		t.Helper()
		if got := strings.Join(texts, " "); got != want || more != wantMore || c.after() != cursor {
			t.Errorf("%s: %q, more %v, cursor %s; want %q, %v, %s", name, got, more, c.cursor, want, wantMore, cursor)
		}
	}
	if got := c.after(); got != "0" {
		t.Errorf("first picTime %s", got)
	}
	texts, more := fetch(10, entry(2, "OLD1"), entry(1, "OLD0"))
	step("the first list is where the camera stands", texts, more, "", false, "p002")
	tell(20, "u1", "AAA1")
	texts, more = fetch(40, entry(21, "AAA1"), entry(30, "BBB2"))
	step("what was told is not told again", texts, more, "BBB2", false, "p030")
	texts, more = fetch(41, entry(30, "BBB2"))
	step("nor what was fetched", texts, more, "", false, "p030")
	texts, more = fetch(50, entry(39, "AAA1"), entry(47, "CCC3"))
	step("the same plate later is another passage; the newest waits", texts, more, "AAA1", true, "p039")
	tell(47, "u3", "CCC3")
	texts, more = fetch(60, entry(47, "CCC3"))
	step("for the camera told it by itself", texts, more, "", false, "p047")
	if id := tell(31, "u2", "BBB2"); id != "pic/p030" {
		t.Errorf("what comes after it was fetched has the id %q", id)
	}
	if id := tell(80, "u5", "BBB2"); id != "u5" {
		t.Errorf("a later passage has the id %q", id)
	}
	texts, more = fetch(90, entry(70, "unknown"), strings.Replace(entry(75, "DDD4"), "+0500", "x", 1), entry(76, "EEE5"))
	step("a vehicle without a plate, and a time that is none", texts, more, " EEE5", false, "p076")
}

func TestListsThatAreNone(t *testing.T) {
	for _, bad := range []string{"", "<Plates>", "<ResponseStatus><statusCode>4</statusCode></ResponseStatus>", "<Plates><Plate></Plates>", "<Plates>" + strings.Repeat("<Plate/>", maxPlates+1) + "</Plates>"} {
		if _, err := ParsePlates([]byte(bad)); err == nil {
			t.Errorf("%.40q is taken", bad)
		}
	}
	if list, err := ParsePlates([]byte(`<?xml version="1.0"?><a:Plates xmlns:a="x"></a:Plates>`)); err != nil || len(list) != 0 {
		t.Errorf("an empty list: %v, %v", list, err)
	}
}

// TestThePollOnItsLink: the request, an answer that is none, silence.
func TestThePollOnItsLink(t *testing.T) {
	at := time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)
	cfg := Defaults()
	cfg.Channel = 2
	cam := newCamera(&cfg)
	connect := func() (*devices.Virtual, *[]string) {
		v := devices.NewVirtual("cam", "", newPoll(&cfg, cam, "10.0.0.1:80"))
		errs := new([]string)
		v.Report = func(e *obs.DecodeError) { *errs = append(*errs, e.Reason) }
		if err := v.Open(at); err != nil {
			t.Fatal(err)
		}
		return v, errs
	}
	v, errs := connect()
	body := `<?xml version="1.0" encoding="UTF-8"?>` + "\r\n" + `<AfterTime version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><picTime>0</picTime></AfterTime>` + "\r\n"
	want := "POST /ISAPI/Traffic/channels/2/vehicleDetect/plates HTTP/1.1\r\nHost: 10.0.0.1:80\r\nConnection: keep-alive\r\nContent-Type: application/xml; charset=\"UTF-8\"\r\n" +
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	if string(v.Sent) != want {
		t.Errorf("asks %q, want %q", v.Sent, want)
	}
	if err := v.Feed(at, []byte("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<x/>")); err != nil || len(*errs) != 1 || !strings.Contains((*errs)[0], "no list of plates") {
		t.Errorf("an answer that is no list: %v, %v", err, *errs)
	}
	v.Sent = nil
	if err := v.Tick(at.Add(29 * time.Second)); err != nil || len(v.Sent) > 0 {
		t.Errorf("asks early: %q, %v", v.Sent, err)
	}
	if err := v.Tick(at.Add(30 * time.Second)); err != nil || !strings.HasPrefix(string(v.Sent), "POST ") {
		t.Errorf("does not ask again: %q, %v", v.Sent, err)
	}
	if err := v.Tick(at.Add(40 * time.Second)); err == nil || !strings.Contains(err.Error(), "no answer within 10s") {
		t.Errorf("without an answer: %v", err)
	}
	v, _ = connect()
	if err := v.Feed(at, []byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")); err == nil || !strings.Contains(err.Error(), "answers 404 Not Found") {
		t.Errorf("a camera without lists: %v", err)
	}
}

func FuzzParsePlates(f *testing.F) {
	f.Add([]byte("<Plates>" + entry(1, "A") + entry(2, "B") + "</Plates>"))
	f.Fuzz(func(t *testing.T, p []byte) {
		list, err := ParsePlates(p)
		if err != nil && list != nil || len(list) > maxPlates {
			t.Errorf("%d plates, %v", len(list), err)
		}
		cfg := Defaults()
		c := newCamera(&cfg)
		c.based = true
		var out devices.Out
		c.fill(time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC), &cfg, list, p, &out)
		if len(out.Obs) > len(list) {
			t.Errorf("%d readings of %d plates", len(out.Obs), len(list))
		}
	})
}
