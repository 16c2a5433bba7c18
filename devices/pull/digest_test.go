package pull

import (
	"strings"
	"testing"
	"time"
)

// TestDigestAnswersTheRFCs holds responses to the examples of RFC 7616 section 3.9.1, of
// RFC 2617 section 3.5 and, without qop, of RFC 2069 section 2.4 as its erratum 749 has it.
func TestDigestAnswersTheRFCs(t *testing.T) {
	const example = `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=ALG, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
	const cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
	for _, c := range []struct{ name, challenge, password, cnonce, want string }{
		{"RFC 7616 MD5", strings.Replace(example, "ALG", "MD5", 1), "Circle of Life", cnonce, "8ca523f5e9506fed4657c9700eebdbec"},
		{"RFC 7616 SHA-256", strings.Replace(example, "ALG", "SHA-256", 1), "Circle of Life", cnonce,
			"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
		{"RFC 2617", `Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`,
			"Circle Of Life", "0a4f113b", "6629fae49393a05397450978507c4ef1"},
		{"RFC 2069", `Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`,
			"CircleOfLife", "", "1949323746fe6a43ef61f9606e7febea"},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := parseChallenges(c.challenge)
			if len(list) != 1 || list[0].usable() != "" {
				t.Fatalf("challenges %v", list)
			}
			got := list[0].answer("Mufasa", c.password, "GET", "/dir/index.html", c.cnonce, 1)
			if !strings.Contains(got, `response="`+c.want+`"`) {
				t.Errorf("%s\nwant response %s", got, c.want)
			}
			if !strings.Contains(got, `opaque="`+list[0].param["opaque"]+`"`) {
				t.Errorf("%s: opaque is not returned", got)
			}
		})
	}
}

// TestChallenges: several schemes may stand in one header, with quotes and blanks or not.
func TestChallenges(t *testing.T) {
	for _, c := range []struct{ header, want string }{
		{`Digest realm="a", nonce="n", qop="auth"`, "digest"},
		{`Basic realm="a", Digest realm="a,b=c", nonce=n , stale=TRUE,algorithm="MD5"`, "basic digest"},
		{`Negotiate, NTLM, Digest realm="a", nonce="n"`, "negotiate ntlm digest"},
		{`Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple"`, "newauth basic"},
		{``, ""},
		{`="x"`, ""},
		{strings.Repeat("Basic, ", 100), strings.TrimSpace(strings.Repeat("basic ", maxChallenges))},
	} {
		var got []string
		for _, ch := range parseChallenges(c.header) {
			got = append(got, ch.scheme)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: %v, want %s", c.header, got, c.want)
		}
	}
	list := parseChallenges(`Basic realm="a", Digest realm="a,b=c", nonce=n , stale=TRUE,algorithm="MD5"`)
	if p := list[1].param; p["realm"] != "a,b=c" || p["nonce"] != "n" || !list[1].stale() || p["algorithm"] != "MD5" {
		t.Errorf("parameters %v", p)
	}
}

func TestWhatLoginIsChosen(t *testing.T) {
	const md5, sha = `Digest realm="a", nonce="m", algorithm=MD5, qop="auth"`, `Digest realm="a", nonce="s", algorithm=SHA-256, qop="auth"`
	for _, c := range []struct {
		name, header string
		basic        bool
		want, why    string // the nonce, or basic
	}{
		{"SHA-256 before MD5", md5 + ", " + sha, false, "s", ""},
		{"SHA-256 first", sha + ", " + md5, false, "s", ""},
		{"Digest before Basic, even where that may be used", `Basic realm="a", ` + md5, true, "m", ""},
		{"Basic alone, allowed", `Basic realm="a"`, true, "basic", ""},
		{"Basic alone, not allowed", `Basic realm="a"`, false, "", "Basic only"},
		{"no Basic beside a Digest that is not understood", `Digest realm="a", nonce="x", algorithm=SHA-512-256, Basic realm="a"`, true, "", "SHA-512-256"},
		{"auth-int alone", `Digest realm="a", nonce="x", qop="auth-int"`, false, "", "auth-int"},
		{"no nonce", `Digest realm="a"`, false, "", "without a nonce"},
		{"nothing", `Negotiate`, true, "", "no login"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := NewLogin("u", "p", c.basic)
			if err != nil {
				t.Fatal(err)
			}
			ch, why := l.choose(parseChallenges(c.header))
			got := ""
			if ch != nil {
				if got = ch.param["nonce"]; ch.scheme == "basic" {
					got = "basic"
				}
			}
			if got != c.want || !strings.Contains(why, c.why) || (why == "") != (c.why == "") {
				t.Errorf("chosen %q, %q", got, why)
			}
		})
	}
}

func TestUsersThatCannotBeWritten(t *testing.T) {
	for _, u := range []string{`a"b`, "a:b", `a\b`, "a\r\nX: y", "ü"} {
		if _, err := NewLogin(u, "p", false); err == nil {
			t.Errorf("user %q is taken", u)
		}
	}
	if _, err := NewLogin("", "p", false); err == nil {
		t.Error("a password without a user is taken")
	}
	if l, err := NewLogin("", "", false); l != nil || err != nil {
		t.Errorf("no login: %v %v", l, err)
	}
	if _, barred := (*Login)(nil).Barred(time.Now()); barred {
		t.Error("no login is barred")
	}
}
