package onvif

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsgd/devices"
	"acsgd/devices/devicestest"
	"acsgd/devices/pull"
	"acsgd/internal/line"
	"acsgd/internal/obs"
)

const sdp = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\nm=application 0 RTP/AVP 98\r\na=rtpmap:98 VND.ONVIF.METADATA/90000\r\na=control:trackID=2\r\n"

func ok(headers, body string) string {
	return fmt.Sprintf("RTSP/1.0 200 OK\r\nCSeq: 1\r\n%sContent-Length: %d\r\n\r\n%s", headers, len(body), body)
}

// rtp is an interleaved packet.
func rtp(channel byte, seq uint16, last bool, payload string) string {
	b := []byte{'$', channel, byte((12 + len(payload)) >> 8), byte(12 + len(payload)), 0x80, 98, byte(seq >> 8), byte(seq), 0, 0, 0, 0, 0, 0, 0, 1}
	if last {
		b[5] |= 0x80
	}
	return string(b) + payload
}

var dialogue = []string{ok("Public: DESCRIBE\r\n", ""), ok("", sdp), ok("Session: ab;timeout=30\r\nTransport: RTP/AVP/TCP;interleaved=2-3\r\n", ""), ok("", "")}

// talk tells a stream what a camera says, and gives what it asked.
func talk(t *testing.T, login *pull.Login, said ...string) (asked []string, texts []string, errs []string, s *stream, fail error) {
	t.Helper()
	s = NewStream(NewHandler(Config{}, devices.Env{}), login, "rtsp://cam/x").(*stream)
	var out devices.Out
	s.Tick(at, &out)
	for _, m := range said {
		s.Feed(at, []byte(m), &out)
	}
	for line := range strings.SplitSeq(string(out.Send), "\r\n") {
		if strings.HasSuffix(line, " RTSP/1.0") {
			asked = append(asked, strings.TrimSuffix(line, " RTSP/1.0"))
		}
	}
	for _, o := range out.Obs {
		texts = append(texts, o.Body.(*obs.Plate).Text)
	}
	for _, e := range out.Errs {
		errs = append(errs, e.Reason)
	}
	return asked, texts, errs, s, out.Fail
}

func TestStream(t *testing.T) {
	with := func(more ...string) []string { return append(append([]string(nil), dialogue...), more...) }
	instead := func(i int, m string) []string { return append(append([]string(nil), dialogue[:i]...), m) }
	doc := "<?xml version=\"1.0\"?>" + sight("1", "A123", "0.8", "")
	for _, c := range []struct {
		name  string
		said  []string
		texts []string
		errs  []string
		asked int
		fails bool
	}{
		{"a document in one packet", with(rtp(2, 7, true, doc)), []string{"A123"}, nil, 4, false},
		{"a document in three, over the end of the numbers", with(rtp(2, 65534, false, doc[:50]), rtp(2, 65535, false, doc[50:90]), rtp(2, 0, true, doc[90:])), []string{"A123"}, nil, 4, false},
		{"two documents in a packet", with(rtp(2, 7, true, doc+"\n"+sight("2", "B1", "", ""))), []string{"A123", "B1"}, nil, 4, false},
		{"a packet is missing inside", with(rtp(2, 1, false, doc[:50]), rtp(2, 3, true, doc[90:]), rtp(2, 4, true, doc)), []string{"A123"}, []string{"1 RTP packets are missing before number 3"}, 4, false},
		{"a packet is missing between", with(rtp(2, 1, true, doc), rtp(2, 5, true, strings.Replace(doc, `"1"><App`, `"2"><App`, 1))), []string{"A123", "A123"}, []string{"3 RTP packets are missing before number 5"}, 4, false},
		{"packets of other channels", with(rtp(0, 1, true, doc), rtp(3, 1, true, doc)), nil, nil, 4, false},
		{"no RTP", with("$\x02\x00\x03abc"), nil, []string{"not an RTP packet"}, 4, false},
		{"a header that is longer than the packet", with("$\x02\x00\x0c\x8f\x62\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01"), nil, []string{"RTP packet is shorter than its header says"}, 4, false},
		{"a broken document", with(rtp(2, 1, true, "<a><b></a>")), nil, []string{`end of element "a", which is not open`}, 4, false},
		{"OPTIONS is not known", []string{"RTSP/1.0 501 Not Implemented\r\n\r\n", dialogue[1]}, nil, nil, 3, false},
		{"no metadata", instead(1, ok("", "v=0\r\nm=video 0 RTP/AVP 96\r\na=control:1\r\n")), nil, []string{"stream has no metadata uncompressed (vnd.onvif.metadata): turn it on in the media profile of the path"}, 2, true},
		{"no such stream", instead(1, "RTSP/1.0 404 Not Found\r\n\r\n"), nil, []string{`camera answers DESCRIBE with "404 Not Found"`}, 2, true},
		{"packets by another way", instead(2, ok("Session: a\r\nTransport: RTP/AVP;unicast;client_port=5000-5001\r\n", "")), nil, []string{"camera does not send its packets on this connection"}, 3, true},
		{"no session", instead(2, ok("Transport: RTP/AVP/TCP;interleaved=0-1\r\n", "")), nil, []string{"answer to SETUP has no session"}, 3, true},
		{"not RTSP", []string{"HTTP/1.1 200 OK\r\n\r\n"}, nil, []string{"neither an answer nor a packet"}, 1, true},
		{"an answer of gigabytes", []string{"RTSP/1.0 200 OK\r\nContent-Length: 5000000000\r\n\r\n"}, nil, []string{"answer with 5000000000 bytes"}, 1, true},
		{"a head without an end", []string{"RTSP/1.0 200 OK\r\n" + strings.Repeat("A: b\r\n", 10_000)}, nil, []string{"head of an answer does not end"}, 1, true},
		{"a login is asked for and there is none", []string{"RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n\r\n"}, nil, []string{"the device asks for a login and there is no user in the settings"}, 1, true},
	} {
		asked, texts, errs, _, fail := talk(t, nil, c.said...)
		if d := cmp.Diff(c.texts, texts) + cmp.Diff(c.errs, errs); d != "" || len(asked) != c.asked || (fail != nil) != c.fails {
			t.Errorf("%s: %s asked %q, link %v", c.name, d, asked, fail)
		}
		asked2, texts2, errs2, _, _ := talk(t, nil, strings.Split(strings.Join(c.said, ""), "")...)
		if d := cmp.Diff(asked, asked2) + cmp.Diff(texts, texts2) + cmp.Diff(errs, errs2); d != "" {
			t.Errorf("%s, byte by byte: %s", c.name, d)
		}
	}
	asked, _, _, s, _ := talk(t, nil, dialogue...)
	if d := cmp.Diff([]string{"OPTIONS rtsp://cam/x", "DESCRIBE rtsp://cam/x", "SETUP rtsp://cam/x/trackID=2", "PLAY rtsp://cam/x"}, asked); d != "" {
		t.Error(d)
	}
	// A sign of life is due at half of the session's life, and a camera that does not answer
	// any is given up.
	var out devices.Out
	if when, ok := s.Deadline(); !ok || when.Sub(at) != 15*time.Second {
		t.Errorf("a sign of life is due at %v", when)
	}
	for range 10 {
		when, _ := s.Deadline()
		s.Tick(when, &out)
	}
	if n := strings.Count(string(out.Send), "GET_PARAMETER"); n < 3 || out.Fail == nil {
		t.Errorf("%d signs of life, link %v", n, out.Fail)
	}
}

