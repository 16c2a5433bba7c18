package devices

import (
	"context"
	"time"

	"acsgd/internal/line"
)

// Stream is the shell of a Session on one link: it opens the link, feeds what arrives,
// ticks when the session's deadline passes, sends what the session wants sent, hands out
// its observations, and sends acknowledgements in order once their observations are
// durable. newSession is called for each connection.
//
// Run returns the reason why the link ended; it returns at most a moment after ctx has
// ended, and leaves no goroutine behind. One goroutine does everything, so a device that
// does not take its answers within 10 s loses the link.
func Stream(open line.Open, newSession func() Session, env Env) Source {
	return &stream{open: open, newSession: newSession, env: env.filled()}
}

// OnLink makes the New of a driver whose instrument speaks on one byte link from its
// NewSession: the settings are looked at at once, and again for each connection.
func OnLink(newSession func(Section, Env) (Session, error)) func(Section, Env) (Source, error) {
	return func(sec Section, env Env) (Source, error) {
		if _, err := newSession(sec, env); err != nil {
			return nil, err
		}
		open, err := env.Link(sec.Link)
		if err != nil {
			return nil, err
		}
		return Stream(open, func() Session {
			s, _ := newSession(sec, env) // the settings were good when the source was made
			return s
		}, env), nil
	}
}

type stream struct {
	open       line.Open
	newSession func() Session
	env        Env
}

// Run implements Source.
func (s *stream) Run(ctx context.Context, emit Emit) error {
	c, err := s.open(ctx)
	if err != nil {
		return err
	}
	return newDialogue(c, s.newSession(), s.env, emit).run(ctx, make([]byte, streamBuffer), 0)
}

const (
	// streamBuffer is read at once at most on a link of its own.
	streamBuffer = 64 << 10
	// writeLimit is how long a device may take to accept what we send.
	writeLimit = 10 * time.Second
	// ackLimit is how long acknowledgements are waited for after the device has said all.
	ackLimit = 5 * time.Second
)

// Finisher is an optional ability of a Session: Finish is called once when the device has
// closed the link in order, so that a half frame can be reported.
type Finisher interface {
	Finish(now time.Time, out *Out)
}
