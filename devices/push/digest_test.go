package push

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestDigest(t *testing.T) {
	g := &Gate{user: "cam", password: "secret", secret: []byte("0123456789")}
	at := time.Date(2026, 3, 1, 6, 14, 0, 0, time.UTC)
	r := &Request{Method: "POST", Target: "/a?b=[1]"}
	challenge, _ := g.Check(r, at)
	f := digestFields(challenge[strings.Index(challenge, "Digest ")+7:])
	if f["realm"] != realm || f["nonce"] == "" {
		t.Fatalf("challenge %q", challenge)
	}
	login := func(password, algorithm string) string {
		h := &Gate{user: "cam", password: password}
		v := map[string]string{"uri": r.Target, "nonce": f["nonce"], "nc": "00000001", "cnonce": "abc", "qop": "auth"}
		return fmt.Sprintf(`Digest username="cam", realm="acsgd", nonce="%s", uri="%s", response="%s", qop=auth, nc=00000001, cnonce="abc", algorithm=%s`,
			f["nonce"], r.Target, h.response(hashes[algorithm], r.Method, v), algorithm)
	}
	for _, c := range []struct {
		name, authorization string
		at                  time.Time
		pass, stale         bool
	}{
		{"the right password passes", login("secret", "MD5"), at, true, false},
		{"and with SHA-256", login("secret", "SHA-256"), at, true, false},
		{"a wrong one does not", login("wrong", "MD5"), at, false, false},
		{"an old nonce is stale", login("secret", "MD5"), at.Add(time.Hour), false, true},
		{"a nonce that we did not make is refused", strings.Replace(login("secret", "MD5"), f["nonce"], "18a.00", 1), at, false, false},
		{"another scheme is refused", "Basic Y2FtOnNlY3JldA==", at, false, false},
	} {
		r.Authorization = c.authorization
		challenge, _ := g.Check(r, c.at)
		if (challenge == "") != c.pass || strings.Contains(challenge, "stale=true") != c.stale {
			t.Errorf("%s: challenge %q", c.name, challenge)
		}
	}
}

// TestDigestAnswersRFC7616 holds the response to the example of RFC 7616 section 3.9.1.
func TestDigestAnswersRFC7616(t *testing.T) {
	g := &Gate{user: "Mufasa", password: "Circle of Life"}
	f := map[string]string{"uri": "/dir/index.html", "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "nc": "00000001",
		"cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "qop": "auth"}
	if got, want := g.responseIn("http-auth@example.org", hashes["MD5"], "GET", f), "8ca523f5e9506fed4657c9700eebdbec"; got != want {
		t.Errorf("response %s, want %s", got, want)
	}
}

func TestBasicAndBearer(t *testing.T) {
	for header, want := range map[string][2]bool{
		"Basic bG9nZ2VyOnNlY3JldA==":  {true, false}, // logger:secret
		"basic bG9nZ2VyOnNlY3JldA==":  {true, false},
		"Basic bG9nZ2VyOnNlY3JldDE=":  {false, false},
		"Basic logger:secret":         {false, false},
		"Bearer 5f2c":                 {false, true},
		"bearer  5f2c":                {false, true},
		"Bearer 5f2":                  {false, false},
		"Bearer bG9nZ2VyOnNlY3JldA==": {false, false},
		"5f2c":                        {false, false},
		"":                            {false, false},
	} {
		if got := [2]bool{Basic(header, "logger", "secret"), Bearer(header, "5f2c")}; got != want {
			t.Errorf("%q: Basic and Bearer are %v, want %v", header, got, want)
		}
	}
}
