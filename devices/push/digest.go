package push

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
	"time"
)

// Gate checks HTTP Digest (RFC 7616) without keeping anything a sender: a nonce is the
// time and its seal with a secret of the process.
type Gate struct {
	user, password string
	secret         []byte
}

const (
	realm = "acsgd"
	// nonceLife is how long a nonce may be used; an older one is stale, which costs the
	// sender one more round and is no failed login.
	nonceLife = 5 * time.Minute
)

// NewGate makes a gate with a secret of its own.
func NewGate(user, password string) *Gate {
	g := &Gate{user: user, password: password, secret: make([]byte, 32)}
	rand.Read(g.secret) // never fails
	return g
}

func (g *Gate) nonce(at time.Time) string {
	stamp := strconv.FormatInt(at.UnixMilli(), 16)
	m := hmac.New(sha256.New, g.secret)
	m.Write([]byte(stamp))
	return stamp + "." + hex.EncodeToString(m.Sum(nil)[:16])
}

// fresh reports whether we made the nonce, and whether it may still be used.
func (g *Gate) fresh(nonce string, at time.Time) (ours, young bool) {
	stamp, _, _ := strings.Cut(nonce, ".")
	ms, err := strconv.ParseInt(stamp, 16, 64)
	if err != nil || subtle.ConstantTimeCompare([]byte(nonce), []byte(g.nonce(time.UnixMilli(ms)))) != 1 {
		return false, false
	}
	age := at.Sub(time.UnixMilli(ms))
	return true, age > -time.Minute && age < nonceLife
}

// Check gives the challenge to send back, "" if the request may pass, and why a login that
// was tried has failed.
func (g *Gate) Check(r *Request, at time.Time) (challenge, why string) {
	scheme, rest, _ := strings.Cut(r.Authorization, " ")
	if !strings.EqualFold(scheme, "Digest") {
		return g.challenge(at, ""), ""
	}
	f := digestFields(rest)
	ours, young := g.fresh(f["nonce"], at)
	newHash, ok := hashes[strings.ToUpper(f["algorithm"])]
	switch {
	case !ok || f["uri"] != r.Target || !ours:
		return g.challenge(at, ""), "login with a foreign nonce, address or algorithm"
	case subtle.ConstantTimeCompare([]byte(f["response"]), []byte(g.response(newHash, r.Method, f))) != 1 || f["username"] != g.user:
		return g.challenge(at, ""), "login with a wrong user or password"
	case !young:
		return g.challenge(at, ", stale=true"), ""
	}
	return "", ""
}

func (g *Gate) challenge(at time.Time, more string) string {
	return `WWW-Authenticate: Digest realm="` + realm + `", qop="auth", algorithm=MD5, nonce="` + g.nonce(at) + `"` + more
}

var hashes = map[string]func() hash.Hash{"": md5.New, "MD5": md5.New, "SHA-256": sha256.New}

func (g *Gate) response(newHash func() hash.Hash, method string, f map[string]string) string {
	return g.responseIn(realm, newHash, method, f)
}

func (g *Gate) responseIn(realm string, newHash func() hash.Hash, method string, f map[string]string) string {
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

// Basic reports whether an Authorization header is a user's in HTTP Basic (RFC 7617).
func Basic(authorization, user, password string) bool {
	scheme, rest, _ := strings.Cut(authorization, " ")
	given, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
	return strings.EqualFold(scheme, "Basic") && err == nil && same(given, user+":"+password)
}

// Bearer reports whether an Authorization header carries a token (RFC 6750).
func Bearer(authorization, token string) bool {
	scheme, rest, _ := strings.Cut(authorization, " ")
	return strings.EqualFold(scheme, "Bearer") && same([]byte(strings.TrimSpace(rest)), token)
}

// same compares without telling by its time where the first difference is, or how long the
// secret is.
func same(given []byte, secret string) bool {
	a, b := sha256.Sum256(given), sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
