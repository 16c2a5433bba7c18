package reader

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"acsgd/devices"
	"acsgd/devices/anpr"
	"acsgd/internal/line"
)

// Limits bound what a child may do. Zero values are defaults.
type Limits struct {
	Dir    string        // of the models; "" is the engine's own choice
	Memory int64         // bytes of data, default 2 GiB; negative is no limit
	Start  time.Duration // from start to greeting, default 60 s
	Read   time.Duration // for one picture, default 10 s
	Pause  time.Duration // the longest pause before a restart, default 30 s
}

func (l *Limits) fill() {
	set := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	set(&l.Start, time.Minute)
	set(&l.Read, 10*time.Second)
	set(&l.Pause, 30*time.Second)
	if l.Memory == 0 {
		l.Memory = 2 << 30
	}
}

// attempts is how many children a picture may end before it is given up, and firstPause how
// long the second restart in a row waits; the first does not, and each further one waits
// twice as long.
const (
	attempts   = 2
	firstPause = 500 * time.Millisecond
)

// GivenUpError says that a picture is not read any more.
type GivenUpError struct {
	SHA256 string // of the picture
	Cause  error  // how the last child ended
}

// Error implements error.
func (e *GivenUpError) Error() string {
	return fmt.Sprintf("picture %s has ended the second reader %d times and is given up: %v", e.SHA256[:12], attempts, e.Cause)
}

// Unwrap gives the cause.
func (e *GivenUpError) Unwrap() error { return e.Cause }

// StartError says that there is no child to read anything: the picture is not at fault.
type StartError struct{ Cause error }

// Error implements error.
func (e *StartError) Error() string { return "start second reader: " + e.Cause.Error() }

// Unwrap gives the cause.
func (e *StartError) Unwrap() error { return e.Cause }

// Child is the supervised child process: it is started when it is needed, ended when it
// hangs, and started again after it has ended. Not safe for concurrent use.
type Child struct {
	open   line.Open
	limits Limits
	// Crashed is told of each child that ended by itself or was ended for hanging; may be nil.
	Crashed func(error)

	w      *wire
	inRow  int       // crashes since the last answer
	after  time.Time // the next start is not before
	given  givenUp
	buffer []byte
}

// NewChild makes the supervisor of children that open starts; none is started yet.
func NewChild(open line.Open, l Limits) *Child {
	l.fill()
	return &Child{open: open, limits: l, given: givenUp{size: maxGivenUp}}
}

// Read has a picture read. Wrong pictures are answered with Answer.Error; the error is a
// *GivenUpError, a *StartError, or that of ctx.
func (c *Child) Read(ctx context.Context, j *Job) (Answer, error) {
	if err := check(j.Picture); err != nil {
		return Answer{Error: err.Error()}, nil
	}
	sum := sha256.Sum256(j.Picture)
	if cause := c.given.find(sum); cause != nil {
		return Answer{}, &GivenUpError{hex.EncodeToString(sum[:]), cause}
	}
	var err error
	if c.buffer, err = appendJob(c.buffer[:0], j); err != nil {
		return Answer{Error: err.Error()}, nil
	}
	var cause error
	for range attempts {
		if err := c.Start(ctx); err != nil {
			return Answer{}, err
		}
		a, err := c.w.ask(ctx, c.buffer, c.limits.Read)
		if ctx.Err() != nil {
			return Answer{}, errors.Join(ctx.Err(), c.Close()) // its answer would be taken for the next one's
		}
		if err == nil {
			c.inRow = 0
			return a, nil
		}
		cause = err
		c.crash(err)
	}
	c.given.add(sum, cause)
	return Answer{}, &GivenUpError{hex.EncodeToString(sum[:]), cause}
}

// check refuses what must not be decoded.
func check(p []byte) error {
	pic, err := anpr.CheckPicture(p)
	if err != nil {
		return err
	}
	if pic.Width == 0 || pic.Height == 0 {
		return errors.New("the picture's header is cut or damaged")
	}
	return nil
}

// Start starts a child if there is none. The error is a *StartError or that of ctx.
func (c *Child) Start(ctx context.Context) error {
	if c.w != nil {
		select {
		case <-c.w.gone: // it has ended while nothing was asked
			c.crash(c.w.err)
		default:
			return nil
		}
	}
	if wait := time.Until(c.after); wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	conn, err := c.open(ctx)
	if err == nil {
		c.w, err = greet(ctx, conn, c.limits)
	}
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), c.Close())
	}
	if err != nil {
		c.later()
		return &StartError{err}
	}
	return nil
}

