package anprtest

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsgd/internal/line"
)

const plate = "389BK01"

func good(t *testing.T, s Sender) {
	r := start(t, s, "")
	r.next("a")
	if len(r.faults()) > 0 {
		t.Errorf("a good event gives errors %q", r.faults())
	}
}

func broken(t *testing.T, s Sender) {
	r := start(t, s, "")
	whole := s.request(s.event("a", plate, JPEG(640, 480, 5000)), -1)
	r.send(whole[:len(whole)-2000])
	r.reported("ends inside")
	r.next("b")
}

func cut(t *testing.T, s Sender) {
	r := start(t, s, "")
	e := s.event("a", plate, JPEG(640, 480, 5000))
	e.picture, e.after = e.picture[:2000], ""
	code := r.send(s.request(e, -1))
	r.reported()
	if s.Whole && code != 400 {
		t.Errorf("a document that is cut off is answered %d, want 400", code)
	}
	if n := r.count(plate); !s.Whole && (n != 1 || code != 200) {
		t.Errorf("the text before the picture is read %d times and answered %d, want once and 200", n, code)
	}
	r.next("b")
}

func tooLong(t *testing.T, s Sender) {
	r := start(t, s, "")
	e := s.event("a", plate, JPEG(640, 480, 5000))
	r.send(s.request(e, len(e.body())+100))
	r.reported("ends inside")
	r.next("b")
}

func tooShort(t *testing.T, s Sender) {
	r := start(t, s, "")
	e := s.event("a", plate, JPEG(640, 480, 5000))
	r.send(s.request(e, len(e.body())-1000))
	r.reported()
	r.next("b")
}

func oversized(t *testing.T, s Sender) {
	r := start(t, s, "max_picture = 65536\n")
	code := r.send(s.request(s.event("a", plate, JPEG(640, 480, 2<<20)), -1))
	r.reported("larger than")
	if n := r.count(plate); !s.Whole && (n != 1 || code != 200) {
		t.Errorf("its text is read %d times and answered %d, want once and 200", n, code)
	}
	r.next("b")
}

func bombs(t *testing.T, s Sender) {
	r := start(t, s, "")
	for i, p := range [][]byte{JPEG(60000, 60000, 20_000), PNG(60000, 60000, 20_000)} {
		text := fmt.Sprintf("389BK%02d", i)
		code := r.send(s.request(s.event(text, text, p), -1))
		if p := r.plate(text); p == nil || len(p.Images) != 0 || code != 200 {
			t.Errorf("picture %d: answered %d, reading %+v, want the text without the picture", i, code, p)
		}
	}
	r.reported("60000 x 60000")
	r.next("b")
}

func noPictures(t *testing.T, s Sender) {
	r := start(t, s, "")
	for i, p := range []string{"GIF89a\x01\x00\x01\x00", "<html>Not found</html>", "\x00", "MZ\x90\x00", "\xff\xd8"} {
		text := fmt.Sprintf("389BK%02d", i)
		code := r.send(s.request(s.event(text, text, []byte(p)), -1))
		if p := r.plate(text); p == nil || len(p.Images) != 0 || code != 200 {
			t.Errorf("picture %d: answered %d, reading %+v, want the text without the picture", i, code, p)
		}
	}
	r.reported("not a JPEG, PNG or BMP")
	if len(r.faults()) < 5 {
		t.Errorf("of 5 pictures that are none %d are reported: %q", len(r.faults()), r.faults())
	}
	r.next("b")
}

func replayed(t *testing.T, s Sender) {
	r := start(t, s, "")
	m := s.request(s.event("a", plate, JPEG(640, 480, 2000)), -1)
	for i, p := range [][]byte{m, m, append(bytes.Clone(m), m...)} {
		if code := r.send(p); code != 200 {
			t.Errorf("time %d is answered %d, want 200", i+1, code)
		}
	}
	if n := r.count(plate); n != 1 {
		t.Errorf("the same event four times gives %d readings, want 1", n)
	}
	r.next("b")
}

func foreign(t *testing.T, s Sender) {
	r := start(t, s, "allow = [\"10.9.9.9\", \"192.0.2.0/24\"]\n")
	if code := r.send(s.request(s.event("a", plate, JPEG(640, 480, 2000)), -1)); code != 0 {
		t.Errorf("it is answered %d, want the connection closed", code)
	}
	r.reported("127.0.0.1")
	if n := r.count(plate); n != 0 {
		t.Errorf("its event is read %d times", n)
	}
}

func logins(t *testing.T, s Sender) {
	r := start(t, s, "user = \"cam\"\npassword = \"secret\"\n")
	e := s.event("a", plate, JPEG(640, 480, 2000))
	nonce, realm := r.challenge(e)
	if nonce == "" {
		t.Fatal("no Digest challenge")
	}
	other, _ := start(t, s, "user = \"cam\"\npassword = \"secret\"\n").challenge(e) // another process has another secret
	for name, login := range map[string]string{
		"no login":                       "",
		"a wrong password":               digest("cam", "wrong", realm, nonce, s.Path),
		"a wrong user":                   digest("root", "secret", realm, nonce, s.Path),
		"a nonce of another site":        digest("cam", "secret", realm, other, s.Path),
		"a nonce that was made up":       digest("cam", "secret", realm, "18a5b6c7d8e.00112233445566778899aabbccddeeff", s.Path),
		"a login for another path":       digest("cam", "secret", realm, nonce, "/other"),
		"a wrong password in HTTP Basic": "Basic " + base64.StdEncoding.EncodeToString([]byte("cam:wrong")),
		"a token":                        "Bearer secret",
	} {
		var headers []string
		if login != "" {
			headers = append(headers, "Authorization: "+login)
		}
		before := len(r.faults())
		if code := r.send(s.request(e, -1, headers...)); code != 401 {
			t.Errorf("%s is answered %d, want 401", name, code)
		}
		if n := r.count(plate); n != 0 {
			t.Fatalf("%s: the event is read", name)
		}
		// A first request without a login is how Digest begins; a scheme that is not taken
		// may be answered without a word.
		if strings.HasPrefix(login, "Digest") && len(r.faults()) == before {
			t.Errorf("%s is not reported", name)
		}
	}
	if code := r.send(s.request(e, -1, "Authorization: "+digest("cam", "secret", realm, nonce, s.Path))); code != 200 || r.count(plate) != 1 {
		t.Errorf("the right login is answered %d and read %d times, errors %q", code, r.count(plate), r.faults())
	}
}

