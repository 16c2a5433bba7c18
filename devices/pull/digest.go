package pull

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// challenge is one way to log in that a device offers.
type challenge struct {
	scheme string // lower case
	param  map[string]string
}

const maxChallenges = 8

// parseChallenges reads a WWW-Authenticate header: schemes, each with its parameters, in one
// list of commas (RFC 9110 section 11.6.1). What cannot be read ends the list.
func parseChallenges(s string) []challenge {
	var list []challenge
	for len(list) <= maxChallenges {
		s = strings.TrimLeft(s, ", \t")
		word := token(s)
		if word == "" {
			break
		}
		rest := strings.TrimLeft(s[len(word):], " \t")
		if !strings.HasPrefix(rest, "=") || len(list) == 0 {
			list = append(list, challenge{strings.ToLower(word), map[string]string{}})
			s = s[len(word):]
			continue
		}
		var value string
		value, s = paramValue(strings.TrimLeft(rest[1:], " \t"))
		list[len(list)-1].param[strings.ToLower(word)] = value
	}
	return list[:min(len(list), maxChallenges)]
}

// token gives the token (RFC 9110 section 5.6.2) that s begins with.
func token(s string) string {
	for i, c := range []byte(s) {
		if c <= ' ' || c >= 0x7F || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return s[:i]
		}
	}
	return s
}

// paramValue gives a value that is quoted or not, and what follows. A quoted value keeps its
// backslashes, because it is sent back as it came.
func paramValue(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		i := strings.IndexAny(s, ", \t")
		if i < 0 {
			i = len(s)
		}
		return s[:i], s[i:]
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[1:i], s[i+1:]
		}
	}
	return s[1:], ""
}

var hashes = map[string]func() hash.Hash{"": md5.New, "MD5": md5.New, "SHA-256": sha256.New}

// usable says why a Digest challenge cannot be answered; "" if it can.
func (c *challenge) usable() string {
	if _, ok := hashes[strings.ToUpper(c.param["algorithm"])]; !ok {
		return fmt.Sprintf("Digest with algorithm %.20q is not understood", c.param["algorithm"])
	}
	if _, ok := c.qop(); !ok {
		return fmt.Sprintf("Digest with qop %.20q is not understood", c.param["qop"])
	}
	if c.param["nonce"] == "" {
		return "Digest without a nonce"
	}
	return ""
}

// qop gives the quality of protection that is used: auth, or none as in RFC 2069.
func (c *challenge) qop() (q string, ok bool) {
	offered, has := c.param["qop"]
	if !has || offered == "" {
		return "", true
	}
	for q := range strings.SplitSeq(offered, ",") {
		if strings.EqualFold(strings.TrimSpace(q), "auth") {
			return "auth", true
		}
	}
	return "", false
}

func (c *challenge) stale() bool { return strings.EqualFold(c.param["stale"], "true") }

// cnonce makes the client's nonce. It must not be known before to whoever makes the nonce,
// and it must be the same when a dialogue is played again: it comes from the password.
func (c *challenge) cnonce(password string, count uint32) string {
	m := hmac.New(sha256.New, []byte(password))
	fmt.Fprintf(m, "%s %d", c.param["nonce"], count)
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// answer gives the Authorization header for one request.
func (c *challenge) answer(user, password, method, target, cnonce string, count uint32) string {
	newHash := hashes[strings.ToUpper(c.param["algorithm"])]
	sum := func(s string) string {
		h := newHash()
		h.Write([]byte(s))
		return hex.EncodeToString(h.Sum(nil))
	}
	p := c.param
	ha1, ha2 := sum(user+":"+p["realm"]+":"+password), sum(method+":"+target)
	nc := fmt.Sprintf("%08x", count)
	qop, _ := c.qop()
	response := sum(ha1 + ":" + p["nonce"] + ":" + ha2)
	if qop != "" {
		response = sum(ha1 + ":" + p["nonce"] + ":" + nc + ":" + cnonce + ":" + qop + ":" + ha2)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s"`, user, p["realm"], p["nonce"], target, response)
	if a := p["algorithm"]; a != "" {
		b.WriteString(", algorithm=" + a)
	}
	if o, ok := p["opaque"]; ok {
		b.WriteString(`, opaque="` + o + `"`)
	}
	if qop != "" {
		b.WriteString(`, qop=auth, nc=` + nc + `, cnonce="` + cnonce + `"`)
	}
	return b.String()
}