// TestStreamLogsIn: a stale nonce is no refused login, two refused ones are enough.
func TestStreamLogsIn(t *testing.T) {
	login, err := pull.NewLogin("root", "secret", false)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(more string) string {
		return "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"a\"\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\", qop=\"auth\"" + more + "\r\n\r\n"
	}
	if asked, _, errs, _, fail := talk(t, login, dialogue[0], ask(""), ask(", stale=true"), dialogue[1]); fail != nil || len(asked) != 5 {
		t.Errorf("asked %q, errors %q, link %v", asked, errs, fail)
	}
	for i := range 3 {
		asked, _, errs, _, fail := talk(t, login, dialogue[0], ask(""), ask(""))
		if fail == nil || i == 2 && len(asked) != 0 {
			t.Errorf("refusal %d: asked %q, errors %q, link %v", i, asked, errs, fail)
		}
	}
}

func TestStreamSettings(t *testing.T) {
	env := devices.Env{Open: func(string) (line.Open, error) { return nil, nil }}
	for settings, good := range map[string]bool{`path = "/a?b=c"`: true, ``: false, `path = "a"`: false, "path = \"/a\"\nuser = \"u\"": false, "path = \"/a\"\nuser = \"u\"\npassword = \"p\"": true} {
		if _, err := New(devicestest.Settings(t, Kind, "tcp:10.20.1.11:554", settings), env); (err == nil) != good {
			t.Errorf("%q: %v", settings, err)
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte(strings.Join(dialogue, "")+rtp(2, 1, false, golden[:700])+rtp(2, 2, true, golden[700:])), uint8(50))
	f.Fuzz(func(t *testing.T, p []byte, step uint8) {
		asked, texts, errs, _, _ := talk(t, nil, string(p))
		var pieces []string
		for i := 0; i < len(p); i += int(step) + 1 {
			pieces = append(pieces, string(p[i:min(len(p), i+int(step)+1)]))
		}
		asked2, texts2, errs2, _, _ := talk(t, nil, pieces...)
		if d := cmp.Diff(asked, asked2) + cmp.Diff(texts, texts2) + cmp.Diff(errs, errs2); d != "" {
			t.Errorf("in pieces of %d: %s", step+1, d)
		}
	})
}
