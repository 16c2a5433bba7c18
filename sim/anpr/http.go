package anpr

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// incoming collects what the other end of a connection sends, and cuts it into messages of
// HTTP with a Content-Length.
type incoming struct{ buf []byte }

// httpMessage is one request or answer.
type httpMessage struct {
	first  string // its first line
	header map[string]string
	body   string
}

// take adds bytes. What is far too long for a message is thrown away.
func (in *incoming) take(p []byte) {
	if in.buf = append(in.buf, p...); len(in.buf) > 64<<10 {
		in.buf = in.buf[:0]
	}
}

// next gives the first message, if it is whole.
func (in *incoming) next() (m httpMessage, ok bool) {
	head, rest, ok := bytes.Cut(in.buf, []byte("\r\n\r\n"))
	if !ok {
		return m, false
	}
	lines := strings.Split(string(head), "\r\n")
	m = httpMessage{first: lines[0], header: map[string]string{}}
	for _, l := range lines[1:] {
		k, v, _ := strings.Cut(l, ":")
		m.header[strings.ToLower(k)] = strings.TrimSpace(v)
	}
	size, _ := strconv.Atoi(m.header["content-length"]) // none, or a wrong one, is 0
	if len(rest) < size {
		return m, false
	}
	m.body = string(rest[:size])
	in.buf = append(in.buf[:0], rest[size:]...)
	return m, true
}

// account is the login that a camera asks for: HTTP Digest with MD5 and qop auth. A nonce
// is the time at which it was made.
type account struct {
	user, password, realm string
	life                  time.Duration // of a nonce
}

// check gives the challenge for a request without a good login, "" for one with it. wrong
// reports whether a login was tried and is not ours.
func (a *account) check(now time.Time, method, target, login string) (challenge string, wrong bool) {
	ask := fmt.Sprintf(`Digest realm="%s", qop="auth", nonce="%d", opaque="5ccc"`, a.realm, now.UnixMilli())
	given, ok := strings.CutPrefix(login, "Digest ")
	if a.user == "" {
		return "", false
	}
	if !ok {
		return ask, false
	}
	f := map[string]string{}
	for pair := range strings.SplitSeq(given, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(pair), "=")
		f[k] = strings.Trim(v, `"`)
	}
	sum := func(parts ...string) string {
		h := md5.Sum([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(h[:])
	}
	want := sum(sum(a.user, a.realm, a.password), f["nonce"], f["nc"], f["cnonce"], f["qop"], sum(method, target))
	if f["username"] != a.user || f["uri"] != target || f["response"] != want || f["qop"] != "auth" {
		return ask, true
	}
	made, err := strconv.ParseInt(f["nonce"], 10, 64)
	if err != nil || now.Sub(time.UnixMilli(made)) > a.life {
		return ask + ", stale=true", false
	}
	return "", false
}
