package wimjson

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/devices/push"
	"acsgd/internal/line"
	"acsgd/internal/obs"

	"github.com/google/go-cmp/cmp"
)

// golden is the record of two axles in the manual, with the members that hold it together.
const golden = `{"version":1,"id":"17","lane":"2","device":{"id":"ws-2","serial":"41-0093"},
"start":"2026-03-01T06:14:03.250Z","end":"2026-03-01T06:14:08.100Z","mode":"dynamic","speed_mms":1400,"u_speed_mms":14,
"axles":[{"n":1,"load_kg":6500,"u_kg":60,"t_on":"2026-03-01T06:14:03.250Z"},{"n":2,"load_kg":9600,"u_kg":90,"t_on":"2026-03-01T06:14:05.893Z"}],
"gross_kg":16100,"u_kg":140}`

// at is a moment after the golden vehicle.
var at = time.Date(2026, 3, 1, 6, 14, 9, 0, time.UTC)

func post(body string, more ...string) string {
	return fmt.Sprintf("POST /weighing/lane2 HTTP/1.1\r\nHost: a\r\n%sContent-Length: %d\r\n\r\n%s", strings.Join(more, ""), len(body), body)
}

// see feeds bytes to a session and gives what it made of them: loads, error reasons, and the
// first lines and texts of its answers.
func see(t testing.TB, s devices.Session, chunks ...string) (loads, errs, answers []string) {
	t.Helper()
	v := devices.NewVirtual("wim", "L1", s)
	v.Emit = func(o obs.Observation) error {
		switch b := o.Body.(type) {
		case *obs.Weighing:
			loads = append(loads, fmt.Sprintf("%d %v", b.Axle, b.Mass))
		case *obs.Health:
			loads = append(loads, fmt.Sprint(b.State, " ", b.Reason))
		}
		return nil
	}
	v.Report = func(e *obs.DecodeError) { errs = append(errs, fmt.Sprintf("%d: %s", e.Offset, e.Reason)) }
	if err := v.Open(at); err != nil {
		t.Fatal(err)
	}
	for _, c := range chunks {
		if err := v.Feed(at, []byte(c)); err != nil {
			errs = append(errs, "link: "+err.Error())
			break
		}
	}
	if err := v.Finish(at); err != nil {
		t.Logf("finish: %v", err)
	}
	for part := range strings.SplitSeq(string(v.Sent), "HTTP/1.1 ") {
		status, rest, _ := strings.Cut(part, "\r\n")
		_, text, _ := strings.Cut(rest, "\r\n\r\n")
		if a := strings.TrimSpace(status + " " + text); a != "" {
			answers = append(answers, a)
		}
	}
	return loads, errs, answers
}

