package dahua

import (
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

const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=myboundary\r\n\r\n"

func textPart(text string) string {
	return fmt.Sprintf("--myboundary\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s\r\n", len(text), text)
}

func picturePart(p string) string {
	return fmt.Sprintf("--myboundary\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(p), p)
}

// snap is the text of one event, with the paths of a published one and of the notification
// object; more lines may follow.
func snap(plate, group string, more ...string) string {
	lines := append([]string{"EventBaseInfo.Code=TrafficJunction", "EventBaseInfo.Action=Pulse", "EventBaseInfo.Index=0", "Channel=0", "Lane=1",
		"TrafficCar.PlateNumber=" + plate, "TrafficCar.MachineName=cam1", "GroupID=" + group, "JunctionDirection=Obverse",
		"RealUTC=1772345639", "UTCMS=250", "UTC=1772363639"}, more...)
	return "Events[0]." + strings.Join(lines, "\r\nEvents[0].") + "\r\n"
}

func TestWhatAStreamTells(t *testing.T) {
	one, two := jpeg(1920, 1080, "one\r\n--myboundary\r\nContent-Type: a\r\n\r\n"), jpeg(240, 60, "two")
	published := string(sharedtest.File(t, "anpr", "payloads", "dahua_snapmanager_event.txt"))
	line := string(sharedtest.File(t, "anpr", "payloads", "dahua_eventmanager_line.txt"))
	const at = "06:13:59.25"
	for _, c := range []struct {
		name string
		in   string
		want []string
		errs int
	}{
		{"an event and its picture", textPart(snap("389BK01", "7", "CountInGroup=1")) + picturePart(one), []string{"389BK01  forward 1 " + at}, 0},
		{"a published event", textPart(published) + picturePart(two), []string{"ZZZ12345   1 -"}, 0},
		{"a published line", textPart(line), []string{"ABC123   0 -"}, 0},
		{"a line over several lines", textPart("Code=TrafficJunction;action=Pulse;index=0;data={\n \"RealUTC\" : 1772345639,\n \"TrafficCar\" : { \"PlateNumber\" : \"A1\" }\n}\n"), []string{"A1   0 06:13:59"}, 0},
		{"heart-beats", textPart("Heartbeat\r\n") + textPart("Heartbeat"), nil, 0},
		{"two pictures", textPart(snap("389BK01", "7", "CountInGroup=2")) + picturePart(one) + picturePart(two), []string{"389BK01  forward 2 " + at}, 0},
		{"a group of two, each with its text", textPart(snap("", "7", "CountInGroup=2", "IndexInGroup=1")) + picturePart(one) + textPart(snap("389BK01", "7", "CountInGroup=2", "IndexInGroup=2")) + picturePart(two), []string{"389BK01  forward 2 " + at}, 0},
		{"two events in one text", textPart(snap("A1", "7")+strings.ReplaceAll(snap("B2", "8"), "Events[0]", "Events[1]")) + picturePart(one) + textPart("Heartbeat"), []string{"A1  forward 1 " + at, "B2  forward 1 " + at}, 0},
		{"two vehicles", textPart(snap("A1", "7")) + picturePart(one) + textPart(snap("B2", "8")) + picturePart(two), []string{"A1  forward 1 " + at, "B2  forward 1 " + at}, 0},
		{"one picture more than announced", textPart(snap("A1", "7", "CountInGroup=1")) + picturePart(one) + picturePart(two), []string{"A1  forward 1 " + at, "A1  forward 1 " + at}, 0},
		{"an event without a picture", textPart(snap("A1", "7")) + textPart("Heartbeat"), []string{"A1  forward 0 " + at}, 0},
		{"cut inside its picture", textPart(snap("A1", "7")) + picturePart(one)[:110], []string{"A1  forward 0 " + at}, 0},
		{"a picture that is none", textPart(snap("A1", "7")) + picturePart("GIF89a"), []string{"A1  forward 0 " + at}, 1},
		{"a bomb", textPart(snap("A1", "7")) + picturePart(jpeg(65000, 65000, "")), []string{"A1  forward 0 " + at}, 1},
		{"a picture of no event", picturePart(one), nil, 1},
		{"another text", textPart("Error\r\n"), nil, 1},
		{"another event", textPart(strings.Replace(snap("A1", "7"), "TrafficJunction", "TrafficParking", 1)), nil, 0},
		{"a stray line in an event", textPart(snap("A1", "7") + "what\r\n"), []string{"A1  forward 0 " + at}, 1},
		{"parts without lengths", "--myboundary\r\nContent-Type: text/plain\r\n\r\n" + snap("A1", "7") + "\r\n--myboundary\r\nContent-Type: image/jpeg\r\n\r\n" + two + "\r\n--myboundary--\r\n", []string{"A1  forward 1 " + at}, 0},
	} {
		for _, in := range []string{streamHead + c.in, c.in} {
			list, errs, _ := see(t, recorded(t, ""), in)
			if d := cmp.Diff(c.want, summary(t, list)); d != "" || len(errs) != c.errs {
				t.Errorf("%s: errors %v (-want +got):\n%s", c.name, reasons(errs), d)
			}
			pieces, errs2, _ := see(t, recorded(t, ""), strings.Split(in, "")...)
			if d := cmp.Diff(list, pieces); d != "" || len(errs2) != len(errs) {
				t.Errorf("%s, byte by byte: errors %v %s", c.name, errs2, d)
			}
		}
	}
}

// told is a live stream against a camera that is the test.
type told struct {
	*devices.Virtual
	list []obs.Observation
	errs []*obs.DecodeError
}

func ask(t *testing.T, settings string) *told {
	t.Helper()
	s, err := NewSession(devicestest.Settings(t, Kind, "tcp:10.1.2.3:80", settings), devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	d := &told{Virtual: devices.NewVirtual("cam", "L1", s)}
	d.Emit = func(o obs.Observation) error { d.list = append(d.list, o); return nil }
	d.Report = func(e *obs.DecodeError) { d.errs = append(d.errs, e) }
	if err := d.Open(begin); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheRequest(t *testing.T) {
	for settings, want := range map[string]string{
		"": "GET /cgi-bin/snapManager.cgi?action=attachFileProc&channel=1&heartbeat=5&Flags[0]=Event&Events=[TrafficJunction] HTTP/1.1\r\nHost: 10.1.2.3:80\r\n",
		"encode = true\nchannel = 2\nheartbeat = \"10s\"\nsilence = \"30s\"": "GET /cgi-bin/snapManager.cgi?action=attachFileProc&channel=2&heartbeat=10&Flags%5B0%5D=Event&Events=%5BTrafficJunction%5D HTTP/1.1\r\n",
		`mode = "event"`: "GET /cgi-bin/eventManager.cgi?action=attach&codes=[TrafficJunction]&heartbeat=5 HTTP/1.1\r\n",
	} {
		if d := ask(t, settings); !strings.HasPrefix(string(d.Sent), want) {
			t.Errorf("%s: asked %q", settings, d.Sent)
		}
	}
	for _, bad := range []string{`mode = "x"`, "channel = 0", `heartbeat = "500ms"`, `silence = "6s"`, `clock_limit = "0s"`} {
		if _, err := load(devicestest.Settings(t, Kind, "tcp:10.1.2.3:80", bad)); err == nil {
			t.Errorf("settings %s are taken", bad)
		}
	}
}

func TestPicturesAreNotWaitedForForEver(t *testing.T) {
	d := ask(t, "")
	if err := d.Feed(begin, []byte(streamHead+textPart(snap("A1", "7", "CountInGroup=2"))+picturePart(jpeg(9, 9, "")))); err != nil {
		t.Fatal(err)
	}
	if at, ok := d.Deadline(); len(d.list) != 0 || !ok || at.Sub(begin) != time.Second {
		t.Errorf("%d readings, next at %v: want to wait a second for the other picture", len(d.list), at.Sub(begin))
	}
	if err := d.Tick(begin.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if want := []string{"A1  forward 1 06:13:59.25"}; !cmp.Equal(want, summary(t, d.list)) {
		t.Errorf("%v, want %v", summary(t, d.list), want)
	}
	if at, _ := d.Deadline(); at.Sub(begin) != 20*time.Second {
		t.Errorf("silence is looked at after %v", at.Sub(begin))
	}
	if err := d.Tick(begin.Add(20 * time.Second)); err == nil || !strings.Contains(err.Error(), "nothing heard") {
		t.Errorf("a silent camera: %v", err)
	}
}

func TestAnswersThatAreNoStream(t *testing.T) {
	for in, want := range map[string]string{
		"HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nError":                                                                "encode",
		"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\", qop=\"auth\"\r\nContent-Length: 0\r\n\r\n": "login",
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nError":                                             "ended",
		"hello, this is no camera\r\n":                        "HTTP",
		streamHead + textPart("Heartbeat") + "--myboundary--": "",
	} {
		d := ask(t, "")
		err := d.Feed(begin, []byte(in))
		if want == "" && err == nil {
			err = d.Finish(begin)
			if err == nil || !strings.Contains(err.Error(), "ended") && !strings.Contains(err.Error(), "close") {
				t.Errorf("%q: link %v", in, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || len(d.list) > 0 {
			t.Errorf("%q: link %v, want %q in it", in, err, want)
		}
	}
}

// TestACutConnectionLosesNoEvent runs the source: what waits for a picture when the link
// breaks is told on the next one, and what the camera tells again is known.
func TestACutConnectionLosesNoEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := line.NewPipes()
		var list []obs.Observation
		env := devices.Env{Name: "cam", Open: func(string) (line.Open, error) { return pipes.Open("p"), nil }, Report: func(*obs.DecodeError) {}}
		src, err := New(devicestest.Settings(t, Kind, "pipe:p", `mode = "snap"`), env)
		if err != nil {
			t.Fatal(err)
		}
		talk := func(say string) {
			t.Helper()
			end := make(chan error, 1)
			go func() {
				end <- src.Run(t.Context(), func(o obs.Observation, done func(error)) {
					if _, ok := o.Body.(*obs.Plate); ok {
						list = append(list, o)
					}
					if done != nil {
						done(nil)
					}
				})
			}()
			far, err := pipes.Accept(t.Context(), "p")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := far.Read(make([]byte, 1024)); err != nil {
				t.Fatal(err)
			}
			if _, err := far.Write([]byte(say)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			far.Close()
			if err := <-end; err == nil || errors.Is(err, t.Context().Err()) {
				t.Errorf("the source ends with %v", err)
			}
		}
		event := textPart(snap("A1", "7", "CountInGroup=1"))
		talk(streamHead + event + picturePart(jpeg(9, 9, "x"))[:60])
		talk(streamHead + event + picturePart(jpeg(9, 9, "x")) + event + picturePart(jpeg(9, 9, "x")))
		if want := []string{"A1  forward 0 06:13:59.25", "A1  forward 1 06:13:59.25"}; !cmp.Equal(want, summary(t, list)) {
			t.Errorf("%q, want %q", summary(t, list), want)
		}
	})
}

// A link that breaks without an end leaves its event to the next session.
func TestABrokenLinkLeavesItsEventToTheNext(t *testing.T) {
	cfg, err := load(devicestest.Settings(t, Kind, "tcp:10.1.2.3:80", ""))
	if err != nil {
		t.Fatal(err)
	}
	cam := newCamera(cfg, devices.Env{}, true)
	var out devices.Out
	s := newStream(cam, "a", nil, true)
	s.Tick(begin, &out)
	s.Feed(begin, []byte(streamHead+textPart(snap("A1", "7", "CountInGroup=1"))), &out)
	if len(out.Obs) != 0 {
		t.Fatalf("%d observations before the picture", len(out.Obs))
	}
	out.Reset()
	newStream(cam, "a", nil, true).Tick(begin.Add(2*time.Second), &out)
	if want := []string{"A1  forward 0 06:13:59.25"}; !cmp.Equal(want, summary(t, out.Obs)) {
		t.Errorf("%q, want %q", summary(t, out.Obs), want)
	}
}

func TestConformanceOfStreams(t *testing.T) {
	devicestest.Run(t, Driver(), devicestest.Script{Good: []byte(streamHead + textPart(snap("389BK01", "7", "CountInGroup=1")) + picturePart(jpeg(1920, 1080, "one"))),
		Want: 1, Settings: `mode = "snap"`, LosesSync: true, Once: true,
		Then: []byte(textPart(snap("389BK01", "8", "CountInGroup=1")) + picturePart(jpeg(1920, 1080, "one")))})
}

func FuzzStream(f *testing.F) {
	f.Add([]byte(textPart(snap("A1", "7", "CountInGroup=1"))+picturePart(jpeg(9, 9, "x"))), uint8(5))
	f.Add([]byte(textPart("Code=TrafficJunction;action=Pulse;index=0;data={\"TrafficCar\":{}}")+textPart("Heartbeat")), uint8(1))
	f.Fuzz(func(t *testing.T, p []byte, step uint8) {
		in := streamHead + string(p)
		whole, errs, _ := see(t, recorded(t, ""), in)
		var pieces []string
		for i := 0; i < len(in); i += int(step) + 1 {
			pieces = append(pieces, in[i:min(len(in), i+int(step)+1)])
		}
		got, errs2, _ := see(t, recorded(t, ""), pieces...)
		if d := cmp.Diff(whole, got); d != "" || len(errs) != len(errs2) {
			t.Errorf("in pieces of %d: %s errors %v, whole %v", step+1, d, reasons(errs2), reasons(errs))
		}
	})
}