var challengeField = regexp.MustCompile(`(realm|nonce)="([^"]*)"`)

// challenge asks for the Digest challenge.
func (r *rig) challenge(e event) (nonce, realm string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, "http://"+r.addr+r.s.Path, bytes.NewReader(e.body()))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", e.contentType)
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	resp.Body.Close()
	for _, v := range resp.Header.Values("WWW-Authenticate") {
		if !strings.HasPrefix(v, "Digest ") {
			continue
		}
		for _, m := range challengeField.FindAllStringSubmatch(v, -1) {
			if m[1] == "nonce" {
				nonce = m[2]
			} else {
				realm = m[2]
			}
		}
	}
	return nonce, realm
}

// digest is a login of RFC 7616 with MD5.
func digest(user, password, realm, nonce, uri string) string {
	h := func(s string) string {
		sum := md5.Sum([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	const nc, cnonce = "00000001", "0a4f113b"
	response := h(h(user+":"+realm+":"+password) + ":" + nonce + ":" + nc + ":" + cnonce + ":auth:" + h("POST:"+uri))
	return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", qop=auth, nc=%s, cnonce="%s", algorithm=MD5`,
		user, realm, nonce, uri, response, nc, cnonce)
}

func garbage(t *testing.T, s Sender) {
	r := start(t, s, "")
	noise := make([]byte, 64<<10)
	rnd := rand.New(rand.NewPCG(5, 6))
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	for name, p := range map[string][]byte{
		"noise":                     noise,
		"a TLS hello":               append([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), noise[:506]...),
		"the preface of HTTP/2":     []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		"a request that is none":    []byte("POST / \x00\x01\x02\r\n\r\n"),
		"two content lengths":       []byte("POST " + s.Path + " HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345"),
		"a negative content length": []byte("POST " + s.Path + " HTTP/1.1\r\nContent-Length: -5\r\n\r\n12345"),
		"a damaged chunk":           []byte("POST " + s.Path + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n12345\r\n"),
		"noise in a body":           append(s.head("multipart/form-data; boundary=x", "Content-Length: 65536"), noise...),
	} {
		r.forget()
		r.send(p)
		if !r.reported() {
			t.Errorf("%s is not reported", name)
		}
	}
	if r.total() > 0 {
		t.Errorf("garbage gives %d readings", r.total())
	}
	r.next("b")
}

func half(t *testing.T, s Sender) {
	r := start(t, s, "")
	whole := s.request(s.event("a", plate, JPEG(640, 480, 2000)), -1)
	head := bytes.Index(whole, []byte("\r\n\r\n"))
	for _, n := range []int{3, 20, head, head + 4, head + 10} {
		r.forget()
		r.send(whole[:n])
		if !r.reported() {
			t.Errorf("a request that ends after %d bytes is not reported", n)
		}
	}
	r.send([]byte("POST " + s.Path + " HTTP/1.1\r\nX: " + strings.Repeat("x", 100_000)))
	r.reported("head")
	r.next("b")
}

// slow runs in a bubble: a byte a minute for an hour, and one that connects and is silent.
func slow(t *testing.T, s Sender) {
	synctest.Test(t, func(t *testing.T) {
		pipes := line.NewPipes()
		r := &rig{t: t, s: s}
		src := r.source("idle = \"5m\"\nconnections = 3\n", func(string) (line.Open, error) { return pipes.Open("p"), nil })
		go src.Run(t.Context(), r.emit)
		whole := s.request(s.event("a", plate, JPEG(640, 480, 2000)), -1)
		for _, from := range []int{0, bytes.Index(whole, []byte("\r\n\r\n")) + 10, len(whole) - 100} {
			c, err := pipes.Accept(t.Context(), "p")
			if err != nil {
				t.Fatal(err)
			}
			go func() { // answers are read and forgotten
				for p := make([]byte, 512); ; {
					if _, err := c.Read(p); err != nil {
						return
					}
				}
			}()
			began, closed := time.Now(), false
			c.Write(whole[:from]) // the driver may have closed
			for i := 0; i < 60 && !closed && from+i < len(whole); i++ {
				time.Sleep(time.Minute)
				_, err := c.Write(whole[from+i : from+i+1])
				closed = err != nil
			}
			if took := time.Since(began); !closed || took > 7*time.Minute {
				t.Errorf("a byte a minute after %d bytes is borne for %v (closed: %v)", from, took, closed)
			}
			c.Close()
		}
		if len(r.faults()) < 3 || r.count(plate) != 0 {
			t.Errorf("3 slow senders give errors %q, %d readings", r.faults(), r.count(plate))
		}
		c, err := pipes.Accept(t.Context(), "p")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(whole); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if r.count(plate) != 1 {
			t.Errorf("the next good event is read %d times", r.count(plate))
		}
		c.Close()
	})
}