func recording(t testing.TB, settings string) devices.Session {
	t.Helper()
	s, err := NewSession(devicestest.Settings(t, Kind, "", settings), devices.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// live makes a session that asks for logins, and the book of its source.
func live(t testing.TB, settings string) (devices.Session, *book) {
	t.Helper()
	c, err := load(devicestest.Settings(t, Kind, "", settings))
	if err != nil {
		t.Fatal(err)
	}
	var g *push.Gate
	if c.User != "" {
		g = push.NewGate(c.User, c.Password)
	}
	b := newBook()
	return newSession(taker{c, devices.Env{}, b}, g, true), b
}

var one = []string{"1 6500kg", "2 9600kg", "0 16100kg"}

func TestWhatLoggersSend(t *testing.T) {
	second := strings.Replace(golden, `"id":"17"`, `"id":"18"`, 1)
	chunked := "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("64\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", golden[:100], len(golden)-100, golden[100:])
	const gross = "gross_kg: 16200kg, but the axles make 16100kg, and 2 divisions of 20kg are all that rounding explains"
	for _, c := range []struct {
		name, settings, in   string
		loads, errs, answers []string
	}{
		{"a request", "", post(golden), one, nil, []string{"200 OK"}},
		{"a chunked request", "", chunked, one, nil, []string{"200 OK"}},
		{"two vehicles on one connection", "", post(golden) + post(second), append(append([]string(nil), one...), one...), nil, []string{"200 OK", "200 OK"}},
		{"the same one twice is one weighing", "", post(golden) + post(golden), one, nil, []string{"200 OK", "200 OK"}},
		{"another one with its id", "", post(golden) + post(strings.Replace(golden, "6500", "6520", 1)), one,
			[]string{"496: id: another record with this id came before"}, []string{"200 OK", "409 Conflict id: another record with this id came before"}},
		{"a wrong one, then a right one", "", post(strings.Replace(golden, "16100", "16200", 1)) + post(golden), one,
			[]string{"63: " + gross}, []string{"400 Bad Request " + gross, "200 OK"}},
		{"a body that is no JSON", "", post("weight=5"), nil, []string{"61: invalid character 'w' looking for beginning of value"},
			[]string{"400 Bad Request invalid character 'w' looking for beginning of value"}},
		{"an empty body", "", post(""), nil, []string{"61: unexpected EOF"}, []string{"400 Bad Request unexpected EOF"}},
		{"of this lane", `lane = "2"`, post(golden), one, nil, []string{"200 OK"}},
		{"of another lane", `lane = "1"`, post(golden), nil, []string{`63: lane: this address takes those of lane "1"`}, []string{`400 Bad Request lane: this address takes those of lane "1"`}},
		{"GET is refused", "", "GET / HTTP/1.1\r\n\r\n" + post(golden), one, nil, []string{"405 Method Not Allowed", "200 OK"}},
		{"a body without a length", "", "POST / HTTP/1.1\r\n\r\n" + post(golden), one, nil, []string{"411 Length Required", "200 OK"}},
		{"too long a body", "max_body = 4096", post(golden+strings.Repeat(" ", 4000)) + post(golden), one,
			[]string{"64: record of 4370 bytes, 4096 are taken"}, []string{"413 Content Too Large record of 4370 bytes, 4096 are taken", "200 OK"}},
		{"a long chunked body", "max_body = 4096", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1101\r\n" + strings.Repeat(" ", 4353) + "\r\n0\r\n\r\n" + post(golden), one,
			[]string{"4150: chunked record is damaged or larger than 4096 bytes"}, []string{"200 OK"}},
		{"Expect: 100-continue is answered", "", post(golden, "Expect: 100-continue\r\n"), one, nil, []string{"100 Continue", "200 OK"}},
		{"garbage before a request", "", "\x01garbage\r\n" + post(golden), one, []string{"0: no HTTP request, or one whose head is too long"}, []string{"200 OK"}},
		{"records without HTTP", "", "\xef\xbb\xbf" + golden + "\n" + second, append(append([]string(nil), one...), one...), nil, nil},
		{"a record with braces in its texts", "", strings.Replace(golden, "ws-2", `}}\"{`, 1), one, nil, nil},
		{"a wrong record without HTTP", "", `{"version":1}` + golden, one, []string{"0: id: is missing"}, nil},
		{"braces without end", "", strings.Repeat("{", 18) + golden, one, []string{"8: braces nested too deep for a record", "17: braces nested too deep for a record"}, nil},
		{"half a record", "", golden[:200], nil, []string{"0: connection ends inside a message"}, nil},
		{"half a request", "", post(golden)[:100], nil, []string{"100: connection ends inside a message"}, nil},
		{"a verification that has ended", "", strings.Replace(golden, `"41-0093"`, `"41-0093","verified_until":"2026-02-28"`, 1) + second,
			append(append([]string{"degraded verification ended on 2026-02-28: loads are not judged"}, one...), append([]string{"online "}, one...)...), nil, nil},
	} {
		loads, errs, answers := see(t, recording(t, c.settings), c.in)
		if d := cmp.Diff([][]string{c.loads, c.errs, c.answers}, [][]string{loads, errs, answers}); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
		loads2, errs2, answers2 := see(t, recording(t, c.settings), strings.Split(c.in, "")...)
		if d := cmp.Diff([][]string{loads, errs, answers}, [][]string{loads2, errs2, answers2}); d != "" {
			t.Errorf("%s, byte by byte (-whole +pieces):\n%s", c.name, d)
		}
	}
}

func TestTheRecordStaysWithTheVehicle(t *testing.T) {
	long := strings.Replace(golden, `"serial"`, strings.Repeat(" ", 5000)+`"serial"`, 1)
	for name, in := range map[string]string{"short": golden, "long": long} {
		kept := ""
		env := devices.Env{Keep: func(mediaType string, p []byte) (obs.Blob, error) {
			kept = string(p)
			return obs.BlobOf(mediaType, p), nil
		}}
		s, err := NewSession(devices.Section{}, env)
		if err != nil {
			t.Fatal(err)
		}
		var out devices.Out
		s.Feed(at, []byte(in), &out)
		if len(out.Obs) != 3 {
			t.Fatalf("%s: %d observations, errors %v", name, len(out.Obs), out.Errs)
		}
		for i, o := range out.Obs {
			if !o.Stamp.At.Equal(time.Date(2026, 3, 1, 6, 14, 8, 100e6, time.UTC)) || o.Stamp.Origin != obs.Device || (i < 2) != (o.Raw == nil && o.Blobs == nil) {
				t.Errorf("%s: observation %d at %v, %d bytes, blobs %v", name, i, o.Stamp, len(o.Raw), o.Blobs)
			}
		}
		switch last := out.Obs[2]; {
		case name == "short" && (string(last.Raw) != golden || kept != ""):
			t.Errorf("raw %q, kept %q", last.Raw, kept)
		case name == "long" && (kept != long || last.Raw != nil || len(last.Blobs) != 1 || last.Blobs[0].Role != "record"):
			t.Errorf("blobs %v, %d bytes kept", last.Blobs, len(kept))
		}
	}
	s, err := NewSession(devices.Section{}, devices.Env{Keep: func(string, []byte) (obs.Blob, error) { return obs.Blob{}, errors.New("disk full") }})
	if err != nil {
		t.Fatal(err)
	}
	if loads, errs, answers := see(t, s, post(long)); loads != nil || len(errs) != 1 || !strings.HasPrefix(answers[0], "503 ") || !strings.Contains(answers[0], "disk full") {
		t.Errorf("a record that cannot be stored: %q, errors %q, answers %q", loads, errs, answers)
	}
}

func TestLogins(t *testing.T) {
	const both = "user = \"logger\"\npassword = \"secret\"\ntoken = \"5f2c\"\n"
	for _, c := range []struct {
		name, settings, header, answer string
		errs                           int
	}{
		{"nothing is asked", "", "", "200", 0},
		{"nothing is given", both, "", "401", 0},
		{"the token", both, "Bearer 5f2c", "200", 0},
		{"another token", both, "Bearer 5f2d", "401", 1},
		{"the password", both, "Basic bG9nZ2VyOnNlY3JldA==", "200", 0},
		{"another password", both, "Basic bG9nZ2VyOnNlY3JldDE=", "401", 1},
		{"a token where a password is asked", "user = \"logger\"\npassword = \"secret\"\n", "Bearer secret", "401", 1},
		{"a password where a token is asked", "token = \"5f2c\"\n", "Basic bG9nZ2VyOnNlY3JldA==", "401", 1},
		{"a Digest of nothing", both, `Digest username="logger"`, "401", 1},
	} {
		s, _ := live(t, c.settings)
		more := ""
		if c.header != "" {
			more = "Authorization: " + c.header + "\r\n"
		}
		loads, errs, answers := see(t, s, post(golden, more))
		if len(answers) != 1 || !strings.HasPrefix(answers[0], c.answer) || (c.answer == "200") != (len(loads) == 3) || len(errs) != c.errs {
			t.Errorf("%s: loads %q, errors %q, answers %q, want %s and %d errors", c.name, loads, errs, answers, c.answer, c.errs)
		}
	}
	s, _ := live(t, both)
	var out devices.Out
	s.Feed(at, []byte(post(golden)), &out)
	for _, scheme := range []string{"Bearer", "Digest", "Basic"} {
		if !strings.Contains(string(out.Acks[0].Then), "WWW-Authenticate: "+scheme) {
			t.Errorf("%q offers no %s", out.Acks[0].Then, scheme)
		}
	}
}

func TestALiveConnectionThatIsLostIsGivenUp(t *testing.T) {
	for _, in := range []string{golden, "\x01\x02", post(golden + strings.Repeat(" ", 70<<10)), "POST / HTTP/1.1\r\n\r\n"} {
		s, _ := live(t, "")
		var out devices.Out
		s.Feed(at, []byte(in), &out)
		if out.Fail == nil || len(out.Obs) > 0 {
			t.Errorf("%.20q: link %v, %d observations", in, out.Fail, len(out.Obs))
		}
	}
	s, _ := live(t, "")
	var out devices.Out
	s.Feed(at, []byte(post(golden)[:100]), &out)
	due, ok := s.Deadline()
	if !ok || due.Sub(at) != 30*time.Second {
		t.Errorf("Deadline after half a request: %v, %v", due.Sub(at), ok)
	}
	if s.Tick(due, &out); out.Fail == nil {
		t.Error("half a request may stand still for ever")
	}
}

// A record that is not durable yet is not weighed again, and one that was refused is.
func TestARecordIsForgottenOnlyIfItWasRefused(t *testing.T) {
	s, b := live(t, "")
	var out devices.Out
	s.Feed(at, []byte(post(golden)), &out)
	first := append([]obs.Observation(nil), out.Obs...)
	out.Reset()
	s.Feed(at, []byte(post(golden)), &out)
	if len(out.Obs) != 0 || !strings.HasPrefix(string(out.Acks[0].Then), "HTTP/1.1 503 ") {
		t.Errorf("meanwhile: %d observations, answer %q", len(out.Obs), out.Acks[0].Then)
	}
	for i, o := range first { // the second is refused, the others are durable
		b.Settle(o.Body, map[int]error{1: errors.New("disk full")}[i])
	}
	out.Reset()
	s.Feed(at, []byte(post(golden)), &out)
	if len(out.Obs) != 3 {
		t.Fatalf("after it was refused: %d observations", len(out.Obs))
	}
	for _, o := range out.Obs {
		b.Settle(o.Body, nil)
	}
	out.Reset()
	s.Feed(at, []byte(post(golden)), &out)
	if len(out.Obs) != 0 || !strings.HasPrefix(string(out.Acks[0].Then), "HTTP/1.1 200 ") {
		t.Errorf("after it was stored: %d observations, answer %q", len(out.Obs), out.Acks[0].Then)
	}
}

// The source answers 200 only for what is durable in time, and a late one stays one weighing.
func TestTheAnswerWaitsForTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := line.NewPipes()
		env := devices.Env{Name: "wim", Open: func(string) (line.Open, error) { return pipes.Open("p"), nil }}
		src, err := New(devices.Section{Link: "pipe:p"}, env)
		if err != nil {
			t.Fatal(err)
		}
		delay, n := 900*time.Millisecond, 0
		go src.Run(t.Context(), func(o obs.Observation, done func(error)) {
			n++
			time.AfterFunc(delay, func() { done(nil) })
		})
		far, err := pipes.Accept(t.Context(), "p")
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		ask := func(body, want string) {
			t.Helper()
			begin := time.Now()
			if _, err := far.Write([]byte(post(body))); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 512)
			k, err := far.Read(buf)
			if err != nil || !strings.HasPrefix(string(buf[:k]), "HTTP/1.1 "+want) || time.Since(begin) > time.Second {
				t.Errorf("%q, %v after %v, want %s", buf[:k], err, time.Since(begin), want)
			}
		}
		second := strings.Replace(golden, `"17"`, `"18"`, 1)
		ask(golden, "200")
		delay = 3 * time.Second
		ask(second, "503") // too late
		ask(second, "503") // still on its way
		time.Sleep(3 * time.Second)
		ask(second, "200")
		if n != 6 {
			t.Errorf("%d observations of two vehicles of two axles, want 6", n)
		}
	})
}

