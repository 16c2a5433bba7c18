package push

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"acsgd/devices"
)

// Settings are those that every driver has whose devices push over HTTP. A driver embeds
// them in its own, sets the defaults that suit it, and calls Validate once they are decoded.
type Settings struct {
	// Path is the path that is pushed to; empty takes every path.
	Path string `toml:"path"`
	// Allow lists the addresses or networks that may push; empty lets everybody in.
	Allow []string `toml:"allow"`
	// User and Password ask for HTTP Digest if User is set, Basic takes HTTP Basic too.
	User     string `toml:"user"`
	Password string `toml:"password"`
	Basic    bool   `toml:"basic"`
	// Token asks for a Bearer token, or for ?token= behind the path.
	Token string `toml:"token"`
	// MaxBody is the largest message in bytes.
	MaxBody int64 `toml:"max_body"`
	// Answer is how long a sender waits for its answer at most: what is not durable then is
	// answered 503.
	Answer time.Duration `toml:"answer"`
	// Idle is how long a connection may be silent.
	Idle time.Duration `toml:"idle"`
	// Connections is how many connections may be open at once.
	Connections int `toml:"connections"`
	// TLS has the link encrypted, and may ask the sender for a certificate.
	TLS TLS `toml:"tls"`

	allow []netip.Prefix
}

// Defaults are the settings of a sender that is not configured further.
func Defaults() Settings {
	return Settings{MaxBody: 64 << 20, Answer: time.Second, Idle: 5 * time.Minute, Connections: 32}
}

// mostBody bounds max_body of every driver.
const mostBody = 64 << 20

// Validate names all settings that are out of range, and reads the certificates. The files
// of the TLS settings are those of sec.
func (s *Settings) Validate(kind string, sec devices.Section) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(kind+": "+format, args...)) }
	if s.Path != "" && !strings.HasPrefix(s.Path, "/") {
		bad("path %q does not begin with /", s.Path)
	}
	var err error
	if s.allow, err = Allow(s.Allow); err != nil {
		bad("%w", err)
	}
	if (s.User == "") != (s.Password == "") {
		bad("user and password go together")
	}
	if s.MaxBody < 64<<10 || s.MaxBody > mostBody {
		bad("max_body %d: want 65536 to %d", s.MaxBody, mostBody)
	}
	if s.Answer < 50*time.Millisecond || s.Idle < time.Second || s.Connections < 1 {
		bad("answer, idle or connections is too small")
	}
	if err := s.TLS.load(sec); err != nil {
		bad("tls: %w", err)
	}
	return errors.Join(errs...)
}

// Open takes off what only a live link has: path, login and certificates. A recording is
// read without them.
func (s *Settings) Open() { s.Path, s.User, s.Password, s.Token, s.TLS = "", "", "", "", TLS{} }

// Source is the whole way from a listening link to a driver's sessions: the addresses that
// may push, TLS, one session a connection, an answer in time, and the state of the
// certificates for the health screen. The door is shared by all sessions; it is nil where
// everybody may push.
func (s *Settings) Source(sec devices.Section, proto string, env devices.Env, newSession func(*Door) devices.Session) (devices.Source, error) {
	open, err := env.Link(sec.Link)
	if err != nil {
		return nil, err
	}
	open = Only(open, s.allow, proto, env)
	if s.TLS.on() {
		open = s.TLS.secure(open, proto, env)
	}
	door := s.Door()
	src := InTime(devices.Listen(open, func() devices.Session { return newSession(door) }, env,
		devices.ListenConfig{Max: s.Connections, Idle: s.Idle}), s.Answer)
	if s.TLS.on() {
		src = s.TLS.watched(src)
	}
	return src, nil
}

// Door asks senders who they are, in whatever way the settings allow.
type Door struct {
	gate  *Gate // nil: no Digest
	basic bool
	token string
}

// Door makes the door of the settings; nil lets everybody in.
func (s *Settings) Door() *Door {
	if s.User == "" && s.Token == "" {
		return nil
	}
	d := &Door{basic: s.Basic && s.User != "", token: s.Token}
	if s.User != "" {
		d.gate = NewGate(s.User, s.Password)
	}
	return d
}

// Check gives the challenges to send back, none if the request may pass, and why a login
// that was tried has failed.
func (d *Door) Check(r *Request, at time.Time) (challenges []string, why string) {
	if d == nil || d.token != "" && (Bearer(r.Authorization, d.token) || same([]byte(r.query("token")), d.token)) ||
		d.basic && Basic(r.Authorization, d.gate.user, d.gate.password) {
		return nil, ""
	}
	tried := r.Authorization != "" || d.token != "" && r.query("token") != ""
	if d.gate != nil {
		challenge, reason := d.gate.Check(r, at)
		if challenge == "" {
			return nil, ""
		}
		challenges, why = append(challenges, challenge), reason
		if tried = tried && reason == "" && !strings.Contains(challenge, "stale=true"); d.basic {
			challenges = append(challenges, `WWW-Authenticate: Basic realm="`+realm+`"`)
		}
	}
	if d.token != "" {
		challenges = append(challenges, `WWW-Authenticate: Bearer realm="`+realm+`"`)
	}
	if tried {
		why = "login with a wrong user, password or token"
	}
	return challenges, why
}
