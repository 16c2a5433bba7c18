package pull

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	// refusals is after how many refused logins in a row nothing more is tried: cameras lock
	// an account after five.
	refusals = 2
	// pause is how long nothing is tried then; the lock of a camera lasts half an hour.
	pause = time.Hour
	// offerLife is how long a challenge may be answered on another connection, where the
	// device has closed the one on which it asked.
	offerLife = time.Minute
	// staleMost is how many nonces in a row may be stale for one request.
	staleMost = 3
)

// Login is the account at one device, shared by all connections to it, so that refusals are
// counted once. It is safe for concurrent use.
type Login struct {
	user, password string
	plain          bool // HTTP Basic may be used

	mu      sync.Mutex
	refused int
	until   time.Time // nothing is tried before
	offer   *challenge
	offered time.Time
}

// NewLogin makes the account. basic lets the password go to a device that offers nothing
// but HTTP Basic, which anybody on a plain link can read; an encrypted link may set it.
func NewLogin(user, password string, basic bool) (*Login, error) {
	if user == "" {
		if password != "" {
			return nil, fmt.Errorf("password without a user")
		}
		return nil, nil
	}
	if password == "" {
		return nil, fmt.Errorf("user without a password")
	}
	for _, c := range user {
		if c < ' ' || c > '~' || strings.ContainsRune(`":\`, c) {
			return nil, fmt.Errorf("user %q: want ASCII without quotes, colons and backslashes", user)
		}
	}
	return &Login{user: user, password: password, plain: basic}, nil
}

// Barred reports until when no login is tried, after several were refused.
func (l *Login) Barred(now time.Time) (until time.Time, barred bool) {
	if l == nil {
		return time.Time{}, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until, now.Before(l.until)
}

// barredReason is what is said while nothing is tried.
func barredReason(until time.Time) string {
	return fmt.Sprintf("login refused %d times: not tried again before %s UTC, because cameras lock accounts; check user and password",
		refusals, until.UTC().Format("15:04"))
}

// refuse counts a refused login and reports whether it was the last for now.
func (l *Login) refuse(now time.Time) (until time.Time, barred bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.offer = nil
	if l.refused++; l.refused >= refusals {
		l.refused, l.until = 0, now.Add(pause)
		return l.until, true
	}
	return time.Time{}, false
}

// accept notes that the device has let us in.
func (l *Login) accept() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = 0
}

// keep stores a challenge for the next connection.
func (l *Login) keep(now time.Time, c *challenge) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.offer, l.offered = c, now
}

// take gives the stored challenge, once.
func (l *Login) take(now time.Time) *challenge {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.offer
	l.offer = nil
	if now.Sub(l.offered) > offerLife {
		return nil
	}
	return c
}

// choose gives the challenge that is answered: Digest with SHA-256 before MD5, Basic where
// nothing else is offered and it is allowed. why says what is wrong if there is none.
func (l *Login) choose(list []challenge) (c *challenge, why string) {
	basic := false
	for i := range list {
		switch list[i].scheme {
		case "digest":
			w := list[i].usable()
			switch {
			case w != "":
				why = w
			case c == nil || strings.EqualFold(list[i].param["algorithm"], "SHA-256"):
				c = &list[i]
			}
		case "basic":
			basic = true
		}
	}
	switch {
	case c != nil:
		return c, ""
	case why != "":
		return nil, why
	case !basic:
		return nil, "the device refuses access (401) and offers no login that is understood"
	case !l.plain:
		return nil, "the device offers HTTP Basic only, which shows the password to everybody on the link: turn Digest on in the device, or set basic = true"
	}
	return &challenge{scheme: "basic"}, ""
}

// authorization gives the header that answers c.
func (l *Login) authorization(c *challenge, r *Request, count uint32) string {
	if c.scheme == "basic" {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(l.user+":"+l.password))
	}
	return c.answer(l.user, l.password, r.Method, r.Target, c.cnonce(l.password, count), count)
}