func TestMessages(t *testing.T) {
	c, err := load(devicestest.Settings(t, Kind, "", `lane = "2"`))
	if err != nil {
		t.Fatal(err)
	}
	h := handler{taker{c, devices.Env{}, newBook()}}
	for _, step := range []struct {
		name, in    string
		loads, errs int
		fails       bool
	}{
		{"of another lane", strings.Replace(golden, `"lane":"2"`, `"lane":"1"`, 1), 0, 0, false},
		{"a wrong one is reported and gone", golden[1:], 0, 1, false},
		{"a vehicle", golden, 3, 0, false},
		{"again before it is stored: it comes again", golden, 0, 0, true},
	} {
		var out devices.Out
		h.Message(at, "weighing/lane2", []byte(step.in), &out)
		if len(out.Obs) != step.loads || len(out.Errs) != step.errs || (out.Fail != nil) != step.fails {
			t.Errorf("%s: %d observations, errors %v, link %v", step.name, len(out.Obs), out.Errs, out.Fail)
		}
	}
}

func TestWrongSettingsAreNamed(t *testing.T) {
	for setting, want := range map[string]string{
		`division = "0kg"`: "division 0kg", `u_speed_ppm = -1`: "u_speed_ppm -1", "speed_min = \"10km/h\"\nspeed_max = \"1km/h\"": "speed_min",
		`path = "x"`: `path "x"`, `allow = ["10.0.0.0/99"]`: "10.0.0.0/99", `user = "a"`: "without a password", `max_body = 1`: "max_body 1",
		`answer = "1ms"`: "too small", `port = 1`: "port",
	} {
		if _, err := New(devicestest.Settings(t, Kind, "listen:127.0.0.1:0", setting), devices.Env{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", setting, err, want)
		}
	}
	if _, err := New(devices.Section{Link: "mqtt:/weighing/#"}, devices.Env{}); err == nil || !strings.Contains(err.Error(), "no broker") {
		t.Errorf("MQTT without a broker: %v", err)
	}
}

func TestConformance(t *testing.T) {
	other := strings.Replace(golden, `"17"`, `"18"`, 1)
	devicestest.Run(t, Driver(), devicestest.Script{Good: []byte(post(golden)), Then: []byte(post(other)), Want: 3, Once: true, Settings: `path = "/weighing/lane2"`})
	devicestest.Run(t, Driver(), devicestest.Script{Good: []byte(golden), Then: []byte(other), Want: 3, NoLink: true, Settings: `lane = "2"`})
}

// The record in the manual is one that is taken.
func TestTheManualsRecordIsTaken(t *testing.T) {
	i := strings.Index(manual, `{"version"`)
	j := strings.Index(manual[i:], "A member that")
	if loads, errs, _ := see(t, recording(t, ""), manual[i:i+j]); len(loads) != 3 || len(errs) > 0 {
		t.Errorf("loads %q, errors %q", loads, errs)
	}
}

func FuzzSession(f *testing.F) {
	f.Add([]byte(post(golden)), uint8(7))
	f.Add([]byte(golden+golden), uint8(1))
	f.Add([]byte(`{"a":"\"}`), uint8(2))
	f.Add([]byte("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n0\r\n\r\n"), uint8(3))
	if b, err := os.ReadFile("../record/testdata/artic.json"); err == nil {
		f.Add(b, uint8(50))
	}
	f.Fuzz(func(t *testing.T, p []byte, step uint8) {
		var pieces []string
		for i := 0; i < len(p); i += int(step) + 1 {
			pieces = append(pieces, string(p[i:min(len(p), i+int(step)+1)]))
		}
		loads, errs, answers := see(t, recording(t, ""), string(p))
		loads2, errs2, answers2 := see(t, recording(t, ""), pieces...)
		if d := cmp.Diff([][]string{loads, errs, answers}, [][]string{loads2, errs2, answers2}); d != "" {
			t.Errorf("whole against pieces of %d:\n%s", step+1, d)
		}
		for _, b := range []byte{0, 1} { // live, with and without a login: no panic
			s, _ := live(t, []string{"", "token = \"a\"\n"}[b])
			see(t, s, string(p))
		}
	})
}