// Ended is closed when the running child has ended; nil where there is none.
func (c *Child) Ended() <-chan struct{} {
	if c.w == nil {
		return nil
	}
	return c.w.gone
}

// Close ends the child in order.
func (c *Child) Close() error {
	if c.w == nil {
		return nil
	}
	w := c.w
	c.w = nil
	return w.close()
}

// crash ends what is left of a child and lets the next one wait.
func (c *Child) crash(err error) {
	c.Close() // what is left of it does not matter
	c.later()
	if c.Crashed != nil {
		c.Crashed(err)
	}
}

// later sets when the next child may be started.
func (c *Child) later() {
	pause := time.Duration(0)
	if c.inRow > 0 {
		pause = min(firstPause<<min(c.inRow-1, 16), c.limits.Pause)
	}
	c.inRow++
	c.after = time.Now().Add(pause)
}

// wire is the link to one child.
type wire struct {
	conn    line.Conn
	answers chan Answer
	gone    chan struct{} // closed when nothing comes any more
	err     error         // why; read it after gone
}

// greet opens the dialogue with a new child.
func greet(ctx context.Context, conn line.Conn, l Limits) (w *wire, err error) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer func() {
		stop()
		if err != nil {
			err = errors.Join(err, conn.Close())
		}
	}()
	until := time.Now().Add(l.Start)
	if err := errors.Join(conn.SetReadDeadline(until), conn.SetWriteDeadline(until)); err != nil {
		return nil, err
	}
	frame, err := appendFrame(nil, setup{Dir: l.Dir, Memory: max(l.Memory, 0)})
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(frame); err != nil {
		return nil, err
	}
	r := bufio.NewReader(conn)
	var hello greeting
	if _, err := readFrame(r, &hello); err != nil {
		return nil, fmt.Errorf("its greeting: %w", err)
	}
	switch {
	case hello.Absent:
		return nil, devices.Permanent(ErrAbsent)
	case !hello.Ready:
		return nil, errors.New(hello.Error)
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return nil, err
	}
	w = &wire{conn: conn, answers: make(chan Answer, 1), gone: make(chan struct{})}
	go w.listen(r)
	return w, nil
}

// listen hands over answers until the link ends.
func (w *wire) listen(r io.Reader) {
	defer close(w.gone)
	for {
		a, err := takeAnswer(r)
		if err != nil {
			w.err = err
			return
		}
		select {
		case w.answers <- a:
		default:
			w.err = &FrameError{"an answer that nobody has asked for"}
			return
		}
	}
}

// ask sends a job and waits for its answer.
func (w *wire) ask(ctx context.Context, job []byte, limit time.Duration) (Answer, error) {
	t := time.NewTimer(limit)
	defer t.Stop()
	if err := w.conn.SetWriteDeadline(time.Now().Add(limit)); err != nil {
		return Answer{}, err
	}
	defer context.AfterFunc(ctx, func() { w.conn.SetWriteDeadline(time.Unix(1, 0)) })()
	if _, err := w.conn.Write(job); err != nil {
		return Answer{}, err
	}
	select {
	case a := <-w.answers:
		return a, nil
	case <-w.gone:
		select {
		case a := <-w.answers: // its last word came before its end
			return a, nil
		default:
		}
		return Answer{}, w.err
	case <-t.C:
		return Answer{}, fmt.Errorf("no answer within %v", limit)
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
}

func (w *wire) close() error {
	err := w.conn.Close()
	<-w.gone
	return err
}

// maxGivenUp is how many pictures are remembered that end readers; then the oldest may be
// tried again.
const maxGivenUp = 1024

// givenUp remembers pictures that have ended children, by their SHA-256.
type givenUp struct {
	size  int
	cause map[[sha256.Size]byte]error
	order [][sha256.Size]byte
}

func (g *givenUp) find(sum [sha256.Size]byte) error { return g.cause[sum] }

func (g *givenUp) add(sum [sha256.Size]byte, cause error) {
	if g.cause == nil {
		g.cause = map[[sha256.Size]byte]error{}
	}
	if _, ok := g.cause[sum]; ok {
		return
	}
	if len(g.order) >= g.size {
		delete(g.cause, g.order[0])
		g.order = g.order[1:]
	}
	g.cause[sum] = cause
	g.order = append(g.order, sum)
}
