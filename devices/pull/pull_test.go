package pull

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"strings"
	"testing"
	"time"

	"acsgd/devices"
	"acsgd/devices/push"
)

var t0 = time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)

// taker writes down what a client hands out.
type taker struct {
	log  []string
	next func() // called by End
}

func (k *taker) Head(r *Response) {
	k.log = append(k.log, fmt.Sprintf("%d %s", r.Status, r.ContentType))
}
func (k *taker) TakePart(p push.Part, content []byte) {
	k.log = append(k.log, fmt.Sprintf("part %s %q", p.Media, content))
}
func (k *taker) PartFault(_ int64, reason string) { k.log = append(k.log, "fault "+reason) }
func (k *taker) Body(p []byte)                    { k.log = append(k.log, fmt.Sprintf("body %q", p)) }
func (k *taker) End() {
	k.log = append(k.log, "end")
	if k.next != nil {
		k.next()
	}
}

// play gives a client bytes, size at a time, and tells what it handed out and sent.
func play(c *Client, k *taker, out *devices.Out, now time.Time, answer string, size int) {
	for p := []byte(answer); len(p) > 0 && out.Fail == nil; p = p[min(size, len(p)):] {
		c.Feed(now, p[:min(size, len(p))], out)
	}
}

func login(t *testing.T) *Login {
	t.Helper()
	l, err := NewLogin("Mufasa", "Circle of Life", false)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var plates = Request{Method: "POST", Target: "/ISAPI/plates?x=[1]", Type: "application/xml", Body: []byte("<A/>")}

// TestAnswers holds what bodies of all framings give, in pieces of any size.
func TestAnswers(t *testing.T) {
	const multi = "HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=bb\r\n"
	const jpeg = "--bb\r\nContent-Type: image/jpeg\r\nContent-Length: 23\r\n\r\n\xff\xd8\r\n--bb\r\nX: y\r\n\r\nend\xff\xd9\r\n"
	const next = "--bb\r\nA: b\r\n\r\n" // a boundary counts where header lines follow it
	const part = "--bb\r\nContent-Type: application/xml\r\n\r\n<a/>\r\n"
	gotJPEG := fmt.Sprintf("part image/jpeg %q", "\xff\xd8\r\n--bb\r\nX: y\r\n\r\nend\xff\xd9")
	for _, c := range []struct {
		name, answer string
		want         []string
		fail         string
	}{
		{"a length", "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>", []string{"200 text/xml", `body "<a/>"`, "end"}, ""},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n<a\r\n2\r\n/>\r\n0\r\nT: u\r\n\r\n", []string{"200 ", `body "<a/>"`, "end"}, ""},
		{"line feeds alone", "HTTP/1.1 200 OK\nContent-Length: 4\n\n<a/>", []string{"200 ", `body "<a/>"`, "end"}, ""},
		{"until the end", "HTTP/1.0 200 OK\r\n\r\n<a/>EOF", []string{"200 ", `body "<a/>"`, "end"}, ""},
		{"no body", "HTTP/1.1 204 No Content\r\n\r\n", []string{"204 ", `body ""`, "end"}, ""},
		{"an error is handed on", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", []string{"403 ", `body "no"`, "end"}, ""},
		{"100 goes before", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", []string{"200 ", `body ""`, "end"}, ""},
		{"an endless stream", multi + "\r\n" + part + jpeg + part + next,
			[]string{"200 multipart/mixed; boundary=bb", `part application/xml "<a/>"`, gotJPEG, `part application/xml "<a/>"`}, ""},
		{"a stream in chunks", multi + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n%x\r\n%s\r\n", len(part), part, len(next), next),
			[]string{"200 multipart/mixed; boundary=bb", `part application/xml "<a/>"`}, ""},
		{"a stream that replaces, quoted, its boundary announced with dashes",
			"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=\"--bb\"\r\n\r\n" + part + jpeg + "--bb\r\n",
			[]string{`200 multipart/x-mixed-replace; boundary="--bb"`, `part application/xml "<a/>"`, gotJPEG}, ""},
		{"dashes that are meant", "HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=--bb\r\n\r\n--" + part + "--" + jpeg + "----bb--",
			[]string{"200 multipart/mixed; boundary=--bb", `part application/xml "<a/>"`, gotJPEG}, ""},
		{"a length that is too small", multi + "\r\n--bb\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\n1234\r\n" + part + next,
			[]string{"200 multipart/mixed; boundary=bb", `part a/b "12"`, `fault part "a/b" goes on after its Content-Length of 2 bytes`, `part application/xml "<a/>"`}, ""},
		{"no boundary", "HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed\r\nContent-Length: 3\r\n\r\nabc", []string{"200 multipart/mixed"}, "without a usable boundary"},
		{"compressed", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", nil, "gzip was not asked for"},
		{"too large", "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", []string{"200 "}, "1001 bytes is larger"},
		{"too large in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n" + strings.Repeat("x", 0xfff) + "\r\n0\r\n\r\n", []string{"200 "}, "larger than 1000"},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", nil, "two different ones"},
		{"a length below 0", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", nil, "no number"},
		{"broken chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", []string{"200 "}, "chunks"},
		{"a head without end", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 6000), nil, "too long"},
		{"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", nil, "not an HTTP answer"},
		{"no status", "HTTP/1.1 OK\r\n\r\n", nil, "not an HTTP status line"},
		{"more than was asked for", "HTTP/1.1 204 X\r\n\r\nHTTP/1.1 204 X\r\n\r\n", []string{"204 ", `body ""`, "end"}, "without being asked"},
		{"cut off", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<aEOF", []string{"200 "}, "inside an answer"},
		{"closed at once", "EOF", nil, "without an answer"},
	} {
		for _, size := range []int{1, 7, 1 << 20} {
			t.Run(fmt.Sprintf("%s/%d", c.name, size), func(t *testing.T) {
				k, out := &taker{}, &devices.Out{}
				cl := New(Config{Proto: "x", Host: "h", MaxBody: 1000, MaxPart: 1000}, k)
				cl.Do(t0, Request{Method: "GET", Target: "/"}, out)
				answer, ended := strings.CutSuffix(c.answer, "EOF")
				play(cl, k, out, t0, answer, size)
				if ended && out.Fail == nil {
					cl.Finish(t0, out)
				}
				if got := strings.Join(k.log, "\n"); got != strings.Join(c.want, "\n") {
					t.Errorf("handed out\n%s\nwant\n%s", got, strings.Join(c.want, "\n"))
				}
				if (out.Fail == nil) != (c.fail == "") || out.Fail != nil && !strings.Contains(out.Fail.Error(), c.fail) {
					t.Errorf("fails with %v, want %q", out.Fail, c.fail)
				}
			})
		}
	}
}

const (
	ask   = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\nWWW-Authenticate: Digest realm=\"r\", qop=\"auth\", nonce=\"%s\"%s\r\nContent-Length: 5\r\n\r\nlogin"
	good  = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	first = "POST /ISAPI/plates?x=[1] HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n"
	rest  = "Content-Type: application/xml\r\nContent-Length: 4\r\n\r\n<A/>"
)

// TestLoginDialogue holds the bytes of a login: the first request without, the second with
// the answer and the body again, later ones with the same nonce counted up.
func TestLoginDialogue(t *testing.T) {
	k, out := &taker{}, &devices.Out{}
	cl := New(Config{Proto: "x", Host: "h", Login: login(t)}, k)
	cl.Do(t0, plates, out)
	if got := string(out.Send); got != first+rest {
		t.Fatalf("first request %q", got)
	}
	out.Reset()
	play(cl, k, out, t0, fmt.Sprintf(ask, "n1", ""), 3)
	const second = first + `Authorization: Digest username="Mufasa", realm="r", nonce="n1", uri="/ISAPI/plates?x=[1]", response="%s", qop=auth, nc=%08x, cnonce="%s"` + "\r\n" + rest
	cn := (&challenge{param: map[string]string{"nonce": "n1"}}).cnonce("Circle of Life", 1)
	want := fmt.Sprintf(second, response("n1", 1, cn), 1, cn)
	if got := string(out.Send); got != want {
		t.Fatalf("second request\n%q\nwant\n%q", got, want)
	}
	out.Reset()
	play(cl, k, out, t0, good, 3)
	if got := strings.Join(k.log, " "); got != `200  body "ok" end` || out.Fail != nil || cl.Busy() {
		t.Fatalf("handed out %s, %v", got, out.Fail)
	}
	cl.Do(t0, plates, out)
	cn = (&challenge{param: map[string]string{"nonce": "n1"}}).cnonce("Circle of Life", 2)
	if got, want := string(out.Send), fmt.Sprintf(second, response("n1", 2, cn), 2, cn); got != want {
		t.Fatalf("third request\n%q\nwant\n%q", got, want)
	}
	// The nonce has become too old: once more with the new one, which is no failed login.
	out.Reset()
	play(cl, k, out, t0, fmt.Sprintf(ask, "n2", ", stale=true"), 1000)
	if got := string(out.Send); !strings.Contains(got, `nonce="n2"`) || !strings.Contains(got, "nc=00000001") || !strings.HasSuffix(got, "<A/>") {
		t.Fatalf("after stale %q", got)
	}
	if cl.cfg.Login.refused != 0 {
		t.Error("a stale nonce counts as a failed login")
	}
}

// response computes an answer as RFC 7616 section 3.4.1 puts it together, apart from the
// code under test.
func response(nonce string, count int, cnonce string) string {
	h := func(s string) string { return fmt.Sprintf("%x", md5.Sum([]byte(s))) }
	return h(h("Mufasa:r:Circle of Life") + ":" + nonce + fmt.Sprintf(":%08x:", count) + cnonce + ":auth:" + h("POST:/ISAPI/plates?x=[1]"))
}

// TestRefusedLogins: after two nothing is tried for an hour, over all connections.
func TestRefusedLogins(t *testing.T) {
	l := login(t)
	connect := func(now time.Time, answers ...string) (sent int, fail string) {
		k, out := &taker{}, &devices.Out{}
		cl := New(Config{Proto: "x", Host: "h", Login: l}, k)
		cl.Do(now, plates, out)
		for _, a := range answers {
			play(cl, k, out, now, a, 100)
		}
		if out.Fail != nil {
			fail = out.Fail.Error()
			if f, ok := out.Fail.(*Fault); !ok || !f.Login {
				t.Errorf("%v is no fault of the login", out.Fail)
			}
		}
		return bytes.Count(out.Send, []byte("Authorization:")), fail
	}
	no := func(n string) string { return fmt.Sprintf(ask, n, "") }
	for i, c := range []struct {
		at      time.Duration
		answers []string
		sent    int
		fail    string
	}{
		{0, []string{no("a"), no("b")}, 1, "login refused: check user"},
		{time.Second, []string{no("c"), good}, 1, ""}, // let in: the count begins anew
		{2 * time.Second, []string{no("d"), no("e")}, 1, "login refused: check user"},
		{3 * time.Second, []string{no("f"), no("g")}, 1, "login refused 2 times: not tried again before 07:14 UTC"},
		{4 * time.Second, nil, 0, "not tried again before 07:14 UTC"},
		{59 * time.Minute, nil, 0, "not tried again before 07:14 UTC"},
		{time.Hour + 4*time.Second, []string{no("h"), good}, 1, ""},
	} {
		sent, fail := connect(t0.Add(c.at), c.answers...)
		if sent != c.sent || (fail == "") != (c.fail == "") || !strings.Contains(fail, c.fail) {
			t.Errorf("connection %d: %d logins, %q, want %d, %q", i, sent, fail, c.sent, c.fail)
		}
	}
}

// TestNoncesThatAreAlwaysStale end the connection after a few.
func TestNoncesThatAreAlwaysStale(t *testing.T) {
	k, out := &taker{}, &devices.Out{}
	cl := New(Config{Proto: "x", Host: "h", Login: login(t)}, k)
	cl.Do(t0, plates, out)
	n := 0
	for ; n < 20 && out.Fail == nil; n++ {
		play(cl, k, out, t0, fmt.Sprintf(ask, fmt.Sprint("n", n), ", stale=true"), 1000)
	}
	if out.Fail == nil || n != staleMost+2 {
		t.Errorf("%d challenges, %v", n, out.Fail)
	}
}

// TestADeviceThatClosesAfterItsChallenge is answered on the next connection.
func TestADeviceThatClosesAfterItsChallenge(t *testing.T) {
	l := login(t)
	k, out := &taker{}, &devices.Out{}
	cl := New(Config{Proto: "x", Host: "h", Login: l}, k)
	cl.Do(t0, plates, out)
	play(cl, k, out, t0, strings.Replace(fmt.Sprintf(ask, "n1", ""), "Content-Length", "Connection: close\r\nContent-Length", 1), 1000)
	if out.Fail == nil {
		t.Fatal("the connection goes on")
	}
	for i, want := range []bool{true, false} { // the challenge is used once
		out = &devices.Out{}
		New(Config{Proto: "x", Host: "h", Login: l}, k).Do(t0.Add(time.Second), plates, out)
		if got := bytes.Contains(out.Send, []byte(`nonce="n1"`)); got != want {
			t.Errorf("connection %d answers: %v, want %v", i, got, want)
		}
	}
}

func TestADeviceThatWantsALoginWeDoNotHave(t *testing.T) {
	k, out := &taker{}, &devices.Out{}
	cl := New(Config{Proto: "x", Host: "h"}, k)
	cl.Do(t0, plates, out)
	play(cl, k, out, t0, fmt.Sprintf(ask, "n1", ""), 1000)
	if out.Fail == nil || !strings.Contains(out.Fail.Error(), "set user and password") {
		t.Errorf("fails with %v", out.Fail)
	}
}

// TestTheNextRequestFromEnd: a driver may ask on as soon as it has an answer.
func TestTheNextRequestFromEnd(t *testing.T) {
	k, out := &taker{}, &devices.Out{}
	cl := New(Config{Proto: "x", Host: "h"}, k)
	k.next = func() { k.next = nil; cl.Do(t0, Request{Method: "GET", Target: "/b"}, out) }
	cl.Do(t0, Request{Method: "GET", Target: "/a"}, out)
	play(cl, k, out, t0, good+good, 1000)
	if got := strings.Join(k.log, " "); got != `200  body "ok" end 200  body "ok" end` || out.Fail != nil || !bytes.Contains(out.Send, []byte("GET /b ")) {
		t.Errorf("handed out %s, %v, sent %q", got, out.Fail, out.Send)
	}
}

// TestARecording holds answers alone, challenges between them.
func TestARecording(t *testing.T) {
	k, out := &taker{}, &devices.Out{}
	cl := New(Config{Proto: "x", Recording: true}, k)
	play(cl, k, out, t0, fmt.Sprintf(ask, "n1", "")+good+"\r\n"+good, 5)
	cl.Finish(t0, out)
	if got := strings.Join(k.log, " "); got != `200  body "ok" end 200  body "ok" end` || out.Fail != nil || len(out.Send) > 0 {
		t.Errorf("handed out %s, %v, sent %q", got, out.Fail, out.Send)
	}
}

func TestHost(t *testing.T) {
	for link, want := range map[string]string{"tcp:10.1.2.3:80": "10.1.2.3:80", "tcp://cam.local:80?x=y": "cam.local:80", "pipe:cam": "cam", "replay:/a/b": "device", "": "device"} {
		if got := Host(link); got != want {
			t.Errorf("%q: %q, want %q", link, got, want)
		}
	}
}

// FuzzClient: whatever a device answers, in whatever pieces, gives the same, ends, and
// never takes more than its limits.
func FuzzClient(f *testing.F) {
	f.Add([]byte(fmt.Sprintf(ask, "n1", "")+good), uint8(3))
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=--bb\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n--bb\r\nA: b\r\n\r\nx\r\n--bb\r\n"), uint8(1))
	f.Add([]byte("HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=bb\r\n\r\n--bb\r\nContent-Length: 3\r\n\r\nabcde\r\n--bb--"), uint8(2))
	f.Fuzz(func(t *testing.T, p []byte, size uint8) {
		var logs []string
		for _, n := range []int{int(size%64) + 1, len(p) + 1} {
			l, _ := NewLogin("u", "p", false)
			k, out := &taker{}, &devices.Out{}
			cl := New(Config{Proto: "x", Host: "h", Login: l, MaxBody: 4096, MaxPart: 4096}, k)
			cl.Do(t0, plates, out)
			play(cl, k, out, t0, string(p), n)
			if cap(cl.buf) > 4*MaxHead || cap(cl.body) > 4*4096 {
				t.Fatalf("buffers of %d and %d bytes", cap(cl.buf), cap(cl.body))
			}
			if out.Fail == nil {
				cl.Finish(t0, out)
			}
			fail := ""
			if out.Fail != nil {
				fail = out.Fail.Error()
			}
			logs = append(logs, strings.Join(k.log, "\n")+"\n"+fail+"\n"+string(out.Send))
		}
		if logs[0] != logs[1] {
			t.Fatalf("in pieces of %d:\n%s\nwhole:\n%s", int(size%64)+1, logs[0], logs[1])
		}
	})
}
