package pull

import (
	"errors"
	"time"
)

// Key is the answer to one challenge, for protocols that log in as HTTP does (RTSP) and
// speak for themselves. It is not safe for concurrent use.
type Key struct {
	login *Login
	c     *challenge
	count uint32
}

// Meet takes the challenges that a device has sent, the values of its WWW-Authenticate
// headers joined by commas. tried says that the request had an answer to an earlier one: it
// then was refused, unless its nonce was stale. The error says why no login is to be tried.
func (l *Login) Meet(now time.Time, offers string, tried bool) (*Key, error) {
	if l == nil {
		return nil, errors.New("the device asks for a login and there is no user in the settings")
	}
	c, why := l.choose(parseChallenges(offers))
	if c == nil {
		return nil, errors.New(why)
	}
	if tried && !c.stale() {
		if until, barred := l.refuse(now); barred {
			return nil, errors.New(barredReason(until))
		}
		return nil, errors.New("login refused: check user and password")
	}
	return &Key{login: l, c: c}, nil
}

// Authorization is the header that opens one request. A nil Key gives "".
func (k *Key) Authorization(method, target string) string {
	if k == nil {
		return ""
	}
	k.count++
	return k.login.authorization(k.c, &Request{Method: method, Target: target}, k.count)
}

// Accepted notes that the device has let a request with this key in.
func (k *Key) Accepted() {
	if k != nil {
		k.login.accept()
	}
}
