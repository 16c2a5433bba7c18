package n42

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"acsgd/devices"
	"acsgd/devices/push"
	doc "acsgd/internal/n42"
	"acsgd/internal/obs"
)

// Kind is the driver's name in the catalogue.
const Kind = "rpm/n42"

// Port is the port on which documents are usually taken.
const Port = 7092

// proto is the name of this protocol in decode errors.
const proto = "n42"

// Config are the settings of one portal.
type Config struct {
	// Path is the path that the portal posts to; "" takes every path.
	Path string `toml:"path"`
	// Allow lists the addresses or networks that may post; empty lets everybody in.
	Allow []string `toml:"allow"`
	// User and Password ask for HTTP Basic if set.
	User     string `toml:"user"`
	Password string `toml:"password"`
	// MaxBody is the largest document in bytes.
	MaxBody int `toml:"max_body"`
	// Answer is how long the portal waits for its answer at most.
	Answer time.Duration `toml:"answer"`
	// Idle is how long a connection may be silent.
	Idle time.Duration `toml:"idle"`
}

func load(sec devices.Section) (*Config, error) {
	c := Config{MaxBody: doc.MaxSize, Answer: 5 * time.Second, Idle: 5 * time.Minute}
	if sec.Decode != nil {
		if err := sec.Decode(&c); err != nil {
			return nil, err
		}
	}
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.Path == "" || strings.HasPrefix(c.Path, "/"), "path %q does not begin with /", c.Path)
	check((c.User == "") == (c.Password == ""), "user and password go together")
	check(c.MaxBody >= 64<<10 && c.MaxBody <= doc.MaxSize, "max_body %d: want 65536 to %d", c.MaxBody, doc.MaxSize)
	check(c.Answer >= 50*time.Millisecond && c.Idle >= time.Second, "answer or idle is too small")
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("%s: %w", Kind, err)
	}
	return &c, nil
}

// Driver is the driver's row in the catalogue.
func Driver() devices.Driver {
	return devices.Driver{Kind: Kind, Summary: "portals that give ANSI N42.42 documents, one an occupancy: over HTTP or into a folder",
		Manual: manual, Example: example, New: New, NewSession: NewSession, Port: Port}
}

// connections is how many may be open at once: one portal sends here.
const connections = 4

// New makes the source of a listening link, or of a folder.
func New(sec devices.Section, env devices.Env) (devices.Source, error) {
	c, err := load(sec)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(sec.Link, folderScheme) {
		dir, every, err := folderOf(sec)
		return &folder{dir: dir, every: every, cfg: c, env: env, book: newBook()}, err
	}
	allow, err := push.Allow(c.Allow)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Kind, err)
	}
	open, err := env.Link(sec.Link)
	if err != nil {
		return nil, err
	}
	b := newBook()
	inner := devices.Listen(push.Only(open, allow, proto, env), func() devices.Session { return newSession(c, env, b, true) }, env,
		devices.ListenConfig{Max: connections, Idle: c.Idle})
	return &source{push.InTime(inner, c.Answer), b}, nil
}

// source forgets what it knows when something is refused. It stands outside of the limit
// on answers: what was answered too late may be durable all the same.
type source struct {
	devices.Source
	book *book
}

// Run implements devices.Source.
func (s *source) Run(ctx context.Context, emit devices.Emit) error {
	return s.Source.Run(ctx, func(o obs.Observation, done func(error)) {
		emit(o, func(err error) {
			if err != nil {
				s.book.forget()
			}
			if done != nil {
				done(err)
			}
		})
	})
}

// NewSession makes the decoder of what a portal sent: requests, or documents one after the
// other. It asks for no login and reads on after errors.
func NewSession(sec devices.Section, env devices.Env) (devices.Session, error) {
	c, err := load(sec)
	if err != nil {
		return nil, err
	}
	c.Path, c.User = "", ""
	return newSession(c, env, newBook(), false), nil
}
