package isapi

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"acsgd/internal/line"
)

// gate checks HTTP Digest (RFC 7616) without keeping anything a camera: a nonce is the
// time and its seal with a secret of the process.
type gate struct {
	user, password string
	secret         []byte
}

const (
	realm = "acsgd"
	// nonceLife is how long a nonce may be used; an older one is stale, which costs the
	// camera one more round and is no failed login.
	nonceLife = 5 * time.Minute
)

func (g *gate) nonce(at time.Time) string {
	stamp := strconv.FormatInt(at.UnixMilli(), 16)
	m := hmac.New(sha256.New, g.secret)
	m.Write([]byte(stamp))
	return stamp + "." + hex.EncodeToString(m.Sum(nil)[:16])
}

// fresh reports whether we made the nonce, and whether it may still be used.
func (g *gate) fresh(nonce string, at time.Time) (ours, young bool) {
	stamp, _, _ := strings.Cut(nonce, ".")
	ms, err := strconv.ParseInt(stamp, 16, 64)
	if err != nil || subtle.ConstantTimeCompare([]byte(nonce), []byte(g.nonce(time.UnixMilli(ms)))) != 1 {
		return false, false
	}
	age := at.Sub(time.UnixMilli(ms))
	return true, age > -time.Minute && age < nonceLife
}

// check gives the challenge to send back, "" if the request may pass, and why a login that
// was tried has failed.
func (g *gate) check(r *request, at time.Time) (challenge, why string) {
	scheme, rest, _ := strings.Cut(r.authorization, " ")
	if !strings.EqualFold(scheme, "Digest") {
		return g.challenge(at, ""), ""
	}
	f := digestFields(rest)
	ours, young := g.fresh(f["nonce"], at)
	newHash, ok := hashes[strings.ToUpper(f["algorithm"])]
	switch {
	case !ok || f["uri"] != r.target || !ours:
		return g.challenge(at, ""), "login with a foreign nonce, address or algorithm"
	case subtle.ConstantTimeCompare([]byte(f["response"]), []byte(g.response(newHash, r.method, f))) != 1 || f["username"] != g.user:
		return g.challenge(at, ""), "login with a wrong user or password"
	case !young:
		return g.challenge(at, ", stale=true"), ""
	}
	return "", ""
}

func (g *gate) challenge(at time.Time, more string) string {
	return `WWW-Authenticate: Digest realm="` + realm + `", qop="auth", algorithm=MD5, nonce="` + g.nonce(at) + `"` + more
}

var hashes = map[string]func() hash.Hash{"": md5.New, "MD5": md5.New, "SHA-256": sha256.New}

func (g *gate) response(newHash func() hash.Hash, method string, f map[string]string) string {
	return g.responseIn(realm, newHash, method, f)
}

func (g *gate) responseIn(realm string, newHash func() hash.Hash, method string, f map[string]string) string {
	sum := func(s string) string {
		h := newHash()
		h.Write([]byte(s))
		return hex.EncodeToString(h.Sum(nil))
	}
	ha1, ha2 := sum(g.user+":"+realm+":"+g.password), sum(method+":"+f["uri"])
	if f["qop"] == "" {
		return sum(ha1 + ":" + f["nonce"] + ":" + ha2)
	}
	return sum(ha1 + ":" + f["nonce"] + ":" + f["nc"] + ":" + f["cnonce"] + ":" + f["qop"] + ":" + ha2)
}

// digestFields reads key=value pairs with or without quotes.
func digestFields(s string) map[string]string {
	f := map[string]string{}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeft(s, ", \t") {
		key, rest, ok := strings.Cut(s, "=")
		if !ok {
			break
		}
		var value string
		if rest, ok = strings.CutPrefix(rest, `"`); ok {
			value, s, _ = strings.Cut(rest, `"`)
		} else {
			value, s, _ = strings.Cut(rest, ",")
			value = strings.TrimSpace(value)
		}
		f[strings.ToLower(strings.TrimSpace(key))] = value
	}
	return f
}

// allowed reports whether the other end of c stands in the list; an empty list has all.
func allowed(c line.Conn, list []netip.Prefix) bool {
	if len(list) == 0 {
		return true
	}
	at, err := netip.ParseAddrPort(c.Peer())
	if err != nil {
		return false
	}
	for _, p := range list {
		if p.Contains(at.Addr().Unmap()) {
			return true
		}
	}
	return false
}
